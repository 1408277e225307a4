"""Many paths on disk: rows in Parquet shards, a file of events for each path asked for, a manifest and a ledger.

    manifest.json  ledger.json  rows-000000000000-000000000999.parquet  events-000000000007.parquet

What is the same for all paths is written before the first of them, every file is written beside its place and renamed,
and what is done is what the names of the shards say: a process that is killed at any moment leaves a directory that
the next one continues. Each file carries the digest of what it holds. Shards that lie side by side are merged into
larger ones; the parts are removed after the whole has its name, and a shard inside another one is such a part.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path

from protocol_sim.errors import BadInput
from protocol_sim.results import columns as table
from protocol_sim.results import files
from protocol_sim.results.columns import Columns
from protocol_sim.results.ledger import LedgerEntry
from protocol_sim.results.manifest import Manifest
from protocol_sim.results.rows import Row, columns_of, rows_of

FORMAT = 1
HOLDS = "paths"
MERGED = 65_536                    # rows of the largest shard that merging makes: reading one bounds the memory
SAME = ("scenario_digest", "seed", "engine", "lock_digest")
_ROWS = re.compile(r"rows-(\d{12,})-(\d{12,})\.parquet")
_EVENTS = re.compile(r"events-(\d{12,})\.parquet")
_PARTIAL = re.compile(r"\..+\.partial-\d+")
_WHOLE = ("manifest.json", "ledger.json")

Range = tuple[int, int]            # first path and last path


def read_manifest(directory: Path) -> Manifest:
    """The manifest of a directory with paths; BadInput if it is none."""
    path = directory / "manifest.json"
    header = files.read_json(path, dict)
    for key, wanted in (("format", FORMAT), ("holds", HOLDS)):
        if header.pop(key, None) != wanted:
            raise BadInput(str(path), key, f"{wanted!r}, as results of many paths have it", "something else")
    return files.record_of(path, Manifest, header)


def names(directory: Path) -> list[str]:
    """What lies in the directory, leftovers of a killed process aside; BadInput for a file that is none of ours."""
    if not directory.is_dir():
        raise BadInput(str(directory), "directory", "a directory with paths", "a file" if directory.exists() else
                       "no such directory")
    found = sorted(path.name for path in directory.iterdir())
    for name in found:
        if name not in _WHOLE and not any(kind.fullmatch(name) for kind in (_ROWS, _EVENTS, _PARTIAL)):
            raise BadInput(str(directory), "directory", "a new directory or one that holds results of paths only", name)
    return [name for name in found if not _PARTIAL.fullmatch(name)]


def ranges(directory: Path) -> list[Range]:
    """The ranges of paths that the shards hold, increasing; parts of a merged shard are left out."""
    spans = [(int(m[1]), -int(m[2])) for name in names(directory) if (m := _ROWS.fullmatch(name))]
    kept: list[Range] = []
    for first, minus_last in sorted(spans):
        if not kept or -minus_last > kept[-1][1]:
            kept.append((first, -minus_last))
    for (_, before), (after, last) in pairwise(kept):
        if after <= before:
            raise BadInput(str(directory / _shard((after, last))), "file", f"paths after {before}", after)
    return kept


def _shard(span: Range) -> str:
    return f"rows-{span[0]:012d}-{span[1]:012d}.parquet"


def _events(path: int) -> str:
    return f"events-{path:012d}.parquet"


class Shards:
    """A directory with paths, for reading; `opened` gives one for writing."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._lock: int | None = None

    @classmethod
    def opened(cls, directory: Path, manifest: Manifest, ledger: tuple[LedgerEntry, ...]) -> "Shards":
        """Begin a directory or go on with one. BadInput, with nothing changed, for any other contents."""
        self = cls(directory)
        if directory.exists():
            self._check(manifest)
        directory.mkdir(parents=True, exist_ok=True)
        self._take()
        try:
            present = names(directory)
            for leftover in set(os.listdir(directory)) - set(present):
                (directory / leftover).unlink()
            if "manifest.json" not in present:
                self._whole("ledger.json", lambda path: files.write_json(path, [asdict(e) for e in ledger]))
                header = {"format": FORMAT, "holds": HOLDS, **asdict(manifest)}
                self._whole("manifest.json", lambda path: files.write_json(path, header))
        except BaseException:
            self.close()
            raise
        return self

    def _check(self, manifest: Manifest) -> None:
        """Nothing foreign, and what is there was made from the same scenario, seed, engine and lock file."""
        present = names(self.directory)
        if not set(present) - {"ledger.json"}:
            return
        found = read_manifest(self.directory)
        for key in SAME:
            wanted, there = getattr(manifest, key), getattr(found, key)
            if wanted != there:
                raise BadInput(str(self.directory / "manifest.json"), key, repr(wanted), repr(there))

    def _take(self) -> None:
        """One process writes; another one is refused (where the system has locks)."""
        try:
            import fcntl
        except ImportError:
            return
        self._lock = os.open(self.directory, os.O_RDONLY)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.close()
            raise BadInput(str(self.directory), "directory", "one that no other process writes to",
                           "a process that does") from None

    def close(self) -> None:
        """Let others write."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _whole(self, name: str, write: Callable[[Path], None]) -> None:
        """Write a file beside its place, make sure that it is on the disk, and give it its name."""
        partial = self.directory / f".{name}.partial-{os.getpid()}"
        write(partial)
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        partial.replace(self.directory / name)

    # ---- writing
    def add_rows(self, rows: Iterable[Row]) -> None:
        """Rows of whatever paths, in any order: one shard for each run of neighbours."""
        ordered = sorted(rows)
        begin = 0
        for end in range(1, len(ordered) + 1):
            if end == len(ordered) or ordered[end].path != ordered[end - 1].path + 1:
                self._write_shard(ordered[begin:end])
                begin = end

    def _write_shard(self, rows: list[Row]) -> None:
        about = {"digest": table.digest({HOLDS: columns_of(rows)})}
        span = (rows[0].path, rows[-1].path)
        self._whole(_shard(span), lambda path: files.write_table(path, columns_of(rows), about))

    def add_events(self, path: int, events: Columns) -> None:
        """All events of one path."""
        about = {"digest": table.digest({"events": events})}
        self._whole(_events(path), lambda file: files.write_table(file, events, about))

    def merge(self) -> None:
        """Join shards that lie side by side, up to `MERGED` rows."""
        group: list[Range] = []
        for span in [*ranges(self.directory), None]:
            if span and group and span[0] == group[-1][1] + 1 and span[1] - group[0][0] < MERGED:
                group.append(span)
                continue
            if len(group) > 1:
                self._write_shard([row for part in group for row in self._shard_rows(part)])
            group = [span] if span else []
        kept = {_shard(span) for span in ranges(self.directory)}
        for name in names(self.directory):
            if _ROWS.fullmatch(name) and name not in kept:
                (self.directory / name).unlink()

    # ---- reading
    def manifest(self) -> Manifest:
        """What all paths have in common."""
        return read_manifest(self.directory)

    def ledger(self) -> tuple[LedgerEntry, ...]:
        """The input ledger."""
        return files.read_ledger(self.directory / "ledger.json")

    def rows(self, first: int = 0, last: int | None = None) -> Iterator[Row]:
        """Rows in path order, one shard in memory at a time; BadInput for a shard that is not what was written."""
        for span in ranges(self.directory):
            if span[1] >= first and (last is None or span[0] <= last):
                yield from (r for r in self._shard_rows(span) if r.path >= first and (last is None or r.path <= last))

    def _shard_rows(self, span: Range) -> list[Row]:
        path = self.directory / _shard(span)
        columns, about = files.read_described(path)
        if list(columns) != list(Row._fields):
            raise BadInput(str(path), "columns", ", ".join(Row._fields), ", ".join(columns))
        _verify(path, HOLDS, columns, about)
        if columns["path"] != list(range(span[0], span[1] + 1)):
            raise BadInput(str(path), "path", f"the paths {span[0]} to {span[1]} in order", "others")
        return rows_of(columns)

    def has_events(self, path: int) -> bool:
        """Whether the events of a path were kept."""
        return (self.directory / _events(path)).exists()

    def events(self, path: int) -> Columns:
        """The events of a path."""
        file = self.directory / _events(path)
        columns, about = files.read_described(file)
        _verify(file, "events", columns, about)
        return columns


def _verify(path: Path, name: str, columns: Columns, about: dict[str, str]) -> None:
    found = table.digest({name: columns})
    if about.get("digest") != found:
        raise BadInput(str(path), "digest", f"{found[:12]}… as the rows give", f"{about.get('digest', 'none')[:12]}…")
