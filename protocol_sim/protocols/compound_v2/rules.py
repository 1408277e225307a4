"""Compound V2: the seizure of a liquidation, and nothing else.

Source: compound-protocol, `Comptroller.sol: liquidateCalculateSeizeTokens`, `ExponentialNoError.sol` (commit a3214f6):
two Exp products and their quotient, each rounded down, then times the amount.
Not modelled: accounts, shortfall, close factor, interest, the protocol's share of what is seized, all other operations.
"""

from protocol_sim.numeric import WAD, ZERO, mul_div_down, rule

OK = 0
PRICE_ERROR = 13

ERRORS = {PRICE_ERROR: "PRICE_ERROR"}


@rule
def seize(
    repaid: int, price_borrowed: int, price_collateral: int, exchange_rate: int, incentive: int
) -> tuple[int, int]:
    """(code, raw cTokens seized) for `repaid` raw underlying.

    Prices have 36 - decimals decimals, `exchange_rate` is underlying per cToken times 1e18, `incentive` a wad.
    """
    if price_borrowed == 0 or price_collateral == 0:
        return PRICE_ERROR, ZERO
    numerator = mul_div_down(incentive, price_borrowed, WAD)
    denominator = mul_div_down(price_collateral, exchange_rate, WAD)
    ratio = mul_div_down(numerator, WAD, denominator)
    return OK, mul_div_down(ratio, repaid, WAD)
