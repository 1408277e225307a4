"""Many paths as sections of a report: risk numbers, the tail, and how the estimates settle."""

from collections.abc import Sequence

from protocol_sim.report.charts import band, lines
from protocol_sim.report.content import Figure, KeyFigure, Section
from protocol_sim.report.words import estimate_table
from protocol_sim.results import Paths
from protocol_sim.risk import Estimate, convergence, es_estimate, risk_numbers
from protocol_sim.risk.numbers import horizon_of
from protocol_sim.tuning.text import hours, unit_text

USD = 10**8
POINTS = 200                                         # of a curve
METHOD = """Each path is a run of the same book under one draw of the price processes, with the rules of the protocol to
the wei. Value at Risk is an order statistic with its exact binomial interval, Expected Shortfall and means have
studentised bootstrap intervals, probabilities the interval of Clopper and Pearson."""
LIMITS = (
    "The book does not react: borrowers neither repay nor add collateral.",
    "Bad debt is what accounts owe above the worth of their collateral at the horizon; no later recovery counts.",
    "Price paths are a model. What has never happened in it cannot be in its tail.",
)


def key_figures(paths: Paths, level: float, confidence: float) -> tuple[KeyFigure, ...]:
    """Expected Shortfall of bad debt, Liquidations at Risk and the probability of bad debt."""
    found = {one.measure: one for one in risk_numbers(paths, level, confidence)}
    wanted = ("Expected Shortfall of bad debt", "Value at Risk of liquidations (debt repaid)",
              "probability of any bad debt")
    return tuple(_card(found[name]) for name in wanted)


def _card(one: Estimate) -> KeyFigure:
    if one.unit == "probability":
        value, low, high = (f"{100 * number:.2f} %" for number in (one.value, one.low, one.high))
    else:
        value, low, high = (unit_text(number, one.unit) for number in (one.value, one.low, one.high))
    level = "" if one.level is None else f", level {100 * one.level:g} %"
    note = f"{one.confidence:.0%}: {low} to {high}; {one.n:,} paths over {hours(one.horizon)}{level}"
    return KeyFigure(one.measure, value, note)


def sections(paths: Paths, level: float, confidence: float) -> tuple[Section, ...]:
    """The body."""
    table = estimate_table("Risk numbers", risk_numbers(paths, level, confidence), confidence)
    debts = [int(value) for value in paths.summary["bad_debt"]]
    repaid = [int(value) for value in paths.summary["repaid_usd"]]
    loss = [int(value) for value in paths.summary["borrower_loss_usd"]]
    tails = (
        exceedance("How often bad debt is larger", {"bad debt": debts}),
        exceedance("How often more is liquidated and lost", {"debt repaid": repaid, "borrowers' loss": loss}),
    )
    horizon = horizon_of(paths)
    settling = convergence(
        debts, lambda part: es_estimate("Expected Shortfall of bad debt", part, level, horizon, "USD", confidence)
    )
    return (Section("Risk over the horizon", "", (table, *tails, settle_figure(settling))),)


def exceedance(title: str, losses: dict[str, list[int]]) -> Figure:
    """The share of paths on which each loss was larger than x."""
    top = max((max(values) for values in losses.values() if values), default=0)
    edges = [top * n // POINTS for n in range(POINTS + 1)]
    series = {name: _shares(sorted(values), edges) for name, values in losses.items()}
    return lines(
        title, [edge / USD for edge in edges], series, x_title="USD", y_title="share of paths", steps=True
    )


def _shares(ordered: Sequence[int], edges: Sequence[int]) -> list[float]:
    from bisect import bisect_right

    return [1.0 - bisect_right(ordered, edge) / len(ordered) for edge in edges]


def settle_figure(settling: Sequence[Estimate]) -> Figure:
    """An estimate on the first n paths, with its interval."""
    finite = [(one, abs(one.low) < float("inf"), abs(one.high) < float("inf")) for one in settling]
    return band(
        f"{settling[-1].measure} as paths are added",
        [one.n for one in settling], [one.value / USD for one in settling],
        [one.low / USD if low else None for one, low, _ in finite],
        [one.high / USD if high else None for one, _, high in finite],
        x_title="paths", y_title="USD", logarithmic=True,
        note=f"The band is the {settling[-1].confidence:.0%} interval.",
    )
