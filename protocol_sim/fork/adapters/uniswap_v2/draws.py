"""Random operations for a Uniswap V2 pair, drawn from the model's state: what just pays, a wei less, or anything."""

import random
from collections.abc import Callable, Sequence
from typing import Any

from protocol_sim.amms import constant_product as v2
from protocol_sim.amms import pair as shell
from protocol_sim.fork.adapters.edges import amount_up_to

USERS = ("alice", "bob", "carol")
FLASHER, ROUTER, FEE_TO, SETTER = "flasher", "router", "fee_to", "setter"
WALLET = 2**124  # raw units that each user starts with


class Draws:
    """Draws operations for one deployment of the pair."""

    def __init__(self, pair: shell.Pair, operations: Sequence[str]) -> None:
        self.pair, self.operations = pair, operations
        self._scales = (0, 0)  # raw units of one token, by token; drawn at the first operation
        self._plan: list[tuple[str, dict[str, Any]]] = []  # what comes next, when operations belong together

    def next(self, rng: random.Random) -> tuple[str, dict[str, Any]]:
        """An operation and its arguments."""
        if self._scales == (0, 0):
            self._scales = (10 ** rng.choice((6, 8, 18)), 10 ** rng.choice((6, 8, 18)))
        if not self._plan and rng.random() < 0.06:
            self._plan = self._sequence(rng)
        who = rng.choice(USERS)
        arguments: dict[str, Any] = {"who": who, "to": rng.choice((who, who, *USERS))}
        if self._plan:
            name, told = self._plan.pop(0)
        else:
            name = self._choice(rng)
            told = KINDS[name](self, rng, who)
        return name, arguments | told

    def _sequence(self, rng: random.Random) -> list[tuple[str, dict[str, Any]]]:
        """Operations that only make sense one after the other."""
        who = rng.choice(USERS)
        if rng.random() < 0.1:
            holders = [h for h in (*USERS, FEE_TO) if self.pair.lp.get(h, 0)]
            gathered = [("pair.transfer", {"who": h, "to": shell.PAIR, "amount": self.pair.lp[h]}) for h in holders]
            return [*gathered, ("pair.burn", {})]
        amounts = self._draw_add(rng, who)
        gifts: list[tuple[str, dict[str, Any]]] = [
            ("token.transfer to the pair", {"who": who, "token": t, "amount": amounts[f"amount{t}"]}) for t in (0, 1)
        ]
        if rng.random() < 0.6 or self.pair.pool.total_supply == 0:
            return [*gifts, ("pair.mint", {})]
        return [*gifts, ("pair.swap", {"out0": amounts["amount0"] // 3, "out1": amounts["amount1"] // 3})]

    def _choice(self, rng: random.Random) -> str:
        pool = self.pair.pool
        surplus = (pool.balance0 > pool.reserve0) + (pool.balance1 > pool.reserve1)
        weights = dict.fromkeys(self.operations, 8) | {"factory.setFeeTo": 6, "token.transfer to the pair": 14}
        weights |= {"router.swapExactTokensForTokens": 16, "router.addLiquidity": 12, "pair.skim": 3, "pair.sync": 4}
        weights |= {"pair.swap": 30 if surplus else 2, "pair.mint": 30 if surplus == 2 else 1}
        weights |= {"pair.burn": 30 if self.pair.lp.get(shell.PAIR, 0) else 1}
        if pool.total_supply == 0:
            weights = dict.fromkeys(self.operations, 1) | {"router.addLiquidity": 30, "token.transfer to the pair": 30}
            weights |= {"pair.mint": 30 if surplus == 2 else 1}
        elif min(pool.reserve0, pool.reserve1) < 10_000:
            weights |= {"router.addLiquidity": 60}
        return rng.choices(list(weights), list(weights.values()))[0]

    def _size(self, rng: random.Random, token: int) -> int:
        """A raw amount: of the order of the pool, of a wallet, or dust."""
        reserve = (self.pair.pool.reserve0, self.pair.pool.reserve1)[token]
        scale = self._scales[token]
        top = rng.choice((scale, 1000 * scale, 10**6 * scale, max(reserve // 10, 1), max(reserve, 1), 2 * reserve + 1))
        if rng.random() < (0.004 if self.pair.pool.total_supply else 0.1):
            top = 2**113 if self.pair.pool.total_supply else 2**111
        return amount_up_to(rng, top)

    def _draw_deposit(self, rng: random.Random, who: str) -> dict[str, Any]:
        token = rng.randrange(2)
        if rng.random() < 0.1:
            book = (self.pair.wallet0, self.pair.wallet1)[token]
            return {"token": token, "amount": book.get(who, 0) + 1}
        return {"token": token, "amount": self._size(rng, token)}

    def _draw_nothing(self, rng: random.Random, who: str) -> dict[str, Any]:  # noqa: ARG002
        return {}

    def _draw_swap(self, rng: random.Random, who: str) -> dict[str, Any]:  # noqa: ARG002
        """Mostly what the surplus on the pair pays for, give or take a wei; sometimes anything."""
        pool = self.pair.pool
        surplus = (pool.balance0 - pool.reserve0, pool.balance1 - pool.reserve1)
        outs = [0, 0]
        side = int(surplus[0] > 0 if surplus[0] == 0 or surplus[1] == 0 else rng.randrange(2))
        reserve_in, reserve_out = v2.reserves(pool, side)
        paid = surplus[1 - side]
        if paid and reserve_in and reserve_out and rng.random() < 0.8:
            outs[side] = max(0, v2.amount_out(paid, reserve_in, reserve_out, 997, 1000) + rng.choice((0, 0, -1, 1)))
            if rng.random() < 0.3:
                outs = [o // 2 for o in outs]
                outs[1 - side] = paid // rng.choice((3, 10, 1000))
            return {"out0": outs[0], "out1": outs[1]}
        outs[side] = rng.choice((0, reserve_out, reserve_out + 1, amount_up_to(rng, reserve_out + 1)))
        return {"out0": outs[0], "out1": outs[1]}

    def _draw_flash(self, rng: random.Random, who: str) -> dict[str, Any]:  # noqa: ARG002
        pool = self.pair.pool
        side = rng.randrange(2)
        reserve_in, reserve_out = v2.reserves(pool, side)
        outs, pays = [0, 0], [0, 0]
        outs[side] = max(0, min(amount_up_to(rng, reserve_out + 1), reserve_out - 1))
        if rng.random() < 0.5 and 0 < outs[side] < reserve_out and reserve_in:
            pays[1 - side] = v2.amount_in(outs[side], reserve_in, reserve_out, 997, 1000)
        else:
            pays[side] = outs[side] * 1000 // 997 + 1  # the fee is on what comes in
        short = rng.choice((0, 0, 0, 1))
        pays = [max(0, min(p, WALLET // 2) - short) if p else 0 for p in pays]
        return {"out0": outs[0], "out1": outs[1], "pay0": pays[0], "pay1": pays[1]}

    def _draw_lp(self, rng: random.Random, who: str) -> dict[str, Any]:
        held = self.pair.lp.get(who, 0)
        amount = rng.choice((held, *(amount_up_to(rng, held // k + 1) for k in (1, 2, 2, 4, 4, 8)), held + 1))
        return {"amount": amount, "to": rng.choice((shell.PAIR, shell.PAIR, *USERS))}

    def _draw_burn(self, rng: random.Random, who: str) -> dict[str, Any]:
        return {"amount": self._draw_lp(rng, who)["amount"]}

    def _draw_fee(self, rng: random.Random, who: str) -> dict[str, Any]:
        return {"on": int(rng.random() < 0.6), "who": rng.choice((SETTER, SETTER, SETTER, who))}

    def _draw_trade(self, rng: random.Random, who: str) -> dict[str, Any]:  # noqa: ARG002
        side = rng.randrange(2)
        amount = self._size(rng, 1 - side)
        code, out = v2.quote_out(self.pair.pool, side, amount)
        limit = out + rng.choice((0, 0, -1, 1)) if code == v2.OK and rng.random() < 0.5 else 0
        return {"zero_for_one": side, "amount": amount, "limit": max(limit, 0)}

    def _draw_purchase(self, rng: random.Random, who: str) -> dict[str, Any]:  # noqa: ARG002
        side = rng.randrange(2)
        reserve_out = v2.reserves(self.pair.pool, side)[1]
        amount = rng.choice((amount_up_to(rng, reserve_out + 1),) * 6 + (reserve_out, reserve_out + 1, 0))
        code, needed = v2.quote_in(self.pair.pool, side, amount)
        limit = needed + rng.choice((0, 0, -1, 1)) if code == v2.OK and rng.random() < 0.5 else 2**255
        return {"zero_for_one": side, "amount": amount, "limit": max(limit, 0)}

    def _draw_add(self, rng: random.Random, who: str) -> dict[str, Any]:  # noqa: ARG002
        pool = self.pair.pool
        amount0 = self._size(rng, 0)
        if pool.reserve0 and rng.random() < 0.7:
            matching = amount0 * pool.reserve1 // pool.reserve0
            return {"amount0": amount0, "amount1": matching + rng.randrange(3)}
        return {"amount0": amount0, "amount1": self._size(rng, 1)}


KINDS: dict[str, Callable[[Draws, random.Random, str], dict[str, Any]]] = {
    "token.transfer to the pair": Draws._draw_deposit,
    "pair.mint": Draws._draw_nothing,
    "pair.burn": Draws._draw_nothing,
    "pair.swap": Draws._draw_swap,
    "pair.swap (flash)": Draws._draw_flash,
    "pair.skim": Draws._draw_nothing,
    "pair.sync": Draws._draw_nothing,
    "pair.transfer": Draws._draw_lp,
    "factory.setFeeTo": Draws._draw_fee,
    "router.swapExactTokensForTokens": Draws._draw_trade,
    "router.swapTokensForExactTokens": Draws._draw_purchase,
    "router.addLiquidity": Draws._draw_add,
    "router.removeLiquidity": Draws._draw_burn,
}
