"""The input ledger: every number that a run started from, and how far it can be trusted."""

from dataclasses import dataclass
from typing import Literal, get_args

Status = Literal["observed", "inferred", "assumed"]
STATUSES: tuple[Status, ...] = get_args(Status)


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One input: its dotted key, its value as text, and where it comes from."""

    key: str
    value: str
    status: Status
    source: str


def counts(ledger: tuple[LedgerEntry, ...]) -> dict[Status, int]:
    """How many inputs are observed, inferred and assumed."""
    return {status: sum(entry.status == status for entry in ledger) for status in STATUSES}
