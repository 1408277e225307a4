"""Named pools: Uniswap V2 pairs and V3 pools, exact for swaps.

A V3 pool is told by its initialised ticks. Between two of them liquidity is constant, so one range for each gap gives
every tick its own net liquidity and stays initialised, whoever holds the real positions.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from protocol_sim.errors import BadInput
from protocol_sim.fork.capture.pinned import Pinned
from protocol_sim.fork.snapshot.records import Listed, Venue

LAST_TICK = 887_272
MOST_RANGES = 4_096  # of a scenario's pool


def venues(pinned: Pinned, pools: Mapping[str, str], listed: Sequence[Listed]) -> tuple[Venue, ...]:
    """The pools, in the order given: name -> address."""
    return tuple(_venue(pinned, name, address.lower(), listed) for name, address in pools.items())


def _venue(pinned: Pinned, name: str, address: str, listed: Sequence[Listed]) -> Venue:
    views = ("token0", "token1", "slot0", "getReserves")
    token0, token1, slot0, reserves = pinned.read([(address, view, ()) for view in views])
    known = {x.address: x for x in listed}
    if token0 is None or (slot0 is None and reserves is None):
        raise BadInput("capture", f"pool {name}", "a Uniswap V2 pair or V3 pool", f"{address} at {pinned.block}")
    for token in (token0, token1):
        if token not in known:
            raise BadInput("capture", f"pool {name}", "tokens that the protocol lists", token)
    pair = (known[token0], known[token1])
    tokens, decimals = (pair[0].symbol, pair[1].symbol), (pair[0].state["decimals"], pair[1].state["decimals"])
    if slot0 is None:
        state = {"reserve0": reserves[0], "reserve1": reserves[1], "timestamp_last": reserves[2]}
        return Venue(name, "constant-product", address, tokens, decimals, state)
    return _concentrated(pinned, name, address, tokens, decimals, slot0)


def _concentrated(
    pinned: Pinned, name: str, address: str, tokens: tuple[str, str], decimals: tuple[int, int], slot0: tuple[Any, ...]
) -> Venue:
    fee, spacing, liquidity = pinned.read([(address, view, ()) for view in ("fee", "tickSpacing", "liquidity")])
    root, tick, *_, protocol, _unlocked = slot0
    ticks = _ticks(pinned, address, spacing)
    nets = [row[1] for row in pinned.read([(address, "ticks", (t,)) for t in ticks])]
    ranges, depth = [], 0
    for lower, upper, net in zip(ticks, ticks[1:], nets, strict=False):
        depth += net
        if depth:
            ranges.append((lower, upper, depth))
    here = sum(depth for lower, upper, depth in ranges if lower <= tick < upper)
    if here != liquidity:
        raise BadInput("capture", f"pool {name}", f"ticks that add up to its liquidity {liquidity}", here)
    if len(ranges) > MOST_RANGES:
        raise BadInput("capture", f"pool {name}", f"at most {MOST_RANGES} ranges of liquidity", len(ranges))
    state = {"fee": fee, "tick_spacing": spacing, "sqrt_price": root, "tick": tick, "liquidity": liquidity,
             "fee_protocol0": protocol % 16, "fee_protocol1": protocol >> 4}
    return Venue(name, "uniswap-v3", address, tokens, decimals, state, tuple(ranges))


def _ticks(pinned: Pinned, address: str, spacing: int) -> list[int]:
    """Every initialised tick, from the bitmap."""
    last = (LAST_TICK // spacing) >> 8
    words = range(-last - 1, last + 1)
    bitmaps = pinned.read([(address, "tickBitmap", (word,)) for word in words])
    return [(word * 256 + bit) * spacing for word, bits in zip(words, bitmaps, strict=True) if bits
            for bit in range(256) if bits >> bit & 1]
