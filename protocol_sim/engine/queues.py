"""Queues of accounts by key, the largest first: what lies in order from the start is shared, the rest in buckets.

Keys of the first block are sorted once and read by all paths; a path has a cursor into them. An account that is found
gets a new state, so that whatever was known of it before is stale; registered again, it gets a node: in a list of those
whose keys lie in the same 1 / PER, the lists of a queue in a ring of `RING`. Pushing writes one node; a level that
sinks walks the lists that it passes. (A heap of 100,000 accounts cost several cache misses for either.)
"""

import math
from typing import Any

from protocol_sim.agents.view import View
from protocol_sim.engine.proposals import Candidate
from protocol_sim.numeric import Rows, record, rule
from protocol_sim.protocols import base as protocols

HORIZON = 3_600       # s of interest charged ahead, so that quiet blocks need no look
NEVER = -1e300
EMPTY = -1
PER = 256.0           # lists for a unit of key, which is a logarithm; a power of two, so that scaling is exact
RING = 256            # lists of a queue; keys that are RING / PER apart share one
FARTHEST_LIST = 2.0**40
AHEAD = 4             # accounts: enough work to hide what memory takes


STALE, UNHEALTHY, AWAKE = 4, 2, 1


@record
class Sleeper:
    """One account, in a word, since whoever is found is asked for it: STALE for each time that what was known of it
    became void, and UNHEALTHY if it has been so, and AWAKE while it stands in that list. 0: as at the start."""

    state: int = 0


@record
class Key:
    """A key of the first block; rows of one queue lie together, the largest key first."""

    key: float = 0.0
    account: int = 0          # counted over all protocols


@record
class Queue:
    """Where it stands: the next shared key, and the lists of later ones."""

    key: float = NEVER        # no key is larger
    next: int = 0
    end: int = 0              # row behind its last shared key
    nodes: int = 0            # in its lists, stale ones too
    top: int = 0              # number of its first list that may hold a node


@record
class List:
    """Where one list begins: row queue * RING + (number modulo RING)."""

    first: int = EMPTY


@record
class Node:
    """An account in a list; stale when the account's state has moved on."""

    key: float = 0.0
    account: int = 0          # counted over all protocols
    state: int = 0
    next: int = EMPTY


@rule
def number(key: float) -> int:
    """Of the list in which a key lies: it holds those from number / PER on."""
    return math.floor(min(max(key * PER, -FARTHEST_LIST), FARTHEST_LIST))


@rule
def push(f: Any, q: int, g: int, key: float) -> None:
    """Put account g into queue q, under its present state."""
    desk = f.desk[0]
    if desk.free < 0 and desk.nodes >= len(f.nodes):
        sweep(f)
    n = desk.free
    if n >= 0:
        desk.free = f.nodes[n].next
    else:
        n = desk.nodes
        desk.nodes = n + 1
    place = number(key)
    node, queue, into = f.nodes[n], f.queues[q], f.lists[q * RING + place % RING]
    node.key, node.account, node.state, node.next = key, g, f.sleepers[g].state, into.first
    into.first = n
    queue.top = place if queue.nodes == 0 else max(queue.top, place)
    queue.nodes += 1
    queue.key = max(queue.key, key)


@rule
def sweep(f: Any) -> None:
    """Drop stale nodes from all lists; MemoryError if that does not free a quarter of the room."""
    live = 0
    for q in range(len(f.queues)):
        queue = f.queues[q]
        for place in range(RING if queue.nodes > 0 else 0):
            into = f.lists[q * RING + place]
            n, into.first = into.first, EMPTY
            while n >= 0:
                node = f.nodes[n]
                after = node.next
                if f.sleepers[node.account].state == node.state:
                    node.next, into.first = into.first, n
                    live += 1
                else:
                    queue.nodes -= 1
                    release(f, n)
                n = after
    if live > len(f.nodes) // 4 * 3:
        raise MemoryError("wake nodes")


@rule
def release(f: Any, n: int) -> None:
    """Node n may be used again."""
    f.nodes[n].next = f.desk[0].free
    f.desk[0].free = n


@rule
def renew(f: Any, p: int, i: int) -> None:
    """Whatever was registered of account i is stale from now on."""
    desk, sleeper = f.desk[0], f.sleepers[f.domains[p].first_account + i]
    if sleeper.state == 0:
        f.touched[desk.touched].protocol, f.touched[desk.touched].account = p, i
        desk.touched += 1
    sleeper.state = sleeper.state // 2 * 2 + STALE


@rule
def candidate(f: Any, w: View, p: int, i: int, n: int) -> int:
    """Add account i of protocol p, just found: nothing that was known of it finds it a second time."""
    renew(f, p, i)
    protocols.coming(w.protocols, p, i, 0)
    f.candidates[n].protocol, f.candidates[n].account = p, i
    return n + 1


@rule
def ask(w: View, rows: Rows[Candidate], q: int, count: int) -> None:
    """Row q of accounts comes next: ask memory for those that come some rows later, and a little later for what they
    have and owe."""
    if q + 2 * AHEAD < count:
        protocols.coming(w.protocols, rows[q + 2 * AHEAD].protocol, rows[q + 2 * AHEAD].account, 0)
    if q + AHEAD < count:
        protocols.coming(w.protocols, rows[q + AHEAD].protocol, rows[q + AHEAD].account, 1)


@rule
def fire(f: Any, w: View, p: int, q: int, level: float, n: int) -> int:
    """Take from queue q everybody whose key the level has reached; returns the number of candidates."""
    queue, first = f.queues[q], f.domains[p].first_account
    queue.key = NEVER
    while queue.next < queue.end and f.shared[queue.next].key >= level:
        g = f.shared[queue.next].account
        queue.next += 1
        if f.sleepers[g].state == 0:
            n = candidate(f, w, p, g - first, n)
    if queue.next < queue.end:
        queue.key = f.shared[queue.next].key
    if queue.nodes > 0:
        low = number(level)
        for place in range(low, low + min(queue.top - low + 1, RING)):
            n = take(f, w, p, q, place, level, n)
        queue.top = min(queue.top, low)
        queue.key = max(queue.key, highest(f, q))
    return n


@rule
def take(f: Any, w: View, p: int, q: int, place: int, level: float, n: int) -> int:
    """Take from one list of queue q everybody whose key the level has reached; returns the number of candidates."""
    queue, into, first = f.queues[q], f.lists[q * RING + place % RING], f.domains[p].first_account
    at, before = into.first, EMPTY
    while at >= 0:
        node = f.nodes[at]
        after = node.next
        if node.key >= level:
            if f.sleepers[node.account].state == node.state:
                n = candidate(f, w, p, node.account - first, n)
            if before < 0:
                into.first = after
            else:
                f.nodes[before].next = after
            queue.nodes -= 1
            release(f, at)
        else:
            before = at
        at = after
    return n


@rule
def highest(f: Any, q: int) -> float:
    """No node of queue q has a larger key; `top` is the number of a list at or above all of them. A list may hold none
    but others that share it: then this is too high, and the next look goes on below."""
    queue, most = f.queues[q], NEVER
    if queue.nodes == 0:
        return NEVER
    for _ in range(RING):
        at, most = f.lists[q * RING + queue.top % RING].first, NEVER
        while at >= 0:
            most = max(most, f.nodes[at].key)
            at = f.nodes[at].next
        if most >= queue.top / PER:
            return most
        queue.top -= 1
    above: float = (queue.top + 1) / PER
    return above
