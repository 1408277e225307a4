"""`positions.gather`, compiled: the rows of a large world without Python records of its accounts."""

from typing import Any

from numba import njit

from protocol_sim.agents.view import View
from protocol_sim.engine.layout import to_records
from protocol_sim.engine.positions import FIELDS, Found, Held, gather
from protocol_sim.numeric.compiled import Table


@njit(nogil=True, cache=True)
def _gather(markets, count, now, found):  # type: ignore[no-untyped-def]
    return gather(markets, count, now, found)


def gathered(markets: Any, now: int) -> list[list[int]]:
    """The columns of `Held`."""
    count = _gather(markets, len(markets), now, Found(Table.empty(Held, 0)))
    if count == 0:
        return [[] for _ in FIELDS]
    table: Any = Table.empty(Held, count)
    count = _gather(markets, len(markets), now, Found(table))
    return [table.column(name)[:count] for name in FIELDS]


def without_accounts(world: View) -> View:
    """The world as records, its protocols and pools left as tables."""
    return View(*[part if name in ("protocols", "pools") else to_records(part)
                  for name, part in world._asdict().items()])
