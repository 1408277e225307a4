"""`calibrate`: prices and the name of a process in, parameters and a piece of a scenario file out."""

import re
from collections.abc import Callable, Mapping
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
NEEDS = {"merton": "scipy", "kou": "scipy", "student-t": "scipy", "garch": "arch", "gjr": "arch"}


def calibrate(
    prices: "pd.DataFrame",
    process: str | Mapping[str, str] = "gbm",
    *,
    seconds: int | None = None,
    copula: str = "gaussian",
    innovations: str = "normal",
    decimals: int = 18,
) -> Calibration:
    """Fit `process` to each column of `prices` (USD), and how the columns go together.

    `process` is "gbm", "ou", "merton", "kou", "garch" or "gjr", or says so for each column by name; `innovations`
    ("normal", "student-t") is for the last two. Rows are evenly spaced: `seconds` says by how much, unless the index
    holds times. `copula` ("gaussian", "student-t") matters with two columns or more. `decimals` of the tokens are
    written down as given.

    The result has `fits` (estimates with standard errors, log likelihood), `table` (the same as a DataFrame), and
    `scenario` and `toml`: `[[assets]]` with their `price`, `[correlation]`, and `[[inputs]]` that say where they are
    from. BadInput for prices with gaps, duplicates, missing or non-positive values, naming the rows; MissingTool
    without the extra `calibrate`, which all but gbm and ou need.
    """
    _among("copula", copula, COPULAS)
    _among("innovations", innovations, INNOVATIONS)
    table, seconds = observed(prices, seconds)
    kinds = _kinds(prices, process)
    _installed([*kinds.values(), copula if len(kinds) > 1 else ""])
    fits = {}
    for (name, kind), column in zip(kinds.items(), table.T, strict=True):
        extra = {"innovations": innovations} if kind in ("garch", "gjr") else {}
        fits[name] = PROCESSES[kind](name, column, seconds, **extra)
    if len(fits) == 1:
        return Calibration(fits, None, seconds, decimals)
    residuals = np.column_stack([fit.residuals for fit in fits.values()])
    together = dependence.student if copula == "student-t" else dependence.gaussian
    return Calibration(fits, together(tuple(fits), residuals), seconds, decimals)


def _kinds(prices: "pd.DataFrame", process: str | Mapping[str, str]) -> dict[str, str]:
    """The process of each column, in the order of the columns."""
    names = [str(name) for name in prices.columns]
    for name in names:
        if not re.fullmatch(NAME, name):
            raise BadInput("prices", "columns", "names of assets: letters, digits, '_', '+' and '-'", repr(name))
    kinds = dict.fromkeys(names, process) if isinstance(process, str) else dict(process)
    if kinds.keys() != set(names):
        raise BadInput("calibrate", "process", f"one for each of {', '.join(names)}", ", ".join(kinds) or "none")
    for kind in kinds.values():
        _among("process", kind, tuple(PROCESSES))
    return {name: kinds[name] for name in names}


def _installed(kinds: list[str]) -> None:
    for package in sorted({NEEDS[kind] for kind in kinds if kind in NEEDS}):
        if find_spec(package) is None:
            raise MissingTool(f"calibrate: the package {package} is not there; pip install 'protocol-sim[calibrate]'")


def _among(key: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise BadInput("calibrate", key, f"one of {', '.join(map(repr, known))}", repr(value))
