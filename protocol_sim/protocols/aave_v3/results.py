"""What operations answer: amounts moved, and what the contract's events carry beyond the state afterwards.

Amounts are raw token units, rates ray a year, indices ray, flags 0 or 1. A refused operation answers the same record
full of
zeros.
"""

from typing import NamedTuple

from protocol_sim.numeric import ZERO


class AccountData(NamedTuple):
    """`GenericLogic.sol: calculateUserAccountData`."""

    collateral: int  # base currency
    debt: int  # base currency
    ltv: int  # bps, average floored
    threshold: int  # bps, average floored
    health_factor: int  # wad; 2**256 - 1 without debt
    zero_ltv: int  # flag: some collateral has no ltv


class StableMove(NamedTuple):
    """The fields of StableDebtToken's Mint and Burn; all 0 where no stable debt moved."""

    balance: int  # raw, the user's debt before, interest included
    increase: int  # raw, the interest in it
    rate: int  # Mint: the user's new rate. Burn: the rate he had
    average_rate: int  # ray a year, of all stable debt afterwards
    supply: int  # raw, all stable debt afterwards (newTotalSupply)


class ReserveUpdate(NamedTuple):
    """`ReserveDataUpdated`; all 0 where there was no such event."""

    liquidity_rate: int
    stable_rate: int
    variable_rate: int
    liquidity_index: int
    variable_borrow_index: int


class Supplied(NamedTuple):
    amount: int
    first: int  # flag: collateral use was switched on
    update: ReserveUpdate


class Withdrawn(NamedTuple):
    amount: int
    emptied: int  # flag: collateral use was switched off
    update: ReserveUpdate


class Borrowed(NamedTuple):
    amount: int
    rate: int  # ray a year, the event's borrowRate
    delegated: int  # flag: a credit delegation was used
    allowance: int  # raw, what is left of it
    isolated: int  # the isolated collateral, -1: none
    isolation_debt: int  # 2 decimals, its total afterwards
    stable: StableMove
    update: ReserveUpdate


class Repaid(NamedTuple):
    amount: int
    isolated: int  # the isolated collateral, -1: none
    isolation_debt: int  # 2 decimals, its total afterwards
    emptied: int  # flag: repayWithATokens switched collateral use off
    stable: StableMove
    update: ReserveUpdate


class Swapped(NamedTuple):
    amount: int
    stable: StableMove
    update: ReserveUpdate


class Rebalanced(NamedTuple):
    amount: int
    burned: StableMove
    minted: StableMove
    update: ReserveUpdate


class CollateralSet(NamedTuple):
    changed: int  # flag: 0 where the flag already stood so


class EModeSet(NamedTuple):
    changed: int  # flag: 0 where nothing was done (from 3.2 on: the same category)


class Transferred(NamedTuple):
    amount: int
    supply_index: int  # ray, the normalized income it was scaled with
    scaled: int  # scaled aTokens moved
    emptied: int  # flag: the sender's collateral use was switched off
    first: int  # flag: the recipient's collateral use was switched on


class FlashLoaned(NamedTuple):
    amount: int
    premium: int  # raw, the event's premium
    paid: int  # raw, pulled from the receiver: amount + premium, or 0 where debt was opened
    debt: Borrowed  # modes 1 and 2; its `update` is that of mode 0 too


class Minted(NamedTuple):
    amount: int  # raw, MintedToTreasury; 0: no such event
    scaled: int


class Covered(NamedTuple):
    amount: int  # raw, DeficitCovered
    emptied: int  # flag: the payer's collateral use was switched off
    update: ReserveUpdate


class Liquidation(NamedTuple):
    """A liquidation's amounts, decided but not yet settled."""

    repaid: int  # debt asset, from the liquidator
    seized: int  # collateral asset, to the liquidator
    fee: int  # collateral asset, to the treasury as aTokens
    variable_burn: int  # raw variable debt burned, bad debt of this reserve included
    stable_burn: int  # raw stable debt burned (3.0.2)
    debt_balance: int  # raw, the borrower's debt in the reserve before
    collateral_balance: int  # raw, the borrower's aTokens before
    health_factor: int  # wad, before
    bad_debt: int  # flag: no collateral is left, the rest of the debt burns (3.3)


class Liquidated(NamedTuple):
    repaid: int
    seized: int
    fee: int  # as transferred: at most what was left
    supply_index: int  # ray, the collateral's index for the aToken burn or transfers
    deficit: int  # raw bad debt of the debt asset; other reserves' go into their `deficit` alone
    enabled: int  # flag: the liquidator's collateral use was switched on
    disabled: int  # flag: the borrower's collateral use was switched off
    cleared: int  # flag: the borrower's borrowing bit of the debt asset fell
    isolated: int  # the isolated collateral whose debt fell, -1: none
    isolation_debt: int  # 2 decimals, its total afterwards
    stable: StableMove
    debt_update: ReserveUpdate
    collateral_update: ReserveUpdate  # zeros when aTokens were received


NO_MOVE = StableMove(ZERO, ZERO, ZERO, ZERO, ZERO)
NO_UPDATE = ReserveUpdate(ZERO, ZERO, ZERO, ZERO, ZERO)
