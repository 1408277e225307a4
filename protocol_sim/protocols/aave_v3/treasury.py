"""What belongs to the pool: minting the treasury's share, covering a deficit.

Sources: `PoolLogic.sol: executeMintToTreasury`, `LiquidationLogic.sol: executeEliminateDeficit`.
"""

from protocol_sim.numeric import ZERO, rule, sub
from protocol_sim.protocols.aave_v3 import codes
from protocol_sim.protocols.aave_v3.account import has, with_bit
from protocol_sim.protocols.aave_v3.accrual import (
    accrue,
    debts,
    next_rates,
    normalized_income,
    write_accrual,
    write_rates,
)
from protocol_sim.protocols.aave_v3.results import NO_UPDATE, Covered, Minted
from protocol_sim.protocols.aave_v3.rules import scaled_supply_burn, scaled_supply_mint, supply_balance
from protocol_sim.protocols.aave_v3.state import Market
from protocol_sim.protocols.aave_v3.supply import burn_supply, mint_supply
from protocol_sim.protocols.aave_v3.versions import has_deficit, rounds_directionally


@rule
def mint_to_treasury(market: Market, k: int, now: int) -> tuple[int, Minted]:
    """aTokens of k for the treasury (`Pool.sol: mintToTreasury`, one asset of its list); an inactive reserve is
    passed over.
    Before 3.5 the amount goes through raw units and back; accrues nothing."""
    s, r = market.settings[0], market.reserves[k]
    if r.active == 0 or r.accrued_to_treasury == 0:
        return codes.OK, Minted(ZERO, ZERO)
    index = normalized_income(s.version, r, now)
    amount = supply_balance(s.version, r.accrued_to_treasury, index)
    scaled = r.accrued_to_treasury
    if not rounds_directionally(s.version):
        scaled = scaled_supply_mint(s.version, amount, index)
        if scaled == 0:
            return codes.INVALID_MINT_AMOUNT, Minted(ZERO, ZERO)
    r.accrued_to_treasury = ZERO
    mint_supply(r, market.holdings[s.treasury * len(market.reserves) + k], scaled, index)
    return codes.OK, Minted(amount, scaled)


@rule
def eliminate_deficit(market: Market, i: int, k: int, amount: int, now: int) -> tuple[int, Covered]:
    """The umbrella i burns its aTokens against the deficit of k (`Pool.sol: eliminateReserveDeficit`, 3.3)."""
    s, r, owner = market.settings[0], market.reserves[k], market.accounts[i]
    version, h = s.version, market.holdings[i * len(market.reserves) + k]
    none = Covered(ZERO, 0, NO_UPDATE)
    if not has_deficit(version):
        return codes.NOT_IN_VERSION, none
    if i != s.umbrella:
        return codes.CALLER_NOT_UMBRELLA, none
    if amount == 0:
        return codes.INVALID_AMOUNT, none
    if r.deficit == 0:
        return codes.RESERVE_NOT_IN_DEFICIT, none
    if owner.borrowing != 0:
        return codes.USER_CANNOT_HAVE_DEBT, none
    a = accrue(version, r, now)
    if r.active == 0:
        return codes.RESERVE_INACTIVE, none
    covered = min(amount + ZERO, r.deficit)
    scaled = scaled_supply_burn(version, covered, a.liquidity_index)
    if rounds_directionally(version):
        enough, everything = scaled <= h.scaled_supply, scaled == h.scaled_supply
    else:
        balance = supply_balance(version, h.scaled_supply, a.liquidity_index)
        enough, everything = covered <= balance, covered == balance
    if not enough:
        return codes.NOT_ENOUGH_AVAILABLE_USER_BALANCE, none
    if scaled == 0:
        return codes.INVALID_BURN_AMOUNT, none
    deficit = sub(r.deficit, covered)
    rates = next_rates(version, r, a, debts(r, r.scaled_debt, a.stable_total), ZERO, ZERO, deficit)
    emptied = 1 if everything and has(owner.collateral, k) else 0
    write_accrual(r, a, now)
    burn_supply(r, h, scaled, a.liquidity_index)
    r.deficit = deficit
    if emptied:
        owner.collateral = with_bit(owner.collateral, k, 0)
    return codes.OK, Covered(covered, emptied, write_rates(r, rates))
