"""One run as sections of a report."""

from protocol_sim.report.charts import lines, scaled
from protocol_sim.report.content import Figure, KeyFigure, Section, Table
from protocol_sim.results import Run
from protocol_sim.results.text import summary_rows, usd
from protocol_sim.risk import bad_debt

METHOD = "One run: the events of a single price path, with the rules of the protocol to the wei."
LIMITS = ("One path is an example, not a distribution; see a report of many paths for risk.",)
MOST = 2_000                                         # points of a curve


def key_figures(run: Run) -> tuple[KeyFigure, ...]:
    """Liquidations, bad debt and the borrowers' loss."""
    split, s = bad_debt(run), run.summary
    note = f"realised {usd(split.realised)}, latent {usd(split.latent)}"
    return (
        KeyFigure("liquidations", f"{s.liquidations:,}", f"{s.failed:,} failed"),
        KeyFigure("bad debt", usd(s.bad_debt), note),
        KeyFigure("borrowers' loss", usd(s.borrower_loss_usd), "seized less repaid"),
    )


def sections(run: Run) -> tuple[Section, ...]:
    """The body."""
    table = Table("Summary", ("what", "value"), tuple(summary_rows(run)))
    return (Section("One run", "", (table, *_curves(run))),)


def _curves(run: Run) -> tuple[Figure, ...]:
    series = run.columns["series"]
    blocks = series["block"]
    every = max(1, len(blocks) // MOST)
    prices = [name for name in series if name.startswith("outside.")]
    moving = [name for name in prices if len(set(series[name])) > 1]
    x = blocks[::every]
    figures = [
        lines(f"Outside price of {name.removeprefix('outside.')}", x, {"USD": scaled(series[name][::every], 8)},
              x_title="block", y_title="USD", steps=True)
        for name in moving[:3]
    ]
    counts = {name: series[name][::every] for name in ("liquidations", "failed")}
    figures.append(lines("Liquidations so far", x, counts, x_title="block", y_title="count", steps=True))
    return tuple(figures)
