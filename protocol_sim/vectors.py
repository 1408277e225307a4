"""Recorded vectors: state before, an operation, state after; each case is played on the model and compared exactly.

A file is JSON (`.json`, or gzipped `.json.gz`): a header `format` 1, `protocol`, `version`, `source`, `units`, `scales`
and `cases`, each `id`, `params`, `pre`, `op` (with its `name`), `post`, `events`, and maybe `error` and `source`.
Integers are decimal strings. `post` null: the call must be refused, for the reason `error` if that is given. Reading is
strict: an unknown protocol, operation or field, a missing one, a number that is no integer string and a broken file are
`BadInput`, never skipped.

A protocol plays an operation with a function `(params, pre, op) -> post`, mappings of unsigned 256-bit integers, found
through `PLAYERS` of the modules below. It raises `Revert` where the chain refuses and reads every field; one that it
does not read is unknown to it.
"""

import gzip
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from protocol_sim.errors import BadInput, Revert
from protocol_sim.numeric import MAX_UINT256
from protocol_sim.numeric.units import UnitError
from protocol_sim.shallow import shallow_json

Ints = Mapping[str, int]
Player = Callable[[Ints, Ints, Ints], dict[str, int]]

PLAYER_MODULES = (
    "protocol_sim.protocols.aave_v1.vectors",
    "protocol_sim.protocols.aave_v2.vectors",
    "protocol_sim.protocols.compound_v2.vectors",
    "protocol_sim.amms.vectors",
    "protocol_sim.amms.concentrated.vectors",
)
HEADER = {"format", "protocol", "version", "source", "units", "scales", "cases"}
HEADER_NEEDED = ("format", "protocol", "source", "units", "cases")
CASE = {"id", "params", "pre", "op", "post", "events", "error", "source"}
CASE_NEEDED = ("id", "params", "pre", "op", "post", "events")
INTEGER = re.compile(r"0|[1-9][0-9]{0,77}", re.ASCII)


@dataclass(frozen=True)
class Difference:
    """Where model and record part in one case; None stands for refused."""

    file: str
    case: str
    operation: str
    recorded: dict[str, int] | None
    played: dict[str, int] | None
    recorded_error: str | None = None
    played_error: str | None = None


@dataclass(frozen=True)
class FileVerdict:
    """The count of one file and its first difference."""

    file: str
    protocol: str
    equal: int
    refused: int
    different: int
    first: Difference | None


@dataclass(frozen=True)
class VectorVerdict:
    """The outcome of all files."""

    files: tuple[FileVerdict, ...]

    @property
    def equal(self) -> int:
        """Cases whose state after is the recorded one."""
        return sum(f.equal for f in self.files)

    @property
    def refused(self) -> int:
        """Cases that were refused as on the chain."""
        return sum(f.refused for f in self.files)

    @property
    def different(self) -> int:
        """Cases that are neither."""
        return sum(f.different for f in self.files)

    @property
    def ok(self) -> bool:
        """No difference, and something was compared."""
        return self.different == 0 and self.equal + self.refused > 0


def play(files: Iterable[Path | str]) -> VectorVerdict:
    """Play every case of every file; `BadInput` for anything that is not exactly the format."""
    return VectorVerdict(tuple(_play_file(Path(file)) for file in files))


def render(verdict: VectorVerdict) -> str:
    """One line a file, each first difference below it, and a total."""
    lines = []
    for f in verdict.files:
        lines.append(f"{f.file}: {f.protocol}: {_counts(f)}")
        if f.first is not None:
            lines.append(f"  first difference: case {f.first.case}, {f.first.operation}")
            lines.append(f"    recorded: {_state(f.first.recorded, f.first.recorded_error)}")
            lines.append(f"    model:    {_state(f.first.played, f.first.played_error)}")
    return "\n".join([*lines, f"in all: {_counts(verdict)}"])


def players() -> dict[str, dict[str, Player]]:
    """Protocol to operation to its player."""
    found: dict[str, dict[str, Player]] = {}
    for module in PLAYER_MODULES:
        found.update(import_module(module).PLAYERS)
    return found


# ---- playing --------------------------------------------------------------------------------------------------------
class _Fields(dict[str, int]):
    """The integers of one section; remembers which were read, and refuses what is missing in one line."""

    def __init__(self, where: str, section: str, raw: dict[str, Any]) -> None:
        super().__init__({key: _integer(where, f"{section}.{key}", value) for key, value in raw.items()})
        self.where, self.section, self.unread = where, section, set(raw)

    def __getitem__(self, key: str) -> int:
        self.unread.discard(key)
        return super().__getitem__(key)

    def __missing__(self, key: str) -> int:
        raise BadInput(self.where, f"{self.section}.{key}", "an integer string", "nothing")

    def check_read(self) -> None:
        """Refuse a field that the operation does not know."""
        for key in sorted(self.unread):
            raise BadInput(self.where, f"{self.section}.{key}", "only fields of the operation", f"unknown {key!r}")


def _play_file(path: Path) -> FileVerdict:
    header = _load(path)
    known = players()
    protocol = header["protocol"]
    if protocol not in known:
        raise BadInput(str(path), "protocol", f"one of {', '.join(sorted(known))}", repr(protocol))
    equal = refused = different = 0
    first = None
    for where, case in _cases(str(path), header["cases"]):
        difference = _play_case(str(path), where, case, known[protocol])
        if difference is not None:
            different += 1
            first = first or difference
        elif case["post"] is None:
            refused += 1
        else:
            equal += 1
    return FileVerdict(str(path), protocol, equal, refused, different, first)


def _play_case(file: str, where: str, case: dict[str, Any], known: dict[str, Player]) -> Difference | None:
    """None: equal, or refused as recorded."""
    name = case["op"].get("name")
    if not isinstance(name, str) or name not in known:
        raise BadInput(where, "op.name", f"one of {', '.join(sorted(known))}", repr(name))
    arguments = {key: value for key, value in case["op"].items() if key != "name"}
    given = {"params": case["params"], "pre": case["pre"], "op": arguments}
    sections = [_Fields(where, section, raw) for section, raw in given.items()]
    recorded = None if case["post"] is None else dict(_Fields(where, "post", case["post"]))
    played, error = _run(known[name], where, sections)
    for section in sections:
        section.check_read()
    if recorded is not None and played is not None and recorded.keys() != played.keys():
        raise BadInput(where, "post", f"the fields {', '.join(sorted(played))}", ", ".join(sorted(recorded)) or "none")
    expected_error = case.get("error") if recorded is None else None
    if recorded == played and (expected_error is None or expected_error == error):
        return None
    return Difference(file, case["id"], name, recorded, played, expected_error, error)


def _run(player: Player, where: str, sections: list[_Fields]) -> tuple[dict[str, int] | None, str | None]:
    try:
        return player(*sections), None
    except Revert as refusal:
        return None, refusal.reason
    except UnitError as error:
        raise BadInput(where, "decimals", error.expected, error.found) from None
    except BadInput as error:
        raise BadInput(where, error.key, error.expected, error.found) from None


def _counts(v: FileVerdict | VectorVerdict) -> str:
    return f"{v.equal} equal, {v.refused} refused as on chain, {v.different} different"


def _state(values: dict[str, int] | None, error: str | None) -> str:
    if values is None:
        return f"refused ({error})" if error else "refused"
    return ", ".join(f"{key} {value}" for key, value in values.items())


# ---- reading --------------------------------------------------------------------------------------------------------
def _load(path: Path) -> dict[str, Any]:
    where = str(path)
    if not path.name.endswith((".json", ".json.gz")):
        raise BadInput(where, "file", "a name ending in .json or .json.gz", path.name)
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if path.name.endswith(".gz") else raw).decode("utf-8")
        header: dict[str, Any] = shallow_json(text, object_pairs_hook=_no_doubles)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise BadInput(where, "file", "whole gzip data", "broken or truncated data") from None
    except OSError as error:
        raise BadInput(where, "file", "a readable file", error.strerror or type(error).__name__) from None
    except ValueError as error:
        raise BadInput(where, "file", "valid JSON in UTF-8", str(error) or type(error).__name__) from None
    _check_keys(where, "header", header, HEADER, HEADER_NEEDED)
    if header["format"] != 1 or isinstance(header["format"], bool):
        raise BadInput(where, "format", "1", repr(header["format"]))
    if not isinstance(header["protocol"], str):
        raise BadInput(where, "protocol", "a name", repr(header["protocol"]))
    if not isinstance(header["cases"], list) or not header["cases"]:
        raise BadInput(where, "cases", "a list of at least one case", type(header["cases"]).__name__)
    return header


def _cases(file: str, cases: list[Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    seen: set[str] = set()
    for number, case in enumerate(cases, start=1):
        where = f"{file}: case {number}"
        _check_keys(where, "case", case, CASE, CASE_NEEDED)
        if not isinstance(case["id"], str) or case["id"] in seen:
            raise BadInput(where, "id", "a text that no other case has", repr(case["id"]))
        seen.add(case["id"])
        for section in ("params", "pre", "op"):
            if not isinstance(case[section], dict):
                raise BadInput(where, section, "an object", repr(case[section]))
        if case["post"] is not None and not isinstance(case["post"], dict):
            raise BadInput(where, "post", "an object or null", repr(case["post"]))
        if case["events"] != []:
            raise BadInput(where, "events", "none: no operation played here emits events", repr(case["events"])[:60])
        yield f"{where} ({case['id']})", case


def _check_keys(where: str, what: str, value: Any, allowed: set[str], needed: tuple[str, ...]) -> None:
    if not isinstance(value, dict):
        raise BadInput(where, what, "an object", repr(value)[:60])
    for key in needed:
        if key not in value:
            raise BadInput(where, key, f"a key of every {what}", "nothing")
    for key in value:
        if key not in allowed:
            raise BadInput(where, key, f"only the keys {', '.join(sorted(allowed))}", f"unknown {key!r}")


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError(f"one of the keys {', '.join(sorted(made))} stands twice in an object")
    return made


def _integer(where: str, key: str, value: Any) -> int:
    if not isinstance(value, str) or not INTEGER.fullmatch(value) or int(value) > MAX_UINT256:
        raise BadInput(where, key, "an unsigned integer of at most 256 bits as a decimal string", repr(value)[:90])
    return int(value)
