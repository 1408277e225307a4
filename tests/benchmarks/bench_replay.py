"""`make bench`: replay of the rig's whole history with comparison, memory by number of blocks, pre-flight."""

import time
import tracemalloc
from collections.abc import Iterator

from protocol_sim.fork.capture import capture
from protocol_sim.fork.preflight import parse_change, preflight
from protocol_sim.fork.replay import replay
from protocol_sim.fork.rigs.start import SMALL, Size, local_chain
from protocol_sim.fork.snapshot import Snapshot

Row = tuple[str, float, str]
EMPTY = 3_000  # blocks without anything in them
CHANGE = 'name = "bench"\n[[changes]]\nkind = "price-cap"\nasset = "WBTC"\ncap_usd = "20000"\n'


def rows() -> Iterator[Row]:
    """Figures of this area."""
    with local_chain(Size()) as rig:
        for version, market in rig.scene.markets.items():
            snapshot = capture(rig.node.url, rig.story.first - 1, address=market.pool, keep=False)
            found = replay(rig.node.url, snapshot=snapshot, end=rig.story.last)
            assert found.ok
            name, operations = f"replay aave-v3 {version}", found.parity.operations
            yield f"{name}: operations compared, state too", operations / found.seconds, "1/s"
            yield f"{name}: logs", found.parity.logs / found.seconds, "1/s"
        market = rig.scene.markets["3.6"]
        snapshot = capture(rig.node.url, rig.story.last, address=market.pool, keep=False)
        begin = time.perf_counter()
        preflight(snapshot, parse_change(CHANGE))
        accounts = len(snapshot.people.addresses)
        yield "preflight: accounts before and after", accounts / (time.perf_counter() - begin), "1/s"
        begin = time.perf_counter()
        assert preflight(snapshot, parse_change(CHANGE), anvil=rig.node.url).ok
        yield f"preflight: {accounts:,} accounts, and on a fork", time.perf_counter() - begin, "s"
    with local_chain(SMALL) as rig:
        snapshot = capture(rig.node.url, rig.story.last, address=rig.scene.markets["3.6"].pool, keep=False)
        for blocks in (EMPTY // 10, EMPTY):
            last = int(rig.node.call("eth_blockNumber"), 16)
            rig.node.call("anvil_mine", hex(rig.story.last + blocks - last), hex(12))
            yield f"replay: peak memory over {blocks:,} blocks", peak(rig.node.url, snapshot, blocks), "MB"


def peak(url: str, snapshot: Snapshot, blocks: int) -> float:
    """What Python held at most beyond the snapshot, MB."""
    tracemalloc.start()
    assert replay(url, snapshot=snapshot, end=snapshot.block.number + blocks).ok
    found = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    return found
