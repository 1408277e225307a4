"""What no section can know alone: names that must exist, amounts in the units of their assets."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from protocol_sim.errors import BadInput
from protocol_sim.numeric.units import scaled
from protocol_sim.protocols.aave_v3.rules import scaled_debt_mint, scaled_supply_mint
from protocol_sim.protocols.aave_v3.versions import VERSIONS
from protocol_sim.scenario import aave_v3, changes
from protocol_sim.scenario.check_books import check_books
from protocol_sim.scenario.ledger import check_inputs
from protocol_sim.scenario.pools import ConcentratedPool
from protocol_sim.scenario.price_checks import check_prices

if TYPE_CHECKING:
    from protocol_sim.scenario.scenario import Scenario


def check(scenario: "Scenario") -> None:
    """Raise BadInput for the first thing that does not fit together."""
    _clock(scenario)
    _names(scenario)
    _assets(scenario)
    check_prices(scenario)
    _feeds(scenario)
    _pools(scenario)
    _protocols(scenario)
    _accounts(scenario)
    _totals(scenario)
    check_books(scenario)
    _agents(scenario)
    changes.check_timeline(scenario)
    check_inputs(scenario)


def _clock(scenario: "Scenario") -> None:
    end = scenario.clock.start + scenario.clock.blocks * scenario.clock.block_time
    if end >= 2**40:
        raise BadInput(scenario.where, "clock", "an end before second 2**40, which is what the contracts hold", end)


def _names(scenario: "Scenario") -> None:
    if not scenario.assets:
        raise BadInput(scenario.where, "assets", "at least one asset", "nothing")
    for section in ("assets", "feeds", "protocols", "books", "pools", "agents"):
        seen: set[str] = set()
        for item in getattr(scenario, section):
            if item.name in seen:
                raise BadInput(scenario.where, f"{section}.{item.name}", "a name used once", "it twice")
            seen.add(item.name)


def known(scenario: "Scenario", key: str, what: str, name: str, names: Iterable[str]) -> None:
    """Refuse a name that is not declared."""
    names = list(names)
    if name not in names:
        raise BadInput(scenario.where, key, f"{what} that is declared ({', '.join(names) or 'none is'})", repr(name))


def _known_asset(scenario: "Scenario", key: str, name: str) -> None:
    known(scenario, key, "an asset", name, (asset.name for asset in scenario.assets))


def _positive(scenario: "Scenario", key: str, text: str, asset: str) -> None:
    if scenario.raw(text, asset, key) == 0:
        raise BadInput(scenario.where, key, "more than nothing", repr(text))


def _assets(scenario: "Scenario") -> None:
    for asset in scenario.assets:
        key = f"assets.{asset.name}"
        if asset.impact is not None:
            _positive(scenario, f"{key}.impact.depth", asset.impact.depth, asset.name)


def _feeds(scenario: "Scenario") -> None:
    pools = {pool.name: pool for pool in scenario.pools}
    for feed in scenario.feeds:
        if feed.kind != "chainlink":
            continue
        key = f"feeds.{feed.name}"
        _known_asset(scenario, f"{key}.base", feed.base)
        if feed.quote != "USD":
            _known_asset(scenario, f"{key}.quote", feed.quote)
        if feed.source == "outside":
            continue
        kind, _, name = feed.source.partition(":")
        if kind != "pool":
            raise BadInput(scenario.where, f"{key}.source", "'outside' or 'pool:NAME'", repr(feed.source))
        known(scenario, f"{key}.source", "a pool", name, pools)
        if feed.base not in pools[name].tokens:
            raise BadInput(scenario.where, f"{key}.source", f"a pool that holds {feed.base}", repr(feed.source))


def _pools(scenario: "Scenario") -> None:
    for pool in scenario.pools:
        key = f"pools.{pool.name}"
        for token in pool.tokens:
            _known_asset(scenario, f"{key}.tokens", token)
        if pool.tokens[0] == pool.tokens[1]:
            raise BadInput(scenario.where, f"{key}.tokens", "two different assets", f"{pool.tokens[0]!r} twice")
        if pool.kind == "uniswap-v3":
            _ranges(scenario, key, pool)
            continue
        for token, amount in zip(pool.tokens, pool.reserves, strict=True):
            _positive(scenario, f"{key}.reserves", amount, token)
            if scenario.raw(amount, token) >= 2**112:
                raise BadInput(scenario.where, f"{key}.reserves", "less than 2**112 raw units", repr(amount))


def _ranges(scenario: "Scenario", key: str, pool: ConcentratedPool) -> None:
    """One first price, and ticks that the pool knows; what the contract itself refuses, `world.concentrated` tries."""
    if (pool.price is None) == (pool.sqrt_price_x96 is None):
        found = "nothing" if pool.price is None else "both"
        raise BadInput(scenario.where, f"{key}.price", "either it or sqrt_price_x96", found)
    if pool.price is not None:
        try:
            scaled(pool.price, 36)
        except ValueError as error:
            raise BadInput(scenario.where, f"{key}.price", str(error), repr(pool.price)) from None
    for n, position in enumerate(pool.positions):
        at = f"{key}.positions.{n}"
        if position.lower_tick >= position.upper_tick:
            expected = f"more than the lower tick of {position.lower_tick}"
            raise BadInput(scenario.where, f"{at}.upper_tick", expected, position.upper_tick)
        for name, tick in (("lower_tick", position.lower_tick), ("upper_tick", position.upper_tick)):
            if tick % pool.tick_spacing:
                expected = f"a multiple of the tick spacing of {pool.tick_spacing}"
                raise BadInput(scenario.where, f"{at}.{name}", expected, tick)


def _protocols(scenario: "Scenario") -> None:
    for protocol in scenario.protocols:
        seen: set[str] = set()
        for reserve in protocol.reserves:
            key = f"protocols.{protocol.name}.reserves.{reserve.asset}"
            _known_asset(scenario, f"{key}.asset", reserve.asset)
            if reserve.asset in seen:
                raise BadInput(scenario.where, key, "one reserve an asset", "two")
            seen.add(reserve.asset)
            known(scenario, f"{key}.feed", "a feed", reserve.feed, (feed.name for feed in scenario.feeds))
            changes.check_collateral(scenario.where, key, reserve)
            if reserve.available_liquidity is not None:
                scenario.raw(reserve.available_liquidity, reserve.asset, f"{key}.available_liquidity")
        if protocol.kind == "aave-v3":
            aave_v3.check(scenario, protocol)


def _accounts(scenario: "Scenario") -> None:
    markets = {protocol.name: {reserve.asset for reserve in protocol.reserves} for protocol in scenario.protocols}
    seen: set[tuple[str, str]] = set()
    for account in scenario.accounts:
        key = f"accounts.{account.name}"
        known(scenario, f"{key}.protocol", "a protocol", account.protocol, markets)
        if (account.protocol, account.name) in seen:
            raise BadInput(scenario.where, key, f"one account of that name in {account.protocol}", "two")
        seen.add((account.protocol, account.name))
        for side in ("supplied", "borrowed"):
            amounts, scaled = getattr(account, side), getattr(account, f"scaled_{side}")
            for asset in (*amounts, *scaled):
                known(scenario, f"{key}.{side}.{asset}", f"a reserve of {account.protocol}", asset,
                      sorted(markets[account.protocol]))
            for asset, text in amounts.items():
                scenario.raw(text, asset, f"{key}.{side}.{asset}")
                if asset in scaled:
                    raise BadInput(scenario.where, f"{key}.{side}.{asset}", f"it or scaled_{side}.{asset}", "both")
        for asset in account.collateral or ():
            known(scenario, f"{key}.collateral", "an asset that the account supplies", asset,
                  (*account.supplied, *account.scaled_supplied))


def _totals(scenario: "Scenario") -> None:
    """What the accounts hold, in scaled units, is no more than what is said of the whole reserve.

    The roundings of Aave V3 below 3.5 are those of V2, which stands as version 0.
    """
    for protocol in scenario.protocols:
        accounts = [account for account in scenario.accounts if account.protocol == protocol.name]
        for reserve in protocol.reserves:
            name, key = reserve.asset, f"protocols.{protocol.name}.reserves.{reserve.asset}"
            supplied = [(a.scaled_supplied.get(name), a.supplied.get(name)) for a in accounts]
            borrowed = [(a.scaled_borrowed.get(name), a.borrowed.get(name)) for a in accounts]
            for total_key, total, index, holdings in (
                ("scaled_supply", reserve.scaled_supply, reserve.liquidity_index, supplied),
                ("scaled_variable_debt", reserve.scaled_variable_debt, reserve.variable_borrow_index, borrowed),
            ):
                version = VERSIONS[protocol.version] if protocol.kind == "aave-v3" else 0
                mint = scaled_supply_mint if total_key == "scaled_supply" else scaled_debt_mint
                held = sum(
                    mint(version, scenario.raw(text, name), index) if text is not None else given or 0
                    for given, text in holdings
                )
                if total is not None and held > total:
                    raise BadInput(scenario.where, f"{key}.{total_key}", f"at least the accounts' sum of {held}", total)


def _agents(scenario: "Scenario") -> None:
    pools = [pool.name for pool in scenario.pools]
    protocols = [protocol.name for protocol in scenario.protocols]
    for agent in scenario.agents:
        key = f"agents.{agent.name}"
        for pool in agent.pools:
            known(scenario, f"{key}.pools", "a pool", pool, pools)
        if agent.kind != "liquidator":
            continue
        _known_asset(scenario, f"{key}.numeraire", agent.numeraire)
        scenario.raw(agent.gas, agent.numeraire, f"{key}.gas")
        scenario.raw(agent.min_profit, agent.numeraire, f"{key}.min_profit")
        for protocol in agent.protocols:
            known(scenario, f"{key}.protocols", "a protocol", protocol, protocols)
