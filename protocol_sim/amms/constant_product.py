"""Uniswap V2 to the wei: the pair contract and the router's single-pair quotes, as rules on a `Pool` row.

Source: @uniswap/v2-core 1.0.1 `UniswapV2Pair.sol`, `UQ112x112.sol`; @uniswap/v2-periphery `UniswapV2Library.sol`,
`UniswapV2Router02.sol`.
| external operation                          | here                                                                |
|---------------------------------------------|---------------------------------------------------------------------|
| mint, burn, swap, skim, sync                | modelled; plain transfers in are `deposit`; LP balances: `pair.Pair` |
| flash swap                                  | `swap`: what the callback pays is `paid0`, `paid1`                  |
| router: swapExactTokensForTokens, swapTokensForExactTokens | `swap_in`, `swap_out`, over one pair                 |
| router: routes over several pairs, add and remove liquidity | out of scope                                        |
| LOCKED, INVALID_TO, FORBIDDEN, EXPIRED, permit, approvals, tokens that take a fee | out of scope                  |

Amounts are raw token units. `zero_for_one` = 1: token0 goes in. A refused call changes nothing. Arithmetic that the
contract's SafeMath refuses raises `Revert` (`pair.REASONS`: its strings), unless ordinary calls reach it: then a code.
"""

from typing import NamedTuple

from protocol_sim.numeric import MAX_UINT112, U128, U256, ZERO, add, div, fits, isqrt, mul, record, rule, sub
from protocol_sim.numeric.fixed_point import wrapping_add

MINIMUM_LIQUIDITY = 1_000  # raw LP units, locked for ever by the first mint
UINT32 = 0xFFFF_FFFF

OK = 0
INSUFFICIENT_OUTPUT_AMOUNT = 1
INSUFFICIENT_LIQUIDITY = 2
INSUFFICIENT_INPUT_AMOUNT = 3
K = 4
OVERFLOW = 5
INSUFFICIENT_LIQUIDITY_MINTED = 6
INSUFFICIENT_LIQUIDITY_BURNED = 7
TRANSFER_FAILED = 8
SUB_UNDERFLOW = 9
DIVISION_BY_ZERO = 10
LIBRARY_INSUFFICIENT_AMOUNT = 11
LIBRARY_INSUFFICIENT_INPUT_AMOUNT = 12
LIBRARY_INSUFFICIENT_OUTPUT_AMOUNT = 13
LIBRARY_INSUFFICIENT_LIQUIDITY = 14
ROUTER_INSUFFICIENT_OUTPUT_AMOUNT = 15
ROUTER_EXCESSIVE_INPUT_AMOUNT = 16

ERRORS = {
    INSUFFICIENT_OUTPUT_AMOUNT: "UniswapV2: INSUFFICIENT_OUTPUT_AMOUNT",
    INSUFFICIENT_LIQUIDITY: "UniswapV2: INSUFFICIENT_LIQUIDITY",
    INSUFFICIENT_INPUT_AMOUNT: "UniswapV2: INSUFFICIENT_INPUT_AMOUNT",
    K: "UniswapV2: K",
    OVERFLOW: "UniswapV2: OVERFLOW",
    INSUFFICIENT_LIQUIDITY_MINTED: "UniswapV2: INSUFFICIENT_LIQUIDITY_MINTED",
    INSUFFICIENT_LIQUIDITY_BURNED: "UniswapV2: INSUFFICIENT_LIQUIDITY_BURNED",
    TRANSFER_FAILED: "UniswapV2: TRANSFER_FAILED",
    SUB_UNDERFLOW: "ds-math-sub-underflow",
    DIVISION_BY_ZERO: "",  # Solidity 0.5: invalid opcode, no reason
    LIBRARY_INSUFFICIENT_AMOUNT: "UniswapV2Library: INSUFFICIENT_AMOUNT",
    LIBRARY_INSUFFICIENT_INPUT_AMOUNT: "UniswapV2Library: INSUFFICIENT_INPUT_AMOUNT",
    LIBRARY_INSUFFICIENT_OUTPUT_AMOUNT: "UniswapV2Library: INSUFFICIENT_OUTPUT_AMOUNT",
    LIBRARY_INSUFFICIENT_LIQUIDITY: "UniswapV2Library: INSUFFICIENT_LIQUIDITY",
    ROUTER_INSUFFICIENT_OUTPUT_AMOUNT: "UniswapV2Router: INSUFFICIENT_OUTPUT_AMOUNT",
    ROUTER_EXCESSIVE_INPUT_AMOUNT: "UniswapV2Router: EXCESSIVE_INPUT_AMOUNT",
}


@record
class Pool:
    """One pair. The fee is part of the state because forks differ; Uniswap's is 997 / 1000."""

    reserve0: U128 = 0           # raw token0, uint112
    reserve1: U128 = 0           # raw token1, uint112
    balance0: U256 = 0           # raw token0 that the pair really holds (>= reserve0)
    balance1: U256 = 0           # raw token1
    total_supply: U256 = 0       # raw LP units, the locked ones included
    k_last: U256 = 0             # reserve0 * reserve1 after the last mint or burn while the fee was on, else 0
    price0_cumulative: U256 = 0  # UQ112x112 token1 per token0 * seconds, wraps at 256 bits
    price1_cumulative: U256 = 0  # UQ112x112 token0 per token1 * seconds, wraps
    timestamp_last: int = 0      # seconds modulo 2**32
    fee_on: int = 0              # 1: the factory's feeTo is set
    fee_numerator: int = 997
    fee_denominator: int = 1000


class Swap(NamedTuple):
    """Amounts of the Swap event, raw."""

    in0: int
    in1: int
    out0: int
    out1: int


class Mint(NamedTuple):
    """Amounts of a mint: LP units to the caller, to feeTo and locked for ever; raw tokens taken in."""

    liquidity: int
    fee_liquidity: int
    locked: int
    amount0: int
    amount1: int


class Burn(NamedTuple):
    """Amounts of a burn: raw tokens paid out, LP units minted to feeTo before."""

    amount0: int
    amount1: int
    fee_liquidity: int


class Amounts(NamedTuple):
    """Raw token0 and token1."""

    amount0: int
    amount1: int


# ---- quotes ---------------------------------------------------------------------------------------------------------
@rule
def amount_out(x: int, reserve_in: int, reserve_out: int, fee_numerator: int, fee_denominator: int) -> int:
    """Output for exactly x in, rounded down; x and both reserves positive (`UniswapV2Library.sol: getAmountOut`)."""
    with_fee = mul(x, fee_numerator)
    return div(mul(with_fee, reserve_out), add(mul(reserve_in, fee_denominator), with_fee))


@rule
def amount_in(y: int, reserve_in: int, reserve_out: int, fee_numerator: int, fee_denominator: int) -> int:
    """Input that the router asks for exactly y out: floor + 1; 0 < y < reserve_out (`getAmountIn`)."""
    numerator = mul(mul(reserve_in, y), fee_denominator)
    return add(div(numerator, mul(sub(reserve_out, y), fee_numerator)), 1)


@rule
def quote(amount_a: int, reserve_a: int, reserve_b: int) -> tuple[int, int]:
    """(code, equivalent amount of b at the reserves' ratio, rounded down) (`UniswapV2Library.sol: quote`)."""
    if amount_a == 0:
        return LIBRARY_INSUFFICIENT_AMOUNT, ZERO
    if reserve_a == 0 or reserve_b == 0:
        return LIBRARY_INSUFFICIENT_LIQUIDITY, ZERO
    return OK, div(mul(amount_a, reserve_b), reserve_a)


@rule
def reserves(pool: Pool, zero_for_one: int) -> tuple[int, int]:
    """(reserve of the token that goes in, of the one that comes out), raw."""
    if zero_for_one:
        return pool.reserve0, pool.reserve1
    return pool.reserve1, pool.reserve0


@rule
def quote_out(pool: Pool, zero_for_one: int, x: int) -> tuple[int, int]:
    """(code, raw output for exactly x in)."""
    reserve_in, reserve_out = reserves(pool, zero_for_one)
    if x == 0:
        return LIBRARY_INSUFFICIENT_INPUT_AMOUNT, ZERO
    if reserve_in == 0 or reserve_out == 0:
        return LIBRARY_INSUFFICIENT_LIQUIDITY, ZERO
    return OK, amount_out(x, reserve_in, reserve_out, pool.fee_numerator, pool.fee_denominator)


@rule
def quote_in(pool: Pool, zero_for_one: int, y: int) -> tuple[int, int]:
    """(code, raw input for exactly y out)."""
    reserve_in, reserve_out = reserves(pool, zero_for_one)
    if y == 0:
        return LIBRARY_INSUFFICIENT_OUTPUT_AMOUNT, ZERO
    if reserve_in == 0 or reserve_out == 0:
        return LIBRARY_INSUFFICIENT_LIQUIDITY, ZERO
    if y > reserve_out:
        return SUB_UNDERFLOW, ZERO
    if y == reserve_out:
        return DIVISION_BY_ZERO, ZERO
    return OK, amount_in(y, reserve_in, reserve_out, pool.fee_numerator, pool.fee_denominator)


# ---- the pair -------------------------------------------------------------------------------------------------------
@rule
def deposit(pool: Pool, amount0: int, amount1: int) -> int:
    """A plain token transfer to the pair: it holds more, its reserves do not know yet. Always OK."""
    balance0, balance1 = add(pool.balance0, amount0), add(pool.balance1, amount1)
    pool.balance0, pool.balance1 = balance0, balance1
    return OK


@rule
def update(pool: Pool, balance0: int, balance1: int, now: int) -> int:
    """Price accumulators, then reserves and holdings; OVERFLOW above 112 bits, before any write (`_update`)."""
    if not fits(balance0, 112) or not fits(balance1, 112):
        return OVERFLOW
    stamp = now & UINT32
    elapsed = (stamp - pool.timestamp_last) & UINT32
    if elapsed > 0 and pool.reserve0 > 0 and pool.reserve1 > 0:
        price0 = pool.reserve1 * (MAX_UINT112 + 1) // pool.reserve0
        price1 = pool.reserve0 * (MAX_UINT112 + 1) // pool.reserve1
        pool.price0_cumulative = wrapping_add(pool.price0_cumulative, price0 * elapsed)
        pool.price1_cumulative = wrapping_add(pool.price1_cumulative, price1 * elapsed)
    pool.reserve0, pool.reserve1 = balance0, balance1
    pool.balance0, pool.balance1 = balance0, balance1
    pool.timestamp_last = stamp
    return OK


@rule
def fee_liquidity(pool: Pool) -> int:
    """LP units owed to feeTo now: a sixth of the growth of sqrt(k) since k_last, rounded down (`_mintFee`)."""
    if pool.fee_on == 0 or pool.k_last == 0:
        return ZERO
    root, root_last = isqrt(mul(pool.reserve0, pool.reserve1)), isqrt(pool.k_last)
    if root <= root_last:
        return ZERO
    return div(mul(pool.total_supply, root - root_last), add(mul(root, 5), root_last))


@rule
def note_k(pool: Pool) -> int:
    """k_last after a mint or burn: the new product while the fee is on, else 0."""
    pool.k_last = pool.reserve0 * pool.reserve1 if pool.fee_on else ZERO
    return OK


@rule
def mint(pool: Pool, now: int) -> tuple[int, Mint]:
    """LP units for what the pair holds above its reserves (`UniswapV2Pair.sol: mint`)."""
    amount0, amount1 = sub(pool.balance0, pool.reserve0), sub(pool.balance1, pool.reserve1)
    fee = fee_liquidity(pool)
    supply = add(pool.total_supply, fee)
    none = Mint(ZERO, ZERO, ZERO, ZERO, ZERO)
    locked: int = ZERO
    if supply == 0:
        root = isqrt(mul(amount0, amount1))
        if root < MINIMUM_LIQUIDITY:
            return SUB_UNDERFLOW, none
        locked = ZERO + MINIMUM_LIQUIDITY
        liquidity = root - locked
    else:
        liquidity = min(div(mul(amount0, supply), pool.reserve0), div(mul(amount1, supply), pool.reserve1))
    if liquidity == 0:
        return INSUFFICIENT_LIQUIDITY_MINTED, none
    supply = add(supply, add(liquidity, locked))
    code = update(pool, pool.balance0, pool.balance1, now)
    if code != OK:
        return code, none
    pool.total_supply = supply
    note_k(pool)
    return OK, Mint(liquidity, fee, locked, amount0, amount1)


@rule
def burn(pool: Pool, liquidity: int, now: int) -> tuple[int, Burn]:
    """Both tokens pro rata for `liquidity`, the LP units that lie on the pair (`UniswapV2Pair.sol: burn`)."""
    fee = fee_liquidity(pool)
    supply = add(pool.total_supply, fee)
    none = Burn(ZERO, ZERO, ZERO)
    if supply == 0:
        return DIVISION_BY_ZERO, none
    amount0 = div(mul(liquidity, pool.balance0), supply)
    amount1 = div(mul(liquidity, pool.balance1), supply)
    if amount0 == 0 or amount1 == 0:
        return INSUFFICIENT_LIQUIDITY_BURNED, none
    supply = sub(supply, liquidity)
    code = update(pool, sub(pool.balance0, amount0), sub(pool.balance1, amount1), now)
    if code != OK:
        return code, none
    pool.total_supply = supply
    note_k(pool)
    return OK, Burn(amount0, amount1, fee)


@rule
def swap(pool: Pool, out0: int, out1: int, paid0: int, paid1: int, now: int) -> tuple[int, Swap]:
    """Any outputs against what lies on the pair plus what the call pays (`UniswapV2Pair.sol: swap`).

    `paid0`, `paid1`: raw tokens that the caller sends in the same transaction (before the call, or in its callback).
    """
    none = Swap(ZERO, ZERO, ZERO, ZERO)
    if out0 == 0 and out1 == 0:
        return INSUFFICIENT_OUTPUT_AMOUNT, none
    if out0 >= pool.reserve0 or out1 >= pool.reserve1:
        return INSUFFICIENT_LIQUIDITY, none
    held0, held1 = add(pool.balance0, paid0), add(pool.balance1, paid1)
    if out0 > held0 or out1 > held1:
        return TRANSFER_FAILED, none
    balance0, balance1 = held0 - out0, held1 - out1
    kept0, kept1 = pool.reserve0 - out0, pool.reserve1 - out1
    in0 = balance0 - kept0 if balance0 > kept0 else ZERO
    in1 = balance1 - kept1 if balance1 > kept1 else ZERO
    if in0 == 0 and in1 == 0:
        return INSUFFICIENT_INPUT_AMOUNT, none
    base, fee = pool.fee_denominator, pool.fee_denominator - pool.fee_numerator
    adjusted0 = sub(mul(balance0, base), mul(in0, fee))
    adjusted1 = sub(mul(balance1, base), mul(in1, fee))
    if mul(adjusted0, adjusted1) < mul(mul(pool.reserve0, base), mul(pool.reserve1, base)):
        return K, none
    code = update(pool, balance0, balance1, now)
    if code != OK:
        return code, none
    return OK, Swap(in0, in1, out0, out1)


@rule
def skim(pool: Pool) -> tuple[int, Amounts]:
    """Pay out what the pair holds above its reserves (`UniswapV2Pair.sol: skim`)."""
    extra = Amounts(sub(pool.balance0, pool.reserve0), sub(pool.balance1, pool.reserve1))
    pool.balance0, pool.balance1 = pool.reserve0, pool.reserve1
    return OK, extra


@rule
def sync(pool: Pool, now: int) -> int:
    """Reserves become what the pair holds (`UniswapV2Pair.sol: sync`)."""
    return update(pool, pool.balance0, pool.balance1, now)


# ---- the router over one pair ---------------------------------------------------------------------------------------
@rule
def settle(pool: Pool, zero_for_one: int, x: int, y: int, now: int) -> tuple[int, Swap]:
    """Pay x of one token, take y of the other."""
    if zero_for_one:
        return swap(pool, ZERO, y, x, ZERO, now)
    return swap(pool, y, ZERO, ZERO, x, now)


@rule
def swap_in(pool: Pool, zero_for_one: int, x: int, minimum_out: int, now: int) -> tuple[int, Swap]:
    """Sell exactly x (`UniswapV2Router02.sol: swapExactTokensForTokens`)."""
    code, y = quote_out(pool, zero_for_one, x)
    if code != OK:
        return code, Swap(ZERO, ZERO, ZERO, ZERO)
    if y < minimum_out:
        return ROUTER_INSUFFICIENT_OUTPUT_AMOUNT, Swap(ZERO, ZERO, ZERO, ZERO)
    return settle(pool, zero_for_one, x, y, now)


@rule
def swap_out(pool: Pool, zero_for_one: int, y: int, maximum_in: int, now: int) -> tuple[int, Swap]:
    """Buy exactly y (`UniswapV2Router02.sol: swapTokensForExactTokens`)."""
    code, x = quote_in(pool, zero_for_one, y)
    if code != OK:
        return code, Swap(ZERO, ZERO, ZERO, ZERO)
    if x > maximum_in:
        return ROUTER_EXCESSIVE_INPUT_AMOUNT, Swap(ZERO, ZERO, ZERO, ZERO)
    return settle(pool, zero_for_one, x, y, now)
