"""Compiled products and divisions of up to 512 bits against Python's integers, at the edges and at random."""

import random

import numpy as np
import pytest
from numba import njit

from protocol_sim.numeric import U256, record
from protocol_sim.numeric.compiled import Table
from protocol_sim.numeric.compiled import arithmetic as A
from protocol_sim.numeric.compiled.division import reciprocal_1, reciprocal_2
from protocol_sim.numeric.compiled.vocabulary import mul_div_512_down, mul_div_512_up

TOP = 2**256 - 1
FITS, TOO_LARGE = 1, 2


@record
class Case:
    """a * b + c over d, and what came of it."""

    a: U256 = 0
    b: U256 = 0
    c: U256 = 0
    d: U256 = 0
    quotient: U256 = 0
    down: U256 = 0
    up: U256 = 0
    plain: U256 = 0   # a / d
    what: int = 0     # FITS or TOO_LARGE, said by Python before the call


@njit
def work_out(cases):  # type: ignore[no-untyped-def]
    for i in range(len(cases)):
        r = cases[i]
        if r.what == FITS:
            r.quotient = A.mul_add_div_512(r.a, r.b, r.c, r.d)
            r.down = mul_div_512_down(r.a, r.b, r.d)
            r.up = mul_div_512_up(r.a, r.b, r.d)
            r.plain = A.divide(r.a, r.d)


def edge(rng: random.Random) -> int:
    """A number of any length whose limbs are often all ones or all zeros."""
    x = sum(rng.choice((0, 0, 1, 2**64 - 1, 2**63, 2**63 - 1, rng.getrandbits(64))) << 64 * i for i in range(4))
    x >>= rng.choice((0, 0, 64, 96, 128, 192, rng.randrange(256)))
    return min(TOP, max(0, x + rng.randint(-1, 1)))


def near_exact(rng: random.Random) -> tuple[int, int, int, int]:
    """a * b just below, at or above a multiple of d."""
    d, k = max(1, edge(rng)), max(1, rng.getrandbits(rng.randrange(1, 200)))
    a = min(TOP, d * k)
    return a, rng.choice((1, 2, 3, k & TOP or 1)), rng.choice((0, 0, d - 1, 1)), min(TOP, d + rng.randrange(2))


def full_limbs(rng: random.Random) -> tuple[int, int, int, int]:
    """A quotient of limbs of ones or zeros, and the largest remainder: an estimated limb is one too large there."""
    d = max(1, edge(rng))
    return d, edge(rng), rng.choice((d - 1, 0)), d


def cases(seed: int, count: int) -> list[Case]:
    """Half of them edges, a quarter random, an eighth near a multiple of the divisor, an eighth with full limbs."""
    rng, made = random.Random(seed), []
    for n in range(count):
        if n % 8 == 3:
            a, b, c, d = near_exact(rng)
        elif n % 8 == 7:
            a, b, c, d = full_limbs(rng)
        elif n % 4 == 2:
            a, b, c, d = (rng.getrandbits(rng.randrange(1, 257)) for _ in range(4))
        else:
            a, b, c, d = (edge(rng) for _ in range(4))
        if d == 0 or -(-(a * b) // d) > TOP or (a * b + c) // d > TOP:
            made.append(Case(a=a, b=b, c=c, d=d, what=TOO_LARGE))
        else:
            made.append(Case(a=a, b=b, c=c, d=d, what=FITS))
    return made


@pytest.mark.slow
def test_512_bits_by_256() -> None:
    drawn = cases(1, 300_000)
    table = Table.of(Case, drawn)
    work_out(table)
    fit = [(r, want) for r, want in zip(table.records(), drawn, strict=True) if want.what == FITS]
    assert len(fit) > 150_000
    for got, want in fit:
        a, b, c, d = want.a, want.b, want.c, want.d
        assert got.quotient == (a * b + c) // d
        assert got.down == a * b // d
        assert got.up == -(-(a * b) // d)
        assert got.plain == a // d


def test_a_quotient_above_256_bits_faults() -> None:
    @njit
    def down(cases):  # type: ignore[no-untyped-def]
        mul_div_512_down(cases[0].a, cases[0].b, cases[0].d)

    over = [r for r in cases(2, 4_000) if r.what == TOO_LARGE and r.d and r.a * r.b // r.d > TOP]
    assert len(over) > 300
    assert {r.d >> 128 == 0 for r in over} == {True, False}
    for r in over:
        with pytest.raises(OverflowError):
            down(Table.of(Case, [r]))
    for d_zero in (Case(a=1, b=1), Case(a=TOP, b=TOP)):
        with pytest.raises((ZeroDivisionError, OverflowError)):
            down(Table.of(Case, [d_zero]))


def test_reciprocals() -> None:
    rng, u = random.Random(3), np.uint64
    one, two = (njit(fn.py_func) for fn in (reciprocal_1, reciprocal_2))
    firsts = [2**63, 2**63 + 1, 2**64 - 1, *(rng.getrandbits(63) | 2**63 for _ in range(2_000))]
    for d1 in firsts:
        assert int(one(u(d1))) == (2**128 - 1) // d1 - 2**64
        d0 = rng.choice((0, 1, 2**64 - 1, rng.getrandbits(64)))
        assert int(two(u(d1), u(d0))) == (2**192 - 1) // (d1 << 64 | d0) - 2**64
