"""Random operations for Aave V2, drawn from the model's state; what reaches rare paths is a plan of several steps."""

import math
import random
from collections.abc import Callable
from typing import Any

from protocol_sim.fork.adapters.aave_v2 import plans
from protocol_sim.fork.adapters.aave_v2.chain import ACCOUNTS, DELEGATIONS, MAX, NAMES, TREASURY, USERS
from protocol_sim.fork.adapters.aave_v2.model import Model
from protocol_sim.fork.adapters.edges import amount_up_to
from protocol_sim.fork.deploy.aave_v2 import LISTINGS, STRATEGIES

Draw = tuple[str, dict[str, Any]]
Step = Callable[[random.Random, int], Draw | None]  # None: nothing to do at this point

TREASURY_ACCOUNT = ACCOUNTS.index(TREASURY)
FEED_PRICED = range(1, len(NAMES))  # WETH is 1 by definition
EVERYBODY = range(len(USERS))
ALL = range(len(NAMES))
HUGE = (2**128, 2**200, 2**255, MAX - 1, MAX)
WRONG = 0.1  # share of operations that are made wrong on purpose

WEIGHTS = {
    "deposit": 12, "withdraw": 12, "borrow": 18, "repay": 12, "swapBorrowRateMode": 6, "rebalanceStableBorrowRate": 2,
    "setUserUseReserveAsCollateral": 5, "liquidationCall": 6, "flashLoan": 8, "aToken.transfer": 6,
    "debtToken.approveDelegation": 3, "feed.setAnswer": 8, "configurator": 5, "receiver": 3,
}


class Draws:
    """Draws operations for one deployment."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._plan: list[Step] = []
        self._started = False
        self._dust = False  # an episode of tiny amounts, where every rounding shows
        self.wait: int | None = None  # seconds to the next block; None: as it comes

    def next(self, rng: random.Random, at: int) -> Draw:
        """An operation and its arguments for a block at time `at` (seconds)."""
        if not self._started:
            self._started, self._dust = True, rng.random() < 0.25
            quiet = rng.choice((None, None, *ALL))  # a reserve that stays unused for a while
            self._plan = [self._seed(i, k) for i in EVERYBODY for k in rng.sample(list(ALL), 3) if k != quiet]
        if not self._plan and rng.random() < 0.1:
            self._plan = plans.draw(self, rng)
        while self._plan:
            drawn = self._plan.pop(0)(rng, at)
            if drawn is not None:
                return drawn
        return self._single(rng, at)

    def _single(self, rng: random.Random, at: int) -> Draw:
        market = self.model.market
        if market.settings[0].paused and rng.random() < 0.4:
            return "configurator.setPoolPause", {"value": 0}
        weights = dict(WEIGHTS)
        if self.model.unhealthy(at):
            weights["liquidationCall"] = 40
        if self._repair(rng) is not None:
            weights["configurator"] = 15
        name = rng.choices(list(weights), list(weights.values()))[0]
        draw: Draw = getattr(self, "draw_" + name.rpartition(".")[2])(rng, at)
        return draw

    # ---- amounts ----------------------------------------------------------------------------------------------------
    def tokens(self, rng: random.Random, k: int) -> int:
        """Raw units worth 0.001 to 10,000 ETH at the listing's price."""
        if self._dust:
            return rng.randrange(1, 10 ** rng.randint(1, 7))
        worth = int(math.pow(10, rng.uniform(6, 13)))  # in 10**9 wei
        unit = self.model.market.reserves[k].unit
        return worth * 10**9 * unit // LISTINGS[k].price

    def nearly(self, rng: random.Random, top: int) -> int:
        """Around `top`: all of it, a unit more or less, a part, dust."""
        kind = rng.random()
        if kind < 0.15:
            return max(0, top + rng.choice((-1, 0, 1)))
        return amount_up_to(rng, top + 1)

    def _referral(self, rng: random.Random) -> int:
        return rng.choice((0, 0, 0, 7, 65535))

    # ---- one draw an operation --------------------------------------------------------------------------------------
    def _seed(self, i: int, k: int) -> Step:
        def step(rng: random.Random, _: int) -> Draw:
            amount = min(self.tokens(rng, k), self.model.wallets[i][k])
            return "deposit", {"i": i, "k": k, "amount": amount, "on_behalf": i, "referral": 0}

        return step

    def draw_deposit(self, rng: random.Random, _: int) -> Draw:
        i, k = rng.choice(EVERYBODY), rng.choice(ALL)
        amount = self.tokens(rng, k)
        if rng.random() < 0.15:
            wallet = self.model.wallets[i][k]
            amount = rng.choice((0, 1, 2, wallet, wallet + 1, rng.choice(HUGE)))
        behalf = rng.choice((i, i, i, i, i, rng.choice(EVERYBODY), rng.choice(EVERYBODY), TREASURY_ACCOUNT))
        return "deposit", {"i": i, "k": k, "amount": amount, "on_behalf": behalf, "referral": self._referral(rng)}

    def draw_withdraw(self, rng: random.Random, at: int) -> Draw:
        i, k = self._holder(rng)
        balance, liquidity = self.model.a_tokens(i, k, at), self.model.market.reserves[k].available_liquidity
        top = min(balance, liquidity) if rng.random() < 0.7 else balance
        if top == 0 and rng.random() < 0.8:
            return self.draw_deposit(rng, at)
        amount = rng.choice((MAX, MAX, MAX, MAX - 1)) if rng.random() < 0.2 else self.nearly(rng, top)
        return "withdraw", {"i": i, "k": k, "amount": amount, "to": rng.choice((i, i, i, rng.choice(EVERYBODY)))}

    def draw_borrow(self, rng: random.Random, at: int) -> Draw:
        i, k, mode = rng.choice(EVERYBODY), rng.choice(ALL), rng.choice((1, 2, 2))
        behalf = i
        lenders = [d for d, borrower in DELEGATIONS if borrower == i]
        if lenders and rng.random() < 0.3:
            behalf = rng.choice(lenders)
        r = self.model.market.reserves[k]
        top = min(self.model.borrowable(behalf, k, at), r.available_liquidity)
        if mode == 1:
            top = min(top, r.available_liquidity // 4)
        if top == 0 and rng.random() < 0.8:
            return self.draw_deposit(rng, at)
        amount = self.nearly(rng, top)
        if rng.random() < WRONG:
            wrong = ((amount * 2, mode), (0, mode), (amount, 0), (amount, 3), (self.tokens(rng, k), 1),
                     (rng.choice(HUGE), mode))
            amount, mode = rng.choice(wrong)
        return "borrow", {"i": i, "k": k, "amount": amount, "mode": mode, "on_behalf": behalf,
                          "referral": self._referral(rng)}

    def draw_repay(self, rng: random.Random, at: int) -> Draw:
        behalf, k, mode = self._debtor(rng)
        i = rng.choice((behalf, behalf, behalf, rng.choice(EVERYBODY)))
        amount = MAX if rng.random() < 0.3 else self.nearly(rng, self.model.debt(behalf, k, mode, at))
        if rng.random() < WRONG:
            mode = rng.choice((0, 1, 2, 3))
        return "repay", {"i": i, "k": k, "amount": amount, "mode": mode, "on_behalf": behalf}

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
        used = self.model.market.accounts[i].collateral >> k & 1
        return "setUserUseReserveAsCollateral", {"i": i, "k": k, "use": 1 - used if rng.random() < 0.8 else used}

    def draw_liquidationCall(self, rng: random.Random, at: int) -> Draw:
        users = self.model.unhealthy(at) or list(EVERYBODY)
        return self.liquidation(rng, at, rng.choice(users))

    def liquidation(self, rng: random.Random, at: int, user: int) -> Draw:
        collaterals = self.model.collaterals(user) or list(ALL)
        debts = self.model.debts(user) or list(ALL)
        both = sorted(set(collaterals) & set(debts))
        kc, kd = rng.choice(collaterals), rng.choice(debts)
        if both and rng.random() < 0.3:
            kc = kd = rng.choice(both)
        if rng.random() < WRONG:
            kc, kd = rng.choice(ALL), rng.choice(ALL)
        owed = self.model.debt(user, kd, 1, at) + self.model.debt(user, kd, 2, at)
        amount = rng.choice((MAX, owed, self.nearly(rng, owed // 2), self.nearly(rng, owed)))
        i = rng.choice([u for u in EVERYBODY if u != user] * 4 + [user])
        return "liquidationCall", {"i": i, "kc": kc, "kd": kd, "user": user, "amount": amount,
                                   "receive_a_token": rng.randrange(2)}

    def draw_flashLoan(self, rng: random.Random, at: int) -> Draw:
        i = rng.choice(EVERYBODY)
        assets = rng.choices(list(ALL), k=rng.choice((0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3)))
        behalf = i
        lenders = [d for d, borrower in DELEGATIONS if borrower == i]
        if lenders and rng.random() < 0.3:
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
                             "referral": self._referral(rng)}

    def draw_transfer(self, rng: random.Random, at: int) -> Draw:
        i, k = self._holder(rng)
        balance = self.model.a_tokens(i, k, at)
        amount = balance if rng.random() < 0.3 else self.nearly(rng, balance)
        to = rng.choice((*EVERYBODY, i, TREASURY_ACCOUNT))
        return "aToken.transfer", {"i": i, "k": k, "to": to, "amount": amount}

    def draw_approveDelegation(self, rng: random.Random, at: int) -> Draw:
        delegator, delegatee = rng.choice(DELEGATIONS)
        k = rng.choice(ALL)
        top = self.model.borrowable(delegator, k, at)
        amount = rng.choice((0, MAX, self.nearly(rng, top), self.nearly(rng, top)))
        return "debtToken.approveDelegation", {"i": delegator, "k": k, "to": delegatee, "mode": rng.choice((1, 2)),
                                               "amount": amount}

    def draw_setAnswer(self, rng: random.Random, _: int) -> Draw:
        k = rng.choice(FEED_PRICED)
        price, listed = self.model.market.reserves[k].price, LISTINGS[k].price
        factor = rng.choice((rng.uniform(0.9, 1.1), rng.uniform(0.9, 1.1), rng.uniform(0.6, 1.5)))
        if rng.random() < 0.02:
            return "feed.setAnswer", {"k": k, "answer": rng.choice((0, -1, 1, listed * 1000))}
        moved = price * int(10**6 * factor) // 10**6 if listed // 20 < price < listed * 20 else listed
        return "feed.setAnswer", {"k": k, "answer": max(1, moved + rng.choice((0, 0, 1)))}

    def draw_receiver(self, rng: random.Random, _: int) -> Draw:
        if self.model.receiver.spoiled and rng.random() < 0.7:
            return self.model.receiver.repair()
        kind = rng.choice(("setFailExecutionTransfer", "setSimulateEOA", "setAmountToApprove"))
        value: Any = rng.random() < 0.5
        if kind == "setAmountToApprove":
            value = rng.choice((0, 1, self.tokens(rng, rng.choice(ALL))))
        return f"receiver.{kind}", {"value": value}

    def draw_configurator(self, rng: random.Random, _: int) -> Draw:
        k = rng.choice(ALL)
        r = self.model.market.reserves[k]
        repair = self._repair(rng)
        if repair is not None and rng.random() < 0.6:
            return repair
        kind = rng.choice(("freezeReserve", "setPoolPause", "configureReserveAsCollateral", "setReserveFactor",
                           "configureReserveAsCollateral", "borrowing", "stable", "active", "market", "strategy"))
        if kind == "setPoolPause":
            return "configurator.setPoolPause", {"value": 1}
        if kind == "borrowing":
            if r.borrowing and rng.random() < 0.5:
                return "configurator.disableBorrowingOnReserve", {"k": k}
            return "configurator.enableBorrowingOnReserve", {"k": k, "stable": int(rng.random() < 0.8)}
        if kind == "stable":
            on = rng.random() < 0.7
            return f"configurator.{'enable' if on else 'disable'}ReserveStableRate", {"k": k}
        if kind == "active":
            return f"configurator.{'deactivate' if r.active else 'activate'}Reserve", {"k": k}
        if kind == "setReserveFactor":
            factor = rng.choice((0, 1, 1000, 2000, 9999, 10000, 10001, 65536))
            return "configurator.setReserveFactor", {"k": k, "factor": factor}
        if kind == "configureReserveAsCollateral":
            return "configurator.configureReserveAsCollateral", {"k": k, **self._collateral(rng)}
        if kind == "strategy":
            name = "configurator.setReserveInterestRateStrategyAddress"
            return name, {"k": k, "strategy": rng.randrange(len(STRATEGIES))}
        if kind == "market":
            rate = rng.choice((0, 3, 5, 20)) * 10**25 + rng.randrange(9) if rng.random() < 0.85 else 2**128 - 1
            return "rateOracle.setMarketBorrowRate", {"k": k, "rate": rate}
        return "configurator.freezeReserve", {"k": k}

    def _repair(self, rng: random.Random) -> Draw | None:
        """What lifts a freeze or a setting that blocks a reserve."""
        reserves = self.model.market.reserves
        lame: list[Draw] = [("configurator.unfreezeReserve", {"k": k}) for k in ALL if reserves[k].frozen]
        lame += [("configurator.setReserveFactor", {"k": k, "factor": LISTINGS[k].factor})
                 for k in ALL if reserves[k].reserve_factor > 10_000]
        lame += [("rateOracle.setMarketBorrowRate", {"k": k, "rate": LISTINGS[k].market_rate})
                 for k in ALL if reserves[k].market_rate > 2**127]
        return rng.choice(lame) if lame else None

    def _collateral(self, rng: random.Random) -> dict[str, int]:
        """Sound parameters, now and then not."""
        threshold = rng.randrange(4000, 9000)
        bonus = rng.randrange(10_001, min(12_000, 10_000 * 10_000 // threshold))
        if rng.random() < 0.4:
            bonus = 10_000 * 10_000 // threshold + rng.randrange(-2, 3)
        ltv = rng.choice((0, threshold, rng.randrange(threshold)))
        if rng.random() < 0.25:
            return rng.choice(({"ltv": threshold + 1, "threshold": threshold, "bonus": bonus},
                               {"ltv": ltv, "threshold": threshold, "bonus": 10_000},
                               {"ltv": 0, "threshold": 0, "bonus": 0},
                               {"ltv": 0, "threshold": 0, "bonus": bonus},
                               {"ltv": ltv, "threshold": threshold, "bonus": 20_000}))
        return {"ltv": ltv, "threshold": threshold, "bonus": bonus}

    # ---- who --------------------------------------------------------------------------------------------------------
    def _holder(self, rng: random.Random) -> tuple[int, int]:
        """An account and a reserve that it has aTokens of, if there is one."""
        pairs = [(i, k) for i in range(len(ACCOUNTS)) for k in ALL if self.model.holding(i, k).scaled_supply]
        return rng.choice(pairs) if pairs else (rng.choice(EVERYBODY), rng.choice(ALL))

    def _debtor(self, rng: random.Random, stable: bool = False) -> tuple[int, int, int]:
        """An account, a reserve and a mode in which it owes something, if there is one."""
        owed = [(i, k, 1) for i in EVERYBODY for k in ALL if self.model.holding(i, k).stable_principal]
        if not stable:
            owed += [(i, k, 2) for i in EVERYBODY for k in ALL if self.model.holding(i, k).scaled_debt]
        return rng.choice(owed) if owed else (rng.choice(EVERYBODY), rng.choice(ALL), rng.choice((1, 2)))
