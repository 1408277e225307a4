"""A report as Markdown: the same words and tables; figures are named, and drawn in the HTML page only."""

from pathlib import Path

from protocol_sim.report.content import Figure, Report, Table
from protocol_sim.report.whole import write_whole
from protocol_sim.results import counts


def write_markdown(report: Report, path: str | Path) -> Path:
    """Write the text; a file of that name is replaced in one step."""
    return write_whole(path, markdown_text(report))


def markdown_text(report: Report) -> str:
    """The report as Markdown."""
    parts = [f"# {report.title}", f"*{report.question}*", report.answer]
    parts += ["\n".join(f"- **{f.label}: {f.value}**{f' – {f.note}' if f.note else ''}" for f in report.key_figures)]
    for section in report.sections:
        parts += [f"## {section.title}", section.text]
        parts += [_table(block) if isinstance(block, Table) else _figure(block) for block in section.blocks]
    parts += _inputs(report)
    parts += ["## Method", report.method] if report.method else []
    parts += ["## Limits", "\n".join(f"- {limit}" for limit in report.limits)] if report.limits else []
    parts += _reproduction(report)
    parts.append(report.footer)
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


def _table(table: Table) -> str:
    title = f"**{table.title}**\n\n" if table.title else ""
    lines = [_row(table.columns), _row(("---",) * len(table.columns)), *map(_row, table.rows)]
    return title + "\n".join(lines) + (f"\n\n{table.note}" if table.note else "")


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _figure(figure: Figure) -> str:
    return f"**{figure.title}** (figure in the HTML page)" + (f"\n\n{figure.note}" if figure.note else "")


def _inputs(report: Report) -> list[str]:
    if not report.ledger:
        return []
    known = ", ".join(f"{number} {status}" for status, number in counts(report.ledger).items())
    rows = tuple((f"`{e.key}`", e.value, e.status, e.source) for e in report.ledger)
    return ["## Inputs", known, _table(Table("", ("input", "value", "status", "source"), rows))]


def _reproduction(report: Report) -> list[str]:
    how = report.reproduction
    if how is None:
        return []
    facts = [f"seed {how.seed}", *(f"{what} `{digest}`" for what, digest in how.digests)]
    facts += [f"{name} {version}" for name, version in how.versions.items()]
    return ["## How to reproduce", f"```\n{how.command}\n```", "\n".join(f"- {fact}" for fact in facts)]
