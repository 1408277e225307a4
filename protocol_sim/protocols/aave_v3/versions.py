"""The versions of Aave V3 that the model knows, and what each changed: every difference has a name here, none has a
copy.

A version is a machine integer so that rule text can carry it; `parse` refuses any other by name. Sources: npm
`@aave/core-v3` 1.19.3 (3.0.2), git tags v3.3.0, v3.4.0, v3.5.0 and npm `@aave-dao/aave-v3-origin` 3.6.0.
"""

from protocol_sim.errors import BadInput
from protocol_sim.numeric import rule

V302, V330, V340, V350, V360 = 302, 330, 340, 350, 360
VERSIONS = {"3.0.2": V302, "3.3": V330, "3.4": V340, "3.5": V350, "3.6": V360}


def parse(text: str) -> int:
    """The version that `text` names; any other is bad input."""
    if text not in VERSIONS:
        raise BadInput("aave-v3", "version", "one of " + ", ".join(VERSIONS), text)
    return VERSIONS[text]


def name_of(version: int) -> str:
    """The text of a version."""
    return next(text for text, v in VERSIONS.items() if v == version)


@rule
def has_stable_debt(version: int) -> bool:
    """Borrowing at a stable rate; removed with 3.2."""
    return version < V330


@rule
def accounts_virtually(version: int) -> bool:
    """Rates read `virtualUnderlyingBalance` instead of the aToken's balance; strategy V2 in bps (3.1)."""
    return version >= V330


@rule
def has_liquid_emodes(version: int) -> bool:
    """An eMode has a bitmap of collaterals and one of borrowable assets, and no price of its own (3.2)."""
    return version >= V330


@rule
def has_deficit(version: int) -> bool:
    """Bad debt burns into a deficit; close factor by value; no dust may be left (3.3)."""
    return version >= V330


@rule
def has_grace_period(version: int) -> bool:
    """Unpausing may forbid liquidations for a while; freezing parks the ltv (3.1)."""
    return version >= V330


@rule
def compounds_by_taylor_of_exp(version: int) -> bool:
    """1 + x + x(x/2 + x(x/6)) with x = rate * time, instead of the binomial expansion (3.4)."""
    return version >= V340


@rule
def forbids_self_liquidation(version: int) -> bool:
    """SelfLiquidation (3.4)."""
    return version >= V340


@rule
def clears_borrowing_by_scaled(version: int) -> bool:
    """The borrowing bit falls when the scaled debt is 0, not when the amounts are equal (3.4)."""
    return version >= V340


@rule
def checks_isolation_after_mint(version: int) -> bool:
    """Isolation mode is checked after the debt is minted, so after every other check of 3.4's validateBorrow."""
    return version >= V340


@rule
def pays_premium_to_treasury(version: int) -> bool:
    """The whole flash-loan premium goes to the treasury (3.4)."""
    return version >= V340


@rule
def rounds_directionally(version: int) -> bool:
    """Every rounding in the protocol's favour, and the health factor from the untruncated sum (3.5)."""
    return version >= V350


@rule
def updates_both_reserves_first(version: int) -> bool:
    """liquidationCall caches and accrues debt and collateral reserve up front: twice when they are one (3.5)."""
    return version >= V350


@rule
def emode_decides_alone(version: int) -> bool:
    """In an eMode its own bitmaps decide on borrowing and ltv; nothing but a supply switches collateral on (3.6)."""
    return version >= V360
