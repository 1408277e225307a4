"""Outside prices of a scenario: (seed, path) -> one table of integers, which every engine reads.

What no draw moves is read and computed once. What is drawn is made anew for each path: driving normals, correlated as
`[correlation]` says; each price's process; the shocks on top; one rounding to integers. Then come the staked tokens,
which rest on the integer price of their base.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from protocol_sim.errors import BadInput
from protocol_sim.prices import staked
from protocol_sim.prices.correlation import correlate, factor
from protocol_sim.prices.points import points
from protocol_sim.prices.process import DIFFUSION, LIMIT, Array, How, Process, Streams
from protocol_sim.prices.reference import reference
from protocol_sim.prices.shocks import factors, shaken
from protocol_sim.prices.student import Copula
from protocol_sim.prices.table import by_step, by_time, rescaled
from protocol_sim.scenario import Scenario
from protocol_sim.scenario.csv_prices import read_prices
from protocol_sim.scenario.price_checks import DRIVEN, bases, correlation_matrix, priced
from protocol_sim.world.processes import process, shocks

Table = NDArray[np.int64]
MIXING = "correlation"  # the entity of what all correlated prices share


class Drawn(NamedTuple):
    """A price that draws move: its name, its process, start * shocks at each step, and its row of driving normals."""

    name: str
    process: Process
    scale: Array
    row: int | None


class Staked(NamedTuple):
    """A staked token: its name, the name of its base, and rate * shocks at each step."""

    name: str
    base: str
    rate: Array


class Outside:
    """The outside prices of a scenario. `table` may be called from several threads.

    `compiled`: whether paths are made by machine code (about 25 ns a price, after half a second of imports) or by the
    reference in Python; the bits are the same.
    """

    def __init__(self, scenario: Scenario, compiled: bool = True) -> None:
        self._where, self._steps = scenario.where, scenario.clock.steps
        self._assets = [asset.name for asset in scenario.assets]
        self._how = _how(scenario) if compiled else reference
        self._given: dict[str, Table] = {}
        self._drawn: list[Drawn] = []
        rows = [name for name, price in priced(scenario) if price.kind in DRIVEN]
        by = {asset.name: factors(shocks(asset), self._steps) for asset in scenario.assets}
        for name, price in priced(scenario):
            made = process(scenario, price)
            if made is not None:
                scale = float(price.start) * by.get(name, np.ones(self._steps))
                self._drawn.append(Drawn(name, made, scale, rows.index(name) if name in rows else None))
            elif price.kind != "staked":
                prices = _prices(scenario, price)
                prices = shaken(prices, by[name]) if name in by else prices
                self._refuse(name, next((n for n, usd in enumerate(prices) if usd >= LIMIT), -1))
                self._given[name] = np.array(prices, np.int64)
        self._staked = [_staked(scenario, asset, by[asset.name]) for asset in bases(scenario)]
        self._driven = rows
        self._copula: Copula | None = None
        self._rows, self._lower = np.empty(0, np.int64), np.empty((0, 0))
        if scenario.correlation is not None:
            names, matrix = correlation_matrix(scenario, scenario.correlation)
            self._rows, self._lower = np.array([rows.index(name) for name in names]), factor(matrix)
            if scenario.correlation.degrees_of_freedom is not None:
                self._copula = Copula.of(scenario.correlation.degrees_of_freedom)

    def table(self, seed: int, path: int) -> Table:
        """USD prices (8 decimals), steps x assets, of one path: the same on any machine and thread, in any order.

        BadInput if a price passes 46 billion USD.
        """
        z, drawn = self._normals(seed, path), f" of path {path}, seed {seed}"
        columns = dict(self._given)
        nothing = np.empty(self._steps - 1)
        for name, made, scale, row in self._drawn:
            levels = made.levels(self._how, Streams(seed, path, name), nothing if row is None else z[row])
            columns[name], over = self._how.quantise(levels, scale)
            self._refuse(name, over, drawn)
        for name, base, rate in self._staked:
            column = np.empty(self._steps, np.int64)
            over = self._how.text(staked.price)(column, columns[base], rate, columns[f"{name}.basis"], float(LIMIT))
            self._refuse(name, over, drawn)
            columns[name] = column
        out = np.empty((self._steps, len(self._assets)), np.int64)
        for k, name in enumerate(self._assets):
            out[:, k] = columns[name]
        return out

    def _normals(self, seed: int, path: int) -> Array:
        """Driving normals, prices x steps after the first."""
        z = np.empty((len(self._driven), self._steps - 1))
        for row, name in enumerate(self._driven):
            z[row] = self._how.normals(Streams(seed, path, name).of(DIFFUSION), self._steps - 1)
        if len(self._rows):
            joint = np.ascontiguousarray(z[self._rows])
            self._how.text(correlate)(joint, self._lower)
            if self._copula is not None:
                self._copula.join(self._how, Streams(seed, path, MIXING), joint)
            z[self._rows] = joint
        return z

    def _refuse(self, name: str, over: int, drawn: str = "") -> None:
        if over >= 0:
            found = f"more at step {over}{drawn}"
            raise BadInput(self._where, f"assets.{name}.price", "prices below 46 billion USD", found)


def _how(scenario: Scenario) -> How:
    """Compiled, unless there is nothing to compile."""
    if all(price.kind in ("constant", "points", "csv") for _, price in priced(scenario)):
        return reference
    from protocol_sim.prices.compiled import compiled

    return compiled


def _prices(scenario: Scenario, price: Any) -> list[int]:
    """Prices that no draw moves."""
    clock = scenario.clock
    if price.kind == "constant":
        return [price.usd] * clock.steps
    if price.kind == "points":
        return points(price.at, clock.steps, price.interpolation == "linear")
    file = scenario.path(price.file)
    rows = read_prices(file, price.column, price.time_column)
    if price.time_column is None:
        prices = by_step(rows, clock.steps, str(file))
    else:
        prices = by_time(rows, clock.steps, clock.start, clock.seconds, str(file), price.max_gap)
    return prices if price.start is None else rescaled(prices, price.start)


def _staked(scenario: Scenario, asset: Any, by: Array) -> Staked:
    price, clock = asset.price, scenario.clock
    if price.rates is not None:
        rate = staked.rates_at(price.rates, clock.steps)
    else:
        rate = staked.rates(price.rate, price.growth_per_year, clock.steps, clock.seconds)
    return Staked(asset.name, price.base, rate * by)
