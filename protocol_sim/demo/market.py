"""The Aave V2 market in which the records are replayed: two reserves, the borrower, the liquidators, everybody else.

What other users did is not in the records. They are one account that supplied and borrowed once, before the first
event, in round amounts (assumed). Rate slopes are zero (assumed): the borrow rate of a reserve is its base rate, held
for nine days, and the supply rate follows from it by the contract's own formula. So one inferred number per reserve
stands for its interest. Indices begin at one ray: only their growth shows in the records, not their level.
"""

from collections.abc import Iterable
from typing import NamedTuple

from protocol_sim.demo.prices import BONUS
from protocol_sim.demo.records import Event
from protocol_sim.numeric import RAY, ray_mul_half_up
from protocol_sim.protocols.aave_v2.rules import interest_rates
from protocol_sim.protocols.aave_v2.state import Holding, Market, Reserve, new_market, new_reserve

USDC, CRV = 0, 1
BORROWER, OTHERS, FIRST_LIQUIDATOR = 0, 1, 2
LTV, THRESHOLD = 8_700, 8_900  # bps, USDC as collateral
USDC_SUPPLIED, USDC_BORROWED = 1_000_000_000 * 10**6, 500_000_000 * 10**6  # raw, by everybody else
CRV_SUPPLIED = 150_000_000 * 10**18  # raw, by everybody else
USDC_FACTOR, CRV_FACTOR = 1_000, 2_000  # bps, reserve factors


class Rates(NamedTuple):
    """The borrow rates of the two reserves, held through the replay."""

    usdc: int  # ray a year
    crv: int  # ray a year


def liquidators(events: Iterable[Event]) -> dict[str, int]:
    """Account index of every liquidator, in order of appearance."""
    names = dict.fromkeys(event.liquidator for event in events if event.liquidator)
    return {name: FIRST_LIQUIDATOR + n for n, name in enumerate(names)}


def open_market(rates: Rates, accounts: int, now: int) -> Market:
    """The market before the first event, `accounts` being all but the treasury."""
    usdc = new_reserve(
        decimals=6, price=0, ltv=LTV, threshold=THRESHOLD, bonus=BONUS, reserve_factor=USDC_FACTOR,
        base_rate=rates.usdc, now=now,
    )  # fmt: skip
    crv = new_reserve(decimals=18, price=0, reserve_factor=CRV_FACTOR, base_rate=rates.crv, now=now)
    market = new_market([usdc, crv], accounts)
    _populate(market, USDC, USDC_SUPPLIED, USDC_BORROWED)
    _populate(market, CRV, CRV_SUPPLIED, 0)
    return market


def supply_rate(reserve: Reserve) -> int:
    """The rate that suppliers earn at the reserve's present usage, ray a year."""
    debt = ray_mul_half_up(reserve.scaled_debt, reserve.variable_borrow_index)
    return interest_rates(reserve, reserve.available_liquidity, 0, debt, 0).liquidity


def _populate(market: Market, k: int, supplied: int, borrowed: int) -> None:
    """Everybody else's position in reserve k at index one, and the rates that follow."""
    reserve: Reserve = market.reserves[k]
    holding: Holding = market.holdings[OTHERS * len(market.reserves) + k]
    assert reserve.liquidity_index == reserve.variable_borrow_index == RAY
    holding.scaled_supply = reserve.scaled_supply = supplied
    holding.scaled_debt = reserve.scaled_debt = borrowed
    reserve.available_liquidity = supplied - borrowed
    account = market.accounts[OTHERS]
    account.collateral |= 1 << k
    account.borrowing |= int(borrowed > 0) << k
    reserve.variable_rate, reserve.liquidity_rate = reserve.base_rate, supply_rate(reserve)
