"""Assets, the process of their outside price, and the mark that sales leave on it."""

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, field_validator

from protocol_sim.scenario.base import Amount, Count, Name, Number, Positive, Section, Text, Usd, expect


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


class GbmPrice(Section):
    """Geometric Brownian motion, drawn from the scenario's seed and rounded once to 8 decimals."""

    kind: Literal["gbm"]
    start: Usd
    drift_per_year: Number = 0.0                   # of the logarithm's mean: 0.05 = 5 % a year
    volatility_per_year: Annotated[Number, Field(ge=0)]


Price = Annotated[ConstantPrice | PointsPrice | CsvPrice | GbmPrice, Field(discriminator="kind")]


class Impact(Section):
    """What a sale leaves on the outside price: it falls by sold/depth and recovers by 1/recovery a block."""

    depth: Amount                                  # of the asset itself
    recovery: Positive = 64                        # blocks


class Asset(Section):
    """A token and its price outside the modelled pools."""

    name: Name
    decimals: Annotated[Count, Field(le=36)]
    price: Price
    impact: Impact | None = None
