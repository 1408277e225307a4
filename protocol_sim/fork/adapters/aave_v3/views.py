"""What is read from the contracts after every operation; `values.py` says the same of the model, in the same order."""

from protocol_sim.fork.adapters.aave_v3.people import ACCOUNTS, DELEGATIONS, NAMES
from protocol_sim.fork.deploy.aave_v3 import MODES, Deployment
from protocol_sim.fork.deploy.aave_v3_contracts import LAST, contract
from protocol_sim.fork.reading import Reading
from protocol_sim.fork.solc import compiled


def views(at: Deployment, accounts: list[str]) -> Reading:
    """Everything that is compared; `accounts`: addresses by account index."""
    reading, pool = Reading(at.reader), contract(at.version, "Pool")
    reading.add(["block time"], at.reader, compiled("PositionReader"), "time")
    reading.add(["flash premium"], at.pool, pool, "FLASHLOAN_PREMIUM_TOTAL")
    if at.version != LAST:
        reading.add(["flash premium to protocol"], at.pool, pool, "FLASHLOAN_PREMIUM_TO_PROTOCOL")
    for category in range(1, 1 + len(MODES)):
        _mode(reading, at, category)
    for k, name in enumerate(NAMES):
        _reserve(reading, at, k, name)
    for who, address in zip(ACCOUNTS, accounts, strict=True):
        _account(reading, at, who, address)
        for k, name in enumerate(NAMES):
            _holding(reading, at, k, f"{name} of {who}", address)
    for delegator, delegatee in DELEGATIONS:
        pair = (accounts[delegator], accounts[delegatee])
        for k, name in enumerate(NAMES):
            label = f"allowance of {ACCOUNTS[delegatee]} from {ACCOUNTS[delegator]}: {name}"
            tokens = at.tokens[k]
            if tokens.stable:
                code = contract(at.version, "StableDebtToken")
                reading.add([f"stable {label}"], tokens.stable, code, "borrowAllowance", *pair)
            code = contract(at.version, "VariableDebtToken")
            reading.add([f"variable {label}"], tokens.variable, code, "borrowAllowance", *pair)
    return reading


def _mode(reading: Reading, at: Deployment, category: int) -> None:
    pool, labels = contract(at.version, "Pool"), [f"eMode {category} {x}" for x in ("ltv", "threshold", "bonus")]
    if at.version != LAST:  # a struct with an empty label at its end
        reading.add([None, *labels, None, None, None], at.pool, pool, "getEModeCategoryData", category)
        return
    reading.add(labels, at.pool, pool, "getEModeCategoryCollateralConfig", category)
    for bitmap in ("Collateral", "Borrowable", "Ltvzero"):
        label = f"eMode {category} {bitmap}"
        reading.add([label], at.pool, pool, f"getEModeCategory{bitmap}Bitmap", category)


def _reserve(reading: Reading, at: Deployment, k: int, name: str) -> None:
    tokens, pool, token = at.tokens[k], contract(at.version, "Pool"), contract(at.version, "MintableERC20")
    fields = ("configuration", "liquidity index", "liquidity rate", "debt index", "debt rate")
    labels = [f"{name} {field}" for field in fields]
    stable = f"{name} stable rate" if tokens.stable else None
    rest = [f"{name} updated", None, None, None, None, None, f"{name} accrued to treasury", None,
            f"{name} isolation debt"]
    reading.add([*labels, stable, *rest], at.pool, pool, "getReserveData", tokens.underlying)
    reading.add([f"{name} scaled supply"], tokens.a_token, contract(at.version, "AToken"), "scaledTotalSupply")
    variable = contract(at.version, "VariableDebtToken")
    reading.add([f"{name} scaled debt"], tokens.variable, variable, "scaledTotalSupply")
    reading.add([f"{name} liquidity"], tokens.underlying, token, "balanceOf", tokens.a_token)
    oracle = contract(at.version, "AaveOracle")
    reading.add([f"{name} price"], at.oracle, oracle, "getAssetPrice", tokens.underlying)
    reading.add([f"{name} of receiver"], tokens.underlying, token, "balanceOf", at.receiver)
    reading.add([f"{name} of simple receiver"], tokens.underlying, token, "balanceOf", at.simple_receiver)
    if tokens.stable:
        labels = [f"{name} stable {x}" for x in ("principal", "average rate", "updated")]
        code = contract(at.version, "StableDebtToken")
        reading.add([labels[0], None, *labels[1:]], tokens.stable, code, "getSupplyData")
        return
    for field in ("VirtualUnderlyingBalance", "ReserveDeficit", "LiquidationGracePeriod"):
        reading.add([f"{name} {field}"], at.pool, pool, f"get{field}", tokens.underlying)
    configurator = contract(at.version, "PoolConfigurator")
    reading.add([f"{name} pending ltv"], at.configurator, configurator, "getPendingLtv", tokens.underlying)


def _account(reading: Reading, at: Deployment, who: str, address: str) -> None:
    pool = contract(at.version, "Pool")
    data = ("collateral", "debt", "available borrows", "threshold", "ltv", "health factor")
    reading.add([f"flags of {who}"], at.pool, pool, "getUserConfiguration", address)
    reading.add([f"eMode of {who}"], at.pool, pool, "getUserEMode", address)
    reading.add([f"{field} of {who}" for field in data], at.pool, pool, "getUserAccountData", address)


def _holding(reading: Reading, at: Deployment, k: int, label: str, address: str) -> None:
    tokens = at.tokens[k]
    a_token, variable = contract(at.version, "AToken"), contract(at.version, "VariableDebtToken")
    reading.add([f"wallet {label}"], tokens.underlying, contract(at.version, "MintableERC20"), "balanceOf", address)
    reading.add([f"scaled aToken {label}"], tokens.a_token, a_token, "scaledBalanceOf", address)
    reading.add([f"aToken index {label}"], tokens.a_token, a_token, "getPreviousIndex", address)
    reading.add([f"scaled debt {label}"], tokens.variable, variable, "scaledBalanceOf", address)
    reading.add([f"debt index {label}"], tokens.variable, variable, "getPreviousIndex", address)
    if tokens.stable:
        code = contract(at.version, "StableDebtToken")
        for field in ("principalBalanceOf", "getUserStableRate", "getUserLastUpdated"):
            reading.add([f"{field} {label}"], tokens.stable, code, field, address)
