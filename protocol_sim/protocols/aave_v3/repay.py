"""Repay, with the underlying or with aTokens. Sources: `BorrowLogic.sol: executeRepay`, `ValidationLogic.sol:
validateRepay`."""

from typing import NamedTuple

from protocol_sim.numeric import MAX_UINT256, ZERO, add, rule
from protocol_sim.protocols.aave_v3 import codes
from protocol_sim.protocols.aave_v3.account import has, health_code, isolated_by, with_bit
from protocol_sim.protocols.aave_v3.accrual import Accrued, accrue, next_rates, write_accrual, write_rates
from protocol_sim.protocols.aave_v3.debt import burned, lower_isolated_debt, write_change
from protocol_sim.protocols.aave_v3.results import NO_MOVE, NO_UPDATE, Repaid
from protocol_sim.protocols.aave_v3.rules import debt_balance, scaled_supply_burn, stable_debt, supply_balance
from protocol_sim.protocols.aave_v3.state import STABLE, VARIABLE, Holding, Market
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


class Owed(NamedTuple):
    """Raw debts of an account in a reserve."""

    stable: int
    variable: int


@rule
def _owed(version: int, h: Holding, index: int, now: int) -> Owed:
    stable: int = ZERO
    if has_stable_debt(version):
        stable = stable_debt(version, h.stable_principal, h.stable_rate, h.stable_updated, now)
    return Owed(stable, debt_balance(version, h.scaled_debt, index))


@rule
def _borrowing_after(version: int, h: Holding, bits: int, k: int, owed: Owed, paid: int, scaled: int) -> int:
    """The borrower's bitmap once `paid` is repaid."""
    if clears_borrowing_by_scaled(version):
        return with_bit(bits, k, 0) if h.scaled_debt == scaled else bits
    return with_bit(bits, k, 0) if add(owed.stable, owed.variable) == paid else bits


class AtokenBurn(NamedTuple):
    """What repaying with aTokens takes from the payer."""

    code: int
    scaled: int
    emptied: int  # flag


@rule
def _atoken_burn(
    market: Market, k: int, i: int, paid: int, scaled: int, borrowing: int, a: Accrued, now: int
) -> AtokenBurn:
    """aTokens of account i worth `paid`; from 3.5 on health is judged, with `scaled` of its debt and the bit gone."""
    version, h, owner = market.settings[0].version, market.holdings[i * len(market.reserves) + k], market.accounts[i]
    burned = scaled_supply_burn(version, paid, a.liquidity_index)
    if burned == 0:
        return AtokenBurn(codes.INVALID_BURN_AMOUNT, ZERO, 0)
    if burned > h.scaled_supply:
        return AtokenBurn(codes.PANIC_ARITHMETIC, ZERO, 0)
    if not has(owner.collateral, k):
        return AtokenBurn(codes.OK, burned, 0)
    emptied = 1 if version >= V330 and burned == h.scaled_supply else 0
    code = codes.OK
    if version >= V350 and borrowing != 0:
        left = h.scaled_debt - scaled
        code = _healthy_after(market, k, i, left, borrowing, h.scaled_supply - burned, 1 - emptied, now)
    return AtokenBurn(code, burned, emptied)


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
    owed = _owed(version, h, a.variable_borrow_index, now)
    code = _repay_code(market, k, caller, i, amount, mode, owed.stable, owed.variable)
    if code != codes.OK:
        return code, none
    paid = amount + ZERO
    if with_atokens and amount == MAX_UINT256:
        paid = supply_balance(version, payer.scaled_supply, a.liquidity_index)
    paid = min(paid, owed.stable if mode == STABLE else owed.variable)
    c = burned(version, r, h, a, paid, mode, now)
    if mode == VARIABLE and c.scaled == 0:
        return codes.INVALID_BURN_AMOUNT, none
    rates = next_rates(version, r, a, c.after, ZERO if with_atokens else paid, ZERO, r.deficit)
    borrowing = _borrowing_after(version, h, owner.borrowing, k, owed, paid, c.scaled)
    burn = AtokenBurn(codes.OK if paid <= wallet else codes.TRANSFER_EXCEEDS_BALANCE, ZERO + ZERO, 0)
    if with_atokens:
        burn = _atoken_burn(market, k, i, paid, c.scaled, borrowing, a, now)
    if burn.code != codes.OK:
        return burn.code, none
    write_accrual(r, a, now)
    write_change(r, h, c, mode, 0, a.variable_borrow_index)
    owner.borrowing = borrowing
    isolated = isolated_by(market, owner)
    isolation_debt = lower_isolated_debt(market, k, isolated, paid)
    update = write_rates(r, rates)
    if with_atokens:
        burn_supply(r, payer, burn.scaled, a.liquidity_index)
        owner.collateral = with_bit(owner.collateral, k, 0) if burn.emptied else owner.collateral
    else:
        r.available_liquidity = add(r.available_liquidity, paid)
    return codes.OK, Repaid(paid, isolated, isolation_debt, burn.emptied, c.move, update)


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
