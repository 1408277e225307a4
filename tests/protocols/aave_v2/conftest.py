"""One small market for the tests of Aave V2: WETH, USDC, WBTC; a whale, three users, the treasury."""

from types import SimpleNamespace

import pytest

from protocol_sim.numeric import RAY
from protocol_sim.protocols.aave_v2.state import Market, Reserve, new_market, new_reserve

WETH, USDC, WBTC = 0, 1, 2
WHALE, ALICE, BOB, CAROL, TREASURY = range(5)
RICH = 10**40
START = 1_000


def listed(decimals: int, price: int, ltv: int, threshold: int, bonus: int) -> Reserve:
    return new_reserve(
        decimals=decimals,
        price=price,
        ltv=ltv,
        threshold=threshold,
        bonus=bonus,
        reserve_factor=1000,
        optimal=8 * RAY // 10,
        base_rate=RAY // 100,
        variable_slopes=(4 * RAY // 100, 3 * RAY // 4),
        stable_slopes=(2 * RAY // 100, RAY),
        market_rate=3 * RAY // 100,
        stable_borrowing=True,
        now=START,
    )


def empty_market() -> Market:
    reserves = [
        listed(18, 10**18, 8000, 8250, 10500),
        listed(6, 5 * 10**14, 8000, 8500, 10450),
        listed(8, 15 * 10**18, 7000, 7500, 11000),
    ]
    return new_market(reserves, 4, delegations=2)


def busy_market() -> Market:
    """The whale supplies everything; Alice owes 8,000 USDC (variable) on 10 WETH, Bob 2 WETH (stable) on 1 WBTC."""
    from protocol_sim.protocols.aave_v2.borrow import borrow
    from protocol_sim.protocols.aave_v2.supply import supply

    m = empty_market()
    done = [
        supply(m, WHALE, WETH, 1_000 * 10**18, RICH, START),
        supply(m, WHALE, USDC, 1_000_000 * 10**6, RICH, START),
        supply(m, WHALE, WBTC, 100 * 10**8, RICH, START + 10),
        supply(m, ALICE, WETH, 10 * 10**18, RICH, START + 20),
        supply(m, BOB, WBTC, 10**8, RICH, START + 30),
        borrow(m, ALICE, ALICE, USDC, 8_000 * 10**6, 2, START + 40),
        borrow(m, BOB, BOB, WETH, 2 * 10**18, 1, START + 50),
    ]
    assert [code for code, _ in done] == [0] * 7
    return m


def state_of(m: Market) -> list[dict[str, int]]:
    """Every field of every row, without the cached projections."""
    cache = {"projected_at", "income_now", "debt_now"}
    return [{n: getattr(row, n) for n in type(row).__slots__ if n not in cache} for table in m for row in table]


@pytest.fixture
def v2() -> SimpleNamespace:
    return SimpleNamespace(
        WETH=WETH, USDC=USDC, WBTC=WBTC, WHALE=WHALE, ALICE=ALICE, BOB=BOB, CAROL=CAROL, TREASURY=TREASURY,
        RICH=RICH, START=START, empty=empty_market, busy=busy_market, state_of=state_of,
    )  # fmt: skip
