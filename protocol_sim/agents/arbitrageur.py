"""An arbitrageur: brings a pool back to the outside price with the integer amount that profits it most."""

from protocol_sim.agents.view import NONE, ON_TOUCH, View
from protocol_sim.amms import base as amms
from protocol_sim.amms.arbitrage import Band, outside
from protocol_sim.numeric import ZERO, as_float, rule

INSIDE, UNCLEAR, OUTSIDE = 0, 1, 2
FLOATS = 1e-9


@rule
def at_a_glance(w: View, n: int) -> int:
    """Where the outside price lies to the band of place n, as floats tell: whether a pool that has just moved is worth
    working out the band's edges in integers. Outside, the trade's own integers decide."""
    place = w.places[n]
    token0, token1 = w.tokens[place.token0], w.tokens[place.token1]
    worth0, worth1 = token0.outside * as_float(token1.unit), token1.outside * as_float(token0.unit)
    middle = amms.mid(w.pools, place.family, place.pool) * worth1
    kept = amms.kept(w.pools, place.family, place.pool)
    if worth0 < middle:
        worth0, middle = middle, worth0
    if middle > worth0 * kept * (1.0 + FLOATS):
        return INSIDE
    return OUTSIDE if middle < worth0 * kept * (1.0 - FLOATS) else UNCLEAR


@rule
def trade(w: View, a: int, n: int) -> tuple[int, int, int]:
    """(direction, input, output) of what agent a did in place n; input 0: nothing, because no trade pays."""
    place = w.places[n]
    if w.agents[a].when == ON_TOUCH and place.touched == 0:
        return 0, ZERO, ZERO
    token0, token1 = w.tokens[place.token0], w.tokens[place.token1]
    if place.high < place.low:
        seen = at_a_glance(w, n)
        if seen == INSIDE:
            return 0, ZERO, ZERO
        if seen == UNCLEAR:
            edges = amms.band(w.pools, place.family, place.pool, token0.unit, token1.unit)
            place.low, place.high = edges.low, edges.high
    if place.low <= place.high and not outside(Band(place.low, place.high), token0.outside, token1.outside):
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
