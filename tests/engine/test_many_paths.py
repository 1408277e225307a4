"""Many paths: the same rows for any engine, any number of workers, any split; what compiled code cannot take; kills."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from worlds import scenario

from protocol_sim.engine import paths as driver
from protocol_sim.engine import run, run_paths
from protocol_sim.errors import BadInput
from protocol_sim.results import join_paths, load_paths
from protocol_sim.scenario import Scenario, parse_scenario, to_toml
from protocol_sim.world import Outside

COUNT = 10


@pytest.fixture(scope="module")
def made() -> Scenario:
    return scenario(6, accounts=12, steps=30)


@pytest.fixture(scope="module")
def one(made: Scenario):
    return run_paths(made, COUNT, events_for=[3])


def test_a_row_is_what_a_single_run_comes_to(made: Scenario, one) -> None:
    for path in (0, 7):
        single = run(made, path=path).summary
        row = one.summary.iloc[path]
        assert {name: getattr(single, name) for name in type(single).__slots__} == {
            name: row[name] for name in type(single).__slots__
        }
    assert one.summary["engine"].tolist() == ["fast"] * COUNT
    assert one.summary["path"].tolist() == list(range(COUNT))
    assert len(set(one.summary["event_hash"])) == COUNT
    assert one.summary["liquidations"].sum() > 0


def test_events_are_those_of_a_single_run(made: Scenario, one) -> None:
    assert one.event_columns(3) == run(made, path=3).columns["events"]
    with pytest.raises(BadInput, match="paths: events: expected a path of events_for, found 4"):
        one.events(4)


@pytest.mark.parametrize("engine", ["fast", "scan"])
def test_workers_and_chunks_change_nothing(made: Scenario, one, engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for workers, chunk in ((1, 1), (2, 8), (2, 1), (3, 2)):
        monkeypatch.setattr(driver, "CHUNK", chunk)
        again = run_paths(made, COUNT, engine=engine, workers=workers, events_for=[3])
        assert again.digest == one.digest
        assert again.event_columns(3) == one.event_columns(3)


def test_the_exact_engine_gives_the_same_digest_in_this_process_and_in_two(made: Scenario, one) -> None:
    assert run_paths(made, COUNT, engine="exact").digest == one.digest
    assert run_paths(made, COUNT, engine="exact", workers=2).digest == one.digest


def test_parts_make_the_whole(made: Scenario, one) -> None:
    parts = [run_paths(made, 4), run_paths(made, 5, first=5, workers=2), run_paths(made, 1, first=4)]
    assert join_paths(parts).digest == one.digest
    with pytest.raises(BadInput, match="path: expected each path once, found 5 twice"):
        join_paths([parts[1], parts[1]])
    with pytest.raises(BadInput, match="seed: expected 6, found 7"):
        join_paths([parts[0], run_paths(made, 1, seed=7, first=9)])


def test_several_calls_fill_one_directory(made: Scenario, one, tmp_path: Path) -> None:
    out = tmp_path / "out"
    last = run_paths(made, 4, first=6, out=out)
    assert last.summary["path"].tolist() == [6, 7, 8, 9]
    assert len(run_paths(made, 3, out=out, workers=2)) == 3
    assert load_paths(out).summary["path"].tolist() == [0, 1, 2, 6, 7, 8, 9]
    told: list[tuple[int, int]] = []
    whole = run_paths(made, COUNT, out=out, events_for=[3, 7], progress=lambda *done: told.append(done))
    assert told == [(6, 10), (7, 10), (8, 10), (9, 10), (10, 10)]      # 3, 4, 5 anew and 7 for its events
    assert whole.digest == load_paths(out).digest == one.digest
    assert whole.event_columns(3) == one.event_columns(3)
    assert sorted(path.name for path in out.iterdir()) == [
        "events-000000000003.parquet", "events-000000000007.parquet", "ledger.json", "manifest.json",
        "rows-000000000000-000000000009.parquet",
    ]


def test_another_seed_gives_other_paths(made: Scenario, one) -> None:
    assert run_paths(made, COUNT, seed=1).digest != one.digest


def test_a_path_that_compiled_code_cannot_take_runs_in_the_exact_engine_and_says_so(
    made: Scenario, one, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from protocol_sim.engine.fast import Compiled, HandOver

    run_table = Compiled.run

    def rarely(self, table):
        if table[-1, 1] % 3 == 0:
            raise HandOver("on purpose")
        return run_table(self, table)

    monkeypatch.setattr(Compiled, "run", rarely)
    both = run_paths(made, COUNT, workers=2, out=tmp_path / "out", events_for=[3])
    assert set(both.summary["engine"]) == {"exact", "fast"}
    assert both.digest == one.digest
    assert both.event_columns(3) == one.event_columns(3)
    assert load_paths(tmp_path / "out").summary["engine"].tolist() == both.summary["engine"].tolist()


def test_a_world_that_does_not_fit_into_tables_runs_in_the_exact_engine(
    made: Scenario, one, monkeypatch: pytest.MonkeyPatch
) -> None:
    from protocol_sim.engine import fast

    def too_wide(*_: object, **__: object) -> None:
        raise OverflowError("Reserve.liquidity_index needs more than 2 words")

    monkeypatch.setattr(fast, "to_tables", too_wide)
    exact = run_paths(made, COUNT, workers=2)
    assert set(exact.summary["engine"]) == {"exact"}
    assert exact.digest == one.digest


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ({"paths": 0}, "run_paths: paths: expected an integer from 1 to"),
        ({"paths": -1}, "run_paths: paths: expected an integer from 1 to"),
        ({"paths": 2.0}, "run_paths: paths: expected an integer from 1 to"),
        ({"paths": 1, "workers": 0}, "run_paths: workers: expected an integer from 1 to"),
        ({"paths": 1, "first": -1}, "run_paths: first: expected an integer from 0 to"),
        ({"paths": 1, "seed": 2**64}, "run_paths: seed: expected an integer from 0 to"),
        ({"paths": 3, "events_for": [3]}, "run_paths: events_for: expected paths from 0 to 2, found 3"),
        ({"paths": 3, "first": 5, "events_for": [4]}, "run_paths: events_for: expected paths from 5 to 7, found 4"),
        ({"paths": 1, "engine": "quick"}, "run_paths: engine: expected 'exact', 'fast' or 'scan', found 'quick'"),
    ],
)
def test_numbers_that_make_no_sense_are_one_line(made: Scenario, tmp_path: Path, arguments, line: str) -> None:
    with pytest.raises(BadInput) as caught:
        run_paths(made, out=tmp_path / "out", **arguments)
    assert str(caught.value).startswith(line)
    assert not (tmp_path / "out").exists()


def test_what_a_thread_raises_reaches_the_caller_and_finished_paths_stay(
    made: Scenario, one, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = Outside.table

    def failing(self: Outside, seed: int, path: int):
        if path == 6:
            raise RuntimeError("no such path")
        return table(self, seed, path)

    monkeypatch.setattr(Outside, "table", failing)
    with pytest.raises(RuntimeError, match="no such path"):
        run_paths(made, COUNT, workers=2, out=tmp_path / "out")
    monkeypatch.undo()
    assert len(load_paths(tmp_path / "out")) >= 1
    assert run_paths(made, COUNT, out=tmp_path / "out").digest == one.digest


CHILD = """
import os, signal, sys
from pathlib import Path
import protocol_sim as ps
from protocol_sim.engine import paths
file, out, engine, workers, count, die_at = sys.argv[1:]
paths.CHECKPOINT, paths.CHUNK = 0.0, 2
steps = 0

def killing(work):
    def step(*args):
        global steps
        steps += 1
        if steps == int(die_at):
            os.kill(os.getpid(), signal.SIGKILL)
        return work(*args)
    return step

os.fsync, Path.replace, Path.unlink = killing(os.fsync), killing(Path.replace), killing(Path.unlink)
ps.run_paths(ps.load_scenario(file), int(count), engine=engine, workers=int(workers), events_for=[1], out=out)
print("done")
"""


def child(*arguments: object) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_killed_before_each_step_of_writing_the_next_call_goes_on(made: Scenario, one, tmp_path: Path) -> None:
    """Killed before every third sync, rename and removal in turn: each call gets a little further."""
    file, out = tmp_path / "made.toml", tmp_path / "out"
    file.write_text(to_toml(made))
    kills = 0
    for die_at in (1, 2, 3, 4, 7, 3, 6, 5, 9, 4, 8):
        work = child(file, out, "exact", 1, COUNT, die_at)
        _, err = work.communicate(timeout=60)
        assert work.returncode in (0, -signal.SIGKILL), err
        kills += work.returncode != 0
        if (out / "manifest.json").exists():
            load_paths(out)
    assert kills >= 8
    again = run_paths(parse_scenario(file.read_text()), COUNT, engine="exact", events_for=[1, 3], out=out)
    assert again.digest == one.digest
    assert again.event_columns(3) == one.event_columns(3)
    assert not [path.name for path in out.iterdir() if "partial" in path.name]


def test_killed_at_random_moments_with_two_threads(made: Scenario, tmp_path: Path) -> None:
    file, out, count = tmp_path / "made.toml", tmp_path / "out", 4_000
    file.write_text(to_toml(made))
    rng, kills, seen = random.Random(5), 0, 0
    for _ in range(3):
        work = child(file, out, "fast", 2, count, 0)
        begin = time.monotonic()
        while work.poll() is None and time.monotonic() - begin < 120:
            if out.exists() and sum(1 for _ in out.glob("rows-*")) > seen:
                break
            time.sleep(0.01)
        time.sleep(rng.uniform(0.0, 0.3))
        work.kill()
        work.communicate()
        kills += work.returncode == -signal.SIGKILL
        seen = sum(1 for _ in out.glob("rows-*"))
    assert kills == 3
    assert 0 < len(load_paths(out)) < count
    few = run_paths(made, 300)
    assert run_paths(made, 300, out=out, engine="fast").digest == few.digest
