"""One function an operation: call the model's shell, say which logs the chain must show, which rare paths it took."""

import copy
from collections.abc import Callable, Iterable
from typing import Any

from protocol_sim.fork.adapters.aave_v2 import events
from protocol_sim.fork.adapters.aave_v2.chain import ACCOUNTS, ADMIN, MAX, NAMES
from protocol_sim.fork.adapters.aave_v2.model import Model
from protocol_sim.fork.artifacts import Event
from protocol_sim.fork.deploy.aave_v2 import STRATEGIES
from protocol_sim.fork.rig import Outcome
from protocol_sim.numeric import WAD
from protocol_sim.protocols.aave_v2 import shell
from protocol_sim.protocols.aave_v2.codes import CODES, OK

Arguments = dict[str, Any]
Played = tuple[shell.Outcome, Iterable[Event], tuple[str, ...]]  # what the model says, logs, rare paths
DONE = shell.Outcome(OK)


BRANCHES = (
    "health factor within 1 wei of 1: refused", "health factor within 1 wei of 1: liquidated",
    "liquidation capped by the collateral", "whole collateral seized", "same-asset liquidation",
    "same-asset liquidation for aTokens", "stable debt liquidated", "stable and variable debt in one liquidation",
    "liquidator's collateral switched on", "self-liquidation", "bad debt left behind", "withdrawal of everything",
    "credit delegation used", "more stable interest than repaid", "stable supply ran out early",
    "flash loan of several assets",
    "flash loan of one asset twice", "flash loan into stable debt", "flash loan into variable debt",
    "flash loan against delegated credit", "flash loan paid from leftovers", "aToken transfer to oneself",
    "aToken transfer of all", "reserve emptied", "treasury minted", "same block time",
)


class Player:
    """Plays operations on a model."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.plays: dict[str, Callable[[Arguments, int], Played]] = {
            "deposit": self._deposit, "withdraw": self._withdraw, "borrow": self._borrow, "repay": self._repay,
            "swapBorrowRateMode": self._swap, "rebalanceStableBorrowRate": self._rebalance,
            "setUserUseReserveAsCollateral": self._collateral, "liquidationCall": self._liquidate,
            "flashLoan": self._flash, "aToken.transfer": self._transfer,
            "debtToken.approveDelegation": self._delegate, "feed.setAnswer": self._price,
            "rateOracle.setMarketBorrowRate": self._market_rate,
        }
        self.plays |= {f"configurator.{name}": self._configurator(name) for name in CONFIGURATOR}
        self.plays |= {f"receiver.{name}": self._receiver(name) for name in SWITCHES}

    def play(self, name: str, a: Arguments, at: int) -> Outcome:
        """The outcome; a refused call leaves the model as it was."""
        did, logs, branches = self.plays[name](a, at)
        if did.code != OK:
            text, code = CODES[did.code]
            return Outcome((text,), (), branches, f"{text} {code}" if text.isdigit() else text)
        told = tuple(logs)
        minted = any(event[2][:2] == ("", "treasury") for event in told)
        emptied = any(r.available_liquidity == 0 < r.scaled_supply for r in self.model.market.reserves)
        return Outcome(None, told, (*branches, *_if(minted, "treasury minted"), *_if(emptied, "reserve emptied")))

    def _call(self, operation: str, **arguments: Any) -> shell.Outcome:
        return self.model.pool.call(operation, **arguments)

    # ---- suppliers --------------------------------------------------------------------------------------------------
    def _deposit(self, a: Arguments, at: int) -> Played:
        did = self._call("supply", i=a["on_behalf"], payer=a["i"], k=a["k"], amount=a["amount"], now=at)
        return did, events.deposit(a, did.result), ()

    def _withdraw(self, a: Arguments, at: int) -> Played:
        did = self._call("withdraw", i=a["i"], to=a["to"], k=a["k"], amount=a["amount"], now=at)
        everything = did.code == OK and a["amount"] == MAX
        return did, events.withdraw(a, did.result), _if(everything, "withdrawal of everything")

    def _collateral(self, a: Arguments, at: int) -> Played:
        did = self._call("set_collateral", i=a["i"], k=a["k"], used=a["use"], now=at)
        return did, (events.collateral_use(a["k"], a["i"], a["use"]),), ()

    def _transfer(self, a: Arguments, at: int) -> Played:
        did = self._call("transfer_atoken", i=a["i"], to=a["to"], k=a["k"], amount=a["amount"], now=at)
        if did.code != OK:
            return did, (), ()
        oneself = _if(a["i"] == a["to"], "aToken transfer to oneself")
        return did, events.transfer(a, did.result), (*oneself, *_if(bool(did.result.emptied), "aToken transfer of all"))

    # ---- borrowers --------------------------------------------------------------------------------------------------
    def _borrow(self, a: Arguments, at: int) -> Played:
        asked = {"k": a["k"], "amount": a["amount"], "mode": a["mode"]}
        did = self._call("borrow", caller=a["i"], i=a["on_behalf"], **asked, now=at)
        if did.code != OK:
            return did, (), ()
        return did, events.borrow(a, did.result), _if(bool(did.result.delegated), "credit delegation used")

    def _repay(self, a: Arguments, at: int) -> Played:
        k, behalf, mode = a["k"], a["on_behalf"], a["mode"]
        did = self._call("repay", payer=a["i"], i=behalf, k=k, amount=a["amount"], mode=mode, now=at)
        if did.code != OK:
            return did, (), ()
        left = any(self.model.holding(u, k).stable_principal for u in range(len(ACCOUNTS)))
        early = mode == 1 and left and self.model.market.reserves[k].stable_principal == 0
        more = did.result.stable.increase > did.result.amount
        rare = (*_if(more, "more stable interest than repaid"), *_if(early, "stable supply ran out early"))
        return did, events.repay(a, did.result), rare

    def _swap(self, a: Arguments, at: int) -> Played:
        did = self._call("swap_rate_mode", i=a["i"], k=a["k"], mode=a["mode"], now=at)
        return did, events.swap_mode(a, did.result), ()

    def _rebalance(self, a: Arguments, at: int) -> Played:
        did = self._call("rebalance_stable_rate", i=a["user"], k=a["k"], now=at)
        return did, events.rebalance(a, did.result), ()

    def _delegate(self, a: Arguments, _: int) -> Played:
        did = self._call("approve_delegation", i=a["i"], to=a["to"], k=a["k"], mode=a["mode"], amount=a["amount"])
        token = f"{'stable' if a['mode'] == 1 else 'variable'} {NAMES[a['k']]}"
        told = (ACCOUNTS[a["i"]], ACCOUNTS[a["to"]], NAMES[a["k"]], a["amount"])
        return did, ((token, "BorrowAllowanceDelegated", told),), ()

    # ---- liquidators ------------------------------------------------------------------------------------------------
    def _liquidate(self, a: Arguments, at: int) -> Played:
        model, i, user, kc, kd = self.model, a["i"], a["user"], a["kc"], a["kd"]
        factor = model.health_factor(user, at)
        owed, variable = model.debt(user, kd, 1, at) + model.debt(user, kd, 2, at), model.debt(user, kd, 2, at)
        did = self._call("liquidation_call", liquidator=i, i=user, kc=kc, kd=kd, debt_to_cover=a["amount"],
                         receive_atoken=a["receive_a_token"], now=at)
        near = abs(factor - WAD) <= 1
        if did.code != OK:
            return did, (), _if(near, "health factor within 1 wei of 1: refused")
        r = did.result
        rare = (
            *_if(near, "health factor within 1 wei of 1: liquidated"),
            *_if(r.repaid < min(a["amount"], owed // 2), "liquidation capped by the collateral"),
            *_if(bool(r.disabled), "whole collateral seized"),
            *_if(kc == kd, "same-asset liquidation"),
            *_if(kc == kd and bool(a["receive_a_token"]), "same-asset liquidation for aTokens"),
            *_if(r.stable_burn > 0, "stable debt liquidated"),
            *_if(r.stable_burn > 0 and variable > 0, "stable and variable debt in one liquidation"),
            *_if(bool(r.enabled), "liquidator's collateral switched on"),
            *_if(i == user, "self-liquidation"),
            *_if(not model.collaterals(user) and bool(model.debts(user)), "bad debt left behind"),
        )
        return did, events.liquidation(a, r), rare

    # ---- flash loans ------------------------------------------------------------------------------------------------
    def _flash(self, a: Arguments, at: int) -> Played:
        model, assets, amounts = self.model, a["assets"], a["amounts"]
        kept = copy.deepcopy(model.receiver)
        indices = []
        for k in assets:
            model.a_tokens(0, k, at)
            indices.append(model.market.reserves[k].income_now)
        premiums = [amount * model.market.settings[0].flash_premium // 10_000 for amount in amounts]
        did = model.pool.flash_loans(
            caller=a["i"], i=a["on_behalf"], loans=list(zip(assets, amounts, a["modes"], strict=True)),
            receiver=lambda: model.receiver.execute(assets, amounts, premiums), holds=model.receiver.can_pay, now=at,
        )
        if did.code != OK:
            model.receiver = kept
            return did, (), ()
        for k, lent in zip(assets, did.result, strict=True):
            model.receiver.pay(k, lent.paid)
        rare = (
            *_if(len(assets) > 1, "flash loan of several assets"),
            *_if(len(set(assets)) < len(assets), "flash loan of one asset twice"),
            *_if(1 in a["modes"], "flash loan into stable debt"),
            *_if(2 in a["modes"], "flash loan into variable debt"),
            *_if(any(r.debt.delegated for r in did.result), "flash loan against delegated credit"),
            *_if(model.receiver.fail and 0 in a["modes"], "flash loan paid from leftovers"),
        )
        return did, events.flash_loan(a, did.result, indices, model.receiver.fail), rare

    def _receiver(self, function: str) -> Callable[[Arguments, int], Played]:
        def switch(a: Arguments, _: int) -> Played:
            self.model.receiver.switch(function, a["value"])
            return DONE, (), ()

        return switch

    # ---- oracles and governance -------------------------------------------------------------------------------------
    def _price(self, a: Arguments, at: int) -> Played:
        k = a["k"]
        self.model.rounds[k] += 1
        did = self._call("set_price", k=k, price=max(a["answer"], 0))  # AaveOracle falls back, and the fallback says 0
        feed, number = f"feed {NAMES[k]}", self.model.rounds[k]
        return did, ((feed, "NewRound", (number, ADMIN, at)), (feed, "AnswerUpdated", (a["answer"], number, at))), ()

    def _market_rate(self, a: Arguments, _: int) -> Played:
        return self._call("set_market_rate", k=a["k"], rate=a["rate"]), (), ()

    def _configurator(self, function: str) -> Callable[[Arguments, int], Played]:
        operation, arguments = CONFIGURATOR[function]

        def configure(a: Arguments, _: int) -> Played:
            did = self._call(operation, **arguments(a))
            return did, (events.configuration(function, a),), ()

        return configure


def _strategy(a: Arguments) -> Arguments:
    x = STRATEGIES[a["strategy"]]
    return {"k": a["k"], "optimal": x.optimal, "base": x.base, "variable1": x.slope1, "variable2": x.slope2,
            "stable1": x.stable_slope1, "stable2": x.stable_slope2}


SWITCHES = ("setFailExecutionTransfer", "setSimulateEOA", "setAmountToApprove")
CONFIGURATOR: dict[str, tuple[str, Callable[[Arguments], Arguments]]] = {
    "setPoolPause": ("set_paused", lambda a: {"paused": a["value"]}),
    "configureReserveAsCollateral": (
        "configure_collateral", lambda a: {name: a[name] for name in ("k", "ltv", "threshold", "bonus")}),
    "setReserveFactor": ("set_reserve_factor", lambda a: {"k": a["k"], "factor": a["factor"]}),
    "setReserveInterestRateStrategyAddress": ("set_rate_strategy", _strategy),
    "freezeReserve": ("set_frozen", lambda a: {"k": a["k"], "frozen": 1}),
    "unfreezeReserve": ("set_frozen", lambda a: {"k": a["k"], "frozen": 0}),
    "activateReserve": ("set_active", lambda a: {"k": a["k"], "active": 1}),
    "deactivateReserve": ("set_active", lambda a: {"k": a["k"], "active": 0}),
    "enableBorrowingOnReserve": ("enable_borrowing", lambda a: {"k": a["k"], "stable": a["stable"]}),
    "disableBorrowingOnReserve": ("disable_borrowing", lambda a: {"k": a["k"]}),
    "enableReserveStableRate": ("set_stable_borrowing", lambda a: {"k": a["k"], "enabled": 1}),
    "disableReserveStableRate": ("set_stable_borrowing", lambda a: {"k": a["k"], "enabled": 0}),
}


def _if(happened: bool, name: str) -> tuple[str, ...]:
    return (name,) if happened else ()
