"""Recorded vectors of Aave V1 that this package can play: `seize`."""

from collections.abc import Mapping

from protocol_sim.errors import BadInput
from protocol_sim.numeric.units import unit
from protocol_sim.protocols.aave_v1 import rules

Ints = Mapping[str, int]


def seize(params: Ints, pre: Ints, op: Ints) -> dict[str, int]:
    """The collateral part of `liquidationCall` on recorded prices."""
    bonus, rest = divmod(params["liquidation_bonus_bps"], 100)
    if rest:
        raise BadInput("params", "liquidation_bonus_bps", "whole percents in Aave V1", params["liquidation_bonus_bps"])
    unit_debt, unit_collateral = unit(params["debt_decimals"]), unit(params["collateral_decimals"])
    prices = pre["price_debt"], unit_debt, pre["price_collateral"], unit_collateral
    return {"seized": rules.seize(op["repaid"], *prices, bonus)}


PLAYERS = {"aave-v1": {"seize": seize}}
