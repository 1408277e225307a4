"""The arithmetic against formulas written out here, and against figures worked out by hand."""

from fractions import Fraction

import pytest
from aave_v3_worlds import EVERY, PCT, T0, pool
from hypothesis import given
from hypothesis import strategies as st

from protocol_sim.errors import BadInput, Revert
from protocol_sim.numeric import RAY
from protocol_sim.protocols.aave_v3 import rules, versions
from protocol_sim.protocols.aave_v3.accrual import Accrued, Debts, debts, next_rates
from protocol_sim.protocols.aave_v3.state import new_market, new_reserve

INDEX = st.integers(RAY, 5 * RAY)
AMOUNT = st.integers(0, 10**30)
YEAR = 31_536_000


@given(AMOUNT, INDEX)
def test_directed_roundings_bracket_the_exact_value(amount: int, index: int) -> None:
    up, down = Fraction(amount * index, RAY), Fraction(amount * RAY, index)
    assert rules.ray_mul_down(amount, index) == up.__floor__()
    assert rules.ray_mul_up(amount, index) == up.__ceil__()
    assert rules.ray_div_down(amount, index) == down.__floor__()
    assert rules.ray_div_up(amount, index) == down.__ceil__()


@given(AMOUNT, st.integers(1, 20_000))
def test_percentages_round_as_named(amount: int, bps: int) -> None:
    assert rules.percent_mul_up(amount, bps) == Fraction(amount * bps, 10_000).__ceil__()
    assert rules.percent_mul_down(amount, bps) == Fraction(amount * bps, 10_000).__floor__()
    assert rules.percent_div_up(amount, bps) == Fraction(amount * 10_000, bps).__ceil__()
    assert rules.value_up(amount, bps, 10**6) == Fraction(amount * bps, 10**6).__ceil__()


def test_division_by_zero_reverts_however_it_rounds() -> None:
    for fn in (rules.ray_div_up, rules.ray_div_down, rules.percent_div_up):
        with pytest.raises(Revert, match="division by zero"):
            fn(1, 0)


@pytest.mark.parametrize("version", EVERY)
def test_scaled_amounts_favour_the_pool_from_3_5_on(version: str) -> None:
    v, index = versions.parse(version), 3 * RAY
    directional = version in ("3.5", "3.6")
    assert rules.scaled_supply_mint(v, 5, index) == (1 if directional else 2)  # 1.667
    assert rules.scaled_supply_burn(v, 4, index) == (2 if directional else 1)  # 1.333
    assert rules.scaled_debt_mint(v, 4, index) == (2 if directional else 1)
    assert rules.scaled_debt_burn(v, 5, index) == (1 if directional else 2)
    assert rules.supply_balance(v, 1, RAY + RAY // 2) == (1 if directional else 2)  # 1.5
    assert rules.debt_balance(v, 1, RAY + 1) == (2 if directional else 1)
    assert rules.debt_value(v, 1, 10**8, 10**18) == (1 if directional else 0)
    assert rules.debt_for_collateral(v, 10_000, 10_500) == 9524  # 9523.8
    assert rules.debt_for_collateral(v, 100, 10_500) == (96 if directional else 95)  # 95.24


@given(st.integers(0, 10 * RAY), st.integers(1, 3 * YEAR))
def test_compounding_of_each_version(rate: int, dt: int) -> None:
    def half_up(a: int, b: int) -> int:
        return (a * b + RAY // 2) // RAY

    x = rate * dt // YEAR
    assert rules.compounded_interest(340, rate, T0, T0 + dt) == RAY + x + half_up(x, x // 2 + half_up(x, x // 6))
    b2 = half_up(rate, rate) // YEAR**2
    b3 = half_up(b2, rate) // YEAR
    terms = rate * dt // YEAR + dt * (dt - 1) * b2 // 2 + dt * (dt - 1) * max(dt - 2, 0) * b3 // 6
    assert (
        rules.compounded_interest(302, rate, T0, T0 + dt)
        == rules.compounded_interest(330, rate, T0, T0 + dt)
        == RAY + terms
    )


def test_no_time_is_no_interest() -> None:
    for v in versions.VERSIONS.values():
        assert rules.compounded_interest(v, 10**27, T0, T0) == RAY
    assert rules.linear_interest(10**27, T0, T0 + YEAR) == 2 * RAY


def test_rates_below_and_above_the_kink() -> None:
    """Strategy V2, optimal 80 %, slopes 4 and 60 %, base 1 %, reserve factor 10 %; 40 % and 90 % used."""
    r = new_reserve(
        decimals=6, price=1, optimal=80 * PCT, base_rate=PCT, variable_slopes=(4 * PCT, 60 * PCT), reserve_factor=1000
    )
    a = Accrued(RAY, RAY, 0, 0)
    r.available_liquidity = 600
    low = next_rates(360, r, a, debts(r, 400, 0), 0, 0, 0)
    assert (low.variable, low.liquidity, low.stable) == (
        3 * PCT,
        3 * PCT * 4 * 9 // 100,
        0,
    )  # 1 % + 4 % / 2; * 0.4 * 0.9
    r.available_liquidity = 100
    high = next_rates(360, r, a, debts(r, 900, 0), 0, 0, 0)
    assert (high.variable, high.liquidity) == (35 * PCT, 35 * PCT * 9 * 9 // 100)  # 1 + 4 + 60 / 2 %
    lame = next_rates(360, r, a, debts(r, 900, 0), 0, 0, 800)
    assert (lame.variable, lame.liquidity) == (35 * PCT, 35 * PCT // 2 * 9 // 10)  # usage of suppliers 900 / 1800
    none = next_rates(360, r, a, debts(r, 0, 0), 0, 0, 0)
    assert (none.variable, none.liquidity) == (PCT, 0)


def test_strategy_v1_weighs_stable_debt() -> None:
    """3.0.2: half of 800 is stable at 10 %; share 50 % over 20 % adds 2 % * (30 / 80) to the stable rate."""
    r = pool("3.0.2").market.reserves[0]
    r.available_liquidity = 200
    rates = next_rates(302, r, Accrued(RAY, RAY, 0, 400), Debts(400, 400, 10 * PCT), 0, 0, 0)
    assert rates.variable == 4 * PCT
    assert rates.stable == (4 + 1 + 5) * PCT + 2 * PCT * 3 // 8
    assert rates.liquidity == 7 * PCT * 8 // 10 * 9 // 10  # (4 % + 10 %) / 2 * 80 % * 90 %


def test_missing_liquidity_is_a_panic_or_the_tokens_own_refusal() -> None:
    for version, debt, code in (("3.0.2", 0, 241), ("3.0.2", 5, 217), ("3.6", 0, 217), ("3.6", 5, 217)):
        r, v = pool(version).market.reserves[0], versions.parse(version)
        assert next_rates(v, r, Accrued(RAY, RAY, 0, 0), debts(r, debt, 0), 0, 1, 0).code == code


def test_stable_debt_mint_and_burn() -> None:
    """Debts of 300 at 4 % and 100 at 8 % average 5 %; burning the dear one leaves 4 %, burning more than is there
    reverts."""
    none = rules.Stable(0, 0, 0, 0, 0, 0)
    first = rules.mint_stable(302, none, 300, 4 * PCT, T0)
    assert first.after == rules.Stable(300, 4 * PCT, T0, 300, 4 * PCT, T0)
    other = first.after._replace(user_principal=0, user_rate=0, user_updated=0)
    both = rules.mint_stable(302, other, 100, 8 * PCT, T0)
    assert (both.after.average_rate, both.after.principal, both.after.user_rate) == (5 * PCT, 400, 8 * PCT)
    left = rules.burn_stable(302, both.after, 100, T0)
    assert left.after == rules.Stable(300, 4 * PCT, T0, 0, 0, 0)
    with pytest.raises(Revert, match="subtraction"):
        rules.burn_stable(302, both.after, 101, T0)


def test_a_stable_burn_heavier_than_the_average_forgets_the_supply_but_not_for_the_rates() -> None:
    s = rules.Stable(100, 1 * PCT, T0, 90, 50 * PCT, T0)
    change = rules.burn_stable(302, s, 90, T0)
    assert (change.after.principal, change.after.average_rate, change.move.supply) == (0, 0, 10)


def test_stable_interest_of_a_year_is_added_before_a_burn() -> None:
    s = rules.Stable(10**18, 10 * PCT, T0, 10**18, 10 * PCT, T0)
    growth = rules.compounded_interest(302, 10 * PCT, T0, T0 + YEAR)
    owed = (10**18 * growth + RAY // 2) // RAY
    change = rules.burn_stable(302, s, 1, T0 + YEAR)
    assert (change.move.balance, change.move.increase) == (owed, owed - 10**18)
    assert change.after.user_principal == owed - 1


@pytest.mark.parametrize("text", ["3.1", "3.2", "3.7", "3.0", "2", ""])
def test_other_versions_are_refused_by_name(text: str) -> None:
    with pytest.raises(BadInput, match=r"version: expected one of 3.0.2, 3.3, 3.4, 3.5, 3.6, found"):
        new_market(text, [], 1)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"decimals": 1}, "decimals"), ({"price": 0}, "price"), ({"ltv": 8300}, "ltv"), ({"bonus": 10_000}, "bonus"),
        ({"bonus": 12_200}, "bonus"), ({"threshold": 0, "ltv": 0}, "bonus"), ({"optimal": 0}, "optimal"),
    ],
)  # fmt: skip
def test_reserves_that_the_contracts_would_not_list_are_refused(change: dict[str, int], key: str) -> None:
    given = {"decimals": 18, "price": 1, "ltv": 8000, "threshold": 8250, "bonus": 10_500} | change
    with pytest.raises(BadInput, match=key):
        new_reserve(**given)


@pytest.mark.parametrize(
    "change",
    [
        {"optimal": 80 * PCT + 1}, {"optimal": 995 * PCT // 10}, {"variable_slopes": (5 * PCT, 4 * PCT)},
        {"base_rate": 990 * PCT, "variable_slopes": (4 * PCT, 60 * PCT)}, {"stable_borrowing": True}, {"decimals": 5},
    ],
)  # fmt: skip
def test_strategy_v2_refuses_what_v1_takes(change: dict[str, object]) -> None:
    r = new_reserve(**{"decimals": 18, "price": 1, **change})  # type: ignore[arg-type]
    new_market("3.0.2", [r], 1)
    with pytest.raises(BadInput, match="reserves"):
        new_market("3.3", [r], 1)


def test_market_limits() -> None:
    r = new_reserve(decimals=18, price=1)
    for options in ({"treasury": 5}, {"umbrella": 0}, {"categories": 0}):
        with pytest.raises(BadInput, match=next(iter(options))):
            new_market("3.0.2", [r], 1, **options)
    with pytest.raises(BadInput, match="reserves"):
        new_market("3.6", [r] * 63, 1)
