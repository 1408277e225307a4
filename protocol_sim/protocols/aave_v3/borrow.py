"""Borrow, at a variable rate or (3.0.2) at a stable one. Sources: `BorrowLogic.sol`, `ValidationLogic.sol:
validateBorrow`."""

from protocol_sim.numeric import (
    WAD,
    ZERO,
    add,
    fits,
    mul,
    percent_div_half_up,
    percent_mul_half_up,
    rule,
)
from protocol_sim.protocols.aave_v3 import codes
from protocol_sim.protocols.aave_v3.account import account_data, has, isolated_by, sentinel_allows, siloed_by, with_bit
from protocol_sim.protocols.aave_v3.accrual import (
    Accrued,
    Rates,
    accrue,
    next_rates,
    normalized_income,
    write_accrual,
    write_rates,
)
from protocol_sim.protocols.aave_v3.debt import (
    Change,
    Delegation,
    delegation,
    isolation_code,
    minted,
    raise_isolated_debt,
    write_change,
    write_delegation,
)
from protocol_sim.protocols.aave_v3.results import NO_MOVE, NO_UPDATE, Borrowed
from protocol_sim.protocols.aave_v3.rules import (
    debt_balance,
    percent_div_up,
    scaled_debt_mint,
    supply_balance,
    value_down,
)
from protocol_sim.protocols.aave_v3.state import STABLE, VARIABLE, Market, Reserve
from protocol_sim.protocols.aave_v3.supply import scaled_width
from protocol_sim.protocols.aave_v3.versions import (
    accounts_virtually,
    checks_isolation_after_mint,
    emode_decides_alone,
    has_liquid_emodes,
    has_stable_debt,
    rounds_directionally,
)


# ---- validations ----------------------------------------------------------------------------------------------------
@rule
def _flags_code(market: Market, k: int, i: int) -> int:
    """Active, not paused, not frozen, borrowable: by the reserve, in 3.6 by the eMode alone for somebody in one."""
    version, r, category = market.settings[0].version, market.reserves[k], market.accounts[i].emode
    if r.active == 0:
        return codes.RESERVE_INACTIVE
    if r.paused:
        return codes.RESERVE_PAUSED
    if r.frozen:
        return codes.RESERVE_FROZEN
    if emode_decides_alone(version) and category != 0:
        return codes.OK if has(market.categories[category].borrowable, k) else codes.NOT_BORROWABLE_IN_EMODE
    return codes.OK if r.borrowing else codes.BORROWING_NOT_ENABLED


@rule
def _cap_code(version: int, r: Reserve, a: Accrued, amount: int, scaled: int) -> int:
    """Whether all debt, `amount` included, stays under the borrow cap."""
    if r.borrow_cap == 0:
        return codes.OK
    if rounds_directionally(version):
        total = debt_balance(version, add(r.scaled_debt, scaled), a.variable_borrow_index)
    else:
        total = add(add(a.stable_total, debt_balance(version, r.scaled_debt, a.variable_borrow_index)), amount)
    return codes.BORROW_CAP_EXCEEDED if total > mul(r.unit, r.borrow_cap) else codes.OK


@rule
def _emode_code(market: Market, k: int, i: int) -> int:
    """Whether somebody in an eMode may borrow k (to 3.5)."""
    version, category = market.settings[0].version, market.accounts[i].emode
    if category == 0 or emode_decides_alone(version):
        return codes.OK
    if has_liquid_emodes(version):
        return codes.OK if has(market.categories[category].borrowable, k) else codes.NOT_BORROWABLE_IN_EMODE
    return codes.OK if market.reserves[k].emode == category else codes.INCONSISTENT_EMODE_CATEGORY


@rule
def _collateral_code(market: Market, k: int, i: int, amount: int, now: int) -> int:
    """Whether the collateral covers the debt before plus the new one (to 3.4)."""
    version, r, category = market.settings[0].version, market.reserves[k], market.accounts[i].emode
    d = account_data(market, i, now)
    if d.collateral == 0:
        return codes.COLLATERAL_BALANCE_IS_ZERO
    if d.ltv == 0:
        return codes.LTV_VALIDATION_FAILED
    if d.health_factor <= WAD:
        return codes.HEALTH_FACTOR_LOWER_THAN_LIQUIDATION_THRESHOLD
    price = r.price
    if category != 0 and not has_liquid_emodes(version) and market.categories[category].price != 0:
        price = market.categories[category].price
    needed = percent_div_half_up(add(d.debt, value_down(amount, price, r.unit)), d.ltv)
    return codes.COLLATERAL_CANNOT_COVER_NEW_BORROW if needed > d.collateral else codes.OK


@rule
def _stable_code(market: Market, k: int, i: int, amount: int, now: int) -> int:
    """What a stable borrow is refused for on top (3.0.2)."""
    s, r = market.settings[0], market.reserves[k]
    if r.stable_borrowing == 0:
        return codes.STABLE_BORROWING_NOT_ENABLED
    if has(market.accounts[i].collateral, k) and r.ltv != 0:
        h = market.holdings[i * len(market.reserves) + k]
        if amount <= supply_balance(s.version, h.scaled_supply, normalized_income(s.version, r, now)):
            return codes.COLLATERAL_SAME_AS_BORROWING_CURRENCY
    if amount > percent_mul_half_up(r.available_liquidity, s.max_stable_loan):
        return codes.AMOUNT_BIGGER_THAN_MAX_LOAN_SIZE_STABLE
    return codes.OK


@rule
def _siloed_code(market: Market, k: int, i: int) -> int:
    """A siloed asset can only be the one borrowed."""
    owner = market.accounts[i]
    if owner.borrowing == 0:
        return codes.OK
    siloed = siloed_by(market, owner)
    if siloed >= 0:
        return codes.OK if siloed == k else codes.SILOED_BORROWING_VIOLATION
    return codes.SILOED_BORROWING_VIOLATION if market.reserves[k].siloed else codes.OK


@rule
def _mode_code(version: int, mode: int) -> int:
    """Variable, or stable in 3.0.2."""
    return (
        codes.OK
        if mode == VARIABLE or (mode == STABLE and has_stable_debt(version))
        else codes.INVALID_INTEREST_RATE_MODE_SELECTED
    )


@rule
def borrow_code(market: Market, k: int, i: int, amount: int, scaled: int, mode: int, a: Accrued, now: int) -> int:
    """`ValidationLogic.sol: validateBorrow`, in its order."""
    s, r = market.settings[0], market.reserves[k]
    version = s.version
    directional = rounds_directionally(version)
    if (scaled if directional else amount) == 0:
        return codes.INVALID_AMOUNT
    code = _flags_code(market, k, i)
    if code != codes.OK:
        return code
    if accounts_virtually(version):
        wanted = debt_balance(version, scaled, a.variable_borrow_index) if directional else amount + ZERO
        if supply_balance(version, r.scaled_supply, a.liquidity_index) < wanted:
            return codes.INVALID_AMOUNT
    if not sentinel_allows(s, now):
        return codes.PRICE_ORACLE_SENTINEL_CHECK_FAILED
    code = _mode_code(version, mode)
    if code == codes.OK:
        code = _cap_code(version, r, a, amount, scaled)
    if code == codes.OK and not checks_isolation_after_mint(version):
        code = isolation_code(market, k, isolated_by(market, market.accounts[i]), amount)
    if code == codes.OK:
        code = _emode_code(market, k, i)
    if code == codes.OK and not directional:
        code = _collateral_code(market, k, i, amount, now)
    if code == codes.OK and mode == STABLE:
        code = _stable_code(market, k, i, amount, now)
    return _siloed_code(market, k, i) if code == codes.OK else code


@rule
def _covered_code(market: Market, k: int, i: int, scaled: int, now: int) -> int:
    """Ltv, health and cover with the new debt in place (`validateHFAndLtv` of 3.5); nothing stays written."""
    h, owner = market.holdings[i * len(market.reserves) + k], market.accounts[i]
    before, bits = h.scaled_debt, owner.borrowing
    h.scaled_debt = add(before, scaled)
    owner.borrowing = with_bit(bits, k, 1)
    d = account_data(market, i, now)
    h.scaled_debt, owner.borrowing = before, bits
    if d.ltv == 0:
        return codes.LTV_VALIDATION_FAILED
    if d.health_factor < WAD:
        return codes.HEALTH_FACTOR_LOWER_THAN_LIQUIDATION_THRESHOLD
    return codes.COLLATERAL_CANNOT_COVER_NEW_BORROW if d.collateral < percent_div_up(d.debt, d.ltv) else codes.OK


# ---- the operation --------------------------------------------------------------------------------------------------
@rule
def _mint_code(market: Market, i: int, k: int, amount: int, scaled: int, mode: int) -> int:
    """What the debt token and, since 3.4, isolation mode refuse after the validation."""
    version = market.settings[0].version
    if mode == VARIABLE and scaled == 0:
        return codes.INVALID_MINT_AMOUNT
    if not fits(scaled, scaled_width(version)):
        return codes.CAST_OVERFLOW
    if checks_isolation_after_mint(version):
        return isolation_code(market, k, isolated_by(market, market.accounts[i]), amount)
    return codes.OK


@rule
def execute_borrow(
    market: Market, caller: int, i: int, k: int, amount: int, mode: int, released: int, now: int
) -> tuple[int, Borrowed]:
    """`BorrowLogic.sol: executeBorrow`; `released` 0: the underlying is already out, by a flash loan."""
    version, r, h = market.settings[0].version, market.reserves[k], market.holdings[i * len(market.reserves) + k]
    none = Borrowed(ZERO, ZERO, 0, ZERO, -1, ZERO, NO_MOVE, NO_UPDATE)
    amount = amount + ZERO
    if mode > VARIABLE:
        return codes.PANIC_ENUM, none
    a = accrue(version, r, now)
    scaled: int = ZERO
    if rounds_directionally(version):
        scaled = scaled_debt_mint(version, amount, a.variable_borrow_index)
    code = borrow_code(market, k, i, amount, scaled, mode, a, now)
    if code != codes.OK:
        return code, none
    scaled = scaled_debt_mint(version, amount, a.variable_borrow_index)
    d = delegation(market, caller, i, k, mode, amount, scaled, a.variable_borrow_index)
    code = d.code if d.code != codes.OK else _mint_code(market, i, k, amount, scaled, mode)
    if code != codes.OK:
        return code, none
    c = minted(version, r, h, a, amount, scaled, mode, now)
    rates = next_rates(version, r, a, c.after, ZERO, amount if released else ZERO, r.deficit)
    code = rates.code
    if code == codes.OK and rounds_directionally(version):
        code = _covered_code(market, k, i, scaled, now)
    if code != codes.OK:
        return code, none
    write_delegation(market, d)
    return codes.OK, _write_borrow(market, i, k, amount, mode, released, a, c, d, rates, now)


@rule
def _write_borrow(
    market: Market, i: int, k: int, amount: int, mode: int, released: int,
    a: Accrued, c: Change, d: Delegation, rates: Rates, now: int,
) -> Borrowed:  # fmt: skip
    """The debt and what follows from it."""
    r, owner = market.reserves[k], market.accounts[i]
    rate = r.stable_rate
    write_accrual(r, a, now)
    write_change(r, market.holdings[i * len(market.reserves) + k], c, mode, 1, a.variable_borrow_index)
    owner.borrowing = with_bit(owner.borrowing, k, 1)
    isolated = isolated_by(market, owner)
    isolation_debt = raise_isolated_debt(market, k, isolated, amount)
    update = write_rates(r, rates)
    if released:
        r.available_liquidity = r.available_liquidity - amount
    if mode != STABLE:
        rate = r.variable_rate
    return Borrowed(amount, rate, 1 if d.row >= 0 else 0, d.left, isolated, isolation_debt, c.move, update)


@rule
def borrow(market: Market, caller: int, i: int, k: int, amount: int, mode: int, now: int) -> tuple[int, Borrowed]:
    """The caller borrows `amount` of k, owed by account i (`Pool.sol: borrow`); `mode`: STABLE or VARIABLE."""
    return execute_borrow(market, caller, i, k, amount, mode, 1, now)
