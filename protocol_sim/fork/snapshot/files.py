"""A snapshot on disk: written beside its directory and renamed, so that an interruption leaves all of it or nothing."""

import hashlib
import json
import os
import shutil
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from protocol_sim.errors import BadInput
from protocol_sim.fork.snapshot.records import FLAGS, HOLDING, Block, Listed, People, Round, Snapshot, Venue
from protocol_sim.shallow import shallow_json

FORMAT = 1
SNAPSHOT, ACCOUNTS, HOLDINGS, BOOK, SCENARIO = (
    "snapshot.json", "accounts.parquet", "holdings.parquet", "book.parquet", "scenario.toml")  # fmt: skip
TABLES = (ACCOUNTS, HOLDINGS)
KNOWN = frozenset({SNAPSHOT, ACCOUNTS, HOLDINGS, BOOK, SCENARIO})


# ---- writing --------------------------------------------------------------------------------------------------------
def save_snapshot(snapshot: Snapshot, directory: str | Path) -> Path:
    """Write a snapshot; an earlier one in that directory is replaced, anything else there is refused."""
    directory = Path(directory)
    refuse_foreign(directory)
    directory.parent.mkdir(parents=True, exist_ok=True)
    partial = directory.with_name(f".{directory.name}.partial-{os.getpid()}")
    replaced = directory.with_name(f".{directory.name}.replaced-{os.getpid()}")
    try:
        partial.mkdir()
        _write(snapshot, partial)
        if directory.exists():
            directory.rename(replaced)
        partial.rename(directory)
    finally:
        if replaced.exists() and not directory.exists():
            replaced.rename(directory)
        shutil.rmtree(partial, ignore_errors=True)
        shutil.rmtree(replaced, ignore_errors=True)
    return directory


def refuse_foreign(directory: Path) -> None:
    """BadInput unless a snapshot may be written there. Writes nothing."""
    if not directory.exists():
        return
    if not directory.is_dir():
        raise BadInput(str(directory), "directory", "a new directory", "a file")
    strange = sorted({path.name for path in directory.iterdir()} - KNOWN)
    if strange:
        raise BadInput(str(directory), "directory", "a new directory or an earlier snapshot", f"{strange[0]} in it")


def _write(snapshot: Snapshot, directory: Path) -> None:
    from protocol_sim.fork.snapshot.scenario import write_scenario

    people = snapshot.people
    _table(directory / ACCOUNTS, {"account": people.addresses, **{name: getattr(people, name) for name in FLAGS}})
    owners = [people.addresses[i] for i in people.owner]
    symbols = [snapshot.listed[k].symbol for k in people.reserve]
    columns = dict(zip(HOLDING, people.values, strict=True))
    _table(directory / HOLDINGS, {"account": owners, "reserve": symbols, **columns})
    left_out = write_scenario(snapshot, directory)
    head = {"format": FORMAT, **_texts(asdict(replace(snapshot, people=People(), directory=None)))}
    del head["people"], head["directory"]
    head["scenario"] = left_out or SCENARIO
    head["files"] = {name: _sum(directory / name) for name in TABLES}
    (directory / SNAPSHOT).write_text(json.dumps(head, indent=1) + "\n")


def _texts(value: Any) -> Any:
    """Integers as decimal texts where 53 bits do not hold them: some readers of JSON have floats only."""
    if isinstance(value, dict):
        return {key: _texts(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_texts(inner) for inner in value]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**53 else value


def _table(path: Path, columns: dict[str, list[Any]]) -> None:
    """Names as texts, integers as decimal texts."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    texts = {name: pa.array([str(v) for v in values], pa.string()) for name, values in columns.items()}
    pq.write_table(pa.table(texts), path, compression="zstd")


def _sum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


# ---- reading --------------------------------------------------------------------------------------------------------
def load_snapshot(directory: str | Path) -> Snapshot:
    """Read a snapshot. BadInput names the file and what is wrong with it."""
    directory = Path(directory)
    where = directory / SNAPSHOT
    try:
        head = shallow_json(where.read_text())
    except FileNotFoundError:
        raise BadInput(str(directory), "directory", f"a snapshot ({SNAPSHOT} in it)", "none") from None
    except (OSError, ValueError) as error:
        raise BadInput(str(where), "file", "JSON", error) from None
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise BadInput(str(where), "format", str(FORMAT), head.get("format") if isinstance(head, dict) else head)
    for name, expected in head.get("files", {}).items():
        path = directory / name
        if not path.is_file() or _sum(path) != expected:
            raise BadInput(str(path), "SHA-256", expected, _sum(path) if path.is_file() else "no such file")
    try:
        return _snapshot(head, directory)
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(str(where), "snapshot", "the keys of format 1", error) from None


def _snapshot(head: dict[str, Any], directory: Path) -> Snapshot:
    symbols = [x["symbol"] for x in head["listed"]]
    return Snapshot(
        protocol=head["protocol"],
        version=head["version"],
        block=Block(**head["block"]),
        block_time=head["block_time"],
        complete=head["complete"],
        addresses=head["addresses"],
        code=head["code"],
        settings=_ints(head["settings"]),
        treasury=head["treasury"],
        umbrella=head["umbrella"],
        listed=tuple(_listed(x) for x in head["listed"]),
        categories=tuple(_ints(x) for x in head["categories"]),
        allowances=tuple(a | {"amount": int(a["amount"])} for a in head["allowances"]),
        pools=tuple(_venue(x) for x in head["pools"]),
        people=_people(directory, symbols),
        directory=directory,
    )


def _listed(x: dict[str, Any]) -> Listed:
    feed = None if x["feed"] is None else Round(**x["feed"] | _ints({k: x["feed"][k] for k in ("round", "answer")}))
    return Listed(**{f.name: x[f.name] for f in fields(Listed)} | {"feed": feed, "state": _ints(x["state"])})


def _venue(x: dict[str, Any]) -> Venue:
    ranges = tuple((int(a), int(b), int(c)) for a, b, c in x["ranges"])
    pairs = {"tokens": tuple(x["tokens"]), "decimals": tuple(x["decimals"])}
    return Venue(**{f.name: x[f.name] for f in fields(Venue)} | pairs | {"state": _ints(x["state"]), "ranges": ranges})


def _ints(values: dict[str, Any]) -> dict[str, int]:
    return {name: int(value) for name, value in values.items()}


def _people(directory: Path, symbols: list[str]) -> People:
    accounts, holdings = _read(directory / ACCOUNTS), _read(directory / HOLDINGS)
    addresses = accounts["account"]
    places, reserves = {a: i for i, a in enumerate(addresses)}, {s: k for k, s in enumerate(symbols)}
    flags = {name: [int(v) for v in accounts[name]] for name in FLAGS}
    return People(addresses, **flags, owner=[places[a] for a in holdings["account"]],
                  reserve=[reserves[s] for s in holdings["reserve"]],
                  values=tuple([int(v) for v in holdings[name]] for name in HOLDING))


def _read(path: Path) -> dict[str, list[str]]:
    import pyarrow.parquet as pq

    columns: dict[str, list[str]] = pq.read_table(path).to_pydict()
    return columns
