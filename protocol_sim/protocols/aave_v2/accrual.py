"""Time in one reserve: projecting indices, `updateState` with the treasury's share, `updateInterestRates`.

Both updates are computed first (`accrual`, `rates_after`) and written later (`settle_…`), so that an operation can
refuse after having seen them, as the contract does by reverting.
Source: `ReserveLogic.sol`.
"""

from typing import NamedTuple

from protocol_sim.numeric import (
    MAX_UINT128,
    ZERO,
    add,
    percent_mul_half_up,
    ray_div_half_up,
    ray_mul_half_up,
    rule,
    sub,
)
from protocol_sim.protocols.aave_v2 import codes
from protocol_sim.protocols.aave_v2.results import ReserveUpdate
from protocol_sim.protocols.aave_v2.rules import (
    Rates,
    Stable,
    compounded_interest,
    interest_rates,
    linear_interest,
    stable_debt,
)
from protocol_sim.protocols.aave_v2.state import Holding, Market, Reserve

NO_UPDATE = ReserveUpdate(ZERO, ZERO, ZERO, ZERO, ZERO)


class Accrual(NamedTuple):
    """`updateState`, computed and not yet written."""

    code: int
    liquidity_index: int  # ray
    variable_borrow_index: int  # ray
    to_treasury: int  # raw, 0: nothing is minted
    treasury_scaled: int  # scaled aTokens


@rule
def project(r: Reserve, now: int) -> None:
    """Keep the normalized income and debt of `now` in the row, once a timestamp (`getNormalizedIncome`,
    `getNormalizedDebt`). Whoever writes indices or rates by hand must set `projected_at` to -1."""
    if r.last_updated == now:
        r.income_now = r.liquidity_index
        r.debt_now = r.variable_borrow_index
    else:
        r.income_now = ray_mul_half_up(linear_interest(r.liquidity_rate, r.last_updated, now), r.liquidity_index)
        r.debt_now = ray_mul_half_up(compounded_interest(r.variable_rate, r.last_updated, now), r.variable_borrow_index)
    r.projected_at = now


@rule
def accrued_debt_index(r: Reserve) -> int:
    """The variable index that `updateState` will write. Unlike the view it stands still while no income is produced or
    nothing is borrowed. The reserve must be projected."""
    if r.liquidity_rate > 0 and r.scaled_debt != 0:
        return r.debt_now
    return r.variable_borrow_index


@rule
def treasury_share(r: Reserve, debt_index: int, now: int) -> int:
    """Raw aTokens that the treasury gets of the interest since the last update (`_mintToTreasury`)."""
    if r.reserve_factor == 0:
        return ZERO
    before: int = ray_mul_half_up(r.scaled_debt, r.variable_borrow_index)
    after: int = ray_mul_half_up(r.scaled_debt, debt_index)
    if r.stable_principal != 0:
        after = add(after, stable_debt(r.stable_principal, r.average_stable_rate, r.stable_updated, now))
        before = add(before, stable_debt(r.stable_principal, r.average_stable_rate, r.stable_updated, r.last_updated))
    return percent_mul_half_up(sub(after, before), r.reserve_factor)


@rule
def accrual(r: Reserve, now: int) -> Accrual:
    """`updateState` at `now`, nothing written but the projection."""
    if r.projected_at != now:
        project(r, now)
    code = codes.OK
    income = r.liquidity_index
    if r.liquidity_rate > 0:
        income = r.income_now
    debt = accrued_debt_index(r)
    if income > MAX_UINT128:
        code = codes.RL_LIQUIDITY_INDEX_OVERFLOW
    elif debt > MAX_UINT128:
        code = codes.RL_VARIABLE_BORROW_INDEX_OVERFLOW
    if code != codes.OK:
        return Accrual(code, income, debt, ZERO, ZERO)
    minted = treasury_share(r, debt, now)
    return Accrual(code, income, debt, minted, ray_div_half_up(minted, income))


@rule
def settle_accrual(market: Market, k: int, a: Accrual, now: int) -> None:
    """Write `updateState`: indices, time, the treasury's aTokens."""
    r = market.reserves[k]
    r.liquidity_index = a.liquidity_index
    r.variable_borrow_index = a.variable_borrow_index
    r.last_updated = now
    r.income_now = a.liquidity_index
    r.debt_now = a.variable_borrow_index
    r.projected_at = now
    if a.treasury_scaled > 0:
        h = market.holdings[market.settings[0].treasury * len(market.reserves) + k]
        h.scaled_supply = add(h.scaled_supply, a.treasury_scaled)
        r.scaled_supply = add(r.scaled_supply, a.treasury_scaled)


@rule
def stable_of(r: Reserve, h: Holding) -> Stable:
    """The stable debt of a reserve and of one of its holders."""
    return Stable(
        r.stable_principal, r.average_stable_rate, r.stable_updated, h.stable_principal, h.stable_rate, h.stable_updated
    )


@rule
def settle_stable(r: Reserve, h: Holding, s: Stable) -> None:
    """Write the stable debt of a reserve and of one of its holders."""
    r.stable_principal = s.principal
    r.average_stable_rate = s.average_rate
    r.stable_updated = s.updated
    h.stable_principal = s.user_principal
    h.stable_rate = s.user_rate
    h.stable_updated = s.user_updated


@rule
def rates_after(r: Reserve, debt_index: int, liquidity: int, scaled_debt: int, s: Stable, now: int) -> Rates:
    """`updateInterestRates` for the liquidity and debts that an operation leaves behind."""
    stable = stable_debt(s.principal, s.average_rate, s.updated, now)
    return interest_rates(r, liquidity, stable, ray_mul_half_up(scaled_debt, debt_index), s.average_rate)


@rule
def settle_rates(r: Reserve, rates: Rates) -> ReserveUpdate:
    """Write new rates; the answer is the event, with the indices as they stand."""
    r.liquidity_rate = rates.liquidity
    r.stable_rate = rates.stable
    r.variable_rate = rates.variable
    return ReserveUpdate(rates.liquidity, rates.stable, rates.variable, r.liquidity_index, r.variable_borrow_index)
