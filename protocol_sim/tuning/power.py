"""Borrowing power of a book: what its borrowers may borrow, by the LTV of each reserve or of the account's eMode.

The collateral does not depend on what is tuned, so that it is added up once, by protocol, reserve and eMode; a
candidate is then a handful of products. Debt ceilings, caps and liquidity, which can bind first, are left out, and so
are accounts that lend and owe nothing.
"""

from collections import defaultdict
from typing import Any

from protocol_sim.agents.view import View
from protocol_sim.protocols import base as protocols
from protocol_sim.scenario import Scenario

Book = dict[tuple[int, int, int], int]               # (protocol, reserve, eMode id) -> USD with 8 decimals


def collateral_book(world: View) -> Book:
    """The worth of the borrowers' collateral at the first outside prices."""
    book: Book = defaultdict(int)
    now = world.clock[0].now
    for p in range(len(world.protocols)):
        market: Any = world.protocols[p]
        first = world.venues[p].first_link
        tokens = [world.tokens[world.links[first + k].token] for k in range(len(market.reserves))]
        for i in range(protocols.account_count(world.protocols, p)):
            if not protocols.has_debt(world.protocols, p, i):
                continue
            bits, emode = market.accounts[i].collateral, getattr(market.accounts[i], "emode", 0)
            for k, token in enumerate(tokens):
                if bits >> k & 1:
                    amount = protocols.collateral_of(world.protocols, p, i, k, now)
                    book[p, k, int(emode)] += int(amount) * token.outside // token.unit
    return dict(book)


def borrowing_power(book: Book, scenario: Scenario) -> int:
    """USD with 8 decimals, rounded down for each reserve and eMode."""
    return sum(worth * ltv_of(scenario, p, k, emode) // 10_000 for (p, k, emode), worth in book.items())


def ltv_of(scenario: Scenario, p: int, k: int, emode: int) -> int:
    """The LTV in bps that counts for a reserve held in an eMode (0: none)."""
    protocol = scenario.protocols[p]
    reserve = protocol.reserves[k]
    for category in getattr(protocol, "emodes", ()):
        if category.id == emode and reserve.asset in category.collateral:
            return 0 if reserve.asset in category.zero_ltv else int(category.ltv_bps)
    return reserve.ltv_bps
