"""The configurator's functions: the model's operation, and the logs, which often tell the value from before."""

from collections.abc import Callable, Iterator
from typing import Any

from protocol_sim.fork.adapters.aave_v3.chain import rate_data
from protocol_sim.fork.adapters.aave_v3.events import stored_update
from protocol_sim.fork.adapters.aave_v3.people import POOL
from protocol_sim.fork.adapters.aave_v3.stage import Stage
from protocol_sim.fork.artifacts import Event
from protocol_sim.fork.deploy.aave_v3 import BPS_TO_RAY, CURVES
from protocol_sim.protocols.aave_v3.state import Category, Reserve

Arguments = dict[str, Any]
HERE = "configurator"

SWITCHES = {  # function -> the model's operation, its argument, the log
    "setReserveBorrowing": ("set_borrowing", "on", "ReserveBorrowing"),
    "setReserveStableRateBorrowing": ("set_stable_borrowing", "on", "ReserveStableRateBorrowing"),
    "setReserveFlashLoaning": ("set_flash_loans", "on", "ReserveFlashLoaning"),
    "setReserveActive": ("set_active", "on", "ReserveActive"),
    "setBorrowableInIsolation": ("set_borrowable_in_isolation", "on", "BorrowableInIsolationChanged"),
}
NUMBERS = {  # function -> the model's operation, its argument, the reserve's field, the log
    "setSiloedBorrowing": ("set_siloed", "on", "siloed", "SiloedBorrowingChanged"),
    "setDebtCeiling": ("set_debt_ceiling", "ceiling", "debt_ceiling", "DebtCeilingChanged"),
    "setBorrowCap": ("set_borrow_cap", "cap", "borrow_cap", "BorrowCapChanged"),
    "setSupplyCap": ("set_supply_cap", "cap", "supply_cap", "SupplyCapChanged"),
    "setLiquidationProtocolFee": ("set_liquidation_fee", "fee", "liquidation_fee", "LiquidationProtocolFeeChanged"),
    "setReserveFactor": ("set_reserve_factor", "factor", "reserve_factor", "ReserveFactorChanged"),
}
PREMIUMS = {"updateFlashloanPremiumTotal": "total", "updateFlashloanPremium": "total",
            "updateFlashloanPremiumToProtocol": "to_protocol"}
FIRST = ("setReserveStableRateBorrowing", "updateFlashloanPremiumTotal", "updateFlashloanPremiumToProtocol",
         "setReserveInterestRateStrategyAddress", "setAssetEModeCategory")
LAST = ("setReserveLtvzero", "disableLiquidationGracePeriod", "updateFlashloanPremium", "setReserveInterestRateData",
        "setAssetCollateralInEMode", "setAssetBorrowableInEMode", "setAssetLtvzeroInEMode")
EVERY = (*SWITCHES, *NUMBERS, *PREMIUMS, "setReserveFreeze", "setReservePause", "setPoolPause", "setEModeCategory",
         "configureReserveAsCollateral", *FIRST, *LAST)


def functions(last: bool) -> tuple[str, ...]:
    """Those of one version."""
    return tuple(dict.fromkeys(name for name in EVERY if name not in (FIRST if last else LAST)))


def calls(model: Stage, function: str, a: Arguments, at: int) -> list[tuple[str, Arguments]]:
    """The operations of the model's shell that the call stands for."""
    k, value, s = a.get("k", 0), a.get("value", 0), model.market.settings[0]
    if function in SWITCHES:
        name, argument, _ = SWITCHES[function]
        return [(name, {"k": k, argument: value})]
    if function in NUMBERS:
        name, argument, *_ = NUMBERS[function]
        return [(name, {"k": k, argument: value, **({"now": at} if name == "set_reserve_factor" else {})})]
    if function in PREMIUMS:
        kept = {"total": s.flash_premium, "to_protocol": s.flash_premium_to_protocol}
        return [("set_flash_premium", {**kept, PREMIUMS[function]: value})]
    if function == "setPoolPause":
        return [("set_paused", {"k": j, "on": value, "grace": 0, "now": at}) for j in range(len(model.names))]
    category = {"k": k, "category": a.get("category", 0)}
    price = model.mode_price if a.get("source") else 0
    made: dict[str, Callable[[], tuple[str, Arguments]]] = {
        "setReservePause": lambda: ("set_paused", {"k": k, "on": value, "grace": a["grace"], "now": at}),
        "setReserveFreeze": lambda: ("set_frozen", {"k": k, "on": value}),
        "setReserveLtvzero": lambda: ("set_zero_ltv", {"k": k, "zero": value}),
        "disableLiquidationGracePeriod": lambda: ("end_grace_period", {"k": k}),
        "configureReserveAsCollateral": lambda: (
            "configure_collateral", {name: a[name] for name in ("k", "ltv", "threshold", "bonus")}),
        "setEModeCategory": lambda: ("set_emode_category", {
            "price": price, **{name: a[name] for name in ("category", "ltv", "threshold", "bonus")}}),
        "setAssetEModeCategory": lambda: ("set_asset_emode", category),
        "setAssetCollateralInEMode": lambda: ("set_emode_collateral", {**category, "on": value}),
        "setAssetBorrowableInEMode": lambda: ("set_emode_borrowable", {**category, "on": value}),
        "setAssetLtvzeroInEMode": lambda: ("set_emode_zero_ltv", {**category, "on": value}),
        "setReserveInterestRateStrategyAddress": lambda: ("set_variable_curve", {"k": k, **_curve(a["curve"])}),
        "setReserveInterestRateData": lambda: (
            "set_rates", {"k": k, "now": at, **dict(zip(RATES, a["rates"], strict=True))}),
    }
    return [made[function]()]


RATES = ("optimal", "base", "slope1", "slope2")


def _curve(number: int) -> Arguments:
    return {name: bps * BPS_TO_RAY for name, bps in zip(RATES, CURVES[number], strict=True)}


def logs(model: Stage, function: str, a: Arguments, at: int, before: tuple[Reserve, Category]) -> Iterator[Event]:
    """`before`: the reserve and the category as they were."""
    k, value, old = a.get("k", 0), a.get("value", 0), before[0]
    name, category = model.names[k], a.get("category", 0)
    if function in SWITCHES:
        yield HERE, SWITCHES[function][2], (name, bool(value))
    elif function in NUMBERS:
        yield from _number(model, function, k, value, old)
    elif function in PREMIUMS:
        log = function.replace("update", "") + ("" if function.endswith(("Total", "Protocol")) else "Total")
        yield HERE, f"{log}Updated", (a["before"], value)
    elif function == "setPoolPause":
        for j in range(len(model.names)):
            yield HERE, "ReservePaused", (model.names[j], bool(value))
    elif function == "setReservePause":
        if not value and a["grace"]:
            yield HERE, "LiquidationGracePeriodChanged", (name, at + a["grace"])
        yield HERE, "ReservePaused", (name, bool(value))
    elif function == "setReserveFreeze":
        yield from _freeze(model, k, value, old)
    elif function == "setReserveLtvzero":
        yield from _ltv_moved(model, k)
    elif function == "disableLiquidationGracePeriod":
        yield HERE, "LiquidationGracePeriodDisabled", (name,)
    elif function == "configureReserveAsCollateral":
        yield from _collateral(model, k, a, old)
    elif function == "setEModeCategory":
        source = a.get("from", "mode feed") if a.get("source") and not model.last else ""
        told = (category, a["ltv"], a["threshold"], a["bonus"], source, a.get("label", ""))
        yield HERE, "EModeCategoryAdded", told
    elif function == "setAssetEModeCategory":
        yield HERE, "EModeAssetCategoryChanged", (name, old.emode, category)
    elif function == "setAssetCollateralInEMode":
        if not value and before[1].zero_ltv >> k & 1:
            yield HERE, "AssetLtvzeroInEModeChanged", (name, category, False)
        yield HERE, "AssetCollateralInEModeChanged", (name, category, bool(value))
    elif function in ("setAssetBorrowableInEMode", "setAssetLtvzeroInEMode"):
        yield HERE, f"{function.removeprefix('set')}Changed", (name, category, bool(value))
    elif function == "setReserveInterestRateStrategyAddress":
        yield HERE, "ReserveInterestRateStrategyChanged", (name, a["before"], f"curve {a['curve']}")
    else:
        yield HERE, "ReserveInterestRateDataChanged", (name, "strategy", rate_data(a["rates"]))
        yield stored_update(model, k)


def _number(model: Stage, function: str, k: int, value: int, old: Reserve) -> Iterator[Event]:
    """The value before and after."""
    _, _, field, log = NUMBERS[function]
    of = bool if field == "siloed" else int
    if field == "debt_ceiling" and value == 0:
        yield POOL, "IsolationModeTotalDebtUpdated", (model.names[k], 0)
    yield HERE, log, (model.names[k], of(getattr(old, field)), of(value))
    if field == "reserve_factor" and model.last:
        yield stored_update(model, k)


def _ltv_moved(model: Stage, k: int) -> Iterator[Event]:
    """`PoolConfigurator.sol: _setReserveLtvzero`."""
    r = model.market.reserves[k]
    yield HERE, "PendingLtvChanged", (model.names[k], r.pending_ltv)
    yield HERE, "CollateralConfigurationChanged", (model.names[k], r.ltv, r.threshold, r.bonus)


def _freeze(model: Stage, k: int, on: int, old: Reserve) -> Iterator[Event]:
    """In 3.6 freezing takes the ltv away everywhere."""
    if model.last and on:
        if old.ltv:
            yield from _ltv_moved(model, k)
        for category in range(1, len(model.market.categories)):
            if model.market.categories[category].collateral >> k & 1:
                yield HERE, "AssetLtvzeroInEModeChanged", (model.names[k], category, True)
    yield HERE, "ReserveFrozen", (model.names[k], bool(on))


def _collateral(model: Stage, k: int, a: Arguments, old: Reserve) -> Iterator[Event]:
    """While frozen the ltv waits (3.6)."""
    waits = model.last and old.frozen
    if waits:
        yield HERE, "PendingLtvChanged", (model.names[k], a["ltv"])
    elif model.last and old.pending_ltv:
        yield HERE, "PendingLtvChanged", (model.names[k], 0)
    ltv = 0 if waits else a["ltv"]
    yield HERE, "CollateralConfigurationChanged", (model.names[k], ltv, a["threshold"], a["bonus"])
