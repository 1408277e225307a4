"""What an audit came to: findings, what was not checked, the margins of every collateral, the input ledger."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from protocol_sim.audit.case import Shown
from protocol_sim.audit.finding import Finding, NotChecked, Number, Severity
from protocol_sim.audit.market import BPS, Market
from protocol_sim.audit.rules import RULES
from protocol_sim.results import LedgerEntry

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Margin:
    """Of one collateral in one mode: threshold and bonus, and what lies between them and a loss."""

    subject: str
    numbers: tuple[Number, ...]


@dataclass(frozen=True)
class Audit:
    """The verdict on one market, worst findings first."""

    market: str
    where: str
    kind: str
    findings: tuple[Finding, ...]
    not_checked: tuple[NotChecked, ...]
    margins: tuple[Margin, ...]
    ledger: tuple[LedgerEntry, ...]

    def worst(self) -> Severity | None:
        """The highest severity found; None: nothing was."""
        return max((finding.severity for finding in self.findings), default=None)

    def count(self, severity: Severity) -> int:
        """Findings of that severity."""
        return sum(finding.severity is severity for finding in self.findings)

    def at_least(self, severity: Severity) -> tuple[Finding, ...]:
        """Findings of that severity and above."""
        return tuple(finding for finding in self.findings if finding.severity >= severity)


def examine(market: Market) -> Audit:
    """Every rule on one market."""
    findings: list[Finding] = []
    unchecked: list[NotChecked] = []
    for rule in RULES.values():
        for said in rule(market):
            if isinstance(said, Finding):
                findings.append(said)
            else:
                unchecked.append(said)
    order = list(RULES)
    findings.sort(key=lambda f: (-f.severity, order.index(f.rule), f.subject))
    return Audit(market.name, market.where, f"{market.kind} {market.version}", tuple(findings), tuple(unchecked),
                 tuple(margins(market)), market.ledger)


def margins(market: Market) -> Iterable[Margin]:
    """One row a collateral and mode."""
    for terms, mode in market.modes():
        whole = Fraction(mode.product, BPS * BPS)
        yield Margin(market.subject(terms, mode), (
            Number("ltv", Fraction(mode.ltv, BPS), "%"),
            Number("threshold", Fraction(mode.threshold, BPS), "%"),
            Number("bonus", Fraction(mode.bonus - BPS, BPS), "%"),
            Number("LT·(1+b)", whole, "%"),
            Number("slack", 1 - whole, "%"),
            Number("toxic from", Fraction(BPS, mode.bonus), "%"),
            Number("D* after borrowing all", 1 - Fraction(mode.bonus * mode.ltv, BPS * BPS), "%"),
        ))


def as_json(audit: Audit, shown: dict[str, Shown] | None = None) -> str:
    """The verdict as JSON; each number as text and as an exact fraction."""
    data: dict[str, Any] = {
        "format": FORMAT, "market": audit.market, "kind": audit.kind,
        "counts": {severity.word: audit.count(severity) for severity in reversed(Severity)},
        "findings": [_finding(f, (shown or {}).get(f.id)) for f in audit.findings],
        "not_checked": [{"rule": n.rule, "subjects": list(n.subjects), "needs": n.needs} for n in audit.not_checked],
        "margins": [{"subject": m.subject, "numbers": _numbers(m.numbers)} for m in audit.margins],
        "ledger": [{"key": e.key, "value": e.value, "status": e.status, "source": e.source} for e in audit.ledger],
    }
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def _finding(f: Finding, shown: Shown | None) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": f.id, "rule": f.rule, "severity": f.severity.word, "subject": f.subject, "reason": f.reason,
        "numbers": _numbers(f.numbers), "source": f.source, "fix": f.fix,
    }
    if f.case is not None:
        row["counterexample"] = {"scenario": f"counterexamples/{f.id}.toml", "loss": f.case.loss}
        if shown is not None:
            row["counterexample"] |= {"loss_1e8": str(shown.loss), "unit": shown.unit,
                                      "liquidations": shown.liquidations, "digest": shown.digest}
    return row


def _numbers(numbers: tuple[Number, ...]) -> list[dict[str, str]]:
    return [{"name": n.name, "text": n.text, "exact": n.exact, "unit": n.unit} for n in numbers]
