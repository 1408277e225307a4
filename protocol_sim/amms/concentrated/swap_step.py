"""One step of a swap: to a target price or as far as the amount reaches (@uniswap/v3-core 1.0.1 `SwapMath.sol`)."""

from typing import NamedTuple

from protocol_sim.amms.concentrated.sqrt_price import (
    amount0_down,
    amount0_up,
    amount1_down,
    amount1_up,
    price_after_0_in,
    price_after_0_out,
    price_after_1_in,
    price_after_1_out,
)
from protocol_sim.amms.concentrated.state import PIPS
from protocol_sim.numeric import fits, mul_div_512_down, mul_div_512_up, rule


class Step(NamedTuple):
    """Where the price went (Q64.96) and raw amounts: in without the fee, out, and the fee, which is also paid in."""

    sqrt_price: int
    amount_in: int
    amount_out: int
    fee: int


@rule
def in_up(price: int, to: int, liquidity: int, zero_for_one: int) -> int:
    """Raw input that moves the price, rounded up."""
    return amount0_up(to, price, liquidity) if zero_for_one else amount1_up(price, to, liquidity)


@rule
def out_down(price: int, to: int, liquidity: int, zero_for_one: int) -> int:
    """Raw output of that move, rounded down."""
    return amount1_down(to, price, liquidity) if zero_for_one else amount0_down(price, to, liquidity)


@rule
def reaches(x: int, paid: int, fee: int) -> bool:
    """Whether x less the fee (pips), rounded down, is at least `paid`; a product decides where it fits."""
    if fits(x, 236) and fits(paid, 236):
        return x * (PIPS - fee) >= paid * PIPS
    return mul_div_512_down(x, PIPS - fee, PIPS) >= paid


@rule
def step_in(price: int, target: int, liquidity: int, x: int, fee: int, zero_for_one: int) -> Step:
    """At most x in, the fee (pips) included."""
    paid = in_up(price, target, liquidity, zero_for_one)
    if reaches(x, paid, fee):
        charge = mul_div_512_up(paid, fee, PIPS - fee)
        return Step(target, paid, out_down(price, target, liquidity, zero_for_one), charge)
    spendable = mul_div_512_down(x, PIPS - fee, PIPS)
    if zero_for_one:
        to = price_after_0_in(price, liquidity, spendable)
    else:
        to = price_after_1_in(price, liquidity, spendable)
    paid = in_up(price, to, liquidity, zero_for_one)  # the target is out of reach, so all of x goes: the rest is fee
    return Step(to, paid, out_down(price, to, liquidity, zero_for_one), x - paid)


@rule
def step_out(price: int, target: int, liquidity: int, y: int, fee: int, zero_for_one: int) -> Step:
    """At most y out."""
    got = out_down(price, target, liquidity, zero_for_one)
    if y >= got:
        to = target
    elif zero_for_one:
        to = price_after_1_out(price, liquidity, y)
    else:
        to = price_after_0_out(price, liquidity, y)
    if to != target:
        got = out_down(price, to, liquidity, zero_for_one)
    paid = in_up(price, to, liquidity, zero_for_one)
    return Step(to, paid, min(got, y), mul_div_512_up(paid, fee, PIPS - fee))
