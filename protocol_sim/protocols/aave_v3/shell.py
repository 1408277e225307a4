"""`AaveV3`: a market with its users' wallets, for notebooks, audits and tests. One call is one transaction.

A call runs the rule, undoes whatever a refusal or an arithmetic fault left behind, moves the wallets and speaks the
contract's errors. Without wallets the payer's balance is the argument `wallet`.

    pool = AaveV3(new_market("3.6", [usdc, weth], accounts=3), wallets=[[10**12, 10**21]] * 3)
    pool.call("supply", i=0, k=0, amount=10**9, now=1_700_000_000)
"""

import copy
import inspect
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from protocol_sim.errors import BadInput, Revert
from protocol_sim.numeric.record import assign
from protocol_sim.protocols.aave_v3 import codes, flash_loan
from protocol_sim.protocols.aave_v3.account import account_data
from protocol_sim.protocols.aave_v3.operations import ACCOUNTS, OPERATIONS, REFUSED, Operation
from protocol_sim.protocols.aave_v3.results import AccountData, FlashLoaned
from protocol_sim.protocols.aave_v3.state import Market
from protocol_sim.protocols.aave_v3.versions import name_of

Loan = tuple[int, int, int]  # asset, raw amount, mode


@dataclass(frozen=True)
class Outcome:
    """What a call did: `code` 0 and `result` with the amounts, or a code with the contract's error and its name."""

    code: int
    version: int
    result: Any = None

    @property
    def error(self) -> str | None:
        """What the chain shows: a string code up to 3.3, a custom error's name later, a token's text, a Panic."""
        return None if self.code == codes.OK else codes.text(self.code, self.version)

    @property
    def name(self) -> str | None:
        """The error's name in `Errors.sol` of 3.0.2."""
        return None if self.code == codes.OK else codes.NAMES[self.code]


class AaveV3:
    """A market and, if given, wallets: `wallets[account][reserve]` raw underlying."""

    def __init__(self, market: Market, wallets: Sequence[Sequence[int]] | None = None) -> None:
        self.market = market
        self.version = market.settings[0].version
        self.wallets = None if wallets is None else [list(w) for w in wallets]
        while self.wallets is not None and len(self.wallets) < len(market.accounts):
            self.wallets.append([0] * len(market.reserves))

    def account_data(self, i: int, now: int) -> AccountData:
        """`getUserAccountData` of account i."""
        return account_data(self.market, i, now)

    def call(self, operation: str, **a: Any) -> Outcome:
        """One transaction; arguments are those of the rule, without `market` and, where wallets are kept, `wallet`.
        Who calls is the account itself where `caller` or `payer` is not given."""
        if operation in REFUSED:
            raise BadInput("aave_v3", "operation", f"one that is modelled ({REFUSED[operation]})", operation)
        if operation not in OPERATIONS:
            raise BadInput("aave_v3", "operation", ", ".join(OPERATIONS), operation)
        op = OPERATIONS[operation]
        if self.version not in op.versions:
            raise BadInput("aave_v3", f"operation in {name_of(self.version)}", "one of that version", operation)
        names = inspect.signature(op.rule).parameters
        for who in ("caller", "payer"):
            if who in names:
                a.setdefault(who, a["i"])
        if "wallet" in names and self.wallets is not None:
            a["wallet"] = self._wallet(op, a)
        to = a.pop("to") if "to" in a and "to" not in names else None
        outcome = self._atomic(lambda: op.rule(self.market, **a), self._rows(a))
        if outcome.code == codes.OK and self.wallets is not None:
            for account, k, gained in op.moves(a if to is None else {**a, "to": to}, outcome.result):
                self.wallets[account][k] += gained
        return outcome

    def flash_loan(
        self,
        *,
        caller: int,
        i: int,
        loans: Sequence[Loan],
        receiver: Callable[[], bool] = lambda: True,
        holds: Callable[[int], int],
        now: int,
    ) -> Outcome:
        """`flashLoan` of several assets: all are taken, `receiver` acts on this market, then each is settled in order,
        mode 0 against `holds(asset)`, the receiver's raw balance by then, modes 1 and 2 as debt of account i. The
        result
        is a list of records. A refusal undoes the market, `receiver`'s part included; wallets are the receiver's
        affair."""
        everything = [row for table in self.market for row in table]
        return self._atomic(lambda: self._lend(caller, i, loans, receiver, holds, now), everything)

    def _lend(
        self,
        caller: int,
        i: int,
        loans: Sequence[Loan],
        receiver: Callable[[], bool],
        holds: Callable[[int], int],
        now: int,
    ) -> tuple[int, list[FlashLoaned]]:
        s = self.market.settings[0]
        bps = 0 if self.market.accounts[caller].flash_borrower else s.flash_premium
        code = flash_loan.flash_loans_code(self.market, [(k, amount) for k, amount, _ in loans], now)
        for k, amount, mode in loans:
            if code == codes.OK:
                code = codes.PANIC_ENUM if mode > 2 else flash_loan.flash_take(self.market, k, amount)
        if code == codes.OK and not receiver():
            code = codes.INVALID_FLASHLOAN_EXECUTOR_RETURN
        lent: list[FlashLoaned] = []
        spent = dict.fromkeys((k for k, _, _ in loans), 0)
        for k, amount, mode in loans if code == codes.OK else ():
            if mode == 0:
                premium = flash_loan.premium_of(s.version, amount, bps)
                code, one = flash_loan.flash_settle(self.market, k, amount, premium, holds(k) - spent[k], now)
            else:
                code, one = flash_loan.flash_debt(self.market, caller, i, k, amount, mode, now)
            if code != codes.OK:
                return code, []
            spent[k] += one.paid
            lent.append(one)
        return code, lent

    def _wallet(self, op: Operation, a: dict[str, Any]) -> int:
        assert self.wallets is not None
        who, k = a.get(op.payer, -1), a[op.paid]
        return self.wallets[who][k] if who >= 0 else int(a["wallet"])

    def _rows(self, a: dict[str, Any]) -> list[Any]:
        """Every row that an operation with these arguments may write."""
        m, width = self.market, len(self.market.reserves)
        named = {a[name] for name in ACCOUNTS if name in a and a[name] >= 0} | {m.settings[0].treasury}
        holdings = [m.holdings[who * width + k] for who in named for k in range(width)]
        accounts = [m.accounts[who] for who in named]
        return [*m.reserves, *accounts, *holdings, *m.categories, *m.allowances, *m.settings]

    def _atomic(self, run: Callable[[], Any], rows: list[Any]) -> Outcome:
        saved = [copy.copy(row) for row in rows]
        try:
            answer = run()
            code, result = answer if isinstance(answer, tuple) else (answer, None)
        except Revert as fault:
            names = [frame.name for frame in traceback.extract_tb(fault.__traceback__)]
            code, result = codes.code_of_revert(fault.reason, names), None
        if code != codes.OK:
            for row, kept in zip(rows, saved, strict=True):
                assign(row, kept)
            return Outcome(code, self.version)
        return Outcome(code, self.version, result)
