"""An Aave V2 market of a scenario, at its first block.

Indices and current rates are the scenario's; current rates of 0 are worked out from the strategy, as any operation
would have left them. What a scenario does not say of a whole reserve is the sum over its accounts; liquidity is then
what is supplied and not lent out.
"""

from protocol_sim.errors import BadInput
from protocol_sim.numeric import RAY, ray_div_half_up, ray_mul_half_up
from protocol_sim.protocols.aave_v2.rules import interest_rates
from protocol_sim.protocols.aave_v2.state import Market, Reserve, new_market
from protocol_sim.scenario.accounts import Account
from protocol_sim.scenario.protocols import AaveV2, AaveV2Reserve
from protocol_sim.scenario.scenario import Scenario


def market(protocol: AaveV2, scenario: Scenario) -> Market:
    """Account i of the market is the i-th account of the scenario in this protocol; the treasury comes last."""
    accounts = [a for a in scenario.accounts if a.protocol == protocol.name]
    made = new_market([_reserve(spec, scenario) for spec in protocol.reserves], len(accounts))
    settings = made.settings[0]
    settings.paused, settings.close_factor = int(protocol.paused), protocol.close_factor_bps
    settings.flash_premium = protocol.flash_loan_premium_bps
    settings.max_stable_loan = protocol.max_stable_rate_borrow_bps
    for i, account in enumerate(accounts):
        _enter(made, protocol, scenario, i, account)
    for k, spec in enumerate(protocol.reserves):
        _totals(made, k, spec, scenario)
    return made


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


def _enter(made: Market, protocol: AaveV2, scenario: Scenario, i: int, account: Account) -> None:
    """Scaled balances and the bitmaps of one account."""
    supplies = account.supplied.keys() | account.scaled_supplied.keys()
    for k, spec in enumerate(protocol.reserves):
        name, r, h = spec.asset, made.reserves[k], made.holdings[i * len(protocol.reserves) + k]
        h.scaled_supply = account.scaled_supplied.get(name, 0)
        h.scaled_debt = account.scaled_borrowed.get(name, 0)
        if name in account.supplied:
            h.scaled_supply = ray_div_half_up(scenario.raw(account.supplied[name], name), r.liquidity_index)
        if name in account.borrowed:
            h.scaled_debt = ray_div_half_up(scenario.raw(account.borrowed[name], name), r.variable_borrow_index)
        used = name in supplies if account.collateral is None else name in account.collateral
        if used and h.scaled_supply:
            made.accounts[i].collateral |= 1 << k
        if h.scaled_debt:
            made.accounts[i].borrowing |= 1 << k


def _totals(made: Market, k: int, spec: AaveV2Reserve, scenario: Scenario) -> None:
    """Totals and liquidity of a reserve, and rates where the scenario leaves them out."""
    r, rows = made.reserves[k], made.holdings[k :: len(made.reserves)]
    r.scaled_supply = sum(h.scaled_supply for h in rows) if spec.scaled_supply is None else spec.scaled_supply
    r.scaled_debt = sum(h.scaled_debt for h in rows) if spec.scaled_variable_debt is None else spec.scaled_variable_debt
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
        debt = ray_mul_half_up(r.scaled_debt, r.variable_borrow_index)
        rates = interest_rates(r, r.available_liquidity, 0, debt, 0)
        r.liquidity_rate, r.stable_rate, r.variable_rate = rates.liquidity, rates.stable, rates.variable
