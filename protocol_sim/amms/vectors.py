"""Recorded vectors of pools that this package can play: `swap_exact_in` of Uniswap V2."""

from collections.abc import Mapping

from protocol_sim.amms import constant_product as v2
from protocol_sim.errors import Revert

Ints = Mapping[str, int]


def swap_exact_in(params: Ints, pre: Ints, op: Ints) -> dict[str, int]:
    """Output for exactly `amount_in`, on a pool with these reserves and this fee."""
    pool = v2.Pool(
        reserve0=pre["reserve_in"],
        reserve1=pre["reserve_out"],
        balance0=pre["reserve_in"],
        balance1=pre["reserve_out"],
        fee_numerator=params["fee_numerator"],
        fee_denominator=params["fee_denominator"],
    )
    code, swap = v2.swap_in(pool, 1, op["amount_in"], 0, 0)
    if code != v2.OK:
        raise Revert(v2.ERRORS[code])
    return {"amount_out": swap.out1}


PLAYERS = {"uniswap-v2": {"swap_exact_in": swap_exact_in}}
