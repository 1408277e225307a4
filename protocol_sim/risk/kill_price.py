"""The kill price of an account: the first price, going down or up from now one raw unit at a time, at which the
protocol's own integers put its health factor below 1, all other prices and all balances held as they are.

Found by an exact search on the model, not by the formula debt / (collateral * threshold). The contract floors the
average threshold to whole bps, so that its health factor is no monotone function of the price: near the edge it falls
below 1, rises and falls again. Where the floored threshold is constant it is monotone; the search goes through those
pieces one after another, nearest to the present price first. Exact while the asset is on one side of the account; with
the asset both as collateral and as debt the roundings of the two sides may add a crossing within a few raw units.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from protocol_sim.agents.view import View
from protocol_sim.numeric import WAD
from protocol_sim.protocols.base import Health
from protocol_sim.risk.market import Place, health_at, kept

HIGHEST = 1_000                                      # times the present price: how far up the search goes


class Kill(NamedTuple):
    """`price` is raw, in the feed's unit; None: no price on that side makes the account liquidatable."""

    account: int
    price: int | None
    direction: str                                   # "down", "up" or "now" (liquidatable as it is)


def kill_price(world: View, place: Place, account: int) -> Kill:
    """Searches downwards, then upwards to a thousand times the present price."""
    with kept(world, place):
        at = lru_cache(maxsize=512)(lambda price: health_at(world, place, account, price))
        if at(place.price).factor < WAD:
            return Kill(account, place.price, "now")
        below = _nearest(at, place.price, 1)
        if below is not None:
            return Kill(account, below, "down")
        above = _nearest(at, place.price, place.price * HIGHEST)
        return Kill(account, above, "up" if above is not None else "down")


def _nearest(at: Callable[[int], Health], start: int, end: int) -> int | None:
    """The price nearest to `start` with a health factor below 1; the sign of end - start is the direction."""
    if at(end).factor >= WAD:
        return None
    sign = 1 if end > start else -1

    def first(lower: int, upper: int, holds: Callable[[int], bool]) -> int:
        """Least distance in (lower, upper] from `start` at which a monotone condition holds; it does at upper."""
        while upper - lower > 1:
            middle = (lower + upper) // 2
            if holds(start + sign * middle):
                upper = middle
            else:
                lower = middle
        return upper

    crossing = first(0, abs(end - start), lambda price: at(price).factor < WAD)
    safe = _safe(at, start, sign, crossing)
    while safe < crossing:                           # pieces of one floored threshold, from the safe side
        threshold = _threshold(at(start + sign * (safe + 1)))
        last = crossing
        if _threshold(at(start + sign * crossing)) != threshold:
            last = first(safe + 1, crossing, lambda price, t=threshold: _threshold(at(price)) != t) - 1  # type: ignore[misc]
        if at(start + sign * last).factor < WAD:
            return start + sign * first(safe, last, lambda price: at(price).factor < WAD)
        safe = last
    return start + sign * crossing


def _safe(at: Callable[[int], Health], start: int, sign: int, crossing: int) -> int:
    """A distance up to which no flooring can bring the health factor below 1: it is above 1 by four bps' worth."""
    back = 1
    while back < crossing:
        here = at(start + sign * (crossing - back))
        least = min(_threshold(here), _threshold(at(start)))
        if here.factor * least >= WAD * (least + 4):
            return crossing - back
        back *= 2
    return 0


def _threshold(health: Health) -> int:
    """The floored average threshold in bps that a health factor was worked out with."""
    if health.collateral == 0:
        return 1
    return max(1, (2 * health.factor * health.debt * 10_000 + WAD * health.collateral) // (2 * WAD * health.collateral))
