"""What feeds see, and what they tell the protocols that they price."""

from protocol_sim.agents.view import NONE, View
from protocol_sim.amms import base as amms
from protocol_sim.numeric import ZERO, mul_div_down, rule
from protocol_sim.oracles import chainlink
from protocol_sim.protocols import base as protocols

USD = 100_000_000  # prices outside have 8 decimals


@rule
def source_price(w: View, n: int, with_impact: int) -> int:
    """Feed n's source in the feed's own unit, rounded down; without impact: as if no liquidator had ever traded.

    A pool has no such counterpart, so a feed on a pool gives the outside ratio there.
    """
    feed = w.feeds[n]
    base = w.tokens[feed.base]
    if feed.place != NONE and with_impact:
        place = w.places[feed.place]
        zero_is_base = 1 if place.token0 == feed.base else 0
        quote = place.token1 if zero_is_base else place.token0
        scale, per = base.unit * feed.one, w.tokens[quote].unit
        return amms.spot(w.pools, place.family, place.pool, zero_is_base, scale, per)
    price = ZERO + (base.outside if with_impact else base.exogenous)
    if feed.quote == NONE:
        return price if feed.one == USD else mul_div_down(price, feed.one, ZERO + USD)
    quoted = w.tokens[feed.quote]
    return mul_div_down(price, feed.one, ZERO + (quoted.outside if with_impact else quoted.exogenous))


@rule
def at_rest(w: View, n: int) -> bool:
    """Whether feed n, on one outside price in USD, has nothing to report, told by the band that its answer leaves: most
    feeds in most blocks."""
    feed = w.feeds[n]
    if feed.place != NONE or feed.quote != NONE or feed.one != USD:
        return False
    if w.clock[0].now - feed.updated_at >= feed.heartbeat:
        return False
    if feed.calm_high < feed.calm_low:
        feed.calm_low, feed.calm_high = chainlink.calm(feed.answer, feed.deviation)
    return feed.calm_low <= w.tokens[feed.base].outside <= feed.calm_high


@rule
def tell(w: View, m: int) -> None:
    """Write the answer of link m's feed into its protocol."""
    link = w.links[m]
    link.price = w.feeds[link.feed].answer
    protocols.reprice(w.protocols, link.protocol, link.asset, link.price)
