"""`@rule`: one text that Python runs as it is and that numba compiles when the fast engine asks for it.

The decorator only notes the function, so that the exact engine never pays for importing a compiler; `numeric.compiled`
registers everything noted so far, and what is noted later, as inlinable compiled functions.
"""

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

_noted: list[Callable[..., Any]] = []
_register: Callable[[Callable[..., Any]], None] | None = None


def rule(fn: F) -> F:
    """Mark `fn` as rule text: ints and small NamedTuples in, `(code, record)`, an int or a NamedTuple out."""
    if _register is None:
        _noted.append(fn)
    else:
        _register(fn)
    return fn


def register_with(register: Callable[[Callable[..., Any]], None]) -> None:
    """Give every rule, past and future, to `register` (called once, by `numeric.compiled`)."""
    global _register
    _register = register
    while _noted:
        register(_noted.pop())
