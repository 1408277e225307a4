"""The configurator: what a change does at once and what it leaves for later, version by version."""

from pathlib import Path

import pytest
from aave_v3_driver import NAMES
from aave_v3_worlds import DAI, ETH, EVERY, LATER, PCT, T0, USD, USDC, WETH, borrower, ok, pool

from protocol_sim.protocols import parameters as P
from protocol_sim.protocols.aave_v3 import codes
from protocol_sim.protocols.aave_v3.interface import UNKNOWN_PARAMETER, configure, reprice
from protocol_sim.protocols.aave_v3.operations import BY_HAND, COMPILED, OPERATIONS, RANDOM, table

YEAR = 31_536_000


@pytest.mark.parametrize("version", EVERY)
def test_freezing_parks_the_ltv_from_3_1_and_for_good_in_3_6(version: str) -> None:
    p = borrower(version)
    r = p.market.reserves[WETH]
    ok(p.call("set_frozen", k=WETH, on=1))
    assert (r.frozen, r.ltv, r.pending_ltv) == ((1, 8000, 0) if version == "3.0.2" else (1, 0, 8000))
    ok(p.call("configure_collateral", k=WETH, ltv=7900, threshold=8300, bonus=10_600))
    assert (r.ltv, r.pending_ltv) == ((7900, 0) if version == "3.0.2" else (0, 7900))
    assert (r.threshold, r.bonus) == (8300, 10_600)
    ok(p.call("set_frozen", k=WETH, on=0))
    assert (r.ltv, r.pending_ltv) == ((0, 7900) if version == "3.6" else (7900, 0))
    if version == "3.6":
        ok(p.call("set_zero_ltv", k=WETH, zero=0))
        assert (r.ltv, r.pending_ltv) == (7900, 0)
        ok(p.call("set_zero_ltv", k=WETH, zero=1))
        assert (r.ltv, r.pending_ltv) == (0, 7900)
        ok(p.call("configure_collateral", k=WETH, ltv=7000, threshold=8300, bonus=10_600))
        assert (r.ltv, r.pending_ltv) == (7000, 0)


def test_freezing_takes_the_ltv_in_every_emode_of_3_6() -> None:
    p = pool("3.6")
    for c in (1, 2):
        ok(p.call("set_emode_category", category=c, ltv=9000, threshold=9200, bonus=10_200, price=0))
    ok(p.call("set_emode_collateral", k=DAI, category=1, on=1))
    ok(p.call("set_frozen", k=DAI, on=1))
    m = p.market
    assert (m.categories[1].zero_ltv, m.categories[2].zero_ltv) == (1 << DAI, 0)
    assert p.call("set_emode_zero_ltv", k=DAI, category=1, on=0).code == codes.RESERVE_FROZEN
    ok(p.call("set_frozen", k=DAI, on=0))
    assert m.categories[1].zero_ltv == 1 << DAI
    ok(p.call("set_emode_zero_ltv", k=DAI, category=1, on=0))
    ok(p.call("set_emode_zero_ltv", k=DAI, category=1, on=1))
    ok(p.call("set_emode_collateral", k=DAI, category=1, on=0))
    assert (m.categories[1].zero_ltv, m.categories[1].collateral) == (0, 0)


@pytest.mark.parametrize("version", EVERY)
def test_a_reserve_factor_accrues_first_from_3_1_on(version: str) -> None:
    p = borrower(version)
    r = p.market.reserves[USDC]
    before = r.liquidity_rate
    ok(p.call("set_reserve_factor", k=USDC, factor=5_000, now=T0 + YEAR))
    assert r.reserve_factor == 5_000
    if version == "3.0.2":
        assert (r.last_updated, r.liquidity_rate) == (T0, before)
    else:
        assert r.last_updated == T0 + YEAR
        assert r.accrued_to_treasury > 0
        assert r.liquidity_rate < before  # half instead of nine tenths


@pytest.mark.parametrize("version", LATER)
def test_new_rates_hold_at_once(version: str) -> None:
    p = borrower(version)
    ok(p.call("set_rates", k=USDC, optimal=5_000, base=200, slope1=1_000, slope2=6_000, now=T0 + 60))
    r = p.market.reserves[USDC]
    assert (r.optimal, r.excess, r.base_rate) == (50 * PCT, 50 * PCT, 2 * PCT)
    assert (r.variable_slope1, r.variable_slope2, r.last_updated) == (10 * PCT, 60 * PCT, T0 + 60)
    assert abs(r.variable_rate - 5 * PCT) < PCT // 1000  # 2 % + 10 % * 15 / 50


def test_new_rates_wait_for_the_next_operation_in_3_0_2() -> None:
    p = borrower("3.0.2")
    r = p.market.reserves[USDC]
    before = r.variable_rate
    ok(p.call("set_variable_curve", k=USDC, optimal=50 * PCT, base=2 * PCT, slope1=10 * PCT, slope2=60 * PCT))
    assert r.variable_rate == before
    ok(p.call("supply", i=1, k=USDC, amount=USD, now=T0))
    assert abs(r.variable_rate - 5 * PCT) < PCT // 1000


@pytest.mark.parametrize("version", EVERY)
def test_debt_ceilings(version: str) -> None:
    """Only on an asset that nobody supplies, unless it is no collateral (3.1); 0 forgets the isolated debt."""
    p = pool(version)
    r = p.market.reserves[WETH]
    ok(p.call("set_debt_ceiling", k=WETH, ceiling=500))
    r.isolation_debt = 77
    ok(p.call("set_debt_ceiling", k=WETH, ceiling=600))
    assert r.isolation_debt == 77
    ok(p.call("set_debt_ceiling", k=WETH, ceiling=0))
    assert (r.debt_ceiling, r.isolation_debt) == (0, 0)
    ok(p.call("supply", i=0, k=WETH, amount=ETH, now=T0))
    r.threshold = r.ltv = r.bonus = 0
    refused = p.call("set_debt_ceiling", k=WETH, ceiling=5)
    assert refused.code == (codes.RESERVE_LIQUIDITY_NOT_ZERO if version == "3.0.2" else codes.OK)
    if version == "3.6":
        ok(p.call("set_debt_ceiling", k=WETH, ceiling=0))
        p.market.categories[3].collateral = 1 << WETH
        assert p.call("set_debt_ceiling", k=WETH, ceiling=5).code == codes.RESERVE_LIQUIDITY_NOT_ZERO


@pytest.mark.parametrize("version", EVERY)
def test_switches(version: str) -> None:
    p = pool(version)
    r = p.market.reserves[DAI]
    for name, field in (("set_flash_loans", "flash_loans"), ("set_borrowable_in_isolation", "borrowable_in_isolation"),
                        ("set_siloed", "siloed"), ("set_active", "active")):  # fmt: skip
        for on in (0, 1):
            ok(p.call(name, k=DAI, on=on))
            assert getattr(r, field) == on
    if version == "3.0.2":
        ok(p.call("set_stable_borrowing", k=DAI, on=0))
    ok(p.call("set_borrowing", k=DAI, on=0))
    assert r.borrowing == 0
    ok(p.call("set_liquidation_fee", k=DAI, fee=10_000))
    ok(p.call("set_supply_cap", k=DAI, cap=2**36 - 1))
    ok(p.call("set_borrow_cap", k=DAI, cap=7))
    assert (r.liquidation_fee, r.supply_cap, r.borrow_cap) == (10_000, 2**36 - 1, 7)
    ok(p.call("configure_collateral", k=DAI, ltv=0, threshold=0, bonus=0))
    assert (r.ltv, r.threshold, r.bonus) == (0, 0, 0)
    ok(p.call("set_flash_premium", total=9, to_protocol=10_000))
    s = p.market.settings[0]
    assert (s.flash_premium, s.flash_premium_to_protocol) == (9, 10_000 if version in ("3.0.2", "3.3") else 3_000)


@pytest.mark.parametrize("version", EVERY)
def test_a_cap_holds_to_the_unit(version: str) -> None:
    p = borrower(version)
    ok(p.call("set_supply_cap", k=WETH, cap=11))
    ok(p.call("supply", i=0, k=WETH, amount=ETH, now=T0))
    assert p.call("supply", i=0, k=WETH, amount=1, now=T0).code == codes.SUPPLY_CAP_EXCEEDED
    ok(p.call("set_borrow_cap", k=USDC, cap=15_100))
    ok(p.call("borrow", i=0, k=USDC, amount=100 * USD, mode=2, now=T0))
    assert p.call("borrow", i=0, k=USDC, amount=1, mode=2, now=T0).code == codes.BORROW_CAP_EXCEEDED


@pytest.mark.parametrize("version", EVERY)
def test_timeline_changes_go_through_the_configurator(version: str) -> None:
    m = borrower(version).market
    r = m.reserves[WETH]
    assert configure(m, P.LTV, WETH, 7_000, T0) == codes.OK
    assert configure(m, P.LIQUIDATION_THRESHOLD, WETH, 7_500, T0) == codes.OK
    assert configure(m, P.LIQUIDATION_BONUS, WETH, 11_000, T0) == codes.OK
    assert (r.ltv, r.threshold, r.bonus) == (7_000, 7_500, 11_000)
    assert configure(m, P.LIQUIDATION_BONUS, WETH, 14_000, T0) == codes.INVALID_RESERVE_PARAMS
    assert configure(m, P.RESERVE_FACTOR, WETH, 10_001, T0) == codes.INVALID_RESERVE_FACTOR
    for key, name in ((P.PAUSED, "paused"), (P.FROZEN, "frozen")):
        assert configure(m, key, WETH, 1, T0) == codes.OK
        assert getattr(r, name) == 1
    assert configure(m, P.ACTIVE, WETH, 0, T0) == codes.RESERVE_LIQUIDITY_NOT_ZERO
    borrowing = codes.STABLE_BORROWING_ENABLED if version == "3.0.2" else codes.OK
    assert configure(m, P.BORROWING, USDC, 0, T0) == borrowing
    stable = codes.OK if version == "3.0.2" else codes.NOT_IN_VERSION
    assert configure(m, P.STABLE_BORROWING, USDC, 0, T0) == stable
    assert configure(m, P.SLOPE1, USDC, 5 * PCT, T0) == codes.OK
    assert m.reserves[USDC].variable_slope1 == 5 * PCT
    odd = codes.OK if version == "3.0.2" else codes.NOT_WHOLE_BPS
    assert configure(m, P.SLOPE1, USDC, 5 * PCT + 1, T0) == odd
    assert configure(m, P.CLOSE_FACTOR, WETH, 5_000, T0) == UNKNOWN_PARAMETER
    assert reprice(m, WETH, 5) == codes.OK
    assert r.price == 5
    assert reprice(m, WETH, 0) == codes.PRICE_NOT_POSITIVE


def test_the_docstring_carries_the_table_of_operations() -> None:
    import protocol_sim.protocols.aave_v3 as package

    assert package.__doc__ is not None
    assert table() in package.__doc__


def test_the_readme_carries_the_table_too() -> None:
    assert table() in (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")


def test_every_operation_is_played_on_the_real_contracts() -> None:
    adapter = Path(__file__).parents[3] / "protocol_sim" / "fork" / "adapters" / "aave_v3"
    played = "".join(path.read_text() for path in adapter.glob("*.py"))
    for name in OPERATIONS:
        assert f'"{name}"' in played, name


def test_the_table_says_how_an_operation_is_really_checked() -> None:
    invariants = (Path(__file__).parents[2] / "invariants" / "test_aave_v3.py").read_text()
    by_hand = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    for name, op in OPERATIONS.items():
        assert (COMPILED in op.checked) == (name in NAMES), name
        assert RANDOM not in op.checked or f'"{name}"' in invariants, name
        assert BY_HAND in op.checked
        assert f'"{name}"' in by_hand, name
