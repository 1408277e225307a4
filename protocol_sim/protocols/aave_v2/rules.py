"""The pure arithmetic: interest, rates, liquidation amounts, health factor, stable debt.

Sources: `MathUtils.sol`, `DefaultReserveInterestRateStrategy.sol`, `LendingPoolCollateralManager.sol`,
`GenericLogic.sol`, `StableDebtToken.sol`. Machine integers (seconds, bps) are multiplied starting from a wide factor.
"""

from typing import NamedTuple

from protocol_sim.numeric import (
    BPS,
    MAX_UINT128,
    MAX_UINT256,
    RAY,
    ZERO,
    Wide,
    add,
    div,
    mul,
    percent_div_half_up,
    percent_mul_half_up,
    ray_div_half_up,
    ray_mul_half_up,
    rule,
    sub,
    wad_div_half_up,
    wad_to_ray,
)
from protocol_sim.protocols.aave_v2 import codes
from protocol_sim.protocols.aave_v2.results import StableMove
from protocol_sim.protocols.aave_v2.state import Reserve

YEAR = 31_536_000  # s, MathUtils.SECONDS_PER_YEAR
REBALANCE_USAGE = Wide(95 * RAY // 100)  # ray, REBALANCE_UP_USAGE_RATIO_THRESHOLD
REBALANCE_RATE = 4000  # bps of the highest variable rate, REBALANCE_UP_LIQUIDITY_RATE_THRESHOLD


# ---- interest -------------------------------------------------------------------------------------------------------
@rule
def linear_interest(rate: int, since: int, now: int) -> int:
    """Growth in ray of a ray-a-year rate (`MathUtils.sol: calculateLinearInterest`)."""
    return rate * (now - since) // YEAR + RAY


@rule
def compounded_interest(rate: int, since: int, now: int) -> int:
    """Growth in ray, three terms of the binomial (`MathUtils.sol: calculateCompoundedInterest`)."""
    dt = now - since
    if dt == 0:
        return RAY + ZERO
    less_two = dt - 2 if dt > 2 else 0
    per_second = rate // YEAR
    squared = ray_mul_half_up(per_second, per_second)
    cubed = ray_mul_half_up(squared, per_second)
    return RAY + per_second * dt + squared * dt * (dt - 1) // 2 + cubed * dt * (dt - 1) * less_two // 6


# ---- interest rate strategy -----------------------------------------------------------------------------------------
class Rates(NamedTuple):
    """New rates of a reserve, ray a year."""

    code: int
    liquidity: int
    stable: int
    variable: int


@rule
def overall_borrow_rate(stable_debt: int, variable_debt: int, variable_rate: int, average_stable_rate: int) -> int:
    """Debt-weighted rate (`DefaultReserveInterestRateStrategy.sol: _getOverallBorrowRate`)."""
    total = add(stable_debt, variable_debt)
    if total == 0:
        return ZERO
    weighted_variable = ray_mul_half_up(wad_to_ray(variable_debt), variable_rate)
    weighted_stable = ray_mul_half_up(wad_to_ray(stable_debt), average_stable_rate)
    return ray_div_half_up(add(weighted_variable, weighted_stable), wad_to_ray(total))


@rule
def interest_rates(r: Reserve, liquidity: int, stable_debt: int, variable_debt: int, average_stable_rate: int) -> Rates:
    """Rates for the amounts given (`DefaultReserveInterestRateStrategy.sol: calculateInterestRates`, checks of
    `ReserveLogic.sol: updateInterestRates`); reads only the strategy and the reserve factor of `r`."""
    debt = add(stable_debt, variable_debt)
    usage: int = ZERO
    if debt != 0:
        usage = ray_div_half_up(debt, add(liquidity, debt))
    if usage > r.optimal:
        ratio = ray_div_half_up(usage - r.optimal, r.excess)
        stable = add(add(r.market_rate, r.stable_slope1), ray_mul_half_up(r.stable_slope2, ratio))
        variable = add(add(r.base_rate, r.variable_slope1), ray_mul_half_up(r.variable_slope2, ratio))
    else:
        stable = add(r.market_rate, ray_mul_half_up(r.stable_slope1, ray_div_half_up(usage, r.optimal)))
        variable = add(r.base_rate, ray_div_half_up(ray_mul_half_up(usage, r.variable_slope1), r.optimal))
    overall = overall_borrow_rate(stable_debt, variable_debt, variable, average_stable_rate)
    if r.reserve_factor > BPS:
        return Rates(codes.SAFEMATH_SUBTRACTION, ZERO, ZERO, ZERO)
    income = percent_mul_half_up(ray_mul_half_up(overall, usage), BPS - r.reserve_factor)
    code = codes.OK
    if income > MAX_UINT128:
        code = codes.RL_LIQUIDITY_RATE_OVERFLOW
    elif stable > MAX_UINT128:
        code = codes.RL_STABLE_BORROW_RATE_OVERFLOW
    elif variable > MAX_UINT128:
        code = codes.RL_VARIABLE_BORROW_RATE_OVERFLOW
    return Rates(code, income, stable, variable)


@rule
def rebalance_allowed(r: Reserve, debt: int) -> bool:
    """Whether stable borrowers may be rebalanced (`ValidationLogic.sol: validateRebalanceStableBorrowRate`)."""
    usage: int = ZERO
    if debt != 0:
        total = wad_to_ray(debt)
        usage = ray_div_half_up(total, add(wad_to_ray(r.available_liquidity), total))
    highest = add(add(r.base_rate, r.variable_slope1), r.variable_slope2)
    return usage >= REBALANCE_USAGE and r.liquidity_rate <= percent_mul_half_up(highest, REBALANCE_RATE)


# ---- stable debt ----------------------------------------------------------------------------------------------------
class Stable(NamedTuple):
    """Stable debt of one reserve and of one account in it (`StableDebtToken.sol`'s storage)."""

    principal: int  # raw, of everybody
    average_rate: int  # ray a year
    updated: int  # s
    user_principal: int  # raw
    user_rate: int  # ray a year
    user_updated: int  # s


class StableChange(NamedTuple):
    """A mint or burn of stable debt: the storage afterwards and the event's fields."""

    code: int
    after: Stable
    move: StableMove


NO_MOVE = StableMove(ZERO, ZERO, ZERO, ZERO, ZERO)


@rule
def stable_debt(principal: int, rate: int, since: int, now: int) -> int:
    """Raw debt now (`StableDebtToken.sol: balanceOf`, `_calcTotalSupply`)."""
    if principal == 0:
        return ZERO
    return ray_mul_half_up(principal, compounded_interest(rate, since, now))


@rule
def mint_stable(s: Stable, amount: int, rate: int, now: int) -> StableChange:
    """`amount` of new debt at `rate` (`StableDebtToken.sol: mint`)."""
    balance = stable_debt(s.user_principal, s.user_rate, s.user_updated, now)
    supply = stable_debt(s.principal, s.average_rate, s.updated, now)
    if balance + amount == 0:
        return StableChange(codes.MATH_DIVISION_BY_ZERO, s, NO_MOVE)
    next_supply, in_ray = add(supply, amount), wad_to_ray(amount)
    user_rate = ray_div_half_up(
        add(ray_mul_half_up(s.user_rate, wad_to_ray(balance)), ray_mul_half_up(in_ray, rate)),
        wad_to_ray(add(balance, amount)),
    )
    if user_rate > MAX_UINT128:
        return StableChange(codes.SDT_STABLE_DEBT_OVERFLOW, s, NO_MOVE)
    average = ray_div_half_up(
        add(ray_mul_half_up(s.average_rate, wad_to_ray(supply)), ray_mul_half_up(rate, in_ray)), wad_to_ray(next_supply)
    )
    increase = balance - s.user_principal
    after = Stable(next_supply, average, now, add(balance, amount), user_rate, now)
    return StableChange(codes.OK, after, StableMove(balance, increase, user_rate, average, next_supply))


@rule
def burn_stable(s: Stable, amount: int, now: int) -> StableChange:
    """`amount` of debt gone (`StableDebtToken.sol: burn`). Total and users accrue apart: the total may end first."""
    balance = stable_debt(s.user_principal, s.user_rate, s.user_updated, now)
    supply = stable_debt(s.principal, s.average_rate, s.updated, now)
    if amount > balance:
        return StableChange(codes.SDT_BURN_EXCEEDS_BALANCE, s, NO_MOVE)
    total: int = ZERO
    average: int = ZERO
    next_supply: int = ZERO
    if supply > amount:
        next_supply = supply - amount
        first = ray_mul_half_up(s.average_rate, wad_to_ray(supply))
        second = ray_mul_half_up(s.user_rate, wad_to_ray(amount))
        if second < first:
            total = next_supply
            average = ray_div_half_up(first - second, wad_to_ray(next_supply))
    user_rate, user_updated = s.user_rate, now
    if amount == balance:
        user_rate, user_updated = ZERO, 0
    after = Stable(total, average, now, balance - amount, user_rate, user_updated)
    increase = balance - s.user_principal
    return StableChange(codes.OK, after, StableMove(balance, increase, s.user_rate, average, next_supply))


# ---- health and liquidation -----------------------------------------------------------------------------------------
@rule
def health_factor(collateral: int, debt: int, threshold: int) -> int:
    """Wad, from wei of ETH and bps (`GenericLogic.sol: calculateHealthFactorFromBalances`)."""
    if debt == 0:
        return MAX_UINT256
    return wad_div_half_up(percent_mul_half_up(collateral, threshold), debt)


@rule
def available_borrows(collateral: int, debt: int, ltv: int) -> int:
    """Wei of ETH still borrowable (`GenericLogic.sol: calculateAvailableBorrowsETH`)."""
    limit = percent_mul_half_up(collateral, ltv)
    return sub(limit, debt) if limit > debt else ZERO


@rule
def collateral_for(
    debt: int, price_debt: int, unit_debt: int, price_collateral: int, unit_collateral: int, bonus: int
) -> int:
    """Collateral that `debt` buys at the bonus (`LendingPoolCollateralManager.sol: maxAmountCollateralToLiquidate`):
    the bonus half up before the division, which floors."""
    worth = percent_mul_half_up(mul(mul(price_debt, debt), unit_collateral), bonus)
    return div(worth, mul(price_collateral, unit_debt))


@rule
def debt_for(
    collateral: int, price_debt: int, unit_debt: int, price_collateral: int, unit_collateral: int, bonus: int
) -> int:
    """Debt that pays for all of `collateral` (`LendingPoolCollateralManager.sol: debtAmountNeeded`):
    the division floors before the bonus is taken off half up."""
    worth = mul(mul(price_collateral, collateral), unit_debt)
    return percent_div_half_up(div(worth, mul(price_debt, unit_collateral)), bonus)
