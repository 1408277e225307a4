"""Time in a reserve: indices projected to now, what updateState writes, the rate strategies, what
updateInterestRates writes.

An operation computes an `Accrued` and the new `Rates` first and writes both last, so that a refused call changes
nothing.
Sources: `ReserveLogic.sol`, `DefaultReserveInterestRateStrategy.sol` (3.0.2),
`DefaultReserveInterestRateStrategyV2.sol`.
"""

from typing import NamedTuple

from protocol_sim.numeric import (
    BPS,
    ZERO,
    add,
    percent_mul_half_up,
    ray_div_half_up,
    ray_mul_down,
    ray_mul_half_up,
    rule,
    sub,
    wad_to_ray,
)
from protocol_sim.protocols.aave_v3 import codes
from protocol_sim.protocols.aave_v3.results import ReserveUpdate
from protocol_sim.protocols.aave_v3.rules import (
    compounded_interest,
    debt_balance,
    linear_interest,
    scaled_supply_mint,
    stable_debt,
    uint128,
)
from protocol_sim.protocols.aave_v3.state import Reserve
from protocol_sim.protocols.aave_v3.versions import accounts_virtually, has_stable_debt, rounds_directionally


# ---- views ----------------------------------------------------------------------------------------------------------
@rule
def project(version: int, r: Reserve, now: int) -> int:
    """Fill `income_now` and `debt_now` once a timestamp (`getNormalizedIncome`, `getNormalizedDebt`); nothing is
    accrued.

    Known deviation: while nobody owes variable debt, `debt_now` stays at the stored index, as updateState would
    leave it; the
    view getReserveNormalizedVariableDebt grows with the base rate, but no operation reads it then.
    """
    if r.projected_at == now:
        return 0
    if r.last_updated == now:
        r.income_now = r.liquidity_index
        r.debt_now = r.variable_borrow_index
    else:
        r.income_now = ray_mul_half_up(linear_interest(r.liquidity_rate, r.last_updated, now), r.liquidity_index)
        if r.scaled_debt == 0:
            r.debt_now = r.variable_borrow_index
        else:
            r.debt_now = ray_mul_half_up(
                compounded_interest(version, r.variable_rate, r.last_updated, now), r.variable_borrow_index
            )
    r.projected_at = now
    return 0


@rule
def normalized_income(version: int, r: Reserve, now: int) -> int:
    """Supply index at `now`, ray."""
    project(version, r, now)
    return r.income_now


@rule
def normalized_debt(version: int, r: Reserve, now: int) -> int:
    """Variable borrow index at `now`, ray."""
    project(version, r, now)
    return r.debt_now


# ---- updateState ----------------------------------------------------------------------------------------------------
class Accrued(NamedTuple):
    """A reserve after `ReserveLogic.sol: updateState`, not written yet."""

    liquidity_index: int  # ray
    variable_borrow_index: int  # ray
    to_treasury: int  # scaled, added to accrued_to_treasury
    stable_total: int  # raw stable debt of everybody, now


@rule
def treasury_share(version: int, r: Reserve, liquidity_index: int, debt_index: int, stable_total: int) -> int:
    """Scaled aTokens that the interest since the last update owes the treasury (`_accrueToTreasury`)."""
    if r.reserve_factor == 0:
        return ZERO
    if rounds_directionally(version):
        interest = ray_mul_down(r.scaled_debt, sub(debt_index, r.variable_borrow_index))
    else:
        before, after = (
            ray_mul_half_up(r.scaled_debt, r.variable_borrow_index),
            ray_mul_half_up(r.scaled_debt, debt_index),
        )
        if has_stable_debt(version):
            grown = compounded_interest(version, r.average_stable_rate, r.stable_updated, r.last_updated)
            before = add(before, ray_mul_half_up(r.stable_principal, grown))
            after = add(after, stable_total)
        interest = sub(after, before)
    amount = percent_mul_half_up(interest, r.reserve_factor)
    return scaled_supply_mint(version, amount, liquidity_index) if amount != 0 else ZERO


@rule
def accrue(version: int, r: Reserve, now: int) -> Accrued:
    """What updateState would write at `now`; a supply or debt index only grows while there is a rate or a debt."""
    stable_total: int = ZERO
    if has_stable_debt(version):
        stable_total = stable_debt(version, r.stable_principal, r.average_stable_rate, r.stable_updated, now)
    if r.last_updated == now:
        return Accrued(r.liquidity_index, r.variable_borrow_index, ZERO, stable_total)
    project(version, r, now)
    share = treasury_share(version, r, r.income_now, r.debt_now, stable_total)
    return Accrued(uint128(r.income_now), uint128(r.debt_now), share, stable_total)


@rule
def write_accrual(r: Reserve, a: Accrued, now: int) -> int:
    """Store what `accrue` computed."""
    r.liquidity_index = a.liquidity_index
    r.variable_borrow_index = a.variable_borrow_index
    r.accrued_to_treasury = uint128(add(r.accrued_to_treasury, a.to_treasury))
    r.last_updated = now
    r.projected_at = -1
    return 0


# ---- rate strategies ------------------------------------------------------------------------------------------------
class Rates(NamedTuple):
    """New rates of a reserve, ray a year; `code` is not 0 where the contract would revert for lack of liquidity."""

    code: int
    liquidity: int
    stable: int
    variable: int


class Debts(NamedTuple):
    """A reserve's debts as the strategy sees them, after the operation."""

    scaled: int  # scaled variable debt
    stable: int  # raw stable debt
    average_rate: int  # ray a year, of the stable debt


@rule
def debts(r: Reserve, scaled: int, stable_total: int) -> Debts:
    """Debts with another scaled variable debt and untouched stable debt."""
    return Debts(scaled, stable_total, r.average_stable_rate)


@rule
def overall_borrow_rate(stable: int, variable: int, variable_rate: int, average_stable_rate: int) -> int:
    """Debt-weighted rate (`DefaultReserveInterestRateStrategy.sol: _getOverallBorrowRate`)."""
    total = add(stable, variable)
    if total == 0:
        return ZERO
    weighted_variable = ray_mul_half_up(wad_to_ray(variable), variable_rate)
    weighted_stable = ray_mul_half_up(wad_to_ray(stable), average_stable_rate)
    return ray_div_half_up(add(weighted_variable, weighted_stable), wad_to_ray(total))


@rule
def rates_v1(r: Reserve, liquidity: int, stable_debt_now: int, variable_debt: int, average_rate: int) -> Rates:
    """`DefaultReserveInterestRateStrategy.sol: calculateInterestRates` of 3.0.2, which takes usage 0 without debt."""
    total = add(stable_debt_now, variable_debt)
    usage: int = ZERO
    share: int = ZERO
    if total != 0:
        share = ray_div_half_up(stable_debt_now, total)
        usage = ray_div_half_up(total, add(liquidity, total))
    variable, stable = r.base_rate, add(r.variable_slope1, r.base_stable_offset)
    if usage > r.optimal:
        over = ray_div_half_up(usage - r.optimal, r.excess)
        stable = add(stable, add(r.stable_slope1, ray_mul_half_up(r.stable_slope2, over)))
        variable = add(variable, add(r.variable_slope1, ray_mul_half_up(r.variable_slope2, over)))
    else:
        stable = add(stable, ray_div_half_up(ray_mul_half_up(r.stable_slope1, usage), r.optimal))
        variable = add(variable, ray_div_half_up(ray_mul_half_up(r.variable_slope1, usage), r.optimal))
    if share > r.optimal_stable:
        stable = add(
            stable, ray_mul_half_up(r.stable_excess_offset, ray_div_half_up(share - r.optimal_stable, r.excess_stable))
        )
    overall = overall_borrow_rate(stable_debt_now, variable_debt, variable, average_rate)
    income = percent_mul_half_up(ray_mul_half_up(overall, usage), BPS - r.reserve_factor)
    return Rates(codes.OK, income, stable, variable)


@rule
def rates_v2(r: Reserve, liquidity: int, debt: int, deficit: int) -> Rates:
    """`DefaultReserveInterestRateStrategyV2.sol: calculateInterestRates`; the deficit lowers the suppliers' share
    only."""
    if debt == 0:
        return Rates(codes.OK, ZERO, ZERO, r.base_rate + ZERO)
    total = add(liquidity, debt)
    usage, supply_usage = ray_div_half_up(debt, total), ray_div_half_up(debt, add(total, deficit))
    if usage > r.optimal:
        over = ray_div_half_up(usage - r.optimal, r.excess)
        variable = add(r.base_rate, add(r.variable_slope1, ray_mul_half_up(r.variable_slope2, over)))
    else:
        variable = add(r.base_rate, ray_div_half_up(ray_mul_half_up(r.variable_slope1, usage), r.optimal))
    income = percent_mul_half_up(ray_mul_half_up(variable, supply_usage), BPS - r.reserve_factor)
    return Rates(codes.OK, income, ZERO, variable)


@rule
def next_rates(version: int, r: Reserve, a: Accrued, d: Debts, added: int, taken: int, deficit: int) -> Rates:
    """Rates after `added` raw underlying came and `taken` went (`updateInterestRates(AndVirtualBalance)`, before its
    writes)."""
    variable_debt = debt_balance(version, d.scaled, a.variable_borrow_index)
    total = add(d.stable, variable_debt)
    if total == 0 and not accounts_virtually(version):  # strategy V1 does not look at the liquidity then
        missing = codes.TRANSFER_EXCEEDS_BALANCE if taken > r.available_liquidity else codes.OK
        rates = rates_v1(r, ZERO + ZERO, ZERO + ZERO, ZERO + ZERO, ZERO + ZERO)
        return Rates(missing, rates.liquidity, rates.stable, rates.variable)
    liquidity = add(r.available_liquidity, added)
    if taken > liquidity:
        return Rates(codes.PANIC_ARITHMETIC, ZERO, ZERO, ZERO)  # in the strategy, or in the virtual balance
    liquidity = liquidity - taken
    if accounts_virtually(version):
        return rates_v2(r, liquidity, variable_debt, deficit)
    return rates_v1(r, liquidity, d.stable, variable_debt, d.average_rate)


@rule
def write_rates(r: Reserve, rates: Rates) -> ReserveUpdate:
    """Store new rates; the answer is the event ReserveDataUpdated."""
    r.liquidity_rate = uint128(rates.liquidity)
    r.stable_rate = uint128(rates.stable)
    r.variable_rate = uint128(rates.variable)
    r.projected_at = -1
    return ReserveUpdate(r.liquidity_rate, r.stable_rate, r.variable_rate, r.liquidity_index, r.variable_borrow_index)
