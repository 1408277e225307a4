"""Oracle feeds: what the protocols believe a price to be. Answers are raw integers with the feed's decimals."""

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, field_validator

from protocol_sim.scenario.base import Bps, Count, Name, Positive, Section, Text, Wide, expect

Decimals = Annotated[Count, Field(le=36)]


class FixedFeed(Section):
    """One answer for ever."""

    name: Name
    kind: Literal["fixed"]
    answer: Wide
    decimals: Decimals = 8


class ChainlinkFeed(Section):
    """A feed that reports after a deviation or a heartbeat, at least one block after it decided to."""

    name: Name
    kind: Literal["chainlink"]
    base: Name                                     # asset that is priced
    quote: Name = "USD"                            # "USD" or an asset
    decimals: Decimals = 8
    deviation_bps: Bps = 50
    heartbeat: Positive = 3_600                    # seconds
    delay_blocks: Positive = 1
    source: Text = "outside"                       # "outside" or "pool:NAME"


class RoundsFeed(Section):
    """A recorded history: each answer holds from its block on."""

    name: Name
    kind: Literal["rounds"]
    decimals: Decimals = 8
    rounds: tuple[tuple[Count, Wide], ...]         # (block, answer), the first at block 0

    @field_validator("rounds")
    @classmethod
    def _in_order(cls, rounds: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
        if not rounds or rounds[0][0] != 0 or any(b <= a for (a, _), (b, _) in pairwise(rounds)):
            raise expect("rounds [block, answer] whose blocks begin at 0 and increase")
        return rounds


Feed = Annotated[FixedFeed | ChainlinkFeed | RoundsFeed, Field(discriminator="kind")]
