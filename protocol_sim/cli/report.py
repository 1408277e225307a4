"""`protocol-sim report`: results as one HTML page and as Markdown."""

import sys
from pathlib import Path
from typing import Annotated

import typer

Results = Annotated[
    list[Path],
    typer.Argument(metavar="RUN…", help="Directories of run, run --paths, tune or audit, or an audit's JSON."),
]
Out = Annotated[Path, typer.Option(help="Directory for report.html and report.md.", file_okay=False)]
Level = Annotated[float, typer.Option(help="Of Value at Risk and Expected Shortfall.")]
Confidence = Annotated[float, typer.Option(help="Of intervals.")]
Question = Annotated[str, typer.Option(help="Instead of the one that follows from the results.", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(report)


def report(
    results: Results,
    out: Out = Path("out/report"),
    level: Level = 0.95,
    confidence: Confidence = 0.95,
    question: Question = "",
) -> None:
    """One self-contained HTML page and a Markdown version, as one would post them in a governance forum."""
    from protocol_sim.report import write_html, write_markdown
    from protocol_sim.report.forum import forum_report, load
    from protocol_sim.risk.estimate import checked_level

    checked_level("report", "--level", level)
    checked_level("report", "--confidence", confidence)
    made = forum_report([load(path) for path in results], level, confidence, question)
    write_html(made, out / "report.html")
    write_markdown(made, out / "report.md")
    sys.stdout.write(f"written to {out / 'report.html'} and {out / 'report.md'}\n")
