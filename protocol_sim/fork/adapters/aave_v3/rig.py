"""The rig of `verify anvil aave-v3`: the real Aave V3 of one version against `protocols.aave_v3`."""

import random
from collections.abc import Sequence
from typing import Any

from protocol_sim.fork.adapters.aave_v3.chain import Chain
from protocol_sim.fork.adapters.aave_v3.draws import Draws
from protocol_sim.fork.adapters.aave_v3.model import Model
from protocol_sim.fork.adapters.aave_v3.people import ACCOUNTS, ADMIN
from protocol_sim.fork.adapters.aave_v3.play import BRANCHES, Player
from protocol_sim.fork.adapters.aave_v3.values import values
from protocol_sim.fork.adapters.edges import later
from protocol_sim.fork.anvil import Node
from protocol_sim.fork.artifacts import Event
from protocol_sim.fork.rig import Operation, Outcome, Rig

NOT_PLAYED = {
    "aToken.permit, approve, transferFrom": "allowances are not modelled",
    "initReserves, dropReserve, update*Token": "deployment, not a state change of the market",
    "callers without the role": "roles are not modelled, but for the umbrella, the flash borrower and the supplier",
}
BRIDGE = {"mintUnbacked, backUnbacked, setUnbackedMintCap": "bridging is not modelled"}
MANAGERS = {"approvePositionManager, …OnBehalfOf": "they only delegate calls"}


class AaveV3(Rig):
    """Five reserves (18, 6, 8, 18, 18 decimals; one isolated), two eModes, four users, a treasury, two receivers."""

    protocol = "aave-v3"
    branches = BRANCHES

    def __init__(self, version: str) -> None:
        self.version = version
        model = Model(version)
        self.operations = tuple(Player(model).plays)
        self.not_played = NOT_PLAYED | (MANAGERS if model.last else BRIDGE)
        self._now = 0

    def deploy(self, node: Node) -> None:
        """Deploy, fill the wallets, approve the pool."""
        self._chain = Chain(node, self.version)

    def restart(self, now: int) -> None:
        """An empty market, full wallets."""
        self._now = now
        self.model = Model(self.version)
        self._player, self._draws = Player(self.model), Draws(self.model)

    def propose(self, rng: random.Random) -> Operation:
        """The next operation; about a quarter are refused."""
        wait, self._draws.wait = self._draws.wait, None
        at = later(rng, self._now) if wait is None else self._now + wait
        name, arguments = self._draws.next(rng, at)
        to, data = self._chain.encode(name, arguments)
        sender = ACCOUNTS[arguments["i"]] if "i" in arguments else ADMIN
        return Operation(name, self._chain.addresses[sender], to, data, at, arguments)

    def play(self, operation: Operation) -> Outcome:
        """Play it on the model."""
        same, self._now = operation.at == self._now, operation.at
        outcome = self._player.play(operation.name, operation.arguments, operation.at)
        branches = (*outcome.branches, "same block time") if same else outcome.branches
        return Outcome(outcome.refused, outcome.events, branches, outcome.label)

    def fields(self) -> Sequence[str]:
        """Names of what is compared."""
        return self._chain.reading.names

    def state(self) -> list[int]:
        """The model's values."""
        return values(self.model, self._now)

    def read(self, node: Node) -> list[int]:
        """The contracts' values."""
        return self._chain.reading.read(node)

    def decode(self, logs: list[dict[str, Any]]) -> tuple[Event, ...]:
        """Logs as events."""
        return self._chain.decode(logs)

    def said(self, data: bytes) -> str:
        """What a revert says: a string code in 3.0.2, a custom error's name in 3.6."""
        return self._chain.said(data)
