"""What operations answer: amounts moved, and what the contract's events carry beyond the state afterwards.

Amounts are raw token units, rates ray a year, indices ray. `to_treasury` is the amount that updateState minted to the
treasury (0: no such event). A refused operation answers the same record full of zeros.
"""

from typing import NamedTuple


class AccountData(NamedTuple):
    """`GenericLogic.sol: calculateUserAccountData`."""

    collateral: int  # wei of ETH
    debt: int  # wei of ETH
    ltv: int  # bps, average floored
    threshold: int  # bps, average floored
    health_factor: int  # wad; 2**256 - 1 without debt


class StableMove(NamedTuple):
    """The fields of StableDebtToken's Mint and Burn; all 0 where no stable debt moved."""

    balance: int  # raw, the user's debt before, interest included
    increase: int  # raw, the interest in it
    rate: int  # Mint: the user's new rate. Burn: the rate he had
    average_rate: int  # ray a year, of all stable debt afterwards
    supply: int  # raw, all stable debt afterwards (newTotalSupply)


class ReserveUpdate(NamedTuple):
    """`ReserveDataUpdated`."""

    liquidity_rate: int
    stable_rate: int
    variable_rate: int
    liquidity_index: int
    variable_borrow_index: int


class Supplied(NamedTuple):
    amount: int
    to_treasury: int
    first: int  # flag: collateral use was switched on
    update: ReserveUpdate


class Withdrawn(NamedTuple):
    amount: int
    to_treasury: int
    emptied: int  # flag: collateral use was switched off
    update: ReserveUpdate


class Borrowed(NamedTuple):
    amount: int
    to_treasury: int
    rate: int  # ray a year, the event's borrowRate
    delegated: int  # flag: a credit delegation was used
    allowance: int  # raw, what is left of it
    stable: StableMove
    update: ReserveUpdate


class Repaid(NamedTuple):
    amount: int
    to_treasury: int
    stable: StableMove
    update: ReserveUpdate


class Swapped(NamedTuple):
    amount: int
    to_treasury: int
    stable: StableMove
    update: ReserveUpdate


class Rebalanced(NamedTuple):
    amount: int
    to_treasury: int
    burned: StableMove
    minted: StableMove
    update: ReserveUpdate


class CollateralSet(NamedTuple):
    used: int  # flag


class Transferred(NamedTuple):
    amount: int
    income: int  # ray, the normalized income it was scaled with (BalanceTransfer's index)
    emptied: int  # flag: the sender's collateral use was switched off
    first: int  # flag: the recipient's collateral use was switched on


class FlashLoaned(NamedTuple):
    amount: int
    premium: int  # raw; owed by modes 1 and 2 in the event only, never paid there
    paid: int  # raw, pulled from the receiver: amount + premium, or 0 where debt was opened
    debt: Borrowed  # modes 1 and 2; its `update` and `to_treasury` are those of mode 0 too


class Liquidation(NamedTuple):
    """A liquidation's amounts, decided but not yet settled."""

    repaid: int  # debt asset, from the liquidator
    seized: int  # collateral asset
    variable_burn: int  # part of `repaid` that burns variable debt
    stable_burn: int  # the rest, burning stable debt
    scaled_burn: int  # scaled variable debt burned
    collateral_balance: int  # the user's aTokens before
    health_factor: int  # wad, before


class Liquidated(NamedTuple):
    repaid: int
    seized: int
    variable_burn: int
    stable_burn: int
    debt_to_treasury: int
    collateral_to_treasury: int
    income: int  # ray, the collateral's index for the aToken burn or transfer
    enabled: int  # flag: the liquidator's collateral use was switched on
    disabled: int  # flag: the user's collateral use was switched off
    stable: StableMove
    debt_update: ReserveUpdate
    collateral_update: ReserveUpdate  # zeros when aTokens were received


class Configured(NamedTuple):
    done: int  # flag
