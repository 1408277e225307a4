"""The model of a market on a chain: starts from the views at one block, meets accounts as the logs name them.

An account that no log has named before still has the state of the first block, so it is read at that block.
"""

import copy
import traceback
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from protocol_sim.errors import Revert
from protocol_sim.fork.adapters.aave_v3.stage import Stage
from protocol_sim.fork.client import Client
from protocol_sim.fork.deploy.aave_v3_contracts import LAST
from protocol_sim.fork.replay.feeds import Feeds
from protocol_sim.fork.replay.logs import STRATEGY, Decoder
from protocol_sim.fork.replay.place import Moment, mode_feeds, place_of, rows, view
from protocol_sim.fork.snapshot.records import Snapshot
from protocol_sim.numeric.record import assign
from protocol_sim.protocols.aave_v3 import codes
from protocol_sim.protocols.aave_v3.debt import find_allowance
from protocol_sim.protocols.aave_v3.shell import AaveV3
from protocol_sim.protocols.aave_v3.state import STABLE, Allowance, Category, Market

CHUNK = 500  # accounts read at once


class Answer(NamedTuple):
    """What a rule said: a code of `protocols.aave_v3.codes` and its record."""

    code: int
    result: Any


class Replica(Stage):
    """`people` are addresses (names where a contract of the market holds its own tokens)."""

    people: list[str]

    def __init__(self, client: Client, snapshot: Snapshot) -> None:
        super().__init__(AaveV3(snapshot.market()))
        place = place_of(client, snapshot)
        self.client, self.place, self.block = client, place, snapshot.block.number
        self.feeds = Feeds(client, place, mode_feeds(client, snapshot), self.block)
        self.decoder = Decoder(place, self.feeds)
        self._moment = Moment(client, snapshot.block, place.provider, place.version)
        self.names, self.people = place.names, [self._named(a) for a in snapshot.people.addresses]
        self._index = {who: i for i, who in enumerate(self.people)}
        self.strategies = [STRATEGY if place.version == LAST else t.strategy for t in place.tokens]
        self.changed: set[int] = set()  # accounts written since somebody last cleared it

    def _named(self, address: str) -> str:
        return self.decoder.names.get(address, address)

    # ---- accounts ---------------------------------------------------------------------------------------------------
    def meet(self, people: Iterable[str]) -> None:
        """Read those that are not known yet."""
        new = [who for who in dict.fromkeys(people) if who not in self._index]
        for first in range(0, len(new), CHUNK):
            part = new[first : first + CHUNK]
            found = self._moment.people([self.decoder.addresses.get(who, who) for who in part])
            for who, (account, holdings) in zip(part, rows(found, len(self.names)), strict=True):
                self._index[who] = len(self.market.accounts)
                self.people.append(who)
                self.market.accounts.append(account)
                self.market.holdings.extend(holdings)

    def who(self, name: str) -> int:
        """Index of an account."""
        if name not in self._index:
            self.meet([name])
        return self._index[name]

    def category(self, number: int) -> None:
        """Make room for an eMode."""
        while len(self.market.categories) <= number:
            self.market.categories.append(Category())

    def allowance(self, i: int, to: int, k: int, mode: int) -> None:
        """Make a row for a credit delegation, with what it was at the first block."""
        if i == to or find_allowance(self.market, k, i, to, mode) >= 0:
            return
        pair = [self.decoder.addresses.get(self.people[x], self.people[x]) for x in (i, to)]
        t = self.place.tokens[k]
        token = t.stable if mode == STABLE else t.variable
        amount = int(view(self.client, self.block, token, "borrowAllowance", *pair) or 0)
        self.market.allowances.append(Allowance(mode=mode, reserve=k, delegator=i, delegatee=to, amount=amount))

    # ---- rules ------------------------------------------------------------------------------------------------------
    def attempt(self, rule: Callable[..., Any], a: dict[str, Any], accounts: Sequence[int]) -> tuple[Answer, "Undo"]:
        """Run a rule; a refusal or an arithmetic fault undoes itself, a success can be undone."""
        undo = Undo(self.market, (*accounts, self.treasury))
        try:
            answer = rule(self.market, **a)
            code, result = answer if isinstance(answer, tuple) else (answer, None)
        except Revert as fault:
            names = [frame.name for frame in traceback.extract_tb(fault.__traceback__)]
            code, result = codes.code_of_revert(fault.reason, names), None
        if code != codes.OK:
            undo()
        else:
            self.changed.update(accounts)
        return Answer(code, result), undo


class Undo:
    """Puts every row back that an operation on these accounts may have written."""

    def __init__(self, m: Market, accounts: Sequence[int]) -> None:
        width = len(m.reserves)
        rows: list[Any] = [*m.reserves, *m.settings, *m.allowances, *m.categories]
        for i in dict.fromkeys(accounts):
            rows += [m.accounts[i], *m.holdings[i * width : (i + 1) * width]]
        self._rows, self._kept = rows, [copy.copy(row) for row in rows]

    def __call__(self) -> None:
        for row, kept in zip(self._rows, self._kept, strict=True):
            assign(row, kept)
