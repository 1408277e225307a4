"""A world of Python records as a world of tables, and back. The same NamedTuples; only what stands in them changes."""

from typing import Any, get_args, get_type_hints

from protocol_sim.agents.view import View
from protocol_sim.numeric.compiled import Table


def to_tables(rows: Any) -> Any:
    """Lists of records become tables, in every NamedTuple and tuple below; a value too large for its field raises.

    What is a table already stays as it is: large books are built that way.
    """
    if hasattr(rows, "_fields"):
        kinds = get_type_hints(type(rows), include_extras=True)
        return type(rows)(*[_table(kinds[name], value) for name, value in zip(rows._fields, rows, strict=True)])
    return tuple(to_tables(part) for part in rows)


def _table(kind: Any, value: Any) -> Any:
    if isinstance(value, tuple):
        return to_tables(value)
    if isinstance(value, Table):
        return value
    return Table.of(get_args(kind)[0], value)


def to_records(tables: Any) -> Any:
    """Tables become lists of records again."""
    if isinstance(tables, Table):
        return tables.records()
    parts = [to_records(part) for part in tables]
    return type(tables)(*parts) if hasattr(tables, "_fields") else tuple(parts)


def copies(tables: Any) -> Any:
    """The same tables with memory of their own."""
    if isinstance(tables, Table):
        return tables.copy()
    parts = [copies(part) for part in tables]
    return type(tables)(*parts) if hasattr(tables, "_fields") else tuple(parts)


def restore(tables: Any, saved: Any) -> None:
    """Overwrite tables with what was saved of them, in place."""
    if isinstance(tables, Table):
        tables.array[:] = saved.array
        return
    for part, before in zip(tables, saved, strict=True):
        restore(part, before)


def path_table(world: View, path: Any) -> View:
    """The same world on another price path (an array of steps x tokens)."""
    from protocol_sim.agents.view import Price

    rows: Any = Table(Price, path.reshape(-1, 1))
    return world._replace(path=rows)
