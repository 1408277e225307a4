"""Why an operation is refused. 1 to 104 are the numbers of `Errors.sol` up to 3.3, kept for the custom errors that
replaced them
in 3.4; 105 to 112 are errors that never had a number; from 200 on, what the chain shows beyond `Errors.sol`; 300 is
the model's.

`text(code, version)` is what a call reverts with: "45" up to 3.3, "HealthFactorNotBelowThreshold" later.
"""

from protocol_sim.protocols.aave_v3.versions import V340, V350

OK = 0
CALLER_NOT_ATOKEN = 11
INVALID_FLASHLOAN_EXECUTOR_RETURN = 13
EMODE_CATEGORY_RESERVED = 16
INVALID_EMODE_CATEGORY_ASSIGNMENT = 17
RESERVE_LIQUIDITY_NOT_ZERO = 18
FLASHLOAN_PREMIUM_INVALID = 19
INVALID_RESERVE_PARAMS = 20
INVALID_EMODE_CATEGORY_PARAMS = 21
INVALID_MINT_AMOUNT = 24
INVALID_BURN_AMOUNT = 25
INVALID_AMOUNT = 26
RESERVE_INACTIVE = 27
RESERVE_FROZEN = 28
RESERVE_PAUSED = 29
BORROWING_NOT_ENABLED = 30
STABLE_BORROWING_NOT_ENABLED = 31
NOT_ENOUGH_AVAILABLE_USER_BALANCE = 32
INVALID_INTEREST_RATE_MODE_SELECTED = 33
COLLATERAL_BALANCE_IS_ZERO = 34
HEALTH_FACTOR_LOWER_THAN_LIQUIDATION_THRESHOLD = 35
COLLATERAL_CANNOT_COVER_NEW_BORROW = 36
COLLATERAL_SAME_AS_BORROWING_CURRENCY = 37
AMOUNT_BIGGER_THAN_MAX_LOAN_SIZE_STABLE = 38
NO_DEBT_OF_SELECTED_TYPE = 39
NO_EXPLICIT_AMOUNT_TO_REPAY_ON_BEHALF = 40
NO_OUTSTANDING_STABLE_DEBT = 41
NO_OUTSTANDING_VARIABLE_DEBT = 42
UNDERLYING_BALANCE_ZERO = 43
INTEREST_RATE_REBALANCE_CONDITIONS_NOT_MET = 44
HEALTH_FACTOR_NOT_BELOW_THRESHOLD = 45
COLLATERAL_CANNOT_BE_LIQUIDATED = 46
SPECIFIED_CURRENCY_NOT_BORROWED_BY_USER = 47
INCONSISTENT_FLASHLOAN_PARAMS = 49
BORROW_CAP_EXCEEDED = 50
SUPPLY_CAP_EXCEEDED = 51
DEBT_CEILING_EXCEEDED = 53
LTV_VALIDATION_FAILED = 57
INCONSISTENT_EMODE_CATEGORY = 58
PRICE_ORACLE_SENTINEL_CHECK_FAILED = 59
ASSET_NOT_BORROWABLE_IN_ISOLATION = 60
USER_IN_ISOLATION_MODE_OR_LTV_ZERO = 62
INVALID_LIQ_BONUS = 65
INVALID_RESERVE_FACTOR = 67
INVALID_BORROW_CAP = 68
INVALID_SUPPLY_CAP = 69
INVALID_LIQUIDATION_PROTOCOL_FEE = 70
INVALID_DEBT_CEILING = 73
OPERATION_NOT_SUPPORTED = 80
INVALID_OPTIMAL_USAGE_RATIO = 83
INVALID_OPTIMAL_STABLE_TO_TOTAL_DEBT_RATIO = 84
STABLE_BORROWING_ENABLED = 88
SILOED_BORROWING_VIOLATION = 89
RESERVE_DEBT_NOT_ZERO = 90
FLASHLOAN_DISABLED = 91
INVALID_MAX_RATE = 92
SLOPE_2_MUST_BE_GTE_SLOPE_1 = 95
LIQUIDATION_GRACE_SENTINEL_CHECK_FAILED = 97
INVALID_GRACE_PERIOD = 98
INVALID_FREEZE_STATE = 99
NOT_BORROWABLE_IN_EMODE = 100
CALLER_NOT_UMBRELLA = 101
RESERVE_NOT_IN_DEFICIT = 102
MUST_NOT_LEAVE_DUST = 103
USER_CANNOT_HAVE_DEBT = 104
SELF_LIQUIDATION = 105
INVALID_LTVZERO_STATE = 106
INVALID_COLLATERAL_IN_EMODE = 107
INVALID_DEBT_IN_EMODE = 108
MUST_BE_EMODE_COLLATERAL = 109

PANIC_ARITHMETIC = 217  # Panic(0x11)
PANIC_DIVISION = 218  # Panic(0x12)
PANIC_ENUM = 233  # Panic(0x21): a rate mode above 2
NO_REASON = 240  # the assembly of WadRayMath, PercentageMath and mulDivCeil reverts without data
TRANSFER_EXCEEDS_BALANCE = 241
CAST_OVERFLOW = 242
BORROW_ALLOWANCE_EXCEEDED = 243
NO_FREE_ALLOWANCE = 299
NOT_IN_VERSION = 300
PRICE_NOT_POSITIVE = 301
NOT_WHOLE_BPS = 302
NO_SUCH_CATEGORY = 303

CUSTOM_ERRORS = {
    CALLER_NOT_ATOKEN: "CallerNotAToken",
    INVALID_FLASHLOAN_EXECUTOR_RETURN: "InvalidFlashloanExecutorReturn",
    EMODE_CATEGORY_RESERVED: "EModeCategoryReserved",
    RESERVE_LIQUIDITY_NOT_ZERO: "ReserveLiquidityNotZero",
    FLASHLOAN_PREMIUM_INVALID: "FlashloanPremiumInvalid",
    INVALID_RESERVE_PARAMS: "InvalidReserveParams",
    INVALID_EMODE_CATEGORY_PARAMS: "InvalidEmodeCategoryParams",
    INVALID_MINT_AMOUNT: "InvalidMintAmount",
    INVALID_BURN_AMOUNT: "InvalidBurnAmount",
    INVALID_AMOUNT: "InvalidAmount",
    RESERVE_INACTIVE: "ReserveInactive",
    RESERVE_FROZEN: "ReserveFrozen",
    RESERVE_PAUSED: "ReservePaused",
    BORROWING_NOT_ENABLED: "BorrowingNotEnabled",
    NOT_ENOUGH_AVAILABLE_USER_BALANCE: "NotEnoughAvailableUserBalance",
    INVALID_INTEREST_RATE_MODE_SELECTED: "InvalidInterestRateModeSelected",
    COLLATERAL_BALANCE_IS_ZERO: "CollateralBalanceIsZero",
    HEALTH_FACTOR_LOWER_THAN_LIQUIDATION_THRESHOLD: "HealthFactorLowerThanLiquidationThreshold",
    COLLATERAL_CANNOT_COVER_NEW_BORROW: "CollateralCannotCoverNewBorrow",
    NO_DEBT_OF_SELECTED_TYPE: "NoDebtOfSelectedType",
    NO_EXPLICIT_AMOUNT_TO_REPAY_ON_BEHALF: "NoExplicitAmountToRepayOnBehalf",
    UNDERLYING_BALANCE_ZERO: "UnderlyingBalanceZero",
    HEALTH_FACTOR_NOT_BELOW_THRESHOLD: "HealthFactorNotBelowThreshold",
    COLLATERAL_CANNOT_BE_LIQUIDATED: "CollateralCannotBeLiquidated",
    SPECIFIED_CURRENCY_NOT_BORROWED_BY_USER: "SpecifiedCurrencyNotBorrowedByUser",
    INCONSISTENT_FLASHLOAN_PARAMS: "InconsistentFlashloanParams",
    BORROW_CAP_EXCEEDED: "BorrowCapExceeded",
    SUPPLY_CAP_EXCEEDED: "SupplyCapExceeded",
    DEBT_CEILING_EXCEEDED: "DebtCeilingExceeded",
    LTV_VALIDATION_FAILED: "LtvValidationFailed",
    INCONSISTENT_EMODE_CATEGORY: "InconsistentEModeCategory",
    PRICE_ORACLE_SENTINEL_CHECK_FAILED: "PriceOracleSentinelCheckFailed",
    ASSET_NOT_BORROWABLE_IN_ISOLATION: "AssetNotBorrowableInIsolation",
    USER_IN_ISOLATION_MODE_OR_LTV_ZERO: "UserInIsolationModeOrLtvZero",
    INVALID_LIQ_BONUS: "InvalidLiquidationBonus",
    INVALID_RESERVE_FACTOR: "InvalidReserveFactor",
    INVALID_BORROW_CAP: "InvalidBorrowCap",
    INVALID_SUPPLY_CAP: "InvalidSupplyCap",
    INVALID_LIQUIDATION_PROTOCOL_FEE: "InvalidLiquidationProtocolFee",
    INVALID_DEBT_CEILING: "InvalidDebtCeiling",
    OPERATION_NOT_SUPPORTED: "OperationNotSupported",
    INVALID_OPTIMAL_USAGE_RATIO: "InvalidOptimalUsageRatio",
    SILOED_BORROWING_VIOLATION: "SiloedBorrowingViolation",
    RESERVE_DEBT_NOT_ZERO: "ReserveDebtNotZero",
    FLASHLOAN_DISABLED: "FlashloanDisabled",
    INVALID_MAX_RATE: "InvalidMaxRate",
    SLOPE_2_MUST_BE_GTE_SLOPE_1: "Slope2MustBeGteSlope1",
    LIQUIDATION_GRACE_SENTINEL_CHECK_FAILED: "LiquidationGraceSentinelCheckFailed",
    INVALID_GRACE_PERIOD: "InvalidGracePeriod",
    INVALID_FREEZE_STATE: "InvalidFreezeState",
    NOT_BORROWABLE_IN_EMODE: "NotBorrowableInEMode",
    CALLER_NOT_UMBRELLA: "CallerNotUmbrella",
    RESERVE_NOT_IN_DEFICIT: "ReserveNotInDeficit",
    MUST_NOT_LEAVE_DUST: "MustNotLeaveDust",
    USER_CANNOT_HAVE_DEBT: "UserCannotHaveDebt",
    SELF_LIQUIDATION: "SelfLiquidation",
    INVALID_LTVZERO_STATE: "InvalidLtvzeroState",
    INVALID_COLLATERAL_IN_EMODE: "InvalidCollateralInEmode",
    INVALID_DEBT_IN_EMODE: "InvalidDebtInEmode",
    MUST_BE_EMODE_COLLATERAL: "MustBeEmodeCollateral",
}
"""Code -> the custom error of 3.4 and later, without its arguments."""

_OTHERS = {
    PANIC_ARITHMETIC: "Panic(0x11)",
    PANIC_DIVISION: "Panic(0x12)",
    PANIC_ENUM: "Panic(0x21)",
    NO_REASON: "",
    TRANSFER_EXCEEDS_BALANCE: "ERC20: transfer amount exceeds balance",
    NO_FREE_ALLOWANCE: "model: no free row for a credit delegation",
    NOT_IN_VERSION: "model: this version has no such function",
    PRICE_NOT_POSITIVE: "model: a price must be above 0",
    NO_SUCH_CATEGORY: "model: no row for this eMode",
    NOT_WHOLE_BPS: "model: a rate strategy V2 takes whole bps",
}

NAMES: dict[int, str] = {
    code: name
    for name, code in list(globals().items())
    if name.isupper() and isinstance(code, int) and code and not name.startswith("V3")
}
"""Code -> its name in Errors.sol of 3.0.2, or here."""


def text(code: int, version: int) -> str:
    """What the chain shows for a refusal: a string code, a custom error's name, a token's message, "" or Panic(n)."""
    if code == CAST_OVERFLOW:  # OpenZeppelin's string up to 3.3, its custom error later
        return "SafeCast: value doesn't fit in 128 bits" if version < V340 else "SafeCastOverflowedUintDowncast"
    if code == BORROW_ALLOWANCE_EXCEEDED:  # plain checked subtraction until 3.5
        return "InsufficientBorrowAllowance" if version >= V350 else _OTHERS[PANIC_ARITHMETIC]
    if code in _OTHERS:
        return _OTHERS[code]
    return CUSTOM_ERRORS[code] if version >= V340 else str(code)


# WadRayMath, PercentageMath and mulDivCeil are assembly: no data. Everything else is Solidity 0.8's checked arithmetic.
_ASSEMBLY = {
    "ray_mul_half_up", "ray_div_half_up", "wad_mul_half_up", "wad_div_half_up", "percent_mul_half_up",
    "percent_div_half_up", "wad_to_ray",
    "ray_mul_down", "ray_mul_up", "ray_div_down", "ray_div_up", "percent_mul_down", "percent_mul_up",
    "percent_div_up", "value_up",
}  # fmt: skip


def code_of_revert(reason: str, functions: list[str]) -> int:
    """The code of an arithmetic `Revert`, from its reason and the names of the functions on its way (a traceback)."""
    if _ASSEMBLY.intersection(functions):
        return NO_REASON
    return PANIC_DIVISION if reason == "division by zero" else PANIC_ARITHMETIC
