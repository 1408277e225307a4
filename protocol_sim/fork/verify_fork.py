"""A snapshot against the chain it came from: the model's account data of everybody and `getUserAccountData`."""

from collections.abc import Callable
from dataclasses import dataclass, field

from protocol_sim.errors import BadInput
from protocol_sim.fork.capture.pinned import Pinned
from protocol_sim.fork.capture.store import Store
from protocol_sim.fork.client import Client, Patience
from protocol_sim.fork.snapshot.records import Snapshot
from protocol_sim.protocols.aave_v3.account import account_data

FIELDS = ("collateral", "debt", "health factor", "liquidation threshold", "ltv")
ANSWER = (0, 1, 5, 3, 4)  # where `getUserAccountData` has them
SHOWN = 3
AT_ONCE = 1_000


@dataclass
class ForkVerdict:
    """`different`: account, field, the model's value, the chain's."""

    snapshot: Snapshot
    equal: int = 0
    different: dict[str, list[tuple[str, int, int]]] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Every value of every account is equal, and there are accounts."""
        return self.equal > 0 and not self.different


def verify_fork(
    snapshot: Snapshot, rpc: str, *, patience: Patience | None = None,
    tell: Callable[[int, int], None] = lambda _done, _all: None,
) -> ForkVerdict:  # fmt: skip
    """Compare every account at the snapshot's block; `rpc` is the node it came from or a fork of that at the block.
    BadInput where the node has another chain or another block of that number."""
    client = Client(rpc, patience)
    try:
        return _verify(snapshot, client, tell)
    finally:
        client.close()


def _verify(snapshot: Snapshot, client: Client, tell: Callable[[int, int], None]) -> ForkVerdict:
    block = snapshot.block
    chain = int(client.call("eth_chainId"), 16)
    head = client.call("eth_getBlockByNumber", hex(block.number), False)
    if chain != block.chain_id or head is None or head["hash"] != block.hash:
        found = f"chain {chain}" if chain != block.chain_id else head and head["hash"]
        raise BadInput("verify fork", client.name, str(block), found)
    pinned = Pinned(client, block, Store(None, block))
    pinned.probe()
    market, people, verdict = snapshot.market(), snapshot.people.addresses, ForkVerdict(snapshot)
    pool = snapshot.addresses["pool"]
    for start in range(0, len(people), AT_ONCE):
        part = people[start : start + AT_ONCE]
        said = pinned.uncached([(pool, "getUserAccountData", (address,)) for address in part])
        for n, answer in enumerate(said):
            d = account_data(market, start + n, block.time)
            ours = (d.collateral, d.debt, d.health_factor, d.threshold, d.ltv)
            theirs = tuple(answer[place] for place in ANSWER) if answer else (-1,) * len(ANSWER)
            rows = [row for row in zip(FIELDS, ours, theirs, strict=True) if row[1] != row[2]]
            if rows:
                verdict.different[part[n]] = rows
            else:
                verdict.equal += 1
        tell(min(start + AT_ONCE, len(people)), len(people))
    return verdict


def render(verdict: ForkVerdict) -> str:
    """The counts, and the first differences with both values."""
    snapshot = verdict.snapshot
    lines = [f"Aave V{snapshot.version} at {snapshot.block}: {', '.join(FIELDS)}",
             f"accounts equal      {verdict.equal:,}", f"accounts different  {len(verdict.different):,}"]
    for address, rows in list(verdict.different.items())[:SHOWN]:
        lines += [f"  {address}  {name}: model {ours}, chain {theirs}" for name, ours, theirs in rows]
    return "\n".join(lines)
