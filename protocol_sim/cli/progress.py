"""Progress of long work: a bar on a terminal, plain lines when piped. On standard error, so that output stays clean."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[int, int], None]
_LINES = 10                                          # lines of a whole run when piped


@contextmanager
def progress(label: str, quiet: bool = False) -> Iterator[Progress]:
    """Gives `tell(done, total)`; may be called as often as one likes."""
    if quiet:
        yield _nothing
    elif sys.stderr.isatty():
        with _bar(label) as tell:
            yield tell
    else:
        yield _lines(label)


def _nothing(done: int, total: int) -> None:
    pass


def _lines(label: str) -> Progress:
    last = 0

    def tell(done: int, total: int) -> None:
        nonlocal last
        now = done * _LINES // max(total, 1)
        if now > last:
            last = now
            sys.stderr.write(f"{label}: {done} of {total}\n")

    return tell


@contextmanager
def _bar(label: str) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as RichProgress

    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with RichProgress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
