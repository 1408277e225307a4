"""The audit file (TOML): what a market's configuration lacks, or a whole small market written out.

`market` names a configuration snapshot or a scenario, relative to the audit file; or `[[reserves]]` and `[[emodes]]`
stand in the file itself; a file with neither complements whatever market it is given with (`--complement`). Every
number has a status: `status` and `source` on its section (default: assumed, "audit file").

| section | what it says |
|---|---|
| `base_usd` | USD of the base currency, for a market whose oracle answers in ETH |
| `gas_usd` | of one liquidation, the sale included |
| `reaction_days` | what governance needs to act (default 7) |
| `[[feeds]]` | `assets` (globs), `deviation_bps`, `heartbeat`, `delay`, `max_age` (s); one for every reserve, or none |
| `[[gaps]]` | worst historical `fall_bps` and `rise_bps` of `asset` in `against` (USD or an asset) within `window` s |
| `[[adapters]]` | price cap: `ratio` at `since`, `growth_bps` a year; at `now`: `real_ratio`, `real_growth_bps` |
| `[[yields]]` | `bps` a year that `asset` itself earns in terms of `against`, the asset that is borrowed to loop it |
| `[[pools]]` | as in a scenario |
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from protocol_sim.scenario.base import Bps, Count, Flag, Name, Positive, Section, Text, Usd, Wide
from protocol_sim.scenario.pools import Pool
from protocol_sim.scenario.protocols import RAY, Cap

Status = Literal["observed", "inferred", "assumed"]


class Sourced(Section):
    """A section whose numbers have a status and a source."""

    status: Status = "assumed"
    source: Text = "audit file"


class FeedTerms(Sourced):
    """How prices of some assets reach the market."""

    assets: Annotated[tuple[Text, ...], Field(min_length=1)]      # names or globs
    deviation_bps: Annotated[Bps, Field(lt=10_000)]
    heartbeat: Positive
    delay: Count = 12
    max_age: Count | None = None                   # 0: the market takes an answer of any age


class GapTerms(Sourced):
    """The worst move within a window that history shows."""

    asset: Name
    against: Name = "USD"
    fall_bps: Annotated[Bps, Field(lt=10_000)]
    rise_bps: Bps = 0
    window: Positive = 3_600


class AdapterTerms(Sourced):
    """A price-cap adapter, and the rate as it really is."""

    asset: Name
    ratio: Text
    since: Count
    growth_bps: Bps
    now: Count
    real_ratio: Text
    real_growth_bps: Bps


class Yield(Sourced):
    """What an asset earns by itself, in the asset that it is looped against."""

    asset: Name
    against: Name
    bps: Bps


class RateTerms(Section):
    """A rate strategy, in ray."""

    optimal_utilization_ray: Annotated[Wide, Field(gt=0, le=RAY)]
    base: Wide = 0
    slope1: Wide = 0
    slope2: Wide = 0


class ReserveTerms(Section):
    """A reserve of a market written out."""

    asset: Name
    decimals: Annotated[Count, Field(le=36)]
    price: Usd
    ltv_bps: Bps = 0
    liquidation_threshold_bps: Bps = 0
    liquidation_bonus_bps: Bps = 0
    liquidation_protocol_fee_bps: Annotated[Bps, Field(le=10_000)] = 0
    reserve_factor_bps: Annotated[Bps, Field(le=10_000)] = 0
    supply_cap: Cap = 0
    borrow_cap: Cap = 0
    debt_ceiling: Cap = 0                          # USD with 2 decimals
    borrowing_enabled: Flag = True
    active: Flag = True
    frozen: Flag = False
    paused: Flag = False
    rate: RateTerms | None = None


class EModeTerms(Section):
    """An eMode of a market written out."""

    id: Annotated[int, Field(ge=1, le=255)]
    label: Text = ""
    ltv_bps: Bps
    liquidation_threshold_bps: Bps
    liquidation_bonus_bps: Bps
    collateral: tuple[Name, ...]
    borrowable: tuple[Name, ...]


class AuditFile(Sourced):
    """The whole file."""

    name: Name
    description: Text = ""
    market: Text | None = None
    kind: Literal["aave-v2", "aave-v3"] | None = None             # of a market written out
    chain_id: Count | None = None
    sentinel: Flag | None = None
    base_usd: Usd | None = None
    gas_usd: Usd | None = None
    reaction_days: Positive = 7
    reserves: tuple[ReserveTerms, ...] = ()
    emodes: tuple[EModeTerms, ...] = ()
    feeds: tuple[FeedTerms, ...] = ()
    gaps: tuple[GapTerms, ...] = ()
    adapters: tuple[AdapterTerms, ...] = ()
    yields: tuple[Yield, ...] = ()
    pools: tuple[Pool, ...] = ()


def plain(model: Section) -> dict[str, Any]:
    """A section as plain values, for the ledger."""
    return model.model_dump(mode="json", exclude={"status", "source"}, exclude_none=True)
