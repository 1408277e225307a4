"""`replay`: the state at A, then the history up to B, block by block."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from protocol_sim.errors import BadInput
from protocol_sim.fork.capture import capture
from protocol_sim.fork.capture.run import pinned_block
from protocol_sim.fork.client import Client, NodeError, Patience
from protocol_sim.fork.replay import checkpoint
from protocol_sim.fork.replay.governance import Governance
from protocol_sim.fork.replay.logs import Log, Transaction
from protocol_sim.fork.replay.parity import Difference
from protocol_sim.fork.replay.player import Player
from protocol_sim.fork.replay.replica import Replica
from protocol_sim.fork.replay.result import Replay
from protocol_sim.fork.replay.stream import ranges
from protocol_sim.fork.replay.watch import Liquidator, Watch
from protocol_sim.fork.snapshot import Block, Snapshot, load_snapshot
from protocol_sim.results.ledger import LedgerEntry

if TYPE_CHECKING:
    from web3 import Web3

Progress = Callable[[int, int], None]
SILENT = ("Approval", "PositionManagerApproved", "PositionManagerRevoked", "RoleGranted", "RoleRevoked", "Upgraded",
          "Initialized", "NewRound")
"""Events whose addresses need not be accounts of the market."""


@dataclass
class _Session:
    """One replay under way."""

    model: Replica
    player: Player
    watch: Watch
    touched: set[int]
    divergence: tuple[Difference, list[checkpoint.Gap]] | None = None

    def block(self, number: int, now: int, transactions: Sequence[Transaction]) -> None:
        self.watch.idle(number, now)
        for t in transactions:
            self.player.play(t)
            self.touched |= self.model.changed
        differences = self.player.parity.differences
        if self.divergence is None and differences:
            found = checkpoint.compare(self.model, number, now, self.touched)
            self.divergence = differences[0], found.gaps


def replay(
    rpc: "str | Web3",
    *,
    start: int | None = None,
    end: int,
    protocol: str = "aave-v3",
    snapshot: Snapshot | str | Path | None = None,
    address: str | None = None,
    version: str | None = None,
    liquidator: Liquidator | None = None,
    checkpoints: Sequence[int] = (),
    keep: bool = True,
    patience: Patience | None = None,
    progress: Progress | None = None,
) -> Replay:
    """The history of a market in the blocks start + 1 to end, on the model.

    `rpc`: http(s) address of a node, or a `Web3` of your own.
    `snapshot`: the state at the end of block `start`, whose block is `start` where that is not given; without one it is
    captured (`address`, `version`, `keep`: as in `capture`). `checkpoints`: blocks at whose end the state is compared
    with the views; it always is at `end`. The node must hold the states of `start` and of the checkpoints.

    BadInput for wrong arguments; `NodeError` in one line when the node gives out.
    """
    if protocol != "aave-v3":
        raise BadInput("replay", "protocol", "aave-v3", protocol)
    if isinstance(snapshot, str | Path):
        snapshot = load_snapshot(snapshot)
    if snapshot is not None and start not in (None, snapshot.block.number):
        raise BadInput("replay", "--from", f"the snapshot's block {snapshot.block.number}", start)
    if snapshot is None and start is None:
        raise BadInput("replay", "--from", "a block, or a snapshot", "neither")
    first = snapshot.block.number if snapshot is not None else int(start or 0)
    if not 0 <= first < end:
        raise BadInput("replay", "--from and --to", "two blocks in order", f"{first} and {end}")
    for block in checkpoints:
        if not first < block <= end:
            raise BadInput("replay", "--checkpoint", f"a block of {first + 1} to {end}", block)
    client = Client(rpc, patience)
    try:
        last = pinned_block(client, end, snapshot.block.chain_id if snapshot else None, None)
        if snapshot is None:
            snapshot = capture(rpc, first, address=address, version=version, keep=keep, patience=patience)
        _same_chain(client, snapshot.block)
        made = _replayed(client, snapshot, end, liquidator or Liquidator(), checkpoints, progress)
        _same_chain(client, last)
        return made
    finally:
        client.close()


def _same_chain(client: Client, block: Block) -> None:
    """NodeError unless the block is part of the node's chain."""
    head = client.call("eth_getBlockByNumber", hex(block.number), False)
    if head is None or head["hash"] != block.hash:
        raise NodeError(f"{client.name}: {block} is not, or no longer, part of its chain")


def _replayed(
    client: Client, snapshot: Snapshot, last: int, liquidator: Liquidator, checkpoints: Sequence[int],
    progress: Progress | None,
) -> Replay:  # fmt: skip
    model, first = Replica(client, snapshot), snapshot.block.number
    watch = Watch(model, liquidator)
    player = Player(model, Governance(model, snapshot.code.values()), watch.before, watch.after)
    session = _Session(model, player, watch, set())
    compared: list[checkpoint.Compared] = []
    started = time.perf_counter()
    for number, now, inside in _blocks(client, model, first + 1, last):
        session.block(number, now, inside)
        if number in checkpoints or number == last:
            compared.append(checkpoint.compare(model, number, now, session.touched))
        if progress is not None:
            progress(number - first, last - first)
    return Replay(
        snapshot.version, snapshot.block.chain_id, first, last, player.parity, watch.finish(last), compared,
        liquidator, model.place.provider, time.perf_counter() - started, len(model.people), session.divergence,
        _ledger(snapshot.block, liquidator),
    )


def _blocks(
    client: Client, model: Replica, first: int, last: int
) -> Iterator[tuple[int, int, list[Transaction]]]:
    """(number, time, transactions) of every block; begins anew behind a block that brought other contracts to
    watch."""
    while first <= last:
        decoder = model.decoder
        for start, until, transactions, times in ranges(client, decoder, first, last):
            model.meet(_people(model, transactions))
            for number, inside in _by_block(start, until, transactions):
                yield number, times[number], inside
                first = number + 1
                if model.decoder is not decoder:
                    break
            if model.decoder is not decoder:
                break


def _by_block(first: int, last: int, transactions: Sequence[Transaction]) -> Iterable[tuple[int, list[Transaction]]]:
    inside: dict[int, list[Transaction]] = {}
    for t in transactions:
        inside.setdefault(t.block, []).append(t)
    return ((number, inside.get(number, [])) for number in range(first, last + 1))


def _people(model: Replica, transactions: Sequence[Transaction]) -> list[str]:
    """Addresses that the logs of a range name, so that they are read at once."""
    known = model.decoder.addresses
    found: dict[str, Any] = {}
    for t in transactions:
        for log in t.logs:
            if log.name and log.name not in SILENT and _of_users(log):
                for value in log.args:
                    if type(value) is str and len(value) == 42 and value.startswith("0x") and value not in known:
                        found[value] = None
    return list(found)


def _of_users(log: Log) -> bool:
    return log.emitter == "pool" or (log.emitter.startswith(("a", "variable ", "stable ")) and log.emitter != "acl")


def _ledger(block: Block, liquidator: Liquidator) -> tuple[LedgerEntry, ...]:
    return (
        LedgerEntry("replay.state", str(block), "observed", "views of the contracts at that block"),
        LedgerEntry("replay.history", "logs", "observed", "eth_getLogs"),
        LedgerEntry("liquidator.gas_usd", str(liquidator.gas_usd), "assumed", "the caller's"),
        LedgerEntry("liquidator.slippage_bps", str(liquidator.slippage_bps), "assumed", "the caller's"),
        LedgerEntry("liquidator.price", "the oracle's", "assumed", "pools are not read"),
    )
