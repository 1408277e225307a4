"""Keys of a parameter change in a timeline: protocol-neutral names, machine integers so that rule text can carry them."""

LIQUIDATION_THRESHOLD, LTV, LIQUIDATION_BONUS, RESERVE_FACTOR, CLOSE_FACTOR = 1, 2, 3, 4, 5
FROZEN, ACTIVE, BORROWING, PAUSED = 6, 7, 8, 9

KEYS = {
    "liquidation_threshold_bps": LIQUIDATION_THRESHOLD,
    "ltv_bps": LTV,
    "liquidation_bonus_bps": LIQUIDATION_BONUS,
    "reserve_factor_bps": RESERVE_FACTOR,
    "close_factor_bps": CLOSE_FACTOR,
    "frozen": FROZEN,
    "active": ACTIVE,
    "borrowing_enabled": BORROWING,
    "paused": PAUSED,
}
