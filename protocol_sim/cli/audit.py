"""`protocol-sim audit`: liquidation thresholds examined without simulation, counter-examples for what is high."""

import hashlib
import shlex
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from protocol_sim.cli.progress import progress

if TYPE_CHECKING:
    from protocol_sim.audit import Audit, Shown


NO_LOSS = ", whose run loses nothing: the finding rests on its numbers alone"


class Format(StrEnum):
    """How the verdict is written to standard output."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"


class FailOn(StrEnum):
    """From which severity on the exit status is 1."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


Source = Annotated[Path, typer.Argument(metavar="CONFIG", help="A snapshot (.json), a scenario, a directory with one, "
                                                               "or an audit file.")]
Complement = Annotated[Path | None, typer.Option(help="An audit file that adds feeds, gaps, pools, gas, …",
                                                 show_default=False)]
Book = Annotated[Path | None, typer.Option(help="Accounts: a book (.csv, .parquet) or a scenario.",
                                           show_default=False)]
FormatOption = Annotated[Format, typer.Option("--format", help="Of standard output.")]
FailOption = Annotated[FailOn | None, typer.Option("--fail-on", help="Exit status 1 from this severity on.",
                                                   show_default=False)]
Out = Annotated[Path | None, typer.Option(help="Directory for all formats and the counter-examples.",
                                          show_default=False)]
OnAnvil = Annotated[bool, typer.Option("--anvil", help="Play the counter-examples on the real contracts too.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(audit)


def audit(
    config: Source,
    complement: Complement = None,
    book: Book = None,
    format_: FormatOption = Format.TABLE,
    fail_on: FailOption = None,
    out: Out = None,
    anvil: OnAnvil = False,
    quiet: Quiet = False,
) -> None:
    """Examine the liquidation thresholds of a market: findings with numbers, reasons, fixes and counter-examples."""
    from protocol_sim.audit import Severity, examine, read
    from protocol_sim.audit.book import with_book

    markets = read(config, complement)
    if book is not None:
        markets = tuple(with_book(market, book) for market in markets)
    audits = [examine(market) for market in markets]
    command = shlex.join(["protocol-sim", "audit", str(config), *(["--complement", str(complement)] if complement
                                                                 else []), *(["--book", str(book)] if book else [])])
    shown: list[dict[str, Shown]] = [{} for _ in audits]
    folders = [out if out is None or len(audits) == 1 else out / verdict.market for verdict in audits]
    if out is not None or anvil:
        shown = [_counterexamples(verdict, folder, quiet) for verdict, folder in zip(audits, folders, strict=True)]
    for verdict, runs, folder in zip(audits, shown, folders, strict=True):
        if folder is not None:
            _write(verdict, runs, command, config, folder)
        sys.stdout.write(_text(verdict, runs, command, config, format_))
    if out is not None and format_ is Format.TABLE:
        sys.stdout.write(f"written to {out}\n")
    if anvil:
        _on_anvil(audits, shown, quiet)
    if fail_on is not None and any(verdict.at_least(Severity[fail_on.value.upper()]) for verdict in audits):
        raise typer.Exit(1)


def _counterexamples(verdict: "Audit", out: Path | None, quiet: bool) -> "dict[str, Shown]":
    """Run each; with `out`, write its scenario file."""
    from protocol_sim.report.whole import write_whole
    from protocol_sim.scenario import to_toml

    shown: dict[str, Shown] = {}
    found = [finding for finding in verdict.findings if finding.case is not None]
    with progress("counter-examples", quiet or not found) as tell:
        for n, finding in enumerate(found):
            assert finding.case is not None
            shown[finding.id] = finding.case.run(finding.id)
            if out is not None:
                scenario = finding.case.scenario(finding.id)
                write_whole(out / "counterexamples" / f"{finding.id}.toml", to_toml(scenario))
            tell(n + 1, len(found))
    return shown


def _write(verdict: "Audit", shown: "dict[str, Shown]", command: str, source: Path, out: Path) -> None:
    """All formats."""
    from protocol_sim.report.whole import write_whole

    for format_, name in ((Format.JSON, "audit.json"), (Format.MARKDOWN, "audit.md"), (Format.HTML, "audit.html")):
        write_whole(out / name, _text(verdict, shown, command, source, format_))


def _text(verdict: "Audit", shown: "dict[str, Shown]", command: str, source: Path, format_: Format) -> str:
    if format_ is Format.TABLE:
        return _table(verdict, shown)
    if format_ is Format.JSON:
        from protocol_sim.audit import as_json

        return as_json(verdict, shown)
    from protocol_sim.report import html_text, markdown_text
    from protocol_sim.report.audit import audit_report

    file = source / "scenario.toml" if source.is_dir() else source
    report = audit_report(verdict, command, hashlib.sha256(file.read_bytes()).hexdigest(), shown)
    return html_text(report) if format_ is Format.HTML else markdown_text(report)


def _table(verdict: "Audit", shown: "dict[str, Shown]") -> str:
    """Findings with their numbers, what was not checked, counts."""
    from protocol_sim.audit import Severity

    lines = [f"{verdict.market} ({verdict.kind})", ""]
    for f in verdict.findings:
        lines += [f"{f.severity.word.upper():<7} {f.rule}: {f.subject}", f"        {f.reason}"]
        lines += [f"        {n.name}: {n.text}" for n in f.numbers]
        lines.append(f"        fix: {f.fix}")
        if f.case is not None:
            seen = shown.get(f.id)
            what = "bad debt" if f.case.loss == "bad_debt" else "borrower's loss"
            said = " (run and written with --out)" if seen is None else f", {what} {seen.text}"
            lines.append(f"        counter-example: {f.id}{said if seen is None or seen.loss else NO_LOSS}")
        lines.append("")
    for n in verdict.not_checked:
        more = f" and {len(n.subjects) - 3} more" if len(n.subjects) > 3 else ""
        lines.append(f"not checked: {n.rule}: needs {n.needs}, for {', '.join(n.subjects[:3])}{more}")
    counts = ", ".join(f"{verdict.count(s)} {s.word}" for s in reversed(Severity))
    return "\n".join([*lines, *([""] if verdict.not_checked else []), counts]) + "\n"


def _on_anvil(audits: "list[Audit]", shown: "list[dict[str, Shown]]", quiet: bool) -> None:
    """The counter-examples once more, as transactions to the real contracts."""
    from protocol_sim.fork.counterexample import play, render

    cases = [(f, runs[f.id]) for verdict, runs in zip(audits, shown, strict=True)
             for f in verdict.findings if f.case is not None]
    if not cases:
        sys.stdout.write("no counter-examples to play on Anvil\n")
        return
    with progress("on Anvil", quiet) as tell:
        verdicts = []
        for n, (finding, run) in enumerate(cases):
            assert finding.case is not None
            verdicts.append(play(finding.id, finding.case, run))
            tell(n + 1, len(cases))
    sys.stdout.write("\n".join(render(verdict) for verdict in verdicts) + "\n")
    if not all(verdict.ok for verdict in verdicts):
        raise typer.Exit(1)
