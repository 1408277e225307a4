"""The lending protocols of a scenario: one class a `kind`; a further one is a class and an entry in `Protocol`."""

from typing import Annotated, Literal

from pydantic import Field

from protocol_sim.scenario.base import Amount, Bps, Count, Flag, Name, Section, Wide

RAY = 10**27


class AaveV2Rate(Section):
    """The interest rate strategy (`DefaultReserveInterestRateStrategy.sol`). All in ray; rates are per year."""

    optimal_utilization_ray: Annotated[Wide, Field(gt=0, lt=RAY)]
    base: Wide = 0
    slope1: Wide = 0
    slope2: Wide = 0
    stable_slope1: Wide = 0
    stable_slope2: Wide = 0
    market_stable_rate: Wide = 0                   # the lending rate oracle's answer


class AaveV2Reserve(Section):
    """One reserve: its configuration, its rate strategy and its state at the first block."""

    asset: Name
    feed: Name
    ltv_bps: Bps = 0
    liquidation_threshold_bps: Bps = 0             # 0: no collateral
    liquidation_bonus_bps: Bps = 0                 # 10_500 = 5 % more than the debt's worth; 0 with threshold 0
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


Protocol = AaveV2
