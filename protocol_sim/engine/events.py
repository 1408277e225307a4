"""What happens, as records: one line an event, numbered from 1, hashed in a chain that both engines share."""

from typing import Any, NamedTuple

from protocol_sim.agents.liquidator import Plan
from protocol_sim.agents.view import NONE, View
from protocol_sim.engine.hooks import record as keep
from protocol_sim.numeric import U128, U256, ZERO, mix, record, rule

LIQUIDATION, FAILED, ARBITRAGE, REPORT, TIMELINE = 1, 2, 3, 4, 5
KIND_NAMES = {1: "liquidation", 2: "failed", 3: "arbitrage", 4: "report", 5: "timeline"}


class Happening(NamedTuple):
    """An event before it has a number. Which amounts stand where:

    | kind        | which   | asset_in      | amount_in | asset_out        | amount_out | third                 |
    |-------------|---------|---------------|-----------|------------------|------------|-----------------------|
    | liquidation | account | debt asset    | repaid    | collateral asset | seized     | profit, raw numeraire |
    | arbitrage   | place   | token, 0 or 1 | sold      | token, 1 or 0    | bought     |                       |
    | report      | feed    |               | before    |                  | after      | answer without impact |
    | timeline    | entry   | asset         |           |                  |            |                       |
    """

    kind: int
    agent: int
    protocol: int
    which: int
    turn: int
    code: int
    cause: int
    asset_in: int
    asset_out: int
    amount_in: int
    amount_out: int
    third: int


@record
class Event:
    """A happening with its number and its place in time."""

    number: int = 0
    step: int = 0
    block: int = 0
    now: int = 0
    kind: int = 0
    agent: int = 0
    protocol: int = 0
    which: int = 0
    turn: int = 0
    code: int = 0
    cause: int = 0
    asset_in: int = 0
    asset_out: int = 0
    amount_in: U256 = 0
    amount_out: U256 = 0
    third: U128 = 0


@rule
def liquidation(w: View, a: int, p: int, i: int, turn: int, code: int, plan: Plan) -> Happening:
    """An executed or a failed liquidation. Its cause: the last report that landed on one of the two assets."""
    first = w.venues[p].first_link
    cause = NONE
    if plan.kc >= 0 and plan.kd >= 0:
        cause = max(w.feeds[w.links[first + plan.kc].feed].event, w.feeds[w.links[first + plan.kd].feed].event)
    kind = FAILED if code else LIQUIDATION
    return Happening(kind, a, p, i, turn, code, cause, plan.kd, plan.kc, plan.repaid, plan.seized, plan.profit)


@rule
def arbitrage(a: int, place: int, side: int, x: int, y: int) -> Happening:
    """A trade back to the outside price; `side` 1: token0 went in."""
    return Happening(ARBITRAGE, a, NONE, place, 0, 0, NONE, 1 - side, side, ZERO + x, ZERO + y, ZERO)


@rule
def report(feed: int, before: int, after: int, pure: int) -> Happening:
    """A feed's new answer, and what it would have been had no liquidator ever traded."""
    return Happening(REPORT, NONE, NONE, feed, 0, 0, NONE, NONE, NONE, ZERO + before, ZERO + after, ZERO + pure)


@rule
def timeline(entry: int, p: int, k: int, code: int) -> Happening:
    """A timeline entry; `code` is the protocol's answer."""
    return Happening(TIMELINE, NONE, p, entry, 0, code, NONE, k, NONE, ZERO, ZERO, ZERO)


@rule
def emit(f: Any, w: View, e: Happening) -> None:
    """Number it, hash it, keep it."""
    clock = w.clock[0]
    clock.events += 1
    h = mix(mix(mix(mix(clock.hash, clock.block), e.kind), e.agent), e.protocol)
    h = mix(mix(mix(mix(mix(mix(h, e.which), e.turn), e.code), e.cause), e.asset_in), e.asset_out)
    h = mix(mix(mix(mix(h, e.amount_in), e.amount_in >> 64), e.amount_out), e.amount_out >> 64)
    clock.hash = mix(mix(h, e.third), e.third >> 64)
    keep(f, w, e)
