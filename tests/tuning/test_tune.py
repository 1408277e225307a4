"""Searches of toy markets whose optimum is known; the recommendation beside no change; what cannot be searched."""

from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import protocol_sim as ps
from protocol_sim.errors import BadInput
from protocol_sim.tuning import load_tuning, tune
from protocol_sim.tuning.pareto import dominates, first_front, layers
from protocol_sim.tuning.sensitivity import assumed_numbers, nudged
from protocol_sim.tuning.text import tuning_text
from tests.tuning.markets import BONUS, LT, LTV, random_slide, shallow, slide, slide_is_safe, thresholds

GRID = range(9_000, 9_500, 50)
JOINT = {
    "parameters": [{"key": LT, "values": list(GRID)}, {"key": LTV, "values": list(GRID)}],
    "constraints": [{"measure": "bad-debt-es", "at_most": "1 USD"}],
}


def best_threshold() -> int:
    return max(bps for bps in GRID if slide_is_safe(bps / 10_000))


def test_the_formula_of_the_toy_market() -> None:
    assert best_threshold() == pytest.approx(0.98 / 1.05 * 10_000, abs=50)
    assert not slide_is_safe(best_threshold() / 10_000 + 0.005)


@pytest.mark.parametrize(("search", "evaluations"), [("grid", 100), ("nsga2", 80), ("tpe", 60)])
def test_the_largest_safe_threshold_is_found_jointly_with_the_ltv(search: str, evaluations: int) -> None:
    """Borrowing power under no bad debt: LTV = LT = the largest LT at which the slide leaves nothing."""
    found = tune(
        slide(), JOINT, ["borrowing-power"], paths=2, search=search, evaluations=evaluations, sensitivity=False
    )
    assert found.recommendation.values == {LT: best_threshold(), LTV: best_threshold()}
    assert found.recommendation.measures["borrowing-power"] == 8 * 10**13 * best_threshold() // 10_000
    assert found.recommendation.measures["borrowing-power"] <= found.power_bound
    bound = next(b for b in found.bounds if b.key == LT)
    assert bound.bound_bps == int(10_000 / 1.05)     # a given price has no volatility: only the bonus bounds it
    reasons = [c.reason for c in found.candidates if c.values[LTV] > c.values[LT]]
    assert reasons
    assert all("at most the liquidation threshold" in reason for reason in reasons)


def test_the_smallest_bonus_that_a_liquidator_takes_is_found() -> None:
    """b > D / (Y - D) = 15,000 / 285,000 = 5.263 %; a smaller one leaves the account to the crash."""
    space = {
        "parameters": [{"key": BONUS, "low": 10_100, "high": 11_000, "step": 25}],
        "constraints": [{"measure": "bad-debt-mean", "at_most": "1 USD"}],
    }
    found = tune(shallow(), space, ["borrowers-loss-mean"], paths=2, sensitivity=False)
    assert found.recommendation.values == {BONUS: 10_550}
    assert found.recommendation.measures["borrowers-loss-mean"] == pytest.approx(15_000 * 0.055 * 1e8, rel=1e-6)
    assert found.candidates[0].measures["bad-debt-mean"] > 0


def test_a_front_of_two_objectives_is_what_a_look_at_all_pairs_says() -> None:
    found = tune(random_slide(), thresholds(), paths=40, sensitivity=False)
    able = [c for c in found.candidates if not c.reason]
    pairs = [(-c.measures["borrowing-power"], c.measures["bad-debt-es"]) for c in able]
    front = {pairs[n] for n in first_front(pairs)}
    assert {pairs[able.index(found.candidates[n])] for n in found.front} == front
    assert len(front) > 1
    frame = found.front_frame()
    assert frame["candidate"][0] == "no change"
    assert frame["borrowing-power"].tolist()[1:] == sorted(frame["borrowing-power"].tolist()[1:], reverse=True)
    assert len(found.frame()) == 16


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=25))
def test_pareto_layers(vectors: list[tuple[int, int]]) -> None:
    front = first_front(vectors)
    plain = [n for n, v in enumerate(vectors) if not any(dominates(w, v) for w in vectors)]
    assert front == plain
    assert layers(vectors, 1) == set(front)
    assert layers(vectors, 100) == set(range(len(vectors)))


def test_a_recommendation_stands_beside_no_change_as_a_paired_difference() -> None:
    space = thresholds(constraints=[{"measure": "bad-debt-es", "at_most": "2000000 USD"}])
    space["parameters"][0]["max_step"] = space["parameters"][1]["max_step"] = 0
    held = tune(random_slide(), space, paths=60, sensitivity=False)
    assert held.recommendation is held.baseline     # the step limit leaves what is
    assert held.target.values == {LT: 9_000, LTV: 9_000}
    for parameter in space["parameters"]:
        parameter["max_step"] = 500
    free = tune(random_slide(), space, paths=60, sensitivity=False)
    assert free.recommendation.values == {LT: 9_000, LTV: 9_000}
    (change,) = free.differences
    assert change.value == free.recommendation.measures["bad-debt-es"] - free.baseline.measures["bad-debt-es"]
    assert change.low <= change.value <= change.high
    assert (change.n, change.level, change.horizon, change.confidence) == (60, 0.95, 36 * 3_600, 0.95)
    text = tuning_text(free)
    for piece in ("no change", "liquidation_threshold_bps 8500 -> 9000", "; n = 60, level 95 %, 36 hours)", "digest"):
        assert piece in text, piece


def test_without_a_constraint_nothing_may_get_worse_than_no_change() -> None:
    """Bad debt grows with the threshold, so that more borrowing power is bought with it: no change wins."""
    found = tune(random_slide(), thresholds(), paths=60, sensitivity=False)
    assert found.recommendation.measures["bad-debt-es"] <= found.baseline.measures["bad-debt-es"]
    richer = [n for n in found.front if found.candidates[n].measures["borrowing-power"]
              > found.recommendation.measures["borrowing-power"]]
    assert all(found.candidates[n].measures["bad-debt-es"] > found.baseline.measures["bad-debt-es"] for n in richer)


def test_candidates_see_the_same_paths_and_poor_ones_fewer() -> None:
    found = tune(random_slide(), thresholds(), paths=80, sensitivity=False)
    assert {c.paths for c in found.candidates if not c.reason} == {20, 80}
    assert all(found.candidates[n].paths == 80 for n in found.front)
    whole = tune(random_slide(), thresholds(), paths=80, halving=False, sensitivity=False)
    by_values = {str(c.values): c for c in whole.candidates}
    for candidate in found.candidates:
        if candidate.paths == 80:
            assert candidate.measures == by_values[str(candidate.values)].measures
    assert [whole.candidates[n].values for n in whole.front] == [found.candidates[n].values for n in found.front]
    one = by_values[str(dict(found.recommendation.values) or {LT: 8_500, LTV: 8_500})]
    rows = ps.run_paths(random_slide().changed(one.values), 80).summary
    assert one.measures["bad-debt-es"] == ps.risk_numbers(
        ps.run_paths(random_slide().changed(one.values), 80), level=0.95)[2].value
    assert len(rows) == 80


def test_assumptions_are_moved_one_at_a_time_on_the_same_paths() -> None:
    space = {"parameters": [{"key": LT, "values": [8_500, 9_000]}]}
    found = tune(random_slide(), space, ["bad-debt-es"], paths=40)
    moved = {one.key: one for one in found.elasticities}
    volatility = moved["assets.WETH.price.volatility_per_year"]
    assert (volatility.value, volatility.nudged, volatility.paths) == ("3.0", "3.3", 40)
    again = random_slide().changed({**found.recommendation.values, volatility.key: 3.3})
    assert volatility.moved == ps.risk_numbers(ps.run_paths(again, 40), level=0.95)[2].value
    assert volatility.elasticity == pytest.approx((volatility.moved / volatility.recommended - 1) / 0.1)
    assert volatility.elasticity > 1
    assert "agents.keeper.gas" in moved
    assert not any(key.startswith(("accounts", "clock", "protocols")) for key in moved)


@pytest.mark.parametrize(
    ("value", "moved"),
    [(3_000, 3_300), (1, 2), (2.0, 2.2), ("20 USDC", "22 USDC"), ("1", "1.1"), ("1600.5", "1760.55"), (0, None),
     (True, None), ("120000000000000000000001", "132000000000000000000001"), ("hold", None), ("0 USDC", None),
     ("1.25 CRV", "1.375 CRV")],
)
def test_a_tenth_more_in_the_values_own_form(value: Any, moved: Any) -> None:
    assert nudged(value) == (pytest.approx(moved) if isinstance(moved, float) else moved)


def test_observed_inputs_are_not_moved() -> None:
    scenario = random_slide().replaced(inputs=({"key": "assets.*", "status": "observed", "source": "a chain"},))
    assert not [key for key in assumed_numbers(scenario, ()) if key.startswith("assets")]
    assert assumed_numbers(random_slide(), ())["feeds.WETH-USD.heartbeat"] == ("3600", 3_960)


@pytest.mark.parametrize("search", ["nsga2", "tpe"])
def test_a_seeded_search_walks_the_same_way_and_asks_its_journal(search: str, tmp_path: Path) -> None:
    wanted = {"paths": 8, "search": search, "evaluations": 9, "sensitivity": False}
    first = tune(random_slide(), thresholds(), out=tmp_path, **wanted)
    kept = (tmp_path / "journal.jsonl").read_bytes()
    assert tune(random_slide(), thresholds(), out=tmp_path, **wanted).digest == first.digest
    assert (tmp_path / "journal.jsonl").read_bytes() == kept
    assert tune(random_slide(), thresholds(), **wanted).digest == first.digest
    assert tune(random_slide(), thresholds(), **wanted, seed=2).digest != first.digest


def test_what_was_found_is_saved_and_read_back(tmp_path: Path) -> None:
    found = tune(random_slide(), thresholds(), paths=20, out=tmp_path / "out")
    back = load_tuning(tmp_path / "out")
    assert back.digest == found.digest
    assert tuning_text(back) == tuning_text(found)
    assert (back.elasticities, back.differences, back.bounds) == (found.elasticities, found.differences, found.bounds)
    path = tmp_path / "out" / "tune.json"
    path.write_text(path.read_text().replace('"paths": 20', '"paths": 21', 1))
    with pytest.raises(BadInput, match=r"tune.json"):
        load_tuning(path.parent) if back.paths != 20 else load_changed(path)


def load_changed(path: Path) -> None:
    path.write_text(path.read_text().replace('"borrowing-power": ', '"borrowing-power": 1', 1))
    load_tuning(path.parent)


@pytest.mark.parametrize(
    ("space", "objectives", "line"),
    [
        (thresholds(constraints=[{"measure": "borrowing-power", "at_least": "99000000000 USD"}]), ["bad-debt-es"],
         "space: constraints: expected a candidate with borrowing-power at least 9,900,000,000,000,000,000, found"),
        (thresholds(constraints=[{"measure": "solvency-bps", "at_most": 100}]), ["bad-debt-es"],
         "space: constraints: expected a candidate with solvency-bps at most 100, found none"),
        (thresholds(constraints=[{"measure": "repaid-var", "at_least": "99000000000 USD"}]), ["bad-debt-es"],
         "space: constraints: expected a candidate with repaid-var at least"),
        ({"parameters": [{"key": LT, "values": [8_500, 9_000]}]}, ["borrowing-power"],
         "space: parameters: expected parameters that move borrowing-power, found the same for all 2"),
        ({"parameters": [{"key": "agents.keeper.min_profit", "values": ["0", "1 USDC"]}]}, ["solvency-bps"],
         "space: parameters: expected parameters that move solvency-bps, found the same for all 2"),
        ({"parameters": [{"key": "agents.keeper.max_rounds", "values": [16, 17]}]}, ["bad-debt-es"],
         "space: parameters: expected parameters that move bad-debt-es, found the same for all 2"),
        ({"parameters": [{"key": LT, "values": [9_900]}]}, ["bad-debt-es"],
         "space: parameters: expected a choice that is a valid scenario, found none: protocols.aave.reserves.WETH."),
        (thresholds(), ["es"], "tune: --objective: expected one of borrowing-power"),
        (thresholds(), [], "tune: --objective: expected one of borrowing-power"),
        (thresholds(), ["bad-debt-es", "bad-debt-es"], "tune: --objective: expected each objective once"),
    ],
)
def test_what_cannot_be_searched_is_one_line(space: dict[str, Any], objectives: list[str], line: str) -> None:
    with pytest.raises(BadInput) as caught:
        tune(random_slide(), space, objectives, paths=4)
    assert str(caught.value).startswith(line)


@pytest.mark.parametrize("wrong", [{"paths": 1}, {"level": 1.0}, {"search": "random"}, {"workers": 0}, {"seed": -1}])
def test_numbers_that_make_no_sense(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match=f"tune: {next(iter(wrong))}: expected"):
        tune(random_slide(), thresholds(), **wrong)


def test_a_grid_is_every_choice_and_not_more_than_asked_for() -> None:
    with pytest.raises(BadInput, match=r"expected at most 15 choices for a grid \(--evaluations\), found 16"):
        tune(random_slide(), thresholds(), paths=4, search="grid", evaluations=15)
    found = tune(random_slide(), thresholds(), paths=4, evaluations=15, sensitivity=False)
    assert found.search == "nsga2"
    choices = [c.choice for c in found.candidates]
    assert len(choices) == len(set(choices)) <= 15
    assert set(choices) <= set(product(range(4), range(4)))
