"""What an event that ends an operation stands for: the rule, its arguments, and the logs that it must have left.

Arguments come from the events alone. Where those allow two readings (a liquidation of exactly what was repaid, or of
whatever there was) both are tried: the rule decides, since its whole set of logs must match.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from protocol_sim.errors import Revert
from protocol_sim.fork.adapters.aave_v3 import events
from protocol_sim.fork.adapters.aave_v3.ledger import Ledger
from protocol_sim.fork.artifacts import Event
from protocol_sim.fork.replay.logs import Log
from protocol_sim.fork.replay.replica import Replica
from protocol_sim.numeric import MAX_UINT256
from protocol_sim.protocols.aave_v3 import flash_loan
from protocol_sim.protocols.aave_v3.operations import OPERATIONS
from protocol_sim.protocols.aave_v3.state import STABLE, VARIABLE

Told = Callable[[Any], Iterable[Event]]


class Try(NamedTuple):
    """One reading of an operation. `told` says the logs from the rule's record, once it has run."""

    kind: str  # a name of `protocols.aave_v3.operations`
    rule: Callable[..., Any]
    arguments: dict[str, Any]
    accounts: tuple[int, ...]
    told: Told


ENDS = ("Supply", "Withdraw", "Borrow", "Repay", "LiquidationCall", "FlashLoan", "MintedToTreasury", "DeficitCovered",
        "UserEModeSet", "SwapBorrowRateMode", "RebalanceStableBorrowRate")
"""Events of the pool that end an operation."""
FLAGS = ("ReserveUsedAsCollateralEnabled", "ReserveUsedAsCollateralDisabled")


class Operations:
    """Readings of the users' operations on a replica."""

    def __init__(self, model: Replica) -> None:
        self._m = model
        self._k = {name: k for k, name in enumerate(model.names)}
        self._readings: dict[str, Callable[[Log, Sequence[Log]], Iterator[Try]]] = {
            "Supply": self._supply, "Withdraw": self._withdraw, "Borrow": self._borrow, "Repay": self._repay,
            "LiquidationCall": self._liquidation, "FlashLoan": self._flash, "MintedToTreasury": self._minted,
            "DeficitCovered": self._covered, "UserEModeSet": self._mode, "SwapBorrowRateMode": self._swap,
            "RebalanceStableBorrowRate": self._rebalance, "BalanceTransfer": self._transfer,
            "BorrowAllowanceDelegated": self._delegate, FLAGS[0]: self._flag, FLAGS[1]: self._flag,
        }

    def reads(self, name: str) -> bool:
        """Whether an event of that name is of a user's operation."""
        return name in self._readings

    def readings(self, segment: Sequence[Log]) -> Iterator[Try]:
        """Of the operation that the last log of the segment ends; each is made when the one before has been undone."""
        log = segment[-1]
        return self._readings[log.name](log, segment)

    def _try(self, kind: str, arguments: dict[str, Any], accounts: Iterable[int], told: Callable[[Ledger, Any],
             Iterable[Event]]) -> Try:
        on = tuple(dict.fromkeys(i for i in accounts if i >= 0))
        ledger = Ledger(self._m, (*on, self._m.treasury))
        return Try(kind, OPERATIONS[kind].rule, arguments, on, lambda r: told(ledger, r))

    # ---- suppliers --------------------------------------------------------------------------------------------------
    def _supply(self, log: Log, _: Sequence[Log]) -> Iterator[Try]:
        k, i, behalf, amount = self._k[log.args[0]], self._m.who(log.args[1]), self._m.who(log.args[2]), log.args[3]
        a = {"k": k, "i": i, "on_behalf": behalf, "referral": log.args[4]}
        yield self._try("supply", {"caller": i, "i": behalf, "k": k, "amount": amount, "wallet": MAX_UINT256,
                                   "now": log.at}, (i, behalf), lambda ledger, r: events.supply(ledger, self._m, a, r))

    def _withdraw(self, log: Log, _: Sequence[Log]) -> Iterator[Try]:
        k, i, to = self._k[log.args[0]], self._m.who(log.args[1]), self._m.who(log.args[2])
        a = {"k": k, "i": i, "to": to}
        yield self._try("withdraw", {"i": i, "k": k, "amount": log.args[3], "now": log.at}, (i,),
                        lambda ledger, r: events.withdraw(ledger, self._m, a, r))

    def _flag(self, log: Log, _: Sequence[Log]) -> Iterator[Try]:
        k, i, use = self._k[log.args[0]], self._m.who(log.args[1]), int(log.name == FLAGS[0])
        yield self._try("set_collateral", {"i": i, "k": k, "use": use, "now": log.at}, (i,), lambda _, r:
                        (events.collateral_use(self._m, k, i, use),) if r.changed else ())

    def _mode(self, log: Log, _: Sequence[Log]) -> Iterator[Try]:
        i, category = self._m.who(log.args[0]), log.args[1]
        yield self._try("set_emode", {"i": i, "category": category, "now": log.at}, (i,), lambda _, r:
                        ((log.emitter, log.name, (self._m.people[i], category)),) if r.changed else ())

    def _transfer(self, log: Log, segment: Sequence[Log]) -> Iterator[Try]:
        """The amount is in the token's last `Transfer`; who called is in the interest's `Mint`, if there is one."""
        sent = [x for x in segment if x.name == "Transfer" and x.args[:2] == log.args[:2]]
        if not sent:
            return
        k, i, to = self._k[log.emitter[1:]], self._m.who(log.args[0]), self._m.who(log.args[1])
        callers = [x.args[0] for x in segment if x.name == "Mint"]
        a = {"k": k, "i": i, "to": to, **({"caller": callers[0]} if callers else {})}
        yield self._try("transfer_atoken", {"i": i, "to": to, "k": k, "amount": sent[-1].args[2], "now": log.at},
                        (i, to), lambda ledger, r: events.transfer(ledger, self._m, a, r))

    # ---- borrowers --------------------------------------------------------------------------------------------------
    def _borrow(self, log: Log, _: Sequence[Log]) -> Iterator[Try]:
        a = self._debt(log)
        yield self._try("borrow", {"caller": a["i"], "i": a["on_behalf"], "k": a["k"], "amount": log.args[3],
                                   "mode": a["mode"], "now": log.at}, (a["i"], a["on_behalf"]),
                        lambda ledger, r: events.borrow(ledger, self._m, a, r))

    def _debt(self, log: Log) -> dict[str, Any]:
        """Arguments that a `Borrow` tells."""
        a = {"k": self._k[log.args[0]], "i": self._m.who(log.args[1]), "on_behalf": self._m.who(log.args[2]),
             "mode": log.args[4], "referral": log.args[6]}
        self._m.allowance(a["on_behalf"], a["i"], a["k"], a["mode"])
        return a

    def _repay(self, log: Log, segment: Sequence[Log]) -> Iterator[Try]:
        k, behalf, i, amount, with_a_tokens = self._k[log.args[0]], self._m.who(log.args[1]), self._m.who(
            log.args[2]), log.args[3], log.args[4]
        mode = STABLE if any(x.emitter.startswith("stable ") for x in segment) else VARIABLE
        a = {"k": k, "i": i, "on_behalf": behalf, "mode": mode}
        if with_a_tokens:
            name, arguments = "repay_with_atokens", {"i": i, "k": k, "amount": amount, "mode": mode, "now": log.at}
        else:
            name, arguments = "repay", {"payer": i, "i": behalf, "k": k, "amount": amount, "mode": mode,
                                        "wallet": MAX_UINT256, "now": log.at}
        yield self._try(name, arguments, (i, behalf),
                        lambda ledger, r: events.repay(ledger, self._m, a, r, with_a_tokens))

    def _swap(self, log: Log, _: Sequence[Log]) -> Iterator[Try]:
        a = {"k": self._k[log.args[0]], "i": self._m.who(log.args[1]), "mode": log.args[2]}
        yield self._try("swap_rate_mode", {**a, "now": log.at}, (a["i"],),
                        lambda ledger, r: events.swap_mode(ledger, self._m, a, r))

    def _rebalance(self, log: Log, _: Sequence[Log]) -> Iterator[Try]:
        k, user = self._k[log.args[0]], self._m.who(log.args[1])
        yield self._try("rebalance_stable_rate", {"i": user, "k": k, "now": log.at}, (user,),
                        lambda _, r: events.rebalance(self._m, {"k": k, "user": user}, r))

    def _delegate(self, log: Log, _: Sequence[Log]) -> Iterator[Try]:
        kind, name = log.emitter.split(" ", 1)
        i, to, k = self._m.who(log.args[0]), self._m.who(log.args[1]), self._k[name]
        mode = STABLE if kind == "stable" else VARIABLE
        self._m.allowance(i, to, k, mode)
        told = (log.emitter, log.name, (self._m.people[i], self._m.people[to], name, log.args[3]))
        yield self._try("approve_delegation", {"i": i, "to": to, "k": k, "mode": mode, "amount": log.args[3]}, (i, to),
                        lambda _, __: (told,))

    # ---- liquidators ------------------------------------------------------------------------------------------------
    def _liquidation(self, log: Log, _: Sequence[Log]) -> Iterator[Try]:
        m, args = self._m, log.args
        kc, kd, user, i = self._k[args[0]], self._k[args[1]], m.who(args[2]), m.who(args[5])
        a = {"kc": kc, "kd": kd, "user": user, "i": i, "receive_a_token": args[6]}
        for amount in (args[3], MAX_UINT256):
            arguments = {"liquidator": i, "i": user, "kc": kc, "kd": kd, "amount": amount,
                         "receive_atoken": int(args[6]), "wallet": MAX_UINT256, "now": log.at}
            before, fee = m.market.accounts[user].borrowing, self._takes_fee(arguments)
            yield self._try("liquidation_call", arguments, (i, user), self._liquidated(a, before, fee))

    def _liquidated(self, a: dict[str, Any], before: int, fee: bool) -> Callable[[Ledger, Any], Iterable[Event]]:
        return lambda ledger, r: events.liquidation(ledger, self._m, a, r, before, fee)

    def _takes_fee(self, arguments: dict[str, Any]) -> bool:
        """Whether a fee is due, though nothing may be left to pay it: the transfer is logged all the same."""
        from protocol_sim.protocols.aave_v3.liquidation import liquidation_plan

        with suppress(Revert):
            return bool(liquidation_plan(self._m.market, **arguments)[1].fee)
        return False

    def _covered(self, log: Log, _: Sequence[Log]) -> Iterator[Try]:
        k, i = self._k[log.args[0]], self._m.who(log.args[1])
        yield self._try("eliminate_deficit", {"i": i, "k": k, "amount": log.args[2], "now": log.at}, (i,),
                        lambda ledger, r: events.covered(ledger, self._m, {"k": k, "i": i}, r))

    def _minted(self, log: Log, _: Sequence[Log]) -> Iterator[Try]:
        k = self._k[log.args[0]]
        yield self._try("mint_to_treasury", {"k": k, "now": log.at}, (),
                        lambda ledger, r: events.minted(ledger, self._m, {"k": k}, r))

    # ---- flash loans ------------------------------------------------------------------------------------------------
    def _flash(self, log: Log, segment: Sequence[Log]) -> Iterator[Try]:
        """The loan was taken where its underlying left (`take`); here it is paid back, or becomes debt."""
        m, (receiver, caller, asset, amount, mode, premium, referral) = self._m, log.args
        k, i = self._k[asset], m.who(caller)
        a = {"k": k, "i": i, "on_behalf": i, "mode": mode, "referral": referral, "receiver": receiver}
        rule: Callable[..., Any]
        if mode:
            borrowed = next((x for x in reversed(segment[:-1]) if x.name == "Borrow"), None)
            if borrowed is None:
                return
            a = {**self._debt(borrowed), "receiver": receiver}
            rule, arguments = flash_loan.flash_debt, {"caller": i, "i": a["on_behalf"], "k": k, "amount": amount,
                                                      "mode": mode, "now": log.at}
        else:
            s = m.market.settings[0]
            due = flash_loan.premium_of(s.version, amount, s.flash_premium)
            # only somebody with the role pays nothing, and only for flashLoan, not for flashLoanSimple
            free = m.market.accounts[i].flash_borrower and premium == 0
            rule, arguments = flash_loan.flash_settle, {"k": k, "amount": amount, "premium": 0 if free else due,
                                                        "wallet": MAX_UINT256, "now": log.at}
        made = self._try("flash_loan_simple", arguments, (i, a["on_behalf"]),
                         lambda ledger, r: events.lent(ledger, m, a, r))
        yield made._replace(kind="flash_loan", rule=rule)
