"""`protocol-sim preflight`: a change of parameters or prices, applied to real accounts before it executes."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from protocol_sim.cli.progress import progress

Directory = Annotated[Path, typer.Option("--snapshot", metavar="DIR", help="Where `capture` put the accounts.")]
File = Annotated[Path, typer.Option("--change", metavar="FILE", help="What changes, in TOML.")]
Url = Annotated[str | None, typer.Option("--anvil", metavar="URL", show_default=False,
                                         help="A node with the snapshot's block: execute it on a fork, and compare.")]
Strict = Annotated[bool, typer.Option("--strict", help="Exit status 1 when anyone becomes liquidatable.")]
Out = Annotated[Path | None, typer.Option(help="A new directory for the table and the JSON.", show_default=False)]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(preflight)


def preflight(
    snapshot: Directory, change: File, anvil: Url = None, strict: Strict = False, out: Out = None, quiet: Quiet = False
) -> None:
    """Who becomes liquidatable in the next block, how much and how far; who loses borrowing power.

    Exit status 1 when the fork disagrees, with --strict also when anyone becomes liquidatable.
    """
    from protocol_sim.fork.preflight import preflight as run
    from protocol_sim.fork.replay.result import refuse_full

    if out is not None:
        refuse_full(out)
    with progress("preflight", quiet) as tell:
        found = run(snapshot, change, anvil=anvil, progress=tell)
    if out is not None:
        found.save(out)
    sys.stdout.write(found.render() + "\n")
    if not found.ok or (strict and not found.safe):
        raise typer.Exit(1)
