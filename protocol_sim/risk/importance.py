"""Importance sampling of the tail: paths drawn under a lower drift, each with its weight, unbiased for the plain case.

`shifted` changes the drift of the price process in the scenario itself, so that the shifted run is a scenario like any
other. Per step the driving normals z of a path (`prices`) stand for z + a of the plain one, where a solves
L a = theta, theta = shift * sqrt(dt) / volatility by asset, and L is the factor of `[correlation]` (the identity
without one). So the likelihood ratio of a path is exp(-sum a * z - steps * |a|² / 2) (Glasserman 2003, section 4.6),
worked out from the path's own draws, not from rounded prices. Exact for every process whose drift adds to a normal:
gbm, merton and kou; jumps are drawn apart and keep their law. A t copula is refused: its normals are mixed.

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
from protocol_sim.prices.correlation import factor
from protocol_sim.prices.process import DIFFUSION
from protocol_sim.risk.estimate import Estimate, checked_level, checked_sample
from protocol_sim.risk.passage import YEAR
from protocol_sim.risk.tail import CONFIDENCE, floats
from protocol_sim.scenario import GbmPrice, Scenario
from protocol_sim.scenario.price_checks import correlation_matrix
from protocol_sim.scenario.prices import KouPrice, MertonPrice

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
    slopes, steps = _slopes(scenario, shifts), scenario.clock.steps - 1
    total = np.full(paths, -sum(slope * slope for slope in slopes.values()) * steps / 2.0)
    for name, slope in slopes.items():
        for n in range(paths):
            stream = Stream(scenario.seed if seed is None else seed, first + n, word(DIFFUSION), word(name))
            total[n] -= slope * float(normals(stream, steps).sum())
    return exp_array(total)


def _slopes(scenario: Scenario, shifts: Mapping[str, float]) -> dict[str, float]:
    """The shift of each price's driving normals, a step."""
    clock = scenario.clock
    theta = {}
    for name, shift in shifts.items():
        spread = _process(scenario, name).volatility_per_year * sqrt(clock.block_time * clock.blocks_per_step / YEAR)
        theta[name] = shift * clock.block_time * clock.blocks_per_step / YEAR / spread
    if scenario.correlation is None:
        return theta
    if scenario.correlation.copula != "gaussian":
        raise BadInput(scenario.where, "correlation.copula", "gaussian, to shift drifts", scenario.correlation.copula)
    names, matrix = correlation_matrix(scenario, scenario.correlation)
    lower = factor(matrix)
    for i, name in enumerate(names):                 # forward substitution
        before = sum(float(lower[i, j]) * theta[names[j]] for j in range(i))
        theta[name] = (theta.get(name, 0.0) - before) / float(lower[i, i])
    return {name: slope for name, slope in theta.items() if slope != 0.0}


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


def _process(scenario: Scenario, name: str) -> GbmPrice | MertonPrice | KouPrice:
    names = [asset.name for asset in scenario.assets]
    if name not in names:
        raise BadInput(scenario.where, "shifts", f"one of {', '.join(names)}", repr(name))
    price = scenario.asset(name).price
    if not isinstance(price, GbmPrice | MertonPrice | KouPrice) or price.volatility_per_year == 0:
        expected = "gbm, merton or kou with a volatility, to shift its drift"
        raise BadInput(scenario.where, f"assets.{name}.price", expected, price.kind)
    return price
