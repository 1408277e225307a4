"""Random transactions, drawn from the market as it stands so that most of them mean something."""

import random

from aave_v3_driver import NAMES, Act
from aave_v3_worlds import DAI, RICH, USDC, WETH

from protocol_sim.numeric import MAX_UINT256
from protocol_sim.protocols.aave_v3.account import account_data
from protocol_sim.protocols.aave_v3.state import Market

WEIGHTS = {
    "supply": 14, "withdraw": 8, "borrow": 16, "repay": 8, "repay_with_atokens": 4, "set_collateral": 4,
    "transfer_atoken": 4, "set_emode": 5, "liquidation_call": 24, "flash_loan_simple": 3, "mint_to_treasury": 2,
    "eliminate_deficit": 3, "swap_rate_mode": 3, "rebalance_stable_rate": 2, "approve_delegation": 1, "set_price": 14,
    "configure_collateral": 1, "set_frozen": 1, "set_paused": 1, "set_reserve_factor": 1, "set_emode_zero_ltv": 1,
    "set_emode_borrowable": 1, "set_borrow_cap": 1, "set_supply_cap": 1,
}  # fmt: skip
PRICES = {WETH: 2_000 * 10**8, USDC: 10**8, DAI: 10**8}


def amount(rng: random.Random, unit: int, whole: int) -> int:
    """From dust to more than there is, now and then everything."""
    kind = rng.random()
    if kind < 0.08:
        return MAX_UINT256
    if kind < 0.18:
        return rng.choice((0, 1, 2, 3, 17))
    return rng.randrange(1, 1 + int(unit * whole * 10 ** rng.uniform(-4, 0.3)))


def weakest(m: Market, now: int) -> int:
    """The borrower with the lowest health factor."""
    return min((account_data(m, i, now).health_factor, i) for i in range(len(m.accounts) - 1))[1]


def liquidation(m: Market, rng: random.Random, t: Act) -> Act:
    """Of the weakest account, or the price that makes it liquidatable."""
    t.i = weakest(m, t.now) if rng.random() < 0.95 else t.i
    t.caller = rng.choice([j for j in range(len(m.accounts) - 1) if j != t.i or rng.random() < 0.1])
    bits = [j for j in range(3) if m.accounts[t.i].borrowing >> j & 1] or [t.k]
    held = [j for j in range(3) if m.accounts[t.i].collateral >> j & 1] or [t.k]
    factor = account_data(m, t.i, t.now).health_factor
    if 10**18 <= factor < 4 * 10**18 and rng.random() < 0.8:
        k, percent = rng.choice(held), rng.choice((999, 980, 955, 940, 700, 300))
        return Act(
            kind=NAMES.index("set_price"), k=k, now=t.now, amount=m.reserves[k].price * percent * 10**15 // factor
        )
    t.k, t.other = rng.choice(bits), rng.choice(held)
    if rng.random() < 0.6:
        t.amount = MAX_UINT256
    return t


def draw(m: Market, rng: random.Random, now: int) -> Act:
    """One transaction at `now`."""
    name = rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
    for stuck, lifted in (("paused", "set_paused"), ("frozen", "set_frozen")):
        shut = [j for j in range(3) if getattr(m.reserves[j], stuck)]
        if shut and rng.random() < 0.4:
            kind = NAMES.index(lifted)
            return Act(kind=kind, k=shut[0], now=now)
    users = len(m.accounts) - 1
    k, i, caller = rng.randrange(3), rng.randrange(users), rng.randrange(users)
    t = Act(kind=NAMES.index(name), i=i, caller=i if rng.random() < 0.8 else caller, k=k, now=now)
    t.wallet = RICH if rng.random() < 0.97 else 10**5
    t.mode = rng.choice((2, 2, 2, 2, 1, 0, 3)) if m.settings[0].version > 302 else rng.choice((2, 2, 2, 1, 1, 0))
    t.flag = rng.randrange(2)
    t.other = rng.randrange(4)
    t.amount = amount(rng, m.reserves[k].unit, 20 if k == WETH else 40_000)
    if name == "liquidation_call":
        return liquidation(m, rng, t)
    if name == "borrow" and rng.random() < 0.8:
        data = account_data(m, i, now)
        room = max(0, data.collateral * data.ltv // 10_000 - data.debt)
        t.amount = int(room * rng.choice((0.3, 0.7, 0.95, 0.999, 1.01))) * m.reserves[k].unit // m.reserves[k].price
    elif name == "set_price":
        t.amount = max(1, int(PRICES[k] * rng.choice((0.3, 0.8, 0.9, 0.94, 0.97, 0.99, 1.0, 1.0, 1.03))))
    elif name == "flash_loan_simple":
        t.amount, t.flag = min(t.amount, 10**25), 1 if rng.random() < 0.9 else 0
    elif name == "eliminate_deficit":
        t.i = m.settings[0].umbrella if rng.random() < 0.8 else i
    elif name == "configure_collateral":
        t.mode, t.other, t.flag = rng.choice(((7_000, 7_500, 10_500), (8_000, 8_250, 10_500), (0, 7_700, 10_400)))
    elif name == "set_frozen":
        t.flag = 1 - m.reserves[k].frozen
    elif name == "set_paused":
        t.flag, t.other = 1 - m.reserves[k].paused, rng.choice((0, 0, 600)) if m.settings[0].version > 302 else 0
    elif name == "set_reserve_factor":
        t.other = rng.choice((0, 1_000, 2_500))
    elif name in ("set_borrow_cap", "set_supply_cap"):
        t.other = rng.choice((0, 0, 50, 100_000))
    elif name == "set_emode":
        t.other = rng.choice((0, 1, 1, 2))
    return t
