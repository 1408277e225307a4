"""Plans that aim at the very unit where the contract changes its mind: the model is bisected for it."""

import random
from typing import TYPE_CHECKING

from protocol_sim.fork.adapters.aave_v2.edges import boundary, threshold_prices
from protocol_sim.fork.adapters.aave_v2.steps import ALL, EVERYBODY, FEED_PRICED, borrow, free, supply
from protocol_sim.fork.deploy.aave_v2 import LISTINGS

if TYPE_CHECKING:
    from protocol_sim.fork.adapters.aave_v2.draws import Draw, Draws, Step


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


def on_the_limit(draws: "Draws", rng: random.Random) -> "list[Step]":
    """The largest amount that somebody may borrow, withdraw or transfer, one unit more, and then exactly it."""
    i, k, kind = rng.choice(EVERYBODY), rng.choice(ALL), rng.choice(("borrow", "stable", "withdraw", "transfer"))
    model = draws.model
    bound = [(u, j) for u in EVERYBODY if model.debts(u) for j in model.collaterals(u)]
    if kind in ("withdraw", "transfer") and bound:
        i, k = rng.choice(bound)
    to = rng.choice([j for j in EVERYBODY if j != i])
    found: dict[str, int] = {}

    def told(amount: int) -> "Draw":
        own = {"i": i, "k": k, "amount": amount}
        if kind == "withdraw":
            return "withdraw", {**own, "to": i}
        if kind == "transfer":
            return "aToken.transfer", {**own, "to": to}
        return "borrow", {**own, "mode": 1 if kind == "stable" else 2, "on_behalf": i, "referral": 0}

    def above(rng: random.Random, at: int) -> "Draw":
        def passes(amount: int) -> bool:
            own = {"i": i, "k": k, "amount": amount, "now": at}
            if kind == "withdraw":
                return draws.model.trial(("withdraw", own)) == 0
            if kind == "transfer":
                return draws.model.trial(("transfer_atoken", {**own, "to": to})) == 0
            mode = 1 if kind == "stable" else 2
            return draws.model.trial(("borrow", {**own, "mode": mode, "caller": i})) == 0

        pair = boundary(passes, rng.choice((1, 10**6)), 2**100)
        if pair is None:
            return draws.draw_borrow(rng, at)
        found["amount"], draws.wait = pair[0], 0
        return told(pair[1])

    def exactly(_: random.Random, __: int) -> "Draw | None":
        return told(found["amount"]) if found else None

    ready = [supply(draws, i, rng.choice([j for j in ALL if j != k]), 100)] if rng.random() < 0.5 else []
    return [*ready, above, exactly]


def same_currency(draws: "Draws", rng: random.Random) -> "list[Step]":
    """A stable loan of just as much as the same asset covers, which is refused, and of one unit more."""
    k, (i, other) = rng.choice([k for k in ALL if LISTINGS[k].stable]), rng.sample(list(EVERYBODY), 2)

    def enable(_: random.Random, __: int) -> "Draw | None":
        if draws.model.market.accounts[i].collateral >> k & 1:
            return None
        return "setUserUseReserveAsCollateral", {"i": i, "k": k, "use": 1}

    def loan(more: int) -> "Step":
        def step(_: random.Random, at: int) -> "Draw":
            draws.wait = 0
            amount = draws.model.a_tokens(i, k, at) + more
            return "borrow", {"i": i, "k": k, "amount": amount, "mode": 1, "on_behalf": i, "referral": 0}

        return step

    cover = supply(draws, i, rng.choice([j for j in ALL if j != k]), 1000)
    return [cover, supply(draws, other, k, 1000), supply(draws, i, k, 1), enable, loan(0), loan(1)]


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

    def leave_just_enough(rng: random.Random, at: int) -> "Draw":
        liquidity = draws.model.market.reserves[k].available_liquidity
        u = max(EVERYBODY, key=lambda u: draws.model.a_tokens(u, k, at))

        def allows(amount: int) -> bool:
            left = ("withdraw", {"i": u, "k": k, "amount": amount, "now": at})
            return draws.model.trial(left, ("rebalance_stable_rate", {"i": i, "k": k, "now": at})) == 0

        pair = boundary(allows, 1, min(liquidity, draws.model.a_tokens(u, k, at)))
        if pair is None:
            return leave(rng, at)
        draws.wait = 0
        return "withdraw", {"i": u, "k": k, "amount": rng.choice(pair), "to": u}

    loans = [borrow(draws, i, k, 1, 1)] * rng.randrange(3, 8)
    left = [leave_just_enough, rebalance, leave_just_enough, rebalance, leave, leave, rebalance]
    return [*(supply(draws, i, j) for j in others), free(draws, i, k), *loans, *left]


def tight(draws: "Draws", rng: random.Random) -> "list[Step]":
    """A price at which giving up some collateral is just not allowed, and its neighbour at which it is."""
    model = draws.model
    bound = [(u, j) for u in EVERYBODY if model.debts(u) for j in model.collaterals(u)]
    if not bound:
        return on_the_limit(draws, rng)
    i, k = rng.choice(bound)
    kind = rng.choice(("withdraw", "disable", "transfer"))
    found: dict[str, int] = {}
    to = rng.choice([j for j in EVERYBODY if j != i])

    def lose(amount: int) -> "Draw":
        if kind == "withdraw":
            return "withdraw", {"i": i, "k": k, "amount": amount, "to": i}
        if kind == "transfer":
            return "aToken.transfer", {"i": i, "k": k, "to": to, "amount": amount}
        return "setUserUseReserveAsCollateral", {"i": i, "k": k, "use": 0}

    def aim(rng: random.Random, at: int) -> "Draw":
        own = {"i": i, "k": k, "now": at}
        amount = model.a_tokens(i, k, at) // rng.choice((2, 3, 10))
        call = {"withdraw": ("withdraw", {**own, "amount": amount}), "disable": ("set_collateral", {**own, "used": 0}),
                "transfer": ("transfer_atoken", {**own, "to": to, "amount": amount})}[kind]
        moved = [p for p in FEED_PRICED if p in model.debts(i) + model.collaterals(i)]
        for p in sorted(moved, key=lambda p: -LISTINGS[p].price):

            def passes(price: int, p: int = p) -> bool:
                return model.trial(("set_price", {"k": p, "price": price}), call) == 0

            pair = boundary(passes, 1, model.market.reserves[p].price * 1000)
            if pair is not None:
                found.update(price=pair[0], asset=p, amount=amount)
                draws.wait = 0
                return "feed.setAnswer", {"k": p, "answer": pair[1]}
        return draws.draw_withdraw(rng, at)

    def attempt(_: random.Random, __: int) -> "Draw | None":
        if not found:
            return None
        draws.wait = 0
        return lose(found["amount"])

    def ease(_: random.Random, __: int) -> "Draw | None":
        if not found:
            return None
        draws.wait = 0
        return "feed.setAnswer", {"k": found["asset"], "answer": found["price"]}

    return [aim, attempt, ease, attempt]
