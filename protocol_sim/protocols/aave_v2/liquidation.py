"""`liquidationCall`: what a liquidation would move (`liquidation_plan`) and its execution (`liquidation_call`).

What the collateral manager returns keeps its own code; what it reverts with shows as LP_LIQUIDATION_CALL_FAILED.
Sources: `LendingPoolCollateralManager.sol`, `ValidationLogic.sol: validateLiquidationCall`.
"""

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
from protocol_sim.protocols.aave_v2.results import Liquidated, Liquidation
from protocol_sim.protocols.aave_v2.rules import NO_MOVE, Rates, burn_stable, collateral_for, debt_for
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
    rc, rd = market.reserves[kc], market.reserves[kd]
    if market.settings[0].paused:
        return codes.LP_IS_PAUSED, NO_PLAN
    factor = account_data(market, i, now).health_factor
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
    underlying or (`receive_atoken` 1) as aTokens. `wallet` is the liquidator's raw balance of asset kd before.

    In one and the same asset the seized underlying arrives before the repayment is pulled, and the second rate update
    sees the pool without the repayment: both as on chain.
    """
    rc, rd = market.reserves[kc], market.reserves[kd]
    width = len(market.reserves)
    hc, hd = market.holdings[i * width + kc], market.holdings[i * width + kd]
    code, p = plan(market, i, kc, kd, debt_to_cover, receive_atoken, now)
    if code != codes.OK:
        return code, NOT_LIQUIDATED
    failed = codes.LP_LIQUIDATION_CALL_FAILED
    ad = accrual(rd, now)
    s, move = stable_of(rd, hd), NO_MOVE
    if p.stable_burn > 0:
        change = burn_stable(s, p.stable_burn, now)
        if change.code != codes.OK:
            return failed, NOT_LIQUIDATED
        s, move = change.after, change.move
    scaled_debt = rd.scaled_debt - p.scaled_burn
    debt_rates = rates_after(rd, ad.variable_borrow_index, add(rd.available_liquidity, p.repaid), scaled_debt, s, now)
    ac = ad
    collateral_rates = NO_RATES
    if receive_atoken:
        scaled_seized = ray_div_half_up(p.seized, rc.income_now)
    else:
        liquidity = rc.available_liquidity - p.seized
        if kc == kd:  # the second updateState of one block finds nothing to accrue
            ac = Accrual(codes.OK, ad.liquidity_index, ad.variable_borrow_index, ZERO, ZERO)
            collateral_rates = rates_after(rc, ac.variable_borrow_index, liquidity, scaled_debt, s, now)
        else:
            ac = accrual(rc, now)
            sc = stable_of(rc, hc)
            collateral_rates = rates_after(rc, ac.variable_borrow_index, liquidity, rc.scaled_debt, sc, now)
        scaled_seized = ray_div_half_up(p.seized, ac.liquidity_index)
        if scaled_seized == 0:
            return failed, NOT_LIQUIDATED
    cash = wallet
    if kc == kd and not receive_atoken:
        cash = add(wallet, p.seized)
    if scaled_seized > hc.scaled_supply or cash < p.repaid:
        return failed, NOT_LIQUIDATED
    if ad.code != codes.OK or ac.code != codes.OK or debt_rates.code != codes.OK or collateral_rates.code != codes.OK:
        return failed, NOT_LIQUIDATED

    settle_accrual(market, kd, ad, now)
    settle_stable(rd, hd, s)
    hd.scaled_debt = hd.scaled_debt - p.scaled_burn
    rd.scaled_debt = scaled_debt
    debt_update = settle_rates(rd, debt_rates)
    collateral_update = NO_UPDATE
    enabled, treasury = 0, ac.to_treasury
    if receive_atoken:
        treasury = ZERO
        hl = market.holdings[liquidator * width + kc]
        if ray_mul_half_up(hl.scaled_supply, rc.income_now) == 0:
            enabled = 1
            use_as_collateral(market.accounts[liquidator], kc, 1)
        hc.scaled_supply = hc.scaled_supply - scaled_seized
        hl.scaled_supply = add(hl.scaled_supply, scaled_seized)
    else:
        settle_accrual(market, kc, ac, now)
        collateral_update = settle_rates(rc, collateral_rates)
        hc.scaled_supply = hc.scaled_supply - scaled_seized
        rc.scaled_supply = rc.scaled_supply - scaled_seized
        rc.available_liquidity = rc.available_liquidity - p.seized
    disabled = 1 if p.seized == p.collateral_balance else 0
    if disabled:
        use_as_collateral(market.accounts[i], kc, 0)
    rd.available_liquidity = add(rd.available_liquidity, p.repaid)
    return codes.OK, Liquidated(
        p.repaid,
        p.seized,
        p.variable_burn,
        p.stable_burn,
        ad.to_treasury,
        treasury,
        rc.income_now,
        enabled,
        disabled,
        move,
        debt_update,
        collateral_update,
    )
