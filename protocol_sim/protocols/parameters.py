"""Keys of a parameter change in a timeline: protocol-neutral names, and machine integers that rule text can carry."""

KEYS = {
    "ltv_bps": 1,
    "liquidation_threshold_bps": 2,
    "liquidation_bonus_bps": 3,
    "reserve_factor_bps": 4,
    "borrowing_enabled": 5,
    "stable_borrowing_enabled": 6,
    "active": 7,
    "frozen": 8,
    "paused": 9,
    "close_factor_bps": 10,
    "rate.optimal_utilization_ray": 11,
    "rate.base": 12,
    "rate.slope1": 13,
    "rate.slope2": 14,
    "rate.stable_slope1": 15,
    "rate.stable_slope2": 16,
    "rate.market_stable_rate": 17,
}
LTV, LIQUIDATION_THRESHOLD, LIQUIDATION_BONUS, RESERVE_FACTOR = 1, 2, 3, 4
BORROWING, STABLE_BORROWING, ACTIVE, FROZEN, PAUSED, CLOSE_FACTOR = 5, 6, 7, 8, 9, 10
OPTIMAL_UTILIZATION, BASE, SLOPE1, SLOPE2, STABLE_SLOPE1, STABLE_SLOPE2, MARKET_STABLE_RATE = 11, 12, 13, 14, 15, 16, 17
