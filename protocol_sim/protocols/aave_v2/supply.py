"""Suppliers: deposit, withdraw, collateral flags, aToken transfers.

Sources: `LendingPool.sol`, `ValidationLogic.sol`, `AToken.sol`.
"""

from protocol_sim.numeric import MAX_UINT256, WAD, ZERO, add, ray_div_half_up, rule
from protocol_sim.protocols.aave_v2 import codes
from protocol_sim.protocols.aave_v2.account import account_data, atoken_balance, balance_decrease
from protocol_sim.protocols.aave_v2.accrual import (
    NO_UPDATE,
    accrual,
    rates_after,
    settle_accrual,
    settle_rates,
    stable_of,
)
from protocol_sim.protocols.aave_v2.results import CollateralSet, Supplied, Transferred, Withdrawn
from protocol_sim.protocols.aave_v2.state import Account, Market

NOT_SUPPLIED = Supplied(ZERO, ZERO, 0, NO_UPDATE)
NOT_WITHDRAWN = Withdrawn(ZERO, ZERO, 0, NO_UPDATE)
NOT_TRANSFERRED = Transferred(ZERO, ZERO, 0, 0)


@rule
def use_as_collateral(account: Account, k: int, used: int) -> None:
    """Set or clear bit k (`UserConfiguration.sol: setUsingAsCollateral`)."""
    if used:
        account.collateral = account.collateral | (1 << k)
    else:
        account.collateral = account.collateral & ~(1 << k)


@rule
def supply(market: Market, i: int, k: int, amount: int, wallet: int, now: int) -> tuple[int, Supplied]:
    """`LendingPool.sol: deposit` of raw `amount` for account i; `wallet` is the payer's raw balance."""
    r = market.reserves[k]
    h = market.holdings[i * len(market.reserves) + k]
    if market.settings[0].paused:
        return codes.LP_IS_PAUSED, NOT_SUPPLIED
    if amount == 0:
        return codes.VL_INVALID_AMOUNT, NOT_SUPPLIED
    if not r.active:
        return codes.VL_NO_ACTIVE_RESERVE, NOT_SUPPLIED
    if r.frozen:
        return codes.VL_RESERVE_FROZEN, NOT_SUPPLIED
    a = accrual(r, now)
    if a.code != codes.OK:
        return a.code, NOT_SUPPLIED
    liquidity = add(r.available_liquidity, amount)
    rates = rates_after(r, a.variable_borrow_index, liquidity, r.scaled_debt, stable_of(r, h), now)
    if rates.code != codes.OK:
        return rates.code, NOT_SUPPLIED
    if wallet < amount:
        return codes.SAFE_ERC20_FAILED, NOT_SUPPLIED
    scaled = ray_div_half_up(amount, a.liquidity_index)
    if scaled == 0:
        return codes.CT_INVALID_MINT_AMOUNT, NOT_SUPPLIED
    settle_accrual(market, k, a, now)
    update = settle_rates(r, rates)
    first = 1 if h.scaled_supply == 0 else 0
    h.scaled_supply = add(h.scaled_supply, scaled)
    r.scaled_supply = add(r.scaled_supply, scaled)
    r.available_liquidity = liquidity
    if first:
        use_as_collateral(market.accounts[i], k, 1)
    return codes.OK, Supplied(amount, a.to_treasury, first, update)


@rule
def withdraw(market: Market, i: int, k: int, amount: int, now: int) -> tuple[int, Withdrawn]:
    """`LendingPool.sol: withdraw` of raw `amount` by account i; 2**256 - 1 takes all."""
    r = market.reserves[k]
    h = market.holdings[i * len(market.reserves) + k]
    if market.settings[0].paused:
        return codes.LP_IS_PAUSED, NOT_WITHDRAWN
    balance = atoken_balance(market, i, k, now)
    taken = balance if amount == MAX_UINT256 else amount
    if taken == 0:
        return codes.VL_INVALID_AMOUNT, NOT_WITHDRAWN
    if taken > balance:
        return codes.VL_NOT_ENOUGH_AVAILABLE_USER_BALANCE, NOT_WITHDRAWN
    if not r.active:
        return codes.VL_NO_ACTIVE_RESERVE, NOT_WITHDRAWN
    code = balance_decrease(market, i, k, taken, codes.VL_TRANSFER_NOT_ALLOWED, now)
    if code != codes.OK:
        return code, NOT_WITHDRAWN
    a = accrual(r, now)
    if a.code != codes.OK:
        return a.code, NOT_WITHDRAWN
    if taken > r.available_liquidity:
        return codes.SAFEMATH_SUBTRACTION, NOT_WITHDRAWN
    liquidity = r.available_liquidity - taken
    rates = rates_after(r, a.variable_borrow_index, liquidity, r.scaled_debt, stable_of(r, h), now)
    if rates.code != codes.OK:
        return rates.code, NOT_WITHDRAWN
    scaled = ray_div_half_up(taken, a.liquidity_index)
    if scaled == 0:
        return codes.CT_INVALID_BURN_AMOUNT, NOT_WITHDRAWN
    if scaled > h.scaled_supply:
        return codes.ERC20_BURN_EXCEEDS_BALANCE, NOT_WITHDRAWN
    settle_accrual(market, k, a, now)
    update = settle_rates(r, rates)
    emptied = 1 if taken == balance else 0
    if emptied:
        use_as_collateral(market.accounts[i], k, 0)
    h.scaled_supply = h.scaled_supply - scaled
    r.scaled_supply = r.scaled_supply - scaled
    r.available_liquidity = liquidity
    return codes.OK, Withdrawn(taken, a.to_treasury, emptied, update)


@rule
def set_collateral(market: Market, i: int, k: int, used: int, now: int) -> tuple[int, CollateralSet]:
    """`LendingPool.sol: setUserUseReserveAsCollateral` by account i; `used` is 0 or 1."""
    if market.settings[0].paused:
        return codes.LP_IS_PAUSED, CollateralSet(0)
    balance = atoken_balance(market, i, k, now)
    if balance == 0:
        return codes.VL_UNDERLYING_BALANCE_NOT_GREATER_THAN_0, CollateralSet(0)
    if not used:
        code = balance_decrease(market, i, k, balance, codes.VL_DEPOSIT_ALREADY_IN_USE, now)
        if code != codes.OK:
            return code, CollateralSet(0)
    use_as_collateral(market.accounts[i], k, used)
    return codes.OK, CollateralSet(used)


@rule
def transfer_atoken(market: Market, i: int, to: int, k: int, amount: int, now: int) -> tuple[int, Transferred]:
    """`AToken.sol: transfer` of raw `amount` from account i to account `to`, with `LendingPool.sol: finalizeTransfer`.

    Health is checked on the state after the transfer, so the rule moves the balance first and puts it back to refuse.
    """
    r = market.reserves[k]
    width = len(market.reserves)
    source, target = market.holdings[i * width + k], market.holdings[to * width + k]
    balance, balance_to = atoken_balance(market, i, k, now), atoken_balance(market, to, k, now)
    scaled = ray_div_half_up(amount, r.income_now)
    if scaled > source.scaled_supply:
        return codes.ERC20_TRANSFER_EXCEEDS_BALANCE, NOT_TRANSFERRED
    if market.settings[0].paused:
        return codes.LP_IS_PAUSED, NOT_TRANSFERRED
    source.scaled_supply = source.scaled_supply - scaled
    target.scaled_supply = add(target.scaled_supply, scaled)
    code = codes.OK
    if account_data(market, i, now).health_factor < WAD:
        code = codes.VL_TRANSFER_NOT_ALLOWED
    elif i != to and amount > balance:
        code = codes.SAFEMATH_SUBTRACTION
    if code != codes.OK:
        target.scaled_supply = target.scaled_supply - scaled
        source.scaled_supply = source.scaled_supply + scaled
        return code, NOT_TRANSFERRED
    emptied, first = 0, 0
    if i != to:
        emptied = 1 if balance == amount else 0
        first = 1 if balance_to == 0 and amount != 0 else 0
        if emptied:
            use_as_collateral(market.accounts[i], k, 0)
        if first:
            use_as_collateral(market.accounts[to], k, 1)
    return codes.OK, Transferred(amount, r.income_now, emptied, first)
