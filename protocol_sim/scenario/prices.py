"""The processes that an outside price can follow (`prices` says what each is); `kind` tells them apart."""

from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from protocol_sim.scenario.base import Count, Name, Number, Positive, Section, Text, Usd, expect

AboveZero = Annotated[Number, Field(gt=0)]
NotNegative = Annotated[Number, Field(ge=0)]
Freedom = Annotated[Number, Field(gt=2, le=1000)]  # degrees of freedom of a Student-t with a variance
LogSize = Annotated[Number, Field(ge=-10, le=10)]  # of a log return: e**10 is 22026


class ConstantPrice(Section):
    """The same price for ever."""

    kind: Literal["constant"]
    usd: Usd


class PointsPrice(Section):
    """Given prices at given steps; the last one holds on."""

    kind: Literal["points"]
    at: tuple[tuple[Count, Usd], ...]              # (step, USD with 8 decimals), the first at step 0
    interpolation: Literal["hold", "linear"] = "hold"

    @field_validator("at")
    @classmethod
    def _in_order(cls, at: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
        if not at or at[0][0] != 0 or any(b <= a for (a, _), (b, _) in pairwise(at)):
            raise expect("points [step, price] whose steps begin at 0 and increase")
        return at


class CsvPrice(Section):
    """A column of a CSV file: one row a step, or rows with times of which the latest one not after the step counts."""

    kind: Literal["csv"]
    file: Text                                     # relative to the scenario file
    column: Text                                   # USD prices as decimal texts; a ninth decimal is refused
    time_column: Text | None = None                # unix seconds or ISO 8601 (UTC); absent: row number = step
    max_gap: Positive | None = None                # seconds; an older price is a gap, and refused
    start: Usd | None = None                       # the same course from another first price


class GbmPrice(Section):
    """Geometric Brownian motion, drawn from the scenario's seed and rounded once to 8 decimals."""

    kind: Literal["gbm"]
    start: Usd
    drift_per_year: Number = 0.0                   # of the expected price: 0.05 = 5 % a year
    volatility_per_year: NotNegative


class OuPrice(Section):
    """Ornstein-Uhlenbeck on the log price: it returns to its mean, as pegs and bases do."""

    kind: Literal["ou"]
    start: Usd
    mean: Usd
    reversion_per_year: AboveZero                  # half of a distance is gone after log(2) / reversion years
    volatility_per_year: NotNegative


class MertonPrice(Section):
    """Geometric Brownian motion with jumps whose log sizes are normal."""

    kind: Literal["merton"]
    start: Usd
    drift_per_year: Number = 0.0                   # of the expected price, jumps included
    volatility_per_year: NotNegative               # of the diffusion alone
    jumps_per_year: NotNegative
    jump_mean: LogSize = 0.0
    jump_deviation: Annotated[Number, Field(ge=0, le=10)]


class KouPrice(Section):
    """Geometric Brownian motion with jumps whose log sizes are exponential on each side."""

    kind: Literal["kou"]
    start: Usd
    drift_per_year: Number = 0.0                   # of the expected price, jumps included
    volatility_per_year: NotNegative               # of the diffusion alone
    jumps_per_year: NotNegative
    up_probability: Annotated[Number, Field(ge=0, le=1)] = 0.5
    up_mean: Annotated[Number, Field(gt=0, lt=1)]  # from 1 on the expected price is infinite
    down_mean: Annotated[Number, Field(gt=0, le=10)]


class GarchPrice(Section):
    """GARCH(1,1) on log returns over intervals of `seconds`, which whole steps must fill."""

    kind: Literal["garch"]
    start: Usd
    seconds: Positive                              # the interval that the parameters belong to
    mean: LogSize = 0.0                            # log return an interval
    omega: AboveZero                               # variance of log returns, as alpha and beta use it (not per cent)
    alpha: NotNegative
    beta: NotNegative
    degrees_of_freedom: Freedom | None = None      # Student-t innovations; absent: normal
    variance: AboveZero | None = None              # of the first interval; absent: the long-run variance

    @property
    def persistence(self) -> float:
        """What is left of a shock to the variance after one interval."""
        return self.alpha + self.beta

    @model_validator(mode="after")
    def _stationary(self) -> Any:
        if self.persistence >= 1.0:
            raise expect("a persistence (alpha + gamma / 2 + beta) below 1")
        return self


class GjrPrice(GarchPrice):
    """GJR-GARCH: a fall raises the variance by gamma more than a rise."""

    kind: Literal["gjr"]  # type: ignore[assignment]
    gamma: Number

    @property
    def persistence(self) -> float:
        """What is left of a shock to the variance after one interval, on average."""
        return self.alpha + self.gamma / 2.0 + self.beta

    @model_validator(mode="after")
    def _no_negative_variance(self) -> Any:
        if self.alpha + self.gamma < 0.0:
            raise expect("alpha + gamma of at least 0")
        return self


class BootstrapPrice(Section):
    """Stationary block bootstrap of recorded returns, one row a step."""

    kind: Literal["bootstrap"]
    start: Usd
    file: Text                                     # relative to the scenario file
    column: Text
    time_column: Text | None = None                # if given, rows must be as far apart as steps are
    mean_block: Annotated[Number, Field(ge=1)]     # steps
    group: Name = "history"                        # assets of one group draw the same rows


class BridgePrice(Section):
    """Brownian bridge: a path to a target price."""

    kind: Literal["bridge"]
    start: Usd
    target: Usd
    step: Positive | None = None                   # at which it arrives; absent: the last one
    volatility_per_year: NotNegative


Basis = Annotated[
    ConstantPrice | PointsPrice | CsvPrice | GbmPrice | OuPrice | MertonPrice | KouPrice | GarchPrice | GjrPrice
    | BootstrapPrice | BridgePrice,
    Field(discriminator="kind"),
]


class StakedPrice(Section):
    """A liquid-staking token: rate times the base asset's price times the market's basis."""

    kind: Literal["staked"]
    base: Name                                     # an asset of the scenario
    rate: AboveZero = 1.0                          # units of the base that one token stands for, at step 0
    growth_per_year: Annotated[Number, Field(gt=-1)] = 0.0  # of the rate, compounded
    rates: tuple[tuple[Count, AboveZero], ...] | None = None  # instead: (step, rate), joined by straight lines
    basis: Basis = ConstantPrice(kind="constant", usd="1")  # a price in units of the rate

    @field_validator("rates")
    @classmethod
    def _in_order(cls, at: tuple[tuple[int, float], ...] | None) -> tuple[tuple[int, float], ...] | None:
        if at is not None and (not at or at[0][0] != 0 or any(b <= a for (a, _), (b, _) in pairwise(at))):
            raise expect("rates [step, rate] whose steps begin at 0 and increase")
        return at

    @model_validator(mode="after")
    def _one_rate(self) -> Any:
        if self.rates is not None and (self.rate != 1.0 or self.growth_per_year != 0.0):
            raise expect("either rates or rate and growth_per_year")
        return self


Price = Annotated[
    ConstantPrice | PointsPrice | CsvPrice | GbmPrice | OuPrice | MertonPrice | KouPrice | GarchPrice | GjrPrice
    | BootstrapPrice | BridgePrice | StakedPrice,
    Field(discriminator="kind"),
]
