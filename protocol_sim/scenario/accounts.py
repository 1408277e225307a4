"""Accounts: what somebody has supplied and borrowed at the first block."""

from pydantic import Field

from protocol_sim.scenario.base import Amount, Name, Section, Wide


class Account(Section):
    """A position in one protocol; each asset either as an amount (turned into scaled units) or scaled already."""

    name: Name
    protocol: Name
    supplied: dict[Name, Amount] = Field(default={})
    borrowed: dict[Name, Amount] = Field(default={})              # at the variable rate
    scaled_supplied: dict[Name, Wide] = Field(default={})
    scaled_borrowed: dict[Name, Wide] = Field(default={})
    collateral: tuple[Name, ...] | None = None     # assets used as collateral; absent: all supplied ones that can be
