"""The same search in one process, in two workers, killed and called again, with a scheduler that dies: one digest."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import protocol_sim as ps
from protocol_sim.cli.app import status
from protocol_sim.tuning import load_tuning
from tests.tuning.markets import LT, LTV, random_slide

ROOT = Path(__file__).parents[2]
SPACE = f"""
[[parameters]]
key = "{LT}"
low = 7_500
high = 9_000
step = 250

[[parameters]]
key = "{LTV}"
values = [7_000, 7_500]
"""
PATIENCE = 90                                        # s; a machine may be busy


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("search")
    (folder / "scenario.toml").write_text(ps.to_toml(random_slide()))
    (folder / "space.toml").write_text(SPACE)
    return [str(folder / "scenario.toml"), "--space", str(folder / "space.toml"), "--paths", "64", "--no-sensitivity"]


def started(*arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", *arguments], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )


def tuned(*arguments: str) -> str:
    """The digest that a search prints."""
    done = started("protocol_sim", "tune", *arguments)
    out, err = done.communicate(timeout=PATIENCE * 3)
    assert done.returncode == 0, err
    return re.findall(r"^digest +([0-9a-f]{64})$", out, re.MULTILINE)[0]


@pytest.fixture(scope="module")
def digest(files: list[str], tmp_path_factory: pytest.TempPathFactory) -> str:
    return tuned(*files, "--quiet", "--out", str(tmp_path_factory.mktemp("whole")))


def lines(out: Path) -> int:
    journal = out / "journal.jsonl"
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


def when(reached: Callable[[], bool], process: "subprocess.Popen[str]") -> None:
    """Wait until something holds; fail if the process ends before."""
    end = time.monotonic() + PATIENCE
    while not reached():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_search_that_is_killed_goes_on_from_its_journal(files: list[str], digest: str, tmp_path: Path) -> None:
    process = started("protocol_sim", "tune", *files, "--quiet", "--out", str(tmp_path))
    when(lambda: lines(tmp_path) >= 4, process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    kept = lines(tmp_path)
    assert not (tmp_path / "tune.json").exists()
    before = (tmp_path / "journal.jsonl").read_bytes().splitlines()[:kept]
    assert tuned(*files, "--quiet", "--out", str(tmp_path)) == digest
    assert (tmp_path / "journal.jsonl").read_bytes().splitlines()[:kept] == before
    assert load_tuning(tmp_path).digest == digest


def test_two_workers_give_the_same_digest(files: list[str], digest: str, tmp_path: Path) -> None:
    assert tuned(*files, "--quiet", "--workers", "2", "--out", str(tmp_path)) == digest


@contextmanager
def cluster() -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """A Dask scheduler and two workers, and the scheduler's address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    port = address.rpartition(":")[2]
    scheduler = started("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard")
    workers = [
        started("distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard")
        for _ in range(2)
    ]
    try:
        yield address, scheduler
    finally:
        for process in (scheduler, *workers):
            process.kill()
            process.communicate()


def test_a_scheduler_that_dies_is_one_line_and_nothing_is_lost(files: list[str], digest: str, tmp_path: Path) -> None:
    with cluster() as (address, scheduler):
        process = started("protocol_sim", "tune", *files, "--quiet", "--scheduler", address, "--out", str(tmp_path))
        when(lambda: lines(tmp_path) >= 4, process)
        scheduler.kill()
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert out == ""
    assert err.count("\n") == 1, err
    assert err.startswith(f"tune: --scheduler: expected {address} to stay to the end, found")
    assert err.endswith("; what is done is kept\n")
    assert lines(tmp_path) >= 4
    assert tuned(*files, "--quiet", "--out", str(tmp_path)) == digest


def test_a_scheduler_that_is_not_there_is_one_line(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    for address, line in (
        ("tcp:/127.0.0.1", "tune: --scheduler: expected an address such as tcp://127.0.0.1:8786, found 'tcp:/127"),
        ("tcp://127.0.0.1:1", "tune: --scheduler: expected a Dask scheduler that answers, found tcp://127.0.0.1:1: "),
    ):
        assert status(["tune", *files, "--quiet", "--scheduler", address]) == 2
        err = capsys.readouterr().err
        assert err.startswith(line)
        assert err.count("\n") == 1
