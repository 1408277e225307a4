"""What has been read at one block, on disk: an SQLite file a chain, block and hash in the user's cache directory.

So an interrupted capture goes on where it was, and a second one of the same block asks the node nothing. The hash in
the name keeps two sides of a reorganisation apart.
"""

import json
import os
import sqlite3
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from protocol_sim.errors import BadInput
from protocol_sim.fork.snapshot.records import Block

TABLES = """
create table if not exists meta (key text primary key, value text);
create table if not exists answers (key text primary key, value blob);
create table if not exists logs (scope text, first integer, last integer, value blob, primary key (scope, first));
create table if not exists people (scope text, address text, value blob, primary key (scope, address));
"""
AT_ONCE = 500  # parameters in one SQL statement
SUFFIX = ".v1.sqlite"  # another number when what is kept changes its form


def cache_directory() -> Path:
    """Where captures are kept by default: the user's cache directory."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "protocol-sim" / "chain"


class Store:
    """The store of one block; `directory` None keeps it in memory only."""

    def __init__(self, directory: Path | None, block: Block) -> None:
        path = ":memory:"
        if directory is not None:
            folder = directory / str(block.chain_id)
            folder.mkdir(parents=True, exist_ok=True)
            path = str(folder / f"{block.number}-{block.hash}{SUFFIX}")
        try:
            self._db = sqlite3.connect(path, timeout=30)
            self._db.executescript("pragma journal_mode = wal; pragma synchronous = off;" if directory else "")
            self._db.executescript(TABLES)
        except sqlite3.Error as error:
            raise BadInput(path, "file", "a store of a capture (delete it, or use --cache)", error) from None

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    # ---- notes ------------------------------------------------------------------------------------------------------
    def get(self, key: str) -> str | None:
        """A note."""
        row = self._db.execute("select value from meta where key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def set(self, key: str, value: str) -> None:
        """Write a note."""
        with self._db:
            self._db.execute("insert or replace into meta values (?, ?)", (key, value))

    # ---- answers of views -------------------------------------------------------------------------------------------
    def answers(self, keys: Sequence[str]) -> dict[str, bytes | None]:
        """What is known of these calls; None: it reverted."""
        return dict(self._select("select key, value from answers where key in", keys))

    def keep_answers(self, answers: Mapping[str, bytes | None]) -> None:
        """Keep answers."""
        with self._db:
            self._db.executemany("insert or replace into answers values (?, ?)", answers.items())

    # ---- accounts ---------------------------------------------------------------------------------------------------
    def people(self, scope: str, addresses: Sequence[str]) -> dict[str, bytes]:
        """What is known of these accounts."""
        return dict(self._select("select address, value from people where scope = ? and address in", addresses, scope))

    def keep_people(self, scope: str, people: Iterable[tuple[str, bytes]]) -> None:
        """Keep accounts."""
        with self._db:
            rows = [(scope, address, value) for address, value in people]
            self._db.executemany("insert or replace into people values (?, ?, ?)", rows)

    def _select(self, statement: str, keys: Sequence[str], *before: str) -> Iterable[tuple[str, Any]]:
        for start in range(0, len(keys), AT_ONCE):
            part = keys[start : start + AT_ONCE]
            yield from self._db.execute(f"{statement} ({','.join('?' * len(part))})", (*before, *part))

    # ---- logs -------------------------------------------------------------------------------------------------------
    def ranges(self, scope: str) -> list[tuple[int, int]]:
        """Block ranges whose logs are known, in order."""
        return list(self._db.execute("select first, last from logs where scope = ? order by first", (scope,)))

    def found(self, scope: str) -> list[Any]:
        """What the logs of all ranges told, in order."""
        rows = self._db.execute("select value from logs where scope = ? order by first", (scope,))
        return [item for (value,) in rows for item in json.loads(zlib.decompress(value))]

    def keep_logs(self, scope: str, first: int, last: int, items: list[Any]) -> None:
        """Keep what the logs of a range told."""
        with self._db:
            value = zlib.compress(json.dumps(items).encode())
            self._db.execute("insert or replace into logs values (?, ?, ?, ?)", (scope, first, last, value))


def known_block(directory: Path, chain_id: int, number: int) -> Block | None:
    """The block of an earlier capture that was finished, if there is exactly one of that number."""
    folder = directory / str(chain_id)
    files = sorted(folder.glob(f"{number}-0x*{SUFFIX}")) if folder.is_dir() else []
    found = []
    for file in files:
        block = Block(chain_id, number, file.name.removesuffix(SUFFIX).partition("-")[2], 0)
        store = Store(directory, block)
        if store.get("finished"):
            found.append(Block(chain_id, number, block.hash, int(store.get("finished") or 0)))
        store.close()
    return found[0] if len(found) == 1 else None
