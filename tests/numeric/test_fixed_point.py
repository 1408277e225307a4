"""The vocabulary of rules against Python's unbounded integers, at the edges and in between."""

from collections.abc import Callable
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol_sim import numeric as N
from protocol_sim.errors import Revert

TOP = 2**256
EDGES = sorted({max(0, 2**n + d) for n in (0, 1, 62, 63, 64, 112, 127, 128, 192, 255, 256) for d in (-2, -1, 0, 1)})
WIDE = st.integers(0, TOP - 1) | st.sampled_from([e for e in EDGES if e < TOP]) | st.integers(0, 2**128)
SIGNED = st.integers(-(2**255), 2**255 - 1)


def outcome(fn: Callable[..., int], *args: int) -> int | None:
    """The result, or None for a revert."""
    try:
        return fn(*args)
    except Revert:
        return None


def within(exact: int, *, product: int = 0) -> int | None:
    """`exact`, unless it or the checked product leaves 256 bits."""
    return exact if 0 <= exact < TOP and product < TOP else None


@given(WIDE, WIDE)
def test_add_sub_mul_div(a: int, b: int) -> None:
    assert outcome(N.add, a, b) == within(a + b)
    assert outcome(N.sub, a, b) == within(a - b)
    assert outcome(N.mul, a, b) == within(a * b)
    assert outcome(N.div, a, b) == (a // b if b else None)


@given(WIDE, WIDE, WIDE, WIDE)
def test_mul_div_with_a_checked_product(a: int, b: int, c: int, d: int) -> None:
    def expected(extra: int) -> int | None:
        return within((a * b + extra) // d, product=a * b + extra) if d else None

    assert outcome(N.mul_add_div, a, b, c, d) == expected(c)
    assert outcome(N.mul_div_down, a, b, d) == expected(0)
    assert outcome(N.mul_div_up, a, b, d) == expected(d - 1)
    assert outcome(N.mul_div_half_up, a, b, d) == expected(d // 2)


@given(WIDE, WIDE, WIDE)
def test_mul_div_with_512_bits(a: int, b: int, d: int) -> None:
    assert outcome(N.mul_div_512_down, a, b, d) == (within(a * b // d) if d else None)
    assert outcome(N.mul_div_512_up, a, b, d) == (within(-(-a * b // d)) if d else None)


@given(WIDE, WIDE)
def test_aaves_words_round_as_they_say(a: int, b: int) -> None:
    def half_up(n: int, d: int, scaled: int) -> int | None:
        return within(floor(Fraction(n, d) + Fraction(1, 2)), product=scaled) if d else None

    rays, wads = (N.RAY, N.ray_mul_half_up, N.ray_div_half_up), (N.WAD, N.wad_mul_half_up, N.wad_div_half_up)
    for unit, mul, div in (rays, wads):
        assert outcome(mul, a, b) == half_up(a * b, unit, a * b + unit // 2)
        assert outcome(div, a, b) == half_up(a * unit, b, a * unit + b // 2)
    assert outcome(N.ray_mul_down, a, b) == within(a * b // N.RAY, product=a * b)
    assert outcome(N.ray_mul_up, a, b) == within(-(-a * b // N.RAY), product=a * b + N.RAY - 1)
    p = b % 30_000
    assert outcome(N.percent_mul_half_up, a, p) == half_up(a * p, 10_000, a * p + 5_000)
    assert outcome(N.percent_div_half_up, a, p) == half_up(a * 10_000, p, a * 10_000 + p // 2)
    assert outcome(N.ray_to_wad_half_up, a) == half_up(a, 10**9, a + 5 * 10**8)
    assert outcome(N.wad_to_ray, a) == within(a * 10**9)


TIES = [  # exactly a half goes up; one raw unit of the product less goes down
    (N.ray_mul_half_up, (N.HALF_RAY, 1), 1), (N.ray_mul_half_up, (N.HALF_RAY - 1, 1), 0),
    (N.ray_div_half_up, (1, 2 * N.RAY), 1), (N.ray_div_half_up, (1, 2 * N.RAY + 2), 0),
    (N.wad_mul_half_up, (N.HALF_WAD, 3), 2), (N.wad_mul_half_up, (N.HALF_WAD - 1, 1), 0),
    (N.wad_div_half_up, (1, 2 * N.WAD), 1), (N.wad_div_half_up, (1, 2 * N.WAD + 2), 0),
    (N.percent_mul_half_up, (1, 5_000), 1), (N.percent_mul_half_up, (1, 4_999), 0),
    (N.percent_div_half_up, (1, 20_000), 1), (N.percent_div_half_up, (1, 20_002), 0),
    (N.ray_to_wad_half_up, (500_000_000,), 1), (N.ray_to_wad_half_up, (499_999_999,), 0),
    (N.mul_div_half_up, (1, 1, 2), 1), (N.mul_div_half_up, (1, 1, 3), 0),
]


@pytest.mark.parametrize(("fn", "args", "expected"), TIES)
def test_ties_go_up(fn: Callable[..., int], args: tuple[int, ...], expected: int) -> None:
    assert fn(*args) == expected


@given(WIDE, WIDE)
def test_roots_are_floors(a: int, b: int) -> None:
    for root, square in ((N.isqrt(a), a), (N.sqrt_mul_down(a, b), a * b)):
        assert root * root <= square < (root + 1) ** 2


@given(WIDE, WIDE)
def test_wrapping(a: int, b: int) -> None:
    assert N.wrapping_add(a, b) == (a + b) % TOP
    assert N.wrapping_sub(a, b) == (a - b) % TOP
    assert N.wrapping_mul(a, b) == (a * b) % TOP


@given(SIGNED, SIGNED)
def test_signed_division_truncates(a: int, b: int) -> None:
    expected = None if b == 0 else int(Fraction(a, b))
    assert outcome(N.signed_div, a, b) == expected


@pytest.mark.parametrize(("a", "b", "q"), [(7, 2, 3), (-7, 2, -3), (7, -2, -3), (-7, -2, 3), (-1, 5, 0)])
def test_signed_division_is_not_pythons(a: int, b: int, q: int) -> None:
    assert N.signed_div(a, b) == q


@given(WIDE, st.sampled_from([8, 40, 62, 112, 128, 192, 255]))
def test_fits_and_narrow(x: int, bits: int) -> None:
    assert N.fits(x, bits) == (x < 2**bits)
    assert outcome(N.narrow, x) == (x if x < 2**62 else None)


MACHINE = st.integers(-(2**62), 2**62)


@given(MACHINE, MACHINE, MACHINE, MACHINE)
def test_mul_lt(a: int, b: int, c: int, d: int) -> None:
    assert N.mul_lt(a, b, c, d) == (Fraction(a) * b < Fraction(c) * d)


def test_mix_is_one_fnv_step() -> None:
    assert N.mix(0xCBF29CE484222325, 0) == 0xCBF29CE484222325 * 0x100000001B3 % 2**64
    assert N.mix(5, 7 + 2**64) == N.mix(5, 7) != N.mix(5, 8)


REVERTS = [
    ("addition overflow", N.add, (TOP - 1, 1)),
    ("subtraction overflow", N.sub, (0, 1)),
    ("multiplication overflow", N.mul, (2**128, 2**128)),
    ("division by zero", N.div, (1, 0)),
    ("division by zero", N.mul_div_up, (1, 1, 0)),
    ("multiplication overflow", N.mul_div_512_down, (TOP - 1, 2, 1)),
    ("multiplication overflow", N.ray_mul_half_up, (TOP // N.RAY + 1, N.RAY)),
]


@pytest.mark.parametrize(("reason", "fn", "args"), REVERTS)
def test_reverts_name_their_reason(reason: str, fn: Callable[..., int], args: tuple[int, ...]) -> None:
    with pytest.raises(Revert) as caught:
        fn(*args)
    assert caught.value.reason == reason
