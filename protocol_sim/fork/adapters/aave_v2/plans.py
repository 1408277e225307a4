"""Sequences of operations that lead to a rare path; each step is drawn when its turn comes, from the state of then."""

import random
from typing import TYPE_CHECKING, Any

from protocol_sim.fork.adapters.aave_v2.chain import DELEGATIONS, MAX
from protocol_sim.fork.adapters.aave_v2.edges import threshold_prices
from protocol_sim.fork.adapters.aave_v2.limits import on_the_edge, on_the_limit, same_currency, squeeze, tight
from protocol_sim.fork.adapters.aave_v2.steps import ALL, DAY, EVERYBODY, FEED_PRICED, always, borrow, free, supply
from protocol_sim.fork.deploy.aave_v2 import LISTINGS, STRATEGIES

if TYPE_CHECKING:
    from protocol_sim.fork.adapters.aave_v2.draws import Draw, Draws, Step


def draw(draws: "Draws", rng: random.Random) -> "list[Step]":
    """One of the plans."""
    plan = rng.choices(list(PLANS), list(PLANS.values()))[0]
    return plan(draws, rng)


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


PLANS = {
    on_the_edge: 8, on_the_limit: 6, tight: 8, same_currency: 3, squeeze: 2, take_all: 4, delegation: 4, leftovers: 2,
    stable_run: 4, two_modes: 6, asleep: 6, aged: 1,
}
