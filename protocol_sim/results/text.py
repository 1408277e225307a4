"""A summary in words and figures, for terminals and reports."""

from typing import TYPE_CHECKING

from protocol_sim.results.ledger import counts

if TYPE_CHECKING:
    from protocol_sim.results.run import Run

USD = 10**8


def usd(value: int) -> str:
    """An 8-decimal USD integer rounded half away from zero to cents: `1,234.50 USD`."""
    cents = (abs(value) + USD // 200) // (USD // 100)
    return f"{'-' if value < 0 and cents else ''}{cents // 100:,}.{cents % 100:02d} USD"


def summary_rows(run: "Run") -> list[tuple[str, str]]:
    """(name, value) of everything in the summary, with units."""
    s, m = run.summary, run.manifest
    known = counts(run.ledger)
    return [
        ("scenario", f"{m.scenario}, seed {m.seed}, engine {m.engine}"),
        ("blocks", f"{s.blocks:,}"),
        ("liquidations", f"{s.liquidations:,} executed, {s.failed:,} failed"),
        ("arbitrages", f"{s.arbitrages:,}"),
        ("repaid", usd(s.repaid_usd)),
        ("seized", usd(s.seized_usd)),
        ("borrowers' loss", usd(s.borrower_loss_usd)),
        ("bad debt", f"{usd(s.bad_debt)} in {s.bad_debt_accounts:,} accounts"),
        ("liquidators' profit", f"{s.liquidator_profit:,} raw units of the numeraire, after {s.gas_spent:,} of gas"),
        ("inputs", ", ".join(f"{number} {status}" for status, number in known.items())),
        ("event hash", s.event_hash),
        ("digest", run.digest),
    ]
