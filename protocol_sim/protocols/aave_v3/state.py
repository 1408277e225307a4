"""State of an Aave V3 market: what Pool, its aTokens, its debt tokens and the configurator store.

Bounds of the model: at most 62 reserves (the bitmaps are machine integers; the contract allows 128) and no bridging,
so that
`unbacked` is 0. Users' ERC20 balances are not state: an operation that pulls tokens takes the payer's balance as
`wallet`.
`available_liquidity` is the aToken's balance of the underlying in 3.0.2 and the virtual balance later.
Sources: `DataTypes.sol`, `ReserveConfiguration.sol`, `StableDebtToken.sol`,
`DefaultReserveInterestRateStrategy(V2).sol`.
"""

from collections.abc import Sequence
from typing import NamedTuple

from protocol_sim.errors import BadInput
from protocol_sim.numeric import RAY, U128, U256, Rows, Wide, record
from protocol_sim.protocols.aave_v3.versions import V302, V330, parse

MAX_RESERVES = 62
STABLE, VARIABLE = 1, 2  # DataTypes.InterestRateMode; 0 is NONE
MIN_OPTIMAL_BPS, MAX_OPTIMAL_BPS, MAX_RATE_BPS = 100, 9_900, 100_000  # DefaultReserveInterestRateStrategyV2
BPS_TO_RAY = Wide(10**23)


@record
class Reserve:
    """One asset. "Raw" is the token's smallest unit, "scaled" is raw divided by the index at the time."""

    liquidity_index: U128 = RAY  # ray
    variable_borrow_index: U128 = RAY  # ray
    liquidity_rate: U128 = 0  # ray a year
    variable_rate: U128 = 0  # ray a year
    stable_rate: U128 = 0  # ray a year, for the next stable borrower (3.0.2)
    last_updated: int = 0  # s
    scaled_supply: U128 = 0  # scaled aTokens in all
    scaled_debt: U128 = 0  # scaled variable debt in all
    stable_principal: U128 = 0  # raw stable debt in all, at stable_updated (3.0.2)
    average_stable_rate: U128 = 0  # ray a year
    stable_updated: int = 0  # s
    available_liquidity: U128 = 0  # raw, see above
    accrued_to_treasury: U128 = 0  # scaled aTokens not minted yet
    isolation_debt: U128 = 0  # 2 decimals of base currency, borrowed against this asset in isolation
    deficit: U128 = 0  # raw, bad debt not covered yet (3.3)
    grace_until: int = 0  # s, no liquidation up to and including it (3.1)
    # configuration
    ltv: int = 0  # bps
    threshold: int = 0  # bps
    bonus: int = 0  # bps, 10500 = 5 %
    reserve_factor: int = 0  # bps of the interest that go to the treasury
    liquidation_fee: int = 0  # bps of the bonus that go to the treasury
    decimals: int = 0  # count
    unit: U128 = 1  # 10**decimals
    isolation_unit: U128 = 1  # 10**(decimals - 2): raw per unit of a debt ceiling
    supply_cap: int = 0  # whole tokens, 0: none
    borrow_cap: int = 0  # whole tokens, 0: none
    debt_ceiling: int = 0  # 2 decimals, 0: not isolated
    emode: int = 0  # category of the asset (3.0.2)
    pending_ltv: int = 0  # bps, comes back when the ltv is unfrozen (3.1)
    active: int = 1  # flag
    frozen: int = 0  # flag
    paused: int = 0  # flag
    borrowing: int = 0  # flag
    stable_borrowing: int = 0  # flag (3.0.2)
    flash_loans: int = 0  # flag
    siloed: int = 0  # flag: can only be borrowed alone
    borrowable_in_isolation: int = 0  # flag
    # interest rate strategy
    optimal: U128 = RAY  # ray, utilisation at the kink
    excess: U128 = 0  # ray, 1 - optimal
    base_rate: U128 = 0  # ray a year
    variable_slope1: U128 = 0  # ray
    variable_slope2: U128 = 0  # ray
    stable_slope1: U128 = 0  # ray (3.0.2, like the five below)
    stable_slope2: U128 = 0  # ray
    base_stable_offset: U128 = 0  # ray a year, over variable_slope1
    stable_excess_offset: U128 = 0  # ray a year
    optimal_stable: U128 = RAY  # ray, share of stable in all debt
    excess_stable: U128 = 0  # ray, 1 - optimal_stable
    price: U128 = 0  # base currency per whole token, written by whoever moves feeds; above 0
    # indices projected to `projected_at`: a cache, not state (see accrual.project)
    projected_at: int = -1  # s
    income_now: U128 = 0  # ray
    debt_now: U128 = 0  # ray


@record
class Holding:
    """What account i has in reserve k: row i * K + k."""

    scaled_supply: U128 = 0  # scaled aTokens
    scaled_debt: U128 = 0  # scaled variable debt
    stable_principal: U128 = 0  # raw, at stable_updated; what every look reads stands first, in one line of the cache
    supply_index: U128 = 0  # ray, the aToken's getPreviousIndex
    debt_index: U128 = 0  # ray, the variable debt token's getPreviousIndex
    stable_rate: U128 = 0  # ray a year
    stable_updated: int = 0  # s


@record
class Account:
    """`UserConfigurationMap`, the two kinds of bit apart (bit k: reserve k), the eMode and two roles of the ACL."""

    collateral: int = 0  # bitmap
    borrowing: int = 0  # bitmap
    emode: int = 0  # category, 0: none
    flash_borrower: int = 0  # flag: FLASH_BORROWER
    isolated_supplier: int = 0  # flag: ISOLATED_COLLATERAL_SUPPLIER (to 3.5)


@record
class Category:
    """An eMode; row 0 stands for none. Bitmaps from 3.2, `zero_ltv` from 3.6; the price in 3.0.2 only."""

    ltv: int = 0  # bps
    threshold: int = 0  # bps, 0: not defined
    bonus: int = 0  # bps
    price: U128 = 0  # base currency per whole token, the price source's answer; 0: none
    collateral: int = 0  # bitmap
    borrowable: int = 0  # bitmap
    zero_ltv: int = 0  # bitmap


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
    """The one row of pool-wide values."""

    version: int = 0  # see versions.py
    treasury: int = 0  # account index
    umbrella: int = -1  # account index that may cover a deficit (3.3), -1: none
    flash_premium: int = 0  # bps (FLASHLOAN_PREMIUM_TOTAL)
    flash_premium_to_protocol: int = 0  # bps of the premium (to 3.3)
    max_stable_loan: int = 2500  # bps of the available liquidity (3.0.2)
    sentinel: int = 0  # flag: a PriceOracleSentinel is set
    sequencer_down: int = 0  # flag: the sequencer feed's answer is not 0
    sequencer_since: int = 0  # s: updatedAt of the feed in 3.0.2, startedAt later
    sentinel_grace: int = 0  # s


class Market(NamedTuple):
    """All rows of one market."""

    reserves: Rows[Reserve]  # K
    holdings: Rows[Holding]  # N * K
    accounts: Rows[Account]  # N
    categories: Rows[Category]  # eModes, the row is the id
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
    liquidation_fee: int = 0,
    optimal: int = 8 * RAY // 10,
    base_rate: int = 0,
    variable_slopes: tuple[int, int] = (0, 0),
    stable_slopes: tuple[int, int] = (0, 0),
    stable_offsets: tuple[int, int] = (0, 0),
    optimal_stable: int = 2 * RAY // 10,
    borrowing: bool = True,
    stable_borrowing: bool = False,
    flash_loans: bool = True,
    supply_cap: int = 0,
    borrow_cap: int = 0,
    now: int = 0,
) -> Reserve:
    """An empty, active reserve; units as in `Reserve`, rates in ray. Rates stay 0 until the first operation, as on
    chain."""
    _check_listing(decimals, price, ltv, threshold, bonus, optimal)
    return Reserve(
        decimals=decimals, unit=10**decimals, isolation_unit=10 ** (decimals - 2), price=price, ltv=ltv,
        threshold=threshold, bonus=bonus,
        reserve_factor=reserve_factor, liquidation_fee=liquidation_fee, optimal=optimal, excess=RAY - optimal,
        base_rate=base_rate,
        variable_slope1=variable_slopes[0], variable_slope2=variable_slopes[1], stable_slope1=stable_slopes[0],
        stable_slope2=stable_slopes[1], base_stable_offset=stable_offsets[0], stable_excess_offset=stable_offsets[1],
        optimal_stable=optimal_stable, excess_stable=RAY - optimal_stable, borrowing=int(borrowing),
        stable_borrowing=int(stable_borrowing),
        flash_loans=int(flash_loans), supply_cap=supply_cap, borrow_cap=borrow_cap, last_updated=now,
    )  # fmt: skip


def _check_listing(decimals: int, price: int, ltv: int, threshold: int, bonus: int, optimal: int) -> None:
    """What initReserves, configureReserveAsCollateral, the strategy and the oracle would refuse."""
    if not 2 <= decimals <= 38:
        raise BadInput("reserve", "decimals", "2 to 38", decimals)
    if price <= 0:
        raise BadInput("reserve", "price", "above 0", price)
    if not 0 <= ltv <= threshold:
        raise BadInput("reserve", "ltv", f"0 to the threshold {threshold}", ltv)
    if threshold and not (bonus > 10_000 and (threshold * bonus + 5_000) // 10_000 <= 10_000):
        raise BadInput("reserve", "bonus", f"above 10000 and at most 10000 * 10000 / threshold {threshold}", bonus)
    if not threshold and bonus:
        raise BadInput("reserve", "bonus", "0 where the threshold is 0", bonus)
    if not 0 < optimal <= RAY:
        raise BadInput("reserve", "optimal", "above 0 and at most 1e27", optimal)


def _check_strategy(version: int, r: Reserve, k: int) -> None:
    """What strategy V2 stores: whole bps, the kink inside 1 % to 99 %, slopes in order, at most 1000 % in all."""
    if version < V330:
        return
    if r.decimals < 6:
        raise BadInput("market", f"reserves[{k}].decimals", "6 or more from 3.3 on", r.decimals)
    rates = (r.optimal, r.base_rate, r.variable_slope1, r.variable_slope2)
    if any(x % BPS_TO_RAY for x in rates):
        raise BadInput("market", f"reserves[{k}].strategy", "whole bps from 3.3 on", rates)
    if not MIN_OPTIMAL_BPS <= r.optimal // BPS_TO_RAY <= MAX_OPTIMAL_BPS:
        raise BadInput("market", f"reserves[{k}].optimal", "1 % to 99 % from 3.3 on", r.optimal)
    if r.variable_slope1 > r.variable_slope2:
        raise BadInput(
            "market", f"reserves[{k}].variable_slope2", f"at least slope 1 {r.variable_slope1}", r.variable_slope2
        )
    if (r.base_rate + r.variable_slope1 + r.variable_slope2) // BPS_TO_RAY > MAX_RATE_BPS:
        raise BadInput("market", f"reserves[{k}].strategy", "at most 1000 % a year", rates)
    if r.stable_borrowing:
        raise BadInput("market", f"reserves[{k}].stable_borrowing", "off from 3.3 on", r.stable_borrowing)


def new_market(
    version: str,
    reserves: Sequence[Reserve],
    accounts: int,
    *,
    treasury: int | None = None,
    umbrella: int = -1,
    categories: int = 8,
    delegations: int = 0,
    flash_premium: int = 5,
    flash_premium_to_protocol: int = 0,
) -> Market:
    """A market of `accounts` empty accounts, one more for the treasury unless it is named; ids of eModes are below
    `categories`."""
    number = parse(version)
    if len(reserves) > MAX_RESERVES:
        raise BadInput("market", "reserves", f"at most {MAX_RESERVES}", len(reserves))
    if not 1 <= categories <= 256:
        raise BadInput("market", "categories", "1 to 256", categories)
    count = accounts if treasury is not None else accounts + 1
    owner = treasury if treasury is not None else accounts
    if not 0 <= owner < count:
        raise BadInput("market", "treasury", f"an account below {count}", owner)
    if number == V302 and umbrella != -1:
        raise BadInput("market", "umbrella", "-1 in 3.0.2", umbrella)
    for k, reserve in enumerate(reserves):
        _check_strategy(number, reserve, k)
    return Market(
        list(reserves),
        [Holding() for _ in range(count * len(reserves))],
        [Account() for _ in range(count)],
        [Category() for _ in range(categories)],
        [Allowance() for _ in range(delegations)],
        [Settings(version=number, treasury=owner, umbrella=umbrella, flash_premium=flash_premium,
                  flash_premium_to_protocol=flash_premium_to_protocol)],
    )  # fmt: skip
