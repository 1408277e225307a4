"""Closed-form bounds: what no choice of parameters can beat in a market without depth limits, and how they are reached.

An account that is liquidated the moment after the feed shows it below its threshold LT leaves no bad debt if
  collateral after the fall >= debt (1 + b), that is  LT (1 + b) <= (1 - d) exp(-z volatility sqrt(tau)),
where 1 + b is the bonus, d the deviation that the feed lets pass, tau the time from the fall to the block in which a
liquidator can act (the price's step, the feed's delay and one block), and z the normal quantile of the level: one such
fall in 1 / (1 - level) is larger (Black and Scholes 1973 for the distribution; the argument is Gauntlet's and Chaos
Labs' for the largest safe threshold). Jumps, slippage, cascades and gas only lower it, so that it is an upper bound on
LT and, with LTV <= LT, on borrowing power without bad debt. Without a price process that has a volatility, tau counts
for nothing and the bound is the feed's alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

from protocol_sim.numeric.portable import exp, normal_inverse
from protocol_sim.risk.passage import YEAR
from protocol_sim.scenario import Scenario
from protocol_sim.tuning.power import Book


@dataclass(frozen=True, slots=True)
class Bound:
    """The largest threshold of one reserve that the closed form allows, beside what it is set to."""

    key: str                       # protocols.….liquidation_threshold_bps
    now_bps: int
    chosen_bps: int                # by the recommendation
    bound_bps: int                 # with the recommendation's bonus
    seconds: int                   # tau
    volatility: float              # per year; 0: unknown


def threshold_bounds(scenario: Scenario, chosen: Scenario, level: float) -> list[Bound]:
    """One entry a reserve that is collateral."""
    found = []
    for p, protocol in enumerate(chosen.protocols):
        for k, reserve in enumerate(protocol.reserves):
            if reserve.liquidation_threshold_bps:
                before = scenario.protocols[p].reserves[k].liquidation_threshold_bps
                bound, seconds, volatility = _bound(chosen, p, k, level)
                key = f"protocols.{protocol.name}.reserves.{reserve.asset}.liquidation_threshold_bps"
                found.append(Bound(key, before, reserve.liquidation_threshold_bps, bound, seconds, volatility))
    return found


def power_bound(scenario: Scenario, book: Book, level: float) -> int:
    """Borrowing power with the LTV of every reserve at its bound: USD, 8 decimals."""
    bounds: Mapping[tuple[int, int], int] = {
        (p, k): _bound(scenario, p, k, level)[0]
        for p, protocol in enumerate(scenario.protocols) for k, reserve in enumerate(protocol.reserves)
        if reserve.liquidation_threshold_bps
    }
    return sum(worth * bounds.get((p, k), 0) // 10_000 for (p, k, _), worth in book.items())


def _bound(scenario: Scenario, p: int, k: int, level: float) -> tuple[int, int, float]:
    reserve, clock = scenario.protocols[p].reserves[k], scenario.clock
    feed = next(feed for feed in scenario.feeds if feed.name == reserve.feed)
    price = scenario.asset(reserve.asset).price
    volatility = float(getattr(price, "volatility_per_year", 0.0))
    seconds = clock.block_time * (clock.blocks_per_step + getattr(feed, "delay_blocks", 0))
    passed = 1.0 - getattr(feed, "deviation_bps", 0) / 10_000
    fall = exp(-normal_inverse(level) * volatility * sqrt(seconds / YEAR))
    return int(10_000 * passed * fall * 10_000 / reserve.liquidation_bonus_bps), seconds, volatility
