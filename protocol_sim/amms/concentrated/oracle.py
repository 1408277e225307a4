"""The pool's own oracle: observations, what was true some seconds ago, and the mean tick over a while.

Source: @uniswap/v3-core 1.0.1 `Oracle.sol`, `UniswapV3Pool.sol` (observe, snapshotCumulativesInside,
increaseObservationCardinalityNext); @uniswap/v3-periphery 1.4.4 `OracleLibrary.sol` (consult, getQuoteAtTick).
Times are seconds modulo 2**32.
"""

from typing import NamedTuple

from protocol_sim.amms.concentrated.state import (
    BP,
    LOK,
    MAX_TICK,
    NO_REASON,
    NO_ROOM,
    OK,
    OLD,
    UINT32,
    I,
    Observation,
    Pools,
    T,
)
from protocol_sim.amms.concentrated.tick_math import Q128, sqrt_ratio_at_tick
from protocol_sim.amms.concentrated.ticks import check_ticks, find, int56
from protocol_sim.numeric import (
    MAX_UINT128,
    MAX_UINT160,
    ZERO,
    fits,
    mul_div_512_down,
    rule,
    wrapping_sub,
)
from protocol_sim.numeric.fixed_point import Wide

Q192, Q64 = Wide(1 << 192), Wide(1 << 64)
Q32 = 1 << 32


class Cumulative(NamedTuple):
    """tick * seconds (int56, wraps), and seconds per liquidity (Q128, uint160, wraps)."""

    tick: int
    seconds_per_liquidity: int


class Inside(NamedTuple):
    """The cumulatives of the time the price spent between two ticks; only differences mean something."""

    tick: int
    seconds_per_liquidity: int
    seconds: int


class Mean(NamedTuple):
    """Time-weighted arithmetic mean tick and harmonic mean liquidity."""

    tick: int
    liquidity: int


@rule
def toward_zero(a: int, b: int) -> int:
    """a / b for machine integers, b > 0, as Solidity rounds."""
    return a // b if a >= 0 else -(-a // b)


@rule
def uint160(x: int) -> int:
    """x modulo 2**160."""
    return x & MAX_UINT160


# ---- at one time ----------------------------------------------------------------------------------------------------
@rule
def continued(last: Observation, at: int, tick: int, liquidity: int) -> Cumulative:
    """The cumulatives at a later time, tick and liquidity unchanged since `last` (`transform`)."""
    elapsed = (at - last.timestamp) & UINT32
    per = elapsed * Q128 // (liquidity if liquidity > 0 else ZERO + 1)
    return Cumulative(int56(last.tick_cumulative + tick * elapsed), uint160(last.seconds_per_liquidity + per))


@rule
def cumulative_now(book: Pools, q: int, now: int) -> Cumulative:
    """The cumulatives at this moment (`observeSingle` with 0 seconds ago)."""
    pool = book.pools[q]
    newest = book.observations[pool.observations_from + pool.observation]
    return continued(newest, now & UINT32, pool.tick, pool.liquidity)


@rule
def note(book: Pools, q: int, now: int) -> int:
    """Write an observation of the time before a change, once per block; before tick and liquidity change (`write`)."""
    pool = book.pools[q]
    stamp = now & UINT32
    if book.observations[pool.observations_from + pool.observation].timestamp == stamp:
        return OK
    reached = cumulative_now(book, q, now)
    if pool.cardinality_next > pool.cardinality and pool.observation == pool.cardinality - 1:
        pool.cardinality = pool.cardinality_next
    pool.observation = (pool.observation + 1) % pool.cardinality
    row = book.observations[pool.observations_from + pool.observation]
    row.timestamp, row.tick_cumulative, row.initialized = stamp, reached.tick, 1
    row.seconds_per_liquidity = reached.seconds_per_liquidity
    return OK


@rule
def increase_cardinality(book: Pools, q: int, wanted: int) -> int:
    """Reserve observations (`increaseObservationCardinalityNext`, uint16)."""
    pool = book.pools[q]
    if pool.sqrt_price == 0:
        return LOK
    if wanted <= pool.cardinality_next:
        return OK
    if wanted > pool.observations_room:
        return NO_ROOM
    for n in range(pool.cardinality_next, wanted):
        book.observations[pool.observations_from + n].timestamp = 1
    pool.cardinality_next = wanted
    return OK


# ---- in the past ----------------------------------------------------------------------------------------------------
@rule
def not_after(now: int, a: int, b: int) -> bool:
    """a <= b for two times that are not after now, whose clocks may have wrapped since (`lte`)."""
    if a <= now and b <= now:
        return a <= b
    return (a if a > now else a + Q32) <= (b if b > now else b + Q32)


@rule
def search(book: Pools, q: int, now: int, target: int) -> int:
    """Index of the last observation at or before the target, which lies within them (`binarySearch`)."""
    pool = book.pools[q]
    low = (pool.observation + 1) % pool.cardinality
    high = low + pool.cardinality - 1
    found = -1
    while found < 0:
        middle = (low + high) // 2
        index = middle % pool.cardinality
        row = book.observations[pool.observations_from + index]
        after = book.observations[pool.observations_from + (middle + 1) % pool.cardinality]
        if row.initialized == 0:
            low = middle + 1
        elif not not_after(now, row.timestamp, target):
            high = middle - 1
        elif not_after(now, target, after.timestamp):
            found = index
        else:
            low = middle + 1
    return found


@rule
def between(row: Observation, after: Observation, target: int) -> Cumulative:
    """The cumulatives at a time from one observation to the next, interpolated (`observeSingle`)."""
    passed = (target - row.timestamp) & UINT32
    whole = (after.timestamp - row.timestamp) & UINT32
    if target == after.timestamp:
        return Cumulative(after.tick_cumulative, after.seconds_per_liquidity)
    slope = toward_zero(int56(after.tick_cumulative - row.tick_cumulative), whole)
    grown = uint160(wrapping_sub(after.seconds_per_liquidity, row.seconds_per_liquidity))
    part = uint160(grown * passed // whole)
    return Cumulative(int56(row.tick_cumulative + slope * passed), uint160(row.seconds_per_liquidity + part))


@rule
def observe(book: Pools, q: int, seconds_ago: int, now: int) -> tuple[int, Cumulative]:
    """The cumulatives some seconds ago, 0 <= seconds_ago < 2**32 (`observe`, one entry)."""
    pool = book.pools[q]
    if pool.cardinality == 0:
        return I, Cumulative(0, ZERO)
    stamp = now & UINT32
    if seconds_ago == 0:
        return OK, cumulative_now(book, q, now)
    target = (stamp - seconds_ago) & UINT32
    newest = book.observations[pool.observations_from + pool.observation]
    if not_after(stamp, newest.timestamp, target):
        return OK, continued(newest, target, pool.tick, pool.liquidity)
    oldest = book.observations[pool.observations_from + (pool.observation + 1) % pool.cardinality]
    start = oldest.timestamp if oldest.initialized else book.observations[pool.observations_from].timestamp
    if not not_after(stamp, start, target):
        return OLD, Cumulative(0, ZERO)
    index = search(book, q, stamp, target)
    row = book.observations[pool.observations_from + index]
    if row.timestamp == target:
        return OK, Cumulative(row.tick_cumulative, row.seconds_per_liquidity)
    after = book.observations[pool.observations_from + (index + 1) % pool.cardinality]
    return OK, between(row, after, target)


@rule
def inside(book: Pools, q: int, lower: int, upper: int, now: int) -> tuple[int, Inside]:
    """Cumulatives between two initialised ticks (`snapshotCumulativesInside`)."""
    pool, none = book.pools[q], Inside(0, ZERO, 0)
    code = check_ticks(lower, upper)
    if code != OK:
        return code, none
    low_row, high_row = find(book, q, lower), find(book, q, upper)
    if low_row < 0 or high_row < 0:
        return NO_REASON, none
    low, high = book.ticks[low_row], book.ticks[high_row]
    low_per, high_per = low.seconds_per_liquidity_outside, high.seconds_per_liquidity_outside
    if pool.tick < lower:
        tick = low.tick_cumulative_outside - high.tick_cumulative_outside
        per = wrapping_sub(low_per, high_per)
        seconds = low.seconds_outside - high.seconds_outside
    elif pool.tick < upper:
        reached = cumulative_now(book, q, now)
        tick = reached.tick - low.tick_cumulative_outside - high.tick_cumulative_outside
        per = wrapping_sub(wrapping_sub(reached.seconds_per_liquidity, low_per), high_per)
        seconds = (now & UINT32) - low.seconds_outside - high.seconds_outside
    else:
        tick = high.tick_cumulative_outside - low.tick_cumulative_outside
        per = wrapping_sub(high_per, low_per)
        seconds = high.seconds_outside - low.seconds_outside
    return OK, Inside(int56(tick), uint160(per), seconds & UINT32)


# ---- what readers make of it ----------------------------------------------------------------------------------------
@rule
def consult(book: Pools, q: int, seconds_ago: int, now: int) -> tuple[int, Mean]:
    """Means over the last seconds; the tick rounds towards minus infinity (`OracleLibrary.sol: consult`)."""
    none = Mean(0, ZERO)
    if seconds_ago == 0:
        return BP, none
    code, then = observe(book, q, seconds_ago, now)
    if code != OK:
        return code, none
    latest = cumulative_now(book, q, now)
    tick = int56(latest.tick - then.tick) // seconds_ago
    per = uint160(wrapping_sub(latest.seconds_per_liquidity, then.seconds_per_liquidity))
    if per == 0:
        return NO_REASON, none  # a division by zero
    return OK, Mean(tick, (seconds_ago * MAX_UINT160) // (per * Q32) & MAX_UINT128)


@rule
def quote_at_price(root: int, amount: int, zero_is_base: int) -> int:
    """Raw quote tokens for a raw amount of the base token at a price (Q64.96), not zero (`getQuoteAtTick`)."""
    if fits(root, 128):
        square = root * root
        return mul_div_512_down(square, amount, Q192) if zero_is_base else mul_div_512_down(Q192, amount, square)
    square = mul_div_512_down(root, root, Q64)
    return mul_div_512_down(square, amount, Q128) if zero_is_base else mul_div_512_down(Q128, amount, square)


@rule
def quote_at_tick(tick: int, amount: int, zero_is_base: int) -> tuple[int, int]:
    """Raw quote tokens for a raw amount (uint128) of the base token at a tick's price (`getQuoteAtTick`)."""
    if abs(tick) > MAX_TICK:
        return T, ZERO
    return OK, quote_at_price(sqrt_ratio_at_tick(tick), amount, zero_is_base)
