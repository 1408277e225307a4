"""Ticks and prices: against the formulas of TickMath.sol written down independently, and against the real logarithm."""

import math
import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol_sim.amms.concentrated.state import MAX_TICK, MIN_TICK
from protocol_sim.amms.concentrated.tick_math import (
    MAX_SQRT_RATIO,
    MIN_SQRT_RATIO,
    sqrt_ratio_at_tick,
    tick_at_sqrt_ratio,
)
from protocol_sim.amms.concentrated.ticks import word_edge

ticks = st.integers(MIN_TICK, MAX_TICK)


def logarithm(sqrt_price: int) -> tuple[int, int]:
    """The two candidates of getTickAtSqrtRatio, signed arithmetic as in the contract's assembly."""
    ratio = sqrt_price << 32
    msb = ratio.bit_length() - 1
    r = ratio >> (msb - 127) if msb >= 128 else ratio << (127 - msb)
    log2 = (msb - 128) << 64
    for bit in range(63, 49, -1):
        r = r * r >> 127
        f = r >> 128
        log2 |= f << bit
        r >>= f
    log = log2 * 255738958999603826347141
    low = (log - 3402992956809132418596140100660247210) >> 128
    return low, (log + 291339464771989622907027621153398088495) >> 128


def test_the_ends() -> None:
    assert sqrt_ratio_at_tick(MIN_TICK) == MIN_SQRT_RATIO == 4295128739
    assert sqrt_ratio_at_tick(MAX_TICK) == MAX_SQRT_RATIO
    assert sqrt_ratio_at_tick(0) == 2**96
    assert tick_at_sqrt_ratio(MIN_SQRT_RATIO) == MIN_TICK
    assert tick_at_sqrt_ratio(MAX_SQRT_RATIO - 1) == MAX_TICK - 1


@pytest.mark.parametrize(("tick", "price"), [
    # TickMath.spec.ts of v3-core: values computed there with a decimal library
    (50, 79426470787362580746886972461), (100, 79625275426524748796330556128), (250, 80224679980005306637834519095),
    (500, 81233731461783161732293370115), (1_000, 83290069058676223003182343270),
    (2_500, 89776708723587163891445672585),
    (3_000, 92049301871182272007977902845), (50_000, 965075977353221155028623082916),
    (250_000, 21246587762933397357449903968194344), (500_000, 5697689776495288729098254600827762987878),
    (-50, 79030349367926598376800521322), (-250_000, 295440463448801648376846),
])
def test_known_prices(tick: int, price: int) -> None:
    assert sqrt_ratio_at_tick(tick) == price


@given(ticks)
def test_price_is_the_power_to_a_hundredth_of_a_pip(tick: int) -> None:
    exact = math.exp(tick * math.log1p(1e-4) / 2) * 2.0**96
    assert abs(Fraction(sqrt_ratio_at_tick(tick)) / Fraction(exact) - 1) < Fraction(1, 10**9)


@given(ticks, st.integers(-2, 2))
def test_there_and_back(tick: int, off: int) -> None:
    price = sqrt_ratio_at_tick(tick) + off
    if MIN_SQRT_RATIO <= price < MAX_SQRT_RATIO:
        found = tick_at_sqrt_ratio(price)
        assert sqrt_ratio_at_tick(found) <= price < sqrt_ratio_at_tick(found + 1)


@given(st.integers(32, 159).flatmap(lambda bits: st.integers(2**bits, 2 ** (bits + 1) - 1)))
def test_logarithm_bit_by_bit(price: int) -> None:
    if MIN_SQRT_RATIO <= price < MAX_SQRT_RATIO:
        low, high = logarithm(price)
        assert tick_at_sqrt_ratio(price) == (low if low == high or sqrt_ratio_at_tick(high) > price else high)


def test_edges_of_words() -> None:
    """Against a search of the bitmap as TickBitmap.sol does it, on an empty bitmap."""
    rng = random.Random(1)
    for _ in range(5_000):
        spacing, tick = rng.choice((1, 10, 60, 200, 16_383)), rng.randint(MIN_TICK, MAX_TICK - 1)
        compressed = math.floor(Fraction(tick, spacing))
        left = (compressed - compressed % 256) * spacing
        right = compressed + 1
        right = (right + 255 - right % 256) * spacing
        assert word_edge(tick, spacing, 1) == max(left, MIN_TICK)
        assert word_edge(tick, spacing, 0) == min(right, MAX_TICK)
