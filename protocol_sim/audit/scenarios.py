"""A scenario as what is audited: one market a lending protocol, with its feeds, pools and accounts.

Prices are those of the first step. A liquidator's gas counts as the gas of a liquidation; a `chainlink` feed says its
deviation, heartbeat and delay, a `fixed` one has neither; a `rounds` feed says none of them.
"""

from fractions import Fraction

from protocol_sim.agents.view import View
from protocol_sim.audit.market import Feed, Holder, Market, Mode, Rates, Terms
from protocol_sim.audit.venues import Venues
from protocol_sim.errors import BadInput
from protocol_sim.protocols import base as protocols
from protocol_sim.scenario import Scenario, ledger
from protocol_sim.scenario.protocols import AaveV2, AaveV2Reserve, AaveV3, AaveV3Reserve
from protocol_sim.world import build
from protocol_sim.world.books import account_names

USD = 10**8


def of_scenario(scenario: Scenario) -> tuple[Market, ...]:
    """The markets, in the order of the file. BadInput for a scenario without one."""
    if not scenario.protocols:
        raise BadInput(scenario.where, "protocols", "a lending protocol to audit", "none")
    world = build(scenario)
    prices = {asset.name: Fraction(token.outside, USD) for asset, token in zip(scenario.assets, world.tokens,
                                                                               strict=True)}
    answers = {feed.name: row.answer for feed, row in zip(scenario.feeds, world.feeds, strict=True)}
    entries, gas = ledger(scenario), _gas(scenario, prices)
    decimals = {asset.name: asset.decimals for asset in scenario.assets}
    venues = Venues.of(scenario.where, decimals, prices, scenario.pools)
    return tuple(
        _market(scenario, protocol, prices, answers, gas).replaced(
            venues=venues, accounts=_accounts(scenario, world, p), ledger=entries)
        for p, protocol in enumerate(scenario.protocols)
    )


def _market(
    scenario: Scenario, protocol: AaveV2 | AaveV3, prices: dict[str, Fraction], answers: dict[str, int],
    gas: Fraction | None,
) -> Market:
    emodes: tuple[Mode, ...] = ()
    if isinstance(protocol, AaveV3):
        liquid = protocol.version != "3.0.2"
        emodes = tuple(
            Mode(e.id, "", e.ltv_bps, e.liquidation_threshold_bps, e.liquidation_bonus_bps, e.collateral,
                 e.borrowable if liquid else e.collateral)
            for e in protocol.emodes
        )
    feeds = {}
    for reserve in protocol.reserves:
        feed = next(feed for feed in scenario.feeds if feed.name == reserve.feed)
        if feed.kind == "chainlink":
            delay = feed.delay_blocks * scenario.clock.block_time
            feeds[reserve.asset] = Feed(feed.deviation_bps, feed.heartbeat, delay, 0)
        elif feed.kind == "fixed":
            feeds[reserve.asset] = Feed(0, 0, 0, 0)
    return Market(
        name=protocol.name, where=scenario.where, kind=protocol.kind,
        version=protocol.version if isinstance(protocol, AaveV3) else "1.0.1",
        reserves=tuple(_terms(scenario, protocol, r, prices, answers) for r in protocol.reserves), emodes=emodes,
        close_factor=protocol.close_factor_bps if isinstance(protocol, AaveV2) else 5_000,
        feeds=feeds, gas=gas,
    )


def _terms(
    scenario: Scenario, protocol: AaveV2 | AaveV3, r: AaveV2Reserve | AaveV3Reserve, prices: dict[str, Fraction],
    answers: dict[str, int],
) -> Terms:
    v3 = r if isinstance(r, AaveV3Reserve) else None
    return Terms(
        asset=r.asset, decimals=scenario.asset(r.asset).decimals, answer=answers[r.feed], price=prices[r.asset],
        ltv=r.ltv_bps, threshold=r.liquidation_threshold_bps, bonus=r.liquidation_bonus_bps,
        fee=v3.liquidation_protocol_fee_bps if v3 else 0, factor=r.reserve_factor_bps,
        supply_cap=v3.supply_cap if v3 else 0, borrow_cap=v3.borrow_cap if v3 else 0,
        ceiling=v3.debt_ceiling if v3 else 0, borrowing=r.borrowing_enabled,
        active=r.active, frozen=r.frozen, paused=protocol.paused or (v3 is not None and v3.paused),
        rates=Rates(r.rate.optimal_utilization_ray, r.rate.base, r.rate.slope1, r.rate.slope2),
    )


def _accounts(scenario: Scenario, world: View, p: int) -> tuple[Holder, ...] | None:
    """Who owes something, with what each supplies as collateral and owes at the first block; None: nobody."""
    name, now = scenario.protocols[p].name, world.clock[0].now
    assets = [reserve.asset for reserve in scenario.protocols[p].reserves]
    names = account_names(scenario, name)
    found = []
    for i, account in enumerate(world.protocols[p].accounts):
        if account.borrowing:
            held, owed = int(account.collateral), int(account.borrowing)
            supplied = {asset: int(protocols.collateral_of(world.protocols, p, i, k, now))
                        for k, asset in enumerate(assets) if held >> k & 1}
            borrowed = {asset: int(protocols.debt_of(world.protocols, p, i, k, now))
                        for k, asset in enumerate(assets) if owed >> k & 1}
            found.append(Holder(names[i], supplied, borrowed))
    return tuple(found) or None


def _gas(scenario: Scenario, prices: dict[str, Fraction]) -> Fraction | None:
    """The dearest of the liquidators, in USD."""
    costs = [
        Fraction(scenario.raw(agent.gas, agent.numeraire), 10 ** scenario.asset(agent.numeraire).decimals)
        * prices[agent.numeraire]
        for agent in scenario.agents if agent.kind == "liquidator"
    ]
    return max(costs, default=None)
