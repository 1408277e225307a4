"""What a protocol's adapter gives to the harness: a `Rig` proposes operations, plays them on the model, and knows how
to read the same things from the contracts."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from protocol_sim.fork.anvil import Node
from protocol_sim.fork.artifacts import Event, reason


@dataclass(frozen=True)
class Operation:
    """One transaction: what it is called in the tables, who sends what to whom, and the time of its block."""

    name: str
    sender: str
    to: str
    data: str  # calldata in hex
    at: int  # seconds
    arguments: dict[str, Any] = field(default_factory=dict)  # for people, and for the model


@dataclass(frozen=True)
class Outcome:
    """What the model says about an operation."""

    refused: tuple[str, ...] | None = None  # the revert strings it allows; None: accepted
    events: tuple[Event, ...] = ()
    branches: tuple[str, ...] = ()  # rare paths that it took, for the coverage table
    label: str = ""  # how the table of refusals calls it; "": the first string


class Rig(Protocol):
    """One protocol under test."""

    protocol: str
    version: str
    operations: tuple[str, ...]  # every external operation that it can play
    not_played: dict[str, str]  # external operations left out, and why
    branches: tuple[str, ...]  # the rare paths that it watches for

    def deploy(self, node: Node) -> None:
        """Deploy the real contracts and read their constants (addresses); once per node."""

    def restart(self, now: int) -> None:
        """Set the model to the state just after `deploy`; `now` is the time of the latest block (seconds)."""

    def propose(self, rng: random.Random) -> Operation:
        """The next operation, chosen from the model's state alone."""

    def play(self, operation: Operation) -> Outcome:
        """Play it on the model."""

    def fields(self) -> Sequence[str]:
        """Names of what is compared, in the order of `state` and `read`."""

    def state(self) -> list[int]:
        """The model's values."""

    def read(self, node: Node) -> list[int]:
        """The contracts' values at the latest block."""

    def decode(self, logs: list[dict[str, Any]]) -> tuple[Event, ...]:
        """The logs of a receipt as events, addresses replaced by names."""

    def said(self, data: bytes) -> str:
        """What the bytes of a revert say, in the words of `Outcome.refused`."""
        return reason(data)
