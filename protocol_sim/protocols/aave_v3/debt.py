"""Writing debt: variable and stable debt tokens, credit delegation, isolated debt.

Sources: `VariableDebtToken.sol`, `StableDebtToken.sol`, `DebtTokenBase.sol`, `IsolationModeLogic.sol`.
"""

from typing import NamedTuple

from protocol_sim.numeric import ZERO, add, rule, sub
from protocol_sim.protocols.aave_v3 import codes
from protocol_sim.protocols.aave_v3.accrual import Accrued, Debts, debts
from protocol_sim.protocols.aave_v3.results import NO_MOVE, StableMove
from protocol_sim.protocols.aave_v3.rules import Stable, burn_stable, debt_balance, mint_stable, scaled_debt_burn
from protocol_sim.protocols.aave_v3.state import STABLE, VARIABLE, Holding, Market, Reserve
from protocol_sim.protocols.aave_v3.versions import V350, has_stable_debt, rounds_directionally


@rule
def mint_debt(r: Reserve, h: Holding, scaled: int, index: int) -> int:
    """Variable debt for an account (`_mintScaled`)."""
    h.scaled_debt = add(h.scaled_debt, scaled)
    h.debt_index = index
    r.scaled_debt = add(r.scaled_debt, scaled)
    return 0


@rule
def burn_debt(r: Reserve, h: Holding, scaled: int, index: int) -> int:
    """Variable debt of an account (`_burnScaled`)."""
    h.scaled_debt = sub(h.scaled_debt, scaled)
    h.debt_index = index
    r.scaled_debt = sub(r.scaled_debt, scaled)
    return 0


@rule
def stable_of(r: Reserve, h: Holding) -> Stable:
    """The storage of the stable debt token that concerns one account."""
    return Stable(
        r.stable_principal, r.average_stable_rate, r.stable_updated, h.stable_principal, h.stable_rate, h.stable_updated
    )


@rule
def write_stable(r: Reserve, h: Holding, s: Stable) -> int:
    """Store it."""
    r.stable_principal, r.average_stable_rate, r.stable_updated = s.principal, s.average_rate, s.updated
    h.stable_principal, h.stable_rate, h.stable_updated = s.user_principal, s.user_rate, s.user_updated
    return 0


class Change(NamedTuple):
    """Debt of one kind minted or burned, not written yet."""

    scaled: int  # scaled variable debt, 0 for stable
    stable: Stable  # storage of the stable debt token afterwards
    move: StableMove
    after: Debts  # of the reserve


@rule
def minted(version: int, r: Reserve, h: Holding, a: Accrued, amount: int, scaled: int, mode: int, now: int) -> Change:
    """`amount` of new debt; `scaled`: the same as scaled variable debt."""
    stable = stable_of(r, h)
    if mode == STABLE:
        c = mint_stable(version, stable, amount, r.stable_rate, now)
        return Change(ZERO + ZERO, c.after, c.move, Debts(r.scaled_debt, c.move.supply, c.move.average_rate))
    return Change(scaled, stable, NO_MOVE, debts(r, add(r.scaled_debt, scaled), a.stable_total))


@rule
def burned(version: int, r: Reserve, h: Holding, a: Accrued, amount: int, mode: int, now: int) -> Change:
    """`amount` less debt."""
    stable = stable_of(r, h)
    if mode == STABLE:
        c = burn_stable(version, stable, amount, now)
        return Change(ZERO + ZERO, c.after, c.move, Debts(r.scaled_debt, c.move.supply, c.move.average_rate))
    scaled = scaled_debt_burn(version, amount, a.variable_borrow_index)
    return Change(scaled, stable, NO_MOVE, debts(r, sub(r.scaled_debt, scaled), a.stable_total))


@rule
def write_change(r: Reserve, h: Holding, c: Change, mode: int, mint: int, index: int) -> int:
    """Store a change, a mint or a burn."""
    if mode == STABLE:
        return write_stable(r, h, c.stable)
    return mint_debt(r, h, c.scaled, index) if mint else burn_debt(r, h, c.scaled, index)


# ---- credit delegation ----------------------------------------------------------------------------------------------
class Delegation(NamedTuple):
    """What a borrow on behalf of another account consumes."""

    code: int
    row: int  # of the allowance, -1: none needed
    left: int  # raw


@rule
def find_allowance(market: Market, k: int, delegator: int, delegatee: int, mode: int) -> int:
    """Row of a credit delegation, -1 when there is none."""
    for row in range(len(market.allowances)):
        w = market.allowances[row]
        if w.mode == mode and w.reserve == k and w.delegator == delegator and w.delegatee == delegatee:
            return row
    return -1


@rule
def approve_delegation(market: Market, i: int, to: int, k: int, mode: int, amount: int) -> int:
    """Account i lets `to` borrow k on its name (`DebtTokenBase.sol: approveDelegation`)."""
    if mode != VARIABLE and not (mode == STABLE and has_stable_debt(market.settings[0].version)):
        return codes.NOT_IN_VERSION
    row = find_allowance(market, k, i, to, mode)
    if row < 0:
        for free in range(len(market.allowances)):
            if row < 0 and market.allowances[free].mode == 0:
                row = free
        if row < 0:
            return codes.NO_FREE_ALLOWANCE
    w = market.allowances[row]
    w.mode, w.reserve, w.delegator, w.delegatee, w.amount = mode, k, i, to, amount
    return codes.OK


@rule
def delegation(
    market: Market, caller: int, i: int, k: int, mode: int, amount: int, scaled: int, index: int
) -> Delegation:
    """Allowance left after the caller borrows for account i (`_decreaseBorrowAllowance`): the amount; from 3.5 the
    growth of the rounded debt, which 3.5 took from the caller's own debt instead of the debtor's: its slip, kept."""
    if caller == i:
        return Delegation(codes.OK, -1, ZERO)
    version, count = market.settings[0].version, len(market.reserves)
    row = find_allowance(market, k, i, caller, mode)
    allowed: int = ZERO
    if row >= 0:
        allowed = market.allowances[row].amount
    if allowed < amount:
        return Delegation(codes.BORROW_ALLOWANCE_EXCEEDED, -1, ZERO)
    consumed = amount + ZERO
    if rounds_directionally(version):
        owed = market.holdings[(caller if version == V350 else i) * count + k].scaled_debt
        consumed = sub(debt_balance(version, add(owed, scaled), index), debt_balance(version, owed, index))
    return Delegation(codes.OK, row, allowed - consumed if allowed > consumed else ZERO)


@rule
def write_delegation(market: Market, d: Delegation) -> int:
    """Store what is left."""
    if d.row >= 0:
        market.allowances[d.row].amount = d.left
    return 0


# ---- isolation mode -------------------------------------------------------------------------------------------------
@rule
def isolated_units(r: Reserve, amount: int) -> int:
    """Raw amount of r in the two decimals of a debt ceiling, rounded down (`convertToIsolatedDebtUnits`)."""
    return amount // r.isolation_unit


@rule
def isolation_code(market: Market, k: int, collateral: int, amount: int) -> int:
    """Whether `amount` of k may be borrowed against the isolated `collateral` (-1: not isolated)."""
    if collateral < 0:
        return codes.OK
    r, c = market.reserves[k], market.reserves[collateral]
    if r.borrowable_in_isolation == 0:
        return codes.ASSET_NOT_BORROWABLE_IN_ISOLATION
    if add(c.isolation_debt, isolated_units(r, amount)) > c.debt_ceiling:
        return codes.DEBT_CEILING_EXCEEDED
    return codes.OK


@rule
def raise_isolated_debt(market: Market, k: int, collateral: int, amount: int) -> int:
    """More debt against an isolated collateral; the answer is its total."""
    if collateral < 0:
        return ZERO
    c = market.reserves[collateral]
    c.isolation_debt = add(c.isolation_debt, isolated_units(market.reserves[k], amount))
    return c.isolation_debt


@rule
def lower_isolated_debt(market: Market, k: int, collateral: int, amount: int) -> int:
    """Less debt against an isolated collateral, not below 0 since interest is not in it; the answer is its total."""
    if collateral < 0:
        return ZERO
    c, units = market.reserves[collateral], isolated_units(market.reserves[k], amount)
    c.isolation_debt = c.isolation_debt - units if c.isolation_debt > units else ZERO
    return c.isolation_debt
