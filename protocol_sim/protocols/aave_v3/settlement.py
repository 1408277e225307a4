"""A liquidation, settled: debt burned, collateral burned or handed over, fee, bad debt, in the contract's order.

Source: `LiquidationLogic.sol: executeLiquidationCall`, `_burnDebtTokens`, `_burnBadDebt`.
"""

from typing import NamedTuple

from protocol_sim.numeric import ZERO, add, rule, sub
from protocol_sim.protocols.aave_v3 import codes
from protocol_sim.protocols.aave_v3.account import becomes_collateral, has, isolated_by, with_bit
from protocol_sim.protocols.aave_v3.accrual import (
    Accrued,
    Debts,
    accrue,
    debts,
    next_rates,
    normalized_income,
    write_accrual,
    write_rates,
)
from protocol_sim.protocols.aave_v3.debt import burn_debt, lower_isolated_debt, stable_of, write_stable
from protocol_sim.protocols.aave_v3.liquidation import liquidation_plan
from protocol_sim.protocols.aave_v3.results import (
    NO_MOVE,
    NO_UPDATE,
    Liquidated,
    Liquidation,
    ReserveUpdate,
    StableMove,
)
from protocol_sim.protocols.aave_v3.rules import (
    burn_stable,
    debt_balance,
    scaled_debt_burn,
    scaled_supply_burn,
    supply_balance,
)
from protocol_sim.protocols.aave_v3.state import Market
from protocol_sim.protocols.aave_v3.supply import burn_supply, move_supply
from protocol_sim.protocols.aave_v3.versions import (
    V330,
    accounts_virtually,
    clears_borrowing_by_scaled,
    emode_decides_alone,
    has_deficit,
    rounds_directionally,
    updates_both_reserves_first,
)


class DebtSide(NamedTuple):
    """What happened in one debt reserve."""

    deficit: int  # raw
    cleared: int  # flag
    stable: StableMove
    update: ReserveUpdate


@rule
def _burn_debt_side(
    market: Market,
    k: int,
    i: int,
    a: Accrued,
    repaid: int,
    variable_burn: int,
    stable_burn: int,
    debt: int,
    bad_debt: int,
    now: int,
) -> DebtSide:
    """Burn debt of account i in reserve k, note a deficit, set the rates; the accrual is already written."""
    version, r = market.settings[0].version, market.reserves[k]
    h, owner = market.holdings[i * len(market.reserves) + k], market.accounts[i]
    after, move = debts(r, r.scaled_debt, a.stable_total), NO_MOVE
    if variable_burn != 0:
        burn_debt(r, h, scaled_debt_burn(version, variable_burn, a.variable_borrow_index), a.variable_borrow_index)
        after = debts(r, r.scaled_debt, a.stable_total)
    if stable_burn != 0:
        change = burn_stable(version, stable_of(r, h), stable_burn, now)
        move = change.move
        write_stable(r, h, change.after)
        after = Debts(r.scaled_debt, move.supply, move.average_rate)
    outstanding, deficit = sub(debt, repaid), ZERO + ZERO
    if bad_debt:
        outstanding, deficit = ZERO + ZERO, outstanding
        r.deficit = add(r.deficit, deficit)
    cleared = 1 if (h.scaled_debt == 0 if clears_borrowing_by_scaled(version) else outstanding == 0) else 0
    if cleared:
        owner.borrowing = with_bit(owner.borrowing, k, 0)
    update = write_rates(r, next_rates(version, r, a, after, repaid, ZERO, r.deficit))
    if accounts_virtually(version):
        r.available_liquidity = add(r.available_liquidity, repaid)
    return DebtSide(deficit, cleared, move, update)


@rule
def _burn_bad_debt(market: Market, i: int, now: int) -> int:
    """The account's debts in every other active reserve become deficits (3.3)."""
    version, bits = market.settings[0].version, market.accounts[i].borrowing
    for k in range(len(market.reserves)):
        r = market.reserves[k]
        if has(bits, k) and r.active:
            a = accrue(version, r, now)
            debt = debt_balance(
                version, market.holdings[i * len(market.reserves) + k].scaled_debt, a.variable_borrow_index
            )
            write_accrual(r, a, now)
            _burn_debt_side(market, k, i, a, ZERO, debt, ZERO, debt, 1, now)
    return 0


# ---- collateral -----------------------------------------------------------------------------------------------------
@rule
def _hand_over(market: Market, kc: int, i: int, liquidator: int, plan: Liquidation, index: int) -> int:
    """aTokens to the liquidator; flag: they became its collateral (not from 3.6 on)."""
    version, count = market.settings[0].version, len(market.reserves)
    giver, taker, owner = (
        market.holdings[i * count + kc],
        market.holdings[liquidator * count + kc],
        market.accounts[liquidator],
    )
    first = taker.scaled_supply == 0
    if version == V330 and i == liquidator and plan.seized + plan.fee == plan.collateral_balance:
        first = True
    move_supply(giver, taker, scaled_supply_burn(version, plan.seized, index), index)
    if (
        not first
        or emode_decides_alone(version)
        or not becomes_collateral(market, liquidator, kc, owner.isolated_supplier)
    ):
        return 0
    owner.collateral = with_bit(owner.collateral, kc, 1)
    return 1


@rule
def _burn_collateral(market: Market, kc: int, i: int, a: Accrued, plan: Liquidation) -> ReserveUpdate:
    """aTokens burned, the underlying leaves; the accrual is already written."""
    version, c = market.settings[0].version, market.reserves[kc]
    rates = next_rates(version, c, a, debts(c, c.scaled_debt, a.stable_total), ZERO, plan.seized, c.deficit)
    update = write_rates(c, rates)
    c.available_liquidity = sub(c.available_liquidity, plan.seized)
    h = market.holdings[i * len(market.reserves) + kc]
    burn_supply(c, h, scaled_supply_burn(version, plan.seized, a.liquidity_index), a.liquidity_index)
    return update


@rule
def _pay_fee(market: Market, kc: int, i: int, fee: int, index: int) -> int:
    """aTokens to the treasury, at most what is left; the answer is what was paid."""
    s, count = market.settings[0], len(market.reserves)
    giver, taker = market.holdings[i * count + kc], market.holdings[s.treasury * count + kc]
    if fee == 0:
        return ZERO
    scaled, paid = scaled_supply_burn(s.version, fee, index), fee + ZERO
    if scaled > giver.scaled_supply:
        paid = supply_balance(s.version, giver.scaled_supply, index)
        scaled = giver.scaled_supply if rounds_directionally(s.version) else scaled_supply_burn(s.version, paid, index)
    move_supply(giver, taker, scaled, index)
    return paid


# ---- the call -------------------------------------------------------------------------------------------------------
@rule
def settle(
    market: Market, kc: int, kd: int, i: int, liquidator: int, receive_atoken: int, plan: Liquidation, now: int
) -> Liquidated:
    """Execute a plan made at the same moment. From 3.5 both reserves are cached before either accrues: when they are
    one,
    the treasury's share is added twice."""
    version, c, r, owner = market.settings[0].version, market.reserves[kc], market.reserves[kd], market.accounts[i]
    first = updates_both_reserves_first(version)
    a, ca = accrue(version, r, now), accrue(version, c, now)
    write_accrual(r, a, now)
    if first:
        write_accrual(c, ca, now)
    disabled = 1 if plan.seized + plan.fee == plan.collateral_balance else 0
    if disabled:
        owner.collateral = with_bit(owner.collateral, kc, 0)
    side = _burn_debt_side(
        market, kd, i, a, plan.repaid, plan.variable_burn, plan.stable_burn, plan.debt_balance, plan.bad_debt, now
    )
    isolated = (kc if c.debt_ceiling != 0 else -1) if has_deficit(version) else isolated_by(market, owner)
    isolation_debt = lower_isolated_debt(market, kd, isolated, plan.repaid)
    enabled, update = 0, NO_UPDATE
    if receive_atoken:
        index = normalized_income(version, c, now)
        enabled = _hand_over(market, kc, i, liquidator, plan, index)
    else:
        if not first:
            ca = accrue(version, c, now)
            write_accrual(c, ca, now)
        index = ca.liquidity_index
        update = _burn_collateral(market, kc, i, ca, plan)
    fee = _pay_fee(market, kc, i, plan.fee, index)
    if plan.bad_debt and owner.borrowing != 0:
        _burn_bad_debt(market, i, now)
    if not accounts_virtually(version):
        r.available_liquidity = add(r.available_liquidity, plan.repaid)
    return Liquidated(
        plan.repaid, plan.seized, fee, index, side.deficit, enabled, disabled, side.cleared, isolated, isolation_debt,
        side.stable, side.update, update,
    )  # fmt: skip


@rule
def liquidation_call(
    market: Market, liquidator: int, i: int, kc: int, kd: int, amount: int, receive_atoken: int, wallet: int, now: int
) -> tuple[int, Liquidated]:
    """Repay at most `amount` of account i's debt kd for its collateral kc (`Pool.sol: liquidationCall`); arguments
    as in
    `liquidation_plan`."""
    code, plan = liquidation_plan(market, liquidator, i, kc, kd, amount, receive_atoken, wallet, now)
    if code != codes.OK:
        return code, Liquidated(ZERO, ZERO, ZERO, ZERO, ZERO, 0, 0, 0, -1, ZERO, NO_MOVE, NO_UPDATE, NO_UPDATE)
    return codes.OK, settle(market, kc, kd, i, liquidator, receive_atoken, plan, now)
