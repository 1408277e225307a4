"""Rows of records on bare memory: what compiled rule text sees as `market.reserves[k].liquidity_index`.

A `Table` owns a numpy array of 64-bit words and passes only its address and row count into compiled code, so that an
access costs a load and no reference count (1,400 -> 240 ns an account when measured against tuples of arrays). The
caller keeps the owner alive.
"""

import operator
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.datamodel.models import PrimitiveModel, StructModel
from numba.core.typing.templates import AttributeTemplate
from numba.extending import (
    NativeValue,
    infer_getattr,
    intrinsic,
    lower_getattr_generic,
    lower_setattr_generic,
    overload,
    register_model,
    typeof_impl,
    unbox,
)

from protocol_sim.numeric.compiled.linked import LINKED
from protocol_sim.numeric.compiled.wide import I64, I256, to_integer, to_limbs, wide
from protocol_sim.numeric.record import layout, soon

_MASK = 2**64 - 1
_NUMBA = {"int": types.int64, "uint": types.uint64, "float": types.float64, "wide": wide}


def row_words(record: type) -> int:
    """Words of one row."""
    return sum(w.words for w in layout(record).values())


class Table:
    """`rows` records of one kind in a (rows, words) array of uint64."""

    __slots__ = ("address", "array", "record", "rows")

    def __init__(self, record: type, array: "np.ndarray[Any, Any]") -> None:
        if array.dtype != np.uint64 or not array.flags.c_contiguous or array.shape[1] != row_words(record):
            raise ValueError(f"{record.__name__}: rows of {row_words(record)} words of uint64, in one piece")
        self.record, self.array, self.rows, self.address = record, array, array.shape[0], array.ctypes.data

    @classmethod
    def empty(cls, record: type, rows: int) -> Any:
        """All zero."""
        return cls(record, np.zeros((rows, row_words(record)), np.uint64))

    @classmethod
    def of(cls, record: type, rows: list[Any]) -> Any:
        """From Python records; a value that its field cannot hold is an error."""
        made = cls.empty(record, len(rows))
        at = 0
        for name, width in layout(record).items():
            values = [getattr(r, name) for r in rows]
            if width.kind == "float":
                made.array[:, at] = np.array(values, np.float64).view(np.uint64)
            elif width.kind == "int":
                made.array[:, at] = np.array(values, np.int64).view(np.uint64)
            else:
                if any(v < 0 or v >> 64 * width.words for v in values):
                    raise OverflowError(f"{record.__name__}.{name} needs more than {width.words} words")
                for i in range(width.words):
                    made.array[:, at + i] = np.array([v >> 64 * i & _MASK for v in values], np.uint64)
            at += width.words
        return made

    def column(self, name: str) -> list[Any]:
        """One field of all rows, as Python numbers."""
        at = 0
        for field, width in layout(self.record).items():
            if field == name:
                break
            at += width.words
        words = self.array[:, at : at + width.words]
        if width.kind == "float":
            return list(words[:, 0].copy().view(np.float64).tolist())
        if width.kind == "int":
            return list(words[:, 0].copy().view(np.int64).tolist())
        return [sum(int(w) << 64 * i for i, w in enumerate(row)) for row in words.tolist()]

    def records(self) -> list[Any]:
        """Back to Python records."""
        columns = {name: self.column(name) for name in layout(self.record)}
        return [self.record(**{n: c[i] for n, c in columns.items()}) for i in range(self.rows)]

    def __len__(self) -> int:
        return int(self.rows)

    def __getitem__(self, i: int) -> Any:
        """Row i as a record of its own: to be read, writing to it changes nothing here."""
        return Table(self.record, self.array[i : i + 1]).records()[0]

    def copy(self) -> Any:
        """Another table with the same contents."""
        return Table(self.record, self.array.copy())


class TableType(types.Type):
    """The numba type of a `Table`."""

    def __init__(self, record: type) -> None:
        self.record = record
        super().__init__(f"table({record.__module__}.{record.__qualname__})")


class RowType(types.Type):
    """One row: a pointer to its first word."""

    def __init__(self, record: type) -> None:
        self.record = record
        super().__init__(f"row({record.__module__}.{record.__qualname__})")

    def place(self, name: str) -> tuple[int, Any]:
        """(offset in words, Width) of a field."""
        at = 0
        for field, width in layout(self.record).items():
            if field == name:
                return at, width
            at += width.words
        raise AttributeError(name)


@register_model(TableType)
class _TableModel(StructModel):
    def __init__(self, dmm: Any, fe: Any) -> None:
        super().__init__(dmm, fe, [("data", types.CPointer(types.uint64)), ("rows", types.int64)])


@register_model(RowType)
class _RowModel(PrimitiveModel):
    def __init__(self, dmm: Any, fe: Any) -> None:
        super().__init__(dmm, fe, I64.as_pointer())


@typeof_impl.register(Table)
def _typeof(value: Table, context: Any) -> TableType:
    return TableType(value.record)


@unbox(TableType)
def _unbox(typ: TableType, obj: Any, c: Any) -> NativeValue:
    out = cgutils.create_struct_proxy(typ)(c.context, c.builder)
    address, rows = c.pyapi.object_getattr_string(obj, "address"), c.pyapi.object_getattr_string(obj, "rows")
    out.data = c.builder.inttoptr(c.pyapi.long_as_ulonglong(address), I64.as_pointer())
    out.rows = c.pyapi.long_as_longlong(rows)
    c.pyapi.decref(address)
    c.pyapi.decref(rows)
    return NativeValue(out._getvalue(), is_error=cgutils.is_not_null(c.builder, c.pyapi.err_occurred()))


@intrinsic
def _row(typingctx: Any, t: Any, i: Any) -> Any:
    def generate(context: Any, b: Any, sig: Any, args: Any) -> Any:
        data = cgutils.create_struct_proxy(sig.args[0])(context, b, value=args[0]).data
        return b.gep(data, [b.mul(args[1], ir.Constant(I64, row_words(t.record)))])

    return RowType(t.record)(t, types.int64), generate


@intrinsic
def _rows(typingctx: Any, t: Any) -> Any:
    def generate(context: Any, b: Any, sig: Any, args: Any) -> Any:
        return cgutils.create_struct_proxy(sig.args[0])(context, b, value=args[0]).rows

    return types.int64(t), generate


@overload(operator.getitem, jit_options=LINKED)
def _getitem(t, i):  # type: ignore[no-untyped-def]
    return (lambda t, i: _row(t, i)) if isinstance(t, TableType) else None


@overload(len, jit_options=LINKED)
def _len(t):  # type: ignore[no-untyped-def]
    return (lambda t: _rows(t)) if isinstance(t, TableType) else None


@intrinsic
def _prefetch(typingctx: Any, row: Any) -> Any:
    def generate(context: Any, b: Any, sig: Any, args: Any) -> Any:
        int32, byte = ir.IntType(32), ir.IntType(8).as_pointer()
        fn = b.module.declare_intrinsic("llvm.prefetch", (byte,), ir.FunctionType(ir.VoidType(), [byte, *[int32] * 3]))
        b.call(fn, [b.bitcast(args[0], byte), *(ir.Constant(int32, n) for n in (0, 3, 1))])  # to read, keep it, data
        return context.get_dummy_value()

    return types.none(row), generate


@overload(soon, jit_options=LINKED)
def _soon(row):  # type: ignore[no-untyped-def]
    return (lambda row: _prefetch(row)) if isinstance(row, RowType) else None


@infer_getattr
class _RowAttributes(AttributeTemplate):
    key = RowType

    def generic_resolve(self, typ: RowType, attr: str) -> Any:
        return _NUMBA[typ.place(attr)[1].kind] if attr in layout(typ.record) else None


def _word(b: Any, row: Any, at: int) -> Any:
    return b.gep(row, [ir.Constant(I64, at)])


@lower_getattr_generic(RowType)
def _load(context: Any, b: Any, typ: RowType, row: Any, attr: str) -> Any:
    at, width = typ.place(attr)
    if width.kind == "float":
        return b.load(b.bitcast(_word(b, row, at), ir.DoubleType().as_pointer()))
    if width.kind != "wide":
        return b.load(_word(b, row, at))
    x = b.zext(b.load(_word(b, row, at)), I256)
    for i in range(1, width.words):
        x = b.or_(x, b.shl(b.zext(b.load(_word(b, row, at + i)), I256), ir.Constant(I256, 64 * i)))
    return to_limbs(b, x)


@lower_setattr_generic(RowType)
def _store(context: Any, b: Any, sig: Any, args: Any, attr: str) -> None:
    (row, value), typ = args, sig.args[0]
    at, width = typ.place(attr)
    if width.kind == "float":
        b.store(value, b.bitcast(_word(b, row, at), ir.DoubleType().as_pointer()))
        return
    if width.kind != "wide":
        b.store(value, _word(b, row, at))
        return
    x = to_integer(b, value)
    if width.words < 4:
        with b.if_then(b.icmp_unsigned(">=", x, ir.Constant(I256, 1 << 64 * width.words)), likely=False):
            message = f"{typ.record.__name__}.{attr} is too large for its field"
            context.call_conv.return_user_exc(b, OverflowError, (message,))
    for i in range(width.words):
        b.store(b.trunc(b.lshr(x, ir.Constant(I256, 64 * i)), I64), _word(b, row, at + i))


