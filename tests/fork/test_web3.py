"""A user's own `Web3` where an address is expected: the same snapshot, the same patience, nothing secret shown."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests
from web3 import AsyncHTTPProvider, AsyncWeb3, HTTPProvider, Web3
from web3.providers import BaseProvider

import protocol_sim as ps
from protocol_sim.errors import BadInput
from protocol_sim.fork.capture import capture
from protocol_sim.fork.client import Client, NodeError, Patience
from protocol_sim.fork.rigs.start import LocalChain
from protocol_sim.fork.snapshot import Snapshot
from protocol_sim.fork.wire import HttpWire
from tests.fork.proxy import Fault, Proxy, Reply, broken, busy, cut, every, proxy, short, small_batches

SECRET = "a1b2c3d4e5f60718"
QUICK = Patience(sleep=lambda _seconds: None)


class Own(BaseProvider):
    """A provider that carries one request at a time over something of its own."""

    def __init__(self, wire: HttpWire) -> None:
        super().__init__()
        self.wire = wire

    def make_request(self, method: Any, params: Any) -> Any:
        return self.wire.post({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})


@pytest.fixture
def over_http() -> Iterator[Callable[[str], Web3]]:
    """A `Web3` with a session of the user's, without retries of its own, so that a fault reaches the client."""
    with requests.Session() as session:
        yield lambda url: Web3(HTTPProvider(url, {"timeout": 5}, session, None))


def taken(rig: LocalChain, rpc: Any, cache: Path) -> Snapshot:
    pool = rig.scene.markets["3.6"].pool
    return capture(rpc, rig.story.last, address=pool, complete=True, cache=cache, patience=QUICK)


@pytest.fixture(scope="module")
def honest(rig: LocalChain, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return taken(rig, rig.node.url, tmp_path_factory.mktemp("honest"))


@pytest.fixture
def front(rig: LocalChain) -> Iterator[Proxy]:
    with proxy(rig.node.url) as running:
        yield running


@pytest.mark.anvil
def test_a_capture_is_the_same(over_http: Any, rig: LocalChain, honest: Snapshot, tmp_path: Path) -> None:
    assert taken(rig, over_http(rig.node.url), tmp_path) == honest


@pytest.mark.anvil
def test_so_it_is_through_a_provider_of_ones_own(rig: LocalChain, honest: Snapshot, tmp_path: Path) -> None:
    with closing(HttpWire(rig.node.url, 5.0)) as wire:
        assert taken(rig, Web3(Own(wire)), tmp_path) == honest


FAULTS: dict[str, Callable[[], Fault]] = {
    "429": lambda: every(3, busy("7")), "resets": lambda: every(4, cut), "broken JSON": lambda: every(3, broken),
    "HTTP 502": lambda: every(3, lambda _b, _h: Reply(raw=b"<html>bad gateway</html>", status=502)),
    "batches cut short": lambda: every(2, short), "small batches": lambda: small_batches(10),  # type: ignore[dict-item]
}


@pytest.mark.anvil
@pytest.mark.parametrize("name", FAULTS)
def test_faults_are_survived(
    name: str, over_http: Any, rig: LocalChain, front: Proxy, honest: Snapshot, tmp_path: Path
) -> None:
    front.faults.append(FAULTS[name]())
    assert taken(rig, over_http(front.url), tmp_path) == honest


@pytest.mark.anvil
def test_a_replay_takes_one_too(over_http: Any, rig: LocalChain) -> None:
    pool, last = rig.scene.markets["3.6"].pool, rig.story.last
    done = ps.replay(over_http(rig.node.url), start=last - 12, end=last, address=pool, keep=False)
    assert done.ok
    assert done.parity.equal.total() > 0


@pytest.mark.anvil
@pytest.mark.parametrize(("fault", "words"), [
    (lambda: every(1, lambda _b, _h: Reply({}, 401)), "HTTP 401: it does not accept the credentials"),
    (lambda: every(1, busy()), "gave out on eth_chainId after 7 tries: HTTP 429"),
    (lambda: every(1, cut), "gave out on eth_chainId after 7 tries: its provider failed"),
])  # fmt: skip
def test_it_gives_out_in_one_line_without_its_secrets(
    fault: Callable[[], Fault], words: str, over_http: Any, front: Proxy
) -> None:
    front.faults.append(fault())
    with pytest.raises(NodeError, match=words) as caught:
        Client(over_http(f"{front.url}/v3/{SECRET}"), QUICK).call("eth_chainId")
    assert SECRET not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_neither_an_address_nor_a_web3_is_refused() -> None:
    for wrong in (AsyncWeb3(AsyncHTTPProvider("http://localhost:1")), 8545):
        with pytest.raises(BadInput, match="a Web3"):
            Client(wrong)  # type: ignore[arg-type]
