"""The pool's oracle: what it says about the past, against a plain history of ticks and liquidity."""

import random
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from protocol_sim.amms.concentrated import oracle, pool, positions
from protocol_sim.amms.concentrated.state import DUE, MAX_TICK, MIN_TICK, OK, OLD, Pools, Terms, new_pools
from protocol_sim.amms.concentrated.tick_math import sqrt_ratio_at_tick
from protocol_sim.amms.concentrated.walk import Swap

E18 = 10**18


def started(now: int, tick: int = 0, room: int = 16) -> Pools:
    book = new_pools([Terms(500, 10, observations=room)])
    assert pool.initialize(book, 0, sqrt_ratio_at_tick(tick), now) == OK
    assert positions.mint(book, 0, 0, -20_000, 20_000, E18, DUE, DUE, now)[0] == OK
    return book


def swap_to(book: Pools, tick: int, now: int) -> tuple[int, Swap]:
    """Move the price to a tick."""
    limit, side = sqrt_ratio_at_tick(tick), int(tick < book.pools[0].tick)
    return pool.swap(book, 0, side, 1, 10**30, limit, DUE, now)


def history(seed: int) -> tuple[Pools, list[tuple[int, int, int]], int]:
    """A pool after random swaps; (time, tick, liquidity) from each on; and the time of the last."""
    rng = random.Random(seed)
    now = rng.choice((1_000, 2**32 - 3_000))
    book = started(now)
    assert oracle.increase_cardinality(book, 0, rng.randint(1, 16)) == OK
    past = [(now, book.pools[0].tick, book.pools[0].liquidity)]
    for _ in range(rng.randint(1, 30)):
        now += rng.choice((0, 1, 13, rng.randrange(1, 900)))
        swap_to(book, rng.randrange(-15_000, 15_000), now)
        past.append((now, book.pools[0].tick, book.pools[0].liquidity))
    return book, past, now


def accumulated(past: list[tuple[int, int, int]], at: int) -> tuple[int, Fraction]:
    """Ticks and 1 / liquidity over time, from the start to `at`."""
    ticks, per = 0, Fraction(0)
    for (start, tick, liquidity), end in zip(past, [*(p[0] for p in past[1:]), at], strict=True):
        lasted = max(0, min(end, at) - start)
        ticks, per = ticks + tick * lasted, per + Fraction(lasted, max(liquidity, 1))
    return ticks, per


@given(st.integers(0, 10_000))
def test_the_past_as_it_was(seed: int) -> None:
    """Every second that observations reach back to has the sum of ticks that passed; earlier ones are refused."""
    book, past, last = history(seed)
    now, told = last + seed % 500, 0
    for ago in sorted({0, 1, now - past[0][0], *(now - t for t, _, _ in past), *(now - t - 1 for t, _, _ in past)}):
        if ago < 0:
            continue
        code, seen = oracle.observe(book, 0, ago, now)
        if code == OLD:
            break
        assert code == OK
        ticks, per = accumulated(past, now - ago)
        assert seen.tick == ticks
        assert abs(Fraction(seen.seconds_per_liquidity, 2**128) - per) <= Fraction(len(past) + 1, 2**128)
        told += 1
    assert told >= 1


@given(st.integers(0, 10_000), st.integers(1, 2_000))
def test_the_mean_tick_rounds_down(seed: int, ago: int) -> None:
    book, past, last = history(seed)
    code, mean = oracle.consult(book, 0, ago, last + 5)
    if code == OK:
        ticks = accumulated(past, last + 5)[0] - accumulated(past, last + 5 - ago)[0]
        assert mean.tick == ticks // ago
        assert MIN_TICK <= mean.tick <= MAX_TICK


def test_one_observation_a_block_of_the_time_before() -> None:
    book = started(100)
    assert oracle.increase_cardinality(book, 0, 5) == OK
    swap_to(book, 500, 110)
    swap_to(book, -700, 110)
    swap_to(book, 40, 130)
    rows = [(o.timestamp, o.tick_cumulative, o.initialized) for o in book.observations[:5]]
    assert rows == [(100, 0, 1), (110, 0, 1), (130, -700 * 20, 1), (1, 0, 0), (1, 0, 0)]
    assert (book.pools[0].observation, book.pools[0].cardinality, book.pools[0].cardinality_next) == (2, 5, 5)


def test_negative_means_round_towards_minus_infinity() -> None:
    book = started(100)
    assert oracle.increase_cardinality(book, 0, 5) == OK
    swap_to(book, -1, 101)
    code, mean = oracle.consult(book, 0, 3, 103)
    assert (code, mean.tick) == (OK, -1)  # two thirds of -1
    assert 0 <= mean.liquidity - E18 <= 1  # liquidity did not change; the cumulative rounds down, so its inverse up


def test_quotes_at_a_tick() -> None:
    assert oracle.quote_at_tick(0, 10**6, 1) == (OK, 10**6)
    assert oracle.quote_at_tick(6_932, 10**18, 1)[1] == sqrt_ratio_at_tick(6_932) ** 2 * 10**18 >> 192
    for tick in (-887_272, -443_636, 443_636, 443_637, 887_272):
        price = Fraction(sqrt_ratio_at_tick(tick) ** 2, 2**192)
        for zero_is_base, exact in ((1, price * 10**30), (0, 10**30 / price)):
            told = oracle.quote_at_tick(tick, 10**30, zero_is_base)[1]
            assert abs(told - exact) <= 1 + exact / 2**60
