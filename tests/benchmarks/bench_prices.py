"""Outside prices: how long a path takes, compiled on one thread and on two, and by the reference in Python.

    python -m tests.benchmarks.bench_prices      (also part of `make bench`)
"""

import statistics
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import protocol_sim as ps
from protocol_sim.world import Outside

ASSETS, STEPS, PATHS = 10, 10_000, 60
GBM = {"kind": "gbm", "start": "1600", "volatility_per_year": 0.8}
KINDS: dict[str, dict[str, Any]] = {
    "ou": {"kind": "ou", "start": "1", "mean": "1", "reversion_per_year": 100.0, "volatility_per_year": 0.1},
    "merton": {"kind": "merton", "start": "1600", "volatility_per_year": 0.8, "jumps_per_year": 300.0,
               "jump_deviation": 0.05},
    "kou": {"kind": "kou", "start": "1600", "volatility_per_year": 0.8, "jumps_per_year": 300.0, "up_mean": 0.02,
            "down_mean": 0.03},
    "gjr, student-t": {"kind": "gjr", "start": "1600", "seconds": 60, "omega": 1e-8, "alpha": 0.05, "gamma": 0.08,
                       "beta": 0.85, "degrees_of_freedom": 5.0},
}


def scenario(price: dict[str, Any], **correlation: Any) -> ps.Scenario:
    """Ten assets of one kind, correlated by a half."""
    names = [f"A{n}" for n in range(ASSETS)]
    matrix = [[1.0 if a == b else 0.5 for b in names] for a in names]
    return ps.Scenario.model_validate({
        "name": "bench", "clock": {"start": 1_700_000_000, "block_time": 60, "steps": STEPS},
        "assets": [{"name": name, "decimals": 18, "price": price} for name in names],
        "correlation": {"names": names, "matrix": matrix, **correlation},
    })


def median(outside: Outside, paths: int) -> float:
    """Milliseconds a path, the first of which compiles and is left out."""
    outside.table(1, 0)
    found = []
    for path in range(paths):
        begin = time.perf_counter()
        outside.table(1, path)
        found.append(time.perf_counter() - begin)
    return statistics.median(found) * 1e3


def batch(outside: Outside, threads: int) -> float:
    """Paths a second, of a batch."""
    with ThreadPoolExecutor(threads) as pool:
        begin = time.perf_counter()
        for _ in pool.map(lambda path: outside.table(1, path), range(PATHS)):
            pass
        return PATHS / (time.perf_counter() - begin)


def prices() -> Iterator[tuple[str, float, str]]:
    """What, figure, unit."""
    what = f"prices: {ASSETS} correlated assets x {STEPS} steps"
    plain = scenario(GBM)
    begin = time.perf_counter()
    Outside(plain).table(1, 0)
    yield "prices: first path in this process (cold only after a change)", time.perf_counter() - begin, "s"
    outside = Outside(plain)
    yield f"{what}, gbm", median(outside, PATHS), "ms a path"
    yield f"{what}, gbm, in Python", median(Outside(plain, compiled=False), 5), "ms a path"
    one = batch(outside, 1)
    yield f"{what}, gbm, two threads against one", batch(outside, 2) / one, "times"
    joint = scenario(GBM, copula="student-t", degrees_of_freedom=4.0)
    yield f"{what}, gbm, t copula", median(Outside(joint), PATHS), "ms a path"
    for name, price in KINDS.items():
        yield f"{what}, {name}", median(Outside(scenario(price)), PATHS), "ms a path"


if __name__ == "__main__":
    for label, figure, unit in prices():
        sys.stdout.write(f"{label:<64} {figure:>10,.3f} {unit}\n")
