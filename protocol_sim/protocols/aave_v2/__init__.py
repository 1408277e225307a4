"""Aave V2 (npm `@aave/protocol-v2` 1.0.1), to the wei.

More than three files, because the protocol is many small machines on one state: `state` (records), `codes` (refusals),
`results` (what operations answer) · `rules` (pure arithmetic), `accrual` (time in a reserve), `account` (views) ·
`supply`, `borrow`, `rate_mode`, `liquidation`, `flash_loan`, `configuration` (one file a family of operations) ·
`shell` (`AaveV2`: atomic calls and wallets) · `interface`, `wakes` (what engines and agents see) · `vectors`.

External operations. Checked by: anvil = the real contracts, operation by operation; tests = by hand and by invariants;
vectors = mainnet liquidations.

LendingPool
| operation | state of the model | checked by |
|---|---|---|
| deposit | modelled: `supply.supply` | anvil, tests |
| withdraw | modelled: `supply.withdraw` | anvil, tests |
| borrow | modelled: `borrow.borrow`, delegated credit included | anvil, tests |
| repay | modelled: `borrow.repay` | anvil, tests |
| swapBorrowRateMode | modelled: `rate_mode.swap_rate_mode` | anvil, tests |
| rebalanceStableBorrowRate | modelled: `rate_mode.rebalance_stable_rate` | anvil, tests |
| setUserUseReserveAsCollateral | modelled: `supply.set_collateral` | anvil, tests |
| liquidationCall | modelled: `liquidation.liquidation_call` | anvil, tests, vectors |
| flashLoan | modelled: `flash_loan`, modes 0, 1, 2; the receiver's action is the caller's | anvil, tests |
| getUserAccountData | modelled: `account.account_data`, `rules.available_borrows` | anvil, tests |
| getReserveNormalizedIncome, -VariableDebt | modelled: `accrual.project` | anvil, tests |
| getReserveData, getConfiguration, getUserConfiguration, getReservesList, paused | the records themselves | anvil |
| finalizeTransfer | modelled inside `supply.transfer_atoken` | anvil, tests |
| initReserve | refused by name: reserves are fixed when the market is built (`state.new_market`) | tests |
| setConfiguration, setReserveInterestRateStrategyAddress, setPause | only through the configurator below | anvil |
| initialize, getAddressesProvider, referral codes | out of scope: no modelled state | |

LendingPoolConfigurator (roles are not modelled: whoever calls may)
| operation | state of the model | checked by |
|---|---|---|
| configureReserveAsCollateral | modelled: `configuration.configure_collateral` | anvil, tests |
| setReserveFactor | modelled: `configuration.set_reserve_factor` | anvil, tests |
| activateReserve, deactivateReserve | modelled: `configuration.set_active` | anvil, tests |
| freezeReserve, unfreezeReserve | modelled: `configuration.set_frozen` | anvil, tests |
| enable-, disableBorrowingOnReserve | modelled: `configuration.enable_borrowing`, `disable_borrowing` | anvil, tests |
| enable-, disableReserveStableRate | modelled: `configuration.set_stable_borrowing` | anvil, tests |
| setReserveInterestRateStrategyAddress | modelled: `configuration.set_rate_strategy`, by values | tests |
| setPoolPause | modelled: `configuration.set_paused` | anvil, tests |
| initReserve, updateAToken, updateStable-, updateVariableDebtToken | refused by name: code and list are fixed | tests |

Tokens and oracles
| operation | state of the model | checked by |
|---|---|---|
| aToken transfer | modelled: `supply.transfer_atoken` | anvil, tests |
| aToken balanceOf, scaledBalanceOf | modelled: `account.atoken_balance`, `Holding` | anvil, tests |
| aToken transferFrom, approve, permit, …Allowance | refused by name: ERC20 allowances are not state | tests |
| aToken mint, burn, mintToTreasury, transferOnLiquidation | modelled inside the pool's operations | anvil, tests |
| debt token mint, burn, balanceOf, averages | modelled inside the pool's operations | anvil, tests |
| debt token approveDelegation, borrowAllowance | modelled: `borrow.approve_delegation`, `Allowance` | anvil, tests |
| debt token transfer, approve | the contract refuses them always; not offered | |
| incentives controller | out of scope: the packaged tokens run without one | |
| AaveOracle.getAssetPrice | `Reserve.price`, in wei of ETH; fallback oracles are not modelled | anvil |
| LendingRateOracle.setMarketBorrowRate | modelled: `configuration.set_market_rate` | anvil, tests |

Known bounds, each far from use: 62 reserves instead of 128 (`state.new_market` refuses more); amounts of at most 128
bits when compiled (a larger one hands the path to the exact engine); one treasury for all reserves; sums of account
data are not checked against 256 bits. Token transfers that run code or take fees, and tokens sent to the aToken outside
the pool, do not happen here.
"""

REFUSED = {
    "initReserve": "reserves are fixed when the market is built",
    "updateAToken": "token code is fixed",
    "updateStableDebtToken": "token code is fixed",
    "updateVariableDebtToken": "token code is fixed",
    "transferFrom": "ERC20 allowances are not state of the model",
    "approve": "ERC20 allowances are not state of the model",
    "permit": "ERC20 allowances are not state of the model",
    "increaseAllowance": "ERC20 allowances are not state of the model",
    "decreaseAllowance": "ERC20 allowances are not state of the model",
}
"""External operations that exist on chain and are refused by name (`shell.AaveV2.call`)."""
