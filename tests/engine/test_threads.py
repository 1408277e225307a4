"""Paths do not know of one another: the same integers on one thread and on two, in any order."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from worlds import scenario

from protocol_sim.engine.fast import Compiled
from protocol_sim.world import Outside, build


def hashes(engine: Compiled, paths: list["np.ndarray"]) -> list[tuple[int, int]]:
    """(event hash, liquidations) of each path."""
    found = []
    for path in paths:
        clock = engine.run(path).clock.records()[0]
        found.append((clock.hash, clock.liquidations))
    return found


def test_two_threads_give_what_one_gives() -> None:
    made = scenario(6)
    outside = Outside(made)
    paths = [outside.table(11, n) for n in range(12)]
    engine = Compiled(build(made))
    one = hashes(engine, paths)
    workers = [engine.fork(), engine.fork()]
    with ThreadPoolExecutor(2) as pool:
        halves = list(pool.map(hashes, workers, [paths[:6], paths[6:]]))
    assert halves[0] + halves[1] == one
    assert len({h for h, _ in one}) == 12
    assert sum(n for _, n in one) > 0
    assert hashes(engine, paths[::-1])[::-1] == one
