"""Recorded vectors of Aave V2 that this package can play: `seize`."""

from collections.abc import Mapping

from protocol_sim.numeric.units import unit
from protocol_sim.protocols.aave_v2 import rules

Ints = Mapping[str, int]


def seize(params: Ints, pre: Ints, op: Ints) -> dict[str, int]:
    """The collateral part of `liquidationCall` on recorded prices, before the cap at the borrower's balance."""
    unit_debt, unit_collateral = unit(params["debt_decimals"]), unit(params["collateral_decimals"])
    prices = pre["price_debt"], unit_debt, pre["price_collateral"], unit_collateral
    return {"seized": rules.collateral_for(op["repaid"], *prices, params["liquidation_bonus_bps"])}


PLAYERS = {"aave-v2": {"seize": seize}}
