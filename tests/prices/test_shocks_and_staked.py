"""What is laid on top of prices and what rests on them: exact values, worked out with fractions."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from price_worlds import GBM, STAKED, world

from protocol_sim.errors import BadInput
from protocol_sim.prices.staked import rates
from protocol_sim.world import Outside

ONE = {"kind": "constant", "usd": "1"}
E8 = 10**8


def column(price: dict[str, Any], steps: int = 40, **sections: Any) -> list[int]:
    """Prices of one asset on path 0."""
    return Outside(world({"A": price}, steps, **sections)).table(1, 0)[:, 0].tolist()


def straight(points: list[tuple[int, str]], steps: int = 40) -> list[Fraction]:
    """Straight lines between (step, share); the first and the last hold."""
    out = []
    for n in range(steps):
        before = [(step, Fraction(share)) for step, share in points if step <= n]
        after = [(step, Fraction(share)) for step, share in points if step > n]
        if not before:
            out.append(Fraction(1))
        elif not after:
            out.append(before[-1][1])
        else:
            (a, x), (b, y) = before[-1], after[0]
            out.append(x + (y - x) * Fraction(n - a, b - a))
    return out


SHOCKS: list[tuple[list[dict[str, Any]], list[tuple[int, str]]]] = [
    ([{"kind": "gap", "step": 7, "change": -0.25}], [(6, "1"), (7, "0.75")]),
    ([{"kind": "gap", "step": 0, "change": 0.5}], [(0, "1.5")]),
    ([{"kind": "crash", "step": 5, "steps": 12, "change": -0.45}], [(5, "1"), (17, "0.55")]),
    ([{"kind": "v", "step": 5, "fall": 4, "rise": 8, "change": -0.5}], [(5, "1"), (9, "0.5"), (17, "1")]),
    ([{"kind": "depeg", "step": 3, "fall": 2, "hold": 10, "rise": 5, "change": -0.12, "left": -0.01}],
     [(3, "1"), (5, "0.88"), (15, "0.88"), (20, "0.99")]),
    ([{"kind": "depeg", "step": 3, "hold": 0, "rise": 4, "change": -0.2}], [(3, "1"), (4, "0.8"), (8, "1")]),
]  # fmt: skip


@pytest.mark.parametrize(("shocks", "points"), SHOCKS, ids=range(len(SHOCKS)))
def test_a_shock_on_a_constant(shocks: list[dict[str, Any]], points: list[tuple[int, str]]) -> None:
    shares = straight(points)
    if shocks[0]["kind"] == "gap" and shocks[0]["step"]:
        shares[6] = Fraction(1)
    seen = column({**ONE, "shocks": shocks})
    assert [abs(usd - share * E8) <= Fraction(1, 2) for usd, share in zip(seen, shares, strict=True)] == [True] * 40


def test_shocks_multiply() -> None:
    both = [shock for shocks, _ in (SHOCKS[2], SHOCKS[3]) for shock in shocks]
    expected = [a * b for a, b in zip(straight(SHOCKS[2][1]), straight(SHOCKS[3][1]), strict=True)]
    for usd, share in zip(column({**ONE, "shocks": both}), expected, strict=True):
        assert abs(usd - share * E8) <= Fraction(1, 2)


def test_where_there_is_no_shock_a_given_price_stays_to_the_last_unit() -> None:
    wide = {"kind": "constant", "usd": "46116860184.27387903"}  # 62 bits, which a float does not hold
    seen = column({**wide, "shocks": [{"kind": "gap", "step": 20, "change": -0.5}]})
    assert seen[:20] == [4611686018427387903] * 20
    assert seen[20:] == [2305843009213693952] * 20


def test_a_crash_on_top_of_geometric_brownian_motion() -> None:
    crash = {**GBM, "shocks": [{"kind": "crash", "step": 10, "steps": 60, "change": -0.45}]}
    plain, crashed = column(GBM, 100), column(crash, 100)
    for before, after, share in zip(plain, crashed, straight([(10, "1"), (70, "0.55")], 100), strict=True):
        assert abs(after - share * before) <= 1
    assert plain[:11] == crashed[:11]


# ---- staked tokens ---------------------------------------------------------------------------------------------------
def test_a_staked_token_at_rate_1_without_basis_is_its_base() -> None:
    table = Outside(world({"LST": {"kind": "staked", "base": "ETH"}, "ETH": GBM}, 200)).table(1, 3)
    assert (table[:, 0] == table[:, 1]).all()


def test_the_rate_grows_by_its_yearly_rate() -> None:
    steps, day = 366, 86_400
    lst = {"kind": "staked", "base": "ETH", "rate": 1.1, "growth_per_year": 0.03}
    table = Outside(world({"LST": lst, "ETH": {"kind": "constant", "usd": "2000"}}, steps, day)).table(1, 0)
    expected = 2000e8 * 1.1 * 1.03 ** (np.arange(steps) / 365)
    assert table[:, 0] == pytest.approx(expected, rel=1e-12, abs=0.6)
    assert table[365, 0] == round(Fraction("1.1") * Fraction("1.03") * 2000 * E8)
    assert rates(1.0, 0.0, 5, day).tolist() == [1.0] * 5


def test_rates_by_points() -> None:
    lst = {"kind": "staked", "base": "ETH", "rates": [[0, 1.0], [10, 1.5], [30, 1.25]]}
    seen = Outside(world({"LST": lst, "ETH": {"kind": "constant", "usd": "2000"}}, 40)).table(1, 0)[:, 0]
    for usd, rate in zip(seen.tolist(), straight([(0, "1"), (10, "1.5"), (30, "1.25")]), strict=True):
        assert abs(usd - rate * 2000 * E8) <= Fraction(1, 2)


def test_rate_times_base_times_basis() -> None:
    basis = {"kind": "points", "at": [[0, "1"], [20, "0.95"]]}
    lst = {"kind": "staked", "base": "ETH", "rate": 1.25, "basis": basis}
    base = {**GBM, "shocks": [{"kind": "gap", "step": 10, "change": -0.1}]}
    shocked = {**lst, "shocks": [{"kind": "gap", "step": 30, "change": -0.2}]}
    table = Outside(world({"ETH": base, "LST": shocked, "WRAPPED": {"kind": "staked", "base": "LST"}}, 40)).table(1, 0)
    for n in range(40):
        share = Fraction(5, 4) * Fraction("0.95" if n >= 20 else "1") * Fraction("0.8" if n >= 30 else "1")
        assert abs(int(table[n, 1]) - share * int(table[n, 0])) <= Fraction(1, 2) + Fraction(1, 1000)
    assert (table[:, 1] == table[:, 2]).all()


def test_the_basis_has_draws_of_its_own_and_may_be_correlated() -> None:
    prices = {"GBM": GBM, "STAKED": STAKED}
    plain = Outside(world(prices, 5000)).table(1, 0).astype(float)
    pair = {"pairs": [["GBM", "STAKED.basis", 0.9]]}
    joint = Outside(world(prices, 5000, correlation=pair)).table(1, 0).astype(float)
    assert (plain[:, 0] == joint[:, 0]).all()
    for table, low, high in ((plain, -0.1, 0.1), (joint, 0.85, 0.95)):
        steps = np.diff(np.log(table[:, 0])), np.diff(np.log(table[:, 1] / table[:, 0]))
        assert low < np.corrcoef(*steps)[0, 1] < high


# ---- given prices ----------------------------------------------------------------------------------------------------
def replay(folder: Path, lines: list[str], **more: Any) -> list[int]:
    """Prices of a csv asset over 5 steps of a minute from second 1_700_000_000."""
    (folder / "p.csv").write_text("\n".join(lines) + "\n")
    return column({"kind": "csv", "file": "p.csv", "column": "usd", **more}, 5)


def test_a_replay_may_start_at_another_price(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lines = ["usd", "3", "2.5", "4", "0.00000001", "3"]
    assert replay(tmp_path, lines) == [3 * E8, 250_000_000, 4 * E8, 1, 3 * E8]
    assert replay(tmp_path, lines, start="100") == [100 * E8, 8333333333, 13333333333, 33, 100 * E8]
    assert replay(tmp_path, lines, start="0.00000003") == [3, 3, 4, 1, 3]  # a half goes up; never below one unit


def test_a_gap_in_a_replay_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    at = 1_700_000_000
    lines = ["t,usd", f"{at},1", f"{at + 60},2", f"{at + 200},3"]
    assert replay(tmp_path, lines, time_column="t") == [E8, 2 * E8, 2 * E8, 2 * E8, 3 * E8]
    assert replay(tmp_path, lines, time_column="t", max_gap=120) == [E8, 2 * E8, 2 * E8, 2 * E8, 3 * E8]
    with pytest.raises(BadInput) as caught:
        replay(tmp_path, lines, time_column="t", max_gap=90)
    assert str(caught.value) == (
        "p.csv: row 3: expected another within 90 s, as step 3 needs, found the next after 140 s"
    )
    lines = ["t,usd", *[f"{at + 60 * n},{n + 1}" for n in range(4)]]
    with pytest.raises(BadInput, match=r"row 5: expected another within 30 s, as step 4 needs, found the end of the f"):
        replay(tmp_path, lines, time_column="t", max_gap=30)
