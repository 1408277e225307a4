"""What holds of an Aave V3 market whatever happens to it: a Hypothesis state machine over all operations, a class a
version.

*Value.* For each reserve, in exact fractions of raw units at one moment,
surplus = liquidity + variable debt + stable debt + deficit - (aTokens + the treasury's share, pending included).
- From 3.5 on every rounding favours the pool: no operation lowers it. The one exception is the contract's own:
collateral
  and debt of one reserve accrue the treasury's share twice.
- Before 3.5 a scaled amount is off by half a scaled unit (index / 2 RAY raw) and an amount by half a raw unit. At
most two
  scaled amounts of aTokens and one of debt move: (2 supply index + debt index) / 2 RAY + 2. A flash loan's premium
  raises
  the index by a ratio rounded to half a ray and a product rounded to half a ray: claims / RAY more.
- Stable debt is the named exception: when its total runs out early the contract sets it to 0 (`StableDebtToken.burn`).
- Time: borrowers compound, suppliers earn linearly on the same rates, so the surplus does not fall, but for what
suppliers
  earn on a surplus below 0, for rates rounded to a few ray a year (5 claims dt / RAY / YEAR), for indices and growth
  floored or rounded to a ray (3 (claims + debt) / RAY), and for the roundings of the treasury's share (index / RAY +
  2).
  A change of the reserve factor in 3.0.2, a collateral seized within one reserve there and the double accrual leave
  rates
  that do not fit the balances: the reserve is touched afterwards.

*Toxicity.* A liquidation of kc is non-toxic while bonus * threshold(kc) <= health factor. It may lose what is rounded:
two raw units of each asset, four units of base currency for floors, and with several collaterals before 3.5 the bp that
the average threshold is floored to.
"""

import copy
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from protocol_sim.numeric import MAX_UINT256, RAY, WAD
from protocol_sim.protocols.aave_v3.account import account_data, in_emode, price_of
from protocol_sim.protocols.aave_v3.accrual import accrue, project
from protocol_sim.protocols.aave_v3.shell import AaveV3, Outcome
from protocol_sim.protocols.aave_v3.state import Market, Reserve, new_market, new_reserve
from protocol_sim.protocols.aave_v3.versions import VERSIONS

YEAR, PCT, RICH, K, USERS = 31_536_000, RAY // 100, 10**30, 3, 4
UMBRELLA, TREASURY = 3, 4
ACCOUNT, ASSET = st.integers(0, USERS - 1), st.integers(0, K - 1)
SHARE = st.one_of(st.integers(0, 110), st.just(1_000))  # per cent of what is there; 1000: the contract's "all"
BASE = (2_000 * 10**8, 10**8, 30_000 * 10**8)
CACHE = {"projected_at": -1, "income_now": 0, "debt_now": 0}


def listed(version: str) -> list[Reserve]:
    stable = version == "3.0.2"
    terms: dict[str, Any] = {
        "reserve_factor": 1_500, "liquidation_fee": 1_000, "base_rate": PCT, "variable_slopes": (4 * PCT, 75 * PCT),
        "stable_slopes": (PCT, 60 * PCT), "stable_offsets": (PCT, 2 * PCT), "stable_borrowing": stable,
    }  # fmt: skip
    lines = ((18, 8_000, 8_250, 10_500), (6, 7_500, 7_800, 10_450), (8, 7_000, 7_500, 11_000))
    return [
        new_reserve(decimals=d, price=p, ltv=ltv, threshold=t, bonus=b, **terms)
        for (d, ltv, t, b), p in zip(lines, BASE, strict=True)
    ]


def plain(m: Market) -> list[Any]:
    """All rows but for the caches."""
    rows = [copy.copy(row) for table in m for row in table]
    for row in rows:
        if isinstance(row, Reserve):
            row.projected_at, row.income_now, row.debt_now = -1, 0, 0
    return rows


class Machine(RuleBasedStateMachine):
    """Three users and the umbrella; two of them start with supplies."""

    version = ""

    @initialize()
    def start(self) -> None:
        umbrella = -1 if self.version == "3.0.2" else UMBRELLA
        market = new_market(
            self.version, listed(self.version), USERS, umbrella=umbrella, flash_premium_to_protocol=3_000
        )
        self.pool, self.now, self.touched = AaveV3(market, [[RICH] * K] * USERS), 1_700_000_000, 0
        self.number = VERSIONS[self.version]
        self.indices = [(RAY, RAY)] * K
        for i, k, units in ((0, 0, 50), (0, 2, 3), (1, 1, 150_000), (1, 0, 20), (UMBRELLA, 1, 5_000)):
            assert self.pool.call("supply", i=i, k=k, amount=units * self.reserve(k).unit, now=self.now).code == 0
        asked = {"category": 1, "ltv": 9_300, "threshold": 9_500, "bonus": 10_100}
        self.pool.call("set_emode_category", **asked, price=101 * 10**6 if self.number == 302 else 0)
        if self.number == 302:
            self.pool.call("set_asset_emode", k=1, category=1)
        else:
            for k in (0, 1):
                self.pool.call("set_emode_collateral", k=k, category=1, on=1)
                self.pool.call("set_emode_borrowable", k=k, category=1, on=1)
        for i, k, units in ((0, 1, 30_000), (0, 2, 1), (1, 0, 30), (1, 2, 1), (1, 1, 4_000)):
            lent = self.pool.call("borrow", i=i, k=k, amount=units * self.reserve(k).unit, mode=2, now=self.now)
            assert lent.code == 0, lent.name

    # ---- measuring --------------------------------------------------------------------------------------------------
    def reserve(self, k: int) -> Reserve:
        return self.pool.market.reserves[k]

    def surplus(self, k: int) -> Fraction:
        r = self.reserve(k)
        project(self.number, r, self.now)
        a = accrue(self.number, r, self.now)
        claims = (r.scaled_supply + r.accrued_to_treasury + a.to_treasury) * Fraction(r.income_now, RAY)
        debt = r.scaled_debt * Fraction(r.debt_now, RAY) + a.stable_total
        return r.available_liquidity + debt + r.deficit - claims

    def claims(self, k: int) -> Fraction:
        r = self.reserve(k)
        project(self.number, r, self.now)
        return (r.scaled_supply + r.accrued_to_treasury) * Fraction(r.income_now, RAY)

    def slack(self, k: int, flash: bool) -> Fraction:
        if self.number >= 350:
            return Fraction(0)
        r = self.reserve(k)
        roundings = Fraction(2 * r.income_now + r.debt_now, 2 * RAY) + 2
        return roundings + (self.claims(k) / RAY + 2 if flash else 0)

    def call(self, operation: str, **a: Any) -> Outcome:
        """One transaction, with what holds for all of them."""
        before, stable = [self.surplus(k) for k in range(K)], [self.reserve(k).stable_principal for k in range(K)]
        share = [accrue(self.number, self.reserve(k), self.now).to_treasury for k in range(K)]
        rows = plain(self.pool.market)
        outcome = self.pool.call(operation, **a)
        if outcome.code != 0:
            assert plain(self.pool.market) == rows, (operation, outcome)
            return outcome
        twice = a["kd"] if operation == "liquidation_call" and a["kc"] == a["kd"] and self.number >= 350 else -1
        for k in range(K):
            if stable[k] > 0 and self.reserve(k).stable_principal == 0:
                continue
            lost = before[k] - self.surplus(k)
            if k == twice:
                lost -= share[k] * Fraction(self.reserve(k).liquidity_index, RAY)
            assert lost <= self.slack(k, "flash" in operation), (operation, k, float(lost))
        return outcome

    def touch(self) -> None:
        """Fit the rates to the balances."""
        for k in range(K):
            self.call("supply", i=1, k=k, amount=self.reserve(k).unit, now=self.now)

    # ---- operations -------------------------------------------------------------------------------------------------
    def part(self, share: int, whole: int) -> int:
        return MAX_UINT256 if share == 1_000 else whole * share // 100

    @rule(i=ACCOUNT, k=ASSET, units=st.integers(1, 10**12), whole=st.booleans())
    def supply(self, i: int, k: int, units: int, whole: bool) -> None:
        amount = (units % 50 + 1) * self.reserve(k).unit if whole else units
        self.call("supply", i=i, k=k, amount=amount, now=self.now)

    @rule(i=ACCOUNT, k=ASSET, share=SHARE)
    def withdraw(self, i: int, k: int, share: int) -> None:
        held = self.pool.market.holdings[i * K + k].scaled_supply * self.reserve(k).liquidity_index // RAY
        self.call("withdraw", i=i, k=k, amount=self.part(share, held), now=self.now)

    @rule(i=ACCOUNT, k=ASSET, share=st.integers(1, 101), mode=st.sampled_from((2, 2, 2, 1)))
    def borrow(self, i: int, k: int, share: int, mode: int) -> None:
        d, r = account_data(self.pool.market, i, self.now), self.reserve(k)
        room = max(0, d.collateral * d.ltv // 10_000 - d.debt) * share // 100
        self.call("borrow", i=i, k=k, amount=room * r.unit // r.price, mode=mode, now=self.now)

    @rule(i=ACCOUNT, k=ASSET, share=SHARE, mode=st.sampled_from((2, 2, 1)), atokens=st.booleans())
    def repay(self, i: int, k: int, share: int, mode: int, atokens: bool) -> None:
        h = self.pool.market.holdings[i * K + k]
        owed = (h.scaled_debt if mode == 2 else h.stable_principal) * self.reserve(k).variable_borrow_index // RAY
        name = "repay_with_atokens" if atokens else "repay"
        self.call(name, i=i, k=k, amount=self.part(share, owed), mode=mode, now=self.now)

    @rule(i=ACCOUNT, k=ASSET, mode=st.sampled_from((1, 2)), rebalance=st.booleans())
    def change_mode(self, i: int, k: int, mode: int, rebalance: bool) -> None:
        if self.number == 302:
            if rebalance:
                self.call("rebalance_stable_rate", i=i, k=k, now=self.now)
            else:
                self.call("swap_rate_mode", i=i, k=k, mode=mode, now=self.now)

    @rule(i=ACCOUNT, to=ACCOUNT, k=ASSET, share=SHARE)
    def transfer(self, i: int, to: int, k: int, share: int) -> None:
        held = self.pool.market.holdings[i * K + k].scaled_supply
        self.call("transfer_atoken", i=i, to=to, k=k, amount=held * min(share, 100) // 100, now=self.now)

    @rule(i=ACCOUNT, k=ASSET, use=st.integers(0, 1), category=st.integers(0, 2), emode=st.booleans())
    def choose(self, i: int, k: int, use: int, category: int, emode: bool) -> None:
        if emode:
            self.call("set_emode", i=i, category=category, now=self.now)
        else:
            self.call("set_collateral", i=i, k=k, use=use, now=self.now)

    @rule(k=ASSET, share=st.integers(0, 101), success=st.integers(0, 1))
    def flash(self, k: int, share: int, success: int) -> None:
        amount = self.reserve(k).available_liquidity * share // 100
        self.call("flash_loan_simple", k=k, amount=amount, success=success, wallet=RICH, now=self.now)

    @rule(k=ASSET)
    def mint(self, k: int) -> None:
        self.call("mint_to_treasury", k=k, now=self.now)

    @rule(k=ASSET, share=SHARE)
    def cover(self, k: int, share: int) -> None:
        if self.number > 302:
            before = self.reserve(k).deficit
            done = self.call("eliminate_deficit", i=UMBRELLA, k=k, amount=self.part(share, before), now=self.now)
            assert self.reserve(k).deficit == before - (done.result.amount if done.code == 0 else 0)

    @rule(k=ASSET, factor=st.sampled_from((0, 1_500, 5_000)))
    def reserve_factor(self, k: int, factor: int) -> None:
        self.touch()
        self.call("set_reserve_factor", k=k, factor=factor, now=self.now)
        self.touch()

    @rule(k=ASSET, percent=st.sampled_from((40, 90, 97, 100, 104)))
    def reprice(self, k: int, percent: int) -> None:
        self.call("set_price", k=k, price=BASE[k] * percent // 100)

    @rule(seconds=st.sampled_from((1, 12, 3_600, 86_400, 2_600_000)))
    def wait(self, seconds: int) -> None:
        before, claims = [self.surplus(k) for k in range(K)], [self.claims(k) for k in range(K)]
        rates = [self.reserve(k).liquidity_rate for k in range(K)]
        self.now += seconds
        for k in range(K):
            r, most = self.reserve(k), max(claims[k], self.claims(k))
            debt = r.scaled_debt * Fraction(r.debt_now, RAY) + r.stable_principal
            below = max(Fraction(0), -before[k]) + 1
            shrinks = below * rates[k] * seconds / RAY / YEAR * 2
            rounding = most * 5 * seconds / RAY / YEAR + 3 * (most + debt) / RAY + Fraction(r.income_now, RAY) + 2
            assert self.surplus(k) >= before[k] - shrinks - rounding, k

    # ---- liquidation ------------------------------------------------------------------------------------------------
    @rule(nth=st.tuples(ASSET, ASSET), share=SHARE, receive=st.integers(0, 1), squeeze=st.sampled_from((0, 99, 96, 94)))
    def liquidate_somebody(self, nth: tuple[int, int], share: int, receive: int, squeeze: int) -> None:
        self.liquidate(nth[0], nth, share, receive, squeeze)

    @rule(nth=st.tuples(ASSET, ASSET), share=st.integers(1, 100), squeeze=st.sampled_from((99, 98, 96, 94)))
    def liquidate_a_part(self, nth: tuple[int, int], share: int, squeeze: int) -> None:
        self.liquidate(self.weakest(), nth, share, 0, squeeze)

    @rule(nth=st.tuples(ASSET, ASSET), receive=st.integers(0, 1), squeeze=st.sampled_from((99, 94, 80, 40)))
    def liquidate_all(self, nth: tuple[int, int], receive: int, squeeze: int) -> None:
        self.liquidate(self.weakest(), nth, 1_000, receive, squeeze)

    def liquidate(self, i: int, nth: tuple[int, int], share: int, receive: int, squeeze: int) -> None:
        m = self.pool.market
        kc, kd = self.nth(m.accounts[i].collateral, nth[0]), self.nth(m.accounts[i].borrowing, nth[1])
        if squeeze:
            self.squeeze(i, kd, squeeze)
        before = account_data(m, i, self.now)
        owed, deficits = m.holdings[i * K + kd], [r.deficit for r in m.reserves]
        amount = self.part(share, owed.scaled_debt * self.reserve(kd).variable_borrow_index // RAY)
        a = {"kc": kc, "kd": kd, "amount": amount, "receive_atoken": receive, "now": self.now}
        done = self.call("liquidation_call", liquidator=(i + 1) % USERS, i=i, **a)
        if done.code != 0:
            assert [r.deficit for r in m.reserves] == deficits
            return
        assert before.health_factor < WAD
        after, owner = account_data(m, i, self.now), m.accounts[i]
        grown = [r.deficit - was for r, was in zip(m.reserves, deficits, strict=True)]
        if any(grown):
            assert self.number > 302
            assert (owner.borrowing, after.debt, after.collateral) == (0, 0, 0)
            assert grown[kd] == done.result.deficit
        elif after.debt != 0:
            self.check_toxicity(i, kc, kd, before, after)
        self.touch()

    def nth(self, bitmap: int, n: int) -> int:
        """An asset of the bitmap, any where it is empty."""
        bits = [k for k in range(K) if bitmap >> k & 1]
        return bits[n % len(bits)] if bits else n

    def weakest(self) -> int:
        return min((account_data(self.pool.market, i, self.now).health_factor, i) for i in range(USERS))[1]

    def squeeze(self, i: int, kd: int, percent: int) -> None:
        """Raise the price of what i owes until its health factor is about `percent` %, if that is possible."""
        factor = account_data(self.pool.market, i, self.now).health_factor
        if WAD <= factor < 5 * WAD:
            price = self.reserve(kd).price * factor * 110 // percent // WAD
            self.call("set_price", k=kd, price=min(price, BASE[kd] * 50))

    def check_toxicity(self, i: int, kc: int, kd: int, before: Any, after: Any) -> None:
        m, category = self.pool.market, self.pool.market.accounts[i].emode
        c, d, inside = m.reserves[kc], m.reserves[kd], in_emode(self.number, m, category, kc)
        if self.number == 302 and category and d.emode != category:
            return  # the debt is repaid at the category's price but owed at its own
        threshold, bonus = (
            (m.categories[category].threshold, m.categories[category].bonus) if inside else (c.threshold, c.bonus)
        )
        if bonus * threshold * WAD > before.health_factor * 10**8:
            return
        price = [price_of(self.number, m, category, k) for k in (kc, kd)]
        units = Fraction(2 * price[0], c.unit) + Fraction(2 * price[1], d.unit) + 6
        lost = units * WAD / after.debt
        if self.number < 350:
            lost += Fraction(WAD, 10_000) * before.collateral / after.debt
        assert after.health_factor >= before.health_factor - lost

    # ---- always -----------------------------------------------------------------------------------------------------
    @invariant()
    def rows_fit(self) -> None:
        if not hasattr(self, "pool"):
            return
        m = self.pool.market
        for k, r in enumerate(m.reserves):
            column = [m.holdings[i * K + k] for i in range(USERS + 1)]
            assert r.scaled_supply == sum(h.scaled_supply for h in column)
            assert r.scaled_debt == sum(h.scaled_debt for h in column)
            assert r.liquidity_index >= self.indices[k][0]
            assert r.variable_borrow_index >= self.indices[k][1]
            self.indices[k] = (r.liquidity_index, r.variable_borrow_index)
            for i, h in enumerate(column):
                borrows = m.accounts[i].borrowing >> k & 1
                assert borrows or (h.scaled_debt == 0 and h.stable_principal == 0)
                if self.number >= 340:
                    assert not borrows or h.scaled_debt > 0
                if self.number >= 350 and m.accounts[i].collateral >> k & 1:
                    assert h.scaled_supply > 0


@pytest.mark.parametrize("version", VERSIONS)
def test_whatever_happens(version: str) -> None:
    machine = type(f"Aave{VERSIONS[version]}", (Machine,), {"version": version})
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(machine, settings=settings(max_examples=25, stateful_step_count=50, deadline=None))
