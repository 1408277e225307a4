"""Supply, withdraw, collateral flag, aToken transfer.

Sources: `SupplyLogic.sol`, `ValidationLogic.sol`, `AToken.sol`, `ScaledBalanceTokenBase.sol`.
"""

from protocol_sim.numeric import MAX_UINT256, ZERO, add, fits, mul, rule, sub
from protocol_sim.protocols.aave_v3 import codes
from protocol_sim.protocols.aave_v3.account import (
    becomes_collateral,
    has,
    health_and_zero_ltv_code,
    may_use_as_collateral,
    with_bit,
)
from protocol_sim.protocols.aave_v3.accrual import (
    Accrued,
    accrue,
    debts,
    next_rates,
    normalized_income,
    write_accrual,
    write_rates,
)
from protocol_sim.protocols.aave_v3.results import NO_UPDATE, CollateralSet, Supplied, Transferred, Withdrawn
from protocol_sim.protocols.aave_v3.rules import scaled_supply_burn, scaled_supply_mint, supply_balance
from protocol_sim.protocols.aave_v3.state import Holding, Market, Reserve
from protocol_sim.protocols.aave_v3.versions import (
    V302,
    V340,
    V350,
    accounts_virtually,
    emode_decides_alone,
    rounds_directionally,
)


@rule
def mint_supply(r: Reserve, h: Holding, scaled: int, index: int) -> int:
    """aTokens for an account (`_mintScaled`)."""
    h.scaled_supply = add(h.scaled_supply, scaled)
    h.supply_index = index
    r.scaled_supply = add(r.scaled_supply, scaled)
    return 0


@rule
def burn_supply(r: Reserve, h: Holding, scaled: int, index: int) -> int:
    """aTokens of an account (`_burnScaled`)."""
    h.scaled_supply = sub(h.scaled_supply, scaled)
    h.supply_index = index
    r.scaled_supply = sub(r.scaled_supply, scaled)
    return 0


@rule
def move_supply(giver: Holding, taker: Holding, scaled: int, index: int) -> int:
    """aTokens from one account to another, which may be the same (`AToken.sol: _transfer`)."""
    giver.supply_index = index
    taker.supply_index = index
    giver.scaled_supply = sub(giver.scaled_supply, scaled)
    taker.scaled_supply = add(taker.scaled_supply, scaled)
    return 0


@rule
def scaled_width(version: int) -> int:
    """Bits of a scaled balance: uint128, uint120 from 3.4 on."""
    return 120 if version >= V340 else 128


# ---- supply ---------------------------------------------------------------------------------------------------------
@rule
def _supply_code(version: int, r: Reserve, a: Accrued, amount: int, scaled: int) -> int:
    """`ValidationLogic.sol: validateSupply`."""
    if (scaled if rounds_directionally(version) else amount) == 0:
        return codes.INVALID_AMOUNT
    if r.active == 0:
        return codes.RESERVE_INACTIVE
    if r.paused:
        return codes.RESERVE_PAUSED
    if r.frozen:
        return codes.RESERVE_FROZEN
    if r.supply_cap == 0:
        return codes.OK
    claims = add(add(r.scaled_supply, r.accrued_to_treasury), a.to_treasury)
    if rounds_directionally(version):
        total = supply_balance(version, add(claims, scaled), a.liquidity_index)
    else:
        total = add(supply_balance(version, claims, a.liquidity_index), amount)
    return codes.SUPPLY_CAP_EXCEEDED if total > mul(r.unit, r.supply_cap) else codes.OK


@rule
def supply(market: Market, caller: int, i: int, k: int, amount: int, wallet: int, now: int) -> tuple[int, Supplied]:
    """The caller pays `amount` of k in for account i (`Pool.sol: supply`); `wallet`: the underlying that it has."""
    version, r = market.settings[0].version, market.reserves[k]
    h, owner = market.holdings[i * len(market.reserves) + k], market.accounts[i]
    none = Supplied(ZERO, 0, NO_UPDATE)
    amount = amount + ZERO
    a = accrue(version, r, now)
    scaled: int = ZERO
    if rounds_directionally(version):
        scaled = scaled_supply_mint(version, amount, a.liquidity_index)
    code = _supply_code(version, r, a, amount, scaled)
    if code != codes.OK:
        return code, none
    rates = next_rates(version, r, a, debts(r, r.scaled_debt, a.stable_total), amount, ZERO, r.deficit)
    if accounts_virtually(version) and not fits(amount, 128):
        return codes.CAST_OVERFLOW, none
    if amount > wallet:
        return codes.TRANSFER_EXCEEDS_BALANCE, none
    scaled = scaled_supply_mint(version, amount, a.liquidity_index)
    if scaled == 0:
        return codes.INVALID_MINT_AMOUNT, none
    if not fits(scaled, scaled_width(version)):
        return codes.CAST_OVERFLOW, none
    first = (
        1 if h.scaled_supply == 0 and becomes_collateral(market, i, k, market.accounts[caller].isolated_supplier) else 0
    )
    write_accrual(r, a, now)
    update = write_rates(r, rates)
    r.available_liquidity = add(r.available_liquidity, amount)
    mint_supply(r, h, scaled, a.liquidity_index)
    if first:
        owner.collateral = with_bit(owner.collateral, k, 1)
    return codes.OK, Supplied(amount, first, update)


# ---- withdraw -------------------------------------------------------------------------------------------------------
@rule
def _withdraw_code(r: Reserve, amount: int, balance: int) -> int:
    """`ValidationLogic.sol: validateWithdraw`, on raw amounts, on scaled ones from 3.5."""
    if amount == 0:
        return codes.INVALID_AMOUNT
    if amount > balance:
        return codes.NOT_ENOUGH_AVAILABLE_USER_BALANCE
    if r.active == 0:
        return codes.RESERVE_INACTIVE
    return codes.RESERVE_PAUSED if r.paused else codes.OK


@rule
def _code_without(market: Market, k: int, i: int, scaled_after: int, flag_after: int, now: int) -> int:
    """Health of account i if its aTokens of k and the flag stood so; nothing stays written."""
    h, owner = market.holdings[i * len(market.reserves) + k], market.accounts[i]
    scaled, collateral = h.scaled_supply, owner.collateral
    h.scaled_supply = scaled_after
    owner.collateral = with_bit(collateral, k, flag_after)
    code = health_and_zero_ltv_code(market, i, k, now)
    h.scaled_supply, owner.collateral = scaled, collateral
    return code


@rule
def withdraw(market: Market, i: int, k: int, amount: int, now: int) -> tuple[int, Withdrawn]:
    """Account i takes `amount` of k out, all of it with 2**256 - 1 (`Pool.sol: withdraw`)."""
    version, r = market.settings[0].version, market.reserves[k]
    h, owner = market.holdings[i * len(market.reserves) + k], market.accounts[i]
    none = Withdrawn(ZERO, 0, NO_UPDATE)
    a = accrue(version, r, now)
    balance = supply_balance(version, h.scaled_supply, a.liquidity_index)
    everything = amount == MAX_UINT256
    amount = balance if everything else amount + ZERO
    scaled = h.scaled_supply + ZERO
    if rounds_directionally(version):
        if not everything:
            scaled = scaled_supply_burn(version, amount, a.liquidity_index)
        code = _withdraw_code(r, scaled, h.scaled_supply)
    else:
        code = _withdraw_code(r, amount, balance)
    if code != codes.OK:
        return code, none
    if not rounds_directionally(version):
        scaled = scaled_supply_burn(version, amount, a.liquidity_index)
    rates = next_rates(version, r, a, debts(r, r.scaled_debt, a.stable_total), ZERO, amount, r.deficit)
    if rates.code != codes.OK:
        return rates.code, none
    if scaled == 0:
        return codes.INVALID_BURN_AMOUNT, none
    left = sub(h.scaled_supply, scaled)
    emptied = 0
    if has(owner.collateral, k):
        emptied = 1 if (left == 0 if rounds_directionally(version) else amount == balance) else 0
        if owner.borrowing != 0:
            code = _code_without(market, k, i, left, 1 - emptied, now)
            if code != codes.OK:
                return code, none
    write_accrual(r, a, now)
    update = write_rates(r, rates)
    r.available_liquidity = sub(r.available_liquidity, amount)
    burn_supply(r, h, scaled, a.liquidity_index)
    if emptied:
        owner.collateral = with_bit(owner.collateral, k, 0)
    return codes.OK, Withdrawn(amount, emptied, update)


# ---- collateral flag ------------------------------------------------------------------------------------------------
@rule
def set_collateral(market: Market, i: int, k: int, use: int, now: int) -> tuple[int, CollateralSet]:
    """Account i switches the use of k as collateral (`Pool.sol: setUserUseReserveAsCollateral`)."""
    version, r, owner = market.settings[0].version, market.reserves[k], market.accounts[i]
    scaled = market.holdings[i * len(market.reserves) + k].scaled_supply
    none = CollateralSet(0)
    if version < V340 and scaled == 0:
        return codes.UNDERLYING_BALANCE_ZERO, none
    if r.active == 0:
        return codes.RESERVE_INACTIVE, none
    if r.paused:
        return codes.RESERVE_PAUSED, none
    if has(owner.collateral, k) == (use != 0):
        return codes.OK, none
    if use:
        if scaled == 0:
            return codes.UNDERLYING_BALANCE_ZERO, none
        if not may_use_as_collateral(market, i, k):
            return codes.USER_IN_ISOLATION_MODE_OR_LTV_ZERO, none
    else:
        code = _code_without(market, k, i, scaled, 0, now)
        if code != codes.OK:
            return code, none
    owner.collateral = with_bit(owner.collateral, k, use)
    return codes.OK, CollateralSet(1)


# ---- aToken transfer ------------------------------------------------------------------------------------------------
@rule
def transfer_atoken(market: Market, i: int, to: int, k: int, amount: int, now: int) -> tuple[int, Transferred]:
    """Account i sends aTokens (`AToken.sol: transfer` and `SupplyLogic.sol: executeFinalizeTransfer`); accrues
    nothing."""
    version, r, count = market.settings[0].version, market.reserves[k], len(market.reserves)
    giver, taker, owner = market.holdings[i * count + k], market.holdings[to * count + k], market.accounts[i]
    none = Transferred(ZERO, ZERO, ZERO, 0, 0)
    amount = amount + ZERO
    if not fits(amount, scaled_width(version)):
        return codes.CAST_OVERFLOW, none
    index = normalized_income(version, r, now)
    scaled = scaled_supply_burn(version, amount, index)
    if scaled > giver.scaled_supply:
        return codes.PANIC_ARITHMETIC, none
    if r.paused:
        return codes.RESERVE_PAUSED, none
    emptied, first = 0, 0
    if i != to and (amount if version == V302 else scaled) != 0:
        left = giver.scaled_supply - scaled
        if has(owner.collateral, k):
            if version >= V350:
                emptied = 1 if left == 0 else 0
            else:
                emptied = 1 if supply_balance(version, giver.scaled_supply, index) == amount else 0
            if owner.borrowing != 0:
                # before 3.5 health is judged while the flag still stands; without aTokens it counts only as "no ltv"
                code = _code_without(market, k, i, left, 1 if version < V350 else 1 - emptied, now)
                if code != codes.OK:
                    return code, none
        if taker.scaled_supply == 0 and not emode_decides_alone(version):
            # up to 3.3 the aToken is the caller that would need the role, from 3.4 on the sender
            trusted = owner.isolated_supplier if version >= V340 else 0
            first = 1 if becomes_collateral(market, to, k, trusted) else 0
    move_supply(giver, taker, scaled, index)
    if emptied:
        owner.collateral = with_bit(owner.collateral, k, 0)
    if first:
        market.accounts[to].collateral = with_bit(market.accounts[to].collateral, k, 1)
    return codes.OK, Transferred(amount, index, scaled, emptied, first)
