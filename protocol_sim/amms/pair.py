"""A Uniswap V2 pair with its holders: wallets, LP balances and the events that the contract emits.

A thin shell around the rules of `constant_product`: it moves what the rules say, undoes a pool that arithmetic refused
half-way and speaks the contract's error strings. Names of holders are the caller's; "" is the zero address.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from protocol_sim.amms import constant_product as v2
from protocol_sim.errors import Revert
from protocol_sim.numeric.record import assign

R = TypeVar("R")

PAIR = "pair"
NOBODY = ""
REASONS = {
    "addition overflow": "ds-math-add-overflow",
    "subtraction overflow": "ds-math-sub-underflow",
    "multiplication overflow": "ds-math-mul-overflow",
    "division by zero": "",
}
NOT_PAID = "TransferHelper: TRANSFER_FROM_FAILED"  # the router takes the input before it calls the pair
Event = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Outcome:
    """What a call did: `error` None, the amounts and the pair's own events in order; or the revert reason."""

    error: str | None
    amounts: Any = None
    events: tuple[Event, ...] = ()


@dataclass
class Pair:
    """One pool, the LP balances (raw LP units) and the token wallets (raw) of everybody who trades with it."""

    pool: v2.Pool = field(default_factory=v2.Pool)
    fee_to: str = "fee_to"
    lp: dict[str, int] = field(default_factory=dict)
    wallet0: dict[str, int] = field(default_factory=dict)
    wallet1: dict[str, int] = field(default_factory=dict)

    # ---- plain transfers --------------------------------------------------------------------------------------------
    def give(self, who: str, amount0: int, amount1: int) -> None:
        """Fill a wallet, as a test token's mint does."""
        _move(self.wallet0, None, who, amount0)
        _move(self.wallet1, None, who, amount1)

    def deposit(self, who: str, amount0: int, amount1: int) -> None:
        """Transfer tokens to the pair without calling it."""
        _check(self.wallet0, who, amount0)
        _check(self.wallet1, who, amount1)
        v2.deposit(self.pool, amount0, amount1)
        _move(self.wallet0, who, None, amount0)
        _move(self.wallet1, who, None, amount1)

    def transfer_lp(self, who: str, to: str, amount: int) -> None:
        """Transfer LP units; `to` = PAIR puts them up for `burn`."""
        _check(self.lp, who, amount)
        _move(self.lp, who, to, amount)

    # ---- the pair's functions ---------------------------------------------------------------------------------------
    def mint(self, sender: str, to: str, now: int) -> Outcome:
        """LP units for what was deposited, `now` in seconds."""
        error, made = self._call(v2.mint, now)
        if error is not None or made is None:
            return Outcome(error)
        events = self._fee_event(made.fee_liquidity)
        if made.locked:
            events.append(self._lp_event(NOBODY, NOBODY, made.locked))
        events.append(self._lp_event(NOBODY, to, made.liquidity))
        events += [self._sync_event(), ("Mint", {"sender": sender, "amount0": made.amount0, "amount1": made.amount1})]
        return Outcome(None, made, tuple(events))

    def burn(self, sender: str, to: str, now: int) -> Outcome:
        """Pay out the LP units that lie on the pair."""
        liquidity = self.lp.get(PAIR, 0)
        error, made = self._call(v2.burn, liquidity, now)
        if error is not None or made is None:
            return Outcome(error)
        events = self._fee_event(made.fee_liquidity)
        events.append(self._lp_event(PAIR, NOBODY, liquidity))
        self._pay(to, made.amount0, made.amount1)
        args = {"sender": sender, "amount0": made.amount0, "amount1": made.amount1, "to": to}
        return Outcome(None, made, (*events, self._sync_event(), ("Burn", args)))

    def swap(self, sender: str, out0: int, out1: int, to: str, now: int, paid0: int = 0, paid1: int = 0) -> Outcome:
        """Any outputs to `to`; `paid0`, `paid1` come from the sender's wallet within the call."""
        return self._swap(sender, to, paid0, paid1, v2.swap, out0, out1, paid0, paid1, now)

    def skim(self, to: str) -> Outcome:
        """Surplus to `to`."""
        error, extra = self._call(v2.skim)
        if error is not None or extra is None:
            return Outcome(error)
        self._pay(to, extra.amount0, extra.amount1)
        return Outcome(None, extra)

    def sync(self, now: int) -> Outcome:
        """Reserves become holdings."""
        error, _ = self._call(lambda pool, at: (v2.sync(pool, at), None), now)
        return Outcome(error) if error is not None else Outcome(None, None, (self._sync_event(),))

    # ---- the router over this pair ----------------------------------------------------------------------------------
    def swap_in(self, who: str, zero_for_one: int, x: int, minimum_out: int, to: str, now: int) -> Outcome:
        """`swapExactTokensForTokens`; events carry the router as sender."""
        paid = (x, 0) if zero_for_one else (0, x)
        if self._short(who, *paid):
            error, y = self._call(v2.quote_out, zero_for_one, x)
            low = y is not None and y < minimum_out
            return Outcome(error or (v2.ERRORS[v2.ROUTER_INSUFFICIENT_OUTPUT_AMOUNT] if low else NOT_PAID))
        return self._swap(who, to, *paid, v2.swap_in, zero_for_one, x, minimum_out, now)

    def swap_out(self, who: str, zero_for_one: int, y: int, maximum_in: int, to: str, now: int) -> Outcome:
        """`swapTokensForExactTokens`."""
        error, x = self._call(v2.quote_in, zero_for_one, y)
        if error is not None or x is None:
            return Outcome(error)
        paid = (x, 0) if zero_for_one else (0, x)
        if self._short(who, *paid):
            return Outcome(v2.ERRORS[v2.ROUTER_EXCESSIVE_INPUT_AMOUNT] if x > maximum_in else NOT_PAID)
        return self._swap(who, to, *paid, v2.swap_out, zero_for_one, y, maximum_in, now)

    # ---- inside -----------------------------------------------------------------------------------------------------
    def _call(self, rule: Callable[..., tuple[int, R]], *args: int) -> tuple[str | None, R | None]:
        saved = copy.copy(self.pool)
        try:
            code, made = rule(self.pool, *args)
        except Revert as fault:
            assign(self.pool, saved)
            return REASONS[fault.reason], None
        return (None, made) if code == v2.OK else (v2.ERRORS[code], None)

    def _swap(
        self, who: str, to: str, paid0: int, paid1: int, rule: Callable[..., tuple[int, v2.Swap]], *args: int
    ) -> Outcome:
        saved = copy.copy(self.pool)
        error, made = self._call(rule, *args)
        if error is not None or made is None:
            return Outcome(error)
        if self._short(who, paid0, paid1):
            assign(self.pool, saved)
            return Outcome(NOT_PAID)
        _move(self.wallet0, who, None, paid0)
        _move(self.wallet1, who, None, paid1)
        self._pay(to, made.out0, made.out1)
        ins, outs = {"amount0In": made.in0, "amount1In": made.in1}, {"amount0Out": made.out0, "amount1Out": made.out1}
        return Outcome(None, made, (self._sync_event(), ("Swap", {"sender": who, **ins, **outs, "to": to})))

    def _short(self, who: str, paid0: int, paid1: int) -> bool:
        return paid0 > self.wallet0.get(who, 0) or paid1 > self.wallet1.get(who, 0)

    def _pay(self, to: str, amount0: int, amount1: int) -> None:
        _move(self.wallet0, None, to, amount0)
        _move(self.wallet1, None, to, amount1)

    def _fee_event(self, liquidity: int) -> list[Event]:
        return [self._lp_event(NOBODY, self.fee_to, liquidity)] if liquidity else []

    def _lp_event(self, source: str, to: str, amount: int) -> Event:
        _move(self.lp, None if source == NOBODY else source, None if to == NOBODY and source != NOBODY else to, amount)
        return "Transfer", {"from": source, "to": to, "value": amount}

    def _sync_event(self) -> Event:
        return "Sync", {"reserve0": self.pool.reserve0, "reserve1": self.pool.reserve1}


def _check(book: dict[str, int], who: str, amount: int) -> None:
    if amount < 0 or amount > book.get(who, 0):
        raise Revert(f"{who} holds {book.get(who, 0)}, not {amount}")


def _move(book: dict[str, int], source: str | None, to: str | None, amount: int) -> None:
    """None is outside the book: minted or burned, or held by the pair (`Pool.balance0`, `balance1`)."""
    if source is not None:
        book[source] = book.get(source, 0) - amount
    if to is not None:
        book[to] = book.get(to, 0) + amount
