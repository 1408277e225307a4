"""Backtest of the risk model: what was predicted for each period against what happened in it.

A period is a book, the model's paths from its first block, and the realised prices. The predicted figure is the Value
at Risk of the paths at the level; the realised one comes from a run of the same book on the realised prices. If the
model is right, the share 1 - level of periods exceeds (`kupiec`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from protocol_sim.errors import BadInput
from protocol_sim.risk.estimate import checked_level
from protocol_sim.risk.kupiec import Kupiec, kupiec
from protocol_sim.risk.tail import value_at_risk

if TYPE_CHECKING:
    import pandas as pd

    from protocol_sim.results import Run


@dataclass(frozen=True, slots=True)
class Period:
    """One period: the predicted Value at Risk, the model's median and what was realised, in the measure's unit."""

    name: str
    predicted: int
    median: int
    realised: int

    @property
    def exceeded(self) -> bool:
        """Whether more happened than the model foresaw."""
        return self.realised > self.predicted


@dataclass(frozen=True, slots=True)
class Backtest:
    """All periods, and Kupiec's test on them."""

    measure: str
    horizon: int                   # seconds of one period
    n: int                         # paths behind each prediction; the fewest
    periods: tuple[Period, ...]
    test: Kupiec

    def frame(self) -> "pd.DataFrame":
        """One row a period."""
        import pandas as pd

        names = ("name", "predicted", "median", "realised", "exceeded")
        return pd.DataFrame({name: [getattr(p, name) for p in self.periods] for name in names})


def backtest(
    measure: str,
    predicted: Sequence[Sequence[int]],
    realised: Sequence[int],
    level: float,
    horizon: int,
    names: Sequence[str] = (),
) -> Backtest:
    """`predicted` holds the losses of the model's paths, one list a period; `realised` what happened."""
    checked_level("risk", "level", level)
    if not realised or len(predicted) != len(realised):
        expected = f"one figure for each of {len(predicted)} periods, at least one"
        raise BadInput("risk", "realised", expected, len(realised))
    periods = tuple(
        Period(names[n] if names else str(n), value_at_risk(losses, level), value_at_risk(losses, 0.5), happened)
        for n, (losses, happened) in enumerate(zip(predicted, realised, strict=True))
    )
    test = kupiec(sum(period.exceeded for period in periods), len(periods), level)
    return Backtest(measure, horizon, min(map(len, predicted)), periods, test)


def backtest_paths(
    paths: Sequence[Any], runs: "Sequence[Run]", level: float, horizon: int, measure: str = "repaid_usd"
) -> Backtest:
    """The same from results: `Paths` of the model and the `Run` on realised prices, one of each a period.

    `measure` is a column of `Paths.summary` that the run's summary has too: `repaid_usd` is Liquidations at Risk.
    """
    if any(measure not in one.summary for one in paths):
        raise BadInput("risk", "measure", "a column of the summary", repr(measure))
    losses = [[int(value) for value in one.summary[measure]] for one in paths]
    happened = [int(getattr(run.summary, measure)) for run in runs]
    return backtest(measure, losses, happened, level, horizon, [run.manifest.scenario for run in runs])
