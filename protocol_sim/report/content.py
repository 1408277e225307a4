"""What a report is made of. Texts are plain; a blank line begins a paragraph, backticks set code."""

from dataclasses import dataclass, field
from typing import Any

from protocol_sim.results import LedgerEntry


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """One number that the reader came for."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Columns and rows of text; the first column names the row, columns of numbers are set flush right."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"table {self.title!r}: a row of {len(row)} cells under {len(self.columns)} columns")


@dataclass(frozen=True, slots=True)
class Figure:
    """A plotly figure (`data` and `layout`; see `charts`) and what to see in it."""

    title: str
    data: tuple[dict[str, Any], ...]
    layout: dict[str, Any]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, some words, then tables and figures in the order given."""

    title: str
    text: str = ""
    blocks: tuple[Table | Figure, ...] = ()


@dataclass(frozen=True, slots=True)
class Reproduction:
    """How to get the same integers again."""

    command: str
    seed: int
    digests: tuple[tuple[str, str], ...]           # (what, sha256)
    versions: dict[str, str]


@dataclass(frozen=True, slots=True)
class Report:
    """A question, its answer in key figures, what stands behind them, and how far to trust them."""

    title: str
    question: str
    answer: str = ""
    key_figures: tuple[KeyFigure, ...] = ()
    sections: tuple[Section, ...] = ()
    ledger: tuple[LedgerEntry, ...] = ()
    method: str = ""
    limits: tuple[str, ...] = ()
    reproduction: Reproduction | None = None
    footer: str = field(default="Made by protocol-sim.")
