"""The logs that an accepted operation must leave, in the contract's order, told from the model's records."""

from collections.abc import Iterator
from typing import Any

from protocol_sim.fork.adapters.aave_v2.chain import ACCOUNTS, NAMES, POOL, RECEIVER, TREASURY
from protocol_sim.fork.artifacts import Event
from protocol_sim.protocols.aave_v2 import results

ZERO = ""  # the zero address
STABLE, VARIABLE = 1, 2


def update(k: int, u: results.ReserveUpdate) -> Event:
    """`ReserveLogic.sol: updateInterestRates`."""
    values = (u.liquidity_rate, u.stable_rate, u.variable_rate, u.liquidity_index, u.variable_borrow_index)
    return POOL, "ReserveDataUpdated", (NAMES[k], *values)


def treasury(k: int, amount: int, index: int) -> Iterator[Event]:
    """`AToken.sol: mintToTreasury`."""
    if amount:
        yield f"a{NAMES[k]}", "Transfer", (ZERO, TREASURY, amount)
        yield f"a{NAMES[k]}", "Mint", (TREASURY, amount, index)


def collateral_use(k: int, i: int, used: int) -> Event:
    """`ReserveUsedAsCollateralEnabled` or `Disabled`."""
    return POOL, f"ReserveUsedAsCollateral{'Enabled' if used else 'Disabled'}", (NAMES[k], ACCOUNTS[i])


def variable_mint(k: int, i: int, behalf: int, amount: int, index: int) -> Iterator[Event]:
    """`VariableDebtToken.sol: mint`."""
    yield f"variable {NAMES[k]}", "Transfer", (ZERO, ACCOUNTS[behalf], amount)
    yield f"variable {NAMES[k]}", "Mint", (ACCOUNTS[i], ACCOUNTS[behalf], amount, index)


def variable_burn(k: int, i: int, amount: int, index: int) -> Iterator[Event]:
    """`VariableDebtToken.sol: burn`."""
    yield f"variable {NAMES[k]}", "Transfer", (ACCOUNTS[i], ZERO, amount)
    yield f"variable {NAMES[k]}", "Burn", (ACCOUNTS[i], amount, index)


def stable_mint(k: int, i: int, behalf: int, amount: int, move: results.StableMove) -> Iterator[Event]:
    """`StableDebtToken.sol: mint`."""
    told = (move.balance, move.increase, move.rate, move.average_rate, move.supply)
    yield f"stable {NAMES[k]}", "Transfer", (ZERO, ACCOUNTS[behalf], amount)
    yield f"stable {NAMES[k]}", "Mint", (ACCOUNTS[i], ACCOUNTS[behalf], amount, *told)


def stable_burn(k: int, i: int, amount: int, move: results.StableMove) -> Iterator[Event]:
    """`StableDebtToken.sol: burn`: a Mint when more interest has accrued than is burned."""
    if move.increase > amount:
        told = (move.balance, move.increase, move.rate, move.average_rate, move.supply)
        yield f"stable {NAMES[k]}", "Mint", (ACCOUNTS[i], ACCOUNTS[i], move.increase - amount, *told)
    else:
        left = (move.balance, move.increase, move.average_rate, move.supply)
        yield f"stable {NAMES[k]}", "Burn", (ACCOUNTS[i], amount - move.increase, *left)
    yield f"stable {NAMES[k]}", "Transfer", (ACCOUNTS[i], ZERO, amount)


def deposit(a: dict[str, Any], r: results.Supplied) -> Iterator[Event]:
    """`LendingPool.sol: deposit`."""
    k, behalf, index = a["k"], a["on_behalf"], r.update.liquidity_index
    yield from treasury(k, r.to_treasury, index)
    yield update(k, r.update)
    yield f"a{NAMES[k]}", "Transfer", (ZERO, ACCOUNTS[behalf], r.amount)
    yield f"a{NAMES[k]}", "Mint", (ACCOUNTS[behalf], r.amount, index)
    if r.first:
        yield collateral_use(k, behalf, 1)
    yield POOL, "Deposit", (NAMES[k], ACCOUNTS[a["i"]], ACCOUNTS[behalf], r.amount, a["referral"])


def withdraw(a: dict[str, Any], r: results.Withdrawn) -> Iterator[Event]:
    """`LendingPool.sol: withdraw`."""
    k, who, to, index = a["k"], ACCOUNTS[a["i"]], ACCOUNTS[a["to"]], r.update.liquidity_index
    yield from treasury(k, r.to_treasury, index)
    yield update(k, r.update)
    if r.emptied:
        yield collateral_use(k, a["i"], 0)
    yield f"a{NAMES[k]}", "Transfer", (who, ZERO, r.amount)
    yield f"a{NAMES[k]}", "Burn", (who, to, r.amount, index)
    yield POOL, "Withdraw", (NAMES[k], who, to, r.amount)


def borrow(a: dict[str, Any], r: results.Borrowed) -> Iterator[Event]:
    """`LendingPool.sol: _executeBorrow`."""
    k, i, behalf = a["k"], a["i"], a["on_behalf"]
    yield from treasury(k, r.to_treasury, r.update.liquidity_index)
    if r.delegated:
        token = f"{'stable' if a['mode'] == STABLE else 'variable'} {NAMES[k]}"
        yield token, "BorrowAllowanceDelegated", (ACCOUNTS[behalf], ACCOUNTS[i], NAMES[k], r.allowance)
    if a["mode"] == STABLE:
        yield from stable_mint(k, i, behalf, r.amount, r.stable)
    else:
        yield from variable_mint(k, i, behalf, r.amount, r.update.variable_borrow_index)
    yield update(k, r.update)
    yield POOL, "Borrow", (NAMES[k], ACCOUNTS[i], ACCOUNTS[behalf], r.amount, a["mode"], r.rate, a["referral"])


def repay(a: dict[str, Any], r: results.Repaid) -> Iterator[Event]:
    """`LendingPool.sol: repay`."""
    k, behalf = a["k"], a["on_behalf"]
    yield from treasury(k, r.to_treasury, r.update.liquidity_index)
    if a["mode"] == STABLE:
        yield from stable_burn(k, behalf, r.amount, r.stable)
    else:
        yield from variable_burn(k, behalf, r.amount, r.update.variable_borrow_index)
    yield update(k, r.update)
    yield POOL, "Repay", (NAMES[k], ACCOUNTS[behalf], ACCOUNTS[a["i"]], r.amount)


def swap_mode(a: dict[str, Any], r: results.Swapped) -> Iterator[Event]:
    """`LendingPool.sol: swapBorrowRateMode`; `mode` is the one that is left."""
    k, i, index = a["k"], a["i"], r.update.variable_borrow_index
    yield from treasury(k, r.to_treasury, r.update.liquidity_index)
    if a["mode"] == STABLE:
        yield from stable_burn(k, i, r.amount, r.stable)
        yield from variable_mint(k, i, i, r.amount, index)
    else:
        yield from variable_burn(k, i, r.amount, index)
        yield from stable_mint(k, i, i, r.amount, r.stable)
    yield update(k, r.update)
    yield POOL, "Swap", (NAMES[k], ACCOUNTS[i], a["mode"])


def rebalance(a: dict[str, Any], r: results.Rebalanced) -> Iterator[Event]:
    """`LendingPool.sol: rebalanceStableBorrowRate`."""
    k, user = a["k"], a["user"]
    yield from treasury(k, r.to_treasury, r.update.liquidity_index)
    yield from stable_burn(k, user, r.amount, r.burned)
    yield from stable_mint(k, user, user, r.amount, r.minted)
    yield update(k, r.update)
    yield POOL, "RebalanceStableBorrowRate", (NAMES[k], ACCOUNTS[user])


def transfer(a: dict[str, Any], r: results.Transferred) -> Iterator[Event]:
    """`AToken.sol: transfer` with `LendingPool.sol: finalizeTransfer`."""
    k, who, to = a["k"], ACCOUNTS[a["i"]], ACCOUNTS[a["to"]]
    if r.emptied:
        yield collateral_use(k, a["i"], 0)
    if r.first:
        yield collateral_use(k, a["to"], 1)
    yield f"a{NAMES[k]}", "BalanceTransfer", (who, to, r.amount, r.income)
    yield f"a{NAMES[k]}", "Transfer", (who, to, r.amount)


def flash_loan(
    a: dict[str, Any], loans: list[results.FlashLoaned], indices: list[int], fails: bool
) -> Iterator[Event]:
    """`LendingPool.sol: flashLoan`; `indices` are the liquidity indices (ray) before the premiums came in."""
    assets = tuple(NAMES[k] for k in a["assets"])
    said = "ExecutedWithFail" if fails else "ExecutedWithSuccess"
    yield RECEIVER, said, (assets, tuple(a["amounts"]), tuple(r.premium for r in loans))
    for k, mode, r, index in zip(a["assets"], a["modes"], loans, indices, strict=True):
        if mode == 0:
            yield from treasury(k, r.debt.to_treasury, index)
            yield update(k, r.debt.update)
        else:
            yield from borrow({**a, "k": k, "mode": mode}, r.debt)
        yield POOL, "FlashLoan", (RECEIVER, ACCOUNTS[a["i"]], NAMES[k], r.amount, r.premium, a["referral"])


def liquidation(a: dict[str, Any], r: results.Liquidated) -> Iterator[Event]:
    """`LendingPoolCollateralManager.sol: liquidationCall`."""
    kc, kd, user, who = a["kc"], a["kd"], a["user"], a["i"]
    yield from treasury(kd, r.debt_to_treasury, r.debt_update.liquidity_index)
    if r.variable_burn:
        yield from variable_burn(kd, user, r.variable_burn, r.debt_update.variable_borrow_index)
    if r.stable_burn:
        yield from stable_burn(kd, user, r.stable_burn, r.stable)
    yield update(kd, r.debt_update)
    if a["receive_a_token"]:
        yield f"a{NAMES[kc]}", "BalanceTransfer", (ACCOUNTS[user], ACCOUNTS[who], r.seized, r.income)
        yield f"a{NAMES[kc]}", "Transfer", (ACCOUNTS[user], ACCOUNTS[who], r.seized)
        if r.enabled:
            yield collateral_use(kc, who, 1)
    else:
        yield from treasury(kc, r.collateral_to_treasury, r.collateral_update.liquidity_index)
        yield update(kc, r.collateral_update)
        yield f"a{NAMES[kc]}", "Transfer", (ACCOUNTS[user], ZERO, r.seized)
        yield f"a{NAMES[kc]}", "Burn", (ACCOUNTS[user], ACCOUNTS[who], r.seized, r.income)
    if r.disabled:
        yield collateral_use(kc, user, 0)
    told = (r.repaid, r.seized, ACCOUNTS[who], bool(a["receive_a_token"]))
    yield POOL, "LiquidationCall", (NAMES[kc], NAMES[kd], ACCOUNTS[user], *told)


CONFIGURED = {
    "freezeReserve": "ReserveFrozen",
    "unfreezeReserve": "ReserveUnfrozen",
    "activateReserve": "ReserveActivated",
    "deactivateReserve": "ReserveDeactivated",
    "disableBorrowingOnReserve": "BorrowingDisabledOnReserve",
    "enableReserveStableRate": "StableRateEnabledOnReserve",
    "disableReserveStableRate": "StableRateDisabledOnReserve",
}


def configuration(function: str, a: dict[str, Any]) -> Event:
    """`LendingPoolConfigurator.sol`."""
    if function == "setPoolPause":
        return POOL, "Paused" if a["value"] else "Unpaused", ()
    name = NAMES[a["k"]]
    if function == "configureReserveAsCollateral":
        return "configurator", "CollateralConfigurationChanged", (name, a["ltv"], a["threshold"], a["bonus"])
    if function == "setReserveInterestRateStrategyAddress":
        return "configurator", "ReserveInterestRateStrategyChanged", (name, f"strategy {a['strategy']}")
    if function == "setReserveFactor":
        return "configurator", "ReserveFactorChanged", (name, a["factor"])
    if function == "enableBorrowingOnReserve":
        return "configurator", "BorrowingEnabledOnReserve", (name, bool(a["stable"]))
    return "configurator", CONFIGURED[function], (name,)
