"""Every refusal by the name that its version shows, and that it changes nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from aave_v3_worlds import DAI, ETH, EVERY, LATER, RICH, T0, USD, USDC, WETH, borrower, liquidate, ok, pool, state

from protocol_sim.errors import BadInput
from protocol_sim.numeric import MAX_UINT256
from protocol_sim.protocols.aave_v3 import codes
from protocol_sim.protocols.aave_v3.operations import OPERATIONS, REFUSED
from protocol_sim.protocols.aave_v3.shell import AaveV3

Change = Callable[[AaveV3], Any]
FIRST, MIDDLE, LAST = ("3.0.2",), ("3.3", "3.4", "3.5"), ("3.6",)
UP_TO_34 = ("3.0.2", "3.3", "3.4")
DIRECTIONAL = ("3.5", "3.6")


def field(k: int, **values: int) -> Change:
    def change(p: AaveV3) -> None:
        for name, value in values.items():
            setattr(p.market.reserves[k], name, value)
        p.market.reserves[k].projected_at = -1

    return change


def account(i: int, **values: int) -> Change:
    def change(p: AaveV3) -> None:
        for name, value in values.items():
            setattr(p.market.accounts[i], name, value)

    return change


def call(name: str, **a: Any) -> Change:
    return lambda p: ok(p.call(name, **a))


def several(*changes: Change) -> Change:
    def change(p: AaveV3) -> None:
        for one in changes:
            one(p)

    return change


def nothing(_: AaveV3) -> None:
    pass


sentinel = several(call("set_sentinel", on=1, grace=3600), call("set_sequencer", down=0, since=T0 - 3600, now=T0))
crash = call("set_price", k=WETH, price=1_800 * 10**8)  # HF 0.99
low = call("set_price", k=WETH, price=1_000 * 10**8)  # HF 0.55
SUPPLY: dict[str, Any] = {"name": "supply", "i": 0, "k": WETH, "amount": ETH, "now": T0}
BORROW: dict[str, Any] = {"name": "borrow", "i": 0, "k": USDC, "amount": 100 * USD, "mode": 2, "now": T0}
REPAY: dict[str, Any] = {"name": "repay", "i": 0, "k": USDC, "amount": 100 * USD, "mode": 2, "now": T0}
WITHDRAW: dict[str, Any] = {"name": "withdraw", "i": 0, "k": WETH, "amount": ETH, "now": T0}
FLAG: dict[str, Any] = {"name": "set_collateral", "i": 0, "k": WETH, "use": 0, "now": T0}
SEND: dict[str, Any] = {"name": "transfer_atoken", "i": 0, "to": 2, "k": WETH, "amount": ETH, "now": T0}
FLASH: dict[str, Any] = {"name": "flash_loan_simple", "k": USDC, "amount": USD, "success": 1, "wallet": RICH, "now": T0}
CALL: dict[str, Any] = {
    "name": "liquidation_call", "liquidator": 2, "i": 0, "kc": WETH, "kd": USDC, "amount": USD * 4_000,
    "receive_atoken": 0, "now": T0,
}  # fmt: skip
COVER: dict[str, Any] = {"name": "eliminate_deficit", "i": 3, "k": USDC, "amount": USD, "now": T0}
second = several(
    call("supply", i=0, k=DAI, amount=ETH, now=T0),
    call("configure_collateral", k=DAI, ltv=0, threshold=7700, bonus=10_400),
)
category = call("set_emode_category", category=1, ltv=9300, threshold=9500, bonus=10_100, price=0)
in_category = account(0, emode=1)

# what is changed first, the call, (versions, error)
CASES: list[tuple[Change, dict[str, Any], int, tuple[str, ...]]] = [
    # supply
    (nothing, SUPPLY | {"amount": 0}, codes.INVALID_AMOUNT, EVERY),
    (field(WETH, active=0), SUPPLY, codes.RESERVE_INACTIVE, EVERY),
    (field(WETH, paused=1, frozen=1), SUPPLY, codes.RESERVE_PAUSED, EVERY),
    (field(WETH, frozen=1), SUPPLY, codes.RESERVE_FROZEN, EVERY),
    (field(WETH, supply_cap=10), SUPPLY, codes.SUPPLY_CAP_EXCEEDED, EVERY),
    (nothing, SUPPLY | {"amount": RICH + 1}, codes.TRANSFER_EXCEEDS_BALANCE, EVERY),
    (field(WETH, liquidity_index=3 * 10**27), SUPPLY | {"amount": 1}, codes.INVALID_MINT_AMOUNT, UP_TO_34),
    (field(WETH, liquidity_index=3 * 10**27), SUPPLY | {"amount": 1}, codes.INVALID_AMOUNT, DIRECTIONAL),
    # withdraw
    (nothing, WITHDRAW | {"amount": 0}, codes.INVALID_AMOUNT, EVERY),
    (nothing, WITHDRAW | {"i": 2, "amount": 1}, codes.NOT_ENOUGH_AVAILABLE_USER_BALANCE, EVERY),
    (nothing, WITHDRAW | {"i": 2, "amount": MAX_UINT256}, codes.INVALID_AMOUNT, EVERY),
    (field(WETH, active=0), WITHDRAW, codes.RESERVE_INACTIVE, EVERY),
    (field(WETH, paused=1), WITHDRAW, codes.RESERVE_PAUSED, EVERY),
    (nothing, WITHDRAW | {"i": 1, "k": USDC, "amount": MAX_UINT256}, codes.PANIC_ARITHMETIC, EVERY),
    (field(WETH, liquidity_index=3 * 10**27), WITHDRAW | {"amount": 1}, codes.INVALID_BURN_AMOUNT, UP_TO_34),
    (nothing, WITHDRAW | {"amount": 5 * ETH}, codes.HEALTH_FACTOR_LOWER_THAN_LIQUIDATION_THRESHOLD, EVERY),
    (second, WITHDRAW | {"amount": ETH // 2}, codes.LTV_VALIDATION_FAILED, EVERY),
    # borrow
    (nothing, BORROW | {"amount": 0}, codes.INVALID_AMOUNT, EVERY),
    (nothing, BORROW | {"mode": 3}, codes.PANIC_ENUM, EVERY),
    (nothing, BORROW | {"mode": 0}, codes.INVALID_INTEREST_RATE_MODE_SELECTED, EVERY),
    (nothing, BORROW | {"mode": 1}, codes.INVALID_INTEREST_RATE_MODE_SELECTED, LATER),
    (field(USDC, active=0), BORROW, codes.RESERVE_INACTIVE, EVERY),
    (field(USDC, paused=1), BORROW, codes.RESERVE_PAUSED, EVERY),
    (field(USDC, frozen=1), BORROW, codes.RESERVE_FROZEN, EVERY),
    (field(USDC, borrowing=0), BORROW, codes.BORROWING_NOT_ENABLED, EVERY),
    (nothing, BORROW | {"amount": 100_001 * USD}, codes.INVALID_AMOUNT, LATER),
    (nothing, BORROW | {"amount": 100_001 * USD}, codes.COLLATERAL_CANNOT_COVER_NEW_BORROW, FIRST),
    (sentinel, BORROW, codes.PRICE_ORACLE_SENTINEL_CHECK_FAILED, EVERY),
    (field(USDC, borrow_cap=15_000), BORROW, codes.BORROW_CAP_EXCEEDED, EVERY),
    (field(WETH, debt_ceiling=10**9), BORROW, codes.ASSET_NOT_BORROWABLE_IN_ISOLATION, EVERY),
    (
        several(field(WETH, debt_ceiling=9_999), field(USDC, borrowable_in_isolation=1)),
        BORROW,
        codes.DEBT_CEILING_EXCEEDED,
        EVERY,
    ),
    (several(category, in_category), BORROW, codes.INCONSISTENT_EMODE_CATEGORY, FIRST),
    (several(category, in_category), BORROW, codes.NOT_BORROWABLE_IN_EMODE, LATER),
    (nothing, BORROW | {"i": 2}, codes.COLLATERAL_BALANCE_IS_ZERO, UP_TO_34),
    (nothing, BORROW | {"i": 2}, codes.LTV_VALIDATION_FAILED, DIRECTIONAL),
    (field(WETH, ltv=0), BORROW, codes.LTV_VALIDATION_FAILED, EVERY),
    (crash, BORROW, codes.HEALTH_FACTOR_LOWER_THAN_LIQUIDATION_THRESHOLD, EVERY),
    (nothing, BORROW | {"amount": 1_000 * USD + 1}, codes.COLLATERAL_CANNOT_COVER_NEW_BORROW, EVERY),
    (field(USDC, siloed=1), BORROW | {"k": DAI, "amount": ETH}, codes.SILOED_BORROWING_VIOLATION, EVERY),
    (field(DAI, siloed=1), BORROW | {"k": DAI, "amount": ETH}, codes.SILOED_BORROWING_VIOLATION, EVERY),
    (nothing, BORROW | {"caller": 2}, codes.BORROW_ALLOWANCE_EXCEEDED, EVERY),
    (
        field(USDC, variable_borrow_index=3 * 10**27),
        BORROW | {"i": 1, "amount": 1},
        codes.INVALID_MINT_AMOUNT,
        UP_TO_34,
    ),
    (several(field(USDC, available_liquidity=50 * USD)), BORROW, codes.PANIC_ARITHMETIC, EVERY),
    (field(USDC, stable_borrowing=0), BORROW | {"mode": 1}, codes.STABLE_BORROWING_NOT_ENABLED, FIRST),
    (
        call("supply", i=0, k=USDC, amount=500 * USD, now=T0),
        BORROW | {"mode": 1},
        codes.COLLATERAL_SAME_AS_BORROWING_CURRENCY,
        FIRST,
    ),
    (
        field(USDC, available_liquidity=300 * USD),
        BORROW | {"mode": 1},
        codes.AMOUNT_BIGGER_THAN_MAX_LOAN_SIZE_STABLE,
        FIRST,
    ),
    # repay
    (nothing, REPAY | {"amount": 0}, codes.INVALID_AMOUNT, EVERY),
    (nothing, REPAY | {"mode": 3}, codes.PANIC_ENUM, EVERY),
    (nothing, REPAY | {"mode": 1}, codes.NO_DEBT_OF_SELECTED_TYPE, FIRST),
    (nothing, REPAY | {"mode": 1}, codes.INVALID_INTEREST_RATE_MODE_SELECTED, LATER),
    (nothing, REPAY | {"payer": 2, "amount": MAX_UINT256}, codes.NO_EXPLICIT_AMOUNT_TO_REPAY_ON_BEHALF, EVERY),
    (field(USDC, active=0), REPAY, codes.RESERVE_INACTIVE, EVERY),
    (field(USDC, paused=1), REPAY, codes.RESERVE_PAUSED, EVERY),
    (nothing, REPAY | {"i": 2}, codes.NO_DEBT_OF_SELECTED_TYPE, EVERY),
    (field(USDC, variable_borrow_index=3 * 10**27), REPAY | {"amount": 1}, codes.INVALID_BURN_AMOUNT, EVERY),
    (nothing, REPAY | {"name": "repay_with_atokens", "amount": MAX_UINT256}, codes.INVALID_BURN_AMOUNT, EVERY),
    (nothing, REPAY | {"name": "repay_with_atokens"}, codes.PANIC_ARITHMETIC, EVERY),
    # rate modes
    (
        field(USDC, active=0),
        {"name": "swap_rate_mode", "i": 0, "k": USDC, "mode": 2, "now": T0},
        codes.RESERVE_INACTIVE,
        FIRST,
    ),
    (
        field(USDC, paused=1),
        {"name": "swap_rate_mode", "i": 0, "k": USDC, "mode": 2, "now": T0},
        codes.RESERVE_PAUSED,
        FIRST,
    ),
    (
        field(USDC, frozen=1),
        {"name": "swap_rate_mode", "i": 0, "k": USDC, "mode": 2, "now": T0},
        codes.RESERVE_FROZEN,
        FIRST,
    ),
    (
        nothing,
        {"name": "swap_rate_mode", "i": 0, "k": USDC, "mode": 1, "now": T0},
        codes.NO_OUTSTANDING_STABLE_DEBT,
        FIRST,
    ),
    (
        nothing,
        {"name": "swap_rate_mode", "i": 2, "k": USDC, "mode": 2, "now": T0},
        codes.NO_OUTSTANDING_VARIABLE_DEBT,
        FIRST,
    ),
    (
        nothing,
        {"name": "swap_rate_mode", "i": 0, "k": USDC, "mode": 0, "now": T0},
        codes.INVALID_INTEREST_RATE_MODE_SELECTED,
        FIRST,
    ),
    (nothing, {"name": "swap_rate_mode", "i": 0, "k": USDC, "mode": 3, "now": T0}, codes.PANIC_ENUM, FIRST),
    (
        field(USDC, stable_borrowing=0),
        {"name": "swap_rate_mode", "i": 0, "k": USDC, "mode": 2, "now": T0},
        codes.STABLE_BORROWING_NOT_ENABLED,
        FIRST,
    ),
    (
        call("supply", i=0, k=USDC, amount=16_000 * USD, now=T0),
        {"name": "swap_rate_mode", "i": 0, "k": USDC, "mode": 2, "now": T0},
        codes.COLLATERAL_SAME_AS_BORROWING_CURRENCY,
        FIRST,
    ),
    (
        nothing,
        {"name": "rebalance_stable_rate", "i": 0, "k": USDC, "now": T0},
        codes.INTEREST_RATE_REBALANCE_CONDITIONS_NOT_MET,
        FIRST,
    ),
    (
        field(USDC, liquidity_rate=0),
        {"name": "rebalance_stable_rate", "i": 0, "k": USDC, "now": T0},
        codes.NO_REASON,
        FIRST,
    ),
    (
        field(USDC, active=0),
        {"name": "rebalance_stable_rate", "i": 0, "k": USDC, "now": T0},
        codes.RESERVE_INACTIVE,
        FIRST,
    ),
    (
        field(USDC, paused=1),
        {"name": "rebalance_stable_rate", "i": 0, "k": USDC, "now": T0},
        codes.RESERVE_PAUSED,
        FIRST,
    ),
    # collateral flag
    (nothing, FLAG | {"i": 2}, codes.UNDERLYING_BALANCE_ZERO, ("3.0.2", "3.3")),
    (nothing, FLAG | {"i": 2, "use": 1}, codes.UNDERLYING_BALANCE_ZERO, EVERY),
    (field(WETH, active=0), FLAG, codes.RESERVE_INACTIVE, EVERY),
    (field(WETH, paused=1), FLAG, codes.RESERVE_PAUSED, EVERY),
    (nothing, FLAG, codes.HEALTH_FACTOR_LOWER_THAN_LIQUIDATION_THRESHOLD, EVERY),
    (second, FLAG | {"k": WETH}, codes.HEALTH_FACTOR_LOWER_THAN_LIQUIDATION_THRESHOLD, EVERY),
    (
        several(field(WETH, ltv=0), account(0, collateral=0)),
        FLAG | {"use": 1},
        codes.USER_IN_ISOLATION_MODE_OR_LTV_ZERO,
        EVERY,
    ),
    (
        several(
            field(WETH, debt_ceiling=9),
            call("transfer_atoken", i=1, to=0, k=DAI, amount=ETH, now=T0),
            account(0, collateral=1),
        ),
        FLAG | {"k": DAI, "use": 1},
        codes.USER_IN_ISOLATION_MODE_OR_LTV_ZERO,
        EVERY,
    ),
    # transfers
    (field(WETH, paused=1), SEND, codes.RESERVE_PAUSED, EVERY),
    (nothing, SEND | {"amount": 10 * ETH + 1}, codes.PANIC_ARITHMETIC, EVERY),
    (nothing, SEND | {"amount": 2**200}, codes.CAST_OVERFLOW, EVERY),
    (nothing, SEND | {"amount": 5 * ETH}, codes.HEALTH_FACTOR_LOWER_THAN_LIQUIDATION_THRESHOLD, EVERY),
    (second, SEND | {"amount": ETH // 2}, codes.LTV_VALIDATION_FAILED, EVERY),
    # eMode
    (nothing, {"name": "set_emode", "i": 0, "category": 7, "now": T0}, codes.INCONSISTENT_EMODE_CATEGORY, EVERY),
    (nothing, {"name": "set_emode", "i": 0, "category": 200, "now": T0}, codes.INCONSISTENT_EMODE_CATEGORY, EVERY),
    (category, {"name": "set_emode", "i": 0, "category": 1, "now": T0}, codes.INCONSISTENT_EMODE_CATEGORY, FIRST),
    (category, {"name": "set_emode", "i": 0, "category": 1, "now": T0}, codes.NOT_BORROWABLE_IN_EMODE, MIDDLE),
    (category, {"name": "set_emode", "i": 0, "category": 1, "now": T0}, codes.INVALID_DEBT_IN_EMODE, LAST),
    (
        several(category, field(WETH, ltv=0)),
        {"name": "set_emode", "i": 0, "category": 1, "now": T0},
        codes.INVALID_COLLATERAL_IN_EMODE,
        LAST,
    ),
    (
        several(category, in_category, crash),
        {"name": "set_emode", "i": 0, "category": 0, "now": T0},
        codes.HEALTH_FACTOR_LOWER_THAN_LIQUIDATION_THRESHOLD,
        EVERY,
    ),
    # flash loans
    (field(USDC, paused=1), FLASH, codes.RESERVE_PAUSED, EVERY),
    (field(USDC, active=0), FLASH, codes.RESERVE_INACTIVE, EVERY),
    (field(USDC, flash_loans=0), FLASH, codes.FLASHLOAN_DISABLED, EVERY),
    (nothing, FLASH | {"amount": 100_001 * USD}, codes.INVALID_AMOUNT, LATER),
    (nothing, FLASH | {"amount": 100_001 * USD}, codes.TRANSFER_EXCEEDS_BALANCE, FIRST),
    (nothing, FLASH | {"amount": 90_000 * USD}, codes.PANIC_ARITHMETIC, LATER),
    (nothing, FLASH | {"success": 0}, codes.INVALID_FLASHLOAN_EXECUTOR_RETURN, EVERY),
    (nothing, FLASH | {"wallet": USD}, codes.TRANSFER_EXCEEDS_BALANCE, EVERY),
    # liquidation
    (nothing, CALL, codes.HEALTH_FACTOR_NOT_BELOW_THRESHOLD, EVERY),
    (crash, CALL | {"liquidator": 0}, codes.SELF_LIQUIDATION, ("3.4", "3.5", "3.6")),
    (several(crash, field(WETH, active=0)), CALL, codes.RESERVE_INACTIVE, EVERY),
    (several(crash, field(USDC, paused=1)), CALL, codes.RESERVE_PAUSED, EVERY),
    (several(crash, sentinel), CALL, codes.PRICE_ORACLE_SENTINEL_CHECK_FAILED, EVERY),
    (several(crash, field(USDC, grace_until=T0)), CALL, codes.LIQUIDATION_GRACE_SENTINEL_CHECK_FAILED, LATER),
    (crash, CALL | {"kc": DAI}, codes.COLLATERAL_CANNOT_BE_LIQUIDATED, EVERY),
    (crash, CALL | {"kd": DAI}, codes.SPECIFIED_CURRENCY_NOT_BORROWED_BY_USER, EVERY),
    (crash, CALL | {"amount": 0}, codes.INVALID_BURN_AMOUNT, EVERY),
    (several(crash, field(WETH, available_liquidity=ETH)), CALL, codes.TRANSFER_EXCEEDS_BALANCE, FIRST),
    (several(crash, field(WETH, available_liquidity=ETH)), CALL, codes.PANIC_ARITHMETIC, LATER),
    # deficit
    (field(USDC, deficit=9), COVER | {"i": 2}, codes.CALLER_NOT_UMBRELLA, LATER),
    (field(USDC, deficit=9), COVER | {"amount": 0}, codes.INVALID_AMOUNT, LATER),
    (nothing, COVER, codes.RESERVE_NOT_IN_DEFICIT, LATER),
    (several(field(USDC, deficit=9), account(3, borrowing=1)), COVER, codes.USER_CANNOT_HAVE_DEBT, LATER),
    (field(USDC, deficit=9, active=0), COVER, codes.RESERVE_INACTIVE, LATER),
    (field(USDC, deficit=9), COVER, codes.NOT_ENOUGH_AVAILABLE_USER_BALANCE, LATER),
    # configuration
    (
        nothing,
        {"name": "configure_collateral", "k": DAI, "ltv": 2, "threshold": 1, "bonus": 10_100},
        codes.INVALID_RESERVE_PARAMS,
        EVERY,
    ),
    (
        nothing,
        {"name": "configure_collateral", "k": DAI, "ltv": 1, "threshold": 1, "bonus": 10_000},
        codes.INVALID_RESERVE_PARAMS,
        EVERY,
    ),
    (
        nothing,
        {"name": "configure_collateral", "k": DAI, "ltv": 1, "threshold": 9_900, "bonus": 10_200},
        codes.INVALID_RESERVE_PARAMS,
        EVERY,
    ),
    (
        nothing,
        {"name": "configure_collateral", "k": DAI, "ltv": 0, "threshold": 0, "bonus": 1},
        codes.INVALID_RESERVE_PARAMS,
        EVERY,
    ),
    (
        nothing,
        {"name": "configure_collateral", "k": DAI, "ltv": 0, "threshold": 0, "bonus": 0},
        codes.RESERVE_LIQUIDITY_NOT_ZERO,
        EVERY,
    ),
    (
        nothing,
        {"name": "configure_collateral", "k": DAI, "ltv": 0, "threshold": 1, "bonus": 70_000},
        codes.INVALID_LIQ_BONUS,
        EVERY,
    ),
    (nothing, {"name": "set_borrowing", "k": USDC, "on": 0}, codes.STABLE_BORROWING_ENABLED, FIRST),
    (
        field(USDC, borrowing=0),
        {"name": "set_stable_borrowing", "k": USDC, "on": 1},
        codes.BORROWING_NOT_ENABLED,
        FIRST,
    ),
    (nothing, {"name": "set_active", "k": USDC, "on": 0}, codes.RESERVE_LIQUIDITY_NOT_ZERO, EVERY),
    (nothing, {"name": "set_frozen", "k": USDC, "on": 0}, codes.INVALID_FREEZE_STATE, LATER),
    (nothing, {"name": "set_zero_ltv", "k": USDC, "zero": 0}, codes.INVALID_LTVZERO_STATE, LAST),
    (field(USDC, frozen=1), {"name": "set_zero_ltv", "k": USDC, "zero": 0}, codes.RESERVE_FROZEN, LAST),
    (
        nothing,
        {"name": "set_paused", "k": USDC, "on": 0, "grace": 14_401, "now": T0},
        codes.INVALID_GRACE_PERIOD,
        LATER,
    ),
    (nothing, {"name": "set_paused", "k": USDC, "on": 0, "grace": 1, "now": T0}, codes.NOT_IN_VERSION, FIRST),
    (nothing, {"name": "set_siloed", "k": USDC, "on": 1}, codes.RESERVE_DEBT_NOT_ZERO, EVERY),
    (nothing, {"name": "set_debt_ceiling", "k": WETH, "ceiling": 1}, codes.RESERVE_LIQUIDITY_NOT_ZERO, EVERY),
    (
        field(WETH, debt_ceiling=1),
        {"name": "set_debt_ceiling", "k": WETH, "ceiling": 2**40},
        codes.INVALID_DEBT_CEILING,
        EVERY,
    ),
    (nothing, {"name": "set_borrow_cap", "k": WETH, "cap": 2**36}, codes.INVALID_BORROW_CAP, EVERY),
    (nothing, {"name": "set_supply_cap", "k": WETH, "cap": 2**36}, codes.INVALID_SUPPLY_CAP, EVERY),
    (nothing, {"name": "set_liquidation_fee", "k": WETH, "fee": 10_001}, codes.INVALID_LIQUIDATION_PROTOCOL_FEE, EVERY),
    (
        nothing,
        {"name": "set_reserve_factor", "k": WETH, "factor": 10_001, "now": T0},
        codes.INVALID_RESERVE_FACTOR,
        EVERY,
    ),
    (nothing, {"name": "set_flash_premium", "total": 10_001, "to_protocol": 0}, codes.FLASHLOAN_PREMIUM_INVALID, EVERY),
    (
        nothing,
        {"name": "set_rates", "k": WETH, "optimal": 9_901, "base": 0, "slope1": 0, "slope2": 0, "now": T0},
        codes.INVALID_OPTIMAL_USAGE_RATIO,
        LATER,
    ),
    (
        nothing,
        {"name": "set_rates", "k": WETH, "optimal": 9_000, "base": 0, "slope1": 2, "slope2": 1, "now": T0},
        codes.SLOPE_2_MUST_BE_GTE_SLOPE_1,
        LATER,
    ),
    (
        nothing,
        {"name": "set_rates", "k": WETH, "optimal": 9_000, "base": 1, "slope1": 0, "slope2": 100_000, "now": T0},
        codes.INVALID_MAX_RATE,
        LATER,
    ),
    (
        nothing,
        {"name": "set_variable_curve", "k": WETH, "optimal": 10**27 + 1, "base": 0, "slope1": 0, "slope2": 0},
        codes.INVALID_OPTIMAL_USAGE_RATIO,
        FIRST,
    ),
    (
        nothing,
        {"name": "set_emode_category", "category": 0, "ltv": 9_000, "threshold": 9_100, "bonus": 10_100, "price": 0},
        codes.EMODE_CATEGORY_RESERVED,
        EVERY,
    ),
    (
        nothing,
        {"name": "set_emode_category", "category": 1, "ltv": 0, "threshold": 9_100, "bonus": 10_100, "price": 0},
        codes.INVALID_EMODE_CATEGORY_PARAMS,
        EVERY,
    ),
    (
        nothing,
        {"name": "set_emode_category", "category": 1, "ltv": 9_200, "threshold": 9_100, "bonus": 10_100, "price": 0},
        codes.INVALID_EMODE_CATEGORY_PARAMS,
        EVERY,
    ),
    (
        several(category, call("set_asset_emode", k=WETH, category=1)),
        {"name": "set_emode_category", "category": 1, "ltv": 8_000, "threshold": 9_500, "bonus": 10_100, "price": 0},
        codes.INVALID_EMODE_CATEGORY_PARAMS,
        FIRST,
    ),
    (
        nothing,
        {"name": "set_emode_category", "category": 8, "ltv": 9_000, "threshold": 9_100, "bonus": 10_100, "price": 0},
        codes.NO_SUCH_CATEGORY,
        EVERY,
    ),
    (nothing, {"name": "set_emode_price", "category": 1, "price": 0}, codes.PRICE_NOT_POSITIVE, FIRST),
    (nothing, {"name": "set_asset_emode", "k": WETH, "category": 3}, codes.INVALID_EMODE_CATEGORY_ASSIGNMENT, FIRST),
    (
        nothing,
        {"name": "set_emode_collateral", "k": WETH, "category": 0, "on": 1},
        codes.EMODE_CATEGORY_RESERVED,
        LATER,
    ),
    (
        field(WETH, frozen=1),
        {"name": "set_emode_collateral", "k": WETH, "category": 1, "on": 1},
        codes.RESERVE_FROZEN,
        LAST,
    ),
    (
        field(WETH, threshold=0),
        {"name": "set_emode_collateral", "k": WETH, "category": 1, "on": 0},
        codes.RESERVE_LIQUIDITY_NOT_ZERO,
        LAST,
    ),
    (
        nothing,
        {"name": "set_emode_borrowable", "k": WETH, "category": 0, "on": 1},
        codes.EMODE_CATEGORY_RESERVED,
        LATER,
    ),
    (nothing, {"name": "set_emode_zero_ltv", "k": WETH, "category": 1, "on": 1}, codes.MUST_BE_EMODE_COLLATERAL, LAST),
    (nothing, {"name": "set_price", "k": WETH, "price": 0}, codes.PRICE_NOT_POSITIVE, EVERY),
    (nothing, {"name": "set_sequencer", "down": 0, "since": T0 + 1, "now": T0}, codes.PANIC_ARITHMETIC, EVERY),
]
PLAYED = [
    pytest.param(prepare, arguments, code, version, id=f"{version}-{n}-{arguments['name']}-{codes.NAMES[code].lower()}")
    for n, (prepare, arguments, code, versions) in enumerate(CASES)
    for version in versions
]


@pytest.mark.parametrize(("prepare", "arguments", "code", "version"), PLAYED)
def test_a_refusal_has_its_name_and_changes_nothing(
    prepare: Change, arguments: dict[str, Any], code: int, version: str
) -> None:
    p = borrower(version)
    prepare(p)
    before, wallets = state(p.market), [list(w) for w in p.wallets or []]
    a = dict(arguments)
    name = a.pop("name")
    refused = p.call(name, **a)
    assert refused.name == codes.NAMES[code]
    assert refused.error == codes.text(code, p.version)
    assert state(p.market) == before
    assert p.wallets == wallets


@pytest.mark.parametrize(("prepare", "arguments", "code", "version"), PLAYED)
def test_the_rule_itself_writes_nothing_when_it_answers_a_code(
    prepare: Change, arguments: dict[str, Any], code: int, version: str
) -> None:
    """Without the shell's undo: compiled code has none."""
    p = borrower(version)
    prepare(p)
    before = state(p.market)
    a = dict(arguments)
    op = OPERATIONS[a.pop("name")]
    if op.payer:
        a.setdefault(op.payer, a.get("i"))
        a.setdefault("wallet", RICH)
    if "borrow" in op.rule.__name__ and "caller" in op.rule.__annotations__:
        a.setdefault("caller", a["i"])
    answer = op.rule(p.market, **a)
    assert (answer[0] if isinstance(answer, tuple) else answer) == code
    assert state(p.market) == before


def test_names_follow_the_version() -> None:
    assert codes.text(codes.HEALTH_FACTOR_NOT_BELOW_THRESHOLD, 302) == "45"
    assert codes.text(codes.HEALTH_FACTOR_NOT_BELOW_THRESHOLD, 330) == "45"
    assert codes.text(codes.HEALTH_FACTOR_NOT_BELOW_THRESHOLD, 340) == "HealthFactorNotBelowThreshold"
    assert codes.text(codes.CAST_OVERFLOW, 302).startswith("SafeCast:")
    assert codes.text(codes.BORROW_ALLOWANCE_EXCEEDED, 340) == "Panic(0x11)"
    for code in codes.NAMES:
        for version in (302, 330, 340, 350, 360):
            if version < 340 or code in codes.CUSTOM_ERRORS:
                assert isinstance(codes.text(code, version), str)


@pytest.mark.parametrize("version", EVERY)
def test_the_sentinel_lets_through_below_0_95_and_after_the_grace_period(version: str) -> None:
    p = borrower(version)
    several(low, sentinel)(p)
    ok(liquidate(p, T0))
    p = borrower(version)
    several(crash, sentinel)(p)
    ok(liquidate(p, T0 + 1))
    p = borrower(version)
    several(crash, sentinel, call("set_sequencer", down=1, since=0, now=T0))(p)
    assert liquidate(p, T0 + 10**6).code == codes.PRICE_ORACLE_SENTINEL_CHECK_FAILED


@pytest.mark.parametrize("version", LATER)
def test_the_grace_period_ends(version: str) -> None:
    p = borrower(version)
    several(call("set_price", k=WETH, price=1_750 * 10**8), call("set_paused", k=WETH, on=1, grace=0, now=T0))(p)
    assert liquidate(p, T0).code == codes.RESERVE_PAUSED
    ok(p.call("set_paused", k=WETH, on=0, grace=60, now=T0))
    assert liquidate(p, T0 + 60).code == codes.LIQUIDATION_GRACE_SENTINEL_CHECK_FAILED
    ok(liquidate(p, T0 + 61, amount=2_000 * USD))
    ok(p.call("set_paused", k=WETH, on=0, grace=14_400, now=T0 + 61))
    ok(p.call("end_grace_period", k=WETH))
    assert liquidate(p, T0 + 62, amount=0).code == codes.INVALID_BURN_AMOUNT


@pytest.mark.parametrize(("name", "why"), REFUSED.items())
def test_what_is_not_modelled_is_refused_by_name(name: str, why: str) -> None:
    with pytest.raises(BadInput) as found:
        pool("3.6").call(name)
    assert why in str(found.value)
    assert name in str(found.value)


def test_unknown_operations_and_those_of_other_versions_are_bad_input() -> None:
    with pytest.raises(BadInput, match="supply, withdraw, borrow"):
        pool("3.6").call("deposit_all")
    with pytest.raises(BadInput, match=r"operation in 3.6.*swap_rate_mode"):
        pool("3.6").call("swap_rate_mode", i=0, k=0, mode=1, now=T0)
    with pytest.raises(BadInput, match=r"operation in 3.0.2.*eliminate_deficit"):
        pool("3.0.2").call("eliminate_deficit", i=0, k=0, amount=1, now=T0)


def test_the_rules_know_their_versions_too() -> None:
    """The shell asks first; a compiled caller gets a code."""
    for name, op in OPERATIONS.items():
        for version in EVERY:
            p = pool(version)
            if p.version in op.versions:
                continue
            names = [n for n in op.rule.__annotations__ if n not in ("market", "return")]
            given = dict.fromkeys(names, 0) | ({"now": T0} if "now" in names else {})
            answer = op.rule(p.market, **given)
            assert (answer[0] if isinstance(answer, tuple) else answer) == codes.NOT_IN_VERSION, (name, version)


@pytest.mark.parametrize("version", LATER)
def test_an_asset_twice_in_a_flash_loan(version: str) -> None:
    p = borrower(version)
    twice = p.flash_loan(caller=0, i=0, loans=[(DAI, 1, 0), (DAI, 1, 0)], holds=lambda _: RICH, now=T0)
    assert twice.code == codes.INCONSISTENT_FLASHLOAN_PARAMS


@pytest.mark.parametrize("version", EVERY)
def test_a_flash_loan_refused_late_leaves_nothing(version: str) -> None:
    """The first asset is repaid, the second cannot be kept as debt."""
    p = borrower(version)
    before = state(p.market)
    loans = [(DAI, ETH, 0), (USDC, 20_000 * USD, 2)]
    refused = p.flash_loan(caller=0, i=0, loans=loans, holds=lambda _: RICH, now=T0 + 5)
    low = codes.HEALTH_FACTOR_LOWER_THAN_LIQUIDATION_THRESHOLD
    assert refused.code == (low if version in DIRECTIONAL else codes.COLLATERAL_CANNOT_COVER_NEW_BORROW)
    assert state(p.market) == before
    assert p.flash_loan(caller=0, i=0, loans=[(DAI, 1, 3)], holds=lambda _: RICH, now=T0).code == codes.PANIC_ENUM


def test_huge_amounts_fail_where_each_version_computes_with_them() -> None:
    """2**200 passes 256 bits when it is scaled: from 3.5 on at once and without a reason, before only after the
    checks."""
    cases = {
        "supply": (codes.TRANSFER_EXCEEDS_BALANCE, codes.CAST_OVERFLOW, codes.CAST_OVERFLOW),
        "withdraw": (codes.NOT_ENOUGH_AVAILABLE_USER_BALANCE,) * 3,
        "borrow": (codes.COLLATERAL_CANNOT_COVER_NEW_BORROW, codes.INVALID_AMOUNT, codes.INVALID_AMOUNT),
    }
    for name, expected in cases.items():
        for version, code in zip(EVERY, (*expected, codes.NO_REASON, codes.NO_REASON), strict=True):
            p = borrower(version)
            before = state(p.market)
            a = {"mode": 2} if name == "borrow" else {}
            refused = p.call(name, i=0, k=USDC if a else WETH, amount=2**200, now=T0 + 9, **a)
            assert refused.name == codes.NAMES[code], (name, version)
            assert state(p.market) == before
    assert codes.text(codes.NO_REASON, 360) == ""


@pytest.mark.parametrize("version", LATER)
def test_there_is_no_stable_credit_to_delegate_any_more(version: str) -> None:
    assert pool(version).call("approve_delegation", i=0, to=1, k=WETH, mode=1, amount=1).code == codes.NOT_IN_VERSION
