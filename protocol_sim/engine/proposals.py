"""Proposals of one round and their order: by profit, then bid, then scenario index. Never by hash or address."""

from typing import Any

from protocol_sim.agents.liquidator import OK, propose
from protocol_sim.agents.view import View
from protocol_sim.numeric import U128, Rows, record, rule


@record
class Candidate:
    """An account worth looking at."""

    protocol: int = 0
    account: int = 0


@record
class Proposal:
    """What an agent wants to do; `repaid` raw, `profit` raw numeraire."""

    profit: U128 = 0
    repaid: U128 = 0
    bid: int = 0
    agent: int = 0
    protocol: int = 0
    account: int = 0
    kc: int = 0
    kd: int = 0


@rule
def propose_into(f: Any, w: View, n: int, a: int, p: int, i: int) -> int:
    """Write agent a's proposal for account i into row n if it has one; returns the plan's code."""
    plan = propose(w, a, p, i)
    if plan.code == OK:
        row = f.proposals[n]
        row.profit, row.repaid, row.bid = plan.profit, plan.repaid, w.agents[a].bid
        row.agent, row.protocol, row.account, row.kc, row.kd = a, p, i, plan.kc, plan.kd
    return plan.code


@rule
def precedes(x: Proposal, y: Proposal) -> bool:
    """(-profit, -bid, agent, protocol, account, collateral, debt): a total order, so any sorting gives the same."""
    if x.profit != y.profit:
        return x.profit > y.profit
    if x.bid != y.bid:
        return x.bid > y.bid
    if x.agent != y.agent:
        return x.agent < y.agent
    if x.protocol != y.protocol:
        return x.protocol < y.protocol
    if x.account != y.account:
        return x.account < y.account
    if x.kc != y.kc:
        return x.kc < y.kc
    return x.kd < y.kd


@rule
def sort(rows: Rows[Proposal], order: Rows[Candidate], n: int) -> None:
    """Shell sort of the first n: `order[q].account` becomes the row of the q-th best."""
    for q in range(n):
        order[q].account = q
    gap = n // 2
    while gap > 0:
        for q in range(gap, n):
            x, at = order[q].account, q
            while at >= gap and precedes(rows[x], rows[order[at - gap].account]):
                order[at].account = order[at - gap].account
                at -= gap
            order[at].account = x
        gap //= 2
