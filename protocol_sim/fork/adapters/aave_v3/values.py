"""The model as the contracts show it, in the order of `views.py`."""

from protocol_sim.fork.adapters.aave_v3.model import Model
from protocol_sim.fork.adapters.aave_v3.people import ACCOUNTS, ALL, DELEGATIONS
from protocol_sim.fork.deploy.aave_v3 import MODES
from protocol_sim.protocols.aave_v3 import state
from protocol_sim.protocols.aave_v3.account import available_borrows
from protocol_sim.protocols.aave_v3.debt import find_allowance


def values(model: Model, at: int) -> list[int]:
    """Everything that is compared."""
    market, last = model.market, model.last
    found = [at, market.settings[0].flash_premium]
    if not last:
        found.append(market.settings[0].flash_premium_to_protocol)
    for category in range(1, 1 + len(MODES)):
        c = market.categories[category]
        found += [c.ltv, c.threshold, c.bonus, *((c.collateral, c.borrowable, c.zero_ltv) if last else ())]
    for k in ALL:
        found += _reserve(model, k)
    for i in range(len(ACCOUNTS)):
        found += _account(model, i, at)
    for delegator, delegatee in DELEGATIONS:
        for k in ALL:
            for mode in (state.VARIABLE,) if last else (state.STABLE, state.VARIABLE):
                row = find_allowance(market, k, delegator, delegatee, mode)
                found.append(market.allowances[row].amount if row >= 0 else 0)
    return found


def _reserve(model: Model, k: int) -> list[int]:
    r = model.market.reserves[k]
    found = [_configuration(r, model.last), r.liquidity_index, r.liquidity_rate, r.variable_borrow_index,
             r.variable_rate, *(() if model.last else (r.stable_rate,)), r.last_updated, r.accrued_to_treasury,
             r.isolation_debt, r.scaled_supply, r.scaled_debt, r.available_liquidity, r.price,
             model.receiver.balances[k], model.simple.balances[k]]
    if model.last:
        return [*found, r.available_liquidity, r.deficit, r.grace_until, r.pending_ltv]
    return [*found, r.stable_principal, r.average_stable_rate, r.stable_updated]


def _account(model: Model, i: int, at: int) -> list[int]:
    flags, data, bits = model.market.accounts[i], model.data(i, at), 0
    for k in ALL:
        bits |= (flags.borrowing >> k & 1) << 2 * k | (flags.collateral >> k & 1) << (2 * k + 1)
    found = [bits, flags.emode, data.collateral, data.debt, available_borrows(model.version, data), data.threshold,
             data.ltv, data.health_factor]
    for k in ALL:
        h = model.holding(i, k)
        found += [model.wallets[i][k], h.scaled_supply, h.supply_index, h.scaled_debt, h.debt_index]
        if not model.last:
            found += [h.stable_principal, h.stable_rate, h.stable_updated]
    return found


def _configuration(r: state.Reserve, last: bool) -> int:
    """The bitmap of `DataTypes.sol: ReserveConfigurationMap`; in 3.6 the bit of virtual accounting stays set."""
    flags = (r.active | r.frozen << 1 | r.borrowing << 2 | r.stable_borrowing << 3 | r.paused << 4
             | r.borrowable_in_isolation << 5 | r.siloed << 6 | r.flash_loans << 7)
    return (r.ltv | r.threshold << 16 | r.bonus << 32 | r.decimals << 48 | flags << 56 | r.reserve_factor << 64
            | r.borrow_cap << 80 | r.supply_cap << 116 | r.liquidation_fee << 152 | r.emode << 168
            | r.debt_ceiling << 212 | int(last) << 252)
