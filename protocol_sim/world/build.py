"""World: protocols, feeds, pools and agents of a scenario as the rows that rules read. Data, no behaviour.

Names become indices in the order of the file, and every tie in a run is broken by those.
"""

from collections.abc import Callable
from typing import Any

from protocol_sim.agents import view as v
from protocol_sim.agents.sources import source_price, tell
from protocol_sim.agents.view import View
from protocol_sim.amms.constant_product import Pool
from protocol_sim.amms.pairs import Pairs
from protocol_sim.oracles import feed as f
from protocol_sim.oracles.feed import Feed
from protocol_sim.oracles.rounds import Round
from protocol_sim.protocols.parameters import KEYS
from protocol_sim.scenario import Scenario
from protocol_sim.scenario.agents import Liquidator
from protocol_sim.scenario.assets import Asset
from protocol_sim.scenario.pools import ConcentratedPool, ConstantProductPool
from protocol_sim.world import aave_v2, aave_v3
from protocol_sim.world.concentrated import concentrated
from protocol_sim.world.outside import Outside, Table

OPTIMAL_SIZES = 8
MARKETS: dict[str, Callable[[Any, Scenario, bool], Any]] = {"aave-v2": aave_v2.market, "aave-v3": aave_v3.market}


def build(scenario: Scenario, seed: int | None = None, path: int = 0, tables: bool = False) -> View:
    """The world of a scenario before its first block, on price path `path` of `seed` (default: the scenario's).

    `tables`: accounts and holdings as tables of the compiled engine, without a Python object a row.
    """
    tokens = {asset.name: n for n, asset in enumerate(scenario.assets)}
    places = {pool.name: n for n, pool in enumerate(scenario.pools)}
    feeds, history = _feeds(scenario, tokens, places)
    links, venues = _links(scenario, tokens)
    world = View(
        clock=[_clock(scenario)],
        tokens=[_token(scenario, asset) for asset in scenario.assets],
        feeds=feeds,
        rounds=history,
        links=links,
        venues=venues,
        places=_places(scenario, tokens),
        routes=[route for agent in scenario.agents for route in _routes(scenario, agent)],
        agents=[_agent(scenario, agent, tokens) for agent in scenario.agents],
        entries=_entries(scenario),
        path=path_rows(Outside(scenario, compiled=False).table(scenario.seed if seed is None else seed, path)),
        samples=[v.Sample() for _ in range(scenario.clock.steps * (len(scenario.assets) + len(feeds) + 2))],
        protocols=tuple(MARKETS[protocol.kind](protocol, scenario, tables) for protocol in scenario.protocols),
        pools=_pools(scenario),
    )
    _begin(world)
    return world


def _begin(world: View) -> None:
    """Outside prices, answers and protocol prices as they stand before the first block."""
    for k, token in enumerate(world.tokens):
        token.exogenous = token.outside = world.path[k].usd
    for n, feed in enumerate(world.feeds):
        feed.updated_at = world.clock[0].now
        if feed.kind == f.CHAINLINK:
            feed.answer = source_price(world, n, 1)
        elif feed.kind == f.ROUNDS:
            feed.answer = world.rounds[feed.next_round].answer  # the round at block 0 stands already
            feed.next_round += 1
        feed.pure_answer = feed.answer
    for m in range(len(world.links)):
        tell(world, m)


def _clock(scenario: Scenario) -> v.Clock:
    clock = scenario.clock
    rounds = max((a.max_rounds for a in scenario.agents if a.kind == "liquidator"), default=1)
    return v.Clock(
        now=clock.start, block_time=clock.block_time, blocks_per_step=clock.blocks_per_step, max_rounds=rounds,
        max_actions=clock.liquidations_per_block,
    )


def _token(scenario: Scenario, asset: Asset) -> v.Token:
    row = v.Token(unit=10**asset.decimals)
    if asset.impact is not None:
        row.depth, row.recovery = scenario.raw(asset.impact.depth, asset.name), asset.impact.recovery
    return row


def path_rows(table: Table) -> list[v.Price]:
    """A table of outside prices (steps x assets) as rows."""
    return [v.Price(usd=usd) for usd in table.ravel().tolist()]


def _places(scenario: Scenario, tokens: dict[str, int]) -> list[v.Place]:
    """Where each pool stands: family 0 holds the pairs, family 1 the pools with concentrated liquidity."""
    rows, counts = [], [0, 0]
    for pool in scenario.pools:
        family = int(isinstance(pool, ConcentratedPool))
        token0, token1 = (tokens[token] for token in pool.tokens)
        rows.append(v.Place(family=family, pool=counts[family], token0=token0, token1=token1))
        counts[family] += 1
    return rows


def _pools(scenario: Scenario) -> tuple[Any, ...]:
    """The families of pools; a world without concentrated liquidity does without that family, compiled too."""
    pairs = Pairs([_pool(scenario, pool) for pool in scenario.pools if isinstance(pool, ConstantProductPool)])
    ranges = [pool for pool in scenario.pools if isinstance(pool, ConcentratedPool)]
    return (pairs, concentrated(scenario, ranges)) if ranges else (pairs,)


def _pool(scenario: Scenario, pool: ConstantProductPool) -> Pool:
    reserve0, reserve1 = (scenario.raw(text, name) for text, name in zip(pool.reserves, pool.tokens, strict=True))
    row = Pool(reserve0=reserve0, reserve1=reserve1, balance0=reserve0, balance1=reserve1)
    row.timestamp_last = scenario.clock.start & 0xFFFF_FFFF
    if pool.fee_bps != 30:
        row.fee_numerator, row.fee_denominator = 10_000 - pool.fee_bps, 10_000
    return row


def _routes(scenario: Scenario, agent: Any) -> list[v.Route]:
    if isinstance(agent, Liquidator):
        return routes_to(scenario, agent.numeraire, agent.pools)
    return [v.Route() for _ in scenario.assets]


def routes_to(scenario: Scenario, numeraire: str, pools: tuple[str, ...]) -> list[v.Route]:
    """For each token the first pool (of `pools`, or of all) that trades it against the numeraire."""
    tokens = [asset.name for asset in scenario.assets]
    rows = [v.Route() for _ in tokens]
    for n, pool in enumerate(scenario.pools):
        if numeraire in pool.tokens and (not pools or pool.name in pools):
            sold_first = int(pool.tokens[1] == numeraire)
            row = rows[tokens.index(pool.tokens[0] if sold_first else pool.tokens[1])]
            if row.place == v.NONE:
                row.place, row.zero_for_one = n, sold_first
    return rows


def _agent(scenario: Scenario, agent: Any, tokens: dict[str, int]) -> v.Agent:
    if isinstance(agent, Liquidator):
        chosen = [p.name for p in scenario.protocols]
        return v.Agent(
            kind=v.LIQUIDATOR,
            numeraire=tokens[agent.numeraire],
            gas=scenario.raw(agent.gas, agent.numeraire),
            min_profit=scenario.raw(agent.min_profit, agent.numeraire),
            halt_ltv=agent.halt_ltv,
            sizes=agent.sizes if agent.close == "optimal" else 1,
            scope=_mask(chosen, agent.protocols),
        )
    when = v.ON_TOUCH if agent.when == "touch" else v.ON_BAND
    return v.Agent(kind=v.ARBITRAGEUR, when=when, scope=_mask([p.name for p in scenario.pools], agent.pools))


def _mask(names: list[str], chosen: tuple[str, ...]) -> int:
    return sum(1 << n for n, name in enumerate(names) if not chosen or name in chosen)


def _feeds(scenario: Scenario, tokens: dict[str, int], places: dict[str, int]) -> tuple[list[Feed], list[Round]]:
    rows: list[Feed] = []
    history: list[Round] = []
    for spec in scenario.feeds:
        row = Feed(one=10**spec.decimals)
        if spec.kind == "fixed":
            row.kind, row.answer = f.FIXED, spec.answer
        elif spec.kind == "rounds":
            row.kind, row.next_round, row.end_round = f.ROUNDS, len(history), len(history) + len(spec.rounds)
            history += [Round(block=block, answer=answer) for block, answer in spec.rounds]
        else:
            row.kind, row.base, row.quote = f.CHAINLINK, tokens[spec.base], tokens.get(spec.quote, v.NONE)
            row.deviation, row.heartbeat, row.delay = spec.deviation_bps, spec.heartbeat, spec.delay_blocks
            row.place = v.NONE if spec.source == "outside" else places[spec.source.removeprefix("pool:")]
        rows.append(row)
    return rows, history


def _links(scenario: Scenario, tokens: dict[str, int]) -> tuple[list[v.Link], list[v.Venue]]:
    names = [feed.name for feed in scenario.feeds]
    links: list[v.Link] = []
    venues = []
    for p, protocol in enumerate(scenario.protocols):
        venues.append(v.Venue(first_link=len(links)))
        for k, reserve in enumerate(protocol.reserves):
            links.append(v.Link(token=tokens[reserve.asset], feed=names.index(reserve.feed), protocol=p, asset=k))
    return links, venues


def _entries(scenario: Scenario) -> list[v.Entry]:
    protocols = [p.name for p in scenario.protocols]
    feeds = [feed.name for feed in scenario.feeds]
    rows = []
    for entry in sorted(scenario.timeline, key=lambda e: e.block):
        if entry.kind == "feed-outage":
            silent = v.Entry(block=entry.block, kind=v.SILENCE, protocol=v.NONE, asset=feeds.index(entry.feed))
            silent.value = entry.block + entry.blocks
            rows.append(silent)
            continue
        p = protocols.index(entry.protocol)
        row = v.Entry(block=entry.block, protocol=p)
        if entry.kind in ("set-parameter", "freeze", "swap-feed"):
            row.asset = [r.asset for r in scenario.protocols[p].reserves].index(entry.reserve)
        if entry.kind == "set-parameter":
            row.key, row.value = KEYS[entry.key], int(entry.value)
        elif entry.kind == "freeze":
            row.key, row.value = KEYS["frozen"], int(entry.frozen)
        elif entry.kind == "set-close-factor":
            row.key, row.value = KEYS["close_factor_bps"], entry.bps
        elif entry.kind == "pause":
            row.key, row.value = KEYS["paused"], int(entry.paused)
        else:
            row.kind, row.value = v.SWAP_FEED, feeds.index(entry.feed)
        rows.append(row)
    return rows
