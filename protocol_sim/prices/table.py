"""Recorded prices: one a step, or with times, of which the latest that is not after the step's time counts."""

from bisect import bisect_right
from collections.abc import Sequence

from protocol_sim.errors import BadInput


def by_step(rows: Sequence[tuple[int, int]], steps: int, where: str) -> list[int]:
    """Row number = step; the file must reach the last step."""
    if len(rows) < steps:
        raise BadInput(where, "rows", f"one for each of {steps} steps", len(rows))
    return [price for _, price in rows[:steps]]


def by_time(rows: Sequence[tuple[int, int]], steps: int, start: int, seconds: int, where: str) -> list[int]:
    """Rows are (unix s, price); step n is at start + n * seconds."""
    if rows[0][0] > start:
        raise BadInput(where, "rows", f"a first time not after the start, {start}", rows[0][0])
    times = [time for time, _ in rows]
    return [rows[bisect_right(times, start + step * seconds) - 1][1] for step in range(steps)]
