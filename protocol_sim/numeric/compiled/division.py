"""Division with reciprocals on 64-bit limbs (Moeller & Granlund 2011, algorithms 3 to 6).

Up to 256 bits by up to 128 (`by_any`), up to 512 by up to 256 where the quotient fits into 256 (`by_two`, `by_four`).
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from protocol_sim.numeric.compiled import wide as W
from protocol_sim.numeric.compiled.linked import inlined, linked
from protocol_sim.numeric.compiled.wide import Const, add2, clz, fshl, ge2, sub2, umul

U = np.uint64
_TABLE = np.array([0x7FD00 // d for d in range(256, 512)], dtype=np.uint64)


@inlined
def reciprocal_1(d):  # type: ignore[no-untyped-def]
    """floor((2**128 - 1) / d) - 2**64 for a normalised limb."""
    v0 = _TABLE[(d >> U(55)) - U(256)]
    d40 = (d >> U(24)) + U(1)
    v1 = (v0 << U(11)) - (v0 * v0 * d40 >> U(40)) - U(1)
    v2 = (v1 << U(13)) + (v1 * (U(0x1000000000000000) - v1 * d40) >> U(47))
    odd = d & U(1)
    e = ((v2 >> U(1)) & (U(0) - odd)) - v2 * ((d >> U(1)) + odd)
    v3 = (umul(v2, e)[0] >> U(1)) + (v2 << U(31))
    high, low = umul(v3, d)
    high, low = add2(high, low, d, d)
    return v3 - high


@inlined
def reciprocal_2(d1, d0):  # type: ignore[no-untyped-def]
    """The reciprocal of a normalised two-limb divisor."""
    v = reciprocal_1(d1)
    p = d1 * v + d0
    if p < d0:
        v -= U(1)
        if p >= d1:
            v -= U(1)
            p -= d1
        p -= d1
    t1, t0 = umul(v, d0)
    p += t1
    if p < t1:
        v -= U(1)
        if ge2(p, t0, d1, d0):
            v -= U(1)
    return v


@inlined
def _by_one_limb(u1, u0, d, v):  # type: ignore[no-untyped-def]
    q1, q0 = umul(v, u1)
    q1, q0 = add2(q1, q0, u1, u0)
    q1 += U(1)
    r = u0 - q1 * d
    if r > q0:
        q1 -= U(1)
        r += d
    if r >= d:
        q1 += U(1)
        r -= d
    return q1, r


@inlined
def _by_two_limbs(n2, n1, n0, d1, d0, v):  # type: ignore[no-untyped-def]
    q1, q0 = umul(v, n2)
    q1, q0 = add2(q1, q0, n2, n1)
    t1, t0 = umul(d0, q1)
    r1, r0 = sub2(n1 - q1 * d1, n0, t1, t0)
    r1, r0 = sub2(r1, r0, d1, d0)
    q1 += U(1)
    if r1 >= q0:
        q1 -= U(1)
        r1, r0 = add2(r1, r0, d1, d0)
    if ge2(r1, r0, d1, d0):
        q1 += U(1)
        r1, r0 = sub2(r1, r0, d1, d0)
    return q1, r1, r0


@inlined
def by_normalised(n3, n2, n1, n0, s, d1, d0, v):  # type: ignore[no-untyped-def]
    """(four limbs << s) / (d1, d0), whose reciprocal is v; with d1 = 0 the divisor is d0 alone. Four limbs."""
    n4, n3, n2, n1, n0 = n3 >> U(1) >> (U(63) - s), fshl(n3, n2, s), fshl(n2, n1, s), fshl(n1, n0, s), n0 << s
    q3, q2 = U(0), U(0)
    if d1 == U(0):
        r = n4
        if n4 | n3:
            q3, r = _by_one_limb(r, n3, d0, v)
        if r | n2:
            q2, r = _by_one_limb(r, n2, d0, v)
        q1, r = _by_one_limb(r, n1, d0, v)
        q0, r = _by_one_limb(r, n0, d0, v)
        return q3, q2, q1, q0
    r1, r0 = U(0), n2
    if n4 | n3:
        q2, r1, r0 = _by_two_limbs(n4, n3, n2, d1, d0, v)
    q1, r1, r0 = _by_two_limbs(r1, r0, n1, d1, d0, v)
    q0, r1, r0 = _by_two_limbs(r1, r0, n0, d1, d0, v)
    return q3, q2, q1, q0


@inlined
def by_any(n3, n2, n1, n0, d1, d0):  # type: ignore[no-untyped-def]
    """Four limbs divided by the two-limb number (d1, d0), which is not zero."""
    if d1:
        s = clz(d1)
        e1, e0 = fshl(d1, d0, s), d0 << s
        return by_normalised(n3, n2, n1, n0, s, e1, e0, reciprocal_2(e1, e0))
    s = clz(d0)
    return by_normalised(n3, n2, n1, n0, s, U(0), d0 << s, reciprocal_1(d0 << s))


@linked
def by_two(h1, h0, n3, n2, n1, n0, d1, d0):  # type: ignore[no-untyped-def]
    """Six limbs divided by the two-limb number (d1, d0), which is above (h1, h0). Four limbs."""
    if d1 == U(0):
        s = clz(d0)
        e = d0 << s
        v = reciprocal_1(e)
        q3, r = _by_one_limb(fshl(h0, n3, s), fshl(n3, n2, s), e, v)
        q2, r = _by_one_limb(r, fshl(n2, n1, s), e, v)
        q1, r = _by_one_limb(r, fshl(n1, n0, s), e, v)
        q0, r = _by_one_limb(r, n0 << s, e, v)
        return q3, q2, q1, q0
    s = clz(d1)
    e1, e0 = fshl(d1, d0, s), d0 << s
    v = reciprocal_2(e1, e0)
    q3, r1, r0 = _by_two_limbs(fshl(h1, h0, s), fshl(h0, n3, s), fshl(n3, n2, s), e1, e0, v)
    q2, r1, r0 = _by_two_limbs(r1, r0, fshl(n2, n1, s), e1, e0, v)
    q1, r1, r0 = _by_two_limbs(r1, r0, fshl(n1, n0, s), e1, e0, v)
    q0, r1, r0 = _by_two_limbs(r1, r0, n0 << s, e1, e0, v)
    return q3, q2, q1, q0


@linked
def _limb_by_four(r, n, d, d3, d2, v):  # type: ignore[no-untyped-def]
    """One limb of the quotient (r, n) / d, and the remainder; d is normalised, d3 and d2 are its first limbs, r < d."""
    r3, r2, r1, _ = W.limbs4(r)
    q = _ALL if ge2(r3, r2, d3, d2) else _by_two_limbs(r3, r2, r1, d3, d2, v)[0]  # at most two too many
    x4, x3, x2, x1, x0 = W.fifth(r, n, q, d)
    while x4:
        q -= U(1)
        x4, x3, x2, x1, x0 = W.fifth(r, n, q, d)
    return q, W.join4(x3, x2, x1, x0)


@linked
def by_four(high, low, d):  # type: ignore[no-untyped-def]
    """(high, low) / d with high < d and d at least 2**128."""
    s = W.zeros(d)
    if W.low_word(s):
        high = W.raw_or(W.raw_shl(high, s), W.raw_shr(low, W.raw_sub(_WIDTH, s)))
        low, d = W.raw_shl(low, s), W.raw_shl(d, s)
    d3, d2, _, _ = W.limbs4(d)
    n3, n2, n1, n0 = W.limbs4(low)
    v = reciprocal_2(d3, d2)
    q3, r = _limb_by_four(high, n3, d, d3, d2, v)
    q2, r = _limb_by_four(r, n2, d, d3, d2, v)
    q1, r = _limb_by_four(r, n1, d, d3, d2, v)
    q0, r = _limb_by_four(r, n0, d, d3, d2, v)
    return W.join4(q3, q2, q1, q0)


_ALL, _WIDTH = U(2**64 - 1), Const(W.BITS)


def by_constant(d: int) -> Callable[..., Any]:
    """A compiled division by the constant d < 2**128: shift and reciprocal are worked out here, in Python."""
    width = 128 if d >> 64 else 64
    shift = width - d.bit_length()
    n = d << shift
    s, d1, d0 = U(shift), U(n >> 64), U(n & (2**64 - 1))
    v = U((2 ** (width + 64) - 1) // n - 2**64)

    @linked
    def divide(n3, n2, n1, n0):  # type: ignore[no-untyped-def]
        return by_normalised(n3, n2, n1, n0, s, d1, d0, v)

    return divide  # type: ignore[no-any-return]
