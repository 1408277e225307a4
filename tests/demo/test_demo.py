"""The whole demo: what it says, what it writes, and that it writes all or nothing."""

import json
from pathlib import Path

import pytest

from protocol_sim.demo import main, records, words
from protocol_sim.demo.main import run_demo
from protocol_sim.errors import BadInput
from protocol_sim.results import load_run


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("demo") / "out"
    assert run_demo(out, quiet=True) == 0
    return out


def test_says_what_came_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_demo(tmp_path / "out") == 0
    said = capsys.readouterr()
    for words_ in ("385 of 385", "number 147", "239", "2,455,682.56 CRV", "125,268.46 CRV", "1,786,789"):
        assert words_ in said.out
    assert "\x1b" not in said.out + said.err                         # piped: no colours
    assert said.err.count(" of ") == 9                               # one line a step


def test_writes_report_tables_manifest_and_ledger(written: Path) -> None:
    assert sorted(path.name for path in written.iterdir()) == ["outcomes.json", "replay", "report.html", "simulation"]
    replayed, simulated = load_run(written / "replay"), load_run(written / "simulation")
    assert list(replayed.events["equal"]) == [1] * 385
    assert sum(replayed.series["toxic"]) == 239
    assert simulated.summary.liquidations > 0
    assert {entry.status for entry in simulated.ledger} == {"observed", "inferred", "assumed"}
    page = (written / "report.html").read_text(encoding="utf-8")
    assert "<script src" not in page                                 # it needs nothing else
    for text in ("385 of 385", "889603500000000", replayed.digest, simulated.digest, "replay.CRV.base_rate"):
        assert text in page


def test_table_of_outcomes_holds_integers(written: Path) -> None:
    rows = json.loads((written / "outcomes.json").read_text())
    assert len(rows) == 9
    assert [row["name"] for row in rows[:3]] == ["recorded", "recorded, halted", "simulated"]
    assert all(int(value) >= 0 for row in rows for key, value in row.items() if key != "name")
    assert rows[0]["repaid"] == "89544317443850891849582027"


def test_a_second_run_replaces_the_first_with_the_same(written: Path) -> None:
    names = ("outcomes.json", "report.html", "replay/events.parquet", "simulation/manifest.json")
    before = [(written / name).read_bytes() for name in names]
    assert run_demo(written, quiet=True) == 0
    assert [(written / name).read_bytes() for name in names] == before


def test_something_else_in_the_directory_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "replay").mkdir()
    (tmp_path / "replay" / "letter.txt").write_text("dear all")
    with pytest.raises(BadInput, match="expected a new directory"):
        run_demo(tmp_path, quiet=True)
    assert [path.name for path in tmp_path.rglob("*")] == ["replay", "letter.txt"]


def test_without_fixtures_one_line_and_nothing_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "FOLDER", tmp_path / "none")
    with pytest.raises(BadInput, match="run it from a clone of the repository"):
        run_demo(tmp_path / "out", quiet=True)
    assert not (tmp_path / "out").exists()


def test_a_difference_is_status_1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events = list(records.load_events())
    events[100] = events[100]._replace(seized=events[100].seized + 1)
    monkeypatch.setattr(main, "load_events", lambda: tuple(events))
    assert run_demo(tmp_path / "out", quiet=True) == 1


@pytest.mark.parametrize(
    ("raw", "decimals", "shown", "text"),
    [(1_234_567, 6, 2, "1.23"), (1_235_000, 6, 2, "1.24"), (-1_500_000, 6, 0, "−2"), (-1, 6, 0, "0"),
     (999_999_500_000, 6, 0, "1,000,000"), (0, 18, 2, "0.00")],
)  # fmt: skip
def test_numbers_for_people(raw: int, decimals: int, shown: int, text: str) -> None:
    assert words.number(raw, decimals, shown) == text
