"""A token into an agent's numeraire and back: in the agent's pool, or at the outside price where it has none."""

from protocol_sim.agents.view import NONE, SCALE, View
from protocol_sim.amms import base as amms
from protocol_sim.numeric import ZERO, as_float, mul_div_down, mul_div_up, narrow, rule


@rule
def sale_value(w: View, a: int, token: int, x: int) -> tuple[int, int]:
    """(code, raw numeraire) that selling x of `token` would bring agent a."""
    numeraire = w.agents[a].numeraire
    if token == numeraire or x == 0:
        return 0, ZERO + x
    route = w.routes[a * len(w.tokens) + token]
    if route.place == NONE:
        sold, into = w.tokens[token], w.tokens[numeraire]
        return 0, mul_div_down(x, sold.outside * into.unit, sold.unit * into.outside)
    place = w.places[route.place]
    return amms.sale(w.pools, place.family, place.pool, route.zero_for_one, x)


@rule
def purchase_cost(w: View, a: int, token: int, y: int) -> tuple[int, int]:
    """(code, raw numeraire) that buying y of `token` would cost agent a."""
    numeraire = w.agents[a].numeraire
    if token == numeraire or y == 0:
        return 0, ZERO + y
    route = w.routes[a * len(w.tokens) + token]
    if route.place == NONE:
        bought, with_ = w.tokens[token], w.tokens[numeraire]
        return 0, mul_div_up(y, bought.outside * with_.unit, bought.unit * with_.outside)
    place = w.places[route.place]
    return amms.purchase(w.pools, place.family, place.pool, 1 - route.zero_for_one, y)


@rule
def marginal(w: View, a: int, token: int, buys: int) -> float:
    """Raw numeraire that agent a gets (pays, if it buys) for the first raw unit of `token`, as a float: no sale of any
    size earns more a unit, no purchase costs less."""
    numeraire = w.agents[a].numeraire
    if token == numeraire:
        return 1.0
    route = w.routes[a * len(w.tokens) + token]
    if route.place == NONE:
        one, other = w.tokens[token], w.tokens[numeraire]
        return one.outside * as_float(other.unit) / (as_float(one.unit) * max(other.outside, 1))
    place = w.places[route.place]
    price, kept = amms.mid(w.pools, place.family, place.pool), amms.kept(w.pools, place.family, place.pool)
    if not route.zero_for_one:
        price = 1.0 / max(price, 1e-300)
    return price / kept if buys else price * kept


@rule
def sell(w: View, a: int, token: int, x: int) -> int:
    """Execute a sale whose value is known to be available; returns the place that moved, or NONE."""
    if token == w.agents[a].numeraire or x == 0:
        return NONE
    route = w.routes[a * len(w.tokens) + token]
    if route.place != NONE:
        place = w.places[route.place]
        amms.sell(w.pools, place.family, place.pool, route.zero_for_one, x, w.clock[0].now)
        place.touched, place.low, place.high = 1, 0, NONE
    press(w, token, x, -1)
    return route.place


@rule
def buy(w: View, a: int, token: int, y: int) -> int:
    """Execute a purchase; returns the place that moved, or NONE."""
    if token == w.agents[a].numeraire or y == 0:
        return NONE
    route = w.routes[a * len(w.tokens) + token]
    if route.place != NONE:
        place = w.places[route.place]
        amms.buy(w.pools, place.family, place.pool, 1 - route.zero_for_one, y, w.clock[0].now)
        place.touched, place.low, place.high = 1, 0, NONE
    press(w, token, y, 1)
    return route.place


@rule
def press(w: View, token: int, amount: int, sign: int) -> int:
    """What a trade leaves on the outside price: amount / depth, between a half and twice; returns the new impact."""
    row = w.tokens[token]
    if row.depth > 0:
        room = row.impact - SCALE // 2 if sign < 0 else 2 * SCALE - row.impact
        row.impact += sign * narrow(min(mul_div_down(amount, ZERO + SCALE, row.depth), ZERO + room))
    return row.impact


