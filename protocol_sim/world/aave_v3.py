"""An Aave V3 market of a scenario, at its first block.

Indices and current rates are the scenario's; current rates of 0 are worked out from the strategy, as any operation
would have left them. What a scenario does not say of a whole reserve is the sum over its accounts; liquidity is then
what is supplied, less what is lent out and less the deficit.
"""

from protocol_sim.errors import BadInput
from protocol_sim.numeric import RAY
from protocol_sim.protocols.aave_v3.account import has, isolated_by, with_bit
from protocol_sim.protocols.aave_v3.configuration import set_frozen, sync_rates
from protocol_sim.protocols.aave_v3.rules import debt_balance, scaled_debt_mint, scaled_supply_mint, supply_balance
from protocol_sim.protocols.aave_v3.state import Market, Reserve, new_market
from protocol_sim.protocols.aave_v3.versions import has_liquid_emodes
from protocol_sim.protocols.aave_v3.wakes import threshold_of
from protocol_sim.scenario.accounts import Account
from protocol_sim.scenario.protocols import AaveV3, AaveV3EMode, AaveV3Reserve
from protocol_sim.scenario.scenario import Scenario


def market(protocol: AaveV3, scenario: Scenario) -> Market:
    """Account i of the market is the i-th account of the scenario in this protocol; the treasury comes last."""
    accounts = [a for a in scenario.accounts if a.protocol == protocol.name]
    made = new_market(
        protocol.version,
        [_reserve(spec, protocol.paused, scenario) for spec in protocol.reserves],
        len(accounts),
        categories=1 + max((emode.id for emode in protocol.emodes), default=0),
        flash_premium=protocol.flash_loan_premium_bps,
    )
    for emode in protocol.emodes:
        _emode(made, protocol, emode, [account.name for account in accounts])
    for i, account in enumerate(accounts):
        _enter(made, protocol, scenario, i, account)
    for k, spec in enumerate(protocol.reserves):
        _totals(made, k, spec, scenario)
        if spec.frozen:
            set_frozen(made, k, 1)
    return made


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


def _emode(made: Market, protocol: AaveV3, emode: AaveV3EMode, accounts: list[str]) -> None:
    """A category, its assets and who is in it."""
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
    for name in emode.accounts:
        made.accounts[accounts.index(name)].emode = emode.id


def _enter(made: Market, protocol: AaveV3, scenario: Scenario, i: int, account: Account) -> None:
    """Scaled balances and the bitmaps of one account."""
    version, row = made.settings[0].version, made.accounts[i]
    for k, spec in enumerate(protocol.reserves):
        name, r, h = spec.asset, made.reserves[k], made.holdings[i * len(protocol.reserves) + k]
        h.scaled_supply = account.scaled_supplied.get(name, 0)
        h.scaled_debt = account.scaled_borrowed.get(name, 0)
        if name in account.supplied:
            amount = scenario.raw(account.supplied[name], name)
            h.scaled_supply = scaled_supply_mint(version, amount, r.liquidity_index)
        if name in account.borrowed:
            amount = scenario.raw(account.borrowed[name], name)
            h.scaled_debt = scaled_debt_mint(version, amount, r.variable_borrow_index)
        h.supply_index = r.liquidity_index if h.scaled_supply else 0
        h.debt_index = r.variable_borrow_index if h.scaled_debt else 0
        able = threshold_of(made, row.emode, k) != 0 and r.debt_ceiling == 0
        used = able if account.collateral is None else name in account.collateral
        row.collateral = with_bit(row.collateral, k, int(used and h.scaled_supply > 0))
        row.borrowing = with_bit(row.borrowing, k, int(h.scaled_debt > 0))
    for k, spec in enumerate(protocol.reserves):
        if has(row.collateral, k) and made.reserves[k].debt_ceiling and row.collateral != 1 << k:
            key = f"accounts.{account.name}.collateral"
            raise BadInput(scenario.where, key, "an isolated asset alone", f"{spec.asset} among others")


def _totals(made: Market, k: int, spec: AaveV3Reserve, scenario: Scenario) -> None:
    """Totals and liquidity of a reserve, and rates where the scenario leaves them out."""
    version, r, rows = made.settings[0].version, made.reserves[k], made.holdings[k :: len(made.reserves)]
    r.scaled_supply = sum(h.scaled_supply for h in rows) if spec.scaled_supply is None else spec.scaled_supply
    r.scaled_debt = sum(h.scaled_debt for h in rows) if spec.scaled_variable_debt is None else spec.scaled_variable_debt
    r.isolation_debt = _isolation_debt(made, k) if spec.isolation_debt is None else spec.isolation_debt
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


def _isolation_debt(made: Market, k: int) -> int:
    """What accounts owe whose only collateral is k, if k is isolated: 2 decimals, each debt rounded down."""
    version, count, total = made.settings[0].version, len(made.reserves), 0
    for i, account in enumerate(made.accounts):
        if isolated_by(made, account) == k:
            for j, r in enumerate(made.reserves):
                owed = debt_balance(version, made.holdings[i * count + j].scaled_debt, r.variable_borrow_index)
                total += owed // r.isolation_unit
    return total
