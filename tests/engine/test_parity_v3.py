"""Exact, compiled scan and compiled wake end in the same integers: Aave V2 and V3 selling into V2 and V3 pools."""

import os
from collections import Counter
from typing import Any

import pytest
from compare import differences, shift_keys
from worlds_v3 import scenario

import protocol_sim as ps
from protocol_sim.engine.events import LIQUIDATION, TIMELINE
from protocol_sim.engine.exact import simulate
from protocol_sim.engine.fast import Compiled, HandOver
from protocol_sim.world import build

IN_CI = 240     # what they are about is checked of these, whose seeds are fixed; a batch of the others may lack a kind
SCENARIOS, BATCH = int(os.environ.get("PARITY_SCENARIOS", IN_CI)), 20  # make fuzz asks for more


def count(seen: Counter[str], made: Any, world: Any, events: list[Any]) -> None:
    """What a scenario was about."""
    three = world.protocols[1]
    seen["uniswap-v3"] += sum(pool.kind == "uniswap-v3" for pool in made.pools)
    seen["failed"] += world.clock[0].failed
    seen["timeline"] += sum(event.kind == TIMELINE for event in events)
    for event in events:
        if event.kind == LIQUIDATION:
            seen[f"liquidations in market {event.protocol}"] += 1
            if event.protocol == 1:
                seen[made.protocols[1].version] += 1
                seen["eMode"] += three.accounts[event.which].emode != 0
                seen["same asset"] += event.asset_in == event.asset_out
    if made.protocols[1].version != "3.0.2":
        first = build(made).protocols[1].reserves
        seen["deficits"] += sum(r.deficit > before.deficit for r, before in zip(three.reserves, first, strict=True))


@pytest.mark.parametrize("first", range(0, SCENARIOS, BATCH))
def test_engines_agree_on_random_scenarios(first: int) -> None:
    """Final rows and every event; few paths may be handed to the exact engine, none silently."""
    seen: Counter[str] = Counter()
    for seed in range(first, first + BATCH):
        made = scenario(seed)
        world = build(made)
        events = simulate(world)
        count(seen, made, world, events)
        for scan in (True, False):
            compiled = Compiled(build(made), scan=scan, log=1_024)
            try:
                compiled.run()
            except HandOver:
                assert not scan, f"scenario {seed}: the scan has no bounds to leave"
                seen["handed over"] += 1
                continue
            assert differences(made, world, events, compiled) == [], f"scenario {seed}, scan={scan}"
    print(dict(sorted(seen.items())))
    assert seen["handed over"] <= BATCH // 2
    if first < IN_CI:
        assert seen["liquidations in market 0"] > 10
        assert seen["liquidations in market 1"] > 50
        assert seen["uniswap-v3"] > BATCH
        assert min(seen[what] for what in ("3.0.2", "3.6", "eMode", "same asset", "deficits", "failed", "timeline")) > 0
        assert seen["handed over"] <= BATCH // 5


def test_an_unsafe_bound_is_caught() -> None:
    """Wake keys 2 % too low let some account sleep through its liquidation: the comparison must see it."""
    caught = 0
    for seed in range(30):
        made = scenario(seed)
        compiled = Compiled(build(made), log=4_096)
        shift_keys(compiled, -0.02)
        try:
            compiled.run()
        except HandOver:
            continue
        caught += compiled.events != simulate(build(made))
    assert caught > 0


def test_the_wake_skips_accounts_and_loses_none() -> None:
    """What makes it worth its while: fewer looks than the scan, the same events."""
    looks = []
    for scan in (True, False):
        compiled = Compiled(build(scenario(2)), scan=scan, log=1_024)
        compiled.run()
        looks.append(compiled.looks)
    assert looks[1] < looks[0] // 2


def test_runs_have_one_digest() -> None:
    made = scenario(3)
    exact = ps.run(made)
    assert exact.summary.liquidations > 0
    assert {ps.run(made, engine=engine).digest for engine in ("fast", "scan")} == {exact.digest}
