"""A market at one block, through `capture`'s reads: where its contracts are, and any accounts' state."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from protocol_sim.errors import BadInput
from protocol_sim.fork.artifacts import Contract
from protocol_sim.fork.capture.people import people
from protocol_sim.fork.capture.pinned import Pinned
from protocol_sim.fork.capture.reserves import FLASH_BORROWER, Core, categories, core, reserves, settings
from protocol_sim.fork.capture.run import pinned_block
from protocol_sim.fork.capture.signatures import answer, calldata
from protocol_sim.fork.capture.store import Store
from protocol_sim.fork.client import Client
from protocol_sim.fork.deploy.aave_v3 import ISOLATED_SUPPLIER, Tokens
from protocol_sim.fork.deploy.aave_v3_contracts import FIRST, LAST, contract
from protocol_sim.fork.rpc import RpcError
from protocol_sim.fork.snapshot.records import Block, Listed, People, Snapshot
from protocol_sim.protocols.aave_v3.state import Account, Holding

NOBODY = "0x" + "00" * 20


@dataclass(frozen=True)
class Place:
    """Addresses, in lower case; `names` by reserve, in the pool's own order."""

    version: str
    provider: str
    pool: str
    configurator: str
    oracle: str
    acl: str
    treasury: str
    umbrella: str  # "" where nobody is
    names: tuple[str, ...]
    tokens: tuple[Tokens, ...]  # `feed` "" where the oracle has no source

    def code(self, name: str) -> Contract:
        """A contract of this version."""
        return contract(self.version, name)


def place_of(client: Client, snapshot: Snapshot) -> Place:
    """BadInput for a version whose logs are not told here."""
    if snapshot.version not in (FIRST, LAST):
        raise BadInput("replay", "version", f"{FIRST} or {LAST}", snapshot.version)
    at, symbols = snapshot.addresses, [x.symbol for x in snapshot.listed]
    names = tuple(s if symbols.count(s) == 1 else f"{s}-{x.address[2:8]}"
                  for s, x in zip(symbols, snapshot.listed, strict=True))
    number = snapshot.block.number
    sources = [view(client, number, at["oracle"], "getSourceOfAsset", x.address) for x in snapshot.listed]
    tokens = tuple(Tokens(x.address, x.a_token, x.stable_debt, x.variable_debt, "" if source == NOBODY else source,
                          x.strategy) for x, source in zip(snapshot.listed, sources, strict=True))
    return Place(snapshot.version, at["provider"], at["pool"], at["configurator"], at["oracle"], at["acl"],
                 snapshot.treasury, snapshot.umbrella, names, tokens)


class Moment:
    """One block of a node; reads stay in memory."""

    def __init__(self, client: Client, block: Block, address: str, version: str) -> None:
        self.block = block
        self.pinned = Pinned(client, block, Store(None, block))
        self.core: Core = core(self.pinned, address, version)
        self.listed: tuple[Listed, ...] = reserves(self.pinned, self.core)

    def people(self, addresses: Sequence[str]) -> People:
        """These accounts, in this order, whether they hold anything or not."""
        roles = [(role, a) for role in (FLASH_BORROWER, ISOLATED_SUPPLIER) for a in addresses]
        return people(self.pinned, self.core, self.listed, list(addresses), list(addresses), roles, True, _silent)

    def snapshot(self, addresses: Sequence[str], treasury: str) -> Snapshot:
        """The market with these accounts; nothing of pools, code and allowances."""
        core = self.core
        everybody = list(dict.fromkeys([*addresses, treasury, *([core.umbrella] if core.umbrella else [])]))
        at = {"provider": core.provider, "pool": core.pool, "configurator": core.configurator, "oracle": core.oracle,
              "acl": core.acl}
        return Snapshot(
            protocol="aave-v3", version=core.version, block=self.block, block_time=1, complete=False, addresses=at,
            code={}, settings=settings(self.pinned, core), treasury=treasury, umbrella=core.umbrella,
            listed=self.listed, categories=categories(self.pinned, core), allowances=(), pools=(),
            people=self.people(everybody),
        )


def moment(client: Client, number: int, address: str, version: str) -> Moment:
    """A block by its number."""
    return Moment(client, pinned_block(client, number, None, None), address, version)


def _silent(_done: int, _all: int) -> None:
    pass


def rows(found: People, count: int) -> list[tuple[Account, list[Holding]]]:
    """Accounts in the model's records, with a holding for each of `count` reserves."""
    made = [(Account(collateral=found.collateral[i], borrowing=found.borrowing[i], emode=found.emode[i],
                     flash_borrower=found.flash_borrower[i], isolated_supplier=found.isolated_supplier[i]),
             [Holding() for _ in range(count)]) for i in range(len(found.addresses))]
    for i, k, *values in zip(found.owner, found.reserve, *found.values, strict=True):
        scaled, debt, supply_index, debt_index, principal, rate, updated = values
        made[i][1][k] = Holding(scaled_supply=scaled, scaled_debt=debt, supply_index=supply_index,
                                debt_index=debt_index, stable_principal=principal, stable_rate=rate,
                                stable_updated=updated)
    return made


def view(client: Client, block: int, target: str, name: str, *arguments: Any) -> Any:
    """One view of `capture.signatures` at a block; None where nothing answers."""
    try:
        data = client.call("eth_call", {"to": target, "data": calldata(name, *arguments)}, hex(block))
    except RpcError:
        return None
    return answer(name, bytes.fromhex(data[2:])) if len(data) > 2 else None


# ---- rate strategies of 3.0.2 ---------------------------------------------------------------------------------------
CURVE = {"optimal": "OPTIMAL_USAGE_RATIO", "base_rate": "getBaseVariableBorrowRate",
         "variable_slope1": "getVariableRateSlope1", "variable_slope2": "getVariableRateSlope2",
         "stable_slope1": "getStableRateSlope1", "stable_slope2": "getStableRateSlope2",
         "base_stable_offset": "getBaseStableBorrowRate", "stable_excess_offset": "getStableRateExcessOffset",
         "optimal_stable": "OPTIMAL_STABLE_TO_TOTAL_DEBT_RATIO"}
"""Field of `state.Reserve` -> view of a strategy V1, ray."""


def curve(client: Client, block: int, strategy: str) -> dict[str, int]:
    """A strategy V1 by its views."""
    found = {field: int(view(client, block, strategy, name)) for field, name in CURVE.items()}
    found["base_stable_offset"] -= found["variable_slope1"]  # the view adds it
    return found


# ---- eModes of 3.0.2 ------------------------------------------------------------------------------------------------
def mode_feeds(client: Client, snapshot: Snapshot) -> dict[int, str]:
    """The feed behind each eMode's own price source."""
    if snapshot.version != FIRST:
        return {}
    block, found = snapshot.block.number, {}
    for category in snapshot.categories:
        if category["price"]:
            source = view(client, block, snapshot.addresses["pool"], "getEModeCategoryData", category["id"])[3]
            found[category["id"]] = view(client, block, snapshot.addresses["oracle"], "getSourceOfAsset", source)
    return found
