"""The README's section on forked chains, word for word, on the rig of `make rig`; only the ports are others."""

import re
from pathlib import Path

import pytest

from protocol_sim.cli.app import status
from protocol_sim.fork.rigs.start import Size, local_chain

pytestmark = [pytest.mark.anvil, pytest.mark.slow]
README = Path(__file__).parents[2] / "README.md"


def section() -> str:
    text = README.read_text(encoding="utf-8")
    start = text.index("## Replay a forked chain")
    return text[start : text.index("\n## ", start + 1)]


def test_what_the_readme_shows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = section().split("```")[1::2]
    lines = re.findall(r"^protocol-sim (.*)$", blocks[1], re.MULTILINE)
    assert [line.split()[0] for line in lines] == ["capture", "verify", "run"]
    with local_chain(Size()) as rig, rig.fork() as copy:
        for line in lines:
            words = line.replace("http://127.0.0.1:8545", rig.node.url).replace("http://127.0.0.1:8546", copy.url)
            more = ["--cache", str(tmp_path / "cache")] if line.startswith("capture") else []
            assert status([*words.split(), *more, "--quiet"]) == 0
    told = capsys.readouterr().out
    shown = [line for line in blocks[2].splitlines() if line.strip()]
    assert len(shown) == 4
    for line in shown:
        assert line in told
    assert re.search(r"liquidations +[1-9]", told)
