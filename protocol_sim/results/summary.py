"""What a run came to, in a dozen integers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Summary:
    """Totals of a run. USD values are integers with 8 decimals, valued at the outside price of their block."""

    blocks: int                    # blocks that the scenario covers
    liquidations: int              # executed
    failed: int                    # proposals that were stale when their turn came
    arbitrages: int                # executed
    bad_debt: int                  # USD: what accounts owe above the worth of their collateral at the end, and deficits
    bad_debt_accounts: int         # that still owe it: a debt which the protocol wrote off (a deficit) is nobody's
    repaid_usd: int                # USD: debt that liquidators repaid
    seized_usd: int                # USD: collateral that they took
    liquidator_profit: int         # raw units of the numeraire, after gas; may be negative
    gas_spent: int                 # raw units of the numeraire
    borrower_loss_usd: int         # USD: seized minus repaid
    event_hash: str                # hex: the chain of event hashes
