"""The compiled engines: the text of `engine.block` with a finder that wakes only who may be acted upon, or scans.

`Compiled` holds a world as tables and runs price paths on it one after another; a run leaves the tables as they ended,
the next one starts from the beginning again (`undo`). What compiled code cannot take (a number that does not fit its
field, a price too far from its start) raises `HandOver`: the caller runs that path in the exact engine. Slower, never
different.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numba.extending import overload

from protocol_sim.agents.view import View
from protocol_sim.engine import hooks, idle, wake
from protocol_sim.engine.block import finish_step, run_block
from protocol_sim.engine.events import Event
from protocol_sim.engine.layout import copies, path_table, to_records, to_tables
from protocol_sim.engine.outcome import totals, written_off
from protocol_sim.engine.proposals import Candidate, Proposal
from protocol_sim.engine.queues import RING, Key, List, Node, Queue, Sleeper
from protocol_sim.engine.shortfall import Short, everybody, those_unhealthy
from protocol_sim.engine.undo import Undo
from protocol_sim.engine.wake import Desk, Domain, Level, Wake
from protocol_sim.errors import ProtocolSimError
from protocol_sim.numeric import Rows, record, rule
from protocol_sim.numeric.compiled import Table
from protocol_sim.numeric.compiled.linked import LINKED
from protocol_sim.protocols import base as protocols
from protocol_sim.results import Summary


class HandOver(ProtocolSimError):
    """Compiled code cannot take this path; the exact engine can."""


class Scan(NamedTuple):
    """Looks at everybody in every round: the check of `Wake`."""

    candidates: Rows[Candidate]
    proposals: Rows[Proposal]
    order: Rows[Candidate]
    log: Rows[Event]
    desk: Rows[Desk]


@rule
def keep(f: Any, w: View, e: Any) -> None:
    """Write an event into the log while there is room."""
    desk = f.desk[0]
    if desk.logged < len(f.log):
        row, clock = f.log[desk.logged], w.clock[0]
        row.number, row.step, row.block, row.now = clock.events, clock.step, clock.block, clock.now
        row.kind, row.agent, row.protocol, row.which, row.turn = e.kind, e.agent, e.protocol, e.which, e.turn
        row.code, row.cause, row.asset_in, row.asset_out = e.code, e.cause, e.asset_in, e.asset_out
        row.amount_in, row.amount_out, row.third = e.amount_in, e.amount_out, e.third
        desk.logged += 1
    elif len(f.log) > 0:
        raise MemoryError("event log")


@rule
def _everybody(f: Scan, w: View) -> int:
    return len(f.candidates)


@rule
def _in_order(f: Scan, w: View, q: int, found: int) -> None:
    return


@rule
def _never(f: Scan, w: View, p: int, i: int) -> bool:
    return False


@rule
def _unnoted(f: Scan, w: View, p: int, i: int, code: int) -> None:
    f.desk[0].looks += 1


@rule
def _unmoved(f: Scan, w: View, n: int) -> None:
    return


@rule
def _no_more(f: Any, w: View, n: int) -> int:
    return n


@rule
def _no_reports(f: Any, w: View) -> None:
    return


def _hook(name: str, arguments: str, scanning: Any, waking: Any) -> None:
    """Compile hook `name` as one of two rules, by the type of the finder."""
    choose = {"scanning": scanning, "waking": waking, "Wake": Wake}
    text = f"lambda f, {arguments}: waking if f.instance_class is Wake else scanning"
    overload(getattr(hooks, name), strict=False, jit_options=LINKED)(eval(text, choose))  # noqa: S307


_hook("find", "w", _everybody, wake.find)
_hook("ahead", "w, q, found", _in_order, wake.ahead)
_hook("rules_out", "w, p, i", _never, wake.rules_out)
_hook("note", "w, p, i, code", _unnoted, wake.note)
_hook("feed_moved", "w, feed", _unmoved, wake.feed_moved)
_hook("pool_moved", "w, place", _unmoved, wake.pool_moved)
_hook("parameters_changed", "w, p", _unmoved, wake.parameters_changed)
_hook("add_shortfalls", "w, out", everybody, those_unhealthy)
_hook("record", "w, event", keep, keep)
_hook("custom_proposals", "w, n", _no_more, _no_more)
_hook("custom_reports", "w", _no_reports, _no_reports)


@record
class Registered:
    """A key of the first block, before it is sorted."""

    queue: int = 0
    key: float = 0.0
    account: int = 0


@njit(nogil=True, cache=True)
def _begin(world, finder, keys):  # type: ignore[no-untyped-def]
    wake.begin(finder, world)
    return wake.first_keys(finder, world, keys)


@njit(nogil=True, cache=True)
def _drive(world, finder, steps):  # type: ignore[no-untyped-def]
    for step in range(steps):
        for _ in range(world.clock[0].blocks_per_step):
            run_block(world, finder, step)
        finish_step(world, step)


@njit(nogil=True, cache=True)
def _shortfall(world, finder, out):  # type: ignore[no-untyped-def]
    hooks.add_shortfalls(finder, world, out[0])


class Compiled:
    """A world compiled, with its finder; one object a thread (`fork`)."""

    def __init__(self, world: View, scan: bool = False, log: int = 0, nodes: int = 0) -> None:
        self.world = to_tables(world)
        self._start = copies(self.world)
        self._undo = Undo(self.world, self._start)
        self._as_begun = True
        self._fresh: dict[str, Any] | None = None           # of a finder that has something to remember
        if scan:
            self.finder: Any = _scanner(world, log)
        else:
            self.finder, self._fresh = _registered(self.world, _waker(world, log, nodes))
        self._paths = self.world

    def fork(self) -> "Compiled":
        """The same with working memory of its own."""
        other = object.__new__(Compiled)
        other.__dict__.update(self.__dict__)
        other.world, other._as_begun = copies(self._start), True
        other._undo = Undo(other.world, self._start)
        other.finder = copies(self.finder)
        if self._fresh is not None:
            other.finder = other.finder._replace(shared=self.finder.shared, little=self.finder.little)
            _emptied(other.finder, self._fresh, whole=True)
        other._paths = other.world
        return other

    def run(self, path: "np.ndarray[Any, Any] | None" = None) -> View:
        """One price path (int64, steps x tokens; default: the world's own). Returns the tables as they end."""
        self._rewind()
        world = self.world
        if path is not None:
            world = path_table(world, np.ascontiguousarray(path, np.int64).view(np.uint64))
        self._as_begun = False
        try:
            _drive(world, self.finder, world.path.rows // world.tokens.rows)
        except MemoryError as full:
            self._double(str(full))
            return self.run(path)
        except (OverflowError, ZeroDivisionError) as fault:
            raise HandOver(str(fault)) from None
        self._paths = world
        return world  # type: ignore[no-any-return]

    def _rewind(self) -> None:
        """The world and the finder as they were before the first block."""
        if self._as_begun:
            return
        f: Any = self.finder
        if self._fresh is None:
            self._undo.everything()
            f.desk.array[:] = 0
        else:
            firsts = np.array(f.domains.column("first_account"))
            self._undo.path(f, firsts)
            _emptied(f, self._fresh)
        self._as_begun = True

    def _double(self, what: str) -> None:
        self._rewind()
        if what == "event log":
            self.finder = self.finder._replace(log=Table.empty(Event, 2 * self.finder.log.rows))
        else:
            self.finder = self.finder._replace(nodes=Table.empty(Node, 2 * self.finder.nodes.rows))

    @property
    def events(self) -> list[Event]:
        """The log of the last run."""
        kept: list[Event] = self.finder.log.records()[: self.finder.desk.column("logged")[0]]
        return kept

    @property
    def looks(self) -> int:
        """Accounts evaluated in integers in the last run."""
        return int(self.finder.desk.column("looks")[0])

    def totals(self) -> Summary:
        """Totals of the last run, without making records of its accounts."""
        out = Table.empty(Short, 1)
        _shortfall(self.world, self.finder, out)
        short, world = out[0], self.world
        bad_debt = short.usd + written_off(world)
        return totals(world.clock[0], world.agents.records(), world.tokens.records(), bad_debt, short.accounts)

    def records(self) -> View:
        """The world at the end of the last run, as Python records (its own path, not that of the run)."""
        return to_records(self.world)  # type: ignore[no-any-return]


def _scanner(world: View, log: int) -> Scan:
    counts = [protocols.account_count(world.protocols, p) for p in range(len(world.protocols))]
    everyone = Table.empty(Candidate, sum(counts))
    pairs = [(p, i) for p, count in enumerate(counts) for i in range(count)]
    everyone.array[:] = np.array(pairs, np.uint64).reshape(-1, 2)
    rows = max(1, len(pairs) * max(1, len(world.agents)))
    return Scan(
        candidates=everyone,
        proposals=Table.empty(Proposal, rows),
        order=Table.empty(Candidate, rows),
        log=Table.empty(Event, log),
        desk=Table.empty(Desk, 1),
    )


def _waker(world: View, log: int, nodes: int) -> Wake:
    domains, accounts, queues = [], 0, 0
    for p, venue in enumerate(world.venues):
        assets, count = protocols.asset_count(world.protocols, p), protocols.account_count(world.protocols, p)
        first = Domain(first_account=accounts, first_link=venue.first_link, first_queue=queues)
        first.assets, first.accounts = assets, count
        domains.append(first)
        accounts, queues = accounts + count, queues + assets * assets + len(world.agents) * idle.width(assets)
    rows = max(1, accounts * max(1, len(world.agents)))
    return Wake(
        candidates=Table.empty(Candidate, accounts),
        proposals=Table.empty(Proposal, rows),
        order=Table.empty(Candidate, rows),
        log=Table.empty(Event, log),
        desk=Table.of(Desk, [Desk()]),
        domains=Table.of(Domain, domains),
        levels=Table.empty(Level, len(world.links)),
        resales=Table.empty(idle.Resale, len(world.agents) * len(world.links)),
        spots=Table.of(idle.Spot, [idle.Spot() for _ in world.places]),
        queues=Table.of(Queue, [Queue() for _ in range(queues)]),
        lists=Table.of(List, [List() for _ in range(queues * RING)]),
        shared=Table.empty(Key, 0),
        little=Table.empty(Key, 0),
        nodes=Table.empty(Node, nodes or 2 * accounts + 64),
        sleepers=Table.empty(Sleeper, accounts),
        awake=Table.empty(Candidate, accounts),
        touched=Table.empty(Candidate, accounts),
        unhealthy=Table.empty(Candidate, accounts),
    )


REWOUND = ("desk", "levels", "resales", "spots", "queues", "lists")  # what a path changes; sleepers it knows by name


def _registered(world: Any, finder: Any) -> tuple[Any, dict[str, Any]]:
    """The finder with everybody's first keys sorted, and what it looks like then."""
    keys = Table.empty(Registered, 4 * len(finder.sleepers) + 64)
    count = _begin(world, finder, keys)
    if count > len(keys):
        keys = Table.empty(Registered, count)
        _begin(world, finder, keys)
    words = keys.array[:count]
    queue, key, account = words[:, 0].view(np.int64), words[:, 1].view(np.float64), words[:, 2].view(np.int64)
    little = np.flatnonzero(queue < 0)
    little = _key_table(words, little[np.argsort(key[little], kind="stable")])
    order = np.lexsort((account, -key, queue))
    order = order[len(little) :]                        # queue -1 came first
    shared = _key_table(words, order)
    bounds = np.searchsorted(queue[order], np.arange(len(finder.queues) + 1))
    rows = finder.queues.records()
    for row, first, end in zip(rows, bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        row.next, row.end = first, end
        if first < end:
            row.key = float(key[order[first]])
    finder = finder._replace(shared=shared, little=little, queues=Table.of(Queue, rows))
    return finder, {name: getattr(finder, name).array.copy() for name in REWOUND}


def _key_table(words: Any, order: Any) -> Any:
    table = Table.empty(Key, len(order))
    table.array[:, 0], table.array[:, 1] = words[order, 1], words[order, 2]
    return table


def _emptied(finder: Any, fresh: dict[str, Any], whole: bool = False) -> Any:
    """The finder, in place, as it was when everybody had been registered; `whole`: sleepers too."""
    for name in REWOUND:
        getattr(finder, name).array[:] = fresh[name]
    if whole:
        finder.sleepers.array[:] = 0
    return finder
