"""`protocol-sim demo`: the CRV cascade of 22 November 2022, end to end."""

from pathlib import Path
from typing import Annotated

import typer

Out = Annotated[Path, typer.Option(help="Directory of the report, the tables and the manifest.", file_okay=False)]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


def demo(out: Out = Path("out/demo"), quiet: Quiet = False) -> None:
    """The liquidation cascade of 22 November 2022: replay, simulation, counterfactuals, with a report."""
    from protocol_sim.demo.main import run_demo

    if run_demo(out, quiet):
        raise typer.Exit(1)                          # an event that the model does not reproduce
