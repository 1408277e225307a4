"""One Anvil node for the tests that only need a chain; `verify` starts its own."""

from collections.abc import Iterator

import pytest

from protocol_sim.fork.anvil import Node, anvil


@pytest.fixture
def node() -> Iterator[Node]:
    with anvil() as running:
        yield running
