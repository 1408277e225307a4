"""Finds only accounts that can have become liquidatable: the finder of the fast engine, as rule text.

An account evaluated at health factor h (log h, less a margin for the contract's roundings: `protocols.base.wake_bound`)
stays healthy while, for every collateral k and debt j that it has, the level  log p_k - log p_j - r_j t  stays above
the level at evaluation minus log h. (HF(t) >= h exp(min over pairs of the level's change): collateral only grows, debt
j grows at most at r_j a second.) So each pair of assets has a queue of accounts by that key, and a queue fires when its
level sinks to it. Floats here only rule out: whoever wakes is decided by the contract's integers, and keys err towards
waking early. Accounts that are liquidatable but that nobody takes stay awake and are looked at in every round.
"""

import math
from typing import NamedTuple

from protocol_sim.agents.liquidator import HEALTHY
from protocol_sim.agents.view import View
from protocol_sim.engine.events import Event
from protocol_sim.engine.proposals import Candidate, Proposal
from protocol_sim.numeric import Rows, as_float, record, rule
from protocol_sim.protocols import base as protocols

HORIZON = 3_600       # s of interest charged ahead, so that quiet blocks need no look
FARTHEST = math.log(64.0)  # a feed this far from its start: the margins no longer hold, the exact engine takes over
NEVER, ALWAYS = -1e300, 1e300
EMPTY = -1


@record
class Domain:
    """One protocol: where its accounts, links and queues begin."""

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


@record
class Queue:
    """One pair of assets: a skew heap of accounts, the largest key on top."""

    root: int = EMPTY
    key: float = NEVER        # of the root


@record
class Node:
    """An account in a queue; stale when the account's version has moved on."""

    key: float = 0.0
    account: int = 0          # counted over all protocols
    version: int = 0
    left: int = EMPTY
    right: int = EMPTY


@record
class Sleeper:
    """One account."""

    version: int = 0
    found: int = 0            # number of the search that found it last
    awake: int = 0            # 1: stands in the awake list


@record
class Desk:
    """One row: counters of the finder."""

    search: int = 0
    awake: int = 0
    nodes: int = 0            # used so far
    free: int = EMPTY         # list of free nodes, linked by `left`
    dirty: int = 1            # a feed has moved or a new key has come in
    looked: int = 0           # unix s of the last look at the queues
    logged: int = 0           # events kept
    looks: int = 0            # accounts evaluated, for the bench


class Wake(NamedTuple):
    """The finder's memory; `log` holds events up to its length (0: none is kept)."""

    candidates: Rows[Candidate]
    proposals: Rows[Proposal]
    order: Rows[Candidate]
    log: Rows[Event]
    desk: Rows[Desk]
    domains: Rows[Domain]
    levels: Rows[Level]
    queues: Rows[Queue]
    nodes: Rows[Node]
    sleepers: Rows[Sleeper]
    awake: Rows[Candidate]


# ---- heap -----------------------------------------------------------------------------------------------------------
@rule
def meld(nodes: Rows[Node], a: int, b: int) -> int:
    """Two skew heaps into one; returns its root."""
    if a < 0:
        return b
    if b < 0:
        return a
    if nodes[a].key < nodes[b].key:
        a, b = b, a
    top = a
    while True:
        c = nodes[a].right
        nodes[a].right = nodes[a].left
        if c < 0:
            nodes[a].left = b
            return top
        if nodes[c].key < nodes[b].key:
            c, b = b, c
        nodes[a].left = c
        a = c


@rule
def push(f: Wake, q: int, g: int, key: float) -> None:
    """Put account g into queue q."""
    desk, queue = f.desk[0], f.queues[q]
    n = desk.free
    if n >= 0:
        desk.free = f.nodes[n].left
    else:
        n = desk.nodes
        if n >= len(f.nodes):
            raise MemoryError("wake nodes")
        desk.nodes = n + 1
    node = f.nodes[n]
    node.key, node.account, node.version, node.left, node.right = key, g, f.sleepers[g].version, EMPTY, EMPTY
    queue.root = meld(f.nodes, queue.root, n)
    queue.key = f.nodes[queue.root].key


@rule
def fire(f: Wake, p: int, q: int, level: float, n: int) -> int:
    """Take from queue q everybody whose key the level has reached; returns the number of candidates."""
    desk, queue, first = f.desk[0], f.queues[q], f.domains[p].first_account
    top = queue.root
    while top >= 0 and f.nodes[top].key >= level:
        node = f.nodes[top]
        if f.sleepers[node.account].version == node.version:
            n = candidate(f, p, node.account - first, n)
        rest = meld(f.nodes, node.left, node.right)
        node.left = desk.free
        desk.free = top
        top = rest
    queue.root = top
    queue.key = f.nodes[top].key if top >= 0 else NEVER
    return n


@rule
def candidate(f: Wake, p: int, i: int, n: int) -> int:
    """Add account i of protocol p unless this search has it already."""
    sleeper = f.sleepers[f.domains[p].first_account + i]
    if sleeper.found != f.desk[0].search:
        sleeper.found = f.desk[0].search
        f.candidates[n].protocol, f.candidates[n].account = p, i
        return n + 1
    return n


# ---- the hooks ------------------------------------------------------------------------------------------------------
@rule
def find(f: Wake, w: View) -> int:
    """Those awake, and those whose pair has sunk to their key within the horizon."""
    desk, clock = f.desk[0], w.clock[0]
    desk.search += 1
    n = 0
    for a in range(desk.awake):
        p, i = f.awake[a].protocol, f.awake[a].account
        f.sleepers[f.domains[p].first_account + i].awake = 0
        n = candidate(f, p, i, n)
    desk.awake = 0
    if desk.dirty or clock.now - desk.looked >= HORIZON:
        desk.dirty, desk.looked = 0, clock.now
        ahead = clock.now + HORIZON + clock.block_time
        for m in range(len(f.levels)):
            f.levels[m].due = f.levels[m].log_price + f.levels[m].rate * ahead
        for p in range(len(f.domains)):
            n = look(f, p, n)
    return n


@rule
def look(f: Wake, p: int, n: int) -> int:
    """Fire the queues of protocol p whose level has reached a key."""
    domain = f.domains[p]
    for k in range(domain.assets):
        price = f.levels[domain.first_link + k].log_price
        for j in range(domain.assets):
            q = domain.first_queue + k * domain.assets + j
            level = price - f.levels[domain.first_link + j].due
            if level <= f.queues[q].key:
                n = fire(f, p, q, level, n)
    return n


@rule
def note(f: Wake, w: View, p: int, i: int, code: int) -> None:
    """Let a healthy account sleep under its keys; keep any other one awake."""
    f.desk[0].looks += 1
    if code == HEALTHY:
        register(f, w, p, i)
    else:
        stay_awake(f, p, i)


@rule
def register(f: Wake, w: View, p: int, i: int) -> None:
    """Keys of account i, evaluated now. What was registered before is stale."""
    domain, now = f.domains[p], w.clock[0].now
    g = domain.first_account + i
    f.sleepers[g].version += 1
    if not protocols.has_debt(w.protocols, p, i):
        return
    safe = protocols.wake_bound(w.protocols, p, i, now)
    f.desk[0].dirty = 1
    for k in range(domain.assets):
        if protocols.uses(w.protocols, p, i, k) & 1:
            for j in range(domain.assets):
                if protocols.uses(w.protocols, p, i, j) & 2:
                    debt = f.levels[domain.first_link + j]
                    level = f.levels[domain.first_link + k].log_price - debt.log_price - debt.rate * now
                    push(f, domain.first_queue + k * domain.assets + j, g, level - safe)


@rule
def stay_awake(f: Wake, p: int, i: int) -> None:
    """Look at account i in every round."""
    sleeper = f.sleepers[f.domains[p].first_account + i]
    sleeper.version += 1
    if sleeper.awake == 0:
        sleeper.awake = 1
        row = f.awake[f.desk[0].awake]
        row.protocol, row.account = p, i
        f.desk[0].awake += 1


@rule
def set_level(f: Wake, w: View, m: int) -> None:
    """Link m has a new price."""
    level = f.levels[m]
    level.log_price = math.log(as_float(w.links[m].price))
    if abs(level.log_price - level.at_start) > FARTHEST:
        raise OverflowError("a price is too far from its start for the wake margins")


@rule
def feed_moved(f: Wake, w: View, feed: int) -> None:
    """New levels for the links that the feed prices."""
    f.desk[0].dirty = 1
    for m in range(len(f.levels)):
        if w.links[m].feed == feed:
            set_level(f, w, m)


@rule
def pool_moved(f: Wake, w: View, place: int) -> None:
    """Pools do not decide who is healthy."""


@rule
def parameters_changed(f: Wake, w: View, p: int) -> None:
    """Everybody in protocol p is looked at anew, under new rates."""
    domain = f.domains[p]
    for k in range(domain.assets):
        m = domain.first_link + k
        f.levels[m].rate = max(f.levels[m].rate, protocols.debt_growth(w.protocols, p, k))
        set_level(f, w, m)
    for i in range(domain.accounts):
        if protocols.has_debt(w.protocols, p, i):
            stay_awake(f, p, i)


@rule
def begin(f: Wake, w: View) -> None:
    """Levels and keys at the start of a path."""
    for p in range(len(f.domains)):
        domain = f.domains[p]
        for k in range(domain.assets):
            level = f.levels[domain.first_link + k]
            level.rate = protocols.debt_growth(w.protocols, p, k)
            level.log_price = math.log(as_float(w.links[domain.first_link + k].price))
            level.at_start = level.log_price
        for i in range(domain.accounts):
            register(f, w, p, i)
