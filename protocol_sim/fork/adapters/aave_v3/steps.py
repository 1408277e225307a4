"""Single steps that plans are made of; each is drawn when its turn comes, from the state of then."""

import random
from typing import TYPE_CHECKING

from protocol_sim.fork.adapters.aave_v2.edges import boundary
from protocol_sim.fork.adapters.aave_v3.people import MAX
from protocol_sim.fork.deploy.aave_v3 import DOLLAR, LISTINGS
from protocol_sim.numeric import WAD

if TYPE_CHECKING:
    from protocol_sim.fork.adapters.aave_v3.draws import Draw, Draws, Step


def supply(draws: "Draws", i: int, k: int, dollars: int) -> "Step":
    """A supply worth so many dollars at the listing's price, as far as the wallet goes."""

    def step(_: random.Random, __: int) -> "Draw":
        worth = dollars * draws.dollar * 10 ** LISTINGS[k].decimals // LISTINGS[k].price
        amount = min(worth, draws.model.wallets[i][k])
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
    """A liquidation of this user while it is unhealthy; once it is not, mostly nothing."""

    def step(rng: random.Random, at: int) -> "Draw | None":
        ripe = user in draws.model.unhealthy(at) and draws.model.collaterals(user)
        if not ripe and rng.random() < 0.88:
            return None
        draws.wait = rng.choice((0, 12, 12, 60))
        name, arguments = draws.liquidation(rng, at, user)
        both = sorted(set(draws.model.collaterals(user)) & set(draws.model.debts(user)))
        if same and both:
            arguments["kc"] = arguments["kd"] = rng.choice(both)
        if whole and ripe:
            model = draws.model
            arguments |= {"kc": rng.choice(model.collaterals(user)), "amount": MAX,
                          "kd": max(model.debts(user), key=lambda k: draws.worth(user, k, at))}
        elif draws.model.last and draws.worth(user, arguments["kd"], at) < 3_000 * DOLLAR and rng.random() < 0.8:
            arguments["amount"] = MAX  # a part would leave dust
        elif rng.random() < 0.5:
            arguments["amount"] = draws.owed(user, arguments["kd"], at) // rng.randrange(5, 50)
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


def strike(draws: "Draws", i: int, aim: int = -1) -> "Step":
    """A price at which user i is unhealthy by a little or by a lot: that of `aim` if that can do it."""

    def step(rng: random.Random, at: int) -> "Draw | None":
        model = draws.model
        if not model.debts(i) or not model.collaterals(i) or i in model.unhealthy(at):
            return None
        assets = sorted(set(model.collaterals(i) + model.debts(i)), key=lambda k: (k != aim, rng.random()))
        for k in assets:
            found = threshold(draws, i, k, at + 12)
            if found is not None:
                away = rng.choice((0, 0.01, 0.03, 0.06, 0.2))
                answer = int(found[1] * (1 - away if found[1] < found[0] else 1 + away))
                draws.wait = 12
                return "feed.setAnswer", {"k": k, "answer": max(1, answer)}
        return None

    return step


def threshold(draws: "Draws", user: int, k: int, at: int) -> tuple[int, int] | None:
    """(last healthy, first unhealthy) price of reserve k."""
    reserve = draws.model.market.reserves[k]
    kept = reserve.price

    def healthy(price: int) -> bool:
        reserve.price = price
        factor = draws.model.data(user, at).health_factor
        reserve.price = kept
        return factor >= WAD

    return boundary(healthy, max(1, kept // 10), kept) or boundary(healthy, kept, kept * 10)
