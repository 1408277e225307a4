"""The real Aave V3 as the rig sees it: addresses by name, calldata, logs and revert data in words."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

from eth_abi.abi import encode

from protocol_sim.fork.adapters.aave_v3.people import (
    ACCOUNTS,
    ADMIN,
    FLASH_BORROWER,
    ISOLATED_SUPPLIER,
    MAX,
    NAMES,
    POOL,
    RECEIVER,
    SIMPLE,
    TREASURY,
    UMBRELLA,
    USERS,
    WALLETS,
)
from protocol_sim.fork.adapters.aave_v3.views import views
from protocol_sim.fork.anvil import Node
from protocol_sim.fork.artifacts import Contract, Event, EventAbi, reason
from protocol_sim.fork.deploy.aave_v3 import LISTINGS, NOBODY, Deployer
from protocol_sim.fork.deploy.aave_v3_contracts import LAST, contract, custom_errors
from protocol_sim.fork.solc import compiled


class Chain:
    """One deployment."""

    def __init__(self, node: Node, version: str) -> None:
        self.version = version
        self.addresses = dict(zip(USERS, node.accounts[1 : 1 + len(USERS)], strict=True))
        roles = {"umbrella": UMBRELLA, "flash borrower": FLASH_BORROWER, "isolated supplier": ISOLATED_SUPPLIER}
        roles_of = {role: self.addresses[USERS[i]] for role, i in roles.items()}
        self.at = Deployer(node, version, node.accounts[9], roles_of).deploy()
        self.addresses |= {TREASURY: self.at.treasury, ADMIN: node.accounts[0], RECEIVER: self.at.receiver}
        self.addresses |= {POOL: self.at.pool, SIMPLE: self.at.simple_receiver, "": NOBODY}
        for name, tokens in zip(NAMES, self.at.tokens, strict=True):
            self.addresses |= {name: tokens.underlying, f"a{name}": tokens.a_token}
            self.addresses[f"strategy {name}" if version != LAST else "strategy"] = tokens.strategy
        self.addresses |= {f"curve {n}": address for n, address in enumerate(self.at.curves)}
        if self.at.mode_feed:
            self.addresses["mode feed"] = self.at.mode_feed
        self._names = {address: name for name, address in self.addresses.items()}
        self._fund(node)
        self._emitters = self._known_emitters()
        self.reading = views(self.at, [self.addresses[who] for who in ACCOUNTS])

    def _fund(self, node: Node) -> None:
        token = overload(self.version, "MintableERC20", "mint", 1)
        for who, whole in zip(USERS, WALLETS, strict=True):
            for listing, tokens in zip(LISTINGS, self.at.tokens, strict=True):
                sender = self.addresses[who]
                node.execute(tokens.underlying, token.call("mint", whole * 10**listing.decimals), sender)
                node.execute(tokens.underlying, token.call("approve", self.at.pool, MAX), sender)

    # ---- calldata ---------------------------------------------------------------------------------------------------
    def encode(self, name: str, a: dict[str, Any]) -> tuple[str, str]:
        """Where the transaction goes and its calldata."""
        at, asset = self.at, self.at.tokens[a.get("k", 0)]
        where, _, function = name.rpartition(".")
        if where == "":
            return at.pool, self._pool(function, asset.underlying, a)
        if where == "aToken":
            return asset.a_token, self._code("AToken").call("transfer", self.account(a["to"]), a["amount"])
        if where == "debtToken":
            token, kind = (asset.stable, "StableDebtToken") if a["mode"] == 1 else (asset.variable, "VariableDebtToken")
            return token, self._code(kind).call("approveDelegation", self.account(a["to"]), a["amount"])
        if where == "feed":
            feed = at.mode_feed if "category" in a else asset.feed
            return feed, compiled("SettableFeed").call("setAnswer", a["answer"])
        if where == "receiver":
            return at.receiver, self._code("MockFlashLoanReceiver").call(function, a["value"])
        if where == "provider":
            return at.provider, self._code("PoolAddressesProvider").call(function, at.sentinel if a["on"] else NOBODY)
        if where == "sequencer":
            return at.sequencer, self._code("SequencerOracle").call(function, bool(a["down"]), a["since"])
        return at.configurator, self._configurator(function, asset.underlying, a)

    def _code(self, name: str) -> Contract:
        return contract(self.version, name)

    def _pool(self, function: str, asset: str, a: dict[str, Any]) -> str:
        tokens, behalf = self.at.tokens, self.account(a.get("on_behalf", 0))
        arguments: dict[str, Callable[[], tuple[Any, ...]]] = {
            "supply": lambda: (asset, a["amount"], behalf, a["referral"]),
            "deposit": lambda: (asset, a["amount"], behalf, a["referral"]),
            "withdraw": lambda: (asset, a["amount"], self.account(a["to"])),
            "borrow": lambda: (asset, a["amount"], a["mode"], a["referral"], behalf),
            "repay": lambda: (asset, a["amount"], a["mode"], behalf),
            "repayWithATokens": lambda: (asset, a["amount"], a["mode"]),
            "swapBorrowRateMode": lambda: (asset, a["mode"]),
            "rebalanceStableBorrowRate": lambda: (asset, self.account(a["user"])),
            "setUserUseReserveAsCollateral": lambda: (asset, bool(a["use"])),
            "setUserEMode": lambda: (a["category"],),
            "liquidationCall": lambda: (tokens[a["kc"]].underlying, tokens[a["kd"]].underlying,
                                        self.account(a["user"]), a["amount"], bool(a["receive_a_token"])),
            "flashLoan": lambda: (self.at.receiver, [tokens[k].underlying for k in a["assets"]], a["amounts"],
                                  a["modes"], behalf, b"", a["referral"]),
            "flashLoanSimple": lambda: (self.at.simple_receiver, asset, a["amount"], b"", a["referral"]),
            "mintToTreasury": lambda: ([asset],),
            "eliminateReserveDeficit": lambda: (asset, a["amount"]),
        }
        return self._code("Pool").call(function, *arguments[function]())

    def _configurator(self, function: str, asset: str, a: dict[str, Any]) -> str:
        code = self._code("PoolConfigurator")
        if function == "setReservePause" and self.version == LAST:
            return overload(self.version, "PoolConfigurator", function, 3).call(
                function, asset, bool(a["value"]), a["grace"])
        if function == "setPoolPause":
            return overload(self.version, "PoolConfigurator", function, 1).call(function, bool(a["value"]))
        if function == "configureReserveAsCollateral":
            return code.call(function, asset, a["ltv"], a["threshold"], a["bonus"])
        if function == "setReserveInterestRateStrategyAddress":
            return code.call(function, asset, self.at.curves[a["curve"]])
        if function == "setReserveInterestRateData":
            return code.call(function, asset, rate_data(a["rates"]))
        if function == "setEModeCategory":
            source = () if self.version == LAST else (self.at.mode_feed if a["source"] else NOBODY,)
            return code.call(function, a["category"], a["ltv"], a["threshold"], a["bonus"], *source, "")
        if function == "setAssetEModeCategory":
            return code.call(function, asset, a["category"])
        if "InEMode" in function:
            return code.call(function, asset, a["category"], bool(a["value"]))
        if function.startswith("updateFlashloanPremium"):
            return code.call(function, a["value"])
        if function == "disableLiquidationGracePeriod":
            return code.call(function, asset)
        number = function.endswith("Cap") or function in ("setReserveFactor", "setDebtCeiling",
                                                          "setLiquidationProtocolFee")
        return code.call(function, asset, a["value"] if number else bool(a["value"]))

    def account(self, i: int) -> str:
        """Address of the model's account i."""
        return self.addresses[ACCOUNTS[i]]

    # ---- logs and reverts -------------------------------------------------------------------------------------------
    def _known_emitters(self) -> dict[str, tuple[str, dict[str, EventAbi]]]:
        """Address -> (its name, how to read its logs). Underlying tokens are left out: wallets are compared."""
        at, code = self.at, self._code
        known = {at.pool: (POOL, code("Pool").events()),
                 at.configurator: ("configurator", code("PoolConfigurator").events()),
                 at.receiver: (RECEIVER, code("MockFlashLoanReceiver").events()),
                 at.simple_receiver: (SIMPLE, code("MockFlashLoanSimpleReceiver").events())}
        feed = compiled("SettableFeed").events()
        for name, tokens in zip(NAMES, at.tokens, strict=True):
            known[tokens.a_token] = (f"a{name}", code("AToken").events())
            known[tokens.variable] = (f"variable {name}", code("VariableDebtToken").events())
            if tokens.stable:
                known[tokens.stable] = (f"stable {name}", code("StableDebtToken").events())
            known[tokens.feed] = (f"feed {name}", feed)
        if at.mode_feed:
            known[at.mode_feed] = ("mode feed", feed)
        return known

    def decode(self, logs: list[dict[str, Any]]) -> tuple[Event, ...]:
        """Logs as events, addresses by name."""
        found: list[Event] = []
        for log in logs:
            if log["address"].lower() in self._emitters:
                emitter, topics = self._emitters[log["address"].lower()]
                abi = topics[log["topics"][0]]
                args = abi.arguments(log["topics"], bytes.fromhex(log["data"][2:]))
                found.append((emitter, abi.name, tuple(self._named(a) for a in args)))
        return tuple(found)

    def _named(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._names.get(value, value)
        if isinstance(value, tuple):
            return tuple(self._named(v) for v in value)
        return value

    def said(self, data: bytes) -> str:
        """What a revert says: a string, a custom error's name, `Panic(0x11)`, `` for an empty one."""
        if self.version == LAST and data[:4] in custom_errors():
            return custom_errors()[data[:4]]
        text = reason(data)
        return f"Panic({text.removeprefix('panic ')})" if text.startswith("panic ") else text


def rate_data(rates: tuple[int, int, int, int]) -> bytes:
    """What strategy V2 takes: bps."""
    return encode(["uint16", "uint32", "uint32", "uint32"], rates)


@functools.cache
def overload(version: str, name: str, function: str, count: int) -> Contract:
    """A contract whose `function` is the one with `count` arguments."""
    code = contract(version, name)
    kept = tuple(e for e in code.abi if e.get("name") != function or len(e["inputs"]) == count)
    return dataclasses.replace(code, abi=kept)
