"""The wake bound of an Aave V2 account: how far prices may move before its health factor can fall below 1.

Let C = sum of collateral values (wei of ETH), T their weighted threshold, D = sum of debt values, in real numbers:
scaled amounts times indices. The contract's factor is wadDiv(percentMul(C', T'), D'), and its integers can lie below
C T / D by at most

- half a raw unit of each aToken balance and debt, of a stable debt once more (rayMul rounds half up): collateral is
  taken as small and debt as large as that from the beginning (`protocols.bounds`);
- one wei of ETH for each collateral value (floored), half a one for percentMul; prices fall by less than 4096 between
  two moments (`protocols.bounds`): 4096 (n + 2) / min(C T, D);
- one bp of the average threshold (floored) when thresholds are mixed: at most 1 / the least T in bps of it;
- 1e-10 for the floats themselves (log, sums, the 128-bit operands' conversion) and the rounding of indices.

A sum of relative losses x costs -log(1 - x) <= x / (1 - x) of the bound; from x = 1/2 on the account is always awake.

Interest: collateral only grows (rates are unsigned). Debt of asset k grows at most at the highest rate that the
strategy can set, or the current one if that is higher, or the account's own stable rate; three binomial terms stay
below exp.
"""

import math

from protocol_sim.numeric import as_float, rule, soon
from protocol_sim.protocols.aave_v2.rules import YEAR, stable_debt
from protocol_sim.protocols.aave_v2.state import Market
from protocol_sim.protocols.bounds import FURTHEST, UNITS, grown

A_SECOND = 1e-27 / YEAR    # ray a year to 1/s
FLOATS = 1e-10
BP = 1.000001
NOTHING = -1e300


@rule
def uses(m: Market, i: int, k: int) -> int:
    account = m.accounts[i]
    return (account.collateral >> k & 1) + 2 * (account.borrowing >> k & 1)


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
    r, h = m.reserves[k], m.holdings[i * len(m.reserves) + k]
    growth = grown(as_float(r.variable_rate) * A_SECOND, now - r.last_updated)
    amount = as_float(h.scaled_debt) * (as_float(r.variable_borrow_index) * 1e-27 * growth)
    if h.stable_principal != 0:
        amount += as_float(stable_debt(h.stable_principal, h.stable_rate, h.stable_updated, now))
    return amount + UNITS


@rule
def wake_bound(m: Market, i: int, now: int) -> float:
    account = m.accounts[i]
    weighted, debt, backed, least, most = 0.0, 0.0, 0.0, 65_536.0, 0.0
    used, k = account.collateral | account.borrowing, 0
    while used != 0:
        if used & 1:
            r = m.reserves[k]
            price = as_float(r.price) / as_float(r.unit)
            if account.collateral >> k & 1 and r.threshold != 0:
                weighted += max(supplied(m, i, k, now), 0.0) * price * r.threshold * 1e-4
                backed += 1.0
                least, most = min(least, r.threshold * 1.0), max(most, r.threshold * 1.0)
            if account.borrowing >> k & 1:
                debt += owed(m, i, k, now) * price
        used, k = used >> 1, k + 1
    if debt <= 0.0:
        return -NOTHING
    if weighted <= 0.0:
        return NOTHING
    lost = FURTHEST * (backed + 2.0) / min(weighted, debt)
    if least < most:
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
def seizure_bonus(m: Market, i: int, k: int) -> float:  # noqa: ARG001
    return m.reserves[k].bonus * 1e-4


@rule
def largest_share(m: Market) -> float:
    return m.settings[0].close_factor * 1e-4


@rule
def highest_threshold(m: Market) -> float:
    highest = 1
    for k in range(len(m.reserves)):
        highest = max(highest, m.reserves[k].threshold)
    return highest * 1e-4
