"""Pools in which agents trade: one class a `kind`. A further curve is one class and one entry in `Pool`."""

from typing import Annotated, Literal

from pydantic import Field, StrictInt

from protocol_sim.scenario.base import Amount, Bps, Name, Section, Text, Wide

Tick = Annotated[StrictInt, Field(ge=-887_272, le=887_272)]


class ConstantProductPool(Section):
    """A Uniswap V2 pair."""

    name: Name
    kind: Literal["constant-product"]
    tokens: tuple[Name, Name]
    reserves: tuple[Amount, Amount]                # of the tokens, in their order
    fee_bps: Annotated[Bps, Field(lt=10_000)] = 30


class Range(Section):
    """Liquidity between two ticks. What it holds of either token follows from the pool's price."""

    lower_tick: Tick                               # a multiple of the pool's tick spacing, as is the upper one
    upper_tick: Tick
    liquidity: Annotated[Wide, Field(gt=0, lt=2**127)]     # the contract's L


class ConcentratedPool(Section):
    """A Uniswap V3 pool."""

    name: Name
    kind: Literal["uniswap-v3"]
    tokens: tuple[Name, Name]
    fee_pips: Annotated[StrictInt, Field(ge=0, lt=1_000_000)] = 3_000      # 3_000 = 0.3 %
    tick_spacing: Annotated[StrictInt, Field(gt=0, lt=16_384)] = 60
    fee_protocol: tuple[int, int] = (0, 0)         # 0: off; 4 to 10: one n-th of the swap fee in either token
    sqrt_price_x96: Wide | None = None             # square root of raw token1 per raw token0, Q64.96; or:
    price: Text | None = None                      # whole token1 per whole token0, as a decimal text
    positions: Annotated[tuple[Range, ...], Field(min_length=1, max_length=4_096)]


Pool = Annotated[ConstantProductPool | ConcentratedPool, Field(discriminator="kind")]
