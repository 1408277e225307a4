"""The integer optimum of an arbitrage against brute force, and the band that never hides a profit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol_sim.amms import arbitrage as A
from protocol_sim.amms.constant_product import OK, Pool, amount_out, swap_in

SMALL = st.integers(1, 400)
WIDE = st.integers(1, 2**112 - 1)
WORTH = st.integers(1, 2**128 - 1)


def pool_of(reserve0: int, reserve1: int) -> Pool:
    return Pool(reserve0=reserve0, reserve1=reserve1, balance0=reserve0, balance1=reserve1)


def gains(reserve_in: int, reserve_out: int, worth_in: int, worth_out: int) -> int:
    """The best integer trade of one side, by trying every output with its least input."""
    best = 0
    for y in range(1, reserve_out):
        x = A.least_in(y, reserve_in, reserve_out, 997, 1000)
        best = max(best, amount_out(x, reserve_in, reserve_out, 997, 1000) * worth_out - x * worth_in)
    return best


@given(SMALL, SMALL, st.integers(1, 100), st.integers(1, 100))
def test_against_brute_force(reserve0: int, reserve1: int, worth0: int, worth1: int) -> None:
    pool = pool_of(reserve0, reserve1)
    best = max(gains(reserve0, reserve1, worth0, worth1), gains(reserve1, reserve0, worth1, worth0))
    found = A.arbitrage(pool, worth0, worth1)
    assert best - min(worth0, worth1) < found.profit <= best


@given(SMALL, SMALL)
def test_least_in_is_the_least(reserve_in: int, reserve_out: int) -> None:
    for y in range(1, min(reserve_out, 20)):
        x = A.least_in(y, reserve_in, reserve_out, 997, 1000)
        assert amount_out(x, reserve_in, reserve_out, 997, 1000) >= y
        assert x == 1 or amount_out(x - 1, reserve_in, reserve_out, 997, 1000) < y


def test_the_exact_maximum_where_one_unit_is_coarse() -> None:
    # 18 against 6 decimals: a raw unit of token0 is dust, so the search over outputs is exhaustive in effect
    pool = pool_of(10**21, 1_500_000)
    best = gains(10**21, 1_500_000, 1_300, 10**18)
    assert A.arbitrage(pool, 1_300, 10**18).profit == best


@given(WIDE, WIDE, WORTH, WORTH)
def test_at_the_largest_magnitudes(reserve0: int, reserve1: int, worth0: int, worth1: int) -> None:
    pool = pool_of(reserve0, reserve1)
    found = A.arbitrage(pool, worth0, worth1)
    if found.side == A.NONE:
        assert found == A.Trade(A.NONE, 0, 0, 0)
        return
    zero_for_one = 1 if found.side == A.ZERO_FOR_ONE else 0
    code, swap = swap_in(pool, zero_for_one, found.amount_in, 0, 1)
    assert code == OK
    assert (swap.in0 + swap.in1, swap.out0 + swap.out1) == (found.amount_in, found.amount_out)
    ins, outs = (worth0, worth1) if zero_for_one else (worth1, worth0)
    assert found.amount_out * outs - found.amount_in * ins == found.profit > 0


@given(WIDE, WIDE, WORTH, WORTH)
def test_after_the_trade_nothing_worth_a_unit_is_left(reserve0: int, reserve1: int, worth0: int, worth1: int) -> None:
    pool = pool_of(reserve0, reserve1)
    found = A.arbitrage(pool, worth0, worth1)
    if found.side != A.NONE and max(pool.reserve0, pool.reserve1) + found.amount_in < 2**112 - 1:
        swap_in(pool, 1 if found.side == A.ZERO_FOR_ONE else 0, found.amount_in, 0, 1)
        assert A.arbitrage(pool, worth0, worth1).profit < min(worth0, worth1)


def test_an_empty_pool_and_a_full_one() -> None:
    assert A.arbitrage(Pool(), 1, 1).side == A.NONE
    full = pool_of(2**112 - 1, 5 * 10**33)
    assert A.arbitrage(full, 1, 10**30).side == A.NONE  # no room for another unit of token0
    assert A.arbitrage(full, 0, 1).side == A.NONE
    free = A.arbitrage(pool_of(10**6, 10**6), 0, 1)      # token0 is worthless outside: take all but one unit
    assert (free.side, free.amount_out) == (A.ZERO_FOR_ONE, 10**6 - 1)


UNITS = st.sampled_from([1, 10**2, 10**6, 10**8, 10**18])
PRICE = st.integers(1, 10**16)


@given(SMALL, SMALL, UNITS, UNITS, PRICE)
def test_inside_the_band_no_integer_trade_gains(r0: int, r1: int, unit0: int, unit1: int, price: int) -> None:
    edges = A.band(pool_of(r0, r1), unit0, unit1)
    for at in {price, edges.low, edges.high, max(edges.low - 1, 0), edges.high + 1}:
        if not A.outside(edges, at, A.PRICE):
            worth0, worth1 = at * unit1, A.PRICE * unit0
            assert gains(r0, r1, worth0, worth1) == gains(r1, r0, worth1, worth0) == 0


@given(WIDE, WIDE, UNITS, UNITS, st.integers(1, 2**62 - 2), st.integers(1, 2**62 - 2))
def test_inside_the_band_at_the_largest_magnitudes(r0: int, r1: int, unit0: int, unit1: int, p0: int, p1: int) -> None:
    pool = pool_of(r0, r1)
    edges = A.band(pool, unit0, unit1)
    for price0, price1 in ((p0, p1), (edges.low, A.PRICE), (edges.high, A.PRICE)):
        if not A.outside(edges, price0, price1):
            assert A.arbitrage(pool, price0 * unit1, price1 * unit0).side == A.NONE


def test_the_band_is_as_wide_as_the_fee() -> None:
    edges = A.band(pool_of(10**24, 3 * 10**15), 10**18, 10**6)
    assert edges == A.Band(299_100_000_000, 300_902_708_124)
    assert A.outside(edges, 299_099_999_999, A.PRICE)
    assert not A.outside(edges, 299_100_000_000, A.PRICE)
    assert not A.outside(edges, 300_902_708_124, A.PRICE)
    assert A.outside(edges, 300_902_708_125, A.PRICE)


@pytest.mark.parametrize("price", [299_100_000_000 * 999 // 1000, 300_902_708_124 * 1001 // 1000])
def test_outside_the_band_of_a_deep_pool_there_is_a_gain(price: int) -> None:
    assert A.arbitrage(pool_of(10**24, 3 * 10**15), price * 10**6, A.PRICE * 10**18).profit > 0
