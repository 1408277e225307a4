"""The input ledger of a scenario: every leaf under a dotted key, matched against `[[inputs]]`."""

import hashlib
import json
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from protocol_sim.errors import BadInput
from protocol_sim.results.ledger import LedgerEntry

if TYPE_CHECKING:
    from protocol_sim.scenario.scenario import Scenario

_NOT_INPUTS = {"name", "description", "inputs"}
_SERIES = {"at", "rates", "rounds"}                          # a recorded series is one input, not one a row


def ledger(scenario: "Scenario") -> tuple[LedgerEntry, ...]:
    """Every input; what no entry of `[[inputs]]` covers counts as assumed."""
    given = dict(leaves(scenario.model_dump(mode="json", exclude_unset=True)))
    entries = []
    for key, value in leaves(scenario.model_dump(mode="json")):
        covering = [entry for entry in scenario.inputs if fnmatchcase(key, entry.key)]
        if covering:
            status, source = covering[-1].status, covering[-1].source
        else:
            status, source = "assumed", "scenario file" if key in given else "default"
        entries.append(LedgerEntry(key, _text(scenario, key, value), status, source))
    return tuple(entries)


def check_inputs(scenario: "Scenario") -> None:
    """A key of `[[inputs]]` that covers nothing is a slip of the pen."""
    if not scenario.inputs:
        return
    keys = [key for key, _ in leaves(scenario.model_dump(mode="json"))]
    for index, entry in enumerate(scenario.inputs):
        if not any(fnmatchcase(key, entry.key) for key in keys):
            raise BadInput(scenario.where, f"inputs.{index}.key", "a key or glob that covers an input", repr(entry.key))


def leaves(values: dict[str, Any]) -> list[tuple[str, Any]]:
    """(dotted key, value) of every leaf; items of a list go by name, reserves by asset, others by number."""
    found: list[tuple[str, Any]] = []
    for section, value in values.items():
        if section not in _NOT_INPUTS:
            _walk(section, section, value, found)
    return found


def _walk(key: str, last: str, value: Any, found: list[tuple[str, Any]]) -> None:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in ("name", "kind"):
                _walk(f"{key}.{name}", name, inner, found)
    elif isinstance(value, list) and last not in _SERIES and value and isinstance(value[0], dict):
        for index, item in enumerate(value):
            _walk(f"{key}.{item_name(item, index)}", last, item, found)
    elif value is not None and value != [] and value != "":
        found.append((key, value))


def item_name(item: Any, index: int) -> str:
    """How a dotted key calls an item of a list."""
    if isinstance(item, dict):
        for name in ("name", "asset"):
            if isinstance(item.get(name), str):
                return str(item[name])
    return str(index)


def _text(scenario: "Scenario", key: str, value: Any) -> str:
    if isinstance(value, list) and key.rpartition(".")[2] in _SERIES:
        return f"{len(value)} rows, sha256 {_digest(json.dumps(value).encode())}"
    if key.endswith((".price.file", ".basis.file")) or (key.startswith("books.") and key.endswith(".file")):
        return f"{value}, sha256 {_digest(scenario.path(value).read_bytes())}"
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
