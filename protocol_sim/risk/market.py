"""A market asked "what if this price were another": health of its accounts at a price, on the model's own rules.

Works on a world of Python records (`world.build`); every price that is tried is put back.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from protocol_sim.agents.view import View
from protocol_sim.errors import BadInput
from protocol_sim.protocols import base as protocols
from protocol_sim.protocols.base import Health
from protocol_sim.scenario import Scenario


class Place(NamedTuple):
    """An asset of a protocol in a world: protocol index, asset index, its link, and the accounts' names."""

    protocol: int
    asset: int
    link: int
    price: int                     # what the protocol was told last, base currency per whole token


def place_of(scenario: Scenario, world: View, protocol: str, asset: str) -> Place:
    """Where a reserve stands; BadInput for a name that is not there."""
    names = [p.name for p in scenario.protocols]
    if protocol not in names:
        raise BadInput(scenario.where, "protocol", f"one of {', '.join(names)}", repr(protocol))
    p = names.index(protocol)
    assets = [reserve.asset for reserve in scenario.protocols[p].reserves]
    if asset not in assets:
        raise BadInput(scenario.where, "asset", f"one of {', '.join(assets)}", repr(asset))
    k = assets.index(asset)
    link = world.venues[p].first_link + k
    return Place(p, k, link, int(world.links[link].price))


@contextmanager
def kept(world: View, place: Place) -> Iterator[None]:
    """Put the price back at the end."""
    try:
        yield
    finally:
        protocols.reprice(world.protocols, place.protocol, place.asset, place.price)


def health_at(world: View, place: Place, account: int, price: int) -> Health:
    """Health of an account with the asset at `price`; the price stays (see `kept`)."""
    protocols.reprice(world.protocols, place.protocol, place.asset, price)
    return protocols.health(world.protocols, place.protocol, account, world.clock[0].now)


def debtors(world: View, protocol: int) -> list[int]:
    """Accounts that owe anything."""
    count = protocols.account_count(world.protocols, protocol)
    return [i for i in range(count) if protocols.has_debt(world.protocols, protocol, i)]
