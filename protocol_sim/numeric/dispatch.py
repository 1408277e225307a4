"""One name for the same operation of many kinds: `plan(protocols, p, …)` runs the `plan` of the kind that
`protocols[p]` is.

Parts (protocols, pools) stand in a tuple of NamedTuples, one type a kind. Python looks the module up by that type;
compiled, the call becomes a chain `if p == 0: … elif p == 1: …` with fixed types (`numeric.compiled.dispatch`).
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

_noted: list[tuple["Kinds", Callable[..., Any]]] = []
_register: Callable[["Kinds", Callable[..., Any]], None] | None = None


class Kinds:
    """The kinds of one family: state type to the module that holds its rules."""

    def __init__(self) -> None:
        self._modules: dict[str, str] = {}

    def add(self, state: str, module: str) -> None:
        """`state` is `package.module:Type`, named so that nothing is imported before it is used."""
        self._modules[state] = module

    def module_of(self, state: type) -> Any:
        """The module with the rules of a state type."""
        return import_module(self._modules[f"{state.__module__}:{state.__qualname__}"])

    def by_kind(self, fn: F) -> F:
        """Make `fn(parts, which, …)` the dispatcher of its name; its own body is documentation."""
        name, module_of, found = fn.__name__, self.module_of, {}

        def call(parts: Any, which: int, *args: Any) -> Any:
            part = parts[which]
            kind = type(part)
            if kind not in found:
                found[kind] = getattr(module_of(kind), name)
            return found[kind](part, *args)

        call.__name__, call.__doc__, call.__wrapped__ = name, fn.__doc__, fn  # type: ignore[attr-defined]
        if _register is None:
            _noted.append((self, call))
        else:
            _register(self, call)
        return call  # type: ignore[return-value]


def register_with(register: Callable[[Kinds, Callable[..., Any]], None]) -> None:
    """Give every dispatcher, past and future, to `register` (called once, by `numeric.compiled`)."""
    global _register
    _register = register
    while _noted:
        register(*_noted.pop())
