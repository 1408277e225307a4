"""The compiled engines: the text of `engine.block` with a finder that wakes only who may be liquidatable, or scans.

`Compiled` holds a world as tables and runs price paths on it one after another; a run leaves the tables as they ended,
the next one starts from the beginning again. What compiled code cannot take (a number that does not fit its field, a
price too far from its start) raises `HandOver`: the caller runs that path in the exact engine. Slower, never different.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numba.extending import overload

from protocol_sim.agents.view import View
from protocol_sim.engine import hooks, wake
from protocol_sim.engine.block import finish_step, run_block
from protocol_sim.engine.events import Event
from protocol_sim.engine.layout import copies, path_table, restore, to_records, to_tables
from protocol_sim.engine.proposals import Candidate, Proposal
from protocol_sim.engine.wake import Desk, Domain, Level, Node, Queue, Sleeper, Wake
from protocol_sim.errors import ProtocolSimError
from protocol_sim.numeric import Rows, rule
from protocol_sim.numeric.compiled import Table
from protocol_sim.numeric.compiled.linked import LINKED
from protocol_sim.protocols import base as protocols


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
_hook("note", "w, p, i, code", _unnoted, wake.note)
_hook("feed_moved", "w, feed", _unmoved, wake.feed_moved)
_hook("pool_moved", "w, place", _unmoved, wake.pool_moved)
_hook("parameters_changed", "w, p", _unmoved, wake.parameters_changed)
_hook("record", "w, event", keep, keep)
_hook("custom_proposals", "w, n", _no_more, _no_more)
_hook("custom_reports", "w", _no_reports, _no_reports)


@njit(nogil=True, cache=True)
def _begin(world, finder):  # type: ignore[no-untyped-def]
    wake.begin(finder, world)


@njit(nogil=True, cache=True)
def _drive(world, finder, steps):  # type: ignore[no-untyped-def]
    for step in range(steps):
        for _ in range(world.clock[0].blocks_per_step):
            run_block(world, finder, step)
        finish_step(world, step)


class Compiled:
    """A world compiled, with its finder; one object a thread (`fork`)."""

    def __init__(self, world: View, scan: bool = False, log: int = 0, nodes: int = 0) -> None:
        self.world = to_tables(world)
        self._start = copies(self.world)
        self.finder: Any = _scanner(world, log) if scan else _waker(world, log, nodes)
        self._grow()

    def _grow(self) -> None:
        """Register everybody, with more nodes if they do not suffice."""
        while isinstance(self.finder, Wake):
            fresh = copies(self.finder)
            try:
                _begin(self.world, fresh)
                self._fresh = fresh
                return
            except MemoryError:
                nodes: Any = self.finder.nodes
                self.finder = self.finder._replace(nodes=Table.empty(Node, 2 * nodes.rows))
        self._fresh = copies(self.finder)

    def fork(self) -> "Compiled":
        """The same with working memory of its own."""
        other = object.__new__(Compiled)
        other.__dict__.update(self.__dict__)
        other.world, other.finder = copies(self.world), copies(self.finder)
        return other

    def run(self, path: "np.ndarray[Any, Any] | None" = None) -> View:
        """One price path (int64, steps x tokens; default: the world's own). Returns the tables as they end."""
        restore(self.world, self._start)
        restore(self.finder, self._fresh)
        world = self.world
        if path is not None:
            world = path_table(world, np.ascontiguousarray(path, np.int64).view(np.uint64))
        try:
            _drive(world, self.finder, world.path.rows // world.tokens.rows)
        except MemoryError as full:
            self._double(str(full))
            return self.run(path)
        except (OverflowError, ZeroDivisionError) as fault:
            raise HandOver(str(fault)) from None
        return world  # type: ignore[no-any-return]

    def _double(self, what: str) -> None:
        if what == "event log":
            self.finder = self.finder._replace(log=Table.empty(Event, 2 * self.finder.log.rows))
        else:
            self.finder = self.finder._replace(nodes=Table.empty(Node, 2 * self.finder.nodes.rows))
        restore(self.world, self._start)
        self.finder = _emptied(self.finder)
        self._grow()

    @property
    def events(self) -> list[Event]:
        """The log of the last run."""
        kept: list[Event] = self.finder.log.records()[: self.finder.desk.column("logged")[0]]
        return kept

    @property
    def looks(self) -> int:
        """Accounts evaluated in the last run."""
        return int(self.finder.desk.column("looks")[0])

    def records(self) -> View:
        """The world at the end of the last run, as Python records (its own path, not that of the run)."""
        return to_records(self.world)  # type: ignore[no-any-return]


def _everyone(world: View) -> list[Candidate]:
    counts = [protocols.account_count(world.protocols, p) for p in range(len(world.protocols))]
    return [Candidate(protocol=p, account=i) for p, count in enumerate(counts) for i in range(count)]


def _scanner(world: View, log: int) -> Scan:
    everyone = _everyone(world)
    rows = max(1, len(everyone) * max(1, len(world.agents)))
    return Scan(
        candidates=Table.of(Candidate, everyone),
        proposals=Table.empty(Proposal, rows),
        order=Table.empty(Candidate, rows),
        log=Table.empty(Event, log),
        desk=Table.of(Desk, [Desk()]),
    )


def _waker(world: View, log: int, nodes: int) -> Wake:
    domains, accounts, queues = [], 0, 0
    for p, venue in enumerate(world.venues):
        assets, count = protocols.asset_count(world.protocols, p), protocols.account_count(world.protocols, p)
        first = Domain(first_account=accounts, first_link=venue.first_link, first_queue=queues)
        first.assets, first.accounts = assets, count
        domains.append(first)
        accounts, queues = accounts + count, queues + assets * assets
    rows = max(1, accounts * max(1, len(world.agents)))
    return _emptied(Wake(  # type: ignore[no-any-return]
        candidates=Table.empty(Candidate, accounts),
        proposals=Table.empty(Proposal, rows),
        order=Table.empty(Candidate, rows),
        log=Table.empty(Event, log),
        desk=Table.empty(Desk, 1),
        domains=Table.of(Domain, domains),
        levels=Table.empty(Level, len(world.links)),
        queues=Table.empty(Queue, queues),
        nodes=Table.empty(Node, nodes or 8 * accounts + 64),
        sleepers=Table.empty(Sleeper, accounts),
        awake=Table.empty(Candidate, accounts),
    ))


def _emptied(f: Any) -> Any:
    """The finder with nothing registered."""
    if isinstance(f, Scan):
        return f._replace(desk=Table.of(Desk, [Desk()]))
    return f._replace(desk=Table.of(Desk, [Desk()]), queues=Table.of(Queue, [Queue() for _ in range(f.queues.rows)]),
                      sleepers=Table.empty(Sleeper, f.sleepers.rows))
