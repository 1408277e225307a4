"""Classifying the rounds of real feeds."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from protocol_sim.errors import BadInput
from protocol_sim.oracles import intervals
from protocol_sim.oracles.rounds import Published, read

REAL = "prices/chainlink_ethusd_rounds_2023.csv"

# one interval of each kind, and the edges
ROWS = [
    (1, 0, 0),                      # empty first row
    (2, 200_000, 10_000),
    (3, 201_000, 10_060),           # +0.5 % to the unit: deviation
    (4, 201_000, 13_660),           # 3,600 s: heartbeat
    (5, 201_001, 17_259),           # 3,599 s: neither, near
    (6, 201_002, 17_259),           # duplicated time
    (7, 202_006, 17_300),           # 1,004 < 0.5 %: neither, short
    (8, 100_000, 27_300),           # both
]


def file_of(path: Path, rows: list[tuple[int, int, int]]) -> Path:
    path.write_text("round,answer,updated_at\n" + "".join(f"{r},{a},{t}\n" for r, a, t in rows))
    return path


def test_each_kind(tmp_path: Path) -> None:
    found = intervals.shares(read(file_of(tmp_path / "r.csv", ROWS)))
    assert found.counts == {
        intervals.DEVIATION: 2, intervals.HEARTBEAT: 1, intervals.NEITHER: 2, intervals.DUPLICATE: 1, intervals.EMPTY: 1
    }
    assert (found.rounds, found.intervals, found.both) == (8, 5, 1)
    assert (found.near_heartbeat, found.near_neither, found.short, found.explained_bps) == (1, 1, 1, 6_000)


def test_the_parameters_matter() -> None:
    before, after = Published(1, 1_000, 100), Published(2, 1_010, 200)
    assert intervals.classify(before, after, 100, 3_600).kind == intervals.DEVIATION
    assert intervals.classify(before, after, 101, 3_600).kind == intervals.NEITHER
    assert intervals.classify(before, after, 101, 100).kind == intervals.HEARTBEAT


def test_the_command(tmp_path: Path) -> None:
    file = str(file_of(tmp_path / "r.csv", ROWS))
    command = [sys.executable, "-m", "protocol_sim.oracles.intervals", file]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["deviation", "2", "40.0", "%"] in lines
    assert ["either", "rule", "60.0", "%", "(both:", "1)"] in lines


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "line 1"),
        ("a,b,c\n", "line 1"),
        ("round,answer,updated_at\n1,2\n", "line 2"),
        ("round,answer,updated_at\n1,2,3\n1,-2,3\n", "line 3"),
        ("round,answer,updated_at\n1,2.5,3\n", "line 2"),
    ],
)
def test_bad_files_are_refused_in_one_line(
    tmp_path: Path, text: str, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "r.csv"
    file.write_text(text)
    with pytest.raises(BadInput) as caught:
        read(file)
    assert caught.value.key == key
    assert intervals.main([str(file)]) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err.count("\n")) == ("", 1)


@pytest.mark.parametrize("arguments", [[], ["missing.csv"], ["x.csv", "0"], ["x.csv", "50", "1", "1"]])
def test_bad_arguments(arguments: list[str]) -> None:
    assert intervals.main(arguments) == 2


def test_the_real_rounds_of_2023() -> None:
    data = os.environ.get("PROTOCOL_SIM_DATA")
    if not data or not (Path(data) / REAL).exists():
        pytest.skip(f"PROTOCOL_SIM_DATA does not name a folder with {REAL}")
    found = intervals.shares(read(Path(data) / REAL))
    assert (found.rounds, found.counts[intervals.DUPLICATE], found.counts[intervals.EMPTY]) == (6_001, 4, 1)
    # 69.5 % satisfy either rule: the published one is not the whole trigger
    kinds = (intervals.DEVIATION, intervals.HEARTBEAT, intervals.NEITHER)
    assert [found.counts[kind] for kind in kinds] == [1412, 2754, 1829]
    assert (found.near_heartbeat, found.short) == (415, 564)
