"""What the pool configurator changes, with its checks; who may call it is out of scope.

A boolean of the contract is a flag. The answer is a code. Sources: `PoolConfigurator.sol`, `ReserveConfiguration.sol`,
`DefaultReserveInterestRateStrategyV2.sol`, `PoolLogic.sol: executeSyncIndexesState, executeSyncRatesState`.
"""

from protocol_sim.numeric import BPS, RAY, ZERO, percent_mul_half_up, rule
from protocol_sim.protocols.aave_v3 import codes
from protocol_sim.protocols.aave_v3.account import has
from protocol_sim.protocols.aave_v3.accrual import accrue, debts, next_rates, write_accrual, write_rates
from protocol_sim.protocols.aave_v3.emode_configuration import freeze_in_emodes
from protocol_sim.protocols.aave_v3.results import NO_UPDATE, ReserveUpdate
from protocol_sim.protocols.aave_v3.state import (
    BPS_TO_RAY,
    MAX_OPTIMAL_BPS,
    MAX_RATE_BPS,
    MIN_OPTIMAL_BPS,
    Market,
    Reserve,
)
from protocol_sim.protocols.aave_v3.versions import (
    accounts_virtually,
    emode_decides_alone,
    has_grace_period,
    has_stable_debt,
    pays_premium_to_treasury,
)

MAX_BONUS = 65_535  # ReserveConfiguration.MAX_VALID_LIQUIDATION_BONUS
MAX_CAP = 68_719_476_735  # whole tokens, MAX_VALID_BORROW_CAP and MAX_VALID_SUPPLY_CAP
MAX_DEBT_CEILING = 1_099_511_627_775  # 2 decimals
MAX_GRACE_PERIOD = 14_400  # s


@rule
def _suppliers_code(r: Reserve) -> int:
    """`_checkNoSuppliers`."""
    empty = r.scaled_supply == 0 and r.accrued_to_treasury == 0
    return codes.OK if empty else codes.RESERVE_LIQUIDITY_NOT_ZERO


# ---- collateral -----------------------------------------------------------------------------------------------------
@rule
def configure_collateral(market: Market, k: int, ltv: int, threshold: int, bonus: int) -> int:
    """`configureReserveAsCollateral`, all in bps; while frozen the ltv waits (3.1)."""
    version, r = market.settings[0].version, market.reserves[k]
    if ltv > threshold:
        return codes.INVALID_RESERVE_PARAMS
    if threshold != 0:
        if bonus <= BPS or percent_mul_half_up(threshold, bonus) > BPS:
            return codes.INVALID_RESERVE_PARAMS
    else:
        if bonus != 0:
            return codes.INVALID_RESERVE_PARAMS
        code = _suppliers_code(r)
        if code != codes.OK:
            return code
    if bonus > MAX_BONUS:
        return codes.INVALID_LIQ_BONUS
    if has_grace_period(version) and r.frozen:
        r.pending_ltv = ltv
    else:
        r.ltv = ltv
        if emode_decides_alone(version):
            r.pending_ltv = 0
    r.threshold, r.bonus = threshold, bonus
    return codes.OK


@rule
def set_debt_ceiling(market: Market, k: int, ceiling: int) -> int:
    """`setDebtCeiling`, 2 decimals; 0 ends isolation and forgets its debt."""
    version, r = market.settings[0].version, market.reserves[k]
    collateral = r.threshold != 0 or not has_grace_period(version)  # 3.0.2 does not ask whether it is collateral
    if emode_decides_alone(version):
        for c in range(1, len(market.categories)):
            collateral = collateral or has(market.categories[c].collateral, k)
    if collateral and r.debt_ceiling == 0:
        code = _suppliers_code(r)
        if code != codes.OK:
            return code
    if ceiling > MAX_DEBT_CEILING:
        return codes.INVALID_DEBT_CEILING
    r.debt_ceiling = ceiling
    if ceiling == 0:
        r.isolation_debt = ZERO
    return codes.OK


@rule
def _set_zero_ltv(r: Reserve, zero: int) -> int:
    """The ltv parked or brought back (`_setReserveLtvzero`, 3.6)."""
    if zero:
        if r.ltv != 0:
            r.pending_ltv, r.ltv = r.ltv, 0
        return codes.OK
    if r.frozen:
        return codes.RESERVE_FROZEN
    if r.pending_ltv != 0 and r.ltv == 0:
        r.ltv, r.pending_ltv = r.pending_ltv, 0
    return codes.OK


@rule
def set_zero_ltv(market: Market, k: int, zero: int) -> int:
    """`setReserveLtvzero` (3.6)."""
    r = market.reserves[k]
    if not emode_decides_alone(market.settings[0].version):
        return codes.NOT_IN_VERSION
    before = r.ltv
    code = _set_zero_ltv(r, zero)
    return codes.INVALID_LTVZERO_STATE if code == codes.OK and r.ltv == before else code


# ---- flags ----------------------------------------------------------------------------------------------------------
@rule
def set_borrowing(market: Market, k: int, on: int) -> int:
    """`setReserveBorrowing`."""
    r = market.reserves[k]
    if not on and r.stable_borrowing:
        return codes.STABLE_BORROWING_ENABLED
    r.borrowing = on
    return codes.OK


@rule
def set_stable_borrowing(market: Market, k: int, on: int) -> int:
    """`setReserveStableRateBorrowing` (3.0.2)."""
    r = market.reserves[k]
    if not has_stable_debt(market.settings[0].version):
        return codes.NOT_IN_VERSION
    if on and r.borrowing == 0:
        return codes.BORROWING_NOT_ENABLED
    r.stable_borrowing = on
    return codes.OK


@rule
def set_flash_loans(market: Market, k: int, on: int) -> int:
    """`setReserveFlashLoaning`."""
    market.reserves[k].flash_loans = on
    return codes.OK


@rule
def set_active(market: Market, k: int, on: int) -> int:
    """`setReserveActive`; only an empty reserve can be switched off."""
    r = market.reserves[k]
    if not on:
        code = _suppliers_code(r)
        if code != codes.OK:
            return code
    r.active = on
    return codes.OK


@rule
def set_frozen(market: Market, k: int, on: int) -> int:
    """`setReserveFreeze`; from 3.1 on the ltv waits meanwhile, in 3.6 it stays away until `set_zero_ltv`."""
    version, r = market.settings[0].version, market.reserves[k]
    if not has_grace_period(version):
        r.frozen = on
        return codes.OK
    if (r.frozen != 0) == (on != 0):
        return codes.INVALID_FREEZE_STATE
    r.frozen = on
    if emode_decides_alone(version):
        if on:
            _set_zero_ltv(r, 1)
            freeze_in_emodes(market, k)
    elif on:
        r.pending_ltv, r.ltv = r.ltv, 0
    else:
        r.ltv, r.pending_ltv = r.pending_ltv, 0
    return codes.OK


@rule
def set_borrowable_in_isolation(market: Market, k: int, on: int) -> int:
    """`setBorrowableInIsolation`."""
    market.reserves[k].borrowable_in_isolation = on
    return codes.OK


@rule
def set_paused(market: Market, k: int, on: int, grace: int, now: int) -> int:
    """`setReservePause`; unpausing may forbid liquidations for `grace` seconds, at most 4 hours (3.1)."""
    r = market.reserves[k]
    if grace != 0 and not has_grace_period(market.settings[0].version):
        return codes.NOT_IN_VERSION
    if not on and grace != 0:
        if grace > MAX_GRACE_PERIOD:
            return codes.INVALID_GRACE_PERIOD
        r.grace_until = now + grace
    r.paused = on
    return codes.OK


@rule
def end_grace_period(market: Market, k: int) -> int:
    """`disableLiquidationGracePeriod` (3.1)."""
    if not has_grace_period(market.settings[0].version):
        return codes.NOT_IN_VERSION
    market.reserves[k].grace_until = 0
    return codes.OK


@rule
def set_siloed(market: Market, k: int, on: int) -> int:
    """`setSiloedBorrowing`; only while nobody borrows the asset."""
    r = market.reserves[k]
    if on and (r.scaled_debt != 0 or r.stable_principal != 0):
        return codes.RESERVE_DEBT_NOT_ZERO
    r.siloed = on
    return codes.OK


# ---- caps and fees --------------------------------------------------------------------------------------------------
@rule
def set_borrow_cap(market: Market, k: int, cap: int) -> int:
    """`setBorrowCap`, whole tokens."""
    if cap > MAX_CAP:
        return codes.INVALID_BORROW_CAP
    market.reserves[k].borrow_cap = cap
    return codes.OK


@rule
def set_supply_cap(market: Market, k: int, cap: int) -> int:
    """`setSupplyCap`, whole tokens."""
    if cap > MAX_CAP:
        return codes.INVALID_SUPPLY_CAP
    market.reserves[k].supply_cap = cap
    return codes.OK


@rule
def set_liquidation_fee(market: Market, k: int, fee: int) -> int:
    """`setLiquidationProtocolFee`, bps of the bonus."""
    if fee > BPS:
        return codes.INVALID_LIQUIDATION_PROTOCOL_FEE
    market.reserves[k].liquidation_fee = fee
    return codes.OK


@rule
def set_flash_premium(market: Market, total: int, to_protocol: int) -> int:
    """`updateFlashloanPremiumTotal` and `updateFlashloanPremiumToProtocol`, bps; one premium from 3.4 on."""
    s = market.settings[0]
    if total > BPS or to_protocol > BPS:
        return codes.FLASHLOAN_PREMIUM_INVALID
    s.flash_premium = total
    if not pays_premium_to_treasury(s.version):
        s.flash_premium_to_protocol = to_protocol
    return codes.OK


# ---- rates ----------------------------------------------------------------------------------------------------------
@rule
def sync_rates(version: int, r: Reserve) -> ReserveUpdate:
    """Rates for the reserve as it stands (`syncRatesState`)."""
    a = accrue(version, r, r.last_updated)
    rates = next_rates(version, r, a, debts(r, r.scaled_debt, a.stable_total), ZERO, ZERO, r.deficit)
    return write_rates(r, rates) if rates.code == codes.OK else NO_UPDATE


@rule
def set_reserve_factor(market: Market, k: int, factor: int, now: int) -> int:
    """`setReserveFactor`, bps; from 3.1 on the reserve accrues before and its rates follow."""
    version, r = market.settings[0].version, market.reserves[k]
    if factor > BPS:
        return codes.INVALID_RESERVE_FACTOR
    if accounts_virtually(version):
        write_accrual(r, accrue(version, r, now), now)
    r.reserve_factor = factor
    if accounts_virtually(version):
        sync_rates(version, r)
    return codes.OK


@rule
def set_rates(market: Market, k: int, optimal: int, base: int, slope1: int, slope2: int, now: int) -> int:
    """`setReserveInterestRateData` of strategy V2, all in bps (3.1)."""
    version, r = market.settings[0].version, market.reserves[k]
    if not accounts_virtually(version):
        return codes.NOT_IN_VERSION
    if optimal > MAX_OPTIMAL_BPS or optimal < MIN_OPTIMAL_BPS:
        return codes.INVALID_OPTIMAL_USAGE_RATIO
    if slope1 > slope2:
        return codes.SLOPE_2_MUST_BE_GTE_SLOPE_1
    if base + slope1 + slope2 > MAX_RATE_BPS:
        return codes.INVALID_MAX_RATE
    write_accrual(r, accrue(version, r, now), now)
    ray = ZERO + BPS_TO_RAY
    r.optimal, r.excess, r.base_rate = ray * optimal, RAY - ray * optimal, ray * base
    r.variable_slope1, r.variable_slope2 = ray * slope1, ray * slope2
    sync_rates(version, r)
    return codes.OK


@rule
def set_variable_curve(market: Market, k: int, optimal: int, base: int, slope1: int, slope2: int) -> int:
    """`setReserveInterestRateStrategyAddress` with a strategy V1 whose stable side is the same, in ray (3.0.2): rates
    follow with the next operation."""
    r = market.reserves[k]
    if accounts_virtually(market.settings[0].version):
        return codes.NOT_IN_VERSION
    if optimal > RAY:
        return codes.INVALID_OPTIMAL_USAGE_RATIO
    r.optimal, r.excess, r.base_rate = optimal + ZERO, RAY - optimal, base + ZERO
    r.variable_slope1, r.variable_slope2 = slope1 + ZERO, slope2 + ZERO
    return codes.OK


# ---- oracle ---------------------------------------------------------------------------------------------------------
@rule
def set_price(market: Market, k: int, price: int) -> int:
    """A feed's answer for asset k. Known deviation: on chain an answer of 0 makes every call revert that reads the
    price;
    here it is refused."""
    if price <= 0:
        return codes.PRICE_NOT_POSITIVE
    market.reserves[k].price = price + ZERO
    return codes.OK


@rule
def set_sequencer(market: Market, down: int, since: int, now: int) -> int:
    """The sequencer feed that the sentinel reads: down or up `since` then, not in the future."""
    s = market.settings[0]
    if since > now:
        return codes.PANIC_ARITHMETIC
    s.sequencer_down, s.sequencer_since = down, since
    return codes.OK


@rule
def set_sentinel(market: Market, on: int, grace: int) -> int:
    """`PoolAddressesProvider.sol: setPriceOracleSentinel`, `PriceOracleSentinel.sol: setGracePeriod`, in seconds."""
    s = market.settings[0]
    s.sentinel, s.sentinel_grace = on, grace
    return codes.OK
