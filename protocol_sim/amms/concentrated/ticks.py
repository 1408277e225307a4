"""The list of initialised ticks: look up, insert, remove, cross, and the fee growth between two of them.

Source: @uniswap/v3-core 1.0.1 `Tick.sol`, `TickBitmap.sol`, `UniswapV3Pool.sol` (checkTicks).
"""

from typing import NamedTuple

from protocol_sim.amms.concentrated.state import MAX_TICK, MIN_TICK, OK, TLM, TLU, TUM, UINT32, Pools
from protocol_sim.amms.concentrated.tick_math import sqrt_ratio_at_tick
from protocol_sim.numeric import MAX_UINT160, ZERO, rule, wrapping_sub

INT56 = 1 << 56


class Growth(NamedTuple):
    """Raw fees per unit of liquidity, Q128, by token; wraps."""

    token0: int
    token1: int


@rule
def int56(x: int) -> int:
    """x as a signed 56-bit number."""
    return ((x + INT56 // 2) & (INT56 - 1)) - INT56 // 2


@rule
def check_ticks(lower: int, upper: int) -> int:
    """The bounds of a range (`checkTicks`)."""
    if lower >= upper:
        return TLU
    if lower < MIN_TICK:
        return TLM
    if upper > MAX_TICK:
        return TUM
    return OK


@rule
def word_edge(tick: int, spacing: int, zero_for_one: int) -> int:
    """Where a swap stops if no initialised tick comes first: the word's end (`nextInitializedTickWithinOneWord`)."""
    step = tick // spacing
    if zero_for_one:
        return max((step - (step & 255)) * spacing, MIN_TICK)
    step += 1
    return min((step + 255 - (step & 255)) * spacing, MAX_TICK)


@rule
def last_edge(ahead: int, limit: int, spacing: int, zero_for_one: int) -> int:
    """The last word's end that lies before the next initialised tick and not beyond the tick of the price limit."""
    if zero_for_one:
        return -(-(max(ahead, limit) + 1) // (256 * spacing)) * (256 * spacing)
    return ((min(ahead - 1, limit) // spacing + 1) // 256 * 256 - 1) * spacing


@rule
def seek(book: Pools, q: int, tick: int) -> int:
    """Row of the greatest initialised tick at or below `tick`, the lower sentinel if there is none."""
    row = book.pools[q].below
    while book.ticks[row].tick > tick:
        row = book.ticks[row].before
    while book.ticks[book.ticks[row].after].tick <= tick:
        row = book.ticks[row].after
    return row


@rule
def find(book: Pools, q: int, tick: int) -> int:
    """Row of an initialised tick, -1 if it is not."""
    row = seek(book, q, tick)
    return row if book.ticks[row].tick == tick else -1


@rule
def room_for(book: Pools, q: int, wanted: int) -> bool:
    """Whether that many more ticks (0 to 2) find a row."""
    row = book.pools[q].ticks_free
    return wanted == 0 or (row >= 0 and (wanted == 1 or book.ticks[row].after >= 0))


@rule
def insert(book: Pools, q: int, tick: int, cumulative: int, per_liquidity: int, now: int) -> int:
    """Initialise a tick: growth so far counts as below it. Its row; there is room (`Tick.sol: update`)."""
    pool = book.pools[q]
    before, row = seek(book, q, tick), pool.ticks_free
    new, after = book.ticks[row], book.ticks[before].after
    pool.ticks_free = new.after
    new.tick, new.before, new.after = tick, before, after
    new.sqrt_price = sqrt_ratio_at_tick(tick)
    book.ticks[before].after = row
    book.ticks[after].before = row
    if tick <= pool.tick:
        new.fee_growth_outside0, new.fee_growth_outside1 = pool.fee_growth0, pool.fee_growth1
        new.tick_cumulative_outside, new.seconds_per_liquidity_outside = cumulative, per_liquidity
        new.seconds_outside = now & UINT32
        if tick > book.ticks[pool.below].tick:
            pool.below = row
    return row


@rule
def remove(book: Pools, q: int, row: int) -> int:
    """Forget a tick that no position uses any more (`Tick.sol: clear`). Always OK."""
    pool, old = book.pools[q], book.ticks[row]
    book.ticks[old.before].after = old.after
    book.ticks[old.after].before = old.before
    if pool.below == row:
        pool.below = old.before
    old.tick, old.before, old.after, old.sqrt_price = 0, 0, pool.ticks_free, ZERO
    old.fee_growth_outside0, old.fee_growth_outside1 = ZERO, ZERO
    old.tick_cumulative_outside, old.seconds_per_liquidity_outside, old.seconds_outside = 0, ZERO, 0
    pool.ticks_free = row
    return OK


@rule
def cross(book: Pools, row: int, growth0: int, growth1: int, cumulative: int, per_liquidity: int, now: int) -> int:
    """The price passes a tick: what was outside becomes inside (`Tick.sol: cross`). Always OK."""
    tick = book.ticks[row]
    tick.fee_growth_outside0 = wrapping_sub(growth0, tick.fee_growth_outside0)
    tick.fee_growth_outside1 = wrapping_sub(growth1, tick.fee_growth_outside1)
    tick.seconds_per_liquidity_outside = wrapping_sub(per_liquidity, tick.seconds_per_liquidity_outside) & MAX_UINT160
    tick.tick_cumulative_outside = int56(cumulative - tick.tick_cumulative_outside)
    tick.seconds_outside = (now - tick.seconds_outside) & UINT32
    return OK


@rule
def growth_inside(book: Pools, q: int, lower_row: int, upper_row: int) -> Growth:
    """Fee growth between two initialised ticks (`getFeeGrowthInside`)."""
    pool, low, high = book.pools[q], book.ticks[lower_row], book.ticks[upper_row]
    below0, below1 = low.fee_growth_outside0, low.fee_growth_outside1
    above0, above1 = high.fee_growth_outside0, high.fee_growth_outside1
    if pool.tick < low.tick:
        below0, below1 = wrapping_sub(pool.fee_growth0, below0), wrapping_sub(pool.fee_growth1, below1)
    if pool.tick >= high.tick:
        above0, above1 = wrapping_sub(pool.fee_growth0, above0), wrapping_sub(pool.fee_growth1, above1)
    inside0 = wrapping_sub(wrapping_sub(pool.fee_growth0, below0), above0)
    return Growth(inside0, wrapping_sub(wrapping_sub(pool.fee_growth1, below1), above1))
