"""`protocol-sim capture`: a lending protocol's state at one block, from a node, into a directory."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from protocol_sim.cli.progress import progress
from protocol_sim.errors import BadInput

if TYPE_CHECKING:
    from protocol_sim.fork.snapshot import Snapshot

Rpc = Annotated[str, typer.Option(metavar="URL", help="A node: http(s)://…; its credentials are never shown.")]
Out = Annotated[Path, typer.Option(help="A new directory, or one with an earlier snapshot.")]
Protocol = Annotated[str, typer.Option(help="aave-v3.")]
Block = Annotated[str, typer.Option(help="A number, latest, safe or finalized.")]
Address = Annotated[str | None, typer.Option(help="The pool or its addresses provider; known for main chains.",
                                             show_default=False)]
Pools = Annotated[list[str] | None, typer.Option("--pool", metavar="NAME=ADDRESS", show_default=False,
                                                 help="A Uniswap V2 pair or V3 pool to take along; repeatable.")]
Everybody = Annotated[bool, typer.Option("--complete", help="All holders, not only accounts with debt.")]
Chain = Annotated[int | None, typer.Option("--chain", help="What the chain id must be.", show_default=False)]
Version = Annotated[str | None, typer.Option(help="Of the contracts; told by their revision.", show_default=False)]
Cache = Annotated[Path | None, typer.Option(help="Where reads are kept; the user's cache by default.",
                                            show_default=False)]
Timeout = Annotated[float, typer.Option(min=0.1, help="Seconds to wait for one answer.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(capture)


def capture(
    rpc: Rpc, out: Out, protocol: Protocol = "aave-v3", block: Block = "latest", address: Address = None,
    pool: Pools = None, complete: Everybody = False, chain: Chain = None, version: Version = None,
    cache: Cache = None, timeout: Timeout = 60.0, quiet: Quiet = False,
) -> None:  # fmt: skip
    """Every account with debt, reserves, configuration, feeds and named pools, exact, at one block.

    Interrupted it goes on where it was; `protocol-sim run DIR` then continues from the captured state.
    """
    from protocol_sim.fork.capture import capture as run
    from protocol_sim.fork.client import Patience

    number: int | str = int(block) if block.isdigit() else block
    with progress("capture", quiet) as tell:
        found = run(rpc, number, protocol=protocol, address=address, pools=_pools(pool or []), complete=complete,
                    out=out, chain_id=chain, version=version, cache=cache, patience=Patience(timeout=timeout),
                    tell=tell)
    sys.stdout.write(summary(found, out) + "\n")


def _pools(texts: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in texts:
        name, _, address = text.partition("=")
        if not name or not address.startswith("0x") or len(address) != 42 or name in found:
            raise BadInput("capture", "--pool", "NAME=ADDRESS, each name once", text)
        found[name] = address
    return found


def summary(found: "Snapshot", out: Path) -> str:
    """What was captured, in a few lines."""
    who = "everybody who holds anything" if found.complete else "everybody with debt"
    lines = [f"Aave V{found.version} at {found.block}",
             f"accounts   {len(found.people.addresses):,} ({who}), {len(found.people.owner):,} balances",
             f"reserves   {len(found.listed)}, eModes {len(found.categories)}, pools {len(found.pools)}"]
    scenario = out / "scenario.toml"
    lines.append(f"scenario   {scenario}" if scenario.exists() else f"scenario   {_why_none(found)}")
    return "\n".join(lines)


def _why_none(found: "Snapshot") -> str:
    try:
        return str(found.scenario.name)
    except BadInput as error:
        return f"none: {error.key}: expected {error.expected}, found {error.found}"
