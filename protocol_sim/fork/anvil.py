"""A local Anvil node as a context manager: found in `contracts/anvil` or on PATH, on a free port, stopped at exit."""

import os
import platform
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from protocol_sim.errors import MissingTool, ProtocolSimError
from protocol_sim.fork.artifacts import CONTRACTS
from protocol_sim.fork.rpc import Rpc

GENESIS = 1_600_000_000  # seconds; every rig starts here, so that runs do not depend on the wall clock
BLOCK_GAS = "200000000"  # of a block, unless the options say otherwise
GAS_LIMIT = 12_000_000  # gas of one transaction: no operation of a modelled protocol comes near it
LISTENING = re.compile(rb"Listening on [\d.]+:(\d+)")
MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


class Node(Rpc):
    """An Anvil node that mines each transaction at once; its ten accounts need no signature."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.accounts: list[str] = [a.lower() for a in self.call("eth_accounts")]

    def send(self, sender: str, to: str | None, data: str, value: int = 0) -> dict[str, Any]:
        """Send a transaction, mine it and give its receipt; a refused one has status 0x0."""
        tx = {"from": sender, "data": data, "value": hex(value), "gas": hex(GAS_LIMIT)}
        if to is not None:
            tx["to"] = to
        if sender not in self.accounts:  # somebody impersonated, who has nothing to pay gas with
            tx["gasPrice"] = "0x0"
        receipt: dict[str, Any] = self.call("eth_sendTransactionSync", tx)
        return receipt

    def create(self, data: str) -> str:
        """Create a contract from the first account; its address in lower case."""
        return str(self._must(self.send(self.accounts[0], None, data))["contractAddress"]).lower()

    def execute(self, to: str, data: str, sender: str | None = None) -> None:
        """Send a transaction that must succeed, from the first account if no sender is named."""
        self._must(self.send(sender or self.accounts[0], to, data))

    def _must(self, receipt: dict[str, Any]) -> dict[str, Any]:
        if receipt["status"] != "0x1":
            raise ProtocolSimError(f"a set-up transaction was refused: {self.refusal(receipt)!r}")
        return receipt

    def read(self, to: str, data: str) -> bytes:
        """The returned bytes of a call on the latest block."""
        return bytes.fromhex(self.call("eth_call", {"to": to, "data": data}, "latest")[2:])

    def refusal(self, receipt: dict[str, Any]) -> bytes:
        """The bytes that a refused transaction reverted with."""
        trace = self.call("debug_traceTransaction", receipt["transactionHash"],
                          {"tracer": "callTracer", "tracerConfig": {"onlyTopCall": True}})
        return bytes.fromhex((trace.get("output") or "0x")[2:])

    def next_timestamp(self, timestamp: int) -> None:
        """Give the next block this time (seconds)."""
        self.call("evm_setNextBlockTimestamp", timestamp)


def find_anvil() -> Path:
    """The Anvil binary; `MissingTool` says how to get it."""
    system, machine = platform.system().lower(), MACHINES.get(platform.machine().lower(), "")
    native = CONTRACTS / "anvil" / "node_modules" / "@foundry-rs" / f"anvil-{system}-{machine}" / "bin" / "anvil"
    if native.is_file():
        return native
    found = shutil.which("anvil")
    if found:
        return Path(found)
    if shutil.which("npm") is None:
        raise MissingTool("Anvil not found, nor npm to get it: install Node 20 or later, run `make setup-contracts`")
    raise MissingTool("Anvil not found: run `make setup-contracts` (npm ci in contracts/anvil), or put it on PATH")


def anvil(*options: str) -> AbstractContextManager[Node]:
    """A fresh node at genesis time `GENESIS`; further command-line options are passed on."""
    return _running("--timestamp", str(GENESIS), *options)


def forked(upstream: str, block: int, *options: str) -> AbstractContextManager[Node]:
    """A node that goes on from a block of the node at `upstream`."""
    return _running("--fork-url", upstream, "--fork-block-number", str(block), "--no-rate-limit", *options)


@contextmanager
def _running(*options: str) -> Iterator[Node]:
    defaults = (("--port", "0"), ("--gas-limit", BLOCK_GAS))
    chosen = [word for pair in defaults if pair[0] not in options for word in pair]
    command = [str(find_anvil()), *chosen, "--base-fee", "0", "--gas-price", "0", "--hardfork", "shanghai",
               "--order", "fifo", *options]
    with tempfile.TemporaryDirectory(prefix="protocol-sim-anvil-") as home:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=home,
                                   env={**os.environ, "HOME": home}, start_new_session=True)
        assert process.stdout is not None
        drain = threading.Thread(target=_drain, args=(process.stdout,), daemon=True)
        node: Node | None = None
        try:
            address = f"http://127.0.0.1:{_port(process.stdout)}"
            drain.start()
            node = Node(address)
            yield node
        finally:
            if node is not None:
                node.close()
            _stop(process)
            if drain.is_alive():
                drain.join(timeout=5)
            process.stdout.close()


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask it to end, then insist."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=5)
        return
    process.kill()
    process.wait()


def _port(output: IO[bytes]) -> int:
    """The port that Anvil says it listens on."""
    seen = b""
    for line in output:
        seen += line
        match = LISTENING.search(line)
        if match:
            return int(match.group(1))
    last = seen.decode(errors="replace").strip().splitlines()[-1:]
    raise MissingTool(f"Anvil did not start: {' '.join(last) or 'it said nothing'}")


def _drain(output: IO[bytes]) -> None:
    """Read and drop what the node prints, lest a full pipe stops it."""
    with suppress(ValueError, OSError):
        while output.read(65536):
            pass
