"""What a candidate is judged by: integers from its paths and from its configuration.

| measure | better | what |
|---|---|---|
| borrowing-power | more | USD that the borrowers' collateral may borrow, by LTV, at the first outside prices |
| bad-debt-mean, -var, -es | less | mean, Value at Risk, Expected Shortfall of bad debt at the horizon |
| borrowers-loss-mean, -es | less | collateral seized less debt repaid |
| repaid-var | less | Liquidations at Risk |
| liquidator-profit | more | mean, in raw units of the numeraire, after gas |
| solvency-bps | less | the largest threshold times bonus; at 10,000 a liquidation at the threshold takes everything |

Means are rounded down: a measure decides between candidates, and integers decide the same everywhere.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from protocol_sim.risk import expected_shortfall, value_at_risk
from protocol_sim.scenario import Scenario


class Outcome(NamedTuple):
    """One path of a candidate, as far as measures need it."""

    path: int
    bad_debt: int                  # USD, 8 decimals
    loss: int                      # USD, 8 decimals: borrowers'
    profit: int                    # raw numeraire: liquidators'
    repaid: int                    # USD, 8 decimals
    liquidations: int
    event_hash: str


@dataclass(frozen=True, slots=True)
class Measure:
    """How a measure is read off. `column` None: from the configuration alone, without paths."""

    name: str
    more_is_better: bool
    unit: str                      # "USD" (8 decimals) or what is counted
    column: str | None
    statistic: Callable[[Sequence[int], float], int] | None = None

    def of(self, outcomes: Sequence[Outcome], level: float) -> int:
        """The measure of a candidate's paths."""
        assert self.column is not None
        assert self.statistic is not None
        return self.statistic([getattr(outcome, self.column) for outcome in outcomes], level)


def _mean(values: Sequence[int], level: float) -> int:  # noqa: ARG001
    return sum(values) // len(values)


MEASURES = {measure.name: measure for measure in (
    Measure("borrowing-power", True, "USD", None),
    Measure("bad-debt-mean", False, "USD", "bad_debt", _mean),
    Measure("bad-debt-var", False, "USD", "bad_debt", value_at_risk),
    Measure("bad-debt-es", False, "USD", "bad_debt", expected_shortfall),
    Measure("borrowers-loss-mean", False, "USD", "loss", _mean),
    Measure("borrowers-loss-es", False, "USD", "loss", expected_shortfall),
    Measure("repaid-var", False, "USD", "repaid", value_at_risk),
    Measure("liquidator-profit", True, "raw numeraire", "profit", _mean),
    Measure("solvency-bps", False, "bps", None),
)}


def solvency(scenario: Scenario) -> int:
    """The largest threshold times bonus of any collateral, its eModes included, in bps rounded up."""
    worst = 0
    for protocol in scenario.protocols:
        rows = [(r.liquidation_threshold_bps, r.liquidation_bonus_bps) for r in protocol.reserves]
        rows += [(e.liquidation_threshold_bps, e.liquidation_bonus_bps) for e in getattr(protocol, "emodes", ())]
        worst = max([worst, *(-(-threshold * bonus // 10_000) for threshold, bonus in rows)])
    return worst
