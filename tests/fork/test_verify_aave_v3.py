"""Aave V3, model against contract on fixed seeds: equal all the way, and a model off by one wei is found out."""

from collections.abc import Callable

import pytest

from protocol_sim.errors import BadInput
from protocol_sim.fork.verify import Verdict, render, verify
from protocol_sim.protocols.aave_v3 import accrual, liquidation, rules

pytestmark = pytest.mark.anvil

DAILY = ("supply", "withdraw", "borrow", "repay", "setUserUseReserveAsCollateral", "setUserEMode", "liquidationCall",
         "flashLoan", "aToken.transfer", "feed.setAnswer")
LIQUIDATED = {"liquidations": 25, "liquidations with bad debt": 5, "liquidations in an eMode": 5,
              "same-asset liquidations": 5}
OFTEN = 300


def test_an_unknown_version_is_refused_by_name() -> None:
    with pytest.raises(BadInput, match=r"3\.0\.2 or 3\.6"):
        verify("aave-v3", "3.5")


@pytest.mark.parametrize("version", ["3.0.2", "3.6"])
def test_aave_v3(version: str) -> None:
    verdict = verify("aave-v3", version, cases=800, seed=20221122)
    assert verdict.ok, render(verdict)
    assert verdict.total == 800
    assert verdict.equal > OFTEN
    assert verdict.refused_as_on_chain > 50
    assert all(verdict.played[name] for name in DAILY), render(verdict)
    assert all(verdict.branches[name] >= count for name, count in LIQUIDATED.items()), render(verdict)
    assert len(verdict.reasons) > 10


def more(rule: Callable[..., int]) -> Callable[..., int]:
    """The rule, one wei above what it says (0 stays 0, so that nothing is owed by those who owe nothing)."""
    return lambda *args: (lambda value: value + 1 if value else value)(rule(*args))


WRONG = [
    ("3.0.2", accrual, "linear_interest"), ("3.0.2", accrual, "overall_borrow_rate"),
    ("3.0.2", liquidation, "percent_div_half_up"), ("3.6", accrual, "compounded_interest"),
    ("3.6", accrual, "treasury_share"), ("3.6", liquidation, "debt_for_collateral"), ("3.6", rules, "ray_div_down"),
]  # fmt: skip


@pytest.mark.parametrize(("version", "module", "rule"), WRONG, ids=[f"{v} {r}" for v, _, r in WRONG])
def test_a_wei_too_much_is_found(version: str, module: object, rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, rule, more(getattr(module, rule)))
    verdict: Verdict = verify("aave-v3", version, cases=500, seed=1)
    assert verdict.different == 1
    assert verdict.difference is not None
    assert all(model != chain for _, model, chain in verdict.difference.fields)
