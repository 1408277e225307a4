"""What many paths came to, as a table for a terminal."""

from typing import TYPE_CHECKING

from protocol_sim.results.text import usd

if TYPE_CHECKING:
    from protocol_sim.results import Paths

COLUMNS = (
    ("bad debt", "bad_debt", usd), ("accounts with bad debt", "bad_debt_accounts", None),
    ("liquidations", "liquidations", None), ("failed", "failed", None), ("repaid", "repaid_usd", usd),
    ("borrowers' loss", "borrower_loss_usd", usd), ("arbitrages", "arbitrages", None),
)


def table(paths: "Paths") -> str:
    """Median, mean, 95 % and most over the paths; of an even number the lower median, all of them whole units."""
    values: dict[str, list[int]] = {key: [] for _, key, _ in COLUMNS}
    engines: dict[str, int] = {}
    for row in paths.rows():
        engines[row.engine] = engines.get(row.engine, 0) + 1
        for key, kept in values.items():
            kept.append(getattr(row, key))
    lines: list[tuple[str, ...]] = [("", "median", "mean", "95 %", "most")]
    for name, key, text in COLUMNS:
        ordered, write = sorted(values[key]), text or (lambda value: f"{value:,}")
        count = len(ordered)
        picked = (ordered[(count - 1) // 2], sum(ordered) // count, ordered[-(-count * 95 // 100) - 1], ordered[-1])
        lines.append((name, *(write(value) for value in picked)))
    widths = [max(len(line[n]) for line in lines) for n in range(5)]
    m = paths.manifest
    made = ", ".join(f"{count:,} {engine}" for engine, count in sorted(engines.items()))
    return "\n".join([
        f"{m.scenario}, seed {m.seed}, paths: {made}",
        *(f"{line[0]:<{widths[0]}}  " + "  ".join(f"{line[n]:>{widths[n]}}" for n in range(1, 5)) for line in lines),
        f"bad debt on {sum(debt > 0 for debt in values['bad_debt']):,} of {sum(engines.values()):,} paths",
        f"digest  {paths.digest}",
    ])
