"""`protocol-sim audit`: exit status, formats, what --out leaves behind."""

import json
from pathlib import Path

import pytest

from protocol_sim.cli.app import status
from protocol_sim.scenario import load_scenario

FIXTURES = Path(__file__).parents[2] / "fixtures" / "audit"
BAD, SOUND = str(FIXTURES / "cap-adapter-low.toml"), str(FIXTURES / "sound.toml")


@pytest.mark.parametrize(("file", "fail_on", "expected"), [
    (BAD, None, 0), (BAD, "high", 1), (BAD, "low", 1), (SOUND, "high", 0), (SOUND, "medium", 1), (SOUND, "low", 1),
])
def test_exit_status(file: str, fail_on: str | None, expected: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["audit", file, "-q", *(["--fail-on", fail_on] if fail_on else [])]) == expected
    assert capsys.readouterr().err == ""


def test_bad_input_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["none.json"], [str(tmp_path)], [BAD, "--complement", BAD], [BAD, "--book", "none.toml"]):
        assert status(["audit", *arguments, "-q"]) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.count("\n") == 1


def test_out_holds_every_format_and_counter_examples_that_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert status(["audit", BAD, "-q", "--out", str(out)]) == 0
    assert "borrower's loss 17,949.04 USD" in capsys.readouterr().out
    data = json.loads((out / "audit.json").read_text())
    assert data["counts"] == {"high": 1, "medium": 0, "low": 0, "info": 0}
    (finding,) = data["findings"]
    numbers = {n["name"]: n["exact"] for n in finding["numbers"]}
    assert numbers["feed too low by"] == "57/2000"
    scenario = out / finding["counterexample"]["scenario"]
    assert load_scenario(scenario).name == finding["id"]
    assert status(["run", str(scenario), "-q"]) == 0
    assert "17,949" in capsys.readouterr().out
    for name in ("audit.md", "audit.html"):
        text = (out / name).read_text()
        for word in ("cap-growth", "Not checked", "Margins", "2.85 %", "17,949.04 USD", "How to reproduce"):
            assert word in text, (name, word)
    assert "http" not in (out / "audit.html").read_text()


@pytest.mark.parametrize(("format_", "begins"), [("json", "{"), ("markdown", "# Audit of sound"),
                                                 ("html", "<!doctype html>"), ("table", "sound (aave-v3 3.0.2)")])
def test_formats_on_standard_output(format_: str, begins: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["audit", SOUND, "-q", "--format", format_]) == 0
    assert capsys.readouterr().out.startswith(begins)


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert status(["audit", BAD, "-q", "--out", str(tmp_path / name)]) == 0
    for path in (p for p in (tmp_path / "a").rglob("*") if p.is_file()):
        assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes()
