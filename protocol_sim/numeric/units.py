"""Texts with a unit, turned into integers exactly, and back: nothing is rounded, what does not fit is refused.

Every refusal is a `ValueError` that says what was expected, ready for `errors.BadInput(where, key, …)`.
"""

import re

USD_DECIMALS = 8
_DECIMAL = re.compile(r"(\d[\d_]*)(?:\.(\d+))?", re.ASCII)
_AMOUNT = re.compile(r"(\S+)(?:\s+(\S+))?")


class UnitError(ValueError):
    """A number that is none of the unit wanted."""

    def __init__(self, expected: str, found: object) -> None:
        super().__init__(f"expected {expected}, found {found!r}")
        self.expected, self.found = expected, found


def unit(decimals: int) -> int:
    """Raw units of one whole token: 10**decimals, decimals from 0 to 77."""
    if not 0 <= decimals <= 77:
        raise UnitError("decimals from 0 to 77", decimals)
    return int(10**decimals)


def scaled(text: str, decimals: int) -> int:
    """The decimal number `text` as an integer with `decimals` decimals; ValueError says what is wrong."""
    match = _DECIMAL.fullmatch(text)
    if match is None:
        raise ValueError("a decimal number that is not negative, such as '12.5'")
    whole, fraction = match[1].replace("_", ""), (match[2] or "").rstrip("0")
    if len(fraction) > decimals:
        raise ValueError(f"at most {decimals} decimals")
    return int(whole + fraction.ljust(decimals, "0"))


def decimal_text(value: int, decimals: int) -> str:
    """The shortest decimal text of an integer with `decimals` decimals; `scaled` gives the integer back."""
    sign, digits = "-" if value < 0 else "", str(abs(value)).rjust(decimals + 1, "0")
    if decimals == 0:
        return sign + digits
    whole, fraction = digits[:-decimals], digits[-decimals:].rstrip("0")
    return f"{sign}{whole}.{fraction}" if fraction else sign + whole


def parse_usd(text: str) -> int:
    """A USD price as an integer with 8 decimals."""
    return scaled(text, USD_DECIMALS)


def usd_text(value: int) -> str:
    """The decimal text of a USD price with 8 decimals."""
    return decimal_text(value, USD_DECIMALS)


def parse_amount(text: str, unit: str, decimals: int) -> int:
    """`"12.5 CRV"` or a raw integer text as raw units of the asset `unit`; ValueError says what is wrong."""
    match = _AMOUNT.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"an amount such as '12.5 {unit}' or a raw integer")
    number, named = match[1], match[2]
    if named is None:
        if not re.fullmatch(r"[0-9][0-9_]*", number):
            raise ValueError(f"an amount that is not negative, such as '12.5 {unit}' or a raw integer")
        return int(number.replace("_", ""))
    if named != unit:
        raise ValueError(f"an amount of {unit}")
    try:
        return scaled(number, decimals)
    except ValueError as error:
        raise ValueError(f"{error} and the unit {unit}") from None


def amount_text(value: int, unit: str, decimals: int) -> str:
    """The text that `parse_amount` reads back as `value`."""
    return f"{decimal_text(value, decimals)} {unit}"
