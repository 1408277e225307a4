"""Many views of many contracts in one `eth_call`, as a flat list of named 256-bit words."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from protocol_sim.fork.anvil import Node
from protocol_sim.fork.artifacts import Contract
from protocol_sim.fork.solc import compiled


@dataclass
class Reading:
    """A list of calls that is put together once and read after every operation."""

    reader: str  # address of a deployed PositionReader
    names: list[str] = field(default_factory=list)
    _targets: list[str] = field(default_factory=list)
    _calls: list[bytes] = field(default_factory=list)
    _kept: list[int] = field(default_factory=list)  # positions of the words that have a name
    _words: int = 0
    _data: str = ""

    def add(self, names: Sequence[str | None], target: str, contract: Contract, function: str, *args: object) -> None:
        """One view; a name for each word that it returns, None for a word that is not compared."""
        self._targets.append(target)
        self._calls.append(bytes.fromhex(contract.call(function, *args)[2:]))
        for name in names:
            if name is not None:
                self.names.append(name)
                self._kept.append(self._words)
            self._words += 1
        self._data = ""

    def read(self, node: Node) -> list[int]:
        """The values at the latest block, in the order of `names`."""
        if not self._data:
            self._data = compiled("PositionReader").call("answers", self._targets, self._calls)
        raw = node.read(self.reader, self._data)[64:]
        return [int.from_bytes(raw[32 * i : 32 * i + 32]) for i in self._kept]
