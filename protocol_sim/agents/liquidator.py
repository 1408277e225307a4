"""A liquidator: takes the largest debt against the largest collateral, sells at once, acts when that pays its gas.

It sees the chain as it stands and proposes; the engine orders proposals and executes them (`engine.block`).
The size is the best of a grid (the most that the protocol allows, a half of it, a quarter, …), decided in integers.
"""

from typing import NamedTuple

from protocol_sim.agents.trade import buy, purchase_cost, sale_value, sell
from protocol_sim.agents.view import View
from protocol_sim.numeric import WAD, ZERO, rule
from protocol_sim.protocols import base as protocols

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
    agent, venue, now = w.agents[a], w.venues[p], w.clock[0].now
    code, moved = protocols.plan_liquidation(w.protocols, p, i, kc, kd, amount, now)
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
    best = price_plan(w, a, p, i, pair.collateral, pair.debt, amount)
    most = best.repaid if best.repaid > 0 else amount  # what is refused as a whole may be taken in part
    for _ in range(1, agent.sizes):
        most = most // 2
        if most > 0:
            plan = price_plan(w, a, p, i, pair.collateral, pair.debt, most)
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
