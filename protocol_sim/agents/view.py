"""The state of a world at one moment, as rules see it: the chain, the outside, who acts. Plain rows, no behaviour.

Prices outside are USD with 8 decimals. `impact` is what sales and purchases of liquidators have left on an outside
price, relative to `SCALE`; it decays by 1 / `recovery` a block. Amounts are raw token units.
"""

from typing import Any, NamedTuple

from protocol_sim.numeric import U64, U128, Rows, record
from protocol_sim.oracles.feed import Feed
from protocol_sim.oracles.rounds import Round

SCALE = 10**9
NONE = -1

LIQUIDATOR, ARBITRAGEUR, CUSTOM = 0, 1, 2
ON_BAND, ON_TOUCH = 0, 1
CUSTOM_FEED = 3  # a feed that a user's own object speaks for


@record
class Clock:
    """One row: where the world is in time, and what has happened."""

    now: int = 0              # unix s
    block: int = 0            # number since the start; the first block is 1
    step: int = 0
    block_time: int = 12      # s
    blocks_per_step: int = 1
    max_rounds: int = 8       # rounds of proposals in one block
    max_actions: int = 0      # liquidation attempts that fit in one block's gas; 0: no limit
    taken: int = 0            # of them, used in this block
    events: int = 0
    liquidations: int = 0
    failed: int = 0
    arbitrages: int = 0
    reports: int = 0
    repaid_usd: U128 = 0      # USD, 8 decimals, each at the outside price of its block, rounded down
    seized_usd: U128 = 0
    hash: U64 = 0             # chain over all events


@record
class Token:
    """One asset of the world."""

    unit: U128 = 0            # 10 ** decimals
    exogenous: int = 0        # USD, 8 decimals: the price path
    outside: int = 0          # USD, 8 decimals: with impact
    impact: int = SCALE       # SCALE: none
    depth: U128 = 0           # raw amount whose sale would halve the price; 0: sales leave nothing outside
    recovery: int = 64        # blocks: 1 / recovery of what is left decays each block


@record
class Link:
    """An asset of a protocol: which token it is and which feed prices it. Rows of one protocol lie together."""

    token: int = 0
    feed: int = 0
    protocol: int = 0
    asset: int = 0
    price: U128 = 0           # what the protocol was told last


@record
class Venue:
    """A protocol of the world: where its links begin."""

    first_link: int = 0


@record
class Place:
    """A pool of the world: which family and which row there, and its two tokens."""

    family: int = 0
    pool: int = 0
    token0: int = 0
    token1: int = 0
    touched: int = 1          # 1: somebody has traded since the arbitrageur looked
    low: int = 0              # no trade pays while the price is within low .. high (8 decimals, token0 in token1)
    high: int = NONE          # below low: to be worked out


@record
class Route:
    """How an agent turns a token into its numeraire: row agent * tokens + token."""

    place: int = NONE         # the pool; NONE: at the outside price
    zero_for_one: int = 0     # 1: selling the token means token0 in


@record
class Agent:
    """A behaviour and its parameters."""

    kind: int = LIQUIDATOR
    numeraire: int = 0        # token
    gas: U128 = 0             # raw numeraire for one transaction, also for one that fails
    bid: int = 0              # breaks ties between equal profits
    sizes: int = 1            # liquidation sizes tried: the most, a half, a quarter, …
    min_profit: U128 = 0      # raw numeraire, after gas
    limit: U128 = 0           # raw debt per liquidation; 0: no limit
    halt_ltv: U128 = 0        # wad: no liquidation at or above this debt / collateral; 0: never halted
    when: int = ON_BAND       # arbitrageur
    scope: int = -1           # bitmap of the protocols (liquidator) or places (arbitrageur) it acts on
    gains: U128 = 0           # raw numeraire
    gas_spent: U128 = 0       # raw numeraire
    actions: int = 0


@record
class Entry:
    """A timeline entry: at the start of `block`, in order."""

    block: int = 0
    kind: int = 0             # CHANGE, SWAP_FEED or SILENCE
    protocol: int = 0         # NONE: SILENCE
    asset: int = 0            # of the protocol; SILENCE: the feed
    key: int = 0
    value: U128 = 0           # the new value, or the new feed; SILENCE: the block from which it speaks again
    done: int = 0


CHANGE, SWAP_FEED, SILENCE = 0, 1, 2


@record
class Price:
    """One cell of a price path: row step * tokens + token."""

    usd: int = 0              # USD, 8 decimals


@record
class Sample:
    """One cell of the series: row step * width + column; columns are tokens' outside prices, feeds' answers, counts."""

    value: U128 = 0


class View(NamedTuple):
    """Everything there is. `protocols` and `pools` hold one NamedTuple of rows a protocol, and one a kind of pool."""

    clock: Rows[Clock]
    tokens: Rows[Token]
    feeds: Rows[Feed]
    rounds: Rows[Round]
    links: Rows[Link]
    venues: Rows[Venue]
    places: Rows[Place]
    routes: Rows[Route]
    agents: Rows[Agent]
    entries: Rows[Entry]
    path: Rows[Price]
    samples: Rows[Sample]
    protocols: tuple[Any, ...]
    pools: tuple[Any, ...]
