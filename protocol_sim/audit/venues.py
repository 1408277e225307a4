"""The pools of an audit: what a sale or a purchase brings, by the exact arithmetic of `amms`, whatever the curve.

Pools stand as arbitrage leaves them at the market's prices, so that depth is not mixed up with a price that is out of
date; a trade is asked for, never executed. A liquidation repays d raw debt, seizes what the
bonus says, and sells the seizure.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from protocol_sim.amms import base as amms
from protocol_sim.scenario.load import validated
from protocol_sim.world import build

LARGEST = 2**112 - 1
SCALE = 10**36


@dataclass(frozen=True)
class Venues:
    """Places of trade by name of token; `specs` are the sections of a scenario that made them."""

    view: Any = None                               # a world with nothing but pools
    tokens: tuple[str, ...] = ()
    specs: tuple[Any, ...] = ()
    routes: dict[tuple[str, str], int] = field(default_factory=dict)   # (sold, bought) -> place
    capacities: dict[tuple[str, str], int] = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, where: str, decimals: Mapping[str, int], prices: Mapping[str, Fraction], pools: Sequence[Any]
           ) -> "Venues":
        """Pools (sections of a scenario) between assets of so many decimals, as arbitrage leaves them at these prices.

        BadInput for a pool that does not fit.
        """
        if not pools:
            return cls()
        scenario = validated({
            "name": "pools", "clock": {"start": 0, "steps": 1},
            "assets": [{"name": name, "decimals": n, "price": {"kind": "constant", "usd": "1"}}
                       for name, n in decimals.items()],
            "pools": [pool.model_dump(mode="json", exclude_none=True) for pool in pools],
        }, where)
        routes: dict[tuple[str, str], int] = {}
        for n, pool in enumerate(scenario.pools):
            routes.setdefault(pool.tokens, n)
            routes.setdefault(pool.tokens[::-1], n)
        view = build(scenario)
        specs = [_aligned(view, n, pool, decimals, prices) for n, pool in enumerate(scenario.pools)]
        return cls(view, tuple(decimals), tuple(specs), routes)

    def trades(self, sold: str, bought: str) -> bool:
        """Whether a pool takes one for the other."""
        return (sold, bought) in self.routes

    def spec(self, sold: str, bought: str) -> Any:
        """The section of that pool."""
        return self.specs[self.routes[sold, bought]]

    def proportional(self, sold: str, bought: str) -> bool:
        """Whether the pool is a constant product: liquid at every price."""
        return hasattr(self.spec(sold, bought), "fee_bps")

    def fee(self, sold: str, bought: str) -> Fraction:
        """The pool's fee, of what goes in."""
        spec = self.spec(sold, bought)
        return Fraction(spec.fee_bps, 10_000) if hasattr(spec, "fee_bps") else Fraction(spec.fee_pips, 1_000_000)

    def sale(self, sold: str, bought: str, amount: int) -> int:
        """Raw `bought` for exactly `amount` raw `sold`; 0 if the pool refuses it."""
        place, zero = self._place(sold, bought)
        code, out = amms.sale(self.view.pools, place.family, place.pool, zero, min(amount, LARGEST))
        return int(out) if code == 0 else 0

    def at_most(self, sold: str, bought: str, amount: int) -> int:
        """Raw `bought` for `amount` raw `sold`, or for as much of it as the pool takes."""
        return self.sale(sold, bought, min(amount, self.capacity(sold, bought)))

    def capacity(self, sold: str, bought: str) -> int:
        """The largest amount that the pool takes: where its liquidity ends, or its integers do."""
        if (sold, bought) not in self.capacities:
            good, bad = 0, LARGEST + 1
            while bad - good > 1:
                middle = (good + bad) // 2
                good, bad = (middle, bad) if self._takes(sold, bought, middle) else (good, middle)
            self.capacities[sold, bought] = good
        return self.capacities[sold, bought]

    def _takes(self, sold: str, bought: str, amount: int) -> bool:
        place, zero = self._place(sold, bought)
        return bool(amms.sale(self.view.pools, place.family, place.pool, zero, amount)[0] == 0)

    def spot(self, sold: str, bought: str) -> Fraction:
        """Raw `bought` for one raw `sold` at the margin, the fee left out."""
        place, zero = self._place(sold, bought)
        return Fraction(int(amms.spot(self.view.pools, place.family, place.pool, zero, SCALE, 1)), SCALE)

    def _place(self, sold: str, bought: str) -> tuple[Any, int]:
        place = self.view.places[self.routes[sold, bought]]
        return place, int(self.tokens[place.token0] == sold)


def _aligned(view: Any, n: int, pool: Any, decimals: Mapping[str, int], prices: Mapping[str, Fraction]) -> Any:
    """Brings place n to the prices, as far as its fee lets arbitrage; gives the section that describes it then."""
    place, (token0, token1) = view.places[n], pool.tokens
    worth = prices[token0] * 10 ** decimals[token1] / (prices[token1] * 10 ** decimals[token0])
    scale = max(1, max(worth.numerator, worth.denominator) >> 100)
    side, x = amms.arbitrage_size(view.pools, place.family, place.pool, max(1, worth.numerator // scale),
                                  max(1, worth.denominator // scale))
    if x == 0 or amms.sell(view.pools, place.family, place.pool, side, x, view.clock[0].now)[0] != 0:
        return pool
    row = view.pools[place.family][0][place.pool]
    if hasattr(pool, "fee_bps"):
        return pool.model_copy(update={"reserves": (str(row.reserve0), str(row.reserve1))})
    return pool.model_copy(update={"price": None, "sqrt_price_x96": int(row.sqrt_price)})


def largest(profit: Callable[[int], int], cost: int, most: int) -> int:
    """The largest size up to `most` whose profit is at least `cost`, 0 if no size above 0 has that.

    Profit is concave but for roundings of a raw unit: thirds find its top, bisection the end of what pays.
    """
    low, high = 0, most
    while high - low > 2:
        third = (high - low) // 3
        if profit(low + third) < profit(high - third):
            low += third
        else:
            high -= third
    good = max(range(low, high + 1), key=profit)
    if good == 0 or profit(good) < cost:
        return 0
    bad = most + 1
    while bad - good > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if profit(middle) >= cost else (good, middle)
    return good
