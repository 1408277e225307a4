"""A liquidator: takes the largest debt against the largest collateral, sells at once, acts when that pays its gas.

It sees the chain as it stands and proposes; the engine orders proposals and executes them (`engine.block`).
The size is the best of a grid (the most that the protocol allows, a half of it, a quarter, …), decided in integers;
sizes that a float bound proves no better than the best so far are left out (`most_profit`).
"""

from typing import NamedTuple

from protocol_sim.agents.trade import buy, marginal, purchase_cost, sale_value, sell
from protocol_sim.agents.view import View
from protocol_sim.numeric import WAD, ZERO, as_float, rule
from protocol_sim.protocols import base as protocols

FLOATS = 1e-9         # relative, for the floats of a bound
OK = 0
HEALTHY = 1001        # nothing to liquidate
UNPROFITABLE = 1002   # proceeds do not pay cost, gas and the least profit wanted
NO_ROUTE = 1003       # a pool cannot take the sale or give the debt asset
HALTED = 1004         # above the agent's own loan-to-value limit


class Plan(NamedTuple):
    """A proposal: what it moves (raw), what it brings (raw numeraire)."""

    code: int
    profit: int
    kc: int
    kd: int
    repaid: int
    seized: int
    proceeds: int
    cost: int


@rule
def nothing(code: int, kc: int, kd: int) -> Plan:
    """A plan that is not one."""
    return Plan(code, ZERO, kc, kd, ZERO, ZERO, ZERO, ZERO)


@rule
def price_plan(w: View, a: int, p: int, i: int, kc: int, kd: int, amount: int) -> Plan:
    """Liquidating at most `amount` of debt kd against kc, sold and bought at today's pools."""
    return price_knowing(w, a, p, i, kc, kd, amount, protocols.health(w.protocols, p, i, w.clock[0].now))


@rule
def price_knowing(w: View, a: int, p: int, i: int, kc: int, kd: int, amount: int, seen: protocols.Health) -> Plan:
    """The same where the account's health now is known."""
    agent, venue, now = w.agents[a], w.venues[p], w.clock[0].now
    code, moved = protocols.plan_knowing(w.protocols, p, seen, i, kc, kd, amount, now)
    if code != OK:
        return nothing(code, kc, kd)
    kept = moved.repaid if kc == kd else ZERO          # one asset on both sides: only the difference is traded
    if kept > moved.seized:
        return Plan(UNPROFITABLE, ZERO, kc, kd, moved.repaid, moved.seized, ZERO, ZERO)
    sold, proceeds = sale_value(w, a, w.links[venue.first_link + kc].token, moved.seized - kept)
    bought, cost = purchase_cost(w, a, w.links[venue.first_link + kd].token, moved.repaid - kept)
    if sold != OK or bought != OK:
        return Plan(NO_ROUTE, ZERO, kc, kd, moved.repaid, moved.seized, ZERO, ZERO)
    if proceeds <= cost + agent.gas + agent.min_profit:
        return Plan(UNPROFITABLE, ZERO, kc, kd, moved.repaid, moved.seized, proceeds, cost)
    return Plan(OK, proceeds - cost - agent.gas, kc, kd, moved.repaid, moved.seized, proceeds, cost)


class Slope(NamedTuple):
    """An upper bound of profit: `gain` for each raw debt repaid (0.0 if that is negative), and `start` at a size of
    nothing; raw numeraire."""

    gain: float
    start: float


@rule
def most_profit(w: View, a: int, p: int, i: int, kc: int, kd: int) -> Slope:
    """A bound of what agent a can make of collateral kc and debt kd of account i, linear in the size.

    With m the marginal sale and n the marginal purchase (`trade.marginal`), b the bonus and prices P, units u:
    seized <= b (P_d u_c / P_c u_d) (repaid + 2) + 2 (`protocols.base.seizure_bonus`), sales earn at most m, purchases
    cost at least n a unit: profit <= repaid (b P_d u_c / P_c u_d m - n) + (that rounding) - gas. One asset on both
    sides: only the difference is sold, at m.
    """
    first, bonus = w.venues[p].first_link, protocols.seizure_bonus(w.protocols, p, i, kc)
    c, d = w.links[first + kc], w.links[first + kd]
    if bonus < 1.0 or c.price == 0:
        return Slope(1e300, 1e300)
    m, n = marginal(w, a, c.token, 0), marginal(w, a, d.token, 1)
    earned = bonus * m
    if kc == kd:
        n = m
    else:
        ratio = as_float(d.price) * as_float(w.tokens[c.token].unit)
        earned = earned * ratio / (as_float(c.price) * as_float(w.tokens[d.token].unit))
    start = (2.0 * earned + 2.0 * m + 2.0) * (1.0 + FLOATS) - as_float(w.agents[a].gas) * (1.0 - FLOATS)
    return Slope(max(earned * (1.0 + FLOATS) - n * (1.0 - FLOATS), 0.0), start)


@rule
def propose(w: View, a: int, p: int, i: int) -> Plan:
    """The best liquidation of account i of protocol p that agent a sees now."""
    agent, now = w.agents[a], w.clock[0].now
    state = protocols.health(w.protocols, p, i, now)
    if state.factor >= WAD:
        return nothing(HEALTHY, -1, -1)
    if agent.halt_ltv > 0 and state.debt * WAD >= state.collateral * agent.halt_ltv:
        return nothing(HALTED, -1, -1)
    pair = protocols.largest_pair(w.protocols, p, i, now)
    if pair.collateral < 0 or pair.debt < 0:
        return nothing(NO_ROUTE, pair.collateral, pair.debt)
    amount = protocols.debt_of(w.protocols, p, i, pair.debt, now)
    if agent.limit > 0:
        amount = min(amount, agent.limit)
    best = price_knowing(w, a, p, i, pair.collateral, pair.debt, amount, state)
    most = best.repaid if best.repaid > 0 else amount  # what is refused as a whole may be taken in part
    slope = Slope(0.0, 0.0)
    if agent.sizes > 1:
        slope = most_profit(w, a, p, i, pair.collateral, pair.debt)
    for _ in range(1, agent.sizes):
        most = most // 2
        if as_float(most) * slope.gain + slope.start < as_float(best.profit) * (1.0 - FLOATS):
            break                                    # and so it is for all smaller ones
        if most > 0:
            plan = price_knowing(w, a, p, i, pair.collateral, pair.debt, most, state)
            if plan.code == OK and (best.code != OK or plan.profit > best.profit):
                best = plan
    return best


@rule
def settle(w: View, a: int, p: int, i: int, plan: Plan) -> int:
    """Carry out a plan priced on this very state: liquidate, buy what was repaid, sell what was seized. A code."""
    venue = w.venues[p]
    code, moved = protocols.liquidate(w.protocols, p, i, plan.kc, plan.kd, plan.repaid, w.clock[0].now)
    if code != OK:
        return code
    kept = moved.repaid if plan.kc == plan.kd else ZERO
    buy(w, a, w.links[venue.first_link + plan.kd].token, moved.repaid - kept)
    sell(w, a, w.links[venue.first_link + plan.kc].token, moved.seized - kept)
    agent = w.agents[a]
    agent.gains += plan.profit
    agent.gas_spent += agent.gas
    agent.actions += 1
    return OK
