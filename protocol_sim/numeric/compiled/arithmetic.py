"""Checked operators on the wide type. `mul_add_div` carries them all: operands of 128 bits are fast."""

import operator
from collections.abc import Callable
from typing import Any

from numba import types
from numba.extending import overload

from protocol_sim.numeric.compiled import wide as W
from protocol_sim.numeric.compiled.division import by_any, by_constant, by_four, by_two
from protocol_sim.numeric.compiled.linked import INLINED, linked
from protocol_sim.numeric.compiled.wide import Const, ge2, wide


@linked
def checked_add(a, b):  # type: ignore[no-untyped-def]
    r = W.raw_add(a, b)
    if _lt(r, a):
        raise OverflowError("addition overflow")
    return r


@linked
def checked_sub(a, b):  # type: ignore[no-untyped-def]
    if _lt(a, b):
        raise OverflowError("subtraction overflow")
    return W.raw_sub(a, b)


@linked
def checked_mul(a, b):  # type: ignore[no-untyped-def]
    if W.is_small(a) and W.is_small(b):
        a1, a0 = W.low2(a)
        b1, b0 = W.low2(b)
        q3, q2, q1, q0 = W.full_mul(a1, a0, b1, b0)
        return W.join4(q3, q2, q1, q0)
    if _ne(W.product_high(a, b), _ZERO):
        raise OverflowError("multiplication overflow")
    return W.raw_mul(a, b)


@linked
def mul_add_div_512(a, b, c, d):  # type: ignore[no-untyped-def]
    """(a * b + c) / d on 512 bits; raises when the quotient passes 256 or d = 0."""
    h3, h2, h1, h0, n3, n2, n1, n0 = W.product_plus(a, b, c)
    if W.is_small(d):
        d1, d0 = W.low2(d)
        if h3 | h2 or ge2(h1, h0, d1, d0):
            raise OverflowError("quotient overflow")
        if h1 | h0:
            n3, n2, n1, n0 = by_two(h1, h0, n3, n2, n1, n0, d1, d0)
        else:
            n3, n2, n1, n0 = by_any(n3, n2, n1, n0, d1, d0)
        return W.join4(n3, n2, n1, n0)
    high = W.join4(h3, h2, h1, h0)
    if not _lt(high, d):
        raise OverflowError("quotient overflow")
    return by_four(high, W.join4(n3, n2, n1, n0), d)


@linked
def over_256_bits(a, b, c):  # type: ignore[no-untyped-def]
    """Whether a * b + c passes 256 bits."""
    h3, h2, h1, h0, _, _, _, _ = W.product_plus(a, b, c)
    return (h3 | h2 | h1 | h0) != _LIMB0


@linked
def mul_add_div(a, b, c, d):  # type: ignore[no-untyped-def]
    """(a * b + c) / d, the dividend checked at 256 bits."""
    if W.is_small(a) and W.is_small(b) and W.is_small(c) and W.is_small(d):
        d1, d0 = W.low2(d)
        if d1 == 0 and d0 == 0:
            raise ZeroDivisionError("division by zero")
        a1, a0 = W.low2(a)
        b1, b0 = W.low2(b)
        c1, c0 = W.low2(c)
        n3, n2, n1, n0 = W.full_mul(a1, a0, b1, b0)
        n3, n2, n1, n0 = _plus(n3, n2, n1, n0, c1, c0)
        n3, n2, n1, n0 = by_any(n3, n2, n1, n0, d1, d0)
        return W.join4(n3, n2, n1, n0)
    if _eq(d, _ZERO):
        raise ZeroDivisionError("division by zero")
    if over_256_bits(a, b, c):
        raise OverflowError("multiplication overflow")
    return mul_add_div_512(a, b, c, d)


@linked
def divide(a, d):  # type: ignore[no-untyped-def]
    """a / d for any a; the fast path needs d below 2**128."""
    if W.is_small(d):
        d1, d0 = W.low2(d)
        if d1 == 0 and d0 == 0:
            raise ZeroDivisionError("division by zero")
        n3, n2, n1, n0 = W.limbs4(a)
        n3, n2, n1, n0 = by_any(n3, n2, n1, n0, d1, d0)
        return W.join4(n3, n2, n1, n0)
    return by_four(_ZERO, a, d)


@linked
def remainder(a, d):  # type: ignore[no-untyped-def]
    return W.raw_sub(a, W.raw_mul(divide(a, d), d))


@linked
def _plus(n3, n2, n1, n0, c1, c0):  # type: ignore[no-untyped-def]
    """Four limbs plus two; the sum of a 128 x 128 product and 128 bits always fits."""
    m1, m0 = W.add2(n1, n0, c1, c0)
    if ge2(m1, m0, n1, n0):
        return n3, n2, m1, m0
    n3, n2 = W.add2(n3, n2, _LIMB0, _LIMB1)
    return n3, n2, m1, m0


def mul_add_div_by(d: int) -> Callable[..., Any]:
    """`mul_add_div` by a constant divisor, its reciprocal worked out beforehand."""
    division, whole = by_constant(d), Const(d)

    @linked
    def op(a, b, c):  # type: ignore[no-untyped-def]
        if W.is_small(a) and W.is_small(b):
            a1, a0 = W.low2(a)
            b1, b0 = W.low2(b)
            c1, c0 = W.low2(c)
            n3, n2, n1, n0 = W.full_mul(a1, a0, b1, b0)
            n3, n2, n1, n0 = _plus(n3, n2, n1, n0, c1, c0)
            n3, n2, n1, n0 = division(n3, n2, n1, n0)
            return W.join4(n3, n2, n1, n0)
        return mul_add_div(a, b, c, whole)

    return op  # type: ignore[no-any-return]


_ZERO, _ONE, _WIDTH = Const(0), Const(1), Const(W.BITS)
_LIMB0, _LIMB1 = W.u64(0), W.u64(1)
_lt, _ne, _eq = W.compare["lt"], W.compare["ne"], W.compare["eq"]


def _takes_wide(a: Any, b: Any) -> bool:
    def fine(t: Any) -> bool:
        return t is wide or isinstance(t, types.Integer)

    return (a is wide or b is wide) and fine(a) and fine(b)


def _operator(op: Any, impl: Callable[..., Any]) -> None:
    """Teach numba `a op b` where at least one side is wide."""
    body = eval("lambda a, b: impl(as_wide(a), as_wide(b))", {"impl": impl, "as_wide": W.as_wide})  # noqa: S307

    @overload(op, jit_options=INLINED)
    def choose(a, b):  # type: ignore[no-untyped-def]
        return body if _takes_wide(a, b) else None


for _op, _impl in (
    (operator.add, checked_add),
    (operator.iadd, checked_add),
    (operator.sub, checked_sub),
    (operator.isub, checked_sub),
    (operator.mul, checked_mul),
    (operator.imul, checked_mul),
    (operator.floordiv, divide),
    (operator.ifloordiv, divide),
    (operator.mod, remainder),
    (operator.and_, W.raw_and),
    (operator.or_, W.raw_or),
    (operator.xor, W.raw_xor),
):
    _operator(_op, _impl)
for _name, _raw in W.compare.items():
    _operator(getattr(operator, _name), _raw)
_operator(min, linked(lambda a, b: b if _lt(b, a) else a))
_operator(max, linked(lambda a, b: b if _lt(a, b) else a))


@linked
def _shift_right(a, n):  # type: ignore[no-untyped-def]
    return W.raw_shr(a, n) if _lt(n, _WIDTH) else _ZERO


_operator(operator.rshift, _shift_right)
