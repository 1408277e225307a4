"""The logs that an accepted operation must leave, in the order of its version, told from the model's records."""

from collections.abc import Iterator
from typing import Any

from protocol_sim.fork.adapters.aave_v3.ledger import DEBT, Ledger
from protocol_sim.fork.adapters.aave_v3.people import POOL, RECEIVER, SIMPLE
from protocol_sim.fork.adapters.aave_v3.stage import Stage
from protocol_sim.fork.artifacts import Event
from protocol_sim.protocols.aave_v3 import results
from protocol_sim.protocols.aave_v3.rules import debt_balance

STABLE, VARIABLE = 1, 2
Arguments = dict[str, Any]


def update(model: Stage, k: int, u: results.ReserveUpdate) -> Event:
    """`ReserveDataUpdated`."""
    values = (u.liquidity_rate, u.stable_rate, u.variable_rate, u.liquidity_index, u.variable_borrow_index)
    return POOL, "ReserveDataUpdated", (model.names[k], *values)


def stored_update(model: Stage, k: int) -> Event:
    """`ReserveDataUpdated` with what the reserve holds now."""
    r = model.market.reserves[k]
    values = (r.liquidity_rate, r.stable_rate, r.variable_rate, r.liquidity_index, r.variable_borrow_index)
    return POOL, "ReserveDataUpdated", (model.names[k], *values)


def collateral_use(model: Stage, k: int, i: int, used: int) -> Event:
    """`ReserveUsedAsCollateralEnabled` or `Disabled`."""
    return POOL, f"ReserveUsedAsCollateral{'Enabled' if used else 'Disabled'}", (model.names[k], model.people[i])


def isolation(model: Stage, k: int, total: int) -> Iterator[Event]:
    """`IsolationModeTotalDebtUpdated` of the isolated collateral k, if there is one."""
    if k >= 0:
        yield POOL, "IsolationModeTotalDebtUpdated", (model.names[k], total)


def stable_mint(model: Stage, k: int, caller: int, i: int, amount: int, move: results.StableMove) -> Iterator[Event]:
    """`StableDebtToken.sol: mint`."""
    more = amount + move.increase
    told = (move.balance, move.increase, move.rate, move.average_rate, move.supply)
    yield f"stable {model.names[k]}", "Transfer", ("", model.people[i], more)
    yield f"stable {model.names[k]}", "Mint", (model.people[caller], model.people[i], more, *told)


def stable_burn(model: Stage, k: int, i: int, amount: int, move: results.StableMove) -> Iterator[Event]:
    """`StableDebtToken.sol: burn`: a Mint when more interest has accrued than is burned."""
    emitter, who = f"stable {model.names[k]}", model.people[i]
    if move.increase > amount:
        told = (move.balance, move.increase, move.rate, move.average_rate, move.supply)
        yield emitter, "Transfer", ("", who, move.increase - amount)
        yield emitter, "Mint", (who, who, move.increase - amount, *told)
    else:
        yield emitter, "Transfer", (who, "", amount - move.increase)
        left = (move.balance, move.increase, move.average_rate, move.supply)
        yield emitter, "Burn", (who, amount - move.increase, *left)


def supply(ledger: Ledger, model: Stage, a: Arguments, r: results.Supplied) -> Iterator[Event]:
    """`SupplyLogic.sol: executeSupply`."""
    k, behalf, who = a["k"], a["on_behalf"], model.people[a["i"]]
    yield update(model, k, r.update)
    yield from ledger.supply(who, behalf, k, r.amount, r.update.liquidity_index)
    if r.first:
        yield collateral_use(model, k, behalf, 1)
    yield POOL, "Supply", (model.names[k], who, model.people[behalf], r.amount, a["referral"])


def withdraw(ledger: Ledger, model: Stage, a: Arguments, r: results.Withdrawn) -> Iterator[Event]:
    """`SupplyLogic.sol: executeWithdraw`; the flag falls before the burn in 3.0.2, after it in 3.6."""
    k, i, to = a["k"], a["i"], model.people[a["to"]]
    scaled = ledger.scaled["a", i, k] - model.holding(i, k).scaled_supply
    yield update(model, k, r.update)
    if r.emptied and not model.last:
        yield collateral_use(model, k, i, 0)
    yield from ledger.withdraw(i, to, k, r.amount, r.update.liquidity_index, scaled)
    if r.emptied and model.last:
        yield collateral_use(model, k, i, 0)
    yield POOL, "Withdraw", (model.names[k], model.people[i], to, r.amount)


def borrow(ledger: Ledger, model: Stage, a: Arguments, r: results.Borrowed) -> Iterator[Event]:
    """`BorrowLogic.sol: executeBorrow`; 3.6 says nothing of a used allowance."""
    k, i, behalf, index = a["k"], a["i"], a["on_behalf"], r.update.variable_borrow_index
    if r.delegated and not model.last:
        token = f"{'stable' if a['mode'] == STABLE else 'variable'} {model.names[k]}"
        yield token, "BorrowAllowanceDelegated", (model.people[behalf], model.people[i], model.names[k], r.allowance)
    if a["mode"] == STABLE:
        yield from stable_mint(model, k, i, behalf, r.amount, r.stable)
    else:
        yield from ledger.borrow(model.people[i], behalf, k, r.amount, index)
    yield from isolation(model, r.isolated, r.isolation_debt)
    yield update(model, k, r.update)
    people = (model.people[i], model.people[behalf])
    yield POOL, "Borrow", (model.names[k], *people, r.amount, a["mode"], r.rate, a["referral"])


def repay(ledger: Ledger, model: Stage, a: Arguments, r: results.Repaid, with_a_tokens: bool) -> Iterator[Event]:
    """`BorrowLogic.sol: executeRepay`."""
    k, i, behalf = a["k"], a["i"], a["on_behalf"]
    if a["mode"] == STABLE:
        yield from stable_burn(model, k, behalf, r.amount, r.stable)
    else:
        yield from ledger.repay(behalf, k, r.amount, r.update.variable_borrow_index)
    yield update(model, k, r.update)
    yield from isolation(model, r.isolated, r.isolation_debt)
    if with_a_tokens:
        yield from ledger.withdraw(i, f"a{model.names[k]}", k, r.amount, r.update.liquidity_index)
        if r.emptied:
            yield collateral_use(model, k, i, 0)
    yield POOL, "Repay", (model.names[k], model.people[behalf], model.people[i], r.amount, with_a_tokens)


def swap_mode(ledger: Ledger, model: Stage, a: Arguments, r: results.Swapped) -> Iterator[Event]:
    """`BorrowLogic.sol: executeSwapBorrowRateMode`; `mode` is the one that is left."""
    k, i, index = a["k"], a["i"], r.update.variable_borrow_index
    if a["mode"] == STABLE:
        yield from stable_burn(model, k, i, r.amount, r.stable)
        yield from ledger.borrow(model.people[i], i, k, r.amount, index)
    else:
        yield from ledger.repay(i, k, r.amount, index)
        yield from stable_mint(model, k, i, i, r.amount, r.stable)
    yield update(model, k, r.update)
    yield POOL, "SwapBorrowRateMode", (model.names[k], model.people[i], a["mode"])


def rebalance(model: Stage, a: Arguments, r: results.Rebalanced) -> Iterator[Event]:
    """`BorrowLogic.sol: executeRebalanceStableBorrowRate`."""
    k, user = a["k"], a["user"]
    yield from stable_burn(model, k, user, r.amount, r.burned)
    yield from stable_mint(model, k, user, user, r.amount, r.minted)
    yield update(model, k, r.update)
    yield POOL, "RebalanceStableBorrowRate", (model.names[k], model.people[user])


def transfer(ledger: Ledger, model: Stage, a: Arguments, r: results.Transferred) -> Iterator[Event]:
    """`AToken.sol: _transfer`; `BalanceTransfer` comes last in 3.0.2."""
    k, i, to = a["k"], a["i"], a["to"]
    told, moved = ledger.transfer(a.get("caller", model.people[i]), i, to, k, r.amount, r.supply_index)
    yield from told
    if model.last:
        yield moved
    if r.emptied:
        yield collateral_use(model, k, i, 0)
    if r.first:
        yield collateral_use(model, k, to, 1)
    if not model.last:
        yield moved


def liquidation(
    ledger: Ledger, model: Stage, a: Arguments, r: results.Liquidated, before: int, takes_fee: bool
) -> Iterator[Event]:
    """`LiquidationLogic.sol: executeLiquidationCall`; `before`: the borrower's bitmap of debts."""
    kc, kd, user, i, index = a["kc"], a["kd"], a["user"], a["i"], r.debt_update.variable_borrow_index
    if r.disabled:
        yield collateral_use(model, kc, user, 0)
    yield from _debt_burned(ledger, model, kd, user, r, index)
    if r.deficit:
        yield POOL, "DeficitCreated", (model.people[user], model.names[kd], r.deficit)
    yield update(model, kd, r.debt_update)
    yield from isolation(model, r.isolated, r.isolation_debt)
    if a["receive_a_token"]:
        told, moved = ledger.transfer(POOL, user, i, kc, r.seized, r.supply_index)
        yield from (*told, moved)
        if r.enabled:
            yield collateral_use(model, kc, i, 1)
    else:
        yield update(model, kc, r.collateral_update)
        yield from ledger.withdraw(user, model.people[i], kc, r.seized, r.supply_index)
    if takes_fee:
        scaled = ledger.scaled["a", user, kc] - model.holding(user, kc).scaled_supply
        told, moved = ledger.transfer(POOL, user, model.treasury, kc, r.fee, r.supply_index, scaled)
        yield from (*told, moved)
    left = [k for k in range(len(model.names)) if before >> k & 1 and k != kd]
    if r.deficit or (model.last and left and not model.debts(user)):
        yield from _bad_debt(ledger, model, user, left)
    flags = (r.repaid, r.seized, model.people[i], bool(a["receive_a_token"]))
    yield POOL, "LiquidationCall", (model.names[kc], model.names[kd], model.people[user], *flags)


def _debt_burned(
    ledger: Ledger, model: Stage, kd: int, user: int, r: results.Liquidated, index: int
) -> Iterator[Event]:
    """Variable debt first, then stable."""
    variable = debt_balance(model.version, ledger.scaled[DEBT, user, kd], index)
    amount = min(r.repaid + r.deficit, variable)
    if amount:
        yield from ledger.repay(user, kd, amount, index)
    if r.repaid + r.deficit > amount:
        yield from stable_burn(model, kd, user, r.repaid + r.deficit - amount, r.stable)


def _bad_debt(ledger: Ledger, model: Stage, user: int, left: list[int]) -> Iterator[Event]:
    """`_burnBadDebt`: every other debt of somebody without collateral."""
    for k in left:
        r = model.market.reserves[k]
        if r.active:
            amount = debt_balance(model.version, ledger.scaled[DEBT, user, k], r.variable_borrow_index)
            yield from ledger.repay(user, k, amount, r.variable_borrow_index)
            yield POOL, "DeficitCreated", (model.people[user], model.names[k], amount)
            yield stored_update(model, k)


def minted(ledger: Ledger, model: Stage, a: Arguments, r: results.Minted) -> Iterator[Event]:
    """`PoolLogic.sol: executeMintToTreasury`."""
    if r.amount:
        index = model.holding(model.treasury, a["k"]).supply_index
        yield from ledger.treasury(POOL, model.treasury, a["k"], r.amount, r.scaled, index)
        yield POOL, "MintedToTreasury", (model.names[a["k"]], r.amount)


def covered(ledger: Ledger, model: Stage, a: Arguments, r: results.Covered) -> Iterator[Event]:
    """`LiquidationLogic.sol: executeEliminateDeficit`."""
    k, i = a["k"], a["i"]
    if r.emptied:
        yield collateral_use(model, k, i, 0)
    yield from ledger.withdraw(i, f"a{model.names[k]}", k, r.amount, r.update.liquidity_index)
    yield update(model, k, r.update)
    yield POOL, "DeficitCovered", (model.names[k], model.people[i], r.amount)


def flash_loan(
    ledger: Ledger, model: Stage, a: Arguments, loans: list[results.FlashLoaned], fails: bool
) -> Iterator[Event]:
    """`FlashLoanLogic.sol: executeFlashLoan`."""
    said = "ExecutedWithFail" if fails else "ExecutedWithSuccess"
    assets = tuple(model.names[k] for k in a["assets"])
    yield RECEIVER, said, (assets, tuple(a["amounts"]), tuple(r.premium for r in loans))
    for k, mode, r in zip(a["assets"], a["modes"], loans, strict=True):
        yield from lent(ledger, model, {**a, "k": k, "mode": mode, "receiver": RECEIVER}, r)


def lent(ledger: Ledger, model: Stage, a: Arguments, r: results.FlashLoaned) -> Iterator[Event]:
    """One asset settled (`_handleFlashLoanRepayment`), or made debt."""
    k, mode = a["k"], a["mode"]
    if mode == 0:
        yield update(model, k, r.debt.update)
    else:
        yield from borrow(ledger, model, a, r.debt)
    told = (a["receiver"], model.people[a["i"]], model.names[k], r.amount, mode, r.premium, a["referral"])
    yield POOL, "FlashLoan", told


def flash_loan_simple(
    ledger: Ledger, model: Stage, a: Arguments, r: results.FlashLoaned, fails: bool
) -> Iterator[Event]:
    """`FlashLoanLogic.sol: executeFlashLoanSimple`."""
    k = a["k"]
    yield SIMPLE, "ExecutedWithFail" if fails else "ExecutedWithSuccess", (model.names[k], r.amount, r.premium)
    yield from lent(ledger, model, {**a, "mode": 0, "receiver": SIMPLE}, r)
