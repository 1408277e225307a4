"""What is shown of an address, what is hidden, and what a client says that finds nobody."""

import pytest

from protocol_sim.errors import BadInput
from protocol_sim.fork.client import Client, NodeError, Patience
from protocol_sim.fork.endpoint import endpoint

KEY = "a1b2c3d4e5f6"


@pytest.mark.parametrize(("url", "name", "secrets"), [
    ("http://127.0.0.1:8545", "http://127.0.0.1:8545", []),
    ("https://node.example/", "https://node.example:443", []),
    (f"https://node.example/v3/{KEY}", "https://node.example:443/…", [KEY, f"/v3/{KEY}"]),
    (f"https://node.example?apikey={KEY}", "https://node.example:443/…", [KEY]),
    (f"https://{KEY}@node.example", "https://node.example:443", [KEY]),
    (f"http://user:{KEY}%21@[::1]:99/", "http://[::1]:99", [f"{KEY}%21", f"{KEY}!", f"user:{KEY}%21"]),
    (f"https://node.example/ключ-{KEY}/eth", "https://node.example:443/…", [f"ключ-{KEY}"]),
])  # fmt: skip
def test_a_name_that_may_be_shown(url: str, name: str, secrets: list[str]) -> None:
    found = endpoint(url)
    assert found.name == name
    assert KEY not in repr(found)
    assert set(secrets) <= set(found.secrets)
    assert found.target.isascii()
    text = f"bad request to {url} with {' and '.join(secrets)}"
    assert KEY not in found.scrub(text)
    if not secrets:
        assert found.scrub("header not found") == "header not found"


@pytest.mark.parametrize("url", [f"ftp://x/{KEY}", f"{KEY}", f"http://{KEY}:{KEY}/x", "http://", f"wss://x/{KEY}"])
def test_no_address_is_repeated_in_an_error(url: str) -> None:
    with pytest.raises(BadInput) as caught:
        endpoint(url)
    assert KEY not in str(caught.value)


def test_nobody_there_is_one_line_after_growing_waits() -> None:
    waits: list[float] = []
    client = Client(f"http://127.0.0.1:1/{KEY}", Patience(attempts=6, longest=4.0, sleep=waits.append))
    with pytest.raises(NodeError) as caught:
        client.call("eth_chainId")
    told = str(caught.value)
    assert told == ("http://127.0.0.1:1/…: gave out on eth_chainId after 6 tries: the connection was lost "
                    "(ConnectionRefusedError)")
    assert waits == [0.5, 1.0, 2.0, 4.0, 4.0]


def test_a_host_that_is_no_name() -> None:
    with pytest.raises(NodeError, match="no name of a host"):
        Client(f"http://{'x' * 70}ü.example", Patience(sleep=lambda _: None)).call("eth_chainId")
