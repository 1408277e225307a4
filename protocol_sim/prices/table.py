"""Recorded prices: one a step, or with times, of which the latest that is not after the step's time counts."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

from protocol_sim.errors import BadInput

Rows = Sequence[tuple[int, int]]


def by_step(rows: Rows, steps: int, where: str) -> list[int]:
    """Row number = step; the file must reach the last step."""
    if len(rows) < steps:
        raise BadInput(where, "rows", f"one for each of {steps} steps", len(rows))
    return [price for _, price in rows[:steps]]


def by_time(rows: Rows, steps: int, start: int, seconds: int, where: str, max_gap: int | None = None) -> list[int]:
    """Rows are (unix s, price); step n is at start + n * seconds. A price older than `max_gap` seconds is refused."""
    if rows[0][0] > start:
        raise BadInput(where, "rows", f"a first time not after the start, {start}", rows[0][0])
    times = [time for time, _ in rows]
    path = []
    for step in range(steps):
        now = start + step * seconds
        row = bisect_right(times, now) - 1
        if max_gap is not None and now - times[row] > max_gap:
            expected = f"another within {max_gap} s, as step {step} needs"
            raise BadInput(where, f"row {row + 2}", expected, _gap(times, row))
        path.append(rows[row][1])
    return path


def _gap(times: list[int], row: int) -> str:
    return f"the next after {times[row + 1] - times[row]} s" if row + 1 < len(times) else "the end of the file"


def rescaled(prices: list[int], start: int) -> list[int]:
    """The same course from another first price, rounded to the nearest raw unit (a half up) and at least 1."""
    first = prices[0]
    return [max(1, (2 * price * start + first) // (2 * first)) for price in prices]


def evenly(rows: Rows, seconds: int, where: str) -> list[int]:
    """Prices of rows that must be `seconds` apart; BadInput names the rows of a gap."""
    for number, ((before, _), (after, _)) in enumerate(pairwise(rows), 2):
        if after - before != seconds:
            expected = f"rows {seconds} s apart, as the steps are"
            raise BadInput(where, f"rows {number} and {number + 1}", expected, f"{after - before} s")
    return [price for _, price in rows]
