"""`protocol-sim calibrate`: recorded prices in, a piece of a scenario file out."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from protocol_sim.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd


class Process(StrEnum):
    """The processes that can be fitted."""

    GBM = "gbm"
    OU = "ou"
    MERTON = "merton"
    KOU = "kou"
    GARCH = "garch"
    GJR = "gjr"


class Copula(StrEnum):
    """How columns go together."""

    GAUSSIAN = "gaussian"
    STUDENT = "student-t"


class Innovations(StrEnum):
    """Of garch and gjr."""

    NORMAL = "normal"
    STUDENT = "student-t"


Prices = Annotated[Path, typer.Argument(metavar="PRICES", help="A CSV file: a column of prices for each asset.")]
ProcessOption = Annotated[Process, typer.Option(help="What the prices are taken to follow.")]
Columns = Annotated[
    list[str] | None, typer.Option("--column", help="An asset; repeat it. Absent: every column but the time.",
                                   show_default=False)
]
TimeColumn = Annotated[str | None, typer.Option(help="ISO 8601 or unix seconds.", show_default=False)]
Seconds = Annotated[int | None, typer.Option(min=1, help="Between rows, if there is no time column.",
                                             show_default=False)]
CopulaOption = Annotated[Copula, typer.Option(help="Of several columns.")]
InnovationsOption = Annotated[Innovations, typer.Option(help="Of garch and gjr.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(calibrate)


def calibrate(
    prices: Prices,
    process: ProcessOption = Process.GBM,
    column: Columns = None,
    time_column: TimeColumn = None,
    seconds: Seconds = None,
    copula: CopulaOption = Copula.GAUSSIAN,
    innovations: InnovationsOption = Innovations.NORMAL,
) -> None:
    """Fit a price process to recorded prices; print [[assets]] and [correlation] for a scenario file."""
    from protocol_sim.prices.calibrate import calibrate

    frame = _frame(prices, column or [], time_column)
    try:
        found = calibrate(frame, process.value, seconds=seconds, copula=copula.value, innovations=innovations.value)
    except BadInput as error:
        where = str(prices) if error.where == "prices" else error.where
        raise BadInput(where, error.key, error.expected, error.found) from None
    sys.stdout.write(found.toml)


def _frame(path: Path, columns: list[str], time_column: str | None) -> "pd.DataFrame":
    import pandas as pd

    try:
        frame = pd.read_csv(path, skip_blank_lines=False)
    except FileNotFoundError:
        raise BadInput(str(path), "file", "a CSV file", "no such file") from None
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise BadInput(str(path), "file", "a readable CSV file", error) from None
    for name in [*columns, *([time_column] if time_column else [])]:
        if name not in frame.columns:
            raise BadInput(str(path), "header", f"a column {name!r}", ", ".join(map(str, frame.columns)))
    if time_column is not None:
        times = frame.pop(time_column)
        try:
            whole = pd.api.types.is_integer_dtype(times)
            frame.index = pd.Index(times) if whole else pd.DatetimeIndex(pd.to_datetime(times, utc=True))
        except ValueError as error:
            raise BadInput(str(path), time_column, "unix seconds or ISO 8601", error) from None
    return frame[columns] if columns else frame
