"""Parameters of price processes from recorded prices: `calibrate(frame, process)`.

`observed` checks the prices; `diffusions` (gbm, ou: closed form), `jumps` (merton, kou: maximum likelihood) and
`autoregressive` (garch, gjr: the `arch` package) fit one column; `dependence` fits how the columns go together; `fit`
holds what comes out, with standard errors, and writes it as a piece of a scenario file.

Needs the extra `calibrate` (arch, which brings scipy), except for gbm and ou. Library floats are good enough here: what
comes out is a handful of parameters, written down as decimals, and from then on an input of the scenario.
"""

from protocol_sim.prices.calibrate.fit import Calibration, Dependence, Estimate, Fit
from protocol_sim.prices.calibrate.run import PROCESSES, calibrate

__all__ = ["PROCESSES", "Calibration", "Dependence", "Estimate", "Fit", "calibrate"]
