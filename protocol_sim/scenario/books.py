"""Account books: many accounts of one protocol, from a file or drawn from distributions (`protocol_sim.books`)."""

from typing import Annotated, Literal

from pydantic import Field

from protocol_sim.scenario.base import Name, Number, Positive, Section, Seed, Text

Weight = Annotated[Number, Field(ge=0)]
Share = Annotated[Number, Field(gt=0, le=1)]
Dollars = Annotated[Number, Field(gt=0, lt=1e15)]
Factor = Annotated[Number, Field(gt=0, lt=1e6)]
Sigma = Annotated[Number, Field(ge=0, le=10)]


class FileBook(Section):
    """Accounts from a CSV or Parquet file; `protocol_sim.books.files` describes its columns."""

    name: Name
    kind: Literal["file"]
    protocol: Name
    file: Text                                     # relative to the scenario file


class Looper(Section):
    """Accounts with one collateral and one debt that move together, such as wstETH against WETH."""

    collateral: Name
    debt: Name
    share: Share                                   # of all accounts with debt
    debt_median_usd: Dollars | None = None         # absent: the book's
    health_median: Factor = 1.1
    health_sigma: Sigma = 0.5
    health_least: Factor = 1.01


class GeneratedBook(Section):
    """Accounts drawn from distributions; `protocol_sim.books.generate` has their formulas."""

    name: Name
    kind: Literal["generated"]
    protocol: Name
    accounts: Positive                             # that owe something
    suppliers: Positive = 50                       # more accounts, which only supply
    seed: Seed = 0                                 # of the book; the seed of a run does not change it
    collateral: Annotated[dict[Name, Weight], Field(min_length=1)]
    debt: Annotated[dict[Name, Weight], Field(min_length=1)]
    collaterals: Annotated[tuple[Weight, ...], Field(min_length=1, max_length=3)] = (0.6, 0.3, 0.1)
    debts: Annotated[tuple[Weight, ...], Field(min_length=1, max_length=2)] = (0.85, 0.15)
    loopers: tuple[Looper, ...] = ()
    debt_median_usd: Dollars = 4_000.0
    debt_sigma: Sigma = 2.0                        # of the logarithm
    debt_most_usd: Annotated[Number, Field(ge=0, lt=1e15)] = 0.0           # 0: no limit
    tail_share: Annotated[Number, Field(ge=0, lt=1)] = 0.02                # of the accounts; 0: no Pareto tail
    tail_index: Annotated[Number, Field(gt=0, le=100)] = 1.3
    health_median: Factor = 1.8
    health_sigma: Sigma = 0.8
    health_least: Factor = 1.03
    utilisation: dict[Name, Share] = Field(default={})            # borrowed / supplied, of the accounts of the book
    utilisation_of_others: Share = 0.8             # of assets not named


AccountBook = Annotated[FileBook | GeneratedBook, Field(discriminator="kind")]
