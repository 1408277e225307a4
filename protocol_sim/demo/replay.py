"""The replay: every recorded event goes through the model's own operation, on one state that accrues interest.

Nothing is re-read from the records between events: a liquidation is offered the recorded repayment and must answer it
and the recorded seizure to the raw unit. The log does not say what a liquidator offered, only what was taken; for the
last call, which took all collateral, it must have been more, so that one is offered without limit. A refusal (healthy
account, nothing left, no liquidity) is kept as its code and counts as different.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from protocol_sim.demo.market import BORROWER, CRV, FIRST_LIQUIDATOR, USDC, Rates, liquidators, open_market
from protocol_sim.demo.prices import BONUS, Regime
from protocol_sim.demo.records import BORROW, SUPPLY, Close, Event, close_before
from protocol_sim.errors import ProtocolSimError
from protocol_sim.numeric import BPS, MAX_UINT256, WAD, ZERO, mul_div_down
from protocol_sim.protocols.aave_v2.account import account_data, atoken_balance, variable_debt_of
from protocol_sim.protocols.aave_v2.borrow import borrow
from protocol_sim.protocols.aave_v2.liquidation import liquidation_call
from protocol_sim.protocols.aave_v2.state import VARIABLE, Market
from protocol_sim.protocols.aave_v2.supply import supply

USD = 10**8  # outside prices have 8 decimals


class Position(NamedTuple):
    """The borrower's account at one moment. Raw units; values in wei of ETH."""

    collateral: int  # USDC
    debt: int  # CRV, interest included
    principal: int  # CRV borrowed less CRV repaid
    collateral_value: int
    debt_value: int
    health: int  # wad

    @property
    def ltv(self) -> int:
        """Debt over collateral, wad; 0 without collateral."""
        return mul_div_down(self.debt_value, WAD, self.collateral_value) if self.collateral_value else ZERO

    @property
    def toxic(self) -> bool:
        """Whether a liquidation would worsen the account: debt / collateral above 1 / (1 + bonus)."""
        return self.debt_value * BONUS > self.collateral_value * BPS

    @property
    def accrued(self) -> int:
        """Interest within the debt, CRV."""
        return self.debt - self.principal


class Call(NamedTuple):
    """A recorded liquidation and what the model made of it."""

    number: int  # from 1
    event: Event
    regime: Regime
    before: Position
    code: int  # 0, or why the model refused
    repaid: int
    seized: int

    @property
    def equal(self) -> bool:
        """Executed, with the recorded amounts to the raw unit."""
        return self.code == 0 and (self.repaid, self.seized) == (self.event.amount, self.event.seized)


class Refusal(NamedTuple):
    """A supply or a borrow that the model did not accept."""

    event: Event
    code: int


class Replay(NamedTuple):
    """What came of the records."""

    market: Market
    calls: list[Call]
    refusals: list[Refusal]
    end: Position


def replay(
    events: Sequence[Event],
    regimes: Sequence[Regime],
    closes: tuple[Close, ...],
    rates: Rates,
    calls: int | None = None,
) -> Replay:
    """Play the events, or those before liquidation number `calls` + 1."""
    accounts = liquidators(events)
    market = open_market(rates, FIRST_LIQUIDATOR + len(accounts), events[0].time)
    market.reserves[USDC].price = regimes[0].usdc
    done: list[Call] = []
    refusals: list[Refusal] = []
    principal, now = 0, events[0].time
    for event in events:
        if event.kind in (SUPPLY, BORROW):
            market.reserves[CRV].price = close_before(closes, event.time) * regimes[0].usdc // USD
            code = _open(market, event)
            if code:
                refusals.append(Refusal(event, code))
            elif event.kind == BORROW:
                principal += event.amount
        elif len(done) == calls:
            break
        else:
            done.append(_liquidate(market, event, len(done) + 1, regimes, accounts[event.liquidator], principal))
            principal -= done[-1].repaid
        now = event.time
    return Replay(market, done, refusals, position(market, principal, now))


def position(market: Market, principal: int, now: int) -> Position:
    """The borrower's account now."""
    data = account_data(market, BORROWER, now)
    collateral, debt = atoken_balance(market, BORROWER, USDC, now), variable_debt_of(market, BORROWER, CRV, now)
    return Position(collateral, debt, principal, data.collateral, data.debt, data.health_factor)


def set_prices(market: Market, regime: Regime) -> None:
    """Write a regime's prices into the market, as the oracle answers them."""
    market.reserves[USDC].price, market.reserves[CRV].price = regime.usdc, regime.crv


def regime_of(number: int, regimes: Sequence[Regime]) -> Regime:
    """The regime of liquidation `number`."""
    return regimes[bisect_right([regime.first for regime in regimes], number) - 1]


def _open(market: Market, event: Event) -> int:
    if event.kind == SUPPLY:
        return supply(market, BORROWER, USDC, event.amount, event.amount, event.time)[0]
    return borrow(market, BORROWER, BORROWER, CRV, event.amount, VARIABLE, event.time)[0]


def _liquidate(
    market: Market, event: Event, number: int, regimes: Sequence[Regime], liquidator: int, principal: int
) -> Call:
    regime = regime_of(number, regimes)
    set_prices(market, regime)
    before = position(market, principal, event.time)
    offered = MAX_UINT256 if number == regimes[-1].first else event.amount
    try:
        code, done = liquidation_call(
            market, liquidator, BORROWER, USDC, CRV, offered, int(event.atoken), MAX_UINT256, event.time
        )
    except ProtocolSimError as error:
        raise ProtocolSimError(f"liquidation {number} ({event.tx}): {error}") from error
    return Call(number, event, regime, before, code, done.repaid, done.seized)
