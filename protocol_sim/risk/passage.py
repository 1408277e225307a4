"""When a price first falls below a level: closed forms for one pair under geometric Brownian motion.

d log S = (drift - volatility² / 2) dt + volatility dW, as in `prices.gbm`. Times are in seconds, drift and volatility
per year of 365 days. Three cases:

- at one moment (`below_at`): P(S_T <= level), the normal distribution of log S_T; exact.
- at any moment (`below_before`): P(min S <= level), the reflection principle (Harrison 1985, section 1.8; Karatzas and
  Shreve 1991, section 2.8.A); exact for continuous monitoring.
- at one of n equally spaced moments (`below_at_steps`): the same with the level lowered by the factor
  exp(-beta * volatility * sqrt(dt)), beta = -zeta(1/2) / sqrt(2 pi) = 0.5826 (Broadie, Glasserman and Kou 1997). Its
  error is o(1 / sqrt(n)): of the order of 1e-4 for a hundred steps. A protocol whose feed is read once a step is
  this case.
"""

from math import exp, log, sqrt

from protocol_sim.numeric.portable import normal_cdf

YEAR = 31_536_000  # s
BETA = 0.5825971579390107


def below_at(start: float, level: float, drift: float, volatility: float, seconds: float) -> float:
    """P(S_T <= level) at the end of the time."""
    if seconds <= 0 or volatility <= 0:
        return float(start * exp(drift * seconds / YEAR) <= level)
    time = seconds / YEAR
    return normal_cdf((log(level / start) - (drift - volatility * volatility / 2) * time) / (volatility * sqrt(time)))


def below_before(start: float, level: float, drift: float, volatility: float, seconds: float) -> float:
    """P(S falls to the level within the time), watched all the time."""
    if start <= level:
        return 1.0
    if seconds <= 0 or volatility <= 0:
        return float(start * exp(min(drift, 0.0) * max(seconds, 0.0) / YEAR) <= level)
    time, gap = seconds / YEAR, log(level / start)
    slope, spread = drift - volatility * volatility / 2, volatility * sqrt(time)
    mirrored = exp(2 * slope * gap / (volatility * volatility))
    return normal_cdf((gap - slope * time) / spread) + mirrored * normal_cdf((gap + slope * time) / spread)


def below_at_steps(
    start: float, level: float, drift: float, volatility: float, seconds: float, steps: int
) -> float:
    """P(S is below the level at one of `steps` equally spaced moments, the last of them after `seconds`)."""
    if start <= level:
        return 1.0
    if steps == 1:
        return below_at(start, level, drift, volatility, seconds)
    lowered = level * exp(-BETA * volatility * sqrt(seconds / steps / YEAR))
    return below_before(start, lowered, drift, volatility, seconds)


def lowest_quantile(start: float, probability: float, drift: float, volatility: float, seconds: float) -> float:
    """The price below which the lowest of the time falls with this probability, watched all the time."""
    low, high = start * exp(-40.0 * volatility * sqrt(max(seconds, 1) / YEAR) - 1.0), start
    for _ in range(200):
        middle = (low + high) / 2
        if below_before(start, middle, drift, volatility, seconds) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2
