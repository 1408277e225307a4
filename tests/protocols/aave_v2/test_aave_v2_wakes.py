"""The wake bound of Aave V2 is safe to the wei, close, and each of its terms is needed."""

import math
import random
from fractions import Fraction
from typing import Any

import pytest

from protocol_sim.numeric import RAY, WAD
from protocol_sim.protocols.aave_v2.account import account_data
from protocol_sim.protocols.aave_v2.interface import debt_of, highest_threshold, seizure_bonus
from protocol_sim.protocols.aave_v2.state import Market, new_market, new_reserve
from protocol_sim.protocols.aave_v2.wakes import debt_growth, wake_bound

NOW = 1_700_000_000
EXACT = 1e-10


def world(assets: list[dict[str, Any]]) -> Market:
    """One account that supplies and owes what each asset says: price (wei), decimals, threshold, scaled amounts."""
    reserves = [
        new_reserve(decimals=a.get("decimals", 18), price=a["price"], threshold=a.get("threshold", 0),
                    bonus=10_001 if a.get("threshold") else 0, now=NOW, base_rate=a.get("rate", 0))
        for a in assets
    ]
    m = new_market(reserves, 1)
    for k, a in enumerate(assets):
        r, h = m.reserves[k], m.holdings[k]
        r.liquidity_index, r.variable_borrow_index = a.get("indices", (RAY, RAY))
        h.scaled_supply = r.scaled_supply = a.get("supply", 0)
        h.scaled_debt = r.scaled_debt = a.get("debt", 0)
        r.variable_rate = a.get("rate", 0)
        m.accounts[0].collateral |= (h.scaled_supply != 0) << k
        m.accounts[0].borrowing |= (h.scaled_debt != 0) << k
    return m


def factor(m: Market, now: int = NOW) -> int:
    """The contract's health factor; caches dropped, because prices and holdings are set by hand."""
    for r in m.reserves:
        r.projected_at = -1
    return account_data(m, 0, now).health_factor


def bound(m: Market, now: int = NOW) -> float:
    for r in m.reserves:
        r.projected_at = -1
    return wake_bound(m, 0, now)


def drawn(rng: random.Random) -> Market:
    """Two collaterals and a debt of another asset, with indices."""
    assets = []
    for k in range(3):
        decimals, price = rng.choice([6, 8, 18]), rng.randint(10**12, 10**19)
        raw = int(10 ** rng.uniform(-1, 4) * 10**18 * 10**decimals / price) + 10_000
        indices = (RAY + rng.randrange(RAY), RAY + rng.randrange(RAY))
        asset = {"decimals": decimals, "price": price, "threshold": rng.randint(4_000, 9_000), "indices": indices}
        assets.append(asset | ({"supply": raw} if k < 2 else {"debt": 1, "threshold": 0}))
    return world(assets)


def largest_debt(m: Market) -> int:
    """The most scaled debt at which the contract calls the account healthy."""
    low, high, row = 0, 2**110, m.holdings[2]
    while high - low > 1:
        row.scaled_debt = (low + high) // 2
        if factor(m) >= WAD:
            low = row.scaled_debt
        else:
            high = row.scaled_debt
    return low


def test_at_the_threshold_one_unit_decides() -> None:
    rng = random.Random(1)
    for _ in range(120):
        m = drawn(rng)
        row, most = m.holdings[2], largest_debt(m)
        row.scaled_debt = most + 1
        assert factor(m) < WAD
        assert bound(m) <= 0
        row.scaled_debt = most
        assert factor(m) >= WAD
        if most > 10**6:
            assert abs(bound(m)) < 2e-3


def test_prices_may_fall_as_far_as_the_bound_says_and_little_farther() -> None:
    rng = random.Random(2)
    for _ in range(120):
        m = drawn(rng)
        row = m.holdings[2]
        row.scaled_debt = int(largest_debt(m) * rng.uniform(0.2, 0.95))
        if row.scaled_debt < 10_000:
            continue
        far, prices = bound(m), [m.reserves[k].price for k in range(2)]
        for k in range(2):
            m.reserves[k].price = math.ceil(prices[k] * math.exp(-far))
        assert factor(m) >= WAD
        for k in range(2):
            m.reserves[k].price = int(prices[k] * math.exp(-far) * 0.995)
        assert factor(m) < WAD


# ---- each term ------------------------------------------------------------------------------------------------------
def test_the_average_threshold_is_floored() -> None:
    """Thresholds 80 % and 80.01 %, almost all in the second: the average loses nearly a bp, which decides."""
    unit, collateral = 10**18, 10**6
    assets = [
        {"price": 10**18, "supply": unit * collateral // 10_000, "threshold": 8_000},
        {"price": 10**18, "supply": unit * collateral, "threshold": 8_001},
        {"price": 10**18, "debt": unit * (collateral * 8_000 // 10_000 + collateral * 9 // 100_000)},
    ]
    m = world(assets)
    real = Fraction(collateral * 8_001 + collateral // 10_000 * 8_000, 10_000) / (assets[2]["debt"] // unit)
    assert math.log(real) > EXACT                        # the real factor is above 1 by more than any other term
    assert factor(m) < WAD
    assert bound(m) <= 0


def test_debt_becomes_one_unit_more_with_little_interest() -> None:
    """20 raw units of debt, just below 20.5, become 21 within a minute, long before interest is worth a unit."""
    index = RAY + RAY // 40 - RAY // 10**9
    assets = [
        {"price": 10**18, "supply": 21_010 * 10**15, "threshold": 9_900},
        {"price": 10**24, "decimals": 6, "debt": 20, "rate": RAY // 10, "indices": (RAY, index)},
    ]
    m, later = world(assets), NOW + 60
    growth = debt_growth(m, 1) * 60
    assert (debt_of(m, 0, 1, NOW), debt_of(m, 0, 1, later)) == (20, 21)
    assert factor(m) >= WAD
    assert factor(m, later) < WAD
    assert math.log(factor(m) / WAD) - EXACT > growth    # interest alone would not have done it
    assert bound(m) <= growth


def test_values_are_floored_at_every_price() -> None:
    """A collateral of a few thousand wei of ETH: at lower prices the floor of its value decides."""
    assets = [{"price": 10**14 + 7, "supply": 10**15, "threshold": 9_000}, {"price": 10**14 + 7, "debt": 10**11}]
    m = world(assets)
    first, slack = m.reserves[0].price, 0
    for shrunk in range(1_000, 3_000):                   # both prices fall, by nearly as much
        m.reserves[1].price = first // shrunk
        m.reserves[0].price = math.ceil(m.reserves[1].price * assets[1]["debt"] / (assets[0]["supply"] * 0.9))
        slack += factor(m) < WAD                         # healthy in real numbers
    assert slack > 0
    m.reserves[0].price = m.reserves[1].price = first
    far = bound(m)
    for shrunk in range(1_000, 3_000):
        m.reserves[1].price = first // shrunk
        m.reserves[0].price = math.ceil(m.reserves[1].price * math.exp(-far))
        assert factor(m) >= WAD


def test_a_few_raw_units_beside_other_amounts_cost_nothing() -> None:
    price = 10**17
    assets = [
        {"price": price, "supply": 2 * 10**22, "threshold": 8_000},
        {"price": price, "supply": 1, "threshold": 8_000, "decimals": 6},
        {"price": price, "debt": 10**22},
        {"price": price, "debt": 1, "decimals": 6},
    ]
    far = bound(world(assets))
    assert math.log(1.6) - 1e-6 < far < math.log(1.6)


def test_debt_grows_at_most_at_the_highest_rate() -> None:
    m = drawn(random.Random(3))
    r = m.reserves[2]
    r.base_rate, r.variable_slope1, r.variable_slope2 = RAY // 100, RAY // 10, RAY
    assert debt_growth(m, 2) * 31_536_000 == pytest.approx(1.11, rel=1e-8)
    for n, field in enumerate(("variable_rate", "liquidity_rate", "average_stable_rate"), 2):
        setattr(r, field, n * RAY)
        assert debt_growth(m, 2) * 31_536_000 == pytest.approx(n, rel=1e-8)
    m.holdings[2].stable_principal, m.holdings[2].stable_rate = 1, 5 * RAY
    assert debt_growth(m, 2) * 31_536_000 == pytest.approx(5, rel=1e-8)


def test_what_a_seizure_may_take_and_the_highest_threshold() -> None:
    m = drawn(random.Random(4))
    m.reserves[1].bonus, m.reserves[1].threshold = 11_500, 8_600
    assert seizure_bonus(m, 0, 1) == pytest.approx(1.15)
    assert highest_threshold(m) == max(r.threshold for r in m.reserves) * 1e-4
