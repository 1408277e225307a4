"""Assets, the process of their outside price, the mark that sales leave on it, and how the processes go together."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from protocol_sim.scenario.base import Amount, Count, Name, Number, Positive, Section, Text, expect
from protocol_sim.scenario.prices import Freedom, Price
from protocol_sim.scenario.shocks import Shock


class Impact(Section):
    """What a sale leaves on the outside price: it falls by sold/depth and recovers by 1/recovery a block."""

    depth: Amount                                  # of the asset itself
    recovery: Positive = 64                        # blocks


class Asset(Section):
    """A token and its price outside the modelled pools."""

    name: Name
    decimals: Annotated[Count, Field(le=36)]
    price: Price
    shocks: tuple[Shock, ...] = ()                 # on top of the price, multiplied in this order
    impact: Impact | None = None


class Correlation(Section):
    """Of the driving normals of drawn prices; what is not named stays independent.

    A name is an asset, or `NAME.basis` for the basis of a staked one. Either `names` and a matrix in their order, or
    pairs [name, name, correlation], the others 0.
    """

    names: tuple[Text, ...] = ()
    matrix: tuple[tuple[Number, ...], ...] = ()
    pairs: tuple[tuple[Text, Text, Number], ...] = ()
    copula: Literal["gaussian", "student-t"] = "gaussian"
    degrees_of_freedom: Freedom | None = None      # of the t copula

    @model_validator(mode="after")
    def _one_way(self) -> Any:
        if bool(self.pairs) == bool(self.names):
            raise expect("either names and matrix, or pairs")
        if (self.copula == "student-t") != (self.degrees_of_freedom is not None):
            raise expect("degrees_of_freedom with copula 'student-t', and only with it")
        return self
