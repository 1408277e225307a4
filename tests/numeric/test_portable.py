"""Portable floats: accuracy against 60-digit decimals; the same bits for scalars, arrays, compiled code, machines."""

import math
import random
import struct
from collections.abc import Callable
from decimal import Decimal, getcontext, localcontext

import numpy as np
import pytest

from protocol_sim.numeric import portable as P

getcontext().prec = 60
PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899")
DRAW = random.Random(20221122)

EXPONENTS = [DRAW.uniform(-20, 20) for _ in range(1500)] + [DRAW.uniform(-700, 700) for _ in range(800)] + [0.0, 1e-300]
POSITIVES = (
    [DRAW.uniform(0.01, 5) for _ in range(1500)]
    + [2.0 ** DRAW.uniform(-1000, 1000) for _ in range(800)]
    + [1 + DRAW.uniform(-1e-3, 1e-3) for _ in range(500)]
    + [1.0, 5e-324, 1.7976931348623157e308]
)
CHANCES = (
    [DRAW.random() for _ in range(500)]
    + [2.0 ** -DRAW.uniform(1, 53) for _ in range(150)]
    + [1 - 2.0 ** -DRAW.uniform(1, 53) for _ in range(150)]
    + [2.0**-53, 1 - 2.0**-53, 0.5, 0.075, 0.925]
)
POINTS = [DRAW.uniform(-8, 8) for _ in range(500)] + [DRAW.uniform(-0.7, 0.7) for _ in range(200)]


def density(x: Decimal) -> Decimal:
    return (-x * x / 2).exp() / (2 * PI).sqrt()


def upper(x: Decimal) -> Decimal:
    """P(Z > x) for x >= 0: the power series, from 6 on the continued fraction."""
    if x < 6:
        term = total = x
        k = 1
        while abs(term) > Decimal(10) ** -58 * total:
            term = term * x * x / (2 * k + 1)
            total += term
            k += 1
        return Decimal("0.5") - density(x) * total
    fraction = Decimal(0)
    for k in range(300, 0, -1):
        fraction = k / (x + fraction)
    return density(x) / (x + fraction)


def below(x: Decimal) -> Decimal:
    return upper(-x) if x < 0 else 1 - upper(x)


def ulps(found: float, exact: Decimal) -> float:
    return float(abs(Decimal(found) - exact)) / math.ulp(float(exact))


def test_exp_and_log_are_within_an_ulp() -> None:
    assert max(ulps(P.exp(x), Decimal(x).exp()) for x in EXPONENTS) < 1
    assert max(ulps(P.log(x), Decimal(x).ln()) for x in POSITIVES if x != 1.0) < 1
    assert (P.log(1.0), P.exp(0.0)) == (0.0, 1.0)


def test_the_inverse_is_within_four_ulps_wherever_a_uniform_draw_falls() -> None:
    worst = 0.0
    for p in CHANCES:
        z = P.normal_inverse(p)
        if z == 0.0:
            continue
        exact = Decimal(z) - (below(Decimal(z)) - Decimal(p)) / density(Decimal(z))  # one Newton step: 30 digits
        worst = max(worst, ulps(z, exact))
    assert worst < 4
    assert P.normal_inverse(0.5) == 0.0


def test_the_distribution_and_its_density() -> None:
    for x in POINTS:
        for found, exact in ((P.normal_cdf(x), below(Decimal(x))), (P.normal_pdf(x), density(Decimal(x)))):
            assert abs(Decimal(found) - exact) <= Decimal("6e-16") * exact
    assert (P.normal_cdf(-40.0), P.normal_cdf(40.0), P.normal_cdf(0.0)) == (0.0, 1.0, 0.5)


def test_overflow_and_underflow() -> None:
    assert (P.exp(710.0), P.exp(-746.0)) == (math.inf, 0.0)
    assert P.exp_array(np.array([710.0, -746.0])).tolist() == [math.inf, 0.0]
    assert P.exp(-745.0) == 5e-324


PAIRS: list[tuple[Callable[[float], float], Callable[[np.ndarray], np.ndarray], list[float]]] = [
    (P.exp, P.exp_array, [*EXPONENTS, -740.0, 709.7]),
    (P.log, P.log_array, POSITIVES),
    (P.normal_inverse, P.normal_inverse_array, [*CHANCES, 1e-300]),
]


@pytest.mark.parametrize(("scalar", "array", "xs"), PAIRS, ids=["exp", "log", "normal_inverse"])
def test_arrays_have_the_bits_of_scalars(scalar: Callable, array: Callable, xs: list[float]) -> None:
    found = array(np.array(xs))
    assert found.tobytes() == np.array([scalar(x) for x in xs]).tobytes()
    assert array(np.array(xs)[::-1]).tobytes() == found[::-1].tobytes()  # the place in the array does not matter
    assert all(array(np.array([x]))[0] == y for x, y in zip(xs[:50], found[:50], strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["exp", "log", "normal_inverse", "normal_cdf", "normal_pdf"])
def test_compiled_code_has_the_same_bits(name: str) -> None:
    from numba import njit

    import protocol_sim.numeric.compiled  # noqa: F401

    fn = getattr(P, name)
    kernel = njit(lambda x: fn(x))
    xs = {"exp": EXPONENTS, "log": POSITIVES, "normal_inverse": CHANCES}.get(name, POINTS)
    assert [kernel(x) for x in xs] == [fn(x) for x in xs]


# the results' bits, written down once (their accuracy is tested above): any machine must give these
KNOWN = [
    (P.exp, 1.0, "4005bf0a8b14576a"),
    (P.exp, -0.3, "3fe7b4c869c37c05"),
    (P.exp, 123.456, "4b11428e1cbc0143"),
    (P.log, 10.0, "40026bb1bbb55516"),
    (P.log, 0.9999, "bf1a3738d2cf1cc2"),
    (P.normal_inverse, 0.3, "bfe0c7e39582c5fa"),
    (P.normal_inverse, 0.001, "c008b8cbb7204470"),
    (P.normal_inverse, 1e-12, "c01c234fba57a32a"),
    (P.normal_cdf, 1.5, "3feddcb724ed3702"),
    (P.normal_cdf, -7.0, "3d7683c36759a445"),
    (P.normal_pdf, 0.7, "3fd3fbf7ebf6e2f7"),
]


@pytest.mark.parametrize(("fn", "x", "bits"), KNOWN)
def test_known_bits(fn: Callable[[float], float], x: float, bits: str) -> None:
    assert struct.pack(">d", fn(x)).hex() == bits


def test_the_check_itself_is_sharp() -> None:
    # one ulp off is seen: the decimals are much finer than a float
    with localcontext():
        assert ulps(math.nextafter(math.e, 3.0), Decimal(1).exp()) > 0.5
