"""What holds whatever is done to a pool, as a Hypothesis state machine: value, price, liquidity, fees."""

import copy

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from protocol_sim.amms.concentrated import oracle, pool, positions
from protocol_sim.amms.concentrated.state import DUE, MAX_TICK, MIN_TICK, OK, Pools, Terms, new_pools
from protocol_sim.amms.concentrated.tick_math import sqrt_ratio_at_tick, tick_at_sqrt_ratio

TIERS = ((100, 1), (500, 10), (3_000, 60), (10_000, 200), (50_000, 16_383))
HALF = 2**255
amounts = st.one_of(st.integers(1, 1_000), st.integers(1, 10**12), st.integers(1, 10**24))
owners, sides = st.integers(0, 2), st.integers(0, 1)


class PoolMachine(RuleBasedStateMachine):
    """Three owners, one pool; wallets are what went in and came out, as signed raw units."""

    @initialize(tier=st.sampled_from(TIERS), tick=st.integers(-100_000, 100_000), off=st.integers(0, 10**6))
    def start(self, tier: tuple[int, int], tick: int, off: int) -> None:
        self.book: Pools = new_pools([Terms(*tier, ticks=40, positions=30, observations=8)])
        self.now, self.inside, self.fees = 1_000, [0, 0], (0, 0)
        assert pool.initialize(self.book, 0, sqrt_ratio_at_tick(tick) + off, self.now) == OK

    def pool_moved(self, code: int, amount0: int, amount1: int) -> None:
        """Book what the pool received (negative: paid)."""
        if code == OK:
            self.inside = [self.inside[0] + amount0, self.inside[1] + amount1]

    @rule(owner=owners, low=st.integers(-30, 30), width=st.integers(1, 60), liquidity=amounts)
    def mint(self, owner: int, low: int, width: int, liquidity: int) -> None:
        p = self.book.pools[0]
        lower = (p.tick // p.tick_spacing + low) * p.tick_spacing
        upper = lower + width * p.tick_spacing
        code, due = positions.mint(self.book, 0, owner, lower, upper, liquidity, DUE, DUE, self.now)
        self.pool_moved(code, due.amount0, due.amount1)
        if code == OK:
            other = copy.deepcopy(self.book)
            _, back = positions.burn(other, 0, owner, lower, upper, liquidity, self.now)
            assert back.amount0 <= due.amount0
            assert back.amount1 <= due.amount1

    @rule(n=st.integers(0, 29), part=st.integers(0, 4))
    def burn_and_collect(self, n: int, part: int) -> None:
        p = self.book.pools[0]
        if n < p.positions_used:
            at = self.book.positions[n]
            positions.burn(self.book, 0, at.owner, at.lower, at.upper, at.liquidity * part // 4, self.now)
            code, out = positions.collect(self.book, 0, at.owner, at.lower, at.upper, 2**128 - 1, 2**128 - 1)
            assert code == OK
            self.pool_moved(code, -out.amount0, -out.amount1)

    @rule(side=sides, exact_in=sides, amount=amounts, ticks=st.integers(1, 20_000))
    def swap(self, side: int, exact_in: int, amount: int, ticks: int) -> None:
        p = self.book.pools[0]
        target = max(MIN_TICK + 1, min(MAX_TICK - 1, p.tick + (-ticks if side else ticks)))
        limit, before, grown = sqrt_ratio_at_tick(target), p.sqrt_price, (p.fee_growth0, p.fee_growth1)
        seen = pool.quote(self.book, 0, side, exact_in, amount, limit)
        code, moved = pool.swap(self.book, 0, side, exact_in, amount, limit, DUE, self.now)
        assert seen == (code, moved)
        paid, out = moved.amount_in, moved.amount_out
        self.pool_moved(code, *((paid, -out) if side else (-out, paid)))
        if code == OK:
            assert limit <= p.sqrt_price <= before if side else before <= p.sqrt_price <= limit
            assert (paid if exact_in else out) <= amount
            assert (paid if exact_in else out) == amount or p.sqrt_price == limit
            growth = ((p.fee_growth0 - grown[0]) % 2**256, (p.fee_growth1 - grown[1]) % 2**256)
            assert growth[side] == 0          # the token that goes out pays no fee
            assert growth[1 - side] < HALF    # the other only grows

    @rule(side=sides, amount=amounts)
    def round_trip_never_profits(self, side: int, amount: int) -> None:
        book = copy.deepcopy(self.book)
        code, there = pool.swap(book, 0, side, 1, amount, pool.edge_limit(side), DUE, self.now)
        if code == OK and there.amount_out:
            code, back = pool.swap(book, 0, 1 - side, 1, there.amount_out, pool.edge_limit(1 - side), DUE, self.now)
            assert code == OK
            assert back.amount_out <= there.amount_in
            if back.amount_in == there.amount_out and book.pools[0].fee >= 500 and amount > 10**6:
                assert back.amount_out < there.amount_in

    @rule(amount0=amounts, amount1=amounts)
    def flash(self, amount0: int, amount1: int) -> None:
        code, fees = pool.flash(self.book, 0, amount0, amount1, DUE, DUE)
        self.pool_moved(code, fees.amount0, fees.amount1)

    @rule(share0=st.sampled_from((0, 4, 10)), share1=st.sampled_from((0, 5)), take=st.booleans())
    def protocol(self, share0: int, share1: int, take: bool) -> None:
        assert pool.set_fee_protocol(self.book, 0, share0, share1) == OK
        if take:
            code, out = pool.collect_protocol(self.book, 0, 2**128 - 1, 2**128 - 1)
            self.pool_moved(code, -out.amount0, -out.amount1)

    @rule(seconds=st.sampled_from((1, 12, 86_400, 2**31)), wanted=st.integers(0, 8))
    def wait(self, seconds: int, wanted: int) -> None:
        self.now += seconds
        assert oracle.increase_cardinality(self.book, 0, wanted) == OK

    # ---- always -----------------------------------------------------------------------------------------------------
    @invariant()
    def value_is_conserved(self) -> None:
        p = self.book.pools[0]
        assert [p.balance0, p.balance1] == self.inside
        assert min(self.inside) >= 0

    @invariant()
    def the_pool_can_pay_everybody(self) -> None:
        book = copy.deepcopy(self.book)
        p = book.pools[0]
        for at in book.positions[: p.positions_used]:
            if at.liquidity:
                assert positions.burn(book, 0, at.owner, at.lower, at.upper, at.liquidity, self.now)[0] == OK
        used = book.positions[: p.positions_used]
        assert sum(at.owed0 for at in used) + p.protocol_fees0 <= p.balance0
        assert sum(at.owed1 for at in used) + p.protocol_fees1 <= p.balance1
        assert p.liquidity == 0
        assert not any(t.opens or t.closes for t in book.ticks)

    @invariant()
    def liquidity_is_that_of_the_positions_in_range(self) -> None:
        p = self.book.pools[0]
        used = self.book.positions[: p.positions_used]
        assert p.liquidity == sum(at.liquidity for at in used if at.lower <= p.tick < at.upper)
        assert sum(t.opens for t in self.book.ticks) == sum(at.liquidity for at in used)

    @invariant()
    def the_list_of_ticks_is_in_order(self) -> None:
        p, chain = self.book.pools[0], []
        row = p.ticks_from
        while row >= 0:
            chain.append(row)
            row = self.book.ticks[row].after
        assert [self.book.ticks[r].tick for r in chain] == sorted({self.book.ticks[r].tick for r in chain})
        assert self.book.ticks[p.below].tick <= p.tick < self.book.ticks[self.book.ticks[p.below].after].tick
        assert tick_at_sqrt_ratio(p.sqrt_price) in (p.tick, p.tick + 1)


TestPool = PoolMachine.TestCase
TestPool.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
