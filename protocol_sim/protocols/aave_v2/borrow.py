"""Borrowers: borrow (own credit or delegated), repay, credit delegation.

Sources: `LendingPool.sol`, `ValidationLogic.sol`, `StableDebtToken.sol`, `VariableDebtToken.sol`, `DebtTokenBase.sol`.
"""

from protocol_sim.numeric import (
    MAX_UINT256,
    WAD,
    ZERO,
    add,
    mul_div_down,
    percent_div_half_up,
    percent_mul_half_up,
    ray_div_half_up,
    rule,
)
from protocol_sim.protocols.aave_v2 import codes
from protocol_sim.protocols.aave_v2.account import account_data, atoken_balance, stable_debt_of, variable_debt_of
from protocol_sim.protocols.aave_v2.accrual import (
    NO_UPDATE,
    accrual,
    rates_after,
    settle_accrual,
    settle_rates,
    settle_stable,
    stable_of,
)
from protocol_sim.protocols.aave_v2.results import Borrowed, Repaid
from protocol_sim.protocols.aave_v2.rules import NO_MOVE, burn_stable, mint_stable
from protocol_sim.protocols.aave_v2.state import STABLE, VARIABLE, Market

NOT_BORROWED = Borrowed(ZERO, ZERO, ZERO, 0, ZERO, NO_MOVE, NO_UPDATE)
NOT_REPAID = Repaid(ZERO, ZERO, NO_MOVE, NO_UPDATE)


# ---- credit delegation ----------------------------------------------------------------------------------------------
@rule
def allowance_row(market: Market, k: int, mode: int, delegator: int, delegatee: int) -> int:
    """Row of a delegation, or -1."""
    for j in range(len(market.allowances)):
        a = market.allowances[j]
        if a.mode == mode and a.reserve == k and a.delegator == delegator and a.delegatee == delegatee:
            return j
    return -1


@rule
def approve_delegation(market: Market, i: int, to: int, k: int, mode: int, amount: int) -> int:
    """`DebtTokenBase.sol: approveDelegation`: account i lets `to` borrow raw `amount` in its name."""
    j = allowance_row(market, k, mode, i, to)
    if j < 0:
        j = allowance_row(market, 0, 0, 0, 0)
    if j < 0:
        return codes.NO_FREE_ALLOWANCE
    a = market.allowances[j]
    a.mode = mode
    a.reserve = k
    a.delegator = i
    a.delegatee = to
    a.amount = amount
    return codes.OK


# ---- borrow ---------------------------------------------------------------------------------------------------------
@rule
def validate_borrow(market: Market, i: int, k: int, amount: int, mode: int, now: int) -> int:
    """`ValidationLogic.sol: validateBorrow` for the account i that will owe."""
    r = market.reserves[k]
    value = mul_div_down(r.price, amount, r.unit)
    if not r.active:
        return codes.VL_NO_ACTIVE_RESERVE
    if r.frozen:
        return codes.VL_RESERVE_FROZEN
    if amount == 0:
        return codes.VL_INVALID_AMOUNT
    if not r.borrowing:
        return codes.VL_BORROWING_NOT_ENABLED
    if mode != STABLE and mode != VARIABLE:
        return codes.VL_INVALID_INTEREST_RATE_MODE_SELECTED
    data = account_data(market, i, now)
    if data.collateral == 0:
        return codes.VL_COLLATERAL_BALANCE_IS_0
    if data.health_factor <= WAD:
        return codes.VL_HEALTH_FACTOR_LOWER_THAN_LIQUIDATION_THRESHOLD
    if data.ltv == 0:
        return codes.MATH_DIVISION_BY_ZERO
    if percent_div_half_up(add(data.debt, value), data.ltv) > data.collateral:
        return codes.VL_COLLATERAL_CANNOT_COVER_NEW_BORROW
    if mode == STABLE:
        return validate_stable_borrow(market, i, k, amount, now)
    return codes.OK


@rule
def validate_stable_borrow(market: Market, i: int, k: int, amount: int, now: int) -> int:
    """What a stable rate asks for beyond that."""
    r = market.reserves[k]
    if not r.stable_borrowing:
        return codes.VL_STABLE_BORROWING_NOT_ENABLED
    if same_currency(market, i, k, amount, now):
        return codes.VL_COLLATERAL_SAME_AS_BORROWING_CURRENCY
    if amount > percent_mul_half_up(r.available_liquidity, market.settings[0].max_stable_loan):
        return codes.VL_AMOUNT_BIGGER_THAN_MAX_LOAN_SIZE_STABLE
    return codes.OK


@rule
def same_currency(market: Market, i: int, k: int, debt: int, now: int) -> bool:
    """Whether a stable `debt` is covered by collateral of the same asset (an abuse that the contract refuses)."""
    if market.accounts[i].collateral >> k & 1 == 0 or market.reserves[k].ltv == 0:
        return False
    return debt <= atoken_balance(market, i, k, now)


@rule
def borrow(market: Market, caller: int, i: int, k: int, amount: int, mode: int, now: int) -> tuple[int, Borrowed]:
    """`LendingPool.sol: borrow` of raw `amount` by `caller`, who gets it, in the name of account i, who owes it."""
    if market.settings[0].paused:
        return codes.LP_IS_PAUSED, NOT_BORROWED
    return open_debt(market, caller, i, k, amount, mode, amount, now)


@rule
def open_debt(
    market: Market, caller: int, i: int, k: int, amount: int, mode: int, released: int, now: int
) -> tuple[int, Borrowed]:
    """`LendingPool.sol: _executeBorrow`; `released` leaves the pool now (0 when a flash loan took it before)."""
    r = market.reserves[k]
    h = market.holdings[i * len(market.reserves) + k]
    code = validate_borrow(market, i, k, amount, mode, now)
    if code != codes.OK:
        return code, NOT_BORROWED
    a = accrual(r, now)
    if a.code != codes.OK:
        return a.code, NOT_BORROWED
    j = -1
    allowed: int = ZERO
    if caller != i:
        j = allowance_row(market, k, mode, i, caller)
        if j >= 0:
            allowed = market.allowances[j].amount
        if allowed < amount:
            return codes.BORROW_ALLOWANCE_NOT_ENOUGH, NOT_BORROWED
        allowed = allowed - amount
    s, move = stable_of(r, h), NO_MOVE
    scaled: int = ZERO
    if mode == STABLE:
        change = mint_stable(s, amount, r.stable_rate, now)
        if change.code != codes.OK:
            return change.code, NOT_BORROWED
        s, move = change.after, change.move
    else:
        scaled = ray_div_half_up(amount, a.variable_borrow_index)
        if scaled == 0:
            return codes.CT_INVALID_MINT_AMOUNT, NOT_BORROWED
    if released > r.available_liquidity:
        return codes.SAFEMATH_SUBTRACTION, NOT_BORROWED
    liquidity = r.available_liquidity - released
    rates = rates_after(r, a.variable_borrow_index, liquidity, add(r.scaled_debt, scaled), s, now)
    if rates.code != codes.OK:
        return rates.code, NOT_BORROWED
    rate = r.stable_rate if mode == STABLE else rates.variable
    settle_accrual(market, k, a, now)
    settle_stable(r, h, s)
    h.scaled_debt = add(h.scaled_debt, scaled)
    r.scaled_debt = add(r.scaled_debt, scaled)
    r.available_liquidity = liquidity
    account = market.accounts[i]
    account.borrowing = account.borrowing | (1 << k)
    if j >= 0:
        market.allowances[j].amount = allowed
    update = settle_rates(r, rates)
    return codes.OK, Borrowed(amount, a.to_treasury, rate, 1 if j >= 0 else 0, allowed, move, update)


# ---- repay ----------------------------------------------------------------------------------------------------------
@rule
def repay(
    market: Market, payer: int, i: int, k: int, amount: int, mode: int, wallet: int, now: int
) -> tuple[int, Repaid]:
    """`LendingPool.sol: repay` of account i's `mode` debt by `payer`, whose raw balance is `wallet`.

    2**256 - 1 repays all of one's own debt. The amount comes from the view, which may be above what the burn can take
    when the reserve earns nothing (see `accrued_debt_index`): the chain refuses that, and so does this.
    """
    r = market.reserves[k]
    h = market.holdings[i * len(market.reserves) + k]
    if market.settings[0].paused:
        return codes.LP_IS_PAUSED, NOT_REPAID
    stable, variable = stable_debt_of(market, i, k, now), variable_debt_of(market, i, k, now)
    if mode > VARIABLE:
        return codes.INVALID_ENUM, NOT_REPAID
    if not r.active:
        return codes.VL_NO_ACTIVE_RESERVE, NOT_REPAID
    if amount == 0:
        return codes.VL_INVALID_AMOUNT, NOT_REPAID
    if not ((mode == STABLE and stable > 0) or (mode == VARIABLE and variable > 0)):
        return codes.VL_NO_DEBT_OF_SELECTED_TYPE, NOT_REPAID
    if amount == MAX_UINT256 and payer != i:
        return codes.VL_NO_EXPLICIT_AMOUNT_TO_REPAY_ON_BEHALF, NOT_REPAID
    paid = min(amount, stable if mode == STABLE else variable)
    a = accrual(r, now)
    if a.code != codes.OK:
        return a.code, NOT_REPAID
    s, move = stable_of(r, h), NO_MOVE
    scaled: int = ZERO
    if mode == STABLE:
        change = burn_stable(s, paid, now)
        if change.code != codes.OK:
            return change.code, NOT_REPAID
        s, move = change.after, change.move
    else:
        scaled = ray_div_half_up(paid, a.variable_borrow_index)
        code = scaled_burn_code(r.scaled_debt, h.scaled_debt, scaled)
        if code != codes.OK:
            return code, NOT_REPAID
    liquidity = add(r.available_liquidity, paid)
    rates = rates_after(r, a.variable_borrow_index, liquidity, r.scaled_debt - scaled, s, now)
    if rates.code != codes.OK:
        return rates.code, NOT_REPAID
    if wallet < paid:
        return codes.SAFE_ERC20_FAILED, NOT_REPAID
    settle_accrual(market, k, a, now)
    settle_stable(r, h, s)
    h.scaled_debt = h.scaled_debt - scaled
    r.scaled_debt = r.scaled_debt - scaled
    r.available_liquidity = liquidity
    if stable + variable == paid:
        account = market.accounts[i]
        account.borrowing = account.borrowing & ~(1 << k)
    return codes.OK, Repaid(paid, a.to_treasury, move, settle_rates(r, rates))


@rule
def scaled_burn_code(total: int, balance: int, scaled: int) -> int:
    """Whether `scaled` variable debt can be burned (`VariableDebtToken.sol: burn`, `IncentivizedERC20.sol: _burn`)."""
    if scaled == 0:
        return codes.CT_INVALID_BURN_AMOUNT
    if scaled > total:
        return codes.SAFEMATH_SUBTRACTION
    if scaled > balance:
        return codes.ERC20_BURN_EXCEEDS_BALANCE
    return codes.OK
