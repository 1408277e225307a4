"""Why an operation is refused. 1 to 80 are the numbers of `Errors.sol`; from 100 on, other texts that the chain shows.

Everything that goes wrong inside `liquidationCall`, beyond what its validation returns, shows as
LP_LIQUIDATION_CALL_FAILED: the pool delegates the call and hides the reason.
"""

OK = 0
VL_INVALID_AMOUNT = 1
VL_NO_ACTIVE_RESERVE = 2
VL_RESERVE_FROZEN = 3
VL_NOT_ENOUGH_AVAILABLE_USER_BALANCE = 5
VL_TRANSFER_NOT_ALLOWED = 6
VL_BORROWING_NOT_ENABLED = 7
VL_INVALID_INTEREST_RATE_MODE_SELECTED = 8
VL_COLLATERAL_BALANCE_IS_0 = 9
VL_HEALTH_FACTOR_LOWER_THAN_LIQUIDATION_THRESHOLD = 10
VL_COLLATERAL_CANNOT_COVER_NEW_BORROW = 11
VL_STABLE_BORROWING_NOT_ENABLED = 12
VL_COLLATERAL_SAME_AS_BORROWING_CURRENCY = 13
VL_AMOUNT_BIGGER_THAN_MAX_LOAN_SIZE_STABLE = 14
VL_NO_DEBT_OF_SELECTED_TYPE = 15
VL_NO_EXPLICIT_AMOUNT_TO_REPAY_ON_BEHALF = 16
VL_NO_STABLE_RATE_LOAN_IN_RESERVE = 17
VL_NO_VARIABLE_RATE_LOAN_IN_RESERVE = 18
VL_UNDERLYING_BALANCE_NOT_GREATER_THAN_0 = 19
VL_DEPOSIT_ALREADY_IN_USE = 20
LP_INTEREST_RATE_REBALANCE_CONDITIONS_NOT_MET = 22
LP_LIQUIDATION_CALL_FAILED = 23
LPC_RESERVE_LIQUIDITY_NOT_0 = 34
LPCM_HEALTH_FACTOR_NOT_BELOW_THRESHOLD = 42
LPCM_COLLATERAL_CANNOT_BE_LIQUIDATED = 43
LPCM_SPECIFIED_CURRENCY_NOT_BORROWED_BY_USER = 44
LPCM_NOT_ENOUGH_LIQUIDITY_TO_LIQUIDATE = 45
MATH_MULTIPLICATION_OVERFLOW = 48
MATH_DIVISION_BY_ZERO = 50
RL_LIQUIDITY_INDEX_OVERFLOW = 51
RL_VARIABLE_BORROW_INDEX_OVERFLOW = 52
RL_LIQUIDITY_RATE_OVERFLOW = 53
RL_VARIABLE_BORROW_RATE_OVERFLOW = 54
RL_STABLE_BORROW_RATE_OVERFLOW = 55
CT_INVALID_MINT_AMOUNT = 56
CT_INVALID_BURN_AMOUNT = 58
BORROW_ALLOWANCE_NOT_ENOUGH = 59
LP_IS_PAUSED = 64
LP_INVALID_FLASH_LOAN_EXECUTOR_RETURN = 66
RC_INVALID_LIQ_BONUS = 69
RC_INVALID_RESERVE_FACTOR = 71
LPC_INVALID_CONFIGURATION = 75
SDT_STABLE_DEBT_OVERFLOW = 79
SDT_BURN_EXCEEDS_BALANCE = 80

SAFEMATH_ADDITION = 101
SAFEMATH_SUBTRACTION = 102
SAFEMATH_MULTIPLICATION = 103
SAFEMATH_DIVISION = 104
SAFE_ERC20_FAILED = 110
ERC20_BURN_EXCEEDS_BALANCE = 111
ERC20_TRANSFER_EXCEEDS_BALANCE = 112
INVALID_ENUM = 120
NO_FREE_ALLOWANCE = 200

_TEXTS = {
    SAFEMATH_ADDITION: "SafeMath: addition overflow",
    SAFEMATH_SUBTRACTION: "SafeMath: subtraction overflow",
    SAFEMATH_MULTIPLICATION: "SafeMath: multiplication overflow",
    SAFEMATH_DIVISION: "SafeMath: division by zero",
    SAFE_ERC20_FAILED: "SafeERC20: low-level call failed",
    ERC20_BURN_EXCEEDS_BALANCE: "ERC20: burn amount exceeds balance",
    ERC20_TRANSFER_EXCEEDS_BALANCE: "ERC20: transfer amount exceeds balance",
    INVALID_ENUM: "",  # a rate mode above 2: invalid opcode, no text
    NO_FREE_ALLOWANCE: "model: no free row for a credit delegation",
}

CODES: dict[int, tuple[str, str]] = {
    code: (_TEXTS.get(code, str(code)), name)
    for name, code in list(globals().items())
    if name.isupper() and not name.startswith("_") and name != "OK"
}
"""Code -> (the contract's revert string, its name in Errors.sol)."""

# Which library found the overflow decides the text: SafeMath, or WadRayMath and PercentageMath.
_MATH_LIBRARY = {
    "ray_mul_half_up",
    "ray_div_half_up",
    "wad_mul_half_up",
    "wad_div_half_up",
    "percent_mul_half_up",
    "percent_div_half_up",
    "wad_to_ray",
}
_BY_REASON = {
    "addition overflow": (SAFEMATH_ADDITION, MATH_MULTIPLICATION_OVERFLOW),
    "subtraction overflow": (SAFEMATH_SUBTRACTION, SAFEMATH_SUBTRACTION),
    "multiplication overflow": (SAFEMATH_MULTIPLICATION, MATH_MULTIPLICATION_OVERFLOW),
    "division by zero": (SAFEMATH_DIVISION, MATH_DIVISION_BY_ZERO),
}


def code_of_revert(reason: str, functions: list[str]) -> int:
    """The code of an arithmetic `Revert`, from its reason and the names of the functions on its way (a traceback)."""
    safemath, library = _BY_REASON[reason]
    return library if _MATH_LIBRARY.intersection(functions) else safemath
