"""Starts the rig: node A with its history, and nodes B that go on from one of its blocks."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from protocol_sim.fork.anvil import Node, anvil, forked
from protocol_sim.fork.deploy.aave_v3_contracts import FIRST, LAST
from protocol_sim.fork.rigs.chain import Chain
from protocol_sim.fork.rigs.history import History, Story, next_pool
from protocol_sim.fork.rigs.scene import Scene, build

OPTIONS = ("--auto-impersonate", "--gas-limit", "4000000000")


@dataclass(frozen=True)
class Size:
    """How much there is to see. The default is what `make rig` starts."""

    accounts: int = 2_000  # people in the market of Aave V3.6
    others: int = 200  # people in that of 3.0.2
    blocks: int = 340  # after everybody has arrived
    block_time: int = 12  # s
    seed: int = 1


SMALL = Size(accounts=120, others=40, blocks=60)


@dataclass(frozen=True)
class LocalChain:
    """Node A, what stands on it and what happened."""

    node: Node
    chain: Chain
    scene: Scene
    story: Story
    size: Size

    def fork(self, block: int | None = None, port: int = 0) -> AbstractContextManager[Node]:
        """A node B at a block, by default the last; it mines at once and lets anybody send."""
        return forked(self.node.url, block or self.story.last, *OPTIONS, "--port", str(port))


@contextmanager
def local_chain(
    size: Size = SMALL, tell: Callable[[int, int], None] = lambda _done, _all: None, port: int = 0
) -> Iterator[LocalChain]:
    """The rig, while it is needed; `port` 0: any that is free. The same size gives the same block hashes."""
    versions = {LAST: size.accounts, FIRST: size.others}
    with anvil(*OPTIONS, "--port", str(port)) as node:
        node.call("anvil_setBlockTimestampInterval", 1)
        scene = build(node, tuple(version for version, count in versions.items() if count))
        upgrades = {version: next_pool(node, scene, version) for version in scene.markets}
        chain = Chain(node, size.block_time)
        history = History(chain, scene, size.seed, {v: n for v, n in versions.items() if n}, upgrades)
        yield LocalChain(node, chain, scene, history.play(size.blocks, tell), size)
