"""A user's eMode. Sources: `EModeLogic.sol`, from 3.6 `SupplyLogic.sol: executeSetUserEMode`; `ValidationLogic.sol`."""

from protocol_sim.numeric import rule
from protocol_sim.protocols.aave_v3 import codes
from protocol_sim.protocols.aave_v3.account import has, health_code, usable_ltv
from protocol_sim.protocols.aave_v3.results import EModeSet
from protocol_sim.protocols.aave_v3.state import Market
from protocol_sim.protocols.aave_v3.versions import emode_decides_alone, has_liquid_emodes


@rule
def _asset_code(market: Market, i: int, k: int, category: int) -> int:
    """Whether account i may keep its debt and collateral of k in `category`."""
    version, r, owner = market.settings[0].version, market.reserves[k], market.accounts[i]
    if has(owner.borrowing, k):
        if emode_decides_alone(version):
            allowed = has(market.categories[category].borrowable, k) if category != 0 else r.borrowing != 0
            if not allowed:
                return codes.INVALID_DEBT_IN_EMODE
        elif category != 0 and has_liquid_emodes(version):
            if not has(market.categories[category].borrowable, k):
                return codes.NOT_BORROWABLE_IN_EMODE
        elif category != 0 and r.emode != category:
            return codes.INCONSISTENT_EMODE_CATEGORY
    if emode_decides_alone(version) and has(owner.collateral, k) and usable_ltv(version, market, category, k) == 0:
        return codes.INVALID_COLLATERAL_IN_EMODE
    return codes.OK


@rule
def _entry_code(market: Market, i: int, category: int) -> int:
    """`ValidationLogic.sol: validateSetUserEMode`."""
    if (
        category < 0
        or category >= len(market.categories)
        or (category != 0 and market.categories[category].threshold == 0)
    ):
        return codes.INCONSISTENT_EMODE_CATEGORY
    for k in range(len(market.reserves)):
        code = _asset_code(market, i, k, category)
        if code != codes.OK:
            return code
    return codes.OK


@rule
def set_emode(market: Market, i: int, category: int, now: int) -> tuple[int, EModeSet]:
    """Account i enters `category`, 0 leaves (`Pool.sol: setUserEMode`). Health is checked unless, in 3.0.2, it was
    in none."""
    liquid, owner = has_liquid_emodes(market.settings[0].version), market.accounts[i]
    before = owner.emode
    if liquid and before == category:
        return codes.OK, EModeSet(0)
    code = _entry_code(market, i, category)
    if code == codes.OK and (liquid or before != 0):
        owner.emode = category
        code = health_code(market, i, now)
        owner.emode = before
    if code != codes.OK:
        return code, EModeSet(0)
    owner.emode = category
    return codes.OK, EModeSet(1)
