"""One text, three engines: exact, compiled scan and compiled wake end in the same integers, event by event."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from compare import differences, differing, shift_keys
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__
from worlds import scenario

import protocol_sim as ps
from protocol_sim.engine.exact import simulate
from protocol_sim.engine.fast import Compiled, HandOver
from protocol_sim.world import build

IN_CI = 200     # what they are about is checked of these, whose seeds are fixed; a batch of the others may lack a kind
SCENARIOS = int(os.environ.get("PARITY_SCENARIOS", IN_CI))  # make fuzz asks for more
BATCH = 20


@pytest.mark.parametrize("first", range(0, SCENARIOS, BATCH))
def test_engines_agree_on_random_scenarios(first: int) -> None:
    """Final rows and every event; few paths may be handed to the exact engine, none silently."""
    seen: Counter[str] = Counter()
    for seed in range(first, first + BATCH):
        made = scenario(seed)
        world = build(made)
        events = simulate(world)
        seen["liquidations"] += world.clock[0].liquidations
        seen["failed"] += world.clock[0].failed
        seen["outages"] += any(entry.kind == "feed-outage" for entry in made.timeline)
        seen["more than five assets"] += len(made.protocols[0].reserves) > 5
        for scan in (True, False):
            compiled = Compiled(build(made), scan=scan, log=1_024)
            try:
                compiled.run()
            except HandOver:
                assert not scan, f"scenario {seed}: the scan has no bounds to leave"
                seen["handed over"] += 1
                continue
            seen["bad debt"] += compiled.totals().bad_debt_accounts
            assert differences(made, world, events, compiled) == [], f"scenario {seed}, scan={scan}"
    assert seen["handed over"] <= BATCH // 2
    if first < IN_CI:
        assert seen["liquidations"] > 100
        assert seen["failed"] > 10
        assert seen["bad debt"] > 10
        assert seen["outages"] == BATCH // 4
        assert seen["more than five assets"] > 0
        assert seen["handed over"] <= BATCH // 5


def test_a_second_path_starts_from_the_beginning() -> None:
    made = scenario(5)
    compiled = Compiled(build(made), log=4_096)
    compiled.run()
    first = compiled.events
    compiled.run()
    assert first
    assert compiled.events == first


def test_a_full_log_and_full_queues_only_cost_a_repetition() -> None:
    made = scenario(5)
    world = build(made)
    events = simulate(world)
    small = Compiled(build(made), log=1, nodes=3)
    small.run()
    assert small.events == events
    assert differing(world, small.records()) == []


def test_an_unsafe_bound_is_caught() -> None:
    """A wake key 2 % too low lets some account sleep through its liquidation: the comparison must see it."""
    from protocol_sim.engine import fast

    caught = 0
    for seed in range(12):
        made = scenario(seed)
        events = simulate(build(made))
        compiled = Compiled(build(made), log=4_096)
        shift_keys(compiled, -0.02)
        try:
            compiled.run()
        except fast.HandOver:
            continue
        caught += compiled.events != events
    assert caught > 0


@pytest.mark.parametrize("engine", ["fast", "scan"])
def test_runs_have_one_digest(engine: str) -> None:
    made = scenario(7)
    exact, other = ps.run(made), ps.run(made, engine=engine)
    assert exact.summary.liquidations > 0
    assert other.digest == exact.digest
    assert other.summary == exact.summary


def test_a_path_that_compiled_code_cannot_take_is_run_exactly() -> None:
    made = scenario(1)
    with pytest.raises(HandOver):
        Compiled(build(made), log=4_096).run()
    assert ps.run(made, engine="fast").digest == ps.run(made).digest


DIGESTS = """
import sys
import protocol_sim as ps
print(*[ps.run(ps.load_scenario(file), engine="fast").digest for file in sys.argv[1:]])
"""


def digests(directory: Path, **environment: str) -> list[str]:
    """Digests of four scenario files, from a process of their own (and so from a warm compile cache)."""
    files = []
    for seed in (2, 5, 6, 7):
        files.append(directory / f"{seed}.toml")
        files[-1].write_text(ps.to_toml(scenario(seed)))
    command = [sys.executable, "-c", DIGESTS, *map(str, files)]
    environment = dict(os.environ) | environment
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=True).stdout.split()


def test_a_warm_compile_cache_gives_the_same(tmp_path: Path) -> None:
    here = [ps.run(scenario(seed)).digest for seed in (2, 5, 6, 7)]
    assert digests(tmp_path) == here
    assert digests(tmp_path) == here


def test_the_digest_does_not_depend_on_cpu_features(tmp_path: Path) -> None:
    """numpy's and glibc's vector paths switched off: their exp and log differ, ours may not."""
    off = " ".join(name for name, has in __cpu_features__.items() if has and name in __cpu_dispatch__)
    assert off
    tunables = "glibc.cpu.hwcaps=-AVX512F,-AVX2,-FMA"
    assert digests(tmp_path, NPY_DISABLE_CPU_FEATURES=off, GLIBC_TUNABLES=tunables) == digests(tmp_path)
