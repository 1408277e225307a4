"""Tables as plain columns of ints, strings and None; their canonical text and their DataFrames.

An int column becomes int64 only if its name says that it is a count or a time; every other one keeps Python ints,
because an amount that happens to be small today overflows int64 in silence tomorrow.
"""

import hashlib
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

Columns = dict[str, list[Any]]

COUNTS = frozenset({
    "arbitrages", "bad_debt_accounts", "block", "blocks", "cause", "code", "entry", "event", "failed", "id", "index",
    "liquidations", "parent", "path", "rank", "round", "step", "time", "turn",
})
_INT64 = 2**63


def check(name: str, columns: Columns) -> Columns:
    """The columns, if of one length and made of ints, strings and None; else ValueError."""
    lengths = {len(values) for values in columns.values()}
    if len(lengths) > 1:
        raise ValueError(f"{name}: columns of different lengths {sorted(lengths)}")
    for column, values in columns.items():
        kinds = set(map(type, values)) - {type(None)}
        if kinds - {int, str} or len(kinds) > 1:
            found = sorted(kind.__name__ for kind in kinds)
            raise ValueError(f"{name}.{column}: expected ints or strings, found {', '.join(found)}")
    return columns


def holds_ints(values: Iterable[Any]) -> bool:
    """Whether a column holds integers (a column of nothing but None, and an empty one, does)."""
    return not any(isinstance(value, str) for value in values)


def is_count(column: str, values: list[Any]) -> bool:
    """Whether a column is stored as int64."""
    return column in COUNTS and all(type(value) is int and -_INT64 <= value < _INT64 for value in values)


def digest(tables: dict[str, Columns]) -> str:
    """sha256 over one canonical text: a header per table, a line per row; integers in decimals, strings as JSON."""
    seen = hashlib.sha256()
    for name, columns in tables.items():
        seen.update(header(name, columns))
        for row in zip(*columns.values(), strict=True):
            seen.update(line(row))
    return seen.hexdigest()


def header(name: str, columns: Iterable[str]) -> bytes:
    """The canonical text of a table's name and its columns."""
    return json.dumps([name, *columns]).encode() + b"\n"


def line(row: Iterable[Any]) -> bytes:
    """The canonical text of one row."""
    return "\t".join(map(_cell, row)).encode() + b"\n"


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else json.dumps(value)


def frame(columns: Columns) -> "pd.DataFrame":
    """A DataFrame: int64 for counts, Python ints for every other number."""
    import pandas as pd

    return pd.DataFrame({
        name: pd.Series(values, dtype="int64" if is_count(name, values) else object, name=name)
        for name, values in columns.items()
    })
