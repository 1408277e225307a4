"""Many paths on disk: what is written comes back; what is damaged or foreign is refused in one line, nothing lost."""

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from protocol_sim.errors import BadInput
from protocol_sim.results import LedgerEntry, Manifest, Paths, load_paths, shards
from protocol_sim.results.rows import Row
from protocol_sim.results.shards import Shards

MANIFEST = Manifest("two-assets", "1" * 64, 7, "fast", "run_paths", "unknown", {"python": "3.11"})
LEDGER = (LedgerEntry("assets.CRV.decimals", "18", "observed", "the token contract"),)
WEI = 2**200 + 1


def row(path: int, engine: str = "fast") -> Row:
    amounts = (WEI + path, 1, 2**64 + path, 2**65, -(2**70), -path, 3)
    return Row(path, 100, path % 7, 1, 2, *amounts, f"{path:016x}", engine)


def events(path: int) -> dict[str, list[object]]:
    return {"event": [1, 2], "amount_in": [WEI, path], "agent": [None, "keeper"]}


def make(paths: "list[int] | range" = range(10), manifest: Manifest = MANIFEST) -> Paths:
    return Paths([row(path) for path in paths], manifest, LEDGER, {path: events(path) for path in paths if path == 4})


def files(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_saved_and_loaded_is_the_same(tmp_path: Path) -> None:
    made = make()
    back = load_paths(made.save(tmp_path / "out"))
    assert list(back.rows()) == list(made.rows())
    assert (back.digest, back.manifest, back.ledger) == (made.digest, MANIFEST, LEDGER)
    assert back.event_columns(4) == made.event_columns(4)
    assert back.summary["bad_debt"].tolist() == [WEI + path for path in range(10)]
    assert back.summary["liquidations"].dtype == "int64"
    assert back.events(4)["amount_in"].tolist() == [WEI, 4]


def test_the_digest_knows_every_cell_but_the_engine() -> None:
    base = make().digest
    for name in Row._fields:
        rows = [row(path) for path in range(10)]
        before = getattr(rows[3], name)
        rows[3] = rows[3]._replace(**{name: before + "0" if isinstance(before, str) else before + 1})
        assert (Paths(rows, MANIFEST).digest == base) == (name == "engine")


def test_the_order_in_which_rows_come_and_are_written_changes_nothing(tmp_path: Path) -> None:
    one = Shards.opened(tmp_path / "out", MANIFEST, LEDGER)
    for several in ([8, 3, 2], [0], [9, 1], [7, 6, 5, 4]):
        one.add_rows(row(path) for path in several)
    one.close()
    names = sorted(path.name for path in (tmp_path / "out").glob("rows-*"))
    assert [name[18:-8] for name in names] == [f"{n:012d}" for n in (0, 1, 3, 7, 8, 9)]
    assert load_paths(tmp_path / "out").digest == make().digest
    make([]).save(tmp_path / "out")                  # merges
    assert [path.name for path in (tmp_path / "out").glob("rows-*")] == ["rows-000000000000-000000000009.parquet"]
    assert load_paths(tmp_path / "out").digest == make().digest


def test_merging_keeps_shards_small_and_survives_a_kill_before_the_parts_are_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards, "MERGED", 4)
    out = tmp_path / "out"
    for n in range(10):
        one = Shards.opened(out, MANIFEST, LEDGER)
        one.add_rows([row(n)])
        one.close()
    before = files(out)
    make([]).save(out)
    assert shards.ranges(out) == [(0, 3), (4, 7), (8, 9)]
    for name, data in before.items():                # as if the parts had not been removed yet
        (out / name).write_bytes(data)
    assert load_paths(out).digest == make().digest
    make([]).save(out)
    assert len(list(out.glob("rows-*"))) == 3
    assert load_paths(out).digest == make().digest


def test_what_is_read_in_part_is_read_in_part(tmp_path: Path) -> None:
    make().save(tmp_path / "out")
    some = Paths(Shards(tmp_path / "out"), MANIFEST, span=(3, 5))
    assert [r.path for r in some.rows()] == [3, 4, 5]
    assert len(some) == 3


def test_a_run_that_came_out_differently_is_refused(tmp_path: Path) -> None:
    out = make().save(tmp_path / "out")
    before = files(out)
    with pytest.raises(BadInput, match="path 3, failed: expected 5, found 1"):
        Paths([row(3)._replace(failed=5)], MANIFEST).save(out)
    assert files(out) == before


def _foreign(out: Path) -> None:
    (out / "thesis.tex").write_text("years of work")


def _run(out: Path) -> None:
    (out / "summary.json").write_text("{}")


def _no_manifest(out: Path) -> None:
    (out / "manifest.json").unlink()


def _half_manifest(out: Path) -> None:
    text = (out / "manifest.json").read_text()
    (out / "manifest.json").write_text(text[: len(text) // 2])


def _other(key: str, value: object) -> Callable[[Path], None]:
    def change(out: Path) -> None:
        header = json.loads((out / "manifest.json").read_text())
        (out / "manifest.json").write_text(json.dumps(header | {key: value}))

    return change


def _shard(out: Path) -> Path:
    return next(out.glob("rows-*"))


def _truncated(out: Path) -> None:
    _shard(out).write_bytes(_shard(out).read_bytes()[:-100])


def _flipped(out: Path) -> None:
    path = _shard(out)
    table = pq.read_table(path)
    column = table.column("failed").to_pylist()
    column[2] += 1
    at = table.schema.get_field_index("failed")
    pq.write_table(table.set_column(at, table.schema.field(at), pa.array(column, pa.int64())), path)


def _renamed(out: Path) -> None:
    _shard(out).rename(out / "rows-000000000001-000000000010.parquet")


def _overlapping(out: Path) -> None:
    (out / "rows-000000000005-000000000012.parquet").write_bytes(_shard(out).read_bytes())


@pytest.mark.parametrize(
    ("damage", "line"),
    [
        (_foreign, "directory: expected a new directory or one that holds results of paths only, found thesis.tex"),
        (_run, "directory: expected a new directory or one that holds results of paths only, found summary.json"),
        (_no_manifest, "manifest.json: file: expected a file of a results directory, found no such file"),
        (_half_manifest, "manifest.json: line"),
        (_other("format", 2), "manifest.json: format: expected 1, as"),
        (_other("scenario_digest", "2" * 64), "manifest.json: scenario_digest: expected '1111"),
        (_other("seed", 8), "manifest.json: seed: expected 7, found 8"),
        (_other("engine", "exact"), "manifest.json: engine: expected 'fast', found 'exact'"),
        (_other("lock_digest", "3"), "manifest.json: lock_digest: expected 'unknown', found '3'"),
        (_truncated, "rows-000000000000-000000000009.parquet: file: expected a Parquet table"),
        (_flipped, "rows-000000000000-000000000009.parquet: digest: expected"),
        (_renamed, "rows-000000000001-000000000010.parquet: path: expected the paths 1 to 10 in order, found others"),
        (_overlapping, "rows-000000000005-000000000012.parquet: file: expected paths after 9, found 5"),
    ],
)
def test_foreign_and_damaged_directories_are_refused_and_untouched(
    damage: Callable[[Path], None], line: str, tmp_path: Path
) -> None:
    out = make().save(tmp_path / "out")
    damage(out)
    before = files(out)
    with pytest.raises(BadInput) as caught:
        make(range(8, 12)).save(out)
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)
    assert files(out) == before


def test_a_file_in_the_place_of_the_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("notes")
    with pytest.raises(BadInput, match="directory: expected a directory with paths, found a file"):
        make().save(tmp_path / "out")
    with pytest.raises(BadInput, match="found no such directory"):
        load_paths(tmp_path / "none")
    assert (tmp_path / "out").read_text() == "notes"


def test_leftovers_of_a_killed_process_are_ignored_and_removed(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / ".manifest.json.partial-123").write_text("{")
    (out / "ledger.json").write_text("[]")           # killed between the two
    make().save(out)
    (out / ".rows-000000000010-000000000011.parquet.partial-9").write_text("PAR1")
    assert load_paths(out).digest == make().digest
    make().save(out)
    assert not [name for name in files(out) if name.startswith(".")]


def test_one_process_writes_at_a_time(tmp_path: Path) -> None:
    one = Shards.opened(tmp_path / "out", MANIFEST, LEDGER)
    with pytest.raises(BadInput, match="directory: expected one that no other process writes to"):
        Shards.opened(tmp_path / "out", MANIFEST, LEDGER)
    one.close()
    Shards.opened(tmp_path / "out", MANIFEST, LEDGER).close()
