"""A capture of 20,000 accounts from a local node: by the reader contract, by raw batches, from disk; and its memory.

Each in a process of its own, whose first requests and imports count: that is what a user waits for.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from protocol_sim.fork.rigs.start import LocalChain, Size, local_chain

ACCOUNTS = 20_000
PROGRAM = """
import resource, sys, time
import protocol_sim as ps
from pathlib import Path
from protocol_sim.fork.capture.pinned import Pinned
url, block, pool, folder, reader = sys.argv[1:]
if reader == "batches":
    def probe(pinned): pinned.by_hash, pinned.reader = True, False
    Pinned.probe = probe
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
begin = time.perf_counter()
snapshot = ps.capture(url, int(block), address=pool, cache=Path(folder) / "cache", chain_id=31337)
read = time.perf_counter() - begin
from protocol_sim.fork.snapshot import save_snapshot
save_snapshot(snapshot, Path(folder) / "out")
print(len(snapshot.people.addresses), read, time.perf_counter() - begin,
      (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) / 1024, before / 1024)
"""


def fork() -> Iterator[tuple[str, float, str]]:
    """Rows of the table."""
    with local_chain(Size(accounts=ACCOUNTS, others=0, blocks=0)) as rig, TemporaryDirectory() as folder:
        for how, name in (("reader", "the reader contract"), ("batches", "raw batches"), ("reader", "disk, no node")):
            url = rig.node.url if name != "disk, no node" else "http://127.0.0.1:1"
            place = f"{folder}/{how}"
            accounts, read, whole, memory, before = _measure(rig, url, place, how)
            yield f"capture of {accounts:,.0f} accounts by {name}", read, "s"
            if how == "reader":
                yield f"the same, scenario and files written, by {name}", whole, "s"
            yield f"peak memory of that process (of which before it: {before:,.0f})", memory, "MiB"


def _measure(rig: LocalChain, url: str, place: str, how: str) -> tuple[float, ...]:
    Path(place).mkdir(exist_ok=True)
    words = [url, str(rig.story.last), rig.scene.markets["3.6"].pool, place, how]
    done = subprocess.run([sys.executable, "-c", PROGRAM, *words], check=True, capture_output=True, text=True)
    return tuple(float(word) for word in done.stdout.split())


if __name__ == "__main__":
    for row in fork():
        sys.stdout.write(f"{row[0]:<76} {row[1]:>10.2f} {row[2]}\n")
