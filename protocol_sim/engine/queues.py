"""Queues of accounts by key, the largest first: what lies in order from the start is shared, the rest is a heap.

Keys of the first block are sorted once and read by all paths; a path has a cursor into them. An account that is
registered again gets a new version, so that whatever was known of it before is stale, and a node in a skew heap.
"""

from typing import Any

from protocol_sim.numeric import Rows, record, rule

HORIZON = 3_600       # s of interest charged ahead, so that quiet blocks need no look
NEVER = -1e300
EMPTY = -1


@record
class Key:
    """A key of the first block; rows of one queue lie together, the largest key first."""

    key: float = 0.0
    account: int = 0          # counted over all protocols


@record
class Queue:
    """Where it stands: the next shared key, and the heap of later ones."""

    key: float = NEVER        # the largest of both
    root: int = EMPTY
    next: int = 0
    end: int = 0              # row behind its last shared key


@record
class Node:
    """An account in a heap; stale when the account's version has moved on."""

    key: float = 0.0
    account: int = 0          # counted over all protocols
    version: int = 0
    queue: int = 0
    left: int = EMPTY
    right: int = EMPTY


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
def head(f: Any, q: int) -> None:
    """Write down the largest key of queue q."""
    queue, key = f.queues[q], NEVER
    if queue.next < queue.end:
        key = f.shared[queue.next].key
    if queue.root >= 0:
        key = max(key, f.nodes[queue.root].key)
    queue.key = key


@rule
def push(f: Any, q: int, g: int, key: float) -> None:
    """Put account g into queue q, under its present version."""
    desk = f.desk[0]
    if desk.free < 0 and desk.nodes >= len(f.nodes):
        sweep(f)
    n = desk.free
    if n >= 0:
        desk.free = f.nodes[n].left
    else:
        n = desk.nodes
        desk.nodes = n + 1
    node, queue = f.nodes[n], f.queues[q]
    node.key, node.account, node.version, node.queue = key, g, f.sleepers[g].version, q
    node.left, node.right = EMPTY, EMPTY
    queue.root = meld(f.nodes, queue.root, n)
    queue.key = max(queue.key, key)


@rule
def sweep(f: Any) -> None:
    """Drop stale nodes from all heaps; MemoryError if that does not free a quarter of the room."""
    desk, live = f.desk[0], 0
    for q in range(len(f.queues)):
        f.queues[q].root = EMPTY
    desk.free = EMPTY
    for n in range(len(f.nodes)):
        node = f.nodes[n]
        node.right = EMPTY
        if node.account >= 0 and f.sleepers[node.account].version == node.version:
            live += 1
            node.left = EMPTY
            f.queues[node.queue].root = meld(f.nodes, f.queues[node.queue].root, n)
        else:
            release(f, n)
    if live > len(f.nodes) // 4 * 3:
        raise MemoryError("wake nodes")
    for q in range(len(f.queues)):
        head(f, q)


@rule
def release(f: Any, n: int) -> None:
    """Node n may be used again."""
    f.nodes[n].account = EMPTY
    f.nodes[n].left = f.desk[0].free
    f.desk[0].free = n


@rule
def candidate(f: Any, p: int, i: int, n: int) -> int:
    """Add account i of protocol p unless this search has it already."""
    sleeper = f.sleepers[f.domains[p].first_account + i]
    if sleeper.found != f.desk[0].search:
        sleeper.found = f.desk[0].search
        f.candidates[n].protocol, f.candidates[n].account = p, i
        return n + 1
    return n


@rule
def fire(f: Any, p: int, q: int, level: float, n: int) -> int:
    """Take from queue q everybody whose key the level has reached; returns the number of candidates."""
    queue, first = f.queues[q], f.domains[p].first_account
    while queue.next < queue.end and f.shared[queue.next].key >= level:
        g = f.shared[queue.next].account
        queue.next += 1
        if f.sleepers[g].version == 0:
            n = candidate(f, p, g - first, n)
    top = queue.root
    while top >= 0 and f.nodes[top].key >= level:
        node = f.nodes[top]
        if f.sleepers[node.account].version == node.version:
            n = candidate(f, p, node.account - first, n)
        rest = meld(f.nodes, node.left, node.right)
        release(f, top)
        top = rest
    queue.root = top
    head(f, q)
    return n
