"""A capture behind a node that misbehaves: the same snapshot, or one line that says what gave out."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from protocol_sim.cli.app import status
from protocol_sim.errors import BadInput
from protocol_sim.fork.anvil import Node
from protocol_sim.fork.capture import capture
from protocol_sim.fork.capture.pinned import Reorganised
from protocol_sim.fork.client import Client, NodeError, Patience
from protocol_sim.fork.rigs.start import LocalChain
from protocol_sim.fork.snapshot import Snapshot
from tests.fork.proxy import (
    Fault,
    Honest,
    Proxy,
    Reply,
    broken,
    busy,
    by_number_only,
    cut,
    every,
    late,
    no_override,
    proxy,
    refuse,
    short,
    short_ranges,
    shuffled,
    small_batches,
)

pytestmark = pytest.mark.anvil
SECRET = "a1b2c3d4e5f60718"
waits: list[float] = []
QUICK = Patience(timeout=0.5, sleep=waits.append)


@pytest.fixture
def front(rig: LocalChain) -> Iterator[Proxy]:
    waits.clear()
    with proxy(rig.node.url) as running:
        yield running


def taken(rig: LocalChain, url: str, cache: Path, patience: Patience = QUICK, **more: Any) -> Snapshot:
    arguments = {"block": rig.story.last, "address": rig.scene.markets["3.6"].pool, "complete": True} | more
    return capture(url, arguments.pop("block"), cache=cache, patience=patience, **arguments)


@pytest.fixture(scope="module")
def honest(rig: LocalChain, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return taken(rig, rig.node.url, tmp_path_factory.mktemp("honest"))


SURVIVED: dict[str, list[Callable[[], Fault]]] = {
    "429": [lambda: every(3, busy())],
    "429 with Retry-After": [lambda: every(3, busy("7"))],
    "resets": [lambda: every(4, cut)],
    "broken JSON": [lambda: every(3, broken)],
    "HTTP 502": [lambda: every(3, lambda _b, _h: Reply(raw=b"<html>bad gateway</html>", status=502))],
    "a rate limit in JSON-RPC": [lambda: every(3, lambda b, h: refuse(  # type: ignore[arg-type, return-value]
        (b[0] if isinstance(b, list) else b)["method"], "daily request limit exceeded", code=-32005)(b, h))],
    "no override, batches cut short": [lambda: no_override, lambda: every(2, short)],  # type: ignore[list-item]
    "no override, batches backwards": [lambda: no_override, lambda: shuffled],
    "no override, small batches": [lambda: no_override, lambda: small_batches(10)],
    "no override, no batches": [lambda: no_override, lambda: small_batches(1)],
    "no block hashes": [lambda: by_number_only],
    "no block hashes, no override": [lambda: by_number_only, lambda: no_override],
    "short ranges": [lambda: short_ranges(7)],
    "no old states": [lambda: refuse("eth_getCode", "missing trie node abc (path ) state 0x12 is not available")],
}


@pytest.mark.parametrize("name", SURVIVED)
def test_survived(name: str, rig: LocalChain, front: Proxy, honest: Snapshot, tmp_path: Path) -> None:
    front.faults += [make() for make in SURVIVED[name]]
    assert taken(rig, front.url, tmp_path) == honest
    if name == "429 with Retry-After":
        assert waits
        assert set(waits) == {7.0}
    if name == "429":
        assert max(waits) <= 1.0
    if name == "no override, small batches":
        assert max(len(body) for body in front.bodies[-20:] if isinstance(body, list)) <= 20


def test_time_outs_are_survived(rig: LocalChain, front: Proxy, honest: Snapshot, tmp_path: Path) -> None:
    front.faults.append(every(9, late(0.4)))
    patience = Patience(timeout=0.2, sleep=waits.append)
    assert taken(rig, front.url, tmp_path, patience) == honest
    assert waits


GIVES_OUT: dict[str, tuple[Callable[[], Fault], str]] = {
    "always busy": (lambda: every(1, busy()), "gave out on eth_chainId after 7 tries: HTTP 429"),
    "never there": (lambda: every(1, cut), "gave out on eth_chainId after 7 tries: the connection was lost"),
    "wrong credentials": (lambda: every(1, lambda _b, _h: Reply({}, 401)), "HTTP 401: it does not accept the cred"),
    "a web page": (lambda: every(1, lambda _b, _h: Reply(raw=b"<html>", status=404)), "expected a JSON-RPC node"),
    "pruned": (lambda: refuse("eth_call", "missing trie node 5d41 (path )"), "no longer holds the state of block"),
    "no logs": (lambda: refuse("eth_getLogs", "range too large"), "refuses the logs of block"),
}


@pytest.mark.parametrize("name", GIVES_OUT)
def test_gives_out_in_one_line(name: str, rig: LocalChain, front: Proxy, tmp_path: Path) -> None:
    fault, words = GIVES_OUT[name]
    front.faults.append(fault())
    with pytest.raises(NodeError, match=words) as caught:
        taken(rig, front.url, tmp_path / "cache", out=tmp_path / "out")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_wrong_chain_is_refused(rig: LocalChain, front: Proxy, tmp_path: Path) -> None:
    front.faults.append(lambda body, _honest: Reply({"jsonrpc": "2.0", "id": body["id"], "result": "0x89"})
                        if not isinstance(body, list) and body["method"] == "eth_chainId" else None)
    with pytest.raises(BadInput, match="chain id: expected 31337, found 137 at http"):
        taken(rig, front.url, tmp_path, chain_id=31337)


# ---- work resumes ---------------------------------------------------------------------------------------------------
def test_an_interrupted_capture_goes_on_where_it_was(
    rig: LocalChain, front: Proxy, honest: Snapshot, tmp_path: Path
) -> None:
    front.faults.append(short_ranges(40))
    front.faults.append(refuse("eth_getLogs", "gone", lambda p: int(p[0]["fromBlock"], 16) > 250))
    with pytest.raises(NodeError, match="refuses the logs of block"):
        taken(rig, front.url, tmp_path)
    before = [body["params"][0]["fromBlock"] for body in front.bodies
              if not isinstance(body, list) and body["method"] == "eth_getLogs"]
    front.bodies.clear()
    front.faults.clear()
    assert taken(rig, front.url, tmp_path) == honest
    after = [int(body["params"][0]["fromBlock"], 16) for body in front.bodies
             if not isinstance(body, list) and body["method"] == "eth_getLogs"]
    assert len(before) > 5
    assert min(after) > 200
    front.bodies.clear()
    assert taken(rig, front.url, tmp_path) == honest
    assert sorted(front.methods()) == ["eth_chainId", "eth_getBlockByNumber"]


# ---- reorganisations ------------------------------------------------------------------------------------------------
def reorganising(node: Node, depth: int, at: str, times: int) -> Fault:
    """Before an answer to `at` the node forgets its last blocks and makes others, so often."""
    left = times

    def fault(body: Any, _honest: Honest) -> Reply | None:
        nonlocal left
        if left and (body[0] if isinstance(body, list) else body)["method"] == at:
            left -= 1
            node.call("anvil_rollback", depth)
            head = node.call("eth_getBlockByNumber", "latest", False)
            node.next_timestamp(int(head["timestamp"], 16) + 100 + left)
            node.call("anvil_mine", hex(depth))
        return None

    return fault


@pytest.mark.parametrize("at", ["eth_getLogs", "eth_getStorageAt", "eth_call"])
@pytest.mark.parametrize("how", [[], [by_number_only], [no_override]])
def test_a_reorganisation_begins_anew(at: str, how: list[Fault], rig: LocalChain, tmp_path: Path) -> None:
    """What comes out is one block's: the one that is in the chain afterwards."""
    with rig.fork() as copy, proxy(copy.url) as front:
        copy.call("anvil_mine", hex(3))
        first = copy.call("eth_getBlockByNumber", "latest", False)["hash"]
        front.faults += [*how, reorganising(copy, 2, at, 1)]
        snapshot = taken(rig, front.url, tmp_path, block="latest")
        assert snapshot.block.hash != first
        head = copy.call("eth_getBlockByNumber", hex(snapshot.block.number), False)
        assert head["hash"] == snapshot.block.hash
        front.faults.clear()
        assert taken(rig, copy.url, tmp_path / "other", block=snapshot.block.number) == snapshot


def test_a_chain_that_never_settles_is_given_up_in_one_line(rig: LocalChain, tmp_path: Path) -> None:
    with rig.fork() as copy, proxy(copy.url) as front:
        copy.call("anvil_mine", hex(3))
        front.faults.append(reorganising(copy, 2, "eth_getLogs", 99))
        with pytest.raises(Reorganised, match=r"http://127.0.0.1:\d+: block \d+ of chain 31337 .* was reorganised a"):
            taken(rig, front.url, tmp_path, block="latest", out=tmp_path / "out")
        assert not (tmp_path / "out").exists()


# ---- credentials ----------------------------------------------------------------------------------------------------
def test_no_credential_reaches_a_file_or_an_output(
    rig: LocalChain, front: Proxy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The node even repeats them in its errors."""
    port = front.url.rpartition(":")[2]
    url = f"http://user-{SECRET}:pass-{SECRET}@127.0.0.1:{port}/v3/key-{SECRET}?apikey=query-{SECRET}"
    pool = rig.scene.markets["3.6"].pool
    words = ["capture", "--rpc", url, "--block", str(rig.story.last), "--address", pool, "--cache", str(tmp_path / "c")]
    assert status([*words, "--out", str(tmp_path / "out")]) == 0
    assert front.paths[0] == f"/v3/key-{SECRET}?apikey=query-{SECRET}"
    assert front.headers[0]["Authorization"].startswith("Basic ")
    assert status(["verify", "fork", "--snapshot", str(tmp_path / "out"), "--rpc", url]) == 0
    told = capsys.readouterr()
    seen = [told.out, told.err]
    for message in (f"invalid key key-{SECRET}", f"http://user-{SECRET}:pass-{SECRET}@host/v3/key-{SECRET}",
                    f"query-{SECRET} is not known"):
        front.faults[:] = [refuse("eth_chainId", message)]
        assert status([*words, "--out", str(tmp_path / "other")]) == 2
        told = capsys.readouterr()
        seen += [told.out, told.err]
        assert told.err.count("\n") == 1
    front.faults[:] = [every(1, lambda _b, _h: Reply({}, 403))]
    assert status([*words, "--out", str(tmp_path / "other")]) == 2
    told = capsys.readouterr()
    seen += [told.out, told.err, repr(Client(url))]
    for wrong in (f"ftp://{SECRET}@x", f"http://x:{SECRET}/", f"{SECRET}"):
        assert status([*words[:2], wrong, *words[3:], "--out", str(tmp_path / "other")]) == 2
        told = capsys.readouterr()
        seen += [told.out, told.err]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) >= 5
    assert not [text for text in seen if SECRET in text]
    assert not [path for path in files if SECRET.encode() in path.read_bytes()]
    assert json.loads((tmp_path / "out" / "snapshot.json").read_text())["block"]["chain_id"] == 31337
