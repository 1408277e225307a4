"""A lending protocol at one block, exact: what `capture` writes, and what replay, pre-flight, audit and `run` start from.

A snapshot is a directory:

| file | what it holds |
|---|---|
| `snapshot.json` | provenance (chain id, block, hash, time), addresses and code, settings, reserves with their feeds' last rounds, eModes, pools, allowances; SHA-256 of the other files |
| `accounts.parquet` | `account`, the bitmaps `collateral` and `borrowing` (bit k: reserve k), `emode`, two roles |
| `holdings.parquet` | `account`, `reserve` and every integer that aToken and debt tokens store for the pair; no row of zeros |
| `scenario.toml`, `book.parquet` | the same as a scenario with an account book, so that `protocol-sim run DIR` goes on from there |

Integers are decimal texts, so that nothing is rounded on the way. `load_snapshot(dir)` checks the sums of the files
and gives a `Snapshot`: `.market()` is the exact state as `protocols.aave_v3` keeps it (account i is
`snapshot.people.addresses[i]`, reserve k is `snapshot.listed[k]`), `.scenario` the scenario, `.accounts`, `.reserves`
and `.holdings` are DataFrames for notebooks.

Known deviation: the index that a token has last seen of somebody whose balance is 0 is not read, and 0 here. No rule
reads it.
"""  # noqa: E501  a table

from protocol_sim.fork.snapshot.files import load_snapshot, save_snapshot
from protocol_sim.fork.snapshot.records import Block, Listed, People, Round, Snapshot, Venue

__all__ = ["Block", "Listed", "People", "Round", "Snapshot", "Venue", "load_snapshot", "save_snapshot"]
