"""A search as text for a terminal: the Pareto front, the recommendation beside no change, what it hangs on."""

from math import isinf

from protocol_sim.results.text import usd
from protocol_sim.risk import Estimate
from protocol_sim.tuning.candidates import Candidate
from protocol_sim.tuning.measures import MEASURES
from protocol_sim.tuning.result import Tuning
from protocol_sim.tuning.sensitivity import Elasticity
from protocol_sim.tuning.space import Value

MOST = 12                                            # rows of the front that are shown


def tuning_text(found: Tuning) -> str:
    """Everything that a reader needs to decide, with intervals."""
    parts = [_table(front_rows(found)[: MOST + 2])]
    if len(found.front) > MOST:
        parts.append(f"and {len(found.front) - MOST} more")
    facts = [("recommendation", change_text(found, found.recommendation))]
    if found.target.values != found.recommendation.values:
        facts.append(("without step limits", change_text(found, found.target)))
    if found.recommendation.values and found.differences:
        facts.append(("against no change", "the same paths with and without"))
        facts += [(f"  {paired.measure}", change_of(paired)) for paired in found.differences]
    for bound in found.bounds:
        if bound.now_bps != bound.chosen_bps or len(found.bounds) == 1:
            facts.append(("closed form", f"{bound.key} at most {bound.bound_bps}, chosen {bound.chosen_bps}"))
    for one in strongest(found)[:3]:
        change = unit_text(one.moved - one.recommended, MEASURES[one.measure].unit)
        known = "" if one.elasticity is None else f" (elasticity {one.elasticity:+.2f})"
        facts.append(("assumption", f"{one.key} {one.value} -> {one.nudged}: {one.measure} {change}{known}"))
    facts += [("note", note) for note in found.notes]
    judged = sum(candidate.paths == found.paths for candidate in found.candidates)
    facts.append(("candidates", f"{len(found.candidates):,}, of which {judged:,} on all {found.paths:,} paths"))
    facts.append(("digest", found.digest))
    width = max(len(name) for name, _ in facts) + 2
    return "\n".join([*parts, "", *(f"{name:<{width}}{what}" for name, what in facts)]) + "\n"


def front_rows(found: Tuning) -> list[list[str]]:
    """The front as cells: a header, no change, then the candidates, best first objective first."""
    keys, names = short_keys(found), measure_names(found)
    rows = [["", *keys.values(), *names]]
    for label, one in [("no change", found.baseline), *((str(n), found.candidates[n]) for n in found.front)]:
        mark = " *" if one.values == found.recommendation.values and label != "no change" else ""
        now = current(found)
        cells = [str(one.values.get(key, now.get(key, "–"))) for key in keys]
        rows.append([label + mark, *cells, *(value_text(name, one.measures.get(name)) for name in names)])
    return rows


def measure_names(found: Tuning) -> list[str]:
    """Measures of the search, objectives first."""
    return list(dict.fromkeys([*found.objectives, *found.baseline.measures]))


def current(found: Tuning) -> dict[str, Value]:
    """What each key of the space is set to in the scenario."""
    return {key: value for p in found.space["parameters"] for key, value in zip(p[1], p[2], strict=True)}


def short_keys(found: Tuning) -> dict[str, str]:
    """Keys of the space, each with its shortest unambiguous end."""
    keys = list(current(found))
    return {key: _shortest(key, keys) for key in keys}


def _shortest(key: str, keys: list[str]) -> str:
    parts = key.split(".")
    for n in range(1, len(parts)):
        end = ".".join(parts[-n:])
        if sum(other.endswith(f".{end}") for other in keys) == 1:
            return end
    return key


def change_text(found: Tuning, one: Candidate) -> str:
    """`ltv_bps 7500 -> 7750, …`, or no change."""
    now, short = current(found), short_keys(found)
    moved = [f"{short[key]} {now[key]} -> {value}" for key, value in one.values.items() if value != now.get(key)]
    return ", ".join(moved) or "no change"


def value_text(name: str, value: float | None) -> str:
    """A measure with its unit."""
    if value is None:
        return "–"
    return unit_text(value, MEASURES[name].unit)


def unit_text(value: float, unit: str) -> str:
    """USD with 8 decimals as dollars; other integers with separators; infinite ends of intervals by name."""
    if isinf(value):
        return "unbounded"
    return usd(round(value)) if unit == "USD" else f"{round(value):,}"


def change_of(one: Estimate) -> str:
    """A paired difference: value, interval, sample, level, horizon."""
    low, high = unit_text(one.low, one.unit), unit_text(one.high, one.unit)
    level = "" if one.level is None else f", level {100 * one.level:g} %"
    return (
        f"{'+' if one.value > 0 else ''}{unit_text(one.value, one.unit)} "
        f"({100 * one.confidence:g} %: {low} to {high}; n = {one.n:,}{level}, {hours(one.horizon)})"
    )


def hours(seconds: int) -> str:
    """A horizon in the unit that suits it."""
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.4g} {unit}"
    return f"{seconds} s"


def strongest(found: Tuning) -> list[Elasticity]:
    """Assumptions that move a measure or the advantage of the recommendation, the strongest first."""
    moving = [one for one in found.elasticities if one.moved != one.recommended or one.advantage_moved != one.advantage]
    return sorted(moving, key=lambda one: -abs(one.elasticity if one.elasticity is not None else float("inf")))


def elasticity_text(one: Elasticity) -> str:
    """What a tenth more does."""
    unit = MEASURES[one.measure].unit
    before, after = unit_text(one.recommended, unit), unit_text(one.moved, unit)
    what = f"{one.measure} {before} -> {after} at {one.nudged}"
    return what if one.elasticity is None else f"{what}, elasticity {one.elasticity:+.2f}"


def _table(rows: list[list[str]]) -> str:
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    lines = []
    for first, *others in rows:
        cells = [f"{cell:>{width}}" for cell, width in zip(others, widths[1:], strict=True)]
        lines.append("  ".join([f"{first:<{widths[0]}}", *cells]))
    return "\n".join(lines)
