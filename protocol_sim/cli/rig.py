"""`protocol-sim rig`: a chain with a history on this machine, until Ctrl-C."""

import signal
import sys
import threading
from typing import Annotated

import typer

from protocol_sim.cli.progress import progress

Accounts = Annotated[int, typer.Option(min=1, help="People in the market of Aave V3.6.")]
Others = Annotated[int, typer.Option(min=0, help="People in that of 3.0.2; 0: no such market.")]
Blocks = Annotated[int, typer.Option(min=1, help="Blocks of history after everybody has arrived.")]
Seed = Annotated[int, typer.Option(min=0, help="Of everything that happens.")]
Port = Annotated[int, typer.Option(min=0, max=65_534, help="Of node A; node B has the next one. 0: any.")]
Loopers = Annotated[int, typer.Option(min=0, help="People who loop a staked token in the market of 3.6, at the end.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(rig)


def rig(accounts: Accounts = 2_000, others: Others = 200, blocks: Blocks = 340, seed: Seed = 1,
        port: Port = 8_545, loopers: Loopers = 0, quiet: Quiet = False) -> None:  # fmt: skip
    """A local chain with real Aave V3 and Uniswap and a history: to capture, replay and play with."""
    from protocol_sim.fork.rigs.loopers import arrive
    from protocol_sim.fork.rigs.render import render
    from protocol_sim.fork.rigs.start import Size, local_chain

    size = Size(accounts=accounts, others=others, blocks=blocks, seed=seed)
    with (
        progress("rig", quiet) as tell,
        local_chain(size, tell, port) as chain,
        arrive(chain, loopers),
        chain.fork(port=port + 1 if port else 0) as copy,
    ):
        sys.stdout.write(render(chain, copy.url) + "\n")
        sys.stdout.flush()
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that no node outlives it
        threading.Event().wait()
