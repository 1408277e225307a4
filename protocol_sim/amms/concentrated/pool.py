"""The calls that are not about liquidity: initialize, swap, flash, protocol fee (v3-core `UniswapV3Pool.sol`)."""

from typing import NamedTuple

from protocol_sim.amms.concentrated.oracle import note
from protocol_sim.amms.concentrated.state import (
    AI,
    AS,
    DUE,
    F0,
    F1,
    IIA,
    LOK,
    NO_REASON,
    OK,
    PIPS,
    SPL,
    TF,
    UINT32,
    L,
    Pool,
    Pools,
    R,
)
from protocol_sim.amms.concentrated.tick_math import (
    MAX_SQRT_RATIO,
    MIN_SQRT_RATIO,
    Q128,
    tick_at_sqrt_ratio,
)
from protocol_sim.amms.concentrated.walk import Swap, walk
from protocol_sim.numeric import (
    MAX_UINT128,
    ZERO,
    add,
    mul_div_512_down,
    mul_div_512_up,
    rule,
    sub,
    wrapping_add,
)


class Amounts(NamedTuple):
    """Raw token0 and token1."""

    amount0: int
    amount1: int


@rule
def initialize(book: Pools, q: int, sqrt_price: int, now: int) -> int:
    """Set the first price (Q64.96) (`initialize`)."""
    pool = book.pools[q]
    if pool.sqrt_price != 0:
        return AI
    if sqrt_price < MIN_SQRT_RATIO or sqrt_price >= MAX_SQRT_RATIO:
        return R
    pool.sqrt_price, pool.tick = sqrt_price, tick_at_sqrt_ratio(sqrt_price)
    pool.cardinality, pool.cardinality_next = 1, 1
    first = book.observations[pool.observations_from]
    first.timestamp, first.initialized = now & UINT32, 1
    return OK


# ---- swap -----------------------------------------------------------------------------------------------------------
@rule
def refusal(pool: Pool, zero_for_one: int, amount: int, limit: int) -> int:
    """Why a swap is not even begun, in the contract's order."""
    if amount == 0:
        return AS
    if pool.sqrt_price == 0:
        return LOK
    if zero_for_one:
        return OK if limit > MIN_SQRT_RATIO and limit < pool.sqrt_price else SPL
    return OK if pool.sqrt_price < limit and limit < MAX_SQRT_RATIO else SPL


@rule
def edge_limit(zero_for_one: int) -> int:
    """The price limit that does not limit (Q64.96)."""
    return MIN_SQRT_RATIO + 1 if zero_for_one else MAX_SQRT_RATIO - 1


@rule
def quote(book: Pools, q: int, zero_for_one: int, exact_in: int, amount: int, limit: int) -> tuple[int, Swap]:
    """What a swap would do; nothing is written."""
    code = refusal(book.pools[q], zero_for_one, amount, limit)
    if code != OK:
        return code, Swap(ZERO, ZERO, ZERO, ZERO, 0)
    return OK, walk(book, q, zero_for_one, exact_in, amount, limit, 0, 0).moved


@rule
def swap(
    book: Pools, q: int, zero_for_one: int, exact_in: int, amount: int, limit: int, paid: int, now: int
) -> tuple[int, Swap]:
    """Swap exactly `amount` in or out, 0 < amount < 2**255, no farther than `limit` (Q64.96) (`swap`).

    `paid`: raw input that the callback pays, `DUE` for just what is asked; more than that is a gift to the pool.
    """
    pool, none = book.pools[q], Swap(ZERO, ZERO, ZERO, ZERO, 0)
    code = refusal(pool, zero_for_one, amount, limit)
    if code != OK:
        return code, none
    if paid != DUE and paid < walk(book, q, zero_for_one, exact_in, amount, limit, now, 0).moved.amount_in:
        return IIA, none
    done = walk(book, q, zero_for_one, exact_in, amount, limit, now, 1)
    moved = done.moved
    if moved.tick != pool.tick:
        note(book, q, now)
    pool.sqrt_price, pool.tick, pool.liquidity, pool.below = moved.sqrt_price, moved.tick, moved.liquidity, done.below
    given = moved.amount_in if paid == DUE else paid
    if zero_for_one:
        pool.fee_growth0, pool.protocol_fees0 = done.fee_growth, (pool.protocol_fees0 + done.protocol_fee) & MAX_UINT128
        pool.balance0, pool.balance1 = add(pool.balance0, given), sub(pool.balance1, moved.amount_out)
    else:
        pool.fee_growth1, pool.protocol_fees1 = done.fee_growth, (pool.protocol_fees1 + done.protocol_fee) & MAX_UINT128
        pool.balance0, pool.balance1 = sub(pool.balance0, moved.amount_out), add(pool.balance1, given)
    return OK, moved


# ---- flash ----------------------------------------------------------------------------------------------------------
@rule
def flash(
    book: Pools, q: int, amount0: int, amount1: int, returned0: int, returned1: int
) -> tuple[int, Amounts]:
    """Lend raw amounts within a call; `returned`: what comes back, `DUE` for amount and fee (`flash`). The fees."""
    pool, none = book.pools[q], Amounts(ZERO, ZERO)
    if pool.sqrt_price == 0:
        return LOK, none
    if pool.liquidity == 0:
        return L, none
    fee0, fee1 = mul_div_512_up(amount0, pool.fee, PIPS), mul_div_512_up(amount1, pool.fee, PIPS)
    if amount0 > pool.balance0 or amount1 > pool.balance1:
        return TF, none
    back0 = amount0 + fee0 if returned0 == DUE else ZERO + returned0
    back1 = amount1 + fee1 if returned1 == DUE else ZERO + returned1
    if back0 < amount0 + fee0:
        return F0, none
    if back1 < amount1 + fee1:
        return F1, none
    paid0, paid1 = back0 - amount0, back1 - amount1
    cut0 = paid0 // pool.fee_protocol0 if pool.fee_protocol0 else ZERO
    cut1 = paid1 // pool.fee_protocol1 if pool.fee_protocol1 else ZERO
    grown0 = mul_div_512_down(paid0 - cut0, Q128, pool.liquidity)
    grown1 = mul_div_512_down(paid1 - cut1, Q128, pool.liquidity)
    pool.balance0, pool.balance1 = pool.balance0 + paid0, pool.balance1 + paid1
    pool.protocol_fees0 = (pool.protocol_fees0 + cut0) & MAX_UINT128
    pool.protocol_fees1 = (pool.protocol_fees1 + cut1) & MAX_UINT128
    pool.fee_growth0 = wrapping_add(pool.fee_growth0, grown0)
    pool.fee_growth1 = wrapping_add(pool.fee_growth1, grown1)
    return OK, Amounts(paid0, paid1)


# ---- the protocol's share -------------------------------------------------------------------------------------------
@rule
def share_allowed(share: int) -> bool:
    """0: off; else 1 / share of the swap fee."""
    return share == 0 or (share >= 4 and share <= 10)


@rule
def set_fee_protocol(book: Pools, q: int, share0: int, share1: int) -> int:
    """The factory's owner sets its share of the fees in each token (`setFeeProtocol`)."""
    pool = book.pools[q]
    if pool.sqrt_price == 0:
        return LOK
    if not share_allowed(share0) or not share_allowed(share1):
        return NO_REASON
    pool.fee_protocol0, pool.fee_protocol1 = share0, share1
    return OK


@rule
def payable(owed: int, wanted: int) -> int:
    """Raw fees to pay out: never all, so that the slot stays used."""
    if wanted < owed:
        return ZERO + wanted
    return owed - 1 if owed > 0 else ZERO


@rule
def collect_protocol(book: Pools, q: int, wanted0: int, wanted1: int) -> tuple[int, Amounts]:
    """The factory's owner takes fees, at most the raw amounts wanted (`collectProtocol`)."""
    pool = book.pools[q]
    if pool.sqrt_price == 0:
        return LOK, Amounts(ZERO, ZERO)
    out = Amounts(payable(pool.protocol_fees0, wanted0), payable(pool.protocol_fees1, wanted1))
    pool.balance0, pool.balance1 = sub(pool.balance0, out.amount0), sub(pool.balance1, out.amount1)
    pool.protocol_fees0, pool.protocol_fees1 = pool.protocol_fees0 - out.amount0, pool.protocol_fees1 - out.amount1
    return OK, out
