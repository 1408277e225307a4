"""Repay, with the underlying or with aTokens. Sources: `BorrowLogic.sol: executeRepay`, `ValidationLogic.sol:
validateRepay`."""

from protocol_sim.numeric import MAX_UINT256, ZERO, add, rule, sub
from protocol_sim.protocols.aave_v3 import codes
from protocol_sim.protocols.aave_v3.account import has, health_code, isolated_by, with_bit
from protocol_sim.protocols.aave_v3.accrual import Debts, accrue, debts, next_rates, write_accrual, write_rates
from protocol_sim.protocols.aave_v3.debt import burn_debt, lower_isolated_debt, stable_of, write_stable
from protocol_sim.protocols.aave_v3.results import NO_MOVE, NO_UPDATE, Repaid
from protocol_sim.protocols.aave_v3.rules import (
    burn_stable,
    debt_balance,
    scaled_debt_burn,
    scaled_supply_burn,
    stable_debt,
    supply_balance,
)
from protocol_sim.protocols.aave_v3.state import STABLE, VARIABLE, Market
from protocol_sim.protocols.aave_v3.supply import burn_supply
from protocol_sim.protocols.aave_v3.versions import (
    V330,
    V350,
    clears_borrowing_by_scaled,
    has_stable_debt,
)


@rule
def _repay_code(market: Market, k: int, caller: int, i: int, amount: int, mode: int, stable: int, variable: int) -> int:
    """`ValidationLogic.sol: validateRepay`."""
    r, with_stable = market.reserves[k], has_stable_debt(market.settings[0].version)
    if amount == 0:
        return codes.INVALID_AMOUNT
    if not with_stable and mode != VARIABLE:
        return codes.INVALID_INTEREST_RATE_MODE_SELECTED
    if amount == MAX_UINT256 and caller != i:
        return codes.NO_EXPLICIT_AMOUNT_TO_REPAY_ON_BEHALF
    if r.active == 0:
        return codes.RESERVE_INACTIVE
    if r.paused:
        return codes.RESERVE_PAUSED
    if (mode == STABLE and stable != 0) or (mode == VARIABLE and variable != 0):
        return codes.OK
    return codes.NO_DEBT_OF_SELECTED_TYPE


@rule
def _healthy_after(
    market: Market, k: int, i: int, scaled_debt: int, borrowing: int, scaled_supply: int, flag: int, now: int
) -> int:
    """Health of an account with this debt and collateral of k (3.5, repaying with aTokens); nothing stays written."""
    h, owner = market.holdings[i * len(market.reserves) + k], market.accounts[i]
    debt, supply, bits, collateral = h.scaled_debt, h.scaled_supply, owner.borrowing, owner.collateral
    h.scaled_debt, h.scaled_supply = scaled_debt, scaled_supply
    owner.borrowing, owner.collateral = borrowing, with_bit(collateral, k, flag)
    code = health_code(market, i, now)
    h.scaled_debt, h.scaled_supply, owner.borrowing, owner.collateral = debt, supply, bits, collateral
    return code


@rule
def execute_repay(
    market: Market, caller: int, i: int, k: int, amount: int, mode: int, with_atokens: int, wallet: int, now: int
) -> tuple[int, Repaid]:
    """`BorrowLogic.sol: executeRepay`."""
    version, r, count = market.settings[0].version, market.reserves[k], len(market.reserves)
    h, payer, owner = market.holdings[i * count + k], market.holdings[caller * count + k], market.accounts[i]
    none = Repaid(ZERO, -1, ZERO, 0, NO_MOVE, NO_UPDATE)
    if mode > VARIABLE:
        return codes.PANIC_ENUM, none
    a = accrue(version, r, now)
    stable = stable_of(r, h)
    stable_owed: int = ZERO
    if has_stable_debt(version):
        stable_owed = stable_debt(version, h.stable_principal, h.stable_rate, h.stable_updated, now)
    variable_owed = debt_balance(version, h.scaled_debt, a.variable_borrow_index)
    code = _repay_code(market, k, caller, i, amount, mode, stable_owed, variable_owed)
    if code != codes.OK:
        return code, none
    owed = stable_owed if mode == STABLE else variable_owed
    paid = amount + ZERO
    if with_atokens and amount == MAX_UINT256:
        paid = supply_balance(version, payer.scaled_supply, a.liquidity_index)
    paid = min(paid, owed)
    move, scaled = NO_MOVE, ZERO + ZERO
    if mode == STABLE:
        change = burn_stable(version, stable, paid, now)
        stable, move = change.after, change.move
        after = Debts(r.scaled_debt, move.supply, move.average_rate)
    else:
        scaled = scaled_debt_burn(version, paid, a.variable_borrow_index)
        if scaled == 0:
            return codes.INVALID_BURN_AMOUNT, none
        after = debts(r, sub(r.scaled_debt, scaled), a.stable_total)
    rates = next_rates(version, r, a, after, ZERO if with_atokens else paid, ZERO, r.deficit)
    left = sub(h.scaled_debt, scaled)
    if clears_borrowing_by_scaled(version):
        cleared = 1 if left == 0 else 0
    else:
        cleared = 1 if sub(add(stable_owed, variable_owed), paid) == 0 else 0
    borrowing = with_bit(owner.borrowing, k, 0) if cleared else owner.borrowing
    burned, emptied = ZERO + ZERO, 0
    if with_atokens:
        burned = scaled_supply_burn(version, paid, a.liquidity_index)
        if burned == 0:
            return codes.INVALID_BURN_AMOUNT, none
        if burned > payer.scaled_supply:
            return codes.PANIC_ARITHMETIC, none
        if has(owner.collateral, k):
            emptied = 1 if version >= V330 and burned == payer.scaled_supply else 0
            if version >= V350 and borrowing != 0:
                code = _healthy_after(market, k, i, left, borrowing, payer.scaled_supply - burned, 1 - emptied, now)
                if code != codes.OK:
                    return code, none
    elif paid > wallet:
        return codes.TRANSFER_EXCEEDS_BALANCE, none
    write_accrual(r, a, now)
    if mode == STABLE:
        write_stable(r, h, stable)
    else:
        burn_debt(r, h, scaled, a.variable_borrow_index)
    owner.borrowing = borrowing
    isolated = isolated_by(market, owner)
    isolation_debt = lower_isolated_debt(market, k, isolated, paid)
    update = write_rates(r, rates)
    if with_atokens:
        burn_supply(r, payer, burned, a.liquidity_index)
        if emptied:
            owner.collateral = with_bit(owner.collateral, k, 0)
    else:
        r.available_liquidity = add(r.available_liquidity, paid)
    return codes.OK, Repaid(paid, isolated, isolation_debt, emptied, move, update)


@rule
def repay(
    market: Market, payer: int, i: int, k: int, amount: int, mode: int, wallet: int, now: int
) -> tuple[int, Repaid]:
    """`payer` repays the debt of account i, all of its own with 2**256 - 1 (`Pool.sol: repay`); `wallet`: what it
    has."""
    return execute_repay(market, payer, i, k, amount, mode, 0, wallet, now)


@rule
def repay_with_atokens(market: Market, i: int, k: int, amount: int, mode: int, now: int) -> tuple[int, Repaid]:
    """Account i repays its own debt by burning its aTokens (`Pool.sol: repayWithATokens`)."""
    return execute_repay(market, i, i, k, amount, mode, 1, ZERO, now)
