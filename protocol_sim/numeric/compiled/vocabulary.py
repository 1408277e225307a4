"""The names of `numeric.fixed_point`, compiled: each does what its Python namesake does, and tests compare them."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numba.extending import overload

from protocol_sim.numeric import fixed_point as F
from protocol_sim.numeric.compiled import arithmetic as A
from protocol_sim.numeric.compiled import wide as W
from protocol_sim.numeric.compiled.linked import LINKED, linked
from protocol_sim.numeric.compiled.wide import Const
from protocol_sim.numeric.rule import register_with

_RAY, _HALF_RAY, _WAD, _HALF_WAD = (Const(c) for c in (F.RAY, F.HALF_RAY, F.WAD, F.HALF_WAD))
_BPS, _HALF_BPS, _RATIO, _HALF_RATIO = (Const(c) for c in (F.BPS, F.HALF_BPS, F.WAD_RAY_RATIO, F.WAD_RAY_RATIO // 2))
_ONE, _ZERO, _LIMIT = Const(1), Const(0), Const(1 << 62)
_MAX, _ROOT = Const(F.MAX_UINT256), Const(F.MAX_UINT128)
_by_ray, _by_wad, _by_bps, _by_ratio = (A.mul_add_div_by(d) for d in (F.RAY, F.WAD, F.BPS, F.WAD_RAY_RATIO))
_RAY_LESS_ONE = Const(F.RAY - 1)
_U = np.uint64
_lt, _le, _ge, _eq = (W.compare[n] for n in ("lt", "le", "ge", "eq"))


@linked
def to_float(a):  # type: ignore[no-untyped-def]
    """The nearest float, within 2 ulp."""
    n3, n2, n1, n0 = W.limbs4(a)
    return ((float(n3) * 2.0**64 + float(n2)) * 2.0**64 + float(n1)) * 2.0**64 + float(n0)


@linked
def from_float(x):  # type: ignore[no-untyped-def]
    """A wide number near the non-negative float x (a proposal for an integer rule to refine)."""
    high = np.floor(x * 2.0**-64)
    n3 = np.floor(high * 2.0**-128)
    rest = high - n3 * 2.0**128
    n2 = np.floor(rest * 2.0**-64)
    return W.join4(_U(n3), _U(n2), _U(rest - n2 * 2.0**64), _U(x - high * 2.0**64))


@linked
def mul_div_up(a, b, d):  # type: ignore[no-untyped-def]
    return A.mul_add_div(a, b, d - _ONE, d)


@linked
def mul_div_512_down(a, b, d):  # type: ignore[no-untyped-def]
    if W.is_small(a) and W.is_small(b) and W.is_small(d):
        return A.mul_add_div(a, b, _ZERO, d)
    return A.mul_add_div_512(a, b, _ZERO, d)


@linked
def mul_div_512_up(a, b, d):  # type: ignore[no-untyped-def]
    q = mul_div_512_down(a, b, d)
    return q if _eq(W.raw_mul(q, d), W.raw_mul(a, b)) else q + _ONE


@linked
def newton_sqrt(high, low, guess):  # type: ignore[no-untyped-def]
    """Floor sqrt of high * low, of which `guess` is an estimate from above."""
    r = guess
    while True:
        q = mul_div_512_down(high, low, r)
        carry = W.raw_and(W.raw_and(q, r), _ONE)  # of (q + r) / 2, which may pass 256 bits
        s = W.raw_add(W.raw_add(W.half(q), W.half(r)), carry)
        if _ge(s, r):
            return r
        r = s


@linked
def sqrt_mul_down(a, b):  # type: ignore[no-untyped-def]
    if _eq(a, _ZERO) or _eq(b, _ZERO):
        return _ZERO
    x = math.sqrt(to_float(a)) * math.sqrt(to_float(b))
    x = x * (1.0 + 2.0**-46) + 1.0
    return newton_sqrt(a, b, from_float(x) if x < 2.0**256 else _MAX)


@linked
def isqrt(x):  # type: ignore[no-untyped-def]
    """A float root, corrected by what its exact square misses over twice itself, again as a float: each time 50 bits
    more are right, so that once or twice will do. The error left is below 1, and products decide; a step of Newton's
    would cost a division."""
    if _eq(x, _ZERO):
        return _ZERO
    root = math.sqrt(to_float(x))
    r = _root_bounded(from_float(root))
    for _ in range(1 if root < 2.0**94 else 2):
        square = W.raw_mul(r, r)
        if _lt(x, square):
            r = W.raw_sub(r, from_float(to_float(W.raw_sub(square, x)) / (2.0 * root)))
        else:
            r = _root_bounded(W.raw_add(r, from_float(to_float(W.raw_sub(x, square)) / (2.0 * root))))
    while _lt(x, W.raw_mul(r, r)):
        r = W.raw_sub(r, _ONE)
    while _lt(r, _ROOT) and _le(W.raw_mul(W.raw_add(r, _ONE), W.raw_add(r, _ONE)), x):
        r = W.raw_add(r, _ONE)
    return r


@linked
def _root_bounded(r):  # type: ignore[no-untyped-def]
    return r if W.is_small(r) else _ROOT


@linked
def narrow(x):  # type: ignore[no-untyped-def]
    if _ge(x, _LIMIT):
        raise OverflowError("narrow cast")
    return W.to_i64(x)


@linked
def mix(h, x):  # type: ignore[no-untyped-def]
    return (_U(h) ^ W.low_word(x)) * _U(1099511628211)


@linked
def checked_div(a, b):  # type: ignore[no-untyped-def]
    return A.divide(a, b)


@linked
def fits(x, bits):  # type: ignore[no-untyped-def]
    return _eq(W.raw_shr(x, bits), _ZERO)


_WIDE_IMPLEMENTATIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    F.add: A.checked_add,
    F.sub: A.checked_sub,
    F.mul: A.checked_mul,
    F.div: checked_div,
    F.mul_add_div: A.mul_add_div,
    F.mul_div_down: linked(lambda a, b, d: A.mul_add_div(a, b, _ZERO, d)),
    F.mul_div_up: mul_div_up,
    F.mul_div_half_up: linked(lambda a, b, d: A.mul_add_div(a, b, W.half(d), d)),
    F.mul_div_512_down: mul_div_512_down,
    F.mul_div_512_up: mul_div_512_up,
    F.ray_mul_half_up: linked(lambda a, b: _by_ray(a, b, _HALF_RAY)),
    F.ray_mul_down: linked(lambda a, b: _by_ray(a, b, _ZERO)),
    F.ray_mul_up: linked(lambda a, b: _by_ray(a, b, _RAY_LESS_ONE)),
    F.ray_div_half_up: linked(lambda a, b: A.mul_add_div(a, _RAY, W.half(b), b)),
    F.wad_mul_half_up: linked(lambda a, b: _by_wad(a, b, _HALF_WAD)),
    F.wad_div_half_up: linked(lambda a, b: A.mul_add_div(a, _WAD, W.half(b), b)),
    F.percent_mul_half_up: linked(lambda a, p: _by_bps(a, p, _HALF_BPS)),
    F.percent_div_half_up: linked(lambda a, p: A.mul_add_div(a, _BPS, W.half(p), p)),
    F.ray_to_wad_half_up: linked(lambda a: _by_ratio(a, _ONE, _HALF_RATIO)),
    F.wad_to_ray: linked(lambda a: A.checked_mul(a, _RATIO)),
    F.isqrt: isqrt,
    F.sqrt_mul_down: sqrt_mul_down,
    F.wrapping_add: W.raw_add,
    F.wrapping_sub: W.raw_sub,
    F.wrapping_mul: W.raw_mul,
    F.fits: fits,
    F.as_float: to_float,
    F.narrow: narrow,
}


def _compile(fn: Callable[..., Any], impl: Callable[..., Any]) -> None:
    """Overload the Python function `fn`: every argument is widened, then `impl` runs."""
    names = fn.__code__.co_varnames[: fn.__code__.co_argcount]
    widened = ", ".join(f"as_wide({n})" for n in names)
    body = eval(f"lambda {', '.join(names)}: impl({widened})", {"impl": impl, "as_wide": W.as_wide})  # noqa: S307
    overload(fn, jit_options=LINKED)(eval(f"lambda {', '.join(names)}: body", {"body": body}))  # noqa: S307


for _fn, _impl in _WIDE_IMPLEMENTATIONS.items():
    _compile(_fn, _impl)


@overload(F.mix, jit_options=LINKED)
def _mix(h, x):  # type: ignore[no-untyped-def]
    return lambda h, x: mix(h, W.as_wide(x))


@overload(F.mul_lt, jit_options=LINKED)
def _mul_lt(a, b, c, d):  # type: ignore[no-untyped-def]
    return lambda a, b, c, d: W.mul_lt_words(a, b, c, d)


def _register(fn: Callable[..., Any]) -> None:
    overload(fn, strict=False, jit_options=LINKED)(lambda *args, **kwargs: fn)


register_with(_register)
