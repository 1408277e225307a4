"""Who took part: accounts told by the protocol's logs, in block ranges as long as the node answers."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from eth_utils.crypto import keccak

from protocol_sim.fork.capture.pinned import Pinned
from protocol_sim.fork.client import NodeError
from protocol_sim.fork.rpc import RpcError

LONGEST = 100_000  # blocks in one request to begin with, and at most
TOLD: dict[str, int] = {
    "Borrow(address,address,address,uint256,uint8,uint256,uint16)": 2,
    "Supply(address,address,address,uint256,uint16)": 2,
    "MintUnbacked(address,address,address,uint256,uint16)": 2,
    "BalanceTransfer(address,address,uint256,uint256)": 2,
}
"""Events after which somebody may hold something new, and the topic that says who (0 is the event's own)."""
DELEGATED = "BorrowAllowanceDelegated(address,address,address,uint256)"
GRANTED = "RoleGranted(bytes32,address,address)"


def topic(signature: str) -> str:
    """The first topic of an event."""
    return "0x" + keccak(text=signature).hex()


BY_TOPIC = {topic(signature): place for signature, place in TOLD.items()}


def address_of(word: str) -> str:
    """The address in a topic."""
    return "0x" + word[-40:].lower()


def told(log: dict[str, Any]) -> list[str]:
    """What is kept of a log: for `TOLD` who it is about, for the others their name and topics."""
    topics = log["topics"]
    if topics[0] in BY_TOPIC:
        return [address_of(topics[BY_TOPIC[topics[0]]])]
    if topics[0] == topic(DELEGATED):
        return ["delegated", log["address"].lower(), address_of(topics[1]), address_of(topics[2])]
    return ["granted", topics[1], address_of(topics[2])]


def scan(
    pinned: Pinned, addresses: Sequence[str], events: Sequence[str], first: int, tell: Callable[[int, int], None]
) -> list[list[str]]:
    """What the logs of these contracts from block `first` on told, each thing once, in order. Ranges that are known
    are not asked for again; the block is checked after every range, so that no range of another chain is kept."""
    scope = f"{sorted(addresses)} {sorted(events)} {first}"
    last, span = pinned.block.number, LONGEST
    for start, end in list(gaps(pinned.store.ranges(scope), first, last)):
        at = start
        while at <= end:
            span, items = _range(pinned, addresses, events, at, min(end, at + span - 1), span)
            until = min(end, at + span - 1)
            pinned.check()
            pinned.store.keep_logs(scope, at, until, items)
            tell(until - first + 1, last - first + 1)
            at, span = until + 1, min(LONGEST, 2 * span)
    return [list(item) for item in dict.fromkeys(tuple(item) for item in pinned.store.found(scope))]


def _range(
    pinned: Pinned, addresses: Sequence[str], events: Sequence[str], at: int, until: int, span: int
) -> tuple[int, list[list[str]]]:
    """The logs from block `at`, in as long a range as the node answers: its length, and what they told."""
    span = min(span, until - at + 1)
    asked = {"address": list(addresses), "topics": [[topic(event) for event in events]], "fromBlock": hex(at)}
    while True:
        try:
            logs = pinned.client.call("eth_getLogs", asked | {"toBlock": hex(at + span - 1)})
            return span, list(map(list, dict.fromkeys(tuple(told(log)) for log in logs)))
        except RpcError as error:
            refusal = error.message
        except NodeError as error:  # a time-out, or an answer cut short: less may do
            if span == 1:
                raise
            refusal = str(error)
        if span == 1:
            raise NodeError(f"{pinned.client.name}: refuses the logs of block {at} alone: {refusal}")
        span = span // 2


def gaps(known: Sequence[tuple[int, int]], first: int, last: int) -> Iterator[tuple[int, int]]:
    """The parts of [first, last] that the known ranges leave out."""
    at = first
    for start, end in sorted(known):
        if start > at:
            yield at, start - 1
        at = max(at, end + 1)
    if at <= last:
        yield at, last


def born(pinned: Pinned, address: str) -> int:
    """The first block in which a contract has code, by bisection; 0 where the node does not hold old states."""
    low, high = 0, pinned.block.number
    while low < high:
        middle = (low + high) // 2
        try:
            code = pinned.client.call("eth_getCode", address, hex(middle))
        except RpcError:
            return 0
        low, high = (low, middle) if code not in ("0x", "", None) else (middle + 1, high)
    return low
