"""The two neighbouring prices between which an account's health factor crosses 1."""

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

    low, high = 1, kept * 1000
    at_low = healthy(low)
    if at_low == healthy(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if healthy(middle) == at_low:
            low = middle
        else:
            high = middle
    return (low, high) if at_low else (high, low)
