"""What every account has and owes at the end of a run: one row an account and asset with anything in it.

Of a world of tables the rows are gathered in compiled code, so that a book of 100,000 accounts takes about a second;
of a world of records the same rule text runs in Python.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from protocol_sim.agents.view import View
from protocol_sim.numeric import U256, Rows, record, rule
from protocol_sim.protocols import base as protocols
from protocol_sim.results.columns import Columns
from protocol_sim.scenario import Scenario
from protocol_sim.world import account_names

NAMES = ("protocol", "account", "asset", "collateral", "debt", "collateral_usd", "debt_usd")


FIELDS = ("protocol", "account", "asset", "collateral", "debt")


@record
class Held:
    """One account and asset."""

    protocol: int = 0
    account: int = 0
    asset: int = 0
    collateral: U256 = 0           # raw
    debt: U256 = 0                 # raw


class Found(NamedTuple):
    """Rows to fill; with none, rows are only counted."""

    rows: Rows[Held]


@rule
def gather(markets: Any, count: int, now: int, found: Found) -> int:
    """Fill the rows from `count` protocols at `now`; gives their number, or without rows how many there may be."""
    n = 0
    for p in range(count):
        for i in range(protocols.account_count(markets, p)):
            for k in range(protocols.asset_count(markets, p)):
                if protocols.uses(markets, p, i, k) != 0:
                    if len(found.rows) == 0:
                        n += 1
                    else:
                        collateral = protocols.collateral_of(markets, p, i, k, now)
                        debt = protocols.debt_of(markets, p, i, k, now)
                        if collateral > 0 or debt > 0:
                            row = found.rows[n]
                            row.protocol, row.account, row.asset = p, i, k
                            row.collateral, row.debt = collateral, debt
                            n += 1
    return n


def positions(scenario: Scenario, world: View) -> Columns:
    """Raw amounts of all accounts, and their USD value at the last outside prices (8 decimals, rounded down)."""
    rows: Sequence[Sequence[int]] = _compiled(world) if hasattr(world.protocols[0][1], "array") else _plain(world)
    names = [account_names(scenario, protocol.name) for protocol in scenario.protocols]
    columns: Columns = {name: [] for name in NAMES}
    for p, i, k, collateral, debt in zip(*rows, strict=True):
        token = world.tokens[world.links[world.venues[p].first_link + k].token]
        protocol = scenario.protocols[p]
        if i < len(names[p]):                        # the treasury stands after them
            row = (protocol.name, names[p][i], protocol.reserves[k].asset, collateral, debt,
                   collateral * token.outside // token.unit, debt * token.outside // token.unit)
            for name, cell in zip(NAMES, row, strict=True):
                columns[name].append(cell)
    return columns


def _plain(world: View) -> list[list[int]]:
    markets = (world.protocols, len(world.protocols), world.clock[0].now)
    rows = [Held() for _ in range(gather(*markets, Found([])))]
    rows = rows[: gather(*markets, Found(rows))] if rows else []
    return [[int(getattr(row, name)) for row in rows] for name in FIELDS]


def _compiled(world: Any) -> list[list[int]]:
    from protocol_sim.engine.gathering import gathered

    return gathered(world.protocols, world.clock[0].now)
