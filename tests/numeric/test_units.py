"""Amounts, prices, shares and times: exact both ways, everything else refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol_sim.numeric import units as U

GOOD = [
    (U.parse_amount, ("12.5 CRV", 18, "CRV"), 12_500_000_000_000_000_000),
    (U.parse_amount, (" 0.000001 USDC ", 6, "USDC"), 1),
    (U.parse_amount, ("92_000_000 CRV", 18, "CRV"), 92 * 10**24),
    (U.parse_amount, ("5 1INCH", 18, "1INCH"), 5 * 10**18),
    (U.parse_price, ("0.6485471",), 64_854_710),
    (U.parse_price, ("1",), 10**8),
    (U.parse_bps, ("4.5 %",), 450),
    (U.parse_bps, ("0.01%",), 1),
    (U.parse_bps, ("450 bps",), 450),
    (U.parse_seconds, ("12 s",), 12),
    (U.parse_seconds, ("1 h",), 3_600),
    (U.parse_seconds, ("30 d",), 2_592_000),
    (U.parse_fixed, ("7", 0), 7),
    (U.unit, (6,), 10**6),
]


@pytest.mark.parametrize(("fn", "args", "value"), GOOD)
def test_exact(fn: object, args: tuple[object, ...], value: int) -> None:
    assert fn(*args) == value  # type: ignore[operator]


BAD = [
    (U.parse_amount, ("12.5", 18, "CRV"), "an amount in CRV"),
    (U.parse_amount, ("12.5 USDC", 18, "CRV"), "an amount in CRV"),
    (U.parse_amount, ("-1 CRV", 18, "CRV"), "non-negative"),
    (U.parse_amount, ("1e3 CRV", 18, "CRV"), "an amount in CRV"),
    (U.parse_amount, ("1.0000001 USDC", 6, "USDC"), "at most 6 decimals"),
    (U.parse_amount, ("1.", 6, "USDC"), "an amount in USDC"),
    (U.parse_amount, ("nan CRV", 18, "CRV"), "an amount in CRV"),
    (U.parse_amount, ("1 000 CRV", 18, "CRV"), "an amount in CRV"),
    (U.parse_amount, (12.5, 18, "CRV"), "an amount in CRV"),
    (U.parse_price, ("0.123456789",), "at most 8 decimals"),
    (U.parse_price, ("",), "a non-negative decimal number"),
    (U.parse_price, ("+1",), "a non-negative decimal number"),
    (U.parse_price, ("1__0",), "a non-negative decimal number"),
    (U.parse_price, ("٣",), "a non-negative decimal number"),
    (U.parse_price, (1,), "a non-negative decimal number"),
    (U.parse_bps, ("4.505 %",), "at most 2 decimals"),
    (U.parse_bps, ("4.5",), "a share"),
    (U.parse_bps, ("4.5 bps",), "at most 0 decimals"),
    (U.parse_seconds, ("12",), "a time"),
    (U.parse_seconds, ("1 week",), "a time"),
    (U.unit, (-1,), "decimals from 0 to 77"),
    (U.unit, (78,), "decimals from 0 to 77"),
]


@pytest.mark.parametrize(("fn", "args", "expected"), BAD)
def test_refused(fn: object, args: tuple[object, ...], expected: str) -> None:
    with pytest.raises(U.UnitError) as caught:
        fn(*args)  # type: ignore[operator]
    assert expected in caught.value.expected
    assert isinstance(caught.value, ValueError)
    assert "\n" not in str(caught.value)


@given(st.integers(0, 2**256), st.integers(0, 36))
def test_there_and_back(raw: int, decimals: int) -> None:
    assert U.parse_fixed(U.format_fixed(raw, decimals), decimals) == raw
    assert U.parse_amount(U.format_amount(raw, decimals, "CRV"), decimals, "CRV") == raw
    assert U.parse_price(U.format_price(raw)) == raw


@pytest.mark.parametrize(("raw", "text"), [(0, "0"), (1, "0.000001"), (12_500_000, "12.5"), (-1_000_000, "-1")])
def test_formatting(raw: int, text: str) -> None:
    assert U.format_fixed(raw, 6) == text
