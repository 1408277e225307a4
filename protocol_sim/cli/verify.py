"""`protocol-sim verify`: the model against recorded vectors and against the real contracts."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from protocol_sim.cli.progress import progress
from protocol_sim.errors import BadInput

Files = Annotated[list[Path], typer.Argument(metavar="FILE…", help="Vector files (.json or .json.gz).")]
Protocol = Annotated[str, typer.Argument(help="aave-v2, aave-v3, uniswap-v2 or uniswap-v3.")]
Version = Annotated[str | None, typer.Option(help="Of the contracts' package.", show_default=False)]
Cases = Annotated[int, typer.Option(min=1, help="Random operations to play.")]
Seed = Annotated[int, typer.Option(min=0, help="Of the random operations.")]
Snapshot = Annotated[Path | None, typer.Option(help="A captured directory.", show_default=False)]
Rpc = Annotated[str | None, typer.Option(metavar="URL", help="The node it came from, or a fork of it at the block.",
                                         show_default=False)]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    area = typer.Typer(help="The model against what really happens. Exit status 1: a difference.")
    area.command()(vectors)
    area.command()(anvil)
    area.command()(fork)
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


def fork(snapshot: Snapshot = None, rpc: Rpc = None, quiet: Quiet = False) -> None:
    """Every account of a snapshot, model and chain side by side.

    Without options a rig of its own is captured and forked, and the flash liquidator runs on the fork.
    """
    if (snapshot is None) != (rpc is None):
        given, absent = ("--rpc", "--snapshot") if snapshot is None else ("--snapshot", "--rpc")
        raise BadInput("verify fork", absent, f"to stand with {given}", "nothing")
    if snapshot is None or rpc is None:
        _rig(quiet)
        return
    from protocol_sim.fork.snapshot import load_snapshot
    from protocol_sim.fork.verify_fork import render, verify_fork

    with progress("verify fork", quiet) as tell:
        verdict = verify_fork(load_snapshot(snapshot), rpc, tell=tell)
    sys.stdout.write(render(verdict) + "\n")
    if not verdict.ok:
        raise typer.Exit(1)


def _rig(quiet: bool) -> None:
    from protocol_sim.fork.rigs import check
    from protocol_sim.fork.verify_fork import render

    with progress("verify fork", quiet) as tell:
        verdicts = check.check(tell=tell)
    sys.stdout.write("\n\n".join(f"{render(v.accounts)}\n{check.render(v)}" for v in verdicts) + "\n")
    if not all(verdict.ok for verdict in verdicts):
        raise typer.Exit(1)
