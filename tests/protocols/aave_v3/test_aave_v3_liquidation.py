"""Liquidations worked out by hand: close factors, fee, dust, bad debt, same asset, aTokens, eMode, isolation."""

import pytest
from aave_v3_worlds import DAI, ETH, EVERY, LATER, T0, USD, USDC, WETH, borrower, liquidate, ok, pool, state

from protocol_sim.numeric import MAX_UINT256
from protocol_sim.protocols.aave_v3 import codes
from protocol_sim.protocols.aave_v3.interface import health, largest_pair, plan_liquidation
from protocol_sim.protocols.aave_v3.shell import AaveV3

HOUR = 3_600


def price(p: object, k: int, usd_cents: int) -> None:
    ok(p.call("set_price", k=k, price=usd_cents * 10**6))  # type: ignore[attr-defined]


@pytest.mark.parametrize("version", EVERY)
def test_half_of_the_debt_above_0_95_and_the_amounts(version: str) -> None:
    """10 ETH at 1,800 and 15,000 USDC: HF 0.99. 7,500 USDC at 1,800 are 4.1666… ETH, with 5 % 4.375, of whose bonus
    a tenth
    is the fee."""
    p = borrower(version)
    price(p, WETH, 180_000)
    assert p.account_data(0, T0).health_factor == 99 * 10**16
    r = ok(liquidate(p, T0))
    base = 7_500 * 10**8 * 10**6 * ETH // (1_800 * 10**8 * 10**6)
    gross = (base * 10_500 + 5_000) // 10_000
    bonus = gross - (gross * 10_000 + 5_250) // 10_500
    fee = (bonus * 1_000 + 5_000) // 10_000
    assert (r.repaid, r.seized, r.fee) == (7_500 * USD, gross - fee, fee)
    assert (r.disabled, r.cleared, r.deficit) == (0, 0, 0)
    assert p.wallets is not None
    assert p.wallets[2][WETH] - p.wallets[1][WETH] == r.seized
    assert p.market.holdings[4 * 3 + WETH].scaled_supply == fee
    assert p.market.holdings[WETH].scaled_supply == 10 * ETH - gross
    assert p.market.reserves[USDC].available_liquidity == 92_500 * USD


@pytest.mark.parametrize("version", EVERY)
def test_all_of_the_debt_at_0_95_or_below(version: str) -> None:
    p = borrower(version)
    price(p, WETH, 172_700)
    assert p.account_data(0, T0).health_factor < 95 * 10**16
    r = ok(liquidate(p, T0))
    assert (r.repaid, r.cleared) == (15_000 * USD, 1)
    assert p.market.accounts[0].borrowing == p.market.holdings[USDC].scaled_debt == 0


def test_a_small_position_can_be_cleared_in_one_call_from_3_3_on() -> None:
    """1,999 USDC of debt or collateral below 2,000: all of it although HF is above 0.95."""
    for version in EVERY:
        p = borrower(version, eth=2, usd=1_500)
        price(p, WETH, 90_000)  # HF 0.99, collateral 1,800
        assert ok(liquidate(p, T0)).repaid == (750 if version == "3.0.2" else 1_500) * USD


def test_the_larger_of_two_debts_is_capped_at_half_of_all_debt_from_3_3_on() -> None:
    """Debts of 10,000 USDC and 5,000 DAI: half of all is 7,500; the smaller one may be repaid in full."""
    for version in EVERY:
        for kd, most in ((USDC, 7_500 * USD), (DAI, 5_000 * ETH)):
            p = borrower(version, usd=10_000)
            ok(p.call("borrow", i=0, k=DAI, amount=5_000 * ETH, mode=2, now=T0))
            price(p, WETH, 180_000)
            expected = most if version != "3.0.2" else {USDC: 5_000 * USD, DAI: 2_500 * ETH}[kd]
            assert ok(liquidate(p, T0, kd=kd)).repaid == expected


@pytest.mark.parametrize("version", EVERY)
def test_no_dust_may_be_left_from_3_3_on(version: str) -> None:
    """3,000 USDC against 1.7 ETH at 2,000, HF 0.935: after 2,500 repaid 500 would be left."""
    p = borrower(version, eth=2, usd=3_000)
    price(p, WETH, 170_000)
    refused = liquidate(p, T0, amount=2_500 * USD)
    if version == "3.0.2":
        assert refused.code == codes.OK
        return
    assert refused.error == ("103" if version == "3.3" else "MustNotLeaveDust")
    assert (
        ok(liquidate(p, T0, amount=1_800 * USD)).repaid == 1_800 * USD
    )  # 1,200 and more than 1,000 of collateral are left


@pytest.mark.parametrize("version", EVERY)
def test_bad_debt_of_every_reserve_becomes_a_deficit_from_3_3_on(version: str) -> None:
    """10 ETH at 1,000 pay for 9,523.8 USDC; 2,476 USDC and 3,000 DAI are left over."""
    p = borrower(version, usd=12_000)
    ok(p.call("borrow", i=0, k=DAI, amount=3_000 * ETH, mode=2, now=T0))
    price(p, WETH, 100_000)
    r = ok(liquidate(p, T0))
    worth = 10 * ETH * 1_000 * 10**8 * 10**6 // (10**8 * ETH)
    directional = version in ("3.5", "3.6")
    repaid = -(-worth * 10_000 // 10_500) if directional else (worth * 10_000 + 5_250) // 10_500
    assert (r.repaid, r.disabled, r.seized + r.fee) == (repaid, 1, 10 * ETH)
    owner, m = p.market.accounts[0], p.market
    assert owner.collateral == 0
    if version == "3.0.2":
        assert owner.borrowing == 0b110
        assert m.holdings[USDC].scaled_debt == 12_000 * USD - repaid
        return
    assert owner.borrowing == m.holdings[USDC].scaled_debt == m.holdings[DAI].scaled_debt == 0
    assert (m.reserves[USDC].deficit, m.reserves[DAI].deficit) == (12_000 * USD - repaid, 3_000 * ETH)
    assert r.deficit == 12_000 * USD - repaid


def test_bad_debt_in_an_inactive_reserve_stays() -> None:
    p = borrower("3.6", usd=12_000)
    ok(p.call("borrow", i=0, k=DAI, amount=3_000 * ETH, mode=2, now=T0))
    price(p, WETH, 100_000)
    p.market.reserves[DAI].active = 0
    ok(liquidate(p, T0))
    assert p.market.accounts[0].borrowing == 1 << DAI
    assert (p.market.holdings[DAI].scaled_debt, p.market.reserves[DAI].deficit) == (3_000 * ETH, 0)


@pytest.mark.parametrize("version", EVERY)
def test_collateral_of_no_value_is_no_bad_debt_while_other_collateral_is_left(version: str) -> None:
    p = borrower(version, usd=15_000)
    ok(p.call("supply", i=0, k=DAI, amount=5_000 * ETH, now=T0))
    price(p, WETH, 100_000)
    ok(liquidate(p, T0))
    assert p.market.reserves[USDC].deficit == 0
    assert p.market.holdings[USDC].scaled_debt > 0
    assert p.market.accounts[0].collateral == 1 << DAI


@pytest.mark.parametrize("version", EVERY)
def test_receiving_atokens(version: str) -> None:
    """The collateral reserve's rates stay; up to 3.5 the aTokens become the liquidator's collateral."""
    p = borrower(version)
    ok(p.call("borrow", i=1, k=WETH, amount=ETH, mode=2, now=T0))
    price(p, WETH, 180_000)
    reserve = p.market.reserves[WETH]
    rate, liquidity = reserve.liquidity_rate, reserve.available_liquidity
    r = ok(liquidate(p, T0 + HOUR, receive=1))
    assert r.enabled == (0 if version == "3.6" else 1)
    assert p.market.accounts[2].collateral == (0 if version == "3.6" else 1)
    assert (reserve.liquidity_rate, reserve.available_liquidity) == (rate, liquidity)
    assert reserve.last_updated == (T0 + HOUR if version in ("3.5", "3.6") else T0)
    assert p.market.holdings[2 * 3 + WETH].scaled_supply > 0
    assert reserve.scaled_supply == sum(p.market.holdings[i * 3 + WETH].scaled_supply for i in range(5))


@pytest.mark.parametrize("version", EVERY)
def test_collateral_and_debt_in_one_reserve_accrue_twice_for_the_treasury_from_3_5_on(version: str) -> None:
    """USDC against USDC, and a twin market where the reserve only accrues."""
    p, twin = borrower(version, usd=0), borrower(version, usd=0)
    for q in (p, twin):
        ok(q.call("withdraw", i=0, k=WETH, amount=9 * ETH, now=T0))
        ok(q.call("supply", i=0, k=USDC, amount=10_000 * USD, now=T0))
        ok(q.call("borrow", i=0, k=USDC, amount=8_000 * USD, mode=2, now=T0))
        price(q, WETH, 1_000)
    later = T0 + 365 * 24 * HOUR
    ok(twin.call("supply", i=1, k=USDC, amount=USD, now=later))
    share = twin.market.reserves[USDC].accrued_to_treasury
    assert share > 0
    r = ok(liquidate(p, later, kc=USDC))
    assert p.market.reserves[USDC].accrued_to_treasury == share * (2 if version in ("3.5", "3.6") else 1)
    assert r.repaid > 0
    assert r.collateral_update.liquidity_rate > 0
    m = p.market
    assert m.reserves[USDC].scaled_debt == sum(m.holdings[i * 3 + USDC].scaled_debt for i in range(5))
    assert m.reserves[USDC].available_liquidity == 102_000 * USD + r.repaid - r.seized


def test_the_same_moment_accrues_nothing_twice() -> None:
    p = borrower("3.6", usd=0)
    ok(p.call("supply", i=0, k=USDC, amount=10_000 * USD, now=T0))
    ok(p.call("borrow", i=0, k=USDC, amount=20_000 * USD, mode=2, now=T0))
    price(p, WETH, 120_000)
    ok(liquidate(p, T0, kc=USDC))
    assert p.market.reserves[USDC].accrued_to_treasury == 0


def within_one_asset(version: str) -> AaveV3:
    """Account 0 owes 20,000 USDC against WETH and 10,000 USDC, and WETH has fallen to 1,200."""
    p = borrower(version, usd=0)
    ok(p.call("supply", i=0, k=USDC, amount=10_000 * USD, now=T0))
    ok(p.call("borrow", i=0, k=USDC, amount=20_000 * USD, mode=2, now=T0))
    price(p, WETH, 120_000)
    return p


def test_within_one_asset_what_is_seized_pays_the_debt() -> None:
    """Found against the contracts: the underlying leaves before the repayment is pulled, so an empty wallet will do."""
    for version in EVERY:
        p = within_one_asset(version)
        p.wallets[2][USDC] = 0
        r = ok(liquidate(p, T0, kc=USDC))
        assert r.seized > r.repaid > 0
        assert p.wallets[2][USDC] == r.seized - r.repaid


def test_within_one_asset_the_payout_comes_first() -> None:
    """Found against the contracts: one unit less in the aToken than is seized, and from 3.3 on the token refuses,
    although the virtual balance counts the repayment; 3.0.2's strategy panics before, as somebody still owes."""
    for version in EVERY:
        seized = ok(liquidate(within_one_asset(version), T0, kc=USDC)).seized
        p = within_one_asset(version)
        p.market.reserves[USDC].available_liquidity = seized - 1
        before = state(p.market)
        expected = codes.PANIC_ARITHMETIC if version == "3.0.2" else codes.TRANSFER_EXCEEDS_BALANCE
        assert liquidate(p, T0, kc=USDC).code == expected
        assert state(p.market) == before
        p.market.reserves[USDC].available_liquidity = seized
        ok(liquidate(p, T0, kc=USDC))


def test_stable_debt_is_burned_after_variable_debt() -> None:
    p = borrower("3.0.2", usd=2_000)
    ok(p.call("borrow", i=0, k=USDC, amount=13_000 * USD, mode=1, now=T0))
    price(p, WETH, 180_000)
    r = ok(liquidate(p, T0))
    h = p.market.holdings[USDC]
    assert (r.repaid, h.scaled_debt, h.stable_principal) == (7_500 * USD, 0, 7_500 * USD)
    assert r.stable.supply == 7_500 * USD


def test_emode_bonus_and_in_3_0_2_its_price_for_the_debt() -> None:
    """DAI against USDC in a category with bonus 1 %: 3.0.2's price source of 1.02 stands for both."""
    for version in EVERY:
        p = pool(version)
        ok(p.call("supply", i=1, k=USDC, amount=100_000 * USD, now=T0))
        ok(p.call("supply", i=0, k=DAI, amount=10_000 * ETH, now=T0))
        first = version == "3.0.2"
        ok(
            p.call(
                "set_emode_category",
                category=1,
                ltv=9300,
                threshold=9500,
                bonus=10_100,
                price=102 * 10**6 if first else 0,
            )
        )
        if first:
            for k in (USDC, DAI):
                ok(p.call("set_asset_emode", k=k, category=1))
        else:
            ok(p.call("set_emode_collateral", k=DAI, category=1, on=1))
            ok(p.call("set_emode_borrowable", k=USDC, category=1, on=1))
        ok(p.call("set_emode", i=0, category=1, now=T0))
        ok(p.call("borrow", i=0, k=USDC, amount=9_300 * USD, mode=2, now=T0))
        if first:
            ok(p.call("set_asset_emode", k=DAI, category=0))  # 3.0.2 allows it: own price, threshold and bonus again
            ok(p.call("set_price", k=DAI, price=10**8))
            gross = 9_300 * ETH * 102 // 100 * 10_400 // 10_000
            r = ok(liquidate(p, T0, kc=DAI))
            assert r.repaid == 9_300 * USD
            assert abs(r.seized + r.fee - gross) <= 1
        else:
            ok(p.call("set_price", k=DAI, price=97 * 10**6))
            r = ok(liquidate(p, T0, kc=DAI, amount=1_000 * USD))
            gross = 1_000 * 10**8 * ETH // (97 * 10**6) * 10_100 // 10_000
            assert abs(r.seized + r.fee - gross) <= 1


def test_isolated_debt_after_a_liquidation() -> None:
    """All collateral gone: 3.0.2 looks at the flags after clearing them and lowers nothing."""
    for version in EVERY:
        p = pool(version)
        ok(p.call("supply", i=1, k=USDC, amount=50_000 * USD, now=T0))
        ok(p.call("set_debt_ceiling", k=WETH, ceiling=10_000_000))
        ok(p.call("set_borrowable_in_isolation", k=USDC, on=1))
        ok(p.call("supply", i=0, k=WETH, amount=10 * ETH, now=T0))
        ok(p.call("set_collateral", i=0, k=WETH, use=1, now=T0))
        ok(p.call("borrow", i=0, k=USDC, amount=15_000 * USD, mode=2, now=T0))
        price(p, WETH, 100_000)
        r = ok(liquidate(p, T0))
        assert (r.isolated, r.isolation_debt) == (
            (-1, 0) if version == "3.0.2" else (WETH, 1_500_000 - r.repaid // 10**4)
        )
        assert p.market.reserves[WETH].isolation_debt == (1_500_000 if version == "3.0.2" else r.isolation_debt)


def test_self_liquidation() -> None:
    for version in EVERY:
        p = borrower(version)
        price(p, WETH, 180_000)
        done = p.call(
            "liquidation_call", liquidator=0, i=0, kc=WETH, kd=USDC, amount=MAX_UINT256, receive_atoken=1, now=T0
        )
        if version in ("3.0.2", "3.3"):
            assert done.code == codes.OK
            assert p.market.holdings[WETH].scaled_supply == 10 * ETH - done.result.fee
        else:
            assert done.error == "SelfLiquidation"


def test_the_fee_is_at_most_what_is_left() -> None:
    """An index above 1 and a balance that the seizure takes to the last scaled unit."""
    for version in LATER:
        p = borrower(version)
        r = p.market.reserves[WETH]
        r.liquidity_index, r.projected_at = 10**27 * 7 // 3, -1
        p.market.holdings[WETH].scaled_supply = r.scaled_supply = 4 * ETH + 1
        price(p, WETH, 100_000)
        done = ok(liquidate(p, T0))
        assert p.market.holdings[WETH].scaled_supply <= 1
        assert r.scaled_supply == sum(p.market.holdings[i * 3 + WETH].scaled_supply for i in range(5))
        assert done.fee > 0


# ---- as the engine sees it ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("version", EVERY)
def test_a_plan_is_what_the_call_then_does(version: str) -> None:
    p = borrower(version)
    price(p, WETH, 180_000)
    m = p.market
    assert largest_pair(m, 0, T0) == (WETH, USDC)
    assert health(m, 0, T0).factor == 99 * 10**16
    code, plan = plan_liquidation(m, 0, WETH, USDC, 2_000 * USD, T0)
    done = ok(liquidate(p, T0, amount=2_000 * USD))
    assert (code, plan.repaid, plan.seized) == (0, done.repaid, done.seized)
    assert health(m, 1, T0).factor == MAX_UINT256
    assert largest_pair(m, 2, T0) == (-1, -1)
