"""`make bench`: speed as a printed table and as JSON. Measured, never asserted; run it on a machine that is idle.

Each figure is the best of some repetitions after a warm-up, so that compiling and first reading files are left out
(the cold compile is a row of its own). A position-step is one account over one step of the price, whether the
engine had to look at it or could prove that it need not; how many it looked at is the row below.
"""

import argparse
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import protocol_sim as ps
from protocol_sim.engine.exact import simulate
from protocol_sim.engine.fast import Compiled
from protocol_sim.errors import MissingTool
from protocol_sim.report.whole import write_whole
from protocol_sim.results.manifest import versions
from protocol_sim.world import build
from tests.benchmarks import bench_audit, bench_engine, bench_replay, bench_tuning, health
from tests.benchmarks.bench_books import books
from tests.benchmarks.bench_fork import fork
from tests.benchmarks.bench_prices import prices
from tests.benchmarks.bench_uniswap_v3 import uniswap_v3

Row = tuple[str, float, str]
CRASH = 15.0                                         # volatility a year of a price that halves within a day


def best(work: Callable[[], Any], times: int = 3) -> tuple[float, Any]:
    """The shortest time in seconds, and what the last call gave."""
    shortest, result = float("inf"), None
    for _ in range(times):
        begin = time.perf_counter()
        result = work()
        shortest = min(shortest, time.perf_counter() - begin)
    return shortest, result


def scenario(accounts: int, steps: int, volatility: float, market: bool) -> ps.Scenario:
    """Borrowers of USDC against WETH on one price path; with a market, sales move a pool and the outside price."""
    rng = random.Random(1)
    ray = 10**27
    weth: dict[str, Any] = {
        "name": "WETH", "decimals": 18,
        "price": {"kind": "gbm", "start": "1600", "volatility_per_year": volatility},
    }
    pools = []
    if market:
        weth["impact"] = {"depth": "500000 WETH", "recovery": 64}
        pools = [{"name": "WETH-USDC", "kind": "constant-product", "tokens": ["WETH", "USDC"],
                  "reserves": ["60000 WETH", "96000000 USDC"]}]
    terms = {"ltv_bps": 8_000, "liquidation_threshold_bps": 8_250, "liquidation_bonus_bps": 10_500}
    rate = {"optimal_utilization_ray": str(ray * 8 // 10), "slope1": str(ray // 25), "slope2": str(ray)}
    holders = []
    for n in range(accounts):
        supplied = rng.randint(1, 400)
        borrowed = int(supplied * 1600 * rng.uniform(0.3, 0.8))
        holders.append({"name": f"a{n}", "protocol": "aave", "supplied": {"WETH": f"{supplied} WETH"},
                        "borrowed": {"USDC": f"{borrowed} USDC"}})
    lender = {"name": "lender", "protocol": "aave", "supplied": {"USDC": f"{accounts * 400_000} USDC"}}
    agents = [{"name": "liquidator", "kind": "liquidator", "numeraire": "USDC", "gas": "10 USDC", "close": "optimal"}]
    if market:
        agents.append({"name": "arbitrageur", "kind": "arbitrageur"})
    return ps.Scenario.model_validate({
        "name": "bench", "seed": 1,
        "clock": {"start": 1_700_000_000, "block_time": 600, "steps": steps},
        "assets": [weth, {"name": "USDC", "decimals": 6, "price": {"kind": "constant", "usd": "1"}}],
        "feeds": [{"name": "WETH-USD", "kind": "chainlink", "base": "WETH"},
                  {"name": "USDC-USD", "kind": "fixed", "answer": 10**8}],
        "protocols": [{"name": "aave", "kind": "aave-v2", "reserves": [
            {"asset": "WETH", "feed": "WETH-USD", "rate": rate, **terms},
            {"asset": "USDC", "feed": "USDC-USD", "rate": rate, **terms},
        ]}],
        "accounts": [*holders, lender], "pools": pools, "agents": agents,
    })


def command_line() -> Iterator[Row]:
    """Start-up and the demo, as a user waits for them."""
    program = [sys.executable, "-m", "protocol_sim"]
    seconds, _ = best(lambda: subprocess.run([*program, "--help"], check=True, capture_output=True), 5)
    yield "protocol-sim --help", seconds, "s"
    with tempfile.TemporaryDirectory() as folder:
        demo = [*program, "demo", "--quiet", "--out", f"{folder}/demo"]
        seconds, _ = best(lambda: subprocess.run(demo, check=True, capture_output=True), 2)
    yield "protocol-sim demo", seconds, "s"


def exact() -> Iterator[Row]:
    """The reference engine, in Python integers."""
    yield from health.rows(best)
    crash = scenario(100, 60, CRASH, market=True)

    def run() -> Any:
        world = build(crash)
        simulate(world)
        return world.clock[0].liquidations

    seconds, liquidations = best(run)
    yield "exact: liquidations in a crash, market on", liquidations / seconds, "1/s"


def compiled() -> Iterator[Row]:
    """The compiled engine on one thread."""
    begin = time.perf_counter()
    Compiled(build(scenario(3, 2, 1.0, market=True))).run()
    yield "compiled: first call in this process (cold only after a change)", time.perf_counter() - begin, "s"
    for market in (False, True):
        words = "on" if market else "off"
        engine = Compiled(build(scenario(2_000, 5_000, 1.5, market)))
        engine.run()
        seconds, _ = best(engine.run)
        yield f"compiled: position-steps, market {words}", 2_000 * 5_000 / seconds, "1/s"
        yield f"compiled: accounts looked at on the way, market {words}", engine.looks / seconds, "1/s"
        engine = Compiled(build(scenario(2_000, 300, CRASH, market)))
        engine.run()
        seconds, end = best(engine.run)
        liquidations = int(end.clock.records()[0].liquidations)
        yield f"compiled: liquidations in a crash, market {words}", liquidations / seconds, "1/s"


def anvil() -> Iterator[Row]:
    """Model and real contract side by side."""
    from protocol_sim.fork.verify import verify

    for protocol, version in (
        ("aave-v2", None), ("aave-v3", "3.0.2"), ("aave-v3", "3.6"), ("uniswap-v2", None), ("uniswap-v3", None)
    ):
        verdict = verify(protocol, version, cases=500, seed=1)
        name = f"{protocol} {version}" if version else protocol
        yield f"verify anvil {name}: operations compared", verdict.total / verdict.seconds, "1/s"


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("out/bench"))
    out = parser.parse_args().out
    rows: list[Row] = []
    areas = (command_line, exact, compiled, bench_engine.engine, books, uniswap_v3, prices, bench_audit.rows,
             bench_tuning.rows, anvil, fork, bench_replay.rows)
    for area in areas:
        try:
            for row in area():
                rows.append(row)
                sys.stdout.write(f"{row[0]:<64} {_text(row[1]):>14} {row[2]}\n")
                sys.stdout.flush()
        except MissingTool as error:
            sys.stdout.write(f"{area.__name__}: left out, {error}\n")
    machine = {"processors": os.cpu_count(), "machine": platform.machine(), **versions()}
    figures = [{"what": what, "figure": figure, "unit": unit} for what, figure, unit in rows]
    path = write_whole(out / "bench.json", json.dumps({"machine": machine, "figures": figures}, indent=1) + "\n")
    sys.stdout.write(f"written to {path}\n")


def _text(figure: float) -> str:
    return f"{figure:,.3f}" if figure < 100 else f"{figure:,.0f}"


if __name__ == "__main__":
    main()
