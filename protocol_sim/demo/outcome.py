"""What a cascade came to, in integers, by one set of definitions for recorded, simulated and varied ones.

- Price: the oracle's, of the last recorded call, unless a name says otherwise; one USDC counts as one dollar.
- Shortfall (bad debt): what the debt, interest included, is worth above the collateral that is left; 0 if it is
  covered.
- Borrower's loss: his equity (collateral less debt) at the price of the first call, less what equity is left at the
  last price. An insolvent borrower has none left and owes nothing further.
- Bonus paid: what liquidators took beyond the worth of what they repaid, each call at its own oracle price.
"""

from collections.abc import Sequence
from typing import NamedTuple

from protocol_sim.demo.prices import UNIT_CRV, Regime
from protocol_sim.numeric import mul_div_down, mul_div_up


class Outcome(NamedTuple):
    """The end of one cascade. CRV raw (18 decimals), USDC raw (6 decimals)."""

    name: str
    liquidations: int
    repaid: int  # CRV
    seized: int  # USDC
    debt: int  # CRV left, interest included
    collateral: int  # USDC left
    shortfall: int  # USDC
    shortfall_high: int  # USDC, the same debt and collateral at the highest oracle price of the day
    loss: int  # USDC
    bonus: int  # USDC


def worth_down(crv: int, prices: Regime) -> int:
    """Raw USDC that raw CRV is worth, rounded down."""
    return mul_div_down(crv, prices.crv * 10**6, prices.usdc * UNIT_CRV)


def worth_up(crv: int, prices: Regime) -> int:
    """The same, rounded up: what is owed."""
    return mul_div_up(crv, prices.crv * 10**6, prices.usdc * UNIT_CRV)


def shortfall(collateral: int, debt: int, prices: Regime) -> int:
    """Raw USDC by which the debt exceeds the collateral."""
    return max(worth_up(debt, prices) - collateral, 0)


def equity(collateral: int, debt: int, prices: Regime) -> int:
    """Raw USDC by which the collateral exceeds the debt; 0 for an insolvent account."""
    return max(collateral - worth_up(debt, prices), 0)


def outcome(
    name: str,
    trades: list[tuple[int, int, Regime]],
    opening: tuple[int, int, Regime],
    left: tuple[int, int],
    regimes: Sequence[Regime],
) -> Outcome:
    """From (repaid, seized, prices) of each liquidation, (collateral, debt, prices) before the first, what is left
    (collateral, debt) and the day's regimes."""
    (collateral, debt), last = left, regimes[-1]
    return Outcome(
        name=name,
        liquidations=len(trades),
        repaid=sum(repaid for repaid, _, _ in trades),
        seized=sum(seized for _, seized, _ in trades),
        debt=debt,
        collateral=collateral,
        shortfall=shortfall(collateral, debt, last),
        shortfall_high=max(shortfall(collateral, debt, regime) for regime in regimes),
        loss=equity(*opening) - equity(collateral, debt, last),
        bonus=sum(seized - worth_down(repaid, prices) for repaid, seized, prices in trades),
    )
