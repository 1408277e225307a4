"""What a snapshot is made of. Amounts are raw or scaled integers as `protocols.aave_v3.state` names them; addresses are
in lower case."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from protocol_sim.protocols.aave_v3.state import Market
    from protocol_sim.scenario import Scenario

HOLDING = ("scaled_supply", "scaled_debt", "supply_index", "debt_index", "stable_principal", "stable_rate",
           "stable_updated")  # fmt: skip
"""Fields of `state.Holding`, in the order of `People.values`."""
FLAGS = ("collateral", "borrowing", "emode", "flash_borrower", "isolated_supplier")
"""Fields of `state.Account`."""


@dataclass(frozen=True)
class Block:
    """The one block that everything was read at."""

    chain_id: int
    number: int
    hash: str
    time: int  # s

    def __str__(self) -> str:
        return f"block {self.number:,} of chain {self.chain_id} ({self.hash[:10]}…)"


@dataclass(frozen=True)
class Round:
    """A price source and its last round. `aggregator` is the contract that logs its answers: the source itself, or what
    it stands before."""

    source: str
    aggregator: str
    description: str
    decimals: int
    round: int
    answer: int  # of `decimals`
    updated_at: int  # s


@dataclass(frozen=True)
class Listed:
    """One reserve. `state` holds fields of `state.Reserve` by name; its price is the oracle's."""

    symbol: str
    address: str
    a_token: str
    variable_debt: str
    stable_debt: str  # "" where there is none
    strategy: str
    feed: Round | None  # None: the oracle's fallback or a fixed price answers
    state: dict[str, int]


@dataclass(frozen=True)
class Venue:
    """A pool by the name that the scenario gives it. `tokens` are symbols in the order of token0, token1."""

    name: str
    kind: str  # constant-product or uniswap-v3
    address: str
    tokens: tuple[str, str]
    decimals: tuple[int, int]
    state: dict[str, int]
    ranges: tuple[tuple[int, int, int], ...] = ()  # uniswap-v3: lower tick, upper tick, liquidity


@dataclass
class People:
    """Accounts in the order of their addresses, and their holdings as columns: row n is account `owner[n]` in reserve
    `reserve[n]`, `values[f][n]` the field `HOLDING[f]`."""

    addresses: list[str] = field(default_factory=list)
    collateral: list[int] = field(default_factory=list)  # bitmap
    borrowing: list[int] = field(default_factory=list)  # bitmap
    emode: list[int] = field(default_factory=list)
    flash_borrower: list[int] = field(default_factory=list)  # flag
    isolated_supplier: list[int] = field(default_factory=list)  # flag
    owner: list[int] = field(default_factory=list)
    reserve: list[int] = field(default_factory=list)
    values: tuple[list[int], ...] = field(default_factory=lambda: tuple([] for _ in HOLDING))

    def index(self, address: str) -> int:
        """Account index of an address; KeyError for a stranger."""
        return self._places[address.lower()]

    @cached_property
    def _places(self) -> dict[str, int]:
        return {address: i for i, address in enumerate(self.addresses)}

    def total(self, name: str, k: int) -> int:
        """The sum of one field over everybody in reserve k."""
        return sum(v for v, r in zip(self.values[HOLDING.index(name)], self.reserve, strict=True) if r == k)


@dataclass(frozen=True)
class Snapshot:
    """The protocol at one block. `complete`: everybody who holds anything is in it, not only who owes something."""

    protocol: str
    version: str
    block: Block
    block_time: int  # s, the mean of the blocks before
    complete: bool
    addresses: dict[str, str]
    code: dict[str, str]  # implementations behind proxies, by the name of the proxy
    settings: dict[str, int]  # fields of `state.Settings`, without those that are account indices
    treasury: str
    umbrella: str  # "" where nobody may cover a deficit
    listed: tuple[Listed, ...]
    categories: tuple[dict[str, int], ...]  # fields of `state.Category` and `id`
    allowances: tuple[dict[str, Any], ...]  # delegator, delegatee (addresses), reserve, mode, amount
    pools: tuple[Venue, ...]
    people: People
    directory: Path | None = field(default=None, compare=False)  # where it was read from

    def market(self, delegations: int = 0) -> "Market":
        """The exact state; rows for `delegations` more credit delegations than there are."""
        from protocol_sim.fork.snapshot.market import market

        return market(self, delegations)

    @cached_property
    def scenario(self) -> "Scenario":
        """The snapshot as a scenario: the saved one, else the same with its accounts one by one; BadInput names what a
        scenario cannot say."""
        from protocol_sim.fork.snapshot.scenario import scenario

        return scenario(self)

    @property
    def accounts(self) -> "pd.DataFrame":
        """A row an account: collateral and debt (base currency), health factor (wad) at the block's time, eMode."""
        from protocol_sim.fork.snapshot.frames import accounts

        return accounts(self)

    @property
    def reserves(self) -> "pd.DataFrame":
        """A row a reserve, every integer of its state."""
        from protocol_sim.fork.snapshot.frames import reserves

        return reserves(self)

    @property
    def holdings(self) -> "pd.DataFrame":
        """A row for each account and reserve with anything in it."""
        from protocol_sim.fork.snapshot.frames import holdings

        return holdings(self)
