"""`protocol-sim verify`: the model against recorded vectors and against the real contracts."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from protocol_sim.cli.progress import progress

Files = Annotated[list[Path], typer.Argument(metavar="FILE…", help="Vector files (.json or .json.gz).")]
Protocol = Annotated[str, typer.Argument(help="aave-v2, aave-v3, uniswap-v2 or uniswap-v3.")]
Version = Annotated[str | None, typer.Option(help="Of the contracts' package.", show_default=False)]
Cases = Annotated[int, typer.Option(min=1, help="Random operations to play.")]
Seed = Annotated[int, typer.Option(min=0, help="Of the random operations.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    area = typer.Typer(help="The model against what really happens. Exit status 1: a difference.")
    area.command()(vectors)
    area.command()(anvil)
    app.add_typer(area, name="verify")


def vectors(files: Files) -> None:
    """Play recorded vectors: equal, refused as on chain, or different."""
    from protocol_sim.vectors import play, render

    verdict = play(files)
    sys.stdout.write(render(verdict) + "\n")
    if not verdict.ok:
        raise typer.Exit(1)


def anvil(
    protocol: Protocol,
    version: Version = None,
    cases: Cases = 500,
    seed: Seed = 1,
    quiet: Quiet = False,
) -> None:
    """Random operations, model and real contract side by side, on a local Anvil."""
    from protocol_sim.fork.verify import render, verify

    with progress(f"verify {protocol}", quiet) as tell:
        verdict = verify(protocol, version=version, cases=cases, seed=seed, on_progress=tell)
    sys.stdout.write(render(verdict) + "\n")
    if not verdict.ok:
        raise typer.Exit(1)
