"""How eModes are configured. Source: `PoolConfigurator.sol` of each version, `Pool.sol: configureEModeCategory*`."""

from protocol_sim.numeric import BPS, ZERO, percent_mul_half_up, rule
from protocol_sim.protocols.aave_v3 import codes
from protocol_sim.protocols.aave_v3.account import has, with_bit
from protocol_sim.protocols.aave_v3.state import Market
from protocol_sim.protocols.aave_v3.versions import emode_decides_alone, has_liquid_emodes


@rule
def _category_code(market: Market, category: int) -> int:
    """0 is reserved; the model has as many rows as it was made with."""
    if category == 0:
        return codes.EMODE_CATEGORY_RESERVED
    return codes.OK if 0 < category < len(market.categories) else codes.NO_SUCH_CATEGORY


@rule
def set_emode_category(market: Market, category: int, ltv: int, threshold: int, bonus: int, price: int) -> int:
    """`setEModeCategory`, bps; `price`: the answer of an own price source, 0 without one (3.0.2)."""
    liquid = has_liquid_emodes(market.settings[0].version)
    if ltv == 0 or threshold == 0 or ltv > threshold or bonus <= BPS or percent_mul_half_up(threshold, bonus) > BPS:
        return codes.INVALID_EMODE_CATEGORY_PARAMS
    if not liquid:
        for k in range(len(market.reserves)):
            r = market.reserves[k]
            if r.emode == category and (ltv <= r.ltv or threshold <= r.threshold):
                return codes.INVALID_EMODE_CATEGORY_PARAMS
    code = _category_code(market, category)
    if code != codes.OK:
        return code
    c = market.categories[category]
    c.ltv, c.threshold, c.bonus = ltv, threshold, bonus
    if not liquid:
        c.price = price + ZERO
    return codes.OK


@rule
def set_emode_price(market: Market, category: int, price: int) -> int:
    """A new answer of a category's own price source (3.0.2)."""
    if has_liquid_emodes(market.settings[0].version):
        return codes.NOT_IN_VERSION
    code = _category_code(market, category)
    if code != codes.OK:
        return code
    if price <= 0:
        return codes.PRICE_NOT_POSITIVE
    market.categories[category].price = price + ZERO
    return codes.OK


@rule
def set_asset_emode(market: Market, k: int, category: int) -> int:
    """`setAssetEModeCategory` (3.0.2): the category must ask for less collateral than the asset alone."""
    r = market.reserves[k]
    if has_liquid_emodes(market.settings[0].version):
        return codes.NOT_IN_VERSION
    if category != 0:
        known = 0 < category < len(market.categories)
        if not known or market.categories[category].threshold <= r.threshold:
            return codes.INVALID_EMODE_CATEGORY_ASSIGNMENT
    r.emode = category
    return codes.OK


# ---- liquid eModes (3.2) --------------------------------------------------------------------------------------------
@rule
def set_emode_collateral(market: Market, k: int, category: int, on: int) -> int:
    """`setAssetCollateralInEMode`; 3.6 refuses a frozen asset, and to take away its last use while it is supplied."""
    version, r = market.settings[0].version, market.reserves[k]
    if not has_liquid_emodes(version):
        return codes.NOT_IN_VERSION
    if emode_decides_alone(version):
        if on and r.frozen:
            return codes.RESERVE_FROZEN
        if not on and r.threshold == 0 and (r.scaled_supply != 0 or r.accrued_to_treasury != 0):
            return codes.RESERVE_LIQUIDITY_NOT_ZERO
    code = _category_code(market, category)
    if code != codes.OK:
        return code
    c = market.categories[category]
    c.collateral = with_bit(c.collateral, k, on)
    if not on:
        c.zero_ltv = with_bit(c.zero_ltv, k, 0)
    return codes.OK


@rule
def set_emode_borrowable(market: Market, k: int, category: int, on: int) -> int:
    """`setAssetBorrowableInEMode`."""
    if not has_liquid_emodes(market.settings[0].version):
        return codes.NOT_IN_VERSION
    code = _category_code(market, category)
    if code != codes.OK:
        return code
    c = market.categories[category]
    c.borrowable = with_bit(c.borrowable, k, on)
    return codes.OK


@rule
def set_emode_zero_ltv(market: Market, k: int, category: int, on: int) -> int:
    """`setAssetLtvzeroInEMode` (3.6): the asset stays collateral of the category but lends nothing."""
    if not emode_decides_alone(market.settings[0].version):
        return codes.NOT_IN_VERSION
    if not 0 < category < len(market.categories) or not has(market.categories[category].collateral, k):
        return codes.MUST_BE_EMODE_COLLATERAL
    if not on and market.reserves[k].frozen:
        return codes.RESERVE_FROZEN
    c = market.categories[category]
    c.zero_ltv = with_bit(c.zero_ltv, k, on)
    return codes.OK


@rule
def freeze_in_emodes(market: Market, k: int) -> int:
    """Freezing takes the asset's ltv away in every eMode that has it as collateral (3.6); unfreezing does not bring it
    back."""
    for category in range(1, len(market.categories)):
        c = market.categories[category]
        if has(c.collateral, k):
            c.zero_ltv = with_bit(c.zero_ltv, k, 1)
    return 0
