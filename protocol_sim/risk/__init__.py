"""Risk numbers, from results: no figure without horizon, level, number of paths, interval and a convergence figure.

| file | what |
|---|---|
| `estimate` | one risk number and all that it stands on |
| `tail`, `paired` | mean, Value at Risk, Expected Shortfall; differences of two policies on the same paths |
| `binomial`, `bootstrap` | the intervals: exact, and resampled with counter-based random numbers |
| `numbers`, `convergence` | the table of many paths; how an estimate settles |
| `importance` | tails from paths with a shifted drift and exact weights |
| `liquidation`, `passage` | how likely a liquidation is; closed forms for one pair |
| `bad_debt` | realised and latent |
| `market`, `kill_price`, `exposure`, `sizes` | a book at its first block, on the model's own rules |
| `backtest`, `kupiec` | predicted against realised |

Imports no engine. Floats here are statistics of integers; nothing decides on them.
"""

from protocol_sim.risk.backtest import Backtest, Period, backtest, backtest_paths
from protocol_sim.risk.bad_debt import BadDebt, bad_debt
from protocol_sim.risk.convergence import convergence
from protocol_sim.risk.estimate import Estimate
from protocol_sim.risk.exposure import accounts, concentration, kill_prices, liquidatable
from protocol_sim.risk.importance import effective, shifted, tail_probability, weighted_shortfall, weights
from protocol_sim.risk.kupiec import Kupiec, accepted_exceedances, kupiec
from protocol_sim.risk.liquidation import bridged, first_liquidations, liquidation_probability
from protocol_sim.risk.numbers import frame, risk_numbers
from protocol_sim.risk.paired import mean_difference, quantile_difference, shortfall_difference
from protocol_sim.risk.passage import below_at, below_at_steps, below_before
from protocol_sim.risk.sizes import profitable_sizes
from protocol_sim.risk.tail import es_estimate, expected_shortfall, mean_estimate, value_at_risk, var_estimate

__all__ = [
    "Backtest",
    "BadDebt",
    "Estimate",
    "Kupiec",
    "Period",
    "accepted_exceedances",
    "accounts",
    "backtest",
    "backtest_paths",
    "bad_debt",
    "below_at",
    "below_at_steps",
    "below_before",
    "bridged",
    "concentration",
    "convergence",
    "effective",
    "es_estimate",
    "expected_shortfall",
    "first_liquidations",
    "frame",
    "kill_prices",
    "kupiec",
    "liquidatable",
    "liquidation_probability",
    "mean_difference",
    "mean_estimate",
    "profitable_sizes",
    "quantile_difference",
    "risk_numbers",
    "shifted",
    "shortfall_difference",
    "tail_probability",
    "value_at_risk",
    "var_estimate",
    "weighted_shortfall",
    "weights",
]
