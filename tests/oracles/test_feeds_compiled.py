"""Feeds compiled: the same rows after the same blocks, for every kind."""

import random

import pytest

from protocol_sim.numeric import U128, Rows, record, rule
from protocol_sim.oracles import feed as feeds
from protocol_sim.oracles import fixed, rounds

pytestmark = pytest.mark.slow


@record
class Seen:
    """What the source shows, and what came back."""

    price: U128 = 0
    landed: int = 0
    code: int = 0


@rule
def block_of(rows: Rows[feeds.Feed], history: Rows[rounds.Round], seen: Rows[Seen], block: int, now: int) -> None:
    """One block in the life of one feed."""
    row, s = rows[0], seen[0]
    if row.kind == feeds.ROUNDS:
        s.landed = rounds.land(row, history, block, now)
    else:
        s.landed = feeds.land(row, block, now)
    if feeds.watches(row):
        s.code = feeds.look(row, s.price, s.price + 1, block, now)
    if block == 37:
        fixed.set_answer(row, s.price, now)


@pytest.mark.parametrize("kind", [feeds.FIXED, feeds.CHAINLINK, feeds.ROUNDS])
def test_compiled_is_equal(kind: int) -> None:
    from numba import njit

    from protocol_sim.numeric.compiled import Table

    kernel = njit(lambda rows, history, seen, block, now: block_of(rows, history, seen, block, now))
    draw, landed = random.Random(kind), 0
    for _ in range(20):
        row = feeds.Feed(
            kind=kind,
            answer=10**8,
            deviation=draw.choice([0, 50, 100]),
            heartbeat=draw.choice([60, 3_600]),
            delay=draw.choice([0, 1, 3]),
            minimum=draw.choice([0, 99 * 10**6]),
            maximum=draw.choice([2**128 - 1, 101 * 10**6]),
            end_round=5,
        )
        blocks = sorted(draw.randint(0, 50) for _ in range(5))
        history = [rounds.Round(block=b, answer=draw.randint(1, 10**18)) for b in blocks]
        rows, past = Table.of(feeds.Feed, [row]), Table.of(rounds.Round, history)
        price = 10**8
        for block in range(1, 60):
            price = price * draw.randint(9_900, 10_100) // 10_000
            mine = [Seen(price=price)]
            theirs = Table.of(Seen, mine)
            block_of([row], history, mine, block, 12 * block)
            kernel(rows, past, theirs, block, 12 * block)
            assert (rows.records(), theirs.records()) == ([row], mine)
            landed += mine[0].landed
    assert landed > 0 or kind == feeds.FIXED
