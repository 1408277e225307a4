"""What governance, feeds and proxies say: configuration changes, prices, roles, upgrades.

Events without a state in the model (allowances of aTokens, roles that only say who may call) are known and change
nothing. An upgrade is accepted when the new code is known; what any other code does cannot be told, so it is
unexplained.
"""

import copy
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from eth_abi.abi import decode
from eth_utils.crypto import keccak

from protocol_sim.fork.adapters.aave_v3 import configuration
from protocol_sim.fork.deploy.aave_v3 import ISOLATED_SUPPLIER, UMBRELLA
from protocol_sim.fork.replay.code import known
from protocol_sim.fork.replay.logs import ACL, CONFIGURATOR, ORACLE, PROVIDER, STRATEGY, Decoder, Log
from protocol_sim.fork.replay.operations import Try
from protocol_sim.fork.replay.place import curve, view
from protocol_sim.fork.replay.replica import Replica
from protocol_sim.numeric import RAY
from protocol_sim.protocols.aave_v3.operations import OPERATIONS
from protocol_sim.protocols.aave_v3.state import Market

FLASH_BORROWER = keccak(text="FLASH_BORROWER")
PLAIN = {
    **{log: function for function, (_, _, log) in configuration.SWITCHES.items()},
    **{log: function for function, (_, _, _, log) in configuration.NUMBERS.items()},
    "FlashloanPremiumToProtocolUpdated": "updateFlashloanPremiumToProtocol", "ReserveFrozen": "setReserveFreeze",
    "LiquidationGracePeriodDisabled": "disableLiquidationGracePeriod",
    "AssetCollateralInEModeChanged": "setAssetCollateralInEMode",
    "AssetBorrowableInEModeChanged": "setAssetBorrowableInEMode",
    "AssetLtvzeroInEModeChanged": "setAssetLtvzeroInEMode", "EModeAssetCategoryChanged": "setAssetEModeCategory",
}  # fmt: skip
"""Event of the configurator -> its function."""
CONFIGURED = (*PLAIN, "FlashloanPremiumTotalUpdated", "ReservePaused", "CollateralConfigurationChanged",
              "EModeCategoryAdded", "ReserveInterestRateStrategyChanged", "ReserveInterestRateDataChanged")
INERT = {
    "Approval": "approve", "PositionManagerApproved": "approve_position_manager",
    "PositionManagerRevoked": "approve_position_manager", "RoleAdminChanged": "set_role",
    "PriceOracleSentinelUpdated": "set_sentinel",
}
"""Known events that change nothing that the model keeps, and what they are called in the tables."""
UPGRADES = ("ATokenUpgraded", "VariableDebtTokenUpgraded", "StableDebtTokenUpgraded", "PoolUpdated",
            "PoolConfiguratorUpdated")


class Governance:
    """Readings of everything that no user does; `running`: addresses of the code behind the market's proxies."""

    def __init__(self, model: Replica, running: Iterable[str]) -> None:
        self._m = model
        self._k = {name: k for k, name in enumerate(model.names)}
        self._code = self._running(running)
        self._accepted: set[str] = set()  # implementations that an `Upgraded` named
        self._answers: dict[str, int] = {}

    def _running(self, running: Iterable[str]) -> set[str]:
        """Hashes of the code behind the market's proxies at the first block."""
        m, at = self._m, hex(self._m.block)
        code = m.client.must([("eth_getCode", (address, at)) for address in dict.fromkeys(running)])
        return {"0x" + keccak(hexstr=c).hex() for c in code if len(c) > 2}

    def reads(self, log: Log) -> bool:
        """Whether the event ends something of governance's."""
        return (log.name in INERT or (log.emitter == CONFIGURATOR and log.name in CONFIGURED) or log.name in UPGRADES
                or log.name in ("Upgraded", "Initialized", "AnswerUpdated", "CapUpdated")
                or (log.emitter, log.name) in ((ACL, "RoleGranted"), (ACL, "RoleRevoked"), (PROVIDER, "AddressSet"),
                                               (ORACLE, "AssetSourceUpdated")))

    def readings(self, segment: Sequence[Log]) -> Iterator[Try]:
        """Of what the last log of the segment ends; none when it cannot be explained."""
        log = segment[-1]
        if log.emitter == CONFIGURATOR and log.name in CONFIGURED:
            yield from self._configuration(log, segment)
        elif log.name == "AnswerUpdated":
            yield from self._answer(log, segment)
        elif log.name == "CapUpdated":
            yield from self._cap(log)
        elif log.name == "AssetSourceUpdated":
            yield from self._source(log)
        elif log.name in ("Upgraded", "Initialized") or log.name in UPGRADES:
            yield from self._upgrade(log)
        elif log.name in ("RoleGranted", "RoleRevoked"):
            yield from self._role(log)
        elif log.name == "AddressSet":
            if log.args[0] == UMBRELLA:
                yield self._set("set_umbrella", log, lambda m: setattr(
                    m.settings[0], "umbrella", self._m.who(log.args[2]) if log.args[2] else -1))
        else:
            yield self._set(INERT[log.name], log, lambda _: None)

    def _set(self, kind: str, log: Log, do: Callable[[Market], None]) -> Try:
        """A change that no rule of the protocol checks."""

        def rule(m: Market) -> int:
            do(m)
            return 0

        return Try(kind, rule, {}, (), lambda _: (log.event,))

    # ---- configurator -----------------------------------------------------------------------------------------------
    def _configuration(self, log: Log, segment: Sequence[Log]) -> Iterator[Try]:
        args, k = log.args, self._k.get(log.args[0], -1)
        if log.name == "FlashloanPremiumTotalUpdated":
            function = "updateFlashloanPremium" if self._m.last else "updateFlashloanPremiumTotal"
            yield self._configured(function, {"value": args[1], "before": args[0]}, log)
        elif log.name == "FlashloanPremiumToProtocolUpdated":
            yield self._configured(PLAIN[log.name], {"value": args[1], "before": args[0]}, log)
        elif log.name == "ReservePaused":
            until = next((x.args[1] for x in segment[:-1] if x.name == "LiquidationGracePeriodChanged"), log.at)
            yield self._configured("setReservePause", {"k": k, "value": int(args[1]), "grace": until - log.at}, log)
        elif log.name == "CollateralConfigurationChanged":
            yield from self._collateral(log, k, segment)
        elif log.name == "EModeCategoryAdded":
            yield from self._category(log)
        elif log.name == "ReserveInterestRateDataChanged":
            rates = decode(["uint16", "uint32", "uint32", "uint32"], args[2])
            made = self._configured("setReserveInterestRateData", {"k": k, "rates": rates}, log)
            said = STRATEGY, "RateDataUpdate", (self._m.names[k], *rates)
            yield made._replace(told=lambda r: (said, *made.told(r)))
        elif log.name == "ReserveInterestRateStrategyChanged":
            yield self._strategy(log, k)
        elif "EMode" in log.name:
            value = args[2] if log.name == "EModeAssetCategoryChanged" else args[1]
            self._m.category(value)
            a = {"k": k, "category": value}
            if log.name != "EModeAssetCategoryChanged":
                a["value"] = int(args[2])
            yield self._configured(PLAIN[log.name], a, log)
        else:
            yield self._configured(PLAIN[log.name], {"k": k, "value": int(args[-1]) if len(args) > 1 else 0}, log)

    def _configured(self, function: str, a: dict[str, Any], log: Log) -> Try:
        m = self._m
        (kind, arguments), = configuration.calls(m, function, a, log.at)
        before = copy.copy(m.market.reserves[max(a.get("k", 0), 0)]), copy.copy(m.market.categories[
            a.get("category", 0)])
        if function in configuration.PREMIUMS:
            s = m.market.settings[0]
            a["before"] = s.flash_premium_to_protocol if function.endswith("Protocol") else s.flash_premium
        return Try(kind, OPERATIONS[kind].rule, arguments, (),
                   lambda _: configuration.logs(m, function, a, log.at, before))

    def _collateral(self, log: Log, k: int, segment: Sequence[Log]) -> Iterator[Try]:
        """Set, or the ltv taken away or brought back (3.6)."""
        pending = next((x.args[1] for x in segment[:-1] if x.name == "PendingLtvChanged"), None)
        r = self._m.market.reserves[k]
        if self._m.last and pending is not None and log.args[2:] == (r.threshold, r.bonus):
            yield self._configured("setReserveLtvzero", {"k": k, "value": int(log.args[1] == 0)}, log)
        waits = bool(r.frozen) and self._m.last
        a = {"k": k, "ltv": pending or 0 if waits else log.args[1], "threshold": log.args[2], "bonus": log.args[3]}
        yield self._configured("configureReserveAsCollateral", a, log)

    def _category(self, log: Log) -> Iterator[Try]:
        category, ltv, threshold, bonus, source, label = log.args
        self._m.category(category)
        a = {"category": category, "ltv": ltv, "threshold": threshold, "bonus": bonus, "label": label, "from": source,
             "source": int(bool(source))}
        if source:
            priced = self._m.decoder.addresses.get(source, source)
            answer = view(self._m.client, log.block, self._m.place.oracle, "getAssetPrice", priced)
            self._m.mode_price = int(answer)
        yield self._configured("setEModeCategory", a, log)

    def _strategy(self, log: Log, k: int) -> Try:
        """A strategy V1 by the values of its views; rates follow with the next operation."""
        values, old = curve(self._m.client, log.block, log.args[2]), self._m.strategies[k]

        def rule(m: Market) -> int:
            r = m.reserves[k]
            for field, value in values.items():
                setattr(r, field, value)
            r.excess, r.excess_stable = RAY - r.optimal, RAY - r.optimal_stable
            self._m.strategies[k] = log.args[2]
            return 0

        return Try("set_variable_curve", rule, {}, (), lambda _: ((log.emitter, log.name, (log.args[0], old,
                                                                                         log.args[2])),))

    # ---- prices -----------------------------------------------------------------------------------------------------
    def _answer(self, log: Log, segment: Sequence[Log]) -> Iterator[Try]:
        """A round: `NewRound` before it belongs to it."""
        answer, readers = log.args[0], self._m.feeds.readers(log.emitter)

        def rule(m: Market) -> int:
            self._answers[log.emitter] = answer
            return self._prices(m, readers, answer)

        rounds = [x.event for x in segment[:-1] if x.name == "NewRound" and x.emitter == log.emitter
                  and x.args[0] == log.args[1]]
        yield Try("set_price", rule, {}, (), lambda _: (*rounds, log.event))

    def _prices(self, m: Market, readers: Sequence[Any], answer: int) -> int:
        code = 0
        for r in readers:
            price = answer if r.cap is None else min(answer, r.cap)
            if r.k < 0:
                code = code or OPERATIONS["set_emode_price"].rule(m, category=r.category, price=price)
            else:
                code = code or OPERATIONS["set_price"].rule(m, k=r.k, price=price)
        return int(code)

    def _cap(self, log: Log) -> Iterator[Try]:
        def rule(m: Market) -> int:
            feeds, code = self._m.feeds, 0
            feeds.set_cap(log.emitter, log.args[0])
            for emitter, reader in feeds.capped(log.emitter):
                answer = self._answers.get(emitter) or feeds.answer(emitter, self._m.block)
                code = code or self._prices(m, [reader], answer)
            return code

        yield Try("set_price_cap", rule, {}, (), lambda _: (log.event,))

    def _source(self, log: Log) -> Iterator[Try]:
        """Another feed: its answer at the end of the block; from the next block on its own logs are read (`run`)."""
        k = self._k.get(log.args[0], -1)
        if k < 0:
            return

        def rule(m: Market) -> int:
            feeds = self._m.feeds
            if feeds.exchanged(k, log.args[1], log.block):
                self._m.decoder = Decoder(self._m.place, feeds)
            return int(OPERATIONS["set_price"].rule(m, k=k, price=feeds.answer(log.args[1], log.block)))

        yield Try("swap_feed", rule, {}, (), lambda _: (log.event,))

    # ---- roles and code ---------------------------------------------------------------------------------------------
    def _role(self, log: Log) -> Iterator[Try]:
        role, who, on = log.args[0], log.args[1], int(log.name == "RoleGranted")
        field = {FLASH_BORROWER: "flash_borrower", ISOLATED_SUPPLIER: "isolated_supplier"}.get(role)

        def do(m: Market) -> None:
            if field is not None:
                setattr(m.accounts[self._m.who(who)], field, on)

        yield self._set("set_role", log, do)

    def _upgrade(self, log: Log) -> Iterator[Try]:
        """`Upgraded` to known code; what follows from it."""
        if log.name == "Upgraded":
            if not self._knows(log):
                return
            self._accepted |= {log.args[0], f"{log.tx} {log.emitter}"}
        elif log.name == "Initialized":
            if f"{log.tx} {log.emitter}" not in self._accepted:
                return
        elif log.args[-1] not in self._accepted:
            return
        yield self._set("upgrade", log, lambda _: None)

    def _knows(self, log: Log) -> bool:
        """Code that already runs here, or that of a contract of the package."""
        m = self._m
        code = m.client.call("eth_getCode", log.args[0], hex(log.block))
        if "0x" + keccak(hexstr=code).hex() in self._code:
            return True
        kind = "a" if log.emitter.startswith("a") else log.emitter.partition(" ")[0]
        return known(m.client, m.place.version, kind, log.args[0], log.block) is not None

