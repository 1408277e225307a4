"""The risk numbers of many paths: one table, every figure with its horizon, level, sample and interval.

- bad debt: what accounts owe above the worth of their collateral at the horizon, at outside prices.
- Liquidations at Risk: the Value at Risk of the debt that liquidators repay (Gauntlet's and BlockAnalitica's term).
- borrowers' loss: collateral seized less debt repaid, at the outside price of the block (the bonus and what stale feeds
  cost the borrower).
"""

from typing import TYPE_CHECKING, Any

from protocol_sim.errors import BadInput
from protocol_sim.risk.binomial import exact_interval
from protocol_sim.risk.estimate import Estimate
from protocol_sim.risk.tail import CONFIDENCE, es_estimate, mean_estimate, var_estimate

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = {"bad debt": "bad_debt", "liquidations (debt repaid)": "repaid_usd", "borrowers' loss": "borrower_loss_usd"}


def risk_numbers(
    paths: Any, level: float = 0.99, confidence: float = CONFIDENCE, seed: int = 0, horizon: int | None = None
) -> list[Estimate]:
    """Mean, Value at Risk and Expected Shortfall of `COLUMNS`, and the probability of any bad debt.

    `paths` has a `summary` with one row a path and a `ledger` (`results.paths.Paths`). The horizon in seconds is the
    scenario's clock, from the ledger, unless it is given.
    """
    seconds = horizon_of(paths) if horizon is None else horizon
    found: list[Estimate] = []
    for measure, column in COLUMNS.items():
        values = [int(value) for value in paths.summary[column]]
        found.append(mean_estimate(f"mean of {measure}", values, seconds, "USD", confidence, seed))
        found.append(var_estimate(f"Value at Risk of {measure}", values, level, seconds, "USD", confidence))
        found.append(es_estimate(f"Expected Shortfall of {measure}", values, level, seconds, "USD", confidence, seed))
    debts = [int(value) for value in paths.summary["bad_debt"]]
    hits, n = sum(debt > 0 for debt in debts), len(debts)
    low, high = exact_interval(hits, n, confidence)
    found.append(Estimate(
        "probability of any bad debt", hits / n, low, high, "probability", seconds, None, confidence, n,
        "Clopper and Pearson, exact binomial",
    ))
    return found


def horizon_of(paths: Any) -> int:
    """Seconds that the paths cover, by the clock in their input ledger."""
    clock = {entry.key: entry.value for entry in paths.ledger if entry.key.startswith("clock.")}
    try:
        return int(clock["clock.block_time"]) * int(clock["clock.steps"]) * int(clock["clock.blocks_per_step"])
    except KeyError as missing:
        raise BadInput("risk", str(missing.args[0]), "an entry of the input ledger, or a horizon", "nothing") from None


def frame(estimates: list[Estimate]) -> "pd.DataFrame":
    """One row an estimate, with everything that it stands on."""
    import pandas as pd

    names = ("measure", "value", "low", "high", "unit", "horizon", "level", "confidence", "n", "method", "precision",
             "drift")
    return pd.DataFrame({name: [getattr(one, name) for one in estimates] for name in names})
