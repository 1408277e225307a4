"""Rows of records as columns of words, before any compiler is loaded: what books become in a market.

The exact engine takes `records()`, compiled engines `table()`, which copies nothing.
"""

from typing import Any

import numpy as np

from protocol_sim.books.words import Words
from protocol_sim.numeric.record import layout


class Packed:
    """`rows` records of one kind, all zero; `put` fills a field."""

    def __init__(self, record: type, rows: int) -> None:
        self.record, self._at, at = record, {}, 0
        for name, width in layout(record).items():
            self._at[name] = at
            at += width.words
        self.array = np.zeros((rows, at), np.uint64)

    def __len__(self) -> int:
        return len(self.array)

    def put(self, name: str, rows: "np.ndarray[Any, Any]", values: "Words | np.ndarray[Any, Any]") -> None:
        """Write a field of some rows: integers of one word, or words."""
        at = self._at[name]
        if values.ndim == 1:
            self.array[rows, at] = values.astype(np.int64).view(np.uint64)
        else:
            self.array[rows, at : at + 2] = values

    def records(self) -> list[Any]:
        """As Python records; those of nothing but zeros are made without looking at their fields."""
        used = np.flatnonzero(self.array.any(axis=1))
        made = [self.record() for _ in range(len(self.array))]
        for name, width in layout(self.record).items():
            at = self._at[name]
            words = self.array[used, at : at + width.words]
            some = words.any(axis=1)
            if width.kind == "int":
                values = words[:, 0].view(np.int64).tolist()
            else:
                values = [sum(word << 64 * n for n, word in enumerate(row)) for row in words.tolist()]
            for n in np.flatnonzero(some).tolist():
                setattr(made[used[n]], name, values[n])
        return made

    def table(self) -> Any:
        """As a table of the compiled engine."""
        from protocol_sim.numeric.compiled import Table

        return Table(self.record, self.array)
