"""Text to integers and back, exactly: amounts with their symbol, prices, percentages, times. No floats.

Every error is a `UnitError`: what was expected and what was found, ready for `errors.BadInput(where, key, …)`.
"""

import re

PRICE_DECIMALS = 8
_NUMBER = re.compile(r"(\d+(?:_\d+)*)(?:\.(\d+))?", re.ASCII)
_QUANTITY = re.compile(r"([^\sA-Za-z%]+)\s*(\S+)", re.ASCII)
_SECONDS = {"s": 1, "min": 60, "h": 3_600, "d": 86_400}


class UnitError(ValueError):
    """A text that is no number of the unit wanted."""

    def __init__(self, expected: str, found: object) -> None:
        super().__init__(f"expected {expected}, found {found!r}")
        self.expected, self.found = expected, found


def unit(decimals: int) -> int:
    """Raw units of one whole token: 10**decimals, decimals from 0 to 77."""
    if not 0 <= decimals <= 77:
        raise UnitError("decimals from 0 to 77", decimals)
    return int(10**decimals)


def parse_fixed(text: str, decimals: int) -> int:
    """A non-negative decimal number times 10**decimals: "12.5", 6 -> 12_500_000; more decimals are refused."""
    match = _NUMBER.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise UnitError('a non-negative decimal number in quotes such as "12.5"', text)
    fraction = match[2] or ""
    if len(fraction) > decimals:
        raise UnitError(f"at most {decimals} decimals", text)
    return int(match[1].replace("_", "") + fraction.ljust(decimals, "0"))


def parse_amount(text: str, decimals: int, symbol: str) -> int:
    """Raw units of a token: "12.5 CRV", 18, "CRV" -> 12_500_000_000_000_000_000; the token's symbol is required."""
    number, unit = _split(text, f'an amount in {symbol} such as "12.5 {symbol}"')
    if unit != symbol:
        raise UnitError(f"an amount in {symbol}", text)
    try:
        return parse_fixed(number, decimals)
    except UnitError as error:
        raise UnitError(f"an amount in {symbol}: {error.expected}", text) from None


def parse_price(text: str) -> int:
    """A price with 8 decimals: "0.6485" -> 64_850_000."""
    return parse_fixed(text, PRICE_DECIMALS)


def parse_bps(text: str) -> int:
    """Basis points: "4.5 %" or "450 bps" -> 450."""
    number, unit = _split(text, 'a share such as "4.5 %" or "450 bps"')
    if unit not in ("%", "bps"):
        raise UnitError("a share in % or bps", text)
    return parse_fixed(number, 2 if unit == "%" else 0)


def parse_seconds(text: str) -> int:
    """Seconds: "12 s", "5 min", "1 h", "30 d"."""
    number, unit = _split(text, 'a time such as "12 s", "5 min", "1 h" or "30 d"')
    if unit not in _SECONDS:
        raise UnitError(f"a time in {', '.join(_SECONDS)}", text)
    return parse_fixed(number, 0) * _SECONDS[unit]


def format_fixed(raw: int, decimals: int) -> str:
    """The exact decimal number raw / 10**decimals without trailing zeros; the inverse of `parse_fixed`."""
    sign, digits = "-" if raw < 0 else "", str(abs(raw)).rjust(decimals + 1, "0")
    whole, fraction = digits[: len(digits) - decimals], digits[len(digits) - decimals :].rstrip("0")
    return f"{sign}{whole}.{fraction}" if fraction else sign + whole


def format_amount(raw: int, decimals: int, symbol: str) -> str:
    """The inverse of `parse_amount`."""
    return f"{format_fixed(raw, decimals)} {symbol}"


def format_price(raw: int) -> str:
    """The inverse of `parse_price`."""
    return format_fixed(raw, PRICE_DECIMALS)


def _split(text: str, expected: str) -> tuple[str, str]:
    match = _QUANTITY.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        raise UnitError(expected, text)
    return match[1], match[2]
