"""A scenario with some values changed, by the dotted keys of the input ledger: counterfactuals and searches."""

from collections.abc import Mapping
from typing import Any

from protocol_sim.errors import BadInput
from protocol_sim.scenario.ledger import item_name
from protocol_sim.scenario.load import validated
from protocol_sim.scenario.scenario import Scenario


def changed(scenario: Scenario, values: Mapping[str, Any]) -> Scenario:
    """A copy with `values` (dotted key to what a scenario file would hold), checked anew; BadInput if it does not fit.

    A key names items of lists as the ledger does: `protocols.aave.reserves.WETH.liquidation_bonus_bps`.
    """
    data = scenario.model_dump(mode="json", exclude_none=True)
    for key, value in values.items():
        *parents, last = key.split(".")
        place: Any = data
        for part in parents:
            place = _inside(scenario, key, place, part)
        if isinstance(place, list):
            place[_index(scenario, key, place, last)] = value
        elif isinstance(place, dict):
            place[last] = value                     # an unknown name is refused with the rest
        else:
            raise BadInput(scenario.where, key, "a key of the scenario", f"nothing inside {parents[-1]!r}")
    return validated(data, scenario.where, scenario.path(""))


def _inside(scenario: Scenario, key: str, place: Any, part: str) -> Any:
    if isinstance(place, list):
        return place[_index(scenario, key, place, part)]
    if isinstance(place, dict) and part in place:
        return place[part]
    raise BadInput(scenario.where, key, "a key of the scenario", f"no {part!r}")


def _index(scenario: Scenario, key: str, items: list[Any], part: str) -> int:
    names = [item_name(item, n) for n, item in enumerate(items)]
    if part not in names:
        raise BadInput(scenario.where, key, f"one of {', '.join(names)}", repr(part))
    return names.index(part)
