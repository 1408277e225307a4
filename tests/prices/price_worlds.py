"""Scenarios that are nothing but prices, paths of single processes, and intervals around what theory says."""

from typing import Any, NamedTuple

import numpy as np

import protocol_sim as ps
from protocol_sim.prices.compiled import compiled
from protocol_sim.prices.process import DIFFUSION, Streams

HOUR, DAY = 3_600, 86_400
LIMIT = 4.5  # standard errors: one seed, fixed, so that a failure means a defect and not bad luck


class Check(NamedTuple):
    """A statistic, what theory says, and the standard error of the statistic."""

    what: str
    seen: float
    expected: float
    error: float


def outside(checks: list[Check]) -> list[Check]:
    """The statistics that are further than LIMIT standard errors from theory."""
    return [check for check in checks if not abs(check.seen - check.expected) <= LIMIT * check.error]


def levels(process: Any, steps: int, path: int = 0, name: str = "X", seed: int = 1) -> np.ndarray:
    """The log price of one process, its first value 0, over so many steps."""
    streams = Streams(seed, path, name)
    return process.levels(compiled, streams, compiled.normals(streams.of(DIFFUSION), steps))


def world(prices: dict[str, dict[str, Any]], steps: int = 50, seconds: int = 60, **sections: Any) -> ps.Scenario:
    """A scenario of assets with these prices (a key `shocks` among them is the asset's)."""
    assets = []
    for name, price in prices.items():
        asset: dict[str, Any] = {"name": name, "decimals": 18}
        price = dict(price)
        if "shocks" in price:
            asset["shocks"] = price.pop("shocks")
        assets.append({**asset, "price": price})
    clock = {"start": 1_700_000_000, "block_time": seconds, "steps": steps}
    return ps.parse_scenario(toml({"name": "prices", "seed": 1, "clock": clock, "assets": assets, **sections}))


def toml(tables: dict[str, Any]) -> str:
    """A scenario file, everything in one line a key."""
    return "\n".join(f"{key} = {_value(value)}" for key, value in tables.items())


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_value(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(inner) for inner in value) + "]"
    if isinstance(value, str):
        return '"' + value + '"'
    return repr(value).lower() if isinstance(value, bool) else repr(value)


GBM = {"kind": "gbm", "start": "1600", "drift_per_year": 0.1, "volatility_per_year": 0.8}
OU = {"kind": "ou", "start": "1", "mean": "1.01", "reversion_per_year": 100.0, "volatility_per_year": 0.1}
MERTON = {"kind": "merton", "start": "1600", "volatility_per_year": 0.8, "jumps_per_year": 3000.0, "jump_mean": -0.01,
          "jump_deviation": 0.05}
KOU = {"kind": "kou", "start": "1600", "volatility_per_year": 0.8, "jumps_per_year": 3000.0, "up_mean": 0.02,
       "down_mean": 0.03}
GARCH = {"kind": "garch", "start": "1600", "seconds": 3600, "omega": 1e-6, "alpha": 0.1, "beta": 0.85}
GJR = {"kind": "gjr", "start": "1600", "seconds": 60, "omega": 1e-8, "alpha": 0.05, "gamma": 0.08, "beta": 0.85,
       "degrees_of_freedom": 4.5}
BRIDGE = {"kind": "bridge", "start": "1600", "target": "900", "volatility_per_year": 0.8}
STAKED = {"kind": "staked", "base": "GBM", "rate": 1.1, "growth_per_year": 0.03,
          "basis": {"kind": "ou", "start": "0.99", "mean": "1", "reversion_per_year": 30.0,
                    "volatility_per_year": 0.02}}
DRIVEN = {"GBM": GBM, "OU": OU, "MERTON": MERTON, "KOU": KOU, "GARCH": GARCH, "GJR": GJR, "BRIDGE": BRIDGE}
NAMES = list(DRIVEN)
HALF = [[1.0 if i == j else 0.5 for j in range(len(NAMES))] for i in range(len(NAMES))]
