"""Operations against figures worked out from the contract's text, without the rules under test."""

from fractions import Fraction
from types import SimpleNamespace

import pytest

from protocol_sim.numeric import MAX_UINT256, RAY, WAD
from protocol_sim.protocols.aave_v2 import borrow as B
from protocol_sim.protocols.aave_v2 import codes
from protocol_sim.protocols.aave_v2 import configuration as C
from protocol_sim.protocols.aave_v2 import flash_loan as F
from protocol_sim.protocols.aave_v2 import liquidation as L
from protocol_sim.protocols.aave_v2 import rate_mode as M
from protocol_sim.protocols.aave_v2 import supply as S
from protocol_sim.protocols.aave_v2.account import account_data, atoken_balance, stable_debt_of, variable_debt_of
from protocol_sim.protocols.aave_v2.rules import compounded_interest, interest_rates
from protocol_sim.protocols.aave_v2.shell import AaveV2
from protocol_sim.protocols.aave_v2.state import Market

WETH, USDC, WBTC = 0, 1, 2
WHALE, ALICE, BOB, CAROL, TREASURY = range(5)
RICH, NOW, YEAR = 10**40, 50_000, 31_536_000
ALL = MAX_UINT256


def half_up(x: Fraction) -> int:
    return (2 * x.numerator + x.denominator) // (2 * x.denominator)


def ray_mul(a: int, b: int) -> int:
    return half_up(Fraction(a * b, RAY))


def ray_div(a: int, b: int) -> int:
    return half_up(Fraction(a * RAY, b))


def indices(m: Market, k: int, now: int) -> tuple[int, int]:
    """Liquidity and variable index at `now`, from the stored ones."""
    r = m.reserves[k]
    dt = now - r.last_updated
    income = ray_mul(RAY + r.liquidity_rate * dt // YEAR, r.liquidity_index)
    return income, ray_mul(compounded_interest(r.variable_rate, r.last_updated, now), r.variable_borrow_index)


def sick(m: Market) -> Market:
    """USDC rises until Alice owes 12 ETH against 10."""
    m.reserves[USDC].price = 15 * 10**14
    return m


# ---- suppliers ------------------------------------------------------------------------------------------------------
def test_first_supply(v2: SimpleNamespace) -> None:
    m = v2.empty()
    code, done = S.supply(m, ALICE, USDC, 5_000_000, 5_000_000, v2.START)
    assert (code, done.amount, done.first, done.to_treasury) == (0, 5_000_000, 1, 0)
    assert done.update[:3] == (0, 3 * RAY // 100, RAY // 100)
    assert (m.reserves[USDC].scaled_supply, m.reserves[USDC].available_liquidity) == (5_000_000, 5_000_000)
    assert m.accounts[ALICE].collateral == 1 << USDC
    assert S.supply(m, ALICE, USDC, 1, 1, v2.START)[1].first == 0


def test_supply_accrues_and_mints_to_the_treasury(v2: SimpleNamespace) -> None:
    m = v2.busy()
    r = m.reserves[USDC]
    income, debt = indices(m, USDC, NOW)
    accrued = ray_mul(r.scaled_debt, debt) - ray_mul(r.scaled_debt, r.variable_borrow_index)
    minted = half_up(Fraction(accrued * 1000, 10_000))
    before, total = m.holdings[TREASURY * 3 + USDC].scaled_supply, r.scaled_supply
    code, done = S.supply(m, CAROL, USDC, 777, 777, NOW)
    assert (code, done.to_treasury) == (0, minted)
    assert minted > 0
    assert (r.liquidity_index, r.variable_borrow_index, r.last_updated) == (income, debt, NOW)
    assert m.holdings[TREASURY * 3 + USDC].scaled_supply == before + ray_div(minted, income)
    assert m.holdings[CAROL * 3 + USDC].scaled_supply == ray_div(777, income)
    assert r.scaled_supply == total + ray_div(minted, income) + ray_div(777, income)
    rates = interest_rates(r, r.available_liquidity, 0, ray_mul(r.scaled_debt, debt), 0)
    assert done.update == (*rates[1:], income, debt)


def test_the_treasury_s_share_counts_stable_interest_once(v2: SimpleNamespace) -> None:
    m = v2.busy()
    r = m.reserves[WETH]
    assert r.scaled_debt == 0
    assert S.supply(m, CAROL, WETH, 10**18, RICH, 10_000)[0] == 0
    since = r.stable_updated
    grown = [ray_mul(r.stable_principal, compounded_interest(r.average_stable_rate, since, t)) for t in (10_000, NOW)]
    done = S.supply(m, CAROL, WETH, 10**18, RICH, NOW)[1]
    assert done.to_treasury == half_up(Fraction((grown[1] - grown[0]) * 1000, 10_000))


def test_withdraw_all_takes_the_interest_and_clears_the_flag(v2: SimpleNamespace) -> None:
    m = v2.busy()
    assert S.supply(m, CAROL, USDC, 10**9, RICH, 20_000)[0] == 0
    scaled = m.holdings[CAROL * 3 + USDC].scaled_supply
    income, _ = indices(m, USDC, 10_000_000)
    code, done = S.withdraw(m, CAROL, USDC, ALL, 10_000_000)
    assert (code, done.amount, done.emptied) == (0, ray_mul(scaled, income), 1)
    assert done.amount > 10**9
    assert (m.holdings[CAROL * 3 + USDC].scaled_supply, m.accounts[CAROL].collateral) == (0, 0)


def test_withdraw_up_to_health_factor_one_and_no_further(v2: SimpleNamespace) -> None:
    m = v2.busy()
    now = v2.START + 50
    data = account_data(m, ALICE, now)
    # 10 ETH at 82.5 %: the least collateral whose health factor, rounded half up twice, is 1
    start = data.debt * 10_000 // 8250 - 3
    weighted = {c: half_up(Fraction(c * 8250, 10_000)) for c in range(start, start + 9)}
    factors = {c: half_up(Fraction(w * WAD, data.debt)) for c, w in weighted.items()}
    least = min(c for c, factor in factors.items() if factor >= WAD)
    assert least > start
    most = 10 * 10**18 - least
    assert S.withdraw(m, ALICE, WETH, most + 1, now)[0] == codes.VL_TRANSFER_NOT_ALLOWED
    assert S.withdraw(m, ALICE, WETH, most, now)[0] == 0
    assert account_data(m, ALICE, now).health_factor == WAD


def test_collateral_switch(v2: SimpleNamespace) -> None:
    m = v2.busy()
    assert S.supply(m, CAROL, WETH, 10**18, RICH, NOW)[0] == 0
    assert S.set_collateral(m, CAROL, WETH, 0, NOW) == (0, (0,))
    assert m.accounts[CAROL].collateral == 0
    assert S.set_collateral(m, CAROL, WETH, 1, NOW) == (0, (1,))
    assert m.accounts[CAROL].collateral == 1 << WETH


def test_transfer_moves_flags_and_leaves_the_reserve_alone(v2: SimpleNamespace) -> None:
    m = v2.busy()
    assert S.supply(m, CAROL, USDC, 10**9, RICH, 20_000)[0] == 0
    stored = [getattr(m.reserves[USDC], n) for n in ("liquidity_index", "last_updated", "scaled_supply")]
    income, _ = indices(m, USDC, NOW)
    balance = ray_mul(m.holdings[CAROL * 3 + USDC].scaled_supply, income)
    part, rest = balance // 3, balance - balance // 3
    assert S.transfer_atoken(m, CAROL, BOB, USDC, part, NOW) == (0, (part, income, 0, 1))
    assert m.holdings[BOB * 3 + USDC].scaled_supply == ray_div(part, income)
    assert m.accounts[BOB].collateral == 1 << WBTC | 1 << USDC
    code, done = S.transfer_atoken(m, CAROL, BOB, USDC, rest, NOW)
    assert (code, done.emptied, done.first) == (0, 1, 0)
    assert m.accounts[CAROL].collateral == 0
    assert stored == [getattr(m.reserves[USDC], n) for n in ("liquidity_index", "last_updated", "scaled_supply")]


def test_transfer_to_oneself_and_of_nothing(v2: SimpleNamespace) -> None:
    m = v2.busy()
    before = v2.state_of(m)
    assert S.transfer_atoken(m, ALICE, ALICE, WETH, 10**19, NOW)[1][2:] == (0, 0)
    assert S.transfer_atoken(m, ALICE, CAROL, WETH, 0, NOW)[1][2:] == (0, 0)
    assert v2.state_of(m) == before


# ---- borrowers ------------------------------------------------------------------------------------------------------
def test_variable_loan_and_full_repayment(v2: SimpleNamespace) -> None:
    m = v2.busy()
    r, h = m.reserves[USDC], m.holdings[ALICE * 3 + USDC]
    assert h.scaled_debt == 8_000 * 10**6
    _, debt = indices(m, USDC, YEAR)
    owed = ray_mul(h.scaled_debt, debt)
    assert variable_debt_of(m, ALICE, USDC, YEAR) == owed > 8_000 * 10**6
    assert B.repay(m, ALICE, ALICE, USDC, ALL, 2, owed - 1, YEAR)[0] == codes.SAFE_ERC20_FAILED
    code, done = B.repay(m, ALICE, ALICE, USDC, ALL, 2, owed, YEAR)
    assert (code, done.amount) == (0, owed)
    assert (h.scaled_debt, r.scaled_debt, m.accounts[ALICE].borrowing) == (0, 0, 0)
    assert r.available_liquidity == 1_000_000 * 10**6 - 8_000 * 10**6 + owed
    assert done.update[:3] == (0, 3 * RAY // 100, RAY // 100)


def test_part_repaid_by_another_keeps_the_debt_flag(v2: SimpleNamespace) -> None:
    m = v2.busy()
    _, debt = indices(m, USDC, NOW)
    code, done = B.repay(m, CAROL, ALICE, USDC, 10**9, 2, 10**9, NOW)
    assert (code, done.amount, m.accounts[ALICE].borrowing) == (0, 10**9, 1 << USDC)
    assert m.holdings[ALICE * 3 + USDC].scaled_debt == 8_000 * 10**6 - ray_div(10**9, debt)


def test_stable_loan_costs_the_rate_of_its_day(v2: SimpleNamespace) -> None:
    m = v2.busy()
    r, h = m.reserves[WETH], m.holdings[BOB * 3 + WETH]
    assert (h.stable_principal, h.stable_rate, h.stable_updated) == (2 * 10**18, 3 * RAY // 100, v2.START + 50)
    assert (r.stable_principal, r.average_stable_rate) == (2 * 10**18, 3 * RAY // 100)
    owed = ray_mul(2 * 10**18, compounded_interest(3 * RAY // 100, v2.START + 50, NOW))
    assert stable_debt_of(m, BOB, WETH, NOW) == owed
    rate = r.stable_rate
    code, done = B.borrow(m, BOB, BOB, WETH, 10**18, 1, NOW)
    assert (code, done.rate, done.stable.balance, done.stable.increase) == (0, rate, owed, owed - 2 * 10**18)
    assert h.stable_principal == owed + 10**18
    weighted = ray_mul(3 * RAY // 100, owed * 10**9) + ray_mul(10**27, rate)
    assert h.stable_rate == ray_div(weighted, (owed + 10**18) * 10**9)
    code, gone = B.repay(m, BOB, BOB, WETH, ALL, 1, RICH, NOW + 1)
    assert (code, h.stable_principal, h.stable_rate, h.stable_updated) == (0, 0, 0, 0)
    assert gone.stable.rate > 0
    assert m.accounts[BOB].borrowing == 0


def test_a_small_stable_repayment_can_be_less_than_the_interest(v2: SimpleNamespace) -> None:
    m = v2.busy()
    owed = stable_debt_of(m, BOB, WETH, YEAR)
    code, done = B.repay(m, BOB, BOB, WETH, 1000, 1, 1000, YEAR)
    assert code == 0
    assert done.stable.increase == owed - 2 * 10**18 > 1000
    assert m.holdings[BOB * 3 + WETH].stable_principal == owed - 1000


def test_borrowing_to_the_last_wei_of_the_limit(v2: SimpleNamespace) -> None:
    m = v2.busy()
    now = v2.START + 50
    assert S.supply(m, CAROL, WETH, 10**18, RICH, now)[0] == 0
    # 1 ETH at 80 % is 1,600 USDC: percentDiv(0.8 ETH, 8000) = 1 ETH
    assert B.borrow(m, CAROL, CAROL, USDC, 1_600 * 10**6 + 1, 2, now)[0] == codes.VL_COLLATERAL_CANNOT_COVER_NEW_BORROW
    assert B.borrow(m, CAROL, CAROL, USDC, 1_600 * 10**6, 2, now)[0] == 0


def test_stable_loans_take_a_quarter_of_the_liquidity_at_most(v2: SimpleNamespace) -> None:
    m = v2.busy()
    m.accounts[WHALE].collateral = 1 << WETH
    quarter = half_up(Fraction(m.reserves[USDC].available_liquidity * 2500, 10_000))
    code = codes.VL_AMOUNT_BIGGER_THAN_MAX_LOAN_SIZE_STABLE
    assert B.borrow(m, WHALE, WHALE, USDC, quarter + 1, 1, NOW)[0] == code
    assert B.borrow(m, WHALE, WHALE, USDC, quarter, 1, NOW)[0] == 0


def test_same_currency_is_measured_against_the_atokens(v2: SimpleNamespace) -> None:
    m = v2.busy()
    code = codes.VL_COLLATERAL_SAME_AS_BORROWING_CURRENCY
    assert S.supply(m, CAROL, WETH, 10**18, RICH, NOW)[0] == 0
    assert S.supply(m, CAROL, WBTC, 10**8, RICH, NOW)[0] == 0
    assert B.borrow(m, CAROL, CAROL, WETH, 10**18, 1, NOW)[0] == code
    assert B.borrow(m, CAROL, CAROL, WETH, 10**18 + 1, 1, NOW)[0] == 0


def test_credit_delegation_is_used_up(v2: SimpleNamespace) -> None:
    m = v2.busy()
    assert B.approve_delegation(m, ALICE, CAROL, USDC, 2, 100) == 0
    code, done = B.borrow(m, CAROL, ALICE, USDC, 60, 2, NOW)
    assert (code, done.delegated, done.allowance) == (0, 1, 40)
    assert B.borrow(m, CAROL, ALICE, USDC, 41, 2, NOW)[0] == codes.BORROW_ALLOWANCE_NOT_ENOUGH
    assert B.borrow(m, CAROL, ALICE, USDC, 1, 1, NOW)[0] == codes.BORROW_ALLOWANCE_NOT_ENOUGH
    assert B.borrow(m, CAROL, ALICE, USDC, 40, 2, NOW)[1].allowance == 0
    assert m.holdings[CAROL * 3 + USDC].scaled_debt == 0
    assert B.approve_delegation(m, ALICE, CAROL, USDC, 2, 7) == 0
    assert [a.amount for a in m.allowances] == [7, 0]


def test_debt_stands_still_while_nothing_is_earned_but_the_view_does_not(v2: SimpleNamespace) -> None:
    """A liquidity rate of 0 with debt: the view compounds, updateState does not, and a full repayment reverts."""
    m = v2.busy()
    assert C.set_reserve_factor(m, USDC, 10_000) == 0
    assert S.supply(m, CAROL, USDC, 10**6, RICH, NOW)[0] == 0
    r = m.reserves[USDC]
    index = r.variable_borrow_index
    assert (r.liquidity_rate, r.variable_rate > 0) == (0, True)
    assert variable_debt_of(m, ALICE, USDC, YEAR) > ray_mul(r.scaled_debt, index)
    assert B.repay(m, ALICE, ALICE, USDC, ALL, 2, RICH, YEAR)[0] == codes.SAFEMATH_SUBTRACTION
    assert S.supply(m, CAROL, USDC, 10**6, RICH, YEAR)[1].to_treasury == 0
    assert (r.variable_borrow_index, r.last_updated) == (index, YEAR)
    assert B.repay(m, ALICE, ALICE, USDC, ALL, 2, RICH, YEAR)[0] == 0


# ---- rate modes -----------------------------------------------------------------------------------------------------
def test_swap_to_stable_and_back(v2: SimpleNamespace) -> None:
    m = v2.busy()
    r, h = m.reserves[USDC], m.holdings[ALICE * 3 + USDC]
    _, debt = indices(m, USDC, NOW)
    owed, rate = ray_mul(h.scaled_debt, debt), r.stable_rate
    code, done = M.swap_rate_mode(m, ALICE, USDC, 2, NOW)
    assert (code, done.amount, done.stable.rate) == (0, owed, rate)
    assert (h.scaled_debt, r.scaled_debt, h.stable_principal, h.stable_rate) == (0, 0, owed, rate)
    later = ray_mul(owed, compounded_interest(rate, NOW, NOW + 99))
    code, back = M.swap_rate_mode(m, ALICE, USDC, 1, NOW + 99)
    assert (code, back.amount, h.stable_principal, r.stable_principal) == (0, later, 0, 0)
    assert h.scaled_debt == r.scaled_debt == ray_div(later, debt)
    assert r.variable_borrow_index == debt  # without variable debt it stood still
    assert m.accounts[ALICE].borrowing == 1 << USDC


def test_rebalance_moves_the_debt_to_the_current_rate(v2: SimpleNamespace) -> None:
    m = v2.busy()
    r, h = m.reserves[WETH], m.holdings[BOB * 3 + WETH]
    r.available_liquidity, r.liquidity_rate, r.stable_rate = 10**17, 0, 9 * RAY // 100
    owed = ray_mul(2 * 10**18, compounded_interest(3 * RAY // 100, v2.START + 50, NOW))
    code, done = M.rebalance_stable_rate(m, BOB, WETH, NOW)
    assert (code, done.amount, done.burned.balance, done.minted.balance) == (0, owed, owed, 0)
    assert (h.stable_principal, h.stable_rate, h.stable_updated) == (owed, 9 * RAY // 100, NOW)
    assert (r.stable_principal, r.average_stable_rate) == (owed, 9 * RAY // 100)


# ---- liquidation ----------------------------------------------------------------------------------------------------
def test_liquidation_of_half_the_debt(v2: SimpleNamespace) -> None:
    m = sick(v2.busy())
    rc, rd = m.reserves[WETH], m.reserves[USDC]
    income, _ = indices(m, WETH, NOW)
    _, debt = indices(m, USDC, NOW)
    half = half_up(Fraction(ray_mul(8_000 * 10**6, debt), 2))
    seized = half_up(Fraction(15 * 10**14 * half * 10**18 * 10500, 10_000)) // (10**18 * 10**6)
    liquidity = rc.available_liquidity
    plan = L.liquidation_plan(m, ALICE, WETH, USDC, ALL, NOW)
    code, done = L.liquidation_call(m, CAROL, ALICE, WETH, USDC, ALL, 0, half, NOW)
    assert (code, done.repaid, done.seized, done.disabled, done.enabled) == (0, half, seized, 0, 0)
    assert plan == (0, (half, seized, half, 0, ray_div(half, debt), ray_mul(10**19, income), plan[1].health_factor))
    assert m.holdings[ALICE * 3 + USDC].scaled_debt == 8_000 * 10**6 - ray_div(half, debt)
    assert m.holdings[ALICE * 3 + WETH].scaled_supply == 10**19 - ray_div(seized, income)
    assert (rc.available_liquidity, rd.available_liquidity) == (liquidity - seized, 992_000 * 10**6 + half)
    assert m.accounts[ALICE].borrowing == 1 << USDC
    rates = interest_rates(rd, rd.available_liquidity, 0, ray_mul(rd.scaled_debt, debt), 0)
    assert done.debt_update[:3] == rates[1:]


def test_threshold_to_the_wei(v2: SimpleNamespace) -> None:
    m = v2.busy()
    now = v2.START + 50
    r = m.reserves[USDC]
    r.price, r.unit, r.last_updated = 1, 1, now  # debt counted in wei of ETH; 10 ETH at 82.5 % carry 8.25e18
    for more, factor, code in ((0, WAD, 42), (4, WAD, 42), (5, WAD - 1, 0)):  # 5 / 8.25 of a wei rounds to one
        m.holdings[ALICE * 3 + USDC].scaled_debt = r.scaled_debt = 8_250_000_000_000_000_000 + more
        assert account_data(m, ALICE, now).health_factor == factor
        assert L.liquidation_plan(m, ALICE, WETH, USDC, ALL, now)[0] == code
        # at exactly 1 an account can be neither liquidated nor lent to
        assert B.borrow(m, ALICE, ALICE, WBTC, 1, 2, now)[0] == codes.VL_HEALTH_FACTOR_LOWER_THAN_LIQUIDATION_THRESHOLD


def test_liquidation_for_atokens_switches_collateral_on_and_leaves_the_reserve(v2: SimpleNamespace) -> None:
    m = sick(v2.busy())
    rc = m.reserves[WETH]
    stored = (rc.liquidity_index, rc.last_updated, rc.scaled_supply, rc.available_liquidity, rc.liquidity_rate)
    income, _ = indices(m, WETH, NOW)
    code, done = L.liquidation_call(m, CAROL, ALICE, WETH, USDC, 10**9, 1, 10**9, NOW)
    assert (code, done.enabled, done.income, done.collateral_to_treasury) == (0, 1, income, 0)
    assert m.holdings[CAROL * 3 + WETH].scaled_supply == ray_div(done.seized, income)
    assert m.accounts[CAROL].collateral == 1 << WETH
    assert stored == (rc.liquidity_index, rc.last_updated, rc.scaled_supply, rc.available_liquidity, rc.liquidity_rate)
    assert L.liquidation_call(m, CAROL, ALICE, WETH, USDC, 10**9, 1, 10**9, NOW)[1].enabled == 0


def test_liquidation_that_takes_everything_leaves_bad_debt(v2: SimpleNamespace) -> None:
    m = v2.busy()
    m.reserves[USDC].price = 30 * 10**14  # Alice owes 24 ETH on 10
    balance = atoken_balance(m, ALICE, WETH, NOW)
    needed = half_up(Fraction(10**18 * balance * 10**6 // (30 * 10**14 * 10**18) * 10_000, 10500))
    code, done = L.liquidation_call(m, CAROL, ALICE, WETH, USDC, ALL, 0, RICH, NOW)
    assert (code, done.repaid, done.seized, done.disabled) == (0, needed, balance, 1)
    assert (m.accounts[ALICE].collateral, m.holdings[ALICE * 3 + WETH].scaled_supply) == (0, 0)
    assert account_data(m, ALICE, NOW).health_factor == 0
    assert L.liquidation_plan(m, ALICE, WETH, USDC, ALL, NOW)[0] == codes.LPCM_COLLATERAL_CANNOT_BE_LIQUIDATED


def test_variable_debt_is_burned_before_stable_debt(v2: SimpleNamespace) -> None:
    m = v2.busy()
    assert B.borrow(m, BOB, BOB, WETH, 10**18, 2, NOW)[0] == 0
    m.reserves[WBTC].price = 2 * 10**18
    later = NOW + 500
    stable, variable = stable_debt_of(m, BOB, WETH, later), variable_debt_of(m, BOB, WETH, later)
    assert C.configure_collateral(m, WBTC, 0, 7500, 10001) == 0
    code, done = L.liquidation_call(m, CAROL, BOB, WBTC, WETH, ALL, 0, RICH, later)
    half = half_up(Fraction(stable + variable, 2))
    assert (code, done.repaid, done.variable_burn, done.stable_burn) == (0, half, variable, half - variable)
    assert done.stable.balance == stable
    assert stable_debt_of(m, BOB, WETH, later) == stable - (half - variable)
    assert variable_debt_of(m, BOB, WETH, later) == 0


def test_one_wei_of_debt_is_liquidated_whole_and_stays_flagged(v2: SimpleNamespace) -> None:
    m = v2.busy()
    m.holdings[ALICE * 3 + USDC].scaled_debt = 1
    m.holdings[ALICE * 3 + WETH].scaled_supply = 6 * 10**8
    code, done = L.liquidation_call(m, CAROL, ALICE, WETH, USDC, ALL, 0, RICH, v2.START + 50)
    assert (code, done.repaid, m.holdings[ALICE * 3 + USDC].scaled_debt) == (0, 1, 0)
    assert m.accounts[ALICE].borrowing == 1 << USDC


def same_asset(v2: SimpleNamespace) -> Market:
    """Carol owes 8 WETH on 9 WETH; the threshold is then cut."""
    m: Market = v2.busy()
    assert S.supply(m, CAROL, WETH, 10 * 10**18, RICH, NOW)[0] == 0
    assert B.borrow(m, CAROL, CAROL, WETH, 8 * 10**18, 2, NOW)[0] == 0
    assert C.configure_collateral(m, WETH, 7000, 7500, 10500) == 0
    return m


def test_liquidation_in_one_asset_pays_from_what_it_seizes_and_misses_the_repayment(v2: SimpleNamespace) -> None:
    m = same_asset(v2)
    r = m.reserves[WETH]
    later = NOW + 1000
    liquidity = r.available_liquidity
    code, done = L.liquidation_call(m, BOB, CAROL, WETH, WETH, ALL, 0, 0, later)
    assert code == 0
    assert r.available_liquidity == liquidity + done.repaid - done.seized
    assert done.collateral_to_treasury == 0
    variable = ray_mul(r.scaled_debt, r.variable_borrow_index)
    stable = ray_mul(2 * 10**18, compounded_interest(3 * RAY // 100, v2.START + 50, later))
    first = interest_rates(r, liquidity + done.repaid, stable, variable, 3 * RAY // 100)
    second = interest_rates(r, liquidity - done.seized, stable, variable, 3 * RAY // 100)
    assert (done.debt_update[:3], done.collateral_update[:3]) == (first[1:], second[1:])
    assert r.liquidity_rate == second.liquidity


def test_liquidating_oneself_for_atokens_changes_only_the_debt(v2: SimpleNamespace) -> None:
    m = same_asset(v2)
    held = m.holdings[CAROL * 3 + WETH].scaled_supply
    code, done = L.liquidation_call(m, CAROL, CAROL, WETH, WETH, 10**18, 1, 10**18, NOW)
    assert (code, done.repaid, done.enabled) == (0, 10**18, 0)
    assert m.holdings[CAROL * 3 + WETH].scaled_supply == held


def test_close_factor_is_a_setting_for_counterfactuals(v2: SimpleNamespace) -> None:
    m = sick(v2.busy())
    m.settings[0].close_factor = 10_000
    m.reserves[USDC].price = 11 * 10**14  # 8.8 ETH: all of it fits into 10 ETH with the bonus
    owed = variable_debt_of(m, ALICE, USDC, NOW)
    assert L.liquidation_plan(m, ALICE, WETH, USDC, ALL, NOW)[1].repaid == owed


def test_a_plan_writes_nothing(v2: SimpleNamespace) -> None:
    m = sick(v2.busy())
    before = v2.state_of(m)
    assert L.liquidation_plan(m, ALICE, WETH, USDC, ALL, NOW)[0] == 0
    assert account_data(m, BOB, NOW + 5).debt > 0
    assert v2.state_of(m) == before


# ---- flash loans ----------------------------------------------------------------------------------------------------
def test_flash_loan_raises_the_index_by_the_premium(v2: SimpleNamespace) -> None:
    m = v2.busy()
    r = m.reserves[USDC]
    income, debt = indices(m, USDC, NOW)
    liquidity, amount = r.available_liquidity, 500_000 * 10**6
    premium = amount * 9 // 10_000
    code, done = F.flash_loan(m, CAROL, CAROL, USDC, amount, 0, amount + premium, NOW)
    assert (code, done.premium, done.paid) == (0, premium, amount + premium)
    total = ray_mul(r.scaled_supply, income)
    assert r.liquidity_index == ray_mul(ray_div(premium * 10**9, total * 10**9) + RAY, income)
    assert r.available_liquidity == liquidity + premium
    assert done.debt.update.liquidity_index == r.liquidity_index
    rates = interest_rates(r, r.available_liquidity, 0, ray_mul(r.scaled_debt, debt), 0)
    assert done.debt.update[:3] == rates[1:]


def test_flash_loan_into_debt_takes_no_premium(v2: SimpleNamespace) -> None:
    m = v2.busy()
    liquidity = m.reserves[USDC].available_liquidity
    code, done = F.flash_loan(m, ALICE, ALICE, USDC, 10**9, 2, 0, NOW)
    assert (code, done.premium, done.paid, done.debt.amount) == (0, 900_000, 0, 10**9)
    assert m.reserves[USDC].available_liquidity == liquidity - 10**9
    assert F.flash_loan(m, CAROL, ALICE, USDC, 10**9, 2, 0, NOW)[0] == codes.BORROW_ALLOWANCE_NOT_ENOUGH


def test_flash_loan_of_several_assets_is_all_or_nothing(v2: SimpleNamespace) -> None:
    pool = AaveV2(v2.busy())
    loans = [(WETH, 10**18, 0), (USDC, 10**9, 2), (WETH, 10**18, 0)]
    before = v2.state_of(pool.market)
    seen: list[int] = []

    def act() -> bool:
        seen.append(pool.market.reserves[WETH].available_liquidity)
        return pool.call("supply", i=CAROL, k=WBTC, amount=10**8, wallet=RICH, now=NOW).code == 0

    given = {"caller": ALICE, "i": ALICE, "loans": loans, "receiver": act, "now": NOW}
    poor = pool.flash_loans(**given, holds=lambda _: 2 * 10**18 + 2 * 9 * 10**14 - 1)
    assert poor.error == "SafeERC20: low-level call failed"
    assert v2.state_of(pool.market) == before
    done = pool.flash_loans(**given, holds=lambda _: 2 * 10**18 + 2 * 9 * 10**14)
    assert [x.paid for x in done.result] == [10**18 + 9 * 10**14, 0, 10**18 + 9 * 10**14]
    assert seen == [before[0]["available_liquidity"] - 2 * 10**18] * 2


# ---- views, configuration, shell ------------------------------------------------------------------------------------
def test_account_data_of_mixed_collateral(v2: SimpleNamespace) -> None:
    m = v2.busy()
    now = v2.START + 50
    assert S.supply(m, ALICE, WBTC, 10**7, RICH, now)[0] == 0
    a = account_data(m, ALICE, now)
    weth, wbtc = atoken_balance(m, ALICE, WETH, now), 15 * 10**17
    assert a.collateral == weth + wbtc
    assert a.ltv == (weth * 8000 + wbtc * 7000) // a.collateral == 7869
    assert a.threshold == (weth * 8250 + wbtc * 7500) // a.collateral == 8152
    owed = variable_debt_of(m, ALICE, USDC, now)
    assert a.debt == 5 * 10**14 * owed // 10**6
    assert a.health_factor == half_up(Fraction(half_up(Fraction(a.collateral * 8152, 10_000)) * WAD, a.debt))


def test_an_asset_without_threshold_does_not_count(v2: SimpleNamespace) -> None:
    m = v2.busy()
    m.reserves[WETH].threshold = 0
    assert account_data(m, ALICE, NOW)[:1] == (0,)
    assert account_data(m, CAROL, NOW) == (0, 0, 0, 0, MAX_UINT256)
    assert account_data(m, WHALE, NOW).health_factor == MAX_UINT256


def test_views_project_again_when_time_or_the_reserve_moves(v2: SimpleNamespace) -> None:
    m = v2.busy()
    seen = [variable_debt_of(m, ALICE, USDC, t) for t in (NOW, 2 * NOW, NOW)]
    assert seen[0] == seen[2] < seen[1]
    assert F.flash_loan(m, CAROL, CAROL, USDC, 10**11, 0, RICH, NOW)[0] == 0
    assert atoken_balance(m, WHALE, USDC, NOW) == ray_mul(10**12, m.reserves[USDC].liquidity_index)


def test_configuration_takes_effect(v2: SimpleNamespace) -> None:
    m = v2.busy()
    pool = AaveV2(m)
    assert pool.call("configure_collateral", k=WETH, ltv=7000, threshold=9524, bonus=10500).code == 0
    assert pool.call("configure_collateral", k=WETH, ltv=7000, threshold=9525, bonus=10500).error == "75"
    for name, given in (
        ("set_reserve_factor", {"factor": 77}), ("disable_borrowing", {}), ("set_stable_borrowing", {"enabled": 0}),
        ("set_frozen", {"frozen": 1}), ("set_market_rate", {"rate": 5}), ("set_price", {"price": 6}),
        ("set_active", {"active": 1}),
        ("set_rate_strategy", {"optimal": 1, "base": 2, "variable1": 3, "variable2": 4, "stable1": 5, "stable2": 6}),
    ):  # fmt: skip
        assert pool.call(name, k=WETH, **given).code == 0
    r = m.reserves[WETH]
    assert (r.ltv, r.threshold, r.bonus, r.reserve_factor) == (7000, 9524, 10500, 77)
    assert (r.borrowing, r.stable_borrowing) == (0, 0)
    assert (r.frozen, r.market_rate, r.price, r.active) == (1, 5, 6, 1)
    assert (r.optimal, r.excess, r.base_rate, r.variable_slope1, r.variable_slope2) == (1, RAY - 1, 2, 3, 4)
    assert (r.stable_slope1, r.stable_slope2) == (5, 6)
    assert pool.call("enable_borrowing", k=WETH, stable=1).code == 0
    assert (r.borrowing, r.stable_borrowing) == (1, 1)
    assert pool.call("set_paused", paused=1).code == 0
    assert pool.call("supply", i=CAROL, k=USDC, amount=1, wallet=1, now=NOW).error == "64"


def test_an_empty_reserve_may_be_switched_off(v2: SimpleNamespace) -> None:
    pool = AaveV2(v2.empty())
    assert pool.call("configure_collateral", k=WETH, ltv=0, threshold=0, bonus=0).code == 0
    assert pool.call("set_active", k=WETH, active=0).code == 0
    assert pool.market.reserves[WETH].active == 0


def test_the_shell_keeps_wallets(v2: SimpleNamespace) -> None:
    pool = AaveV2(v2.busy(), [[10**19, 10**10, 10**9]] * 4)
    assert pool.wallets is not None
    held = [sum(w[k] for w in pool.wallets) + pool.market.reserves[k].available_liquidity for k in range(3)]
    steps = [
        ("supply", {"i": CAROL, "k": WETH, "amount": 10**19, "payer": WHALE}),
        ("supply", {"i": CAROL, "k": WETH, "amount": 1, "payer": WHALE}),
        ("borrow", {"caller": CAROL, "i": CAROL, "k": USDC, "amount": 10**9, "mode": 2}),
        ("repay", {"payer": BOB, "i": CAROL, "k": USDC, "amount": 10**8, "mode": 2}),
        ("withdraw", {"i": CAROL, "k": WETH, "amount": 10**18, "to": ALICE}),
    ]
    outcomes = [pool.call(name, **given, now=NOW) for name, given in steps]
    assert [o.error for o in outcomes] == [None, "SafeERC20: low-level call failed", None, None, None]
    assert pool.wallets[WHALE][WETH] == 0
    assert pool.wallets[CAROL][USDC] == 10**10 + 10**9
    assert pool.wallets[BOB][USDC] == 10**10 - 10**8
    assert pool.wallets[ALICE][WETH] == 10**19 + 10**18
    sick(pool.market).reserves[USDC].price = 30 * 10**14
    seizure = {"liquidator": WHALE, "i": ALICE, "kc": WETH, "kd": USDC, "debt_to_cover": 10**9, "receive_atoken": 0}
    done = pool.call("liquidation_call", **seizure, now=NOW)
    assert pool.wallets[WHALE] == [done.result.seized, 10**10 - 10**9, 10**9]
    assert held == [sum(w[k] for w in pool.wallets) + pool.market.reserves[k].available_liquidity for k in range(3)]


@pytest.mark.parametrize("amount", [2**255, 2**200])
def test_an_arithmetic_fault_is_undone(v2: SimpleNamespace, amount: int) -> None:
    pool = AaveV2(v2.busy())
    before = v2.state_of(pool.market)
    assert pool.call("supply", i=CAROL, k=USDC, amount=amount, wallet=amount, now=NOW).error == "48"
    assert v2.state_of(pool.market) == before
