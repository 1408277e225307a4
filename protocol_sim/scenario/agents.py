"""Agents that come with the package; one defined in Python is passed to `run(…, agents=…)`."""

from typing import Annotated, Literal

from pydantic import Field

from protocol_sim.scenario.base import Amount, Name, Positive, Section, Wide


class Liquidator(Section):
    """Liquidates what pays after gas, bonus and the sale of the collateral in the pools."""

    name: Name
    kind: Literal["liquidator"]
    protocols: tuple[Name, ...] = ()               # empty: all
    pools: tuple[Name, ...] = ()                   # to sell in; empty: all
    numeraire: Name                                # asset in which profit is counted
    gas: Amount = "0"                              # cost of one liquidation, in the numeraire
    min_profit: Amount = "0"                       # in the numeraire, after gas
    max_rounds: Positive = 16                      # rounds of proposals in one block; the longest of all agents counts
    close: Literal["max", "optimal"] = "max"       # optimal: the best of the most, a half of it, a quarter, …
    sizes: Annotated[Positive, Field(le=64)] = 8   # how many of them are tried
    halt_ltv: Wide = 0                             # wad: acts only below this debt / collateral; 0: always


class Arbitrageur(Section):
    """Brings pools back to the outside price."""

    name: Name
    kind: Literal["arbitrageur"]
    pools: tuple[Name, ...] = ()                   # empty: all
    when: Literal["band", "touch"] = "band"        # whenever it pays, or only in blocks in which the pool was touched


Agent = Annotated[Liquidator | Arbitrageur, Field(discriminator="kind")]
