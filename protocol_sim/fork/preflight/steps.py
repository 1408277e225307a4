"""A change as steps: each an operation of the model, and what the admin calls on a chain for the same.

A step is made when the ones before have been applied, since what a file leaves out stays as it is then.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from protocol_sim.errors import BadInput
from protocol_sim.fork.preflight import change as kinds
from protocol_sim.numeric.units import parse_usd, scaled, usd_text
from protocol_sim.protocols.aave_v3.state import Market
from protocol_sim.protocols.aave_v3.versions import V302, accounts_virtually
from protocol_sim.scenario.ledger import item_name

BPS_IN_RAY = 10**23


@dataclass(frozen=True)
class Call:
    """On the chain: a function of the configurator, or a contract made first: `feed`, `cap` (price sources of asset
    `k`) or `strategy` with its constructor's arguments."""

    function: str = ""
    arguments: tuple[Any, ...] = ()
    makes: str = ""
    k: int = -1


@dataclass(frozen=True)
class Step:
    """`told` says it in words, with the values before and after."""

    operation: str
    arguments: dict[str, Any]
    call: Call
    told: str
    key: str = field(default="", compare=False)


class Steps:
    """Steps of a change on a market; `names` by reserve, `labels` of eModes are the chain's affair."""

    def __init__(self, change: kinds.Change, market: Market, names: list[str], now: int) -> None:
        self._m, self._names, self._now, self._change = market, names, now, change

    def __iter__(self) -> Iterator[Step]:
        makers = {"collateral": self._collateral, "emode": self._emode, "emode-asset": self._emode_asset,
                  "feed": self._feed, "price-cap": self._cap, "rates": self._rates, "caps": self._caps,
                  "reserve-factor": self._factor, "freeze": self._freeze, "pause": self._pause}
        for n, one in enumerate(self._change.changes):
            self._key = f"changes.{item_name(one.model_dump(), n)}"
            yield from makers[one.kind](one)  # type: ignore[operator]

    def _k(self, symbol: str, key: str = "asset") -> int:
        if symbol not in self._names:
            raise self._bad(key, f"one of {', '.join(self._names)}", symbol)
        return self._names.index(symbol)

    def _bad(self, key: str, expected: str, found: object) -> BadInput:
        return BadInput(self._change.name, f"{self._key}.{key}", expected, found)

    @property
    def _version(self) -> int:
        return self._m.settings[0].version

    # ---- configurator -----------------------------------------------------------------------------------------------
    def _collateral(self, c: kinds.Collateral) -> Iterator[Step]:
        k = self._k(c.asset)
        r = self._m.reserves[k]
        kept = r.pending_ltv if r.frozen and r.pending_ltv else r.ltv
        ltv, threshold, bonus = _or(c.ltv_bps, kept), _or(c.liquidation_threshold_bps, r.threshold), _or(
            c.liquidation_bonus_bps, r.bonus)
        told = f"{c.asset}: ltv {kept} -> {ltv}, threshold {r.threshold} -> {threshold}, bonus {r.bonus} -> {bonus} bps"
        yield self._step("configure_collateral", {"k": k, "ltv": ltv, "threshold": threshold, "bonus": bonus},
                         Call("configureReserveAsCollateral", (ltv, threshold, bonus), k=k), told)

    def _emode(self, c: kinds.EMode) -> Iterator[Step]:
        if c.id >= len(self._m.categories) or self._m.categories[c.id].threshold == 0:
            known = [n for n, row in enumerate(self._m.categories) if row.threshold]
            raise self._bad("id", f"one of {known}", c.id)
        row = self._m.categories[c.id]
        ltv, threshold, bonus = _or(c.ltv_bps, row.ltv), _or(c.liquidation_threshold_bps, row.threshold), _or(
            c.liquidation_bonus_bps, row.bonus)
        told = (f"eMode {c.id}: ltv {row.ltv} -> {ltv}, threshold {row.threshold} -> {threshold}, bonus {row.bonus} -> "
                f"{bonus} bps")
        yield self._step("set_emode_category", {"category": c.id, "ltv": ltv, "threshold": threshold, "bonus": bonus,
                                                "price": row.price},
                         Call("setEModeCategory", (c.id, ltv, threshold, bonus)), told)

    def _emode_asset(self, c: kinds.EModeAsset) -> Iterator[Step]:
        k = self._k(c.asset)
        if self._version == V302:
            if c.collateral is None or c.borrowable is not None or c.zero_ltv is not None:
                raise self._bad("collateral", "`collateral` alone in 3.0.2", "others")
            category = c.id if c.collateral else 0
            yield self._step("set_asset_emode", {"k": k, "category": category},
                             Call("setAssetEModeCategory", (category,), k=k), f"{c.asset}: eMode {category}")
            return
        for name, operation, function in (("collateral", "set_emode_collateral", "setAssetCollateralInEMode"),
                                          ("borrowable", "set_emode_borrowable", "setAssetBorrowableInEMode"),
                                          ("zero_ltv", "set_emode_zero_ltv", "setAssetLtvzeroInEMode")):
            on = getattr(c, name)
            if on is not None:
                yield self._step(operation, {"k": k, "category": c.id, "on": int(on)},
                                 Call(function, (c.id, on), k=k), f"{c.asset} in eMode {c.id}: {name} {_word(on)}")

    def _caps(self, c: kinds.Caps) -> Iterator[Step]:
        k = self._k(c.asset)
        for name, function in (("supply_cap", "setSupplyCap"), ("borrow_cap", "setBorrowCap")):
            cap = getattr(c, name)
            if cap is not None:
                before = getattr(self._m.reserves[k], name)
                yield self._step(f"set_{name}", {"k": k, "cap": cap}, Call(function, (cap,), k=k),
                                 f"{c.asset}: {name.replace('_', ' ')} {before} -> {cap}")

    def _factor(self, c: kinds.ReserveFactor) -> Iterator[Step]:
        k = self._k(c.asset)
        yield self._step("set_reserve_factor", {"k": k, "factor": c.bps, "now": self._now},
                         Call("setReserveFactor", (c.bps,), k=k),
                         f"{c.asset}: reserve factor {self._m.reserves[k].reserve_factor} -> {c.bps} bps")

    def _freeze(self, c: kinds.Freeze) -> Iterator[Step]:
        k = self._k(c.asset)
        yield self._step("set_frozen", {"k": k, "on": int(c.frozen)}, Call("setReserveFreeze", (c.frozen,), k=k),
                         f"{c.asset}: frozen {_word(c.frozen)}")

    def _pause(self, c: kinds.Pause) -> Iterator[Step]:
        k = self._k(c.asset)
        yield self._step("set_paused", {"k": k, "on": int(c.paused), "grace": 0, "now": self._now},
                         Call("setReservePause", (c.paused,), k=k), f"{c.asset}: paused {_word(c.paused)}")

    def _rates(self, c: kinds.Rates) -> Iterator[Step]:
        k, bps = self._k(c.asset), (c.optimal_bps, c.base_bps, c.slope1_bps, c.slope2_bps)
        names = ("optimal", "base", "slope1", "slope2")
        told = f"{c.asset}: rates optimal {bps[0]}, base {bps[1]}, slopes {bps[2]} and {bps[3]} bps"
        if accounts_virtually(self._version):
            yield self._step("set_rates", {"k": k, "now": self._now, **dict(zip(names, bps, strict=True))},
                             Call("setReserveInterestRateData", bps, k=k), told)
            return
        r, ray = self._m.reserves[k], tuple(x * BPS_IN_RAY for x in bps)
        rest = (r.stable_slope1, r.stable_slope2, r.base_stable_offset, r.stable_excess_offset, r.optimal_stable)
        yield self._step("set_variable_curve", {"k": k, **dict(zip(names, ray, strict=True))},
                         Call(makes="strategy", arguments=(*ray, *rest), k=k), told)

    # ---- prices -----------------------------------------------------------------------------------------------------
    def _feed(self, c: kinds.Feed) -> Iterator[Step]:
        k, answer = self._k(c.asset), parse_usd(c.answer_usd)
        yield self._step("set_price", {"k": k, "price": answer}, Call(makes="feed", arguments=(answer,), k=k),
                         f"{c.asset}: price {usd_text(self._m.reserves[k].price)} -> {usd_text(answer)} USD")

    def _cap(self, c: kinds.PriceCap) -> Iterator[Step]:
        k = self._k(c.asset)
        if c.cap_usd is not None:
            cap = parse_usd(c.cap_usd)
        else:
            assert c.base is not None
            assert c.ratio is not None
            base = self._m.reserves[self._k(c.base, "base")].price
            cap = base * scaled(c.ratio, kinds.RATIO_DECIMALS) // 10**kinds.RATIO_DECIMALS
        before = self._m.reserves[k].price
        told = f"{c.asset}: price {usd_text(before)} -> {usd_text(min(before, cap))} USD, cap {usd_text(cap)}"
        yield self._step("set_price", {"k": k, "price": min(before, cap)}, Call(makes="cap", arguments=(cap,), k=k),
                         told)

    def _step(self, operation: str, arguments: dict[str, Any], call: Call, told: str) -> Step:
        return Step(operation, arguments, call, told, self._key)


def _or(value: int | None, kept: int) -> int:
    return kept if value is None else value


def _word(on: bool) -> str:
    return "on" if on else "off"


