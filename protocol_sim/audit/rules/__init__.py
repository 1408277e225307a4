"""The rules, one file each: definition, derivation and source in its docstring, `NAME`, and `check(market)`.

A further rule is a file and a line here. Order: as reports list them.
"""

from collections.abc import Callable, Iterator

from protocol_sim.audit.finding import Finding, NotChecked
from protocol_sim.audit.market import Market
from protocol_sim.audit.rules import (
    bonus_slippage,
    borrow_band,
    cap_growth,
    caps_depth,
    dust_gas,
    emode_history,
    gap,
    locked,
    rate_kink,
    rounding_edges,
    sequencer,
    solvency,
    staleness,
    toxic_zone,
)

Rule = Callable[[Market], Iterator[Finding | NotChecked]]
_MODULES = (solvency, gap, borrow_band, toxic_zone, bonus_slippage, caps_depth, emode_history, cap_growth, rate_kink,
            locked, dust_gas, staleness, sequencer, rounding_edges)
RULES: dict[str, Rule] = {module.NAME: module.check for module in _MODULES}


def definition(name: str) -> str:
    """The first line of a rule's docstring: what it asks."""
    module = next(module for module in _MODULES if name == module.NAME)
    return (module.__doc__ or "").splitlines()[0]
