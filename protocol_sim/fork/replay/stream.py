"""A chain's logs, range by range: the ranges grow while the node gives them and shrink when it refuses."""

from collections.abc import Iterator, Sequence
from typing import Any

from protocol_sim.fork.client import Client, NodeError
from protocol_sim.fork.replay.logs import Decoder, Transaction
from protocol_sim.fork.rpc import RpcError

FIRST_RANGE, LARGEST = 200, 2_000  # blocks
ENOUGH, HEADS = 10_000, 200  # logs of one range, about; block headers asked for at once


def ranges(
    client: Client, decoder: Decoder, first: int, last: int
) -> Iterator[tuple[int, int, list[Transaction], dict[int, int]]]:
    """(first block, last block, transactions, times of all its blocks)."""
    width = FIRST_RANGE
    while first <= last:
        until = min(first + width - 1, last)
        try:
            raw = get_logs(client, decoder.filters(), first, until)
        except (RpcError, NodeError):  # a refusal, a time-out or an answer cut short: less may do
            if first == until:
                raise
            width = max(1, (until - first + 1) // 2)
            continue
        times = block_times(client, range(first, until + 1), raw)
        yield first, until, list(decoder.transactions(raw, times)), times
        first = until + 1
        width = min(LARGEST, 2 * width if len(raw) < ENOUGH else max(1, width * ENOUGH // len(raw)))


def get_logs(client: Client, filters: Sequence[dict[str, Any]], first: int, last: int) -> list[dict[str, Any]]:
    """What any of the filters finds."""
    asked = [("eth_getLogs", ({**f, "fromBlock": hex(first), "toBlock": hex(last)},)) for f in filters]
    return [log for part in client.must(asked) for log in part]


def block_times(client: Client, blocks: range, raw: Sequence[dict[str, Any]]) -> dict[int, int]:
    """Unix seconds of every block; those that the logs tell are not asked for."""
    found = {int(x["blockNumber"], 16): int(x["blockTimestamp"], 16) for x in raw if x.get("blockTimestamp")}
    missing = [n for n in blocks if n not in found]
    for first in range(0, len(missing), HEADS):
        part = missing[first : first + HEADS]
        heads = client.must([("eth_getBlockByNumber", (hex(n), False)) for n in part])
        found |= {n: int(head["timestamp"], 16) for n, head in zip(part, heads, strict=True)}
    return found
