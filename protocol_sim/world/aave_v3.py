"""An Aave V3 market of a scenario, at its first block.

Indices and current rates are the scenario's; current rates of 0 are worked out from the strategy, as any operation
would have left them. What a scenario does not say of a whole reserve is the sum over its accounts; liquidity is then
what is supplied, less what is lent out and less the deficit. Accounts are entered as columns (`world.books`), one text
for named ones and books.
"""

from functools import partial
from typing import Any

import numpy as np

from protocol_sim.books.book import UNSAID, Book, Column, Flags
from protocol_sim.books.words import Words, positive, to_ints, to_words, total
from protocol_sim.errors import BadInput
from protocol_sim.numeric import RAY
from protocol_sim.protocols.aave_v3.configuration import set_frozen, sync_rates
from protocol_sim.protocols.aave_v3.rules import debt_balance, scaled_debt_mint, scaled_supply_mint, supply_balance
from protocol_sim.protocols.aave_v3.state import Account, Holding, Market, Reserve, new_market
from protocol_sim.protocols.aave_v3.versions import has_liquid_emodes
from protocol_sim.protocols.aave_v3.wakes import threshold_of
from protocol_sim.scenario.protocols import AaveV3, AaveV3EMode, AaveV3Reserve
from protocol_sim.scenario.scenario import Scenario
from protocol_sim.world.books import bitmaps, in_scaled_units, market_book, whole_reserve
from protocol_sim.world.packed import Packed


def market(protocol: AaveV3, scenario: Scenario, tables: bool = False) -> Market:
    """Accounts in the order of `world.books.market_book`, the treasury last; as tables, or as Python records."""
    book = market_book(scenario, protocol)
    made = new_market(
        protocol.version,
        [_reserve(spec, protocol.paused, scenario) for spec in protocol.reserves],
        0,
        categories=1 + max((emode.id for emode in protocol.emodes), default=0),
        flash_premium=protocol.flash_loan_premium_bps,
    )
    made.settings[0].treasury = len(book)
    for emode in protocol.emodes:
        _emode(made, protocol, emode)
    version, names = made.settings[0].version, [spec.asset for spec in protocol.reserves]
    asset = np.array([names.index(name) for name in book.assets] or [0], np.int64)[book.asset]
    supply = in_scaled_units(book.supplied, book.supplied_scaled, asset, [
        partial(_supplied, version, r.liquidity_index) for r in made.reserves
    ])
    debt = in_scaled_units(book.borrowed, book.borrowed_scaled, asset, [
        partial(_borrowed, version, r.variable_borrow_index) for r in made.reserves
    ])
    rows, owner = book.account * len(names) + asset, len(book) + 1
    holdings, accounts = Packed(Holding, owner * len(names)), Packed(Account, owner)
    holdings.put("scaled_supply", rows, supply)
    holdings.put("scaled_debt", rows, debt)
    for name, index, there in (("supply_index", "liquidity_index", positive(supply)),
                               ("debt_index", "variable_borrow_index", positive(debt))):
        indices = to_words([int(getattr(r, index)) for r in made.reserves])
        holdings.put(name, rows[there], indices[asset[there]])
    used = _used(made, book, asset) & positive(supply)
    collateral = bitmaps(owner, book.account, asset, used)
    _isolated_alone(scenario, protocol, book, collateral)
    everybody = np.arange(owner)
    accounts.put("collateral", everybody, collateral)
    accounts.put("borrowing", everybody, bitmaps(owner, book.account, asset, positive(debt)))
    accounts.put("emode", everybody[:-1], book.emode)
    for k, spec in enumerate(protocol.reserves):
        r, here = made.reserves[k], asset == k
        r.scaled_supply, r.scaled_debt = whole_reserve(scenario, spec, total(supply[here]), total(debt[here]))
        r.isolation_debt = spec.isolation_debt or 0
        if spec.isolation_debt is None and r.debt_ceiling:
            mine = collateral[book.account] == 1 << k
            r.isolation_debt = _isolation_debt(made, asset[mine], debt[mine])
        _totals(made, k, spec, scenario)
        if spec.frozen:
            set_frozen(made, k, 1)
    packed: list[Any] = [rows.table() if tables else rows.records() for rows in (holdings, accounts)]
    return made._replace(holdings=packed[0], accounts=packed[1])


def _supplied(version: int, index: int, amount: int) -> int:
    return scaled_supply_mint(version, amount, index)


def _borrowed(version: int, index: int, amount: int) -> int:
    return scaled_debt_mint(version, amount, index)


def _used(made: Market, book: Book, asset: Column) -> Flags:
    """Which entries are collateral; unsaid: where a first supply would be, which an isolated asset would not."""
    modes = sorted(set(book.emode.tolist()) | {0})
    able = np.array([[threshold_of(made, mode, k) != 0 and r.debt_ceiling == 0 for k, r in enumerate(made.reserves)]
                     for mode in modes])
    row = np.searchsorted(np.array(modes), book.emode)
    found: Flags = np.where(book.collateral == UNSAID, able[row[book.account], asset], book.collateral == 1)
    return found


def _isolated_alone(scenario: Scenario, protocol: AaveV3, book: Book, collateral: Column) -> None:
    """An isolated asset is an account's only collateral, or none."""
    for k, spec in enumerate(protocol.reserves):
        wrong = (collateral >> k & 1 == 1) & (collateral != 1 << k)
        if spec.debt_ceiling and wrong.any():
            key = f"accounts.{book.names[int(wrong.argmax())]}.collateral"
            raise BadInput(scenario.where, key, "an isolated asset alone", f"{spec.asset} among others")


def _reserve(spec: AaveV3Reserve, paused: bool, scenario: Scenario) -> Reserve:
    decimals, rate = scenario.asset(spec.asset).decimals, spec.rate
    return Reserve(
        liquidity_index=spec.liquidity_index,
        variable_borrow_index=spec.variable_borrow_index,
        liquidity_rate=spec.current_liquidity_rate,
        variable_rate=spec.current_variable_borrow_rate,
        stable_rate=spec.current_stable_borrow_rate,
        last_updated=scenario.clock.start if spec.last_update is None else spec.last_update,
        accrued_to_treasury=spec.accrued_to_treasury,
        deficit=spec.deficit,
        grace_until=spec.grace_until,
        ltv=spec.ltv_bps,
        threshold=spec.liquidation_threshold_bps,
        bonus=spec.liquidation_bonus_bps,
        reserve_factor=spec.reserve_factor_bps,
        liquidation_fee=spec.liquidation_protocol_fee_bps,
        decimals=decimals,
        unit=10**decimals,
        isolation_unit=10 ** (decimals - 2),
        supply_cap=spec.supply_cap,
        borrow_cap=spec.borrow_cap,
        debt_ceiling=spec.debt_ceiling,
        active=int(spec.active),
        paused=int(spec.paused or paused),
        borrowing=int(spec.borrowing_enabled),
        stable_borrowing=int(spec.stable_borrowing_enabled),
        flash_loans=int(spec.flash_loans_enabled),
        siloed=int(spec.siloed),
        borrowable_in_isolation=int(spec.borrowable_in_isolation),
        optimal=rate.optimal_utilization_ray,
        excess=RAY - rate.optimal_utilization_ray,
        base_rate=rate.base,
        variable_slope1=rate.slope1,
        variable_slope2=rate.slope2,
        stable_slope1=rate.stable_slope1,
        stable_slope2=rate.stable_slope2,
        base_stable_offset=rate.base_stable_offset,
        stable_excess_offset=rate.stable_excess_offset,
        optimal_stable=rate.optimal_stable_ray,
        excess_stable=RAY - rate.optimal_stable_ray,
    )


def _emode(made: Market, protocol: AaveV3, emode: AaveV3EMode) -> None:
    """A category and its assets."""
    names = [spec.asset for spec in protocol.reserves]
    row = made.categories[emode.id]
    row.ltv, row.threshold = emode.ltv_bps, emode.liquidation_threshold_bps
    row.bonus = emode.liquidation_bonus_bps
    if has_liquid_emodes(made.settings[0].version):
        row.collateral, row.borrowable, row.zero_ltv = (
            sum(1 << names.index(asset) for asset in set(assets))
            for assets in (emode.collateral, emode.borrowable, emode.zero_ltv)
        )
    else:
        for asset in emode.collateral:
            made.reserves[names.index(asset)].emode = emode.id


def _totals(made: Market, k: int, spec: AaveV3Reserve, scenario: Scenario) -> None:
    """Liquidity of a reserve, and rates where the scenario leaves them out."""
    version, r = made.settings[0].version, made.reserves[k]
    if spec.available_liquidity is not None:
        r.available_liquidity = scenario.raw(spec.available_liquidity, spec.asset)
    else:
        supplied = supply_balance(version, r.scaled_supply + r.accrued_to_treasury, r.liquidity_index)
        gone = debt_balance(version, r.scaled_debt, r.variable_borrow_index) + r.deficit
        if gone > supplied:
            key = f"protocols.reserves.{spec.asset}.available_liquidity"
            raise BadInput(scenario.where, key, "a value where more is borrowed than supplied", "nothing")
        r.available_liquidity = supplied - gone
    if not (r.liquidity_rate or r.variable_rate):
        sync_rates(version, r)


def _isolation_debt(made: Market, asset: Column, debt: Words) -> int:
    """What the entries of isolated accounts owe: USD with 2 decimals, each debt rounded down."""
    version, owed = made.settings[0].version, 0
    for j, scaled in zip(asset.tolist(), to_ints(debt), strict=True):
        r = made.reserves[j]
        owed += debt_balance(version, scaled, r.variable_borrow_index) // r.isolation_unit
    return owed
