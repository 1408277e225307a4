"""Which logs move which prices: a source that answers itself, one behind a Chainlink proxy, one under a `CappedFeed`.

A source of any other kind says nothing when its price moves; the comparison with the views then shows it.
"""

from typing import Any, NamedTuple

from eth_utils.crypto import keccak

from protocol_sim.fork.artifacts import Contract, EventAbi
from protocol_sim.fork.client import Client
from protocol_sim.fork.replay.place import NOBODY, Place
from protocol_sim.fork.rpc import RpcError

_UINT, _INT, _ADDRESS = "uint256", "int256", "address"


def _event(name: str, types: tuple[str, ...], indexed: tuple[bool, ...]) -> tuple[str, EventAbi]:
    return "0x" + keccak(text=f"{name}({','.join(types)})").hex(), EventAbi(name, types, indexed)


FEED_EVENTS = dict((
    _event("AnswerUpdated", (_INT, _UINT, _UINT), (True, True, False)),
    _event("NewRound", (_UINT, _ADDRESS, _UINT), (True, True, False)),
    _event("CapUpdated", (_INT,), (False,)),
))


def _view(name: str, kind: str) -> dict[str, Any]:
    return {"type": "function", "name": name, "inputs": [], "outputs": [{"type": kind}]}


SOURCE = Contract("Source", (_view("aggregator", _ADDRESS), _view("source", _ADDRESS), _view("cap", _INT),
                             _view("latestAnswer", _INT)), "", {})
"""What a price source may answer."""


class Reader(NamedTuple):
    """A price that follows an emitter: of reserve k, or of an eMode; `cap`: the most it says, None without one."""

    k: int  # -1: an eMode's
    category: int
    cap: int | None
    capped_by: str  # address that emits `CapUpdated`, "" without one


class Feeds:
    """Emitter -> who follows it, as things stand at one block; `moved` follows a source that was exchanged."""

    def __init__(self, client: Client, place: Place, modes: dict[int, str], block: int) -> None:
        self._client = client
        self._readers: list[tuple[str, Reader]] = []
        for k, t in enumerate(place.tokens):
            if t.feed:
                self._follow(t.feed, k, 0, block)
        for category, source in modes.items():
            self._follow(source, -1, category, block)

    def emitters(self) -> set[str]:
        """Addresses to watch."""
        return {emitter for emitter, _ in self._readers} | {r.capped_by for _, r in self._readers if r.capped_by}

    def readers(self, emitter: str) -> list[Reader]:
        """Prices that an answer of `emitter` moves."""
        return [r for e, r in self._readers if e == emitter]

    def capped(self, address: str) -> list[tuple[str, Reader]]:
        """Prices under the cap of `address`, with their emitters."""
        return [(e, r) for e, r in self._readers if r.capped_by == address]

    def set_cap(self, address: str, cap: int) -> None:
        """A new cap."""
        self._readers = [(e, r._replace(cap=cap) if r.capped_by == address else r) for e, r in self._readers]

    def exchanged(self, k: int, source: str, block: int) -> bool:
        """Reserve k has another source; whether new emitters must be watched."""
        before = self.emitters()
        self._readers = [(e, r) for e, r in self._readers if r.k != k]
        self._follow(source, k, 0, block)
        return not self.emitters() <= before

    def answer(self, source: str, block: int) -> int:
        """What a source says at the end of a block."""
        return int(self._ask(source, "latestAnswer", block) or 0)

    def _follow(self, source: str, k: int, category: int, block: int) -> None:
        inner, cap, capped_by = self._ask(source, "source", block), None, ""
        if inner:
            cap, capped_by, source = int(self._ask(source, "cap", block)), source, str(inner).lower()
        behind = str(self._ask(source, "aggregator", block) or NOBODY).lower()
        self._readers.append((source if behind == NOBODY else behind, Reader(k, category, cap, capped_by)))

    def _ask(self, to: str, function: str, block: int) -> Any:
        """The answer, None where the contract has no such view."""
        try:
            data = self._client.call("eth_call", {"to": to, "data": SOURCE.call(function)}, hex(block))
        except RpcError:
            return None
        return SOURCE.answer(function, bytes.fromhex(data[2:]))[0] if len(data) >= 66 else None
