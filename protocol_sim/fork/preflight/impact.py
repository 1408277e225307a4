"""Every account with debt in the next block, without the change and with it."""

from collections.abc import Callable
from typing import NamedTuple

from protocol_sim.numeric import WAD
from protocol_sim.protocols.aave_v3 import codes, interface
from protocol_sim.protocols.aave_v3.account import account_data, available_borrows, price_of
from protocol_sim.protocols.aave_v3.results import AccountData
from protocol_sim.protocols.aave_v3.rules import value_down
from protocol_sim.protocols.aave_v3.state import Market
from protocol_sim.protocols.aave_v3.wakes import raw_debt

BPS = 10_000
SIZES = 3
Tell = Callable[[int, int], None]


class Standing(NamedTuple):
    """One account: base currency with 8 decimals, health factors in wad."""

    i: int
    emode: int
    before: AccountData
    after: AccountData
    power_before: int  # may still be borrowed
    power_after: int
    kc: int  # pair that a liquidator takes, -1: none
    kd: int
    repayable: int  # base currency, of the debt
    seizable: int  # base currency, of the collateral, bonus included
    refused: str  # why the protocol would not let anybody liquidate

    @property
    def liquidatable_before(self) -> bool:
        """Below 1 without the change."""
        return self.before.health_factor < WAD

    @property
    def liquidatable(self) -> bool:
        """Below 1 with it."""
        return self.after.health_factor < WAD

    @property
    def becomes(self) -> bool:
        """Healthy without the change, liquidatable with it."""
        return self.liquidatable and not self.liquidatable_before

    @property
    def distance_bps(self) -> int:
        """Health factor above 1 afterwards, in bps, rounded down: -250 stands for 0.975."""
        return int((self.after.health_factor - WAD) * BPS // WAD)


class Moment(NamedTuple):
    """The accounts with debt at one time."""

    data: dict[int, AccountData]
    power: dict[int, int]


def look(m: Market, now: int, tell: Tell | None = None) -> Moment:
    """Account data and borrowing power of everybody who owes."""
    version, owing = m.settings[0].version, [i for i in range(len(m.accounts)) if m.accounts[i].borrowing]
    data: dict[int, AccountData] = {}
    for n, i in enumerate(owing):
        data[i] = account_data(m, i, now)
        if tell is not None:
            tell(n + 1, len(owing))
    return Moment(data, {i: available_borrows(version, d) for i, d in data.items()})


def standings(m: Market, before: Moment, now: int, tell: Tell | None = None) -> list[Standing]:
    """With the change applied to `m`; those who are worst off first."""
    after = look(m, now, tell)
    found = []
    for i, d in after.data.items():
        pair, repayable, seizable, refused = (-1, -1), 0, 0, ""
        if d.health_factor < WAD:
            pair, repayable, seizable, refused = seizure(m, i, now)
        found.append(Standing(i, m.accounts[i].emode, before.data[i], d, before.power[i], after.power[i], *pair,
                              repayable, seizable, refused))
    return sorted(found, key=lambda s: (s.after.health_factor, s.i))


def seizure(m: Market, i: int, now: int) -> tuple[tuple[int, int], int, int, str]:
    """The largest pair, and what one liquidation may take of it at the oracle's prices: of all debt, or of a half or a
    quarter where the protocol refuses more (dust that would be left)."""
    pair = interface.largest_pair(m, i, now)
    if pair.collateral < 0 or pair.debt < 0:
        return (pair.collateral, pair.debt), 0, 0, "nothing to seize"
    amount = interface.debt_of(m, i, pair.debt, now)
    both, refused = (pair.collateral, pair.debt), ""
    for n in range(SIZES):
        code, plan = interface.plan_liquidation(m, i, pair.collateral, pair.debt, amount >> n, now)
        if code == codes.OK:
            return both, worth(m, i, pair.debt, plan.repaid), worth(m, i, pair.collateral, plan.seized), ""
        refused = refused or codes.NAMES.get(code, str(code))
    return both, 0, 0, refused


def worth(m: Market, i: int, k: int, amount: int) -> int:
    """Base currency of a raw amount at the price that counts for account i."""
    return int(value_down(amount, price_of(m.settings[0].version, m, m.accounts[i].emode, k), m.reserves[k].unit))


def by_asset(m: Market, i: int, now: int) -> tuple[list[int], list[int]]:
    """Base currency of an account's collateral and of its debt, by reserve."""
    reserves = range(len(m.reserves))
    return ([worth(m, i, k, interface.collateral_of(m, i, k, now)) for k in reserves],
            [worth(m, i, k, raw_debt(m, i, k, now)) for k in reserves])
