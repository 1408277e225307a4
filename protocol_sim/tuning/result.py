"""`Tuning`: what a search came to, as tables and records; saved beside its journal as `tune.json`, whole or not at all.
"""

import hashlib
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from protocol_sim.errors import BadInput
from protocol_sim.results import LedgerEntry, Manifest
from protocol_sim.results.files import read_json, record_of
from protocol_sim.risk import Estimate
from protocol_sim.tuning.bounds import Bound
from protocol_sim.tuning.candidates import Candidate
from protocol_sim.tuning.sensitivity import Elasticity

if TYPE_CHECKING:
    import pandas as pd

NAME = "tune.json"
FORMAT = 1


@dataclass(slots=True)
class Tuning:
    """A search: its question, every candidate, and the recommendation beside no change and a closed-form bound."""

    objectives: tuple[str, ...]
    level: float                   # of Value at Risk and Expected Shortfall
    confidence: float              # of intervals
    horizon: int                   # seconds
    paths: int
    search: str
    space: dict[str, Any]
    baseline: Candidate
    recommendation: Candidate
    target: Candidate              # the same without the step limits
    candidates: list[Candidate]
    front: list[int]               # indices into `candidates`, best first objective first
    before: list[Estimate]         # no change
    after: list[Estimate]          # the recommendation
    differences: list[Estimate]    # after less before, on the same paths
    bounds: list[Bound]
    power_bound: int               # USD, 8 decimals
    elasticities: list[Elasticity]
    not_moved: dict[str, str]      # assumptions that could not be moved, and why
    notes: list[str]
    manifest: Manifest
    ledger: tuple[LedgerEntry, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """sha256 over every candidate's values, paths and measures, in order: the same for any number of workers."""
        rows = [self.baseline, *self.candidates]
        content = [[sorted(c.values.items()), c.paths, sorted(c.measures.items()), c.reason] for c in rows]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    def front_frame(self) -> "pd.DataFrame":
        """The Pareto front, no change first: one row a candidate; values, then measures (USD with 8 decimals)."""
        return _frame([self.baseline, *(self.candidates[n] for n in self.front)], ["no change", *map(str, self.front)])

    def frame(self) -> "pd.DataFrame":
        """Every candidate."""
        return _frame(self.candidates, list(map(str, range(len(self.candidates)))))

    def save(self, directory: str | Path) -> Path:
        """Write `tune.json` into the directory of the search."""
        path = Path(directory) / NAME
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{NAME}.partial-{os.getpid()}")
        try:
            data = {"format": FORMAT, "digest": self.digest, **asdict(self)}
            partial.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)
        return path


def load_tuning(directory: str | Path) -> Tuning:
    """Read a search back. BadInput for what is missing, truncated or changed."""
    path = Path(directory) / NAME
    data: dict[str, Any] = read_json(path, dict)
    if data.pop("format", None) != FORMAT:
        raise BadInput(str(path), "format", str(FORMAT), "something else")
    stored = data.pop("digest", None)
    try:
        for name in ("baseline", "recommendation", "target"):
            data[name] = _candidate(data[name])
        data["candidates"] = [_candidate(row) for row in data["candidates"]]
        for name in ("before", "after", "differences"):
            data[name] = [Estimate(**{**row, "halves": tuple(row["halves"])}) for row in data[name]]
        data["bounds"] = [Bound(**row) for row in data["bounds"]]
        data["elasticities"] = [Elasticity(**row) for row in data["elasticities"]]
        data["manifest"] = record_of(path, Manifest, data["manifest"])
        data["ledger"] = tuple(LedgerEntry(**row) for row in data["ledger"])
        data["objectives"] = tuple(data["objectives"])
        found = Tuning(**data)
    except (KeyError, TypeError) as error:
        raise BadInput(str(path), "file", "the results of a search", error) from None
    if found.digest != stored:
        raise BadInput(str(path), "digest", f"{found.digest[:12]}… as the candidates give", f"{str(stored)[:12]}…")
    return found


def _candidate(row: dict[str, Any]) -> Candidate:
    choice = row.pop("choice")
    return Candidate(choice=None if choice is None else tuple(choice), **row)


def _frame(rows: list[Candidate], names: list[str]) -> "pd.DataFrame":
    import pandas as pd

    keys = list(dict.fromkeys(key for row in rows for key in row.values))
    measures = list(dict.fromkeys(name for row in rows for name in row.measures))
    columns: dict[str, Any] = {"candidate": names}
    columns |= {key: pd.Series([row.values.get(key) for row in rows], dtype=object) for key in keys}
    columns |= {name: pd.Series([row.measures.get(name) for row in rows], dtype=object) for name in measures}
    columns |= {"paths": [row.paths for row in rows], "feasible": [row.feasible for row in rows]}
    return pd.DataFrame(columns)
