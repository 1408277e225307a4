"""Rules on depth, gas, rates, adapters, switches and roundings: failing, passing and the boundary either side."""

from fractions import Fraction
from typing import Any

import pytest

from protocol_sim.amms.constant_product import amount_out
from protocol_sim.audit.market import Adapter, Holder, Rates
from protocol_sim.audit.rules.bonus_slippage import payable
from protocol_sim.audit.rules.caps_depth import losing
from protocol_sim.audit.rules.rate_kink import time_to_liquidation
from protocol_sim.audit.venues import Venues, largest
from protocol_sim.scenario import ConstantProductPool
from tests.audit.audit_markets import (
    DECIMALS,
    PRICES,
    RAY,
    ask,
    concentrated,
    dollar,
    emode,
    lacks,
    market,
    severities,
    terms,
    venues,
)

YEAR = 365 * 86_400


# ---- caps-depth ------------------------------------------------------------------------------------------------------
def test_what_cannot_be_unwound_is_the_closed_form() -> None:
    """out(S) = LT · S · p: S = (f/LT − 1) · R/f for a pool of reserve R that keeps 1 − f; here f = .997, LT = .75."""
    m = market(venues=venues(20_000))
    row, mode = next(m.modes())
    expected = (Fraction(997, 1000) / Fraction(3, 4) - 1) * 20_000 * 1000 / 997
    found = Fraction(losing(m, row, mode, "USDC"), 10**18)
    assert abs(found - expected) < Fraction(1, 10**6)


def test_caps_depth_one_token_either_side_of_what_can_be_unwound() -> None:
    pool = venues(20_000)
    first = losing(market(venues=pool), *next(market().modes()), "USDC") // 10**18
    assert severities("caps-depth", market(terms(supply_cap=first), dollar(), venues=pool)) == []
    assert severities("caps-depth", market(terms(supply_cap=first + 1), dollar(), venues=pool)) == ["high"]


def test_caps_depth_one_raw_unit_either_side() -> None:
    """Of the exact pool arithmetic, LT .75: the bisection's size loses, one raw unit of USDC worth less does not."""
    m = market(venues=venues(20_000))
    row, mode = next(m.modes())
    size = losing(m, row, mode, "USDC")

    def short(s: int) -> bool:
        out = amount_out(s, 20_000 * 10**18, 40_000_000 * 10**6, 997, 1000)
        return out < -(-s * 1_500 * 10**6 // 10**18)

    assert short(size)
    assert not short(size - 1)


def test_caps_depth_no_cap_is_high_and_a_cap_of_ten_times_the_bonus_is_medium() -> None:
    pool = venues(20_000)
    assert severities("caps-depth", market(venues=pool)) == ["high"]
    narrow = terms(bonus=10_060, supply_cap=1_000)            # .6 % of bonus sells 53 WETH at once
    m = market(narrow, dollar(), venues=pool)
    within = payable(m, *next(m.modes()), "USDC")[1]
    for cap, expected in ((10 * within // 10**18, []), (10 * within // 10**18 + 1, ["medium"])):
        m = market(terms(bonus=10_060, supply_cap=cap), dollar(), venues=pool)
        assert severities("caps-depth", m) == expected


class Quoted(Venues):
    """A pool that pays 2,000 USDC for a WETH up to a size, a share of that beyond it, and some raw units less."""

    def __init__(self, size: Fraction, share: Fraction, short: int = 0) -> None:
        super().__init__(routes={("WETH", "USDC"): 0})
        object.__setattr__(self, "terms", (int(size * 10**18), share, short))

    def fee(self, *_: str) -> Fraction:
        return Fraction(0)

    def spec(self, *_: str) -> None:
        return None

    def proportional(self, *_: str) -> bool:
        return True

    def spot(self, *_: str) -> Fraction:
        return Fraction(2_000, 10**12)

    def at_most(self, *asked: Any) -> int:
        return self.sale(*asked)

    def sale(self, *asked: Any) -> int:
        amount, (size, share, short) = asked[-1], self.terms  # type: ignore[attr-defined]
        worth = Fraction(2_000 * amount, 10**12)
        return int(worth if amount <= size else worth * share) - short


def test_caps_depth_to_the_raw_unit_of_what_is_owed() -> None:
    """A pool that gives exactly LT · S · p suffices, one raw unit less does not."""
    row = terms(supply_cap=8)
    for short, expected in ((0, []), (1, ["high"])):
        m = market(row, dollar(), venues=Quoted(Fraction(10), Fraction(1), 0))
        assert ask("caps-depth", m) == []
        m = market(row, dollar(), venues=Quoted(Fraction(1), Fraction(3, 4), short))
        assert [f.severity.word for f in ask("caps-depth", m)] == expected
    m = market(terms(supply_cap=20), dollar(), venues=Quoted(Fraction(1), Fraction(3, 4)))
    (finding,) = ask("caps-depth", m)              # enough for what is owed, and more than ten refills
    assert finding.severity.word == "medium"
    assert "10 times" in finding.reason


def test_caps_depth_to_the_token_of_ten_times_the_bonus() -> None:
    """10.5 WETH sell at the full price, 20,000 USDC of debt with a bonus of 5 %: 105 are ten times that."""
    pool = Quoted(Fraction("10.5"), Fraction(4, 5))
    assert payable(market(venues=pool), *next(market().modes()), "USDC") == (20_000 * 10**6, 105 * 10**17)
    for cap, expected in ((105, []), (106, ["medium"])):
        m = market(terms(supply_cap=cap), dollar(), venues=pool)
        assert [f.severity.word for f in ask("caps-depth", m)] == expected


def test_liquidity_at_every_price_is_the_constant_product() -> None:
    """L = √(20,000 WETH · 40 million USDC): the same sizes as the pair, to a ten-thousandth of a WETH."""
    everywhere = concentrated(-887_220, 887_220, 894_427_190_999_915_878)
    sizes = [losing(market(venues=v), *next(market().modes()), "USDC") for v in (everywhere, venues(20_000))]
    assert abs(sizes[0] - sizes[1]) < 10**14
    pays = [payable(market(venues=v), *next(market().modes()), "USDC")[0] for v in (everywhere, venues(20_000))]
    assert abs(pays[0] - pays[1]) < 10**4


def test_a_pool_that_is_out_of_date_is_brought_to_the_price() -> None:
    """20,000 WETH at 2,500 USDC where the market says 2,000: arbitrage leaves it within its fee of that."""
    stale = Venues.of("pools", DECIMALS, PRICES, [ConstantProductPool(
        name="WETH-USDC", kind="constant-product", tokens=("WETH", "USDC"), reserves=("20000 WETH", "50000000 USDC"))])
    spot = stale.spot("WETH", "USDC") * 10**12
    assert 2_000 < spot < Fraction(2_000 * 1000, 997) + 1
    reserves = [int(text) for text in stale.spec("WETH", "USDC").reserves]
    assert abs(Fraction(reserves[1], reserves[0]) * 10**12 - spot) < Fraction(1, 10**6)
    assert severities("caps-depth", market(venues=stale)) == ["high"]
    assert severities("bonus-slippage", market(venues=stale)) == []
    at_price = concentrated(-887_220, 887_220, 894_427_190_999_915_878)
    moved = Venues.of("pools", DECIMALS, PRICES, [at_price.specs[0].model_copy(update={"price": "2500"})])
    assert 2_000 < moved.spot("WETH", "USDC") * 10**12 < Fraction(2_000 * 1000, 997) + 1
    assert moved.specs[0].price is None


def test_where_liquidity_ends_the_rest_is_not_sold() -> None:
    """Between ticks −203,000 and −198,000 (1,530 to 2,520 USDC): the pool takes so much and no more."""
    pool = concentrated(-203_040, -197_880, 894_427_190_999_915_878)
    m = market(terms(supply_cap=10_000), dollar(), venues=pool)
    room = pool.capacity("WETH", "USDC")
    assert pool.sale("WETH", "USDC", room) == pool.at_most("WETH", "USDC", 10**23) > 0
    assert pool.sale("WETH", "USDC", room + 1) == 0
    (finding,) = ask("caps-depth", m)
    assert finding.severity.word == "high"         # which here means that its run has lost something
    assert ask("caps-depth", market(terms(supply_cap=1_000), dollar(), venues=pool)) == []


@pytest.mark.parametrize(("fee_bps", "expected"), [(30, "high"), (300, "high"), (476, "medium"), (477, "medium")])
def test_a_fee_that_eats_the_bonus_proves_nothing(fee_bps: int, expected: str) -> None:
    """1.05 · (1 − 4.76 %) is next to 1: the pool is short of what is owed, but who sells is another matter."""
    m = market(terms(supply_cap=20_000), dollar(), venues=venues(20_000, fee_bps))
    assert severities("caps-depth", m) == [expected]


def test_a_position_is_bound_by_what_can_be_borrowed_too() -> None:
    pool = venues(20_000)
    m = market(terms(supply_cap=10**6), dollar(borrow_cap=1_000_000), venues=pool)
    assert severities("caps-depth", m) == []
    m = market(terms(ceiling=1_000_000_00), dollar(), venues=pool)
    assert severities("caps-depth", m) == []


def test_the_run_leaves_at_least_what_the_pool_is_short_of() -> None:
    (finding,) = ask("caps-depth", market(terms(supply_cap=20_000), dollar(), venues=venues(20_000)))
    numbers = {n.name: n.value for n in finding.numbers}
    short = numbers["owed at the threshold"] - numbers["the pool gives for all of it"]
    assert finding.case is not None
    assert finding.case.run().loss >= short * 10**8


def test_caps_depth_says_what_it_lacks() -> None:
    assert lacks("caps-depth", market())
    assert lacks("bonus-slippage", market())


# ---- bonus-slippage --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("gas", [0, 20, 5_000])
def test_the_largest_that_pays_pays_and_one_more_does_not(gas: int) -> None:
    m = market(venues=venues(20_000), gas=Fraction(gas))
    most, _ = payable(m, *next(m.modes()), "USDC")

    def profit(d: int) -> int:
        seized = d * 10**18 * 105 // (2_000 * 10**6 * 100)
        return amount_out(seized, 20_000 * 10**18, 40_000_000 * 10**6, 997, 1000) - d - gas * 10**6

    assert most > 0
    assert profit(most) >= 0
    assert all(profit(most + n) < 0 for n in range(1, 2_000, 100))


@pytest.mark.parametrize(("fee_bps", "expected"), [(476, []), (477, ["medium"])])
def test_nothing_pays_once_the_fee_is_the_bonus(fee_bps: int, expected: list[str]) -> None:
    """1.05 · (1 − fee) < 1 from a fee of 4.762 % on; a pool that lags gives the fee back."""
    m = market(venues=venues(20_000, fee_bps), gas=Fraction(0))
    assert severities("bonus-slippage", m) == expected


def best(fee: Fraction, lag: bool) -> Fraction:
    """USDC that the best sale earns: out = gain · d · R/(R + g · d), g = 1.05 · (1 − fee), so (√gain − 1)² · R/g."""
    g = 1.05 * (1 - float(fee))
    gain = 1.05 if lag else g
    return Fraction((gain ** 0.5 - 1) ** 2 * 40_000_000 / g)


@pytest.mark.parametrize(("lag", "below", "above"), [(False, [], ["medium"]), (True, ["medium"], ["high"])])
def test_nothing_pays_once_gas_is_the_most_that_a_sale_earns(lag: bool, below: list[str], above: list[str]) -> None:
    most = best(Fraction(3, 1000), lag)
    for gas, expected in ((most * Fraction(999_999, 10**6), below), (most * Fraction(1_000_001, 10**6), above)):
        assert severities("bonus-slippage", market(venues=venues(20_000), gas=gas)) == expected


def test_the_largest_account_against_what_pays() -> None:
    m = market(venues=venues(20_000), gas=Fraction(20))
    most, _ = payable(m, *next(m.modes()), "USDC")
    for debt, expected in ((2 * most + 1, []), (2 * most + 2, ["medium"])):     # half of it, rounded down
        book = (Holder("a", {"WETH": 1}, {"USDC": debt}), Holder("b", {"USDC": 1}, {"USDC": 10**30}))
        assert severities("bonus-slippage", m.replaced(accounts=book)) == expected


def test_the_top_of_an_interval_is_found_however_narrow() -> None:
    """Profit 100 − |x − 777|: what pays 95 is 772 … 782."""
    assert largest(lambda x: 100 - abs(x - 777), 95, 10**9) == 782
    assert largest(lambda x: 100 - abs(x - 777), 101, 10**9) == 0
    assert largest(lambda x: x, 1, 50) == 50


# ---- dust-gas --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("gas", "expected"), [
    ("2.5", []), ("2.500001", ["low"]), ("50", ["low"]), ("50.000001", ["medium"]),    # / 5 % / half: 100 and 2,000 USD
])
def test_dust_gas(gas: str, expected: list[str]) -> None:
    assert severities("dust-gas", market(gas=Fraction(gas))) == expected


def test_from_3_3_on_small_debts_are_closed_at_once() -> None:
    assert severities("dust-gas", market(gas=Fraction(5), version="3.3")) == []
    assert severities("dust-gas", market(gas=Fraction(5))) == ["low"]
    assert severities("dust-gas", market(gas=Fraction(100), version="3.3")) == ["low"]       # 2,000 USD are small
    assert severities("dust-gas", market(gas=Fraction(101), version="3.3")) == ["medium"]


def test_the_treasury_takes_its_part_of_the_bonus() -> None:
    (finding,) = ask("dust-gas", market(terms(fee=1_000), dollar(), gas=Fraction(45)))
    assert next(n.value for n in finding.numbers if n.name.startswith("debts below")) == 2_000


def test_dust_gas_says_what_it_lacks() -> None:
    assert lacks("dust-gas", market())
    assert "base_usd" in lacks("dust-gas", market(gas=Fraction(1), in_usd=False))[0].needs


# ---- cap-growth ------------------------------------------------------------------------------------------------------
def adapter(ratio: str, real: str, growth: int = 0, real_growth: int = 0, years: int = 0) -> tuple[Adapter, ...]:
    return (Adapter("WETH", Fraction(ratio), 0, growth, Fraction(real), real_growth, years * YEAR),)


@pytest.mark.parametrize(("ratio", "expected"), [
    ("1", []), ("0.99999", ["medium"]), ("14/15", ["medium"]), ("0.933333", ["high"]),        # 1 − .70/.75 = 1/15
])
def test_cap_growth_now(ratio: str, expected: list[str]) -> None:
    assert severities("cap-growth", market(adapters=adapter(ratio, "1"))) == expected


def test_an_emode_is_nearer_to_its_threshold() -> None:
    """2.85 % low: borne outside, not by an eMode of ltv 93 and threshold 95 (2.105 %)."""
    low = adapter("0.9715", "1")
    assert severities("cap-growth", market(adapters=low)) == ["medium"]
    m = market(adapters=low, emodes=emode(9_300, 9_500, 10_100))
    assert severities("cap-growth", m) == ["high"]
    (finding,) = ask("cap-growth", m)
    assert next(n.value for n in finding.numbers if n.name == "feed too low by") == Fraction(285, 10_000)


def test_cap_growth_later() -> None:
    """1.01 grows by nothing, 1 by 1 % a year: the cap binds after a year; 7 days before, the matter is urgent."""
    (finding,) = ask("cap-growth", market(adapters=adapter("1.01", "1", 0, 100)))
    assert finding.severity.word == "low"
    assert next(n.value for n in finding.numbers if n.name == "binds in") == YEAR
    assert severities("cap-growth", market(adapters=adapter("1.01", "1", 0, 100), reaction=YEAR)) == ["low"]
    assert severities("cap-growth", market(adapters=adapter("1.01", "1", 0, 100), reaction=YEAR + 1)) == ["medium"]
    assert severities("cap-growth", market(adapters=adapter("1", "1", 99, 100))) == ["medium"]
    assert severities("cap-growth", market(adapters=adapter("1", "1", 100, 100))) == []


def test_the_cap_grows_from_its_snapshot() -> None:
    assert severities("cap-growth", market(adapters=adapter("1", "1.05", 500, 400, years=1))) == []
    assert severities("cap-growth", market(adapters=adapter("1", "1.050001", 500, 400, years=1))) == ["medium"]


def test_cap_growth_says_what_it_lacks() -> None:
    assert lacks("cap-growth", market())
    assert lacks("cap-growth", market(adapters=adapter("1", "1"), yields={("USDC", "WETH"): 1}))


# ---- rate-kink -------------------------------------------------------------------------------------------------------
def lending(full_bps: int, kink_bps: int = 0) -> Rates:
    return Rates(RAY * 9 // 10, 0, kink_bps * 10**23, (full_bps - kink_bps) * 10**23)


def test_time_to_liquidation_by_hand() -> None:
    """HF0 1.05, r 10 %, y 0: half a year; y such that both grow alike: never."""
    assert time_to_liquidation(Fraction(105, 100), Fraction(1, 10), Fraction(0)) == YEAR // 2
    assert time_to_liquidation(Fraction(105, 100), Fraction(105, 1000), Fraction(1, 10)) is None


@pytest.mark.parametrize(("reaction", "expected"), [
    (YEAR // 4, []), (YEAR // 4 + 1, ["medium"]), (YEAR, ["medium"]), (YEAR + 1, ["high"]),
])
def test_rate_kink(reaction: int, expected: list[str]) -> None:
    """HF0 = 84/80 at 5 % a year: a year to the second."""
    rates = Rates(RAY * 9 // 10, 0, 0, RAY // 20)
    m = market(terms(ltv=8_000, threshold=8_400), dollar(rates=rates), yields={("WETH", "USDC"): 0}, reaction=reaction)
    assert [f.severity.word for f in ask("rate-kink", m)] == expected


def test_what_a_loop_earns() -> None:
    """Leverage 5 at 80 %: 5 · 3 % − 4 · 4 % = −1 % of the equity."""
    rates = Rates(RAY * 9 // 10, 0, RAY // 25, 0)
    m = market(terms(ltv=8_000, threshold=8_400), dollar(rates=rates), yields={("WETH", "USDC"): 300}, reaction=1)
    (finding,) = ask("rate-kink", m)
    numbers = {n.name: n.value for n in finding.numbers}
    assert numbers["leverage"] == 5
    assert numbers["loop earns at the kink, of its equity"] == Fraction(-1, 100)


def test_a_loop_that_loses_at_the_kink_is_low() -> None:
    """y 7 %, ltv 70 %: it loses from a rate of 10 % on."""
    for kink, expected in ((1_000, []), (1_001, ["low"])):
        rates = lending(kink, kink)
        m = market(terms(), dollar(rates=rates), yields={("WETH", "USDC"): 700}, reaction=1)
        assert severities("rate-kink", m) == expected


def test_the_run_liquidates_by_interest_alone() -> None:
    m = market(terms(), dollar(rates=lending(60_000)), yields={("WETH", "USDC"): 300})
    assert severities("rate-kink", m) == ["high"]
    (finding,) = ask("rate-kink", m)
    seconds = next(n.value for n in finding.numbers if n.unit == "s")
    assert finding.case is not None
    from protocol_sim.engine import run

    result = run(finding.case.scenario("interest"))
    first = min(t for t, kind in zip(result.columns["events"]["time"], result.columns["events"]["kind"], strict=True)
                if kind == "liquidation")
    assert 0 < first - 1_700_000_000 <= seconds + 3_600       # compounding makes it sooner, never later


def test_rate_kink_says_what_it_lacks() -> None:
    assert lacks("rate-kink", market())
    assert lacks("rate-kink", market(terms(), dollar(rates=None), yields={("WETH", "USDC"): 1}))


# ---- locked ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("collateral", "debt", "expected"), [
    ({}, {}, []),
    ({"paused": True}, {}, ["high"]),
    ({"paused": True}, {"paused": True}, ["medium"]),         # all paused: nothing is lent, the debt cannot be repaid
    ({"paused": True, "threshold": 0, "ltv": 0, "bonus": 0}, {}, ["medium"]),
    ({"frozen": True, "ltv": 1}, {}, ["low"]),
    ({"frozen": True, "ltv": 0}, {}, ["info"]),
    ({"frozen": True, "ltv": 0, "borrowing": False}, {}, []),
    ({"active": False}, {}, ["info"]),
    ({"paused": True, "ltv": 0}, {}, ["high"]),
])
def test_locked(collateral: dict[str, object], debt: dict[str, object], expected: list[str]) -> None:
    assert severities("locked", market(terms(**collateral), dollar(**debt))) == expected


# ---- rounding-edges --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("decimals", "usd", "expected"), [
    (2, "0.99", []), (2, "1", ["low"]), (2, "99.99", ["low"]), (2, "100", ["medium"]), (18, "2000", []),
])
def test_a_raw_unit(decimals: int, usd: str, expected: list[str]) -> None:
    m = market(terms(decimals=decimals, usd=Fraction(usd)), dollar())
    assert severities("rounding-edges", m) == expected


@pytest.mark.parametrize(("answer", "expected"), [
    (10_001, []), (10_000, ["low"]), (20, ["low"]), (19, ["medium"]),     # a basis point; the bonus of 5 % is 1/20
])
def test_a_tick(answer: int, expected: list[str]) -> None:
    m = market(terms(answer=answer), dollar())
    assert severities("rounding-edges", m) == expected


def test_rounding_edges_says_what_it_lacks() -> None:
    assert lacks("rounding-edges", market(in_usd=False))
