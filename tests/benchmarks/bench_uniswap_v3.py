"""Uniswap V3: exact swap steps per second, compiled and in Python, and what a step is made of. A table and JSON.

    python -m tests.benchmarks.bench_uniswap_v3 [--out DIR]      (also part of `make bench`)

A step is one turn of the swap's loop: to an initialised tick, the end of a word, the limit, or where the amount ends.
"""

import argparse
import copy
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from numba import njit

from protocol_sim.amms.concentrated import family, optimum, pool, positions, tick_math, walk
from protocol_sim.amms.concentrated.state import DUE, OK, Observation, Pool, Pools, Position, Terms, Tick, new_pools
from protocol_sim.numeric import U256, record
from protocol_sim.numeric.compiled import Table

AMOUNT = 10**19  # raw units: with the liquidity below, 19 positions' edges each way


@record
class Number:
    """One wide argument."""

    value: U256 = 0


def ladder(fee: int = 3_000, spacing: int = 60, rungs: int = 100) -> Pools:
    """A pool at price 1 with nested positions, so that a large swap crosses many ticks."""
    book = new_pools([Terms(fee, spacing)])
    assert pool.initialize(book, 0, 2**96, 100) == OK
    for k in range(1, rungs + 1):
        assert positions.mint(book, 0, 1, -spacing * k, spacing * k, 10**18 + k, DUE, DUE, 110)[0] == OK
    return book


def tables(book: Pools) -> Pools:
    """The rows as tables."""
    kinds = (Pool, Tick, Position, Observation)
    return Pools(*(Table.of(k, rows) for k, rows in zip(kinds, book, strict=True)))


def swaps(book: Any, count: int, numbers: Any) -> int:
    """Exact-in swaps, one way and back."""
    x = numbers[0].value
    for i in range(count):
        side = i & 1
        code, _ = pool.swap(book, 0, side, 1, x, pool.edge_limit(side), DUE, 120 + i)
        if code != OK:
            return code
    return OK


def ticks(_: Any, count: int, numbers: Any) -> int:
    """Price to tick."""
    found, price = 0, numbers[0].value
    for i in range(count):
        found += tick_math.tick_at_sqrt_ratio(price + i)
    return found


def arbitrages(book: Any, count: int, numbers: Any) -> int:
    """The integer optimum of an arbitrage that crosses no tick, and its direction."""
    found = 0
    for i in range(count):
        found += optimum.arbitrage(book, 0, numbers[1].value + (i & 7), numbers[2].value).side
    return found


def quotes(book: Any, count: int, numbers: Any) -> int:
    """A sale's quote within one tick."""
    found = 0
    for i in range(count):
        found += family.sale(book, 0, i & 1, numbers[3].value + i)[0]
    return found


def steps_per_swap() -> float:
    """Turns of the loop, counted on the exact engine."""
    book, turns, real = copy.deepcopy(ladder()), 0, walk.step_in

    def counted(*args: Any) -> Any:
        nonlocal turns
        turns += 1
        return real(*args)

    walk.step_in = counted  # type: ignore[assignment]
    try:
        swaps(book, 20, [Number(value=AMOUNT)])
    finally:
        walk.step_in = real
    return turns / 20


def seconds(run: Callable[..., int], count: int, *args: Any) -> float:
    """Of the fastest of nine short runs, for one unit."""
    best = float("inf")
    for _ in range(9):
        started = time.perf_counter()
        run(args[0], count, args[1])
        best = min(best, time.perf_counter() - started)
    return best / count


def uniswap_v3() -> Iterator[tuple[str, float, str]]:
    """What, figure, unit."""
    steps, prices = steps_per_swap(), (995 * 10**15, 10**18, 10**12)
    numbers = Table.of(Number, [Number(value=v) for v in (AMOUNT, *prices)])
    compiled = {run.__name__: njit(run) for run in (swaps, ticks, arbitrages, quotes)}
    begin = time.perf_counter()
    compiled["swaps"](tables(ladder()), 2, numbers)
    yield "uniswap v3: compiling a swap, cold", time.perf_counter() - begin, "s"
    for run in ("ticks", "arbitrages", "quotes"):
        compiled[run](tables(ladder()), 2, numbers)
    swap = seconds(compiled["swaps"], 500, tables(ladder()), numbers)
    yield f"uniswap v3, compiled: swap steps ({steps:.0f} a swap)", steps / swap, "1/s"
    for what, name, count in (("quotes within a tick", "quotes", 5_000), ("prices to ticks", "ticks", 20_000),
                              ("arbitrage optima", "arbitrages", 1_000)):
        yield f"uniswap v3, compiled: {what}", 1 / seconds(compiled[name], count, tables(ladder()), numbers), "1/s"
    yield "uniswap v3, exact: swap steps", steps / seconds(swaps, 10, ladder(), [Number(value=AMOUNT)]), "1/s"


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, help="directory for uniswap-v3.json")
    out, rows = parser.parse_args().out, []
    for row in uniswap_v3():
        rows.append(row)
        print(f"{row[0]:<64} {row[1]:>14,.1f} {row[2]}")
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        figures = [{"what": what, "figure": figure, "unit": unit} for what, figure, unit in rows]
        (out / "uniswap-v3.json").write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
