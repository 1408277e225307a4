"""Stable against variable debt (3.0.2): swap and rebalance. Sources: `BorrowLogic.sol`, `ValidationLogic.sol`."""

from protocol_sim.numeric import ZERO, add, percent_mul_half_up, rule, sub
from protocol_sim.protocols.aave_v3 import codes
from protocol_sim.protocols.aave_v3.account import has
from protocol_sim.protocols.aave_v3.accrual import (
    Debts,
    accrue,
    next_rates,
    normalized_income,
    rates_v1,
    write_accrual,
    write_rates,
)
from protocol_sim.protocols.aave_v3.debt import burn_debt, mint_debt, stable_of, write_stable
from protocol_sim.protocols.aave_v3.results import NO_MOVE, NO_UPDATE, Rebalanced, Swapped
from protocol_sim.protocols.aave_v3.rules import (
    burn_stable,
    debt_balance,
    mint_stable,
    scaled_debt_burn,
    scaled_debt_mint,
    stable_debt,
    supply_balance,
)
from protocol_sim.protocols.aave_v3.state import STABLE, VARIABLE, Market
from protocol_sim.protocols.aave_v3.versions import has_stable_debt

REBALANCE_THRESHOLD = 9_000  # bps, REBALANCE_UP_LIQUIDITY_RATE_THRESHOLD


@rule
def _swap_code(market: Market, k: int, i: int, mode: int, stable: int, variable: int, now: int) -> int:
    """`ValidationLogic.sol: validateSwapRateMode`; `mode` is the one to leave."""
    version, r = market.settings[0].version, market.reserves[k]
    if r.active == 0:
        return codes.RESERVE_INACTIVE
    if r.paused:
        return codes.RESERVE_PAUSED
    if r.frozen:
        return codes.RESERVE_FROZEN
    if mode == STABLE:
        return codes.OK if stable != 0 else codes.NO_OUTSTANDING_STABLE_DEBT
    if mode != VARIABLE:
        return codes.INVALID_INTEREST_RATE_MODE_SELECTED
    if variable == 0:
        return codes.NO_OUTSTANDING_VARIABLE_DEBT
    if r.stable_borrowing == 0:
        return codes.STABLE_BORROWING_NOT_ENABLED
    if has(market.accounts[i].collateral, k) and r.ltv != 0:
        h = market.holdings[i * len(market.reserves) + k]
        if add(stable, variable) <= supply_balance(version, h.scaled_supply, normalized_income(version, r, now)):
            return codes.COLLATERAL_SAME_AS_BORROWING_CURRENCY
    return codes.OK


@rule
def swap_rate_mode(market: Market, i: int, k: int, mode: int, now: int) -> tuple[int, Swapped]:
    """Account i turns its debt of `mode` into the other kind (`Pool.sol: swapBorrowRateMode`)."""
    version, r = market.settings[0].version, market.reserves[k]
    h = market.holdings[i * len(market.reserves) + k]
    none = Swapped(ZERO, NO_MOVE, NO_UPDATE)
    if not has_stable_debt(version):
        return codes.NOT_IN_VERSION, none
    if mode > VARIABLE:
        return codes.PANIC_ENUM, none
    a = accrue(version, r, now)
    stable_owed = stable_debt(version, h.stable_principal, h.stable_rate, h.stable_updated, now)
    variable_owed = debt_balance(version, h.scaled_debt, a.variable_borrow_index)
    code = _swap_code(market, k, i, mode, stable_owed, variable_owed, now)
    if code != codes.OK:
        return code, none
    if mode == STABLE:
        amount = stable_owed
        change = burn_stable(version, stable_of(r, h), amount, now)
        scaled = scaled_debt_mint(version, amount, a.variable_borrow_index)
        if scaled == 0:
            return codes.INVALID_MINT_AMOUNT, none
        total = add(r.scaled_debt, scaled)
    else:
        amount = variable_owed
        scaled = scaled_debt_burn(version, amount, a.variable_borrow_index)
        if scaled == 0:
            return codes.INVALID_BURN_AMOUNT, none
        total = sub(r.scaled_debt, scaled)
        change = mint_stable(version, stable_of(r, h), amount, r.stable_rate, now)
    rates = next_rates(version, r, a, Debts(total, change.move.supply, change.move.average_rate), ZERO, ZERO, r.deficit)
    write_accrual(r, a, now)
    write_stable(r, h, change.after)
    if mode == STABLE:
        mint_debt(r, h, scaled, a.variable_borrow_index)
    else:
        burn_debt(r, h, scaled, a.variable_borrow_index)
    return codes.OK, Swapped(amount, change.move, write_rates(r, rates))


@rule
def rebalance_stable_rate(market: Market, i: int, k: int, now: int) -> tuple[int, Rebalanced]:
    """Anybody moves account i's stable debt to the current stable rate (`Pool.sol: rebalanceStableBorrowRate`),
    allowed while
    suppliers earn at most 90 % of what all-variable debt would bring them."""
    version, r = market.settings[0].version, market.reserves[k]
    h = market.holdings[i * len(market.reserves) + k]
    none = Rebalanced(ZERO, NO_MOVE, NO_MOVE, NO_UPDATE)
    if not has_stable_debt(version):
        return codes.NOT_IN_VERSION, none
    a = accrue(version, r, now)
    if r.active == 0:
        return codes.RESERVE_INACTIVE, none
    if r.paused:
        return codes.RESERVE_PAUSED, none
    all_debt = add(a.stable_total, debt_balance(version, r.scaled_debt, a.variable_borrow_index))
    as_variable = rates_v1(r, r.available_liquidity, ZERO, all_debt, ZERO)
    if r.liquidity_rate > percent_mul_half_up(as_variable.liquidity, REBALANCE_THRESHOLD):
        return codes.INTEREST_RATE_REBALANCE_CONDITIONS_NOT_MET, none
    amount = stable_debt(version, h.stable_principal, h.stable_rate, h.stable_updated, now)
    if amount == 0:
        return codes.NO_REASON, none  # the mint divides by the debt
    burned = burn_stable(version, stable_of(r, h), amount, now)
    minted = mint_stable(version, burned.after, amount, r.stable_rate, now)
    d = Debts(r.scaled_debt, minted.move.supply, minted.move.average_rate)
    rates = next_rates(version, r, a, d, ZERO, ZERO, r.deficit)
    write_accrual(r, a, now)
    write_stable(r, h, minted.after)
    return codes.OK, Rebalanced(amount, burned.move, minted.move, write_rates(r, rates))
