"""Amounts and prices as texts: exact both ways, everything else refused in words."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol_sim.numeric import units as U

GOOD = [
    (U.parse_amount, ("12.5 CRV", "CRV", 18), 12_500_000_000_000_000_000),
    (U.parse_amount, (" 0.000001 USDC ", "USDC", 6), 1),
    (U.parse_amount, ("92_000_000 CRV", "CRV", 18), 92 * 10**24),
    (U.parse_amount, ("5 1INCH", "1INCH", 18), 5 * 10**18),
    (U.parse_amount, ("1.50 USDC", "USDC", 1), 15),
    (U.parse_amount, ("77", "CRV", 18), 77),
    (U.parse_usd, ("0.6485471",), 64_854_710),
    (U.parse_usd, ("1",), 10**8),
    (U.scaled, ("7", 0), 7),
    (U.unit, (6,), 10**6),
]


@pytest.mark.parametrize(("fn", "args", "value"), GOOD)
def test_exact(fn: object, args: tuple[object, ...], value: int) -> None:
    assert fn(*args) == value  # type: ignore[operator]


BAD = [
    (U.parse_amount, ("12.5", "CRV", 18), "an amount that is not negative"),
    (U.parse_amount, ("12.5 USDC", "CRV", 18), "an amount of CRV"),
    (U.parse_amount, ("-1 CRV", "CRV", 18), "not negative"),
    (U.parse_amount, ("1e3 CRV", "CRV", 18), "a decimal number"),
    (U.parse_amount, ("1.0000001 USDC", "USDC", 6), "at most 6 decimals and the unit USDC"),
    (U.parse_amount, ("1. USDC", "USDC", 6), "a decimal number"),
    (U.parse_amount, ("nan CRV", "CRV", 18), "a decimal number"),
    (U.parse_amount, ("1 000 CRV", "CRV", 18), "an amount such as '12.5 CRV'"),
    (U.parse_usd, ("0.123456789",), "at most 8 decimals"),
    (U.parse_usd, ("",), "a decimal number"),
    (U.parse_usd, ("+1",), "a decimal number"),
    (U.parse_usd, ("٣",), "a decimal number"),
    (U.parse_amount, ("٣", "CRV", 18), "not negative"),
    (U.unit, (-1,), "decimals from 0 to 77"),
    (U.unit, (78,), "decimals from 0 to 77"),
]


@pytest.mark.parametrize(("fn", "args", "expected"), BAD)
def test_refused(fn: object, args: tuple[object, ...], expected: str) -> None:
    with pytest.raises(ValueError, match=re.escape(expected)) as caught:
        fn(*args)  # type: ignore[operator]
    assert "\n" not in str(caught.value)


@given(st.integers(0, 2**256), st.integers(0, 36))
def test_there_and_back(raw: int, decimals: int) -> None:
    assert U.scaled(U.decimal_text(raw, decimals), decimals) == raw
    assert U.parse_amount(U.amount_text(raw, "CRV", decimals), "CRV", decimals) == raw
    assert U.parse_usd(U.usd_text(raw)) == raw


@pytest.mark.parametrize(("raw", "text"), [(0, "0"), (1, "0.000001"), (12_500_000, "12.5"), (-1_000_000, "-1")])
def test_formatting(raw: int, text: str) -> None:
    assert U.decimal_text(raw, 6) == text
