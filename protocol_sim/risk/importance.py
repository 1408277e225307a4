"""Importance sampling of the tail: paths drawn under a lower drift, each with its weight, unbiased for the plain case.

`shifted` changes the drift of the price process in the scenario itself, so that the shifted run is a scenario like any
other. Per step a draw z ~ N(0, 1) of the shifted path stands for z + theta of the plain one, theta = shift * sqrt(dt) /
volatility, so the likelihood ratio of a path is exp(-theta * sum(z) - steps * theta² / 2) (Glasserman 2003, section
4.6). It is worked out from the path's own draws (`prices`), not from rounded prices. The weight is exact for
independent assets, each a geometric Brownian motion of its own; correlated ones are refused.

The tail is estimated with the plain weights (their mean is 1 in expectation), so P(L > x) is unbiased at every n:
  P(L > x) = mean(w 1{L > x}),  VaR = smallest x with P(L > x) <= 1 - level,
  ES = VaR + mean(w (L - VaR)+) / (1 - level).
A shift that is too strong shows in the effective number of paths, (sum w)² / sum w² (Kong 1992).
"""

from collections.abc import Mapping, Sequence
from math import inf, sqrt

import numpy as np
from numpy.typing import NDArray

from protocol_sim.errors import BadInput
from protocol_sim.numeric.portable import exp_array, normal_inverse
from protocol_sim.numeric.random import Stream, normals, word
from protocol_sim.risk.estimate import Estimate, checked_level, checked_sample
from protocol_sim.risk.passage import YEAR
from protocol_sim.risk.tail import CONFIDENCE, floats
from protocol_sim.scenario import GbmPrice, Scenario

Floats = NDArray[np.float64]


def shifted(scenario: Scenario, shifts: Mapping[str, float]) -> Scenario:
    """The scenario with the yearly drift of some assets moved by `shifts` (-2.0: two units of log price a year)."""
    changes = {}
    for name, shift in shifts.items():
        price = _process(scenario, name)
        changes[f"assets.{name}.price.drift_per_year"] = price.drift_per_year + shift
    return scenario.changed(changes)


def weights(
    scenario: Scenario, shifts: Mapping[str, float], paths: int, seed: int | None = None, first: int = 0
) -> Floats:
    """dP/dQ of paths `first` to `first + paths` of the shifted scenario; P is the scenario as given."""
    total = np.zeros(paths)
    for name, shift in shifts.items():
        price, clock = _process(scenario, name), scenario.clock
        theta = shift * sqrt(clock.block_time * clock.blocks_per_step / YEAR) / price.volatility_per_year
        steps = clock.steps - 1
        for n in range(paths):
            stream = Stream(scenario.seed if seed is None else seed, first + n, word("outside price"), word(name))
            total[n] += -theta * float(normals(stream, steps).sum()) - steps * theta * theta / 2
    return exp_array(total)


def effective(weight: Floats) -> float:
    """How many plain paths the weighted ones are worth: (sum w)² / sum w²."""
    return float(weight.sum() ** 2 / (weight**2).sum())


def tail_probability(
    measure: str, losses: Sequence[int], weight: Floats, above: int, horizon: int, confidence: float = CONFIDENCE
) -> Estimate:
    """P(loss > above), unbiased, with a normal interval."""
    _checked(losses, weight, confidence)
    hit = np.where(np.array([loss > above for loss in losses]), weight, 0.0)
    return _normal(measure, hit, 0.0, "probability", horizon, None, confidence)


def weighted_var(losses: Sequence[int], weight: Floats, level: float) -> int:
    """The smallest loss x with P(L > x) <= 1 - level, or 0 if even that of the smallest is."""
    order = sorted(range(len(losses)), key=lambda n: -losses[n])
    room, above = (1.0 - level) * len(losses), 0.0
    for at, n in enumerate(order):
        above += float(weight[n])
        if above > room:
            return losses[order[at]]
    return 0


def weighted_shortfall(
    measure: str, losses: Sequence[int], weight: Floats, level: float, horizon: int, unit: str,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """Expected Shortfall from weighted paths, with the normal interval of its influence function."""
    _checked(losses, weight, confidence)
    checked_level("risk", "level", level)
    edge = weighted_var(losses, weight, level)
    excess = np.maximum(floats(losses) - float(edge), 0.0) * weight / (1.0 - level)
    return _normal(measure, excess, float(edge), unit, horizon, level, confidence)


def _normal(
    measure: str, parts: Floats, base: float, unit: str, horizon: int, level: float | None, confidence: float
) -> Estimate:
    n = len(parts)
    mean, error = base + float(parts.mean()), float(parts.std(ddof=1)) / sqrt(n)
    half = normal_inverse(0.5 + confidence / 2.0) * error
    halves = (base + float(parts[: n // 2].mean()), base + float(parts[n // 2 :].mean()))
    low, high = (mean - half, mean + half) if error > 0.0 else (-inf, inf) if mean == base else (mean, mean)
    method = "importance sampling, normal interval"
    return Estimate(measure, mean, low, high, unit, horizon, level, confidence, n, method, halves)


def _checked(losses: Sequence[int], weight: Floats, confidence: float) -> None:
    checked_sample("risk", losses)
    checked_level("risk", "confidence", confidence)
    if len(losses) != len(weight):
        raise BadInput("risk", "weights", f"one for each of {len(losses)} paths", len(weight))


def _process(scenario: Scenario, name: str) -> GbmPrice:
    names = [asset.name for asset in scenario.assets]
    if name not in names:
        raise BadInput(scenario.where, "shifts", f"one of {', '.join(names)}", repr(name))
    price = scenario.asset(name).price
    if price.kind != "gbm" or price.volatility_per_year == 0:
        raise BadInput(scenario.where, f"assets.{name}.price", "a gbm process with a volatility, to shift", price.kind)
    return price
