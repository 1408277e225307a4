"""One function an operation: call the model's shell, say which logs the chain must show, which paths it took."""

import copy
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from protocol_sim.errors import Revert
from protocol_sim.fork.adapters.aave_v3 import configuration, events
from protocol_sim.fork.adapters.aave_v3.ledger import Ledger
from protocol_sim.fork.adapters.aave_v3.model import Model
from protocol_sim.fork.adapters.aave_v3.people import ACCOUNTS, ADMIN, MAX, NAMES
from protocol_sim.fork.artifacts import Event
from protocol_sim.fork.rig import Outcome
from protocol_sim.numeric import WAD
from protocol_sim.protocols.aave_v3 import codes, shell
from protocol_sim.protocols.aave_v3.flash_loan import premium_of
from protocol_sim.protocols.aave_v3.liquidation import liquidation_plan

Arguments = dict[str, Any]
Played = tuple[shell.Outcome, Iterable[Event], tuple[str, ...]]  # what the model says, logs, paths

EXACTLY, JUST_UNDER = "health factor of exactly 1: refused", "health factor a millionth under 1 or less: liquidated"

BRANCHES = (
    "liquidations", "liquidations with bad debt", "liquidations in an eMode", "same-asset liquidations",
    "liquidations for aTokens", "liquidations capped by the collateral", "liquidations of half the debt",
    "bad debt in several reserves", "isolated debt liquidated", "liquidator's collateral switched on",
    "stable debt liquidated", "liquidation fee from the last aTokens",
    EXACTLY, JUST_UNDER,
    "borrowed in an eMode", "borrowed in isolation", "credit delegation used", "withdrawal of everything",
    "flash loan of several assets", "flash loan into debt", "treasury minted", "deficit covered", "same block time",
)
NO_ALLOWANCE = "ERC20: transfer amount exceeds allowance"


class Player:
    """Plays operations on a model."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.plays: dict[str, Callable[[Arguments, int], Played]] = {
            "supply": self._supply, "deposit": self._supply, "withdraw": self._withdraw, "borrow": self._borrow,
            "repay": self._repay, "repayWithATokens": self._repay_with_a_tokens,
            "setUserUseReserveAsCollateral": self._collateral, "setUserEMode": self._mode,
            "liquidationCall": self._liquidate, "flashLoan": self._flash, "flashLoanSimple": self._flash_simple,
            "aToken.transfer": self._transfer, "debtToken.approveDelegation": self._delegate,
            "mintToTreasury": self._mint, "feed.setAnswer": self._price,
            "provider.setPriceOracleSentinel": self._sentinel, "sequencer.setAnswer": self._sequencer,
        }
        if model.last:
            self.plays["eliminateReserveDeficit"] = self._cover
        else:
            self.plays |= {"swapBorrowRateMode": self._swap, "rebalanceStableBorrowRate": self._rebalance}
        self.plays |= {f"configurator.{name}": self._configurator(name) for name in configuration.functions(model.last)}
        self.plays |= {f"receiver.{name}": self._receiver(name) for name in ("setFailExecutionTransfer",
                                                                             "setSimulateEOA", "setAmountToApprove")}

    def play(self, name: str, a: Arguments, at: int) -> Outcome:
        """The outcome; a refused call leaves the model as it was."""
        did, logs, branches = self.plays[name](a, at)
        if did.code != codes.OK:
            text = did.error or ""
            said = (text, NO_ALLOWANCE) if did.code == codes.TRANSFER_EXCEEDS_BALANCE and "lash" in name else (text,)
            return Outcome(said, (), branches, f"{text} {did.name}" if text.isdigit() else text)
        return Outcome(None, tuple(logs), branches)

    def _call(self, operation: str, **arguments: Any) -> shell.Outcome:
        return self.model.pool.call(operation, **arguments)

    # ---- suppliers --------------------------------------------------------------------------------------------------
    def _supply(self, a: Arguments, at: int) -> Played:
        ledger = Ledger(self.model)
        did = self._call("supply", caller=a["i"], i=a["on_behalf"], k=a["k"], amount=a["amount"], now=at)
        return did, events.supply(ledger, self.model, a, did.result), ()

    def _withdraw(self, a: Arguments, at: int) -> Played:
        ledger = Ledger(self.model)
        did = self._call("withdraw", i=a["i"], to=a["to"], k=a["k"], amount=a["amount"], now=at)
        everything = did.code == codes.OK and a["amount"] == MAX
        return did, events.withdraw(ledger, self.model, a, did.result), _if(everything, "withdrawal of everything")

    def _collateral(self, a: Arguments, at: int) -> Played:
        did = self._call("set_collateral", i=a["i"], k=a["k"], use=a["use"], now=at)
        changed = did.code == codes.OK and did.result.changed
        return did, (events.collateral_use(self.model, a["k"], a["i"], a["use"]),) if changed else (), ()

    def _mode(self, a: Arguments, at: int) -> Played:
        did = self._call("set_emode", i=a["i"], category=a["category"], now=at)
        changed = did.code == codes.OK and did.result.changed
        return did, (("pool", "UserEModeSet", (ACCOUNTS[a["i"]], a["category"])),) if changed else (), ()

    def _transfer(self, a: Arguments, at: int) -> Played:
        ledger = Ledger(self.model)
        did = self._call("transfer_atoken", i=a["i"], to=a["to"], k=a["k"], amount=a["amount"], now=at)
        return did, events.transfer(ledger, self.model, a, did.result), ()

    # ---- borrowers --------------------------------------------------------------------------------------------------
    def _borrow(self, a: Arguments, at: int) -> Played:
        ledger = Ledger(self.model)
        did = self._call("borrow", caller=a["i"], i=a["on_behalf"], k=a["k"], amount=a["amount"], mode=a["mode"],
                         now=at)
        if did.code != codes.OK:
            return did, (), ()
        in_mode = bool(self.model.market.accounts[a["on_behalf"]].emode)
        return did, events.borrow(ledger, self.model, a, did.result), (
            *_if(in_mode, "borrowed in an eMode"), *_if(did.result.isolated >= 0, "borrowed in isolation"),
            *_if(bool(did.result.delegated), "credit delegation used"))

    def _repay(self, a: Arguments, at: int) -> Played:
        ledger = Ledger(self.model)
        did = self._call("repay", payer=a["i"], i=a["on_behalf"], k=a["k"], amount=a["amount"], mode=a["mode"], now=at)
        return did, events.repay(ledger, self.model, a, did.result, False), ()

    def _repay_with_a_tokens(self, a: Arguments, at: int) -> Played:
        ledger = Ledger(self.model)
        did = self._call("repay_with_atokens", i=a["i"], k=a["k"], amount=a["amount"], mode=a["mode"], now=at)
        return did, events.repay(ledger, self.model, {**a, "on_behalf": a["i"]}, did.result, True), ()

    def _swap(self, a: Arguments, at: int) -> Played:
        ledger = Ledger(self.model)
        did = self._call("swap_rate_mode", i=a["i"], k=a["k"], mode=a["mode"], now=at)
        return did, events.swap_mode(ledger, self.model, a, did.result), ()

    def _rebalance(self, a: Arguments, at: int) -> Played:
        did = self._call("rebalance_stable_rate", i=a["user"], k=a["k"], now=at)
        return did, events.rebalance(self.model, a, did.result), ()

    def _delegate(self, a: Arguments, _: int) -> Played:
        did = self._call("approve_delegation", i=a["i"], to=a["to"], k=a["k"], mode=a["mode"], amount=a["amount"])
        token = f"{'stable' if a['mode'] == 1 else 'variable'} {NAMES[a['k']]}"
        told = (ACCOUNTS[a["i"]], ACCOUNTS[a["to"]], NAMES[a["k"]], a["amount"])
        return did, ((token, "BorrowAllowanceDelegated", told),), ()

    # ---- liquidators ------------------------------------------------------------------------------------------------
    def _liquidate(self, a: Arguments, at: int) -> Played:
        model, user, kc, kd = self.model, a["user"], a["kc"], a["kd"]
        factor = model.data(user, at).health_factor
        owed = model.debt(user, kd, 1, at) + model.debt(user, kd, 2, at)
        ledger, before, takes_fee = Ledger(model), model.market.accounts[user].borrowing, self._takes_fee(a, at)
        did = self._call("liquidation_call", liquidator=a["i"], i=user, kc=kc, kd=kd, amount=a["amount"],
                         receive_atoken=a["receive_a_token"], now=at)
        if did.code != codes.OK:
            return did, (), _if(factor == WAD, EXACTLY)
        told = tuple(events.liquidation(ledger, model, a, did.result, before, takes_fee))
        deficits = sum(event[1] == "DeficitCreated" for event in told)
        return did, told, self._paths(a, did.result, WAD - factor <= 10**12, owed, deficits)

    def _takes_fee(self, a: Arguments, at: int) -> bool:
        """Whether a fee is due, though nothing may be left to pay it: the transfer is logged all the same."""
        with suppress(Revert):
            _, plan = liquidation_plan(self.model.market, a["i"], a["user"], a["kc"], a["kd"], a["amount"],
                                       a["receive_a_token"], self.model.wallets[a["i"]][a["kd"]], at)
            return plan.fee != 0
        return False

    def _paths(self, a: Arguments, r: Any, near: bool, owed: int, deficits: int) -> tuple[str, ...]:
        model, user, same = self.model, a["user"], a["kc"] == a["kd"]
        bad = deficits > 0 if model.last else not model.collaterals(user) and bool(model.debts(user))
        return (
            "liquidations", *_if(bad, "liquidations with bad debt"), *_if(same, "same-asset liquidations"),
            *_if(bool(model.market.accounts[user].emode), "liquidations in an eMode"),
            *_if(bool(a["receive_a_token"]), "liquidations for aTokens"),
            *_if(bool(r.disabled), "liquidations capped by the collateral"),
            *_if(abs(r.repaid - owed // 2) <= 1, "liquidations of half the debt"),
            *_if(deficits > 1, "bad debt in several reserves"), *_if(r.isolated >= 0, "isolated debt liquidated"),
            *_if(bool(r.enabled), "liquidator's collateral switched on"),
            *_if(r.stable.supply > 0 or r.stable.balance > 0, "stable debt liquidated"),
            *_if(bool(r.disabled) and model.holding(user, a["kc"]).scaled_supply == 0 and r.fee > 0,
                 "liquidation fee from the last aTokens"),
            *_if(near, JUST_UNDER),
        )

    def _cover(self, a: Arguments, at: int) -> Played:
        ledger = Ledger(self.model)
        did = self._call("eliminate_deficit", i=a["i"], k=a["k"], amount=a["amount"], now=at)
        return did, events.covered(ledger, self.model, a, did.result), _if(did.code == codes.OK, "deficit covered")

    def _mint(self, a: Arguments, at: int) -> Played:
        ledger, k = Ledger(self.model), a["k"]
        did = self._call("mint_to_treasury", k=k, now=at)
        if did.code != codes.OK:
            return did, (), ()
        logs = events.minted(ledger, self.model, a, did.result)
        return did, logs, _if(did.result.amount > 0, "treasury minted")

    # ---- flash loans ------------------------------------------------------------------------------------------------
    def _flash(self, a: Arguments, at: int) -> Played:
        model, assets, amounts = self.model, a["assets"], a["amounts"]
        kept, ledger, version = copy.deepcopy(model.receiver), Ledger(model), model.version
        bps = 0 if model.market.accounts[a["i"]].flash_borrower else model.market.settings[0].flash_premium
        premiums = [premium_of(version, x, bps) if mode == 0 else 0
                    for x, mode in zip(amounts, a["modes"], strict=True)]
        did = model.pool.flash_loan(
            caller=a["i"], i=a["on_behalf"], loans=list(zip(assets, amounts, a["modes"], strict=True)),
            receiver=lambda: model.receiver.execute(assets, amounts, premiums), holds=model.receiver.can_pay, now=at,
        )
        if did.code != codes.OK:
            model.receiver = kept
            return did, (), ()
        for k, lent in zip(assets, did.result, strict=True):
            model.receiver.pay(k, lent.paid)
        told = events.flash_loan(ledger, model, a, did.result, model.receiver.fail)
        return did, told, (*_if(len(assets) > 1, "flash loan of several assets"),
                           *_if(any(a["modes"]), "flash loan into debt"))

    def _flash_simple(self, a: Arguments, at: int) -> Played:
        model, k, amount = self.model, a["k"], a["amount"]
        kept = copy.deepcopy(model.simple)
        premium = premium_of(model.version, amount, model.market.settings[0].flash_premium)
        model.simple.execute([k], [amount], [premium])
        did = self._call("flash_loan_simple", k=k, amount=amount, success=1, wallet=model.simple.can_pay(k), now=at)
        if did.code != codes.OK:
            model.simple = kept
            return did, (), ()
        model.simple.pay(k, did.result.paid)
        return did, events.flash_loan_simple(Ledger(model), model, a, did.result, False), ()

    def _receiver(self, function: str) -> Callable[[Arguments, int], Played]:
        def switch(a: Arguments, _: int) -> Played:
            self.model.receiver.switch(function, a["value"])
            return self._done(), (), ()

        return switch

    # ---- oracles and governance -------------------------------------------------------------------------------------
    def _price(self, a: Arguments, at: int) -> Played:
        model = self.model
        if "category" in a:
            model.mode_price = a["answer"]
            feed, row, did = "mode feed", -1, self._done()
            for category, sourced in enumerate(model.mode_sourced, 1):
                if sourced:
                    did = self._call("set_emode_price", category=category, price=a["answer"])
        else:
            feed, row, did = f"feed {NAMES[a['k']]}", a["k"], self._call("set_price", k=a["k"], price=a["answer"])
        model.rounds[row] += 1
        number = model.rounds[row]
        return did, ((feed, "NewRound", (number, ADMIN, at)), (feed, "AnswerUpdated", (a["answer"], number, at))), ()

    def _sentinel(self, a: Arguments, _: int) -> Played:
        return self._call("set_sentinel", on=a["on"], grace=self.model.market.settings[0].sentinel_grace), (), ()

    def _sequencer(self, a: Arguments, at: int) -> Played:
        return self._call("set_sequencer", down=a["down"], since=a["since"], now=at), (), ()

    def _configurator(self, function: str) -> Callable[[Arguments, int], Played]:
        def configure(a: Arguments, at: int) -> Played:
            model, told = self.model, dict(a)
            before = (copy.copy(model.market.reserves[a.get("k", 0)]),
                      copy.copy(model.market.categories[min(a.get("category", 0), len(model.market.categories) - 1)]))
            if function in configuration.PREMIUMS:
                s = model.market.settings[0]
                told["before"] = s.flash_premium_to_protocol if function.endswith("Protocol") else s.flash_premium
            if function == "setReserveInterestRateStrategyAddress":
                told["before"] = model.strategies[a["k"]]
            did = self._done()
            for operation, arguments in configuration.calls(model, function, a, at):
                did = self._call(operation, **arguments)
            if did.code != codes.OK:
                return did, (), ()
            if function == "setReserveInterestRateStrategyAddress":
                model.strategies[a["k"]] = f"curve {a['curve']}"
            if function == "setEModeCategory":
                model.mode_sourced[a["category"] - 1] = bool(a.get("source"))
            return did, configuration.logs(model, function, told, at, before), ()

        return configure

    def _done(self) -> shell.Outcome:
        return shell.Outcome(codes.OK, self.model.version)


def _if(condition: bool, name: str) -> tuple[str, ...]:
    return (name,) if condition else ()
