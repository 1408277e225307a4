"""Every refusal, by the contract's own string; a refused call changes nothing, with the shell and without it."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from protocol_sim.errors import BadInput, Revert
from protocol_sim.numeric import MAX_UINT256, RAY
from protocol_sim.protocols.aave_v2 import REFUSED, codes, shell
from protocol_sim.protocols.aave_v2.shell import AaveV2
from protocol_sim.protocols.aave_v2.state import Market, new_market

WETH, USDC, WBTC = 0, 1, 2
WHALE, ALICE, BOB, CAROL = range(4)
RICH, NOW = 10**40, 5_000
LIQUIDATE = {"liquidator": WHALE, "i": ALICE, "kc": WETH, "kd": USDC, "debt_to_cover": RICH, "receive_atoken": 0}
LIQUIDATE |= {"wallet": RICH, "now": NOW}


def setting(row: Callable[[Market], Any], **values: int) -> Callable[[Market], None]:
    def prepare(m: Market) -> None:
        for name, value in values.items():
            assert hasattr(row(m), name)
            setattr(row(m), name, value)
        for r in m.reserves:
            r.projected_at = -1

    return prepare


def reserve(k: int, **values: int) -> Callable[[Market], None]:
    return setting(lambda m: m.reserves[k], **values)


def holding(i: int, k: int, **values: int) -> Callable[[Market], None]:
    return setting(lambda m: m.holdings[i * 3 + k], **values)


def account(i: int, **values: int) -> Callable[[Market], None]:
    return setting(lambda m: m.accounts[i], **values)


def both(*steps: Callable[[Market], None]) -> Callable[[Market], None]:
    def prepare(m: Market) -> None:
        for step in steps:
            step(m)

    return prepare


def nothing(_: Market) -> None:
    pass


def swap(i: int, k: int, mode: int) -> tuple[str, dict[str, int]]:
    return "swap_rate_mode", {"i": i, "k": k, "mode": mode, "now": NOW}


def take(i: int, k: int, amount: int, mode: int = 2, caller: int = -1) -> tuple[str, dict[str, int]]:
    return "borrow", {"caller": i if caller < 0 else caller, "i": i, "k": k, "amount": amount, "mode": mode, "now": NOW}


def give(i: int, k: int, amount: int, wallet: int = RICH) -> tuple[str, dict[str, int]]:
    return "supply", {"i": i, "k": k, "amount": amount, "wallet": wallet, "now": NOW}


def leave(i: int, k: int, amount: int) -> tuple[str, dict[str, int]]:
    return "withdraw", {"i": i, "k": k, "amount": amount, "now": NOW}


def pay(i: int, k: int, amount: int, mode: int = 2, payer: int = -1, wallet: int = RICH) -> tuple[str, dict[str, int]]:
    who = i if payer < 0 else payer
    return "repay", {"payer": who, "i": i, "k": k, "amount": amount, "mode": mode, "wallet": wallet, "now": NOW}


def send(i: int, to: int, k: int, amount: int) -> tuple[str, dict[str, int]]:
    return "transfer_atoken", {"i": i, "to": to, "k": k, "amount": amount, "now": NOW}


def use(i: int, k: int, used: int) -> tuple[str, dict[str, int]]:
    return "set_collateral", {"i": i, "k": k, "used": used, "now": NOW}


def rebalance(i: int, k: int) -> tuple[str, dict[str, int]]:
    return "rebalance_stable_rate", {"i": i, "k": k, "now": NOW}


def liquidate(**changes: int) -> tuple[str, dict[str, int]]:
    return "liquidation_call", LIQUIDATE | changes


def configure(k: int, ltv: int, threshold: int, bonus: int) -> tuple[str, dict[str, int]]:
    return "configure_collateral", {"k": k, "ltv": ltv, "threshold": threshold, "bonus": bonus}


PAUSED = setting(lambda m: m.settings[0], paused=1)
SICK = reserve(USDC, price=15 * 10**14)  # Alice owes 12 ETH on 10
OLD_DEBT = reserve(USDC, variable_borrow_index=3 * RAY, variable_rate=0)
OLD_SUPPLY = reserve(WETH, liquidity_index=3 * RAY)
DRY = reserve(WETH, available_liquidity=7)
BORROWED_OUT = reserve(WETH, available_liquidity=10**17, liquidity_rate=0)
STRAINED = both(SICK, reserve(WETH, stable_slope1=2**140))  # Alice's collateral cannot be given new rates
STILL = reserve(USDC, liquidity_rate=0)  # view and accrual of the debt index part ways
TWO_BORROWERS = both(reserve(USDC, scaled_debt=10**13), STILL)
GIANT = reserve(WETH, liquidity_rate=2**127, liquidity_index=2**128 - 1)
# 100,000 ETH at 82.5 % and 0.015 ETH at 75 %: the floored average times the whole is below the part that leaves
FLOORED = both(
    holding(BOB, WETH, scaled_supply=10**23), holding(BOB, WBTC, scaled_supply=10**5), account(BOB, collateral=5)
)
RATE_STRATEGY = {"k": 0, "optimal": RAY + 1, "base": 0, "variable1": 0, "variable2": 0, "stable1": 0, "stable2": 0}

CASES: list[tuple[Callable[[Market], None], tuple[str, dict[str, int]], int]] = [
    (nothing, give(CAROL, WETH, 0), 1),
    (nothing, leave(ALICE, WETH, 0), 1),
    (nothing, leave(CAROL, WETH, MAX_UINT256), 1),
    (nothing, take(ALICE, USDC, 0), 1),
    (nothing, pay(ALICE, USDC, 0), 1),
    (reserve(WETH, active=0), give(CAROL, WETH, 1), 2),
    (reserve(WETH, active=0), leave(ALICE, WETH, 1), 2),
    (reserve(WETH, active=0), take(ALICE, WETH, 1), 2),
    (reserve(WETH, active=0), pay(BOB, WETH, 1, 1), 2),
    (reserve(WETH, active=0), swap(BOB, WETH, 1), 2),
    (reserve(WETH, active=0), rebalance(BOB, WETH), 2),
    (both(SICK, reserve(WETH, active=0)), liquidate(), 2),
    (both(SICK, reserve(USDC, active=0)), liquidate(), 2),
    (reserve(WETH, frozen=1), give(CAROL, WETH, 1), 3),
    (reserve(WETH, frozen=1), take(ALICE, WETH, 1), 3),
    (reserve(WETH, frozen=1), swap(BOB, WETH, 1), 3),
    (nothing, leave(ALICE, WETH, 11 * 10**18), 5),
    (nothing, leave(ALICE, WETH, 6 * 10**18), 6),
    (nothing, leave(ALICE, WETH, MAX_UINT256), 6),
    (nothing, send(ALICE, BOB, WETH, 6 * 10**18), 6),
    (reserve(USDC, borrowing=0), take(ALICE, USDC, 1), 7),
    (nothing, take(ALICE, USDC, 1, 0), 8),
    (nothing, take(ALICE, USDC, 1, 3), 8),
    (nothing, swap(ALICE, USDC, 0), 8),
    (nothing, take(CAROL, USDC, 1), 9),
    (SICK, take(ALICE, USDC, 1), 10),
    (nothing, take(ALICE, USDC, 9_000 * 10**6), 11),
    (reserve(USDC, stable_borrowing=0), take(ALICE, USDC, 10**6, 1), 12),
    (reserve(USDC, stable_borrowing=0), swap(ALICE, USDC, 2), 12),
    (nothing, take(ALICE, WETH, 10**18, 1), 13),
    (both(holding(ALICE, USDC, scaled_supply=10**10), account(ALICE, collateral=3)), swap(ALICE, USDC, 2), 13),
    (nothing, take(WHALE, USDC, 248_001 * 10**6, 1), 13),
    (both(account(WHALE, collateral=1), reserve(USDC, price=10**13)), take(WHALE, USDC, 248_001 * 10**6, 1), 14),
    (nothing, pay(ALICE, USDC, 1, 1), 15),
    (nothing, pay(ALICE, USDC, 1, 0), 15),
    (nothing, pay(BOB, WETH, 1, 2), 15),
    (nothing, pay(ALICE, USDC, MAX_UINT256, 2, payer=CAROL), 16),
    (nothing, swap(ALICE, USDC, 1), 17),
    (nothing, swap(BOB, WETH, 2), 18),
    (nothing, use(CAROL, WETH, 1), 19),
    (nothing, use(ALICE, WETH, 0), 20),
    (nothing, rebalance(BOB, WETH), 22),
    (SICK, liquidate(debt_to_cover=0), 23),
    (SICK, liquidate(debt_to_cover=0, receive_atoken=1), 23),
    (SICK, liquidate(wallet=3_999 * 10**6), 23),
    (SICK, liquidate(kc=WETH, debt_to_cover=MAX_UINT256 // 10, wallet=0), 23),
    (both(SICK, reserve(WETH, price=0)), liquidate(), 23),
    (both(SICK, OLD_DEBT), liquidate(debt_to_cover=1), 23),
    (both(SICK, STILL, reserve(USDC, scaled_debt=0)), liquidate(), 23),
    (both(SICK, reserve(USDC, variable_slope1=2**200)), liquidate(), 23),
    (STRAINED, liquidate(), 23),
    (both(SICK, reserve(USDC, price=2**127, unit=2**200)), liquidate(), 42),
    (nothing, configure(WETH, 0, 0, 0), 34),
    (nothing, ("set_active", {"k": WETH, "active": 0}), 34),
    (both(reserve(WETH, available_liquidity=0, liquidity_rate=1)), ("set_active", {"k": WETH, "active": 0}), 34),
    (nothing, liquidate(), 42),
    (nothing, liquidate(i=CAROL), 42),
    (SICK, liquidate(kc=WBTC), 43),
    (both(SICK, reserve(WETH, threshold=0)), liquidate(), 43),
    (SICK, liquidate(kd=WBTC), 44),
    (both(SICK, DRY), liquidate(), 45),
    (nothing, give(CAROL, WETH, 2**255, 2**255), 48),
    (both(reserve(WETH, ltv=0)), take(ALICE, USDC, 1), 50),
    (BORROWED_OUT, rebalance(CAROL, WETH), 50),
    (nothing, ("flash", {"k": WBTC, "amount": 0, "empty": 1}), 50),
    (GIANT, give(CAROL, WETH, 10**18), 51),
    (GIANT, leave(ALICE, WETH, 10**18), 51),
    (reserve(USDC, variable_rate=RAY, variable_borrow_index=2**128 - 1), give(CAROL, USDC, 10**18), 52),
    (reserve(USDC, variable_slope1=2**144), give(CAROL, USDC, 10**12), 53),
    (both(reserve(USDC, variable_slope1=2**144, reserve_factor=10_000)), give(CAROL, USDC, 10**12), 54),
    (reserve(USDC, stable_slope1=2**144), give(CAROL, USDC, 10**12), 55),
    (OLD_SUPPLY, give(CAROL, WETH, 1), 56),
    (OLD_DEBT, take(BOB, USDC, 1), 56),
    (OLD_SUPPLY, leave(ALICE, WETH, 1), 58),
    (OLD_DEBT, pay(ALICE, USDC, 1), 58),
    (nothing, take(ALICE, USDC, 10**6, caller=BOB), 59),
    (nothing, take(ALICE, WBTC, 10**4, 1, caller=BOB), 59),
    (PAUSED, give(CAROL, WETH, 0), 64),
    (PAUSED, leave(ALICE, WETH, 0), 64),
    (PAUSED, take(ALICE, WETH, 0), 64),
    (PAUSED, pay(ALICE, WETH, 0), 64),
    (PAUSED, swap(ALICE, WETH, 0), 64),
    (PAUSED, rebalance(ALICE, WETH), 64),
    (PAUSED, use(ALICE, WETH, 0), 64),
    (PAUSED, send(ALICE, BOB, WETH, 1), 64),
    (PAUSED, liquidate(), 64),
    (PAUSED, ("flash", {"k": WETH, "amount": 1}), 64),
    (nothing, ("flash", {"k": WETH, "amount": 1, "fails": 1}), 66),
    (nothing, configure(WETH, 0, 1, 65_536), 69),
    (nothing, ("set_reserve_factor", {"k": 0, "factor": 65_536}), 71),
    (nothing, configure(WETH, 8001, 8000, 10500), 75),
    (nothing, configure(WETH, 8000, 8000, 10000), 75),
    (nothing, configure(WETH, 8000, 9600, 10500), 75),
    (nothing, configure(WETH, 0, 0, 10500), 75),
    (reserve(WETH, available_liquidity=7), leave(WHALE, WETH, 8), 102),
    (FLOORED, use(BOB, WETH, 0), 102),
    (reserve(WETH, reserve_factor=10_001), give(CAROL, WETH, 10**18), 102),
    (nothing, ("set_rate_strategy", RATE_STRATEGY), 102),
    (STILL, pay(ALICE, USDC, MAX_UINT256), 102),
    (both(account(WHALE, collateral=1), reserve(USDC, available_liquidity=5)), take(WHALE, USDC, 6), 102),
    (nothing, take(ALICE, WETH, MAX_UINT256), 103),
    (reserve(WETH, available_liquidity=MAX_UINT256), give(CAROL, WETH, 1), 101),
    (nothing, give(CAROL, WETH, 10, 9), 110),
    (nothing, pay(ALICE, USDC, 10, wallet=9), 110),
    (DRY, ("flash", {"k": WETH, "amount": 8}), 110),
    (nothing, ("flash", {"k": WETH, "amount": 10**4, "holds": 10**4 + 8}), 110),
    (TWO_BORROWERS, pay(ALICE, USDC, MAX_UINT256), 111),
    (nothing, send(ALICE, BOB, WETH, 11 * 10**18), 112),
    (nothing, send(CAROL, BOB, WETH, 1), 112),
    (nothing, pay(ALICE, USDC, 1, 3), 120),
    (nothing, swap(ALICE, USDC, 3), 120),
    (nothing, ("flash", {"k": WETH, "amount": 1, "mode": 3}), 120),
    (nothing, ("approve_delegation", {"i": 3, "to": 2, "k": 2, "mode": 1, "amount": 1, "full": 1}), 200),
]  # fmt: skip


def flash(pool: AaveV2, *, k: int, amount: int, mode: int = 0, fails: int = 0, holds: int = RICH) -> Any:
    answer = {"receiver": lambda: not fails, "holds": lambda _: holds}
    return pool.flash_loans(caller=CAROL, i=CAROL, loans=[(k, amount, mode)], now=NOW, **answer)


def prepared(v2: SimpleNamespace, prepare: Callable[[Market], None], a: dict[str, int]) -> Market:
    m: Market = v2.busy()
    prepare(m)
    if a.get("full"):
        for j, row in enumerate(m.allowances):
            row.mode, row.delegator, row.delegatee = 1, j, j + 1
    return m


NAMED = [f"{code}-{call[0]}-{n}" for n, (_, call, code) in enumerate(CASES)]


@pytest.mark.parametrize(("prepare", "call", "code"), CASES, ids=NAMED)
def test_refused_by_its_string_and_nothing_changes(
    v2: SimpleNamespace, prepare: Callable[[Market], None], call: tuple[str, dict[str, int]], code: int
) -> None:
    name, a = call
    a = dict(a)
    pool = AaveV2(prepared(v2, prepare, a))
    if name == "flash":
        if a.pop("empty", 0):
            pool.market.reserves[a["k"]].scaled_supply = 0
        before = v2.state_of(pool.market)
        outcome = flash(pool, **a)
    else:
        a.pop("full", None)
        before = v2.state_of(pool.market)
        outcome = pool.call(name, **a)
    assert (outcome.code, outcome.error) == (code, codes.CODES[code][0])
    assert outcome.result is None
    assert v2.state_of(pool.market) == before


# a loan of several assets is put together by the shell: no rule of its own
RULES = [(case, name) for case, name in zip(CASES, NAMED, strict=True) if case[1][0] != "flash"]


@pytest.mark.parametrize(("prepare", "call", "code"), [case for case, _ in RULES], ids=[name for _, name in RULES])
def test_a_rule_refuses_before_it_writes(
    v2: SimpleNamespace, prepare: Callable[[Market], None], call: tuple[str, dict[str, int]], code: int
) -> None:
    """Compiled code has no shell: whatever a rule refuses by code must have changed nothing."""
    name, a = call
    m = prepared(v2, prepare, a)
    given = {n: x for n, x in a.items() if n != "full"}
    before = v2.state_of(m)
    try:
        answer = shell._OPERATIONS[name].rule(m, **given)
    except Revert:
        return
    assert (answer[0] if isinstance(answer, tuple) else answer) == code
    assert v2.state_of(m) == before


def test_every_code_has_a_case() -> None:
    elsewhere = {79, 80}  # StableDebtToken's own, in test_aave_v2_rules.py; 104 needs a unit of 0
    assert {code for _, _, code in CASES} | elsewhere | {104} == set(codes.CODES)


def test_arithmetic_faults_speak_the_library_s_language() -> None:
    assert codes.code_of_revert("division by zero", ["borrow", "div"]) == codes.SAFEMATH_DIVISION
    assert codes.code_of_revert("division by zero", ["ray_div_half_up", "mul_add_div"]) == codes.MATH_DIVISION_BY_ZERO
    assert codes.code_of_revert("multiplication overflow", ["mul"]) == codes.SAFEMATH_MULTIPLICATION


def test_what_is_not_modelled_is_refused_by_name(v2: SimpleNamespace) -> None:
    pool = AaveV2(v2.empty())
    for name in REFUSED:
        with pytest.raises(BadInput, match=name):
            pool.call(name, i=0)
    with pytest.raises(BadInput, match="expected supply, withdraw"):
        pool.call("mint", i=0)


def test_markets_that_cannot_be() -> None:
    with pytest.raises(BadInput, match="reserves"):
        new_market([_listed()] * 63, 1)
    with pytest.raises(BadInput, match="treasury"):
        new_market([_listed()], 2, treasury=2)
    for wrong in ({"decimals": 39}, {"ltv": 1}, {"bonus": 10500}, {"threshold": 9600, "bonus": 10500}, {"optimal": 0}):
        with pytest.raises(BadInput, match=next(reversed(wrong))):
            _listed(**wrong)


def _listed(**kw: int) -> Any:
    from protocol_sim.protocols.aave_v2.state import new_reserve

    return new_reserve(**({"decimals": 18, "price": 1} | kw))
