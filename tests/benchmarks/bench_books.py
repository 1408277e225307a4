"""Account books and many paths: how long a book takes to become a market, and paths a second on one and two threads."""

import resource
import time
from collections.abc import Iterator
from pathlib import Path

import protocol_sim as ps
from protocol_sim.world import build

Row = tuple[str, float, str]
FILE = Path(__file__).parents[2] / "fixtures/scenarios/eth-crash-minute.toml"
SIZES = (100_000, 1_000_000)
CALM = {"clock.steps": 2_000, "assets.WETH.shocks": []}        # what a path costs, not what a crash does


def books() -> Iterator[Row]:
    """Ten assets; the second time the book itself is not drawn again, as for the paths after the first."""
    for size in SIZES:
        made = ps.load_scenario(FILE).changed({"books.borrower.accounts": size, **CALM})
        for words in ("drawn and built", "built again"):
            begin = time.perf_counter()
            build(made, tables=True)
            yield f"book of {size:,} accounts, {words}", time.perf_counter() - begin, "s"
    made = ps.load_scenario(FILE).changed({"books.borrower.accounts": 20_000, **CALM})
    ps.run_paths(made, 2)
    for workers in (1, 2):
        for paths in (20, 200):
            begin = time.perf_counter()
            ps.run_paths(made, paths, workers=workers)
            took = time.perf_counter() - begin
            yield f"{paths} paths of 20,000 accounts x 2,000 steps, {workers} threads", paths / took, "paths/s"
            most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            yield f"most memory so far, {paths} paths, {workers} threads", most, "MB"
