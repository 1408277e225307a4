"""GARCH(1,1) and GJR-GARCH by the `arch` package (Sheppard): maximum likelihood, robust standard errors."""

import warnings

import numpy as np
from numpy.typing import NDArray

from protocol_sim.errors import BadInput
from protocol_sim.prices.calibrate.diffusions import last
from protocol_sim.prices.calibrate.fit import Estimate, Fit
from protocol_sim.prices.calibrate.observed import WHERE

Array = NDArray[np.float64]


def garch(name: str, prices: Array, seconds: int, innovations: str = "normal") -> Fit:
    """x normal or Student-t."""
    return _fitted("garch", name, prices, seconds, innovations, 0)


def gjr(name: str, prices: Array, seconds: int, innovations: str = "normal") -> Fit:
    """x normal or Student-t."""
    return _fitted("gjr", name, prices, seconds, innovations, 1)


def _fitted(process: str, name: str, prices: Array, seconds: int, innovations: str, lean: int) -> Fit:
    from arch.univariate import GARCH, ConstantMean, Normal, StudentsT

    returns = np.diff(np.log(prices))
    scale = 1.0 / float(returns.std())              # arch wants returns of order one
    distribution = StudentsT() if innovations == "student-t" else Normal()
    model = ConstantMean(returns * scale, volatility=GARCH(p=1, o=lean, q=1), distribution=distribution, rescale=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = model.fit(disp="off", show_warning=False, tol=1e-10)
    if found.convergence_flag != 0:
        raise BadInput(WHERE, name, f"returns that a {process} fits", "a search that did not converge")
    units = {"mu": ("mean", scale), "omega": ("omega", scale**2), "alpha[1]": ("alpha", 1.0),
             "gamma[1]": ("gamma", 1.0), "beta[1]": ("beta", 1.0), "nu": ("degrees_of_freedom", 1.0)}  # fmt: skip
    estimates = {
        units[key][0]: Estimate(float(value) / units[key][1], float(error) / units[key][1])
        for key, value, error in zip(map(str, found.params.index), found.params, found.std_err, strict=True)
    }
    likelihood = float(found.loglikelihood) + len(returns) * float(np.log(scale))
    residuals = np.asarray(found.std_resid, np.float64)
    fit = Fit(process, last(prices), estimates, likelihood, len(returns), residuals, {"seconds": seconds})
    persistence = sum(fit.price.get(key, 0.0) * by for key, by in (("alpha", 1.0), ("gamma", 0.5), ("beta", 1.0)))
    if persistence >= 1.0:
        raise BadInput(WHERE, name, "a variance that returns to a mean (persistence below 1)", f"{persistence:.9g}")
    return fit
