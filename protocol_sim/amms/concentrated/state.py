"""State of Uniswap V3 pools: four tables that all pools of a world share, and the codes that calls return.

Each pool owns a window of rows in every table. Its initialised ticks form a list in price order, linked by row number
between two sentinels, and `Pool.below` is the greatest one at or below the price: a swap finds its next tick at once.
The contract's bitmap is that list seen in words of 256 ticks (`ticks.word_edge`), so it is not stored.

Source: @uniswap/v3-core 1.0.1 `UniswapV3Pool.sol`, `Tick.sol`, `Position.sol`, `Oracle.sol`.
"""

from collections.abc import Sequence
from typing import NamedTuple

from protocol_sim.numeric import MAX_UINT128, MAX_UINT256, U128, U256, Rows, record

MIN_TICK, MAX_TICK = -887_272, 887_272
BEYOND = 1 << 30  # the ticks of the sentinels: farther out than any word's edge
PIPS = 1_000_000  # fees: 3_000 is 0.3 %
UINT32 = 0xFFFF_FFFF
DUE = MAX_UINT256  # as an amount paid: exactly what the pool asks for

OK = 0
AS = 1
LOK = 2
SPL = 3
IIA = 4
TLU = 5
TLM = 6
TUM = 7
LO = 8
LS = 9
NP = 10
M0 = 11
M1 = 12
L = 13
F0 = 14
F1 = 15
TF = 16
AI = 17
R = 18
I = 19  # noqa: E741  the contract's name
OLD = 20
BP = 21
T = 22
NO_REASON = 23
NO_ROOM = 24
NOT_FILLED = 25

ERRORS = {
    AS: "AS", LOK: "LOK", SPL: "SPL", IIA: "IIA", TLU: "TLU", TLM: "TLM", TUM: "TUM", LO: "LO", LS: "LS", NP: "NP",
    M0: "M0", M1: "M1", L: "L", F0: "F0", F1: "F1", TF: "TF", AI: "AI", R: "R", I: "I", OLD: "OLD", BP: "BP", T: "T",
    NO_REASON: "",  # a require without a string
    NO_ROOM: "no row left in the model's tables",  # the model's own: no contract says it
    NOT_FILLED: "liquidity ends before the amount does",  # `family`'s: a swap of the pool is filled in part
}


@record
class Pool:
    """One pool: `slot0`, the other single slots, its constants, and where its rows are."""

    sqrt_price: U256 = 0         # square root of raw token1 per raw token0, Q64.96 (uint160); 0: not initialised
    tick: int = 0                # floor of log 1.0001 of the price, or one less at a tick crossed downwards
    liquidity: U128 = 0          # in range
    fee_growth0: U256 = 0        # raw token0 per liquidity since the start, Q128, wraps
    fee_growth1: U256 = 0        # raw token1
    protocol_fees0: U128 = 0     # raw token0 not collected yet, wraps
    protocol_fees1: U128 = 0     # raw token1
    fee_protocol0: int = 0       # 0: off; n: 1 / n of the swap fee in token0
    fee_protocol1: int = 0       # of the swap fee in token1
    fee: int = 0                 # pips of the input
    tick_spacing: int = 0        # ticks that may be initialised are its multiples
    max_liquidity: U128 = 0      # per tick
    balance0: U256 = 0           # raw token0 that the pool holds
    balance1: U256 = 0           # raw token1
    observation: int = 0         # index of the newest observation
    cardinality: int = 0         # observations in use
    cardinality_next: int = 0    # observations from the next full turn on
    below: int = 0               # row of the greatest initialised tick at or below `tick`
    ticks_from: int = 0          # row of the lower sentinel; the upper one is next to it
    ticks_free: int = 0          # first row of the list of free ones, -1: none
    positions_from: int = 0      # first row
    positions_used: int = 0      # rows
    positions_room: int = 0      # rows
    observations_from: int = 0   # first row
    observations_room: int = 0   # rows


@record
class Tick:
    """An initialised tick. liquidityGross is `opens` + `closes`, liquidityNet `opens` - `closes`."""

    tick: int = 0
    before: int = 0                    # row of the next initialised tick below
    after: int = 0                     # row of the next one above; in a free row: the next free row
    sqrt_price: U256 = 0               # at this tick, Q64.96
    opens: U128 = 0                    # liquidity of the positions that begin here
    closes: U128 = 0                   # liquidity of the positions that end here
    fee_growth_outside0: U256 = 0      # Q128, on the side of the tick where the price is not; wraps
    fee_growth_outside1: U256 = 0      # Q128
    tick_cumulative_outside: int = 0   # tick * seconds, int56
    seconds_per_liquidity_outside: U256 = 0  # Q128, uint160, wraps
    seconds_outside: int = 0           # seconds, uint32, wraps


@record
class Position:
    """Liquidity of one owner (a number) between two ticks; kept at zero once it is burnt."""

    owner: int = 0
    lower: int = 0                 # tick
    upper: int = 0                 # tick
    liquidity: U128 = 0
    fee_growth_inside0: U256 = 0   # Q128 at the last touch, wraps
    fee_growth_inside1: U256 = 0   # Q128
    owed0: U128 = 0                # raw token0 to collect, wraps
    owed1: U128 = 0                # raw token1


@record
class Observation:
    """What the oracle noted at one time."""

    timestamp: int = 0                 # seconds modulo 2**32
    tick_cumulative: int = 0           # tick * seconds, int56
    seconds_per_liquidity: U256 = 0    # Q128, uint160, wraps
    initialized: int = 0               # 0: only reserved


class Pools(NamedTuple):
    """All Uniswap V3 pools of a world."""

    pools: Rows[Pool]
    ticks: Rows[Tick]
    positions: Rows[Position]
    observations: Rows[Observation]


class Terms(NamedTuple):
    """What a pool is created with; the three rooms bound the model's tables."""

    fee: int           # pips
    tick_spacing: int
    ticks: int = 256       # initialised at the same time
    positions: int = 128   # ever opened
    observations: int = 64


def new_pools(terms: Sequence[Terms]) -> Pools:
    """Pools before `initialize`. The factory's limits hold: fee < 1_000_000 pips, 0 < spacing < 16_384."""
    made = Pools([], [], [], [])
    for t in terms:
        if not (0 <= t.fee < PIPS and 0 < t.tick_spacing < 16_384):
            raise ValueError(f"fee {t.fee}, tick spacing {t.tick_spacing}: the factory takes 0..999999 and 1..16383")
        low, rows = len(made.ticks), t.ticks + 2
        edges = MAX_TICK // t.tick_spacing * 2 + 1
        made.pools.append(Pool(
            fee=t.fee, tick_spacing=t.tick_spacing, max_liquidity=MAX_UINT128 // edges, below=low, ticks_from=low,
            ticks_free=low + 2 if t.ticks else -1, positions_from=len(made.positions), positions_room=t.positions,
            observations_from=len(made.observations), observations_room=t.observations))
        made.ticks.append(Tick(tick=-BEYOND, before=-1, after=low + 1))
        made.ticks.append(Tick(tick=BEYOND, before=low, after=-1))
        made.ticks.extend(Tick(after=low + n + 1 if n + 1 < rows else -1) for n in range(2, rows))
        made.positions.extend(Position() for _ in range(t.positions))
        made.observations.extend(Observation() for _ in range(t.observations))
    return made
