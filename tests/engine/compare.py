"""Two finished worlds as rows that can be compared: caches, which depend on who looked when, are brought to now."""

from typing import Any

from protocol_sim.agents.view import View
from protocol_sim.engine.events import Event
from protocol_sim.engine.fast import Compiled
from protocol_sim.engine.outcome import positions, summary
from protocol_sim.numeric.compiled import Table
from protocol_sim.protocols.aave_v2.accrual import project
from protocol_sim.protocols.aave_v3.accrual import project as project_v3
from protocol_sim.protocols.aave_v3.state import Market
from protocol_sim.scenario import Scenario


def comparable(world: View) -> dict[str, Any]:
    """Every row of the world but the price path."""
    for market in world.protocols:
        for reserve in market.reserves:
            if isinstance(market, Market):
                project_v3(market.settings[0].version, reserve, world.clock[0].now)
            else:
                project(reserve, world.clock[0].now)
    return {name: rows for name, rows in world._asdict().items() if name != "path"}


def differing(one: View, other: View) -> list[str]:
    """Names of the parts in which two worlds differ."""
    a, b = comparable(one), comparable(other)
    return [name for name in a if a[name] != b[name]]


def differences(made: Scenario, world: View, events: list[Event], compiled: Compiled) -> list[str]:
    """In what a compiled run differs from an exact one: events, final rows, totals; and what its undoing leaves."""
    found = [] if compiled.events == events else ["events"]
    if compiled.totals() != summary(world, positions(made, world)):
        found.append("totals")
    found += differing(world, compiled.records())
    compiled._rewind()
    return found + [f"{name} not undone" for name in differing_bytes(compiled.world, compiled._start)]


def shift_keys(compiled: Compiled, by: float) -> None:
    """Spoil the keys under which everybody sleeps before the first block."""
    for keys in (compiled.finder.shared.array[:, 0], compiled.finder.queues.array[:, 0]):
        keys.view(float)[:] = keys.view(float) + by


def differing_bytes(one: Any, other: Any, name: str = "world") -> list[str]:
    """Names of the tables of two compiled worlds in which any byte differs."""
    if isinstance(one, Table):
        return [] if (one.array == other.array).all() else [name]
    names = getattr(one, "_fields", range(len(one)))
    pairs = zip(names, one, other, strict=True)
    return [found for part, a, b in pairs for found in differing_bytes(a, b, f"{name}.{part}")]
