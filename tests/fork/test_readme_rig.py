"""The README's section on forked chains, word for word, on the rig of `make rig`; only the ports are others."""

import re
from pathlib import Path

import pytest

from protocol_sim.cli.app import status
from protocol_sim.fork.rigs.loopers import arrive
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
    (tmp_path / "fixtures").symlink_to(README.parent / "fixtures")

    def run(line: str, nodes: dict[int, str], expected: int = 0) -> str:
        for port, url in nodes.items():
            line = line.replace(f"http://127.0.0.1:{port}", url)
        more = ["--cache", str(tmp_path / "cache")] if line.startswith("capture") else []
        assert status([*line.split(), *more, "--quiet"]) == expected
        return capsys.readouterr().out

    with local_chain(Size()) as rig:
        with rig.fork() as copy:
            told = "".join(run(line, {8545: rig.node.url, 8546: copy.url}) for line in lines)
        replayed = run(blocks[3].strip().removeprefix("protocol-sim "), {8545: rig.node.url})
        capture, preflight = re.findall(r"^protocol-sim (.*)$", blocks[6], re.MULTILINE)
        with arrive(rig, 40):
            run(capture, {8555: rig.node.url})
            flown = run(preflight, {8555: rig.node.url}, expected=1)
    assert replayed.strip() == blocks[4].strip()
    assert flown.strip() == blocks[7].strip()
    kept = (README.parent / "fixtures/changes/cap-too-low.toml").read_text().splitlines()
    assert set(blocks[8].strip().splitlines()) <= set(kept)
    shown = [line for line in blocks[2].splitlines() if line.strip()]
    assert len(shown) == 4
    for line in shown:
        assert line in told
    assert re.search(r"liquidations +[1-9]", told)
