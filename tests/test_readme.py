"""The README's Python runs as written, and the commands that it shows exist."""

import doctest
import re
from pathlib import Path

import pytest

from protocol_sim.cli.app import status

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"


def test_the_python_examples_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    result = doctest.testfile(str(README), module_relative=False, optionflags=doctest.IGNORE_EXCEPTION_DETAIL)
    assert result.attempted >= 5
    assert result.failed == 0


def test_the_two_commands_come_first() -> None:
    first = README.read_text(encoding="utf-8").split("```")[1]
    assert re.findall(r"^make \w+", first, re.MULTILINE) == ["make demo", "make test"]


def test_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z]+)", README.read_text(encoding="utf-8"), re.MULTILINE)) <= targets


def test_commands_and_their_options_exist(capsys: pytest.CaptureFixture[str]) -> None:
    blocks = README.read_text(encoding="utf-8").split("```")[1::2]
    shown = [line for block in blocks for line in re.findall(r"^protocol-sim (.*)$", block, re.MULTILINE)]
    assert len(shown) >= 5
    for line in shown:
        words = line.split()
        command = words[:2] if words[0] == "verify" else words[:1]
        assert status([*command, "--help"]) == 0
        text = capsys.readouterr().out
        for option in re.findall(r"--[a-z-]+", line):
            assert option in text, (line, option)


def test_linked_files_exist() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", README.read_text(encoding="utf-8")):
        assert (ROOT / target).exists(), target
