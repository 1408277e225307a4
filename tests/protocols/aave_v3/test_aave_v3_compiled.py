"""The same random transactions by Python and by machine code: equal codes, figures and rows, version by version."""

import copy
import random
from collections import Counter
from typing import Any

import pytest
from aave_v3_driver import NAMES, Act, play, play_all
from aave_v3_random import draw
from aave_v3_worlds import EVERY, T0, busy, state

from protocol_sim.errors import Revert
from protocol_sim.protocols.aave_v3.state import Market

ACTS = 1_500


def recorded(version: str, seed: int) -> tuple[Market, list[Act], Market]:
    """A market, transactions without arithmetic faults (compiled code would hand those over), and what Python makes of
    them."""
    rng = random.Random(seed)
    m, now, acts = busy(version).market, T0, []
    start = state(m)
    while len(acts) < ACTS:
        now += rng.choice((0, 0, 1, 12, 3_600, 86_400))
        act = draw(m, rng, now)
        kept = Market(*([copy.copy(row) for row in rows] for rows in m))
        try:
            play(m, act)
        except Revert:
            m = kept
            continue
        acts.append(act)
    return start, acts, m


@pytest.fixture(scope="module")
def compiled() -> Any:
    import numba

    import protocol_sim.numeric.compiled  # noqa: F401  teaches numba the rules

    @numba.njit
    def run(m: Any, acts: Any) -> Any:
        return play_all(m, acts)

    return run


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("version", EVERY)
def test_python_and_machine_code_agree(version: str, seed: int, compiled: Any) -> None:
    from protocol_sim.numeric.compiled import Table

    start, acts, after = recorded(version, seed)
    asked = [copy.copy(a) for a in acts]
    for a in asked:
        a.code = a.out1 = a.out2 = 0
    tables = Market(*(Table.of(type(rows[0]), rows) for rows in start))
    given = Table.of(Act, asked)
    assert compiled(tables, given) == ACTS
    for n, (mine, theirs) in enumerate(zip(acts, given.records(), strict=True)):
        assert mine == theirs, (n, NAMES[mine.kind])
    played = Market(*(t.records() for t in tables))
    assert state(played) == state(after)
    done = Counter(NAMES[a.kind] for a in acts if a.code == 0)
    assert done["liquidation_call"] >= 5, done
    assert done["borrow"] >= 5, done
