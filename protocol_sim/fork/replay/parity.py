"""The account of a replay: what was equal, what differs and how, what nothing explains; its size does not grow."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from protocol_sim.fork.replay.logs import Log

KEPT = 200  # differences and unexplained events that are told in full; all are counted


@dataclass(frozen=True)
class Difference:
    """One operation where model and chain part; `fields`: name, model, chain."""

    block: int
    tx: str
    index: int  # of the log that ends the operation
    operation: str
    fields: tuple[tuple[str, Any, Any], ...]


@dataclass(frozen=True)
class Unexplained:
    """One event that no operation of the model accounts for."""

    block: int
    tx: str
    index: int
    emitter: str
    name: str  # of the ABI, or the topic
    why: str
    args: tuple[Any, ...]


@dataclass
class Parity:
    """Counts by operation; the first differences and unexplained events in full."""

    equal: Counter[str] = field(default_factory=Counter)
    different: Counter[str] = field(default_factory=Counter)
    unexplained: Counter[tuple[str, str]] = field(default_factory=Counter)  # emitter, name or topic
    logs: int = 0
    explained: int = 0
    differences: list[Difference] = field(default_factory=list)
    strange: list[Unexplained] = field(default_factory=list)

    @property
    def operations(self) -> int:
        """Operations rebuilt in all."""
        return self.equal.total() + self.different.total()

    @property
    def ok(self) -> bool:
        """Nothing different, nothing unexplained."""
        return not self.different and not self.unexplained

    def agree(self, operation: str, logs: int) -> None:
        """An operation whose whole set of logs is the chain's."""
        self.equal[operation] += 1
        self.explained += logs

    def differ(self, found: Difference, logs: int) -> None:
        """An operation that came out otherwise; its logs are its own all the same."""
        self.different[found.operation] += 1
        self.explained += logs
        if len(self.differences) < KEPT:
            self.differences.append(found)

    def leave(self, log: Log, why: str) -> None:
        """An event that stands alone."""
        name = log.name or str(log.args[0] if log.args else "(no topic)")
        self.unexplained[log.emitter, name] += 1
        if len(self.strange) < KEPT:
            self.strange.append(Unexplained(log.block, log.tx, log.place, log.emitter, name, why, log.args))
