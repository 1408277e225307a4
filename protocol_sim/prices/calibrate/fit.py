"""What a calibration gives: estimates with their errors, and the piece of a scenario file that they make."""

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from protocol_sim.numeric.units import usd_text

if TYPE_CHECKING:
    import pandas as pd

Z95 = 1.959963984540054
ONE_USD = 1e8


class Estimate(NamedTuple):
    """A value and its standard error, of the likelihood's curvature; nan if that is not defined (at an edge)."""

    value: float
    error: float

    @property
    def interval(self) -> tuple[float, float]:
        """95 % by the normal approximation."""
        return self.value - Z95 * self.error, self.value + Z95 * self.error


class Fit(NamedTuple):
    """One column: the process, its estimates by the keys of the scenario file, and what the columns share."""

    process: str
    start: int                                     # the last price, USD with 8 decimals
    estimates: dict[str, Estimate]
    log_likelihood: float                          # of the log returns, natural logarithm
    observations: int                              # log returns
    residuals: Any                                 # float64, what is left of each return: the driving normals
    fixed: dict[str, Any]                          # keys of the section that nothing is estimated for

    @property
    def price(self) -> dict[str, Any]:
        """The `price` of an asset in a scenario file."""
        values: dict[str, Any] = {"kind": self.process, "start": usd_text(self.start), **self.fixed}
        for key, estimate in self.estimates.items():
            usd = self.process == "ou" and key == "mean"
            values[key] = usd_text(round(estimate.value * ONE_USD)) if usd else float(f"{estimate.value:.9g}")
        return values


class Dependence(NamedTuple):
    """How the columns go together: names, correlations, their standard errors, and degrees of freedom of a t copula."""

    names: tuple[str, ...]
    matrix: tuple[tuple[float, ...], ...]
    errors: tuple[tuple[float, ...], ...]
    degrees_of_freedom: Estimate | None
    log_likelihood: float | None                   # of the t copula

    @property
    def section(self) -> dict[str, Any]:
        """`[correlation]` of a scenario file."""
        values: dict[str, Any] = {"names": list(self.names), "matrix": [list(row) for row in self.matrix]}
        if self.degrees_of_freedom is not None:
            freedom = float(f"{self.degrees_of_freedom.value:.9g}")
            values |= {"copula": "student-t", "degrees_of_freedom": freedom}
        return values


class Calibration(NamedTuple):
    """Fits by column, and how they go together if there are several."""

    fits: dict[str, Fit]
    dependence: Dependence | None
    seconds: int
    decimals: int                                  # of the tokens: given, as prices do not tell it

    @property
    def scenario(self) -> dict[str, Any]:
        """`assets`, `correlation` and `inputs`, as a scenario file would hold them."""
        assets = [{"name": name, "decimals": self.decimals, "price": fit.price} for name, fit in self.fits.items()]
        tables: dict[str, Any] = {"assets": assets}
        if self.dependence is not None:
            tables["correlation"] = self.dependence.section
        return tables | {"inputs": self.inputs}

    @property
    def inputs(self) -> list[dict[str, str]]:
        """`[[inputs]]`: what was fitted is inferred, and from what."""
        keys = [(f"assets.{name}.price.*", fit.process, fit.observations) for name, fit in self.fits.items()]
        if self.dependence is not None:
            copula = self.dependence.section.get("copula", "gaussian")
            keys.append(("correlation.*", f"{copula} copula", next(iter(self.fits.values())).observations))
        source = "calibrate: {}, {} returns over {} s"
        return [
            {"key": key, "status": "inferred", "source": source.format(what, count, self.seconds)}
            for key, what, count in keys
        ]

    @property
    def toml(self) -> str:
        """The same as TOML; how good the fit is stands in comments."""
        lines = []
        for name, fit in self.fits.items():
            lines += ["[[assets]]", f"name = {json.dumps(name)}", f"decimals = {self.decimals}"]
            lines += [f"price = {_toml(fit.price)}"]
            lines += [f"# {fit.observations} returns over {self.seconds} s, log likelihood {fit.log_likelihood:.2f}"]
            lines += [f"# {key} {one.value:.6g}, standard error {one.error:.2g}" for key, one in fit.estimates.items()]
            lines += [""]
        if self.dependence is not None:
            lines += ["[correlation]", *[f"{key} = {_toml(value)}" for key, value in self.dependence.section.items()]]
            if self.dependence.degrees_of_freedom is not None:
                lines += [f"# degrees_of_freedom, standard error {self.dependence.degrees_of_freedom.error:.2g}"]
            lines += [""]
        for entry in self.inputs:
            lines += ["[[inputs]]", *[f"{key} = {_toml(value)}" for key, value in entry.items()], ""]
        return "\n".join(lines).rstrip("\n") + "\n"

    @property
    def table(self) -> "pd.DataFrame":
        """One row an estimate: asset, parameter, estimate, error, low, high (95 %)."""
        import pandas as pd

        rows = [
            (name, key, one.value, one.error, *one.interval)
            for name, fit in self.fits.items()
            for key, one in fit.estimates.items()
        ]
        return pd.DataFrame(rows, columns=["asset", "parameter", "estimate", "error", "low", "high"])


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(inner) for inner in value) + "]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)
