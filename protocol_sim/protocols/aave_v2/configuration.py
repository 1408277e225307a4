"""Governance: `LendingPoolConfigurator.sol` as far as it changes modelled state, and the two oracles' owners.

Roles (pool admin, emergency admin) are not modelled: whoever calls may.
"""

from protocol_sim.numeric import BPS, RAY, percent_mul_half_up, rule
from protocol_sim.protocols.aave_v2 import codes
from protocol_sim.protocols.aave_v2.state import Market

MAX_16_BITS = 65535


@rule
def no_liquidity_code(market: Market, k: int) -> int:
    """`_checkNoLiquidity`."""
    r = market.reserves[k]
    if r.available_liquidity == 0 and r.liquidity_rate == 0:
        return codes.OK
    return codes.LPC_RESERVE_LIQUIDITY_NOT_0


@rule
def configure_collateral(market: Market, k: int, ltv: int, threshold: int, bonus: int) -> int:
    """`configureReserveAsCollateral`, all in bps; a code."""
    r = market.reserves[k]
    if ltv > threshold:
        return codes.LPC_INVALID_CONFIGURATION
    if threshold != 0:
        if bonus <= BPS or percent_mul_half_up(threshold, bonus) > BPS:
            return codes.LPC_INVALID_CONFIGURATION
    else:
        if bonus != 0:
            return codes.LPC_INVALID_CONFIGURATION
        code = no_liquidity_code(market, k)
        if code != codes.OK:
            return code
    if bonus > MAX_16_BITS:  # ltv and threshold are at most 9999 here
        return codes.RC_INVALID_LIQ_BONUS
    r.ltv = ltv
    r.threshold = threshold
    r.bonus = bonus
    return codes.OK


@rule
def set_reserve_factor(market: Market, k: int, factor: int) -> int:
    """`setReserveFactor`, bps. Above 10000 the contract accepts it and then refuses every rate update."""
    if factor > MAX_16_BITS:
        return codes.RC_INVALID_RESERVE_FACTOR
    market.reserves[k].reserve_factor = factor
    return codes.OK


@rule
def set_active(market: Market, k: int, active: int) -> int:
    """`activateReserve`, `deactivateReserve`."""
    if not active:
        code = no_liquidity_code(market, k)
        if code != codes.OK:
            return code
    market.reserves[k].active = active
    return codes.OK


@rule
def set_frozen(market: Market, k: int, frozen: int) -> int:
    """`freezeReserve`, `unfreezeReserve`."""
    market.reserves[k].frozen = frozen
    return codes.OK


@rule
def enable_borrowing(market: Market, k: int, stable: int) -> int:
    """`enableBorrowingOnReserve`."""
    r = market.reserves[k]
    r.borrowing = 1
    r.stable_borrowing = stable
    return codes.OK


@rule
def disable_borrowing(market: Market, k: int) -> int:
    """`disableBorrowingOnReserve`: the stable flag stays as it is."""
    market.reserves[k].borrowing = 0
    return codes.OK


@rule
def set_stable_borrowing(market: Market, k: int, enabled: int) -> int:
    """`enableReserveStableRate`, `disableReserveStableRate`."""
    market.reserves[k].stable_borrowing = enabled
    return codes.OK


@rule
def set_rate_strategy(
    market: Market, k: int, optimal: int, base: int, variable1: int, variable2: int, stable1: int, stable2: int
) -> int:
    """`setReserveInterestRateStrategyAddress` of a new strategy, all in ray. Rates stay until the next operation."""
    if optimal > RAY:
        return codes.SAFEMATH_SUBTRACTION
    r = market.reserves[k]
    r.optimal = optimal
    r.excess = RAY - optimal
    r.base_rate = base
    r.variable_slope1 = variable1
    r.variable_slope2 = variable2
    r.stable_slope1 = stable1
    r.stable_slope2 = stable2
    return codes.OK


@rule
def set_paused(market: Market, paused: int) -> int:
    """`setPoolPause`."""
    market.settings[0].paused = paused
    return codes.OK


@rule
def set_market_rate(market: Market, k: int, rate: int) -> int:
    """`LendingRateOracle.sol: setMarketBorrowRate`, ray a year: where stable rates start."""
    market.reserves[k].market_rate = rate
    return codes.OK


@rule
def set_price(market: Market, k: int, price: int) -> int:
    """The price oracle's answer, wei of ETH per whole token."""
    market.reserves[k].price = price
    return codes.OK
