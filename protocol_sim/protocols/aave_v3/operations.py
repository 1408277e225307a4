"""The registry of operations: the rule, the contract's function, its versions, who pays what, and how it is checked.

The table of the package docstring and of the README is `table()`. Names that are known but not modelled are in
`REFUSED`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from protocol_sim.protocols.aave_v3 import configuration as conf
from protocol_sim.protocols.aave_v3 import emode_configuration as emodes
from protocol_sim.protocols.aave_v3.borrow import borrow
from protocol_sim.protocols.aave_v3.debt import approve_delegation
from protocol_sim.protocols.aave_v3.emode import set_emode
from protocol_sim.protocols.aave_v3.flash_loan import flash_loan_simple
from protocol_sim.protocols.aave_v3.rate_mode import rebalance_stable_rate, swap_rate_mode
from protocol_sim.protocols.aave_v3.repay import repay, repay_with_atokens
from protocol_sim.protocols.aave_v3.settlement import liquidation_call
from protocol_sim.protocols.aave_v3.supply import set_collateral, supply, transfer_atoken, withdraw
from protocol_sim.protocols.aave_v3.treasury import eliminate_deficit, mint_to_treasury
from protocol_sim.protocols.aave_v3.versions import V302, V330, V340, V350, V360, VERSIONS, name_of

Move = tuple[int, int, int]  # account, reserve, raw underlying gained
ALL, FIRST, LATER, LAST = (
    (V302, V330, V340, V350, V360),
    (V302,),
    (V330, V340, V350, V360),
    (V360,),
)
ON_ANVIL = (V302, V360)  # whose contracts are published as packages
BY_HAND, RANDOM, COMPILED = "hand", "invariants", "compiled"
ACCOUNTS = ("i", "caller", "payer", "to", "liquidator")  # arguments that name accounts


@dataclass(frozen=True)
class Operation:
    """One external function and its rule."""

    rule: Callable[..., Any]
    function: str  # of Pool, a token or PoolConfigurator
    versions: tuple[int, ...] = ALL
    payer: str = ""  # the argument that names who pays, if anybody does
    paid: str = "k"  # the argument that names what is paid
    moves: Callable[[dict[str, Any], Any], list[Move]] = lambda _a, _r: []
    checked: tuple[str, ...] = (BY_HAND,)


def _liquidated(a: dict[str, Any], r: Any) -> list[Move]:
    if a["liquidator"] < 0:
        return []
    seized = [] if a["receive_atoken"] else [(a["liquidator"], a["kc"], r.seized)]
    return [*seized, (a["liquidator"], a["kd"], -r.repaid)]


def _withdrawn(a: dict[str, Any], r: Any) -> list[Move]:
    return [(a.get("to", a["i"]), a["k"], r.amount)]


_FULL = (BY_HAND, RANDOM, COMPILED)
OPERATIONS: dict[str, Operation] = {
    "supply": Operation(
        supply, "supply, deposit", ALL, "caller", "k", lambda a, r: [(a["caller"], a["k"], -r.amount)], _FULL
    ),
    "withdraw": Operation(withdraw, "withdraw", moves=_withdrawn, checked=_FULL),
    "borrow": Operation(borrow, "borrow", moves=lambda a, r: [(a["caller"], a["k"], r.amount)], checked=_FULL),
    "repay": Operation(repay, "repay", ALL, "payer", "k", lambda a, r: [(a["payer"], a["k"], -r.amount)], _FULL),
    "repay_with_atokens": Operation(repay_with_atokens, "repayWithATokens", checked=_FULL),
    "swap_rate_mode": Operation(swap_rate_mode, "swapBorrowRateMode", FIRST, checked=_FULL),
    "rebalance_stable_rate": Operation(rebalance_stable_rate, "rebalanceStableBorrowRate", FIRST, checked=_FULL),
    "set_collateral": Operation(set_collateral, "setUserUseReserveAsCollateral", checked=_FULL),
    "set_emode": Operation(set_emode, "setUserEMode", checked=_FULL),
    "transfer_atoken": Operation(transfer_atoken, "AToken.transfer, finalizeTransfer", checked=_FULL),
    "liquidation_call": Operation(liquidation_call, "liquidationCall", ALL, "liquidator", "kd", _liquidated, _FULL),
    "flash_loan_simple": Operation(flash_loan_simple, "flashLoanSimple", checked=_FULL),
    "mint_to_treasury": Operation(mint_to_treasury, "mintToTreasury", checked=_FULL),
    "eliminate_deficit": Operation(eliminate_deficit, "eliminateReserveDeficit", LATER, checked=_FULL),
    "approve_delegation": Operation(approve_delegation, "DebtToken.approveDelegation", checked=(BY_HAND, COMPILED)),
    "configure_collateral": Operation(
        conf.configure_collateral, "configureReserveAsCollateral", checked=(BY_HAND, COMPILED)
    ),
    "set_borrowing": Operation(conf.set_borrowing, "setReserveBorrowing"),
    "set_stable_borrowing": Operation(conf.set_stable_borrowing, "setReserveStableRateBorrowing", FIRST),
    "set_flash_loans": Operation(conf.set_flash_loans, "setReserveFlashLoaning"),
    "set_active": Operation(conf.set_active, "setReserveActive"),
    "set_frozen": Operation(conf.set_frozen, "setReserveFreeze", checked=(BY_HAND, COMPILED)),
    "set_zero_ltv": Operation(conf.set_zero_ltv, "setReserveLtvzero", LAST),
    "set_paused": Operation(conf.set_paused, "setReservePause, setPoolPause", checked=(BY_HAND, COMPILED)),
    "end_grace_period": Operation(conf.end_grace_period, "disableLiquidationGracePeriod", LATER),
    "set_borrowable_in_isolation": Operation(conf.set_borrowable_in_isolation, "setBorrowableInIsolation"),
    "set_siloed": Operation(conf.set_siloed, "setSiloedBorrowing"),
    "set_debt_ceiling": Operation(conf.set_debt_ceiling, "setDebtCeiling"),
    "set_borrow_cap": Operation(conf.set_borrow_cap, "setBorrowCap", checked=(BY_HAND, COMPILED)),
    "set_supply_cap": Operation(conf.set_supply_cap, "setSupplyCap", checked=(BY_HAND, COMPILED)),
    "set_liquidation_fee": Operation(conf.set_liquidation_fee, "setLiquidationProtocolFee"),
    "set_reserve_factor": Operation(conf.set_reserve_factor, "setReserveFactor", checked=_FULL),
    "set_flash_premium": Operation(conf.set_flash_premium, "updateFlashloanPremiumTotal, -ToProtocol"),
    "set_rates": Operation(conf.set_rates, "setReserveInterestRateData", LATER),
    "set_variable_curve": Operation(conf.set_variable_curve, "setReserveInterestRateStrategyAddress, by values", FIRST),
    "set_emode_category": Operation(emodes.set_emode_category, "setEModeCategory"),
    "set_emode_price": Operation(emodes.set_emode_price, "the answer of an eMode's price source", FIRST),
    "set_asset_emode": Operation(emodes.set_asset_emode, "setAssetEModeCategory", FIRST),
    "set_emode_collateral": Operation(emodes.set_emode_collateral, "setAssetCollateralInEMode", LATER),
    "set_emode_borrowable": Operation(
        emodes.set_emode_borrowable, "setAssetBorrowableInEMode", LATER, checked=(BY_HAND, COMPILED)
    ),
    "set_emode_zero_ltv": Operation(
        emodes.set_emode_zero_ltv, "setAssetLtvzeroInEMode", LAST, checked=(BY_HAND, COMPILED)
    ),
    "set_price": Operation(conf.set_price, "a feed's answer, AaveOracle.getAssetPrice", checked=_FULL),
    "set_sentinel": Operation(conf.set_sentinel, "setPriceOracleSentinel, setGracePeriod"),
    "set_sequencer": Operation(conf.set_sequencer, "the sequencer feed's answer"),
}
"""Every modelled operation by the name that `shell.AaveV3.call` takes."""

REFUSED = {
    "mint_unbacked": "bridging: mintUnbacked, to 3.3",
    "back_unbacked": "bridging: backUnbacked, to 3.3",
    "set_unbacked_mint_cap": "bridging: setUnbackedMintCap, to 3.3",
    "set_bridge_protocol_fee": "bridging: updateBridgeProtocolFee, to 3.3",
    "init_reserve": "reserves are fixed when the market is made: initReserves",
    "drop_reserve": "reserves are fixed when the market is made: dropReserve",
    "update_token": "code is fixed: updateAToken, updateStableDebtToken, updateVariableDebtToken",
    "transfer_from": "ERC20 allowances are not state: AToken.transferFrom, approve, permit",
    "set_position_manager": "they only delegate calls: approvePositionManager, …OnBehalfOf, from 3.4",
    "rescue_tokens": "no tokens outside the model: rescueTokens",
}
"""What the contracts offer and the model refuses by name, with the reason."""


def _versions(op: Operation) -> str:
    if op.versions == ALL:
        return "all"
    first, last = name_of(op.versions[0]), name_of(op.versions[-1])
    return f"{first} only" if first == last else f"{first} to {last}"


def _anvil(versions: tuple[int, ...]) -> str:
    """The versions in which `verify anvil aave-v3` plays an operation against the real contracts."""
    return "anvil " + " and ".join(name_of(version) for version in ON_ANVIL if version in versions)


def table() -> str:
    """Operation × version × checked by, in Markdown."""
    head = ["| operation | contract | versions | checked by |", "|---|---|---|---|"]
    shown = [
        f"| `{name}` | {op.function} | {_versions(op)} | {', '.join((_anvil(op.versions), *op.checked))} |"
        for name, op in OPERATIONS.items()
    ]
    multi = f"| `flash_loan` (shell) | flashLoan | all | {_anvil(ALL)}, {BY_HAND} |"
    refused = [
        f"| `{name}` | {why.split(': ')[1]} | refused by name | {why.split(': ')[0]} |" for name, why in REFUSED.items()
    ]
    return "\n".join([*head, *shown, multi, *refused])


assert set(ALL) == set(VERSIONS.values())
