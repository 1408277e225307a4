"""The wake bound of an Aave V3 account: how far prices may move before its health factor can fall below 1.

Let C_k be the value of collateral k in base currency, t_k its threshold to this account (the eMode's where the asset
counts in it), W = sum of C_k t_k, D = sum of debt values, all in real numbers: scaled amounts times indices, without
any rounding. From one look to a later one the contract's factor can lie below W / D, moved by prices and interest, by
at most

| what                                       | 3.0.2, 3.3, 3.4                      | 3.5, 3.6                     |
|--------------------------------------------|--------------------------------------|------------------------------|
| each collateral balance                    | half up: half a raw unit             | down: 1 raw unit             |
| each debt (a stable one: then and now)     | half up: half a raw unit             | up: 1 raw unit               |
| each collateral value, floored             | 1 base unit                          | 1 base unit                  |
| each debt value                            | floored: nothing                     | up: 1 base unit              |
| average threshold                          | floored: 1 bp if they differ         | not used: nothing            |
| percentMul of collateral and threshold     | half up: half a base unit            | not used: nothing            |
| the factor itself                          | half up: half a wei                  | half up and floored: 1.5 wei |

Amounts are taken as small, debts as large as that allows from the beginning, and n base units as 4096 n / min(W, D)
(`protocols.bounds`). A bp of an average threshold is at most 1 / (the least threshold in bps) of it. The last line, and
the rounding of indices (1e-27 of them), are within the 1e-10 that is allowed for the floats (log, sums, conversions).
A sum of relative losses x costs -log(1 - x) <= x / (1 - x) of the bound; from x = 1/2 on the account is always awake.

eModes: an account's category is fixed while nobody acts for it; its thresholds change only with a timeline entry, after
which everybody is looked at. In 3.0.2 a category with a price source of its own does not follow the feeds: always.

Interest: collateral only grows (rates are unsigned). Debt of asset k grows at most at the highest rate that the
strategy can set, or the current one if that is higher, or an account's own stable rate (3.0.2); neither the binomial
terms nor those of the exponential's series (3.4) exceed exp.
"""

import math

from protocol_sim.numeric import as_float, rule, soon
from protocol_sim.protocols.aave_v3.account import in_emode
from protocol_sim.protocols.aave_v3.accrual import normalized_debt, normalized_income
from protocol_sim.protocols.aave_v3.rules import YEAR, debt_balance, stable_debt, supply_balance
from protocol_sim.protocols.aave_v3.state import Market
from protocol_sim.protocols.aave_v3.versions import (
    emode_decides_alone,
    has_liquid_emodes,
    has_stable_debt,
    rounds_directionally,
)
from protocol_sim.protocols.bounds import FURTHEST, UNITS, grown

A_SECOND = 1e-27 / YEAR    # ray a year to 1/s
FLOATS = 1e-10
BP = 1.000001
NOTHING = -1e300


@rule
def threshold_of(m: Market, category: int, k: int) -> int:
    """bps at which asset k counts for somebody in `category`, 0 where it does not (`calculateUserAccountData`)."""
    version, r = m.settings[0].version, m.reserves[k]
    if r.threshold == 0 and not emode_decides_alone(version):
        return 0
    return m.categories[category].threshold if in_emode(version, m, category, k) else r.threshold


@rule
def atoken_balance(m: Market, i: int, k: int, now: int) -> int:
    """Raw aTokens of account i."""
    version, h = m.settings[0].version, m.holdings[i * len(m.reserves) + k]
    return supply_balance(version, h.scaled_supply, normalized_income(version, m.reserves[k], now))


@rule
def raw_debt(m: Market, i: int, k: int, now: int) -> int:
    """Raw debt of account i, variable and stable."""
    version, h = m.settings[0].version, m.holdings[i * len(m.reserves) + k]
    variable = debt_balance(version, h.scaled_debt, normalized_debt(version, m.reserves[k], now))
    return variable + stable_debt(version, h.stable_principal, h.stable_rate, h.stable_updated, now)


@rule
def uses(m: Market, i: int, k: int) -> int:
    account = m.accounts[i]
    return (account.collateral >> k & 1) + 2 * (account.borrowing >> k & 1)


@rule
def own_price(m: Market, category: int) -> bool:
    """Whether the eMode brings a price that no feed moves (3.0.2)."""
    return category != 0 and not has_liquid_emodes(m.settings[0].version) and m.categories[category].price != 0


@rule
def coming(m: Market, i: int, whole: int) -> None:
    if not whole:
        soon(m.accounts[i])
        return
    used, row = m.accounts[i].collateral | m.accounts[i].borrowing, i * len(m.reserves)
    while used != 0:
        if used & 1:
            soon(m.holdings[row])
        used, row = used >> 1, row + 1


@rule
def supplied(m: Market, i: int, k: int, now: int) -> float:
    """Raw collateral k of account i at `now`, unrounded, as little as it may be."""
    r, h = m.reserves[k], m.holdings[i * len(m.reserves) + k]
    growth = 1.0 + as_float(r.liquidity_rate) * A_SECOND * (now - r.last_updated)
    return as_float(h.scaled_supply) * (as_float(r.liquidity_index) * 1e-27 * growth) - UNITS


@rule
def owed(m: Market, i: int, k: int, now: int) -> float:
    """Raw debt k of account i at `now`, unrounded but for a stable part, as much as it may be."""
    version, r, h = m.settings[0].version, m.reserves[k], m.holdings[i * len(m.reserves) + k]
    growth = grown(as_float(r.variable_rate) * A_SECOND, now - r.last_updated)
    amount = as_float(h.scaled_debt) * (as_float(r.variable_borrow_index) * 1e-27 * growth)
    if has_stable_debt(version) and h.stable_principal != 0:
        amount += as_float(stable_debt(version, h.stable_principal, h.stable_rate, h.stable_updated, now))
    return amount + UNITS


@rule
def wake_bound(m: Market, i: int, now: int) -> float:
    account, directed = m.accounts[i], rounds_directionally(m.settings[0].version)
    weighted, debt, parts, least, most = 0.0, 0.0, 0.0, 65_536.0, 0.0
    if own_price(m, account.emode):
        return NOTHING
    used, k = account.collateral | account.borrowing, 0
    while used != 0:
        if used & 1:
            r = m.reserves[k]
            price = as_float(r.price) / as_float(r.unit)
            if (account.collateral >> k) & 1:
                threshold = threshold_of(m, account.emode, k) * 1.0
                if threshold > 0.0:
                    weighted += max(supplied(m, i, k, now), 0.0) * price * threshold * 1e-4
                    parts += 1.0
                    least, most = min(least, threshold), max(most, threshold)
            if (account.borrowing >> k) & 1:
                debt += owed(m, i, k, now) * price
                parts += 1.0
        used, k = used >> 1, k + 1
    if debt <= 0.0:
        return -NOTHING
    if weighted <= 0.0:
        return NOTHING
    lost = FURTHEST * (parts + 2.0) / min(weighted, debt)
    if least < most and not directed:
        lost += BP / least
    if lost >= 0.5:
        return NOTHING
    return math.log(weighted / debt) - lost / (1.0 - lost) - FLOATS


@rule
def debt_growth(m: Market, k: int) -> float:
    r = m.reserves[k]
    highest = as_float(r.base_rate + r.variable_slope1 + r.variable_slope2)
    for rate in (r.variable_rate, r.liquidity_rate, r.average_stable_rate):
        highest = max(highest, as_float(rate))
    width = len(m.reserves)
    for i in range(len(m.accounts)):
        h = m.holdings[i * width + k]
        if h.stable_principal > 0:
            highest = max(highest, as_float(h.stable_rate))
    return highest * 1e-27 / YEAR * (1.0 + 1e-9)


@rule
def seizure_bonus(m: Market, i: int, k: int) -> float:
    category = m.accounts[i].emode
    if own_price(m, category):
        return 0.0
    if in_emode(m.settings[0].version, m, category, k):
        return m.categories[category].bonus * 1e-4
    return m.reserves[k].bonus * 1e-4


@rule
def largest_share(m: Market) -> float:  # noqa: ARG001
    return 1.0


@rule
def highest_threshold(m: Market) -> float:
    highest = 1
    for k in range(len(m.reserves)):
        highest = max(highest, m.reserves[k].threshold)
    for c in range(len(m.categories)):
        highest = max(highest, m.categories[c].threshold)
    return highest * 1e-4
