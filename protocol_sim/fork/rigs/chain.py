"""Blocks made by hand: transactions of any sender in the order given, then the block, at a time of its own.

Anvil works on the members of a JSON-RPC batch in any order, so transactions go one by one over a kept connection.
"""

from collections.abc import Sequence
from typing import Any

from protocol_sim.fork.anvil import Node

GAS = 3_000_000  # of one transaction; `Batch` gets more
Call = tuple[str, str, str]  # sender, to, calldata


class Chain:
    """Makes blocks `block_time` seconds apart on a node that mines nothing by itself."""

    def __init__(self, node: Node, block_time: int) -> None:
        self.node, self.block_time = node, block_time
        node.call("evm_setAutomine", False)
        last = node.call("eth_getBlockByNumber", "latest", False)
        self.number, self.now = int(last["number"], 16), int(last["timestamp"], 16)
        self._nonces: dict[str, int] = {}

    def block(self, calls: Sequence[Call], gas: int = GAS) -> None:
        """One block with these transactions; a refused one stays in it without effect, as on any chain."""
        for sender, to, data in calls:
            if sender not in self._nonces:
                self._nonces[sender] = int(self.node.call("eth_getTransactionCount", sender, "latest"), 16)
            tx = {"from": sender, "to": to, "data": data, "gas": hex(gas), "gasPrice": "0x0",
                  "nonce": hex(self._nonces[sender])}
            self._nonces[sender] += 1
            self.node.call("eth_sendTransaction", tx)
        self.now += self.block_time
        self.node.next_timestamp(self.now)
        self.node.call("evm_mine")
        self.number += 1

    def receipts(self, number: int | None = None) -> list[dict[str, Any]]:
        """Receipts of a block, the latest by default."""
        found: list[dict[str, Any]] = self.node.call("eth_getBlockReceipts", hex(number or self.number))
        return found
