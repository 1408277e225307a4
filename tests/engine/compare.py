"""Two finished worlds as rows that can be compared: caches, which depend on who looked when, are brought to now."""

from typing import Any

from protocol_sim.agents.view import View
from protocol_sim.protocols.aave_v2.accrual import project
from protocol_sim.protocols.aave_v3.accrual import project as project_v3
from protocol_sim.protocols.aave_v3.state import Market


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
