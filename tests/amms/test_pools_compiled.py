"""The rules of pools and sizes compiled to 256 bits: results, codes and rows equal, faults in the same places."""

import copy
import random
from collections.abc import Callable
from typing import Any

import pytest

from protocol_sim.amms import arbitrage as A
from protocol_sim.amms import constant_product as v2
from protocol_sim.amms import sizing as S
from protocol_sim.errors import Revert
from protocol_sim.numeric import U256, ZERO, record, rule

pytestmark = pytest.mark.slow
ROUNDS = 200


@record
class Call:
    """Arguments and results of one call."""

    a: U256 = 0
    b: U256 = 0
    c: U256 = 0
    d: U256 = 0
    x: U256 = 0
    y: U256 = 0
    z: U256 = 0
    w: U256 = 0
    code: int = 0


@rule
def call_swap_in(pool: v2.Pool, t: Call, side: int, now: int) -> None:
    t.code, s = v2.swap_in(pool, side, t.a, t.b, now)
    t.x, t.y, t.z, t.w = s.in0, s.in1, s.out0, s.out1


@rule
def call_swap_out(pool: v2.Pool, t: Call, side: int, now: int) -> None:
    t.code, s = v2.swap_out(pool, side, t.a, t.b, now)
    t.x, t.y, t.z, t.w = s.in0, s.in1, s.out0, s.out1


@rule
def call_swap(pool: v2.Pool, t: Call, side: int, now: int) -> None:  # noqa: ARG001
    t.code, s = v2.swap(pool, t.a, t.b, t.c, t.d, now)
    t.x, t.y, t.z, t.w = s.in0, s.in1, s.out0, s.out1


@rule
def call_mint(pool: v2.Pool, t: Call, side: int, now: int) -> None:  # noqa: ARG001
    v2.deposit(pool, t.a, t.b)
    t.code, m = v2.mint(pool, now)
    t.x, t.y, t.z, t.w = m.liquidity, m.fee_liquidity, m.locked, m.amount0


@rule
def call_burn(pool: v2.Pool, t: Call, side: int, now: int) -> None:  # noqa: ARG001
    t.code, m = v2.burn(pool, t.a, now)
    t.x, t.y, t.z = m.amount0, m.amount1, m.fee_liquidity


@rule
def call_skim_or_sync(pool: v2.Pool, t: Call, side: int, now: int) -> None:
    v2.deposit(pool, t.a, t.b)
    if side:
        t.code, s = v2.skim(pool)
        t.x, t.y = s.amount0, s.amount1
    else:
        t.code = v2.sync(pool, now)


@rule
def call_arbitrage(pool: v2.Pool, t: Call, side: int, now: int) -> None:  # noqa: ARG001
    found = A.arbitrage(pool, t.a, t.b)
    t.code, t.x, t.y, t.z = found.side, found.amount_in, found.amount_out, found.profit


@rule
def call_band(pool: v2.Pool, t: Call, side: int, now: int) -> None:
    edges = A.band(pool, t.c, t.d)
    t.x, t.y = ZERO + edges.low, ZERO + edges.high
    t.code = 1 if A.outside(edges, now, 100_000_000 + side) else 0


@rule
def call_sizes(pool: v2.Pool, t: Call, side: int, now: int) -> None:  # noqa: ARG001
    venue = S.Venue(pool.reserve0, pool.reserve1, pool.fee_numerator, pool.fee_denominator)
    found = S.optimal_sale(venue, t.a, t.b, t.c, t.d) if side else S.optimal_purchase(venue, t.a, t.b, t.c, t.d)
    t.x, t.y, t.z = found.repaid, found.seized, found.profit


SWAPS = [call_swap_in, call_swap_out, call_swap]
CALLS = [*SWAPS, call_mint, call_burn, call_skim_or_sync, call_arbitrage, call_band, call_sizes]


def amount(draw: random.Random) -> int:
    return draw.randint(0, 10 ** draw.choice([0, 1, 3, 6, 12, 18, 24, 27, 33, 35]))


def case(draw: random.Random, fn: Callable[..., Any]) -> tuple[v2.Pool, Call]:
    r0, r1 = (min(amount(draw) + 1, 2**112 - 1) for _ in range(2))
    pool = v2.Pool(
        reserve0=r0,
        reserve1=r1,
        balance0=r0 + draw.choice([0, 0, 1, 5]),
        balance1=r1,
        total_supply=draw.choice([0, 10**6, 10**24]),
        k_last=draw.choice([0, r0 * r1 // 2, r0 * r1 // 9]),
        timestamp_last=draw.choice([0, 5, 2**32 - 3]),
        fee_on=draw.randint(0, 1),
    )
    call = Call(a=draw.choice([amount(draw), r0 // 3]), b=draw.choice([0, amount(draw), r1 // 5]), c=amount(draw), d=5)
    if fn is call_band:
        call.c, call.d = 10 ** draw.randint(0, 18), 10 ** draw.randint(0, 18)
    elif fn in (call_arbitrage, call_sizes):
        top, bottom = (r0, r1) if fn is call_arbitrage else (r1, r0)
        call.a = min(max(call.a, 1), 2**128 - 1)
        call.b = min(max(1, call.a * top * draw.randint(1, 40) // (20 * bottom)), 2**128 - 1)
    return pool, call


@pytest.mark.parametrize("fn", CALLS, ids=lambda fn: fn.__name__)
def test_compiled_is_equal(fn: Callable[..., Any]) -> None:
    from numba import njit

    from protocol_sim.numeric.compiled import Table

    kernel = njit(lambda pools, calls, side, now: fn(pools[0], calls[0], side, now))
    draw, accepted = random.Random(fn.__name__), 0
    for _ in range(ROUNDS):
        pool, call = case(draw, fn)
        side, now = draw.randint(0, 1), draw.choice([10, 2**32 + 4, 10**9])
        pools, calls = Table.of(v2.Pool, [pool]), Table.of(Call, [call])
        exact_fault = fault(fn, copy.copy(pool), copy.copy(call), side, now)
        compiled_fault = fault(kernel, pools, calls, side, now)
        assert exact_fault == compiled_fault, (pool, call)
        if not exact_fault:
            fn(pool, call, side, now)
            assert (pools.records(), calls.records()) == ([pool], [call])
            accepted += 1
    assert accepted > ROUNDS // 2


def fault(fn: Callable[..., Any], *args: Any) -> bool:
    try:
        fn(*args)
    except (Revert, OverflowError, ZeroDivisionError):
        return True
    return False
