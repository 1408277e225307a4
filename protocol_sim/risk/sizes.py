"""How large a liquidation pays, by route: what a liquidator earns from repaying x of a debt against a collateral.

Profit = sale of the collateral seized (x at the protocol's prices, plus the bonus) less purchase of the debt repaid
less gas, in the agent's numeraire, through the agent's own pools as they stand; no account is needed, so the close
factor and what an account holds do not bound it. Profit is concave in x up to rounding: it rises to the best size and
falls to zero at the largest. Where the seized collateral is sold at the outside price there is no largest size.
"""

from collections.abc import Callable
from typing import NamedTuple

from protocol_sim.agents.trade import purchase_cost, sale_value
from protocol_sim.agents.view import LIQUIDATOR, NONE, View
from protocol_sim.numeric import BPS
from protocol_sim.risk.market import place_of
from protocol_sim.scenario import Scenario
from protocol_sim.world import build

LARGEST = 2**112                                     # raw; beyond any reserve of a pair


class Size(NamedTuple):
    """Amounts of debt repaid are raw; profit is raw numeraire. None: no size pays, or none is too large."""

    agent: str
    route: str                     # the pools through which it goes
    least: int | None              # smallest that pays
    best: int | None
    most: int | None               # largest that pays; None with `best`: unbounded
    profit: int                    # at the best


def profitable_sizes(scenario: Scenario, protocol: str, collateral: str, debt: str) -> list[Size]:
    """One entry a liquidator of the scenario."""
    world = build(scenario)
    kc, kd = place_of(scenario, world, protocol, collateral), place_of(scenario, world, protocol, debt)
    reserve = next(p for p in scenario.protocols if p.name == protocol).reserves[kc.asset]
    found = []
    for a, agent in enumerate(world.agents):
        if agent.kind == LIQUIDATOR and agent.scope >> kc.protocol & 1:
            tokens = world.links[kc.link].token, world.links[kd.link].token
            profit = _profit(world, a, tokens, (kc.price, kd.price), reserve.liquidation_bonus_bps)
            routes = [_pool(scenario, world, a, token) for token in tokens if token != agent.numeraire]
            found.append(Size(scenario.agents[a].name, ", ".join(routes), *_sizes(profit)))
    return found


def _profit(
    world: View, a: int, tokens: tuple[int, int], prices: tuple[int, int], bonus: int
) -> Callable[[int], int | None]:
    (sold, bought), (price_sold, price_bought) = tokens, prices
    unit_sold, unit_bought = world.tokens[sold].unit, world.tokens[bought].unit

    def profit(repaid: int) -> int | None:
        """None where a pool cannot take it."""
        seized = repaid * price_bought * unit_sold * bonus // (unit_bought * price_sold * BPS)
        out, proceeds = sale_value(world, a, sold, seized)
        code, cost = purchase_cost(world, a, bought, repaid)
        return None if out or code else int(proceeds) - int(cost) - int(world.agents[a].gas)

    return profit


def _sizes(profit: Callable[[int], int | None]) -> tuple[int | None, int | None, int | None, int]:
    """(least, best, most, profit at the best), by doubling and integer ternary search."""
    def value(x: int) -> int:
        found = profit(x)
        return -LARGEST if found is None else found

    top = 1
    while top < LARGEST and value(2 * top) >= value(top) - 1:
        top *= 2
    if top >= LARGEST:                               # nothing makes it worse: the outside price
        return _edge(lambda x: value(x) > 0, 0, LARGEST), LARGEST, None, value(LARGEST)
    low, high = top // 2, 4 * top
    while high - low > 8:
        one, two = low + (high - low) // 3, high - (high - low) // 3
        low, high = (one, high) if value(one) < value(two) else (low, two)
    best = max(range(max(low, 1), high + 1), key=value)
    if value(best) <= 0:
        return None, None, None, value(best)
    far = best
    while value(far) > 0:
        far *= 2
    return _edge(lambda x: value(x) > 0, 0, best), best, _edge(lambda x: value(x) <= 0, best, far) - 1, value(best)


def _edge(holds: Callable[[int], bool], low: int, high: int) -> int:
    """The smallest x in (low, high] for which it holds; it does at `high`."""
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _pool(scenario: Scenario, world: View, a: int, token: int) -> str:
    place = world.routes[a * len(world.tokens) + token].place
    return f"{scenario.assets[token].name} through " + ("no pool" if place == NONE else scenario.pools[place].name)
