"""The replica's state against the views on the chain, field by field."""

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from protocol_sim.fork.replay.place import Moment, moment
from protocol_sim.fork.replay.replica import Replica
from protocol_sim.protocols.aave_v3.account import account_data
from protocol_sim.protocols.aave_v3.state import Holding, Market

CACHED = {"projected_at", "income_now", "debt_now"}
OWN = {"version", "treasury", "umbrella", "sentinel", "sequencer_down", "sequencer_since", "sentinel_grace"}
PART = 2_000  # accounts read at once


class Gap(NamedTuple):
    """One field of the state that is not what the chain shows."""

    block: int
    what: str  # a reserve, an account, an account in a reserve, an eMode
    field: str
    model: Any
    chain: Any


@dataclasses.dataclass
class Compared:
    """What a comparison looked at, and found."""

    block: int
    fields: int
    accounts: int
    gaps: list[Gap]


def compare(model: Replica, block: int, now: int, accounts: Iterable[int]) -> Compared:
    """Reserves, eModes, the pool's values, and these accounts: holdings, flags, `getUserAccountData`; at a block's
    end."""
    at = moment(model.client, block, model.place.provider, model.place.version)
    wanted, found = sorted(set(accounts)), Compared(block, 0, 0, [])
    for first in range(0, max(1, len(wanted)), PART):
        part = wanted[first : first + PART]
        addresses = [model.decoder.addresses.get(model.people[i], model.people[i]) for i in part]
        theirs = at.snapshot(addresses, model.place.treasury).market()
        if first == 0:
            found.gaps += _shared(found, model, theirs)
        found.gaps += _accounts(found, model, part, theirs)
        found.gaps += _data(found, model, at, part, addresses, now)
    return found


def _shared(found: Compared, model: Replica, theirs: Market) -> Iterator[Gap]:
    m = model.market
    for name, ours, reserve in zip(model.names, m.reserves, theirs.reserves, strict=True):
        yield from _rows(found, name, ours, reserve, CACHED)
    for number, (mine, mode) in enumerate(zip(m.categories, theirs.categories, strict=False)):
        yield from _rows(found, f"eMode {number}", mine, mode, set())
    yield from _rows(found, "pool", m.settings[0], theirs.settings[0], OWN)


def _rows(found: Compared, what: str, ours: Any, theirs: Any, but: set[str]) -> Iterator[Gap]:
    for name in type(ours).__slots__:
        if name not in but:
            found.fields += 1
            a, b = getattr(ours, name), getattr(theirs, name)
            if a != b:
                yield Gap(found.block, what, name, a, b)


def _accounts(found: Compared, model: Replica, part: list[int], theirs: Market) -> Iterator[Gap]:
    """Flags and holdings; the index of a token that somebody has none of is of no use to anybody."""
    count = len(model.names)
    for n, i in enumerate(part):
        found.accounts += 1
        yield from _rows(found, model.people[i], model.market.accounts[i], theirs.accounts[n], set())
        for k in range(count):
            ours = model.holding(i, k)
            yield from _rows(found, f"{model.people[i]} in {model.names[k]}", ours, theirs.holdings[n * count + k],
                             _unused(ours))


def _unused(h: Holding) -> set[str]:
    return {name for name, amount in (("supply_index", h.scaled_supply), ("debt_index", h.scaled_debt)) if not amount}


def _data(
    found: Compared, model: Replica, at: Moment, part: list[int], addresses: list[str], now: int
) -> Iterator[Gap]:
    pool = model.place.pool
    said = at.pinned.read([(pool, "getUserAccountData", (a,)) for a in addresses])
    for i, data in zip(part, said, strict=True):
        d = account_data(model.market, i, now)
        for name, a, b in (("collateral", d.collateral, data[0]), ("debt", d.debt, data[1]),
                           ("health factor", d.health_factor, data[5])):
            found.fields += 1
            if a != b:
                yield Gap(found.block, model.people[i], name, a, b)
