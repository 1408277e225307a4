"""What an Aave V3 section must fulfil beyond the types of its fields, version by version."""

from typing import TYPE_CHECKING

from protocol_sim.errors import BadInput
from protocol_sim.numeric import BPS, percent_mul_half_up
from protocol_sim.protocols.aave_v3.versions import VERSIONS, accounts_virtually, emode_decides_alone
from protocol_sim.scenario.protocols import AaveV3, AaveV3EMode, AaveV3Reserve

if TYPE_CHECKING:
    from protocol_sim.scenario.scenario import Scenario

BPS_IN_RAY = 10**23
USD_DECIMALS = 8
STABLE_RATES = ("stable_slope1", "stable_slope2", "base_stable_offset", "stable_excess_offset")


def check(scenario: "Scenario", protocol: AaveV3) -> None:
    """Raise BadInput for the first thing that the version does not have or does not allow."""
    version, key = VERSIONS[protocol.version], f"protocols.{protocol.name}"
    for reserve in protocol.reserves:
        at = f"{key}.reserves.{reserve.asset}"
        check_feed(scenario, f"{at}.feed", reserve.feed)
        decimals, least = scenario.asset(reserve.asset).decimals, 6 if accounts_virtually(version) else 2
        if not least <= decimals <= 38:
            raise BadInput(scenario.where, f"{at}.asset", f"an asset of {least} to 38 decimals", decimals)
        if accounts_virtually(version):
            check_strategy(scenario.where, at, reserve)
        else:
            _first_version(scenario.where, at, reserve)
    seen: set[int] = set()
    for n, emode in enumerate(protocol.emodes):
        if emode.id in seen:
            raise BadInput(scenario.where, f"{key}.emodes.{n}.id", "an id used once", f"{emode.id} twice")
        seen.add(emode.id)
        _emode(scenario, protocol, version, f"{key}.emodes.{n}", emode)
    _members(scenario, protocol, version, key)


def check_feed(scenario: "Scenario", key: str, name: str) -> None:
    """Prices in USD with 8 decimals, which the close factor and the dust rule are written in."""
    feed = next(feed for feed in scenario.feeds if feed.name == name)
    if feed.decimals != USD_DECIMALS:
        raise BadInput(scenario.where, key, f"a feed with {USD_DECIMALS} decimals", f"{name} with {feed.decimals}")
    if feed.kind == "fixed" and feed.answer == 0:
        raise BadInput(scenario.where, key, "a feed whose answer is not 0", name)


def check_strategy(where: str, key: str, reserve: AaveV3Reserve) -> None:
    """What `DefaultReserveInterestRateStrategyV2.sol` takes: whole bps, a kink of 1 to 99 %, slopes in order."""
    rate = reserve.rate
    if reserve.stable_borrowing_enabled:
        raise BadInput(where, f"{key}.stable_borrowing_enabled", "false after 3.0.2", "true")
    for name in (*STABLE_RATES, "optimal_utilization_ray", "base", "slope1", "slope2"):
        value = getattr(rate, name)
        if name in STABLE_RATES and value:
            raise BadInput(where, f"{key}.rate.{name}", "0 after 3.0.2", value)
        if value % BPS_IN_RAY:
            raise BadInput(where, f"{key}.rate.{name}", f"whole bps, which are {BPS_IN_RAY} each", value)
    if not 100 <= rate.optimal_utilization_ray // BPS_IN_RAY <= 9_900:
        raise BadInput(where, f"{key}.rate.optimal_utilization_ray", "1 % to 99 %", rate.optimal_utilization_ray)
    if rate.slope1 > rate.slope2:
        raise BadInput(where, f"{key}.rate.slope2", f"at least slope1, which is {rate.slope1}", rate.slope2)
    if (rate.base + rate.slope1 + rate.slope2) // BPS_IN_RAY > 100_000:
        raise BadInput(where, f"{key}.rate", "at most 1000 % a year", rate.base + rate.slope1 + rate.slope2)


def _first_version(where: str, key: str, reserve: AaveV3Reserve) -> None:
    for name in ("grace_until", "deficit"):
        if getattr(reserve, name):
            raise BadInput(where, f"{key}.{name}", "0 in 3.0.2", getattr(reserve, name))


def _emode(scenario: "Scenario", protocol: AaveV3, version: int, key: str, emode: AaveV3EMode) -> None:
    """`PoolConfigurator.sol: setEModeCategory`, and names that exist."""
    ltv, threshold, bonus = emode.ltv_bps, emode.liquidation_threshold_bps, emode.liquidation_bonus_bps
    if ltv > threshold:
        raise BadInput(scenario.where, f"{key}.ltv_bps", f"at most the liquidation threshold of {threshold}", ltv)
    if bonus <= BPS or percent_mul_half_up(threshold, bonus) > BPS:
        expected = f"more than {BPS}, and at most 100 % times the threshold of {threshold}"
        raise BadInput(scenario.where, f"{key}.liquidation_bonus_bps", expected, bonus)
    reserves = {reserve.asset: reserve for reserve in protocol.reserves}
    for name in ("collateral", "borrowable", "zero_ltv"):
        for asset in getattr(emode, name):
            if asset not in reserves:
                raise BadInput(scenario.where, f"{key}.{name}", f"a reserve of {protocol.name}", repr(asset))
    if not accounts_virtually(version):
        for asset in emode.collateral:
            if threshold <= reserves[asset].liquidation_threshold_bps or ltv <= reserves[asset].ltv_bps:
                raise BadInput(scenario.where, f"{key}.collateral", "assets with lower ltv and threshold", repr(asset))
    for name, known in (("borrowable", accounts_virtually(version)), ("zero_ltv", emode_decides_alone(version))):
        found = ", ".join(getattr(emode, name))
        if found and not known:
            raise BadInput(scenario.where, f"{key}.{name}", f"none in {protocol.version}", found)
    for asset in emode.zero_ltv:
        if asset not in emode.collateral:
            raise BadInput(scenario.where, f"{key}.zero_ltv", "collateral of the eMode", repr(asset))


def _members(scenario: "Scenario", protocol: AaveV3, version: int, key: str) -> None:
    """Accounts in one eMode at most, owing only what it lends; in 3.0.2 an asset belongs to one."""
    accounts = {account.name: account for account in scenario.accounts if account.protocol == protocol.name}
    taken: dict[str, int] = {}
    for n, emode in enumerate(protocol.emodes):
        for asset in emode.collateral if not accounts_virtually(version) else ():
            if taken.setdefault(f"asset {asset}", emode.id) != emode.id:
                at = f"{key}.emodes.{n}.collateral"
                raise BadInput(scenario.where, at, "assets of one eMode", repr(asset))
        lent = emode.borrowable if accounts_virtually(version) else emode.collateral
        for name in emode.accounts:
            at = f"{key}.emodes.{n}.accounts"
            if name not in accounts:
                raise BadInput(scenario.where, at, f"an account of {protocol.name}", repr(name))
            if taken.setdefault(f"account {name}", emode.id) != emode.id:
                raise BadInput(scenario.where, at, "accounts in one eMode", repr(name))
            for asset in (*accounts[name].borrowed, *accounts[name].scaled_borrowed):
                if asset not in lent:
                    raise BadInput(scenario.where, at, f"accounts that owe what it lends ({', '.join(lent)})",
                                   f"{name}, who owes {asset}")
