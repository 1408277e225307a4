"""Bad debt at the end of a run, realised and latent.

Realised: accounts whose collateral is gone (up to dust: a liquidation of all of it leaves what rounding leaves); nobody
will ever repay them. Latent: what accounts that still have collateral owe above its worth, at the last outside prices;
a recovery of the price can undo it. Aave burns realised bad debt since V3.3 and books it as a deficit of the reserve:
no account owes it any more, so that it is what the run's total has above its positions.
"""

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from protocol_sim.results import Run


class BadDebt(NamedTuple):
    """USD with 8 decimals, and how many accounts."""

    realised: int
    latent: int
    realised_accounts: int
    latent_accounts: int

    @property
    def total(self) -> int:
        """Both."""
        return self.realised + self.latent


def bad_debt(run: "Run", dust: int = 10**8) -> BadDebt:
    """The split of `run.summary.bad_debt`; collateral worth less than `dust` (USD, 8 decimals) counts as gone."""
    held: dict[tuple[str, str], tuple[int, int]] = {}
    where = run.columns["positions"]
    rows = zip(where["protocol"], where["account"], where["collateral_usd"], where["debt_usd"], strict=True)
    for protocol, account, collateral, debt in rows:
        have, owe = held.get((protocol, account), (0, 0))
        held[protocol, account] = have + collateral, owe + debt
    realised = [owe - have for have, owe in held.values() if have < owe and have < dust]
    latent = [owe - have for have, owe in held.values() if dust <= have < owe]
    burnt = run.summary.bad_debt - sum(realised) - sum(latent)
    return BadDebt(sum(realised) + burnt, sum(latent), len(realised), len(latent))
