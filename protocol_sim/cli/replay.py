"""`protocol-sim replay`: a chain's history on the model, compared log by log."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from protocol_sim.cli.progress import progress
from protocol_sim.errors import BadInput

Rpc = Annotated[str, typer.Option(metavar="URL", help="A node: http(s)://…; its credentials are never shown.")]
From = Annotated[int | None, typer.Option("--from", metavar="A", help="The state at the end of this block; the "
                                          "snapshot's by default.", show_default=False)]
To = Annotated[int, typer.Option("--to", metavar="B", help="The last block.", show_default=False)]
Protocol = Annotated[str, typer.Option(help="aave-v3.")]
Directory = Annotated[Path | None, typer.Option("--snapshot", metavar="DIR", show_default=False,
                                                help="Where `capture` put the state at A.")]
Address = Annotated[str | None, typer.Option(help="The pool or its addresses provider; known for main chains.",
                                             show_default=False)]
Version = Annotated[str | None, typer.Option(help="Of the contracts; told by their revision.", show_default=False)]
Checks = Annotated[list[int] | None, typer.Option("--checkpoint", metavar="BLOCK", show_default=False,
                                                  help="Compare the state here too; repeatable.")]
Gas = Annotated[str, typer.Option("--gas-usd", help="What a liquidation costs the model's liquidator, in USD.")]
Slippage = Annotated[int, typer.Option("--slippage-bps", min=0, max=10_000, help="What it loses when it sells.")]
Out = Annotated[Path | None, typer.Option(help="A new directory for the tables.", show_default=False)]
Timeout = Annotated[float, typer.Option(min=0.1, help="Seconds to wait for one answer.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(replay)


def replay(
    rpc: Rpc, to: To, start: From = None, protocol: Protocol = "aave-v3", snapshot: Directory = None,
    address: Address = None, version: Version = None, checkpoint: Checks = None, gas_usd: Gas = "0",
    slippage_bps: Slippage = 0, out: Out = None, timeout: Timeout = 60.0, quiet: Quiet = False,
) -> None:  # fmt: skip
    """Rebuild the blocks A + 1 to B from their logs, run them on the model and compare everything.

    Exit status 1 when anything is different or unexplained.
    """
    from protocol_sim.fork.client import Patience
    from protocol_sim.fork.replay import Liquidator
    from protocol_sim.fork.replay import replay as run
    from protocol_sim.fork.replay.result import refuse_full
    from protocol_sim.numeric.units import parse_usd

    if out is not None:
        refuse_full(out)
    try:
        liquidator = Liquidator(parse_usd(gas_usd), slippage_bps)
    except ValueError as error:
        raise BadInput("command line", "--gas-usd", str(error), gas_usd) from None
    with progress("replay", quiet) as tell:
        found = run(rpc, start=start, end=to, protocol=protocol, snapshot=snapshot, address=address, version=version,
                    liquidator=liquidator, checkpoints=tuple(checkpoint or ()), patience=Patience(timeout=timeout),
                    progress=tell)
    if out is not None:
        found.save(out)
    sys.stdout.write(found.render() + "\n")
    if not found.ok:
        raise typer.Exit(1)
