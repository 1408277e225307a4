"""The journal: whole lines or none, one search at a time, and no growth with what lies in it."""

import os
import tracemalloc
from pathlib import Path

import pytest

from protocol_sim.errors import BadInput
from protocol_sim.tuning.evaluate import Unit, unit
from protocol_sim.tuning.journal import NAME, Journal
from protocol_sim.tuning.measures import Outcome

HEADER = {"scenario": "ab" * 32, "seed": 1}
WEI = 2**100 + 1


def outcome(n: int) -> Outcome:
    return Outcome(n, WEI, -n, WEI, n, n, "ff" * 8)


def units(count: int) -> list[Unit]:
    return [unit({"a.b": n, "c": "1 USD"}, 0, 2) for n in range(count)]


def filled(directory: Path, count: int = 3) -> list[Unit]:
    journal = Journal(directory, HEADER)
    for n, wanted in enumerate(units(count)):
        journal.put(wanted, [outcome(n), outcome(n + 1)])
    journal.close()
    return units(count)


def test_what_is_put_comes_back_in_memory_and_from_disk(tmp_path: Path) -> None:
    wanted = filled(tmp_path / "out")
    back = Journal(tmp_path / "out", HEADER)
    assert back.get(wanted[1]) == [outcome(1), outcome(2)]
    assert back.get(unit({"a.b": 9}, 0, 2)) is None
    assert len(back) == 3
    back.close()
    memory = Journal(None, HEADER)
    memory.put(wanted[0], [outcome(0)])
    assert memory.get(wanted[0]) == [outcome(0)]


@pytest.mark.parametrize("cut", [1, 7, 60])
def test_a_line_that_a_kill_cut_short_is_cut_off(tmp_path: Path, cut: int) -> None:
    wanted = filled(tmp_path)
    path = tmp_path / NAME
    path.write_bytes(path.read_bytes()[:-cut])
    back = Journal(tmp_path, HEADER)
    assert [back.get(u) is not None for u in wanted] == [True, True, False]
    back.put(wanted[2], [outcome(7)])
    back.close()
    again = Journal(tmp_path, HEADER)
    assert again.get(wanted[2]) == [outcome(7)]
    again.close()


def test_a_damaged_line_in_the_middle_is_refused(tmp_path: Path) -> None:
    filled(tmp_path)
    lines = (tmp_path / NAME).read_text().splitlines(keepends=True)
    lines[1] = lines[1].replace("ff", "fe", 1)
    (tmp_path / NAME).write_text("".join(lines))
    with pytest.raises(BadInput, match=r"journal.jsonl: line 2: expected a whole line, found a damaged one"):
        Journal(tmp_path, HEADER)


def test_one_search_at_a_time_and_of_one_scenario(tmp_path: Path) -> None:
    first = Journal(tmp_path, HEADER)
    with pytest.raises(BadInput, match=r"journal.jsonl: file: expected a search that nobody else is running"):
        Journal(tmp_path, HEADER)
    first.close()
    with pytest.raises(BadInput, match=r"journal.jsonl: seed: expected 2, as this search has it"):
        Journal(tmp_path, {**HEADER, "seed": 2})
    with pytest.raises(BadInput, match=r"journal.jsonl: scenario: expected cdcdcdcdcdcd"):
        Journal(tmp_path, {**HEADER, "scenario": "cd" * 32})
    Journal(tmp_path, HEADER).close()


def test_ten_thousand_units_take_no_memory_that_grows_with_their_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the place of each unit is held: some 200 bytes, whatever its paths are."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    rows = [outcome(n) for n in range(12)]
    journal = Journal(tmp_path, HEADER)
    tracemalloc.start()
    for n in range(10_000):
        journal.put(unit({"k": n}, 0, 12), rows)
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(journal) == 10_000
    assert (tmp_path / NAME).stat().st_size > 9_000_000
    assert held < 3_000_000
    assert peak < held + 2_000_000
    journal.close()
