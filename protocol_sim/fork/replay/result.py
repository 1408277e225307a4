"""What a replay gives: tables as DataFrames, a text for people, files with a manifest."""

import os
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from protocol_sim.errors import BadInput
from protocol_sim.fork.replay.checkpoint import Compared, Gap
from protocol_sim.fork.replay.parity import Difference, Parity
from protocol_sim.fork.replay.watch import Liquidator, usd
from protocol_sim.results.files import write_json, write_table
from protocol_sim.results.ledger import LedgerEntry
from protocol_sim.results.manifest import lock_digest, versions

if TYPE_CHECKING:
    from pandas import DataFrame

FILES = ("operations", "differences", "unexplained", "liquidations", "states")
VERDICTS = ("same", "earlier", "later", "missed", "not on chain")
COLUMNS = {
    "operations": ("operation", "equal", "different"),
    "differences": ("block", "tx", "log_index", "operation", "field", "model", "chain"),
    "unexplained": ("emitter", "event", "count", "block", "tx", "log_index", "why", "arguments"),
    "liquidations": ("block", "tx", "log_index", "account", "liquidator", "collateral", "debt", "repaid", "seized",
                     "atokens", "repaid_usd", "health_factor", "verdict", "why", "model_block", "model_collateral",
                     "model_debt", "model_repaid", "model_seized", "model_profit_usd"),
    "states": ("block", "what", "field", "model", "chain"),
}


@dataclass
class Replay:
    """A replayed range. The properties are DataFrames; integers are Python ints, USD with 8 decimals."""

    version: str
    chain_id: int
    first: int  # state at the end of this block
    last: int
    parity: Parity
    rows: list[dict[str, Any]]  # of `liquidations`
    compared: list[Compared]
    liquidator: Liquidator
    provider: str
    seconds: float = 0.0  # of replaying and comparing, without reading the first state
    accounts: int = 0  # of the market in the model
    divergence: tuple[Difference, list[Gap]] | None = None  # the first, and the state after its block
    ledger: tuple[LedgerEntry, ...] = field(default=())

    @property
    def ok(self) -> bool:
        """Everything equal, everything explained, the same state at the end."""
        return self.parity.ok and not any(c.gaps for c in self.compared)

    # ---- tables -----------------------------------------------------------------------------------------------------
    @property
    def operations(self) -> "DataFrame":
        """operation, equal, different."""
        return self._frame("operations")

    @property
    def differences(self) -> "DataFrame":
        """One row a field: block, tx, log_index, operation, field, model, chain."""
        return self._frame("differences")

    @property
    def unexplained(self) -> "DataFrame":
        """One row a kind of event: emitter, event, count, and where it came first."""
        return self._frame("unexplained")

    @property
    def liquidations(self) -> "DataFrame":
        """One row a liquidation of the chain's, or an offer of the model's that nobody took; raw amounts."""
        return self._frame("liquidations")

    @property
    def states(self) -> "DataFrame":
        """What differs between the state and the views at the checkpoints: block, what, field, model, chain."""
        return self._frame("states")

    def _frame(self, name: str) -> "DataFrame":
        import pandas as pd

        return pd.DataFrame({c: pd.Series(v, dtype=object) for c, v in self.columns(name).items()})

    def columns(self, name: str) -> dict[str, list[Any]]:
        """A table by columns."""
        rows = {"operations": self._operations, "differences": self._differences, "unexplained": self._unexplained,
                "liquidations": lambda: self.rows, "states": self._states}[name]()
        return {c: [row[c] for row in rows] for c in COLUMNS[name]}

    def _operations(self) -> list[dict[str, Any]]:
        p = self.parity
        names = sorted({*p.equal, *p.different}, key=lambda n: (-p.equal[n] - p.different[n], n))
        return [{"operation": n, "equal": p.equal[n], "different": p.different[n]} for n in names]

    def _differences(self) -> list[dict[str, Any]]:
        return [{"block": d.block, "tx": d.tx, "log_index": d.index, "operation": d.operation, "field": name,
                 "model": str(model), "chain": str(chain)}
                for d in self.parity.differences for name, model, chain in d.fields]

    def _unexplained(self) -> list[dict[str, Any]]:
        first: dict[tuple[str, str], Any] = {}
        for s in self.parity.strange:
            first.setdefault((s.emitter, s.name), s)
        return [{"emitter": key[0], "event": key[1], "count": count, "block": first[key].block, "tx": first[key].tx,
                 "log_index": first[key].index, "why": first[key].why, "arguments": str(first[key].args)}
                for key, count in self.parity.unexplained.most_common() if key in first]

    def _states(self) -> list[dict[str, Any]]:
        return [{**g._asdict(), "model": str(g.model), "chain": str(g.chain)} for c in self.compared for g in c.gaps]

    def verdicts(self) -> dict[str, int]:
        """Liquidations by verdict."""
        return {v: sum(row["verdict"] == v for row in self.rows) for v in VERDICTS}

    # ---- text and files ---------------------------------------------------------------------------------------------
    def save(self, directory: str | Path) -> Path:
        """Five Parquet tables, `manifest.json` and `ledger.json`; written whole or not at all."""
        directory = Path(directory)
        refuse_full(directory)
        directory.parent.mkdir(parents=True, exist_ok=True)
        partial = directory.with_name(f".{directory.name}.partial-{os.getpid()}")
        try:
            partial.mkdir()
            for name in FILES:
                write_table(partial / f"{name}.parquet", self.columns(name))
            write_json(partial / "ledger.json", [asdict(entry) for entry in self.ledger])
            write_json(partial / "manifest.json", self.manifest())
            if directory.exists():
                directory.rmdir()
            partial.rename(directory)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        return directory

    def manifest(self) -> dict[str, Any]:
        """What was replayed, by what, and how it came out."""
        p = self.parity
        return {
            "format": 1, "kind": "replay", "protocol": "aave-v3", "version": self.version, "chain_id": self.chain_id,
            "provider": self.provider, "from": self.first, "to": self.last,
            "liquidator": asdict(self.liquidator), "operations": p.operations, "equal": p.equal.total(),
            "different": p.different.total(), "unexplained": p.unexplained.total(), "logs": p.logs,
            "state_fields": sum(c.fields for c in self.compared),
            "state_differences": sum(len(c.gaps) for c in self.compared), "liquidations": self.verdicts(),
            "lock_digest": lock_digest(), "versions": versions(),
        }

    def render(self) -> str:
        """The parity table, the first divergence if there is one, and the liquidations."""
        p, width = self.parity, max((len(n) for n in (*self.parity.equal, *self.parity.different)), default=9)
        lines = [f"aave-v3 {self.version}, blocks {self.first + 1} to {self.last}: {p.operations} operations rebuilt "
                 f"from {p.logs} logs", "", f"  {'operation':<{width}}  {'equal':>6}  {'different':>9}"]
        lines += [f"  {row['operation']:<{width}}  {row['equal']:>6}  {row['different']:>9}"
                  for row in self._operations()]
        counts = f"different {p.different.total()}   unexplained {p.unexplained.total()}"
        lines += ["", f"equal {p.equal.total()}   {counts}"]
        for c in self.compared:
            lines.append(f"state at block {c.block}: {c.fields} fields compared, {c.accounts} accounts, "
                         f"{len(c.gaps)} different")
        return "\n".join([*lines, *self._told_unexplained(), *self._told_divergence(), *self._told_liquidations()])

    def _told_unexplained(self) -> list[str]:
        rows = self._unexplained()
        if not rows:
            return []
        return ["", "unexplained", *(f"  {r['count']:>4}  {r['emitter']} {r['event']}: {r['why']} (first in block "
                                     f"{r['block']}, log {r['log_index']} of {r['tx']})" for r in rows)]

    def _told_divergence(self) -> list[str]:
        if self.divergence is None:
            gaps = [g for c in self.compared for g in c.gaps]
            return ["", "state", *_listed([(f"{g.what} {g.field}", g.model, g.chain) for g in gaps])] if gaps else []
        d, gaps = self.divergence
        return ["", f"first divergence: {d.operation} in block {d.block}, log {d.index} of {d.tx}",
                *_listed(list(d.fields)), f"  state after block {d.block}",
                *_listed([(f"{g.what} {g.field}", g.model, g.chain) for g in gaps])]

    def _told_liquidations(self) -> list[str]:
        if not self.rows:
            return []
        counts = self.verdicts()
        on_chain = [row for row in self.rows if row["tx"]]
        lines = ["", f"liquidations   on chain {len(on_chain)}, "
                     f"{usd(sum(row['repaid_usd'] for row in on_chain))} USD repaid",
                 "  the model's liquidator: " + ", ".join(f"{name} {n}" for name, n in counts.items())]
        whys: dict[tuple[str, str], int] = {}
        for row in self.rows:
            key = row["verdict"], _kind(row)
            whys[key] = whys.get(key, 0) + 1
        return lines + [f"  {n:>4}  {verdict}{': ' if why else ''}{why}" for (verdict, why), n in
                        sorted(whys.items(), key=lambda x: (VERDICTS.index(x[0][0]), -x[1]))][:24]


def _kind(row: dict[str, Any]) -> str:
    """Why, without the numbers of one row."""
    if row["verdict"] == "earlier":
        early = row["block"] - row["model_block"]
        return next((f"it pays {low} to {high} blocks earlier" for low, high in ((1, 5), (6, 20), (21, 100))
                     if early <= high), "it pays more than 100 blocks earlier")
    why = str(row["why"])
    if row["verdict"] == "later":
        return "it pays later"
    if why.startswith("does not pay"):
        return "does not pay"
    return why.rpartition(", block ")[0] or why


def refuse_full(directory: Path) -> None:
    """BadInput unless results may be written there."""
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise BadInput(str(directory), "directory", "a new or an empty directory", "one that is not")


def _listed(fields: list[tuple[str, Any, Any]], most: int = 20) -> list[str]:
    width = max((len(name) for name, _, _ in fields[:most]), default=5)
    rows = [f"    {name:<{width}}  model {model} | chain {chain}" for name, model, chain in fields[:most]]
    return rows + ([f"    and {len(fields) - most} more"] if len(fields) > most else [])
