"""The README's section "Audit", followed word for word."""

import re
from pathlib import Path

import pytest

from protocol_sim.cli.app import status

ROOT = Path(__file__).parents[2]


def blocks() -> list[str]:
    section = (ROOT / "README.md").read_text(encoding="utf-8").split("\n## Audit\n")[1].split("\n## ")[0]
    return re.findall(r"```console\n(.*?)```", section, re.DOTALL)


def follow(block: str, capsys: pytest.CaptureFixture[str]) -> int:
    """Type each command of a block; what it prints must be what stands there. "…" stands for what is left out."""
    code, commands = 0, re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)
    for command, expected in commands:
        if command == "echo $?":
            assert expected == f"{code}\n"
            continue
        program, *arguments = command.split()
        assert program == "protocol-sim"
        code = status(arguments)
        printed = capsys.readouterr().out
        if expected.startswith("…\n"):
            assert printed.endswith("\n" + expected.removeprefix("…\n"))
        elif expected.endswith("\n…\n"):
            assert printed.startswith(expected.removesuffix("…\n"))
        else:
            assert printed == expected
    return len(commands)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "fixtures").symlink_to(ROOT / "fixtures")
    monkeypatch.chdir(tmp_path)


def test_the_first_block(capsys: pytest.CaptureFixture[str]) -> None:
    assert follow(blocks()[0], capsys) == 3


@pytest.mark.anvil
def test_the_block_with_the_real_contracts(capsys: pytest.CaptureFixture[str]) -> None:
    assert follow(blocks()[1], capsys) == 1
