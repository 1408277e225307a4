"""A liquidation, decided: validation, close factor, amounts, dust. Nothing is written here (`settlement.py` does).

Sources: `LiquidationLogic.sol`, `ValidationLogic.sol: validateLiquidationCall`.
"""

from typing import NamedTuple

from protocol_sim.numeric import WAD, ZERO, add, mul, percent_div_half_up, percent_mul_half_up, rule, sub
from protocol_sim.protocols.aave_v3 import codes
from protocol_sim.protocols.aave_v3.account import account_data, has, in_emode, price_of, sentinel_allows
from protocol_sim.protocols.aave_v3.accrual import normalized_debt, normalized_income
from protocol_sim.protocols.aave_v3.results import AccountData, Liquidation
from protocol_sim.protocols.aave_v3.rules import (
    debt_balance,
    debt_for_collateral,
    debt_value,
    scaled_debt_burn,
    scaled_supply_burn,
    stable_debt,
    supply_balance,
    uint128,
    value_down,
)
from protocol_sim.protocols.aave_v3.state import Market
from protocol_sim.protocols.aave_v3.versions import (
    accounts_virtually,
    emode_decides_alone,
    forbids_self_liquidation,
    has_deficit,
    has_grace_period,
    has_liquid_emodes,
    has_stable_debt,
)

CLOSE_FACTOR_HF_THRESHOLD = (
    95 * WAD // 100
)  # wad; also MINIMUM_HEALTH_FACTOR_LIQUIDATION_THRESHOLD, below it no sentinel helps
DEFAULT_CLOSE_FACTOR, MAX_CLOSE_FACTOR = 5_000, 10_000  # bps
MIN_BASE_FOR_CLOSE_FACTOR = 2_000 * 10**8  # base currency of 8 decimals, MIN_BASE_MAX_CLOSE_FACTOR_THRESHOLD
MIN_LEFTOVER = MIN_BASE_FOR_CLOSE_FACTOR // 2


class Pair(NamedTuple):
    """What both sides of a liquidation are worth to the borrower."""

    collateral_price: int  # base currency per whole token
    debt_price: int
    bonus: int  # bps


class Seizure(NamedTuple):
    """`_calculateAvailableCollateralToLiquidate`."""

    code: int
    collateral: int  # raw, to the liquidator
    debt: int  # raw
    fee: int  # raw collateral, to the treasury
    value: int  # base currency of collateral and fee


# ---- validation -----------------------------------------------------------------------------------------------------
@rule
def _validation_code(
    market: Market, kc: int, kd: int, i: int, liquidator: int, health_factor: int, debt: int, now: int
) -> int:
    """`ValidationLogic.sol: validateLiquidationCall`."""
    s, c, d, owner = market.settings[0], market.reserves[kc], market.reserves[kd], market.accounts[i]
    if forbids_self_liquidation(s.version) and i == liquidator:
        return codes.SELF_LIQUIDATION
    if c.active == 0 or d.active == 0:
        return codes.RESERVE_INACTIVE
    if c.paused or d.paused:
        return codes.RESERVE_PAUSED
    if health_factor >= CLOSE_FACTOR_HF_THRESHOLD and not sentinel_allows(s, now):
        return codes.PRICE_ORACLE_SENTINEL_CHECK_FAILED
    if has_grace_period(s.version) and (c.grace_until >= now or d.grace_until >= now):
        return codes.LIQUIDATION_GRACE_SENTINEL_CHECK_FAILED
    if health_factor >= WAD:
        return codes.HEALTH_FACTOR_NOT_BELOW_THRESHOLD
    if not has(owner.collateral, kc) or (c.threshold == 0 and not emode_decides_alone(s.version)):
        return codes.COLLATERAL_CANNOT_BE_LIQUIDATED
    return codes.OK if debt != 0 else codes.SPECIFIED_CURRENCY_NOT_BORROWED_BY_USER


@rule
def _pair(market: Market, kc: int, kd: int, category: int) -> Pair:
    """Prices and bonus; in 3.0.2 the price source of an eMode stands for the debt asset whatever its category."""
    version, c = market.settings[0].version, market.reserves[kc]
    bonus, debt_price = c.bonus, market.reserves[kd].price
    if in_emode(version, market, category, kc):
        bonus = market.categories[category].bonus
    if category != 0 and not has_liquid_emodes(version) and market.categories[category].price != 0:
        debt_price = market.categories[category].price
    return Pair(price_of(version, market, category, kc), debt_price, bonus)


# ---- amounts --------------------------------------------------------------------------------------------------------
@rule
def liquidatable(market: Market, kc: int, kd: int, p: Pair, d: AccountData, debt: int, collateral: int) -> int:
    """Raw debt that one call may cover: half or all by health in 3.0.2; from 3.3 all of it, unless the health factor
    is above
    0.95, both sides are worth 2000 or more, and the reserve's debt is more than half of all debt: then that half."""
    version, rd, rc = market.settings[0].version, market.reserves[kd], market.reserves[kc]
    if not has_deficit(version):
        return percent_mul_half_up(
            debt, DEFAULT_CLOSE_FACTOR if d.health_factor > CLOSE_FACTOR_HF_THRESHOLD else MAX_CLOSE_FACTOR
        )
    debt_in_base = debt_value(version, debt, p.debt_price, rd.unit)
    large = (
        value_down(collateral, p.collateral_price, rc.unit) >= MIN_BASE_FOR_CLOSE_FACTOR
        and debt_in_base >= MIN_BASE_FOR_CLOSE_FACTOR
    )
    if large and d.health_factor > CLOSE_FACTOR_HF_THRESHOLD:
        half = percent_mul_half_up(d.debt, DEFAULT_CLOSE_FACTOR)
        if debt_in_base > half:
            return mul(half, rd.unit) // p.debt_price
    return debt + ZERO


@rule
def seizure(market: Market, kc: int, kd: int, p: Pair, cover: int, balance: int) -> Seizure:
    """Collateral for `cover` of debt with bonus, at most `balance`, and the fee out of the bonus."""
    version, rc, rd = market.settings[0].version, market.reserves[kc], market.reserves[kd]
    base = mul(mul(p.debt_price, cover), rc.unit) // mul(p.collateral_price, rd.unit)
    collateral, debt = percent_mul_half_up(base, p.bonus), cover + ZERO
    if collateral > balance:
        collateral = balance + ZERO
        worth = mul(mul(p.collateral_price, collateral), rd.unit) // mul(p.debt_price, rc.unit)
        debt = debt_for_collateral(version, worth, p.bonus)
    value = value_down(collateral, p.collateral_price, rc.unit)
    if rc.liquidation_fee == 0:
        return Seizure(codes.OK, collateral, debt, ZERO, value)
    if p.bonus == 0:  # 3.6: collateral of an eMode that the borrower is not in
        return Seizure(codes.NO_REASON, ZERO, ZERO, ZERO, ZERO)
    fee = percent_mul_half_up(sub(collateral, percent_div_half_up(collateral, p.bonus)), rc.liquidation_fee)
    return Seizure(codes.OK, sub(collateral, fee), debt, fee, value)


@rule
def _dust_code(market: Market, kc: int, kd: int, p: Pair, debt_left: int, collateral_left: int) -> int:
    """If neither side is cleared, both leftovers must be worth 1000 (3.3)."""
    version, rc, rd = market.settings[0].version, market.reserves[kc], market.reserves[kd]
    if debt_left == 0 or collateral_left == 0:
        return codes.OK
    if debt_value(version, debt_left, p.debt_price, rd.unit) < MIN_LEFTOVER:
        return codes.MUST_NOT_LEAVE_DUST
    return (
        codes.MUST_NOT_LEAVE_DUST
        if value_down(collateral_left, p.collateral_price, rc.unit) < MIN_LEFTOVER
        else codes.OK
    )


# ---- what the settlement would refuse -------------------------------------------------------------------------------
@rule
def _owes_after(market: Market, kc: int, kd: int, plan: Liquidation, debt_index: int, now: int) -> bool:
    """Whether anybody still owes the collateral asset once the debt is burned: only then strategy V1 subtracts."""
    version, c = market.settings[0].version, market.reserves[kc]
    if kc != kd:
        return c.scaled_debt != 0 or c.stable_principal != 0
    stable = stable_debt(version, c.stable_principal, c.average_stable_rate, c.stable_updated, now)
    return stable > plan.stable_burn or c.scaled_debt > scaled_debt_burn(version, plan.variable_burn, debt_index)


@rule
def _settlement_code(
    market: Market,
    kc: int,
    kd: int,
    i: int,
    plan: Liquidation,
    debt_index: int,
    receive_atoken: int,
    wallet: int,
    now: int,
) -> int:
    """Burns of nothing, missing liquidity, missing funds, in the order of the calls."""
    version, c, count = market.settings[0].version, market.reserves[kc], len(market.reserves)
    if plan.repaid > plan.debt_balance:
        return codes.PANIC_ARITHMETIC
    if plan.stable_burn == 0 and scaled_debt_burn(version, plan.variable_burn, debt_index) == 0:
        return codes.INVALID_BURN_AMOUNT
    scaled = scaled_supply_burn(version, plan.seized, normalized_income(version, c, now))
    if not receive_atoken:
        available = c.available_liquidity + ZERO
        if kc == kd and accounts_virtually(version):
            available = add(available, plan.repaid)
        if plan.seized > available:
            if accounts_virtually(version) or _owes_after(market, kc, kd, plan, debt_index, now):
                return codes.PANIC_ARITHMETIC
            return codes.TRANSFER_EXCEEDS_BALANCE
        if scaled == 0:
            return codes.INVALID_BURN_AMOUNT
    if scaled > market.holdings[i * count + kc].scaled_supply:
        return codes.PANIC_ARITHMETIC
    # the underlying leaves before the repayment arrives, whatever the virtual balance says
    short = not receive_atoken and plan.seized > c.available_liquidity
    if plan.repaid > wallet:
        seized_first = kc == kd and not receive_atoken
        short = short or not seized_first or plan.repaid - wallet > plan.seized
    return codes.TRANSFER_EXCEEDS_BALANCE if short else codes.OK


# ---- the plan -------------------------------------------------------------------------------------------------------
@rule
def liquidation_plan(
    market: Market, liquidator: int, i: int, kc: int, kd: int, amount: int, receive_atoken: int, wallet: int, now: int
) -> tuple[int, Liquidation]:
    """What `liquidation_call` would do; (code, amounts), nothing is written.

    `kc`, `kd`: collateral and debt asset, `i`: the borrower, `liquidator`: an account, or -1 for somebody who is none,
    `amount`: raw debt to cover at most, `wallet`: raw debt asset that the liquidator has.
    """
    d = account_data(market, i, now)
    return plan_knowing(market, d, liquidator, i, kc, kd, amount, receive_atoken, wallet, now)


@rule
def plan_knowing(
    market: Market, d: AccountData, liquidator: int, i: int, kc: int, kd: int, amount: int, receive_atoken: int,
    wallet: int, now: int,
) -> tuple[int, Liquidation]:  # fmt: skip
    """The same where account i's data `d` at `now` is known (its values and its health factor count)."""
    version, r, count = market.settings[0].version, market.reserves[kd], len(market.reserves)
    h, hc, owner = market.holdings[i * count + kd], market.holdings[i * count + kc], market.accounts[i]
    none = Liquidation(ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, 0)
    debt_index = uint128(normalized_debt(version, r, now))
    stable: int = ZERO
    if has_stable_debt(version):
        stable = stable_debt(version, h.stable_principal, h.stable_rate, h.stable_updated, now)
    variable = debt_balance(version, h.scaled_debt, debt_index)
    debt = add(stable, variable)
    balance = supply_balance(version, hc.scaled_supply, normalized_income(version, market.reserves[kc], now))
    code = _validation_code(market, kc, kd, i, liquidator, d.health_factor, debt, now)
    if code != codes.OK:
        return code, none
    p = _pair(market, kc, kd, owner.emode)
    z = seizure(market, kc, kd, p, min(amount + ZERO, liquidatable(market, kc, kd, p, d, debt, balance)), balance)
    if z.code != codes.OK:
        return z.code, none
    bad_debt = 0
    if has_deficit(version):
        left = debt - z.debt if debt > z.debt else ZERO
        code = _dust_code(market, kc, kd, p, left, balance - z.collateral - z.fee)
        if code != codes.OK:
            return code, none
        bad_debt = 1 if d.collateral == z.value else 0
    variable_burn = debt + ZERO if bad_debt else z.debt
    stable_burn: int = ZERO
    if variable_burn > variable and has_stable_debt(version):
        variable_burn, stable_burn = variable, z.debt - variable
    plan = Liquidation(
        z.debt, z.collateral, z.fee, variable_burn, stable_burn, debt, balance, d.health_factor, bad_debt
    )
    code = _settlement_code(market, kc, kd, i, plan, debt_index, receive_atoken, wallet, now)
    return code, plan if code == codes.OK else none
