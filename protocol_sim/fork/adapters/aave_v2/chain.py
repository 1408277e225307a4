"""The real Aave V2 as the rig sees it: who is who, the calldata of each operation, what is read, and logs by name."""

from collections.abc import Callable
from typing import Any

from protocol_sim.fork.anvil import Node
from protocol_sim.fork.artifacts import Event, EventAbi
from protocol_sim.fork.deploy import aave_v2 as deployed
from protocol_sim.fork.deploy.aave_v2 import LISTINGS, contract
from protocol_sim.fork.reading import Reading
from protocol_sim.fork.solc import compiled

USERS = ("alice", "bob", "carol", "dave")
TREASURY, ADMIN, RECEIVER, POOL = "treasury", "admin", "receiver", "pool"
ACCOUNTS = (*USERS, TREASURY)  # by account index of the model
NAMES = tuple(x.name for x in LISTINGS)
DELEGATIONS = ((0, 1), (2, 0))  # delegator, delegatee: the pairs that draw on credit
POOR = 3  # dave: his wallet runs dry
WALLETS = tuple(10**12 if i != POOR else 10**5 for i in range(len(USERS)))  # whole tokens
MAX = 2**256 - 1

MODES = {1: "StableDebtToken", 2: "VariableDebtToken"}


class Chain:
    """One deployment."""

    def __init__(self, node: Node) -> None:
        self.at = deployed.deploy(node, node.accounts[9])
        self.addresses = dict(zip(USERS, node.accounts[1 : 1 + len(USERS)], strict=True))
        self.addresses |= {TREASURY: self.at.treasury, ADMIN: node.accounts[0], RECEIVER: self.at.receiver}
        self.addresses |= {POOL: self.at.pool, "": deployed.NOBODY}
        for name, tokens in zip(NAMES, self.at.tokens, strict=True):
            self.addresses |= {name: tokens.underlying, f"a{name}": tokens.a_token}
        self.addresses |= {f"strategy {n}": address for n, address in enumerate(self.at.strategies)}
        self._names = {address: name for name, address in self.addresses.items()}
        self._fund(node)
        self._emitters = self._known_emitters()
        self.reading = self._views()

    def _fund(self, node: Node) -> None:
        token = contract("MintableERC20")
        for who, whole in zip(USERS, WALLETS, strict=True):
            for listing, tokens in zip(LISTINGS, self.at.tokens, strict=True):
                sender = self.addresses[who]
                node.execute(tokens.underlying, token.call("mint", whole * 10**listing.decimals), sender)
                node.execute(tokens.underlying, token.call("approve", self.at.pool, MAX), sender)

    # ---- calldata ---------------------------------------------------------------------------------------------------
    def encode(self, name: str, a: dict[str, Any]) -> tuple[str, str]:
        """Where the transaction goes and its calldata."""
        pool, asset = contract("LendingPool"), self.at.tokens[a.get("k", 0)]
        behalf = self.account(a.get("on_behalf", 0))
        calls: dict[str, Callable[[], str]] = {
            "deposit": lambda: pool.call("deposit", asset.underlying, a["amount"], behalf, a["referral"]),
            "withdraw": lambda: pool.call("withdraw", asset.underlying, a["amount"], self.account(a["to"])),
            "borrow": lambda: pool.call("borrow", asset.underlying, a["amount"], a["mode"], a["referral"], behalf),
            "repay": lambda: pool.call("repay", asset.underlying, a["amount"], a["mode"], behalf),
            "swapBorrowRateMode": lambda: pool.call("swapBorrowRateMode", asset.underlying, a["mode"]),
            "rebalanceStableBorrowRate": lambda: pool.call(
                "rebalanceStableBorrowRate", asset.underlying, self.account(a["user"])),
            "setUserUseReserveAsCollateral": lambda: pool.call(
                "setUserUseReserveAsCollateral", asset.underlying, bool(a["use"])),
            "liquidationCall": lambda: pool.call(
                "liquidationCall", self.at.tokens[a["kc"]].underlying, self.at.tokens[a["kd"]].underlying,
                self.account(a["user"]), a["amount"], bool(a["receive_a_token"])),
            "flashLoan": lambda: pool.call(
                "flashLoan", self.at.receiver, [self.at.tokens[k].underlying for k in a["assets"]], a["amounts"],
                a["modes"], behalf, b"", a["referral"]),
        }
        if name in calls:
            return self.at.pool, calls[name]()
        if name == "aToken.transfer":
            return asset.a_token, contract("AToken").call("transfer", self.account(a["to"]), a["amount"])
        if name == "debtToken.approveDelegation":
            token = (asset.stable, asset.variable)[a["mode"] - 1]
            return token, contract(MODES[a["mode"]]).call("approveDelegation", self.account(a["to"]), a["amount"])
        if name == "feed.setAnswer":
            return asset.feed, compiled("SettableFeed").call("setAnswer", a["answer"])
        if name.startswith("receiver."):
            return self.at.receiver, contract("MockFlashLoanReceiver").call(name.removeprefix("receiver."), a["value"])
        if name == "rateOracle.setMarketBorrowRate":
            return self.at.rate_oracle, contract("LendingRateOracle").call(
                "setMarketBorrowRate", asset.underlying, a["rate"])
        return self.at.configurator, self._configurator(name.removeprefix("configurator."), asset.underlying, a)

    def _configurator(self, function: str, underlying: str, a: dict[str, Any]) -> str:
        code = contract("LendingPoolConfigurator")
        if function == "setPoolPause":
            return code.call(function, bool(a["value"]))
        if function == "configureReserveAsCollateral":
            return code.call(function, underlying, a["ltv"], a["threshold"], a["bonus"])
        if function == "setReserveInterestRateStrategyAddress":
            return code.call(function, underlying, self.at.strategies[a["strategy"]])
        if function == "setReserveFactor":
            return code.call(function, underlying, a["factor"])
        if function == "enableBorrowingOnReserve":
            return code.call(function, underlying, bool(a["stable"]))
        return code.call(function, underlying)

    def account(self, i: int) -> str:
        """Address of the model's account i."""
        return self.addresses[ACCOUNTS[i]]

    # ---- what is read -----------------------------------------------------------------------------------------------
    def _views(self) -> Reading:
        at, pool, reading = self.at, contract("LendingPool"), Reading(self.at.reader)
        reading.add(["block time"], at.reader, compiled("PositionReader"), "time")
        reading.add(["paused"], at.pool, pool, "paused")
        for k, name in enumerate(NAMES):
            self._reserve_views(reading, k, name)
        for i, who in enumerate(ACCOUNTS):
            self._account_views(reading, who)
            for k, name in enumerate(NAMES):
                self._holding_views(reading, k, f"{name} of {who}", self.account(i))
        for delegator, delegatee in DELEGATIONS:
            for k, name in enumerate(NAMES):
                for mode, kind in MODES.items():
                    token = (at.tokens[k].stable, at.tokens[k].variable)[mode - 1]
                    label = f"{kind} {name}: allowance from {ACCOUNTS[delegator]} to {ACCOUNTS[delegatee]}"
                    pair = (self.account(delegator), self.account(delegatee))
                    reading.add([label], token, contract(kind), "borrowAllowance", *pair)
        return reading

    def _reserve_views(self, reading: Reading, k: int, name: str) -> None:
        at, tokens = self.at, self.at.tokens[k]
        fields = ("configuration", "liquidityIndex", "variableBorrowIndex", "currentLiquidityRate",
                  "currentVariableBorrowRate", "currentStableBorrowRate", "lastUpdateTimestamp")
        labels = [f"{name} {field}" for field in fields]
        reading.add([*labels, None, None, None, None, None], at.pool, contract("LendingPool"), "getReserveData",
                    tokens.underlying)
        supply = (f"{name} stable principal", None, f"{name} stable average rate", f"{name} stable updated")
        reading.add([f"{name} scaled supply"], tokens.a_token, contract("AToken"), "scaledTotalSupply")
        reading.add([f"{name} scaled debt"], tokens.variable, contract("VariableDebtToken"), "scaledTotalSupply")
        reading.add(supply, tokens.stable, contract("StableDebtToken"), "getSupplyData")
        reading.add([f"{name} liquidity"], tokens.underlying, contract("MintableERC20"), "balanceOf", tokens.a_token)
        reading.add([f"{name} price"], at.oracle, contract("AaveOracle"), "getAssetPrice", tokens.underlying)
        reading.add([f"{name} of receiver"], tokens.underlying, contract("MintableERC20"), "balanceOf", at.receiver)

    def _account_views(self, reading: Reading, who: str) -> None:
        pool, address = contract("LendingPool"), self.addresses[who]
        data = ("totalCollateralETH", "totalDebtETH", "availableBorrowsETH", "threshold", "ltv", "healthFactor")
        reading.add([f"flags of {who}"], self.at.pool, pool, "getUserConfiguration", address)
        reading.add([f"{field} of {who}" for field in data], self.at.pool, pool, "getUserAccountData", address)

    def _holding_views(self, reading: Reading, k: int, label: str, address: str) -> None:
        tokens = self.at.tokens[k]
        stable = contract("StableDebtToken")
        reading.add([f"wallet {label}"], tokens.underlying, contract("MintableERC20"), "balanceOf", address)
        reading.add([f"scaled aToken {label}"], tokens.a_token, contract("AToken"), "scaledBalanceOf", address)
        variable = contract("VariableDebtToken")
        reading.add([f"scaled debt {label}"], tokens.variable, variable, "scaledBalanceOf", address)
        reading.add([f"stable principal {label}"], tokens.stable, stable, "principalBalanceOf", address)
        reading.add([f"stable rate {label}"], tokens.stable, stable, "getUserStableRate", address)
        reading.add([f"stable updated {label}"], tokens.stable, stable, "getUserLastUpdated", address)

    # ---- logs -------------------------------------------------------------------------------------------------------
    def _known_emitters(self) -> dict[str, tuple[str, dict[str, EventAbi]]]:
        """Address -> (its name, how to read its logs). Underlying tokens are left out: wallets are compared."""
        known = {self.at.pool: (POOL, contract("LendingPool").events())}
        known[self.at.configurator] = ("configurator", contract("LendingPoolConfigurator").events())
        known[self.at.receiver] = (RECEIVER, contract("MockFlashLoanReceiver").events())
        for name, tokens in zip(NAMES, self.at.tokens, strict=True):
            known[tokens.a_token] = (f"a{name}", contract("AToken").events())
            known[tokens.stable] = (f"stable {name}", contract("StableDebtToken").events())
            known[tokens.variable] = (f"variable {name}", contract("VariableDebtToken").events())
            if tokens.feed:
                known[tokens.feed] = (f"feed {name}", compiled("SettableFeed").events())
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
