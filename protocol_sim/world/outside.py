"""Outside prices of a scenario: (seed, path) -> one table of integers, which every engine reads."""

import numpy as np
from numpy.typing import NDArray

from protocol_sim.numeric.random import Stream, word
from protocol_sim.prices.gbm import gbm
from protocol_sim.prices.points import points
from protocol_sim.prices.table import by_step, by_time
from protocol_sim.scenario import Scenario
from protocol_sim.scenario.assets import Asset
from protocol_sim.scenario.csv_prices import read_prices

Table = NDArray[np.int64]


class Outside:
    """The outside prices of a scenario; what does not depend on the path is read and computed once."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._fixed = np.empty((scenario.clock.steps, len(scenario.assets)), np.int64)
        self._drawn = [k for k, asset in enumerate(scenario.assets) if asset.price.kind == "gbm"]
        for k, asset in enumerate(scenario.assets):
            if k not in self._drawn:
                self._fixed[:, k] = _given(scenario, asset)

    def table(self, seed: int, path: int) -> Table:
        """USD prices (8 decimals), steps x assets, of one path; the same on any thread, machine and in any order."""
        clock, table = self._scenario.clock, self._fixed.copy()
        for k in self._drawn:
            asset = self._scenario.assets[k]
            price = asset.price
            assert price.kind == "gbm"
            stream = Stream(seed, path, word("outside price"), word(asset.name))
            seconds = clock.block_time * clock.blocks_per_step
            table[:, k] = gbm(
                price.start, price.drift_per_year, price.volatility_per_year, clock.steps, seconds, stream
            )
        return table


def _given(scenario: Scenario, asset: Asset) -> list[int]:
    """Prices that no draw moves."""
    clock, price = scenario.clock, asset.price
    if price.kind == "constant":
        return [price.usd] * clock.steps
    if price.kind == "points":
        return points(price.at, clock.steps, price.interpolation == "linear")
    assert price.kind == "csv"
    file = scenario.path(price.file)
    rows = read_prices(file, price.column, price.time_column)
    if price.time_column is None:
        return by_step(rows, clock.steps, str(file))
    return by_time(rows, clock.steps, clock.start, clock.block_time * clock.blocks_per_step, str(file))
