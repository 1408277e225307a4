"""The wake bound is safe to the wei in every version, close, and each of its terms is needed."""

import math
import random
from fractions import Fraction
from typing import Any

import pytest

from protocol_sim.numeric import RAY, WAD
from protocol_sim.protocols.aave_v3.account import account_data
from protocol_sim.protocols.aave_v3.interface import debt_of, has_debt, largest_pair
from protocol_sim.protocols.aave_v3.state import Market, new_market, new_reserve
from protocol_sim.protocols.aave_v3.versions import VERSIONS, has_liquid_emodes, parse, rounds_directionally
from protocol_sim.protocols.aave_v3.wakes import FLOATS, debt_growth, own_price, threshold_of, uses, wake_bound

NOW = 1_700_000_000
EMODE = 2


def world(version: str, assets: list[dict[str, Any]], emode: int = 0) -> Market:
    """One account that supplies and owes what each asset says: price, decimals, threshold, supply, debt (scaled)."""
    reserves = [
        new_reserve(decimals=a.get("decimals", 18), price=a["price"], ltv=0, threshold=a.get("threshold", 0),
                    bonus=10_001 if a.get("threshold") else 0, now=NOW, base_rate=a.get("rate", 0))
        for a in assets
    ]
    m = new_market(version, reserves, 1)
    category = m.categories[EMODE]
    category.ltv, category.threshold, category.bonus = 9_000, 9_777, 10_100
    for k, a in enumerate(assets):
        r, h = m.reserves[k], m.holdings[k]
        r.liquidity_index, r.variable_borrow_index = a.get("indices", (RAY, RAY))
        h.scaled_supply = r.scaled_supply = a.get("supply", 0)
        h.scaled_debt = r.scaled_debt = a.get("debt", 0)
        r.variable_rate = a.get("rate", 0)
        m.accounts[0].collateral |= (h.scaled_supply != 0) << k
        m.accounts[0].borrowing |= (h.scaled_debt != 0) << k
        if a.get("in_emode") and has_liquid_emodes(parse(version)):
            category.collateral |= 1 << k
        elif a.get("in_emode"):
            r.emode = EMODE
    m.accounts[0].emode = emode
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


def drawn(rng: random.Random, version: str) -> Market:
    """Two collaterals and a debt of another asset, with indices; half of the accounts in an eMode."""
    assets = []
    for k in range(3):
        decimals = rng.choice([6, 8, 18])
        price = rng.randint(10**8, 10**13)
        raw = int(10 ** rng.uniform(1, 5) * 10**8 * 10**decimals / price) + 10_000
        indices = (RAY + rng.randrange(RAY), RAY + rng.randrange(RAY))
        asset = {"decimals": decimals, "price": price, "threshold": rng.randint(4_000, 9_000), "indices": indices}
        assets.append(asset | ({"supply": raw} if k < 2 else {"debt": 1, "threshold": 0}) | {"in_emode": k != 1})
    m = world(version, assets, rng.choice([0, EMODE]))
    if has_liquid_emodes(parse(version)):                # there an eMode may also ask for more than the reserve
        m.categories[EMODE].threshold = rng.choice([3_000, 9_777])
    return m


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


@pytest.mark.parametrize("version", VERSIONS)
def test_at_the_threshold_one_unit_decides(version: str) -> None:
    """With the most debt that is healthy the bound is close to 0; one unit more, and it allows no fall at all."""
    rng = random.Random(version)
    for _ in range(60):
        m = drawn(rng, version)
        row, most = m.holdings[2], largest_debt(m)
        row.scaled_debt = most + 1
        assert factor(m) < WAD
        assert bound(m) <= 0
        row.scaled_debt = most
        assert factor(m) >= WAD
        if most > 10**6 and m.reserves[2].price * most > 10**11 * m.reserves[2].unit:
            assert abs(bound(m)) < 2e-3


@pytest.mark.parametrize("version", VERSIONS)
def test_prices_may_fall_as_far_as_the_bound_says_and_little_farther(version: str) -> None:
    rng = random.Random(version + "fall")
    for _ in range(60):
        m = drawn(rng, version)
        row = m.holdings[2]
        row.scaled_debt = int(largest_debt(m) * rng.uniform(0.2, 0.95))
        if row.scaled_debt < 10_000:
            continue
        far = bound(m)
        prices = [m.reserves[k].price for k in range(2)]
        for k in range(2):
            m.reserves[k].price = math.ceil(prices[k] * math.exp(-far))
        assert factor(m) >= WAD
        for k in range(2):
            m.reserves[k].price = int(prices[k] * math.exp(-far) * 0.995)
        small = m.reserves[2].price * row.scaled_debt < 10**11 * m.reserves[2].unit
        assert small or factor(m) < WAD


# ---- each term ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("version", VERSIONS)
def test_the_average_threshold_is_floored_before_35(version: str) -> None:
    """Thresholds 80 % and 80.01 %, almost all in the second: the average loses nearly a bp, which decides."""
    unit, collateral = 10**18, 10**14
    assets = [
        {"price": 10**8, "supply": unit * collateral // 10_000, "threshold": 8_000},
        {"price": 10**8, "supply": unit * collateral, "threshold": 8_001},
        {"price": 10**8, "debt": unit * (collateral * 8_000 // 10_000 + collateral * 9 // 100_000)},
    ]
    m = world(version, assets)
    real = Fraction(collateral * 8_001 + collateral // 10_000 * 8_000, 10_000) / (assets[2]["debt"] // unit)
    assert math.log(real) > FLOATS                       # the real factor is above 1 by more than any other term
    directed = rounds_directionally(parse(version))
    assert (factor(m) >= WAD) == directed
    assert (bound(m) > 0) == directed


@pytest.mark.parametrize("version", VERSIONS)
def test_debt_becomes_one_unit_more_with_little_interest(version: str) -> None:
    """20 raw units of debt become 21 within a minute, long before interest is worth a unit."""
    directed = rounds_directionally(parse(version))
    index = RAY if directed else RAY + RAY // 40 - RAY // 10**9        # a scaled 20: just 20, or just below 20.5
    assets = [
        {"price": 10**8, "supply": 20_600 * 10**15, "threshold": 9_900},
        {"price": 10**14, "decimals": 6, "debt": 20, "rate": RAY // 10, "indices": (RAY, index)},
    ]
    m, later = world(version, assets), NOW + 60
    growth = debt_growth(m, 1) * 60
    assert (debt_of(m, 0, 1, NOW), debt_of(m, 0, 1, later)) == (20, 21)
    assert factor(m) >= WAD
    assert factor(m, later) < WAD
    assert math.log(factor(m) / WAD) - FLOATS > growth   # interest alone would not have done it
    assert bound(m) <= growth


@pytest.mark.parametrize("version", VERSIONS)
def test_values_are_floored_at_every_price(version: str) -> None:
    """A collateral of a few thousand base units: at lower prices the floor of its value decides."""
    assets = [
        {"price": 10**14 + 7, "supply": 10**15, "threshold": 9_000},   # about 10**11 base units at first
        {"price": 10**14 + 7, "debt": 10**11},
    ]
    m = world(version, assets)
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


def test_an_emode_with_a_price_of_its_own_is_always_awake() -> None:
    assets = [{"price": 10**8, "supply": 10**21, "threshold": 9_000}, {"price": 10**8, "debt": 10**20}]
    m = world("3.0.2", assets, EMODE)
    assert bound(m) > 1
    m.categories[EMODE].price = 10**8
    assert own_price(m, EMODE)
    assert bound(m) < -1e200


def test_dust_is_always_awake() -> None:
    assets = [{"price": 10**8, "supply": 10**12, "threshold": 9_000}, {"price": 10**8, "debt": 10**11}]
    assert bound(world("3.6", assets)) < -1e200


# ---- what counts ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("version", VERSIONS)
def test_thresholds_are_those_of_the_emode(version: str) -> None:
    """In an eMode its own; a reserve without a threshold counts in one from 3.6 on."""
    assets = [
        {"price": 10**8, "supply": 10**18, "threshold": 8_000, "in_emode": True},
        {"price": 10**8, "supply": 10**18, "threshold": 7_000},
        {"price": 10**8, "supply": 10**18, "in_emode": True},
        {"price": 10**8, "debt": 10**18},
    ]
    m = world(version, assets, EMODE)
    last = 9_777 if version == "3.6" else 0
    assert [threshold_of(m, EMODE, k) for k in range(3)] == [9_777, 7_000, last]
    assert [threshold_of(m, 0, k) for k in range(3)] == [8_000, 7_000, 0]
    data = account_data(m, 0, NOW)
    held = 2 if last == 0 else 3
    assert data.threshold == (9_777 + 7_000 + last) // held
    assert [uses(m, 0, k) for k in range(4)] == [1, 1, 1, 2]
    assert has_debt(m, 0)
    assert tuple(largest_pair(m, 0, NOW)) == (0, 3)
    m.holdings[2].scaled_supply *= 9
    assert tuple(largest_pair(m, 0, NOW)) == (2 if last else 0, 3)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_few_raw_units_beside_other_amounts_cost_nothing(version: str) -> None:
    price = 10**12
    assets = [
        {"price": price, "supply": 2 * 10**22, "threshold": 8_000},
        {"price": price, "supply": 1, "threshold": 8_000, "decimals": 6},
        {"price": price, "debt": 10**22},
        {"price": price, "debt": 1, "decimals": 6},
    ]
    far = bound(world(version, assets))
    assert math.log(1.6) - 1e-6 < far < math.log(1.6)


def test_debt_grows_at_most_at_the_highest_rate() -> None:
    m = drawn(random.Random(3), "3.0.2")
    r = m.reserves[2]
    r.base_rate, r.variable_slope1, r.variable_slope2 = RAY // 100, RAY // 10, RAY
    assert debt_growth(m, 2) * 31_536_000 == pytest.approx(1.11, rel=1e-8)
    r.variable_rate = 2 * RAY
    assert debt_growth(m, 2) * 31_536_000 == pytest.approx(2, rel=1e-8)
    m.holdings[2].stable_principal, m.holdings[2].stable_rate = 1, 3 * RAY
    assert debt_growth(m, 2) * 31_536_000 == pytest.approx(3, rel=1e-8)
