"""A path undone: rows of accounts that it touched are put back, every small table is overwritten.

Of 100,000 accounts a path changes a few thousand, and knows which: those who were once unhealthy, and the account that
fees go to. Of those whom it found at all only the sleeper is put back.
"""

from typing import Any, NamedTuple

from numba import njit

from protocol_sim.engine.layout import restore
from protocol_sim.numeric.compiled import Table
from protocol_sim.protocols import base as protocols


class Large(NamedTuple):
    """A table with `per` rows an account of protocol `protocol`."""

    protocol: int
    per: int
    beneficiary: int
    table: Table
    start: Table
    used: Any                     # per row: whether it holds anything at the start; an empty one stays so


@njit(nogil=True, cache=True)
def _put_back(now, start, used, changed, count, protocol, per):  # type: ignore[no-untyped-def]
    for n in range(count):
        if changed[n, 0] == protocol:
            for row in range(changed[n, 1] * per, (changed[n, 1] + 1) * per):
                if used[row]:
                    for word in range(now.shape[1]):
                        now[row, word] = start[row, word]


@njit(nogil=True, cache=True)
def _forget(sleepers, touched, count, firsts):  # type: ignore[no-untyped-def]
    for n in range(count):
        sleepers[firsts[touched[n, 0]] + touched[n, 1], 0] = 0


class Undo:
    """Brings a world of tables back to `start`."""

    def __init__(self, world: Any, start: Any) -> None:
        self._world, self._start = world, start
        self._large: list[Large] = []
        for p, market in enumerate(world.protocols):
            names = protocols.KINDS.module_of(type(market)).PER_ACCOUNT
            accounts, beneficiary = len(market.accounts), int(protocols.beneficiary(start.protocols, p))
            for name in names:
                table, before = getattr(market, name), getattr(start.protocols[p], name)
                self._large.append(Large(p, table.rows // accounts, beneficiary, table, before, before.array.any(1)))
        apart = [large.table for large in self._large] + [world.path]      # nobody writes prices
        self._small = [pair for pair in _pairs(world, start) if not any(pair[0] is table for table in apart)]

    def everything(self) -> None:
        """All rows of all tables."""
        restore(self._world, self._start)

    def path(self, finder: Any, firsts: Any) -> None:
        """What the path of a finder changed, and all small tables; `firsts`: where each protocol's sleepers begin."""
        desk, changed = finder.desk[0], finder.unhealthy.array.view("int64")
        for large in self._large:
            now, before = large.table.array, large.start.array
            _put_back(now, before, large.used, changed, desk.unhealthy, large.protocol, large.per)
            if large.beneficiary >= 0:
                rows = slice(large.beneficiary * large.per, (large.beneficiary + 1) * large.per)
                now[rows] = before[rows]
        for table, start in self._small:
            table.array[:] = start.array
        _forget(finder.sleepers.array, finder.touched.array.view("int64"), desk.touched, firsts)


def _pairs(tables: Any, start: Any) -> list[tuple[Table, Table]]:
    if isinstance(tables, Table):
        return [(tables, start)]
    return [pair for part, before in zip(tables, start, strict=True) for pair in _pairs(part, before)]
