"""Price sections of a scenario as processes of `prices`."""

from collections.abc import Callable
from typing import Any

from protocol_sim.prices.bootstrap import Bootstrap
from protocol_sim.prices.bridge import Bridge
from protocol_sim.prices.garch import Garch
from protocol_sim.prices.gbm import Gbm
from protocol_sim.prices.kou import Kou
from protocol_sim.prices.merton import Merton
from protocol_sim.prices.ou import Ou
from protocol_sim.prices.process import Process
from protocol_sim.prices.shocks import Shock
from protocol_sim.prices.table import evenly
from protocol_sim.scenario import Asset, Scenario
from protocol_sim.scenario.csv_prices import read_prices


def process(scenario: Scenario, price: Any) -> Process | None:
    """The process of a price section; None for what no draw moves, and for staked tokens, which have none."""
    make = _MAKERS.get(price.kind)
    return None if make is None else make(price, scenario)


def _gbm(price: Any, scenario: Scenario) -> Process:
    return Gbm.of(price.drift_per_year, price.volatility_per_year, scenario.clock.seconds)


def _ou(price: Any, scenario: Scenario) -> Process:
    seconds = scenario.clock.seconds
    return Ou.of(price.start, price.mean, price.reversion_per_year, price.volatility_per_year, seconds)


def _merton(price: Any, scenario: Scenario) -> Process:
    return Merton.of(
        price.drift_per_year, price.volatility_per_year, price.jumps_per_year, price.jump_mean, price.jump_deviation,
        scenario.clock.seconds,
    )  # fmt: skip


def _kou(price: Any, scenario: Scenario) -> Process:
    return Kou.of(
        price.drift_per_year, price.volatility_per_year, price.jumps_per_year, price.up_probability, price.up_mean,
        price.down_mean, scenario.clock.seconds,
    )  # fmt: skip


def _garch(price: Any, scenario: Scenario) -> Process:
    long_run = price.omega / (1.0 - price.persistence)
    return Garch(
        mean=price.mean, omega=price.omega, alpha=price.alpha, gamma=getattr(price, "gamma", 0.0), beta=price.beta,
        variance=price.variance or long_run, steps=price.seconds // scenario.clock.seconds,
        df=price.degrees_of_freedom or 0.0,
    )  # fmt: skip


def _bootstrap(price: Any, scenario: Scenario) -> Process:
    file = scenario.path(price.file)
    rows = read_prices(file, price.column, price.time_column)
    if price.time_column is not None:
        evenly(rows, scenario.clock.seconds, str(file))
    return Bootstrap.of([usd for _, usd in rows], price.mean_block, price.group)


def _bridge(price: Any, scenario: Scenario) -> Process:
    step = price.step or max(scenario.clock.steps - 1, 1)
    return Bridge.of(price.start, price.target, step, price.volatility_per_year, scenario.clock.seconds)


_MAKERS: dict[str, Callable[[Any, Scenario], Process]] = {
    "gbm": _gbm,
    "ou": _ou,
    "merton": _merton,
    "kou": _kou,
    "garch": _garch,
    "gjr": _garch,
    "bootstrap": _bootstrap,
    "bridge": _bridge,
}


def shocks(asset: Asset) -> list[Shock]:
    """The shocks of an asset in the one shape that all have."""
    found = []
    for section in asset.shocks:
        one: Any = section
        fall = {"gap": 0, "crash": getattr(one, "steps", 0)}.get(one.kind, getattr(one, "fall", 0))
        stays = one.kind in ("gap", "crash")
        hold, rise = getattr(one, "hold", 0), getattr(one, "rise", 0)
        found.append(Shock(one.step, fall, hold, rise, one.change, one.change if stays else getattr(one, "left", 0.0)))
    return found
