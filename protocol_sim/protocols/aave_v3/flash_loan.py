"""Flash loans of one asset, and the halves that a loan of several is made of (`shell.Shell.flash_loan`).

What the receiver does in between is the caller's: any operations between `flash_take` and `flash_settle`. Sources:
`FlashLoanLogic.sol`, `ValidationLogic.sol: validateFlashloanSimple`, `ReserveLogic.sol: cumulateToLiquidityIndex`.
"""

from collections.abc import Sequence

from protocol_sim.numeric import (
    RAY,
    ZERO,
    add,
    percent_mul_half_up,
    ray_div_half_up,
    ray_mul_half_up,
    rule,
    sub,
    wad_to_ray,
)
from protocol_sim.protocols.aave_v3 import codes
from protocol_sim.protocols.aave_v3.accrual import (
    accrue,
    debts,
    next_rates,
    normalized_income,
    write_accrual,
    write_rates,
)
from protocol_sim.protocols.aave_v3.borrow import execute_borrow
from protocol_sim.protocols.aave_v3.results import NO_MOVE, NO_UPDATE, Borrowed, FlashLoaned
from protocol_sim.protocols.aave_v3.rules import percent_mul_up, scaled_supply_mint, supply_balance, uint128
from protocol_sim.protocols.aave_v3.state import Market, Reserve
from protocol_sim.protocols.aave_v3.versions import accounts_virtually, pays_premium_to_treasury, rounds_directionally


@rule
def premium_of(version: int, amount: int, bps: int) -> int:
    """Premium on a loan, raw: half up, up from 3.5."""
    return percent_mul_up(amount, bps) if rounds_directionally(version) else percent_mul_half_up(amount, bps)


@rule
def flash_code(version: int, r: Reserve, amount: int, now: int) -> int:
    """`ValidationLogic.sol: validateFlashloanSimple`."""
    if r.paused:
        return codes.RESERVE_PAUSED
    if r.active == 0:
        return codes.RESERVE_INACTIVE
    if r.flash_loans == 0:
        return codes.FLASHLOAN_DISABLED
    if (
        accounts_virtually(version)
        and supply_balance(version, r.scaled_supply, normalized_income(version, r, now)) < amount
    ):
        return codes.INVALID_AMOUNT
    return codes.OK


@rule
def flash_take(market: Market, k: int, amount: int) -> int:
    """The underlying leaves the aToken."""
    r = market.reserves[k]
    if amount > r.available_liquidity:
        return (
            codes.PANIC_ARITHMETIC if accounts_virtually(market.settings[0].version) else codes.TRANSFER_EXCEEDS_BALANCE
        )
    r.available_liquidity = r.available_liquidity - amount
    return codes.OK


@rule
def _grown_index(r: Reserve, index: int, accrued: int, premium: int) -> int:
    """Supply index after `premium` is shared by all suppliers (`cumulateToLiquidityIndex`, to 3.3)."""
    total = add(ray_mul_half_up(r.scaled_supply, index), ray_mul_half_up(accrued, index))
    return uint128(ray_mul_half_up(add(ray_div_half_up(wad_to_ray(premium), wad_to_ray(total)), RAY), index))


@rule
def flash_settle(market: Market, k: int, amount: int, premium: int, wallet: int, now: int) -> tuple[int, FlashLoaned]:
    """The receiver pays `amount` and `premium` (`FlashLoanLogic.sol: _handleFlashLoanRepayment`); `wallet`: what it
    has."""
    s, r = market.settings[0], market.reserves[k]
    version = s.version
    nothing = Borrowed(ZERO, ZERO, 0, ZERO, -1, ZERO, NO_MOVE, NO_UPDATE)
    none = FlashLoaned(ZERO, ZERO, ZERO, nothing)
    a = accrue(version, r, now)
    paid = add(amount, premium)
    index, share = a.liquidity_index, premium + ZERO
    if not pays_premium_to_treasury(version):
        share = percent_mul_half_up(premium, s.flash_premium_to_protocol)
        index = _grown_index(r, index, add(r.accrued_to_treasury, a.to_treasury), sub(premium, share))
    to_treasury = scaled_supply_mint(version, share, index)
    rates = next_rates(version, r, a, debts(r, r.scaled_debt, a.stable_total), paid, ZERO, r.deficit)
    if paid > wallet:
        return codes.TRANSFER_EXCEEDS_BALANCE, none
    write_accrual(r, a, now)
    r.liquidity_index = index
    r.accrued_to_treasury = add(r.accrued_to_treasury, to_treasury)
    update = write_rates(r, rates)
    r.available_liquidity = add(r.available_liquidity, paid)
    debt = Borrowed(ZERO, ZERO, 0, ZERO, -1, ZERO, NO_MOVE, update)
    return codes.OK, FlashLoaned(amount + ZERO, premium + ZERO, paid, debt)


@rule
def flash_debt(
    market: Market, caller: int, i: int, k: int, amount: int, mode: int, now: int
) -> tuple[int, FlashLoaned]:
    """The receiver keeps the loan as debt of account i; no premium."""
    code, debt = execute_borrow(market, caller, i, k, amount, mode, 0, now)
    return code, FlashLoaned(debt.amount, ZERO, ZERO, debt)


@rule
def flash_loan_simple(
    market: Market, k: int, amount: int, success: int, wallet: int, now: int
) -> tuple[int, FlashLoaned]:
    """A loan of one asset, repaid at once (`Pool.sol: flashLoanSimple`); `success`: what executeOperation returned,
    `wallet`:
    the underlying that the receiver then has, the loan included."""
    s, r = market.settings[0], market.reserves[k]
    none = FlashLoaned(ZERO, ZERO, ZERO, Borrowed(ZERO, ZERO, 0, ZERO, -1, ZERO, NO_MOVE, NO_UPDATE))
    amount = amount + ZERO
    code = flash_code(s.version, r, amount, now)
    if code != codes.OK:
        return code, none
    premium = premium_of(s.version, amount, s.flash_premium)
    code = flash_take(market, k, amount)
    if code != codes.OK:
        return code, none
    code, loan = codes.INVALID_FLASHLOAN_EXECUTOR_RETURN, none
    if success:
        code, loan = flash_settle(market, k, amount, premium, wallet, now)
    if code != codes.OK:
        r.available_liquidity = r.available_liquidity + amount
    return code, loan


def flash_loans_code(market: Market, loans: Sequence[tuple[int, int]], now: int) -> int:
    """`ValidationLogic.sol: validateFlashloan` for (asset, raw amount) pairs; no asset twice from 3.1 on."""
    version = market.settings[0].version
    for n, (k, amount) in enumerate(loans):
        if accounts_virtually(version) and any(other == k for other, _ in loans[n + 1 :]):
            return codes.INCONSISTENT_FLASHLOAN_PARAMS
        code = flash_code(version, market.reserves[k], amount, now)
        if code != codes.OK:
            return code
    return codes.OK
