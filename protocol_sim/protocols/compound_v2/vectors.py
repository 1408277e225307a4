"""Recorded vectors of Compound V2 that this package can play: `seize`."""

from collections.abc import Mapping

from protocol_sim.errors import Revert
from protocol_sim.protocols.compound_v2 import rules

Ints = Mapping[str, int]


def seize(params: Ints, pre: Ints, op: Ints) -> dict[str, int]:
    """`liquidateCalculateSeizeTokens` on recorded prices and exchange rate."""
    prices = pre["price_borrowed"], pre["price_collateral"], pre["exchange_rate"]
    code, tokens = rules.seize(op["repaid"], *prices, params["liquidation_incentive"])
    if code != rules.OK:
        raise Revert(rules.ERRORS[code])
    return {"seized_tokens": tokens}


PLAYERS = {"compound-v2": {"seize": seize}}
