"""Neighbouring values between which the model changes its mind: a health factor crosses 1, an amount is refused."""

from collections.abc import Callable

from protocol_sim.fork.adapters.aave_v2.model import Model
from protocol_sim.numeric import WAD


def threshold_prices(model: Model, user: int, k: int, at: int) -> tuple[int, int] | None:
    """(last healthy, first unhealthy) price of reserve k, in wei of ETH, for `user` at `at`; None if there is none."""
    reserve = model.market.reserves[k]
    kept = reserve.price

    def healthy(price: int) -> bool:
        reserve.price = price
        factor = model.health_factor(user, at)
        reserve.price = kept
        return factor >= WAD

    return boundary(healthy, 1, kept * 1000)


def boundary(holds: Callable[[int], bool], low: int, high: int) -> tuple[int, int] | None:
    """Neighbours (where it holds, where it does not) between low and high; None when both ends are alike."""
    at_low = holds(low)
    if high <= low or at_low == holds(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if holds(middle) == at_low:
            low = middle
        else:
            high = middle
    return (low, high) if at_low else (high, low)
