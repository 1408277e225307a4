"""Views of one account: balances, debts, `getUserAccountData`, and whether a collateral may shrink.

Source: `GenericLogic.sol`, `AToken.sol: balanceOf`, `Helpers.sol: getUserCurrentDebt`.
"""

from protocol_sim.numeric import (
    MAX_UINT256,
    WAD,
    ZERO,
    mul_div_down,
    percent_mul_half_up,
    ray_mul_half_up,
    rule,
    wad_div_half_up,
)
from protocol_sim.protocols.aave_v2 import codes
from protocol_sim.protocols.aave_v2.accrual import project
from protocol_sim.protocols.aave_v2.results import AccountData
from protocol_sim.protocols.aave_v2.rules import health_factor, stable_debt
from protocol_sim.protocols.aave_v2.state import Market


@rule
def atoken_balance(market: Market, i: int, k: int, now: int) -> int:
    """Raw aTokens of account i, interest included (`AToken.sol: balanceOf`)."""
    r = market.reserves[k]
    if r.projected_at != now:
        project(r, now)
    return ray_mul_half_up(market.holdings[i * len(market.reserves) + k].scaled_supply, r.income_now)


@rule
def variable_debt_of(market: Market, i: int, k: int, now: int) -> int:
    """Raw variable debt of account i, interest included (`VariableDebtToken.sol: balanceOf`)."""
    r = market.reserves[k]
    if r.projected_at != now:
        project(r, now)
    return ray_mul_half_up(market.holdings[i * len(market.reserves) + k].scaled_debt, r.debt_now)


@rule
def stable_debt_of(market: Market, i: int, k: int, now: int) -> int:
    """Raw stable debt of account i, interest included (`StableDebtToken.sol: balanceOf`)."""
    h = market.holdings[i * len(market.reserves) + k]
    return stable_debt(h.stable_principal, h.stable_rate, h.stable_updated, now)


@rule
def account_data(market: Market, i: int, now: int) -> AccountData:
    """`calculateUserAccountData` of account i at `now`.

    The hottest rule of all: unused reserves are skipped by bitmap, balances are written out. Sums are plain, since wei
    of ETH times bps stay far below 256 bits.
    """
    account = market.accounts[i]
    as_collateral, as_debt = account.collateral, account.borrowing
    used = as_collateral | as_debt
    collateral: int = ZERO
    debt: int = ZERO
    weighted_ltv: int = ZERO
    weighted_threshold: int = ZERO
    reserves, holdings = market.reserves, market.holdings
    first_row = i * len(reserves)
    k = 0
    while used != 0:
        if used & 1:
            r = reserves[k]
            h = holdings[first_row + k]
            if r.projected_at != now:
                project(r, now)
            if as_collateral >> k & 1 and r.threshold != 0:
                value = mul_div_down(r.price, ray_mul_half_up(h.scaled_supply, r.income_now), r.unit)
                collateral += value
                weighted_ltv += value * r.ltv
                weighted_threshold += value * r.threshold
            if as_debt >> k & 1:
                owed = ray_mul_half_up(h.scaled_debt, r.debt_now)
                if h.stable_principal != 0:
                    owed += stable_debt(h.stable_principal, h.stable_rate, h.stable_updated, now)
                debt += mul_div_down(r.price, owed, r.unit)
        used >>= 1
        k += 1
    ltv: int = ZERO
    threshold: int = ZERO
    if collateral > 0:
        ltv = weighted_ltv // collateral
        threshold = weighted_threshold // collateral
    factor: int = MAX_UINT256
    if debt > 0:
        factor = wad_div_half_up(percent_mul_half_up(collateral, threshold), debt)
    return AccountData(collateral, debt, ltv, threshold, factor)


@rule
def balance_decrease(market: Market, i: int, k: int, amount: int, refusal: int, now: int) -> int:
    """0 if account i may lose `amount` of collateral k, else `refusal` (`balanceDecreaseAllowed`).

    The contract multiplies by the floored average threshold, so its subtraction can underflow and show SafeMath's text.
    """
    account, r = market.accounts[i], market.reserves[k]
    if account.borrowing == 0 or account.collateral >> k & 1 == 0 or r.threshold == 0:
        return codes.OK
    data = account_data(market, i, now)
    if data.debt == 0:
        return codes.OK
    lost = mul_div_down(r.price, amount, r.unit)
    if lost > data.collateral:
        return codes.SAFEMATH_SUBTRACTION
    left = data.collateral - lost
    if left == 0:
        return refusal
    weighted = data.collateral * data.threshold
    if lost * r.threshold > weighted:
        return codes.SAFEMATH_SUBTRACTION
    threshold = (weighted - lost * r.threshold) // left
    if health_factor(left, data.debt, threshold) < WAD:
        return refusal
    return codes.OK
