"""What wake bounds of lending protocols have in common, in floats: growth of an index, and what rounding can cost.

Balances and debts are taken as real numbers, scaled amount times index. The contract's own, rounded at whatever moment,
lies at most `UNITS` raw units off: 1 where it rounds up or down; half up, a half for each rate at which the asset is
owed, and once more where a stable debt is taken as it was rounded. So a bound is worked out with collateral that much
smaller and debts that much larger: it holds for these whatever prices do (`engine.wake`), and the contract's account is
better off than this one at every moment, because what is left only grows.

Values in base units are floored at the prices of the moment: no price moves by more than 64 either way within a path
(`engine.wake.FARTHEST`), so between two moments by less than `FURTHEST`.
"""

from protocol_sim.numeric import rule

FURTHEST = 4096.0
UNITS = 1.5


@rule
def grown(rate: float, seconds: int) -> float:
    """Growth at `rate` (1/s) compounded: three terms of the exponential, which the contracts' own sums do not exceed.
    """
    x = rate * seconds
    return 1.0 + x * (1.0 + x * 0.5 * (1.0 + x / 3.0))
