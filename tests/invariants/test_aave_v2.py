"""What holds of an Aave V2 market whatever happens to it: a Hypothesis state machine over all operations.

*Value.* For each reserve, surplus = liquidity + variable debt + stable debt - aToken claims, all in raw units.
- An operation at one moment moves it by rounding only, apart from what it mints to the treasury. A scaled amount is
  off by half a scaled unit, so by index / 2 RAY raw units, and each product read before and after by half a unit.
  At most two scaled amounts on each side move (a burn or mint, the treasury): index sum / RAY + 7. A flash loan's
  premium raises the index by a ratio rounded to a ray and an index rounded to half a ray: claims / RAY + 2 more.
- Stable debt is the named exception: when its total runs out early the contract sets it to 0
  (`StableDebtToken.burn`), which writes the rest off; the operation is then checked on everything else.
- Time: borrowers compound, suppliers earn linearly on the same rates, so the surplus does not fall, but for the
  rate per second, floored (debt * dt / RAY), roundings of rates and indices (claims * dt / RAY / YEAR * 5 + claims
  / RAY + 4), and what suppliers earn on a surplus that roundings left below 0. A reserve is touched right after an
  operation that leaves rates that do not fit its balances (a liquidation within one asset, a changed reserve
  factor), since those rates would pay suppliers more than borrowers owe.

*Toxicity.* A liquidation of collateral kc is non-toxic while bonus * threshold(kc) <= health factor: what leaves
then carries no more of the debt than what is repaid. Its health factor may lose what rounding costs: a raw unit of
each asset for the seizure, the burn and the close, and a wei each for floored values; with several collaterals also
the bp that the average threshold is floored to.
"""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from protocol_sim.numeric import MAX_UINT256, RAY, WAD, ray_mul_half_up
from protocol_sim.protocols.aave_v2.account import account_data, atoken_balance, stable_debt_of, variable_debt_of
from protocol_sim.protocols.aave_v2.accrual import accrued_debt_index, project
from protocol_sim.protocols.aave_v2.rules import stable_debt
from protocol_sim.protocols.aave_v2.shell import AaveV2, Outcome
from protocol_sim.protocols.aave_v2.state import Reserve, new_market, new_reserve

YEAR = 31_536_000
WHALE, TREASURY, K = 0, 4, 3
USERS = st.integers(1, 3)
ASSETS = st.integers(0, K - 1)
PRICES = (10**18, 5 * 10**14, 15 * 10**18)


def listed(decimals: int, price: int, ltv: int, threshold: int, bonus: int) -> Reserve:
    slopes = {"variable_slopes": (4 * RAY // 100, 3 * RAY // 4), "stable_slopes": (2 * RAY // 100, RAY)}
    return new_reserve(
        decimals=decimals, price=price, ltv=ltv, threshold=threshold, bonus=bonus, reserve_factor=1000,
        base_rate=RAY // 100, market_rate=3 * RAY // 100, stable_borrowing=True, **slopes,
    )  # fmt: skip


class Market(RuleBasedStateMachine):
    """Three users with a loan each, a whale who starts every reserve, 18, 6 and 8 decimals."""

    now = 0

    @initialize()
    def start(self) -> None:
        terms = ((18, 8000, 8250, 10500), (6, 8000, 8500, 10450), (8, 7000, 7500, 11000))
        market = new_market([listed(d, p, *rest) for (d, *rest), p in zip(terms, PRICES, strict=True)], 4)
        whole = [1000 * self.some(k, 1000, market.reserves[k].unit) for k in range(K)]  # 1,000 ETH worth
        self.pool = AaveV2(market, [whole] * 4)
        self.reserves = market.reserves
        self.moved = [r.available_liquidity + self.in_wallets(k) for k, r in enumerate(self.reserves)]
        self.seen = [(0, 0)] * K
        self.surplus = [0] * K
        self.touched = [0] * K
        for k in range(K):
            assert self.call("supply", (k,), i=WHALE, k=k, amount=whole[k] // 50).code == 0
        for i in range(1, 4):
            assert self.call("supply", (i - 1,), i=i, k=i - 1, amount=whole[i - 1] // 100).code == 0
            self.borrow(i, i % K, 90, 2 if i < 3 else 1)

    # ---- what is measured -------------------------------------------------------------------------------------------
    def in_wallets(self, k: int) -> int:
        assert self.pool.wallets is not None
        return sum(w[k] for w in self.pool.wallets)

    def parts(self, k: int) -> tuple[int, int, int]:
        """(debt, claims, stable debt) of reserve k as updateState would find them now."""
        r = self.reserves[k]
        project(r, self.now)
        stable = stable_debt(r.stable_principal, r.average_stable_rate, r.stable_updated, self.now)
        debt = ray_mul_half_up(r.scaled_debt, accrued_debt_index(r)) + stable
        return debt, ray_mul_half_up(r.scaled_supply, r.income_now), stable

    def measure(self, k: int) -> int:
        debt, claims, _ = self.parts(k)
        return self.reserves[k].available_liquidity + debt - claims

    def rounding(self, k: int) -> int:
        r = self.reserves[k]
        return (r.income_now + r.debt_now) // RAY + 7

    def drift(self, k: int) -> int:
        """How far the surplus of reserve k may have fallen since it was touched."""
        debt, claims, _ = self.parts(k)
        dt = self.now - self.touched[k]
        owed = max(0, -self.surplus[k]) * self.reserves[k].liquidity_rate * dt // (RAY * YEAR)
        return debt * dt // RAY + claims * dt * 5 // (RAY * YEAR) + claims // RAY + owed + 4

    def call(self, name: str, assets: tuple[int, ...], **given: Any) -> Outcome:
        """One operation, its effect on every reserve's surplus checked."""
        before = {k: (self.measure(k), *self.parts(k)) for k in set(assets)}
        idle = {k: self.drift(k) for k in set(assets)}
        if name == "flash_loans":
            outcome = self.pool.flash_loans(**given, now=self.now)
        else:
            outcome = self.pool.call(name, **given, now=self.now)
        if outcome.code == 0:
            for k, (surplus, _, _, stable) in before.items():
                self.check_value(name, k, surplus, stable, idle[k], minted_to_treasury(name, outcome.result, k, given))
        else:
            assert {k: self.measure(k) for k in before} == {k: b[0] for k, b in before.items()}
        return outcome

    def check_value(self, name: str, k: int, surplus: int, stable: int, idle: int, minted: int) -> None:
        assert surplus >= self.surplus[k] - idle, (name, "time")
        after, r = self.measure(k), self.reserves[k]
        slack = self.rounding(k)
        if name == "flash_loans":
            slack += ray_mul_half_up(r.scaled_supply, r.income_now) // RAY + 2
        if not (stable > 0 and r.stable_principal == 0):
            assert abs(after - (surplus - minted)) <= slack, name
        if name not in ("set_collateral", "transfer_atoken"):
            self.surplus[k], self.touched[k] = after, self.now

    def touch(self, k: int) -> None:
        """Bring rates in line with balances."""
        amount = self.reserves[k].liquidity_index // RAY + 1
        assert self.pool.wallets is not None
        assert self.call("supply", (k,), i=WHALE, k=k, amount=amount).code == 0

    # ---- operations -------------------------------------------------------------------------------------------------
    def some(self, k: int, share: int, unit: int = 0) -> int:
        """Raw units worth `share` thousandths of an ETH at the first prices."""
        return share * (unit or self.reserves[k].unit) * 10**18 // (PRICES[k] * 1000)

    @rule(i=USERS, k=ASSETS, share=st.integers(0, 5_000))
    def supply(self, i: int, k: int, share: int) -> None:
        self.call("supply", (k,), i=i, k=k, amount=self.some(k, share))

    @rule(i=USERS, k=ASSETS, share=st.integers(0, 5_000), everything=st.booleans())
    def withdraw(self, i: int, k: int, share: int, everything: bool) -> None:
        self.call("withdraw", (k,), i=i, k=k, amount=MAX_UINT256 if everything else self.some(k, share))

    @rule(i=USERS, k=ASSETS, percent=st.integers(1, 105), mode=st.sampled_from([1, 2, 2]))
    def borrow(self, i: int, k: int, percent: int, mode: int) -> None:
        data, r = account_data(self.pool.market, i, self.now), self.reserves[k]
        room = max(data.collateral * data.ltv // 10_000 - data.debt, 0) * r.unit // r.price
        amount = min(room, r.available_liquidity) * percent // 100
        self.call("borrow", (k,), caller=i, i=i, k=k, amount=max(amount, 1), mode=mode)

    @rule(payer=USERS, i=USERS, k=ASSETS, share=st.integers(0, 5_000), everything=st.booleans())
    def repay(self, payer: int, i: int, k: int, share: int, everything: bool) -> None:
        k = max(range(K), key=lambda asset: (self.pool.market.accounts[i].borrowing >> asset & 1, asset == k))
        payer = i if everything else payer
        mode = 2 if self.pool.market.holdings[i * K + k].scaled_debt else 1
        amount = MAX_UINT256 if everything else self.some(k, share)
        outcome = self.call("repay", (k,), payer=payer, i=i, k=k, amount=amount, mode=mode)
        if outcome.code == 0 and everything:
            assert (variable_debt_of if mode == 2 else stable_debt_of)(self.pool.market, i, k, self.now) == 0

    @rule(i=USERS, k=ASSETS, mode=st.sampled_from([1, 2]))
    def swap(self, i: int, k: int, mode: int) -> None:
        self.call("swap_rate_mode", (k,), i=i, k=k, mode=mode)

    @rule(i=USERS, k=ASSETS)
    def rebalance(self, i: int, k: int) -> None:
        """After the whale has left as little as possible."""
        held = atoken_balance(self.pool.market, WHALE, k, self.now)
        out = min(held, self.reserves[k].available_liquidity) * 999 // 1000
        self.call("withdraw", (k,), i=WHALE, k=k, amount=out)
        self.call("rebalance_stable_rate", (k,), i=i, k=k)

    @rule(i=USERS, k=ASSETS, used=st.integers(0, 1))
    def set_collateral(self, i: int, k: int, used: int) -> None:
        leaves = k in self.collaterals(i) and not used
        outcome = self.call("set_collateral", (k,), i=i, k=k, used=used)
        if outcome.code == 0 and leaves:
            assert account_data(self.pool.market, i, self.now).health_factor >= WAD - self.slack(i)

    @rule(i=USERS, to=USERS, k=ASSETS, percent=st.integers(0, 100))
    def transfer(self, i: int, to: int, k: int, percent: int) -> None:
        amount = atoken_balance(self.pool.market, i, k, self.now) * percent // 100
        outcome = self.call("transfer_atoken", (k,), i=i, to=to, k=k, amount=amount)
        if outcome.code == 0:
            assert account_data(self.pool.market, i, self.now).health_factor >= WAD

    @rule(i=USERS, k=ASSETS, share=st.integers(0, 5_000))
    def flash_loan(self, i: int, k: int, share: int) -> None:
        amount, r = self.some(k, share), self.reserves[k]
        income = r.income_now
        outcome = self.call("flash_loans", (k,), caller=i, i=i, loans=[(k, amount, 0)], holds=lambda _: 10**40)
        if outcome.code == 0:
            self.moved[k] += outcome.result[0].premium
            assert r.income_now >= income

    @rule(who=USERS, i=USERS, choice=st.integers(0, 20), share=st.integers(1, 9_000), receive=st.integers(0, 1),
          push=st.sampled_from([0, 1, 500, 10_000]))  # fmt: skip
    def squeeze(self, who: int, i: int, choice: int, share: int, receive: int, push: int) -> None:
        """Raise the price of account i's debt until it can be liquidated (by `push` bps more), and liquidate it."""
        owed = [k for k in range(K) if self.pool.market.accounts[i].borrowing >> k & 1]
        factor = account_data(self.pool.market, i, self.now).health_factor
        if not owed or not self.collaterals(i) or factor == MAX_UINT256:
            return
        if factor >= WAD:
            for k in owed:
                price = self.reserves[k].price * factor // WAD * (10_000 + push) // 10_000 + 1
                assert self.pool.call("set_price", k=k, price=min(price, 10**27)).code == 0
        held = self.collaterals(i)
        self.liquidate(who, i, held[choice % len(held)], owed[choice % len(owed)], share, receive)

    @rule(who=USERS, i=USERS, kc=ASSETS, kd=ASSETS, share=st.integers(0, 9_000), receive=st.integers(0, 1))
    def liquidate(self, who: int, i: int, kc: int, kd: int, share: int, receive: int) -> None:
        before, r = account_data(self.pool.market, i, self.now), self.reserves[kc]
        given = {"liquidator": who, "i": i, "kc": kc, "kd": kd, "receive_atoken": receive}
        outcome = self.call("liquidation_call", (kc, kd), **given, debt_to_cover=self.some(kd, share))
        if kc == kd:
            self.touch(kd)
        if outcome.code != 0:
            return
        assert before.health_factor < WAD
        after = account_data(self.pool.market, i, self.now)
        toxic = Fraction(r.bonus * r.threshold, 10**8) > Fraction(before.health_factor, WAD)
        if not (toxic or (who == i and receive)):
            assert after.health_factor >= before.health_factor - self.slack(i, kc, kd)

    def slack(self, i: int, *assets: int) -> int:
        """Wad by which roundings may lower account i's health factor (see the module's text)."""
        data = account_data(self.pool.market, i, self.now)
        if data.debt == 0:
            return 0
        wei = sum(3 * (r.price // r.unit + 1) for r in (self.reserves[k] for k in assets)) + K
        floored = data.collateral // 10_000 + 1 if len(self.collaterals(i)) > 1 or not assets else 0
        return (wei * 2 + floored) * WAD // data.debt + 2

    def collaterals(self, i: int) -> list[int]:
        return [k for k in range(K) if self.pool.market.accounts[i].collateral >> k & 1]

    # ---- the world --------------------------------------------------------------------------------------------------
    @rule(seconds=st.sampled_from([1, 12, 3_600, 86_400, 30 * 86_400]))
    def wait(self, seconds: int) -> None:
        self.now += seconds

    @rule(k=ASSETS, percent=st.sampled_from([40, 70, 90, 99, 100, 101, 110, 140, 250]))
    def reprice(self, k: int, percent: int) -> None:
        assert self.pool.call("set_price", k=k, price=PRICES[k] * percent // 100).code == 0

    @rule(k=ASSETS, factor=st.integers(0, 10_000))
    def change_factor(self, k: int, factor: int) -> None:
        self.touch(k)
        assert self.pool.call("set_reserve_factor", k=k, factor=factor).code == 0
        self.touch(k)

    @precondition(lambda self: self.now > 0)
    @rule(k=ASSETS)
    def restart(self, k: int) -> None:
        self.touch(k)

    # ---- invariants -------------------------------------------------------------------------------------------------
    @invariant()
    def underlying_is_conserved(self) -> None:
        assert [r.available_liquidity + self.in_wallets(k) for k, r in enumerate(self.reserves)] == self.moved

    @invariant()
    def totals_are_sums(self) -> None:
        holdings = self.pool.market.holdings
        for k, r in enumerate(self.reserves):
            rows = holdings[k::K]
            assert r.scaled_supply == sum(h.scaled_supply for h in rows)
            assert r.scaled_debt == sum(h.scaled_debt for h in rows)
            assert all(min(h.scaled_supply, h.scaled_debt, h.stable_principal) >= 0 for h in rows)

    @invariant()
    def indices_never_fall(self) -> None:
        for k, r in enumerate(self.reserves):
            income, debt = self.seen[k]
            self.seen[k] = (r.liquidity_index, r.variable_borrow_index)
            assert r.liquidity_index >= max(income, RAY)
            assert r.variable_borrow_index >= max(debt, RAY)
            assert r.last_updated <= self.now

    @invariant()
    def the_cache_is_what_a_fresh_projection_gives(self) -> None:
        for r in self.reserves:
            if r.projected_at == self.now:
                cached = (r.income_now, r.debt_now)
                project(r, self.now)
                assert cached == (r.income_now, r.debt_now)

    @invariant()
    def who_owes_is_flagged(self) -> None:
        m = self.pool.market
        for i in range(len(m.accounts)):
            for k in range(K):
                h = m.holdings[i * K + k]
                if h.scaled_debt or h.stable_principal:
                    assert m.accounts[i].borrowing >> k & 1


def minted_to_treasury(name: str, result: Any, k: int, given: dict[str, Any]) -> int:
    """Claims that an operation minted for the treasury in reserve k."""
    if name == "flash_loans":
        return int(result[0].debt.to_treasury)
    if name == "liquidation_call":
        total = result.debt_to_treasury if k == given["kd"] else 0
        return int(total + (result.collateral_to_treasury if k == given["kc"] else 0))
    return int(getattr(result, "to_treasury", 0))


Market.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestAaveV2Market = Market.TestCase


def test_some_liquidations_are_toxic_and_some_are_not() -> None:
    """The two sides of the frontier on one account: 1 ETH of debt, bonus 5 %, threshold 82.5 %."""
    for collateral, falls in ((12 * 10**17, False), (10**18, True)):
        reserves = [listed(18, 10**18, 8000, 8250, 10500), listed(6, 10**18, 8000, 8250, 10500)]
        pool = AaveV2(new_market(reserves, 2), [[10**30, 10**30]] * 2)
        for k in range(2):
            assert pool.call("supply", i=0, k=k, amount=10 * reserves[k].unit, now=0).code == 0
        assert pool.call("supply", i=1, k=0, amount=2 * 10**18, now=0).code == 0
        assert pool.call("borrow", caller=1, i=1, k=1, amount=10**6, mode=2, now=0).code == 0
        reserves[0].price = collateral // 2
        before = pool.account_data(1, 0).health_factor
        given = {"liquidator": 0, "i": 1, "kc": 0, "kd": 1, "debt_to_cover": 10**5, "receive_atoken": 0}
        assert pool.call("liquidation_call", **given, now=0).code == 0
        assert (pool.account_data(1, 0).health_factor < before) is falls


if __name__ == "__main__":
    pytest.main([__file__])
