"""Aave V1: the seizure of a liquidation, and nothing else.

Source: aave-protocol, `LendingPoolLiquidationManager.sol: calculateAvailableCollateralToLiquidate`: the division rounds
down before the bonus, in percent, is applied (Aave V2 does it the other way round). The published file leaves the
tokens' decimals out; the recorded liquidations show that the version on mainnet scaled by them.
Not modelled: the cap at the borrower's balance, the origination fee, accounts, interest, every other operation.
"""

from protocol_sim.numeric import div, mul, mul_div_down, rule


@rule
def seize(repaid: int, price_debt: int, unit_debt: int, price_collateral: int, unit_collateral: int, bonus: int) -> int:
    """Raw collateral for `repaid` raw debt; prices in wei of ETH, units 10**decimals, `bonus` in percent (110)."""
    worth = div(mul(mul(price_debt, repaid), unit_collateral), mul(price_collateral, unit_debt))
    return mul_div_down(worth, bonus, 100)
