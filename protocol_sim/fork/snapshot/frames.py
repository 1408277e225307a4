"""A snapshot as DataFrames. Integers stay Python integers (dtype object) where 64 bits do not hold them."""

from typing import Any

import pandas as pd

from protocol_sim.fork.snapshot.records import HOLDING, Snapshot
from protocol_sim.protocols.aave_v3.account import account_data


def accounts(snapshot: Snapshot) -> pd.DataFrame:
    """`account`, `collateral` and `debt` (base currency, 8 decimals), `health_factor` (wad), `threshold` and `ltv`
    (bps), `emode`; as `getUserAccountData` would answer at the block's own time."""
    market, people = snapshot.market(), snapshot.people
    found = [account_data(market, i, snapshot.block.time) for i in range(len(people.addresses))]
    return _frame({
        "account": people.addresses,
        "collateral": [d.collateral for d in found],
        "debt": [d.debt for d in found],
        "health_factor": [d.health_factor for d in found],
        "threshold": [d.threshold for d in found],
        "ltv": [d.ltv for d in found],
        "emode": people.emode,
    })  # fmt: skip


def reserves(snapshot: Snapshot) -> pd.DataFrame:
    """`symbol`, `address`, then the fields of `state.Reserve`."""
    rows = [{"symbol": x.symbol, "address": x.address, **x.state} for x in snapshot.listed]
    return _frame({name: [row[name] for row in rows] for name in rows[0]} if rows else {})


def holdings(snapshot: Snapshot) -> pd.DataFrame:
    """`account`, `reserve` (its symbol), then the fields of `state.Holding`."""
    people = snapshot.people
    columns: dict[str, list[Any]] = {
        "account": [people.addresses[i] for i in people.owner],
        "reserve": [snapshot.listed[k].symbol for k in people.reserve],
    }
    return _frame(columns | dict(zip(HOLDING, people.values, strict=True)))


def _frame(columns: dict[str, list[Any]]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in columns.items()})
