"""`Book`: the accounts of one protocol as columns, exact and without an object an account."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray

from protocol_sim.books.words import Words

UNSAID = -1                        # of a collateral flag: whatever the protocol does with a first supply

Column = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Book:
    """N accounts with E entries, one an account and asset; entries of an account lie together, in account order.

    An amount is raw, or scaled (divided by the index) where its flag says so. It stands in two words, so that no
    integer below 2**128 is lost. `row` is where an entry stood in the file that it came from, for error messages.
    """

    assets: tuple[str, ...]        # names, in the order that `asset` counts
    names: Sequence[str]           # N
    emode: Column                  # N; 0: none
    account: Column                # E, not decreasing
    asset: Column                  # E
    supplied: Words                # E
    supplied_scaled: Flags         # E
    borrowed: Words                # E, at the variable rate
    borrowed_scaled: Flags         # E
    collateral: Column             # E: 1, 0 or UNSAID
    where: str = "book"
    row: Column | None = None      # E

    def __len__(self) -> int:
        return len(self.names)

    def row_of(self, entry: int) -> str:
        """What an error message calls an entry."""
        return f"row {entry if self.row is None else int(self.row[entry])}"


class Numbered(Sequence[str]):
    """The names `prefix-0`, `prefix-1`, … without a text for each."""

    def __init__(self, prefix: str, count: int) -> None:
        self._prefix, self._count = prefix, count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, n: int) -> str: ...
    @overload
    def __getitem__(self, n: slice) -> list[str]: ...
    def __getitem__(self, n: "int | slice") -> "str | list[str]":
        if isinstance(n, slice):
            return [f"{self._prefix}-{i}" for i in range(*n.indices(self._count))]
        if not -self._count <= n < self._count:
            raise IndexError(n)
        return f"{self._prefix}-{n % self._count}"


class Chained(Sequence[str]):
    """Several sequences of names, one after another."""

    def __init__(self, parts: Sequence[Sequence[str]]) -> None:
        self._parts = [part for part in parts if len(part)]
        self._ends = np.cumsum([len(part) for part in self._parts], dtype=np.int64)

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._parts) else 0

    @overload
    def __getitem__(self, n: int) -> str: ...
    @overload
    def __getitem__(self, n: slice) -> list[str]: ...
    def __getitem__(self, n: "int | slice") -> "str | list[str]":
        if isinstance(n, slice):
            return [self[i] for i in range(*n.indices(len(self)))]
        if not -len(self) <= n < len(self):
            raise IndexError(n)
        n %= len(self)
        which = int(np.searchsorted(self._ends, n, side="right"))
        return self._parts[which][n - (int(self._ends[which - 1]) if which else 0)]


def chained(books: Sequence[Book]) -> Book:
    """Several books of one protocol as one; accounts and entries keep their order."""
    if len(books) == 1:
        return books[0]
    assets = tuple(dict.fromkeys(asset for book in books for asset in book.assets))
    firsts = np.cumsum([0, *(len(book) for book in books)])
    renamed = [np.array([assets.index(a) for a in book.assets] or [0], np.int64)[book.asset] for book in books]

    def joined(name: str) -> "NDArray[np.generic]":
        return np.concatenate([getattr(book, name) for book in books])

    return Book(
        assets=assets,
        names=Chained([book.names for book in books]),
        emode=joined("emode"),  # type: ignore[arg-type]
        account=np.concatenate([book.account + first for book, first in zip(books, firsts, strict=False)]),
        asset=np.concatenate(renamed),
        supplied=joined("supplied"),  # type: ignore[arg-type]
        supplied_scaled=joined("supplied_scaled"),  # type: ignore[arg-type]
        borrowed=joined("borrowed"),  # type: ignore[arg-type]
        borrowed_scaled=joined("borrowed_scaled"),  # type: ignore[arg-type]
        collateral=joined("collateral"),  # type: ignore[arg-type]
        where=", ".join(book.where for book in books),
    )


def same(one: Book, other: Book) -> bool:
    """Whether two books hold the same accounts; where they came from does not count."""
    columns = ("emode", "account", "asset", "supplied", "supplied_scaled", "borrowed", "borrowed_scaled", "collateral")
    return (
        one.assets == other.assets
        and list(one.names) == list(other.names)
        and all(np.array_equal(getattr(one, name), getattr(other, name)) for name in columns)
    )
