"""The rig of `verify anvil aave-v2`: the real Aave V2 against `protocols.aave_v2`."""

import random
from collections.abc import Sequence
from typing import Any

from protocol_sim.fork.adapters.aave_v2.chain import ACCOUNTS, ADMIN, Chain
from protocol_sim.fork.adapters.aave_v2.draws import Draws
from protocol_sim.fork.adapters.aave_v2.model import Model
from protocol_sim.fork.adapters.aave_v2.play import BRANCHES, Player
from protocol_sim.fork.adapters.edges import later
from protocol_sim.fork.anvil import Node
from protocol_sim.fork.artifacts import Event
from protocol_sim.fork.rig import Operation, Outcome, Rig

NOT_PLAYED = {
    "aToken.permit, approve, transferFrom": "allowances are not modelled",
    "configurator.initReserve, update*Token": "deployment, not a state change of the market",
    "callers without the role": "roles are not modelled",
}


class AaveV2(Rig):
    """Five reserves (18, 18, 6, 8, 18 decimals), four users, a treasury, a flash-loan receiver."""

    protocol = "aave-v2"
    version = "1.0.1"
    branches = BRANCHES
    not_played = NOT_PLAYED

    def __init__(self) -> None:
        self.operations = tuple(Player(Model()).plays)
        self._now = 0

    def deploy(self, node: Node) -> None:
        """Deploy, fill the wallets, approve the pool."""
        self._chain = Chain(node)

    def restart(self, now: int) -> None:
        """An empty market, full wallets."""
        self._now = now
        self.model = Model()
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
        return self.model.values(self._now)

    def read(self, node: Node) -> list[int]:
        """The contracts' values."""
        return self._chain.reading.read(node)

    def decode(self, logs: list[dict[str, Any]]) -> tuple[Event, ...]:
        """Logs as events."""
        return self._chain.decode(logs)
