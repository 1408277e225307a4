"""A transaction as a row, and one text that plays rows: by Python on lists, compiled on tables."""

from protocol_sim.numeric import U256, Rows, record, rule
from protocol_sim.protocols.aave_v3 import configuration as conf
from protocol_sim.protocols.aave_v3 import emode_configuration as emodes
from protocol_sim.protocols.aave_v3.account import account_data
from protocol_sim.protocols.aave_v3.borrow import borrow
from protocol_sim.protocols.aave_v3.debt import approve_delegation
from protocol_sim.protocols.aave_v3.emode import set_emode
from protocol_sim.protocols.aave_v3.flash_loan import flash_loan_simple
from protocol_sim.protocols.aave_v3.rate_mode import rebalance_stable_rate, swap_rate_mode
from protocol_sim.protocols.aave_v3.repay import repay, repay_with_atokens
from protocol_sim.protocols.aave_v3.settlement import liquidation_call
from protocol_sim.protocols.aave_v3.state import Market
from protocol_sim.protocols.aave_v3.supply import set_collateral, supply, transfer_atoken, withdraw
from protocol_sim.protocols.aave_v3.treasury import eliminate_deficit, mint_to_treasury

NAMES = (
    "supply", "withdraw", "borrow", "repay", "repay_with_atokens", "set_collateral", "transfer_atoken", "set_emode",
    "liquidation_call", "flash_loan_simple", "mint_to_treasury", "eliminate_deficit", "swap_rate_mode",
    "rebalance_stable_rate", "approve_delegation", "set_price", "configure_collateral", "set_frozen", "set_paused",
    "set_reserve_factor", "set_emode_zero_ltv", "set_emode_borrowable", "set_borrow_cap", "set_supply_cap",
)  # fmt: skip


@record
class Act:
    """One transaction; unused fields are 0. Answers: the code and a few figures of the result."""

    kind: int = 0  # index in NAMES
    caller: int = 0
    i: int = 0
    k: int = 0
    other: int = 0  # collateral, category
    mode: int = 0
    flag: int = 0
    amount: U256 = 0
    wallet: U256 = 0
    now: int = 0
    code: int = 0
    out1: U256 = 0
    out2: U256 = 0


@rule
def play(m: Market, t: Act) -> int:
    """Run one transaction and note its code and figures."""
    code, a, b = 0, t.amount * 0, t.amount * 0
    if t.kind == 0:
        code, r0 = supply(m, t.caller, t.i, t.k, t.amount, t.wallet, t.now)
        a, b = r0.amount, r0.update.liquidity_rate
    elif t.kind == 1:
        code, r1 = withdraw(m, t.i, t.k, t.amount, t.now)
        a, b = r1.amount, r1.update.liquidity_rate
    elif t.kind == 2:
        code, r2 = borrow(m, t.caller, t.i, t.k, t.amount, t.mode, t.now)
        a, b = r2.rate, r2.isolation_debt
    elif t.kind == 3:
        code, r3 = repay(m, t.caller, t.i, t.k, t.amount, t.mode, t.wallet, t.now)
        a, b = r3.amount, r3.isolation_debt
    elif t.kind == 4:
        code, r4 = repay_with_atokens(m, t.i, t.k, t.amount, t.mode, t.now)
        a, b = r4.amount, r4.update.variable_rate
    elif t.kind == 5:
        code, _ = set_collateral(m, t.i, t.k, t.flag, t.now)
    elif t.kind == 6:
        code, r6 = transfer_atoken(m, t.caller, t.i, t.k, t.amount, t.now)
        a, b = r6.scaled, r6.supply_index
    elif t.kind == 7:
        code, _ = set_emode(m, t.i, t.other, t.now)
    elif t.kind == 8:
        code, r8 = liquidation_call(m, t.caller, t.i, t.other, t.k, t.amount, t.flag, t.wallet, t.now)
        a, b = r8.seized, r8.deficit
    elif t.kind == 9:
        code, r9 = flash_loan_simple(m, t.k, t.amount, t.flag, t.wallet, t.now)
        a, b = r9.premium, r9.debt.update.liquidity_index
    elif t.kind == 10:
        code, r10 = mint_to_treasury(m, t.k, t.now)
        a, b = r10.amount, r10.scaled
    elif t.kind == 11:
        code, r11 = eliminate_deficit(m, t.i, t.k, t.amount, t.now)
        a, b = r11.amount, r11.update.liquidity_rate
    elif t.kind == 12:
        code, r12 = swap_rate_mode(m, t.i, t.k, t.mode, t.now)
        a, b = r12.amount, r12.stable.average_rate
    elif t.kind == 13:
        code, r13 = rebalance_stable_rate(m, t.i, t.k, t.now)
        a, b = r13.amount, r13.minted.rate
    elif t.kind == 14:
        code = approve_delegation(m, t.i, t.caller, t.k, t.mode, t.amount)
    elif t.kind == 15:
        code = conf.set_price(m, t.k, t.amount)
    elif t.kind == 16:
        code = conf.configure_collateral(m, t.k, t.mode, t.other, t.flag)
    elif t.kind == 17:
        code = conf.set_frozen(m, t.k, t.flag)
    elif t.kind == 18:
        code = conf.set_paused(m, t.k, t.flag, t.other, t.now)
    elif t.kind == 19:
        code = conf.set_reserve_factor(m, t.k, t.other, t.now)
    elif t.kind == 20:
        code = emodes.set_emode_zero_ltv(m, t.k, t.other, t.flag)
    elif t.kind == 21:
        code = emodes.set_emode_borrowable(m, t.k, t.other, t.flag)
    elif t.kind == 22:
        code = conf.set_borrow_cap(m, t.k, t.other)
    else:
        code = conf.set_supply_cap(m, t.k, t.other)
    if t.kind < 8 or t.kind > 14:
        b = account_data(m, t.i, t.now).health_factor
    t.code, t.out1, t.out2 = code, a, b
    return code


@rule
def play_all(m: Market, acts: Rows[Act]) -> int:
    """Run every row in order."""
    for n in range(len(acts)):
        play(m, acts[n])
    return len(acts)
