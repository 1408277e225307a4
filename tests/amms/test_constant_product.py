"""Uniswap V2: known answers of the pair's own test suite, every refusal in its order, invariants."""

import copy

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from protocol_sim.amms import constant_product as v2
from protocol_sim.errors import Revert

E18 = 10**18
AMOUNT = st.integers(0, 2**112 - 1) | st.integers(0, 10**6)
RESERVE = st.integers(1, 2**112 - 1) | st.integers(1, 10**6)


def pool_of(reserve0: int, reserve1: int, **fields: int) -> v2.Pool:
    balances = {"balance0": reserve0, "balance1": reserve1, **fields}
    return v2.Pool(reserve0=reserve0, reserve1=reserve1, **balances)


# v2-core test/UniswapV2Pair.spec.ts: swapTestCases (in, reserve0, reserve1 in whole tokens, most that may come out)
CORE_SWAPS = [
    (1, 5, 10, 1662497915624478906),
    (1, 10, 5, 453305446940074565),
    (2, 5, 10, 2851015155847869602),
    (2, 10, 5, 831248957812239453),
    (1, 10, 10, 906610893880149131),
    (1, 100, 100, 987158034397061298),
    (1, 1000, 1000, 996006981039903216),
]


@pytest.mark.parametrize(("x", "reserve0", "reserve1", "most"), CORE_SWAPS)
def test_the_core_suites_swaps(x: int, reserve0: int, reserve1: int, most: int) -> None:
    pool = pool_of(reserve0 * E18, reserve1 * E18)
    assert v2.quote_out(pool, 1, x * E18) == (v2.OK, most)
    refused = copy.copy(pool)
    assert v2.swap(refused, 0, most + 1, x * E18, 0, 1)[0] == v2.K
    assert refused == pool
    code, swap = v2.swap(pool, 0, most, x * E18, 0, 1)
    assert (code, swap) == (v2.OK, v2.Swap(x * E18, 0, 0, most))


@pytest.mark.parametrize(("reserve0", "reserve1"), [(5, 10), (10, 5), (5, 5)])
def test_the_same_token_may_come_in_and_out(reserve0: int, reserve1: int) -> None:
    # "swap:optimistic" of the core suite: 0.997 out for 1 of the same token in
    pool = pool_of(reserve0 * E18, reserve1 * E18)
    assert v2.swap(copy.copy(pool), 997 * 10**15 + 1, 0, E18, 0, 1)[0] == v2.K
    assert v2.swap(pool, 997 * 10**15, 0, E18, 0, 1)[0] == v2.OK


def growth_of_a_swap(fee_on: int) -> tuple[v2.Pool, v2.Burn]:
    """feeTo:off / feeTo:on of the core suite: 1000 : 1000, one swap of 1, everything burned."""
    pool = v2.Pool(fee_on=fee_on)
    v2.deposit(pool, 1000 * E18, 1000 * E18)
    assert v2.mint(pool, 1)[0] == v2.OK
    out = 996006981039903216
    assert v2.swap(pool, out, 0, 0, E18, 2)[0] == v2.OK
    code, burned = v2.burn(pool, 1000 * E18 - v2.MINIMUM_LIQUIDITY, 3)
    assert code == v2.OK
    return pool, burned


def test_fee_off_mints_nothing() -> None:
    pool, burned = growth_of_a_swap(0)
    assert burned.fee_liquidity == 0
    assert (pool.total_supply, pool.k_last) == (v2.MINIMUM_LIQUIDITY, 0)


def test_fee_on_mints_a_sixth_of_the_growth() -> None:
    pool, burned = growth_of_a_swap(1)
    assert burned.fee_liquidity == 249750499251388
    assert pool.total_supply == v2.MINIMUM_LIQUIDITY + 249750499251388
    assert pool.reserve0 == 1000 + 249501683697445
    assert pool.reserve1 == 1000 + 250000187312969
    assert pool.k_last == pool.reserve0 * pool.reserve1


def test_switching_the_fee_off_clears_k_last_at_the_next_mint() -> None:
    pool = pool_of(10**6, 10**6, total_supply=10**6, k_last=10**12)
    v2.deposit(pool, 10, 10)
    assert v2.mint(pool, 1)[1] == v2.Mint(10, 0, 0, 10, 10)
    assert pool.k_last == 0


def test_cumulative_prices_wrap_with_the_clock() -> None:
    pool = pool_of(3 * E18, 6 * E18, timestamp_last=2**32 - 10, price1_cumulative=2**256 - 1)
    assert v2.sync(pool, 2**32 + 5) == v2.OK
    assert pool.timestamp_last == 5
    assert pool.price0_cumulative == 2**112 * 2 * 15
    assert pool.price1_cumulative == 2**112 // 2 * 15 - 1


def test_prices_are_not_accumulated_twice_in_a_block() -> None:
    pool = pool_of(5, 7, timestamp_last=9)
    assert v2.sync(pool, 9) == v2.OK
    assert (pool.price0_cumulative, pool.price1_cumulative) == (0, 0)


REFUSED_SWAPS = [
    ({"out0": 0, "out1": 0}, v2.INSUFFICIENT_OUTPUT_AMOUNT),
    ({"out0": 100, "out1": 0}, v2.INSUFFICIENT_LIQUIDITY),
    ({"out0": 0, "out1": 200}, v2.INSUFFICIENT_LIQUIDITY),
    ({"out0": 99, "out1": 200, "paid0": 1}, v2.INSUFFICIENT_LIQUIDITY),
    ({"out0": 1, "out1": 0}, v2.INSUFFICIENT_INPUT_AMOUNT),
    ({"out0": 1, "out1": 0, "paid1": 1}, v2.K),
    ({"out0": 1, "out1": 0, "paid1": 2**112}, v2.OVERFLOW),
]


@pytest.mark.parametrize(("call", "code"), REFUSED_SWAPS)
def test_refused_swaps(call: dict[str, int], code: int) -> None:
    pool = pool_of(100, 200)
    before = copy.copy(pool)
    arguments = {"out0": 0, "out1": 0, "paid0": 0, "paid1": 0, "now": 9, **call}
    assert v2.swap(pool, **arguments) == (code, v2.Swap(0, 0, 0, 0))
    assert pool == before


def test_tokens_that_shrink_cannot_be_paid_out() -> None:
    pool = pool_of(100, 200, balance0=3)
    assert v2.swap(pool, 50, 0, 0, 500, 1)[0] == v2.TRANSFER_FAILED


REFUSED_QUOTES = [
    (v2.quote_out, (100, 200, 0), v2.LIBRARY_INSUFFICIENT_INPUT_AMOUNT),
    (v2.quote_out, (0, 0, 0), v2.LIBRARY_INSUFFICIENT_INPUT_AMOUNT),
    (v2.quote_out, (0, 200, 5), v2.LIBRARY_INSUFFICIENT_LIQUIDITY),
    (v2.quote_out, (100, 0, 5), v2.LIBRARY_INSUFFICIENT_LIQUIDITY),
    (v2.quote_in, (100, 200, 0), v2.LIBRARY_INSUFFICIENT_OUTPUT_AMOUNT),
    (v2.quote_in, (0, 200, 5), v2.LIBRARY_INSUFFICIENT_LIQUIDITY),
    (v2.quote_in, (100, 200, 200), v2.DIVISION_BY_ZERO),
    (v2.quote_in, (100, 200, 201), v2.SUB_UNDERFLOW),
]


@pytest.mark.parametrize(("rule", "state", "code"), REFUSED_QUOTES)
def test_refused_quotes(rule: object, state: tuple[int, int, int], code: int) -> None:
    reserve0, reserve1, amount = state
    assert rule(pool_of(reserve0, reserve1), 1, amount) == (code, 0)  # type: ignore[operator]
    assert rule(pool_of(reserve1, reserve0), 0, amount) == (code, 0)  # type: ignore[operator]


def test_router_limits_come_before_the_pair() -> None:
    pool = pool_of(10**6, 10**6)
    before = copy.copy(pool)
    assert v2.swap_in(pool, 1, 1, 1, 9)[0] == v2.ROUTER_INSUFFICIENT_OUTPUT_AMOUNT
    assert v2.swap_in(pool, 1, 1, 0, 9)[0] == v2.INSUFFICIENT_OUTPUT_AMOUNT
    assert v2.swap_out(pool, 1, 10, 10, 9)[0] == v2.ROUTER_EXCESSIVE_INPUT_AMOUNT
    assert pool == before


REFUSED_MINTS = [
    (v2.Pool(balance0=1000, balance1=999), v2.SUB_UNDERFLOW),
    (v2.Pool(balance0=1000, balance1=1000), v2.INSUFFICIENT_LIQUIDITY_MINTED),
    (v2.Pool(balance0=2**112, balance1=5), v2.OVERFLOW),
    (pool_of(100, 100, total_supply=100, balance0=101), v2.INSUFFICIENT_LIQUIDITY_MINTED),
]


@pytest.mark.parametrize(("pool", "code"), REFUSED_MINTS)
def test_refused_mints(pool: v2.Pool, code: int) -> None:
    before = copy.copy(pool)
    assert v2.mint(pool, 9)[0] == code
    assert pool == before


def test_refused_burns() -> None:
    assert v2.burn(v2.Pool(), 0, 9)[0] == v2.DIVISION_BY_ZERO
    pool = pool_of(10**6, 10, total_supply=10**4)
    before = copy.copy(pool)
    assert v2.burn(pool, 999, 9)[0] == v2.INSUFFICIENT_LIQUIDITY_BURNED
    assert pool == before
    with pytest.raises(Revert):
        v2.burn(pool, 10**4 + 1, 9)


def test_burn_shares_out_what_the_pair_holds_not_its_reserves() -> None:
    pool = pool_of(1_000, 3_000, total_supply=100, balance0=1_100, balance1=3_300)
    assert v2.burn(pool, 10, 9) == (v2.OK, v2.Burn(110, 330, 0))
    assert (pool.reserve0, pool.reserve1, pool.total_supply) == (990, 2_970, 90)


def test_skim_pays_the_surplus_and_sync_keeps_it() -> None:
    pool = pool_of(100, 200)
    v2.deposit(pool, 3, 4)
    assert v2.skim(copy.copy(pool)) == (v2.OK, v2.Amounts(3, 4))
    assert v2.sync(pool, 1) == v2.OK
    assert (pool.reserve0, pool.reserve1) == (103, 204)


def test_quote_is_the_ratio_rounded_down() -> None:
    assert v2.quote(10, 3, 7) == (v2.OK, 23)
    assert v2.quote(0, 3, 7) == (v2.LIBRARY_INSUFFICIENT_AMOUNT, 0)
    assert v2.quote(10, 0, 7) == (v2.LIBRARY_INSUFFICIENT_LIQUIDITY, 0)


@given(AMOUNT, RESERVE, RESERVE)
def test_amount_out_is_the_largest_that_the_k_check_passes(x: int, reserve_in: int, reserve_out: int) -> None:
    assume(0 < x < 2**112 - reserve_in)
    y = v2.amount_out(x, reserve_in, reserve_out, 997, 1000)
    if y > 0:
        assert v2.swap(pool_of(reserve_in, reserve_out), 0, y, x, 0, 1)[0] == v2.OK
    if y + 1 < reserve_out:
        assert v2.swap(pool_of(reserve_in, reserve_out), 0, y + 1, x, 0, 1)[0] == v2.K


@given(AMOUNT, RESERVE, RESERVE)
def test_amount_in_buys_at_least_what_was_asked_for(y: int, reserve_in: int, reserve_out: int) -> None:
    assume(0 < y < reserve_out)
    x = v2.amount_in(y, reserve_in, reserve_out, 997, 1000)
    assert v2.amount_out(x, reserve_in, reserve_out, 997, 1000) >= y


@given(AMOUNT, RESERVE, RESERVE, st.integers(0, 1))
def test_a_round_trip_never_profits_and_k_never_falls(x: int, reserve0: int, reserve1: int, side: int) -> None:
    pool = pool_of(reserve0, reserve1)
    k = reserve0 * reserve1
    code, first = v2.swap_in(pool, side, x, 0, 1)
    assume(code == v2.OK)
    assert pool.reserve0 * pool.reserve1 >= k
    code, back = v2.swap_in(pool, 1 - side, first.out0 + first.out1, 0, 2)
    if code == v2.OK:
        assert back.out0 + back.out1 < x
        assert pool.reserve0 * pool.reserve1 >= k


@given(RESERVE, RESERVE, AMOUNT, AMOUNT, AMOUNT, AMOUNT)
def test_an_accepted_swap_keeps_k_and_tokens(r0: int, r1: int, out0: int, out1: int, paid0: int, paid1: int) -> None:
    pool = pool_of(r0, r1)
    code, swap = v2.swap(pool, out0 % r0, out1 % r1, paid0, paid1, 1)
    if code != v2.OK:
        assert pool == pool_of(r0, r1)
        return
    assert (pool.reserve0, pool.reserve1) == (r0 + paid0 - swap.out0, r1 + paid1 - swap.out1)
    assert pool.reserve0 * pool.reserve1 >= r0 * r1
