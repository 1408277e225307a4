"""The pool's calls: refusals in the contract's order, known figures, and what a refused call leaves behind."""

import copy
import random
from typing import Any

import pytest

from protocol_sim.amms.concentrated import oracle, pool, positions, walk
from protocol_sim.amms.concentrated.state import (
    AI,
    AS,
    BP,
    DUE,
    ERRORS,
    F0,
    F1,
    IIA,
    LO,
    LOK,
    LS,
    M0,
    M1,
    MAX_TICK,
    MIN_TICK,
    NO_REASON,
    NO_ROOM,
    NP,
    OK,
    OLD,
    SPL,
    TF,
    TLM,
    TLU,
    TUM,
    I,
    L,
    Pools,
    R,
    T,
    Terms,
    new_pools,
)
from protocol_sim.amms.concentrated.tick_math import MAX_SQRT_RATIO, MIN_SQRT_RATIO, sqrt_ratio_at_tick

Q96 = 2**96
E18 = 10**18
UINT128 = 2**128 - 1


def fresh(fee: int = 3_000, spacing: int = 60, **rooms: int) -> Pools:
    return new_pools([Terms(fee, spacing, **rooms)])


def started(price: int = Q96, fee: int = 3_000, spacing: int = 60, **rooms: int) -> Pools:
    book = fresh(fee, spacing, **rooms)
    assert pool.initialize(book, 0, price, 1_000) == OK
    return book


def funded() -> Pools:
    book = started()
    assert positions.mint(book, 0, 0, -600, 600, E18, DUE, DUE, 1_000)[0] == OK
    return book


def everything(book: Pools) -> list[list[str]]:
    return [[repr(row) for row in rows] for rows in book]


def most_liquidity() -> Pools:
    """A pool one unit of liquidity short of the limit at -60 and 60."""
    book = started()
    most = book.pools[0].max_liquidity
    assert positions.mint(book, 0, 0, -60, 60, most - 1, DUE, DUE, 1_000)[0] == OK
    return book


LIMIT0, LIMIT1 = pool.edge_limit(1), pool.edge_limit(0)
REFUSALS: list[tuple[str, Any, Any, int]] = [
    ("initialize twice", funded, lambda b: pool.initialize(b, 0, Q96, 1), AI),
    ("initialize below", fresh, lambda b: pool.initialize(b, 0, MIN_SQRT_RATIO - 1, 1), R),
    ("initialize above", fresh, lambda b: pool.initialize(b, 0, MAX_SQRT_RATIO, 1), R),
    ("swap nothing, before all else", fresh, lambda b: pool.swap(b, 0, 1, 1, 0, 0, DUE, 1)[0], AS),
    ("swap before the start", fresh, lambda b: pool.swap(b, 0, 1, 1, 1, 0, DUE, 1)[0], LOK),
    ("limit is the price", funded, lambda b: pool.swap(b, 0, 1, 1, 1, Q96, DUE, 1)[0], SPL),
    ("limit at the lower end", funded, lambda b: pool.swap(b, 0, 1, 1, 1, MIN_SQRT_RATIO, DUE, 1)[0], SPL),
    ("limit the wrong way", funded, lambda b: pool.swap(b, 0, 0, 1, 1, Q96 - 1, DUE, 1)[0], SPL),
    ("limit at the upper end", funded, lambda b: pool.swap(b, 0, 0, 1, 1, MAX_SQRT_RATIO, DUE, 1)[0], SPL),
    ("a wei short", funded, lambda b: pool.swap(b, 0, 1, 1, 10**9, LIMIT0, 10**9 - 1, 1)[0], IIA),
    ("mint before the start, before amount", fresh, lambda b: positions.mint(b, 0, 0, 0, 0, 0, DUE, DUE, 1)[0], LOK),
    ("mint nothing, before ticks", started, lambda b: positions.mint(b, 0, 0, 60, 0, 0, DUE, DUE, 1)[0], NO_REASON),
    ("mint 2**127", started, lambda b: positions.mint(b, 0, 0, 60, 0, 2**127, DUE, DUE, 1)[0], NO_REASON),
    ("ticks the wrong way", started, lambda b: positions.mint(b, 0, 0, 60, 60, 1, DUE, DUE, 1)[0], TLU),
    ("TLU before TLM", started, lambda b: positions.mint(b, 0, 0, MIN_TICK, MIN_TICK - 1, 1, DUE, DUE, 1)[0], TLU),
    ("too low", started, lambda b: positions.mint(b, 0, 0, MIN_TICK - 1, MAX_TICK + 1, 1, DUE, DUE, 1)[0], TLM),
    ("too high", started, lambda b: positions.mint(b, 0, 0, 0, MAX_TICK + 1, 1, DUE, DUE, 1)[0], TUM),
    ("off the grid", started, lambda b: positions.mint(b, 0, 0, 1, 60, 1, DUE, DUE, 1)[0], NO_REASON),
    ("too much on a tick, before the grid", started,
     lambda b: positions.mint(b, 0, 0, 1, 60, 2**120, DUE, DUE, 1)[0], LO),
    ("two units above the limit", most_liquidity, lambda b: positions.mint(b, 0, 0, -60, 120, 2, DUE, DUE, 1)[0], LO),
    ("the same at the upper tick", most_liquidity, lambda b: positions.mint(b, 0, 0, 0, 60, 2, DUE, DUE, 1)[0], LO),
    ("token0 not paid", started, lambda b: positions.mint(b, 0, 0, -60, 60, E18, 0, 0, 1)[0], M0),
    ("token1 not paid", started, lambda b: positions.mint(b, 0, 0, -60, 60, E18, DUE, 0, 1)[0], M1),
    ("no row for a tick", lambda: started(ticks=1),
     lambda b: positions.mint(b, 0, 0, -60, 60, 1, DUE, DUE, 1)[0], NO_ROOM),
    ("no row for a position", lambda: started(positions=0),
     lambda b: positions.mint(b, 0, 0, -60, 60, 1, DUE, DUE, 1)[0], NO_ROOM),
    ("burn before the start", fresh, lambda b: positions.burn(b, 0, 0, -600, 600, 1, 1)[0], LOK),
    ("burn 2**127", funded, lambda b: positions.burn(b, 0, 0, -600, 600, 2**127, 1)[0], NO_REASON),
    ("burn with bad ticks", funded, lambda b: positions.burn(b, 0, 0, 600, -600, 1, 1)[0], TLU),
    ("burn too much", funded, lambda b: positions.burn(b, 0, 0, -600, 600, E18 + 1, 1)[0], LS),
    ("burn somebody else's", funded, lambda b: positions.burn(b, 0, 1, -600, 600, 1, 1)[0], LS),
    ("poke nothing", funded, lambda b: positions.burn(b, 0, 1, -600, 600, 0, 1)[0], NP),
    ("collect before the start", fresh, lambda b: positions.collect(b, 0, 0, 0, 0, 1, 1)[0], LOK),
    ("flash before the start", fresh, lambda b: pool.flash(b, 0, 1, 1, DUE, DUE)[0], LOK),
    ("flash without liquidity", started, lambda b: pool.flash(b, 0, 0, 0, DUE, DUE)[0], L),
    ("flash more than there is", funded, lambda b: pool.flash(b, 0, E18, 0, DUE, DUE)[0], TF),
    ("flash fee0 a wei short", funded, lambda b: pool.flash(b, 0, 10**9, 10**9, 10**9 + 2_999_999, 0)[0], F0),
    ("flash fee1 a wei short", funded, lambda b: pool.flash(b, 0, 10**9, 10**9, DUE, 10**9 + 2_999_999)[0], F1),
    ("share before the start", fresh, lambda b: pool.set_fee_protocol(b, 0, 3, 3), LOK),
    ("share of a third", funded, lambda b: pool.set_fee_protocol(b, 0, 0, 3), NO_REASON),
    ("share of an eleventh", funded, lambda b: pool.set_fee_protocol(b, 0, 11, 0), NO_REASON),
    ("fees before the start", fresh, lambda b: pool.collect_protocol(b, 0, 1, 1)[0], LOK),
    ("grow before the start", fresh, lambda b: oracle.increase_cardinality(b, 0, 5), LOK),
    ("grow beyond the rows", lambda: started(observations=4), lambda b: oracle.increase_cardinality(b, 0, 5), NO_ROOM),
    ("observe before the start", fresh, lambda b: oracle.observe(b, 0, 0, 1)[0], I),
    ("observe before the first", funded, lambda b: oracle.observe(b, 0, 2, 1_001)[0], OLD),
    ("consult nothing", funded, lambda b: oracle.consult(b, 0, 0, 1_001)[0], BP),
    ("inside of no ticks", funded, lambda b: oracle.inside(b, 0, -60, 600, 1_001)[0], NO_REASON),
    ("quote beyond the ticks", funded, lambda _: oracle.quote_at_tick(MAX_TICK + 1, 1, 1)[0], T),
]


@pytest.mark.parametrize(("make", "call", "code"), [r[1:] for r in REFUSALS], ids=[r[0] for r in REFUSALS])
def test_refusals_change_nothing(make: Any, call: Any, code: int) -> None:
    book = make()
    before = everything(book)
    assert call(book) == code
    assert code in ERRORS
    assert everything(book) == before


def test_every_error_is_reached() -> None:
    from protocol_sim.amms.concentrated.state import NOT_FILLED

    assert {r[3] for r in REFUSALS} | {NOT_FILLED} == set(ERRORS)  # NOT_FILLED: test_optimum


def test_the_limit_of_liquidity_itself_is_allowed() -> None:
    book = most_liquidity()
    assert positions.mint(book, 0, 1, -60, 60, 1, DUE, DUE, 1)[0] == OK
    assert book.pools[0].max_liquidity == 11_505_743_598_341_114_571_880_798_222_544_994  # TickMath of the 0.3 % tier


def test_a_swap_in_figures() -> None:
    """Within one range, against the closed form of the white paper."""
    book = funded()
    code, moved = pool.swap(book, 0, 1, 1, 10**16, LIMIT0, DUE, 1_001)
    spendable = 10**16 * 997_000 // 10**6
    price = -(-(E18 * Q96 * Q96) // (E18 * Q96 + spendable * Q96))
    assert (code, moved.amount_in, moved.sqrt_price) == (OK, 10**16, price)
    assert moved.amount_out == E18 * (Q96 - price) // Q96
    assert book.pools[0].fee_growth0 == (10**16 - spendable) * 2**128 // E18


def test_a_gift_stays_with_the_pool() -> None:
    book, other = funded(), funded()
    a = pool.swap(book, 0, 1, 1, 10**16, LIMIT0, 10**16 + 5, 1_001)
    b = pool.swap(other, 0, 1, 1, 10**16, LIMIT0, DUE, 1_001)
    assert a == b
    assert book.pools[0].balance0 == other.pools[0].balance0 + 5


def test_protocol_fees_never_leave_in_full() -> None:
    book = funded()
    assert pool.set_fee_protocol(book, 0, 4, 10) == OK
    for side in (1, 0):
        assert pool.swap(book, 0, side, 1, 10**16, pool.edge_limit(side), DUE, 1_001)[0] == OK
    # the way back passes the end of a word at tick -60: two steps, and each rounds the share down
    assert (book.pools[0].protocol_fees0, book.pools[0].protocol_fees1) == (3 * 10**13 // 4, 3 * 10**13 // 10 - 1)
    assert pool.collect_protocol(book, 0, UINT128, 5) == (OK, (3 * 10**13 // 4 - 1, 5))
    assert pool.collect_protocol(book, 0, UINT128, 0) == (OK, (0, 0))
    assert book.pools[0].protocol_fees0 == 1


def test_ticks_come_and_go() -> None:
    book = started(ticks=4)
    for owner, (lower, upper) in enumerate(((-60, 60), (-120, 60), (-120, 120))):
        assert positions.mint(book, 0, owner, lower, upper, 100, DUE, DUE, 1)[0] == OK
    chain, row = [], book.pools[0].ticks_from
    while row >= 0:
        chain.append((book.ticks[row].tick, book.ticks[row].opens, book.ticks[row].closes))
        row = book.ticks[row].after
    assert chain[1:-1] == [(-120, 200, 0), (-60, 100, 0), (60, 0, 200), (120, 0, 100)]
    assert positions.mint(book, 0, 5, -180, 60, 1, DUE, DUE, 1)[0] == NO_ROOM
    assert positions.burn(book, 0, 0, -60, 60, 100, 2)[0] == OK
    assert positions.mint(book, 0, 5, -180, 60, 1, DUE, DUE, 1)[0] == OK  # the row of -60 is free again
    assert book.ticks[book.pools[0].below].tick == -120


@pytest.mark.parametrize(("fee", "spacing"), [(10**6, 60), (-1, 60), (3_000, 0), (3_000, 16_384)])
def test_terms_outside_the_factory_limits(fee: int, spacing: int) -> None:
    with pytest.raises(ValueError, match="tick spacing"):
        fresh(fee, spacing)


# ---- words without liquidity ----------------------------------------------------------------------------------------
def random_pool(rng: random.Random) -> Pools:
    """Positions far apart, their ticks often at the end of a word."""
    spacing = rng.choice((1, 10, 60))
    book = started(sqrt_ratio_at_tick(rng.randrange(-40_000, 40_000)), 3_000, spacing, ticks=16)
    for _ in range(rng.randint(0, 4)):
        words = sorted(rng.sample(range(-40, 40), 2))
        at = [(w * 256 + rng.choice((0, 255, 1, 254, rng.randrange(256)))) * spacing for w in words]
        positions.mint(book, 0, 0, at[0], at[1], rng.randint(1, 10**12), DUE, DUE, 1_000)
    return book


def test_skipping_empty_words_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """An initialised tick at the end of a word, reached without liquidity, was once taken for a word's end."""
    rng = random.Random(11)
    for _ in range(300):
        book, side = random_pool(rng), rng.randrange(2)
        near = book.pools[0].tick + (-1 if side else 1) * rng.randrange(1, 30_000)
        ticks = [t.tick for t in book.ticks[2:] if t.opens or t.closes]
        target = rng.choice((near, near, *ticks, near // 256 * 256 * book.pools[0].tick_spacing))
        limit = sqrt_ratio_at_tick(max(MIN_TICK + 1, min(MAX_TICK - 1, target))) + rng.choice((0, 0, 1, -1))
        amount, step_by_step = rng.randrange(1, 10 ** rng.randrange(2, 30)), copy.deepcopy(book)
        told = pool.swap(book, 0, side, 1, amount, limit, DUE, 5_000)
        with monkeypatch.context() as patched:
            patched.setattr(walk, "last_edge", lambda *args: 2**40 if args[3] else -(2**40))
            assert pool.swap(step_by_step, 0, side, 1, amount, limit, DUE, 5_000) == told
        assert everything(book) == everything(step_by_step)
