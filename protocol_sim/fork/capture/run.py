"""A capture from end to end. All of it is one block's: when a reorganisation takes that block away, it begins anew."""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from protocol_sim.errors import BadInput, ProtocolSimError
from protocol_sim.fork.capture.people import allowances, found_in_logs, people
from protocol_sim.fork.capture.pinned import Pinned, Reorganised
from protocol_sim.fork.capture.reserves import Core, categories, core, implementations, reserves, settings
from protocol_sim.fork.capture.store import Store, cache_directory, known_block
from protocol_sim.fork.capture.venues import venues
from protocol_sim.fork.client import Client, Patience
from protocol_sim.fork.snapshot.files import refuse_foreign, save_snapshot
from protocol_sim.fork.snapshot.records import Block, Listed, People, Snapshot

if TYPE_CHECKING:
    from web3 import Web3

Tell = Callable[[int, int], None]
RESTARTS = 3
BEFORE = 100  # blocks over which the block time is measured
TAGS = ("latest", "safe", "finalized")
PROVIDERS = {
    1: "0x2f39d218133afab8f2b819b1066c7e434ad94e9e",
    10: "0xa97684ead0e402dc232d5a977953df7ecbab3cdb",
    137: "0xa97684ead0e402dc232d5a977953df7ecbab3cdb",
    42161: "0xa97684ead0e402dc232d5a977953df7ecbab3cdb",
    43114: "0xa97684ead0e402dc232d5a977953df7ecbab3cdb",
}
"""Chain id -> PoolAddressesProvider of the main Aave V3 market, where no address is given."""


def capture(
    rpc: "str | Web3",
    block: int | str = "latest",
    *,
    protocol: str = "aave-v3",
    address: str | None = None,
    pools: Mapping[str, str] | None = None,
    complete: bool = False,
    out: str | Path | None = None,
    chain_id: int | None = None,
    version: str | None = None,
    cache: Path | None = None,
    keep: bool = True,
    patience: Patience | None = None,
    tell: Tell = lambda _done, _all: None,
) -> Snapshot:
    """Everything about a lending protocol at one block.

    `rpc`: http(s) address of a node, or a `Web3` of your own. `block`: a number, `latest`, `safe` or `finalized`.
    `address`: the pool or its addresses provider. `pools`: Uniswap V2 pairs and V3 pools to take along, name ->
    address. `complete`: all holders, not only accounts with debt. `out`: where to save the snapshot. `chain_id`: what
    the chain must be; with it and a block number a second capture asks the node nothing. `cache`: where reads are kept
    (`keep` False: nowhere).

    BadInput for a wrong argument; `NodeError` in one line when the node gives out.
    """
    if protocol != "aave-v3":
        raise BadInput("capture", "protocol", "aave-v3", protocol)
    if isinstance(block, str) and block not in TAGS:
        raise BadInput("capture", "block", "a number, " + ", ".join(TAGS), block)
    if out is not None:
        refuse_foreign(Path(out))
    directory = (cache or cache_directory()) if keep else None
    client = Client(rpc, patience)
    try:
        for attempt in range(RESTARTS):
            try:
                at = pinned_block(client, block, chain_id, None if attempt else directory)
                found = _at(client, at, directory, address, pools or {}, complete, version, tell)
                break
            except Reorganised:
                if attempt + 1 == RESTARTS:
                    raise
    except sqlite3.Error as error:
        raise ProtocolSimError(f"capture: the store in {directory}: {error}") from None
    finally:
        client.close()
    return found if out is None else replace(found, directory=save_snapshot(found, out))


def pinned_block(client: Client, block: int | str, chain_id: int | None, directory: Path | None) -> Block:
    """The block, from the store if it was captured before, else from the node."""
    if directory is not None and chain_id is not None and isinstance(block, int):
        known = known_block(directory, chain_id, block)
        if known is not None:
            return known
    found_id = int(client.call("eth_chainId"), 16)
    if chain_id is not None and found_id != chain_id:
        raise BadInput("capture", "chain id", str(chain_id), f"{found_id} at {client.name}")
    head = client.call("eth_getBlockByNumber", hex(block) if isinstance(block, int) else block, False)
    if head is None:
        raise BadInput("capture", "block", f"a block that {client.name} knows", block)
    return Block(found_id, int(head["number"], 16), head["hash"], int(head["timestamp"], 16))


def _at(
    client: Client, block: Block, directory: Path | None, address: str | None, pools: Mapping[str, str],
    complete: bool, version: str | None, tell: Tell,
) -> Snapshot:  # fmt: skip
    """The snapshot of one block."""
    store = Store(directory, block)
    try:
        pinned = Pinned(client, block, store)
        where = address or PROVIDERS.get(block.chain_id)
        if where is None:
            raise BadInput("capture", "address", f"the pool's, for chain {block.chain_id} is none that is known", None)
        at = core(pinned, where, version)
        listed = reserves(pinned, at)
        treasury = pinned.one(listed[0].a_token, "RESERVE_TREASURY_ADDRESS") if listed else at.provider
        addresses, delegated, roles = found_in_logs(pinned, at, listed, complete, tell)
        kept = {treasury, *([at.umbrella] if at.umbrella else [])}
        credits = allowances(pinned, listed, delegated)
        kept |= {a[side] for a in credits for side in ("delegator", "delegatee")}
        everybody = people(pinned, at, listed, sorted({*addresses, *kept}), sorted(kept), roles, complete,
                           tell)
        _add_up(pinned, at, listed, everybody, complete)
        found = Snapshot(
            protocol="aave-v3", version=at.version, block=block, block_time=_block_time(pinned), complete=complete,
            addresses=_addresses(at), code=implementations(pinned, at, listed), settings=settings(pinned, at),
            treasury=treasury, umbrella=at.umbrella, listed=listed, categories=categories(pinned, at),
            allowances=credits, pools=venues(pinned, pools, listed), people=everybody,
        )
        if pinned.asked:
            pinned.check()
        store.set("finished", str(block.time))
        return found
    finally:
        store.close()


def _addresses(at: Core) -> dict[str, str]:
    return {"provider": at.provider, "pool": at.pool, "configurator": at.configurator, "oracle": at.oracle,
            "sentinel": at.sentinel, "acl": at.acl, "umbrella": at.umbrella}


def _add_up(pinned: Pinned, at: Core, listed: tuple[Listed, ...], everybody: People, complete: bool) -> None:
    """The sums over all accounts are the tokens' own totals, to the unit: nobody is missing."""
    for k, x in enumerate(listed):
        for name, wanted in (("scaled_debt", True), ("scaled_supply", complete)):
            total = everybody.total(name, k)
            if wanted and total != x.state[name]:
                raise ProtocolSimError(
                    f"capture of {at.pool} at {pinned.block}: accounts add up to {total} {name} of {x.symbol} and the "
                    f"token says {x.state[name]}: {pinned.client.name} did not give all logs"
                )


def _block_time(pinned: Pinned) -> int:
    """Mean seconds between blocks, rounded; at least 1."""
    block, kept = pinned.block, pinned.store.get("block time")
    if kept is None:
        before = min(BEFORE, block.number)
        head: dict[str, Any] = pinned.client.call("eth_getBlockByNumber", hex(block.number - before), False)
        spent = block.time - int(head["timestamp"], 16)
        kept = str(max(1, (2 * spent + before) // (2 * before) if before else 1))
        pinned.store.set("block time", kept)
    return int(kept)
