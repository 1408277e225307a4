"""Aave V3, versions 3.0.2 and 3.3 to 3.6, to the wei.

One text of the rules; what a version changes is a predicate of `versions`, any other version is refused by name.
More than three files, because the protocol is many small machines on one state: `state` (records), `versions`, `codes`
(refusals), `results` (what operations answer) · `rules` (pure arithmetic), `accrual` (time in a reserve), `account`
(views), `debt` (debt tokens, delegation, isolation) · `supply`, `borrow`, `repay`, `rate_mode`, `emode`, `liquidation`
(decided), `settlement` (executed), `flash_loan`, `treasury`, `configuration`, `emode_configuration` (one file a family
of operations) · `operations` (the registry), `shell` (`AaveV3`: atomic calls and wallets) · `interface`, `wakes` (what
engines and agents see).

Checked by: anvil = random operations on the real contracts of those versions (`verify anvil aave-v3`); hand = branches
worked out by hand, version by version; invariants = random operations under Hypothesis; compiled = the same random
operations, Python and machine code.

| operation | contract | versions | checked by |
|---|---|---|---|
| `supply` | supply, deposit | all | anvil 3.0.2 and 3.6, hand, invariants, compiled |
| `withdraw` | withdraw | all | anvil 3.0.2 and 3.6, hand, invariants, compiled |
| `borrow` | borrow | all | anvil 3.0.2 and 3.6, hand, invariants, compiled |
| `repay` | repay | all | anvil 3.0.2 and 3.6, hand, invariants, compiled |
| `repay_with_atokens` | repayWithATokens | all | anvil 3.0.2 and 3.6, hand, invariants, compiled |
| `swap_rate_mode` | swapBorrowRateMode | 3.0.2 only | anvil 3.0.2, hand, invariants, compiled |
| `rebalance_stable_rate` | rebalanceStableBorrowRate | 3.0.2 only | anvil 3.0.2, hand, invariants, compiled |
| `set_collateral` | setUserUseReserveAsCollateral | all | anvil 3.0.2 and 3.6, hand, invariants, compiled |
| `set_emode` | setUserEMode | all | anvil 3.0.2 and 3.6, hand, invariants, compiled |
| `transfer_atoken` | AToken.transfer, finalizeTransfer | all | anvil 3.0.2 and 3.6, hand, invariants, compiled |
| `liquidation_call` | liquidationCall | all | anvil 3.0.2 and 3.6, hand, invariants, compiled |
| `flash_loan_simple` | flashLoanSimple | all | anvil 3.0.2 and 3.6, hand, invariants, compiled |
| `mint_to_treasury` | mintToTreasury | all | anvil 3.0.2 and 3.6, hand, invariants, compiled |
| `eliminate_deficit` | eliminateReserveDeficit | 3.3 to 3.6 | anvil 3.6, hand, invariants, compiled |
| `approve_delegation` | DebtToken.approveDelegation | all | anvil 3.0.2 and 3.6, hand, compiled |
| `configure_collateral` | configureReserveAsCollateral | all | anvil 3.0.2 and 3.6, hand, compiled |
| `set_borrowing` | setReserveBorrowing | all | anvil 3.0.2 and 3.6, hand |
| `set_stable_borrowing` | setReserveStableRateBorrowing | 3.0.2 only | anvil 3.0.2, hand |
| `set_flash_loans` | setReserveFlashLoaning | all | anvil 3.0.2 and 3.6, hand |
| `set_active` | setReserveActive | all | anvil 3.0.2 and 3.6, hand |
| `set_frozen` | setReserveFreeze | all | anvil 3.0.2 and 3.6, hand, compiled |
| `set_zero_ltv` | setReserveLtvzero | 3.6 only | anvil 3.6, hand |
| `set_paused` | setReservePause, setPoolPause | all | anvil 3.0.2 and 3.6, hand, compiled |
| `end_grace_period` | disableLiquidationGracePeriod | 3.3 to 3.6 | anvil 3.6, hand |
| `set_borrowable_in_isolation` | setBorrowableInIsolation | all | anvil 3.0.2 and 3.6, hand |
| `set_siloed` | setSiloedBorrowing | all | anvil 3.0.2 and 3.6, hand |
| `set_debt_ceiling` | setDebtCeiling | all | anvil 3.0.2 and 3.6, hand |
| `set_borrow_cap` | setBorrowCap | all | anvil 3.0.2 and 3.6, hand, compiled |
| `set_supply_cap` | setSupplyCap | all | anvil 3.0.2 and 3.6, hand, compiled |
| `set_liquidation_fee` | setLiquidationProtocolFee | all | anvil 3.0.2 and 3.6, hand |
| `set_reserve_factor` | setReserveFactor | all | anvil 3.0.2 and 3.6, hand, invariants, compiled |
| `set_flash_premium` | updateFlashloanPremiumTotal, -ToProtocol | all | anvil 3.0.2 and 3.6, hand |
| `set_rates` | setReserveInterestRateData | 3.3 to 3.6 | anvil 3.6, hand |
| `set_variable_curve` | setReserveInterestRateStrategyAddress, by values | 3.0.2 only | anvil 3.0.2, hand |
| `set_emode_category` | setEModeCategory | all | anvil 3.0.2 and 3.6, hand |
| `set_emode_price` | the answer of an eMode's price source | 3.0.2 only | anvil 3.0.2, hand |
| `set_asset_emode` | setAssetEModeCategory | 3.0.2 only | anvil 3.0.2, hand |
| `set_emode_collateral` | setAssetCollateralInEMode | 3.3 to 3.6 | anvil 3.6, hand |
| `set_emode_borrowable` | setAssetBorrowableInEMode | 3.3 to 3.6 | anvil 3.6, hand, compiled |
| `set_emode_zero_ltv` | setAssetLtvzeroInEMode | 3.6 only | anvil 3.6, hand, compiled |
| `set_price` | a feed's answer, AaveOracle.getAssetPrice | all | anvil 3.0.2 and 3.6, hand, invariants, compiled |
| `set_sentinel` | setPriceOracleSentinel, setGracePeriod | all | anvil 3.0.2 and 3.6, hand |
| `set_sequencer` | the sequencer feed's answer | all | anvil 3.0.2 and 3.6, hand |
| `flash_loan` (shell) | flashLoan | all | anvil 3.0.2 and 3.6, hand |
| `mint_unbacked` | mintUnbacked, to 3.3 | refused by name | bridging |
| `back_unbacked` | backUnbacked, to 3.3 | refused by name | bridging |
| `set_unbacked_mint_cap` | setUnbackedMintCap, to 3.3 | refused by name | bridging |
| `set_bridge_protocol_fee` | updateBridgeProtocolFee, to 3.3 | refused by name | bridging |
| `init_reserve` | initReserves | refused by name | reserves are fixed when the market is made |
| `drop_reserve` | dropReserve | refused by name | reserves are fixed when the market is made |
| `update_token` | updateAToken, updateStableDebtToken, updateVariableDebtToken | refused by name | code is fixed |
| `transfer_from` | AToken.transferFrom, approve, permit | refused by name | ERC20 allowances are not state |
| `set_position_manager` | approvePositionManager, …OnBehalfOf, from 3.4 | refused by name | they only delegate calls |
| `rescue_tokens` | rescueTokens | refused by name | no tokens outside the model |

Roles are not modelled, except FLASH_BORROWER, ISOLATED_COLLATERAL_SUPPLIER and the umbrella: whoever calls may. Views:
getUserAccountData is `account.account_data` and `account.available_borrows`; getReserveNormalizedIncome and
-VariableDebt are `accrual.project`; everything else that the contracts show is in the records.

Known bounds and deviations, each far from use: 62 reserves instead of 128; a feed's answer of 0 is refused where the
chain would make every call revert that reads it; eModes have ids below the number of rows that the market was made
with; getReserveNormalizedVariableDebt does not grow while nobody owes (no operation reads it then); donations to an
aToken, tokens that run code or take fees, and reentrance are not modelled; GHO's own debt token of 3.3 is not either.
The versions between 3.0.2 and 3.3 are refused: 3.1 still has stable debt next to virtual accounting, 3.2 has neither
the deficit nor its liquidation rule.
"""
