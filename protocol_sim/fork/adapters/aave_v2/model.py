"""The model's side: `protocols.aave_v2.shell.AaveV2` with its wallets, and the views that the rig needs."""

import copy
from typing import TypeVar

from protocol_sim.fork.adapters.aave_v2.chain import ACCOUNTS, DELEGATIONS, TREASURY, USERS, WALLETS
from protocol_sim.fork.adapters.aave_v2.receiver import Receiver
from protocol_sim.fork.deploy.aave_v2 import LISTINGS
from protocol_sim.numeric import WAD, mul_div_down
from protocol_sim.protocols.aave_v2 import account, state
from protocol_sim.protocols.aave_v2.borrow import allowance_row
from protocol_sim.protocols.aave_v2.rules import available_borrows
from protocol_sim.protocols.aave_v2.shell import AaveV2

Row = TypeVar("Row")


class Model:
    """Market, wallets (raw, by user and reserve) and the flash-loan receiver."""

    def __init__(self) -> None:
        reserves = [
            state.new_reserve(
                decimals=x.decimals, price=x.price, ltv=x.ltv, threshold=x.threshold, bonus=x.bonus,
                reserve_factor=x.factor, optimal=x.optimal, base_rate=x.base, variable_slopes=(x.slope1, x.slope2),
                stable_slopes=(x.stable_slope1, x.stable_slope2), market_rate=x.market_rate, stable_borrowing=x.stable,
            )
            for x in LISTINGS
        ]
        delegations = 2 * len(LISTINGS) * len(DELEGATIONS)
        market = state.new_market(
            reserves, len(ACCOUNTS), treasury=ACCOUNTS.index(TREASURY), delegations=delegations
        )
        self.pool = AaveV2(market, [[whole * 10**x.decimals for x in LISTINGS] for whole in WALLETS])
        self.receiver = Receiver()
        self.rounds = [1] * len(LISTINGS)  # of each settable feed

    @property
    def market(self) -> state.Market:
        """The market's rows."""
        return self.pool.market

    @property
    def wallets(self) -> list[list[int]]:
        """Raw underlying by account and reserve."""
        assert self.pool.wallets is not None
        return self.pool.wallets

    def trial(self, *calls: tuple[str, dict[str, int]]) -> int:
        """The code of the last of these calls of the shell, all played on a copy."""
        m = self.market
        market = state.Market(_copied(m.reserves), _copied(m.holdings), _copied(m.accounts), _copied(m.allowances),
                              _copied(m.settings))
        pool = AaveV2(market, self.wallets)
        return [pool.call(name, **arguments).code for name, arguments in calls][-1]

    # ---- views ------------------------------------------------------------------------------------------------------
    def holding(self, i: int, k: int) -> state.Holding:
        """What account i has in reserve k."""
        return self.market.holdings[i * len(LISTINGS) + k]

    def a_tokens(self, i: int, k: int, at: int) -> int:
        """Raw aTokens with interest."""
        return account.atoken_balance(self.market, i, k, at)

    def debt(self, i: int, k: int, mode: int, at: int) -> int:
        """Raw stable (1) or variable (2) debt with interest."""
        of = account.stable_debt_of if mode == state.STABLE else account.variable_debt_of
        return of(self.market, i, k, at)

    def health_factor(self, i: int, at: int) -> int:
        """Wad."""
        return account.account_data(self.market, i, at).health_factor

    def unhealthy(self, at: int) -> list[int]:
        """Users that can be liquidated."""
        return [i for i in range(len(USERS)) if self.health_factor(i, at) < WAD]

    def borrowable(self, i: int, k: int, at: int) -> int:
        """Raw units of reserve k that account i can still borrow, liquidity aside."""
        data, reserve = account.account_data(self.market, i, at), self.market.reserves[k]
        if reserve.price == 0:
            return reserve.unit
        return mul_div_down(available_borrows(data.collateral, data.debt, data.ltv), reserve.unit, reserve.price)

    def collaterals(self, i: int) -> list[int]:
        """Reserves that back account i's debt."""
        return [k for k in range(len(LISTINGS)) if self.market.accounts[i].collateral >> k & 1]

    def debts(self, i: int) -> list[int]:
        """Reserves that account i owes."""
        return [k for k in range(len(LISTINGS)) if self.market.accounts[i].borrowing >> k & 1]

    # ---- as the chain shows it --------------------------------------------------------------------------------------
    def values(self, at: int) -> list[int]:
        """In the order of `chain.Chain.reading`."""
        found = [at, self.market.settings[0].paused]
        for k, r in enumerate(self.market.reserves):
            found += [_configuration(r), r.liquidity_index, r.variable_borrow_index, r.liquidity_rate, r.variable_rate,
                      r.stable_rate, r.last_updated, r.scaled_supply, r.scaled_debt, r.stable_principal,
                      r.average_stable_rate, r.stable_updated, r.available_liquidity, r.price,
                      self.receiver.balances[k]]
        for i in range(len(ACCOUNTS)):
            found += self._account_values(i, at)
        for delegator, delegatee in DELEGATIONS:
            for k in range(len(LISTINGS)):
                for mode in (state.STABLE, state.VARIABLE):
                    j = allowance_row(self.market, k, mode, delegator, delegatee)
                    found.append(self.market.allowances[j].amount if j >= 0 else 0)
        return found

    def _account_values(self, i: int, at: int) -> list[int]:
        flags, data = self.market.accounts[i], account.account_data(self.market, i, at)
        bits = 0
        for k in range(len(LISTINGS)):
            bits |= (flags.borrowing >> k & 1) << 2 * k | (flags.collateral >> k & 1) << (2 * k + 1)
        available = available_borrows(data.collateral, data.debt, data.ltv)
        found = [bits, data.collateral, data.debt, available, data.threshold, data.ltv, data.health_factor]
        for k in range(len(LISTINGS)):
            h = self.holding(i, k)
            found += [self.wallets[i][k], h.scaled_supply, h.scaled_debt]
            found += [h.stable_principal, h.stable_rate, h.stable_updated]
        return found


def _copied(rows: list[Row]) -> list[Row]:
    return [copy.copy(row) for row in rows]


def _configuration(r: state.Reserve) -> int:
    """The bitmap of `DataTypes.sol: ReserveConfigurationMap`."""
    flags = r.active << 56 | r.frozen << 57 | r.borrowing << 58 | r.stable_borrowing << 59
    return r.ltv | r.threshold << 16 | r.bonus << 32 | r.decimals << 48 | flags | r.reserve_factor << 64
