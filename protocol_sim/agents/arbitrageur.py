"""An arbitrageur: brings a pool back to the outside price with the integer amount that profits it most."""

from protocol_sim.agents.view import NONE, ON_TOUCH, View
from protocol_sim.amms import base as amms
from protocol_sim.amms.arbitrage import Band, outside
from protocol_sim.numeric import ZERO, rule


@rule
def trade(w: View, a: int, n: int) -> tuple[int, int, int]:
    """(direction, input, output) of what agent a did in place n; input 0: nothing, because no trade pays."""
    place = w.places[n]
    if w.agents[a].when == ON_TOUCH and place.touched == 0:
        return 0, ZERO, ZERO
    token0, token1 = w.tokens[place.token0], w.tokens[place.token1]
    if place.high < place.low:
        edges = amms.band(w.pools, place.family, place.pool, token0.unit, token1.unit)
        place.low, place.high = edges.low, edges.high
    if not outside(Band(place.low, place.high), token0.outside, token1.outside):
        return 0, ZERO, ZERO
    worth0, worth1 = token0.outside * token1.unit, token1.outside * token0.unit
    side, x = amms.arbitrage_size(w.pools, place.family, place.pool, worth0, worth1)
    if x == 0:
        return side, ZERO, ZERO
    code, y = amms.sell(w.pools, place.family, place.pool, side, x, w.clock[0].now)
    if code != 0:
        return side, ZERO, ZERO
    place.touched, place.low, place.high = 0, 0, NONE
    return side, x, y
