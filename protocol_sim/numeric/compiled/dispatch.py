"""Dispatchers (`numeric.dispatch`), compiled: a chain of comparisons over the parts, each arm with its own types."""

import inspect
from collections.abc import Callable
from typing import Any

from numba import types
from numba.extending import overload

from protocol_sim.numeric.compiled.linked import LINKED
from protocol_sim.numeric.dispatch import Kinds, register_with


def _kind(part: Any) -> type:
    if not isinstance(part, types.BaseNamedTuple):
        raise TypeError(f"not a protocol or pool state: {part}")
    return part.instance_class  # type: ignore[no-any-return]


def _register(kinds: Kinds, call: Callable[..., Any]) -> None:
    names = list(inspect.signature(call.__wrapped__).parameters)  # type: ignore[attr-defined]
    head, rest = ", ".join(names), ", ".join(names[2:])
    parts, which = names[:2]

    def chain(state: Any) -> Callable[..., Any]:
        arms = {f"arm{n}": getattr(kinds.module_of(_kind(part)), call.__name__) for n, part in enumerate(state.types)}
        lines = [f"    if {which} == {n}: return arm{n}({parts}[{n}], {rest})" for n in range(len(arms) - 1)]
        last = len(arms) - 1
        text = "\n".join([f"def impl({head}):", *lines, f"    return arm{last}({parts}[{last}], {rest})"])
        exec(text, arms)  # noqa: S102
        return arms["impl"]  # type: ignore[no-any-return]

    overload(call, jit_options=LINKED)(eval(f"lambda {head}: chain({parts})", {"chain": chain}))  # noqa: S307


register_with(_register)
