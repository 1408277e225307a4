"""Aave V3 as the engine and the agents see it: the names of `protocols.base`. The liquidator takes the
underlying and is nobody's account."""

from protocol_sim.numeric import MAX_UINT256, ZERO, narrow, rule
from protocol_sim.protocols import parameters as P
from protocol_sim.protocols.aave_v3 import codes
from protocol_sim.protocols.aave_v3 import configuration as rules
from protocol_sim.protocols.aave_v3.account import account_data, price_of
from protocol_sim.protocols.aave_v3.liquidation import liquidation_plan
from protocol_sim.protocols.aave_v3.liquidation import plan_knowing as plan_by
from protocol_sim.protocols.aave_v3.results import AccountData
from protocol_sim.protocols.aave_v3.rules import value_down
from protocol_sim.protocols.aave_v3.settlement import liquidation_call
from protocol_sim.protocols.aave_v3.state import BPS_TO_RAY, Market
from protocol_sim.protocols.aave_v3.versions import accounts_virtually
from protocol_sim.protocols.aave_v3.wakes import atoken_balance as atoken_balance
from protocol_sim.protocols.aave_v3.wakes import coming as coming
from protocol_sim.protocols.aave_v3.wakes import debt_growth as debt_growth
from protocol_sim.protocols.aave_v3.wakes import highest_threshold as highest_threshold
from protocol_sim.protocols.aave_v3.wakes import largest_share as largest_share
from protocol_sim.protocols.aave_v3.wakes import raw_debt, threshold_of
from protocol_sim.protocols.aave_v3.wakes import seizure_bonus as seizure_bonus
from protocol_sim.protocols.aave_v3.wakes import uses as uses
from protocol_sim.protocols.aave_v3.wakes import wake_bound as wake_bound
from protocol_sim.protocols.base import Health, Pair, Settlement

UNKNOWN_PARAMETER = 999
PER_ACCOUNT = ("holdings", "accounts")  # tables of which an account has rows of its own
NOBODY = -1


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
        return Health(MAX_UINT256 + ZERO, ZERO, ZERO)
    data = account_data(m, i, now)
    return Health(data.health_factor, data.collateral, data.debt)


@rule
def largest_pair(m: Market, i: int, now: int) -> Pair:
    """By value in base currency, of what counts as collateral; the lower index where two are equal."""
    a, version = m.accounts[i], m.settings[0].version
    most: int = ZERO
    owed: int = ZERO
    kc, kd, k, used = -1, -1, 0, a.collateral | a.borrowing
    while used != 0:
        if used & 1:
            price, unit = price_of(version, m, a.emode, k), m.reserves[k].unit
            if (a.collateral >> k) & 1 and threshold_of(m, a.emode, k) != 0:
                value = value_down(atoken_balance(m, i, k, now), price, unit)
                if value > most:
                    most, kc = value, k
            if (a.borrowing >> k) & 1:
                value = value_down(raw_debt(m, i, k, now), price, unit)
                if value > owed:
                    owed, kd = value, k
        used, k = used >> 1, k + 1
    return Pair(kc, kd)


@rule
def plan_liquidation(m: Market, i: int, kc: int, kd: int, amount: int, now: int) -> tuple[int, Settlement]:
    """Who pays at most `amount` may ask for more: what takes all collateral leaves dust of rounding when named exactly,
    which the contract refuses from 3.3 on."""
    code, p = liquidation_plan(m, NOBODY, i, kc, kd, amount, 0, MAX_UINT256, now)
    if code == codes.MUST_NOT_LEAVE_DUST:
        whole, q = liquidation_plan(m, NOBODY, i, kc, kd, MAX_UINT256 + ZERO, 0, MAX_UINT256, now)
        if whole == codes.OK and q.repaid <= amount:
            return whole, Settlement(q.repaid, q.seized)
    return code, Settlement(p.repaid, p.seized)


@rule
def plan_knowing(
    m: Market, seen: Health, i: int, kc: int, kd: int, amount: int, now: int
) -> tuple[int, Settlement]:
    d = AccountData(seen.collateral, seen.debt, 0, 0, seen.factor, 0)
    code, p = plan_by(m, d, NOBODY, i, kc, kd, amount, 0, MAX_UINT256, now)
    if code == codes.MUST_NOT_LEAVE_DUST:
        return plan_liquidation(m, i, kc, kd, amount, now)
    return code, Settlement(p.repaid, p.seized)


@rule
def asked_for(m: Market, i: int, kc: int, kd: int, amount: int, now: int) -> int:
    """The debtToCover with which `plan_liquidation` reckoned."""
    code, _ = liquidation_plan(m, NOBODY, i, kc, kd, amount, 0, MAX_UINT256, now)
    if code == codes.MUST_NOT_LEAVE_DUST:
        whole, q = liquidation_plan(m, NOBODY, i, kc, kd, MAX_UINT256 + ZERO, 0, MAX_UINT256, now)
        if whole == codes.OK and q.repaid <= amount:
            return MAX_UINT256 + ZERO
    return ZERO + amount


@rule
def liquidate(m: Market, i: int, kc: int, kd: int, amount: int, now: int) -> tuple[int, Settlement]:
    code, done = liquidation_call(m, NOBODY, i, kc, kd, ZERO + amount, 0, MAX_UINT256, now)
    if code == codes.MUST_NOT_LEAVE_DUST:
        asked = asked_for(m, i, kc, kd, amount, now)
        if asked != amount:
            code, done = liquidation_call(m, NOBODY, i, kc, kd, asked, 0, MAX_UINT256, now)
    return code, Settlement(done.repaid, done.seized)


@rule
def collateral_of(m: Market, i: int, k: int, now: int) -> int:
    return atoken_balance(m, i, k, now) if (m.accounts[i].collateral >> k) & 1 else ZERO


@rule
def debt_of(m: Market, i: int, k: int, now: int) -> int:
    return raw_debt(m, i, k, now)


@rule
def beneficiary(m: Market) -> int:
    return m.settings[0].treasury


@rule
def reprice(m: Market, k: int, answer: int) -> int:
    return rules.set_price(m, k, answer)


@rule
def configure(m: Market, key: int, k: int, value: int, now: int) -> int:
    """Where the contract sets several values in one call, the others keep what they are. The close factor is a constant
    of the contract."""
    r = m.reserves[k]
    if key == P.LTV:
        return rules.configure_collateral(m, k, narrow(value), r.threshold, r.bonus)
    if key == P.LIQUIDATION_THRESHOLD:
        return rules.configure_collateral(m, k, r.ltv, narrow(value), r.bonus)
    if key == P.LIQUIDATION_BONUS:
        return rules.configure_collateral(m, k, r.ltv, r.threshold, narrow(value))
    if key == P.RESERVE_FACTOR:
        return rules.set_reserve_factor(m, k, narrow(value), now)
    if key == P.BORROWING:
        return rules.set_borrowing(m, k, narrow(value))
    if key == P.STABLE_BORROWING:
        return rules.set_stable_borrowing(m, k, narrow(value))
    if key == P.ACTIVE:
        return rules.set_active(m, k, narrow(value))
    if key == P.FROZEN:
        return rules.set_frozen(m, k, narrow(value))
    if key == P.PAUSED:
        return pause_all(m, narrow(value), now)
    if key < P.OPTIMAL_UTILIZATION or key > P.SLOPE2:
        return UNKNOWN_PARAMETER
    return configure_rate(m, key, k, value, now)


@rule
def pause_all(m: Market, on: int, now: int) -> int:
    """Every reserve, without a grace period (`PoolConfigurator.sol: setPoolPause`)."""
    for k in range(len(m.reserves)):
        rules.set_paused(m, k, on, 0, now)
    return codes.OK


@rule
def configure_rate(m: Market, key: int, k: int, value: int, now: int) -> int:
    """One value of the rate strategy, in ray; strategy V2 takes whole bps only and sets the rates anew."""
    r = m.reserves[k]
    optimal = value + ZERO if key == P.OPTIMAL_UTILIZATION else r.optimal
    base = value + ZERO if key == P.BASE else r.base_rate
    slope1 = value + ZERO if key == P.SLOPE1 else r.variable_slope1
    slope2 = value + ZERO if key == P.SLOPE2 else r.variable_slope2
    if not accounts_virtually(m.settings[0].version):
        return rules.set_variable_curve(m, k, optimal, base, slope1, slope2)
    bps = ZERO + BPS_TO_RAY
    if value // bps * bps != value:
        return codes.NOT_WHOLE_BPS
    return rules.set_rates(
        m, k, narrow(optimal // bps), narrow(base // bps), narrow(slope1 // bps), narrow(slope2 // bps), now
    )
