"""The Uniswap V3 pools of a scenario, at its first block: every position minted at the first price.

Position n of a pool belongs to owner n and has paid exactly what the pool asked for.
"""

from collections.abc import Sequence
from math import isqrt

from protocol_sim.amms.concentrated.pool import initialize, set_fee_protocol
from protocol_sim.amms.concentrated.positions import mint
from protocol_sim.amms.concentrated.state import DUE, ERRORS, OK, Pools, Terms, new_pools
from protocol_sim.errors import BadInput
from protocol_sim.numeric.units import scaled
from protocol_sim.scenario.pools import ConcentratedPool
from protocol_sim.scenario.scenario import Scenario

PRICE_DECIMALS = 36


def concentrated(scenario: Scenario, pools: Sequence[ConcentratedPool]) -> Pools:
    """All pools, in the order given. BadInput for a price or a position that the contract refuses."""
    made = new_pools([
        Terms(pool.fee_pips, pool.tick_spacing, 2 * len(pool.positions), len(pool.positions), 1) for pool in pools
    ])
    for q, pool in enumerate(pools):
        _open(scenario, made, q, pool)
    return made


def sqrt_price_of(scenario: Scenario, pool: ConcentratedPool) -> int:
    """The first price as the contract holds it: Q64.96, rounded down."""
    if pool.sqrt_price_x96 is not None:
        return pool.sqrt_price_x96
    decimals0, decimals1 = (scenario.asset(token).decimals for token in pool.tokens)
    price = scaled(pool.price or "", PRICE_DECIMALS)
    return isqrt((price * 10**decimals1 << 192) // 10 ** (PRICE_DECIMALS + decimals0))


def _open(scenario: Scenario, made: Pools, q: int, pool: ConcentratedPool) -> None:
    now, key = scenario.clock.start, f"pools.{pool.name}"
    code = initialize(made, q, sqrt_price_of(scenario, pool), now)
    if code != OK:
        found = pool.sqrt_price_x96 if pool.price is None else repr(pool.price)
        raise BadInput(scenario.where, f"{key}.price", "a square root between 2**32 and 2**160 in Q64.96", found)
    if set_fee_protocol(made, q, *pool.fee_protocol) != OK:
        raise BadInput(scenario.where, f"{key}.fee_protocol", "0 or 4 to 10 for either token", pool.fee_protocol)
    for n, position in enumerate(pool.positions):
        lower, upper = position.lower_tick, position.upper_tick
        code, _ = mint(made, q, n, lower, upper, position.liquidity, DUE, DUE, now)
        if code != OK:
            raise BadInput(scenario.where, f"{key}.positions.{n}", "a position that the pool mints", repr(ERRORS[code]))
