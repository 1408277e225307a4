"""Who may be liquidatable, for thousands of accounts at once: floats rule out, the exact rule decides.

The bounds: a health factor's sums are floored asset by asset (raw units, then base currency), before 3.5 the average
threshold is floored to whole bps, and a float product is right to 1e-9. What lies outside is certain.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from protocol_sim.fork.replay.replica import Replica
from protocol_sim.numeric import WAD
from protocol_sim.protocols.aave_v3.account import account_data, has, price_of
from protocol_sim.protocols.aave_v3.accrual import project
from protocol_sim.protocols.aave_v3.versions import rounds_directionally
from protocol_sim.protocols.aave_v3.wakes import threshold_of

Floats = NDArray[np.float64]
EXACT = 1e-9  # relative, far above what a dozen float operations lose
YEAR = 365 * 86_400
RAY = 1e27


class Screened(NamedTuple):
    """Account indices below a health factor of 1, and base currency by account: weighted collateral, debt."""

    unhealthy: list[int]
    debt: Floats


class Screen:
    """Floats of all accounts of a replica, kept up to date with what its operations write."""

    def __init__(self, model: Replica) -> None:
        self._m, self._known = model, 0
        count = len(model.names)
        self._supply, self._debt = np.zeros((0, count)), np.zeros((0, count))
        self._stable, self._rate, self._since = (np.zeros((0, count)) for _ in range(3))
        self._emode = np.zeros(0, np.int64)
        self._surely: set[int] = set()

    def update(self) -> None:
        """Read what is new or was written."""
        m = self._m
        total, count = len(m.market.accounts), len(m.names)
        if total > len(self._emode):
            more = max(256, 2 * total) - len(self._emode)
            for name in ("_supply", "_debt", "_stable", "_rate", "_since"):
                setattr(self, name, np.concatenate([getattr(self, name), np.zeros((more, count))]))
            self._emode = np.concatenate([self._emode, np.zeros(more, np.int64)])
        for i in {*range(self._known, total), *m.changed}:
            self._row(i)
        self._known = total
        m.changed.clear()

    def _row(self, i: int) -> None:
        m, account = self._m, self._m.market.accounts[i]
        self._emode[i] = account.emode
        for k in range(len(m.names)):
            h = m.holding(i, k)
            self._supply[i, k] = h.scaled_supply if has(account.collateral, k) else 0
            self._debt[i, k] = h.scaled_debt
            if h.stable_principal or self._stable[i, k]:
                self._stable[i, k], self._rate[i, k] = h.stable_principal, h.stable_rate
                self._since[i, k] = h.stable_updated

    def run(self, now: int) -> Screened:
        """Everybody at `now`: whoever is in doubt is reckoned exactly."""
        self.update()
        m, n = self._m, self._known
        price, weight, index, owed = self._factors(now)
        used = self._emode[:n]
        collateral = self._supply[:n] * index * price[used]
        weighted = (collateral * weight[used]).sum(1)
        debts = self._debt[:n] * owed * price[used]
        low = high = debts.sum(1)
        if self._stable[:n].any():
            grown = self._rate[:n] / RAY * np.maximum(now - self._since[:n], 0) / YEAR
            principal = self._stable[:n] * price[used]
            low, high = low + (principal * (1 + grown)).sum(1), high + (principal * np.exp(grown)).sum(1)
        slack = (2 + 2 * price).sum(1)[used] + collateral.sum(1) * (
            0.0 if rounds_directionally(m.version) else 1e-4)
        doubt = (high > 0) & (weighted - slack < high * (1 + EXACT) + slack)
        sure = weighted * (1 + EXACT) + slack < low * (1 - EXACT) - slack
        found = [int(i) for i in np.flatnonzero(doubt)
                 if m.market.accounts[i].borrowing and (
                     sure[i] or account_data(m.market, int(i), now).health_factor < WAD)]
        return Screened(found, high)

    def _factors(self, now: int) -> tuple[Floats, Floats, Floats, Floats]:
        """By eMode and reserve: base currency a raw unit, threshold; by reserve: indices."""
        m = self._m
        market, count, modes = m.market, len(m.names), len(m.market.categories)
        price, weight = np.zeros((modes, count)), np.zeros((modes, count))
        index, owed = np.zeros(count), np.zeros(count)
        for k, r in enumerate(market.reserves):
            project(m.version, r, now)
            index[k], owed[k] = r.income_now / RAY, r.debt_now / RAY
            for c in range(modes):
                price[c, k] = price_of(m.version, market, c, k) / r.unit
                weight[c, k] = threshold_of(market, c, k) / 10_000
        return price, weight, index, owed
