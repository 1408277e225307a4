"""Uniswap V3, model against the real pool, slot by slot: equal on fixed seeds, and a model off by one is found out."""

from collections.abc import Callable
from typing import Any

import pytest

from protocol_sim.amms.concentrated import oracle, pool, positions, swap_step, ticks, walk
from protocol_sim.fork import verify as harness
from protocol_sim.fork.adapters.uniswap_v3 import storage
from protocol_sim.fork.adapters.uniswap_v3.rig import UniswapV3
from protocol_sim.fork.anvil import Node
from protocol_sim.fork.rig import Operation, Outcome
from protocol_sim.fork.verify import render, verify

pytestmark = pytest.mark.anvil


def test_uniswap_v3() -> None:
    verdict = verify("uniswap-v3", cases=1_500, seed=20210505)
    assert verdict.ok, render(verdict)
    assert verdict.total == 1_500
    assert verdict.equal > 900
    assert verdict.refused_as_on_chain > 250
    assert all(verdict.played[name] for name in verdict.operations), render(verdict)
    reached = [name for name in verdict.watched if verdict.branches[name]]
    assert len(reached) >= len(verdict.watched) - 2, render(verdict)
    wanted = {"AS", "SPL", "LOK", "IIA", "TLU", "TLM", "TUM", "LO", "LS", "NP", "M0", "L", "F0", "TF", "AI", "OLD"}
    assert wanted <= set(verdict.reasons), render(verdict)


def plus(rule: Callable[..., int]) -> Callable[..., int]:
    """The rule, one above what it says unless that is 0."""
    return lambda *args: (lambda value: value + 1 if value else value)(rule(*args))


WRONG: list[tuple[Any, str, Any]] = [
    (swap_step, "mul_div_512_up", lambda a, b, d: a * b // d),               # the fee of a step rounds down
    (swap_step, "in_up", lambda p, t, liquidity, side: swap_step.out_down(p, t, liquidity, 1 - side)),
    (walk, "growth_of", plus(walk.growth_of)),
    (walk, "word_edge", lambda *args: -887_272 if args[2] else 887_272),     # no words: other roundings
    (walk, "cross", lambda *_: 0),
    (positions, "amount0_up", positions.amount0_down),
    (positions, "growth_inside", lambda *args: ticks.Growth(args[0].pools[0].fee_growth0, 0)),
    (pool, "note", lambda *_: 0),
    (oracle, "not_after", lambda *args: args[1] <= args[2]),                 # clocks that wrap
    (ticks, "sqrt_ratio_at_tick", plus(ticks.sqrt_ratio_at_tick)),
    (pool, "tick_at_sqrt_ratio", plus(pool.tick_at_sqrt_ratio)),
]


@pytest.mark.parametrize(("module", "name", "wrong"), WRONG, ids=[f"{m.__name__}.{n}" for m, n, _ in WRONG])
def test_a_wrong_rule_is_found(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, wrong: Any) -> None:
    monkeypatch.setattr(module, name, wrong)
    assert not verify("uniswap-v3", cases=1_000, seed=3).ok


def test_a_cell_splits_as_solidity_packs() -> None:
    slot0 = storage.singles()[0]
    word = 2**96 | (-5 % 2**24) << 160 | 3 << 184 | 7 << 200 | 9 << 216 | 0xA4 << 232 | 1 << 240
    assert slot0.split(word) == [2**96, -5, 3, 7, 9, 0xA4, 1]
    assert sum(abs(bits) for _, bits in slot0.parts) == 248
    cells = storage.tick_cells(60) + storage.position_cells("0x" + "11" * 20, -60, 60, "x")
    assert all(sum(abs(bits) for _, bits in cell.parts) == 256 for cell in cells)


def test_no_slot_changes_that_is_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every storage slot of the pool that a transaction writes is among those that are read afterwards."""
    real, written = harness.compare, 0

    def compare(node: Node, rig: UniswapV3, operation: Operation, outcome: Outcome) -> tuple[tuple[str, Any, Any], ...]:
        nonlocal written
        found = real(node, rig, operation, outcome)
        block = node.call("eth_getBlockByNumber", "latest", False)
        told = node.call("debug_traceTransaction", block["transactions"][0],
                         {"tracer": "prestateTracer", "tracerConfig": {"diffMode": True}})
        slots = {int(slot, 16) for side in ("pre", "post") for slot in told[side].get(rig._pool, {}).get("storage", {})}
        assert slots <= {cell.slot for cell in rig._cells()}, operation
        written += len(slots)
        return found

    monkeypatch.setattr(harness, "compare", compare)
    assert verify("uniswap-v3", cases=300, seed=4).ok
    assert written > 1_000
