"""`AaveV2`: a market with its users' wallets, for notebooks, audits and tests. One call is one transaction.

A call runs the rule, undoes whatever a refusal or an arithmetic fault left behind, moves the wallets and speaks the
contract's error strings. Without wallets the payer's balance is the argument `wallet`.

    pool = AaveV2(new_market([usdc, weth], accounts=3), wallets=[[10**12, 10**21]] * 3)
    pool.call("supply", i=0, k=0, amount=10**9, now=1_700_000_000)
"""

import copy
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from protocol_sim.errors import BadInput, Revert
from protocol_sim.numeric.record import assign
from protocol_sim.protocols.aave_v2 import REFUSED, borrow, configuration, flash_loan, liquidation, rate_mode, supply
from protocol_sim.protocols.aave_v2.account import account_data
from protocol_sim.protocols.aave_v2.codes import (
    CODES,
    LP_INVALID_FLASH_LOAN_EXECUTOR_RETURN,
    LP_IS_PAUSED,
    LP_LIQUIDATION_CALL_FAILED,
    OK,
    code_of_revert,
)
from protocol_sim.protocols.aave_v2.results import AccountData, FlashLoaned
from protocol_sim.protocols.aave_v2.state import Market

Arguments = dict[str, Any]
Move = tuple[int, int, int]  # account, reserve, raw amount gained


@dataclass(frozen=True)
class Outcome:
    """What a call did: `code` 0 and `result` with the amounts, or a code with its revert string and name."""

    code: int
    result: Any = None

    @property
    def error(self) -> str | None:
        """The contract's revert string."""
        return None if self.code == OK else CODES[self.code][0]

    @property
    def name(self) -> str | None:
        """The error's name in `Errors.sol`."""
        return None if self.code == OK else CODES[self.code][1]


@dataclass(frozen=True)
class _Operation:
    """A rule, who pays it from which wallet, whose names are for the wallets only, and what moves afterwards."""

    rule: Callable[..., Any]
    payer: tuple[str, str] | None = None  # arguments that name account and reserve
    outside: str = ""  # an argument of the shell, by default i
    moves: Callable[[Arguments, Any], list[Move]] = lambda _a, _r: []


def _liquidated(a: Arguments, r: Any) -> list[Move]:
    seized = [] if a["receive_atoken"] else [(a["liquidator"], a["kc"], r.seized)]
    return [*seized, (a["liquidator"], a["kd"], -r.repaid)]


_OPERATIONS: dict[str, _Operation] = {
    "supply": _Operation(supply.supply, ("payer", "k"), "payer", lambda a, r: [(a["payer"], a["k"], -r.amount)]),
    "withdraw": _Operation(supply.withdraw, None, "to", lambda a, r: [(a["to"], a["k"], r.amount)]),
    "set_collateral": _Operation(supply.set_collateral),
    "transfer_atoken": _Operation(supply.transfer_atoken),
    "borrow": _Operation(borrow.borrow, moves=lambda a, r: [(a["caller"], a["k"], r.amount)]),
    "repay": _Operation(borrow.repay, ("payer", "k"), moves=lambda a, r: [(a["payer"], a["k"], -r.amount)]),
    "approve_delegation": _Operation(borrow.approve_delegation),
    "swap_rate_mode": _Operation(rate_mode.swap_rate_mode),
    "rebalance_stable_rate": _Operation(rate_mode.rebalance_stable_rate),
    "liquidation_call": _Operation(liquidation.liquidation_call, ("liquidator", "kd"), moves=_liquidated),
} | {
    name: _Operation(getattr(configuration, name))
    for name in (
        "configure_collateral",
        "set_reserve_factor",
        "set_active",
        "set_frozen",
        "enable_borrowing",
        "disable_borrowing",
        "set_stable_borrowing",
        "set_rate_strategy",
        "set_paused",
        "set_market_rate",
        "set_price",
    )
}
OPERATIONS = (*_OPERATIONS, "flash_loans")
_ACCOUNTS = ("i", "caller", "to", "payer", "liquidator")


class AaveV2:
    """A market and, if given, wallets: `wallets[account][reserve]` raw underlying."""

    def __init__(self, market: Market, wallets: Sequence[Sequence[int]] | None = None) -> None:
        self.market = market
        self.wallets = None if wallets is None else [list(w) for w in wallets]
        while self.wallets is not None and len(self.wallets) < len(market.accounts):
            self.wallets.append([0] * len(market.reserves))

    def account_data(self, i: int, now: int) -> AccountData:
        """`getUserAccountData` of account i."""
        return account_data(self.market, i, now)

    def call(self, operation: str, **a: Any) -> Outcome:
        """One transaction; arguments are those of the rule, without `market` and, where wallets are kept, `wallet`."""
        if operation in REFUSED:
            raise BadInput("aave_v2", "operation", f"one that is modelled ({REFUSED[operation]})", operation)
        if operation not in _OPERATIONS:
            raise BadInput("aave_v2", "operation", ", ".join(OPERATIONS), operation)
        op = _OPERATIONS[operation]
        if op.outside:
            a.setdefault(op.outside, a["i"])
        if op.payer and self.wallets is not None:
            a["wallet"] = self.wallets[a[op.payer[0]]][a[op.payer[1]]]
        given = {name: value for name, value in a.items() if name != op.outside}
        outcome = self._atomic(lambda: op.rule(self.market, **given), self._rows(a), operation == "liquidation_call")
        if outcome.code == OK:
            self._pay(op.moves(a, outcome.result))
        return outcome

    def flash_loans(
        self,
        *,
        caller: int,
        i: int,
        loans: Sequence[tuple[int, int, int]],
        receiver: Callable[[], bool] = lambda: True,
        holds: Callable[[int], int],
        now: int,
    ) -> Outcome:
        """`flashLoan` of several (asset, raw amount, mode): all are taken, `receiver` acts on this market, then each is
        settled in order against `holds(asset)`, the receiver's raw balance by then. The result is a list of records.
        A refusal undoes the market, `receiver`'s part included; wallets are the receiver's own affair."""
        if self.market.settings[0].paused:
            return Outcome(LP_IS_PAUSED)
        rows: list[Any] = [row for table in self.market for row in table]
        return self._atomic(lambda: self._lend(caller, i, loans, receiver, holds, now), rows)

    def _lend(
        self,
        caller: int,
        i: int,
        loans: Sequence[tuple[int, int, int]],
        receiver: Callable[[], bool],
        holds: Callable[[int], int],
        now: int,
    ) -> tuple[int, list[FlashLoaned]]:
        for k, amount, _ in loans:
            code = flash_loan.flash_take(self.market, k, amount)
            if code != OK:
                return code, []
        if not receiver():
            return LP_INVALID_FLASH_LOAN_EXECUTOR_RETURN, []
        lent: list[FlashLoaned] = []
        spent = dict.fromkeys((k for k, _, _ in loans), 0)
        for k, amount, mode in loans:
            code, one = flash_loan.flash_settle(self.market, caller, i, k, amount, mode, holds(k) - spent[k], now)
            if code != OK:
                return code, []
            spent[k] += one.paid
            lent.append(one)
        return OK, lent

    def _atomic(self, run: Callable[[], Any], rows: list[Any], delegated: bool = False) -> Outcome:
        saved = [copy.copy(row) for row in rows]
        try:
            answer = run()
            outcome = Outcome(*answer) if isinstance(answer, tuple) else Outcome(answer)
        except Revert as fault:
            names = [frame.name for frame in traceback.extract_tb(fault.__traceback__)]
            outcome = Outcome(LP_LIQUIDATION_CALL_FAILED if delegated else code_of_revert(fault.reason, names))
        if outcome.code != OK:
            for row, kept in zip(rows, saved, strict=True):
                assign(row, kept)
            return Outcome(outcome.code)
        return outcome

    def _rows(self, a: Arguments) -> list[Any]:
        """Every row that an operation with these arguments may write."""
        m = self.market
        named = {a[name] for name in _ACCOUNTS if name in a} | {m.settings[0].treasury}
        width = len(m.reserves)
        holdings = [m.holdings[i * width + k] for i in named for k in range(width)]
        return [*m.reserves, *(m.accounts[i] for i in named), *holdings, *m.allowances, *m.settings]

    def _pay(self, moves: list[Move]) -> None:
        if self.wallets is not None:
            for who, k, gained in moves:
                self.wallets[who][k] += gained
