"""What a pre-flight gives: tables as DataFrames, a text for people, one Parquet table and one JSON file."""

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from protocol_sim.fork.preflight.execute import Executed
from protocol_sim.fork.preflight.impact import Standing
from protocol_sim.fork.replay.result import refuse_full
from protocol_sim.fork.replay.watch import usd
from protocol_sim.fork.snapshot.records import Snapshot
from protocol_sim.numeric import WAD
from protocol_sim.results.files import write_json, write_table
from protocol_sim.results.manifest import lock_digest, versions

if TYPE_CHECKING:
    from pandas import DataFrame

SHOWN = 10
COLUMNS = ("account", "emode", "collateral_usd", "debt_usd", "health_before", "health_after", "distance_bps",
           "becomes_liquidatable", "liquidatable_before", "repayable_usd", "seizable_usd", "seized_asset",
           "repaid_asset", "refused", "power_before_usd", "power_after_usd")  # fmt: skip
TOTALS = ("accounts", "debt_usd", "collateral_usd", "repayable_usd", "seizable_usd")


@dataclass
class Preflight:
    """Everybody with debt, worst off first. USD values have 8 decimals, health factors are wad."""

    name: str
    told: tuple[str, ...]  # the steps, in words
    snapshot: Snapshot
    now: int  # s, of the block in which the change executes
    standings: list[Standing]
    assets: dict[str, dict[str, int]]  # of those who become liquidatable
    emodes: dict[str, dict[str, int]]
    executed: Executed | None = None
    differences: list[tuple[str, str, int, int]] = field(default_factory=list)  # account, field, model, chain

    # ---- counts -----------------------------------------------------------------------------------------------------
    @property
    def becoming(self) -> list[Standing]:
        """Healthy without the change, liquidatable with it."""
        return [s for s in self.standings if s.becomes]

    @property
    def weakened(self) -> list[Standing]:
        """Those who may borrow less than without the change."""
        return [s for s in self.standings if s.power_after < s.power_before]

    @property
    def equal(self) -> int:
        """Accounts whose data on the fork is the model's."""
        return 0 if self.executed is None else len(self.executed.answers) - len({d[0] for d in self.differences})

    @property
    def ok(self) -> bool:
        """The fork, if it was asked, agrees."""
        return not self.differences and (self.executed is None or not self.executed.refused)

    @property
    def safe(self) -> bool:
        """Nobody becomes liquidatable."""
        return not self.becoming

    # ---- tables -----------------------------------------------------------------------------------------------------
    @property
    def accounts(self) -> "DataFrame":
        """One row an account with debt, in the order of `standings`."""
        import pandas as pd

        return pd.DataFrame({c: pd.Series(v, dtype=object) for c, v in self.columns().items()})

    def columns(self) -> dict[str, list[Any]]:
        """The table by columns."""
        people, names = self.snapshot.people.addresses, [*(x.symbol for x in self.snapshot.listed), ""]
        rows = [(people[s.i], s.emode, s.after.collateral, s.after.debt, s.before.health_factor, s.after.health_factor,
                 s.distance_bps, s.becomes, s.liquidatable_before, s.repayable, s.seizable, names[s.kc], names[s.kd],
                 s.refused, s.power_before, s.power_after) for s in self.standings]
        return {c: [row[n] for row in rows] for n, c in enumerate(COLUMNS)}

    def summary(self) -> dict[str, Any]:
        """Counts and totals, for JSON."""
        becoming, block = self.becoming, self.snapshot.block
        return {
            "format": 1, "kind": "preflight", "name": self.name, "changes": list(self.told),
            "protocol": self.snapshot.protocol, "version": self.snapshot.version, "chain_id": block.chain_id,
            "block": block.number, "block_hash": block.hash, "executes_at": self.now,
            "accounts": len(self.standings), "becoming_liquidatable": len(becoming),
            "liquidatable_before": sum(s.liquidatable_before for s in self.standings),
            "liquidatable_after": sum(s.liquidatable for s in self.standings),
            **{f"becoming_{name}": sum(value) for name, value in self._totals(becoming).items()},
            "losing_power": len(self.weakened),
            "lost_power_usd": sum(s.power_before - s.power_after for s in self.weakened),
            "by_asset": self.assets, "by_emode": self.emodes, "fork": self._fork(),
            "lock_digest": lock_digest(), "versions": versions(),
        }

    def _totals(self, some: list[Standing]) -> dict[str, list[int]]:
        return {"debt_usd": [s.after.debt for s in some], "collateral_usd": [s.after.collateral for s in some],
                "repayable_usd": [s.repayable for s in some], "seizable_usd": [s.seizable for s in some]}

    def _fork(self) -> dict[str, Any] | None:
        if self.executed is None:
            return None
        return {"admin": self.executed.admin, "calls": self.executed.calls, "refused": self.executed.refused,
                "accounts_equal": self.equal, "differences": [
                    {"account": a, "field": f, "model": str(m), "chain": str(c)} for a, f, m, c in self.differences]}

    # ---- text and files ---------------------------------------------------------------------------------------------
    def save(self, directory: str | Path) -> Path:
        """`accounts.parquet` and `preflight.json`; written whole or not at all."""
        directory = Path(directory)
        refuse_full(directory)
        directory.parent.mkdir(parents=True, exist_ok=True)
        partial = directory.with_name(f".{directory.name}.partial-{os.getpid()}")
        try:
            partial.mkdir()
            write_table(partial / "accounts.parquet", self.columns())
            write_json(partial / "preflight.json", self.summary())
            if directory.exists():
                directory.rmdir()
            partial.rename(directory)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        return directory

    def render(self) -> str:
        """The change, who becomes liquidatable, totals, the worst off, and what the fork says."""
        becoming, totals = self.becoming, {n: usd(sum(v)) for n, v in self._totals(self.becoming).items()}
        lost = sum(s.power_before - s.power_after for s in self.weakened)
        before = sum(s.liquidatable_before for s in self.standings)
        after = sum(s.liquidatable for s in self.standings)
        refused = sorted({s.refused for s in becoming if s.refused})
        count = sum(bool(s.refused) for s in becoming)
        told = [f"  of these the protocol lets nobody liquidate {count:,}: {', '.join(refused)}"] if count else []
        lines = [
            f"{self.name}, in the block after {self.snapshot.block}", *(f"  {line}" for line in self.told), "",
            f"accounts with debt    {len(self.standings):,}",
            f"liquidatable          {before:,} without the change, {after:,} with it",
            f"become liquidatable   {len(becoming):,}: debt {totals['debt_usd']} USD, collateral "
            f"{totals['collateral_usd']} USD, seizable at once {totals['seizable_usd']} USD",
            *told,
            f"lose borrowing power  {len(self.weakened):,}: {usd(lost)} USD",
        ]
        for title, rows in (("by asset", self.assets), ("by eMode", self.emodes)):
            lines += _table(title, rows)
        if becoming:
            lines += ["", f"  {'account':<42}  {'health before':>13}  {'after':>8}  {'debt USD':>14}  {'seizable':>14}"]
            lines += [self._line(s) for s in becoming[:SHOWN]]
            lines += [f"  and {len(becoming) - SHOWN:,} more"] if len(becoming) > SHOWN else []
        return "\n".join(lines + self._told_fork())

    def _line(self, s: Standing) -> str:
        health = [_factor(x) for x in (s.before.health_factor, s.after.health_factor)]
        address = self.snapshot.people.addresses[s.i]
        return f"  {address:<42}  {health[0]:>13}  {health[1]:>8}  {usd(s.after.debt):>14}  {usd(s.seizable):>14}"

    def _told_fork(self) -> list[str]:
        if self.executed is None:
            return []
        e = self.executed
        lines = ["", f"on a fork: {e.calls} calls of the ACL admin {e.admin}, {len(e.refused)} refused",
                 f"  accounts equal {self.equal:,}   different {len({d[0] for d in self.differences}):,}"]
        lines += [f"  refused  {line}" for line in e.refused]
        return lines + [f"  {a}  {f}: model {m} | chain {c}" for a, f, m, c in self.differences[:SHOWN]]


def _factor(wad: int) -> str:
    """A health factor with four decimals, rounded down."""
    x = wad * 10**4 // WAD
    return f"{x // 10**4}.{x % 10**4:04d}"


def _table(title: str, rows: dict[str, dict[str, int]]) -> list[str]:
    if not rows:
        return []
    width = max(len(title), *(len(name) for name in rows))
    head = "  ".join(f"{name.replace('_usd', ' USD'):>16}" for name in TOTALS)
    lines = ["", f"  {title:<{width}}  {head}"]
    for name, row in rows.items():
        cells = [f"{row[c]:,}" if c == "accounts" else usd(row[c]) for c in TOTALS]
        lines.append(f"  {name:<{width}}  " + "  ".join(f"{cell:>16}" for cell in cells))
    return lines


