"""One row a path: what it came to, in a dozen integers."""

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

from protocol_sim.results import columns as table
from protocol_sim.results.columns import Columns
from protocol_sim.results.summary import Summary


class Row(NamedTuple):
    """Totals of one path; units as in `Summary`."""

    path: int
    blocks: int
    liquidations: int
    failed: int
    arbitrages: int
    bad_debt: int                  # USD, 8 decimals
    bad_debt_accounts: int
    repaid_usd: int                # USD, 8 decimals
    seized_usd: int                # USD, 8 decimals
    borrower_loss_usd: int         # USD, 8 decimals
    liquidator_profit: int         # raw units of the numeraire
    gas_spent: int                 # raw units of the numeraire
    event_hash: str
    engine: str                    # that ran this path: `exact` where compiled code could not take it


def row_of(path: int, summary: Summary, engine: str) -> Row:
    """The row of one path."""
    values = {name: getattr(summary, name) for name in Row._fields if name not in ("path", "engine")}
    return Row(path=path, engine=engine, **values)


def columns_of(rows: Iterable[Row]) -> Columns:
    """Rows as columns."""
    rows = list(rows)
    return {name: [row[n] for row in rows] for n, name in enumerate(Row._fields)}


def rows_of(columns: Columns) -> list[Row]:
    """Columns as rows."""
    return [Row(*cells) for cells in zip(*columns.values(), strict=True)]


def digest(rows: Iterable[Row]) -> str:
    """sha256 over the canonical text of the rows in path order, the engine left out: it changes nothing else."""
    fields = Row._fields[:-1]
    seen = hashlib.sha256(table.header("paths", fields))
    for row in rows:
        seen.update(table.line(row[:-1]))
    return seen.hexdigest()
