"""Risk numbers in words: one table of estimates, the same wherever they stand."""

from collections.abc import Iterable
from math import isinf

from protocol_sim.report.content import Table
from protocol_sim.risk import Estimate
from protocol_sim.tuning.text import hours, unit_text

COLUMNS = ("measure", "estimate", "interval from", "to", "level", "horizon", "paths", "known to")
NOTE = (
    "Intervals cover with the confidence given. `known to` is half the interval's width relative to the estimate and "
    "falls like 1 / √n. An interval that is unbounded above needs more paths at that level."
)


def estimate_table(title: str, estimates: Iterable[Estimate], confidence: float) -> Table:
    """Every estimate with what it stands on."""
    return Table(title, COLUMNS, tuple(_row(one) for one in estimates), f"Confidence {confidence:.0%}. {NOTE}")


def _row(one: Estimate) -> tuple[str, ...]:
    if one.unit == "probability":
        value, low, high = (f"{100 * number:.2f} %" for number in (one.value, one.low, one.high))
    else:
        value, low, high = (unit_text(number, one.unit) for number in (one.value, one.low, one.high))
    level = "–" if one.level is None else f"{100 * one.level:g} %"
    known = "–" if isinf(one.precision) else f"{100 * one.precision:.1f} %"
    return one.measure, value, low, high, level, hours(one.horizon), f"{one.n:,}", known
