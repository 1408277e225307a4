"""Finds only accounts that may be acted upon: the finder of the fast engine, as rule text. Three kinds of waking.

**Unhealthy.** An account evaluated at health factor h (log h, less a margin for the contract's roundings:
`protocols.base.wake_bound`) stays healthy while, for every collateral k and debt j that it has, the level
log p_k - log p_j - r_j t  stays above the level at evaluation minus log h. (HF(t) >= h exp(min over pairs of the
level's change): collateral only grows, debt j grows at most at r_j a second.) So each pair of assets has a queue of
accounts by that key, and a queue fires when its level sinks to it. **Profitable.** Who is unhealthy and nobody profits
from sleeps until that may have changed (`idle`). **Anything else** (a refusal, a proposal that was made): looked at in
every round.

Floats here only rule out: whoever wakes is decided by the contract's integers, and keys err towards waking early.
Interest is charged `HORIZON` seconds ahead, so that a block without a report needs no look at all.
"""

import math
from typing import Any, NamedTuple

from protocol_sim.agents.liquidator import HEALTHY, OK
from protocol_sim.agents.view import View
from protocol_sim.engine.events import Event
from protocol_sim.engine.idle import Resale, Spot, begin_resales, look_at_resales, repriced, sleep_idle
from protocol_sim.engine.proposals import Candidate, Proposal
from protocol_sim.engine.queues import (
    AWAKE,
    EMPTY,
    HORIZON,
    UNHEALTHY,
    Key,
    List,
    Node,
    Queue,
    Sleeper,
    ask,
    candidate,
    fire,
    push,
    renew,
)
from protocol_sim.engine.shortfall import usd_of
from protocol_sim.numeric import Rows, as_float, record, rule
from protocol_sim.protocols import base as protocols

FARTHEST = math.log(64.0)  # a feed this far from its start: the margins no longer hold, the exact engine takes over


@record
class Domain:
    """One protocol: where its accounts, links and queues begin (health: assets**2, then `idle.width` an agent)."""

    first_account: int = 0
    first_link: int = 0
    first_queue: int = 0
    assets: int = 0
    accounts: int = 0


@record
class Level:
    """One link (asset of a protocol)."""

    log_price: float = 0.0
    at_start: float = 0.0
    rate: float = 0.0         # 1/s: the most that debt of this asset grows
    due: float = 0.0          # log_price + rate * (the moment up to which the last look holds)
    log_unit: float = 0.0     # log of 10 ** decimals
    outside_at_start: float = 0.0  # USD, 8 decimals


@record
class Desk:
    """One row: counters of the finder."""

    awake: int = 0
    touched: int = 0          # accounts whose state is not 0
    unhealthy: int = 0        # of them, those that were once not healthy
    nodes: int = 0            # used so far
    free: int = EMPTY         # list of free nodes, linked by `next`
    dirty: int = 1            # a feed has moved, or a new key lies within the horizon
    looked: int = 0           # unix s of the last look at the queues
    reckoned: int = 0         # unix s of the last look at all queues of the idle
    idle: int = 0             # 1: somebody sleeps who is unhealthy
    moved: int = 0            # 1: a pool has moved since resale prices were worked out
    outside: int = 0          # 1: some resale is at an outside price, which moves in every block
    logged: int = 0           # events kept
    wakes: int = 0            # accounts found, for the bench
    looks: int = 0            # of them, evaluated in integers


class Wake(NamedTuple):
    """The finder's memory; `log` holds events up to its length (0: none is kept), `shared`, `little` are read only."""

    candidates: Rows[Candidate]
    proposals: Rows[Proposal]
    order: Rows[Candidate]
    log: Rows[Event]
    desk: Rows[Desk]
    domains: Rows[Domain]
    levels: Rows[Level]
    resales: Rows[Resale]
    spots: Rows[Spot]
    queues: Rows[Queue]
    lists: Rows[List]
    shared: Rows[Key]
    little: Rows[Key]
    nodes: Rows[Node]
    sleepers: Rows[Sleeper]
    awake: Rows[Candidate]
    touched: Rows[Candidate]
    unhealthy: Rows[Candidate]


# ---- finding --------------------------------------------------------------------------------------------------------
@rule
def find(f: Wake, w: View) -> int:
    """Those awake, those whose pair has sunk to their key within the horizon, and the idle whose chance has come."""
    desk, clock = f.desk[0], w.clock[0]
    n = 0
    for a in range(desk.awake):
        n = candidate(f, w, f.awake[a].protocol, f.awake[a].account, n)
    desk.awake = 0
    stirred = desk.dirty != 0 or clock.now - desk.looked >= HORIZON
    if stirred:
        desk.dirty, desk.looked = 0, clock.now
        ahead = clock.now + HORIZON + clock.block_time
        for m in range(len(f.levels)):
            f.levels[m].due = f.levels[m].log_price + f.levels[m].rate * ahead
        for p in range(len(f.domains)):
            n = look(f, w, p, n)
    if desk.idle and (stirred or desk.moved or desk.outside or clock.now - desk.reckoned >= HORIZON):
        n = look_at_resales(f, w, n)
    desk.wakes += n
    return n


@rule
def look(f: Wake, w: View, p: int, n: int) -> int:
    """Fire the health queues of protocol p whose level has reached a key."""
    domain = f.domains[p]
    for k in range(domain.assets):
        price, q = f.levels[domain.first_link + k].log_price, domain.first_queue + k * domain.assets
        for j in range(domain.assets):
            level = price - f.levels[domain.first_link + j].due
            if level <= f.queues[q + j].key:
                n = fire(f, w, p, q + j, level, n)
    return n


@rule
def ahead(f: Wake, w: View, q: int, found: int) -> None:
    """Row q of the candidates comes next."""
    ask(w, f.candidates, q, found)


# ---- what is known of an account ------------------------------------------------------------------------------------
@rule
def rules_out(f: Wake, w: View, p: int, i: int) -> bool:
    """Whether a float bound proves account i healthy; then it sleeps under new keys."""
    if not protocols.has_debt(w.protocols, p, i):
        return True
    safe = protocols.wake_bound(w.protocols, p, i, w.clock[0].now)
    if safe > 0.0:
        register(f, w, p, i, safe)
    return safe > 0.0


@rule
def note(f: Wake, w: View, p: int, i: int, code: int) -> None:
    """Let account i sleep until something that matters to it may have changed; else keep it awake."""
    f.desk[0].looks += 1
    if code == HEALTHY:
        register(f, w, p, i, protocols.wake_bound(w.protocols, p, i, w.clock[0].now))
        return
    once_unhealthy(f, p, i)
    if code == OK or not sleep_idle(f, w, p, i):
        stay_awake(f, p, i)


@rule
def once_unhealthy(f: Wake, p: int, i: int) -> None:
    """Remember account i among those whom a path may change."""
    desk, sleeper = f.desk[0], f.sleepers[f.domains[p].first_account + i]
    if sleeper.state & UNHEALTHY == 0:
        sleeper.state += UNHEALTHY
        f.unhealthy[desk.unhealthy].protocol, f.unhealthy[desk.unhealthy].account = p, i
        desk.unhealthy += 1


@rule
def register(f: Wake, w: View, p: int, i: int, safe: float) -> None:
    """Keys of account i, just found and evaluated at log health factor `safe`."""
    domain, now = f.domains[p], w.clock[0].now
    for k in range(domain.assets):
        if protocols.uses(w.protocols, p, i, k) & 1:
            collateral = f.levels[domain.first_link + k].log_price
            for j in range(domain.assets):
                if protocols.uses(w.protocols, p, i, j) & 2:
                    debt = f.levels[domain.first_link + j]
                    key = collateral - debt.log_price - debt.rate * now - safe
                    push(f, domain.first_queue + k * domain.assets + j, domain.first_account + i, key)
                    if collateral - debt.due <= key:
                        f.desk[0].dirty = 1


@rule
def stay_awake(f: Wake, p: int, i: int) -> None:
    """Look at account i in every round."""
    sleeper = f.sleepers[f.domains[p].first_account + i]
    if sleeper.state & AWAKE == 0:
        sleeper.state += AWAKE
        row = f.awake[f.desk[0].awake]
        row.protocol, row.account = p, i
        f.desk[0].awake += 1


# ---- what moves -----------------------------------------------------------------------------------------------------
@rule
def set_level(f: Wake, w: View, m: int) -> None:
    """Link m has a new price."""
    level = f.levels[m]
    level.log_price = math.log(as_float(w.links[m].price))
    if abs(level.log_price - level.at_start) > FARTHEST:
        raise OverflowError("a price is too far from its start for the wake margins")
    repriced(f, w, m)


@rule
def feed_moved(f: Wake, w: View, feed: int) -> None:
    """New levels for the links that the feed prices."""
    f.desk[0].dirty = 1
    for m in range(len(f.levels)):
        if w.links[m].feed == feed:
            set_level(f, w, m)


@rule
def pool_moved(f: Wake, w: View, place: int) -> None:  # noqa: ARG001
    """Resale prices there are to be worked out anew, once somebody asks."""
    f.spots[place].stale, f.desk[0].moved = 1, 1


@rule
def parameters_changed(f: Wake, w: View, p: int) -> None:
    """Everybody in protocol p is looked at anew, under new rates."""
    domain = f.domains[p]
    f.desk[0].dirty = 1
    for k in range(domain.assets):
        m = domain.first_link + k
        f.levels[m].rate = max(f.levels[m].rate, protocols.debt_growth(w.protocols, p, k))
        set_level(f, w, m)
    for i in range(domain.accounts):
        if protocols.has_debt(w.protocols, p, i) and f.sleepers[domain.first_account + i].state & AWAKE == 0:
            renew(f, p, i)
            stay_awake(f, p, i)


# ---- the start of all paths -----------------------------------------------------------------------------------------
@rule
def begin(f: Wake, w: View) -> None:
    """Levels at the start."""
    for p in range(len(f.domains)):
        domain = f.domains[p]
        for k in range(domain.assets):
            level, m = f.levels[domain.first_link + k], domain.first_link + k
            level.rate = protocols.debt_growth(w.protocols, p, k)
            level.log_price = level.at_start = math.log(as_float(w.links[m].price))
            level.log_unit = math.log(as_float(w.tokens[w.links[m].token].unit))
            level.outside_at_start = w.tokens[w.links[m].token].outside * 1.0
    begin_resales(f, w)


@rule
def first_keys(f: Wake, w: View, out: Any) -> int:
    """Keys of everybody as they stand at the start into `out` (queue, key, account), as many as it has room for; queue
    -1: what the account's collateral is worth, USD with 8 decimals. Returns how many there are."""
    now, n = w.clock[0].now, 0
    for p in range(len(f.domains)):
        domain = f.domains[p]
        for i in range(domain.accounts):
            if protocols.has_debt(w.protocols, p, i):
                n = first(out, n, -1, as_float(usd_of(w, p, i, 1)), domain.first_account + i)
                safe = protocols.wake_bound(w.protocols, p, i, now)
                for k in range(domain.assets):
                    if protocols.uses(w.protocols, p, i, k) & 1:
                        collateral = f.levels[domain.first_link + k].log_price
                        for j in range(domain.assets):
                            if protocols.uses(w.protocols, p, i, j) & 2:
                                debt = f.levels[domain.first_link + j]
                                key = collateral - debt.log_price - debt.rate * now - safe
                                q = domain.first_queue + k * domain.assets + j
                                n = first(out, n, q, key, domain.first_account + i)
    return n


@rule
def first(out: Any, n: int, q: int, key: float, g: int) -> int:
    """Row n of `out`, if it has one; returns the number of the next."""
    if n < len(out):
        out[n].queue, out[n].key, out[n].account = q, key, g
    return n + 1
