"""The lending protocols of a scenario: one class a `kind`; a further one is a class and an entry in `Protocol`."""

from typing import Annotated, Literal

from pydantic import Field, StrictInt

from protocol_sim.scenario.base import Amount, Bps, Count, Flag, Name, Section, Wide

RAY = 10**27
Cap = Annotated[StrictInt, Field(ge=0, lt=2**36)]


class AaveV2Rate(Section):
    """The interest rate strategy (`DefaultReserveInterestRateStrategy.sol`). All in ray; rates are per year."""

    optimal_utilization_ray: Annotated[Wide, Field(gt=0, lt=RAY)]
    base: Wide = 0
    slope1: Wide = 0
    slope2: Wide = 0
    stable_slope1: Wide = 0
    stable_slope2: Wide = 0
    market_stable_rate: Wide = 0                   # the lending rate oracle's answer


class Reserve(Section):
    """What every kind of reserve has."""

    asset: Name
    feed: Name
    ltv_bps: Bps = 0
    liquidation_threshold_bps: Bps = 0             # 0: no collateral
    liquidation_bonus_bps: Bps = 0                 # 10_500 = 5 % more than the debt's worth; 0 with threshold 0


class AaveV2Reserve(Reserve):
    """One reserve: its configuration, its rate strategy and its state at the first block."""

    reserve_factor_bps: Bps = 0
    borrowing_enabled: Flag = True
    stable_borrowing_enabled: Flag = False
    active: Flag = True
    frozen: Flag = False
    rate: AaveV2Rate
    liquidity_index: Annotated[Wide, Field(ge=RAY)] = RAY                  # ray
    variable_borrow_index: Annotated[Wide, Field(ge=RAY)] = RAY            # ray
    current_liquidity_rate: Wide = 0               # ray per year, as is current_*_rate below
    current_variable_borrow_rate: Wide = 0
    current_stable_borrow_rate: Wide = 0
    last_update: Count | None = None               # unix seconds; absent: the clock's start
    available_liquidity: Amount | None = None      # underlying in the aToken; absent: supplied minus borrowed
    scaled_supply: Wide | None = None              # of the whole reserve; absent: the sum over the accounts
    scaled_variable_debt: Wide | None = None       # of the whole reserve; absent: the sum over the accounts


class AaveV2(Section):
    """An Aave V2 market."""

    name: Name
    kind: Literal["aave-v2"]
    close_factor_bps: Annotated[Bps, Field(gt=0, le=10_000)] = 5_000       # a constant on chain: 50 %
    flash_loan_premium_bps: Bps = 9
    max_stable_rate_borrow_bps: Bps = 2_500        # of the available liquidity
    paused: Flag = False
    reserves: Annotated[tuple[AaveV2Reserve, ...], Field(min_length=1, max_length=128)]


class AaveV3Rate(Section):
    """The interest rate strategy. All in ray, rates per year; from 3.3 on whole bps (10**23), no `stable_*`."""

    optimal_utilization_ray: Annotated[Wide, Field(gt=0, le=RAY)]
    base: Wide = 0
    slope1: Wide = 0
    slope2: Wide = 0
    stable_slope1: Wide = 0
    stable_slope2: Wide = 0
    base_stable_offset: Wide = 0                   # over slope1
    stable_excess_offset: Wide = 0
    optimal_stable_ray: Annotated[Wide, Field(le=RAY)] = 2 * RAY // 10     # share of stable in all debt


class AaveV3Reserve(Reserve):
    """One reserve: its configuration, its rate strategy and its state at the first block. The feed has 8 decimals."""

    liquidation_protocol_fee_bps: Annotated[Bps, Field(le=10_000)] = 0     # of the bonus, to the treasury
    reserve_factor_bps: Annotated[Bps, Field(le=10_000)] = 0
    supply_cap: Cap = 0                            # whole tokens, 0: none
    borrow_cap: Cap = 0                            # whole tokens, 0: none
    debt_ceiling: Annotated[StrictInt, Field(ge=0, lt=2**40)] = 0          # USD with 2 decimals; not 0: isolated
    isolation_debt: Wide | None = None             # USD with 2 decimals; absent: what the isolated accounts owe
    borrowing_enabled: Flag = True
    stable_borrowing_enabled: Flag = False         # 3.0.2
    borrowable_in_isolation: Flag = False
    siloed: Flag = False
    flash_loans_enabled: Flag = True
    active: Flag = True
    frozen: Flag = False
    paused: Flag = False
    grace_until: Count = 0                         # unix seconds: no liquidation up to it (from 3.3 on)
    rate: AaveV3Rate
    liquidity_index: Annotated[Wide, Field(ge=RAY)] = RAY                  # ray
    variable_borrow_index: Annotated[Wide, Field(ge=RAY)] = RAY            # ray
    current_liquidity_rate: Wide = 0               # ray per year, as is current_*_rate below
    current_variable_borrow_rate: Wide = 0
    current_stable_borrow_rate: Wide = 0
    last_update: Count | None = None               # unix seconds; absent: the clock's start
    available_liquidity: Amount | None = None      # the virtual balance from 3.3 on; absent: supplied minus borrowed
    scaled_supply: Wide | None = None              # of the whole reserve; absent: the sum over the accounts
    scaled_variable_debt: Wide | None = None       # of the whole reserve; absent: the sum over the accounts
    accrued_to_treasury: Wide = 0                  # scaled
    deficit: Wide = 0                              # raw, from 3.3 on


class AaveV3EMode(Section):
    """An eMode. A price source of its own (3.0.2) is not part of a scenario: every asset keeps its feed."""

    id: Annotated[StrictInt, Field(ge=1, le=255)]
    ltv_bps: Annotated[Bps, Field(gt=0)]
    liquidation_threshold_bps: Annotated[Bps, Field(gt=0)]
    liquidation_bonus_bps: Bps
    collateral: tuple[Name, ...] = ()              # reserves that count as collateral; in 3.0.2: its assets
    borrowable: tuple[Name, ...] = ()              # from 3.3 on
    zero_ltv: tuple[Name, ...] = ()                # collateral that lends nothing (3.6)
    accounts: tuple[Name, ...] = ()                # who is in it


class AaveV3(Section):
    """An Aave V3 market, without stable debt, sentinel and credit delegation at the first block."""

    name: Name
    kind: Literal["aave-v3"]
    version: Literal["3.0.2", "3.3", "3.4", "3.5", "3.6"]
    flash_loan_premium_bps: Annotated[Bps, Field(le=10_000)] = 5
    paused: Flag = False                           # every reserve
    reserves: Annotated[tuple[AaveV3Reserve, ...], Field(min_length=1, max_length=62)]
    emodes: tuple[AaveV3EMode, ...] = ()


Protocol = Annotated[AaveV2 | AaveV3, Field(discriminator="kind")]
