"""One function an operation: call the model's rule, move the wallets, say which logs the chain must show."""

import traceback
from collections.abc import Callable, Iterable
from typing import Any

from protocol_sim.errors import Revert
from protocol_sim.fork.adapters.aave_v2 import events
from protocol_sim.fork.adapters.aave_v2.chain import ACCOUNTS, ADMIN, MAX, NAMES
from protocol_sim.fork.adapters.aave_v2.model import Model
from protocol_sim.fork.artifacts import Event
from protocol_sim.fork.rig import Outcome
from protocol_sim.numeric import WAD
from protocol_sim.protocols.aave_v2 import borrow, configuration, flash_loan, liquidation, rate_mode, supply
from protocol_sim.protocols.aave_v2.codes import CODES, LP_INVALID_FLASH_LOAN_EXECUTOR_RETURN, OK, code_of_revert
from protocol_sim.protocols.aave_v2.results import FlashLoaned

Arguments = dict[str, Any]
Played = tuple[int, Iterable[Event], tuple[str, ...]]  # code, logs, rare paths

BRANCHES = (
    "health factor within 1 wei of 1: refused", "health factor within 1 wei of 1: liquidated",
    "liquidation capped by the collateral", "whole collateral seized", "same-asset liquidation",
    "same-asset liquidation for aTokens", "stable debt liquidated", "stable and variable debt in one liquidation",
    "liquidator's collateral switched on", "self-liquidation", "bad debt left behind", "withdrawal of everything",
    "credit delegation used", "more stable interest than repaid", "stable supply ran out early",
    "flash loan of several assets", "flash loan into stable debt", "flash loan into variable debt",
    "flash loan against delegated credit", "flash loan paid from leftovers", "aToken transfer to oneself",
    "aToken transfer of everything", "reserve emptied", "treasury minted", "same block time",
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
        kept = self.model.saved()
        try:
            code, logs, branches = self.plays[name](a, at)
        except Revert as fault:
            names = [frame.name for frame in traceback.extract_tb(fault.__traceback__)]
            code, logs, branches = code_of_revert(fault.reason, names), (), ()
        if code != OK:
            self.model.restore(kept)
            return Outcome((CODES[code][0],), (), branches)
        told = tuple(logs)
        minted = any(event[2][:2] == ("", "treasury") for event in told)
        emptied = any(r.available_liquidity == 0 < r.scaled_supply for r in self.model.market.reserves)
        return Outcome(None, told, (*branches, *_if(minted, "treasury minted"), *_if(emptied, "reserve emptied")))

    # ---- suppliers --------------------------------------------------------------------------------------------------
    def _deposit(self, a: Arguments, at: int) -> Played:
        i, k, wallets = a["i"], a["k"], self.model.wallets
        code, r = supply.supply(self.model.market, a["on_behalf"], k, a["amount"], wallets[i][k], at)
        wallets[i][k] -= r.amount
        return code, events.deposit(a, r), ()

    def _withdraw(self, a: Arguments, at: int) -> Played:
        code, r = supply.withdraw(self.model.market, a["i"], a["k"], a["amount"], at)
        self.model.wallets[a["to"]][a["k"]] += r.amount
        return code, events.withdraw(a, r), _if(code == OK and a["amount"] == MAX, "withdrawal of everything")

    def _collateral(self, a: Arguments, at: int) -> Played:
        code, r = supply.set_collateral(self.model.market, a["i"], a["k"], a["use"], at)
        return code, (events.collateral_use(a["k"], a["i"], r.used),), ()

    def _transfer(self, a: Arguments, at: int) -> Played:
        code, r = supply.transfer_atoken(self.model.market, a["i"], a["to"], a["k"], a["amount"], at)
        rare = _if(code == OK and a["i"] == a["to"], "aToken transfer to oneself")
        return code, events.transfer(a, r), (*rare, *_if(bool(r.emptied), "aToken transfer of everything"))

    # ---- borrowers --------------------------------------------------------------------------------------------------
    def _borrow(self, a: Arguments, at: int) -> Played:
        code, r = borrow.borrow(self.model.market, a["i"], a["on_behalf"], a["k"], a["amount"], a["mode"], at)
        self.model.wallets[a["i"]][a["k"]] += r.amount
        return code, events.borrow(a, r), _if(bool(r.delegated), "credit delegation used")

    def _repay(self, a: Arguments, at: int) -> Played:
        i, k = a["i"], a["k"]
        wallet = self.model.wallets[i][k]
        code, r = borrow.repay(self.model.market, i, a["on_behalf"], k, a["amount"], a["mode"], wallet, at)
        self.model.wallets[i][k] -= r.amount
        left = self.model.holding(a["on_behalf"], k).stable_principal
        early = code == OK and a["mode"] == 1 and self.model.market.reserves[k].stable_principal == 0
        others = any(self.model.holding(u, k).stable_principal for u in range(len(ACCOUNTS)))
        rare = _if(r.stable.increase > r.amount, "more stable interest than repaid")
        return code, events.repay(a, r), (*rare, *_if(early and bool(left or others), "stable supply ran out early"))

    def _swap(self, a: Arguments, at: int) -> Played:
        code, r = rate_mode.swap_rate_mode(self.model.market, a["i"], a["k"], a["mode"], at)
        return code, events.swap_mode(a, r), ()

    def _rebalance(self, a: Arguments, at: int) -> Played:
        code, r = rate_mode.rebalance_stable_rate(self.model.market, a["user"], a["k"], at)
        return code, events.rebalance(a, r), ()

    def _delegate(self, a: Arguments, _: int) -> Played:
        code = borrow.approve_delegation(self.model.market, a["i"], a["to"], a["k"], a["mode"], a["amount"])
        token = f"{'stable' if a['mode'] == 1 else 'variable'} {NAMES[a['k']]}"
        told = (ACCOUNTS[a["i"]], ACCOUNTS[a["to"]], NAMES[a["k"]], a["amount"])
        return code, ((token, "BorrowAllowanceDelegated", told),), ()

    # ---- liquidators ------------------------------------------------------------------------------------------------
    def _liquidate(self, a: Arguments, at: int) -> Played:
        model, i, user, kc, kd = self.model, a["i"], a["user"], a["kc"], a["kd"]
        factor = model.health_factor(user, at)
        owed, variable = model.debt(user, kd, 1, at) + model.debt(user, kd, 2, at), model.debt(user, kd, 2, at)
        code, r = liquidation.liquidation_call(
            model.market, i, user, kc, kd, a["amount"], a["receive_a_token"], model.wallets[i][kd], at
        )
        near = abs(factor - WAD) <= 1
        if code != OK:
            return code, (), _if(near, "health factor within 1 wei of 1: refused")
        model.wallets[i][kd] -= r.repaid
        if not a["receive_a_token"]:
            model.wallets[i][kc] += r.seized
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
        return code, events.liquidation(a, r), rare

    # ---- flash loans ------------------------------------------------------------------------------------------------
    def _flash(self, a: Arguments, at: int) -> Played:
        market, receiver, assets = self.model.market, self.model.receiver, a["assets"]
        indices = []
        for k, amount in zip(assets, a["amounts"], strict=True):
            code = flash_loan.flash_take(market, k, amount)
            if code != OK:
                return code, (), ()
            self.model.a_tokens(0, k, at)
            indices.append(market.reserves[k].income_now)
        premiums = [amount * market.settings[0].flash_premium // 10_000 for amount in a["amounts"]]
        if not receiver.execute(assets, a["amounts"], premiums):
            return LP_INVALID_FLASH_LOAN_EXECUTOR_RETURN, (), ()
        loans: list[FlashLoaned] = []
        for k, amount, mode in zip(assets, a["amounts"], a["modes"], strict=True):
            can_pay = min(receiver.balances[k], receiver.allowances[k])
            code, lent = flash_loan.flash_settle(market, a["i"], a["on_behalf"], k, amount, mode, can_pay, at)
            if code != OK:
                return code, (), ()
            receiver.pay(k, lent.paid)
            loans.append(lent)
        rare = (
            *_if(len(assets) > 1, "flash loan of several assets"),
            *_if(1 in a["modes"], "flash loan into stable debt"),
            *_if(2 in a["modes"], "flash loan into variable debt"),
            *_if(any(r.debt.delegated for r in loans), "flash loan against delegated credit"),
            *_if(receiver.fail and 0 in a["modes"], "flash loan paid from leftovers"),
        )
        return OK, events.flash_loan(a, loans, indices, receiver.fail), rare

    def _receiver(self, function: str) -> Callable[[Arguments, int], Played]:
        def switch(a: Arguments, _: int) -> Played:
            self.model.receiver.switch(function, a["value"])
            return OK, (), ()

        return switch

    # ---- oracles and governance -------------------------------------------------------------------------------------
    def _price(self, a: Arguments, at: int) -> Played:
        k = a["k"]
        self.model.rounds[k] += 1
        code = configuration.set_price(self.model.market, k, a["answer"])
        feed, number = f"feed {NAMES[k]}", self.model.rounds[k]
        return code, ((feed, "NewRound", (number, ADMIN, at)), (feed, "AnswerUpdated", (a["answer"], number, at))), ()

    def _market_rate(self, a: Arguments, _: int) -> Played:
        return configuration.set_market_rate(self.model.market, a["k"], a["rate"]), (), ()

    def _configurator(self, function: str) -> Callable[[Arguments, int], Played]:
        def configure(a: Arguments, _: int) -> Played:
            return CONFIGURATOR[function](self.model, a), (events.configuration(function, a),), ()

        return configure


SWITCHES = ("setFailExecutionTransfer", "setSimulateEOA", "setAmountToApprove")
CONFIGURATOR: dict[str, Callable[[Model, Arguments], int]] = {
    "setPoolPause": lambda m, a: configuration.set_paused(m.market, a["value"]),
    "configureReserveAsCollateral": lambda m, a: configuration.configure_collateral(
        m.market, a["k"], a["ltv"], a["threshold"], a["bonus"]),
    "setReserveFactor": lambda m, a: configuration.set_reserve_factor(m.market, a["k"], a["factor"]),
    "freezeReserve": lambda m, a: configuration.set_frozen(m.market, a["k"], 1),
    "unfreezeReserve": lambda m, a: configuration.set_frozen(m.market, a["k"], 0),
    "activateReserve": lambda m, a: configuration.set_active(m.market, a["k"], 1),
    "deactivateReserve": lambda m, a: configuration.set_active(m.market, a["k"], 0),
    "enableBorrowingOnReserve": lambda m, a: configuration.enable_borrowing(m.market, a["k"], a["stable"]),
    "disableBorrowingOnReserve": lambda m, a: configuration.disable_borrowing(m.market, a["k"]),
    "enableReserveStableRate": lambda m, a: configuration.set_stable_borrowing(m.market, a["k"], 1),
    "disableReserveStableRate": lambda m, a: configuration.set_stable_borrowing(m.market, a["k"], 0),
}


def _if(happened: bool, name: str) -> tuple[str, ...]:
    return (name,) if happened else ()
