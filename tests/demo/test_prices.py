"""The prices behind the seizures: every regime reproduces its calls, and its range is exactly what reproduces them."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol_sim.demo.prices import BONUS, UNIT_CRV, UNIT_USDC, Interval, Regime, infer_prices, roundest, simplest
from protocol_sim.demo.records import Event, liquidations, load_events
from protocol_sim.numeric import BPS
from protocol_sim.protocols.aave_v2.rules import collateral_for, debt_for

CALLS = liquidations(load_events())
REGIMES = infer_prices(CALLS)
# USDC per CRV with the bonus, and how many calls: published figures of the cascade, not computed here.
PUBLISHED = [
    ("0.6485471045784278", 67), ("0.6488705703381081", 33), ("0.6654965318939999", 14), ("0.658728295822", 3),
    ("0.6748652912872419", 6), ("0.6903345232718", 14), ("0.705553413383911", 9), ("0.719784492216172", 8),
    ("0.736286126071768", 119), ("0.7555516396566666", 102), ("0.7401211808404972", 9), ("0.7234519458387922", 1),
]  # fmt: skip


def calls_of(regime: Regime) -> tuple[Event, ...]:
    return CALLS[regime.first - 1 : regime.first - 1 + regime.calls]


def seizes(call: Event, usdc: int, crv: int) -> int:
    return collateral_for(call.amount, crv, UNIT_CRV, usdc, UNIT_USDC, BONUS)


def test_regimes_are_the_published_ones() -> None:
    assert [regime.calls for regime in REGIMES] == [calls for _, calls in PUBLISHED]
    for regime, (text, _) in zip(REGIMES, PUBLISHED, strict=True):
        assert abs(Fraction(regime.crv * BONUS, regime.usdc * BPS) / Fraction(text) - 1) < Fraction(1, 10**11)


@pytest.mark.parametrize("regime", REGIMES[:-1], ids=lambda r: f"from {r.first}")
def test_range_is_exactly_what_reproduces_the_calls(regime: Regime) -> None:
    low, high = regime.crv_range
    assert low <= regime.crv <= high

    def equal(crv: int) -> bool:
        return all(seizes(call, regime.usdc, crv) == call.seized for call in calls_of(regime))

    assert equal(low)
    assert equal(regime.crv)
    assert equal(high)
    assert not equal(low - 1)
    assert not equal(high + 1)


def test_last_call_worked_backwards_from_what_was_left() -> None:
    (call,), regime = calls_of(REGIMES[-1]), REGIMES[-1]
    needed = debt_for(call.seized, regime.crv, UNIT_CRV, regime.usdc, UNIT_USDC, BONUS)
    assert needed == call.amount
    for crv in (regime.crv - 1, regime.crv + 1):
        assert debt_for(call.seized, crv, UNIT_CRV, regime.usdc, UNIT_USDC, BONUS) != call.amount


def test_the_last_two_regimes_have_round_prices() -> None:
    """Eight digits each: the evidence for the pair, as the ratio alone would fit any multiple."""
    for price in (REGIMES[-1].usdc, REGIMES[-1].crv, REGIMES[-2].crv):
        assert price % 10**7 == 0


@given(st.fractions(0, 10), st.fractions(Fraction(1, 10**6), 1))
def test_simplest_fraction_is_inside_and_has_the_smallest_denominator(low: Fraction, width: Fraction) -> None:
    found = simplest(Interval(low, low + width))
    assert low < found < low + width
    for denominator in range(1, min(found.denominator, 200)):
        above = low.numerator * denominator // low.denominator + 1
        assert Fraction(above, denominator) >= low + width


@given(st.integers(1, 10**18), st.integers(0, 10**9))
def test_roundest_is_inside_and_no_rounder_one_is(low: int, width: int) -> None:
    found = roundest(low, low + width)
    assert low <= found <= low + width
    zeros = len(str(found)) - len(str(found).rstrip("0"))
    step = 10 ** (zeros + 1)
    assert -(-low // step) * step > low + width


def test_a_record_changed_by_one_raw_unit_is_noticed() -> None:
    changed = list(CALLS)
    changed[200] = changed[200]._replace(seized=changed[200].seized + 1)
    assert [(r.first, r.calls) for r in infer_prices(changed)] != [(r.first, r.calls) for r in REGIMES]
