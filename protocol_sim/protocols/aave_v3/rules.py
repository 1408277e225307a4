"""The pure arithmetic: roundings by version, interest, stable debt.

Sources: `WadRayMath.sol`, `PercentageMath.sol`, `TokenMath.sol` (3.5), `MathUtils.sol`, `StableDebtToken.sol` (3.0.2).
Machine integers (seconds, bps) are multiplied starting from a wide factor.
"""

from typing import NamedTuple

from protocol_sim.numeric import (
    BPS,
    MAX_UINT128,
    RAY,
    ZERO,
    add,
    div,
    mul,
    mul_div_down,
    percent_div_half_up,
    ray_div_half_up,
    ray_mul_down,
    ray_mul_half_up,
    ray_mul_up,
    rule,
    sub,
    wad_to_ray,
)
from protocol_sim.protocols.aave_v3.results import StableMove
from protocol_sim.protocols.aave_v3.versions import compounds_by_taylor_of_exp, rounds_directionally

YEAR = 31_536_000  # s, MathUtils.SECONDS_PER_YEAR


# ---- directed roundings ---------------------------------------------------------------------------------------------
@rule
def ray_div_down(a: int, b: int) -> int:
    """a / b in ray, rounded down (`rayDivFloor`)."""
    return mul_div_down(a, RAY, b)


@rule
def ray_div_up(a: int, b: int) -> int:
    """a / b in ray, rounded up (`rayDivCeil`)."""
    return div(mul(a, RAY) + b - 1, b)


@rule
def percent_mul_down(a: int, p: int) -> int:
    """a * p / 10000 rounded down, p in bps (`PercentageMath.sol: percentMulFloor`)."""
    return mul_div_down(a, p, BPS)


@rule
def percent_mul_up(a: int, p: int) -> int:
    """a * p / 10000 rounded up, p in bps (`percentMulCeil`)."""
    return (mul(a, p) + BPS - 1) // BPS


@rule
def percent_div_up(a: int, p: int) -> int:
    """a * 10000 / p rounded up, p in bps (`percentDivCeil`)."""
    return div(mul(a, BPS) + p - 1, p)


@rule
def value_down(amount: int, price: int, unit: int) -> int:
    """Base currency of a raw amount, rounded down."""
    return mul_div_down(amount, price, unit)


@rule
def value_up(amount: int, price: int, unit: int) -> int:
    """Base currency of a raw amount, rounded up (`MathUtils.sol: mulDivCeil`)."""
    return div(mul(amount, price) + unit - 1, unit)


# ---- amounts and scaled amounts (TokenMath.sol from 3.5 on; rayMul and rayDiv before) ------------------------------
@rule
def supply_balance(version: int, scaled: int, index: int) -> int:
    """Raw aTokens of a scaled balance: down, half up before 3.5."""
    return ray_mul_down(scaled, index) if rounds_directionally(version) else ray_mul_half_up(scaled, index)


@rule
def scaled_supply_mint(version: int, amount: int, index: int) -> int:
    """Scaled aTokens minted for an amount: down, half up before 3.5."""
    return ray_div_down(amount, index) if rounds_directionally(version) else ray_div_half_up(amount, index)


@rule
def scaled_supply_burn(version: int, amount: int, index: int) -> int:
    """Scaled aTokens burned or transferred for an amount: up, half up before 3.5."""
    return ray_div_up(amount, index) if rounds_directionally(version) else ray_div_half_up(amount, index)


@rule
def debt_balance(version: int, scaled: int, index: int) -> int:
    """Raw variable debt of a scaled balance: up, half up before 3.5."""
    return ray_mul_up(scaled, index) if rounds_directionally(version) else ray_mul_half_up(scaled, index)


@rule
def scaled_debt_mint(version: int, amount: int, index: int) -> int:
    """Scaled variable debt minted for an amount: up, half up before 3.5."""
    return ray_div_up(amount, index) if rounds_directionally(version) else ray_div_half_up(amount, index)


@rule
def scaled_debt_burn(version: int, amount: int, index: int) -> int:
    """Scaled variable debt burned for an amount: down, half up before 3.5."""
    return ray_div_down(amount, index) if rounds_directionally(version) else ray_div_half_up(amount, index)


@rule
def debt_value(version: int, amount: int, price: int, unit: int) -> int:
    """Base currency of a raw debt: up, down before 3.5."""
    return value_up(amount, price, unit) if rounds_directionally(version) else value_down(amount, price, unit)


@rule
def debt_for_collateral(version: int, amount: int, bonus: int) -> int:
    """Debt that pays for all of a collateral, from its value in the debt asset: up, half up before 3.5."""
    return percent_div_up(amount, bonus) if rounds_directionally(version) else percent_div_half_up(amount, bonus)


@rule
def uint128(x: int) -> int:
    """x where the contract casts to 128 bits; reverts when it does not fit (`SafeCast.sol: toUint128`)."""
    room = sub(MAX_UINT128, x)
    return MAX_UINT128 - room


# ---- interest -------------------------------------------------------------------------------------------------------
@rule
def linear_interest(rate: int, since: int, now: int) -> int:
    """Growth in ray of a ray-a-year rate (`MathUtils.sol: calculateLinearInterest`)."""
    return rate * (now - since) // YEAR + RAY


@rule
def compounded_interest(version: int, rate: int, since: int, now: int) -> int:
    """Growth in ray (`MathUtils.sol: calculateCompoundedInterest`): binomial, from 3.4 the exponential's first
    terms."""
    dt = now - since
    if dt == 0:
        return RAY + ZERO
    if compounds_by_taylor_of_exp(version):
        x = rate * dt // YEAR
        return RAY + x + ray_mul_half_up(x, x // 2 + ray_mul_half_up(x, x // 6))
    less_two = dt - 2 if dt > 2 else 0
    two = ray_mul_half_up(rate, rate) // (YEAR * YEAR)
    three = ray_mul_half_up(two, rate) // YEAR
    return RAY + rate * dt // YEAR + two * dt * (dt - 1) // 2 + three * dt * (dt - 1) * less_two // 6


# ---- stable debt (3.0.2) --------------------------------------------------------------------------------------------
class Stable(NamedTuple):
    """Stable debt of one reserve and of one account in it (`StableDebtToken.sol`'s storage)."""

    principal: int  # raw, of everybody
    average_rate: int  # ray a year
    updated: int  # s
    user_principal: int  # raw
    user_rate: int  # ray a year
    user_updated: int  # s


class StableChange(NamedTuple):
    """A mint or burn of stable debt: the storage afterwards, the event's fields and what the pool goes on with."""

    after: Stable
    move: StableMove


@rule
def stable_debt(version: int, principal: int, rate: int, since: int, now: int) -> int:
    """Raw debt now (`StableDebtToken.sol: balanceOf`, `_calcTotalSupply`)."""
    if principal == 0:
        return ZERO
    return ray_mul_half_up(principal, compounded_interest(version, rate, since, now))


@rule
def mint_stable(version: int, s: Stable, amount: int, rate: int, now: int) -> StableChange:
    """`amount` of new debt at `rate`; reverts on an account that owes 0 afterwards (`StableDebtToken.sol: mint`)."""
    balance = stable_debt(version, s.user_principal, s.user_rate, s.user_updated, now)
    before = stable_debt(version, s.principal, s.average_rate, s.updated, now)
    after = add(before, amount)
    in_ray = wad_to_ray(amount)
    user_rate = ray_div_half_up(
        add(ray_mul_half_up(s.user_rate, wad_to_ray(balance)), ray_mul_half_up(in_ray, rate)),
        wad_to_ray(add(balance, amount)),
    )
    average = ray_div_half_up(
        add(ray_mul_half_up(s.average_rate, wad_to_ray(before)), ray_mul_half_up(rate, in_ray)), wad_to_ray(after)
    )
    stored = Stable(after, uint128(average), now, add(balance, amount), uint128(user_rate), now)
    return StableChange(stored, StableMove(balance, balance - s.user_principal, user_rate, average, after))


@rule
def burn_stable(version: int, s: Stable, amount: int, now: int) -> StableChange:
    """`amount` less debt, interest added first (`StableDebtToken.sol: burn`).

    When the account's rate weighs more than the average allows, the stored supply becomes 0 but the pool goes on
    with the
    difference (`move.supply`): the contract's own slip, kept.
    """
    balance = stable_debt(version, s.user_principal, s.user_rate, s.user_updated, now)
    before = stable_debt(version, s.principal, s.average_rate, s.updated, now)
    supply: int = ZERO
    stored: int = ZERO
    average: int = ZERO
    if before > amount:
        supply = before - amount
        first = ray_mul_half_up(s.average_rate, wad_to_ray(before))
        second = ray_mul_half_up(s.user_rate, wad_to_ray(amount))
        if second < first:
            stored = supply
            average = uint128(ray_div_half_up(first - second, wad_to_ray(supply)))
    everything = amount == balance
    left = sub(balance, amount)
    user_rate = ZERO if everything else s.user_rate
    user_updated = 0 if everything else now
    after = Stable(stored, average, now, left, user_rate, user_updated)
    return StableChange(after, StableMove(balance, balance - s.user_principal, s.user_rate, average, supply))
