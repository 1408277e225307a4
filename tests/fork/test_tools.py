"""What is said when a tool or a protocol is missing, and the small decoders; none of this starts a node."""

import json
from pathlib import Path

import pytest

from protocol_sim.errors import BadInput, MissingTool, ProtocolSimError
from protocol_sim.fork import anvil, artifacts, solc
from protocol_sim.fork.artifacts import CONTRACTS, from_artifact, reason
from protocol_sim.fork.rpc import Rpc
from protocol_sim.fork.verify import verify


def test_without_anvil_and_npm_the_message_says_how_to_get_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(anvil, "CONTRACTS", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingTool, match=r"install Node 20 or later, run `make setup-contracts`"):
        anvil.find_anvil()
    (tmp_path / "npm").touch(mode=0o755)
    with pytest.raises(MissingTool, match=r"run `make setup-contracts` .*or put it on PATH"):
        anvil.find_anvil()
    (tmp_path / "anvil").touch(mode=0o755)
    assert anvil.find_anvil() == tmp_path / "anvil"


def test_without_packages_the_message_names_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(artifacts, "CONTRACTS", tmp_path)
    with pytest.raises(MissingTool, match="npm ci in contracts/aave-v2"):
        artifacts.packaged("aave-v2", "@aave/protocol-v2/x.json")


def test_solidity_is_compiled_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    calls: list[object] = []
    made = {"abi": [], "evm": {"bytecode": {"object": "00"}}}

    def compile_(request: object) -> object:
        calls.append(request)
        return {"contracts": {"SettableFeed.sol": {"SettableFeed": made}}}

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(solc, "run_solc", compile_)
    assert solc.artifact.__wrapped__("SettableFeed") == made
    assert solc.artifact.__wrapped__("SettableFeed") == made
    assert len(calls) == 1
    assert [p.name.split("-")[0] for p in solc.cache_directory().iterdir()] == ["SettableFeed"]


@pytest.mark.parametrize(
    ("arguments", "key"),
    [(("sushi",), "PROTOCOL"), (("aave-v2", "9.9"), "--version"), (("aave-v2", None, 0), "--cases")],
)
def test_bad_arguments_are_named(arguments: tuple[object, ...], key: str) -> None:
    with pytest.raises(BadInput, match=key):
        verify(*arguments)  # type: ignore[arg-type]


def test_rpc_address_must_be_http() -> None:
    with pytest.raises(ProtocolSimError, match="expected http://host:port"):
        Rpc("localhost:8545")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("", ""),
        ("4e487b71" + "11".rjust(64, "0"), "panic 0x11"),
        ("08c379a0" + "20".rjust(64, "0") + "2".rjust(64, "0") + "3432".ljust(64, "0"), "42"),
        ("08c379a0" + "20".rjust(64, "0") + "2".rjust(64, "0") + "3432".ljust(62, "0") + "80", "42"),
        ("deadbeef", "0xdeadbeef"),
    ],
)
def test_reason_of_a_revert(data: str, said: str) -> None:
    assert reason(bytes.fromhex(data)) == said


def test_libraries_are_linked_where_the_artifact_says() -> None:
    code = from_artifact("C", {"abi": [], "bytecode": "0x60" + "__" * 20 + "61",
                               "linkReferences": {"f.sol": {"Lib": [{"start": 1, "length": 20}]}}})
    assert code.creation(Lib="0x" + "Ab" * 20) == "0x60" + "ab" * 20 + "61"


def test_lock_files_hold_versions_and_no_addresses() -> None:
    locks = list(CONTRACTS.glob("*/package-lock.json"))
    assert len(locks) >= 4
    for lock in locks:
        text = lock.read_text()
        assert "resolved" not in text
        assert "registry" not in text
        assert json.loads(text)["lockfileVersion"] == 3
