"""`liquidationCall`: what a liquidation would move (`liquidation_plan`) and its execution (`liquidation_call`).

What the collateral manager returns keeps its own code; what it reverts with shows as LP_LIQUIDATION_CALL_FAILED.
Sources: `LendingPoolCollateralManager.sol`, `ValidationLogic.sol: validateLiquidationCall`.
"""

from typing import NamedTuple

from protocol_sim.numeric import WAD, ZERO, add, percent_mul_half_up, ray_div_half_up, ray_mul_half_up, rule
from protocol_sim.protocols.aave_v2 import codes
from protocol_sim.protocols.aave_v2.account import account_data, atoken_balance, stable_debt_of, variable_debt_of
from protocol_sim.protocols.aave_v2.accrual import (
    NO_UPDATE,
    Accrual,
    accrual,
    accrued_debt_index,
    rates_after,
    settle_accrual,
    settle_rates,
    settle_stable,
    stable_of,
)
from protocol_sim.protocols.aave_v2.borrow import scaled_burn_code
from protocol_sim.protocols.aave_v2.results import Liquidated, Liquidation, ReserveUpdate, StableMove
from protocol_sim.protocols.aave_v2.rules import NO_MOVE, Rates, Stable, burn_stable, collateral_for, debt_for
from protocol_sim.protocols.aave_v2.state import Market
from protocol_sim.protocols.aave_v2.supply import use_as_collateral

NO_PLAN = Liquidation(ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO)
NOT_LIQUIDATED = Liquidated(ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, 0, 0, NO_MOVE, NO_UPDATE, NO_UPDATE)
NO_RATES = Rates(codes.OK, ZERO, ZERO, ZERO)


# ---- what would move ------------------------------------------------------------------------------------------------
@rule
def validate_liquidation(market: Market, i: int, kc: int, kd: int, factor: int, debt: int) -> int:
    """`ValidationLogic.sol: validateLiquidationCall`: health factor `factor`, raw `debt` of asset kd."""
    rc, rd = market.reserves[kc], market.reserves[kd]
    if not rc.active or not rd.active:
        return codes.VL_NO_ACTIVE_RESERVE
    if factor >= WAD:
        return codes.LPCM_HEALTH_FACTOR_NOT_BELOW_THRESHOLD
    if rc.threshold == 0 or market.accounts[i].collateral >> kc & 1 == 0:
        return codes.LPCM_COLLATERAL_CANNOT_BE_LIQUIDATED
    if debt == 0:
        return codes.LPCM_SPECIFIED_CURRENCY_NOT_BORROWED_BY_USER
    return codes.OK


@rule
def liquidation_plan(market: Market, i: int, kc: int, kd: int, debt_to_cover: int, now: int) -> tuple[int, Liquidation]:
    """What liquidating account i for underlying would move; refuses all that `liquidation_call` would, the liquidator's
    wallet apart. Nothing is written."""
    return plan(market, i, kc, kd, debt_to_cover, 0, now)


@rule
def plan(
    market: Market, i: int, kc: int, kd: int, debt_to_cover: int, receive_atoken: int, now: int
) -> tuple[int, Liquidation]:
    """The same for either kind of payment; `receive_atoken` is 0 or 1."""
    if market.settings[0].paused:
        return codes.LP_IS_PAUSED, NO_PLAN
    factor = account_data(market, i, now).health_factor
    return plan_knowing(market, factor, i, kc, kd, debt_to_cover, receive_atoken, now)


@rule
def plan_knowing(
    market: Market, factor: int, i: int, kc: int, kd: int, debt_to_cover: int, receive_atoken: int, now: int
) -> tuple[int, Liquidation]:
    """The same where the account's health factor (wad) at `now` is known."""
    rc, rd = market.reserves[kc], market.reserves[kd]
    if market.settings[0].paused:
        return codes.LP_IS_PAUSED, NO_PLAN
    stable, variable = stable_debt_of(market, i, kd, now), variable_debt_of(market, i, kd, now)
    debt = add(stable, variable)
    code = validate_liquidation(market, i, kc, kd, factor, debt)
    if code != codes.OK:
        return code, NO_PLAN
    if rc.price == 0:  # a division by zero inside the delegated call
        return codes.LP_LIQUIDATION_CALL_FAILED, NO_PLAN
    balance = atoken_balance(market, i, kc, now)
    repaid = min(debt_to_cover, percent_mul_half_up(debt, market.settings[0].close_factor))
    seized = collateral_for(repaid, rd.price, rd.unit, rc.price, rc.unit, rc.bonus)
    if seized > balance:
        seized = balance
        repaid = min(repaid, debt_for(balance, rd.price, rd.unit, rc.price, rc.unit, rc.bonus))
    if not receive_atoken and rc.available_liquidity < seized:
        return codes.LPCM_NOT_ENOUGH_LIQUIDITY_TO_LIQUIDATE, NO_PLAN
    burn = min(variable, repaid)
    hd = market.holdings[i * len(market.reserves) + kd]
    scaled = ray_div_half_up(burn, accrued_debt_index(rd))
    if (repaid == 0 or burn > 0) and scaled_burn_code(rd.scaled_debt, hd.scaled_debt, scaled) != codes.OK:
        return codes.LP_LIQUIDATION_CALL_FAILED, NO_PLAN
    return codes.OK, Liquidation(repaid, seized, burn, repaid - burn, scaled, balance, factor)


# ---- execution ------------------------------------------------------------------------------------------------------
class Sides(NamedTuple):
    """Both reserves after the liquidation, computed and not yet written."""

    debt: Accrual
    debt_rates: Rates
    scaled_debt: int  # scaled variable debt left in the debt reserve
    stable: Stable  # stable debt left
    move: StableMove
    collateral: Accrual
    collateral_rates: Rates
    scaled_seized: int  # scaled aTokens


@rule
def sides(market: Market, i: int, kc: int, kd: int, p: Liquidation, receive_atoken: int, now: int) -> tuple[int, Sides]:
    """Debt first, then collateral, as on chain. Within one asset the second rate update sees the debt burned but not
    the repayment, which is pulled at the end; its second `updateState` finds nothing to accrue."""
    rc, rd = market.reserves[kc], market.reserves[kd]
    width = len(market.reserves)
    hc, hd = market.holdings[i * width + kc], market.holdings[i * width + kd]
    ad = accrual(rd, now)
    code = ad.code
    s, move = stable_of(rd, hd), NO_MOVE
    if p.stable_burn > 0:
        change = burn_stable(s, p.stable_burn, now)
        code = max(code, change.code)
        s, move = change.after, change.move
    scaled_debt = rd.scaled_debt - p.scaled_burn
    liquidity = add(rd.available_liquidity, p.repaid)
    debt_rates = rates_after(rd, ad.variable_borrow_index, liquidity, scaled_debt, s, now)
    ac, collateral_rates = ad, NO_RATES
    if receive_atoken:
        scaled_seized = ray_div_half_up(p.seized, rc.income_now)
    else:
        left = rc.available_liquidity - p.seized
        if kc == kd:
            ac = Accrual(codes.OK, ad.liquidity_index, ad.variable_borrow_index, ZERO, ZERO)
            collateral_rates = rates_after(rc, ac.variable_borrow_index, left, scaled_debt, s, now)
        else:
            ac = accrual(rc, now)
            held = stable_of(rc, hc)
            collateral_rates = rates_after(rc, ac.variable_borrow_index, left, rc.scaled_debt, held, now)
        scaled_seized = ray_div_half_up(p.seized, ac.liquidity_index)
        if scaled_seized == 0:
            code = codes.CT_INVALID_BURN_AMOUNT
    if scaled_seized > hc.scaled_supply:
        code = codes.ERC20_BURN_EXCEEDS_BALANCE
    code = max(code, ac.code, debt_rates.code, collateral_rates.code)
    return code, Sides(ad, debt_rates, scaled_debt, s, move, ac, collateral_rates, scaled_seized)


@rule
def liquidation_call(
    market: Market,
    liquidator: int,
    i: int,
    kc: int,
    kd: int,
    debt_to_cover: int,
    receive_atoken: int,
    wallet: int,
    now: int,
) -> tuple[int, Liquidated]:
    """`LendingPool.sol: liquidationCall`: `liquidator` repays account i's debt in asset kd and takes collateral kc, as
    underlying or (`receive_atoken` 1) as aTokens. `wallet` is the liquidator's raw balance of asset kd before; within
    one asset the seized underlying arrives before the repayment is pulled."""
    code, p = plan(market, i, kc, kd, debt_to_cover, receive_atoken, now)
    if code != codes.OK:
        return code, NOT_LIQUIDATED
    code, after = sides(market, i, kc, kd, p, receive_atoken, now)
    cash = wallet
    if kc == kd and not receive_atoken:
        cash = add(wallet, p.seized)
    if code != codes.OK or cash < p.repaid:
        return codes.LP_LIQUIDATION_CALL_FAILED, NOT_LIQUIDATED
    debt_update = settle_debt(market, i, kd, p, after, now)
    enabled, treasury, collateral_update = 0, after.collateral.to_treasury, NO_UPDATE
    if receive_atoken:
        treasury = ZERO
        enabled = settle_atokens(market, liquidator, i, kc, after)
    else:
        collateral_update = settle_underlying(market, i, kc, p, after, now)
    disabled = 1 if p.seized == p.collateral_balance else 0
    if disabled:
        use_as_collateral(market.accounts[i], kc, 0)
    rd = market.reserves[kd]
    rd.available_liquidity = add(rd.available_liquidity, p.repaid)
    income = market.reserves[kc].income_now
    return codes.OK, Liquidated(
        p.repaid,
        p.seized,
        p.variable_burn,
        p.stable_burn,
        after.debt.to_treasury,
        treasury,
        income,
        enabled,
        disabled,
        after.move,
        debt_update,
        collateral_update,
    )


@rule
def settle_debt(market: Market, i: int, kd: int, p: Liquidation, after: Sides, now: int) -> ReserveUpdate:
    """Burn the debt and write the debt reserve's rates; the repayment itself arrives last."""
    rd, hd = market.reserves[kd], market.holdings[i * len(market.reserves) + kd]
    settle_accrual(market, kd, after.debt, now)
    settle_stable(rd, hd, after.stable)
    hd.scaled_debt = hd.scaled_debt - p.scaled_burn
    rd.scaled_debt = after.scaled_debt
    return settle_rates(rd, after.debt_rates)


@rule
def settle_underlying(market: Market, i: int, kc: int, p: Liquidation, after: Sides, now: int) -> ReserveUpdate:
    """Burn the seized aTokens; the underlying leaves the reserve."""
    rc, hc = market.reserves[kc], market.holdings[i * len(market.reserves) + kc]
    settle_accrual(market, kc, after.collateral, now)
    hc.scaled_supply = hc.scaled_supply - after.scaled_seized
    rc.scaled_supply = rc.scaled_supply - after.scaled_seized
    rc.available_liquidity = rc.available_liquidity - p.seized
    return settle_rates(rc, after.collateral_rates)


@rule
def settle_atokens(market: Market, liquidator: int, i: int, kc: int, after: Sides) -> int:
    """Move the seized aTokens; 1 if that switched the liquidator's collateral use on. The reserve is not updated."""
    width = len(market.reserves)
    hc, hl = market.holdings[i * width + kc], market.holdings[liquidator * width + kc]
    enabled = 1 if ray_mul_half_up(hl.scaled_supply, market.reserves[kc].income_now) == 0 else 0
    if enabled:
        use_as_collateral(market.accounts[liquidator], kc, 1)
    hc.scaled_supply = hc.scaled_supply - after.scaled_seized
    hl.scaled_supply = add(hl.scaled_supply, after.scaled_seized)
    return enabled
