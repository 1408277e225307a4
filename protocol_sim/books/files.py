"""Books as CSV and Parquet: one row an account and asset.

| column | what | absent or empty |
|---|---|---|
| `account` | a name or an address | refused |
| `asset` | its name in the scenario | refused |
| `supplied`, `borrowed` | raw amounts: integers as decimal text, below 2**128 | nothing, or as below |
| `scaled_supplied`, `scaled_borrowed` | scaled balances, instead of amounts | nothing |
| `collateral` | `true`, `false`, `1` or `0`: whether what is supplied is used as collateral | as a first supply would |
| `emode` | the account's eMode, the same in each of its rows | 0: none |

Rows may stand in any order; accounts are numbered by their first row. In Parquet, amounts may be integers too.
Errors name the row as an editor counts it (the header of a CSV is row 1; the first row of a Parquet file is row 1).
"""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from protocol_sim.books.book import UNSAID, Book, Column
from protocol_sim.books.words import LIMIT, Words, nothing, to_ints, to_words
from protocol_sim.errors import BadInput

COLUMNS = ("account", "asset", "supplied", "borrowed", "scaled_supplied", "scaled_borrowed", "collateral", "emode")
AMOUNTS = COLUMNS[2:6]
FLAGS = {"": UNSAID, "0": 0, "1": 1, "false": 0, "true": 1}

Texts = dict[str, list[str]]


def read_book(path: str | Path) -> Book:
    """The book in a CSV or Parquet file. BadInput names row and column of the first thing that is wrong."""
    path = Path(path)
    if path.suffix == ".parquet":
        return _book(path, _parquet(path), 1)
    if path.suffix == ".csv":
        return _book(path, _csv(path), 2)
    raise BadInput(str(path), "file", "a name that ends in .csv or .parquet", repr(path.name))


def write_book(book: Book, path: str | Path) -> Path:
    """Write a book; `read_book` gives the same one back. An account without any entry cannot be written."""
    path = Path(path)
    if path.suffix not in (".csv", ".parquet"):
        raise BadInput(str(path), "file", "a name that ends in .csv or .parquet", repr(path.name))
    if len(np.unique(book.account)) < len(book):
        raise BadInput(str(path), "account", "at least one entry for each", "an account with none")
    texts = _texts(book)
    partial = path.with_name(f".{path.name}.partial")
    try:
        if path.suffix == ".csv":
            with partial.open("w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(texts)
                writer.writerows(zip(*texts.values(), strict=True))
        else:
            import pyarrow as pa
            import pyarrow.parquet as pq

            pq.write_table(pa.table(texts), partial, compression="zstd")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return path


def _texts(book: Book) -> Texts:
    names, modes = list(book.names), book.emode.tolist()
    texts: Texts = {
        "account": [names[i] for i in book.account.tolist()],
        "asset": [book.assets[k] for k in book.asset.tolist()],
    }
    for side in ("supplied", "borrowed"):
        values, scaled = to_ints(getattr(book, side)), getattr(book, f"{side}_scaled").tolist()
        texts[side] = ["" if s or not v else str(v) for v, s in zip(values, scaled, strict=True)]
        texts[f"scaled_{side}"] = [str(v) if s else "" for v, s in zip(values, scaled, strict=True)]
    flags = {UNSAID: "", 0: "false", 1: "true"}
    texts["collateral"] = [flags[flag] for flag in book.collateral.tolist()]
    texts["emode"] = [str(modes[i]) if modes[i] else "" for i in book.account.tolist()]
    return {name: texts[name] for name in COLUMNS}


# ---- from files to texts
def _header(path: Path, found: Sequence[str]) -> None:
    for name in found:
        if name not in COLUMNS:
            raise BadInput(str(path), "header", f"columns among {', '.join(COLUMNS)}", repr(name))
        if list(found).count(name) > 1:
            raise BadInput(str(path), "header", "each column once", f"{name!r} twice")
    for name in COLUMNS[:2]:
        if name not in found:
            raise BadInput(str(path), "header", f"a column {name!r}", ", ".join(found) or "nothing")


def _csv(path: Path) -> Texts:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.reader(file)
            header = next(reader, [])
            _header(path, header)
            rows = list(reader)
    except FileNotFoundError:
        raise BadInput(str(path), "file", "a CSV file", "no such file") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInput(str(path), "file", "a readable CSV file", error) from None
    for number, row in enumerate(rows, 2):
        if len(row) != len(header):
            raise BadInput(str(path), f"row {number}", f"{len(header)} cells", len(row))
    columns = zip(*rows, strict=True) if rows else [[] for _ in header]
    return {name: [cell.strip() for cell in cells] for name, cells in zip(header, columns, strict=True)}


def _parquet(path: Path) -> Texts:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(path).read()
    except FileNotFoundError:
        raise BadInput(str(path), "file", "a Parquet file", "no such file") from None
    except (pa.ArrowException, OSError) as error:
        raise BadInput(str(path), "file", "a Parquet table", error) from None
    _header(path, table.column_names)
    texts: Texts = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        kind = column.type
        whole = pa.types.is_integer(kind) or (pa.types.is_decimal(kind) and kind.scale == 0)
        if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_dictionary(kind)
                or (whole and name not in COLUMNS[:2]) or (pa.types.is_boolean(kind) and name == "collateral")):
            raise BadInput(str(path), f"column {name}", "text or whole numbers", str(kind))
        texts[name] = ["" if cell is None else str(cell).strip() for cell in column.to_pylist()]
    if "collateral" in texts:
        texts["collateral"] = [cell.lower() for cell in texts["collateral"]]
    return texts


# ---- from texts to a book
def _book(path: Path, texts: Texts, first_row: int) -> Book:
    count = len(texts["account"])
    if count == 0:
        raise BadInput(str(path), "rows", "at least one account", "none")

    def bad(n: int, column: str, expected: str, found: object) -> BadInput:
        return BadInput(str(path), f"row {n + first_row}, {column}", expected, found)

    for name in COLUMNS[:2]:
        if "" in texts[name]:
            raise bad(texts[name].index(""), name, f"a name of an {name}", "nothing")
    amounts = {name: _integers(texts[name], name, bad) for name in AMOUNTS if name in texts}
    names, account = _numbered(texts["account"])
    assets, asset = _numbered(texts["asset"])
    key = account * len(assets) + asset
    order = np.argsort(account, kind="stable")
    _, firsts = np.unique(key, return_index=True)
    if len(firsts) < count:
        n = min(set(range(count)) - set(firsts.tolist()))
        raise bad(n, "asset", "each asset once an account", f"{texts['asset'][n]} of {texts['account'][n]} twice")
    sides = {}
    for side in ("supplied", "borrowed"):
        raw, scaled = texts.get(side), texts.get(f"scaled_{side}")
        is_scaled = np.zeros(count, bool) if scaled is None else np.array([cell != "" for cell in scaled])
        if raw is not None and scaled is not None:
            both = is_scaled & np.array([cell != "" for cell in raw])
            if both.any():
                raise bad(int(both.argmax()), f"scaled_{side}", f"it or {side}, not both", "both")
        words = amounts.get(side, nothing(count)).copy()
        if scaled is not None:
            words[is_scaled] = amounts[f"scaled_{side}"][is_scaled]
        sides[side] = (words[order], is_scaled[order])
    flags = _flags(texts, count, bad)
    return Book(
        assets=tuple(assets),
        names=names,
        emode=_emodes(texts, account, len(names), bad),
        account=account[order],
        asset=asset[order],
        supplied=sides["supplied"][0],
        supplied_scaled=sides["supplied"][1],
        borrowed=sides["borrowed"][0],
        borrowed_scaled=sides["borrowed"][1],
        collateral=flags[order],
        where=str(path),
        row=order + first_row,
    )


def _integers(cells: list[str], column: str, bad: Callable[..., BadInput]) -> Words:
    joined = "".join(cells)
    if joined and not (joined.isascii() and joined.isdecimal()):
        n = next(n for n, cell in enumerate(cells) if cell and not (cell.isascii() and cell.isdecimal()))
        negative = cells[n].startswith("-")
        raise bad(n, column, "an integer that is not negative" if negative else "an integer in decimal digits",
                  repr(cells[n]))
    values = [int(cell) if cell else 0 for cell in cells]
    if values and max(values) >= LIMIT:
        n = next(n for n, value in enumerate(values) if value >= LIMIT)
        raise bad(n, column, "less than 2**128", cells[n])
    return to_words(values)


def _numbered(cells: list[str]) -> tuple[list[str], Column]:
    """The different texts in the order of their first appearance, and the number of each cell."""
    numbers: dict[str, int] = {}
    found = np.fromiter((numbers.setdefault(cell, len(numbers)) for cell in cells), np.int64, len(cells))
    return list(numbers), found


def _flags(texts: Texts, count: int, bad: Callable[..., BadInput]) -> Column:
    cells = texts.get("collateral", [""] * count)
    for n, cell in enumerate(cells):
        if cell not in FLAGS:
            raise bad(n, "collateral", "true, false, 1, 0 or nothing", repr(cell))
        if FLAGS[cell] == 1 and not any(texts.get(side, [""] * count)[n] for side in ("supplied", "scaled_supplied")):
            raise bad(n, "collateral", "an asset that the account supplies", repr(cell))
    return np.array([FLAGS[cell] for cell in cells], np.int64)


def _emodes(
    texts: Texts, account: Column, accounts: int, bad: Callable[..., BadInput]
) -> Column:
    modes = np.full(accounts, -1, np.int64)
    cells = texts.get("emode")
    if cells is None:
        return np.zeros(accounts, np.int64)
    for n, (cell, i) in enumerate(zip(cells, account.tolist(), strict=True)):
        text = cell or "0"
        if not (text.isascii() and text.isdecimal() and int(text) < 256):
            raise bad(n, "emode", "a number from 0 to 255, or nothing", repr(cell))
        if modes[i] not in (-1, int(text)):
            raise bad(n, "emode", f"{modes[i]} as in the account's other rows", repr(cell))
        modes[i] = int(text)
    return modes
