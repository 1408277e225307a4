"""`Paths`: many price paths of one scenario, one row each, and the full events of those asked for."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from protocol_sim.errors import BadInput
from protocol_sim.results import columns as table
from protocol_sim.results.columns import Columns
from protocol_sim.results.ledger import LedgerEntry
from protocol_sim.results.manifest import Manifest
from protocol_sim.results.rows import Row, columns_of, digest
from protocol_sim.results.shards import SAME, Shards, names

if TYPE_CHECKING:
    import pandas as pd


class Paths:
    """Rows of paths, in memory or in a directory; there one shard is read at a time.

    `digest` covers the rows in path order and nothing else: the same for every engine, for any number of workers and
    however the paths were split over calls.
    """

    def __init__(
        self,
        rows: "Iterable[Row] | Shards",
        manifest: Manifest,
        ledger: tuple[LedgerEntry, ...] = (),
        events: Mapping[int, Columns] | None = None,
        span: tuple[int, int] | None = None,
    ) -> None:
        self._shards = rows if isinstance(rows, Shards) else None
        self._rows = () if isinstance(rows, Shards) else tuple(sorted(rows))
        self._events = dict(events or {})
        self._span = span
        self.manifest = manifest
        self.ledger = tuple(ledger)

    def rows(self) -> Iterator[Row]:
        """The rows in path order."""
        if self._shards is None:
            return iter(self._rows)
        return self._shards.rows(*(self._span or (0, None)))

    @cached_property
    def summary(self) -> "pd.DataFrame":
        """One row a path: counts as int64, USD values (8 decimals) and raw amounts as Python ints."""
        return table.frame(columns_of(self.rows()))

    @cached_property
    def digest(self) -> str:
        """sha256 over the canonical text of all rows, the engine that made them left out."""
        return digest(self.rows())

    def __len__(self) -> int:
        return sum(1 for _ in self.rows())

    def event_columns(self, path: int) -> Columns:
        """All events of a path as plain columns; BadInput if they were not asked for (`events_for`)."""
        if path in self._events:
            return self._events[path]
        if self._shards is not None and self._shards.has_events(path):
            return self._shards.events(path)
        raise BadInput("paths", "events", "a path of events_for", path)

    def events(self, path: int) -> "pd.DataFrame":
        """All events of a path, as `Run.events` has them."""
        return table.frame(self.event_columns(path))

    def save(self, directory: str | Path) -> Path:
        """Write to a directory of its own, or add to one of the same scenario, seed, engine and lock file."""
        directory = Path(directory)
        shards = Shards.opened(directory, self.manifest, self.ledger)
        try:
            there = {row.path: row for row in shards.rows()}
            for row in self.rows():
                _agree(directory, there.get(row.path, row), row)
            for path in self._kept():
                shards.add_events(path, self.event_columns(path))
            shards.add_rows(row for row in self.rows() if row.path not in there)
            shards.merge()
        finally:
            shards.close()
        return directory

    def _kept(self) -> list[int]:
        if self._shards is None:
            return sorted(self._events)
        return [row.path for row in self.rows() if self._shards.has_events(row.path)]

    def __repr__(self) -> str:
        m = self.manifest
        return f"Paths({m.scenario!r}, seed={m.seed}, engine={m.engine!r}, {len(self)} paths, {self.digest[:12]})"


def _agree(where: Path, there: Row, made: Row) -> None:
    """The row that is there already must be the one that was made now."""
    if there[:-1] != made[:-1]:
        name = next(name for name in Row._fields if getattr(there, name) != getattr(made, name))
        raise BadInput(str(where), f"path {made.path}, {name}", str(getattr(made, name)), getattr(there, name))


def load_paths(directory: str | Path) -> Paths:
    """Read many paths back, one shard in memory at a time. BadInput for what is missing, truncated or changed."""
    shards = Shards(Path(directory))
    names(shards.directory)                          # a directory, and nothing foreign in it
    paths = Paths(shards, shards.manifest(), shards.ledger())
    _ = paths.digest                                 # reads every shard once: what is damaged is said here
    return paths


def join_paths(parts: Iterable[Paths]) -> Paths:
    """Paths of one scenario, computed in parts (on other machines, say), as one. BadInput if they do not belong
    together or overlap."""
    parts = list(parts)
    if not parts:
        raise BadInput("paths", "parts", "at least one", "none")
    rows: dict[int, Row] = {}
    events: dict[int, Columns] = {}
    for part in parts:
        for key in SAME:
            wanted, found = getattr(parts[0].manifest, key), getattr(part.manifest, key)
            if wanted != found:
                raise BadInput("paths", key, repr(wanted), repr(found))
        for row in part.rows():
            if row.path in rows:
                raise BadInput("paths", "path", "each path once", f"{row.path} twice")
            rows[row.path] = row
        events |= {path: part.event_columns(path) for path in part._kept()}
    return Paths(rows.values(), parts[0].manifest, parts[0].ledger, events)
