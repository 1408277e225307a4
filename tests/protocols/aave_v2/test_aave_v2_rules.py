"""The pure rules against hand-worked figures and against the formulas written independently in fractions."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol_sim.numeric import MAX_UINT256, RAY, WAD
from protocol_sim.protocols.aave_v2 import codes
from protocol_sim.protocols.aave_v2 import rules as R
from protocol_sim.protocols.aave_v2.state import Reserve, new_reserve

YEAR = 365 * 24 * 3600


def half_up(x: Fraction) -> int:
    return (2 * x.numerator + x.denominator) // (2 * x.denominator)


# ---- the liquidation of block 12489620 (user 0x59CE…3e9F) -----------------------------------------------------------
def test_health_factor_of_a_mainnet_account() -> None:
    collateral, debt = 10630_629178806013179408, 8093_660042623032904515
    assert R.health_factor(collateral, debt, 7561) == 993100609584077736


def test_repayment_that_takes_all_collateral_of_a_mainnet_account() -> None:
    wbtc, usdt = 16638242604905507000, 488945000000000
    assert R.debt_for(94_27338222, usdt, 10**6, wbtc, 10**8, 11000) == 2_916_378_221684


def test_bonus_is_rounded_before_the_division_and_taken_off_after_it() -> None:
    # 7 debt at price 3 in unit 1 against price 1: 21 * 1.0500 = 22.05 -> 22, not 23; 21 / 1.05 = 20
    assert R.collateral_for(7, 3, 1, 1, 1, 10500) == 22
    assert R.debt_for(21, 1, 1, 1, 1, 10500) == 20
    # half up at the bonus: 10 * 1.05 = 10.5 -> 11; then the division floors: 11 / 2 = 5
    assert R.collateral_for(10, 1, 1, 2, 1, 10500) == 5
    assert R.collateral_for(10, 1, 1, 1, 1, 10500) == 11


# ---- interest -------------------------------------------------------------------------------------------------------
def test_linear_interest_of_a_year() -> None:
    assert R.linear_interest(5 * RAY // 100, 1_000, 1_000 + YEAR) == RAY + 5 * RAY // 100
    assert R.linear_interest(RAY, 0, 1) == RAY + RAY // YEAR


@pytest.mark.parametrize("dt", [0, 1, 2, 3, 12, 3600, YEAR, 2**40 - 1])
@pytest.mark.parametrize("rate", [0, 1, YEAR - 1, 10**24, 17 * 10**25, 2 * RAY])
def test_compounded_interest_is_the_three_term_binomial(rate: int, dt: int) -> None:
    per_second = rate // YEAR
    squared = half_up(Fraction(per_second**2, RAY))
    cubed = half_up(Fraction(squared * per_second, RAY))
    two, three = dt * (dt - 1) * squared // 2, dt * (dt - 1) * max(dt - 2, 0) * cubed // 6
    assert R.compounded_interest(rate, 5, 5 + dt) == RAY + per_second * dt + two + three


def test_compounded_interest_of_ten_per_cent_for_a_year() -> None:
    # 1 + 0.1 + 0.1^2/2 + 0.1^3/6 = 1.10516666...; the cube of a rate per second keeps only two digits in ray
    grown = R.compounded_interest(RAY // 10, 0, YEAR)
    assert grown // 10**22 == 110516


# ---- rates ----------------------------------------------------------------------------------------------------------
def strategy(**kw: int) -> Reserve:
    given = {"optimal": 8 * RAY // 10, "base_rate": RAY // 100, "market_rate": 3 * RAY // 100} | kw
    slopes = {"variable_slopes": (4 * RAY // 100, RAY), "stable_slopes": (2 * RAY // 100, RAY)}
    return new_reserve(decimals=18, price=1, reserve_factor=1000, **slopes, **given)


def test_rates_below_the_kink() -> None:
    # 40 of 100 borrowed, all variable: half-way to the kink
    got = R.interest_rates(strategy(), 60 * WAD, 0, 40 * WAD, 0)
    assert got == R.Rates(0, percent(40 * 3, 100 * 100) * 9 // 10, 4 * RAY // 100, 3 * RAY // 100)


def percent(n: int, d: int) -> int:
    return n * RAY // d


def test_rates_above_the_kink() -> None:
    # 90 of 100: half of the excess; 30 stable at 5 %, 60 variable at 55 %
    got = R.interest_rates(strategy(), 10 * WAD, 30 * WAD, 60 * WAD, 5 * RAY // 100)
    overall = half_up(Fraction(30 * WAD * 5 * RAY // 100 + 60 * WAD * 55 * RAY // 100, 90 * WAD))
    income = half_up(Fraction(half_up(Fraction(overall * 9, 10)) * 9000, 10_000))
    assert got == R.Rates(0, income, 55 * RAY // 100, 55 * RAY // 100)


def test_rates_without_debt_are_the_bases() -> None:
    assert R.interest_rates(strategy(), 0, 0, 0, 0) == R.Rates(0, 0, 3 * RAY // 100, RAY // 100)
    assert R.interest_rates(strategy(), WAD, 0, 0, 7) == R.Rates(0, 0, 3 * RAY // 100, RAY // 100)


@given(
    liquidity=st.integers(0, 10**27), stable=st.integers(0, 10**26), variable=st.integers(0, 10**26),
    average=st.integers(0, RAY), optimal=st.integers(1, RAY - 1), factor=st.integers(0, 10_000),
)  # fmt: skip
def test_rates_follow_the_contract_text(
    liquidity: int, stable: int, variable: int, average: int, optimal: int, factor: int
) -> None:
    r = strategy(optimal=optimal)
    r.reserve_factor = factor
    debt = stable + variable
    usage = half_up(Fraction(debt * RAY, liquidity + debt)) if debt else 0
    v1, v2, s1, s2 = r.variable_slope1, r.variable_slope2, r.stable_slope1, r.stable_slope2
    if usage > optimal:
        ratio = half_up(Fraction((usage - optimal) * RAY, RAY - optimal))
        variable_rate = r.base_rate + v1 + half_up(Fraction(v2 * ratio, RAY))
        stable_rate = r.market_rate + s1 + half_up(Fraction(s2 * ratio, RAY))
    else:
        variable_rate = r.base_rate + half_up(Fraction(half_up(Fraction(usage * v1, RAY)) * RAY, optimal))
        stable_rate = r.market_rate + half_up(Fraction(s1 * half_up(Fraction(usage * RAY, optimal)), RAY))
    overall = 0
    if debt:
        weighted = half_up(Fraction(variable * 10**9 * variable_rate, RAY))
        weighted += half_up(Fraction(stable * 10**9 * average, RAY))
        overall = half_up(Fraction(weighted * RAY, debt * 10**9))
    income = half_up(Fraction(half_up(Fraction(overall * usage, RAY)) * (10_000 - factor), 10_000))
    assert R.interest_rates(r, liquidity, stable, variable, average) == R.Rates(0, income, stable_rate, variable_rate)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"reserve_factor": 10_001}, codes.SAFEMATH_SUBTRACTION),
        ({"variable_slope2": 2**129}, codes.RL_LIQUIDITY_RATE_OVERFLOW),
        ({"variable_slope2": 2**128, "reserve_factor": 10_000}, codes.RL_VARIABLE_BORROW_RATE_OVERFLOW),
        ({"stable_slope2": 2**128}, codes.RL_STABLE_BORROW_RATE_OVERFLOW),
        ({"stable_slope2": 2**128, "variable_slope2": 2**129}, codes.RL_LIQUIDITY_RATE_OVERFLOW),
        (
            {"stable_slope2": 2**128, "variable_slope2": 2**128, "reserve_factor": 10_000},
            codes.RL_STABLE_BORROW_RATE_OVERFLOW,
        ),
    ],
)
def test_rates_that_do_not_fit_are_refused_in_the_contract_s_order(changes: dict[str, int], code: int) -> None:
    r = strategy()
    for name, value in changes.items():
        setattr(r, name, value)
    assert R.interest_rates(r, 0, 0, WAD, 0).code == code


# ---- stable debt ----------------------------------------------------------------------------------------------------
EMPTY = R.Stable(0, 0, 0, 0, 0, 0)


def test_first_stable_debt_sets_both_rates() -> None:
    made = R.mint_stable(EMPTY, 100, 5 * RAY // 100, 9)
    assert made.after == R.Stable(100, 5 * RAY // 100, 9, 100, 5 * RAY // 100, 9)
    assert made.move == R.StableMove(0, 0, 5 * RAY // 100, 5 * RAY // 100, 100)


def test_second_stable_debt_weighs_the_rates_and_adds_the_interest() -> None:
    year = YEAR
    before = R.Stable(3 * WAD, 4 * RAY // 100, 0, WAD, 10 * RAY // 100, 0)
    grown = R.compounded_interest(10 * RAY // 100, 0, year)
    total = half_up(Fraction(3 * WAD * R.compounded_interest(4 * RAY // 100, 0, year), RAY))
    balance = half_up(Fraction(WAD * grown, RAY))
    made = R.mint_stable(before, 2 * WAD, 7 * RAY // 100, year)
    rate = half_up(Fraction(balance * 10 * RAY // 100 + 2 * WAD * 7 * RAY // 100, balance + 2 * WAD))
    average = half_up(Fraction(total * 4 * RAY // 100 + 2 * WAD * 7 * RAY // 100, total + 2 * WAD))
    assert made.after == R.Stable(total + 2 * WAD, average, year, balance + 2 * WAD, rate, year)
    assert made.move == R.StableMove(balance, balance - WAD, rate, average, total + 2 * WAD)


def test_burning_all_clears_the_user_and_part_of_it_keeps_his_rate() -> None:
    before = R.Stable(300, 4 * RAY // 100, 50, 100, 6 * RAY // 100, 50)
    gone = R.burn_stable(before, 100, 50)
    assert gone.after == R.Stable(200, 3 * RAY // 100, 50, 0, 0, 0)
    part = R.burn_stable(before, 50, 50)
    average = half_up(Fraction((300 * 4 - 50 * 6) * RAY, 100 * 250))
    assert part.after == R.Stable(250, average, 50, 50, 6 * RAY // 100, 50)
    assert part.move == R.StableMove(100, 0, 6 * RAY // 100, part.after.average_rate, 250)


def test_burning_more_than_the_total_empties_it() -> None:
    # the user accrued at his own higher rate, the total at the average
    before = R.Stable(100, 1, 0, 100, 10 * RAY // 100, 0)
    gone = R.burn_stable(before, 105, YEAR)
    assert gone.after == R.Stable(0, 0, YEAR, 6, 10 * RAY // 100, YEAR)
    assert gone.move == R.StableMove(111, 11, 10 * RAY // 100, 0, 0)


def test_a_user_rate_above_the_total_s_weight_empties_the_total_but_not_the_event() -> None:
    before = R.Stable(100, RAY // 100, 7, 90, 2 * RAY // 100, 7)
    gone = R.burn_stable(before, 60, 7)
    assert gone.after == R.Stable(0, 0, 7, 30, 2 * RAY // 100, 7)
    assert gone.move.supply == 40
    assert gone.move.average_rate == 0


def test_equal_weights_empty_the_total_too() -> None:
    before = R.Stable(100, RAY // 100, 7, 50, 2 * RAY // 100, 7)
    assert R.burn_stable(before, 50, 7).after[:2] == (0, 0)
    assert R.burn_stable(before, 49, 7).after[:2] == (51, half_up(Fraction(2 * RAY, 100 * 51)))


def test_stable_refusals() -> None:
    assert R.mint_stable(EMPTY, 0, RAY, 5).code == codes.MATH_DIVISION_BY_ZERO
    assert R.mint_stable(EMPTY, WAD, 2**128, 5).code == codes.SDT_STABLE_DEBT_OVERFLOW
    assert R.mint_stable(EMPTY, WAD, 2**128 - 1, 5).code == codes.OK
    assert R.burn_stable(R.Stable(10, 0, 0, 5, 0, 0), 6, 0).code == codes.SDT_BURN_EXCEEDS_BALANCE


# ---- health ---------------------------------------------------------------------------------------------------------
def test_health_factor_without_debt_and_at_the_edge() -> None:
    assert R.health_factor(5, 0, 8000) == MAX_UINT256
    assert R.health_factor(10_000, 8000, 8000) == WAD
    assert R.health_factor(10_000, 8001, 8000) < WAD


def test_available_borrows() -> None:
    assert R.available_borrows(1000, 799, 8000) == 1
    assert R.available_borrows(1000, 800, 8000) == 0
    assert R.available_borrows(1000, 801, 8000) == 0


def test_rebalance_needs_95_per_cent_usage_and_a_low_income() -> None:
    r = strategy()
    highest = r.base_rate + r.variable_slope1 + r.variable_slope2
    r.available_liquidity, r.liquidity_rate = 5, highest * 4 // 10
    assert R.rebalance_allowed(r, 95)
    assert not R.rebalance_allowed(r, 94)
    r.liquidity_rate += 1
    assert not R.rebalance_allowed(r, 95)
    assert not R.rebalance_allowed(r, 0)
