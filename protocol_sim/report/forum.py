"""`protocol-sim report`: results of any kind as one report that one would post in a governance forum."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from protocol_sim.errors import BadInput
from protocol_sim.report import paths as paths_part
from protocol_sim.report import run as run_part
from protocol_sim.report import tuning as tuning_part
from protocol_sim.report.content import KeyFigure, Report, Reproduction, Section, Table
from protocol_sim.results import LedgerEntry, Manifest, Paths, Run, load_paths, load_run
from protocol_sim.results.files import read_json
from protocol_sim.risk.numbers import horizon_of
from protocol_sim.tuning import Tuning, load_tuning
from protocol_sim.tuning.text import hours


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is read from an audit's JSON."""

    market: str
    kind: str
    counts: dict[str, int]
    findings: tuple[dict[str, Any], ...]
    ledger: tuple[LedgerEntry, ...]


Result = Tuning | Paths | Run | Verdict


def load(path: str | Path) -> Result:
    """A run, many paths, a search (directories) or an audit (JSON). BadInput for anything else."""
    path = Path(path)
    if path.is_dir() and (path / "audit.json").exists():
        path = path / "audit.json"
    if path.is_file():
        return _verdict(path)
    if (path / "tune.json").exists():
        return load_tuning(path)
    if not path.is_dir():
        raise BadInput(str(path), "directory", "results of run, run --paths, tune or audit", "no such directory")
    if (path / "journal.jsonl").exists():
        raise BadInput(str(path), "directory", "a search that has come to its end", "one that has not (call it again)")
    header = read_json(path / "manifest.json", dict)
    return load_paths(path) if header.get("holds") == "paths" else load_run(path)


def _verdict(path: Path) -> Verdict:
    data = read_json(path, dict)
    try:
        ledger = tuple(LedgerEntry(**row) for row in data["ledger"])
        return Verdict(data["market"], data["kind"], data["counts"], tuple(data["findings"]), ledger)
    except (KeyError, TypeError) as error:
        raise BadInput(str(path), "file", "the JSON of an audit", error) from None


def forum_report(
    results: Sequence[Result], level: float = 0.95, confidence: float = 0.95, question: str = ""
) -> Report:
    """One report of several results. The first search, else the first many paths, give question and answer."""
    if not results:
        raise BadInput("report", "RUN", "at least one directory with results", "none")
    leading = min(results, key=lambda result: (Tuning, Paths, Run, Verdict).index(type(result)))
    sections: list[Section] = []
    methods: dict[str, None] = {}
    limits: dict[str, None] = {}
    for result in results:
        part, method, more = _part(result, level, confidence)
        sections += part
        methods[method] = None
        limits |= dict.fromkeys(more)
    sections.append(_data(results))
    return Report(
        title=_title(leading),
        question=question or _question(leading),
        answer=tuning_part.answer(leading) if isinstance(leading, Tuning) else "",
        key_figures=_cards(leading, level, confidence),
        sections=_distinct(sections),
        ledger=_ledgers(results),
        method="\n\n".join(methods),
        limits=tuple(limits),
        reproduction=_reproduction(results),
    )


def _part(result: Result, level: float, confidence: float) -> tuple[tuple[Section, ...], str, tuple[str, ...]]:
    if isinstance(result, Tuning):
        return tuning_part.sections(result), tuning_part.METHOD, tuning_part.LIMITS
    if isinstance(result, Paths):
        return paths_part.sections(result, level, confidence), paths_part.METHOD, paths_part.LIMITS
    if isinstance(result, Run):
        return run_part.sections(result), run_part.METHOD, run_part.LIMITS
    rows = tuple((f["severity"], f["rule"], f["subject"], f["reason"]) for f in result.findings)
    table = Table("", ("severity", "rule", "subject", "reason"), rows)
    method = "The audit compares exact integers of the configuration with what stands around it, without simulation."
    text = f"{result.market}, {result.kind}." + ("" if rows else " No rule found anything.")
    return (Section("Audit", text, (table,) if rows else ()),), method, ()


def _title(leading: Result) -> str:
    if isinstance(leading, Tuning):
        return f"Parameters of {leading.manifest.scenario}"
    if isinstance(leading, Verdict):
        return f"Audit of {leading.market}"
    return f"{'Risk of' if isinstance(leading, Paths) else 'A run of'} {leading.manifest.scenario}"


def _question(leading: Result) -> str:
    if isinstance(leading, Tuning):
        return tuning_part.question(leading)
    if isinstance(leading, Paths):
        horizon = hours(horizon_of(leading))
        return f"How much bad debt and how many liquidations does {leading.manifest.scenario} face over {horizon}?"
    if isinstance(leading, Run):
        return f"What happens in {leading.manifest.scenario} on path {leading.manifest.path}?"
    return f"Do the liquidation thresholds of {leading.market} hold?"


def _cards(leading: Result, level: float, confidence: float) -> tuple[KeyFigure, ...]:
    if isinstance(leading, Tuning):
        return tuning_part.key_figures(leading)
    if isinstance(leading, Paths):
        return paths_part.key_figures(leading, level, confidence)
    if isinstance(leading, Run):
        return run_part.key_figures(leading)
    return tuple(KeyFigure(name, str(count)) for name, count in leading.counts.items())


def _data(results: Sequence[Result]) -> Section:
    """Where the inputs come from, and of which moment they are."""
    rows: dict[tuple[str, ...], None] = {}
    for result in results:
        if isinstance(result, Verdict):
            continue
        clock = {e.key: e.value for e in result.ledger if e.key == "clock.start"}
        start = clock.get("clock.start", "")
        moment = datetime.fromtimestamp(int(start), UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if start else "–"
        digest = f"`{result.manifest.scenario_digest[:16]}`"
        rows[result.manifest.scenario, moment, digest] = None
    sources: dict[tuple[str, str], int] = {}
    for entry in _ledgers(results):
        sources[entry.source, entry.status] = sources.get((entry.source, entry.status), 0) + 1
    tables = (
        Table("Scenarios", ("scenario", "first block at", "digest"), tuple(rows)),
        Table("Sources", ("source", "status", "inputs"),
              tuple((source, status, str(count)) for (source, status), count in sources.items())),
    )
    return Section("Data", "The state of the market at the first block, and where each input comes from.", tables)


def _ledgers(results: Sequence[Result]) -> tuple[LedgerEntry, ...]:
    found: dict[tuple[str, str], LedgerEntry] = {}
    for result in results:
        for entry in result.ledger:
            found.setdefault((entry.key, entry.value), entry)
    return tuple(found.values())


def _reproduction(results: Sequence[Result]) -> Reproduction | None:
    made: list[tuple[Manifest, str]] = [
        (result.manifest, result.digest) for result in results if not isinstance(result, Verdict)
    ]
    if not made:
        return None
    digests = [(f"{manifest.scenario}, results", digest) for manifest, digest in made]
    digests += [("requirements.lock", made[0][0].lock_digest)]
    commands = dict.fromkeys(manifest.command for manifest, _ in made)
    return Reproduction("\n".join(commands), made[0][0].seed, tuple(digests), made[0][0].versions)


def _distinct(sections: Sequence[Section]) -> tuple[Section, ...]:
    """Headings that are told apart: a second one of a name gets its number."""
    seen: dict[str, int] = {}
    found = []
    for section in sections:
        seen[section.title] = seen.get(section.title, 0) + 1
        number = seen[section.title]
        title = section.title if number == 1 else f"{section.title} ({number})"
        found.append(Section(title, section.text, section.blocks))
    return tuple(found)
