"""An Aave V2 market of a scenario, at its first block.

Indices and current rates are the scenario's; current rates of 0 are worked out from the strategy, as any operation
would have left them. What a scenario does not say of a whole reserve is the sum over its accounts; liquidity is then
what is supplied and not lent out. Accounts are entered as columns (`world.books`), one text for named ones and books.
"""

from functools import partial
from typing import Any

import numpy as np

from protocol_sim.books.words import positive, total
from protocol_sim.errors import BadInput
from protocol_sim.numeric import RAY, ray_div_half_up, ray_mul_half_up
from protocol_sim.protocols.aave_v2.rules import interest_rates
from protocol_sim.protocols.aave_v2.state import Account, Holding, Market, Reserve, new_market
from protocol_sim.scenario.protocols import AaveV2, AaveV2Reserve
from protocol_sim.scenario.scenario import Scenario
from protocol_sim.world.books import bitmaps, in_scaled_units, market_book, whole_reserve
from protocol_sim.world.packed import Packed


def market(protocol: AaveV2, scenario: Scenario, tables: bool = False) -> Market:
    """Accounts in the order of `world.books.market_book`, the treasury last; as tables, or as Python records."""
    book = market_book(scenario, protocol)
    made = new_market([_reserve(spec, scenario) for spec in protocol.reserves], 0)
    settings = made.settings[0]
    settings.treasury, settings.paused = len(book), int(protocol.paused)
    settings.close_factor = protocol.close_factor_bps
    settings.flash_premium = protocol.flash_loan_premium_bps
    settings.max_stable_loan = protocol.max_stable_rate_borrow_bps
    names = [spec.asset for spec in protocol.reserves]
    asset = np.array([names.index(name) for name in book.assets] or [0], np.int64)[book.asset]
    supply = in_scaled_units(book.supplied, book.supplied_scaled, asset, [
        partial(_minted, index=r.liquidity_index) for r in made.reserves
    ])
    debt = in_scaled_units(book.borrowed, book.borrowed_scaled, asset, [
        partial(_minted, index=r.variable_borrow_index) for r in made.reserves
    ])
    rows, owner = book.account * len(names) + asset, len(book) + 1
    holdings, accounts = Packed(Holding, owner * len(names)), Packed(Account, owner)
    holdings.put("scaled_supply", rows, supply)
    holdings.put("scaled_debt", rows, debt)
    everybody = np.arange(owner)
    used = (book.collateral != 0) & positive(supply)
    accounts.put("collateral", everybody, bitmaps(owner, book.account, asset, used))
    accounts.put("borrowing", everybody, bitmaps(owner, book.account, asset, positive(debt)))
    for k, spec in enumerate(protocol.reserves):
        _totals(made, k, spec, scenario, total(supply[asset == k]), total(debt[asset == k]))
    packed: list[Any] = [rows.table() if tables else rows.records() for rows in (holdings, accounts)]
    return made._replace(holdings=packed[0], accounts=packed[1])


def _minted(amount: int, index: int) -> int:
    """Scaled units that the contract mints for an amount, supplied or borrowed."""
    return ray_div_half_up(amount, index)


def _reserve(spec: AaveV2Reserve, scenario: Scenario) -> Reserve:
    decimals, rate = scenario.asset(spec.asset).decimals, spec.rate
    return Reserve(
        liquidity_index=spec.liquidity_index,
        variable_borrow_index=spec.variable_borrow_index,
        liquidity_rate=spec.current_liquidity_rate,
        variable_rate=spec.current_variable_borrow_rate,
        stable_rate=spec.current_stable_borrow_rate,
        last_updated=scenario.clock.start if spec.last_update is None else spec.last_update,
        ltv=spec.ltv_bps,
        threshold=spec.liquidation_threshold_bps,
        bonus=spec.liquidation_bonus_bps,
        reserve_factor=spec.reserve_factor_bps,
        decimals=decimals,
        unit=10**decimals,
        active=int(spec.active),
        frozen=int(spec.frozen),
        borrowing=int(spec.borrowing_enabled),
        stable_borrowing=int(spec.stable_borrowing_enabled),
        optimal=rate.optimal_utilization_ray,
        excess=RAY - rate.optimal_utilization_ray,
        base_rate=rate.base,
        variable_slope1=rate.slope1,
        variable_slope2=rate.slope2,
        stable_slope1=rate.stable_slope1,
        stable_slope2=rate.stable_slope2,
        market_rate=rate.market_stable_rate,
    )


def _totals(made: Market, k: int, spec: AaveV2Reserve, scenario: Scenario, supply: int, debt: int) -> None:
    """Totals and liquidity of a reserve, and rates where the scenario leaves them out."""
    r = made.reserves[k]
    r.scaled_supply, r.scaled_debt = whole_reserve(scenario, spec, supply, debt)
    if spec.available_liquidity is not None:
        r.available_liquidity = scenario.raw(spec.available_liquidity, spec.asset)
    else:
        supplied = ray_mul_half_up(r.scaled_supply, r.liquidity_index)
        lent = ray_mul_half_up(r.scaled_debt, r.variable_borrow_index)
        if lent > supplied:
            key = f"protocols.reserves.{spec.asset}.available_liquidity"
            raise BadInput(scenario.where, key, "a value where more is borrowed than supplied", "nothing")
        r.available_liquidity = supplied - lent
    if not (r.liquidity_rate or r.variable_rate):
        owed = ray_mul_half_up(r.scaled_debt, r.variable_borrow_index)
        rates = interest_rates(r, r.available_liquidity, 0, owed, 0)
        r.liquidity_rate, r.stable_rate, r.variable_rate = rates.liquidity, rates.stable, rates.variable
