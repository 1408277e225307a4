"""Aave V2 as the engine and the agents see it: the names of `protocols.base`. The liquidator takes the underlying."""

from protocol_sim.numeric import MAX_UINT256, ZERO, add, mul_div_down, narrow, rule
from protocol_sim.protocols import parameters as P
from protocol_sim.protocols.aave_v2 import configuration as rules
from protocol_sim.protocols.aave_v2.account import account_data, atoken_balance, stable_debt_of, variable_debt_of
from protocol_sim.protocols.aave_v2.liquidation import liquidation_call, liquidation_plan
from protocol_sim.protocols.aave_v2.liquidation import plan_knowing as plan_by
from protocol_sim.protocols.aave_v2.state import Market
from protocol_sim.protocols.aave_v2.wakes import coming as coming
from protocol_sim.protocols.aave_v2.wakes import debt_growth as debt_growth
from protocol_sim.protocols.aave_v2.wakes import highest_threshold as highest_threshold
from protocol_sim.protocols.aave_v2.wakes import largest_share as largest_share
from protocol_sim.protocols.aave_v2.wakes import seizure_bonus as seizure_bonus
from protocol_sim.protocols.aave_v2.wakes import uses as uses
from protocol_sim.protocols.aave_v2.wakes import wake_bound as wake_bound
from protocol_sim.protocols.base import Health, Pair, Settlement

UNKNOWN_PARAMETER = 999
PER_ACCOUNT = ("holdings", "accounts")  # tables of which an account has rows of its own


@rule
def account_count(m: Market) -> int:
    return len(m.accounts)


@rule
def asset_count(m: Market) -> int:
    return len(m.reserves)


@rule
def has_debt(m: Market, i: int) -> bool:
    return m.accounts[i].borrowing != 0


@rule
def health(m: Market, i: int, now: int) -> Health:
    if m.accounts[i].borrowing == 0:
        return Health(MAX_UINT256, ZERO, ZERO)
    data = account_data(m, i, now)
    return Health(data.health_factor, data.collateral, data.debt)


@rule
def largest_pair(m: Market, i: int, now: int) -> Pair:
    """By value in wei of ETH; the lower index where two are equal."""
    account = m.accounts[i]
    most: int = ZERO
    owed: int = ZERO
    kc, kd = -1, -1
    for k in range(len(m.reserves)):
        r = m.reserves[k]
        if account.collateral >> k & 1 and r.threshold != 0:
            value = mul_div_down(r.price, atoken_balance(m, i, k, now), r.unit)
            if value > most:
                most, kc = value, k
        if account.borrowing >> k & 1:
            value = mul_div_down(r.price, debt_of(m, i, k, now), r.unit)
            if value > owed:
                owed, kd = value, k
    return Pair(kc, kd)


@rule
def plan_liquidation(m: Market, i: int, kc: int, kd: int, amount: int, now: int) -> tuple[int, Settlement]:
    code, p = liquidation_plan(m, i, kc, kd, amount, now)
    return code, Settlement(p.repaid, p.seized)


@rule
def plan_knowing(
    m: Market, seen: Health, i: int, kc: int, kd: int, amount: int, now: int
) -> tuple[int, Settlement]:
    code, p = plan_by(m, seen.factor, i, kc, kd, amount, 0, now)
    return code, Settlement(p.repaid, p.seized)


@rule
def liquidate(m: Market, i: int, kc: int, kd: int, amount: int, now: int) -> tuple[int, Settlement]:
    code, done = liquidation_call(m, m.settings[0].treasury, i, kc, kd, amount, 0, MAX_UINT256 // 2, now)
    return code, Settlement(done.repaid, done.seized)


@rule
def collateral_of(m: Market, i: int, k: int, now: int) -> int:
    return atoken_balance(m, i, k, now) if m.accounts[i].collateral >> k & 1 else ZERO


@rule
def debt_of(m: Market, i: int, k: int, now: int) -> int:
    return add(variable_debt_of(m, i, k, now), stable_debt_of(m, i, k, now))


@rule
def beneficiary(m: Market) -> int:
    return m.settings[0].treasury


@rule
def reprice(m: Market, k: int, answer: int) -> int:
    return rules.set_price(m, k, answer)


@rule
def configure(m: Market, key: int, k: int, value: int, now: int) -> int:  # noqa: ARG001
    """Where the contract sets several values in one call, the others keep what they are."""
    r = m.reserves[k]
    if key == P.LTV:
        return rules.configure_collateral(m, k, narrow(value), r.threshold, r.bonus)
    if key == P.LIQUIDATION_THRESHOLD:
        return rules.configure_collateral(m, k, r.ltv, narrow(value), r.bonus)
    if key == P.LIQUIDATION_BONUS:
        return rules.configure_collateral(m, k, r.ltv, r.threshold, narrow(value))
    if key == P.RESERVE_FACTOR:
        return rules.set_reserve_factor(m, k, narrow(value))
    if key == P.BORROWING:
        return rules.enable_borrowing(m, k, r.stable_borrowing) if value != 0 else rules.disable_borrowing(m, k)
    if key == P.STABLE_BORROWING:
        return rules.set_stable_borrowing(m, k, narrow(value))
    if key == P.ACTIVE:
        return rules.set_active(m, k, narrow(value))
    if key == P.FROZEN:
        return rules.set_frozen(m, k, narrow(value))
    if key == P.PAUSED:
        return rules.set_paused(m, narrow(value))
    if key == P.CLOSE_FACTOR:
        m.settings[0].close_factor = narrow(value)
        return 0
    if key == P.MARKET_STABLE_RATE:
        return rules.set_market_rate(m, k, value)
    return configure_rate(m, key, k, value)


@rule
def configure_rate(m: Market, key: int, k: int, value: int) -> int:
    """One value of the rate strategy; rates themselves stay until the next operation."""
    r = m.reserves[k]
    optimal = value if key == P.OPTIMAL_UTILIZATION else r.optimal
    base = value if key == P.BASE else r.base_rate
    variable1 = value if key == P.SLOPE1 else r.variable_slope1
    variable2 = value if key == P.SLOPE2 else r.variable_slope2
    stable1 = value if key == P.STABLE_SLOPE1 else r.stable_slope1
    stable2 = value if key == P.STABLE_SLOPE2 else r.stable_slope2
    if key < P.OPTIMAL_UTILIZATION or key > P.STABLE_SLOPE2:
        return UNKNOWN_PARAMETER
    return rules.set_rate_strategy(m, k, optimal, base, variable1, variable2, stable1, stable2)
