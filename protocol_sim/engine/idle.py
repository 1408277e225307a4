"""Who is unhealthy and nobody profits from sleeps here until that may have changed: rule text of the fast engine.

Let agent a resell collateral k and buy debt j. In its numeraire let m be the marginal price of a raw k sold (the pool's
fee taken off) and n that of a raw j bought (the fee put on), P and u the protocol's prices and units, b the bonus as a
factor. Sales earn at most m each and purchases cost at least n each, as pools only get worse with size. With r raw debt
repaid and s raw collateral seized,

    s <= b (P_j u_k / P_k u_j) (r + 2) + 2        (the contract's roundings: `protocols.base.seizure_bonus`)
    profit = sale(s) - cost(r) - G <= r n (b R - 1) + slack - G,    R = (m u_k / P_k) / (n u_j / P_j)  the resale ratio
                                   <= s m (1 - 1 / (b R)) + slack - G

where G is gas and least profit and slack at most 6 (m + n) while b R <= 2 in the first and b R >= 1 in the second line.
So nobody profits while R <= (1 + G' / V) / b, or while R <= 1 / (b (1 - G' / H)), or at any R if H <= G'; V is the
value of all debt that one call may cover, H that of all collateral, G' = G less the slack. Two kinds of queue watch: R
of each pair, and the growth of each asset's value (price and interest at most), which must stay below a limit with
which V and H are reckoned: a high one for whoever is far from paying, so that he sleeps long; a low one for whoever is
near, so that he sleeps at all. One asset on both sides: only the difference is traded, R = 1 without fees.

Who cannot be bounded that way (no gas to pay, a price of its own) stays awake, as does who could profit but is refused.
"""

import math
from typing import Any

from protocol_sim.agents.view import LIQUIDATOR, NONE, View
from protocol_sim.amms import base as amms
from protocol_sim.engine.queues import HORIZON, fire, push
from protocol_sim.numeric import as_float, record, rule
from protocol_sim.protocols import base as protocols

FLOATS = 1e-9                        # for the floats themselves
NEAR, FAR = 0.01, 0.05               # log: what values may grow before an idle account is looked at again
ROOM = 0.01                          # log: who is that much below his break-even, though values grow by FAR, is far
SLACK = 6.0 * math.exp(FAR)
ANY_RATIO, NO_RATIO = 1e3, -1e3      # break-evens: nobody profits at any ratio; not to be bounded


@record
class Resale:
    """What agent a gets for link m's token: row a * links + m."""

    log_price: float = 0.0    # log of raw numeraire per raw token, without fee
    loss: float = 0.0         # -log of what the pool's fee leaves
    gap: float = 0.0          # log_price less the log of the protocol's price for a raw token
    place: int = NONE         # where it is sold; NONE: nowhere, or at the outside price
    outside: int = 0          # 1: at the outside price, which moves in every block
    moved: int = 1            # 1: since its queues were looked at


@record
class Spot:
    """A place: the log of its marginal price, raw token1 per raw token0."""

    log_price: float = 0.0
    loss: float = 0.0
    stale: int = 1


@rule
def width(assets: int) -> int:
    """Queues that a protocol needs for each agent: resale ratio of each pair, value of each asset."""
    return assets * assets + assets


@rule
def begin_resales(f: Any, w: View) -> None:
    """Where each link is resold."""
    for a in range(len(w.agents)):
        if w.agents[a].kind == LIQUIDATOR:
            for m in range(len(w.links)):
                row, token = f.resales[a * len(w.links) + m], w.links[m].token
                row.place = NONE
                if token != w.agents[a].numeraire:
                    row.place = w.routes[a * len(w.tokens) + token].place
                    row.outside = 1 if row.place == NONE else 0
                    f.desk[0].outside = max(f.desk[0].outside, row.outside)
                work_out(f, w, a, m)


@rule
def work_out_resales(f: Any, w: View) -> None:
    """Resale prices as pools and outside prices stand now."""
    f.desk[0].moved = 0
    for place in range(len(w.places)):
        if f.spots[place].stale:
            look_at_spot(f, w, place)
            work_out_those_at(f, w, place)
    if f.desk[0].outside:
        work_out_those_at(f, w, NONE)


@rule
def look_at_spot(f: Any, w: View, place: int) -> None:
    """The marginal price of a place, anew."""
    spot, pool = f.spots[place], w.places[place]
    spot.stale = 0
    spot.log_price = math.log(amms.mid(w.pools, pool.family, pool.pool))
    spot.loss = -math.log(amms.kept(w.pools, pool.family, pool.pool))


@rule
def work_out_those_at(f: Any, w: View, place: int) -> None:
    """Resales at a place; NONE: at outside prices."""
    for a in range(len(w.agents)):
        if w.agents[a].kind == LIQUIDATOR:
            for m in range(len(w.links)):
                row = f.resales[a * len(w.links) + m]
                if row.place == place and (place != NONE or row.outside):
                    work_out(f, w, a, m)


@rule
def work_out(f: Any, w: View, a: int, m: int) -> None:
    """Resale of link m by agent a."""
    row, token, numeraire = f.resales[a * len(w.links) + m], w.links[m].token, w.agents[a].numeraire
    row.log_price, row.loss, row.moved = 0.0, 0.0, 1
    if row.place != NONE:
        if f.spots[row.place].stale:
            look_at_spot(f, w, row.place)
        spot, first_sold = f.spots[row.place], w.routes[a * len(w.tokens) + token].zero_for_one
        row.log_price, row.loss = spot.log_price if first_sold else -spot.log_price, spot.loss
    elif row.outside:
        sold, into = w.tokens[token], w.tokens[numeraire]
        row.log_price = math.log(sold.outside * as_float(into.unit) / (into.outside * as_float(sold.unit)))
    row.gap = row.log_price - f.levels[m].log_price + f.levels[m].log_unit


@rule
def repriced(f: Any, w: View, m: int) -> None:
    """The protocol's price of link m has changed."""
    for a in range(len(w.agents)):
        if w.agents[a].kind == LIQUIDATOR:
            row = f.resales[a * len(w.links) + m]
            row.gap, row.moved = row.log_price - f.levels[m].log_price + f.levels[m].log_unit, 1


@rule
def look_at_resales(f: Any, w: View, n: int) -> int:
    """Fire the queues of idle accounts whose ratio or value has reached a key; returns the number of candidates.

    Only what has moved can have, unless interest has run for the time that was charged ahead.
    """
    work_out_resales(f, w)
    desk, now = f.desk[0], w.clock[0].now
    everything = now - desk.reckoned >= HORIZON
    if everything:
        desk.reckoned = now
    ahead = desk.reckoned + HORIZON + w.clock[0].block_time
    for p in range(len(f.domains)):
        for a in range(len(w.agents)):
            if w.agents[a].kind == LIQUIDATOR:
                for k in range(f.domains[p].assets):
                    row = f.resales[a * len(w.links) + f.domains[p].first_link + k]
                    if everything or row.moved:
                        row.moved = 0
                        n = look_at(f, w, p, a, k, ahead, n)
    return n


@rule
def look_at(f: Any, w: View, p: int, a: int, k: int, ahead: int, n: int) -> int:
    """The queues of agent a in protocol p that asset k has to do with."""
    domain = f.domains[p]
    size, first = domain.assets, a * len(w.links) + domain.first_link
    q, own = domain.first_queue + size * size + a * width(size), f.resales[first + k]
    for j in range(size):
        other = f.resales[first + j]
        apart, loss = own.gap - other.gap, own.loss + other.loss
        if loss - apart <= f.queues[q + k * size + j].key:
            n = fire(f, w, p, q + k * size + j, loss - apart, n)
        if apart + loss <= f.queues[q + j * size + k].key:
            n = fire(f, w, p, q + j * size + k, apart + loss, n)
    level = -(own.log_price + f.levels[domain.first_link + k].rate * ahead)
    if level <= f.queues[q + size * size + k].key:
        n = fire(f, w, p, q + size * size + k, level, n)
    return n


@rule
def break_even(f: Any, w: View, a: int, p: int, i: int, k: int, j: int, growth: float) -> float:
    """Log of a resale ratio at or below which agent a cannot profit from collateral k and debt j of account i, whatever
    the size, while values grow by less than `growth`."""
    agent, now, row = w.agents[a], w.clock[0].now, a * len(w.links) + f.domains[p].first_link
    sold, bought = f.resales[row + k], f.resales[row + j]
    bonus = protocols.seizure_bonus(w.protocols, p, i, k)
    unit_k, unit_j = math.exp(sold.log_price - sold.loss), math.exp(bought.log_price + bought.loss)
    least = (as_float(agent.gas) + as_float(agent.min_profit)) * (1.0 - FLOATS) - SLACK * (unit_k + unit_j)
    if least <= 0.0 or bonus < 1.0:
        return NO_RATIO
    covered = as_float(protocols.debt_of(w.protocols, p, i, j, now)) * protocols.largest_share(w.protocols, p)
    grown = math.exp(growth) * (1.0 + FLOATS)
    value = (covered + 2.0) * unit_j * grown
    if k == j:
        return ANY_RATIO if value * (bonus - 1.0) <= least else NO_RATIO
    held = as_float(protocols.collateral_of(w.protocols, p, i, k, now)) * unit_k * grown
    if held <= least:
        return ANY_RATIO
    by_debt = min(math.log((1.0 + least / value) / bonus), math.log(2.0 / bonus))
    return max(by_debt, -math.log(bonus * (1.0 - least / held))) - FLOATS


@rule
def is_idle(f: Any, w: View, a: int, p: int, i: int, growth: float, room: float) -> bool:
    """Whether agent a can profit from no pair of account i as things stand, with that growth and room to spare."""
    size, row = f.domains[p].assets, a * len(w.links) + f.domains[p].first_link
    for k in range(size):
        if protocols.uses(w.protocols, p, i, k) & 1:
            for j in range(size):
                if protocols.uses(w.protocols, p, i, j) & 2:
                    sold, bought = f.resales[row + k], f.resales[row + j]
                    ratio = sold.gap - sold.loss - bought.gap - bought.loss
                    even = break_even(f, w, a, p, i, k, j, growth)
                    if even == NO_RATIO or (even < ANY_RATIO and not ratio < even - room):
                        return False
    return True


@rule
def everybody_idle(f: Any, w: View, p: int, i: int, growth: float, room: float) -> bool:
    """Whether account i is idle for every agent."""
    for a in range(len(w.agents)):
        acts = w.agents[a].kind == LIQUIDATOR and w.agents[a].scope >> p & 1
        if acts and not is_idle(f, w, a, p, i, growth, room):
            return False
    return True


@rule
def sleep_idle(f: Any, w: View, p: int, i: int) -> bool:
    """Put account i, just renewed, to sleep under keys of every agent's break-even; False if that cannot be."""
    work_out_resales(f, w)
    growth = FAR
    if not everybody_idle(f, w, p, i, FAR, ROOM):
        growth = NEAR
        if not everybody_idle(f, w, p, i, NEAR, 0.0):
            return False
    for a in range(len(w.agents)):
        if w.agents[a].kind == LIQUIDATOR and w.agents[a].scope >> p & 1:
            watch(f, w, a, p, i, growth)
    f.desk[0].idle = 1
    return True


@rule
def watch(f: Any, w: View, a: int, p: int, i: int, growth: float) -> None:
    """Keys of an idle account for agent a."""
    domain, now = f.domains[p], w.clock[0].now
    size, row, g = domain.assets, a * len(w.links) + domain.first_link, domain.first_account + i
    q = domain.first_queue + size * size + a * width(size)
    for k in range(size):
        used = protocols.uses(w.protocols, p, i, k)
        if used:
            rate = f.levels[domain.first_link + k].rate
            push(f, q + size * size + k, g, -(f.resales[row + k].log_price + rate * now) - growth)
            if rate * (f.desk[0].reckoned + HORIZON + w.clock[0].block_time - now) >= growth:
                f.desk[0].moved = f.resales[row + k].moved = 1      # grown within the horizon: the next search looks
        if used & 1:
            for j in range(size):
                if protocols.uses(w.protocols, p, i, j) & 2:
                    even = break_even(f, w, a, p, i, k, j, growth)
                    if even < ANY_RATIO:
                        push(f, q + k * size + j, g, -even)
