"""The whole scenario: its sections, their cross-checks, and the few questions that the world builder asks of it."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import PrivateAttr, ValidationInfo, model_validator

from protocol_sim.errors import BadInput
from protocol_sim.numeric.units import parse_amount
from protocol_sim.scenario import checks
from protocol_sim.scenario.accounts import Account
from protocol_sim.scenario.agents import Agent
from protocol_sim.scenario.assets import Asset, Correlation
from protocol_sim.scenario.base import Count, Name, Positive, Section, Seed, Text
from protocol_sim.scenario.books import AccountBook
from protocol_sim.scenario.feeds import Feed
from protocol_sim.scenario.pools import Pool
from protocol_sim.scenario.prices import BootstrapPrice, CsvPrice
from protocol_sim.scenario.protocols import Protocol
from protocol_sim.scenario.timeline import Entry


class Clock(Section):
    """Time: `steps` samples of the outside prices, each with `blocks_per_step` blocks."""

    start: Count                                   # unix seconds of block 0
    block_time: Positive = 12                      # seconds
    steps: Positive
    blocks_per_step: Positive = 1
    liquidations_per_block: Count = 0              # attempts that fit in a block's gas; 0: any number

    @property
    def blocks(self) -> int:
        """How many blocks the run has."""
        return self.steps * self.blocks_per_step

    @property
    def seconds(self) -> int:
        """How long a step is."""
        return self.block_time * self.blocks_per_step


class InputSource(Section):
    """Where the inputs that `key` (a glob over dotted keys) covers come from; the last entry that covers one counts."""

    key: Text
    status: Literal["observed", "inferred", "assumed"]
    source: Text


class Scenario(Section):
    """A scenario file. Immutable; `changed` and `replaced` give changed copies, checked anew."""

    name: Name
    description: Text = ""
    seed: Seed = 0
    clock: Clock
    assets: tuple[Asset, ...]
    correlation: Correlation | None = None
    feeds: tuple[Feed, ...] = ()
    protocols: tuple[Protocol, ...] = ()
    accounts: tuple[Account, ...] = ()
    books: tuple[AccountBook, ...] = ()
    pools: tuple[Pool, ...] = ()
    agents: tuple[Agent, ...] = ()
    timeline: tuple[Entry, ...] = ()
    inputs: tuple[InputSource, ...] = ()
    _where: str = PrivateAttr(default="scenario")
    _directory: Path = PrivateAttr(default=Path())

    @model_validator(mode="after")
    def _checked(self, info: ValidationInfo) -> "Scenario":
        context = info.context or {}
        self._where = context.get("where", "scenario")
        self._directory = context.get("directory", Path())
        checks.check(self)
        return self

    @property
    def where(self) -> str:
        """The file that it was read from, for error messages."""
        return self._where

    def asset(self, name: str) -> Asset:
        """The asset called `name`."""
        return next(asset for asset in self.assets if asset.name == name)

    def raw(self, text: str, asset: str, key: str = "amount") -> int:
        """An amount text as raw units of `asset`; BadInput if it does not fit."""
        try:
            return parse_amount(text, asset, self.asset(asset).decimals)
        except ValueError as error:
            raise BadInput(self._where, key, str(error), repr(text)) from None

    def path(self, file: str) -> Path:
        """A file named in the scenario, relative to the scenario file."""
        return self._directory / file

    def replaced(self, **sections: Any) -> "Scenario":
        """A copy with whole sections or keys replaced (`seed=7`, `pools=(…)`), checked as if read from a file."""
        values = {name: getattr(self, name) for name in type(self).model_fields} | sections
        return Scenario.model_validate(values, context={"where": self._where, "directory": self._directory})

    def changed(self, values: Mapping[str, Any]) -> "Scenario":
        """A copy with values changed by dotted key (`"clock.steps": 7`), checked as if read from a file."""
        from protocol_sim.scenario.edit import changed

        return changed(self, values)

    def digest(self) -> str:
        """sha256 over every value, defaults included, and over the contents of the files that it names."""
        seen = hashlib.sha256(json.dumps(self.model_dump(mode="json"), sort_keys=True).encode())
        for asset in self.assets:
            for price in (asset.price, getattr(asset.price, "basis", None)):
                if isinstance(price, CsvPrice | BootstrapPrice):
                    seen.update(self.path(price.file).read_bytes())
        for book in self.books:
            if book.kind == "file":
                seen.update(self.path(book.file).read_bytes())
        return seen.hexdigest()
