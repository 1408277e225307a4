"""Random operations for a Uniswap V3 pool, drawn from the model's state: what just pays, a wei less, or anything."""

import random
from collections.abc import Callable
from typing import Any

from protocol_sim.amms.concentrated.pool import edge_limit, quote
from protocol_sim.amms.concentrated.positions import amounts_of, gross
from protocol_sim.amms.concentrated.state import DUE, MAX_TICK, MIN_TICK, OK, Pools, Position, Tick
from protocol_sim.amms.concentrated.tick_math import MAX_SQRT_RATIO, MIN_SQRT_RATIO, sqrt_ratio_at_tick
from protocol_sim.amms.concentrated.ticks import find
from protocol_sim.fork.adapters.edges import amount_up_to

USERS = ("alice", "bob", "carol")
OWNER = "owner"  # of the factory
WORDS = 250  # of the bitmap: as far as a swap may go, for the sake of gas
UINT128 = 2**128 - 1
Arguments = dict[str, Any]


class Draws:
    """Draws operations for one deployment of the pool."""

    def __init__(self, book: Pools) -> None:
        self.book, self._scale = book, 0

    def next(self, rng: random.Random, now: int) -> tuple[str, Arguments]:
        """An operation and its arguments; about a quarter are meant to be refused."""
        self._now = now
        if self._scale == 0:
            self._scale = 10 ** rng.choice((3, 9, 12, 15, 18, 21, 24))
        pool = self.book.pools[0]
        weights = dict(WEIGHTS)
        if pool.sqrt_price == 0:
            weights |= {"initialize": 400}
        elif pool.positions_used < 2:
            weights |= {"mint": 300}
        name = rng.choices(list(weights), list(weights.values()))[0]
        who = rng.choice(USERS)
        arguments: Arguments = {"who": who, "to": rng.choice((who, who, *USERS))}
        return name, arguments | KINDS[name](self, rng)

    # ---- what draws share -------------------------------------------------------------------------------------------
    def _position(self, rng: random.Random) -> Position | None:
        pool = self.book.pools[0]
        used = self.book.positions[pool.positions_from : pool.positions_from + pool.positions_used]
        alive = [p for p in used if p.liquidity]
        return rng.choice(alive) if alive and rng.random() < 0.85 else rng.choice(used) if used else None

    def _live(self) -> list[Tick]:
        return [t for t in self.book.ticks[2:] if t.opens or t.closes]

    def _tick(self, rng: random.Random) -> int:
        """A tick that may be initialised, mostly near the price; rarely one that may not, or an end of the range."""
        pool = self.book.pools[0]
        spacing, kind = pool.tick_spacing, rng.random()
        if kind < 0.02:
            return pool.tick + rng.randrange(-500, 500)
        if kind < 0.05:
            return rng.choice((MIN_TICK, MAX_TICK, MIN_TICK - 1, MAX_TICK + 1, MIN_TICK - spacing, MAX_TICK + spacing))
        if kind < 0.13:
            return rng.choice((-1, 1)) * (MAX_TICK // spacing * spacing)
        if kind < 0.18:  # the first or last of a word
            word = (pool.tick // spacing // 256 + rng.randint(-2, 2)) * 256
            return max(MIN_TICK, min(MAX_TICK, rng.choice((word, word + 255)) * spacing))
        if kind < 0.33:
            live = self._live()
            if live:
                return rng.choice(live).tick
        steps = rng.choice((2, 5, 20, 60, 300, 1_500))
        drawn = (pool.tick // spacing + rng.randint(-steps, steps)) * spacing
        return max(-(MAX_TICK // spacing) * spacing, min(MAX_TICK // spacing * spacing, drawn))

    def _limit(self, rng: random.Random, zero_for_one: int) -> int:
        """A price to stop at: none, a tick's, one off it, the wrong way, or out of the world."""
        pool = self.book.pools[0]
        reach = WORDS * 256 * pool.tick_spacing
        kind, sign = rng.random(), -1 if zero_for_one else 1
        if kind < 0.04:
            ends = (int(MIN_SQRT_RATIO), int(MAX_SQRT_RATIO), edge_limit(1 - zero_for_one))
            return rng.choice((*ends, pool.sqrt_price, 0, 2**160 - 1))
        if kind < 0.06:
            sign = -sign
        far = pool.tick + sign * (reach if kind < 0.5 else rng.randint(0, rng.choice((1, 50, 3_000, reach))))
        if not MIN_TICK < far < MAX_TICK:
            return edge_limit(int(sign < 0))
        price = sqrt_ratio_at_tick(far)
        ahead = [t for t in self._live() if 0 <= (t.tick - pool.tick) * sign < reach]
        if kind > 0.8 and ahead:
            price = rng.choice(sorted(ahead, key=lambda t: abs(t.tick - pool.tick))[:3]).sqrt_price
        return price + rng.choice((0, 0, 0, 1, -1, rng.randrange(-(10**9), 10**9)))

    def _amount(self, rng: random.Random, balance: int) -> int:
        """A raw amount: of the order of what the pool holds, of one position, dust, or beyond everything."""
        top = rng.choice((balance // 1_000, balance // 30, balance, 3 * balance, self._scale, 1_000))
        if rng.random() < 0.06:
            top = rng.choice((2**128, 2**200, 2**255 - 1))
            return top - rng.randrange(2)
        return amount_up_to(rng, max(top, 3))

    def _wanted(self, rng: random.Random, owed: int) -> int:
        return rng.choice((UINT128, UINT128, owed, owed // 2, max(owed - 1, 0), min(owed + 1, UINT128), 0))

    def _short(self, rng: random.Random, due: int) -> int:
        """What a callback pays: mostly what is due; else that, a wei less or a gift."""
        if rng.random() < 0.8:
            return DUE
        return rng.choice((due, max(due - 1, 0), due + 1, due + amount_up_to(rng, self._scale), 0))

    # ---- operations -------------------------------------------------------------------------------------------------
    def initialize(self, rng: random.Random) -> Arguments:
        kind = rng.random()
        if kind < 0.15:
            return {"sqrt_price": rng.choice((0, MIN_SQRT_RATIO - 1, MAX_SQRT_RATIO, 2**160 - 1))}
        if kind < 0.2:
            return {"sqrt_price": rng.choice((int(MIN_SQRT_RATIO), MAX_SQRT_RATIO - 1))}
        reach = rng.choice((1, 100, 20_000, 300_000, MAX_TICK - 1))
        price = sqrt_ratio_at_tick(rng.randint(-reach, reach))
        return {"sqrt_price": price + rng.choice((0, 0, 1, rng.randrange(10**9)))}

    def mint(self, rng: random.Random) -> Arguments:
        pool = self.book.pools[0]
        lower, upper = self._tick(rng), self._tick(rng)
        if lower > upper and rng.random() < 0.97:
            lower, upper = upper, lower
        old = self._position(rng)
        told: Arguments = {}
        if old is not None and rng.random() < 0.15:
            lower, upper, told = old.lower, old.upper, {"who": USERS[old.owner]}
        liquidity = amount_up_to(rng, rng.choice((self._scale, 100 * self._scale, 10**6)))
        if rng.random() < 0.05:
            most = pool.max_liquidity - max(gross(self.book, find(self.book, 0, t)) for t in (lower, upper))
            liquidity = rng.choice((most, most + 1, 2**127 - 1, 2**127, UINT128, 0))
        due = (0, 0)
        if pool.sqrt_price and MIN_TICK <= lower < upper <= MAX_TICK:
            due = amounts_of(self.book, 0, lower, upper, liquidity, 1)
        return told | {"lower": lower, "upper": upper, "liquidity": liquidity, "pay0": self._short(rng, due[0]),
                       "pay1": self._short(rng, due[1])}

    def burn(self, rng: random.Random) -> Arguments:
        old = self._position(rng)
        if old is None or rng.random() < 0.06:
            told = self.mint(rng)
            return {"lower": told["lower"], "upper": told["upper"], "liquidity": told["liquidity"]}
        held = old.liquidity
        part = rng.choice((held, held, held, held // 2, amount_up_to(rng, held), 0, held + rng.randrange(2), 1))
        who = USERS[old.owner] if rng.random() < 0.97 else rng.choice(USERS)
        return {"who": who, "lower": old.lower, "upper": old.upper, "liquidity": part}

    def collect(self, rng: random.Random) -> Arguments:
        old = self._position(rng)
        if old is None or rng.random() < 0.05:
            return {"lower": self._tick(rng), "upper": self._tick(rng), "wanted0": UINT128, "wanted1": 1}
        return {"who": USERS[old.owner], "lower": old.lower, "upper": old.upper,
                "wanted0": self._wanted(rng, old.owed0), "wanted1": self._wanted(rng, old.owed1)}

    def swap(self, rng: random.Random) -> Arguments:
        pool, zero_for_one, exact_in = self.book.pools[0], rng.randrange(2), rng.randrange(2)
        balance = pool.balance0 if zero_for_one == exact_in else pool.balance1
        amount, limit = self._amount(rng, balance), self._limit(rng, zero_for_one)
        code, moved = quote(self.book, 0, zero_for_one, exact_in, amount, limit)
        return {"zero_for_one": zero_for_one, "exact_in": exact_in, "amount": amount, "limit": limit,
                "pay": self._short(rng, moved.amount_in) if code == OK else DUE}

    def flash(self, rng: random.Random) -> Arguments:
        pool = self.book.pools[0]
        held = (pool.balance0, pool.balance1)
        lent = [rng.choice((0, amount_up_to(rng, b), b, b + int(rng.random() < 0.2))) for b in held]
        pays = [self._short(rng, a + -(-a * pool.fee // 10**6)) for a in lent]
        return {"amount0": lent[0], "amount1": lent[1], "pay0": pays[0], "pay1": pays[1]}

    def fee(self, rng: random.Random) -> Arguments:
        shares = [rng.choice((0, 4, 5, 7, 10, 10, rng.randrange(12))) for _ in range(2)]
        return {"who": OWNER if rng.random() < 0.9 else rng.choice(USERS), "share0": shares[0], "share1": shares[1]}

    def fees(self, rng: random.Random) -> Arguments:
        pool = self.book.pools[0]
        return {"who": OWNER if rng.random() < 0.9 else rng.choice(USERS),
                "wanted0": self._wanted(rng, pool.protocol_fees0), "wanted1": self._wanted(rng, pool.protocol_fees1)}

    def grow(self, rng: random.Random) -> Arguments:
        return {"wanted": rng.choice((0, 1, 2, 3, 5, 8, rng.randrange(40)))}

    def observe(self, rng: random.Random) -> Arguments:
        pool = self.book.pools[0]
        stamps = [o.timestamp for o in self.book.observations[: pool.cardinality] if o.initialized]
        back = [rng.choice((0, 1, 60, rng.randrange(40 * 86_400)))]
        if stamps:
            gap = (self._now - rng.choice(stamps)) % 2**32
            back += [(gap + rng.choice((0, 0, 1, -1))) % 2**32, rng.randrange((self._now - min(stamps)) % 2**32 + 1)]
        return {"seconds_ago": tuple(rng.sample(back, rng.randint(1, len(back))))}

    def inside(self, rng: random.Random) -> Arguments:
        old = self._position(rng)
        if old is None or rng.random() < 0.15:
            return {"lower": self._tick(rng), "upper": self._tick(rng)}
        return {"lower": old.lower, "upper": old.upper}

    def route(self, rng: random.Random, exact_in: int) -> Arguments:
        pool, told = self.book.pools[0], self.swap(rng)
        side, amount = told["zero_for_one"], told["amount"]
        unlimited = WORDS * 256 * pool.tick_spacing > 2 * MAX_TICK and rng.random() < 0.7
        limit = 0 if unlimited else max(told["limit"], 1)  # 0 would be no limit
        code, moved = quote(self.book, 0, side, exact_in, amount, limit or edge_limit(side))
        bound, slack = 0 if exact_in else DUE, rng.choice((0, 0, 1, -1))
        if code == OK and rng.random() < 0.6:
            bound = max(0, (moved.amount_out if exact_in else moved.amount_in) + slack)
        return {"zero_for_one": side, "amount": amount, "limit": limit, "bound": bound}


KINDS: dict[str, Callable[[Draws, random.Random], Arguments]] = {
    "initialize": Draws.initialize,
    "mint": Draws.mint,
    "burn": Draws.burn,
    "collect": Draws.collect,
    "swap": Draws.swap,
    "flash": Draws.flash,
    "setFeeProtocol": Draws.fee,
    "collectProtocol": Draws.fees,
    "increaseObservationCardinalityNext": Draws.grow,
    "observe": Draws.observe,
    "snapshotCumulativesInside": Draws.inside,
    "router.exactInputSingle": lambda draws, rng: draws.route(rng, 1),
    "router.exactOutputSingle": lambda draws, rng: draws.route(rng, 0),
}
WEIGHTS = dict(zip(KINDS, (1, 24, 16, 8, 40, 6, 4, 4, 4, 8, 6, 8, 8), strict=True))
