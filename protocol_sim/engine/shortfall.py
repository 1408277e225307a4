"""Bad debt at the end of a path, without looking at everybody: rule text.

Bad debt of an account is what its debt is worth above its collateral at outside prices, each asset rounded down to
1e-8 USD (`outcome.positions`). Who was found healthy at every look, or not looked at, is healthy at the protocol's
prices, and has been left alone: debt <= t collateral, t the highest threshold there is. At outside prices that can have
turned only if these differ from the protocol's by more between two assets than t leaves room for:
log(max of outside / price) - log(min of it) >= -log t. Then everybody is evaluated; else those who were once unhealthy,
and those whose collateral may be worth so little that rounding counts (balances only grow: what it was worth at the
start, times the deepest fall of an outside price).
"""

import math
from typing import Any

from protocol_sim.agents.view import View
from protocol_sim.engine.queues import UNHEALTHY, ask
from protocol_sim.numeric import U256, ZERO, as_float, mul_div_down, record, rule
from protocol_sim.protocols import base as protocols

LITTLE = 1e7     # 1e-8 USD: below it, rounding of up to 124 parts is more than ROOM
ROOM = 2e-5      # log: for that rounding, the contract's own and the floats


@record
class Short:
    """Bad debt in all (USD, 8 decimals), and of how many accounts."""

    usd: U256 = 0
    accounts: int = 0


@rule
def usd_of(w: View, p: int, i: int, side: int) -> int:
    """What account i has (side 1) or owes (2) at outside prices, USD with 8 decimals, each asset rounded down."""
    now, first = w.clock[0].now, w.venues[p].first_link
    total: int = ZERO
    for k in range(protocols.asset_count(w.protocols, p)):
        if protocols.uses(w.protocols, p, i, k) & side:
            token = w.tokens[w.links[first + k].token]
            if side == 1:
                amount = protocols.collateral_of(w.protocols, p, i, k, now)
            else:
                amount = protocols.debt_of(w.protocols, p, i, k, now)
            total += mul_div_down(amount, ZERO + token.outside, token.unit)
    return total


@rule
def add_up(w: View, p: int, i: int, out: Short) -> None:
    """Add the bad debt of account i, if it has any."""
    owed, held = usd_of(w, p, i, 2), usd_of(w, p, i, 1)
    if owed > held:
        out.usd += owed - held
        out.accounts += 1


@rule
def everybody(f: Any, w: View, out: Short) -> None:  # noqa: ARG001
    """All accounts with debt."""
    for p in range(len(w.venues)):
        everybody_of(w, p, out)


@rule
def everybody_of(w: View, p: int, out: Short) -> None:
    """All accounts of protocol p with debt."""
    for i in range(protocols.account_count(w.protocols, p)):
        if protocols.has_debt(w.protocols, p, i):
            add_up(w, p, i, out)


@rule
def those_unhealthy(f: Any, w: View, out: Short) -> None:
    """Those who were once unhealthy, and of the others those who may be under water."""
    for p in range(len(f.domains)):
        if not spread(f, w, p) + ROOM < -math.log(protocols.highest_threshold(w.protocols, p)):
            everybody_of(w, p, out)
            continue
        for n in range(f.desk[0].unhealthy):
            ask(w, f.unhealthy, n, f.desk[0].unhealthy)
            if f.unhealthy[n].protocol == p:
                add_up(w, p, f.unhealthy[n].account, out)
        first, fall = f.domains[p].first_account, deepest_fall(f, w, p)
        for n in range(len(f.little)):
            if not f.little[n].key * fall > LITTLE:
                g = f.little[n].account
                here = first <= g < first + f.domains[p].accounts
                if here and f.sleepers[g].state & UNHEALTHY == 0:
                    add_up(w, p, g - first, out)
            else:
                break


@rule
def spread(f: Any, w: View, p: int) -> float:
    """Log of the largest over the smallest ratio of outside price to the price that protocol p was told."""
    least, most = 1e300, -1e300
    for k in range(f.domains[p].assets):
        m = f.domains[p].first_link + k
        apart = math.log(w.tokens[w.links[m].token].outside * 1.0) - math.log(as_float(w.links[m].price))
        least, most = min(least, apart), max(most, apart)
    return most - least


@rule
def deepest_fall(f: Any, w: View, p: int) -> float:
    """The smallest ratio of an outside price to itself at the start, over the assets of protocol p."""
    least = 1e300
    for k in range(f.domains[p].assets):
        m = f.domains[p].first_link + k
        least = min(least, w.tokens[w.links[m].token].outside / f.levels[m].outside_at_start)
    return least
