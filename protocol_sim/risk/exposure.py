"""A book at its first block: leverage, headroom, concentration, and what falls due at which price.

Definitions, per account and in the protocol's base currency:
- leverage = collateral / (collateral - debt); infinite at or under water (Adrian and Shin 2010, assets over equity).
- headroom = 1 - 1 / health factor: the share that the threshold-weighted collateral can lose before liquidation.
- concentration: the Herfindahl-Hirschman index, sum of squared shares of all debt, times 10,000 (US merger guidelines:
  above 2,500 is highly concentrated), and the share of the largest borrowers.
- liquidatable value at a price: collateral and debt of the accounts whose health factor is below 1 there; latent bad
  debt: what they owe above their collateral.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from protocol_sim.numeric import WAD
from protocol_sim.protocols import base as protocols
from protocol_sim.risk.kill_price import kill_price
from protocol_sim.risk.market import debtors, health_at, kept, place_of
from protocol_sim.scenario import Scenario
from protocol_sim.world import account_names, build

if TYPE_CHECKING:
    import pandas as pd

WHOLE = 10_000


class Concentration(NamedTuple):
    """How much of all debt lies with few; base currency of the protocol."""

    borrowers: int
    debt: int
    hhi: int                       # 0 … 10,000
    top: tuple[tuple[str, int], ...]                 # (account, debt), the largest first
    top_share_bps: int


def accounts(scenario: Scenario, protocol: str) -> "pd.DataFrame":
    """One row an indebted account: collateral, debt (base currency), health factor (wad), leverage, headroom."""
    import pandas as pd

    world = build(scenario)
    p = [one.name for one in scenario.protocols].index(protocol)
    names, now = account_names(scenario, protocol), world.clock[0].now
    rows = []
    for i in debtors(world, p):
        health = protocols.health(world.protocols, p, i, now)
        collateral, debt, factor = int(health.collateral), int(health.debt), int(health.factor)
        leverage = collateral / (collateral - debt) if collateral > debt else float("inf")
        rows.append((names[i], collateral, debt, factor, leverage, 1.0 - WAD / factor if factor else float("-inf")))
    columns = ("account", "collateral", "debt", "health_factor", "leverage", "headroom")
    frame = pd.DataFrame(rows, columns=list(columns))
    return frame.astype({"collateral": object, "debt": object, "health_factor": object})


def concentration(debts: Sequence[tuple[str, int]], top: int = 5) -> Concentration:
    """Of (account, debt); all in one unit. Integers, rounded down."""
    owed = sorted(((name, debt) for name, debt in debts if debt > 0), key=lambda pair: (-pair[1], pair[0]))
    total = sum(debt for _, debt in owed)
    if total == 0:
        return Concentration(0, 0, 0, (), 0)
    hhi = sum(debt * debt for _, debt in owed) * WHOLE // (total * total)
    largest = tuple(owed[:top])
    return Concentration(len(owed), total, hhi, largest, sum(debt for _, debt in largest) * WHOLE // total)


def kill_prices(scenario: Scenario, protocol: str, asset: str) -> "pd.DataFrame":
    """One row an indebted account: its kill price of `asset` (raw, None: there is none), direction, distance now."""
    import pandas as pd

    world = build(scenario)
    place = place_of(scenario, world, protocol, asset)
    names = account_names(scenario, protocol)
    found = [kill_price(world, place, i) for i in debtors(world, place.protocol)]
    return pd.DataFrame({
        "account": [names[kill.account] for kill in found],
        "kill_price": pd.Series([kill.price for kill in found], dtype=object),
        "direction": [kill.direction if kill.price is not None else None for kill in found],
        "distance": [None if kill.price is None else kill.price / place.price - 1.0 for kill in found],
    })


def liquidatable(scenario: Scenario, protocol: str, asset: str, prices: Sequence[int]) -> "pd.DataFrame":
    """One row a price (raw, of the feed): accounts below 1, their collateral and debt, and latent bad debt."""
    import pandas as pd

    world = build(scenario)
    place = place_of(scenario, world, protocol, asset)
    owing = debtors(world, place.protocol)
    rows = []
    with kept(world, place):
        for price in prices:
            count = collateral = debt = short = 0
            for i in owing:
                health = health_at(world, place, i, price)
                if health.factor < WAD:
                    count, collateral, debt = count + 1, collateral + int(health.collateral), debt + int(health.debt)
                    short += max(0, int(health.debt) - int(health.collateral))
            rows.append((price, count, collateral, debt, short))
    columns = ("price", "accounts", "collateral", "debt", "latent_bad_debt")
    return pd.DataFrame({name: pd.Series([row[n] for row in rows], dtype=object) for n, name in enumerate(columns)})
