"""An account across its reserves: account data and health factor, flags, eMode, isolation, siloed debt, the sentinel.

Sources: `GenericLogic.sol`, `UserConfiguration.sol`, `ValidationLogic.sol`, `PriceOracleSentinel.sol`.
"""

from protocol_sim.numeric import (
    BPS,
    MAX_UINT256,
    WAD,
    ZERO,
    add,
    mul,
    mul_div_down,
    narrow,
    percent_mul_half_up,
    ray_mul_down,
    ray_mul_half_up,
    ray_mul_up,
    rule,
    wad_div_half_up,
)
from protocol_sim.protocols.aave_v3 import codes
from protocol_sim.protocols.aave_v3.accrual import project
from protocol_sim.protocols.aave_v3.results import AccountData
from protocol_sim.protocols.aave_v3.rules import (
    percent_mul_down,
    stable_debt,
    value_up,
)
from protocol_sim.protocols.aave_v3.state import Account, Category, Holding, Market, Settings
from protocol_sim.protocols.aave_v3.versions import (
    emode_decides_alone,
    has_liquid_emodes,
    rounds_directionally,
)


# ---- flags ----------------------------------------------------------------------------------------------------------
@rule
def has(bitmap: int, k: int) -> bool:
    """Whether bit k is set."""
    return (bitmap >> k) & 1 != 0


@rule
def with_bit(bitmap: int, k: int, on: int) -> int:
    """The bitmap with bit k set or cleared."""
    return bitmap | (1 << k) if on else bitmap & ~(1 << k)


@rule
def only_bit(bitmap: int) -> int:
    """The index of the only set bit; -1 when none or several are set."""
    if bitmap == 0 or bitmap & (bitmap - 1) != 0:
        return -1
    k = 0
    while bitmap >> k != 1:
        k += 1
    return k


@rule
def isolated_by(market: Market, a: Account) -> int:
    """The isolated collateral of an account in isolation mode, else -1 (`UserConfiguration.sol:
    getIsolationModeState`)."""
    k = only_bit(a.collateral)
    return k if k >= 0 and market.reserves[k].debt_ceiling != 0 else -1


@rule
def siloed_by(market: Market, a: Account) -> int:
    """The siloed asset that an account borrows, else -1 (`UserConfiguration.sol: getSiloedBorrowingState`)."""
    k = only_bit(a.borrowing)
    return k if k >= 0 and market.reserves[k].siloed else -1


@rule
def in_emode(version: int, market: Market, category: int, k: int) -> bool:
    """Whether asset k counts as collateral of eMode `category`."""
    if category == 0:
        return False
    if has_liquid_emodes(version):
        return has(market.categories[category].collateral, k)
    return market.reserves[k].emode == category


@rule
def usable_ltv(version: int, market: Market, category: int, k: int) -> int:
    """Whether asset k lends to somebody in `category`: its ltv in bps (`getUserReserveLtv` of 3.6; the reserve's
    before)."""
    if emode_decides_alone(version) and in_emode(version, market, category, k):
        c: Category = market.categories[category]
        return 0 if has(c.zero_ltv, k) else c.ltv
    return market.reserves[k].ltv


# ---- account data ---------------------------------------------------------------------------------------------------
@rule
def price_of(version: int, market: Market, category: int, k: int) -> int:
    """Base currency per whole token of asset k to somebody in `category`: in 3.0.2 the eMode's own source goes
    first."""
    r = market.reserves[k]
    if category != 0 and not has_liquid_emodes(version):
        c = market.categories[category]
        if c.price != 0 and r.emode == category:
            return c.price
    return r.price


@rule
def account_data(market: Market, i: int, now: int) -> AccountData:
    """Collateral, debt, averages and health factor at `now` (`GenericLogic.sol: calculateUserAccountData`)."""
    a, version = market.accounts[i], market.settings[0].version
    collateral_bits, borrowing_bits, category = a.collateral, a.borrowing, a.emode
    down, alone, used = rounds_directionally(version), emode_decides_alone(version), collateral_bits | borrowing_bits
    collateral: int = ZERO
    debt: int = ZERO
    weighted_ltv: int = ZERO
    weighted_threshold: int = ZERO
    zero_ltv, k, row = 0, -1, i * len(market.reserves)
    while used != 0:
        k += 1
        wanted = used & 1
        used = used >> 1
        if not wanted:
            continue
        r, h = market.reserves[k], market.holdings[row + k]
        if r.projected_at != now:
            project(version, r, now)
        price = price_of(version, market, category, k) if category else r.price
        if (collateral_bits >> k) & 1 and (r.threshold != 0 or alone):
            held = (
                ray_mul_down(h.scaled_supply, r.income_now) if down else ray_mul_half_up(h.scaled_supply, r.income_now)
            )
            value = mul_div_down(held, price, r.unit)
            collateral = add(collateral, value)
            ltv, threshold = r.ltv, r.threshold
            if category and in_emode(version, market, category, k):
                c = market.categories[category]
                threshold = c.threshold
                ltv = c.ltv if usable_ltv(version, market, category, k) != 0 else 0
            if ltv != 0:
                weighted_ltv = add(weighted_ltv, mul(value, ltv))
            else:
                zero_ltv = 1
            weighted_threshold = add(weighted_threshold, mul(value, threshold))
        if (borrowing_bits >> k) & 1:
            if down:
                value = value_up(ray_mul_up(h.scaled_debt, r.debt_now), price, r.unit)
            else:
                value = mul_div_down(_owed(version, h, r.debt_now, now), price, r.unit)
            debt = add(debt, value)
    return _averaged(version, collateral, debt, weighted_ltv, weighted_threshold, zero_ltv)


@rule
def _owed(version: int, h: Holding, index: int, now: int) -> int:
    """Raw debt at both rates, half up (before 3.5)."""
    variable = ray_mul_half_up(h.scaled_debt, index)
    if h.stable_principal == 0:
        return variable
    return add(variable, stable_debt(version, h.stable_principal, h.stable_rate, h.stable_updated, now))


@rule
def _averaged(
    version: int, collateral: int, debt: int, weighted_ltv: int, weighted_threshold: int, zero_ltv: int
) -> AccountData:
    """Averages in floored bps; the health factor from them, from the untruncated sum since 3.5."""
    ltv, threshold = 0, 0
    if collateral != 0:
        ltv, threshold = narrow(weighted_ltv // collateral), narrow(weighted_threshold // collateral)
    if debt == 0:
        factor = MAX_UINT256 + ZERO
    elif rounds_directionally(version):
        factor = wad_div_half_up(weighted_threshold, debt) // BPS
    else:
        factor = wad_div_half_up(percent_mul_half_up(collateral, threshold), debt)
    return AccountData(collateral, debt, ltv, threshold, factor, zero_ltv)


@rule
def available_borrows(version: int, d: AccountData) -> int:
    """Base currency that may still be borrowed (`GenericLogic.sol: calculateAvailableBorrows`)."""
    limit = (
        percent_mul_down(d.collateral, d.ltv)
        if rounds_directionally(version)
        else percent_mul_half_up(d.collateral, d.ltv)
    )
    return limit - d.debt if limit > d.debt else ZERO


# ---- validations that several operations share ----------------------------------------------------------------------
@rule
def health_code(market: Market, i: int, now: int) -> int:
    """Whether the account is healthy as it stands (`ValidationLogic.sol: validateHealthFactor`)."""
    if account_data(market, i, now).health_factor < WAD:
        return codes.HEALTH_FACTOR_LOWER_THAN_LIQUIDATION_THRESHOLD
    return codes.OK


@rule
def health_and_zero_ltv_code(market: Market, i: int, k: int, now: int) -> int:
    """The same, and collateral without ltv must go first (`validateHFAndLtv`, `validateHFAndLtvzero` since 3.5)."""
    version = market.settings[0].version
    d = account_data(market, i, now)
    if d.health_factor < WAD:
        return codes.HEALTH_FACTOR_LOWER_THAN_LIQUIDATION_THRESHOLD
    if d.zero_ltv and usable_ltv(version, market, market.accounts[i].emode, k) != 0:
        return codes.LTV_VALIDATION_FAILED
    return codes.OK


@rule
def may_use_as_collateral(market: Market, i: int, k: int) -> bool:
    """An ltv, and no isolation in the way (`ValidationLogic.sol: validateUseAsCollateral`)."""
    a = market.accounts[i]
    if usable_ltv(market.settings[0].version, market, a.emode, k) == 0:
        return False
    return a.collateral == 0 or (isolated_by(market, a) < 0 and market.reserves[k].debt_ceiling == 0)


@rule
def becomes_collateral(market: Market, i: int, k: int, trusted: int) -> bool:
    """Whether a first balance of k turns its flag on; isolated assets only for a `trusted` supplier, up to 3.5
    (`ValidationLogic.sol: validateAutomaticUseAsCollateral`)."""
    if market.reserves[k].debt_ceiling != 0 and (emode_decides_alone(market.settings[0].version) or not trusted):
        return False
    return may_use_as_collateral(market, i, k)


@rule
def sentinel_allows(s: Settings, now: int) -> bool:
    """No sentinel, or the sequencer has been up for longer than the grace period (`PriceOracleSentinel.sol`)."""
    return s.sentinel == 0 or (s.sequencer_down == 0 and now - s.sequencer_since > s.sentinel_grace)
