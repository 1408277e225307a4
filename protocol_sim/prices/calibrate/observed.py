"""Recorded prices as a table of floats, or one line that names the rows that are wrong."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from protocol_sim.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd

LEAST = 30  # prices: below it no standard error means anything
SHOWN = 5
WHERE = "prices"


def observed(frame: "pd.DataFrame", seconds: int | None) -> tuple[NDArray[np.float64], int]:
    """Prices (rows x columns) and the seconds between rows.

    BadInput for anything but at least LEAST rows of finite prices above 0, evenly spaced in time if the index tells it.
    """
    import pandas as pd

    if not isinstance(frame, pd.DataFrame) or not len(frame.columns):
        raise BadInput(WHERE, "frame", "a DataFrame with a column of prices for each asset", type(frame).__name__)
    if frame.columns.has_duplicates:
        raise BadInput(WHERE, "columns", "names used once", ", ".join(map(str, frame.columns)))
    if len(frame) < LEAST:
        raise BadInput(WHERE, "rows", f"at least {LEAST}", len(frame))
    spacing = _spacing(frame.index)
    if seconds is None and spacing is None:
        raise BadInput(WHERE, "seconds", "the time between rows, as the index does not tell it", "nothing")
    if seconds is not None and (isinstance(seconds, bool) or not isinstance(seconds, int) or seconds < 1):
        raise BadInput(WHERE, "seconds", "a whole number of seconds above 0", seconds)
    if seconds is not None and spacing is not None and spacing != seconds:
        raise BadInput(WHERE, "seconds", f"{spacing}, as the index tells", seconds)
    columns = [_column(frame, name) for name in frame.columns]
    return np.column_stack(columns), seconds or spacing or 0


def _column(frame: "pd.DataFrame", name: Any) -> NDArray[np.float64]:
    import pandas as pd

    values: NDArray[np.float64] = pd.to_numeric(frame[name], errors="coerce").to_numpy(np.float64)
    bad = np.flatnonzero(~(np.isfinite(values) & (values > 0.0)))
    if len(bad):
        found = ", ".join(f"{frame[name].iloc[row]!r}" for row in bad[:SHOWN])
        raise BadInput(WHERE, f"{name}, {_rows(frame.index, bad)}", "prices above 0", found)
    if values.min() == values.max():
        raise BadInput(WHERE, str(name), "a price that moves", f"{values[0]:g} in every row")
    return values


def _spacing(index: "pd.Index[Any]") -> int | None:
    """Seconds between rows of a time index (dates, or whole unix seconds); None if it only counts rows."""
    import pandas as pd

    if isinstance(index, pd.RangeIndex):
        return None
    if isinstance(index, pd.DatetimeIndex):
        missing = np.flatnonzero(index.isna())
        times = index.as_unit("ns").asi8
        unit = 1_000_000_000
    elif pd.api.types.is_integer_dtype(index):
        missing, times, unit = np.empty(0, np.int64), index.to_numpy(np.int64), 1
    else:
        raise BadInput(WHERE, "index", "times (dates or unix seconds) or row numbers", str(index.dtype))
    if len(missing):
        raise BadInput(WHERE, _rows(index, missing), "a time", "none")
    steps = np.diff(times)
    for what, bad in (("a time not seen before", steps == 0), ("times that increase", steps < 0)):
        if bad.any():
            rows = np.flatnonzero(bad) + 1
            raise BadInput(WHERE, _rows(index, rows), what, ", ".join(str(index[row]) for row in rows[:SHOWN]))
    usual = int(np.sort(steps)[len(steps) // 2])
    gaps = np.flatnonzero(steps != usual)
    if len(gaps):
        found = ", ".join(f"{steps[row] / unit:.12g} s after {index[row]}" for row in gaps[:SHOWN])
        raise BadInput(WHERE, _rows(index, gaps + 1), f"rows {usual / unit:g} s apart, as most are", found)
    if usual % unit:
        raise BadInput(WHERE, "index", "whole seconds between rows", f"{usual / unit:g} s")
    return usual // unit


def _rows(index: "pd.Index[Any]", rows: NDArray[Any]) -> str:
    """Which rows, counted from 0 as pandas does."""
    shown = ", ".join(str(int(row)) for row in rows[:SHOWN])
    more = f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
    return f"row{'s' if len(rows) > 1 else ''} {shown}{more} of {len(index)}"
