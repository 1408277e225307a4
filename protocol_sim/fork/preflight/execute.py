"""The change on a fork: the ACL admin's own calls in one block, then every account's data from the contracts.

The fork is a node of our own, so that nothing of the given node changes. The admin is the ACL admin that the addresses
provider names; where it lacks a role it gives itself that role first, on the fork.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from eth_abi.abi import encode

from protocol_sim.errors import BadInput, ProtocolSimError
from protocol_sim.fork.adapters.aave_v3.chain import overload
from protocol_sim.fork.anvil import Node, forked
from protocol_sim.fork.artifacts import Contract
from protocol_sim.fork.capture.pinned import Pinned
from protocol_sim.fork.capture.store import Store
from protocol_sim.fork.client import Client, NodeError
from protocol_sim.fork.deploy.aave_v3_contracts import FIRST, LAST, contract
from protocol_sim.fork.preflight.steps import Call
from protocol_sim.fork.rpc import RpcError
from protocol_sim.fork.snapshot.records import Block, Snapshot
from protocol_sim.fork.solc import compiled

OPTIONS = ("--auto-impersonate", "--gas-limit", "4000000000")
GAS = 8_000_000
AT_ONCE = 1_000
FIELDS = ("collateral", "debt", "available borrows", "threshold", "ltv", "health factor")
Tell = Callable[[int, int], None]


@dataclass
class Executed:
    """What the contracts say. `answers`: of `getUserAccountData` by address, in the order of `FIELDS`."""

    block: int
    admin: str
    calls: int
    refused: list[str] = field(default_factory=list)  # calls that reverted, with the reason
    answers: dict[str, tuple[int, ...]] = field(default_factory=dict)


def execute(
    url: str, snapshot: Snapshot, calls: Sequence[Call], now: int, addresses: Sequence[str], tell: Tell | None = None
) -> Executed:
    """Make the calls at `now` on a fork of the node at `url`. BadInput where that node has not the snapshot's block."""
    if snapshot.version not in (FIRST, LAST):
        raise BadInput("preflight", "--anvil", f"contracts of {FIRST} or {LAST}", snapshot.version)
    upstream = Client(url)
    try:
        head = upstream.call("eth_getBlockByNumber", hex(snapshot.block.number), False)
    finally:
        upstream.close()
    if head is None or head["hash"] != snapshot.block.hash:
        raise BadInput("preflight", "--anvil", f"a node with {snapshot.block}", "no such block at " + upstream.name)
    with forked(url, snapshot.block.number, *OPTIONS) as node:
        made = Admin(node, snapshot).execute(calls, now)
        made.answers = account_data(node, snapshot, made.block, addresses, tell)
        return made


def account_data(
    node: Node, snapshot: Snapshot, number: int, addresses: Sequence[str], tell: Tell | None = None
) -> dict[str, tuple[int, ...]]:
    """`getUserAccountData` of each address at a block of the fork."""
    head, client = node.call("eth_getBlockByNumber", hex(number), False), Client(node.url)
    try:
        block = Block(snapshot.block.chain_id, number, head["hash"], int(head["timestamp"], 16))
        pinned, pool = Pinned(client, block, Store(None, block)), snapshot.addresses["pool"]
        found: dict[str, tuple[int, ...]] = {}
        for first in range(0, len(addresses), AT_ONCE):
            part = addresses[first : first + AT_ONCE]
            said = pinned.read([(pool, "getUserAccountData", (a,)) for a in part])
            if None in said:
                raise NodeError(f"preflight: {pool} does not answer getUserAccountData() after the change")
            found.update(zip(part, said, strict=True))
            if tell is not None:
                tell(len(found), len(addresses))
        return found
    finally:
        client.close()


class Admin:
    """The ACL admin on a fork that mines nothing by itself."""

    def __init__(self, node: Node, snapshot: Snapshot) -> None:
        self._node, self._snapshot = node, snapshot
        self.address = str(self._read("PoolAddressesProvider", snapshot.addresses["provider"], "getACLAdmin")).lower()
        self._nonce = int(node.call("eth_getTransactionCount", self.address, "latest"), 16)

    def execute(self, calls: Sequence[Call], now: int) -> Executed:
        """Roles and new contracts in the block before, then the calls at `now`."""
        node, at = self._node, self._snapshot.addresses
        node.call("evm_setAutomine", False)
        node.call("anvil_setBalance", self.address, hex(10**20))
        acl = self._code("ACLManager")
        roles = [self._send(at["acl"], acl.call(f"add{role}", self.address))
                 for role in ("PoolAdmin", "EmergencyAdmin", "RiskAdmin")]
        made = {n: self._send(None, data) for n, call in enumerate(calls) if (data := self._creation(call))}
        self._mine(self._snapshot.block.time + 1)
        for sent in roles:
            if self._receipt(sent)["status"] != "0x1":
                raise ProtocolSimError(f"preflight: {self.address} is the ACL admin and may not give itself a role")
        created = {n: str(self._receipt(sent)["contractAddress"]).lower() for n, sent in made.items()}
        sent_calls = [self._send(*self._target(call, created.get(n, ""))) for n, call in enumerate(calls)]
        self._mine(now)
        number = int(node.call("eth_blockNumber"), 16)
        found = Executed(number, self.address, len(calls))
        for call, sent in zip(calls, sent_calls, strict=True):
            receipt = self._receipt(sent)
            if receipt["status"] != "0x1":
                found.refused.append(f"{call.function or call.makes}: 0x{node.refusal(receipt).hex()}")
        return found

    # ---- calls ------------------------------------------------------------------------------------------------------
    def _creation(self, call: Call) -> str:
        """Creation code of what a call needs first, "" for nothing."""
        if call.makes == "feed":
            return compiled("SettableFeed").creation(8, "preflight", *call.arguments)
        if call.makes == "cap":
            listed, oracle = self._snapshot.listed[call.k], self._snapshot.addresses["oracle"]
            source = str(self._read("AaveOracle", oracle, "getSourceOfAsset", listed.address))
            if int(source, 16) == 0:
                raise BadInput("preflight", "price-cap", f"a price source of {listed.symbol}", "none")
            return compiled("CappedFeed").creation(source, *call.arguments)
        if call.makes == "strategy":
            provider = self._snapshot.addresses["provider"]
            return self._code("DefaultReserveInterestRateStrategy").creation(provider, *call.arguments)
        return ""

    def _target(self, call: Call, created: str) -> tuple[str, str]:
        at, asset = self._snapshot.addresses, self._snapshot.listed[call.k].address if call.k >= 0 else ""
        configurator = self._code("PoolConfigurator")
        if call.makes in ("feed", "cap"):
            return at["oracle"], self._code("AaveOracle").call("setAssetSources", [asset], [created])
        if call.makes == "strategy":
            return at["configurator"], configurator.call("setReserveInterestRateStrategyAddress", asset, created)
        if call.function == "setEModeCategory":
            return at["configurator"], configurator.call(call.function, *call.arguments, *self._mode(call.arguments[0]))
        if call.function == "setReserveInterestRateData":
            data = encode(["uint16", "uint32", "uint32", "uint32"], call.arguments)
            return at["configurator"], configurator.call(call.function, asset, data)
        if call.function == "setReservePause":
            two = overload(self._snapshot.version, "PoolConfigurator", call.function, 2)
            return at["configurator"], two.call(call.function, asset, *call.arguments)
        return at["configurator"], configurator.call(call.function, asset, *call.arguments)

    def _mode(self, category: int) -> tuple[Any, ...]:
        """What `setEModeCategory` takes beyond the numbers, as it is: a price source (3.0.2) and the label."""
        pool = self._snapshot.addresses["pool"]
        if self._snapshot.version == LAST:
            return (self._read("Pool", pool, "getEModeCategoryLabel", category),)
        return tuple(self._read("Pool", pool, "getEModeCategoryData", category)[3:5])

    def _code(self, name: str) -> Contract:
        return contract(self._snapshot.version, name)

    def _read(self, name: str, to: str, function: str, *arguments: Any) -> Any:
        code = self._code(name)
        try:
            return code.answer(function, self._node.read(to, code.call(function, *arguments)))[0]
        except RpcError as error:
            raise NodeError(f"preflight: {function} of {to}: {error.message}") from None

    # ---- blocks -----------------------------------------------------------------------------------------------------
    def _send(self, to: str | None, data: str) -> str:
        tx = {"from": self.address, "data": data, "gas": hex(GAS), "gasPrice": "0x0", "nonce": hex(self._nonce)}
        self._nonce += 1
        sent: str = self._node.call("eth_sendTransaction", tx if to is None else {**tx, "to": to})
        return sent

    def _mine(self, at: int) -> None:
        self._node.next_timestamp(at)
        self._node.call("evm_mine")

    def _receipt(self, sent: str) -> dict[str, Any]:
        found = self._node.call("eth_getTransactionReceipt", sent)
        if found is None:
            raise ProtocolSimError(f"preflight: a transaction of {self.address} was not mined: {sent}")
        return dict(found)
