"""What a finished world comes to: columns with names instead of indices, and the summary."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from protocol_sim.agents import view as v
from protocol_sim.agents.view import View
from protocol_sim.engine import events as E
from protocol_sim.engine.events import KIND_NAMES, Event
from protocol_sim.engine.positions import positions
from protocol_sim.results import Run, Summary, make_manifest
from protocol_sim.results.columns import Columns
from protocol_sim.scenario import Scenario, ledger
from protocol_sim.world import account_names


def outcome(
    scenario: Scenario,
    world: View,
    events: Sequence[Event],
    *,
    seed: int,
    path: int,
    engine: str,
    custom: Sequence[str] = (),
) -> Run:
    """The `Run` of a finished world; `custom` are the names of a user's own agents, in order."""
    where = positions(scenario, world)
    again = f"seed={seed}, engine={engine!r}" + (f", path={path}" if path else "")
    manifest = make_manifest(
        scenario=scenario.name,
        scenario_digest=scenario.digest(),
        seed=seed,
        engine=engine,
        command=f"protocol_sim.run(load_scenario({scenario.where!r}), {again})",
    )
    manifest = replace(manifest, path=path)
    columns = event_columns(scenario, events, custom)
    return Run(columns, series(scenario, world), where, summary(world, where), manifest, ledger(scenario))


def event_columns(scenario: Scenario, events: Sequence[Event], custom: Sequence[str] = ()) -> Columns:
    """One row an event.

    A liquidation repays `amount_in` of `asset_in` and seizes `amount_out` of `asset_out`; a report changes an answer
    from `amount_in` to `amount_out`, `undisturbed` being what it would be had no liquidator ever traded. `cause` is the
    event that made the liquidation possible: the last report that landed on one of the two assets.
    """
    agents = [*(a.name for a in scenario.agents), *custom]
    markets = [p.name for p in scenario.protocols]
    accounts = [account_names(scenario, name) for name in markets]
    assets = [[r.asset for r in p.reserves] for p in scenario.protocols]
    names = ("event", "step", "block", "time", "round", "kind", "agent", "protocol", "subject", "code", "cause",
             "asset_in", "amount_in", "asset_out", "amount_out", "profit", "undisturbed")
    columns: Columns = {name: [] for name in names}
    for e in events:
        traded = e.kind in (E.LIQUIDATION, E.FAILED)
        pair: tuple[str | None, str | None] = (None, None)
        if traded:
            names_of = assets[e.protocol]
            subject, pair = accounts[e.protocol][e.which], (names_of[e.asset_in], names_of[e.asset_out])
        elif e.kind == E.ARBITRAGE:
            pool = scenario.pools[e.which]
            subject, pair = pool.name, (pool.tokens[e.asset_in], pool.tokens[e.asset_out])
        elif e.kind == E.REPORT:
            subject = scenario.feeds[e.which].name
        else:
            subject = f"timeline.{e.which}"
            if e.protocol >= 0:
                pair = (assets[e.protocol][e.asset_in], None)
        row = (
            e.number, e.step, e.block, e.now, e.turn, KIND_NAMES[e.kind],
            agents[e.agent] if e.agent >= 0 else None, markets[e.protocol] if e.protocol >= 0 else None,
            subject, e.code, e.cause if traded and e.cause > 0 else None, pair[0], e.amount_in, pair[1], e.amount_out,
            e.third if traded else None, e.third if e.kind == E.REPORT else None,
        )
        for name, cell in zip(names, row, strict=True):
            columns[name].append(int(cell) if isinstance(cell, int) else cell)  # a Wide constant is an int too
    return columns


def series(scenario: Scenario, world: View) -> Columns:
    """One row a step, as it stood at the step's end: outside prices (USD, 8 decimals), answers, counts so far."""
    steps, clock = scenario.clock.steps, scenario.clock
    names = [f"outside.{a.name}" for a in scenario.assets] + [f"answer.{feed.name}" for feed in scenario.feeds]
    names += ["liquidations", "failed"]
    blocks = [(step + 1) * clock.blocks_per_step for step in range(steps)]
    columns: Columns = {"step": list(range(steps)), "block": blocks}
    columns["time"] = [clock.start + block * clock.block_time for block in blocks]
    for n, name in enumerate(names):
        columns[name] = [int(row.value) for row in world.samples[n :: len(names)]]
    return columns


def summary(world: View, where: Columns) -> Summary:
    """Totals; bad debt is what an account's debt is worth above its collateral, at the last outside prices, and what
    the protocols have written off (`written_off`)."""
    held: dict[tuple[Any, Any], int] = {}
    rows = zip(where["protocol"], where["account"], where["collateral_usd"], where["debt_usd"], strict=True)
    for protocol, account, collateral, debt in rows:
        held[protocol, account] = held.get((protocol, account), 0) + debt - collateral
    bad = [short for short in held.values() if short > 0]
    return totals(world.clock[0], world.agents, world.tokens, sum(bad) + written_off(world), len(bad))


def written_off(world: Any) -> int:
    """Debt that no account owes any more, because the protocol burnt it when nothing stood behind it (the deficits of
    Aave's reserves from 3.3 on): USD, 8 decimals, at the last outside prices. A world of records or of tables."""
    total = 0
    for p, market in enumerate(world.protocols):
        rows = market.reserves
        if "deficit" in getattr(rows, "record", type(rows[0])).__annotations__:
            deficits = rows.column("deficit") if hasattr(rows, "column") else [row.deficit for row in rows]
            for k, deficit in enumerate(deficits):
                if deficit:
                    token = world.tokens[world.links[world.venues[p].first_link + k].token]
                    total += int(deficit) * token.outside // token.unit
    return total


def totals(
    clock: v.Clock, agents: Sequence[v.Agent], tokens: Sequence[v.Token], bad_debt: int, accounts: int
) -> Summary:
    """The summary of a world of which bad debt (USD, 8 decimals) and the number of accounts with it are known."""
    acting = [a for a in agents if a.kind != v.ARBITRAGEUR]
    first = acting[0].numeraire if acting else 0
    gas = sum(_in(tokens, a.gas_spent, a.numeraire, first) for a in acting)
    gains = sum(_in(tokens, a.gains - (a.gas_spent - a.actions * a.gas), a.numeraire, first) for a in acting)
    return Summary(
        blocks=clock.block,
        liquidations=clock.liquidations,
        failed=clock.failed,
        arbitrages=clock.arbitrages,
        bad_debt=bad_debt,
        bad_debt_accounts=accounts,
        repaid_usd=clock.repaid_usd,
        seized_usd=clock.seized_usd,
        liquidator_profit=gains,
        gas_spent=gas,
        borrower_loss_usd=clock.seized_usd - clock.repaid_usd,
        event_hash=f"{clock.hash:016x}",
    )


def _in(tokens: Sequence[v.Token], amount: int, token: int, numeraire: int) -> int:
    """An amount of one numeraire in another, at the last outside prices."""
    if token == numeraire:
        return amount
    one, other = tokens[token], tokens[numeraire]
    return amount * one.outside * other.unit // (one.unit * other.outside)
