"""State of an Aave V2 market: what LendingPool, its aTokens and its debt tokens store.

Bounds of the model: at most 62 reserves (the bitmaps are machine integers; the contract allows 128), and every amount
fits 128 bits. Users' ERC20 balances are no state: an operation that pulls tokens takes the payer's balance as `wallet`.
Sources: `DataTypes.sol`, `ReserveConfiguration.sol`, `StableDebtToken.sol`, `DefaultReserveInterestRateStrategy.sol`.
"""

from collections.abc import Sequence
from typing import NamedTuple

from protocol_sim.errors import BadInput
from protocol_sim.numeric import RAY, U128, U256, Rows, record

MAX_RESERVES = 62
STABLE, VARIABLE = 1, 2  # DataTypes.InterestRateMode; 0 is NONE


@record
class Reserve:
    """One asset. "Raw" is the token's smallest unit, "scaled" is raw divided by the index at the time."""

    liquidity_index: U128 = RAY  # ray
    variable_borrow_index: U128 = RAY  # ray
    liquidity_rate: U128 = 0  # ray a year
    variable_rate: U128 = 0  # ray a year
    stable_rate: U128 = 0  # ray a year, for the next stable borrower
    last_updated: int = 0  # s
    scaled_supply: U128 = 0  # scaled aTokens in all
    scaled_debt: U128 = 0  # scaled variable debt in all
    stable_principal: U128 = 0  # raw stable debt in all, at stable_updated
    average_stable_rate: U128 = 0  # ray a year
    stable_updated: int = 0  # s
    available_liquidity: U128 = 0  # raw underlying held by the aToken
    # configuration
    ltv: int = 0  # bps
    threshold: int = 0  # bps, 0: not collateral
    bonus: int = 0  # bps, 10500 = 5 %
    reserve_factor: int = 0  # bps of the interest that go to the treasury
    decimals: int = 0  # count
    unit: U128 = 1  # 10**decimals
    active: int = 1  # flag
    frozen: int = 0  # flag
    borrowing: int = 0  # flag
    stable_borrowing: int = 0  # flag
    # interest rate strategy
    optimal: U128 = RAY  # ray, utilisation at the kink
    excess: U128 = 0  # ray, 1 - optimal
    base_rate: U128 = 0  # ray a year
    variable_slope1: U128 = 0  # ray
    variable_slope2: U128 = 0  # ray
    stable_slope1: U128 = 0  # ray
    stable_slope2: U128 = 0  # ray
    market_rate: U128 = 0  # ray a year, LendingRateOracle's market borrow rate
    price: U128 = 0  # wei of ETH per whole token, written by whoever moves feeds
    # indices projected to `projected_at`: a cache, not state (see accrual.project)
    projected_at: int = -1  # s
    income_now: U128 = 0  # ray
    debt_now: U128 = 0  # ray


@record
class Holding:
    """What account i has in reserve k: row i * K + k."""

    scaled_supply: U128 = 0  # scaled aTokens
    scaled_debt: U128 = 0  # scaled variable debt
    stable_principal: U128 = 0  # raw, at stable_updated
    stable_rate: U128 = 0  # ray a year
    stable_updated: int = 0  # s


@record
class Account:
    """`UserConfigurationMap`, the two kinds of bit apart: bit k says that reserve k is used so."""

    collateral: int = 0  # bitmap
    borrowing: int = 0  # bitmap


@record
class Allowance:
    """Credit delegated on one debt token; a row with `mode` 0 is free."""

    mode: int = 0  # STABLE or VARIABLE: which debt token
    reserve: int = 0  # index
    delegator: int = 0  # account that will owe
    delegatee: int = 0  # account that may borrow
    amount: U256 = 0  # raw


@record
class Settings:
    """The one row of pool-wide values. The last three are the contract's constants; counterfactuals change them."""

    paused: int = 0  # flag
    treasury: int = 0  # account index
    close_factor: int = 5000  # bps of a reserve's debt per liquidation (LIQUIDATION_CLOSE_FACTOR_PERCENT)
    flash_premium: int = 9  # bps (FLASHLOAN_PREMIUM_TOTAL)
    max_stable_loan: int = 2500  # bps of the available liquidity (MAX_STABLE_RATE_BORROW_SIZE_PERCENT)


class Market(NamedTuple):
    """All rows of one market."""

    reserves: Rows[Reserve]  # K
    holdings: Rows[Holding]  # N * K
    accounts: Rows[Account]  # N
    allowances: Rows[Allowance]  # as many as delegations may exist
    settings: Rows[Settings]  # 1


def new_reserve(
    *,
    decimals: int,
    price: int,
    ltv: int = 0,
    threshold: int = 0,
    bonus: int = 0,
    reserve_factor: int = 0,
    optimal: int = 8 * RAY // 10,
    base_rate: int = 0,
    variable_slopes: tuple[int, int] = (0, 0),
    stable_slopes: tuple[int, int] = (0, 0),
    market_rate: int = 0,
    borrowing: bool = True,
    stable_borrowing: bool = False,
    now: int = 0,
) -> Reserve:
    """An empty, active reserve; units as in `Reserve`. Rates stay 0 until the first operation, as on chain."""
    _check_listing(decimals, ltv, threshold, bonus, optimal)
    return Reserve(
        last_updated=now,
        ltv=ltv,
        threshold=threshold,
        bonus=bonus,
        reserve_factor=reserve_factor,
        decimals=decimals,
        unit=10**decimals,
        borrowing=int(borrowing),
        stable_borrowing=int(stable_borrowing),
        optimal=optimal,
        excess=RAY - optimal,
        base_rate=base_rate,
        variable_slope1=variable_slopes[0],
        variable_slope2=variable_slopes[1],
        stable_slope1=stable_slopes[0],
        stable_slope2=stable_slopes[1],
        market_rate=market_rate,
        price=price,
    )


def _check_listing(decimals: int, ltv: int, threshold: int, bonus: int, optimal: int) -> None:
    """What initReserve, configureReserveAsCollateral and the strategy's constructor would refuse."""
    if not 0 <= decimals <= 38:
        raise BadInput("reserve", "decimals", "0 to 38", decimals)
    if not 0 <= ltv <= threshold:
        raise BadInput("reserve", "ltv", f"0 to the threshold {threshold}", ltv)
    if threshold and not (bonus > 10_000 and threshold * bonus + 5000 < 10_001 * 10_000):
        raise BadInput("reserve", "bonus", f"above 10000 and at most 10000 * 10000 / threshold {threshold}", bonus)
    if not threshold and bonus:
        raise BadInput("reserve", "bonus", "0 where the threshold is 0", bonus)
    if not 0 < optimal <= RAY:
        raise BadInput("reserve", "optimal", "above 0 and at most 1e27", optimal)


def new_market(
    reserves: Sequence[Reserve], accounts: int, *, treasury: int | None = None, delegations: int = 0
) -> Market:
    """A market of `accounts` empty accounts; without `treasury` one more account is appended for it."""
    if len(reserves) > MAX_RESERVES:
        raise BadInput("market", "reserves", f"at most {MAX_RESERVES}", len(reserves))
    count = accounts if treasury is not None else accounts + 1
    owner = treasury if treasury is not None else accounts
    if not 0 <= owner < count:
        raise BadInput("market", "treasury", f"an account below {count}", owner)
    return Market(
        list(reserves),
        [Holding() for _ in range(count * len(reserves))],
        [Account() for _ in range(count)],
        [Allowance() for _ in range(delegations)],
        [Settings(treasury=owner)],
    )
