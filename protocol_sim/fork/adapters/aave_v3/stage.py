"""What the expected logs are told from: a market and the names of its reserves and accounts, whoever plays on it."""

from collections.abc import Sequence

from protocol_sim.protocols.aave_v3 import state
from protocol_sim.protocols.aave_v3.shell import AaveV3
from protocol_sim.protocols.aave_v3.versions import V302


class Stage:
    """`names[k]` stands for reserve k in logs (`aNAME` for its aToken), `people[i]` for account i."""

    names: Sequence[str]
    people: Sequence[str]

    def __init__(self, pool: AaveV3) -> None:
        self.pool = pool
        self.version = pool.version
        self.mode_price = 0  # base currency, the answer of the eMode's price source (3.0.2)
        self.strategies: list[str] = []  # of each reserve, by name

    @property
    def last(self) -> bool:
        """3.6."""
        return self.version != V302

    @property
    def market(self) -> state.Market:
        """The market's rows."""
        return self.pool.market

    @property
    def treasury(self) -> int:
        """Account index of the treasury."""
        return self.market.settings[0].treasury

    def holding(self, i: int, k: int) -> state.Holding:
        """What account i has in reserve k."""
        return self.market.holdings[i * len(self.market.reserves) + k]

    def collaterals(self, i: int) -> list[int]:
        """Reserves that back account i's debt."""
        return [k for k in range(len(self.market.reserves)) if self.market.accounts[i].collateral >> k & 1]

    def debts(self, i: int) -> list[int]:
        """Reserves that account i owes."""
        return [k for k in range(len(self.market.reserves)) if self.market.accounts[i].borrowing >> k & 1]
