"""The compiled integer: 256 bits, unsigned, mixing freely with int literals.

In memory and between functions a wide is four 64-bit limbs; it is one LLVM integer only inside an intrinsic, because an
`iN` kept in numba's stack slots is misaligned and crashes.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core.datamodel.models import PrimitiveModel
from numba.core.imputils import lower_cast, lower_constant
from numba.core.typeconv import Conversion
from numba.extending import intrinsic, register_model, typeof_impl

from protocol_sim.numeric.fixed_point import Wide

LIMBS = 4
BITS = 64 * LIMBS
I1, I64, I128, I256, I320, I512 = (ir.IntType(n) for n in (1, 64, 128, 256, 320, 512))
MEMORY = ir.ArrayType(I64, LIMBS)
u64 = types.uint64
u2, u4, u5, u8 = (types.UniTuple(u64, n) for n in (2, 4, 5, 8))


Const = Wide  # a constant that compiled code sees as wide


class WideType(types.Type):
    """256-bit unsigned integer."""

    def __init__(self) -> None:
        super().__init__("wide256")

    def can_convert_from(self, typingctx: Any, other: Any) -> Any:
        """A machine integer may stand wherever a wide one is expected."""
        return Conversion.safe if isinstance(other, types.Integer) else None

    def unify(self, typingctx: Any, other: Any) -> Any:
        """Where two branches meet, wide wins."""
        return self if isinstance(other, types.Integer) else None


wide = WideType()


@register_model(WideType)
class _WideModel(PrimitiveModel):
    def __init__(self, dmm: Any, fe_type: Any) -> None:
        super().__init__(dmm, fe_type, MEMORY)


@typeof_impl.register(Const)
def _typeof_const(value: Const, context: Any) -> WideType:
    return wide


_typeof_int = typeof_impl.dispatch(int)


@typeof_impl.register(int)
def _typeof_any_int(value: int, context: Any) -> Any:
    """Python's own rule up to 63 bits; a larger non-negative constant is wide."""
    return wide if value >> 63 > 0 else _typeof_int(value, context)


def to_integer(b: Any, limbs: Any) -> Any:
    """Four limbs to one LLVM integer."""
    x = b.zext(b.extract_value(limbs, 0), I256)
    for i in range(1, LIMBS):
        x = b.or_(x, b.shl(b.zext(b.extract_value(limbs, i), I256), ir.Constant(I256, 64 * i)))
    return x


def to_limbs(b: Any, x: Any) -> Any:
    """One LLVM integer to four limbs."""
    v = ir.Constant(MEMORY, ir.Undefined)
    for i in range(LIMBS):
        v = b.insert_value(v, b.trunc(b.lshr(x, ir.Constant(I256, 64 * i)), I64), i)
    return v


@lower_constant(WideType)
def _constant(context: Any, builder: Any, ty: Any, value: Any) -> Any:
    return ir.Constant(MEMORY, [ir.Constant(I64, (int(value) >> 64 * i) & (2**64 - 1)) for i in range(LIMBS)])


@lower_cast(types.Integer, WideType)
def _widen(context: Any, b: Any, frm: Any, to: Any, value: Any) -> Any:
    return to_limbs(b, b.sext(value, I256) if frm.signed else b.zext(value, I256))


def emit(result: Any, *args: Any) -> Callable[[Callable[..., Any]], Any]:
    """An intrinsic from a function that writes LLVM: wide arguments arrive as one 256-bit integer and leave so."""

    def make(write: Callable[..., Any]) -> Any:
        signature = result(*args)

        def generate(context: Any, b: Any, sig: Any, values: Any) -> Any:
            out = write(b, *[to_integer(b, v) if t is wide else v for t, v in zip(args, values, strict=True)])
            return to_limbs(b, out) if result is wide else out

        names = ", ".join("xyztuvrs"[: len(args)])
        known = {"signature": signature, "generate": generate}
        return intrinsic(eval(f"lambda typingctx, {names}: (signature, generate)", known))  # noqa: S307

    return make


def limbs_of(b: Any, x: Any, n: int) -> Any:
    """The low `n` limbs of an LLVM integer as a tuple, most significant first."""
    out = ir.Constant(ir.ArrayType(I64, n), ir.Undefined)
    for i in range(n):
        out = b.insert_value(out, b.trunc(b.lshr(x, ir.Constant(x.type, 64 * (n - 1 - i))), I64), i)
    return out


def joined(b: Any, high: Any, low: Any, ty: Any = I128) -> Any:
    """Two limbs as one LLVM integer."""
    return b.or_(b.shl(b.zext(high, ty), ir.Constant(ty, 64)), b.zext(low, ty))


def _word(b: Any, x: Any, i: int) -> Any:
    return b.trunc(b.lshr(x, ir.Constant(I256, 64 * i)), I64)


_COMPARE = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}

raw_add = emit(wide, wide, wide)(lambda b, x, y: b.add(x, y))
raw_sub = emit(wide, wide, wide)(lambda b, x, y: b.sub(x, y))
raw_mul = emit(wide, wide, wide)(lambda b, x, y: b.mul(x, y))
raw_and = emit(wide, wide, wide)(lambda b, x, y: b.and_(x, y))
raw_or = emit(wide, wide, wide)(lambda b, x, y: b.or_(x, y))
raw_xor = emit(wide, wide, wide)(lambda b, x, y: b.xor(x, y))
raw_shl = emit(wide, wide, wide)(lambda b, x, y: b.shl(x, y))
raw_shr = emit(wide, wide, wide)(lambda b, x, y: b.lshr(x, y))
compare = {
    name: emit(types.boolean, wide, wide)(lambda b, x, y, s=sign: b.icmp_unsigned(s, x, y))
    for name, sign in _COMPARE.items()
}
is_small = emit(types.boolean, wide)(lambda b, x: b.icmp_unsigned("<", x, ir.Constant(I256, 1 << 128)))
low2 = emit(u2, wide)(lambda b, x: limbs_of(b, x, 2))
limbs4 = emit(u4, wide)(lambda b, x: limbs_of(b, x, 4))
low_word = emit(u64, wide)(lambda b, x: _word(b, x, 0))
to_i64 = emit(types.int64, wide)(lambda b, x: _word(b, x, 0))
half = emit(wide, wide)(lambda b, x: b.lshr(x, ir.Constant(I256, 1)))
join2 = emit(wide, u64, u64)(lambda b, x, y: joined(b, x, y, I256))
join4 = emit(wide, u64, u64, u64, u64)(
    lambda b, x, y, z, t: b.or_(
        b.shl(b.zext(joined(b, x, y), I256), ir.Constant(I256, 128)), b.zext(joined(b, z, t), I256)
    )
)
as_wide = emit(wide, wide)(lambda b, x: x)
# limb arithmetic for `division`
umul = emit(u2, u64, u64)(lambda b, x, y: limbs_of(b, b.mul(b.zext(x, I128), b.zext(y, I128)), 2))
add2 = emit(u2, u64, u64, u64, u64)(lambda b, x, y, z, t: limbs_of(b, b.add(joined(b, x, y), joined(b, z, t)), 2))
sub2 = emit(u2, u64, u64, u64, u64)(lambda b, x, y, z, t: limbs_of(b, b.sub(joined(b, x, y), joined(b, z, t)), 2))
ge2 = emit(types.boolean, u64, u64, u64, u64)(
    lambda b, x, y, z, t: b.icmp_unsigned(">=", joined(b, x, y), joined(b, z, t))
)
zeros = emit(wide, wide)(lambda b, x: b.ctlz(x, ir.Constant(I1, 0)))
clz = emit(u64, u64)(lambda b, x: b.ctlz(x, ir.Constant(I1, 0)))
mul_lt_words = emit(types.boolean, types.int64, types.int64, types.int64, types.int64)(
    lambda b, x, y, z, t: b.icmp_signed(
        "<", b.mul(b.sext(x, I128), b.sext(y, I128)), b.mul(b.sext(z, I128), b.sext(t, I128))
    )
)


@emit(u64, u64, u64, u64)
def fshl(b: Any, x: Any, y: Any, n: Any) -> Any:
    """The high limb of (x, y) << n."""
    fn = b.module.declare_intrinsic("llvm.fshl", (I64,), ir.FunctionType(I64, (I64, I64, I64)))
    return b.call(fn, [x, y, n])


@emit(u4, u64, u64, u64, u64)
def full_mul(b: Any, x1: Any, x0: Any, y1: Any, y0: Any) -> Any:
    """128 x 128 -> 256 bits with four hardware multiplications."""

    def product(p: Any, q: Any) -> Any:
        return b.zext(b.mul(b.zext(p, I128), b.zext(q, I128)), I256)

    middle = b.add(b.shl(product(x1, y0), ir.Constant(I256, 64)), b.shl(product(x0, y1), ir.Constant(I256, 64)))
    return limbs_of(b, b.add(b.add(b.shl(product(x1, y1), ir.Constant(I256, 128)), product(x0, y0)), middle), 4)


product_plus = emit(u8, wide, wide, wide)(
    lambda b, x, y, z: limbs_of(b, b.add(b.mul(b.zext(x, I512), b.zext(y, I512)), b.zext(z, I512)), 8)
)
product_high = emit(wide, wide, wide)(
    lambda b, x, y: b.trunc(b.lshr(b.mul(b.zext(x, I512), b.zext(y, I512)), ir.Constant(I512, 256)), I256)
)


@emit(u5, wide, u64, u64, wide)
def fifth(b: Any, r: Any, n: Any, q: Any, d: Any) -> Any:
    """(r, n) - q * d on five limbs; the first is not 0 if that is negative."""
    whole = b.or_(b.shl(b.zext(r, I320), ir.Constant(I320, 64)), b.zext(n, I320))
    return limbs_of(b, b.sub(whole, b.mul(b.zext(q, I320), b.zext(d, I320))), 5)
