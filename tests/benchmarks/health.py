"""Health factors in Python integers: accounts with two collaterals and one debt among ten reserves, interest on."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from protocol_sim.numeric import RAY

ACCOUNTS, RESERVES = 2_000, 10
START = 1_700_000_000
PRICES = [10 ** (15 + k % 5) + k for k in range(RESERVES)]


def filled(market: Any, debt: str) -> Any:
    """The market with holdings: account i has collateral in i and i + 1, debt in i + 2 (modulo the reserves)."""
    for r in market.reserves:
        r.liquidity_index, r.variable_borrow_index = RAY + RAY // 7, RAY + RAY // 5
        r.liquidity_rate, r.variable_rate, r.projected_at = RAY // 50, RAY // 30, -1
    for i in range(ACCOUNTS):
        for n in range(3):
            k = (i + n) % RESERVES
            h = market.holdings[i * RESERVES + k]
            if n < 2:
                h.scaled_supply = 10**21 + i
                market.accounts[i].collateral |= 1 << k
            else:
                setattr(h, debt, 10**20 + i)
                market.accounts[i].borrowing |= 1 << k
    return market


def pass_over(market: Any, account_data: Callable[..., Any], fresh: bool) -> Callable[[], int]:
    """All accounts once; `fresh`: at a new time on each call, so that indices are projected again."""
    moments = count(START + 1)
    now = next(moments)

    def work() -> int:
        moment = next(moments) if fresh else now
        return sum(account_data(market, i, moment).health_factor > 0 for i in range(ACCOUNTS))

    return work


def rows(best: Callable[..., tuple[float, Any]]) -> Iterator[tuple[str, float, str]]:
    """Aave V2 and both ends of Aave V3."""
    from protocol_sim.protocols.aave_v2 import account as v2
    from protocol_sim.protocols.aave_v2 import state as s2
    from protocol_sim.protocols.aave_v3 import account as v3
    from protocol_sim.protocols.aave_v3 import state as s3

    terms: dict[str, Any] = {"decimals": 18, "ltv": 7_500, "threshold": 8_000, "bonus": 10_500, "now": START}
    two = s2.new_market([s2.new_reserve(price=price, **terms) for price in PRICES], ACCOUNTS)
    markets = [("aave-v2", filled(two, "scaled_debt"), v2.account_data)]
    for version in ("3.0.2", "3.6"):
        three = s3.new_market(version, [s3.new_reserve(price=price, **terms) for price in PRICES], ACCOUNTS)
        markets.append((f"aave-v3 {version}", filled(three, "scaled_debt"), v3.account_data))
    for name, market, account_data in markets:
        for fresh, words in ((False, "one moment"), (True, "a new moment each pass")):
            seconds, healthy = best(pass_over(market, account_data, fresh), 5)
            assert healthy > 0
            yield f"exact: {name} health factors, 3 of 10 assets, {words}", ACCOUNTS / seconds, "1/s"
