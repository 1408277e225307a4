"""Conditions on a reserve's configuration, at the first block and after every entry of the timeline."""

from typing import TYPE_CHECKING, Any

from protocol_sim.errors import BadInput
from protocol_sim.numeric import BPS, percent_mul_half_up
from protocol_sim.scenario.aave_v3 import check_feed, check_strategy
from protocol_sim.scenario.protocols import AaveV3Reserve, Reserve
from protocol_sim.scenario.timeline import PARAMETERS, SetParameter

if TYPE_CHECKING:
    from protocol_sim.scenario.scenario import Scenario


V2_ONLY = ("rate.stable_slope1", "rate.stable_slope2", "rate.market_stable_rate")


def check_collateral(where: str, key: str, reserve: Reserve) -> None:
    """The conditions of `LendingPoolConfigurator.sol: configureReserveAsCollateral`."""
    ltv, threshold, bonus = reserve.ltv_bps, reserve.liquidation_threshold_bps, reserve.liquidation_bonus_bps
    if ltv > threshold:
        raise BadInput(where, f"{key}.ltv_bps", f"at most the liquidation threshold of {threshold}", ltv)
    if threshold == 0:
        if bonus != 0:
            raise BadInput(where, f"{key}.liquidation_bonus_bps", "0 without a liquidation threshold", bonus)
        return
    if bonus <= BPS:
        raise BadInput(where, f"{key}.liquidation_bonus_bps", f"more than {BPS} (10500 is a bonus of 5 %)", bonus)
    if percent_mul_half_up(threshold, bonus) > BPS:
        expected = f"threshold × bonus of at most 100 %, the threshold being {threshold}"
        raise BadInput(where, f"{key}.liquidation_bonus_bps", expected, bonus)


def check_timeline(scenario: "Scenario") -> None:
    """Every entry names what exists and leaves each reserve valid at the end of its block."""
    reserves: dict[tuple[str, str], Reserve] = {(p.name, r.asset): r for p in scenario.protocols for r in p.reserves}
    kinds = {p.name: p.kind for p in scenario.protocols}
    later = {p.name for p in scenario.protocols if p.kind == "aave-v3" and p.version != "3.0.2"}
    changed: dict[tuple[str, str], int] = {}
    entries = list(enumerate(scenario.timeline))
    for index, entry in sorted(entries, key=lambda pair: pair[1].block):
        key = f"timeline.{index}"
        if entry.block >= scenario.clock.blocks:
            expected = f"less than the run's {scenario.clock.blocks} blocks"
            raise BadInput(scenario.where, f"{key}.block", expected, entry.block)
        if entry.kind == "feed-outage":
            if entry.feed not in {feed.name for feed in scenario.feeds if feed.kind == "chainlink"}:
                raise BadInput(scenario.where, f"{key}.feed", "a chainlink feed that is declared", repr(entry.feed))
            continue
        if entry.protocol not in {protocol for protocol, _ in reserves}:
            raise BadInput(scenario.where, f"{key}.protocol", "a protocol that is declared", repr(entry.protocol))
        if entry.kind == "set-close-factor" and kinds[entry.protocol] != "aave-v2":
            expected = f"no close factor: it is a constant of {kinds[entry.protocol]}"
            raise BadInput(scenario.where, f"{key}.kind", expected, repr(entry.kind))
        if entry.kind == "set-close-factor" or entry.kind == "pause":
            continue
        name = (entry.protocol, entry.reserve)
        if name not in reserves:
            raise BadInput(scenario.where, f"{key}.reserve", f"a reserve of {entry.protocol}", repr(entry.reserve))
        if entry.kind == "swap-feed" and entry.feed not in {feed.name for feed in scenario.feeds}:
            raise BadInput(scenario.where, f"{key}.feed", "a feed that is declared", repr(entry.feed))
        if entry.kind == "swap-feed" and kinds[entry.protocol] == "aave-v3":
            check_feed(scenario, f"{key}.feed", entry.feed)
        if entry.kind == "set-parameter":
            if name in changed and scenario.timeline[changed[name]].block != entry.block:
                check_collateral(scenario.where, f"timeline.{changed[name]}", reserves[name])
            if kinds[entry.protocol] == "aave-v3" and entry.key in V2_ONLY:
                raise BadInput(scenario.where, f"{key}.key", "a parameter of aave-v3", repr(entry.key))
            reserves[name] = with_parameter(scenario.where, key, reserves[name], entry)
            after = reserves[name]
            if entry.protocol in later and isinstance(after, AaveV3Reserve):
                check_strategy(scenario.where, key, after)
            changed[name] = index
    for name, index in changed.items():
        check_collateral(scenario.where, f"timeline.{index}", reserves[name])


def with_parameter(where: str, key: str, reserve: Any, entry: SetParameter) -> Any:
    """The reserve after a `set-parameter` entry; BadInput for an unknown key or a value of another type."""
    if entry.key not in PARAMETERS:
        raise BadInput(where, f"{key}.key", f"one of {', '.join(PARAMETERS)}", repr(entry.key))
    rate, _, name = entry.key.rpartition(".")
    section = reserve.rate if rate else reserve
    before = getattr(section, name)
    if isinstance(before, bool) != isinstance(entry.value, bool):
        expected = "true or false" if isinstance(before, bool) else "an integer"
        raise BadInput(where, f"{key}.value", expected, repr(entry.value))
    if name.endswith("_bps") and entry.value > 65_535:
        raise BadInput(where, f"{key}.value", "at most 65535", entry.value)
    after = section.model_copy(update={name: entry.value})
    return reserve.model_copy(update={"rate": after} if rate else {name: entry.value})
