"""Stable and variable: a borrower's swap of mode, and anybody's rebalance of a stable borrower.

Sources: `LendingPool.sol: swapBorrowRateMode, rebalanceStableBorrowRate`, `ValidationLogic.sol`.
"""

from protocol_sim.numeric import ZERO, add, ray_div_half_up, ray_mul_half_up, rule
from protocol_sim.protocols.aave_v2 import codes
from protocol_sim.protocols.aave_v2.account import stable_debt_of, variable_debt_of
from protocol_sim.protocols.aave_v2.accrual import (
    NO_UPDATE,
    accrual,
    project,
    rates_after,
    settle_accrual,
    settle_rates,
    settle_stable,
    stable_of,
)
from protocol_sim.protocols.aave_v2.borrow import same_currency, scaled_burn_code
from protocol_sim.protocols.aave_v2.results import Rebalanced, Swapped
from protocol_sim.protocols.aave_v2.rules import NO_MOVE, burn_stable, mint_stable, rebalance_allowed, stable_debt
from protocol_sim.protocols.aave_v2.state import STABLE, VARIABLE, Market

NOT_SWAPPED = Swapped(ZERO, ZERO, NO_MOVE, NO_UPDATE)
NOT_REBALANCED = Rebalanced(ZERO, ZERO, NO_MOVE, NO_MOVE, NO_UPDATE)


@rule
def validate_swap(market: Market, i: int, k: int, stable: int, variable: int, mode: int, now: int) -> int:
    """`ValidationLogic.sol: validateSwapRateMode`; `mode` is the one that account i leaves."""
    r = market.reserves[k]
    if not r.active:
        return codes.VL_NO_ACTIVE_RESERVE
    if r.frozen:
        return codes.VL_RESERVE_FROZEN
    if mode == STABLE:
        return codes.OK if stable > 0 else codes.VL_NO_STABLE_RATE_LOAN_IN_RESERVE
    if mode != VARIABLE:
        return codes.VL_INVALID_INTEREST_RATE_MODE_SELECTED
    if variable == 0:
        return codes.VL_NO_VARIABLE_RATE_LOAN_IN_RESERVE
    if not r.stable_borrowing:
        return codes.VL_STABLE_BORROWING_NOT_ENABLED
    if same_currency(market, i, k, add(stable, variable), now):
        return codes.VL_COLLATERAL_SAME_AS_BORROWING_CURRENCY
    return codes.OK


@rule
def swap_rate_mode(market: Market, i: int, k: int, mode: int, now: int) -> tuple[int, Swapped]:
    """`LendingPool.sol: swapBorrowRateMode`: account i leaves `mode` for the other one with all of its debt."""
    r = market.reserves[k]
    h = market.holdings[i * len(market.reserves) + k]
    if market.settings[0].paused:
        return codes.LP_IS_PAUSED, NOT_SWAPPED
    stable, variable = stable_debt_of(market, i, k, now), variable_debt_of(market, i, k, now)
    if mode > VARIABLE:
        return codes.INVALID_ENUM, NOT_SWAPPED
    code = validate_swap(market, i, k, stable, variable, mode, now)
    if code != codes.OK:
        return code, NOT_SWAPPED
    a = accrual(r, now)
    if a.code != codes.OK:
        return a.code, NOT_SWAPPED
    amount = stable if mode == STABLE else variable
    scaled = ray_div_half_up(amount, a.variable_borrow_index)
    user_scaled, total_scaled = h.scaled_debt, r.scaled_debt
    if mode == STABLE:
        change = burn_stable(stable_of(r, h), amount, now)
        if change.code == codes.OK and scaled == 0:
            return codes.CT_INVALID_MINT_AMOUNT, NOT_SWAPPED
        user_scaled, total_scaled = add(user_scaled, scaled), add(total_scaled, scaled)
    else:
        code = scaled_burn_code(total_scaled, user_scaled, scaled)
        if code != codes.OK:
            return code, NOT_SWAPPED
        user_scaled, total_scaled = user_scaled - scaled, total_scaled - scaled
        change = mint_stable(stable_of(r, h), amount, r.stable_rate, now)
    if change.code != codes.OK:
        return change.code, NOT_SWAPPED
    rates = rates_after(r, a.variable_borrow_index, r.available_liquidity, total_scaled, change.after, now)
    if rates.code != codes.OK:
        return rates.code, NOT_SWAPPED
    settle_accrual(market, k, a, now)
    settle_stable(r, h, change.after)
    h.scaled_debt = user_scaled
    r.scaled_debt = total_scaled
    return codes.OK, Swapped(amount, a.to_treasury, change.move, settle_rates(r, rates))


@rule
def rebalance_stable_rate(market: Market, i: int, k: int, now: int) -> tuple[int, Rebalanced]:
    """`LendingPool.sol: rebalanceStableBorrowRate`: account i's stable debt moves to the current stable rate."""
    r = market.reserves[k]
    h = market.holdings[i * len(market.reserves) + k]
    if market.settings[0].paused:
        return codes.LP_IS_PAUSED, NOT_REBALANCED
    amount = stable_debt_of(market, i, k, now)
    if not r.active:
        return codes.VL_NO_ACTIVE_RESERVE, NOT_REBALANCED
    if r.projected_at != now:
        project(r, now)
    debt = stable_debt(r.stable_principal, r.average_stable_rate, r.stable_updated, now)
    if not rebalance_allowed(r, add(debt, ray_mul_half_up(r.scaled_debt, r.debt_now))):
        return codes.LP_INTEREST_RATE_REBALANCE_CONDITIONS_NOT_MET, NOT_REBALANCED
    a = accrual(r, now)
    if a.code != codes.OK:
        return a.code, NOT_REBALANCED
    burned = burn_stable(stable_of(r, h), amount, now)
    if burned.code != codes.OK:
        return burned.code, NOT_REBALANCED
    minted = mint_stable(burned.after, amount, r.stable_rate, now)
    if minted.code != codes.OK:
        return minted.code, NOT_REBALANCED
    rates = rates_after(r, a.variable_borrow_index, r.available_liquidity, r.scaled_debt, minted.after, now)
    if rates.code != codes.OK:
        return rates.code, NOT_REBALANCED
    settle_accrual(market, k, a, now)
    settle_stable(r, h, minted.after)
    return codes.OK, Rebalanced(amount, a.to_treasury, burned.move, minted.move, settle_rates(r, rates))
