"""Optima against every input there is, on pools small enough to try them all."""

import random

import pytest

from protocol_sim.amms.arbitrage import NONE, ZERO_FOR_ONE, outside
from protocol_sim.amms.concentrated import family, optimum, pool, positions
from protocol_sim.amms.concentrated.state import DUE, NOT_FILLED, OK, Pools, Terms, new_pools
from protocol_sim.amms.concentrated.tick_math import MAX_SQRT_RATIO, MIN_SQRT_RATIO, sqrt_ratio_at_tick

TIERS = ((100, 1), (500, 10), (3_000, 60), (10_000, 200), (50_000, 16_383))


def small_pool(rng: random.Random) -> Pools:
    """A few positions of a few thousand raw units, some of them out of range."""
    fee, spacing = rng.choice(TIERS)
    book = new_pools([Terms(fee, spacing, ticks=16, positions=8, observations=1)])
    middle = rng.choice((0, rng.randrange(-3_000, 3_000), rng.randrange(-30_000, 30_000)))
    assert pool.initialize(book, 0, sqrt_ratio_at_tick(middle) + rng.randrange(10**6), 0) == OK
    reach = 3 if spacing > 1_000 else 40
    for _ in range(rng.randint(1, 5)):
        lower = (middle // spacing + rng.randint(-reach, reach // 2)) * spacing
        upper = lower + rng.randint(1, reach) * spacing
        assert positions.mint(book, 0, 0, lower, upper, rng.randint(1, 10 ** rng.randint(2, 5)), DUE, DUE, 0)[0] == OK
    return book


def best_of_all(book: Pools, worth0: int, worth1: int) -> int:
    """The profit of the best exact-in trade of up to 600 raw units, by trying."""
    best = 0
    for zero_for_one in (0, 1):
        worth_in, worth_out = (worth0, worth1) if zero_for_one else (worth1, worth0)
        limit = pool.edge_limit(zero_for_one)
        most = pool.quote(book, 0, zero_for_one, 1, 10**9, limit)[1].amount_in
        for x in range(1, min(most + 2, 600)):
            moved = pool.quote(book, 0, zero_for_one, 1, x, limit)[1]
            best = max(best, moved.amount_out * worth_out - moved.amount_in * worth_in)
    return best


def worths(rng: random.Random, book: Pools) -> tuple[int, int]:
    """Worths around the pool's own price."""
    price, worth1 = (book.pools[0].sqrt_price / 2**96) ** 2, rng.randint(1, 1_000)
    return max(1, round(worth1 * price * rng.uniform(0.6, 1.6))), worth1


def test_arbitrage_against_every_input() -> None:
    rng, found = random.Random(7), 0
    for _ in range(25):
        book = small_pool(rng)
        worth0, worth1 = worths(rng, book)
        scale = rng.choice((1, 1_000))
        worth0, worth1 = worth0 * scale, worth1 * scale + rng.randrange(scale)
        trade = optimum.arbitrage(book, 0, worth0, worth1)
        if trade.side != NONE:
            found += 1
            side = int(trade.side == ZERO_FOR_ONE)
            moved = pool.quote(book, 0, side, 1, trade.amount_in, pool.edge_limit(side))[1]
            assert (moved.amount_in, moved.amount_out) == (trade.amount_in, trade.amount_out)
            paid, got = (worth0, worth1) if side else (worth1, worth0)
            assert trade.profit == moved.amount_out * got - moved.amount_in * paid > 0
        assert best_of_all(book, worth0, worth1) - trade.profit < worth0 + worth1
    assert found > 8


def test_sale_against_every_size() -> None:
    rng, found = random.Random(8), 0
    for _ in range(25):
        book, side = small_pool(rng), rng.randrange(2)
        worth0, worth1 = worths(rng, book)
        num, den = (worth1, worth0) if side else (worth0, worth1)
        maximum, gas = rng.choice((50, 250, 10**6)), rng.choice((0, 0, 3))
        size = optimum.optimal_sale(book, 0, side, num, den, maximum, gas)
        best = 0
        for d in range(1, min(maximum, 300) + 1):
            x = d * num // den
            if x:
                best = max(best, pool.quote(book, 0, side, 1, x, pool.edge_limit(side))[1].amount_out - d - gas)
        assert best - size.profit <= 2 + (den + num) // min(num, den)
        if size.profit:
            found += 1
            assert size.repaid <= maximum
            assert size.seized == size.repaid * num // den
            out = pool.quote(book, 0, side, 1, size.seized, pool.edge_limit(side))[1].amount_out
            assert size.profit == out - size.repaid - gas
    assert found > 4


def test_no_trade_gains_within_the_band() -> None:
    rng, inside = random.Random(9), 0
    for _ in range(60):
        book = small_pool(rng)
        unit0, unit1 = 10 ** rng.choice((6, 8, 18)), 10 ** rng.choice((6, 8, 18))
        edges = family.band(book, 0, unit0, unit1)
        if not edges.low < edges.high < 2**61:
            continue
        middle = (edges.low + edges.high) // 2
        for price0 in (edges.low, edges.low + 1, middle, edges.high, edges.low - 1, edges.high + 1):
            trade = optimum.arbitrage(book, 0, price0 * unit1, 10**8 * unit0)
            if not outside(edges, price0, 10**8):
                inside += 1
                assert trade.side == NONE
    assert inside > 60


@pytest.mark.parametrize(("a", "b"), [(1, 1), (3, 7), (10**30, 10**6), (1, 10**36), (2**150, 2**24), (2**127, 1)])
def test_root_of_a_ratio(a: int, b: int) -> None:
    root = optimum.root_of_ratio(a, b)
    if MIN_SQRT_RATIO + 1 < root < MAX_SQRT_RATIO - 1:
        assert root**2 * b <= a << 192 < (root + 2**33) ** 2 * b


def test_family_refuses_what_cannot_be_filled() -> None:
    book = small_pool(random.Random(3))
    assert family.sale(book, 0, 1, 10**30) == (NOT_FILLED, 0)
    assert family.purchase(book, 0, 1, 10**30) == (NOT_FILLED, 0)
    before = [list(map(repr, rows)) for rows in book]
    assert family.sell(book, 0, 1, 10**30, 5)[0] == NOT_FILLED
    assert family.buy(book, 0, 1, 10**30, 5)[0] == NOT_FILLED
    assert [list(map(repr, rows)) for rows in book] == before
