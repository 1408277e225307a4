"""`Run`: a fact. Made by an engine from plain columns; tables become DataFrames when they are asked for."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from protocol_sim.results import columns as table
from protocol_sim.results import files
from protocol_sim.results.columns import Columns
from protocol_sim.results.ledger import LedgerEntry
from protocol_sim.results.manifest import Manifest
from protocol_sim.results.summary import Summary

if TYPE_CHECKING:
    import pandas as pd


class Run:
    """Events, series and positions of one run, its summary, its manifest and its input ledger.

    `columns` holds the three tables as plain lists. `digest` covers the tables and nothing else: the same scenario,
    seed and lock file give the same digest with every engine, on any machine.
    """

    def __init__(
        self,
        events: Columns,
        series: Columns,
        positions: Columns,
        summary: Summary,
        manifest: Manifest,
        ledger: tuple[LedgerEntry, ...] = (),
    ) -> None:
        given = {"events": events, "series": series, "positions": positions}
        self.columns = {name: table.check(name, columns) for name, columns in given.items()}
        self.summary = summary
        self.manifest = manifest
        self.ledger = tuple(ledger)
        self.objective: Any = None  # of `run(…, objective=…)`; not part of the digest, not saved

    @cached_property
    def events(self) -> "pd.DataFrame":
        """One row an event, in the order in which they happened."""
        return table.frame(self.columns["events"])

    @cached_property
    def series(self) -> "pd.DataFrame":
        """One row a recorded block."""
        return table.frame(self.columns["series"])

    @cached_property
    def positions(self) -> "pd.DataFrame":
        """One row an account, protocol and asset at the end."""
        return table.frame(self.columns["positions"])

    @cached_property
    def digest(self) -> str:
        """sha256 over the canonical text of the three tables."""
        return table.digest(self.columns)

    def save(self, directory: str | Path) -> Path:
        """Write Parquet and JSON; BadInput if the directory holds something else or results of another scenario."""
        return files.save_run(self, Path(directory))

    def __repr__(self) -> str:
        s, m = self.summary, self.manifest
        return (
            f"Run({m.scenario!r}, seed={m.seed}, engine={m.engine!r}, blocks={s.blocks}, "
            f"liquidations={s.liquidations}, failed={s.failed}, bad_debt={s.bad_debt}, digest={self.digest[:12]})"
        )
