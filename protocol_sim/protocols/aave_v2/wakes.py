"""The wake bound of an Aave V2 account: how far prices may move before its health factor can fall below 1.

Let C = sum of collateral values (wei of ETH), T their weighted threshold, D = sum of debt values, in real numbers. The
contract's factor is wadDiv(percentMul(C', T'), D'), and its integers can lie below C T / D by at most

- half a raw unit of each aToken balance and debt (rayMul rounds half up): 1 / (2 balance) of that part, so of the sum
  at
  most the sum of 1 / (2 balance) over all parts; doubled here, because an index is itself rounded half up;
- one wei of ETH for each collateral value (floored), half a one for percentMul: (n + 1) / C T. Values shrink when
  prices
  fall, but no price moves by more than 64 either way within a path (`engine.wake.FARTHEST`), so between two moments by
  less than 4096: 4096 (n + 2) / min(C T, D);
- one bp of the average threshold (floored) when thresholds are mixed: 1 / T in bps, and 1.1 / the least T to be safe;
- 1e-10 for the floats themselves (log, sums, the 128-bit operands' conversion).

Interest: collateral only grows (rates are unsigned). Debt of asset k grows at most at the highest rate that the
strategy can set, or the current one if that is higher, or the account's own stable rate; three binomial terms stay
below exp.
"""

import math

from protocol_sim.numeric import as_float, rule
from protocol_sim.protocols.aave_v2.account import atoken_balance, stable_debt_of, variable_debt_of
from protocol_sim.protocols.aave_v2.rules import YEAR
from protocol_sim.protocols.aave_v2.state import Market

FURTHEST = 4096.0
NOTHING = -1e300


@rule
def uses(m: Market, i: int, k: int) -> int:
    account = m.accounts[i]
    return (account.collateral >> k & 1) + 2 * (account.borrowing >> k & 1)


@rule
def wake_bound(m: Market, i: int, now: int) -> float:
    account = m.accounts[i]
    weighted, debt, units, parts, least = 0.0, 0.0, 0.0, 0, 65_536.0
    for k in range(len(m.reserves)):
        r = m.reserves[k]
        if account.collateral >> k & 1 and r.threshold != 0:
            balance = as_float(atoken_balance(m, i, k, now))
            if balance > 0.0:
                weighted += balance * as_float(r.price) / as_float(r.unit) * r.threshold * 1e-4
                units += 1.0 / balance
                parts += 1
                least = min(least, r.threshold * 1.0)
        if account.borrowing >> k & 1:
            owed = as_float(variable_debt_of(m, i, k, now)) + as_float(stable_debt_of(m, i, k, now))
            if owed > 0.0:
                debt += owed * as_float(r.price) / as_float(r.unit)
                units += 1.0 / owed
    if debt <= 0.0:
        return -NOTHING
    if weighted <= 0.0:
        return NOTHING
    margin = units + FURTHEST * (parts + 2.0) / min(weighted, debt) + 1e-10
    if parts > 1:
        margin += 1.1 / least
    return math.log(weighted / debt) - margin


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
