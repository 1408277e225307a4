"""Amounts between two prices, and the price after an amount (@uniswap/v3-core 1.0.1 `SqrtPriceMath.sol`).

Prices are square roots in Q64.96, amounts raw tokens. Between two prices the lower one comes first.
"""

from protocol_sim.numeric import (
    MAX_UINT256,
    add,
    fits,
    mul_div_512_down,
    mul_div_512_up,
    rule,
    sub,
    wrapping_mul,
)
from protocol_sim.numeric.fixed_point import Wide

Q96 = Wide(1 << 96)


@rule
def div_up(x: int, y: int) -> int:
    """x / y rounded up, y not zero (`UnsafeMath.sol: divRoundingUp`)."""
    q = x // y
    return q if wrapping_mul(q, y) == x else q + 1


@rule
def amount0_down(low: int, high: int, liquidity: int) -> int:
    """Raw token0 that `liquidity` holds between two prices, rounded down; low > 0 (`getAmount0Delta`)."""
    return mul_div_512_down(liquidity * Q96, high - low, high) // low


@rule
def amount0_up(low: int, high: int, liquidity: int) -> int:
    """Raw token0 between two prices, rounded up; low > 0 (`getAmount0Delta`)."""
    return div_up(mul_div_512_up(liquidity * Q96, high - low, high), low)


@rule
def times_over_q96(a: int, b: int) -> int:
    """a * b / 2**96 rounded down; both have at most 160 bits."""
    if fits(a, 128) and fits(b, 128):
        return wrapping_mul(a, b) >> 96  # the usual case: the product has 256 bits and a shift divides it
    return mul_div_512_down(a, b, Q96)


@rule
def amount1_down(low: int, high: int, liquidity: int) -> int:
    """Raw token1 between two prices, rounded down (`getAmount1Delta`)."""
    return times_over_q96(liquidity, high - low)


@rule
def amount1_up(low: int, high: int, liquidity: int) -> int:
    """Raw token1 between two prices, rounded up (`getAmount1Delta`)."""
    moved = high - low
    whole = times_over_q96(liquidity, moved)
    return whole if wrapping_mul(whole, Q96) == wrapping_mul(liquidity, moved) else whole + 1


@rule
def product_fits(amount: int, sqrt_price: int) -> bool:
    """Whether amount * price stays within 256 bits; the price has at most 160 bits and is not zero."""
    return fits(amount, 96) or amount <= MAX_UINT256 // sqrt_price


@rule
def price_after_0_in(sqrt_price: int, liquidity: int, amount: int) -> int:
    """Price after raw token0 came in, rounded up; liquidity > 0 (`getNextSqrtPriceFromAmount0RoundingUp`, add)."""
    if amount == 0:
        return sqrt_price
    whole = liquidity * Q96
    if product_fits(amount, sqrt_price):
        product = amount * sqrt_price
        if product <= MAX_UINT256 - whole:
            return mul_div_512_up(whole, sqrt_price, whole + product)
    return div_up(whole, add(whole // sqrt_price, amount))


@rule
def price_after_0_out(sqrt_price: int, liquidity: int, amount: int) -> int:
    """Price after raw token0 went out, rounded up; reverts beyond what there is (`…FromAmount0RoundingUp`, not add)."""
    if amount == 0:
        return sqrt_price
    whole = liquidity * Q96
    left = sub(whole, amount * sqrt_price)
    return mul_div_512_up(whole, sqrt_price, left)


@rule
def price_after_1_in(sqrt_price: int, liquidity: int, amount: int) -> int:
    """Price after raw token1 came in, rounded down; liquidity > 0 (`getNextSqrtPriceFromAmount1RoundingDown`, add)."""
    return add(sqrt_price, mul_div_512_down(amount, Q96, liquidity))


@rule
def price_after_1_out(sqrt_price: int, liquidity: int, amount: int) -> int:
    """Price after raw token1 went out, rounded down; liquidity > 0 (`…FromAmount1RoundingDown`, not add)."""
    return sub(sqrt_price, mul_div_512_up(amount, Q96, liquidity))
