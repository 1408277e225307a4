"""What a kind of pool provides to the engine and the agents: one module with these names, each a rule.

The first argument is the tuple of pool families of the world (one NamedTuple of rows a kind), the second says which
family; `q` is the pool within it. Amounts are raw token units; `zero_for_one` = 1: token0 goes in. A refusal is a code,
0 is success.
"""

from typing import Any

from protocol_sim.numeric.dispatch import Kinds

KINDS = Kinds()
KINDS.add("protocol_sim.amms.pairs:Pairs", "protocol_sim.amms.pairs")
KINDS.add("protocol_sim.amms.concentrated.state:Pools", "protocol_sim.amms.concentrated.family")


@KINDS.by_kind
def sale(pools: Any, family: int, q: int, zero_for_one: int, x: int) -> tuple[int, int]:
    """(code, output) for exactly x in; nothing is written."""
    raise AssertionError


@KINDS.by_kind
def purchase(pools: Any, family: int, q: int, zero_for_one: int, y: int) -> tuple[int, int]:
    """(code, input) for exactly y out; nothing is written."""
    raise AssertionError


@KINDS.by_kind
def sell(pools: Any, family: int, q: int, zero_for_one: int, x: int, now: int) -> tuple[int, int]:
    """(code, output) for exactly x in, executed."""
    raise AssertionError


@KINDS.by_kind
def buy(pools: Any, family: int, q: int, zero_for_one: int, y: int, now: int) -> tuple[int, int]:
    """(code, input) for exactly y out, executed."""
    raise AssertionError


@KINDS.by_kind
def spot(pools: Any, family: int, q: int, zero_is_base: int, scale: int, per: int) -> int:
    """Marginal raw quote tokens for one raw base token, times `scale` / `per`, rounded down; the fee left out."""
    raise AssertionError


@KINDS.by_kind
def mid(pools: Any, family: int, q: int) -> float:
    """Marginal raw token1 for one raw token0 without fee, as a float: larger trades get no better one."""
    raise AssertionError


@KINDS.by_kind
def kept(pools: Any, family: int, q: int) -> float:
    """The part of an input that the fee leaves, as a float."""
    raise AssertionError


@KINDS.by_kind
def arbitrage_size(pools: Any, family: int, q: int, worth0: int, worth1: int) -> tuple[int, int]:
    """(zero_for_one, raw input) of the best trade when raw tokens 0 : 1 are worth `worth0` : `worth1`; 0: none."""
    raise AssertionError


@KINDS.by_kind
def band(pools: Any, family: int, q: int, unit0: int, unit1: int) -> Any:
    """The prices (8 decimals, whole token0 in whole token1) between which no trade pays; units are 10**decimals."""
    raise AssertionError
