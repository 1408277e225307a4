"""Toy markets whose best parameters follow from a formula."""

from typing import Any

import protocol_sim as ps
from tests.risk.worlds import gbm, pair

LT = "protocols.aave.reserves.WETH.liquidation_threshold_bps"
LTV = "protocols.aave.reserves.WETH.ltv_bps"
BONUS = "protocols.aave.reserves.WETH.liquidation_bonus_bps"
FALL = 0.98                                          # of the price in each step of the slide
RATIOS = [0.60 + 0.008 * n for n in range(40)]       # debt over collateral of the accounts, at the start


def slide() -> ps.Scenario:
    """The price falls by 2 % a step; the feed shows a fall one block later; the whole debt may be repaid at once."""
    steps = 40
    at = [[n, f"{2000 * FALL**n:.8f}"] for n in range(steps)]
    book = {f"a{n}": ("10", f"{20_000 * ratio:.6f}") for n, ratio in enumerate(RATIOS)}
    return pair(book, {"kind": "points", "at": at}, steps=steps, threshold=9_000)


def slide_is_safe(threshold: float, bonus: float = 1.05) -> bool:
    """Whether every account of `slide` is liquidated while its collateral still pays debt and bonus.

    An account is taken at the first price p(t) = 0.98^t with p LT < ratio; it leaves nothing if p >= ratio (1 + b).
    Over all ratios this is LT <= 0.98 / (1 + b).
    """
    for ratio in RATIOS:
        t = next(t for t in range(400) if FALL**t * threshold < ratio)
        if FALL**t < ratio * bonus:
            return False
    return True


def shallow(debt: int = 15_000, reserve: int = 300_000) -> ps.Scenario:
    """One account under water from the start, one pool to sell in, and a crash for those whom nobody has taken.

    A liquidator without gas sells D (1 + b) of collateral, in value, into a pool without fee that holds Y: he gets
    Y D (1 + b) / (Y + D (1 + b)), which is more than D if and only if b > D / (Y - D).
    """
    pool = {"name": "p", "kind": "constant-product", "tokens": ["WETH", "USDC"], "fee_bps": 0,
            "reserves": [f"{reserve // 2_000} WETH", f"{reserve} USDC"]}
    return pair({"a": ("10", str(debt))}, {"kind": "points", "at": [[0, "2000"], [6, "1000"]]}, steps=10,
                threshold=7_000, pools=[pool])


def random_slide(paths_seed: int = 1) -> ps.Scenario:
    """Borrowers under a volatile price: bad debt on some paths."""
    book = {f"a{n}": ("10", str(9_000 + n * 700)) for n in range(12)}
    return pair(book, gbm(3.0), steps=36, threshold=8_500, gas="20 USDC").replaced(seed=paths_seed)


def thresholds(**more: Any) -> dict[str, Any]:
    """A small space over threshold and LTV."""
    return {"parameters": [
        {"key": LT, "low": 7_500, "high": 9_000, "step": 500}, {"key": LTV, "low": 7_500, "high": 9_000, "step": 500},
    ], **more}
