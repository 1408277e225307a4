"""The model's side: `protocols.aave_v3.shell.AaveV3` with its wallets, and what draws and checks ask of it."""

import copy
from typing import TypeVar

from protocol_sim.fork.adapters.aave_v2.receiver import Receiver
from protocol_sim.fork.adapters.aave_v3.people import (
    ACCOUNTS,
    ALL,
    DELEGATIONS,
    EVERYBODY,
    FLASH_BORROWER,
    ISOLATED_SUPPLIER,
    NAMES,
    TREASURY,
    UMBRELLA,
    WALLETS,
)
from protocol_sim.fork.adapters.aave_v3.stage import Stage
from protocol_sim.fork.deploy.aave_v3 import BPS_TO_RAY, CONFIGURED, GRACE, LISTINGS, MODES, STABLE_SIDE, Listing
from protocol_sim.numeric import RAY, WAD
from protocol_sim.protocols.aave_v3 import state
from protocol_sim.protocols.aave_v3.account import account_data, available_borrows
from protocol_sim.protocols.aave_v3.accrual import normalized_debt, normalized_income
from protocol_sim.protocols.aave_v3.results import AccountData
from protocol_sim.protocols.aave_v3.rules import debt_balance, stable_debt, supply_balance
from protocol_sim.protocols.aave_v3.shell import AaveV3
from protocol_sim.protocols.aave_v3.versions import V302, parse

Row = TypeVar("Row")


class Model(Stage):
    """Market, wallets (raw, by user and reserve), the flash-loan receivers and the feeds' round numbers."""

    def __init__(self, version: str) -> None:
        first = parse(version) == V302
        market = state.new_market(
            version, [_reserve(x, first) for x in LISTINGS], len(ACCOUNTS), treasury=ACCOUNTS.index(TREASURY),
            umbrella=-1 if first else UMBRELLA, categories=1 + len(MODES), delegations=2 * len(ALL) * len(DELEGATIONS),
            flash_premium=9, flash_premium_to_protocol=3000 if first else 0,
        )
        super().__init__(AaveV3(market, [[whole * 10**x.decimals for x in LISTINGS] for whole in WALLETS]))
        self.name, self.names, self.people = version, NAMES, ACCOUNTS
        market.accounts[FLASH_BORROWER].flash_borrower = 1
        market.accounts[ISOLATED_SUPPLIER].isolated_supplier = 1
        market.settings[0].sentinel_grace = GRACE
        for category, mode in enumerate(MODES, 1):
            c = market.categories[category]
            c.ltv, c.threshold, c.bonus = mode.ltv, mode.threshold, mode.bonus
            if first:
                c.price = mode.price
            for k in mode.assets:
                if first:
                    market.reserves[k].emode = category
                else:
                    c.collateral |= 1 << k
                    c.borrowable |= 1 << k
        for k, x in enumerate(LISTINGS):
            self.pool.call("set_reserve_factor", k=k, factor=x.factor, now=CONFIGURED + k)
        self.receiver, self.simple = _receiver(), _receiver()
        self.rounds = [1] * (len(LISTINGS) + 1)  # of each feed, the eMode's last
        self.mode_price = MODES[0].price
        self.mode_sourced = [bool(mode.price) for mode in MODES]
        self.strategies = [f"strategy {name}" for name in NAMES]

    @property
    def wallets(self) -> list[list[int]]:
        """Raw underlying by account and reserve."""
        assert self.pool.wallets is not None
        return self.pool.wallets

    def trial(self, *calls: tuple[str, dict[str, int]]) -> int:
        """The code of the last of these calls of the shell, all played on a copy."""
        pool = AaveV3(state.Market(*(_copied(rows) for rows in self.market)), self.wallets)
        return [pool.call(name, **arguments).code for name, arguments in calls][-1]

    # ---- views ------------------------------------------------------------------------------------------------------
    def a_tokens(self, i: int, k: int, at: int) -> int:
        """Raw aTokens with interest."""
        index = normalized_income(self.version, self.market.reserves[k], at)
        return supply_balance(self.version, self.holding(i, k).scaled_supply, index)

    def debt(self, i: int, k: int, mode: int, at: int) -> int:
        """Raw stable (1) or variable (2) debt with interest."""
        h = self.holding(i, k)
        if mode == state.STABLE:
            return stable_debt(self.version, h.stable_principal, h.stable_rate, h.stable_updated, at)
        return debt_balance(self.version, h.scaled_debt, normalized_debt(self.version, self.market.reserves[k], at))

    def data(self, i: int, at: int) -> AccountData:
        """`getUserAccountData`."""
        return account_data(self.market, i, at)

    def unhealthy(self, at: int) -> list[int]:
        """Users that can be liquidated."""
        return [i for i in EVERYBODY if self.debts(i) and self.data(i, at).health_factor < WAD]

    def borrowable(self, i: int, k: int, at: int) -> int:
        """Raw units of reserve k that account i can still borrow, liquidity aside."""
        reserve = self.market.reserves[k]
        return available_borrows(self.version, self.data(i, at)) * reserve.unit // reserve.price


def _reserve(x: Listing, first: bool) -> state.Reserve:
    stable = STABLE_SIDE if first else (0, 0, 0, 0, RAY)
    made = state.new_reserve(
        decimals=x.decimals, price=x.price, ltv=x.ltv, threshold=x.threshold, bonus=x.bonus, liquidation_fee=x.fee,
        optimal=x.optimal * BPS_TO_RAY, base_rate=x.base * BPS_TO_RAY,
        variable_slopes=(x.slope1 * BPS_TO_RAY, x.slope2 * BPS_TO_RAY), stable_slopes=stable[:2],
        stable_offsets=stable[2:4], optimal_stable=stable[4], stable_borrowing=x.stable and first,
    )
    made.debt_ceiling, made.borrowable_in_isolation = x.ceiling, int(x.in_isolation)
    return made


def _receiver() -> Receiver:
    return Receiver(balances=[0] * len(LISTINGS), allowances=[0] * len(LISTINGS))


def _copied(rows: list[Row]) -> list[Row]:
    return [copy.copy(row) for row in rows]
