"""Sequences of operations that lead to a rare path; each step is drawn when its turn comes, from the state of then."""

import random
from typing import TYPE_CHECKING, Any

from protocol_sim.fork.adapters.aave_v2.chain import DELEGATIONS, MAX, USERS
from protocol_sim.fork.adapters.aave_v2.edges import threshold_prices
from protocol_sim.fork.deploy.aave_v2 import LISTINGS, STRATEGIES

if TYPE_CHECKING:
    from protocol_sim.fork.adapters.aave_v2.draws import Draw, Draws, Step

EVERYBODY, ALL = range(len(USERS)), range(len(LISTINGS))
FEED_PRICED = range(1, len(LISTINGS))  # WETH is 1 by definition
RICH = 10**4  # ETH
DAY = 86_400  # seconds


def draw(draws: "Draws", rng: random.Random) -> "list[Step]":
    """One of the plans."""
    return rng.choices((on_the_edge, squeeze, take_all, delegation, leftovers, stable_run, two_modes, asleep, aged),
                       (8, 2, 4, 4, 2, 4, 6, 6, 1))[0](draws, rng)


def supply(draws: "Draws", i: int, k: int, ether: int = RICH) -> "Step":
    """A deposit worth so many ETH at the listing's price, as far as the wallet goes."""

    def step(_: random.Random, __: int) -> "Draw":
        amount = min(ether * 10 ** (LISTINGS[k].decimals + 18) // LISTINGS[k].price, draws.model.wallets[i][k])
        return "deposit", {"i": i, "k": k, "amount": amount, "on_behalf": i, "referral": 0}

    return step


def borrow(draws: "Draws", i: int, k: int, mode: int, part: int) -> "Step":
    """A loan of a part of what may be borrowed."""

    def step(_: random.Random, at: int) -> "Draw":
        liquidity = draws.model.market.reserves[k].available_liquidity
        top = min(liquidity // 4 if mode == 1 else liquidity, draws.model.borrowable(i, k, at))
        return "borrow", {"i": i, "k": k, "amount": top // part, "mode": mode, "on_behalf": i, "referral": 0}

    return step


def free(draws: "Draws", i: int, k: int) -> "Step":
    """A stable loan needs that the same asset is no collateral."""

    def step(_: random.Random, __: int) -> "Draw | None":
        if draws.model.market.accounts[i].collateral >> k & 1 == 0:
            return None
        return "setUserUseReserveAsCollateral", {"i": i, "k": k, "use": 0}

    return step


def on_the_edge(draws: "Draws", rng: random.Random) -> "list[Step]":
    """A price that puts somebody's health factor just on either side of 1, and a liquidation on each side."""
    target: dict[str, int] = {}

    def price(side: int) -> "Step":
        def step(rng: random.Random, at: int) -> "Draw":
            model = draws.model
            users = [u for u in EVERYBODY if model.debts(u) and model.collaterals(u)]
            pairs = [(u, k) for u in users for k in FEED_PRICED if k in model.debts(u) + model.collaterals(u)]
            rng.shuffle(pairs)
            if rng.random() < 0.7:  # the dearest asset has the finest price, so it comes closest to the threshold
                pairs.sort(key=lambda pair: -LISTINGS[pair[1]].price)
            for user, k in pairs:
                found = threshold_prices(model, user, k, at)
                if found is not None:
                    target["user"] = user
                    draws.wait = 0
                    return "feed.setAnswer", {"k": k, "answer": found[side]}
            return draws.draw_setAnswer(rng, at)

        return step

    def liquidate(rng: random.Random, at: int) -> "Draw":
        if "user" not in target:
            return draws.draw_liquidationCall(rng, at)
        return draws.liquidation(rng, at, target["user"])

    first = rng.randrange(2)
    return [price(first), liquidate, price(1 - first), liquidate]


def squeeze(draws: "Draws", rng: random.Random) -> "list[Step]":
    """Stable borrowing at a low rate, then the suppliers leave: the only way to a rebalance."""
    k, i = rng.choice([k for k in ALL if LISTINGS[k].stable]), rng.choice(EVERYBODY)
    others = rng.sample([j for j in ALL if j != k], 2)

    def leave(_: random.Random, at: int) -> "Draw":
        liquidity = draws.model.market.reserves[k].available_liquidity
        u = max(EVERYBODY, key=lambda u: draws.model.a_tokens(u, k, at))
        return "withdraw", {"i": u, "k": k, "amount": min(liquidity, draws.model.a_tokens(u, k, at)), "to": u}

    def rebalance(rng: random.Random, _: int) -> "Draw":
        return "rebalanceStableBorrowRate", {"i": rng.choice(EVERYBODY), "k": k, "user": i}

    loans = [borrow(draws, i, k, 1, 1)] * rng.randrange(3, 8)
    return [*(supply(draws, i, j) for j in others), free(draws, i, k), *loans, leave, leave, leave, rebalance]


def take_all(draws: "Draws", rng: random.Random) -> "list[Step]":
    """A crash after which a liquidation takes a whole collateral: debt is capped by what there is to seize."""
    k = rng.choice(FEED_PRICED)

    def crash(rng: random.Random, _: int) -> "Draw":
        price = draws.model.market.reserves[k].price
        return "feed.setAnswer", {"k": k, "answer": max(1, price // rng.choice((2, 4, 10)))}

    def liquidate(rng: random.Random, at: int) -> "Draw":
        users = [u for u in draws.model.unhealthy(at) if k in draws.model.collaterals(u)]
        if not users:
            return draws.draw_liquidationCall(rng, at)
        name, arguments = draws.liquidation(rng, at, rng.choice(users))
        return name, {**arguments, "kc": k, "amount": MAX}

    def recover(_: random.Random, __: int) -> "Draw":
        return "feed.setAnswer", {"k": k, "answer": LISTINGS[k].price}

    return [crash, *[liquidate] * rng.randrange(1, 4), recover]


def delegation(draws: "Draws", rng: random.Random) -> "list[Step]":
    """Credit given, used by a loan or a flash loan, and used up."""
    (delegator, delegatee), k, mode = rng.choice(DELEGATIONS), rng.choice(ALL), rng.choice((1, 2))
    given: dict[str, int] = {}

    def approve(rng: random.Random, at: int) -> "Draw":
        given["amount"] = draws.model.borrowable(delegator, k, at) // rng.choice((2, 10, 100))
        return "debtToken.approveDelegation", {"i": delegator, "k": k, "to": delegatee, "mode": mode,
                                               "amount": given["amount"]}

    def use(rng: random.Random, _: int) -> "Draw":
        amount = rng.choice((given["amount"], given["amount"] // 2, given["amount"] // 2 + 1))
        told: dict[str, Any] = {"i": delegatee, "on_behalf": delegator, "referral": 0}
        if rng.random() < 0.4:
            return "flashLoan", {**told, "assets": [k], "amounts": [amount], "modes": [mode]}
        return "borrow", {**told, "k": k, "amount": amount, "mode": mode}

    other = supply(draws, delegator, rng.choice([j for j in ALL if j != k]))
    return [other, free(draws, delegator, k), approve, use, use]


def leftovers(draws: "Draws", rng: random.Random) -> "list[Step]":
    """A flash loan that opened debt leaves tokens and an approval behind; a failing one is paid from them."""
    i, k = rng.choice(EVERYBODY), rng.choice(ALL)

    def loan(mode: int, part: int) -> "Step":
        def step(_: random.Random, at: int) -> "Draw":
            liquidity = draws.model.market.reserves[k].available_liquidity
            amount = min(liquidity, draws.model.borrowable(i, k, at)) // 4
            if mode == 0:
                amount = min(liquidity, draws.model.receiver.can_pay(k) // part)
            return "flashLoan", {"i": i, "assets": [k], "amounts": [amount], "modes": [mode], "on_behalf": i,
                                 "referral": 0}

        return step

    def fail(value: bool) -> "Step":
        return lambda _, __: ("receiver.setFailExecutionTransfer", {"value": value})

    return [lambda _, __: ("receiver.setAmountToApprove", {"value": 0}), fail(False),
            supply(draws, i, rng.choice([j for j in ALL if j != k])), loan(2, 1), fail(True), loan(0, 2), fail(False)]


def stable_run(draws: "Draws", rng: random.Random) -> "list[Step]":
    """Two stable borrowers at different rates repay everything: total and users accrue apart, so the total runs out."""
    k = rng.choice([k for k in ALL if LISTINGS[k].stable])
    users = rng.sample(list(EVERYBODY), 2)

    def repay(i: int) -> "Step":
        return lambda _, __: ("repay", {"i": i, "k": k, "amount": MAX, "mode": 1, "on_behalf": i})

    others = [j for j in ALL if j != k]
    loans = [borrow(draws, i, k, 1, rng.choice((1, 2, 1000))) for i in users]
    readied = [step for i in users for step in (supply(draws, i, rng.choice(others), 100), free(draws, i, k))]
    return [*readied, *loans, *(repay(i) for i in users)]


def two_modes(draws: "Draws", rng: random.Random) -> "list[Step]":
    """Stable and variable debt in one reserve, and a liquidation that takes some of each."""
    i, k, kc = rng.choice(EVERYBODY), *rng.sample(list(FEED_PRICED), 2)

    def crash(_: random.Random, at: int) -> "Draw":
        found = threshold_prices(draws.model, i, kc, at)
        answer = found[1] * 97 // 100 if found else draws.model.market.reserves[kc].price
        return "feed.setAnswer", {"k": kc, "answer": max(answer, 1)}

    def liquidate(rng: random.Random, at: int) -> "Draw":
        variable = draws.model.debt(i, k, 2, at)
        amount = rng.choice((MAX, variable, variable + 1, variable + 1000))
        return "liquidationCall", {"i": rng.choice(EVERYBODY), "kc": kc, "kd": k, "user": i, "amount": amount,
                                   "receive_a_token": rng.randrange(2)}

    def recover(_: random.Random, __: int) -> "Draw":
        return "feed.setAnswer", {"k": kc, "answer": LISTINGS[kc].price}

    return [supply(draws, i, kc, 1000), free(draws, i, k), borrow(draws, i, k, 1, rng.choice((2, 3))),
            borrow(draws, i, k, 2, rng.choice((1, 4, 20))), crash, liquidate, liquidate, recover]


def asleep(draws: "Draws", rng: random.Random) -> "list[Step]":
    """A reserve that nobody uses can be switched off, or lose its threshold; everything is tried on it then."""
    market = draws.model.market
    unused = [k for k in ALL if market.reserves[k].available_liquidity == 0 and market.reserves[k].liquidity_rate == 0]
    if not unused:
        return two_modes(draws, rng)
    k, i, user = rng.choice(unused), rng.choice(EVERYBODY), rng.choice(EVERYBODY)
    amount, own = draws.tokens(rng, k), {"i": i, "k": k, "on_behalf": i}
    cover = {"i": user, "kd": rng.choice(ALL), "kc": k, "user": i, "amount": MAX, "receive_a_token": 1}
    loan = {"i": i, "assets": [k], "amounts": [0], "modes": [0], "on_behalf": i, "referral": 0}
    tried: list[tuple[str, dict[str, Any]]] = [
        ("deposit", {**own, "amount": amount, "referral": 0}),
        ("borrow", {**own, "amount": amount // 3, "mode": 2, "referral": 0}),
        ("withdraw", {"i": i, "k": k, "amount": 1, "to": i}),
        ("setUserUseReserveAsCollateral", {"i": i, "k": k, "use": 0}),
        ("setUserUseReserveAsCollateral", {"i": i, "k": k, "use": 1}),
        ("swapBorrowRateMode", {"i": i, "k": k, "mode": 2}),
        ("rebalanceStableBorrowRate", {"i": i, "k": k, "user": user}),
        ("repay", {**own, "amount": MAX, "mode": 2}),
        ("liquidationCall", cover), ("flashLoan", loan),
        ("aToken.transfer", {"i": i, "k": k, "to": user, "amount": amount // 2}),
        ("withdraw", {"i": i, "k": k, "amount": MAX, "to": i}),
    ]
    kept = [step for step in tried if rng.random() < 0.7]
    listed = LISTINGS[k]
    back: tuple[str, dict[str, Any]] = ("configurator.activateReserve", {"k": k})
    off: tuple[str, dict[str, Any]] = ("configurator.deactivateReserve", {"k": k})
    if rng.random() < 0.5:
        off = ("configurator.configureReserveAsCollateral", {"k": k, "ltv": 0, "threshold": 0, "bonus": 0})
        back = ("configurator.configureReserveAsCollateral",
                {"k": k, "ltv": listed.ltv, "threshold": listed.threshold, "bonus": listed.bonus})
    return [always(step) for step in (off, *kept, back)]


def aged(draws: "Draws", rng: random.Random) -> "list[Step]":
    """Years at a thousand percent: indices far above 1, where a few units scale to nothing; in the end overflow."""
    k, i = rng.choice(ALL), rng.choice(EVERYBODY)
    dear = len(STRATEGIES) - 1

    def years(rng: random.Random, at: int) -> "Draw":
        draws.wait = rng.randrange(200, 900) * DAY
        return tiny(rng, at)

    def tiny(rng: random.Random, at: int) -> "Draw":
        users = [u for u in EVERYBODY if draws.model.a_tokens(u, k, at)] or [i]
        owing = [u for u in EVERYBODY if draws.model.debt(u, k, 2, at)] or [i]
        amount, u, debtor = rng.randrange(1, 4), rng.choice(users), rng.choice(owing)
        return rng.choice((
            ("withdraw", {"i": u, "k": k, "amount": amount, "to": u}),
            ("deposit", {"i": u, "k": k, "amount": amount, "on_behalf": u, "referral": 0}),
            ("borrow", {"i": u, "k": k, "amount": amount, "mode": 2, "on_behalf": u, "referral": 0}),
            ("repay", {"i": debtor, "k": k, "amount": amount, "mode": 2, "on_behalf": debtor}),
            ("aToken.transfer", {"i": u, "k": k, "to": i, "amount": amount}),
            ("liquidationCall", {"i": u, "kc": k, "kd": k, "user": debtor, "amount": amount, "receive_a_token": 1}),
        ))

    switch = always(("configurator.setReserveInterestRateStrategyAddress", {"k": k, "strategy": dear}))
    start = [supply(draws, i, j, 100) for j in rng.sample([j for j in ALL if j != k], 2)]
    turns = [step for _ in range(rng.randrange(2, 6)) for step in (years, tiny, tiny)]
    return [*start, supply(draws, i, k, 10), borrow(draws, i, k, 2, 3), switch, *turns]


def always(draw: "Draw") -> "Step":
    """A step that does not depend on the state."""
    return lambda _, __: draw
