"""Plays transactions on the replica: splits their logs into operations, runs each, compares every log it must leave."""

from collections.abc import Callable, Sequence
from typing import Any

from protocol_sim.fork.artifacts import Event
from protocol_sim.fork.replay import parse
from protocol_sim.fork.replay.governance import Governance
from protocol_sim.fork.replay.logs import Log, Take, Transaction
from protocol_sim.fork.replay.operations import Operations, Try
from protocol_sim.fork.replay.parity import Difference, Parity
from protocol_sim.fork.replay.replica import Replica
from protocol_sim.protocols.aave_v3 import codes
from protocol_sim.protocols.aave_v3.flash_loan import flash_take

Hook = Callable[[Sequence[Log]], None]  # the logs of an operation


class Player:
    """`before` and `after` see every operation's logs, just before it is played and when it has been."""

    def __init__(self, model: Replica, governance: Governance, before: Hook, after: Hook) -> None:
        self.model, self.parity = model, Parity()
        self._users, self._governance = Operations(model), governance
        self._before, self._after = before, after

    def play(self, t: Transaction) -> None:
        """One transaction."""
        self.parity.logs += len(t.logs)
        known = [log for log in t.logs if log.name]
        for log in t.logs:
            if not log.name:
                self.parity.leave(log, "the ABI has no such event")
        liquidity = [r.available_liquidity for r in self.model.market.reserves]
        different = self.parity.different.total()
        loans = parse.takes(self.model, known, t.moves)
        start = i = 0
        while i < len(known):
            self._take(loans, known[i].place)
            if not parse.ends(self.model, self._governance.reads, known, start, i):
                i += 1
                continue
            start = i = self._operation(known, start, i)
        self._take(loans, 1 << 62)
        for log in known[start:]:
            self.parity.leave(log, "no operation of the model leaves it")
        if different == self.parity.different.total():
            self._check_liquidity(t, liquidity)

    def _take(self, loans: list[Take], index: int) -> None:
        while loans and loans[0].place < index:
            loan = loans.pop(0)
            flash_take(self.model.market, loan.k, loan.amount)

    def _operation(self, logs: Sequence[Log], start: int, i: int) -> int:
        """Play what log i ends; where the next one starts."""
        segment = logs[start : i + 1]
        self._before(segment)
        first: tuple[str, Sequence[Event], tuple[Any, ...]] | None = None
        source = self._users if self._users.reads(segment[-1].name) and segment[-1].emitter != "acl" else None
        for reading in source.readings(segment) if source else self._governance.readings(segment):
            answer, undo = self.model.attempt(reading.rule, reading.arguments, reading.accounts)
            told, refused = self._told(reading, answer)
            fields = refused or _compare(told, logs, start, i)
            if not fields:
                return self._agreed(reading, told, logs, start, i)
            if first is None or first[2][0][0] == "refused":
                first = reading.kind, told, fields
                kept = reading
            undo()
        if first is None:
            for log in segment:
                self.parity.leave(log, "nothing that the model knows leaves it")
            return i + 1
        self._settle(kept)
        self.parity.differ(Difference(segment[-1].block, segment[-1].tx, segment[-1].place, first[0], first[2]),
                           len(segment))
        self._after(segment)
        return i + 1

    def _told(self, reading: Try, answer: Any) -> tuple[tuple[Event, ...], tuple[Any, ...]]:
        if answer.code != codes.OK:
            said = codes.text(answer.code, self.model.version) or codes.NAMES.get(answer.code, "")
            return (), (("refused", said, "accepted"),)
        return tuple(reading.told(answer.result)), ()

    def _agreed(self, reading: Try, told: Sequence[Event], logs: Sequence[Log], start: int, i: int) -> int:
        after = _trailing(told, logs[i])
        lead = len(told) - after
        for log in logs[start : i + 1 - lead]:
            self.parity.leave(log, f"stands before {reading.kind}, which does not leave it")
        self.parity.agree(reading.kind, len(told))
        self._after(logs[i + 1 - lead : i + 1 + after])
        return i + 1 + after

    def _settle(self, reading: Try) -> None:
        """Go on with what the model makes of it."""
        self.model.attempt(reading.rule, reading.arguments, reading.accounts)

    def _check_liquidity(self, t: Transaction, before: Sequence[int]) -> None:
        """What aTokens gave and took of their underlying must be what the operations moved."""
        for k, r in enumerate(self.model.market.reserves):
            moved = sum(m.amount for m in t.moves if m.k == k)
            if moved != r.available_liquidity - before[k]:
                name = self.model.names[k]
                last = max((m.place for m in t.moves if m.k == k), default=0)
                gap = moved - r.available_liquidity + before[k]
                log = Log(t.block, t.at, t.tx, last, f"a{name}", "underlying moved", (gap,))
                self.parity.leave(log, "no operation of the model moves it")


def _trailing(told: Sequence[Event], end: Log) -> int:
    """How many of an operation's logs come after the one that ends it."""
    for n in range(len(told) - 1, -1, -1):
        if told[n][:2] == (end.emitter, end.name):
            return len(told) - 1 - n
    return 0


def _compare(told: Sequence[Event], logs: Sequence[Log], start: int, i: int) -> tuple[Any, ...]:
    """What differs between the logs that the model tells and the chain's; both end in log i."""
    after = _trailing(told, logs[i])
    lead = len(told) - after
    found = [log.event for log in logs[max(start, i + 1 - lead) : i + 1 + after]]
    if list(told) == found:
        return ()
    fields: list[tuple[str, Any, Any]] = []
    if lead > i + 1 - start or len(found) != len(told):
        fields.append(("logs", tuple(f"{e} {n}" for e, n, _ in told), tuple(f"{e} {n}" for e, n, _ in found)))
        return tuple(fields)
    for (emitter, name, ours), (their_emitter, their_name, theirs) in zip(told, found, strict=True):
        if (emitter, name) != (their_emitter, their_name):
            fields.append(("log", f"{emitter} {name}", f"{their_emitter} {their_name}"))
        elif ours != theirs:
            fields += [(f"{emitter} {name} {n}", a, b) for n, (a, b) in enumerate(zip(ours, theirs, strict=False))
                       if a != b]
    return tuple(fields)


