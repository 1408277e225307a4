"""What a search has computed, kept on disk as it comes: one line a unit of work, appended whole and never changed.

    journal.jsonl    first line: what the search is (scenario, seed, …); then one line a unit with its paths

A line counts when its end has been written and its checksum agrees. A process that is killed leaves at most one line
without an end; opening cuts it off. A search asks the journal before it computes: since its own course is a function of
the results, a search that is started again walks the same way, at once as far as it had come. Only the places of the
lines are held in memory.
"""

import fcntl
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zlib import crc32

from protocol_sim.errors import BadInput
from protocol_sim.shallow import shallow_json
from protocol_sim.tuning.evaluate import Unit
from protocol_sim.tuning.measures import Outcome

NAME = "journal.jsonl"
FORMAT = 1


class Journal:
    """A file, or nothing: without a directory the units are kept in memory."""

    def __init__(self, directory: Path | None, header: dict[str, Any]) -> None:
        self._places: dict[str, int] = {}
        self._memory: dict[str, list[Outcome]] = {}
        self._file = -1
        if directory is not None:
            self._open(directory, {"format": FORMAT, **header})

    def _open(self, directory: Path, header: dict[str, Any]) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        path = directory / NAME
        self._path = path
        self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._file)
            self._file = -1
            raise BadInput(str(path), "file", "a search that nobody else is running", "it is in use") from None
        try:
            self._read(header)
        except BaseException:
            self.close()
            raise

    def _read(self, header: dict[str, Any]) -> None:
        place, number = 0, 0
        with open(self._path, "rb") as lines:
            for line in lines:
                content = _content(line)
                if content is None:
                    if lines.read(1):
                        raise BadInput(str(self._path), f"line {number + 1}", "a whole line", "a damaged one")
                    os.truncate(self._path, place)  # the line that a kill cut short
                    break
                if number == 0:
                    self._same(content, header)
                else:
                    self._places[content["unit"]] = place
                place, number = place + len(line), number + 1
        if number == 0:
            self._append(header)

    def _same(self, found: dict[str, Any], wanted: dict[str, Any]) -> None:
        for key, value in wanted.items():
            if found.get(key) != value:
                expected = f"{_short(value)}, as this search has it (or another --out)"
                raise BadInput(str(self._path), key, expected, _short(found.get(key)))

    def __len__(self) -> int:
        return len(self._places) + len(self._memory)

    def __contains__(self, wanted: Unit) -> bool:
        key = _key(wanted)
        return key in self._memory or key in self._places

    def get(self, wanted: Unit) -> list[Outcome] | None:
        """The paths of a unit, if they have been computed."""
        key = _key(wanted)
        if key in self._memory:
            return self._memory[key]
        if key not in self._places:
            return None
        with open(self._path, "rb") as lines:
            lines.seek(self._places[key])
            content = _content(lines.readline())
        assert content is not None
        return [Outcome(*row) for row in content["rows"]]

    def put(self, done: Unit, outcomes: Sequence[Outcome]) -> None:
        """Keep the paths of a unit. On return they are on the disk."""
        key = _key(done)
        if self._file < 0:
            self._memory[key] = list(outcomes)
        elif key not in self._places:
            place = os.fstat(self._file).st_size
            self._append({"unit": key, "rows": [list(outcome) for outcome in outcomes]})
            self._places[key] = place

    def _append(self, content: dict[str, Any]) -> None:
        text = json.dumps(content, separators=(",", ":"))
        line = memoryview(f"{crc32(text.encode()):08x} {text}\n".encode())
        while line:
            line = line[os.write(self._file, line):]
        os.fsync(self._file)

    def close(self) -> None:
        """Let go of the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _content(line: bytes) -> dict[str, Any] | None:
    """What a line holds; None if it is cut short or damaged."""
    if not line.endswith(b"\n") or len(line) < 11:
        return None
    text = line[9:-1]
    if line[:9] != b"%08x " % crc32(text):
        return None
    content: dict[str, Any] = shallow_json(text)
    return content


def _key(wanted: Unit) -> str:
    return json.dumps([list(map(list, wanted.values)), wanted.first, wanted.paths], separators=(",", ":"))


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 24 else text[:12] + "…"
