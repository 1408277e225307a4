"""An Anvil node for the tests that only need a chain, one rig for those that need a history. `verify` has its own."""

from collections.abc import Iterator

import pytest

from protocol_sim.fork.anvil import Node, anvil
from protocol_sim.fork.rigs.start import SMALL, LocalChain, local_chain


@pytest.fixture
def node() -> Iterator[Node]:
    with anvil() as running:
        yield running


@pytest.fixture(scope="session")
def rig() -> Iterator[LocalChain]:
    """Nobody writes on it: what needs to write forks it."""
    with local_chain(SMALL) as running:
        yield running
