"""Flash loans: `flash_take` hands the money out, the borrower acts, `flash_settle` collects or opens debt.

A loan of several assets takes all of them first and settles them in order (`shell.AaveV2.flash_loans`); `flash_loan` is
the loan of one asset whose receiver does nothing in between. Source: `LendingPool.sol: flashLoan`.
"""

from protocol_sim.numeric import (
    BPS,
    MAX_UINT128,
    RAY,
    ZERO,
    add,
    div,
    mul,
    ray_div_half_up,
    ray_mul_half_up,
    rule,
    wad_to_ray,
)
from protocol_sim.protocols.aave_v2 import codes
from protocol_sim.protocols.aave_v2.accrual import (
    Accrual,
    accrual,
    rates_after,
    settle_accrual,
    settle_rates,
    stable_of,
)
from protocol_sim.protocols.aave_v2.borrow import NOT_BORROWED, open_debt
from protocol_sim.protocols.aave_v2.results import Borrowed, FlashLoaned
from protocol_sim.protocols.aave_v2.rules import NO_MOVE
from protocol_sim.protocols.aave_v2.state import VARIABLE, Market

NOT_LENT = FlashLoaned(ZERO, ZERO, ZERO, NOT_BORROWED)


@rule
def flash_take(market: Market, k: int, amount: int) -> int:
    """Raw `amount` leaves the aToken; a code."""
    r = market.reserves[k]
    if market.settings[0].paused:
        return codes.LP_IS_PAUSED
    if amount > r.available_liquidity:
        return codes.SAFE_ERC20_FAILED
    r.available_liquidity = r.available_liquidity - amount
    return codes.OK


@rule
def flash_settle(
    market: Market, caller: int, i: int, k: int, amount: int, mode: int, wallet: int, now: int
) -> tuple[int, FlashLoaned]:
    """Collect amount and premium from the receiver, who holds raw `wallet` of asset k by now (mode 0), or open stable
    (1) or variable (2) debt for account i on `caller`'s behalf."""
    premium = div(mul(amount, market.settings[0].flash_premium), BPS)
    if mode > VARIABLE:
        return codes.INVALID_ENUM, NOT_LENT
    if mode != 0:
        code, debt = open_debt(market, caller, i, k, amount, mode, 0, now)
        if code != codes.OK:
            return code, NOT_LENT
        return code, FlashLoaned(amount, premium, ZERO, debt)
    r = market.reserves[k]
    a = accrual(r, now)
    if a.code != codes.OK:
        return a.code, NOT_LENT
    total = ray_mul_half_up(add(r.scaled_supply, a.treasury_scaled), a.liquidity_index)
    if total == 0:
        return codes.MATH_DIVISION_BY_ZERO, NOT_LENT
    ratio = ray_div_half_up(wad_to_ray(premium), wad_to_ray(total))
    index = ray_mul_half_up(add(ratio, RAY), a.liquidity_index)
    if index > MAX_UINT128:
        return codes.RL_LIQUIDITY_INDEX_OVERFLOW, NOT_LENT
    paid = add(amount, premium)
    liquidity = add(r.available_liquidity, paid)
    s = stable_of(r, market.holdings[i * len(market.reserves) + k])
    rates = rates_after(r, a.variable_borrow_index, liquidity, r.scaled_debt, s, now)
    if rates.code != codes.OK:
        return rates.code, NOT_LENT
    if wallet < paid:
        return codes.SAFE_ERC20_FAILED, NOT_LENT
    settle_accrual(market, k, Accrual(codes.OK, index, a.variable_borrow_index, a.to_treasury, a.treasury_scaled), now)
    update = settle_rates(r, rates)
    r.available_liquidity = liquidity
    return codes.OK, FlashLoaned(amount, premium, paid, Borrowed(ZERO, a.to_treasury, ZERO, 0, ZERO, NO_MOVE, update))


@rule
def flash_loan(
    market: Market, caller: int, i: int, k: int, amount: int, mode: int, wallet: int, now: int
) -> tuple[int, FlashLoaned]:
    """`LendingPool.sol: flashLoan` of one asset; `wallet` is what the receiver holds when the pool collects."""
    code = flash_take(market, k, amount)
    if code != codes.OK:
        return code, NOT_LENT
    code, lent = flash_settle(market, caller, i, k, amount, mode, wallet, now)
    if code != codes.OK:
        r = market.reserves[k]
        r.available_liquidity = r.available_liquidity + amount
    return code, lent
