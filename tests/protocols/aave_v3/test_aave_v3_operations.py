"""Operations version by version, with figures worked out by hand or with formulas written out here."""

import pytest
from aave_v3_worlds import DAI, ETH, EVERY, LATER, PCT, RICH, T0, USD, USDC, WETH, borrower, ok, pool

from protocol_sim.numeric import MAX_UINT256, RAY
from protocol_sim.protocols.aave_v3.account import account_data, available_borrows
from protocol_sim.protocols.aave_v3.accrual import normalized_debt, normalized_income

YEAR = 31_536_000
MONTH = 30 * 86_400


def up(a: int, b: int) -> int:
    return -(-a // b)


@pytest.mark.parametrize("version", EVERY)
def test_a_first_supply_becomes_collateral_and_pays(version: str) -> None:
    p = pool(version)
    r = ok(p.call("supply", i=0, k=WETH, amount=3 * ETH, now=T0))
    assert (r.amount, r.first) == (3 * ETH, 1)
    assert p.market.accounts[0].collateral == 1
    assert p.wallets is not None
    assert p.wallets[0][WETH] == RICH - 3 * ETH
    assert p.market.reserves[WETH].available_liquidity == p.market.holdings[WETH].scaled_supply == 3 * ETH
    assert ok(p.call("supply", i=0, k=WETH, amount=ETH, now=T0)).first == 0


@pytest.mark.parametrize("version", EVERY)
def test_supply_on_behalf_and_withdraw_to_somebody_else(version: str) -> None:
    p = pool(version)
    ok(p.call("supply", caller=1, i=0, k=USDC, amount=10 * USD, now=T0))
    assert p.market.holdings[USDC].scaled_supply == 10 * USD
    ok(p.call("withdraw", i=0, to=2, k=USDC, amount=MAX_UINT256, now=T0))
    assert p.wallets is not None
    assert [w[USDC] - RICH for w in p.wallets[:3]] == [0, -10 * USD, 10 * USD]
    assert p.market.accounts[0].collateral == 0


@pytest.mark.parametrize("version", EVERY)
def test_account_data_with_mixed_thresholds(version: str) -> None:
    """10 ETH at 82.5 % and 30,000 USDC at 78 %: average 79.8 %, floored to 7979 bps up to 3.4 in the factor too."""
    p = borrower(version, usd=0)
    ok(p.call("supply", i=0, k=USDC, amount=31_111 * USD, now=T0))
    ok(p.call("borrow", i=0, k=DAI, amount=20_000 * ETH, mode=2, now=T0))
    d = p.account_data(0, T0)
    weighted = 20_000 * 8250 + 31_111 * 7800
    assert (d.collateral, d.debt) == (51_111 * 10**8, 20_000 * 10**8)
    assert (d.threshold, d.ltv) == (weighted // 51_111, (20_000 * 8000 + 31_111 * 7500) // 51_111)
    if version in ("3.5", "3.6"):
        assert d.health_factor == (weighted * 10**8 * 10**18 + 10**12) // (20_000 * 10**8) // 10_000
    else:
        truncated = (51_111 * 10**8 * d.threshold + 5_000) // 10_000
        assert d.health_factor == (truncated * 10**18 + 10**12) // (20_000 * 10**8)
    expected = 51_111 * 10**8 * d.ltv
    expected = expected // 10_000 if version in ("3.5", "3.6") else (expected + 5_000) // 10_000
    assert available_borrows(p.version, d) == expected - d.debt


@pytest.mark.parametrize("version", EVERY)
def test_interest_of_a_month(version: str) -> None:
    """15,000 of 100,000 USDC lent: usage 15 %, rate 1 % + 4 % * 15 / 80 = 1.75 %; suppliers earn 1.75 % * 15 % * 90
    %."""
    p = borrower(version)
    r = p.market.reserves[USDC]
    assert (r.variable_rate, r.liquidity_rate) == (175 * PCT // 100, 175 * 15 * 9 * PCT // 100_000)
    income = RAY + r.liquidity_rate * MONTH // YEAR
    assert normalized_income(p.version, r, T0 + MONTH) == income
    grown = normalized_debt(p.version, r, T0 + MONTH)
    x = r.variable_rate * MONTH // YEAR
    if version in ("3.0.2", "3.3"):
        b2 = (r.variable_rate**2 + RAY // 2) // RAY // YEAR**2
        b3 = (b2 * r.variable_rate + RAY // 2) // RAY // YEAR
        squares, cubes = MONTH * (MONTH - 1), MONTH * (MONTH - 1) * (MONTH - 2)
        assert grown == RAY + x + squares * b2 // 2 + cubes * b3 // 6
    else:
        assert abs(grown - (RAY + x + x * x // (2 * RAY) + x**3 // (6 * RAY**2))) <= 1
    scaled = p.market.holdings[USDC].scaled_debt
    share = (scaled * (grown - RAY)) // RAY * 1000
    ok(p.call("supply", i=1, k=USDC, amount=USD, now=T0 + MONTH))
    assert r.liquidity_index == income
    assert r.variable_borrow_index == grown
    assert abs(r.accrued_to_treasury - share // 10_000 * RAY // income) <= 2
    assert p.account_data(0, T0 + MONTH).debt == _debt_value(version, scaled, grown)


def _debt_value(version: str, scaled: int, index: int) -> int:
    if version in ("3.5", "3.6"):
        return up(up(scaled * index, RAY) * 10**8, 10**6)
    return (scaled * index + RAY // 2) // RAY * 10**8 // 10**6


@pytest.mark.parametrize("version", EVERY)
def test_repay_in_part_and_in_full(version: str) -> None:
    p = borrower(version)
    ok(p.call("repay", i=0, payer=1, k=USDC, amount=5_000 * USD, mode=2, now=T0 + MONTH))
    assert p.market.accounts[0].borrowing == 1 << USDC
    owed = ok(p.call("repay", i=0, k=USDC, amount=MAX_UINT256, mode=2, now=T0 + MONTH)).amount
    assert 10_000 * USD < owed < 10_050 * USD
    assert p.market.accounts[0].borrowing == p.market.holdings[USDC].scaled_debt == 0
    assert p.account_data(0, T0 + MONTH).health_factor == MAX_UINT256
    ok(p.call("withdraw", i=0, k=WETH, amount=MAX_UINT256, now=T0 + MONTH))


@pytest.mark.parametrize("version", EVERY)
def test_repay_with_atokens_clears_the_flag_from_3_3_on(version: str) -> None:
    p = borrower(version, usd=0)
    ok(p.call("supply", i=0, k=USDC, amount=2_000 * USD, now=T0))
    ok(p.call("borrow", i=0, k=USDC, amount=3_000 * USD, mode=2, now=T0))
    liquidity = p.market.reserves[USDC].available_liquidity
    r = ok(p.call("repay_with_atokens", i=0, k=USDC, amount=MAX_UINT256, mode=2, now=T0))
    assert (r.amount, r.emptied) == (2_000 * USD, 0 if version == "3.0.2" else 1)
    assert p.market.holdings[USDC].scaled_supply == 0
    assert (p.market.accounts[0].collateral >> USDC) & 1 == (1 if version == "3.0.2" else 0)
    assert p.market.reserves[USDC].available_liquidity == liquidity


def test_stable_borrow_swap_and_rebalance_in_3_0_2() -> None:
    p = borrower("3.0.2", usd=0)
    r = ok(p.call("borrow", i=0, k=USDC, amount=4_000 * USD, mode=1, now=T0))
    assert r.rate == 5 * PCT  # variable slope 1 and the base offset: nothing is borrowed yet
    rate = p.market.reserves[USDC].stable_rate
    assert rate == (4 + 1) * PCT + 5 * PCT * 4 // 80 + 2 * PCT  # usage 4 %, all debt stable: the excess offset in full
    ok(p.call("borrow", i=0, k=USDC, amount=4_000 * USD, mode=1, now=T0))
    h = p.market.holdings[USDC]
    assert h.stable_rate == p.market.reserves[USDC].average_stable_rate == (5 * PCT + rate) // 2
    ok(p.call("swap_rate_mode", i=0, k=USDC, mode=1, now=T0))
    assert (h.stable_principal, h.scaled_debt) == (0, 8_000 * USD)
    ok(p.call("swap_rate_mode", i=0, k=USDC, mode=2, now=T0 + 10))
    assert h.scaled_debt == 0
    assert h.stable_principal >= 8_000 * USD
    h.stable_rate = p.market.reserves[USDC].average_stable_rate = PCT // 10
    ok(p.call("supply", i=2, k=USDC, amount=USD, now=T0 + 10))
    moved = ok(p.call("rebalance_stable_rate", i=0, k=USDC, now=T0 + 20))
    assert moved.minted.rate == h.stable_rate > PCT
    ok(p.call("repay", i=0, k=USDC, amount=MAX_UINT256, mode=1, now=T0 + 20))
    assert p.market.accounts[0].borrowing == 0


def test_stable_and_variable_debt_count_together() -> None:
    p = borrower("3.0.2", usd=5_000)
    ok(p.call("borrow", i=0, k=USDC, amount=5_000 * USD, mode=1, now=T0))
    assert p.account_data(0, T0).debt == 10_000 * 10**8
    ok(p.call("repay", i=0, k=USDC, amount=MAX_UINT256, mode=2, now=T0))
    assert p.market.accounts[0].borrowing == 1 << USDC  # the stable half is still owed


@pytest.mark.parametrize("version", EVERY)
def test_transfer_of_atokens(version: str) -> None:
    """The recipient's flag rises up to 3.5; the sender's falls with the last aToken."""
    p = borrower(version, usd=0)
    r = ok(p.call("transfer_atoken", i=0, to=2, k=WETH, amount=4 * ETH, now=T0))
    assert (r.scaled, r.emptied, r.first) == (4 * ETH, 0, 0 if version == "3.6" else 1)
    r = ok(p.call("transfer_atoken", i=0, to=2, k=WETH, amount=6 * ETH, now=T0))
    assert (r.emptied, r.first) == (1, 0)
    assert p.market.accounts[0].collateral == 0
    assert p.market.accounts[2].collateral == (0 if version == "3.6" else 1)
    assert p.market.holdings[2 * 3 + WETH].scaled_supply == 10 * ETH
    before = p.market.holdings[2 * 3 + WETH].scaled_supply
    ok(p.call("transfer_atoken", i=2, to=2, k=WETH, amount=ETH, now=T0))
    assert p.market.holdings[2 * 3 + WETH].scaled_supply == before


def test_flash_loan_premium_raises_the_index_up_to_3_3() -> None:
    """5 bps of 10,000 are 5; 30 % go to the treasury, 3.5 to the suppliers of 100,000; from 3.4 on all to the
    treasury."""
    for version in EVERY:
        p = borrower(version, usd=0)
        r = ok(p.call("flash_loan_simple", k=USDC, amount=10_000 * USD, success=1, wallet=RICH, now=T0))
        reserve = p.market.reserves[USDC]
        assert (r.premium, r.paid) == (5 * USD, 10_005 * USD)
        assert reserve.available_liquidity == 100_005 * USD
        if version in ("3.0.2", "3.3"):
            assert reserve.liquidity_index == RAY + 35 * RAY // 1_000_000
            assert (
                reserve.accrued_to_treasury
                == (1_500_000 * RAY + reserve.liquidity_index // 2) // reserve.liquidity_index
            )
        else:
            assert (reserve.liquidity_index, reserve.accrued_to_treasury) == (RAY, 5 * USD)


def test_flash_premium_rounds_up_from_3_5_on() -> None:
    for version, premium in zip(EVERY, (0, 0, 0, 1, 1), strict=True):
        p = borrower(version, usd=0)
        assert ok(p.call("flash_loan_simple", k=USDC, amount=999, success=1, wallet=RICH, now=T0)).premium == premium


@pytest.mark.parametrize("version", EVERY)
def test_flash_loan_of_several_assets_kept_in_part_as_debt(version: str) -> None:
    p = borrower(version, usd=0)
    lent = ok(
        p.flash_loan(caller=0, i=0, loans=[(USDC, 1_000 * USD, 2), (DAI, 1_000 * ETH, 0)], holds=lambda _: RICH, now=T0)
    )
    assert (lent[0].paid, lent[0].premium, lent[1].paid) == (0, 0, 1_000 * ETH + ETH // 2)
    assert p.market.holdings[USDC].scaled_debt == 1_000 * USD
    assert p.market.reserves[USDC].available_liquidity == 99_000 * USD
    assert p.market.accounts[0].borrowing == 1 << USDC


def test_a_flash_borrower_pays_no_premium() -> None:
    p = borrower("3.6", usd=0)
    p.market.accounts[0].flash_borrower = 1
    lent = ok(p.flash_loan(caller=0, i=0, loans=[(DAI, 1_000 * ETH, 0)], holds=lambda _: RICH, now=T0))
    assert (lent[0].premium, lent[0].paid) == (0, 1_000 * ETH)


def test_the_receiver_may_act_in_between() -> None:
    p = borrower("3.6", usd=0)

    def receiver() -> bool:
        return p.call("supply", i=2, k=DAI, amount=5 * ETH, now=T0).code == 0

    ok(p.flash_loan(caller=0, i=0, loans=[(DAI, 10 * ETH, 0)], receiver=receiver, holds=lambda _: RICH, now=T0))
    assert p.market.holdings[2 * 3 + DAI].scaled_supply == 5 * ETH


@pytest.mark.parametrize("version", EVERY)
def test_mint_to_treasury(version: str) -> None:
    p = borrower(version)
    ok(p.call("supply", i=1, k=USDC, amount=USD, now=T0 + YEAR))
    r = p.market.reserves[USDC]
    scaled, supply = r.accrued_to_treasury, r.scaled_supply
    m = ok(p.call("mint_to_treasury", k=USDC, now=T0 + YEAR + MONTH))
    assert r.accrued_to_treasury == 0
    assert r.scaled_supply - supply == m.scaled == p.market.holdings[4 * 3 + USDC].scaled_supply
    assert abs(m.scaled - scaled) <= (0 if version in ("3.5", "3.6") else 1)
    assert m.amount > scaled
    assert ok(p.call("mint_to_treasury", k=USDC, now=T0 + YEAR + MONTH)).amount == 0
    assert p.market.accounts[4].collateral == 0


# ---- eMode ----------------------------------------------------------------------------------------------------------
def test_emode_of_3_0_2_with_its_own_price_source() -> None:
    p = borrower("3.0.2", usd=0)
    ok(p.call("supply", i=0, k=DAI, amount=10_000 * ETH, now=T0))
    ok(p.call("set_emode_category", category=1, ltv=9300, threshold=9500, bonus=10_100, price=2 * 10**8))
    for k in (USDC, DAI):
        ok(p.call("set_asset_emode", k=k, category=1))
    ok(p.call("set_emode", i=0, category=1, now=T0))
    d = p.account_data(0, T0)
    assert d.collateral == (20_000 + 20_000) * 10**8  # DAI at the category's 2.00, WETH at its own price
    assert (d.ltv, d.threshold) == ((8000 + 9300) // 2, (8250 + 9500) // 2)
    ok(p.call("borrow", i=0, k=USDC, amount=10_000 * USD, mode=2, now=T0))
    assert p.account_data(0, T0).debt == 20_000 * 10**8
    ok(p.call("set_emode_price", category=1, price=10**8))
    assert p.account_data(0, T0).debt == 10_000 * 10**8


@pytest.mark.parametrize("version", LATER)
def test_liquid_emode(version: str) -> None:
    p = borrower(version, usd=0)
    ok(p.call("supply", i=0, k=DAI, amount=10_000 * ETH, now=T0))
    ok(p.call("set_emode_category", category=1, ltv=9300, threshold=9500, bonus=10_100, price=0))
    ok(p.call("set_emode_collateral", k=DAI, category=1, on=1))
    ok(p.call("set_emode_borrowable", k=USDC, category=1, on=1))
    assert ok(p.call("set_emode", i=0, category=1, now=T0)).changed == 1
    assert ok(p.call("set_emode", i=0, category=1, now=T0)).changed == 0
    d = p.account_data(0, T0)
    assert (d.ltv, d.threshold) == ((2 * 8000 + 9300) // 3, (2 * 8250 + 9500) // 3)
    ok(p.call("borrow", i=0, k=USDC, amount=10_000 * USD, mode=2, now=T0))


def test_emode_decides_alone_in_3_6() -> None:
    """An asset without ltv of its own is collateral in the category; its `zero_ltv` bit takes that away."""
    p = pool("3.6")
    ok(p.call("configure_collateral", k=DAI, ltv=0, threshold=7700, bonus=10_400))
    ok(p.call("set_emode_category", category=2, ltv=9000, threshold=9200, bonus=10_200, price=0))
    ok(p.call("set_emode_collateral", k=DAI, category=2, on=1))
    ok(p.call("set_borrowing", k=USDC, on=0))
    ok(p.call("set_emode_borrowable", k=USDC, category=2, on=1))
    ok(p.call("supply", i=1, k=USDC, amount=1_000 * USD, now=T0))
    ok(p.call("set_emode", i=0, category=2, now=T0))
    assert ok(p.call("supply", i=0, k=DAI, amount=100 * ETH, now=T0)).first == 1
    assert p.account_data(0, T0)[2:4] == (9000, 9200)
    ok(p.call("borrow", i=0, k=USDC, amount=50 * USD, mode=2, now=T0))
    ok(p.call("set_emode_zero_ltv", k=DAI, category=2, on=1))
    d = p.account_data(0, T0)
    assert (d.ltv, d.threshold, d.zero_ltv) == (0, 9200, 1)


# ---- isolation ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("version", EVERY)
def test_isolated_debt_rises_with_borrowing_and_falls_with_repayment(version: str) -> None:
    p = borrower(version, usd=0)
    q = pool(version)
    ok(q.call("supply", i=1, k=USDC, amount=50_000 * USD, now=T0))
    ok(q.call("set_debt_ceiling", k=WETH, ceiling=1_000_000))  # 10,000.00
    ok(q.call("set_borrowable_in_isolation", k=USDC, on=1))
    ok(q.call("supply", i=0, k=WETH, amount=10 * ETH, now=T0))
    assert q.market.accounts[0].collateral == 0  # isolated assets are switched on by hand
    ok(q.call("set_collateral", i=0, k=WETH, use=1, now=T0))
    r = ok(q.call("borrow", i=0, k=USDC, amount=1_234_567_891, mode=2, now=T0))
    assert (r.isolated, r.isolation_debt) == (WETH, 123_456)
    r = ok(q.call("repay", i=0, k=USDC, amount=1_000_000_000, mode=2, now=T0))
    assert (r.isolated, r.isolation_debt) == (WETH, 23_456)
    r = ok(q.call("repay", i=0, k=USDC, amount=MAX_UINT256, mode=2, now=T0 + YEAR))
    assert r.isolation_debt == 0  # interest repaid is not below 0
    assert p.market.reserves[WETH].isolation_debt == 0


def test_a_trusted_supplier_switches_isolated_collateral_on_up_to_3_5() -> None:
    for version in EVERY:
        p = pool(version)
        ok(p.call("set_debt_ceiling", k=WETH, ceiling=100))
        p.market.accounts[2].isolated_supplier = 1
        first = ok(p.call("supply", caller=2, i=0, k=WETH, amount=ETH, now=T0)).first
        assert first == (0 if version == "3.6" else 1)


# ---- credit delegation ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("version", EVERY)
def test_credit_delegation(version: str) -> None:
    p = borrower(version, usd=0)
    assert p.call("approve_delegation", i=0, to=2, k=USDC, mode=2, amount=1_000 * USD).code == 0
    r = ok(p.call("borrow", caller=2, i=0, k=USDC, amount=400 * USD, mode=2, now=T0))
    assert (r.delegated, r.allowance) == (1, 600 * USD)
    assert p.market.holdings[USDC].scaled_debt == 400 * USD
    assert p.wallets is not None
    assert p.wallets[2][USDC] == RICH + 400 * USD
    assert p.call("borrow", caller=2, i=0, k=USDC, amount=600 * USD + 1, mode=2, now=T0).error == (
        "InsufficientBorrowAllowance" if version in ("3.5", "3.6") else "Panic(0x11)"
    )


@pytest.mark.parametrize("version", EVERY)
def test_a_deficit_is_covered_by_the_umbrella(version: str) -> None:
    p = borrower(version)
    if version == "3.0.2":
        return
    p.market.reserves[USDC].deficit = 700 * USD
    ok(p.call("supply", i=3, k=USDC, amount=1_000 * USD, now=T0))
    r = ok(p.call("eliminate_deficit", i=3, k=USDC, amount=300 * USD, now=T0 + MONTH))
    assert (r.amount, r.emptied, p.market.reserves[USDC].deficit) == (300 * USD, 0, 400 * USD)
    r = ok(p.call("eliminate_deficit", i=3, k=USDC, amount=MAX_UINT256, now=T0 + MONTH))
    assert (r.amount, p.market.reserves[USDC].deficit) == (400 * USD, 0)
    assert account_data(p.market, 3, T0 + MONTH).collateral > 300 * 10**8


# ---- edges of one unit ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("version", EVERY)
def test_a_debt_of_one_raw_unit_is_worth_one_from_3_5_on(version: str) -> None:
    p = borrower(version, usd=0)
    ok(p.call("borrow", i=0, k=DAI, amount=1, mode=2, now=T0))
    assert p.account_data(0, T0).debt == (1 if version in ("3.5", "3.6") else 0)


@pytest.mark.parametrize("version", EVERY)
def test_a_health_factor_of_exactly_1_lends_nothing_and_is_not_liquidatable(version: str) -> None:
    p = borrower(version, usd=8_250)
    ok(p.call("set_price", k=WETH, price=1_000 * 10**8))
    assert p.account_data(0, T0).health_factor == 10**18
    assert (
        p.call("borrow", i=0, k=USDC, amount=1, mode=2, now=T0).name == "HEALTH_FACTOR_LOWER_THAN_LIQUIDATION_THRESHOLD"
    )
    call = {"liquidator": 2, "i": 0, "kc": WETH, "kd": USDC, "amount": USD, "receive_atoken": 0, "now": T0}
    assert p.call("liquidation_call", **call).name == "HEALTH_FACTOR_NOT_BELOW_THRESHOLD"


@pytest.mark.parametrize("version", EVERY)
def test_the_last_unit_that_the_collateral_covers(version: str) -> None:
    """Collateral 20,000.00000001 at 80 %: 16,000 are lent; one raw DAI more counts as one unit from 3.5 on and would
    need
    two more units of collateral."""
    p = borrower(version)
    ok(p.call("supply", i=0, k=WETH, amount=5_000_000, now=T0))
    assert p.account_data(0, T0).collateral == 20_000 * 10**8 + 1
    ok(p.call("borrow", i=0, k=USDC, amount=1_000 * USD, mode=2, now=T0))
    more = p.call("borrow", i=0, k=DAI, amount=1, mode=2, now=T0)
    assert more.name == ("COLLATERAL_CANNOT_COVER_NEW_BORROW" if version in ("3.5", "3.6") else None)
    assert p.call("borrow", i=0, k=USDC, amount=1, mode=2, now=T0).name == "COLLATERAL_CANNOT_COVER_NEW_BORROW"
