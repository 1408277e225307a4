"""What aTokens and variable debt tokens log: amounts with interest, told from scaled balances and last seen indices.

A ledger starts from the model's holdings before an operation and follows it move by move.
Sources: `ScaledBalanceTokenBase.sol`, `AToken.sol: _transfer`.
"""

from collections.abc import Iterable, Iterator

from protocol_sim.fork.adapters.aave_v3.stage import Stage
from protocol_sim.fork.artifacts import Event
from protocol_sim.protocols.aave_v3 import rules
from protocol_sim.protocols.aave_v3.versions import rounds_directionally

Key = tuple[str, int, int]  # token, account, reserve
A_TOKEN, DEBT = "a", "variable "


class Ledger:
    """Scaled balances (raw) and indices (ray) of one moment; `accounts`: those that move, all if None."""

    def __init__(self, model: Stage, accounts: Iterable[int] | None = None) -> None:
        self.version = model.version
        self._people, self._names = model.people, model.names
        self._directional = rounds_directionally(model.version)
        self.scaled: dict[Key, int] = {}
        self._index: dict[Key, int] = {}
        for i in range(len(model.people)) if accounts is None else accounts:
            for k in range(len(model.names)):
                h = model.holding(i, k)
                self.scaled[A_TOKEN, i, k], self._index[A_TOKEN, i, k] = h.scaled_supply, h.supply_index
                self.scaled[DEBT, i, k], self._index[DEBT, i, k] = h.scaled_debt, h.debt_index

    def supply(self, caller: str, i: int, k: int, amount: int, index: int) -> Iterator[Event]:
        """aTokens minted for an amount."""
        scaled = rules.scaled_supply_mint(self.version, amount, index)
        return self._mint((A_TOKEN, i, k), caller, amount, scaled, index)

    def treasury(self, caller: str, i: int, k: int, amount: int, scaled: int, index: int) -> Iterator[Event]:
        """aTokens minted for the treasury."""
        return self._mint((A_TOKEN, i, k), caller, amount, scaled, index)

    def withdraw(self, i: int, target: str, k: int, amount: int, index: int, scaled: int = -1) -> Iterator[Event]:
        """aTokens burned for an amount, or for `scaled` where that is given."""
        if scaled < 0:
            scaled = rules.scaled_supply_burn(self.version, amount, index)
        return self._burn((A_TOKEN, i, k), target, amount, scaled, index)

    def borrow(self, caller: str, i: int, k: int, amount: int, index: int) -> Iterator[Event]:
        """Variable debt minted for an amount."""
        scaled = rules.scaled_debt_mint(self.version, amount, index)
        return self._mint((DEBT, i, k), caller, amount, scaled, index)

    def repay(self, i: int, k: int, amount: int, index: int) -> Iterator[Event]:
        """Variable debt burned for an amount."""
        scaled = rules.scaled_debt_burn(self.version, amount, index)
        return self._burn((DEBT, i, k), "", amount, scaled, index)

    def transfer(
        self, caller: str, i: int, to: int, k: int, amount: int, index: int, scaled: int = -1
    ) -> tuple[list[Event], Event]:
        """aTokens moved for an amount, or `scaled` where that is given: the logs up to `Transfer`, and
        `BalanceTransfer`."""
        giver, taker, emitter = (A_TOKEN, i, k), (A_TOKEN, to, k), f"a{self._names[k]}"
        if scaled < 0:
            scaled = rules.scaled_supply_burn(self.version, amount, index)
        grown = [(key, self._interest(key, index)) for key in ([giver] if i == to else [giver, taker])]
        for key in (giver, taker):
            self._index[key] = index
        self.scaled[giver] -= scaled
        self.scaled[taker] += scaled
        told: list[Event] = []
        for (_, who, _k), interest in grown:
            if interest:
                name = self._people[who]
                told += [(emitter, "Transfer", ("", name, interest)),
                         (emitter, "Mint", (caller, name, interest, interest, index))]
        pair = (self._people[i], self._people[to])
        return [*told, (emitter, "Transfer", (*pair, amount))], (emitter, "BalanceTransfer", (*pair, scaled, index))

    def _balance(self, token: str, scaled: int, index: int) -> int:
        of = rules.supply_balance if token == A_TOKEN else rules.debt_balance
        return int(of(self.version, scaled, index))

    def _interest(self, key: Key, index: int) -> int:
        """Since the index that the token has seen last."""
        scaled = self.scaled[key]
        return self._balance(key[0], scaled, index) - self._balance(key[0], scaled, self._index[key])

    def _mint(self, key: Key, caller: str, amount: int, scaled: int, index: int) -> Iterator[Event]:
        token, i, k = key
        interest, emitter, name = self._interest(key, index), f"{token}{self._names[k]}", self._people[i]
        before = self._balance(token, self.scaled[key], self._index[key])
        self.scaled[key] += scaled
        self._index[key] = index
        more = self._balance(token, self.scaled[key], index) - before if self._directional else amount + interest
        yield emitter, "Transfer", ("", name, more)
        yield emitter, "Mint", (caller, name, more, interest, index)

    def _burn(self, key: Key, target: str, amount: int, scaled: int, index: int) -> Iterator[Event]:
        token, i, k = key
        interest, emitter, name = self._interest(key, index), f"{token}{self._names[k]}", self._people[i]
        before = self._balance(token, self.scaled[key], self._index[key])
        self.scaled[key] -= scaled
        self._index[key] = index
        more = self._balance(token, self.scaled[key], index) - before if self._directional else interest - amount
        if more > 0:
            yield emitter, "Transfer", ("", name, more)
            yield emitter, "Mint", (name, name, more, interest, index)
        else:
            yield emitter, "Transfer", (name, "", -more)
            yield emitter, "Burn", (name, target, -more, interest, index)
