"""The logs that an accepted operation must leave, in the order of its version, told from the model's records."""

from collections.abc import Iterator
from typing import Any

from protocol_sim.fork.adapters.aave_v3.ledger import DEBT, Ledger
from protocol_sim.fork.adapters.aave_v3.model import Model
from protocol_sim.fork.adapters.aave_v3.people import ACCOUNTS, NAMES, POOL, RECEIVER, SIMPLE, TREASURY
from protocol_sim.fork.artifacts import Event
from protocol_sim.protocols.aave_v3 import results
from protocol_sim.protocols.aave_v3.rules import debt_balance

STABLE, VARIABLE = 1, 2
Arguments = dict[str, Any]


def update(k: int, u: results.ReserveUpdate) -> Event:
    """`ReserveDataUpdated`."""
    values = (u.liquidity_rate, u.stable_rate, u.variable_rate, u.liquidity_index, u.variable_borrow_index)
    return POOL, "ReserveDataUpdated", (NAMES[k], *values)


def stored_update(model: Model, k: int) -> Event:
    """`ReserveDataUpdated` with what the reserve holds now."""
    r = model.market.reserves[k]
    values = (r.liquidity_rate, r.stable_rate, r.variable_rate, r.liquidity_index, r.variable_borrow_index)
    return POOL, "ReserveDataUpdated", (NAMES[k], *values)


def collateral_use(k: int, i: int, used: int) -> Event:
    """`ReserveUsedAsCollateralEnabled` or `Disabled`."""
    return POOL, f"ReserveUsedAsCollateral{'Enabled' if used else 'Disabled'}", (NAMES[k], ACCOUNTS[i])


def isolation(k: int, total: int) -> Iterator[Event]:
    """`IsolationModeTotalDebtUpdated` of the isolated collateral k, if there is one."""
    if k >= 0:
        yield POOL, "IsolationModeTotalDebtUpdated", (NAMES[k], total)


def stable_mint(k: int, caller: int, i: int, amount: int, move: results.StableMove) -> Iterator[Event]:
    """`StableDebtToken.sol: mint`."""
    more = amount + move.increase
    told = (move.balance, move.increase, move.rate, move.average_rate, move.supply)
    yield f"stable {NAMES[k]}", "Transfer", ("", ACCOUNTS[i], more)
    yield f"stable {NAMES[k]}", "Mint", (ACCOUNTS[caller], ACCOUNTS[i], more, *told)


def stable_burn(k: int, i: int, amount: int, move: results.StableMove) -> Iterator[Event]:
    """`StableDebtToken.sol: burn`: a Mint when more interest has accrued than is burned."""
    emitter, who = f"stable {NAMES[k]}", ACCOUNTS[i]
    if move.increase > amount:
        told = (move.balance, move.increase, move.rate, move.average_rate, move.supply)
        yield emitter, "Transfer", ("", who, move.increase - amount)
        yield emitter, "Mint", (who, who, move.increase - amount, *told)
    else:
        yield emitter, "Transfer", (who, "", amount - move.increase)
        left = (move.balance, move.increase, move.average_rate, move.supply)
        yield emitter, "Burn", (who, amount - move.increase, *left)


def supply(ledger: Ledger, a: Arguments, r: results.Supplied) -> Iterator[Event]:
    """`SupplyLogic.sol: executeSupply`."""
    k, behalf, who = a["k"], a["on_behalf"], ACCOUNTS[a["i"]]
    yield update(k, r.update)
    yield from ledger.supply(who, behalf, k, r.amount, r.update.liquidity_index)
    if r.first:
        yield collateral_use(k, behalf, 1)
    yield POOL, "Supply", (NAMES[k], who, ACCOUNTS[behalf], r.amount, a["referral"])


def withdraw(ledger: Ledger, model: Model, a: Arguments, r: results.Withdrawn) -> Iterator[Event]:
    """`SupplyLogic.sol: executeWithdraw`; the flag falls before the burn in 3.0.2, after it in 3.6."""
    k, i, to = a["k"], a["i"], ACCOUNTS[a["to"]]
    scaled = ledger.scaled["a", i, k] - model.holding(i, k).scaled_supply
    yield update(k, r.update)
    if r.emptied and not model.last:
        yield collateral_use(k, i, 0)
    yield from ledger.withdraw(i, to, k, r.amount, r.update.liquidity_index, scaled)
    if r.emptied and model.last:
        yield collateral_use(k, i, 0)
    yield POOL, "Withdraw", (NAMES[k], ACCOUNTS[i], to, r.amount)


def borrow(ledger: Ledger, model: Model, a: Arguments, r: results.Borrowed) -> Iterator[Event]:
    """`BorrowLogic.sol: executeBorrow`; 3.6 says nothing of a used allowance."""
    k, i, behalf, index = a["k"], a["i"], a["on_behalf"], r.update.variable_borrow_index
    if r.delegated and not model.last:
        token = f"{'stable' if a['mode'] == STABLE else 'variable'} {NAMES[k]}"
        yield token, "BorrowAllowanceDelegated", (ACCOUNTS[behalf], ACCOUNTS[i], NAMES[k], r.allowance)
    if a["mode"] == STABLE:
        yield from stable_mint(k, i, behalf, r.amount, r.stable)
    else:
        yield from ledger.borrow(ACCOUNTS[i], behalf, k, r.amount, index)
    yield from isolation(r.isolated, r.isolation_debt)
    yield update(k, r.update)
    yield POOL, "Borrow", (NAMES[k], ACCOUNTS[i], ACCOUNTS[behalf], r.amount, a["mode"], r.rate, a["referral"])


def repay(ledger: Ledger, a: Arguments, r: results.Repaid, with_a_tokens: bool) -> Iterator[Event]:
    """`BorrowLogic.sol: executeRepay`."""
    k, i, behalf = a["k"], a["i"], a["on_behalf"]
    if a["mode"] == STABLE:
        yield from stable_burn(k, behalf, r.amount, r.stable)
    else:
        yield from ledger.repay(behalf, k, r.amount, r.update.variable_borrow_index)
    yield update(k, r.update)
    yield from isolation(r.isolated, r.isolation_debt)
    if with_a_tokens:
        yield from ledger.withdraw(i, f"a{NAMES[k]}", k, r.amount, r.update.liquidity_index)
        if r.emptied:
            yield collateral_use(k, i, 0)
    yield POOL, "Repay", (NAMES[k], ACCOUNTS[behalf], ACCOUNTS[i], r.amount, with_a_tokens)


def swap_mode(ledger: Ledger, a: Arguments, r: results.Swapped) -> Iterator[Event]:
    """`BorrowLogic.sol: executeSwapBorrowRateMode`; `mode` is the one that is left."""
    k, i, index = a["k"], a["i"], r.update.variable_borrow_index
    if a["mode"] == STABLE:
        yield from stable_burn(k, i, r.amount, r.stable)
        yield from ledger.borrow(ACCOUNTS[i], i, k, r.amount, index)
    else:
        yield from ledger.repay(i, k, r.amount, index)
        yield from stable_mint(k, i, i, r.amount, r.stable)
    yield update(k, r.update)
    yield POOL, "SwapBorrowRateMode", (NAMES[k], ACCOUNTS[i], a["mode"])


def rebalance(a: Arguments, r: results.Rebalanced) -> Iterator[Event]:
    """`BorrowLogic.sol: executeRebalanceStableBorrowRate`."""
    k, user = a["k"], a["user"]
    yield from stable_burn(k, user, r.amount, r.burned)
    yield from stable_mint(k, user, user, r.amount, r.minted)
    yield update(k, r.update)
    yield POOL, "RebalanceStableBorrowRate", (NAMES[k], ACCOUNTS[user])


def transfer(ledger: Ledger, model: Model, a: Arguments, r: results.Transferred) -> Iterator[Event]:
    """`AToken.sol: _transfer`; `BalanceTransfer` comes last in 3.0.2."""
    k, i, to = a["k"], a["i"], a["to"]
    told, moved = ledger.transfer(ACCOUNTS[i], i, to, k, r.amount, r.supply_index)
    yield from told
    if model.last:
        yield moved
    if r.emptied:
        yield collateral_use(k, i, 0)
    if r.first:
        yield collateral_use(k, to, 1)
    if not model.last:
        yield moved


def liquidation(
    ledger: Ledger, model: Model, a: Arguments, r: results.Liquidated, before: int, takes_fee: bool
) -> Iterator[Event]:
    """`LiquidationLogic.sol: executeLiquidationCall`; `before`: the borrower's bitmap of debts."""
    kc, kd, user, i, index = a["kc"], a["kd"], a["user"], a["i"], r.debt_update.variable_borrow_index
    if r.disabled:
        yield collateral_use(kc, user, 0)
    yield from _debt_burned(ledger, model, kd, user, r, index)
    if r.deficit:
        yield POOL, "DeficitCreated", (ACCOUNTS[user], NAMES[kd], r.deficit)
    yield update(kd, r.debt_update)
    yield from isolation(r.isolated, r.isolation_debt)
    if a["receive_a_token"]:
        told, moved = ledger.transfer(POOL, user, i, kc, r.seized, r.supply_index)
        yield from (*told, moved)
        if r.enabled:
            yield collateral_use(kc, i, 1)
    else:
        yield update(kc, r.collateral_update)
        yield from ledger.withdraw(user, ACCOUNTS[i], kc, r.seized, r.supply_index)
    if takes_fee:
        scaled = ledger.scaled["a", user, kc] - model.holding(user, kc).scaled_supply
        told, moved = ledger.transfer(POOL, user, ACCOUNTS.index(TREASURY), kc, r.fee, r.supply_index, scaled)
        yield from (*told, moved)
    left = [k for k in range(len(NAMES)) if before >> k & 1 and k != kd]
    if r.deficit or (model.last and left and not model.debts(user)):
        yield from _bad_debt(ledger, model, user, left)
    flags = (r.repaid, r.seized, ACCOUNTS[i], bool(a["receive_a_token"]))
    yield POOL, "LiquidationCall", (NAMES[kc], NAMES[kd], ACCOUNTS[user], *flags)


def _debt_burned(
    ledger: Ledger, model: Model, kd: int, user: int, r: results.Liquidated, index: int
) -> Iterator[Event]:
    """Variable debt first, then stable."""
    variable = debt_balance(model.version, ledger.scaled[DEBT, user, kd], index)
    amount = min(r.repaid + r.deficit, variable)
    if amount:
        yield from ledger.repay(user, kd, amount, index)
    if r.repaid + r.deficit > amount:
        yield from stable_burn(kd, user, r.repaid + r.deficit - amount, r.stable)


def _bad_debt(ledger: Ledger, model: Model, user: int, left: list[int]) -> Iterator[Event]:
    """`_burnBadDebt`: every other debt of somebody without collateral."""
    for k in left:
        r = model.market.reserves[k]
        if r.active:
            amount = debt_balance(model.version, ledger.scaled[DEBT, user, k], r.variable_borrow_index)
            yield from ledger.repay(user, k, amount, r.variable_borrow_index)
            yield POOL, "DeficitCreated", (ACCOUNTS[user], NAMES[k], amount)
            yield stored_update(model, k)


def minted(ledger: Ledger, a: Arguments, r: results.Minted, index: int) -> Iterator[Event]:
    """`PoolLogic.sol: executeMintToTreasury`."""
    if r.amount:
        yield from ledger.treasury(POOL, ACCOUNTS.index(TREASURY), a["k"], r.amount, r.scaled, index)
        yield POOL, "MintedToTreasury", (NAMES[a["k"]], r.amount)


def covered(ledger: Ledger, a: Arguments, r: results.Covered) -> Iterator[Event]:
    """`LiquidationLogic.sol: executeEliminateDeficit`."""
    k, i = a["k"], a["i"]
    if r.emptied:
        yield collateral_use(k, i, 0)
    yield from ledger.withdraw(i, f"a{NAMES[k]}", k, r.amount, r.update.liquidity_index)
    yield update(k, r.update)
    yield POOL, "DeficitCovered", (NAMES[k], ACCOUNTS[i], r.amount)


def flash_loan(
    ledger: Ledger, model: Model, a: Arguments, loans: list[results.FlashLoaned], fails: bool
) -> Iterator[Event]:
    """`FlashLoanLogic.sol: executeFlashLoan`."""
    said = "ExecutedWithFail" if fails else "ExecutedWithSuccess"
    assets = tuple(NAMES[k] for k in a["assets"])
    yield RECEIVER, said, (assets, tuple(a["amounts"]), tuple(r.premium for r in loans))
    for k, mode, r in zip(a["assets"], a["modes"], loans, strict=True):
        if mode == 0:
            yield update(k, r.debt.update)
        else:
            yield from borrow(ledger, model, {**a, "k": k, "mode": mode}, r.debt)
        yield POOL, "FlashLoan", (RECEIVER, ACCOUNTS[a["i"]], NAMES[k], r.amount, mode, r.premium, a["referral"])


def flash_loan_simple(a: Arguments, r: results.FlashLoaned, fails: bool) -> Iterator[Event]:
    """`FlashLoanLogic.sol: executeFlashLoanSimple`."""
    k = a["k"]
    yield SIMPLE, "ExecutedWithFail" if fails else "ExecutedWithSuccess", (NAMES[k], r.amount, r.premium)
    yield update(k, r.debt.update)
    yield POOL, "FlashLoan", (SIMPLE, ACCOUNTS[a["i"]], NAMES[k], r.amount, 0, r.premium, a["referral"])
