"""Records: mutable rows with a declared storage width, the state that rule text reads and writes.

    @record
    class Reserve:
        liquidity_index: U128 = 0      # ray
        decimals: int = 0              # count

In Python a record is a keyword-only slots dataclass (`copy.copy` and `assign` copy rows). Compiled, the same class is a
row of a bare table: `int` is one machine word, `U64` one unsigned (hashes), `U128` two, `U256` four, `float` one
(`numeric.compiled.table`), and storing a larger value faults.
"""

import dataclasses
from functools import cache
from typing import Annotated, Any, TypeVar, cast, dataclass_transform, get_type_hints

T = TypeVar("T")


@dataclasses.dataclass(frozen=True)
class Width:
    """Storage of a field in 64-bit words; `kind` is int, uint, wide or float."""

    words: int
    kind: str


INT, FLOAT = Width(1, "int"), Width(1, "float")
U64 = Annotated[int, Width(1, "uint")]
U128 = Annotated[int, Width(2, "wide")]
U256 = Annotated[int, Width(4, "wide")]
Rows = list  # compiled: a table


@dataclass_transform(kw_only_default=True)
def record(cls: type[T]) -> type[T]:
    """Make `cls` a record: fields are `int`, `U128` or `U256` and default to 0."""
    for name in cls.__annotations__:
        if name not in cls.__dict__:
            setattr(cls, name, 0)
    made = dataclasses.dataclass(slots=True, kw_only=True)(cls)
    names = [f.name for f in dataclasses.fields(cast(Any, made))]
    made.__copy__ = _written(f"lambda self: made({', '.join(f'{n}=self.{n}' for n in names)})", made)  # type: ignore[attr-defined]
    return made


def _written(text: str, made: type) -> Any:
    """A method written out field by field: three times faster than going through `dataclasses.fields`."""
    return eval(text, {"made": made})  # noqa: S307


def assign(row: T, other: T) -> None:
    """Overwrite every field of `row` with those of `other`, in place."""
    for name in type(row).__slots__:  # type: ignore[attr-defined]
        setattr(row, name, getattr(other, name))


def soon(row: Any) -> None:
    """`row` will be read soon: compiled, memory is asked for its beginning; nothing else happens."""


@cache
def layout(cls: type) -> dict[str, Width]:
    """Field name to its storage, in order; not to be changed, since all callers share it."""
    found: dict[str, Width] = {}
    for name, hint in get_type_hints(cls, include_extras=True).items():
        marks = getattr(hint, "__metadata__", ())
        found[name] = marks[0] if marks else FLOAT if hint is float else INT
    return found
