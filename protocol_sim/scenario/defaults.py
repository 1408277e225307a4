"""A scenario written out as TOML with every default visible; reading it back gives the same scenario."""

import json
import re
from typing import Any

from protocol_sim.scenario.scenario import Scenario


def to_toml(scenario: Scenario) -> str:
    """The scenario file with all defaults. What is absent by default (`null`) is left out."""
    return "\n".join(_table("", scenario.model_dump(mode="json", exclude_none=True))).lstrip("\n") + "\n"


def _table(path: str, table: dict[str, Any]) -> list[str]:
    """Plain values first, then tables, then lists of tables, as TOML needs it."""
    lines = [f"{_key(name)} = {_value(value)}" for name, value in table.items() if not _nested(value)]
    for name, value in table.items():
        inner = f"{path}.{_key(name)}" if path else _key(name)
        if _nested(value) and isinstance(value, dict):
            lines += ["", f"[{inner}]", *_table(inner, value)]
        elif _nested(value):
            for item in value:
                lines += ["", f"[[{inner}]]", *_table(inner, item)]
    return lines


def _nested(value: Any) -> bool:
    """Whether a value gets a header of its own: lists of tables, and tables that hold such lists or many keys."""
    if isinstance(value, list):
        return bool(value) and isinstance(value[0], dict)
    return isinstance(value, dict) and (len(value) > 3 or any(_nested(inner) for inner in value.values()))


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    return "{" + ", ".join(f"{_key(name)} = {_value(inner)}" for name, inner in value.items()) + "}"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name)
