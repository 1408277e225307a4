"""The README's section "Tune", followed word for word; its Python is run with the rest (`test_readme`)."""

import re
from pathlib import Path

import pytest

from protocol_sim.cli.app import status

ROOT = Path(__file__).parents[2]


def section() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8").split("\n## Tune\n")[1].split("\n## ")[0]


def test_the_commands_print_what_stands_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "fixtures").symlink_to(ROOT / "fixtures")
    monkeypatch.chdir(tmp_path)
    typed = 0
    for block in re.findall(r"```console\n(.*?)```", section(), re.DOTALL):
        joined = block.replace("\\\n", "")
        for command, expected in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", joined, re.MULTILINE):
            program, *arguments = command.split()
            assert program == "protocol-sim"
            assert status(arguments) == 0
            printed = capsys.readouterr().out
            if expected.startswith("…\n"):
                assert printed.endswith("\n" + expected.removeprefix("…\n"))
            else:
                assert printed == expected
            typed += 1
    assert typed == 3
    assert (tmp_path / "out" / "report" / "report.html").stat().st_size > 1_000_000


def test_the_space_that_is_shown_is_the_file() -> None:
    shown = re.findall(r"```toml\n(.*?)```", section(), re.DOTALL)
    assert shown == [(ROOT / "fixtures/spaces/weth-book.toml").read_text(encoding="utf-8")]
