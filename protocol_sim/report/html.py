"""A report as one HTML page that needs nothing else: styles, script and plotly itself are inside, once."""

import json
import re
from collections.abc import Iterator
from html import escape
from importlib.resources import files
from pathlib import Path

from protocol_sim.report.content import Figure, KeyFigure, Report, Reproduction, Section, Table
from protocol_sim.report.whole import write_whole
from protocol_sim.results import LedgerEntry, counts

_NUMBER = re.compile(r"[-−+]?[\d,._ ]*\d(\.\d+)?( ?(%|bps|USD|ms|s|x|×))?|–|-|unbounded|any|")


def write_html(report: Report, path: str | Path) -> Path:
    """Write the page; a file of that name is replaced in one step."""
    return write_whole(path, html_text(report))


def html_text(report: Report) -> str:
    """The page as text; the same report gives the same bytes."""
    titles = [section.title for section in report.sections]
    titles += [title for title, given in _tail(report) if given]
    links = "".join(f'<a href="#{_anchor(title)}">{escape(title)}</a>' for title in titles)
    body = [
        f"<h1>{escape(report.title)}</h1>",
        f'<p class="question">{_inline(report.question)}</p>',
        f'<div class="answer">{_paragraphs(report.answer)}</div>' if report.answer else "",
        _key_figures(report.key_figures) if report.key_figures else "",
        f"<nav>{links}</nav>" if links else "",
    ]
    numbers = iter(range(1, 10_000))
    body += [_section(section, numbers) for section in report.sections]
    body += [_heading(title) + given for title, given in _tail(report) if given]
    body.append(f"<footer>{_inline(report.footer)}</footer>")
    scripts = _scripts() if any(isinstance(b, Figure) for s in report.sections for b in s.blocks) else ""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(report.title)}</title>\n<style>\n{_page('style.css')}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(part for part in body if part)
        + f"\n</main>\n{scripts}</body>\n</html>\n"
    )


def _tail(report: Report) -> list[tuple[str, str]]:
    """What every report ends with, where it has it."""
    limits = "".join(f"<li>{_inline(limit)}</li>" for limit in report.limits)
    return [
        ("Inputs", _ledger(report.ledger) if report.ledger else ""),
        ("Method", _paragraphs(report.method)),
        ("Limits", f"<ul>{limits}</ul>" if limits else ""),
        ("How to reproduce", _reproduction(report.reproduction) if report.reproduction else ""),
    ]


def _key_figures(figures: tuple[KeyFigure, ...]) -> str:
    cards = "".join(
        f"<div><dt>{escape(f.label)}</dt><dd>{escape(f.value)}</dd>" + (f"<dd>{_inline(f.note)}</dd>" if f.note else "")
        + "</div>"
        for f in figures
    )
    return f'<dl class="figures">{cards}</dl>'


def _section(section: Section, numbers: Iterator[int]) -> str:
    parts = [_heading(section.title), _paragraphs(section.text)]
    for block in section.blocks:
        parts.append(_table(block) if isinstance(block, Table) else _figure(block, next(numbers)))
    return "\n".join(parts)


def _table(table: Table) -> str:
    numeric = [n > 0 and all(_NUMBER.fullmatch(row[n]) for row in table.rows) for n in range(len(table.columns))]
    marks = [' class="number"' if right else "" for right in numeric]
    head = "".join(f"<th{mark}>{_inline(name)}</th>" for mark, name in zip(marks, table.columns, strict=True))
    rows = "".join(
        "<tr>" + "".join(f"<td{mark}>{_inline(cell)}</td>" for mark, cell in zip(marks, row, strict=True)) + "</tr>\n"
        for row in table.rows
    )
    title = f"<h3>{escape(table.title)}</h3>" if table.title else ""
    return (
        f'{title}<div class="scroll"><table><thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>'
        + _note(table.note)
    )


def _figure(figure: Figure, number: int) -> str:
    data = json.dumps({"data": figure.data, "layout": figure.layout}, allow_nan=False).replace("</", "<\\/")
    return (
        f'<figure><h3>{escape(figure.title)}</h3><div class="plot" id="figure-{number}" role="img" '
        f'aria-label="{escape(figure.title)}"></div>'
        f'<script type="application/json" id="figure-{number}-data">{data}</script>{_note(figure.note)}</figure>'
    )


def _ledger(ledger: tuple[LedgerEntry, ...]) -> str:
    known = counts(ledger)
    bar = "".join(f'<span class="{s}" style="flex:{n}" title="{n} {s}"></span>' for s, n in known.items() if n)
    key = "".join(f'<span><i class="{s}"></i>{n} {s}</span>' for s, n in known.items())
    parts = [
        "<p>Every number that the run started from. Observed: read from the chain or a record. "
        "Inferred: solved for from what was observed. Assumed: chosen.</p>",
        f'<div class="split">{bar}</div><div class="key">{key}</div>',
    ]
    for status, number in known.items():
        if number:
            rows = tuple((f"`{e.key}`", e.value, e.source) for e in ledger if e.status == status)
            table = _table(Table("", ("input", "value", "source"), rows))
            parts.append(f"<details><summary>{number} {status}</summary>{table}</details>")
    return "\n".join(parts)


def _reproduction(how: Reproduction) -> str:
    digests = ((what, f"`{digest}`") for what, digest in how.digests)
    rows = (("seed", str(how.seed)), *digests, *how.versions.items())
    return f"<pre><code>{escape(how.command)}</code></pre>" + _table(Table("", ("", ""), rows)).replace(
        "<thead><tr><th></th><th></th></tr></thead>", ""
    )


def _heading(title: str) -> str:
    return f'<h2 id="{_anchor(title)}">{escape(title)}</h2>'


def _anchor(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def _note(text: str) -> str:
    return f'<p class="note">{_inline(text)}</p>' if text else ""


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{_inline(part)}</p>" for part in re.split(r"\n\s*\n", text.strip()) if part)


def _inline(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _page(name: str) -> str:
    return (files("protocol_sim.report") / "page" / name).read_text(encoding="utf-8")


def _scripts() -> str:
    from plotly.offline import get_plotlyjs

    return f"<script>{get_plotlyjs()}</script>\n<script>\n{_page('figures.js')}</script>\n"
