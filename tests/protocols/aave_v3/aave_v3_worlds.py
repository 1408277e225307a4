"""Small markets for the tests: WETH (18 decimals, 2000), USDC (6, 1), DAI (18, 1); prices in 8 decimals."""

import copy
from typing import Any

from protocol_sim.numeric import RAY
from protocol_sim.protocols.aave_v3 import codes
from protocol_sim.protocols.aave_v3.shell import AaveV3, Outcome
from protocol_sim.protocols.aave_v3.state import Market, Reserve, new_market, new_reserve
from protocol_sim.protocols.aave_v3.versions import VERSIONS

PCT = RAY // 100
ETH, USD = 10**18, 10**6
WETH, USDC, DAI = 0, 1, 2
RICH = 10**30
T0 = 1_700_000_000
EVERY = tuple(VERSIONS)
LATER = EVERY[1:]
CACHE = ("projected_at", "income_now", "debt_now")


def reserves(version: str) -> list[Reserve]:
    stable = version == "3.0.2"
    common: dict[str, Any] = {
        "reserve_factor": 1000, "liquidation_fee": 1000, "optimal": 80 * PCT, "variable_slopes": (4 * PCT, 60 * PCT),
        "stable_slopes": (5 * PCT, 60 * PCT) if stable else (0, 0), "stable_offsets": (1 * PCT, 2 * PCT) if stable
        else (0, 0),
        "stable_borrowing": stable, "now": T0,
    }  # fmt: skip
    return [
        new_reserve(decimals=18, price=2000 * 10**8, ltv=8000, threshold=8250, bonus=10500, **common),
        new_reserve(decimals=6, price=10**8, ltv=7500, threshold=7800, bonus=10450, base_rate=1 * PCT, **common),
        new_reserve(decimals=18, price=10**8, ltv=7500, threshold=7700, bonus=10400, **common),
    ]


def pool(version: str, accounts: int = 4, **options: Any) -> AaveV3:
    """Accounts 0 … accounts - 1 and the treasury behind them; everybody is rich."""
    if version != "3.0.2":
        options.setdefault("umbrella", 3)
    made = new_market(version, reserves(version), accounts, delegations=4, flash_premium_to_protocol=3000, **options)
    return AaveV3(made, [[RICH] * 3 for _ in range(accounts)])


def state(m: Market) -> Market:
    """A copy without the caches."""
    copied = Market(*([copy.copy(row) for row in rows] for rows in m))
    for r in copied.reserves:
        r.projected_at, r.income_now, r.debt_now = -1, 0, 0
    return copied


def ok(outcome: Outcome) -> Any:
    assert outcome.code == codes.OK, outcome.error
    return outcome.result


def borrower(version: str, eth: int = 10, usd: int = 15_000, wait: int = 0) -> AaveV3:
    """Account 0 has `eth` ETH and owes `usd` USDC at a variable rate; account 1 supplied 100,000 USDC and 100,000
    DAI."""
    p = pool(version)
    ok(p.call("supply", i=1, k=USDC, amount=100_000 * USD, now=T0))
    ok(p.call("supply", i=1, k=DAI, amount=100_000 * ETH, now=T0))
    ok(p.call("supply", i=0, k=WETH, amount=eth * ETH, now=T0))
    if usd:
        ok(p.call("borrow", i=0, k=USDC, amount=usd * USD, mode=2, now=T0 + wait))
    return p


def liquidate(
    p: AaveV3, now: int, amount: int = 2**256 - 1, kc: int = WETH, kd: int = USDC, i: int = 0, receive: int = 0
) -> Outcome:
    return p.call("liquidation_call", liquidator=2, i=i, kc=kc, kd=kd, amount=amount, receive_atoken=receive, now=now)


def busy(version: str) -> AaveV3:
    """A market for random transactions: four users (one of them the umbrella) with supplies, two eModes."""
    p = pool(version)
    first = version == "3.0.2"
    for category, price in ((1, 101 * 10**6), (2, 0)):
        asked = {"category": category, "ltv": 9_300, "threshold": 9_500, "bonus": 10_100}
        ok(p.call("set_emode_category", **asked, price=price if first else 0))
    for k in (USDC, DAI):
        if first:
            ok(p.call("set_asset_emode", k=k, category=1))
        else:
            ok(p.call("set_emode_collateral", k=k, category=1, on=1))
            ok(p.call("set_emode_borrowable", k=k, category=1, on=1))
            ok(p.call("set_emode_borrowable", k=k, category=2, on=1))
    for i in range(4):
        for k, amount in ((WETH, 20 * ETH), (USDC, 30_000 * USD), (DAI, 30_000 * ETH)):
            if (i + k) % 2:
                ok(p.call("supply", i=i, k=k, amount=amount, now=T0))
    return p
