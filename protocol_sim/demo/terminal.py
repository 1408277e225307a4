"""What the demo says while it runs and when it is done: rich on a terminal, plain lines when piped."""

import sys
from typing import TYPE_CHECKING

from protocol_sim.demo.headline import FRONTIER, Headline
from protocol_sim.demo.outcome import Outcome
from protocol_sim.demo.words import WAD_DECIMALS, clock, crv, number, usdc

if TYPE_CHECKING:
    from rich.progress import Progress

HEAD = ("cascade", "calls", "CRV left", "bad debt", "at high", "loss")
NOTE = (
    "Bad debt (at the last oracle price and at the highest) and the borrower's loss\n"
    "are in USDC. Halted: no call at or above the toxic frontier. Below `simulated`,\n"
    "each row changes one thing in it."
)


class Steps:
    """Progress on standard error: a bar on a terminal, a line a step when piped, nothing when quiet."""

    def __init__(self, total: int, quiet: bool) -> None:
        self._total, self._done, self._quiet = total, 0, quiet
        self._bar = None if quiet or not sys.stderr.isatty() else _bar(total)

    def __call__(self, name: str) -> None:
        """The step `name` begins."""
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=self._done, description=name)
        elif not self._quiet:
            sys.stderr.write(f"{self._done + 1} of {self._total}: {name}\n")
        self._done += 1

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()


def show(figures: Headline, outcomes: list[Outcome], files: list[str]) -> None:
    """The short answer on standard output."""
    first, end = figures.first_toxic, figures.end
    facts = [
        ("seizures equal to the raw unit", f"{figures.equal} of {figures.calls}"),
        ("first toxic liquidation", f"number {first.number}, {clock(first.event.time)} UTC, "
         f"LTV {number(first.before.ltv, WAD_DECIMALS, 4)} > {number(FRONTIER, WAD_DECIMALS, 4)}"),
        ("toxic liquidations", str(figures.toxic)),
        ("left, principal", f"{crv(end.principal, 2)} CRV, {usdc(figures.principal_value)} USDC at the end"),
        ("left, interest", f"{crv(end.accrued, 2)} CRV, {usdc(figures.accrued_value)} USDC at the end"),
    ]  # fmt: skip
    rows = [_row(outcome) for outcome in (figures.recorded, figures.halted, *outcomes)]
    title = "The CRV cascade of 22 November 2022, Aave V2 on Ethereum"
    if sys.stdout.isatty():
        _rich(title, facts, rows)
    else:
        _plain(title, facts, rows)
    sys.stdout.write(NOTE + "\n\n")
    for file in files:
        sys.stdout.write(f"{file}\n")


def _row(outcome: Outcome) -> tuple[str, ...]:
    short, high = usdc(outcome.shortfall), usdc(outcome.shortfall_high)
    return outcome.name, str(outcome.liquidations), crv(outcome.debt), short, high, usdc(outcome.loss)


def _plain(title: str, facts: list[tuple[str, str]], rows: list[tuple[str, ...]]) -> None:
    width = max(len(label) for label, _ in facts)
    lines = [title, "", *(f"{label:{width}}  {value}" for label, value in facts), ""]
    widths = [max(len(row[n]) for row in (HEAD, *rows)) for n in range(len(HEAD))]
    for row in (HEAD, *rows):
        cells = [f"{row[0]:{widths[0]}}", *(f"{cell:>{w}}" for cell, w in zip(row[1:], widths[1:], strict=True))]
        lines.append("  ".join(cells))
    sys.stdout.write("\n".join(lines) + "\n\n")


def _rich(title: str, facts: list[tuple[str, str]], rows: list[tuple[str, ...]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    console.print(f"[bold]{title}[/]\n")
    grid = Table.grid(padding=(0, 2))
    for label, value in facts:
        grid.add_row(label, f"[bold]{value}[/]")
    console.print(grid)
    table = Table(box=SIMPLE_HEAD)
    for n, name in enumerate(HEAD):
        table.add_column(name, justify="left" if n == 0 else "right")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _bar(total: int) -> "Progress":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    bar.add_task("", total=total)
    bar.start()
    return bar
