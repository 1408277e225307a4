"""A search as sections of a report: the recommendation, what it stands beside, and what it hangs on."""

from protocol_sim.report.charts import intervals, points
from protocol_sim.report.content import Figure, KeyFigure, Section, Table
from protocol_sim.report.words import estimate_table
from protocol_sim.tuning import MEASURES, Tuning
from protocol_sim.tuning.candidates import Candidate
from protocol_sim.tuning.text import (
    change_text,
    current,
    elasticity_text,
    front_rows,
    hours,
    short_keys,
    strongest,
    unit_text,
    value_text,
)

USD = 10**8
MOST = 40                                            # rows of a table

METHOD = """Every candidate is run on the same price paths (common random numbers), with the rules of the protocol to
the wei. Candidates are judged on the first quarter of the paths; the first two Pareto layers of these on all of them.
Only candidates on all paths that meet every constraint can be recommended.

The first objective decides among those that are no worse than no change in the others (or within their constraint)
and that move no parameter by more than its step limit. Value at Risk is an order statistic with its exact binomial
interval; means, Expected Shortfall and differences have studentised bootstrap intervals that resample whole paths.

The closed form bounds the liquidation threshold by what a price can fall between the feed's last report and the block
of the liquidation, at the level given and without slippage; nothing can do better in such a market."""
LIMITS = (
    "The book does not react: borrowers neither repay nor borrow more when parameters change.",
    "Borrowing power is what the borrowers' collateral allows at the first prices; caps and liquidity are left out.",
    "Price paths are a model. What has never happened in it cannot be in its tail.",
    "The search picks the best of many noisy candidates, so that the interval of the best is somewhat too kind.",
    "One assumption is moved at a time; assumptions that fail together are not covered.",
)


def question(found: Tuning) -> str:
    """What was asked."""
    names = " and ".join(f"`{name}`" for name in found.objectives)
    count = len(current(found))
    return (
        f"Should {count} parameter{'s' if count > 1 else ''} of {found.manifest.scenario} change, judged by {names} "
        f"over {hours(found.horizon)}?"
    )


def answer(found: Tuning) -> str:
    """The recommendation in one paragraph, then what stands against it."""
    if not found.recommendation.values:
        text = "No change. No candidate within the step limits is better in the first objective without being worse in "
        text += "another one."
    else:
        text = f"Recommended: `{change_text(found, found.recommendation)}`."
        if found.target.values != found.recommendation.values:
            text += f" The search would go further: `{change_text(found, found.target)}`; step limits hold it back."
    return text + "".join(f"\n\nNote: {note}." for note in found.notes)


def key_figures(found: Tuning) -> tuple[KeyFigure, ...]:
    """Each objective: recommended, and the difference to no change with its interval."""
    changes = {one.measure: one for one in found.differences}
    figures = []
    for name in found.objectives:
        before, after = found.baseline.measures[name], found.recommendation.measures[name]
        one = changes.get(name)
        if one is None:
            note = f"{_signed(after - before, name)} against no change; exact"
        else:
            low, high = unit_text(one.low, one.unit), unit_text(one.high, one.unit)
            note = f"{_signed(after - before, name)} against no change, {found.confidence:.0%}: {low} to {high}"
        figures.append(KeyFigure(name, value_text(name, after), note))
    return tuple(figures)


def sections(found: Tuning) -> tuple[Section, ...]:
    """The body."""
    return (
        Section("Recommendation", "", (_parameters(found), *_change(found))),
        Section("Baseline and bound", "No change, on the same paths, and what the closed form allows.", (
            estimate_table("No change", found.before, found.confidence),
            estimate_table("Recommendation", found.after, found.confidence), _bounds(found),
        )),
        Section("Trade-off", f"{len(found.candidates):,} candidates by {found.search}, {found.paths:,} paths each at "
                "most.", (*_plane(found), _front(found))),
        Section("Sensitivity", "Each assumed number moved up by a tenth, alone, on the same paths.",
                _sensitivity(found)),
    )


def _parameters(found: Tuning) -> Table:
    now, short = current(found), short_keys(found)
    limits = {key: p[5] for p in found.space["parameters"] for key in p[1]}
    rows = tuple(
        (f"`{short[key]}`", str(value), str(found.recommendation.values.get(key, value)),
         str(found.target.values.get(key, value)), "any" if limits[key] is None else f"{limits[key]:g}")
        for key, value in now.items()
    )
    columns = ("parameter", "now", "recommended", "without step limits", "largest step")
    return Table("Parameters", columns, rows)


def _change(found: Tuning) -> tuple[Table | Figure, ...]:
    table = estimate_table("Recommendation less no change, path by path", found.differences, found.confidence)
    rows = [
        (one.measure, one.value / USD, one.low / USD, one.high / USD)
        for one in found.differences if one.unit == "USD" and abs(one.low) + abs(one.high) < float("inf")
    ]
    if not rows or not any(high > low for _, _, low, high in rows):
        return (table,)
    title = "What the recommendation changes, with intervals"
    return table, intervals(title, rows, x_title="USD against no change", note="Left of 0: less than with no change.")


def _bounds(found: Tuning) -> Table:
    rows = tuple(
        (f"`{b.key}`", str(b.now_bps), str(b.chosen_bps), str(b.bound_bps), f"{b.seconds} s",
         f"{100 * b.volatility:.0f} %" if b.volatility else "–")
        for b in found.bounds
    )
    power = f"Borrowing power with every LTV at its bound: {unit_text(found.power_bound, 'USD')}."
    columns = ("threshold (bps)", "now", "recommended", "closed form at most", "time to react", "volatility a year")
    return Table("Closed-form bound", columns, rows, power)


def _plane(found: Tuning) -> tuple[Figure, ...]:
    if len(found.objectives) < 2:
        return ()
    x, y = found.objectives[:2]

    def mark(one: Candidate) -> tuple[float, float, str]:
        scales = [USD if MEASURES[name].unit == "USD" else 1 for name in (x, y)]
        return one.measures[x] / scales[0], one.measures[y] / scales[1], change_text(found, one)

    able = [one for one in found.candidates if not one.reason]
    groups = {
        "candidates on few paths": [mark(one) for one in able if one.paths < found.paths],
        "Pareto front": [mark(found.candidates[n]) for n in found.front],
        "no change": [mark(found.baseline)],
        "misses a constraint": [mark(one) for one in able if one.paths == found.paths and not one.feasible],
    }
    if found.recommendation.values:
        groups["recommendation"] = [mark(found.recommendation)]
    kept = {name: rows for name, rows in groups.items() if rows}
    titles = [f"{name}, {'USD' if MEASURES[name].unit == 'USD' else MEASURES[name].unit}" for name in (x, y)]
    return (points("Pareto front", kept, x_title=titles[0], y_title=titles[1], joined=("Pareto front",)),)


def _front(found: Tuning) -> Table:
    head, *rows = front_rows(found)
    note = "`*`: recommended." if len(rows) <= MOST else f"`*`: recommended. The first {MOST} of {len(rows)} rows."
    return Table("Pareto front", tuple(name or "candidate" for name in head), tuple(map(tuple, rows[:MOST])), note)


def _sensitivity(found: Tuning) -> tuple[Table | Figure, ...]:
    moving = strongest(found)
    rows = tuple(
        (f"`{one.key}`", one.value, elasticity_text(one), unit_text(one.advantage, MEASURES[one.measure].unit),
         unit_text(one.advantage_moved, MEASURES[one.measure].unit))
        for one in moving[:MOST]
    )
    still = len({one.key for one in found.elasticities} - {one.key for one in moving})
    note = (f"{still} assumptions moved nothing." if still else "") + "".join(
        f" Not moved: `{key}` ({why})." for key, why in list(found.not_moved.items())[:5]
    )
    columns = ("assumption", "value", "a tenth more", "recommended less no change", "the same, moved")
    table = Table("Assumptions, the strongest first", columns, rows, note)
    known = [one for one in moving if one.elasticity is not None][:10]
    if not known:
        return (table,)
    bars = [(f"{one.key}, {one.measure}", one.elasticity or 0.0, 0.0, 0.0) for one in known]
    drawn = [(name, value, min(value, 0.0), max(value, 0.0)) for name, value, _, _ in bars]
    return intervals("Elasticity", drawn, x_title="relative change per relative change of the input"), table


def _signed(value: int, name: str) -> str:
    return ("+" if value > 0 else "") + value_text(name, value)
