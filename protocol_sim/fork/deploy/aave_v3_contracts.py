"""Contracts of Aave V3: 3.0.2 as @aave/core-v3 1.19.3 compiled them, 3.6 compiled from @aave-dao/aave-v3-origin."""

import functools

from eth_utils.crypto import keccak

from protocol_sim.fork.artifacts import Contract, packaged
from protocol_sim.fork.packages import Package

FIRST, LAST = "3.0.2", "3.6"

LOGIC = "protocol/libraries/logic"
LIBRARIES = ("BorrowLogic", "BridgeLogic", "ConfiguratorLogic", "EModeLogic", "LiquidationLogic", "PoolLogic",
             "SupplyLogic", "FlashLoanLogic")
ARTIFACTS = {
    **dict.fromkeys(LIBRARIES, LOGIC),
    "Pool": "protocol/pool", "PoolConfigurator": "protocol/pool", "DefaultReserveInterestRateStrategy": "protocol/pool",
    "PoolAddressesProvider": "protocol/configuration", "ACLManager": "protocol/configuration",
    "PriceOracleSentinel": "protocol/configuration", "AToken": "protocol/tokenization",
    "StableDebtToken": "protocol/tokenization", "VariableDebtToken": "protocol/tokenization", "AaveOracle": "misc",
    "AaveProtocolDataProvider": "misc", "MintableERC20": "mocks/tokens", "SequencerOracle": "mocks/oracle",
    "MockFlashLoanReceiver": "mocks/flashloan",
    "MockFlashLoanSimpleReceiver": "mocks/flashloan/MockSimpleFlashLoanReceiver.sol",
    "MockPoolInherited": "mocks/helpers/MockPool.sol",
}  # fmt: skip
SOURCES = (
    *(f"{LOGIC}/{name}.sol" for name in ("BorrowLogic", "ConfiguratorLogic", "LiquidationLogic", "PoolLogic",
                                         "SupplyLogic", "FlashLoanLogic")),
    "misc/DefaultReserveInterestRateStrategyV2.sol", "misc/AaveOracle.sol", "misc/PriceOracleSentinel.sol",
    "instances/PoolInstance.sol", "instances/PoolConfiguratorInstance.sol", "instances/ATokenInstance.sol",
    "instances/VariableDebtTokenInstance.sol", "protocol/configuration/PoolAddressesProvider.sol",
    "protocol/configuration/ACLManager.sol", "helpers/AaveProtocolDataProvider.sol", "mocks/tokens/MintableERC20.sol",
    "mocks/flashloan/MockFlashLoanReceiver.sol",
    "mocks/flashloan/MockSimpleFlashLoanReceiver.sol:MockFlashLoanSimpleReceiver", "mocks/oracle/SequencerOracle.sol",
    "mocks/helpers/MockPool.sol:MockPoolInherited",
    "protocol/libraries/helpers/Errors.sol",
)  # fmt: skip
INSTANCES = {"Pool": "PoolInstance", "PoolConfigurator": "PoolConfiguratorInstance", "AToken": "ATokenInstance",
             "VariableDebtToken": "VariableDebtTokenInstance"}
IMPORTS = {
    "openzeppelin-contracts-upgradeable/contracts/": "@openzeppelin/contracts-upgradeable/",
    "openzeppelin-contracts/contracts/": "@openzeppelin/contracts/",
    "solidity-utils/": "@bgd-labs/solidity-utils/src/",
}
ORIGIN = Package("aave-v3-6", "@aave-dao/aave-v3-origin/src/contracts", IMPORTS)


def contract(version: str, name: str) -> Contract:
    """A contract by the name that 3.0.2 gives it."""
    if version == LAST:
        ORIGIN.compile(SOURCES)
        return ORIGIN.contract(INSTANCES.get(name, name))
    folder = ARTIFACTS[name]
    folder = folder if folder.endswith(".sol") else f"{folder}/{name}.sol"
    return packaged("aave-v3", f"@aave/core-v3/artifacts/contracts/{folder}/{name}.json")


@functools.cache
def custom_errors() -> dict[bytes, str]:
    """Selector -> name of the custom errors that 3.6 reverts with."""
    found = {}
    for name in ("Errors", "PoolInstance", "PoolConfiguratorInstance", "ATokenInstance", "VariableDebtTokenInstance",
                 "DefaultReserveInterestRateStrategyV2"):
        for entry in contract(LAST, name).abi:
            if entry["type"] == "error":
                text = f"{entry['name']}({','.join(i['type'] for i in entry['inputs'])})"
                found[keccak(text=text)[:4]] = str(entry["name"])
    return found
