"""Random operations for Aave V3, drawn from the model's state; what reaches rare paths is a plan of several steps."""

import math
import random
from collections.abc import Callable
from typing import Any

from protocol_sim.fork.adapters.aave_v3 import governance, plans, steps
from protocol_sim.fork.adapters.aave_v3.model import Model
from protocol_sim.fork.adapters.aave_v3.people import ACCOUNTS, ALL, DELEGATIONS, EVERYBODY, MAX, TREASURY, UMBRELLA
from protocol_sim.fork.adapters.edges import amount_up_to
from protocol_sim.fork.deploy.aave_v3 import DOLLAR, LISTINGS, MODES

Draw = tuple[str, dict[str, Any]]
Step = Callable[[random.Random, int], Draw | None]  # None: nothing to do at this point

TREASURY_ACCOUNT = ACCOUNTS.index(TREASURY)
HUGE = (2**120, 2**128, 2**200, 2**255, MAX - 1, MAX)
WRONG = 0.12  # share of operations that are made wrong on purpose

WEIGHTS = {
    "supply": 12, "withdraw": 12, "borrow": 18, "repay": 9, "repayWithATokens": 5, "setUserUseReserveAsCollateral": 5,
    "setUserEMode": 5, "liquidationCall": 6, "flashLoan": 10, "flashLoanSimple": 7, "aToken.transfer": 6,
    "debtToken.approveDelegation": 3, "mintToTreasury": 3, "feed.setAnswer": 8, "configurator": 12, "receiver": 2,
    "sentinel": 2,
}
OF_LAST, OF_FIRST = {"eliminateReserveDeficit": 4}, {"swapBorrowRateMode": 5, "rebalanceStableBorrowRate": 2}


class Draws:
    """Draws operations for one deployment."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._plan: list[Step] = []
        self._deck: list[plans.Plan] = []
        self._started = False
        self._plans = 0.65  # how readily a plan starts
        self.dollar = DOLLAR  # base currency; less in an episode of tiny amounts, where every rounding shows
        self.wait: int | None = None  # seconds to the next block; None: as it comes

    def next(self, rng: random.Random, at: int) -> Draw:
        """An operation and its arguments for a block at time `at` (seconds)."""
        if not self._started:
            self._started = True
            self._plans = rng.choice((0.7, 0.7, 0.7, 0.7, 0.4))
            if rng.random() < 0.2:
                self.dollar = DOLLAR // 10 ** rng.randint(3, 8)
            self._plan = [steps.supply(self, i, k, 10**6) for i in EVERYBODY for k in rng.sample(list(ALL), 3)]
        if not self._plan and rng.random() < self._plans:
            self._deck = self._deck or plans.deck(rng)
            self._plan = self._deck.pop()(self, rng)
        while self._plan:
            drawn = self._plan.pop(0)(rng, at)
            if drawn is not None:
                return drawn
        return self.single(rng, at)

    def single(self, rng: random.Random, at: int) -> Draw:
        """An operation by itself."""
        weights = WEIGHTS | (OF_LAST if self.model.last else OF_FIRST)
        if self.model.unhealthy(at):
            weights["liquidationCall"] = 60
        repair = governance.repair(self.model, rng)
        if repair is not None and rng.random() < 0.5:
            return repair
        name = rng.choices(list(weights), list(weights.values()))[0]
        draw: Draw = getattr(self, "draw_" + name.rpartition(".")[2])(rng, at)
        return draw

    # ---- amounts ----------------------------------------------------------------------------------------------------
    def tokens(self, rng: random.Random, k: int) -> int:
        """Raw units worth a cent to a million dollars at the listing's price, dust in an episode of dust."""
        worth = int(math.pow(10, rng.uniform(6, 14)))  # in 10**-8 dollars
        return worth * self.dollar * self.model.market.reserves[k].unit // (LISTINGS[k].price * DOLLAR)

    def nearly(self, rng: random.Random, top: int) -> int:
        """Around `top`: all of it, a unit more or less, a part, dust."""
        if rng.random() < 0.15:
            return max(0, top + rng.choice((-1, 0, 1)))
        return amount_up_to(rng, top + 1)

    def owed(self, user: int, k: int, at: int) -> int:
        """Raw debt at both rates."""
        return self.model.debt(user, k, 1, at) + self.model.debt(user, k, 2, at)

    def worth(self, user: int, k: int, at: int) -> int:
        """The same in base currency."""
        r = self.model.market.reserves[k]
        return self.owed(user, k, at) * r.price // r.unit

    # ---- one draw an operation --------------------------------------------------------------------------------------
    def draw_supply(self, rng: random.Random, _: int) -> Draw:
        i, k = rng.choice(EVERYBODY), rng.choice(ALL)
        amount = self.tokens(rng, k)
        if rng.random() < 0.12:
            wallet = self.model.wallets[i][k]
            amount = rng.choice((0, 1, 2, wallet, wallet + 1, rng.choice(HUGE)))
        behalf = rng.choice((i, i, i, i, i, rng.choice(EVERYBODY), rng.choice(EVERYBODY), TREASURY_ACCOUNT))
        name = rng.choice(("supply", "supply", "supply", "deposit"))
        return name, {"i": i, "k": k, "amount": amount, "on_behalf": behalf, "referral": rng.choice((0, 0, 7, 65535))}

    def draw_withdraw(self, rng: random.Random, at: int) -> Draw:
        i, k = self._holder(rng)
        balance, liquidity = self.model.a_tokens(i, k, at), self.model.market.reserves[k].available_liquidity
        top = min(balance, liquidity) if rng.random() < 0.7 else balance
        if top == 0 and rng.random() < 0.8:
            return self.draw_supply(rng, at)
        amount = rng.choice((MAX, MAX, MAX, MAX - 1)) if rng.random() < 0.2 else self.nearly(rng, top)
        return "withdraw", {"i": i, "k": k, "amount": amount, "to": rng.choice((i, i, i, rng.choice(EVERYBODY)))}

    def draw_borrow(self, rng: random.Random, at: int) -> Draw:
        i, k = rng.choice(EVERYBODY), rng.choice(ALL)
        category = self.model.market.accounts[i].emode
        if category and rng.random() < 0.85:
            k = rng.choice(MODES[category - 1].assets)
        mode, behalf = self._mode(rng), i
        lenders = [d for d, borrower in DELEGATIONS if borrower == i]
        if lenders and rng.random() < 0.2:
            behalf = rng.choice(lenders)
        liquidity = self.model.market.reserves[k].available_liquidity
        top = min(self.model.borrowable(behalf, k, at), liquidity // 4 if mode == 1 else liquidity)
        if top == 0 and rng.random() < 0.8:
            return self.draw_supply(rng, at)
        amount = self.nearly(rng, top)
        if rng.random() < WRONG:
            amount, mode = rng.choice(((amount * 2, mode), (0, mode), (amount, 0), (amount, 3), (amount, 1),
                                       (rng.choice(HUGE), mode)))
        return "borrow", {"i": i, "k": k, "amount": amount, "mode": mode, "on_behalf": behalf,
                          "referral": rng.choice((0, 0, 7))}

    def draw_repay(self, rng: random.Random, at: int) -> Draw:
        behalf, k, mode = self._debtor(rng)
        i = rng.choice((behalf, behalf, behalf, rng.choice(EVERYBODY)))
        amount = MAX if rng.random() < 0.3 else self.nearly(rng, self.model.debt(behalf, k, mode, at))
        if rng.random() < WRONG:
            mode = rng.choice((0, 1, 2, 3))
        return "repay", {"i": i, "k": k, "amount": amount, "mode": mode, "on_behalf": behalf}

    def draw_repayWithATokens(self, rng: random.Random, at: int) -> Draw:
        i, k, mode = self._debtor(rng)
        both = [(u, j) for u in EVERYBODY for j in self.model.debts(u) if self.model.holding(u, j).scaled_supply]
        if both and rng.random() < 0.9:
            i, k = rng.choice(both)
            mode = 2 if self.model.holding(i, k).scaled_debt else 1
        amount = MAX if rng.random() < 0.3 else self.nearly(
            rng, min(self.model.debt(i, k, mode, at), self.model.a_tokens(i, k, at)))
        return "repayWithATokens", {"i": i, "k": k, "amount": amount, "mode": mode}

    def draw_swapBorrowRateMode(self, rng: random.Random, _: int) -> Draw:
        i, k, mode = self._debtor(rng)
        if rng.random() < WRONG:
            mode = rng.choice((0, 1, 2, 3))
        return "swapBorrowRateMode", {"i": i, "k": k, "mode": mode}

    def draw_rebalanceStableBorrowRate(self, rng: random.Random, _: int) -> Draw:
        user, k, _mode = self._debtor(rng, stable=True)
        return "rebalanceStableBorrowRate", {"i": rng.choice(EVERYBODY), "k": k, "user": user}

    def draw_setUserUseReserveAsCollateral(self, rng: random.Random, _: int) -> Draw:
        i, k = self._holder(rng) if rng.random() < 0.9 else (rng.choice(EVERYBODY), rng.choice(ALL))
        i = min(i, len(EVERYBODY) - 1)
        used = self.model.market.accounts[i].collateral >> k & 1
        return "setUserUseReserveAsCollateral", {"i": i, "k": k, "use": 1 - used if rng.random() < 0.8 else used}

    def draw_setUserEMode(self, rng: random.Random, _: int) -> Draw:
        i, category = rng.choice(EVERYBODY), rng.choice((0, 1, 1, 2, 2))
        if rng.random() < 0.05:
            category = rng.choice((3, 255))
        return "setUserEMode", {"i": i, "category": category}

    def draw_liquidationCall(self, rng: random.Random, at: int) -> Draw:
        users = self.model.unhealthy(at) or list(EVERYBODY)
        return self.liquidation(rng, at, rng.choice(users))

    def liquidation(self, rng: random.Random, at: int, user: int) -> Draw:
        """Some of the user's debt for some of its collateral, preferably the same asset."""
        collaterals, debts = self.model.collaterals(user) or list(ALL), self.model.debts(user) or list(ALL)
        both = sorted(set(collaterals) & set(debts))
        kc, kd = rng.choice(collaterals), rng.choice(debts)
        if both and rng.random() < 0.4:
            kc = kd = rng.choice(both)
        if rng.random() < WRONG:
            kc, kd = rng.choice(ALL), rng.choice(ALL)
        owed = self.owed(user, kd, at)
        amount = rng.choice((MAX, MAX, owed, self.nearly(rng, owed // 2), self.nearly(rng, owed)))
        i = rng.choice([u for u in EVERYBODY if u != user] * 6 + [user])
        return "liquidationCall", {"i": i, "kc": kc, "kd": kd, "user": user, "amount": amount,
                                   "receive_a_token": rng.randrange(2)}

    def draw_eliminateReserveDeficit(self, rng: random.Random, at: int) -> Draw:
        short = [k for k in ALL if self.model.market.reserves[k].deficit]
        k = rng.choice(short) if short and rng.random() < 0.9 else rng.choice(ALL)
        i = UMBRELLA if rng.random() < 0.9 else rng.choice(EVERYBODY)
        amount = rng.choice((MAX, self.nearly(rng, self.model.market.reserves[k].deficit),
                             self.nearly(rng, self.model.a_tokens(i, k, at))))
        return "eliminateReserveDeficit", {"i": i, "k": k, "amount": amount}

    def draw_mintToTreasury(self, rng: random.Random, _: int) -> Draw:
        return "mintToTreasury", {"i": rng.choice(EVERYBODY), "k": rng.choice(ALL)}

    def draw_flashLoan(self, rng: random.Random, at: int) -> Draw:
        i = rng.choice(EVERYBODY)
        assets = rng.sample(list(ALL), rng.choice((0, 1, 1, 1, 2, 2, 2, 3)))
        if rng.random() < WRONG:
            assets = [*assets, rng.choice(ALL), *assets]
        behalf = i
        lenders = [d for d, borrower in DELEGATIONS if borrower == i]
        if lenders and rng.random() < 0.2:
            behalf = rng.choice(lenders)
        amounts, modes = [], []
        for k in assets:
            mode = rng.choice((0, 0, 0, 1, 2, 2))
            liquidity = self.model.market.reserves[k].available_liquidity
            top = liquidity // assets.count(k)
            if mode:
                top = min(top, self.model.borrowable(behalf, k, at) // len(assets))
            amounts.append(self.nearly(rng, top if rng.random() < 0.95 else 2 * liquidity))
            modes.append(mode if rng.random() > 0.02 else 3)
        return "flashLoan", {"i": i, "assets": assets, "amounts": amounts, "modes": modes, "on_behalf": behalf,
                             "referral": 0}

    def draw_flashLoanSimple(self, rng: random.Random, _: int) -> Draw:
        i, k = rng.choice(EVERYBODY), rng.choice(ALL)
        amount = self.nearly(rng, self.model.market.reserves[k].available_liquidity)
        return "flashLoanSimple", {"i": i, "k": k, "amount": amount, "referral": rng.choice((0, 7))}

    def draw_transfer(self, rng: random.Random, at: int) -> Draw:
        i, k = self._holder(rng)
        balance = self.model.a_tokens(i, k, at)
        amount = balance if rng.random() < 0.3 else self.nearly(rng, balance)
        return "aToken.transfer", {"i": i, "k": k, "to": rng.choice((*EVERYBODY, i, TREASURY_ACCOUNT)),
                                   "amount": amount}

    def draw_approveDelegation(self, rng: random.Random, at: int) -> Draw:
        (delegator, delegatee), k = rng.choice(DELEGATIONS), rng.choice(ALL)
        top = self.model.borrowable(delegator, k, at)
        amount = rng.choice((0, MAX, self.nearly(rng, top), self.nearly(rng, top)))
        return "debtToken.approveDelegation", {"i": delegator, "k": k, "to": delegatee, "mode": self._mode(rng),
                                               "amount": amount}

    def draw_setAnswer(self, rng: random.Random, _: int) -> Draw:
        if not self.model.last and rng.random() < 0.15:
            return "feed.setAnswer", {"category": 1, "answer": int(MODES[0].price * rng.uniform(0.9, 1.1))}
        k = rng.choice(ALL)
        price, listed = self.model.market.reserves[k].price, LISTINGS[k].price
        factor = rng.choice((rng.uniform(0.95, 1.05), rng.uniform(0.9, 1.1), rng.uniform(0.6, 1.5)))
        moved = int(price * factor) if listed // 20 < price < listed * 20 else listed
        return "feed.setAnswer", {"k": k, "answer": max(1, moved)}

    def draw_receiver(self, rng: random.Random, _: int) -> Draw:
        if self.model.receiver.spoiled and rng.random() < 0.7:
            return self.model.receiver.repair()
        kind = rng.choice(("setFailExecutionTransfer", "setSimulateEOA", "setAmountToApprove"))
        value: Any = rng.random() < 0.5
        if kind == "setAmountToApprove":
            value = rng.choice((0, 1, self.tokens(rng, rng.choice(ALL))))
        return f"receiver.{kind}", {"value": value}

    def draw_sentinel(self, rng: random.Random, at: int) -> Draw:
        if rng.random() < 0.3:
            return "provider.setPriceOracleSentinel", {"on": int(rng.random() < 0.5)}
        since = at - rng.choice((0, 1, 3599, 3600, 9999))
        return "sequencer.setAnswer", {"down": int(rng.random() < 0.3), "since": since}

    def draw_configurator(self, rng: random.Random, _: int) -> Draw:
        return governance.draw(self.model, rng)

    # ---- who --------------------------------------------------------------------------------------------------------
    def _mode(self, rng: random.Random) -> int:
        return 2 if self.model.last else rng.choice((1, 2, 2))

    def _holder(self, rng: random.Random) -> tuple[int, int]:
        """A user and a reserve that it has aTokens of, if there is one; now and then the treasury."""
        pairs = [(i, k) for i in range(len(ACCOUNTS)) for k in ALL if self.model.holding(i, k).scaled_supply]
        return rng.choice(pairs) if pairs else (rng.choice(EVERYBODY), rng.choice(ALL))

    def _debtor(self, rng: random.Random, stable: bool = False) -> tuple[int, int, int]:
        """A user, a reserve and a mode in which it owes something, if there is one."""
        owed = [(i, k, 1) for i in EVERYBODY for k in ALL if self.model.holding(i, k).stable_principal]
        if not stable:
            owed += [(i, k, 2) for i in EVERYBODY for k in ALL if self.model.holding(i, k).scaled_debt]
        return rng.choice(owed) if owed else (rng.choice(EVERYBODY), rng.choice(ALL), self._mode(rng))
