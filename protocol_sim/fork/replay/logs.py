"""Logs of a market as events: emitters and addresses by name, arguments as integers; unknown topics keep no name."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from eth_utils.crypto import keccak

from protocol_sim.fork.adapters.aave_v3.people import POOL
from protocol_sim.fork.artifacts import Event, EventAbi
from protocol_sim.fork.deploy.aave_v3_contracts import LAST
from protocol_sim.fork.replay.feeds import FEED_EVENTS, Feeds
from protocol_sim.fork.replay.place import NOBODY, Place

CONFIGURATOR, ACL, ORACLE, PROVIDER, STRATEGY = "configurator", "acl", "oracle", "provider", "strategy"
TRANSFER = "0x" + keccak(text="Transfer(address,address,uint256)").hex()
PROXY = {"0x" + keccak(text="Upgraded(address)").hex(): EventAbi("Upgraded", ("address",), (True,))}


class Log(NamedTuple):
    """One event; `name` is "" for a topic that no ABI of the emitter has, `args` then its topics and data."""

    block: int
    at: int  # s, of the block
    tx: str
    place: int  # log index
    emitter: str
    name: str
    args: tuple[Any, ...]

    @property
    def event(self) -> Event:
        """Without its place."""
        return self.emitter, self.name, self.args


class Take(NamedTuple):
    """Underlying that moved in (`amount` above 0) or out of an aToken."""

    place: int  # log index
    k: int
    party: str  # address
    amount: int  # raw


@dataclass(frozen=True)
class Transaction:
    """What one transaction left, in log-index order."""

    block: int
    at: int
    tx: str
    logs: tuple[Log, ...]
    moves: tuple[Take, ...]


class Decoder:
    """Addresses and ABIs of one market."""

    def __init__(self, place: Place, feeds: Feeds) -> None:
        self.place = place
        self.names = {NOBODY: "", place.pool: POOL}
        for name, t in zip(place.names, place.tokens, strict=True):
            self.names |= {t.underlying: name, t.a_token: f"a{name}"}
            if place.version == LAST:
                self.names[t.strategy] = STRATEGY
        self.addresses = {name: address for address, name in self.names.items()}
        self._readers = {address: (name, {topic: (abi.name, _reader(abi)) for topic, abi in events.items()})
                         for address, (name, events) in self._emitters(feeds).items()}
        self._tokens = {t.underlying: k for k, t in enumerate(place.tokens)}
        self._holders = {t.a_token for t in place.tokens}

    def _emitters(self, feeds: Feeds) -> dict[str, tuple[str, dict[str, EventAbi]]]:
        place = self.place
        code = place.code
        found = {place.pool: (POOL, code("Pool").events() | PROXY),
                 place.configurator: (CONFIGURATOR, code("PoolConfigurator").events() | PROXY),
                 place.acl: (ACL, code("ACLManager").events()), place.oracle: (ORACLE, code("AaveOracle").events()),
                 place.provider: (PROVIDER, code("PoolAddressesProvider").events())}
        for name, t in zip(place.names, place.tokens, strict=True):
            found[t.a_token] = (f"a{name}", code("AToken").events() | PROXY)
            found[t.variable] = (f"variable {name}", code("VariableDebtToken").events() | PROXY)
            if t.stable:
                found[t.stable] = (f"stable {name}", code("StableDebtToken").events() | PROXY)
            if place.version == LAST:
                found[t.strategy] = (STRATEGY, code("DefaultReserveInterestRateStrategyV2").events())
        return found | {address: (address, FEED_EVENTS) for address in feeds.emitters()}

    @property
    def watched(self) -> list[str]:
        """Addresses whose every log must be explained."""
        return list(self._readers)

    def filters(self) -> list[dict[str, Any]]:
        """What `eth_getLogs` is asked: the watched, and the underlying that aTokens give and take."""
        tokens = [t.underlying for t in self.place.tokens]
        holders = ["0x" + "00" * 12 + t.a_token[2:] for t in self.place.tokens]
        return [{"address": self.watched}, {"address": tokens, "topics": [TRANSFER, holders]},
                {"address": tokens, "topics": [TRANSFER, None, holders]}]

    def transactions(self, raw: Sequence[dict[str, Any]], times: dict[int, int]) -> Iterator[Transaction]:
        """Logs of a range, in any order and perhaps twice, as transactions in the chain's order."""
        seen = {(int(x["blockNumber"], 16), int(x["logIndex"], 16)): x for x in raw}
        start: tuple[int, str] | None = None
        logs: list[Log] = []
        moves: list[Take] = []
        for (block, index), x in sorted(seen.items()):
            tx = x["transactionHash"]
            if start is not None and start != (block, tx):
                yield Transaction(start[0], times[start[0]], start[1], tuple(logs), tuple(moves))
                logs, moves = [], []
            start = block, tx
            address = x["address"].lower()
            if address in self._tokens and address not in self._readers:
                moves += self._move(index, address, x)
            else:
                logs.append(Log(block, times[block], tx, index, *self.read(x)))
        if start is not None:
            yield Transaction(start[0], times[start[0]], start[1], tuple(logs), tuple(moves))

    def _move(self, index: int, address: str, x: dict[str, Any]) -> list[Take]:
        k, value = self._tokens[address], int(x["data"], 16)
        giver, taker = ("0x" + topic[26:] for topic in x["topics"][1:3])
        own = self.place.tokens[k].a_token
        if giver == taker:
            return []
        return [*([Take(index, k, taker, -value)] if giver == own else []),
                *([Take(index, k, giver, value)] if taker == own else [])]

    def read(self, x: dict[str, Any]) -> Event:
        """One log as an event."""
        emitter, topics = self._readers[x["address"].lower()]
        found = topics.get(x["topics"][0] if x["topics"] else "")
        if found is None:
            return emitter, "", (*x["topics"], x["data"])
        name, reader = found
        try:
            return emitter, name, tuple(self.names.get(v, v) if type(v) is str else v for v in reader(x))
        except (ValueError, IndexError):
            return emitter, "", (*x["topics"], x["data"])


def _reader(abi: EventAbi) -> Callable[[dict[str, Any]], list[Any]]:
    """How to read a log's arguments; words by hand, which is ten times faster than an ABI library."""
    plain = [t for t, i in zip(abi.types, abi.indexed, strict=True) if not i]
    if any(t.endswith("]") or t in ("string", "bytes") or t.startswith("(") for t in abi.types):
        return lambda x: list(_lowered(abi.arguments(x["topics"], bytes.fromhex(x["data"][2:]))))
    steps = list(zip([_word(t) for t in abi.types], abi.indexed, strict=True))
    length = 2 + 64 * len(plain)

    def read(x: dict[str, Any]) -> list[Any]:
        topics, data, at, topic, found = x["topics"], x["data"], 2, 1, []
        if len(data) != length or len(topics) != 1 + len(steps) - len(plain):
            raise ValueError("another shape than the ABI's")
        for word, indexed in steps:
            if indexed:
                found.append(word(topics[topic][2:]))
                topic += 1
            else:
                found.append(word(data[at : at + 64]))
                at += 64
        return found

    return read


def _lowered(values: Sequence[Any]) -> Iterator[Any]:
    return (v.lower() if isinstance(v, str) and v.startswith("0x") else v for v in values)


def _word(kind: str) -> Callable[[str], Any]:
    if kind == "address":
        return lambda word: "0x" + word[24:].lower()
    if kind == "bool":
        return lambda word: word[-1] == "1"
    if kind == "bytes32":
        return bytes.fromhex
    if kind.startswith("int"):
        return lambda word: int(word, 16) - ((int(word, 16) >> 255) << 256)
    return lambda word: int(word, 16)
