"""An audit as a `Report`: for HTML, and for a governance forum as Markdown."""

from protocol_sim.audit import Audit, Finding, Severity, Shown
from protocol_sim.audit.rules import RULES, definition
from protocol_sim.report.content import KeyFigure, Report, Reproduction, Section, Table
from protocol_sim.results.manifest import versions

METHOD = """Every rule compares exact integers and fractions of the configuration with what stands around it; nothing is
simulated to decide. A rule that lacks an input is listed under "Not checked".

High: the numbers alone prove a loss, and a counter-example shows it. Medium: a loss under usual conditions. Low: a thin
margin or an absent safeguard. Info: worth knowing."""
LIMITS = (
    "A market without findings is not safe: only the rules listed here were asked, on the inputs listed here.",
    "Pools are taken as arbitrage leaves them at the market's prices, the first one of a pair: routes over several "
    "pools and refilling by others are left out.",
    "Every debt asset that lends is examined against every collateral, also where isolation or silos forbid the pair.",
    "Historical gaps bound nothing: the next one can be larger.",
)


def audit_report(audit: Audit, command: str, digest: str, shown: dict[str, Shown] | None = None) -> Report:
    """The report; `digest` is the sha256 of the file that was audited, `shown` what counter-examples came to."""
    sections = [Section("Findings", "" if audit.findings else "None.", _overview(audit))]
    if audit.findings:
        tables = tuple(_details(f, (shown or {}).get(f.id)) for f in audit.findings)
        sections.append(Section("Details", "Each finding with its numbers, where the rule comes from, and what to do.",
                                tables))
    sections.append(_unchecked(audit))
    sections.append(Section("Margins", "What lies between threshold and loss, by collateral and eMode.",
                            _margins(audit)))
    sections.append(Section("Rules", "", (_rules(audit),)))
    worst = audit.worst()
    answer = "No rule found anything." if worst is None else (
        f"{len(audit.findings)} findings, the worst of severity {worst.word}; {len(audit.not_checked)} rules or parts "
        "of rules were not checked for want of inputs.")
    return Report(
        title=f"Audit of {audit.market}",
        question=f"Do the liquidation thresholds of this {audit.kind} market hold?",
        answer=answer,
        key_figures=tuple(KeyFigure(s.word, str(audit.count(s))) for s in reversed(Severity)),
        sections=tuple(sections), ledger=audit.ledger, method=METHOD, limits=LIMITS,
        reproduction=Reproduction(command, 0, (("audited file, sha256", digest),), versions()),
    )


def _overview(audit: Audit) -> tuple[Table, ...]:
    if not audit.findings:
        return ()
    rows = tuple((f.severity.word, f.rule, f.subject, f.reason) for f in audit.findings)
    return (Table("", ("severity", "rule", "subject", "reason"), rows),)


def _details(f: Finding, shown: Shown | None) -> Table:
    note = f"Source: {f.source}. Suggested fix: {f.fix}."
    if f.case is not None:
        what = "bad debt" if f.case.loss == "bad_debt" else "loss of the borrower"
        note += f" Counter-example: `counterexamples/{f.id}.toml`. {f.case.note}"
        if shown is not None and not shown.loss:
            note += " Its run loses nothing: the finding rests on its numbers alone."
        elif shown is not None:
            note += f" The run shows a {what} of {shown.text}; liquidations: {shown.liquidations}."
    rows = tuple((n.name, n.text, f"`{n.exact}`") for n in f.numbers)
    return Table(f"{f.severity.word}: {f.rule}, {f.subject}", (f.reason, "value", "exact"), rows, note)


def _unchecked(audit: Audit) -> Section:
    rows = tuple((n.rule, n.needs, _some(n.subjects)) for n in audit.not_checked)
    blocks = (Table("", ("rule", "needs", "for"), rows),) if rows else ()
    return Section("Not checked", "" if rows else "Every rule had its inputs.", blocks)


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")


def _margins(audit: Audit) -> tuple[Table, ...]:
    if not audit.margins:
        return ()
    columns = ("collateral", *(n.name for n in audit.margins[0].numbers))
    return (Table("", columns, tuple((m.subject, *(n.text for n in m.numbers)) for m in audit.margins)),)


def _rules(audit: Audit) -> Table:
    found = {name: sum(f.rule == name for f in audit.findings) for name in RULES}
    return Table("", ("rule", "asks", "findings"), tuple((f"`{n}`", definition(n), str(found[n])) for n in RULES))
