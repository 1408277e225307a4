"""Reports: one neutral `Report`, written as a self-contained HTML page or as Markdown.

`content` says what a report is made of, `charts` makes figures in one style, `html` and `markdown` write.
"""

from protocol_sim.report.charts import bars, lines
from protocol_sim.report.content import Figure, KeyFigure, Report, Reproduction, Section, Table
from protocol_sim.report.html import html_text, write_html
from protocol_sim.report.markdown import markdown_text, write_markdown

__all__ = [
    "Figure",
    "KeyFigure",
    "Report",
    "Reproduction",
    "Section",
    "Table",
    "bars",
    "html_text",
    "lines",
    "markdown_text",
    "write_html",
    "write_markdown",
]
