"""What governance does during the run: changes at the beginning of a block, in the order of the file."""

from typing import Annotated, Literal

from pydantic import Field

from protocol_sim.scenario.base import Bps, Count, Flag, FlagOrWide, Name, Positive, Section

# Keys of a reserve that `set-parameter` may change; a rate key has the prefix `rate.`.
PARAMETERS = (
    "ltv_bps",
    "liquidation_threshold_bps",
    "liquidation_bonus_bps",
    "reserve_factor_bps",
    "borrowing_enabled",
    "stable_borrowing_enabled",
    "active",
    "rate.optimal_utilization_ray",
    "rate.base",
    "rate.slope1",
    "rate.slope2",
    "rate.stable_slope1",
    "rate.stable_slope2",
    "rate.market_stable_rate",
)


class SetParameter(Section):
    """One configuration value of one reserve."""

    block: Count
    kind: Literal["set-parameter"]
    protocol: Name
    reserve: Name
    key: str                                       # one of PARAMETERS
    value: FlagOrWide


class Freeze(Section):
    """Freezes a reserve (no new supply or borrow) or thaws it."""

    block: Count
    kind: Literal["freeze"]
    protocol: Name
    reserve: Name
    frozen: Flag = True


class SwapFeed(Section):
    """Another feed for a reserve."""

    block: Count
    kind: Literal["swap-feed"]
    protocol: Name
    reserve: Name
    feed: Name


class SetCloseFactor(Section):
    """The share of a debt that one liquidation may repay."""

    block: Count
    kind: Literal["set-close-factor"]
    protocol: Name
    bps: Annotated[Bps, Field(gt=0, le=10_000)]


class Pause(Section):
    """Stops every operation of a protocol, or lets them run again."""

    block: Count
    kind: Literal["pause"]
    protocol: Name
    paused: Flag = True


class FeedOutage(Section):
    """A feed decides on no report for so many blocks; one that is on its way still lands."""

    block: Count
    kind: Literal["feed-outage"]
    feed: Name                                     # of kind chainlink
    blocks: Positive


Entry = Annotated[SetParameter | Freeze | SwapFeed | SetCloseFactor | Pause | FeedOutage, Field(discriminator="kind")]
