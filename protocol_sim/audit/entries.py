"""The input ledger of an audit file: every number with its status, a section's own before the file's."""

from typing import Any

from protocol_sim.audit.complement import AuditFile, Sourced, plain
from protocol_sim.results import LedgerEntry

ALONE = ("base_usd", "gas_usd", "reaction_days", "sentinel", "chain_id")
NAMES = ("asset", "assets", "name", "kind")


def of_market(given: AuditFile) -> tuple[LedgerEntry, ...]:
    """Reserves and eModes that are written out."""
    rows: list[tuple[str, str, Any]] = [("reserves", row.asset, row) for row in given.reserves]
    rows += [("emodes", str(row.id), row) for row in given.emodes]
    return tuple(_sections(given, rows))


def of_complement(given: AuditFile) -> tuple[LedgerEntry, ...]:
    """What is added to a market."""
    rows: list[tuple[str, str, Any]] = [("feeds", ",".join(row.assets), row) for row in given.feeds]
    rows += [("gaps", f"{row.asset}-{row.against}", row) for row in given.gaps]
    rows += [("adapters", row.asset, row) for row in given.adapters]
    rows += [("yields", f"{row.asset}-{row.against}", row) for row in given.yields]
    rows += [("pools", row.name, row) for row in given.pools]
    return (*_alone(given), *_sections(given, rows))


def _alone(given: AuditFile) -> list[LedgerEntry]:
    values, found = plain(given), []
    for name in ALONE:
        if name in given.model_fields_set:
            found.append(LedgerEntry(name, _text(values[name]), given.status, given.source))
        elif name in values:
            found.append(LedgerEntry(name, _text(values[name]), "assumed", "default"))
    return found


def _sections(given: AuditFile, rows: list[tuple[str, str, Any]]) -> list[LedgerEntry]:
    found = []
    for section, name, row in rows:
        own = row.model_fields_set if isinstance(row, Sourced) else set()
        status = row.status if "status" in own else given.status
        source = row.source if "source" in own else given.source
        found += [LedgerEntry(f"{section}.{name}.{key}", _text(value), status, source)
                  for key, value in plain(row).items() if key not in NAMES]
    return found


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
