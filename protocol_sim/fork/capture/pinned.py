"""Reads at one block of one chain, through whatever the node allows, kept on disk.

Calls name the block by its hash where the node understands that (EIP-1898), so that a reorganisation makes them fail
instead of answering from another chain; elsewhere by number, and `check` compares the hash before and after.
Many calls go in one `eth_call` of the reader contract, put there by a state override; where the node does not allow
that, or solc is not at hand, as raw JSON-RPC batches. What answered is kept, so that a second capture asks nothing.
"""

from collections.abc import Callable, Sequence
from typing import Any

from eth_abi.abi import decode
from eth_utils.crypto import keccak

from protocol_sim.errors import MissingTool, ProtocolSimError
from protocol_sim.fork.capture.signatures import answer, calldata
from protocol_sim.fork.capture.store import Store
from protocol_sim.fork.client import Client, NodeError
from protocol_sim.fork.rpc import RpcError
from protocol_sim.fork.snapshot.records import Block

Call = tuple[str, str, tuple[Any, ...]]  # target, view, arguments
READER = "0x" + keccak(text="protocol-sim reader").hex()[-40:]
GONE = ("header not found", "unknown block", "block not found", "blocknotfound", "hash not found", "not canonical",
        "no header", "header for hash")  # fmt: skip
PRUNED = ("missing trie node", "pruned", "state is not available", "state not available", "historical state",
          "state histories", "archive", "distance to target block", "failed to find state")  # fmt: skip
CHUNK = 500  # calls in one eth_call to begin with


class Reorganised(ProtocolSimError):
    """The block is no longer part of the chain."""


class Pinned:
    """A block of a node. `block` must have come from the node or from the store."""

    def __init__(self, client: Client, block: Block, store: Store) -> None:
        self.client, self.block, self.store = client, block, store
        self.by_hash: bool | None = None  # None: not tried yet
        self.reader: bool | None = None
        self.chunk = CHUNK
        self.asked = 0  # calls that went to the node

    # ---- the block --------------------------------------------------------------------------------------------------
    @property
    def tag(self) -> Any:
        """How calls name the block."""
        return {"blockHash": self.block.hash} if self.by_hash else hex(self.block.number)

    def check(self) -> None:
        """Reorganised unless the block is still part of the chain."""
        found = self.client.call("eth_getBlockByNumber", hex(self.block.number), False)
        if found is None or found["hash"] != self.block.hash:
            raise Reorganised(f"{self.client.name}: {self.block} was reorganised away while it was read")

    def probe(self) -> None:
        """Find out what the node allows; at most three requests."""
        if self.by_hash is None:
            self.by_hash = True
            refusal = self._refusal({"to": READER, "data": "0x"})
            if refusal is not None:
                self.by_hash = False
                self.check()
                self._raise_if_pruned(refusal)
                again = self._refusal({"to": READER, "data": "0x"})
                if again is not None:
                    self._raise_if_pruned(again)
                    raise NodeError(f"{self.client.name}: does not answer calls at {self.block}: {again.message}")
        if self.reader is None:
            self.reader = self._reader_works()

    def _refusal(self, call: dict[str, str], *override: Any) -> RpcError | None:
        try:
            self.client.call("eth_call", call, self.tag, *override)
        except RpcError as error:
            return error
        return None

    def _reader_works(self) -> bool:
        try:
            said = self.by_reader("time")
        except (RpcError, MissingTool):
            return False
        return len(said) == 32 and int.from_bytes(said) >= self.block.time

    def by_reader(self, function: str, *arguments: Any) -> bytes:
        """The bytes that a function of `PositionReader` answers, its code put there by a state override."""
        from protocol_sim.fork.solc import artifact, compiled

        code = "0x" + artifact("PositionReader")["evm"]["deployedBytecode"]["object"]
        call = {"to": READER, "data": compiled("PositionReader").call(function, *arguments)}
        return bytes.fromhex(self.client.call("eth_call", call, self.tag, {READER: {"code": code}})[2:])

    # ---- reads ------------------------------------------------------------------------------------------------------
    def read(self, calls: Sequence[Call]) -> list[Any]:
        """Decoded answers in order; None where a call reverts or nobody is there to answer."""
        keys = [f"{target}:{calldata(view, *arguments)}" for target, view, arguments in calls]
        known = self.store.answers(keys)
        missing = [n for n, key in enumerate(keys) if key not in known]
        if missing:
            self.probe()
            self.asked += len(missing)
            got = self._fetch([(calls[n][0], keys[n].partition(":")[2]) for n in missing])
            fresh = {keys[n]: data for n, data in zip(missing, got, strict=True)}
            self.store.keep_answers(fresh)
            known |= fresh
        return [_decoded(view, known[key]) for (_, view, _), key in zip(calls, keys, strict=True)]

    def one(self, target: str, view: str, *arguments: Any) -> Any:
        """One view that must answer."""
        found = self.read([(target, view, arguments)])[0]
        if found is None:
            raise ProtocolSimError(f"{self.client.name}: {target} has no {view}() at {self.block}")
        return found

    def slots(self, places: Sequence[tuple[str, str]]) -> list[str]:
        """Storage words (hex) of (contract, slot) pairs."""
        keys = [f"{address}#{slot}" for address, slot in places]
        known = self.store.answers(keys)
        missing = [n for n, key in enumerate(keys) if key not in known]
        if missing:
            self.probe()
            words = self.client.batch([("eth_getStorageAt", [*places[n], self.tag]) for n in missing])
            fresh = {keys[n]: self._answer(word) for n, word in zip(missing, words, strict=True)}
            self.store.keep_answers(fresh)
            known |= fresh
        return ["0x" + (known[key] or b"").rjust(32, b"\0").hex() for key in keys]

    def uncached(self, calls: Sequence[Call]) -> list[Any]:
        """Decoded answers by raw batches, not kept: for whoever keeps something shorter."""
        requests = [("eth_call", [{"to": target, "data": calldata(view, *arguments)}, self.tag])
                    for target, view, arguments in calls]
        return [_decoded(view, self._answer(result))
                for (_, view, _), result in zip(calls, self.client.batch(requests), strict=True)]

    def _fetch(self, calls: list[tuple[str, str]]) -> list[bytes | None]:
        """What the reader says is None is asked again one by one: a call may have run out of the chunk's gas."""
        found = self.chunked(calls, self._tried) if self.reader else None
        found = [None] * len(calls) if found is None else found
        again = [n for n, data in enumerate(found) if data is None]
        requests = [("eth_call", [dict(zip(("to", "data"), calls[n], strict=True)), self.tag]) for n in again]
        for n, result in zip(again, self.client.batch(requests), strict=True):
            found[n] = self._answer(result)
        return found

    def _tried(self, calls: Sequence[tuple[str, str]]) -> list[bytes | None]:
        said = self.by_reader("tried", [to for to, _ in calls], [bytes.fromhex(data[2:]) for _, data in calls])
        well, parts = decode(["bool[]", "bytes[]"], said)
        return [part if ok and part else None for ok, part in zip(well, parts, strict=True)]

    def chunked(self, items: Sequence[Any], ask: Callable[[Sequence[Any]], list[Any]]) -> list[Any] | None:
        """What `ask` gives for all items, in chunks that shrink to what the node takes; None: it takes not even one."""
        found: list[Any] = []
        while len(found) < len(items):
            part = items[len(found) : len(found) + self.chunk]
            try:
                found += ask(part)
            except RpcError as error:
                self.raise_if_lost(error)
                if self.chunk == 1:
                    self.reader = False
                    return None
                self.chunk = max(1, min(self.chunk, len(part)) // 2)
        return found

    def _answer(self, result: Any) -> bytes | None:
        """The bytes of a call that went well and said something."""
        if isinstance(result, RpcError):
            self.raise_if_lost(result)
            return None
        return bytes.fromhex(result[2:]) or None

    def raise_if_lost(self, error: RpcError) -> None:
        """Reorganised or NodeError if the refusal is about the block and not about the call."""
        words = error.message.lower()
        if any(word in words for word in GONE):
            raise Reorganised(f"{self.client.name}: {self.block} was reorganised away while it was read")
        self._raise_if_pruned(error)

    def _raise_if_pruned(self, error: RpcError) -> None:
        if any(word in error.message.lower() for word in PRUNED):
            raise NodeError(f"{self.client.name}: no longer holds the state of {self.block} ({error.message}): "
                            "use an archive node or a later block")


def _decoded(view: str, data: bytes | None) -> Any:
    """None also for bytes that are no such answer: a contract that answers everything with something else."""
    try:
        return None if data is None else answer(view, data)
    except Exception as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return None
