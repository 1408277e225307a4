"""The compiled engine on large books: many paths, a crash, a year by the hour; beside it what a user would write.

All on one generated book of ten correlated assets in an Aave V3.6 market, 0.5 % deviation feeds, interest, a pool a
coin, an arbitrageur and a liquidator that tries eight sizes. In a deep market a pool takes most sales, in a shallow one
half of the liquidations come too late: the pool has moved. Runs are whole (`run_paths`: prices, engine, rows).
"Dense" is the health factor of every account at every step as two matrix products in numpy; "scan" the same over the
accounts' own positions, compiled: neither liquidates anybody, accrues interest, trades or moves a feed, and floats
decide.
"""

import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from statistics import median
from typing import Any

import numpy as np

import protocol_sim as ps
from protocol_sim.world import Outside, build

Row = tuple[str, float, str]
RAY = 10**27
USD = {"USDC": 1.0, "WETH": 1_800.0, "WBTC": 35_000.0, "LINK": 11.0, "AAVE": 80.0, "UNI": 4.2, "CRV": 0.5,
       "MKR": 1_350.0, "SNX": 2.3, "LDO": 1.7}
DECIMALS = {"USDC": 6, "WBTC": 8}
MINUTE, HOUR = 60, 3_600


def scenario(
    accounts: int, steps: int, seconds: int, volatility: float, crash: int = 0, depth: int = 20_000_000
) -> ps.Scenario:
    """`crash`: in how many steps everything but USDC loses 45 %; 0: not at all."""
    names = list(USD)
    coins = names[1:]
    shocks = [{"kind": "crash", "step": 5, "steps": crash, "change": -0.45}] if crash else []
    rate = {"optimal_utilization_ray": str(RAY * 8 // 10), "slope1": str(RAY // 25), "slope2": str(RAY * 6 // 10)}
    return ps.Scenario.model_validate({
        "name": "bench", "seed": 1,
        "clock": {"start": 1_700_000_000, "block_time": seconds, "steps": steps},
        "assets": [{"name": "USDC", "decimals": 6, "price": {"kind": "constant", "usd": "1"}}, *[
            {"name": name, "decimals": DECIMALS.get(name, 18), "shocks": shocks,
             "price": {"kind": "gbm", "start": str(USD[name]), "volatility_per_year": volatility},
             "impact": {"depth": f"{20_000 * accounts / USD[name]:.4f} {name}", "recovery": 64}} for name in coins]],
        "correlation": {"names": coins, "matrix": [[1.0 if a == b else 0.5 for b in coins] for a in coins]},
        "feeds": [{"name": name, "kind": "chainlink", "base": name, "deviation_bps": 50} for name in names],
        "protocols": [{"name": "aave", "kind": "aave-v3", "version": "3.6", "reserves": [
            {"asset": name, "feed": name, "rate": rate, "ltv_bps": 7_000 + 50 * k,
             "liquidation_threshold_bps": 7_400 + 50 * k, "liquidation_bonus_bps": 10_500,
             "liquidation_protocol_fee_bps": 1_000, "reserve_factor_bps": 1_000} for k, name in enumerate(names)]}],
        "books": [{
            "name": "b", "kind": "generated", "protocol": "aave", "accounts": accounts, "debt_median_usd": 8_000.0,
            "debt_sigma": 1.9, "health_median": 1.5, "health_sigma": 0.9, "health_least": 1.05,
            "collateral": dict.fromkeys(coins, 1.0), "debt": {"USDC": 3.0} | dict.fromkeys(coins, 0.1)}],
        "pools": [{"name": f"{name}-USDC", "kind": "constant-product", "tokens": [name, "USDC"],
                   "reserves": [f"{depth / USD[name]:.4f} {name}", f"{depth} USDC"]}
                  for name in (coins if depth else ())],
        "agents": [{"name": "liquidator", "kind": "liquidator", "numeraire": "USDC", "gas": "5 USDC",
                    "close": "optimal", "max_rounds": 4},
                   *([{"name": "arbitrageur", "kind": "arbitrageur"}] if depth else [])],
    })


def timed(made: ps.Scenario, paths: int, workers: int) -> tuple[float, float]:
    """Seconds that `paths` paths cost once all threads have done one (building the book and copying the world are left
    out), the median of three runs; and liquidations of a path."""
    took = []
    for _ in range(3):
        stamps: list[float] = []
        done = ps.run_paths(made, workers + paths, workers=workers,
                            progress=lambda *_, kept=stamps: kept.append(time.perf_counter()))
        took.append(stamps[-1] - stamps[workers])       # the first is told before any path
    return median(took), float(done.summary.liquidations.mean())


def engine() -> Iterator[Row]:
    """All of it."""
    yield from start_up()
    yield from job()
    yield from parts()
    yield from crash()
    yield from hourly()
    yield from sizes()
    yield from peers()


START = """
import time; begin = time.perf_counter()
from tests.benchmarks.bench_engine import MINUTE, scenario
from protocol_sim.engine.fast import Compiled
from protocol_sim.world import build
made = build(scenario(100, 2, MINUTE, 0.7), tables=True); begin = time.perf_counter()
Compiled(made).run(); print(time.perf_counter() - begin)
"""


def start_up() -> Iterator[Row]:
    """A world compiled in a process of its own: with nothing on disk, and again."""
    import os
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        for words in ("cold compile", "from disk"):
            kept = dict(os.environ) | {"PROTOCOL_SIM_CACHE": folder}
            done = subprocess.run([sys.executable, "-c", START], check=True, capture_output=True, text=True, env=kept)
            yield f"engine: {words}", float(done.stdout), "s"


MARKETS = (("market off", 0), ("deep market", 1_000_000_000), ("shallow market", 20_000_000))  # USD a side of a pool


def job() -> Iterator[Row]:
    """100,000 accounts x 10,000 minute steps x 1,000 paths."""
    for words, depth in MARKETS:
        made, whole = scenario(100_000, 10_000, MINUTE, 0.725, depth=depth), [0.0, 0.0]
        ps.run_paths(made, 2, workers=2)
        for workers in (1, 2):
            begin = time.perf_counter()
            done = ps.run_paths(made, 1_000, workers=workers).summary
            whole[workers - 1] = time.perf_counter() - begin
            yield f"job, {words}: 1,000 paths, {workers} threads", whole[workers - 1], "s"
        yield f"job, {words}: two threads against one", whole[0] / whole[1], "times"
        for what in ("liquidations", "failed", "arbitrages"):
            yield f"job, {words}: {what} a path", float(done[what].mean()), ""
    yield "most memory so far", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MB"
    ps.run_paths(scenario(100_000, 500, MINUTE, 0.725), 1_000, workers=2)
    yield "most memory after 1,000 paths of 500 steps", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MB"


def crash() -> Iterator[Row]:
    """-45 % in 60 blocks of 12 s, 100,000 accounts; the market as deep as three times the book."""
    for words, depth in (MARKETS[0], ("very deep market", 20_000_000_000)):
        made = scenario(100_000, 100, 12, 0.7, crash=60, depth=depth)
        for workers in (1, 2):
            seconds, count = timed(made, 12, workers)
            yield f"crash, {words}: liquidations, {workers} threads", 12 * count / seconds, "1/s"
        yield f"crash, {words}: liquidations a path", count, ""


def hourly() -> Iterator[Row]:
    """417 days by the hour, 0.8 % an hour, nobody manages a position."""
    for words, depth in MARKETS[:2]:
        made = scenario(100_000, 10_008, HOUR, 0.008 * 8_760**0.5, depth=depth)
        for workers in (1, 2):
            seconds, count = timed(made, 6, workers)
            yield f"hourly, {words}: liquidations, {workers} threads", 6 * count / seconds, "1/s"
        yield f"hourly, {words}: liquidations a path", count, ""


def parts() -> Iterator[Row]:
    """Where the time of a path goes, one thread: the same path with fewer actors."""
    from protocol_sim.engine.fast import Compiled

    made = scenario(100_000, 10_000, MINUTE, 0.725, depth=MARKETS[1][1])
    outside = Outside(made)
    tables, took = [], []
    for path in range(40):
        begin = time.perf_counter()
        tables.append(outside.table(1, path))
        took.append(time.perf_counter() - begin)
    yield "a path, deep market: prices", median(took) * 1_000, "ms"
    kinds = (("nobody acts: blocks, feeds, waking", ()), ("and the arbitrageur", ("arbitrageur",)),
             ("and the liquidator", ("arbitrageur", "liquidator")))
    for words, acting in kinds:
        run = Compiled(build(made.replaced(agents=tuple(a for a in made.agents if a.kind in acting)), tables=True))
        run.run(tables[0])
        begin = time.perf_counter()
        for table in tables:
            run.run(table)
        yield f"a path, deep market: {words}", (time.perf_counter() - begin) / len(tables) * 1_000, "ms"
    desk = run.finder.desk[0]
    yield "accounts woken in the last of these", float(desk.wakes), ""
    yield "of them evaluated in integers", float(desk.looks), ""
    begin = time.perf_counter()
    run.totals()
    yield "a path, deep market: totals", (time.perf_counter() - begin) * 1_000, "ms"


def sizes() -> Iterator[Row]:
    """The job's path against the number of accounts, one thread."""
    for accounts in (1_000, 10_000, 100_000, 1_000_000):
        made = scenario(accounts, 10_000, MINUTE, 0.725, depth=10_000 * accounts)
        seconds, count = timed(made, 20, 1)
        yield f"{accounts:,} accounts: a path of 10,000 steps", seconds / 20 * 1_000, "ms"
        yield f"{accounts:,} accounts: liquidations a path", count, ""


def peers() -> Iterator[Row]:
    """Health factors of 100,000 accounts at each of 10,000 steps, worked out for 1,000 paths from some steps."""
    made = scenario(100_000, 200, MINUTE, 0.725)
    market = build(made, tables=True).protocols[0]
    assets = len(USD)
    holdings = market.holdings.array.reshape(-1, assets, market.holdings.array.shape[1])
    supplied, owed = (holdings[:, :, word].astype(float) + holdings[:, :, word + 1] * 2.0**64 for word in (0, 2))
    units = np.array([10.0 ** DECIMALS.get(name, 18) for name in USD])
    weights = np.array([7_400 + 50 * k for k in range(assets)]) / 10_000
    collateral, debt = supplied / units * weights, owed / units
    prices = Outside(made).table(1, 0) * 1e-8
    for words, work in (("numpy, dense", dense), ("numba, scan of positions", scanned)):
        work(collateral, debt, prices[:2])
        begin = time.perf_counter()
        unhealthy = work(collateral, debt, prices)
        seconds = (time.perf_counter() - begin) / len(prices) * 10_000 * 1_000
        yield f"{words}: health factors alone, job of 1,000 paths", seconds, "s"
        yield f"{words}: unhealthy at the last step", float(unhealthy), ""


def dense(collateral: Any, debt: Any, prices: Any) -> int:
    """Accounts below 1 at the last step; step by step, which beats larger products here."""
    below = np.zeros(0, bool)
    for row in prices:
        below = collateral @ row < debt @ row
    return int(below.sum())


def scanned(collateral: Any, debt: Any, prices: Any) -> int:
    """The same, compiled: an account's own positions only, over all steps at once, so that it is read once."""
    from numba import njit

    global _scan
    if _scan is None:
        _scan = njit(_loop)
    net = collateral - debt
    rows, assets = np.nonzero(net)
    bounds = np.searchsorted(rows, np.arange(len(net) + 1))
    return int(_scan(bounds, assets, net[rows, assets], np.ascontiguousarray(prices.T))[-1])


_scan: Any = None


def _loop(bounds, assets, amounts, prices):  # type: ignore[no-untyped-def]
    steps = prices.shape[1]
    below, worth = np.zeros(steps, np.int64), np.zeros(steps)
    for i in range(len(bounds) - 1):
        worth[:] = 0.0
        for n in range(bounds[i], bounds[i + 1]):
            amount, row = amounts[n], prices[assets[n]]
            for step in range(steps):
                worth[step] += amount * row[step]
        for step in range(steps):
            below[step] += worth[step] < 0.0
    return below


if __name__ == "__main__":
    for what, figure, unit in engine():
        sys.stdout.write(f"{what:<64} {figure:>14,.3f} {unit}\n")
        sys.stdout.flush()
