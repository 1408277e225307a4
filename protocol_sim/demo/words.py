"""Integers as texts for people: grouped thousands, rounded half up."""

from datetime import UTC, datetime

WAD_DECIMALS, RAY_DECIMALS, CRV_DECIMALS, USDC_DECIMALS = 18, 27, 18, 6


def number(raw: int, decimals: int, shown: int = 0) -> str:
    """A raw amount with `shown` decimals."""
    unit = 10 ** (decimals - shown)
    cut = (abs(raw) + unit // 2) // unit
    sign = "−" if raw < 0 and cut else ""
    whole, fraction = divmod(cut, 10**shown)
    return f"{sign}{whole:,}" + (f".{fraction:0{shown}}" if shown else "")


def crv(raw: int, shown: int = 0) -> str:
    """CRV, without its name."""
    return number(raw, CRV_DECIMALS, shown)


def usdc(raw: int, shown: int = 0) -> str:
    """USDC, without its name."""
    return number(raw, USDC_DECIMALS, shown)


def percent_a_year(ray: int, shown: int = 4) -> str:
    """A yearly rate in ray as a percentage."""
    return f"{number(ray * 100, RAY_DECIMALS, shown)} %"


def clock(time: int) -> str:
    """Hours, minutes and seconds of UTC."""
    return datetime.fromtimestamp(time, UTC).strftime("%H:%M:%S")


def moment(time: int) -> str:
    """Date and time of UTC, as a date axis reads it."""
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M:%S")
