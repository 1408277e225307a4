"""Pools in which agents trade: one class a `kind`. A further curve is one class and one entry in `Pool`."""

from typing import Annotated, Literal

from pydantic import Field

from protocol_sim.scenario.base import Amount, Bps, Name, Section


class ConstantProductPool(Section):
    """A Uniswap V2 pair."""

    name: Name
    kind: Literal["constant-product"]
    tokens: tuple[Name, Name]
    reserves: tuple[Amount, Amount]                # of the tokens, in their order
    fee_bps: Annotated[Bps, Field(lt=10_000)] = 30


Pool = ConstantProductPool
