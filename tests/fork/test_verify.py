"""Model against contract on fixed seeds: equal all the way, and a model off by one wei is found out."""

from collections.abc import Callable

import pytest

from protocol_sim.amms import constant_product
from protocol_sim.fork.verify import Verdict, render, verify
from protocol_sim.protocols.aave_v2 import accrual, borrow, liquidation, rules, supply

pytestmark = pytest.mark.anvil


def assert_equal_and_alive(verdict: Verdict, cases: int) -> None:
    """No difference, and a run that says something: most operations accepted, a good part refused."""
    assert verdict.ok, render(verdict)
    assert verdict.total == cases
    assert verdict.equal > cases // 2
    assert verdict.refused_as_on_chain > cases // 10


def test_aave_v2() -> None:
    told: list[tuple[int, int]] = []
    verdict = verify("aave-v2", cases=500, seed=1, on_progress=lambda done, all_: told.append((done, all_)))
    assert_equal_and_alive(verdict, 500)
    assert told[-1] == (500, 500)
    daily = ("deposit", "withdraw", "borrow", "repay", "swapBorrowRateMode", "setUserUseReserveAsCollateral",
             "liquidationCall", "flashLoan", "aToken.transfer")
    assert all(verdict.played[name] for name in daily), render(verdict)
    reached = [name for name in verdict.watched if verdict.branches[name]]
    assert len(reached) > len(verdict.watched) // 2, render(verdict)
    assert len(verdict.reasons) > 15


def test_uniswap_v2() -> None:
    verdict = verify("uniswap-v2", cases=500, seed=20221122)
    assert_equal_and_alive(verdict, 500)
    assert all(verdict.played[name] for name in verdict.operations), render(verdict)
    assert {"UniswapV2: K", "UniswapV2: INSUFFICIENT_LIQUIDITY"} <= set(verdict.reasons)


def test_a_seed_gives_one_run() -> None:
    first, again, other = (verify("uniswap-v2", cases=60, seed=seed) for seed in (5, 5, 6))
    assert (first.played, first.refused) == (again.played, again.refused)
    assert (first.played, first.refused) != (other.played, other.refused)


def more(rule: Callable[..., int]) -> Callable[..., int]:
    """The rule, one wei above what it says (0 stays 0, so that nothing is owed by those who owe nothing)."""
    return lambda *args: (lambda value: value + 1 if value else value)(rule(*args))


WRONG = [
    ("aave-v2", accrual, "linear_interest"),
    ("aave-v2", accrual, "treasury_share"),
    ("aave-v2", rules, "overall_borrow_rate"),
    ("aave-v2", rules, "stable_debt"),
    ("aave-v2", liquidation, "collateral_for"),
    ("aave-v2", supply, "ray_div_half_up"),
    ("aave-v2", borrow, "ray_div_half_up"),
    ("uniswap-v2", constant_product, "amount_out"),
    ("uniswap-v2", constant_product, "fee_liquidity"),
    ("uniswap-v2", constant_product, "isqrt"),
]


@pytest.mark.parametrize(("protocol", "module", "rule"), WRONG, ids=[f"{p} {r}" for p, _, r in WRONG])
def test_a_wei_too_much_is_found(
    protocol: str, module: object, rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, rule, more(getattr(module, rule)))
    verdict = verify(protocol, cases=500, seed=1)
    assert not verdict.ok
    assert verdict.different == 1
    assert verdict.difference is not None
    assert verdict.difference.fields
    assert all(model != chain for _, model, chain in verdict.difference.fields)
    text = render(verdict)
    name, model, chain = verdict.difference.fields[0]
    assert f"different at case {verdict.difference.case}: {verdict.difference.operation.name}" in text
    assert "model | contract" in text
    assert any(name in line and f"{model} | {chain}" in line for line in text.splitlines())
