"""A run on disk: three Parquet tables and three JSON files in a directory of their own.

Written to a directory beside it and renamed, so that an interruption leaves either all of it or nothing. Integers that
int64 cannot hold are stored as decimal texts; the column's metadata says so and loading gives Python ints back.
"""

import json
import os
import shutil
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from protocol_sim.errors import BadInput
from protocol_sim.results import columns as table
from protocol_sim.results.columns import Columns
from protocol_sim.results.ledger import STATUSES, LedgerEntry
from protocol_sim.results.manifest import Manifest
from protocol_sim.results.summary import Summary
from protocol_sim.shallow import shallow_json

if TYPE_CHECKING:
    from protocol_sim.results.run import Run

FORMAT = 1
TABLES = ("events", "series", "positions")
FILES = frozenset({"manifest.json", "summary.json", "ledger.json", *(f"{name}.parquet" for name in TABLES)})
T = TypeVar("T")


def save_run(run: "Run", directory: Path) -> Path:
    """Write a run; an earlier run of the same scenario in that directory is replaced."""
    refuse_foreign(directory, run.manifest.scenario_digest)
    directory.parent.mkdir(parents=True, exist_ok=True)
    partial = directory.with_name(f".{directory.name}.partial-{os.getpid()}")
    replaced = directory.with_name(f".{directory.name}.replaced-{os.getpid()}")
    try:
        partial.mkdir()
        for name, columns in run.columns.items():
            write_table(partial / f"{name}.parquet", columns)
        write_json(partial / "summary.json", asdict(run.summary))
        write_json(partial / "ledger.json", [asdict(entry) for entry in run.ledger])
        write_json(partial / "manifest.json", {"format": FORMAT, "digest": run.digest, **asdict(run.manifest)})
        if directory.exists():
            directory.rename(replaced)
        partial.rename(directory)
    finally:
        if replaced.exists() and not directory.exists():
            replaced.rename(directory)
        shutil.rmtree(partial, ignore_errors=True)
        shutil.rmtree(replaced, ignore_errors=True)
    return directory


def refuse_foreign(directory: Path, scenario_digest: str) -> None:
    """BadInput unless a run of that scenario may be written there. Writes nothing."""
    if not directory.exists():
        return
    if not directory.is_dir():
        raise BadInput(str(directory), "directory", "a new directory", "a file")
    present = {path.name for path in directory.iterdir()}
    if not present:
        return
    if present - FILES:
        expected = "a new directory or one that holds results only"
        raise BadInput(str(directory), "directory", expected, min(present - FILES))
    found = _manifest(directory)["scenario_digest"]
    if found != scenario_digest:
        expected = f"results of this scenario ({scenario_digest[:12]}…)"
        raise BadInput(str(directory / "manifest.json"), "scenario_digest", expected, f"others ({found[:12]}…)")


def load_run(directory: str | Path, scenario_digest: str | None = None) -> "Run":
    """Read a run back. BadInput for what is missing, truncated, changed or, if asked, of another scenario."""
    from protocol_sim.results.run import Run

    directory = Path(directory)
    if not directory.is_dir():
        raise BadInput(str(directory), "directory", "a directory with results", "no such directory")
    if scenario_digest is not None:
        refuse_foreign(directory, scenario_digest)
    header = _manifest(directory)
    stored = header.pop("digest")
    header.pop("format")
    manifest = record_of(directory / "manifest.json", Manifest, header)
    summary = record_of(directory / "summary.json", Summary, read_json(directory / "summary.json", dict))
    ledger = read_ledger(directory / "ledger.json")
    events, series, positions = (read_table(directory / f"{name}.parquet") for name in TABLES)
    run = Run(events, series, positions, summary, manifest, ledger)
    if run.digest != stored:
        expected = f"{run.digest[:12]}… as the tables give"
        raise BadInput(str(directory / "manifest.json"), "digest", expected, f"{stored[:12]}…")
    return run


def read_ledger(path: Path) -> tuple[LedgerEntry, ...]:
    """The input ledger of a results directory."""
    ledger = tuple(record_of(path, LedgerEntry, row) for row in read_json(path, list))
    for entry in ledger:
        if entry.status not in STATUSES:
            raise BadInput(str(path), entry.key, f"one of {', '.join(STATUSES)}", repr(entry.status))
    return ledger


def _manifest(directory: Path) -> dict[str, Any]:
    path = directory / "manifest.json"
    header: dict[str, Any] = read_json(path, dict)
    if header.get("format") != FORMAT:
        raise BadInput(str(path), "format", str(FORMAT), repr(header.get("format")))
    for key in ("digest", "scenario_digest"):
        if not isinstance(header.get(key), str):
            raise BadInput(str(path), key, "a digest", repr(header.get(key)))
    return header


def read_json(path: Path, kind: type) -> Any:
    """A JSON file that holds an object (`kind` dict) or a list; BadInput for anything else."""
    try:
        data = shallow_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInput(str(path), "file", "a file of a results directory", "no such file") from None
    except json.JSONDecodeError as error:
        raise BadInput(str(path), f"line {error.lineno}", "JSON", f"{error.msg} at column {error.colno}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(str(path), "file", "a readable file", error) from None
    if not isinstance(data, kind):
        raise BadInput(str(path), "file", "a JSON object" if kind is dict else "a JSON list", type(data).__name__)
    return data


def record_of(path: Path, kind: type[T], values: Any) -> T:
    """A record from its JSON object; each field must be there and have the type that it declares."""
    if not isinstance(values, dict):
        raise BadInput(str(path), "file", "JSON objects", type(values).__name__)
    wanted: dict[str, Any] = {field.name: field.type for field in fields(kind)}  # type: ignore[arg-type]
    for name in wanted:
        if name not in values:
            raise BadInput(str(path), name, "a value", "nothing")
    for name, value in values.items():
        if name not in wanted:
            raise BadInput(str(path), name, f"one of {', '.join(wanted)}", "an unknown key")
        if wanted[name] in (int, str) and type(value) is not wanted[name]:
            raise BadInput(str(path), name, "an integer" if wanted[name] is int else "text", repr(value))
    return kind(**values)


def write_json(path: Path, data: Any) -> None:
    """One JSON file."""
    path.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def write_table(path: Path, columns: Columns, about: dict[str, str] | None = None) -> None:
    """One Parquet file; `about` is kept in its metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrays, schema = [], []
    for name, values in columns.items():
        if table.is_count(name, values):
            arrays.append(pa.array(values, pa.int64()))
            schema.append(pa.field(name, pa.int64()))
        else:
            ints = table.holds_ints(values)
            texts = [None if value is None else str(value) for value in values]
            arrays.append(pa.array(texts, pa.string()))
            schema.append(pa.field(name, pa.string(), metadata={"holds": "integers" if ints else "text"}))
    pq.write_table(pa.Table.from_arrays(arrays, schema=pa.schema(schema, about)), path, compression="zstd")


def read_table(path: Path) -> Columns:
    """The columns of a Parquet file that `write_table` wrote; BadInput for anything else."""
    return read_described(path)[0]


def read_described(path: Path) -> tuple[Columns, dict[str, str]]:
    """The columns, and what the file's metadata says about them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        read = pq.ParquetFile(path).read()
    except FileNotFoundError:
        raise BadInput(str(path), "file", "a file of a results directory", "no such file") from None
    except (pa.ArrowException, OSError) as error:
        raise BadInput(str(path), "file", "a Parquet table", error) from None
    columns: Columns = {}
    for field, column in zip(read.schema, read.columns, strict=True):
        values = column.to_pylist()
        if (field.metadata or {}).get(b"holds") == b"integers":
            try:
                values = [None if value is None else int(value) for value in values]
            except ValueError as error:
                raise BadInput(str(path), field.name, "integers as text", error) from None
        columns[field.name] = values
    return columns, {key.decode(): value.decode() for key, value in (read.schema.metadata or {}).items()}
