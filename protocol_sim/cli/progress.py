"""Progress of long work: a bar on a terminal, plain lines when piped. On standard error, so that output stays clean."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Progress = Callable[[int, int], None]
_LINES = 10                                          # lines of a whole run when piped


@contextmanager
def progress(label: str, quiet: bool = False, unit: str = "") -> Iterator[Progress]:
    """Gives `tell(done, total)`; may be called as often as one likes. With a unit, the speed is told too."""
    if quiet:
        yield _nothing
    elif sys.stderr.isatty():
        with _bar(label, unit) as tell:
            yield tell
    else:
        yield _lines(label, unit)


def _nothing(done: int, total: int) -> None:
    pass


def _lines(label: str, unit: str) -> Progress:
    last, speed = 0, _Speed(unit)

    def tell(done: int, total: int) -> None:
        nonlocal last
        now = done * _LINES // max(total, 1)
        words = speed(done, total)
        if now > last:
            last = now
            sys.stderr.write(f"{label}: {done} of {total}{words}\n")

    return tell


class _Speed:
    """How fast it goes since the first call, and how long the rest will take: ` paths, 12.5/s, 40 s left`."""

    def __init__(self, unit: str) -> None:
        self._unit, self._begin = unit, (-1, 0.0)

    def __call__(self, done: int, total: int) -> str:
        if not self._unit:
            return ""
        if self._begin[0] < 0:
            self._begin = (done, time.monotonic())
        count, seconds = done - self._begin[0], time.monotonic() - self._begin[1]
        if count == 0 or seconds <= 0:
            return f" {self._unit}"
        return f" {self._unit}, {count / seconds:,.1f}/s, {(total - done) * seconds / count:,.0f} s left"


@contextmanager
def _bar(label: str, unit: str) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as RichProgress

    last: tuple[Any, ...] = () if unit else (TimeRemainingColumn(),)
    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[speed]}"), *last)
    speed = _Speed(unit)
    with RichProgress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None, speed="")
        yield lambda done, total: bar.update(task, completed=done, total=total, speed=speed(done, total))
