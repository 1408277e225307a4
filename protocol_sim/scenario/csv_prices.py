"""Prices from a CSV file, exact: decimal texts become integers with 8 decimals."""

import csv
import datetime
from itertools import pairwise
from pathlib import Path

from protocol_sim.errors import BadInput
from protocol_sim.numeric.units import parse_usd


def read_prices(path: Path, column: str, time_column: str | None) -> list[tuple[int, int]]:
    """Rows as (unix seconds, or the row's number without a time column; USD with 8 decimals), times increasing."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            for wanted in [column] + ([time_column] if time_column else []):
                if wanted not in (reader.fieldnames or []):
                    raise BadInput(str(path), "header", f"a column {wanted!r}", reader.fieldnames)
            rows = []
            for number, row in enumerate(reader):
                if reader.line_num > number + 2:     # the reader leaves empty lines out
                    raise BadInput(str(path), f"row {number + 2}", "a price", "an empty line")
                rows.append(_row(path, number, row, column, time_column))
    except FileNotFoundError:
        raise BadInput(str(path), "file", "a CSV file", "no such file") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInput(str(path), "file", "a readable CSV file", error) from None
    if not rows:
        raise BadInput(str(path), column, "at least one row", "none")
    for number, ((before, _), (after, _)) in enumerate(pairwise(rows)):
        if after <= before:
            raise BadInput(str(path), f"row {number + 3}", f"a time after {before}", after)
    return rows


def _row(path: Path, number: int, row: dict[str, str | None], column: str, time_column: str | None) -> tuple[int, int]:
    where = f"row {number + 2}"                     # as an editor counts: the header is row 1
    try:
        price = parse_usd((row[column] or "").strip())
    except ValueError as error:
        raise BadInput(str(path), f"{where}, {column}", f"a USD price: {error}", repr(row[column])) from None
    if not 0 < price < 2**62:
        raise BadInput(str(path), f"{where}, {column}", "a price above 0 and below 46 billion USD", repr(row[column]))
    if time_column is None:
        return number, price
    return _seconds(path, f"{where}, {time_column}", (row[time_column] or "").strip()), price


def _seconds(path: Path, key: str, text: str) -> int:
    if text.isdecimal():
        return int(text)
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(str(path), key, "unix seconds or ISO 8601", repr(text)) from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)).timestamp())
