"""The storage of `UniswapV3Pool.sol`, slot by slot: where every number of the model lies in the real pool.

Layout as solc 0.7.6 packs it: slot 0 `slot0`, 1 and 2 fee growth, 3 protocol fees, 4 liquidity, 5 ticks, 6 tickBitmap,
7 positions, from 8 on the observations.
"""

import functools
from dataclasses import dataclass

from eth_utils.crypto import keccak

from protocol_sim.amms.concentrated.positions import find_position
from protocol_sim.amms.concentrated.state import Observation, Pools, Position, Tick
from protocol_sim.amms.concentrated.ticks import find

TICKS, BITMAP, POSITIONS, OBSERVATIONS = 5, 6, 7, 8
Part = tuple[str, int]  # name, bits (negative: signed), from the lowest bit up


@dataclass(frozen=True)
class Cell:
    """One storage slot and what it holds."""

    slot: int
    parts: tuple[Part, ...]

    def split(self, word: int) -> list[int]:
        """The numbers in a word; what lies above the last part is given as one more number, to be 0."""
        values = []
        for _, bits in self.parts:
            width = abs(bits)
            value = word & ((1 << width) - 1)
            word >>= width
            values.append(value - (1 << width) if bits < 0 and value >> (width - 1) else value)
        return values


def singles() -> list[Cell]:
    """The slots that every pool has."""
    return [
        Cell(0, (("sqrtPriceX96", 160), ("tick", -24), ("observationIndex", 16), ("observationCardinality", 16),
                 ("observationCardinalityNext", 16), ("feeProtocol", 8), ("unlocked", 8))),
        Cell(1, (("feeGrowthGlobal0X128", 256),)),
        Cell(2, (("feeGrowthGlobal1X128", 256),)),
        Cell(3, (("protocolFees.token0", 128), ("protocolFees.token1", 128))),
        Cell(4, (("liquidity", 128), ("above liquidity", 128))),
    ]


def _mapped(key: int, slot: int) -> int:
    return int.from_bytes(keccak((key % 2**256).to_bytes(32) + slot.to_bytes(32)))


@functools.cache
def tick_cells(tick: int) -> tuple[Cell, ...]:
    """`ticks[tick]`."""
    base, name = _mapped(tick, TICKS), f"tick {tick}: "
    return (
        Cell(base, ((name + "liquidityGross", 128), (name + "liquidityNet", -128))),
        Cell(base + 1, ((name + "feeGrowthOutside0X128", 256),)),
        Cell(base + 2, ((name + "feeGrowthOutside1X128", 256),)),
        Cell(base + 3, ((name + "tickCumulativeOutside", -56), (name + "secondsPerLiquidityOutsideX128", 160),
                        (name + "secondsOutside", 32), (name + "initialized", 8))),
    )


@functools.cache
def word_cell(word: int) -> Cell:
    """`tickBitmap[word]`."""
    return Cell(_mapped(word, BITMAP), ((f"tickBitmap[{word}]", 256),))


@functools.cache
def position_cells(owner: str, lower: int, upper: int, who: str) -> tuple[Cell, ...]:
    """`positions[keccak(owner, lower, upper)]`; `owner` is an address, `who` its name."""
    packed = bytes.fromhex(owner[2:]) + (lower % 2**24).to_bytes(3) + (upper % 2**24).to_bytes(3)
    base, name = _mapped(int.from_bytes(keccak(packed)), POSITIONS), f"position {who} {lower}..{upper}: "
    return (
        Cell(base, ((name + "liquidity", 128), (name + "above liquidity", 128))),
        Cell(base + 1, ((name + "feeGrowthInside0LastX128", 256),)),
        Cell(base + 2, ((name + "feeGrowthInside1LastX128", 256),)),
        Cell(base + 3, ((name + "tokensOwed0", 128), (name + "tokensOwed1", 128))),
    )


@functools.cache
def observation_cell(index: int) -> Cell:
    """`observations[index]`."""
    name = f"observation {index}: "
    return Cell(OBSERVATIONS + index, ((name + "blockTimestamp", 32), (name + "tickCumulative", -56),
                                       (name + "secondsPerLiquidityCumulativeX128", 160), (name + "initialized", 8)))


# ---- the same numbers in the model ----------------------------------------------------------------------------------
def single_values(book: Pools) -> list[int]:
    """In the order of `singles`."""
    p = book.pools[0]
    return [p.sqrt_price, p.tick, p.observation, p.cardinality, p.cardinality_next,
            p.fee_protocol0 + 16 * p.fee_protocol1, int(p.sqrt_price > 0), p.fee_growth0, p.fee_growth1,
            p.protocol_fees0, p.protocol_fees1, p.liquidity, 0]


def tick_values(book: Pools, tick: int) -> list[int]:
    """In the order of `tick_cells`."""
    row = find(book, 0, tick)
    t = book.ticks[row] if row >= 0 else Tick()
    return [t.opens + t.closes, t.opens - t.closes, t.fee_growth_outside0, t.fee_growth_outside1,
            t.tick_cumulative_outside, t.seconds_per_liquidity_outside, t.seconds_outside, int(row >= 0)]


def words(book: Pools) -> dict[int, int]:
    """The bitmap of the model's list of ticks: word to its bits."""
    pool, found = book.pools[0], dict[int, int]()
    row = book.ticks[pool.ticks_from].after
    while row != pool.ticks_from + 1:
        step = book.ticks[row].tick // pool.tick_spacing
        found[step >> 8] = found.get(step >> 8, 0) | 1 << (step & 255)
        row = book.ticks[row].after
    return found


def position_values(book: Pools, owner: int, lower: int, upper: int) -> list[int]:
    """In the order of `position_cells`."""
    n = find_position(book, 0, owner, lower, upper)
    p = book.positions[n] if n >= 0 else Position()
    return [p.liquidity, 0, p.fee_growth_inside0, p.fee_growth_inside1, p.owed0, p.owed1]


def observation_values(book: Pools, index: int) -> list[int]:
    """In the order of `observation_cell`."""
    o: Observation = book.observations[index]
    return [o.timestamp, o.tick_cumulative, o.seconds_per_liquidity, o.initialized]
