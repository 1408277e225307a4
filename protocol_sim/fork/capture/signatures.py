"""The views that a capture calls, by name: arguments and answers as the contracts' own ABIs give them.

Spelled out here so that a capture needs no npm packages; a test holds them against the ABIs of the packages.
"""

import functools
from typing import Any

from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak

RESERVE = f"((uint256),{'uint128,' * 5}uint40,uint16,{'address,' * 4}uint128,uint128,uint128)"
VIEWS: dict[str, tuple[str, str]] = {
    # PoolAddressesProvider
    "getPool": ("getPool()", "address"),
    "getPoolConfigurator": ("getPoolConfigurator()", "address"),
    "getPriceOracle": ("getPriceOracle()", "address"),
    "getPriceOracleSentinel": ("getPriceOracleSentinel()", "address"),
    "getACLManager": ("getACLManager()", "address"),
    "getAddress": ("getAddress(bytes32)", "address"),
    # Pool
    "ADDRESSES_PROVIDER": ("ADDRESSES_PROVIDER()", "address"),
    "POOL_REVISION": ("POOL_REVISION()", "uint256"),
    "getReservesList": ("getReservesList()", "address[]"),
    "getReserveData": ("getReserveData(address)", RESERVE),
    "getVirtualUnderlyingBalance": ("getVirtualUnderlyingBalance(address)", "uint128"),
    "getReserveDeficit": ("getReserveDeficit(address)", "uint256"),
    "getLiquidationGracePeriod": ("getLiquidationGracePeriod(address)", "uint40"),
    "FLASHLOAN_PREMIUM_TOTAL": ("FLASHLOAN_PREMIUM_TOTAL()", "uint128"),
    "FLASHLOAN_PREMIUM_TO_PROTOCOL": ("FLASHLOAN_PREMIUM_TO_PROTOCOL()", "uint128"),
    "MAX_STABLE_RATE_BORROW_SIZE_PERCENT": ("MAX_STABLE_RATE_BORROW_SIZE_PERCENT()", "uint256"),
    "getEModeCategoryData": ("getEModeCategoryData(uint8)", "(uint16,uint16,uint16,address,string)"),
    "getEModeCategoryCollateralConfig": ("getEModeCategoryCollateralConfig(uint8)", "(uint16,uint16,uint16)"),
    "getEModeCategoryCollateralBitmap": ("getEModeCategoryCollateralBitmap(uint8)", "uint128"),
    "getEModeCategoryBorrowableBitmap": ("getEModeCategoryBorrowableBitmap(uint8)", "uint128"),
    "getEModeCategoryLtvzeroBitmap": ("getEModeCategoryLtvzeroBitmap(uint8)", "uint128"),
    "getUserConfiguration": ("getUserConfiguration(address)", "(uint256)"),
    "getUserEMode": ("getUserEMode(address)", "uint256"),
    "getUserAccountData": ("getUserAccountData(address)", "uint256,uint256,uint256,uint256,uint256,uint256"),
    # PoolConfigurator
    "getPendingLtv": ("getPendingLtv(address)", "uint256"),
    # tokens
    "symbol": ("symbol()", "string"),
    "balanceOf": ("balanceOf(address)", "uint256"),
    "scaledTotalSupply": ("scaledTotalSupply()", "uint256"),
    "scaledBalanceOf": ("scaledBalanceOf(address)", "uint256"),
    "getPreviousIndex": ("getPreviousIndex(address)", "uint256"),
    "RESERVE_TREASURY_ADDRESS": ("RESERVE_TREASURY_ADDRESS()", "address"),
    "borrowAllowance": ("borrowAllowance(address,address)", "uint256"),
    "getSupplyData": ("getSupplyData()", "uint256,uint256,uint256,uint40"),
    "principalBalanceOf": ("principalBalanceOf(address)", "uint256"),
    "getUserStableRate": ("getUserStableRate(address)", "uint256"),
    "getUserLastUpdated": ("getUserLastUpdated(address)", "uint40"),
    # interest rate strategies
    "getInterestRateDataBps": ("getInterestRateDataBps(address)", "(uint16,uint32,uint32,uint32)"),
    "OPTIMAL_USAGE_RATIO": ("OPTIMAL_USAGE_RATIO()", "uint256"),
    "OPTIMAL_STABLE_TO_TOTAL_DEBT_RATIO": ("OPTIMAL_STABLE_TO_TOTAL_DEBT_RATIO()", "uint256"),
    "getBaseVariableBorrowRate": ("getBaseVariableBorrowRate()", "uint256"),
    "getVariableRateSlope1": ("getVariableRateSlope1()", "uint256"),
    "getVariableRateSlope2": ("getVariableRateSlope2()", "uint256"),
    "getStableRateSlope1": ("getStableRateSlope1()", "uint256"),
    "getStableRateSlope2": ("getStableRateSlope2()", "uint256"),
    "getBaseStableBorrowRate": ("getBaseStableBorrowRate()", "uint256"),
    "getStableRateExcessOffset": ("getStableRateExcessOffset()", "uint256"),
    # oracle, feeds, sentinel
    "BASE_CURRENCY_UNIT": ("BASE_CURRENCY_UNIT()", "uint256"),
    "getAssetPrice": ("getAssetPrice(address)", "uint256"),
    "getSourceOfAsset": ("getSourceOfAsset(address)", "address"),
    "latestRoundData": ("latestRoundData()", "uint80,int256,uint256,uint256,uint80"),
    "decimals": ("decimals()", "uint8"),
    "description": ("description()", "string"),
    "aggregator": ("aggregator()", "address"),
    "getSequencerOracle": ("getSequencerOracle()", "address"),
    "getGracePeriod": ("getGracePeriod()", "uint256"),
    # access control
    "hasRole": ("hasRole(bytes32,address)", "bool"),
    # Uniswap
    "token0": ("token0()", "address"),
    "token1": ("token1()", "address"),
    "getReserves": ("getReserves()", "uint112,uint112,uint32"),
    "factory": ("factory()", "address"),
    "fee": ("fee()", "uint24"),
    "tickSpacing": ("tickSpacing()", "int24"),
    "liquidity": ("liquidity()", "uint128"),
    "slot0": ("slot0()", "uint160,int24,uint16,uint16,uint16,uint8,bool"),
    "tickBitmap": ("tickBitmap(int16)", "uint256"),
    "ticks": ("ticks(int24)", "uint128,int128,uint256,uint256,int56,uint160,uint32,bool"),
}  # fmt: skip


@functools.cache
def _parts(name: str) -> tuple[bytes, tuple[str, ...], tuple[str, ...]]:
    signature, answer = VIEWS[name]
    arguments = signature[signature.index("(") + 1 : -1]
    return keccak(text=signature)[:4], tuple(split(arguments)), tuple(split(answer))


def split(types: str) -> list[str]:
    """Types at the top level of a list: commas inside brackets do not separate."""
    found, depth, word = [], 0, ""
    for letter in types:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            found.append(word)
            word = ""
        else:
            word += letter
    return [*found, word] if word else found


def calldata(name: str, *arguments: Any) -> str:
    """The data of a call, in hex."""
    selector, types, _ = _parts(name)
    return "0x" + (selector + encode(types, arguments)).hex()


def answer(name: str, data: bytes) -> Any:
    """The decoded answer: a value, or a tuple where there are several; addresses in lower case."""
    values = decode(_parts(name)[2], data)
    return values[0] if len(values) == 1 else values
