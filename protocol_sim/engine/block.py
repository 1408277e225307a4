"""The order of events in a block: one text for every engine, an executable specification. Integers only.

1. Time moves; timeline entries act. Nothing accrues until an operation touches it.
2. Reports decided earlier land; feeds with a new answer reprice what they price.
3. The outside price is the exogenous one times what sales have left of it.
4. Arbitrage acts on pools that have left the no-arbitrage band.
5. Feeds look at their sources; a report decided now lands at least one block later.
6. Agents propose on the state as it stands; proposals are ordered, validated again, executed; and again, because a sale
   can make another account worth taking. What does not fit is carried over.
"""

from typing import Any

from protocol_sim.agents import arbitrageur, liquidator
from protocol_sim.agents.sources import at_rest, source_price, tell
from protocol_sim.agents.view import ARBITRAGEUR, CHANGE, LIQUIDATOR, NONE, SCALE, SILENCE, View
from protocol_sim.engine import events as E
from protocol_sim.engine.hooks import (
    ahead,
    custom_proposals,
    custom_reports,
    feed_moved,
    find,
    note,
    parameters_changed,
    pool_moved,
    rules_out,
)
from protocol_sim.engine.proposals import Proposal, propose_into, sort
from protocol_sim.numeric import ZERO, mul_div_down, narrow, rule
from protocol_sim.oracles import feed as feeds
from protocol_sim.oracles import rounds
from protocol_sim.protocols import base as protocols

ROOMY = 2**60  # an impact is at most 2 SCALE


@rule
def run_block(w: View, f: Any, step: int) -> None:
    """One block, in the order of the docstring."""
    clock = w.clock[0]
    clock.now += clock.block_time
    clock.block += 1
    clock.step, clock.taken = step, 0
    act_on_timeline(w, f)
    land_reports(w, f)
    move_outside(w, step)
    arbitrage(w, f)
    look_at_sources(w, f)
    for turn in range(clock.max_rounds):
        if take_turn(w, f, turn) == 0:
            break


@rule
def act_on_timeline(w: View, f: Any) -> None:
    """Parameter changes and feed swaps that are due."""
    for n in range(len(w.entries)):
        entry = w.entries[n]
        if entry.done == 0 and entry.block <= w.clock[0].block:
            entry.done = 1
            if entry.kind == SILENCE:
                w.feeds[entry.asset].silent_until = narrow(entry.value)
                E.emit(f, w, E.timeline(n, NONE, NONE, 0))
                continue
            m = w.venues[entry.protocol].first_link + entry.asset
            code = 0
            if entry.kind == CHANGE:
                now = w.clock[0].now
                code = protocols.configure(w.protocols, entry.protocol, entry.key, entry.asset, entry.value, now)
            else:
                w.links[m].feed = narrow(entry.value)
                tell(w, m)
            parameters_changed(f, w, entry.protocol)
            E.emit(f, w, E.timeline(n, entry.protocol, entry.asset, code))


@rule
def land_reports(w: View, f: Any) -> None:
    """Feeds whose report is due take it, and write it into every protocol that they price."""
    clock = w.clock[0]
    for n in range(len(w.feeds)):
        feed = w.feeds[n]
        before = feed.answer
        if rounds.land(feed, w.rounds, clock.block, clock.now) > 0:
            clock.reports += 1
            E.emit(f, w, E.report(n, before, feed.answer, feed.pure_answer))
            feed.event = clock.events
            for m in range(len(w.links)):
                if w.links[m].feed == n:
                    tell(w, m)
            feed_moved(f, w, n)


@rule
def move_outside(w: View, step: int) -> None:
    """Outside prices: the path's, times an impact that decays towards none."""
    for k in range(len(w.tokens)):
        token = w.tokens[k]
        token.exogenous = w.path[step * len(w.tokens) + k].usd
        gap = SCALE - token.impact
        if gap == 0:
            token.outside = token.exogenous
            continue
        if gap > 0:
            token.impact += (gap + token.recovery - 1) // token.recovery
        else:
            token.impact -= (token.recovery - 1 - gap) // token.recovery
        token.outside = under_impact(token.exogenous, token.impact)


@rule
def under_impact(price: int, impact: int) -> int:
    """price * impact / SCALE, rounded down; in machine integers where they hold it."""
    if price < ROOMY:
        return price // SCALE * impact + price % SCALE * impact // SCALE
    return narrow(mul_div_down(ZERO + price, ZERO + impact, ZERO + SCALE))


@rule
def arbitrage(w: View, f: Any) -> None:
    """Every arbitrageur looks at every pool."""
    for a in range(len(w.agents)):
        for n in range(len(w.places)):
            if w.agents[a].kind == ARBITRAGEUR and w.agents[a].scope >> n & 1:
                side, x, y = arbitrageur.trade(w, a, n)
                if x > 0:
                    w.clock[0].arbitrages += 1
                    w.agents[a].actions += 1
                    pool_moved(f, w, n)
                    E.emit(f, w, E.arbitrage(a, n, side, x, y))


@rule
def look_at_sources(w: View, f: Any) -> None:
    """Feeds decide whether to report what they see."""
    for n in range(len(w.feeds)):
        if feeds.watches(w.feeds[n]) and not at_rest(w, n):
            seen = source_price(w, n, 1)
            if not feeds.is_quiet(w.feeds[n], seen, w.clock[0].block, w.clock[0].now):
                feeds.look(w.feeds[n], seen, source_price(w, n, 0), w.clock[0].block, w.clock[0].now)
    custom_reports(f, w)


@rule
def take_turn(w: View, f: Any, turn: int) -> int:
    """One round of proposals on a snapshot, executed in order; returns how many were tried."""
    clock = w.clock[0]
    n = custom_proposals(f, w, collect(w, f))
    sort(f.proposals, f.order, n)
    if clock.max_actions > 0:
        n = min(n, clock.max_actions - clock.taken)
    clock.taken += n
    for q in range(n):
        execute(w, f, f.proposals[f.order[q].account], turn)
    return n


@rule
def collect(w: View, f: Any) -> int:
    """Let every liquidator look at every account that the engine found; returns the number of proposals."""
    found, n = find(f, w), 0
    for q in range(found):
        ahead(f, w, q, found)
        p, i = f.candidates[q].protocol, f.candidates[q].account
        if rules_out(f, w, p, i):
            continue
        best = liquidator.UNPROFITABLE
        for a in range(len(w.agents)):
            if w.agents[a].kind == LIQUIDATOR and w.agents[a].scope >> p & 1:
                code = propose_into(f, w, n, a, p, i)
                if code == liquidator.OK:
                    n += 1
                if best != liquidator.OK:
                    best = code
        note(f, w, p, i, best)
    return n


@rule
def execute(w: View, f: Any, wanted: Proposal, turn: int) -> None:
    """Validate a proposal again on the state as it is now; a stale one fails and costs its gas."""
    clock, agent = w.clock[0], w.agents[wanted.agent]
    plan = liquidator.price_plan(w, wanted.agent, wanted.protocol, wanted.account, wanted.kc, wanted.kd, wanted.repaid)
    code = plan.code
    if code == liquidator.OK:
        code = liquidator.settle(w, wanted.agent, wanted.protocol, wanted.account, plan)
    if code == liquidator.OK:
        clock.liquidations += 1
        first = w.venues[wanted.protocol].first_link
        clock.repaid_usd += usd_value(w, w.links[first + plan.kd].token, plan.repaid)
        clock.seized_usd += usd_value(w, w.links[first + plan.kc].token, plan.seized)
        pools_moved(w, f, wanted)
    else:
        clock.failed += 1
        agent.gas_spent += agent.gas
    E.emit(f, w, E.liquidation(w, wanted.agent, wanted.protocol, wanted.account, turn, code, plan))


@rule
def pools_moved(w: View, f: Any, done: Proposal) -> None:
    """The pools of both assets have been traded in."""
    first, routes = w.venues[done.protocol].first_link, done.agent * len(w.tokens)
    for k in (done.kc, done.kd):
        place = w.routes[routes + w.links[first + k].token].place
        if place != NONE:
            pool_moved(f, w, place)


@rule
def usd_value(w: View, token: int, amount: int) -> int:
    """An amount at the outside price, USD with 8 decimals, rounded down."""
    return mul_div_down(amount, ZERO + w.tokens[token].outside, w.tokens[token].unit)


@rule
def finish_step(w: View, step: int) -> None:
    """Write a row of the series, if the world keeps one: outside prices, answers, liquidations and failures so far."""
    if len(w.samples) == 0:
        return
    at = step * (len(w.tokens) + len(w.feeds) + 2)
    for k in range(len(w.tokens)):
        w.samples[at + k].value = ZERO + w.tokens[k].outside
    at += len(w.tokens)
    for n in range(len(w.feeds)):
        w.samples[at + n].value = w.feeds[n].answer
    at += len(w.feeds)
    w.samples[at].value = ZERO + w.clock[0].liquidations
    w.samples[at + 1].value = ZERO + w.clock[0].failed
