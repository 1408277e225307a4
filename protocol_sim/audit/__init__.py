"""Audit: liquidation thresholds examined without simulation, each finding with its numbers, reason, source and fix.

| file | what |
|---|---|
| `reading` | what is audited: `configuration` (snapshots), `scenarios`, `audit_file` (with `complement`, `entries`) |
| `book` | accounts for a market without them |
| `market`, `venues` | the records that rules read; pools, by the exact arithmetic of `amms` |
| `rules/` | one file a rule; `RULES` lists them |
| `finding`, `verdict` | what a rule says; what an audit comes to |
| `case`, `cases` | counter-examples: scenarios that show the loss that a finding of high severity states |

Severities are defined in `finding.Severity`. All comparisons are exact (integers and fractions); a rule that lacks an
input says so (`NotChecked`), it never passes in silence.
"""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from protocol_sim.audit.case import Case, Shown
from protocol_sim.audit.finding import Finding, NotChecked, Number, Severity
from protocol_sim.audit.market import Market
from protocol_sim.audit.reading import read
from protocol_sim.audit.verdict import Audit, as_json, examine

__all__ = ["Audit", "Case", "Finding", "Market", "NotChecked", "Number", "Severity", "Shown", "as_json", "audit",
           "examine", "read"]


def audit(
    source: str | Path | Market, complement: str | Path | None = None, book: str | Path | None = None
) -> Audit:
    """The verdict on a market: a configuration snapshot (JSON), a scenario or a directory with one, an audit file.

    `complement` is an audit file that adds what the market's own configuration lacks (feeds, gaps, pools, gas, …),
    `book` a book file, a scenario or its directory, whose accounts the market takes. For a scenario with several
    markets use `read` and `examine`. BadInput says what is wrong with a file.
    """
    from protocol_sim.audit.book import with_book
    from protocol_sim.errors import BadInput

    markets = (source,) if isinstance(source, Market) else read(source, complement)
    if len(markets) != 1:
        found = ", ".join(market.name for market in markets)
        raise BadInput(str(source), "protocols", "one market (audit.read gives all of them)", found)
    return examine(markets[0] if book is None else with_book(markets[0], Path(book)))


class _Callable(ModuleType):
    """`protocol_sim.audit` is this package and, called, the function above: `ps.audit(…)` works either way."""

    def __call__(self, *args: Any, **options: Any) -> Audit:
        return audit(*args, **options)


sys.modules[__name__].__class__ = _Callable
