"""`calibrate`: prices and the name of a process in, parameters and a piece of a scenario file out."""

import re
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

from protocol_sim.errors import BadInput, MissingTool
from protocol_sim.prices.calibrate import autoregressive, dependence, diffusions, jumps
from protocol_sim.prices.calibrate.fit import Calibration, Fit
from protocol_sim.prices.calibrate.observed import observed

if TYPE_CHECKING:
    import pandas as pd

PROCESSES: dict[str, Callable[..., Fit]] = {
    "gbm": diffusions.gbm,
    "ou": diffusions.ou,
    "merton": jumps.merton,
    "kou": jumps.kou,
    "garch": autoregressive.garch,
    "gjr": autoregressive.gjr,
}
NAME = r"[A-Za-z0-9][A-Za-z0-9_+-]*"  # as a scenario file has it
COPULAS = ("gaussian", "student-t")
INNOVATIONS = ("normal", "student-t")


def calibrate(
    prices: "pd.DataFrame",
    process: str = "gbm",
    *,
    seconds: int | None = None,
    copula: str = "gaussian",
    innovations: str = "normal",
    decimals: int = 18,
) -> Calibration:
    """Fit `process` to each column of `prices` (USD), and how the columns go together.

    `process` is "gbm", "ou", "merton", "kou", "garch" or "gjr"; `innovations` ("normal", "student-t") is for the last
    two. Rows are evenly spaced: `seconds` says by how much, unless the index holds times. `copula` ("gaussian",
    "student-t") matters with two columns or more. `decimals` of the tokens are written down as given.

    The result has `fits` (estimates with standard errors, log likelihood), `table` (the same as a DataFrame), and
    `scenario` and `toml`: `[[assets]]` with their `price`, and `[correlation]`. BadInput for prices with gaps,
    duplicates, missing or non-positive values, naming the rows; MissingTool without the extra `calibrate`.
    """
    _among("process", process, tuple(PROCESSES))
    _among("copula", copula, COPULAS)
    _among("innovations", innovations, INNOVATIONS)
    for package in ("scipy", "arch"):
        if find_spec(package) is None:
            raise MissingTool(f"calibrate: the package {package} is not there; pip install 'protocol-sim[calibrate]'")
    table, seconds = observed(prices, seconds)
    names = tuple(str(name) for name in prices.columns)
    for name in names:
        if not re.fullmatch(NAME, name):
            raise BadInput("prices", "columns", "names of assets: letters, digits, '_', '+' and '-'", repr(name))
    extra = {"innovations": innovations} if process in ("garch", "gjr") else {}
    columns = dict(zip(names, table.T, strict=True))
    fits = {name: PROCESSES[process](name, column, seconds, **extra) for name, column in columns.items()}
    if len(names) == 1:
        return Calibration(fits, None, seconds, decimals)
    residuals = np.column_stack([fit.residuals for fit in fits.values()])
    together = dependence.student if copula == "student-t" else dependence.gaussian
    return Calibration(fits, together(names, residuals), seconds, decimals)


def _among(key: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise BadInput("calibrate", key, f"one of {', '.join(map(repr, known))}", repr(value))
