"""The oracle prices behind the recorded seizures, inferred from the amounts alone.

A seizure is `percentMul(crv · repaid · 10^6, bonus) // (usdc · 10^18)` (`LendingPoolCollateralManager.sol:
_calculateAvailableCollateralToLiquidate`, prices in wei of ETH per token). Each recorded pair (repaid, seized)
confines the ratio crv / usdc to an interval; consecutive calls whose intervals meet share one regime. Only that ratio
is identified: any USDC price with an integer CRV price inside reproduces the same calls. The last call tells more. It
took all collateral that was left, so that the contract worked backwards from 1.375307 USDC to a repayment with 18
decimals: its ratio is known to 19 digits, and the simplest fraction inside has denominators far below chance (eight
digits instead of about nine and a half), and it makes the CRV price of the regime before end in seven zeros. Its
multiple that puts ETH between 1,000 and 1,300 USD gives both prices; the USDC price is then held through all regimes,
and in each the CRV price is the roundest integer of its interval.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from protocol_sim.demo.records import Event
from protocol_sim.errors import BadInput
from protocol_sim.numeric import BPS

BONUS = 10_450  # bps: USDC as collateral, 4.5 %
UNIT_USDC, UNIT_CRV = 10**6, 10**18
ETH_USD = (1_000, 1_300)  # where ETH stood that day, roughly; it only chooses between multiples of one fraction
ETHER = 10**18


class Interval(NamedTuple):
    """Ratios of the CRV price to the USDC price (per whole token): low is inside, high is not."""

    low: Fraction
    high: Fraction


class Regime(NamedTuple):
    """Consecutive calls under one pair of prices."""

    first: int  # number of its first call, from 1
    calls: int
    ratio: Interval
    usdc: int  # wei of ETH per USDC
    crv: int  # wei of ETH per CRV
    crv_range: tuple[int, int]  # every integer CRV price that reproduces the calls at this USDC price


def infer_prices(calls: Sequence[Event]) -> tuple[Regime, ...]:
    """The regimes, in time order. BadInput if the last call is not one that took the remaining collateral."""
    runs = split(calls)
    *before, (last, _, _) = runs
    final = ratio_of_capped_call(calls[-1])
    if last != len(calls) - 1:
        raise BadInput("events", "liquidations", "a last call with prices of its own", f"{len(calls) - last} calls")
    fraction = simplest(final)
    scale = roundest(
        -(-ETHER // (fraction.denominator * ETH_USD[1])),
        ETHER // (fraction.denominator * ETH_USD[0]),
    )
    usdc = fraction.denominator * scale
    regimes = [_regime(first, count, ratio, usdc) for first, count, ratio in before]
    crv = fraction.numerator * scale
    return (*regimes, Regime(last + 1, 1, final, usdc, crv, (crv, crv)))


def ratio_of_call(call: Event) -> Interval:
    """What a call says that was bounded by the debt it repaid."""
    per_ratio = Fraction(call.amount * UNIT_USDC * BONUS, UNIT_CRV * BPS)
    return Interval(call.seized / per_ratio, (call.seized + 1) / per_ratio)


def ratio_of_capped_call(call: Event) -> Interval:
    """What a call says that took all: its repayment is percentDiv(usdc · seized · 10^18 // (crv · 10^6), bonus)."""
    half = BONUS // 2
    worth = [value for value in _around(call.amount * BONUS // BPS) if (value * BPS + half) // BONUS == call.amount]
    if not worth:
        raise BadInput("events", f"tx {call.tx}", "a repayment that percentDiv can give", call.amount)
    scaled = call.seized * UNIT_CRV // UNIT_USDC
    return Interval(Fraction(scaled, worth[-1] + 1), Fraction(scaled, worth[0]))


def split(calls: Sequence[Event]) -> list[tuple[int, int, Interval]]:
    """Longest runs of calls with a common ratio, greedily: (index of the first, calls, their common interval)."""
    runs: list[tuple[int, int, Interval]] = []
    for index, call in enumerate(calls):
        seen = ratio_of_call(call)
        if runs:
            first, count, held = runs[-1]
            meet = Interval(max(held.low, seen.low), min(held.high, seen.high))
            if meet.low < meet.high:
                runs[-1] = (first, count + 1, meet)
                continue
        runs.append((index, 1, seen))
    return runs


def simplest(interval: Interval) -> Fraction:
    """The fraction with the smallest denominator strictly inside, by continued fractions."""
    low, high = interval
    whole = low.numerator // low.denominator
    if whole + 1 < high:
        return Fraction(whole + 1)
    if low == whole:  # nothing between whole and high but 1/n: the first n with whole + 1/n < high
        room = high - whole
        return whole + Fraction(1, room.denominator // room.numerator + 1)
    return whole + 1 / simplest(Interval(1 / (high - whole), 1 / (low - whole)))


def roundest(low: int, high: int) -> int:
    """The integer in low … high with the most trailing zeros; of several, the smallest."""
    step: int = 10 ** len(str(high))
    while True:
        found = -(-low // step) * step
        if found <= high:
            return found
        step //= 10


def _regime(first: int, count: int, ratio: Interval, usdc: int) -> Regime:
    low = -(-ratio.low.numerator * usdc // ratio.low.denominator)
    high = -(-ratio.high.numerator * usdc // ratio.high.denominator) - 1
    if low > high:
        raise BadInput("events", f"calls from {first + 1}", f"an integer CRV price at {usdc} wei a USDC", "none")
    return Regime(first + 1, count, ratio, usdc, roundest(low, high), (low, high))


def _around(value: int) -> range:
    return range(max(value - 2, 0), value + 3)
