"""The space file: what it says, and one line for what it may not say."""

from pathlib import Path
from typing import Any

import pytest

from protocol_sim.errors import BadInput
from protocol_sim.tuning import load_space, parse_space
from tests.tuning.markets import LT, LTV, slide

SCENARIO = slide()


def test_a_glob_moves_together_and_add_moves_from_where_each_stands() -> None:
    space = parse_space({"parameters": [
        {"key": "protocols.aave.reserves.*.ltv_bps", "add": True, "values": [-500, 0], "max_step": 400},
        {"key": LT, "low": 8_000, "high": 8_500, "step": 250},
    ]}, SCENARIO)
    assert space.size == 6
    assert space.settings((0, 2)) == {
        "protocols.aave.reserves.WETH.ltv_bps": 8_500, "protocols.aave.reserves.USDC.ltv_bps": 8_500, LT: 8_500,
    }
    assert not space.within_one_vote((0, 0))
    assert space.within_one_vote((1, 0))
    assert list(space.choices())[:2] == [(0, 0), (0, 1)]


def test_constraints_have_the_unit_of_their_measure() -> None:
    space = parse_space({"parameters": [{"key": LT, "values": [9_000]}], "constraints": [
        {"measure": "bad-debt-es", "at_most": "1.5 USD"}, {"measure": "solvency-bps", "at_most": 9_700},
    ]}, SCENARIO)
    assert [c.at_most for c in space.constraints] == [150_000_000, 9_700]
    assert space.constraints[1].violation(9_700) == 0
    assert space.constraints[1].violation(10_185) == pytest.approx(0.05)


ROW = {"key": LT, "values": [9_000]}


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ({}, "space: parameters: expected at least one [[parameters]], found an empty space"),
        ({"parameters": []}, "space: parameters: expected at least one [[parameters]], found an empty space"),
        ({"parameters": [{**ROW, "values": []}]}, "space: parameters.0.values: expected a list of at least one value"),
        ({"parameters": [{**ROW, "key": LT + "x"}]}, "space: parameters.0.key: expected a key of the scenario that"),
        ({"parameters": [{"key": LT, "low": 1, "high": 2}]}, "space: parameters.0.step: expected a number"),
        ({"parameters": [{"key": LT, "low": 2, "high": 1, "step": 1}]}, "space: parameters.0.high: expected at least"),
        ({"parameters": [{"key": LT, "low": 1, "high": 2, "step": 0}]}, "space: parameters.0.step: expected more than"),
        ({"parameters": [{**ROW, "low": 1}]}, "space: parameters.0.low: expected either values or low, high and step"),
        ({"parameters": [{**ROW, "range": 1}]}, "space: parameters.0.range: expected one of add, high, key"),
        ({"parameters": [{**ROW, "max_step": -1}]}, "space: parameters.0.max_step: expected a number that is not"),
        ({"parameters": [{"key": "agents.keeper.gas", "add": True, "values": [1]}]}, "space: parameters.0.add: expect"),
        ({"parameter": [ROW]}, "space: parameter: expected one of constraints, parameters, found the unknown key"),
        ({"parameters": [ROW], "constraints": [{"measure": "es"}]}, "space: constraints.0.measure: expected one of"),
        ({"parameters": [ROW], "constraints": [{"measure": "bad-debt-es"}]}, "space: constraints.0: expected at_most"),
        ({"parameters": [ROW], "constraints": [{"measure": "bad-debt-es", "at_most": 5}]},
         "space: constraints.0.at_most: expected an amount such as '50000 USD', found 5"),
    ],
)
def test_what_is_wrong_is_one_line(data: dict[str, Any], line: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_space(data, SCENARIO)
    assert str(caught.value).startswith(line)
    assert "\n" not in str(caught.value)


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "space.toml"
    with pytest.raises(BadInput, match=r"space.toml: file: expected a space file, found no such file"):
        load_space(path, SCENARIO)
    path.write_text("[[parameters]\n")
    with pytest.raises(BadInput, match=r"space.toml: file: expected TOML"):
        load_space(path, SCENARIO)
    path.write_text(f'[[parameters]]\nkey = "{LTV}"\nvalues = [8_000]\n')
    assert load_space(path, SCENARIO).size == 1
