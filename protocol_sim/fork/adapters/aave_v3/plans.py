"""Sequences of operations that lead to a rare path; each step is drawn when its turn comes, from the state of then."""

import random
from collections.abc import Callable
from typing import TYPE_CHECKING

from protocol_sim.fork.adapters.aave_v2.edges import boundary
from protocol_sim.fork.adapters.aave_v3 import governance
from protocol_sim.fork.adapters.aave_v3.people import ALL, DELEGATIONS, EVERYBODY, MAX, UMBRELLA
from protocol_sim.fork.adapters.aave_v3.steps import (
    borrow,
    enable,
    leave,
    liquidate,
    price,
    recover,
    strike,
    supply,
    threshold,
)
from protocol_sim.fork.deploy.aave_v3 import LISTINGS, MODES
from protocol_sim.numeric import WAD

if TYPE_CHECKING:
    from protocol_sim.fork.adapters.aave_v3.draws import Draw, Draws, Step

    Plan = Callable[[Draws, random.Random], list[Step]]

DAY = 86_400  # seconds
ISOLATED = next(k for k, x in enumerate(LISTINGS) if x.ceiling)
IN_ISOLATION = [k for k, x in enumerate(LISTINGS) if x.in_isolation]
OPEN = [k for k in ALL if k != ISOLATED]


def deck(rng: random.Random) -> "list[Plan]":
    """Every plan as often as it counts, in random order."""
    cards = [plan for plan, times in PLANS.items() for _ in range(times)]
    rng.shuffle(cards)
    return cards


# ---- plans ----------------------------------------------------------------------------------------------------------
def hunt(draws: "Draws", rng: random.Random) -> "list[Step]":
    """Somebody who owes, a price that makes him unhealthy, several liquidations."""
    owing = [i for i in EVERYBODY if draws.model.debts(i) and draws.model.collaterals(i)]
    i = rng.choice(owing) if owing else _victim(draws, rng)
    turn = [strike(draws, i), *[liquidate(draws, i)] * rng.randrange(2, 5)]
    return [*turn * rng.randrange(2, 5), *(recover(draws, k) for k in ALL)]


def _victim(draws: "Draws", rng: random.Random) -> int:
    return rng.choice([i for i in EVERYBODY if i != UMBRELLA or not draws.model.last] or list(EVERYBODY))


def crash(draws: "Draws", rng: random.Random) -> "list[Step]":
    """One collateral or two, one debt or two, a price that falls a little, then several liquidations."""
    i, (kc, kd, other) = _victim(draws, rng), rng.sample(OPEN, 3)
    dollars = rng.choice((100, 3_000, 50_000, 200_000, 1_000_000))
    loans = [borrow(draws, i, kd, rng.choice((0.999, 0.6)))]
    if rng.random() < 0.5:
        loans.append(borrow(draws, i, other, 0.999))
    more = [supply(draws, i, other, dollars), enable(draws, i, other)] if rng.random() < 0.3 else []
    return [supply(draws, rng.choice(EVERYBODY), kd, dollars * 3), supply(draws, i, kc, dollars), enable(draws, i, kc),
            *more, *loans, strike(draws, i, kc), *[liquidate(draws, i)] * rng.randrange(3, 7),
            *(recover(draws, k) for k in ALL)]


def ruin(draws: "Draws", rng: random.Random) -> "list[Step]":
    """A crash that leaves less collateral than debt: everything is seized, the rest is bad debt."""
    i, (kc, kd, other) = _victim(draws, rng), rng.sample(OPEN, 3)
    dollars = rng.choice((50, 2_000, 50_000))
    loans = [borrow(draws, i, kd, 0.999)] if rng.random() < 0.3 else [borrow(draws, i, kd, 0.5),
                                                                      borrow(draws, i, other, 0.999)]
    return [*leave(draws, i), supply(draws, rng.choice(EVERYBODY), kd, dollars * 3), supply(draws, i, kc, dollars),
            enable(draws, i, kc), *loans, price(draws, kc, rng.choice((0.6, 0.4, 0.1))),
            *[liquidate(draws, i, whole=True)] * 3, recover(draws, kc)]


def bury(draws: "Draws", rng: random.Random) -> "list[Step]":
    """Somebody who owes loses all that backs it: every collateral falls, every one is seized."""
    model = draws.model
    owing = [i for i in EVERYBODY if model.debts(i) and set(model.collaterals(i)) - set(model.debts(i))]
    if not owing:
        return ruin(draws, rng)
    both = {i: set(model.collaterals(i)) & set(model.debts(i)) for i in owing}
    i = min(owing, key=lambda i: (len(both[i]), len(model.collaterals(i)), rng.random()))
    collaterals = [k for k in model.collaterals(i) if k not in model.debts(i)]
    factor = rng.choice((0.3, 0.1, 0.02))
    seizures = [liquidate(draws, i, whole=True)] * (len(collaterals) + 2)
    return [*(price(draws, k, factor) for k in collaterals), *seizures, *(recover(draws, k) for k in collaterals)]


def same(draws: "Draws", rng: random.Random) -> "list[Step]":
    """The asset that is owed is collateral too; the other collateral falls."""
    i, (k, kc) = _victim(draws, rng), rng.sample(OPEN, 2)
    dollars = rng.choice((1_000, 50_000, 500_000))
    return [supply(draws, i, k, dollars), enable(draws, i, k), supply(draws, i, kc, dollars), enable(draws, i, kc),
            borrow(draws, i, k, 0.999), strike(draws, i, kc), *[liquidate(draws, i, same=True)] * rng.randrange(2, 5),
            liquidate(draws, i), *(recover(draws, k) for k in ALL)]


def in_a_mode(draws: "Draws", rng: random.Random) -> "list[Step]":
    """An eMode, a loan near its limit, a price that slips by some percent."""
    i, category = _victim(draws, rng), rng.choice((1, 2))
    kc, kd = rng.sample(MODES[category - 1].assets, 2)
    dollars = rng.choice((500, 20_000, 500_000))

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
            strike(draws, i, kc), *[liquidate(draws, i)] * rng.randrange(3, 6), *(recover(draws, k) for k in ALL)]


def in_isolation(draws: "Draws", rng: random.Random) -> "list[Step]":
    """An isolated collateral alone, loans of what may be lent against it, repaid or liquidated."""
    i, kd = rng.choice((0, 0, 1, 2)), rng.choice(IN_ISOLATION)
    dollars = rng.choice((1_000, 20_000, 2_000_000))
    end: list[Step] = [price(draws, ISOLATED, rng.choice((0.9, 0.8, 0.4))), strike(draws, i, ISOLATED),
                         *[liquidate(draws, i)] * 3, recover(draws, ISOLATED)]
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
                found = threshold(draws, user, k, at)
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


def exact(draws: "Draws", rng: random.Random) -> "list[Step]":
    """A health factor of exactly 1, which is refused, and the next price below, which is not."""
    i, kc, kd = _victim(draws, rng), rng.choice((0, 2)), rng.choice((1, 3))
    model = draws.model
    found: dict[str, int] = {}

    def search(_: random.Random, at: int) -> "Draw | None":
        reserve, factor = model.market.reserves[kd], 0
        kept = reserve.price
        for more in range(100):
            reserve.price = kept + more
            pair = threshold(draws, i, kc, at)
            if pair is not None:
                collateral = model.market.reserves[kc]
                before, collateral.price = collateral.price, pair[0]
                factor = model.data(i, at).health_factor
                collateral.price = before
            reserve.price = kept
            if pair is not None and factor == WAD:
                found.update(at=pair[0], below=pair[1])
                draws.wait = 0
                return "feed.setAnswer", {"k": kd, "answer": kept + more}
        return None

    def answer(side: str) -> "Step":
        def step(_: random.Random, __: int) -> "Draw | None":
            draws.wait = 0 if found else None
            return ("feed.setAnswer", {"k": kc, "answer": found[side]}) if found else None

        return step

    def attempt(_: random.Random, __: int) -> "Draw | None":
        draws.wait = 0 if found else None
        return "liquidationCall", {"i": (i + 1) % len(EVERYBODY), "kc": kc, "kd": kd, "user": i, "amount": MAX,
                                   "receive_a_token": 1}

    return [*leave(draws, i), supply(draws, i, kc, 1_000), enable(draws, i, kc), borrow(draws, i, kd, 0.9), search,
            answer("at"), attempt, answer("below"), attempt, recover(draws, kc), recover(draws, kd)]


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


def delegation(draws: "Draws", rng: random.Random) -> "list[Step]":
    """Credit given, and used by loans and flash loans; flash loans of several assets, some of them kept as debt."""
    (delegator, delegatee), k = rng.choice(DELEGATIONS), rng.choice(OPEN)
    given: dict[str, int] = {}

    def approve(rng: random.Random, at: int) -> "Draw":
        given["amount"] = draws.model.borrowable(delegator, k, at) // rng.choice((2, 10, 100))
        draws.wait = 12
        return "debtToken.approveDelegation", {"i": delegator, "k": k, "to": delegatee, "mode": 2,
                                               "amount": given["amount"]}

    def use(rng: random.Random, _: int) -> "Draw":
        amount = rng.choice((given["amount"], given["amount"] // 2, given["amount"] // 2 + 1))
        told = {"i": delegatee, "on_behalf": delegator, "referral": 0}
        draws.wait = 12
        if rng.random() < 0.4:
            return "flashLoan", {**told, "assets": [k], "amounts": [amount], "modes": [2]}
        return "borrow", {**told, "k": k, "amount": amount, "mode": 2}

    def flash(rng: random.Random, at: int) -> "Draw":
        assets = rng.sample(OPEN, rng.choice((2, 2, 3)))
        modes = [rng.choice((0, 0, 2)) for _ in assets]
        amounts = []
        for j, mode in zip(assets, modes, strict=True):
            liquidity = draws.model.market.reserves[j].available_liquidity
            top = min(liquidity, draws.model.borrowable(delegatee, j, at) // 4) if mode else liquidity
            amounts.append(draws.nearly(rng, top))
        return "flashLoan", {"i": delegatee, "on_behalf": delegatee, "assets": assets, "amounts": amounts,
                             "modes": modes, "referral": 7}

    return [supply(draws, delegator, rng.choice([j for j in OPEN if j != k]), 10_000), approve, use, use, flash]


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


def reform(draws: "Draws", rng: random.Random) -> "list[Step]":
    """A sitting of governance: many changes, what people do under them, and the repair of what they block."""

    def change(rng: random.Random, _: int) -> "Draw":
        draws.wait = rng.choice((0, 12, DAY))
        return governance.draw(draws.model, rng)

    def act(rng: random.Random, at: int) -> "Draw":
        return draws.single(rng, at)

    def repair(rng: random.Random, _: int) -> "Draw | None":
        return governance.repair(draws.model, rng)

    return [*[change, change, act] * rng.randrange(2, 5), *[repair] * 12]


PLANS: "dict[Plan, int]" = {
    hunt: 22, crash: 4, ruin: 4, bury: 28, same: 4, in_a_mode: 12, in_isolation: 1, on_the_edge: 1, exact: 1,
    on_the_limit: 1, long_sleep: 1, cover: 1, delegation: 1, reform: 1,
}  # fmt: skip
