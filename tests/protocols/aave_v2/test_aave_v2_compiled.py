"""One text: every operation, compiled and in Python, on the same random calls, state compared after each."""

import copy
import random
from types import SimpleNamespace

import pytest

from protocol_sim.errors import Revert
from protocol_sim.numeric import MAX_UINT256, U256, WAD, record
from protocol_sim.protocols.aave_v2 import configuration as C
from protocol_sim.protocols.aave_v2.account import account_data
from protocol_sim.protocols.aave_v2.borrow import approve_delegation, borrow, repay
from protocol_sim.protocols.aave_v2.flash_loan import flash_loan
from protocol_sim.protocols.aave_v2.liquidation import liquidation_call, liquidation_plan
from protocol_sim.protocols.aave_v2.rate_mode import rebalance_stable_rate, swap_rate_mode
from protocol_sim.protocols.aave_v2.state import Account, Allowance, Holding, Market, Reserve, Settings
from protocol_sim.protocols.aave_v2.supply import set_collateral, supply, transfer_atoken, withdraw

RECORDS = (Reserve, Holding, Account, Allowance, Settings)
LAST = 18


@record
class Call:
    """Wide arguments, and an amount that the operation answered."""

    amount: U256 = 0
    wallet: U256 = 0
    told: U256 = 0


def play(op: int, m: Market, calls: list[Call], i: int, j: int, k: int, kc: int, mode: int, now: int) -> int:
    """Operation number `op`; a code."""
    amount, wallet = calls[0].amount, calls[0].wallet
    code, told = 0, wallet
    if op == 0:
        code, a = supply(m, i, k, amount, wallet, now)
        told = a.amount + a.to_treasury
    elif op == 1:
        code, b = withdraw(m, i, k, amount, now)
        told = b.amount + b.to_treasury
    elif op == 2:
        code, c = borrow(m, j, i, k, amount, mode, now)
        told = c.rate + c.stable.supply
    elif op == 3:
        code, d = repay(m, j, i, k, amount, mode, wallet, now)
        told = d.amount + d.stable.average_rate
    elif op == 4:
        code, e = swap_rate_mode(m, i, k, mode, now)
        told = e.amount
    elif op == 5:
        code, f = rebalance_stable_rate(m, i, k, now)
        told = f.amount
    elif op == 6:
        code, g = set_collateral(m, i, k, mode & 1, now)
        told = wallet + g.used
    elif op == 7:
        code, h = transfer_atoken(m, i, j, k, amount, now)
        told = h.income + h.first + h.emptied
    elif op == 8:
        code, n = flash_loan(m, j, i, k, amount, mode, wallet, now)
        told = n.premium + n.paid
    elif op == 9:
        code, p = liquidation_plan(m, i, kc, k, amount, now)
        told = p.repaid + p.seized + p.scaled_burn
    elif op in (10, 11, 12):
        code, q = liquidation_call(m, j, i, kc, k, amount, mode & 1, wallet, now)
        told = q.repaid + q.seized + q.collateral_update.liquidity_rate + q.enabled
    elif op == 13:
        code = approve_delegation(m, i, j, k, 1 + (mode & 1), amount)
    elif op == 14:
        code = C.set_price(m, k, wallet)
    elif op == 15:
        code = C.configure_collateral(m, k, 7000 + mode * 100, 7500 + mode * 100, 10500 + mode * 200)
    elif op == 16:
        code = C.set_reserve_factor(m, k, mode * 1000)
    elif op == 17:
        s = account_data(m, i, now)
        told = s.collateral + s.debt + s.ltv + s.threshold + s.health_factor // 2
    else:
        code = C.set_active(m, k, 1)
    calls[0].told = told
    return code


def draw(rng: random.Random, m: Market, now: int) -> tuple[int, tuple[int, int], tuple[int, int, int, int, int]]:
    """(operation, its wide arguments, accounts, assets and mode)."""
    op, k, i = rng.randrange(LAST + 1), rng.randrange(3), rng.randrange(4)
    j = i if rng.random() < 0.6 else rng.randrange(5)
    unit = m.reserves[k].unit
    amount = rng.choice([0, 1, MAX_UINT256, rng.randrange(10 * unit), rng.randrange(1, 500 * unit)])
    wallet = rng.choice([amount + amount // 1000 if amount < 2**120 else 2**120, rng.randrange(2**100)])
    if op == 14:
        wallet = min(m.reserves[k].price * rng.choice([60, 90, 100, 111, 150]) // 100, 10**25)
    kc = rng.randrange(3)
    flags = m.accounts[i]
    if 9 <= op <= 12 and flags.borrowing and flags.collateral and rng.random() < 0.8:
        k = flags.borrowing.bit_length() - 1
        kc = flags.collateral.bit_length() - 1
        factor = min(account_data(m, i, now).health_factor, 10**22)
        price = m.reserves[k].price * factor // WAD * rng.choice([100, 101, 120]) // 100
        m.reserves[k].price = min(max(1, price), 10**25)
    return op, (amount, wallet), (i, j, k, kc, rng.choice([0, 1, 2, 2, 3]))


@pytest.mark.slow
def test_compiled_and_python_end_in_the_same_integers(v2: SimpleNamespace) -> None:
    from numba import njit

    from protocol_sim.numeric.compiled import Table

    run = njit(play)
    done: dict[tuple[int, bool], int] = {}
    for seed in range(20):
        rng, now = random.Random(seed), 5_000
        m: Market = v2.busy()
        for _ in range(150):
            now += rng.choice([0, 1, 12, 3_600, 10**6])
            op, (amount, wallet), rest = draw(rng, m, now)
            calls = [Call(amount=amount, wallet=wallet)]
            tables = Market(*(Table.of(t, rows) for t, rows in zip(RECORDS, m, strict=True)))
            table = Table.of(Call, calls)
            kept = Market(*([copy.copy(row) for row in rows] for rows in m))
            try:
                code = play(op, m, calls, *rest, now)
            except Revert:
                with pytest.raises((OverflowError, ZeroDivisionError)):
                    run(op, tables, table, *rest, now)
                m = kept
                continue
            assert run(op, tables, table, *rest, now) == code
            assert table.records() == calls
            assert [t.records() for t in tables] == [list(rows) for rows in m]
            done[op, code == 0] = done.get((op, code == 0), 0) + 1
    assert {op for op, accepted in done if accepted} >= set(range(LAST + 1)) - {5}
    assert sum(n for (op, accepted), n in done.items() if op in (10, 11, 12) and accepted) > 50
