"""Sequences of operations that lead to a rare path; each step is drawn when its turn comes, from the state of then."""

import random
from typing import TYPE_CHECKING

from protocol_sim.fork.adapters.aave_v2.edges import boundary
from protocol_sim.fork.adapters.aave_v3.people import ALL, EVERYBODY, MAX, UMBRELLA
from protocol_sim.fork.deploy.aave_v3 import DOLLAR, LISTINGS, MODES
from protocol_sim.numeric import WAD

if TYPE_CHECKING:
    from protocol_sim.fork.adapters.aave_v3.draws import Draw, Draws, Step

DAY = 86_400  # seconds
ISOLATED = next(k for k, x in enumerate(LISTINGS) if x.ceiling)
IN_ISOLATION = [k for k, x in enumerate(LISTINGS) if x.in_isolation]
OPEN = [k for k in ALL if k != ISOLATED]


def draw(draws: "Draws", rng: random.Random) -> "list[Step]":
    """One of the plans."""
    plan = rng.choices(list(PLANS), list(PLANS.values()))[0]
    return plan(draws, rng)


# ---- steps ----------------------------------------------------------------------------------------------------------
def supply(draws: "Draws", i: int, k: int, dollars: int) -> "Step":
    """A supply worth so many dollars at the listing's price, as far as the wallet goes."""

    def step(_: random.Random, __: int) -> "Draw":
        amount = min(dollars * DOLLAR * 10 ** LISTINGS[k].decimals // LISTINGS[k].price, draws.model.wallets[i][k])
        return "supply", {"i": i, "k": k, "amount": amount, "on_behalf": i, "referral": 0}

    return step


def enable(draws: "Draws", i: int, k: int) -> "Step":
    """Collateral, unless it is."""

    def step(_: random.Random, __: int) -> "Draw | None":
        if draws.model.market.accounts[i].collateral >> k & 1:
            return None
        return "setUserUseReserveAsCollateral", {"i": i, "k": k, "use": 1}

    return step


def borrow(draws: "Draws", i: int, k: int, part: float) -> "Step":
    """A loan of a part of what may be borrowed, at a variable rate (in 3.0.2 now and then a stable one)."""

    def step(rng: random.Random, at: int) -> "Draw":
        mode = 1 if not draws.model.last and LISTINGS[k].stable and rng.random() < 0.2 else 2
        liquidity = draws.model.market.reserves[k].available_liquidity
        top = min(liquidity // 4 if mode == 1 else liquidity, draws.model.borrowable(i, k, at))
        draws.wait = rng.choice((0, 12))
        return "borrow", {"i": i, "k": k, "amount": max(1, int(top * part)), "mode": mode, "on_behalf": i,
                          "referral": 0}

    return step


def price(draws: "Draws", k: int, factor: float) -> "Step":
    """The price of k moved by a factor."""

    def step(_: random.Random, __: int) -> "Draw":
        draws.wait = 12
        return "feed.setAnswer", {"k": k, "answer": max(1, int(draws.model.market.reserves[k].price * factor))}

    return step


def recover(draws: "Draws", k: int) -> "Step":
    """The price of the listing."""

    def step(_: random.Random, __: int) -> "Draw | None":
        if draws.model.market.reserves[k].price == LISTINGS[k].price:
            return None
        draws.wait = 12
        return "feed.setAnswer", {"k": k, "answer": LISTINGS[k].price}

    return step


def liquidate(draws: "Draws", user: int, *, whole: bool = False, same: bool = False) -> "Step":
    """A liquidation of this user while it is unhealthy; nothing once it is not."""

    def step(rng: random.Random, at: int) -> "Draw | None":
        if user not in draws.model.unhealthy(at) or not draws.model.collaterals(user):
            return None
        draws.wait = rng.choice((0, 12, 12, 60))
        name, arguments = draws.liquidation(rng, at, user)
        both = sorted(set(draws.model.collaterals(user)) & set(draws.model.debts(user)))
        if same and both:
            arguments["kc"] = arguments["kd"] = rng.choice(both)
        if whole:
            arguments["amount"] = MAX
        return name, arguments

    return step


def leave(draws: "Draws", i: int) -> "list[Step]":
    """Repay and withdraw everything, so that the next plan starts from a clean user."""
    model = draws.model

    def repay(_: random.Random, __: int) -> "Draw | None":
        for k in model.debts(i):
            for mode in (1, 2):
                owes = model.holding(i, k).stable_principal if mode == 1 else model.holding(i, k).scaled_debt
                if owes:
                    draws.wait = 12
                    return "repay", {"i": i, "k": k, "amount": MAX, "mode": mode, "on_behalf": i}
        return None

    def withdraw(_: random.Random, at: int) -> "Draw | None":
        for k in model.collaterals(i):
            if 0 < model.a_tokens(i, k, at) <= model.market.reserves[k].available_liquidity:
                draws.wait = 12
                return "withdraw", {"i": i, "k": k, "amount": MAX, "to": i}
        return None

    def mode(_: random.Random, __: int) -> "Draw | None":
        return ("setUserEMode", {"i": i, "category": 0}) if model.market.accounts[i].emode else None

    return [*[repay] * 3, *[withdraw] * 4, mode]


# ---- plans ----------------------------------------------------------------------------------------------------------
def _victim(draws: "Draws", rng: random.Random) -> int:
    return rng.choice([i for i in EVERYBODY if i != UMBRELLA or not draws.model.last] or list(EVERYBODY))


def crash(draws: "Draws", rng: random.Random) -> "list[Step]":
    """One collateral or two, one debt or two, a price that falls a little, then several liquidations."""
    i, (kc, kd, other) = _victim(draws, rng), rng.sample(OPEN, 3)
    dollars = rng.choice((100, 1_500, 3_000, 10_000, 200_000))
    loans = [borrow(draws, i, kd, rng.choice((0.999, 0.6)))]
    if rng.random() < 0.5:
        loans.append(borrow(draws, i, other, 0.999))
    more = [supply(draws, i, other, dollars), enable(draws, i, other)] if rng.random() < 0.3 else []
    fall = rng.choice((0.96, 0.93, 0.9, 0.85, 0.7))
    return [supply(draws, rng.choice(EVERYBODY), kd, dollars * 3), supply(draws, i, kc, dollars), enable(draws, i, kc),
            *more, *loans, price(draws, kc, fall), *[liquidate(draws, i)] * rng.randrange(2, 6), recover(draws, kc)]


def ruin(draws: "Draws", rng: random.Random) -> "list[Step]":
    """A crash that leaves less collateral than debt: everything is seized, the rest is bad debt."""
    i, (kc, kd, other) = _victim(draws, rng), rng.sample(OPEN, 3)
    dollars = rng.choice((50, 2_000, 50_000))
    loans = [borrow(draws, i, kd, 0.999)] if rng.random() < 0.5 else [borrow(draws, i, kd, 0.5),
                                                                      borrow(draws, i, other, 0.999)]
    return [*leave(draws, i), supply(draws, rng.choice(EVERYBODY), kd, dollars * 3), supply(draws, i, kc, dollars),
            enable(draws, i, kc), *loans, price(draws, kc, rng.choice((0.6, 0.4, 0.1))),
            *[liquidate(draws, i, whole=True)] * 3, recover(draws, kc)]


def same(draws: "Draws", rng: random.Random) -> "list[Step]":
    """The asset that is owed is collateral too; the other collateral falls."""
    i, (k, kc) = _victim(draws, rng), rng.sample(OPEN, 2)
    dollars = rng.choice((1_000, 5_000, 100_000))
    return [supply(draws, i, k, dollars), enable(draws, i, k), supply(draws, i, kc, dollars), enable(draws, i, kc),
            borrow(draws, i, k, 0.999), price(draws, kc, rng.choice((0.9, 0.8, 0.5))),
            *[liquidate(draws, i, same=True)] * rng.randrange(2, 5), liquidate(draws, i), recover(draws, kc)]


def in_a_mode(draws: "Draws", rng: random.Random) -> "list[Step]":
    """An eMode, a loan near its limit, a price that slips by some percent."""
    i, category = _victim(draws, rng), rng.choice((1, 2))
    kc, kd = rng.sample(MODES[category - 1].assets, 2)
    dollars = rng.choice((500, 5_000, 100_000))

    def enter(_: random.Random, __: int) -> "Draw | None":
        if draws.model.market.accounts[i].emode == category:
            return None
        return "setUserEMode", {"i": i, "category": category}

    def slip(_: random.Random, __: int) -> "Draw":
        draws.wait = 12
        model, factor = draws.model, rng.choice((0.965, 0.95, 0.9, 0.8, 0.6))
        if not model.last and model.market.categories[category].price:
            other = next((k for k in model.collaterals(i) if k not in MODES[category - 1].assets), kc)
            return "feed.setAnswer", {"k": other, "answer": max(1, int(model.market.reserves[other].price * factor))}
        return "feed.setAnswer", {"k": kc, "answer": max(1, int(model.market.reserves[kc].price * factor))}

    outside = rng.choice([k for k in OPEN if k not in MODES[category - 1].assets])
    mixed = [supply(draws, i, outside, dollars), enable(draws, i, outside)] if rng.random() < 0.5 else []
    return [*leave(draws, i), supply(draws, rng.choice(EVERYBODY), kd, dollars * 3), enter,
            supply(draws, i, kc, dollars), enable(draws, i, kc), *mixed, borrow(draws, i, kd, 0.9999), slip,
            *[liquidate(draws, i)] * rng.randrange(2, 5), recover(draws, kc), recover(draws, outside)]


def in_isolation(draws: "Draws", rng: random.Random) -> "list[Step]":
    """An isolated collateral alone, loans of what may be lent against it, repaid or liquidated."""
    i, kd = rng.choice((0, 0, 1, 2)), rng.choice(IN_ISOLATION)
    dollars = rng.choice((1_000, 20_000, 2_000_000))
    end: list[Step] = [price(draws, ISOLATED, rng.choice((0.9, 0.8, 0.4))), *[liquidate(draws, i)] * 3,
                         recover(draws, ISOLATED)]
    return [*leave(draws, i), supply(draws, i, ISOLATED, dollars), enable(draws, i, ISOLATED),
            borrow(draws, i, kd, 0.5), borrow(draws, i, rng.choice(OPEN), 0.3),
            borrow(draws, i, rng.choice(IN_ISOLATION), 0.999), *end, *leave(draws, i)]


def on_the_edge(draws: "Draws", rng: random.Random) -> "list[Step]":
    """A price that puts somebody's health factor just on either side of 1, and a liquidation on each side."""
    target: dict[str, int] = {}
    model = draws.model

    def aim(side: int) -> "Step":
        def step(rng: random.Random, at: int) -> "Draw":
            pairs = [(u, k) for u in EVERYBODY if model.collaterals(u)
                     for k in model.debts(u) + model.collaterals(u) if model.debts(u)]
            rng.shuffle(pairs)
            pairs.sort(key=lambda pair: -LISTINGS[pair[1]].price)
            for user, k in pairs:
                found = _threshold(draws, user, k, at)
                if found is not None:
                    target["user"], draws.wait = user, 0
                    return "feed.setAnswer", {"k": k, "answer": found[side]}
            return draws.draw_setAnswer(rng, at)

        return step

    def attempt(rng: random.Random, at: int) -> "Draw":
        draws.wait = 0
        if "user" not in target:
            return draws.draw_liquidationCall(rng, at)
        return draws.liquidation(rng, at, target["user"])

    first = rng.randrange(2)
    return [aim(first), attempt, aim(1 - first), attempt, *(recover(draws, k) for k in ALL)]


def _threshold(draws: "Draws", user: int, k: int, at: int) -> tuple[int, int] | None:
    """(last healthy, first unhealthy) price of reserve k."""
    reserve = draws.model.market.reserves[k]
    kept = reserve.price

    def healthy(price: int) -> bool:
        reserve.price = price
        factor = draws.model.data(user, at).health_factor
        reserve.price = kept
        return factor >= WAD

    return boundary(healthy, max(1, kept // 4), kept * 4)


def on_the_limit(draws: "Draws", rng: random.Random) -> "list[Step]":
    """The largest amount that somebody may borrow, withdraw or transfer, one unit more, and then exactly it."""
    i, k, kind = rng.choice(EVERYBODY), rng.choice(ALL), rng.choice(("borrow", "withdraw", "transfer"))
    bound = [(u, j) for u in EVERYBODY if draws.model.debts(u) for j in draws.model.collaterals(u)]
    if kind != "borrow" and bound:
        i, k = rng.choice(bound)
    to, found = rng.choice([j for j in EVERYBODY if j != i]), {}

    def told(amount: int) -> "Draw":
        own = {"i": i, "k": k, "amount": amount}
        if kind == "withdraw":
            return "withdraw", {**own, "to": i}
        if kind == "transfer":
            return "aToken.transfer", {**own, "to": to}
        return "borrow", {**own, "mode": 2, "on_behalf": i, "referral": 0}

    def above(rng: random.Random, at: int) -> "Draw":
        def passes(amount: int) -> bool:
            own = {"i": i, "k": k, "amount": amount, "now": at}
            if kind == "withdraw":
                return draws.model.trial(("withdraw", own)) == 0
            if kind == "transfer":
                return draws.model.trial(("transfer_atoken", {**own, "to": to})) == 0
            return draws.model.trial(("borrow", {**own, "mode": 2, "caller": i})) == 0

        pair = boundary(passes, rng.choice((2, 10**6)), 2**100)
        if pair is None:
            return draws.draw_borrow(rng, at)
        found["amount"], draws.wait = pair[0], 0
        return told(pair[1])

    def exactly(_: random.Random, __: int) -> "Draw | None":
        return told(found["amount"]) if found else None

    return [above, exactly]


def long_sleep(draws: "Draws", rng: random.Random) -> "list[Step]":
    """A loan near the limit that interest alone makes unhealthy."""
    i, (kc, kd) = _victim(draws, rng), rng.sample(OPEN, 2)

    def sleep(_: random.Random, __: int) -> "Draw":
        draws.wait = rng.choice((30, 200, 700)) * DAY
        return "mintToTreasury", {"i": i, "k": kd}

    return [supply(draws, i, kc, 20_000), enable(draws, i, kc), borrow(draws, i, kd, 0.9999), sleep, sleep,
            *[liquidate(draws, i)] * 3]


def cover(draws: "Draws", rng: random.Random) -> "list[Step]":
    """The umbrella pays its own debts, supplies what is short, and covers the deficit."""
    short = [k for k in ALL if draws.model.market.reserves[k].deficit]
    if not draws.model.last or not short:
        return ruin(draws, rng)
    k = rng.choice(short)

    def eliminate(rng: random.Random, at: int) -> "Draw":
        deficit = draws.model.market.reserves[k].deficit
        balance = draws.model.a_tokens(UMBRELLA, k, at)
        amount = rng.choice((MAX, deficit, deficit // 2, min(deficit, balance), 1))
        return "eliminateReserveDeficit", {"i": UMBRELLA, "k": k, "amount": amount}

    return [*leave(draws, UMBRELLA), supply(draws, UMBRELLA, k, 1_000), eliminate, eliminate]


PLANS = {crash: 8, ruin: 5, same: 4, in_a_mode: 7, in_isolation: 3, on_the_edge: 3, on_the_limit: 3, long_sleep: 1,
         cover: 3}
