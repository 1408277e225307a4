"""The command line as its user meets it: exit status, one line for what is wrong, clean standard output."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from protocol_sim.cli.app import status
from protocol_sim.engine import run, run_paths
from protocol_sim.results import load_paths, load_run
from protocol_sim.scenario import load_scenario, parse_scenario


@pytest.fixture
def scenario(tmp_path: Path, scenario_text: str) -> Path:
    path = tmp_path / "two-assets.toml"
    path.write_text(scenario_text)
    return path


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["--help"]) == 0
    out = capsys.readouterr().out
    for word in ("demo", "run", "verify", "Exit status"):
        assert word in out


@pytest.mark.parametrize("command", [["demo"], ["run"], ["verify"], ["verify", "vectors"], ["verify", "anvil"]])
def test_every_command_has_help(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert status([*command, "--help"]) == 0
    assert "Usage: protocol-sim" in capsys.readouterr().out


def test_help_is_fast() -> None:
    """Under 0.5 s is the promise; the bound is wide, because a busy machine is no defect (see `make bench`)."""
    times = []
    for _ in range(3):
        begin = time.perf_counter()
        subprocess.run([sys.executable, "-m", "protocol_sim", "--help"], check=True, capture_output=True)
        times.append(time.perf_counter() - begin)
    assert min(times) < 2


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["run"], "protocol-sim: Missing argument"),
        (["run", "none.toml"], "none.toml: file: expected a scenario file, found no such file"),
        (["frob"], "protocol-sim: No such command 'frob'."),
        (["verify", "anvil", "aave-v2", "--cases", "0"], "protocol-sim: Invalid value for '--cases'"),
        (["verify", "vectors", "none.json"], "none.json: file: expected"),
        (["run", "none.toml", "--engine", "quick"], "protocol-sim: Invalid value for '--engine'"),
        (["run", "none.toml", "--seed", "-1"], "protocol-sim: Invalid value for '--seed'"),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    arguments: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert captured.err.startswith(line)


def test_print_defaults_is_a_scenario_file(scenario: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["run", "--print-defaults", str(scenario)]) == 0
    assert parse_scenario(capsys.readouterr().out).digest() == load_scenario(scenario).digest()


def test_run_prints_a_summary_and_writes_results(
    scenario: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status(["run", str(scenario), "--out", str(tmp_path / "out")]) == 0
    captured = capsys.readouterr()
    run = load_run(tmp_path / "out", scenario_digest=load_scenario(scenario).digest())
    assert run.digest in captured.out
    assert run.manifest.seed == 7
    assert run.manifest.command == f"protocol-sim run {scenario} --seed 7 --engine exact"
    assert captured.err.splitlines()[-1].startswith("two-assets: ")
    assert "\r" not in captured.err


def test_the_same_seed_gives_the_same_digest(scenario: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert status(["run", str(scenario), "--seed", "3", "--quiet", "--out", str(tmp_path / name)]) == 0
    assert load_run(tmp_path / "a").digest == load_run(tmp_path / "b").digest


def test_results_of_another_scenario_are_refused_before_the_run(
    scenario: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert status(["run", str(scenario), "--quiet", "--out", str(out)]) == 0
    before = (out / "manifest.json").read_bytes()
    scenario.write_text(scenario.read_text().replace('usd = "1"', 'usd = "0.99"'))
    capsys.readouterr()
    assert status(["run", str(scenario), "--out", str(out)]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith(f"{out / 'manifest.json'}: scenario_digest: expected results of this scenario")
    assert captured.err.count("\n") == 1
    assert (out / "manifest.json").read_bytes() == before


def test_truncated_results_are_refused(scenario: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert status(["run", str(scenario), "--quiet", "--out", str(out)]) == 0
    manifest = out / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()))[:-40])
    capsys.readouterr()
    assert status(["run", str(scenario), "--quiet", "--out", str(out)]) == 2
    assert "manifest.json: line 1: expected JSON" in capsys.readouterr().err


def started(*arguments: str) -> "subprocess.Popen[str]":
    """The command line in a process that can be interrupted, also where this one was started with SIGINT ignored."""
    return subprocess.Popen(
        [sys.executable, "-m", "protocol_sim", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def test_interrupting_a_run_leaves_nothing(scenario: Path, tmp_path: Path) -> None:
    scenario.write_text(scenario.read_text().replace("steps = 20", "steps = 60_000"))
    work = started("run", str(scenario), "--out", str(tmp_path / "out"))
    assert work.stderr is not None
    assert work.stderr.readline() == "two-assets: 6000 of 60000\n"
    work.send_signal(signal.SIGINT)
    out, err = work.communicate(timeout=60)
    assert work.returncode == 130
    assert out == ""
    assert err.splitlines()[-1] == "interrupted: nothing half-written is left behind"
    assert "Traceback" not in err
    assert os.listdir(tmp_path) == [scenario.name]


def test_without_anvil_the_command_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from protocol_sim.errors import MissingTool
    from protocol_sim.fork import verify

    def absent(*_: object, **__: object) -> None:
        raise MissingTool("Anvil is missing: run make test once, it installs it with npm")

    monkeypatch.setattr(verify, "verify", absent)
    assert status(["verify", "anvil", "aave-v2"]) == 2
    assert capsys.readouterr().err == "Anvil is missing: run make test once, it installs it with npm\n"


def test_a_difference_is_status_1(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from protocol_sim.fork import verify
    from protocol_sim.fork.rig import Operation
    from protocol_sim.fork.verify import Difference, Verdict

    operation = Operation(name="deposit", sender="0x1", to="0x2", data="0x", at=1, arguments={"amount": 1})
    verdict = Verdict("aave-v2", "1.0.1", 1, difference=Difference(0, operation, (("index", 1, 2),)))
    monkeypatch.setattr(verify, "verify", lambda *_, **__: verdict)
    assert status(["verify", "anvil", "aave-v2", "--quiet"]) == 1
    assert "different 1" in capsys.readouterr().out


def test_a_closed_pipe_is_no_error(scenario: Path) -> None:
    done = subprocess.run(
        f"{sys.executable} -m protocol_sim run --print-defaults {scenario} | head -1",
        shell=True, capture_output=True, text=True, check=False,
    )
    assert done.stdout == 'name = "two-assets"\n'
    assert done.stderr == ""


def test_numbers_that_no_contract_holds_are_bad_input(scenario: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scenario.write_text(scenario.read_text().replace("answer = 100_000_000", f'answer = "{2**200}"'))
    assert status(["run", str(scenario), "-q"]) == 2
    line = "protocol-sim: an input is out of any range that the contracts hold: multiplication overflow\n"
    assert capsys.readouterr().err == line


def test_a_place_that_cannot_be_written_is_one_line(scenario: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["run", str(scenario), "-q", "--out", str(scenario / "out")]) == 2
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    assert str(scenario) in captured.err


GBM = 'price = {kind = "gbm", start = "0.6", volatility_per_year = 4.0}'


@pytest.fixture
def paths_scenario(scenario: Path) -> Path:
    lines = scenario.read_text().splitlines()
    scenario.write_text("\n".join(GBM if line.startswith('price = {kind = "points"') else line for line in lines))
    return scenario


def _paths(file: Path, *more: str) -> list[str]:
    return ["run", str(file), "--engine", "exact", "-q", *more]


def test_many_paths_do_not_depend_on_the_number_of_workers(
    paths_scenario: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tables = []
    for workers in ("1", "2"):
        out = str(tmp_path / workers)
        assert status(_paths(paths_scenario, "--paths", "3", "--workers", workers, "--out", out)) == 0
        tables.append(capsys.readouterr().out.splitlines()[:-1])
    assert tables[0] == tables[1]
    one, two = load_paths(tmp_path / "1"), load_paths(tmp_path / "2")
    assert one.digest == two.digest
    assert tables[0][-1] == f"digest  {one.digest}"
    assert len(set(one.summary["event_hash"])) == 3
    assert one.summary["event_hash"][0] == run(load_scenario(paths_scenario)).summary.event_hash


def test_paths_that_are_there_are_not_run_again(
    paths_scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from protocol_sim.engine import paths

    arguments = _paths(paths_scenario, "--out", str(tmp_path / "out"), "--paths")
    assert status([*arguments, "2"]) == 0
    made: list[int] = []
    exactly = paths._exactly
    monkeypatch.setattr(paths, "_exactly", lambda job, path: made.append(path) or exactly(job, path))
    assert status([*arguments, "4", "--events-for", "1, 3"]) == 0
    assert made == [1, 2, 3]
    assert len(load_paths(tmp_path / "out").events(3)) > 0
    capsys.readouterr()
    assert status([*arguments, "4", "--seed", "99"]) == 2
    assert capsys.readouterr().err == f"{tmp_path / 'out' / 'manifest.json'}: seed: expected 99, found 7\n"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--paths", "0"], "protocol-sim: Invalid value for '--paths'"),
        (["--paths", "-3"], "protocol-sim: Invalid value for '--paths'"),
        (["--paths", "3", "--workers", "0"], "protocol-sim: Invalid value for '--workers'"),
        (["--paths", "3", "--out", "OUT", "--events-for", "1,3"],
         "run_paths: events_for: expected paths from 0 to 2, found 3"),
        (["--paths", "3", "--out", "OUT", "--events-for", "1;2"],
         "run: --events-for: expected numbers of paths, such as 3,7, found '1;2'"),
        (["--paths", "3", "--events-for", "1"], "run: --events-for: expected --out, a directory to keep them in"),
        (["--events-for", "1"], "run: --events-for: expected --paths with it"),
        (["--workers", "2"], "run: --workers: expected --paths with it"),
    ],
)
def test_numbers_of_paths_that_make_no_sense_are_one_line(
    arguments: list[str], line: str, paths_scenario: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [str(tmp_path / "out") if argument == "OUT" else argument for argument in arguments]
    assert status(_paths(paths_scenario, *given)) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith(line)
    assert captured.err.count("\n") == 1
    assert captured.out == ""
    assert not (tmp_path / "out").exists()


def test_a_directory_stands_for_the_scenario_in_it(scenario: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scenario.rename(scenario.with_name("scenario.toml"))
    assert status(["run", str(scenario.parent), "--print-defaults"]) == 0
    assert parse_scenario(capsys.readouterr().out).name == "two-assets"


def test_interrupting_paths_leaves_what_the_next_call_goes_on_with(paths_scenario: Path, tmp_path: Path) -> None:
    paths_scenario.write_text(paths_scenario.read_text().replace("steps = 20", "steps = 60"))
    out = tmp_path / "out"
    arguments = ["run", str(paths_scenario), "--engine", "exact", "--out", str(out), "--paths", "120"]
    work = started(*arguments, "--workers", "2")
    assert work.stderr is not None
    line = work.stderr.readline()
    assert re.fullmatch(r"two-assets: \d+ of 120 paths, [\d.]+/s, \d+ s left\n", line)
    work.send_signal(signal.SIGINT)
    _, err = work.communicate(timeout=60)
    assert work.returncode == 130
    assert "Traceback" not in err
    left = len(load_paths(out))
    assert 12 <= left < 120
    assert status([*arguments, "-q"]) == 0
    assert load_paths(out).digest == run_paths(load_scenario(paths_scenario), 120, engine="exact").digest
