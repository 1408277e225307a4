"""Random small scenarios for comparing engines: several assets, pools, feeds, liquidators, timeline changes, dust.

Many accounts stand within a few raw units of their liquidation threshold, because that is where engines could part.
"""

import random
from typing import Any

from protocol_sim.numeric import RAY
from protocol_sim.protocols.aave_v2.account import account_data
from protocol_sim.scenario import Scenario
from protocol_sim.world import build

START = 1_700_000_000
STABLE = "USD"


def scenario(seed: int, accounts: int = 60, steps: int = 60) -> Scenario:
    """The random scenario number `seed`: two to five assets, one in twelve up to thirty."""
    rng = random.Random(seed)
    most = 29 if seed % 12 == 11 else 4
    names = [STABLE, *[f"A{k}" for k in range(rng.randint(5 if most > 4 else 1, most))]]
    decimals = {STABLE: 6} | {name: rng.choice([6, 8, 18]) for name in names[1:]}
    usd = {STABLE: 1.0} | {name: 10 ** rng.uniform(-1, 4) for name in names[1:]}
    data: dict[str, Any] = {
        "name": f"random-{seed}",
        "seed": seed,
        "clock": {
            "start": START,
            "block_time": rng.choice([2, 12, 600, 3_600, 86_400]),
            "steps": rng.randint(steps // 2, steps),
            "blocks_per_step": rng.choice([1, 1, 1, 3]),
        },
    }
    data["assets"] = [_asset(rng, name, decimals[name], usd[name]) for name in names] + [
        {"name": "ETH", "decimals": 18, "price": {"kind": "constant", "usd": "1800"}}
    ]
    data["pools"] = [_pool(rng, name, decimals, usd) for name in names[1:] if rng.random() < 0.8]
    data["feeds"] = [_feed(rng, name, {p["name"] for p in data["pools"]}) for name in names]
    reserves = [_reserve(rng, name) for name in names]
    data["protocols"] = [{"name": "market", "kind": "aave-v2", "reserves": reserves}]
    data["agents"] = _agents(rng)
    data["timeline"] = _timeline(rng, reserves, data["clock"]) if rng.random() < 0.3 else []
    if seed % 4 == 1:                                   # not drawn from `rng`: scenarios without one stay as they are
        data["timeline"].append(_outage(random.Random(f"outage {seed}"), names, data["clock"]))
    holders = [_account(rng, i, decimals, usd) for i in range(rng.randint(3, accounts))]
    plenty = {n: _amount(n, 10**9 / min(usd[n], 1.0), decimals) for n in names}
    lender = {"name": "lender", "protocol": "market", "supplied": plenty}
    data["accounts"] = [*holders, lender]
    return _near_threshold(rng, Scenario.model_validate(data))


def _amount(name: str, size: float, decimals: dict[str, int]) -> str:
    return str(max(1, int(size * 10 ** decimals[name])))


def _asset(rng: random.Random, name: str, decimals: int, usd: float) -> dict[str, Any]:
    volatility = 0.02 if name == STABLE else rng.choice([0.5, 2.0, 5.0, 20.0])
    price: dict[str, Any] = {"kind": "gbm", "start": f"{usd:.8f}", "volatility_per_year": volatility}
    asset: dict[str, Any] = {"name": name, "decimals": decimals, "price": price}
    if name != STABLE and rng.random() < 0.5:
        depth = 10 ** rng.uniform(4, 7) / usd
        asset["impact"] = {"depth": str(int(depth * 10**decimals) + 1), "recovery": rng.choice([1, 8, 64, 500])}
    return asset


def _pool(rng: random.Random, name: str, decimals: dict[str, int], usd: dict[str, float]) -> dict[str, Any]:
    size = 10 ** rng.uniform(3, 7)
    tokens = [name, STABLE] if rng.random() < 0.5 else [STABLE, name]
    reserves = [_amount(token, size / usd[token], decimals) for token in tokens]
    fee = rng.choice([30, 30, 25, 100])
    return {"name": f"{name}-pool", "kind": "constant-product", "tokens": tokens, "reserves": reserves, "fee_bps": fee}


def _feed(rng: random.Random, name: str, pools: set[str]) -> dict[str, Any]:
    feed: dict[str, Any] = {"name": name, "kind": "chainlink", "base": name, "quote": "ETH", "decimals": 18}
    feed["deviation_bps"], feed["heartbeat"] = rng.choice([10, 50, 100]), rng.choice([3_600, 86_400])
    feed["delay_blocks"] = rng.choice([1, 1, 2, 5])
    if f"{name}-pool" in pools and rng.random() < 0.15:
        feed |= {"source": f"pool:{name}-pool", "quote": STABLE}
    return feed


def _reserve(rng: random.Random, name: str) -> dict[str, Any]:
    threshold = rng.randint(4_000, 9_300)
    bonus = rng.randint(10_100, min(11_500, 10_000 * 10_000 // threshold))
    rate = {
        "optimal_utilization_ray": str(RAY * rng.randint(40, 90) // 100),
        "base": str(RAY * rng.randint(0, 50) // 1000),
        "slope1": str(RAY * rng.randint(10, 200) // 1000),
        "slope2": str(RAY * rng.randint(100, 3_000) // 1000),
    }
    return {
        "asset": name, "feed": name, "ltv_bps": threshold - rng.randint(0, 500), "liquidation_threshold_bps": threshold,
        "liquidation_bonus_bps": bonus, "reserve_factor_bps": rng.choice([0, 1_000, 2_000]), "rate": rate,
        "liquidity_index": str(RAY + rng.randrange(RAY)), "variable_borrow_index": str(RAY + rng.randrange(RAY)),
    }


def _agents(rng: random.Random) -> list[dict[str, Any]]:
    agents: list[dict[str, Any]] = []
    for n in range(rng.choice([1, 1, 2])):
        gas = str(rng.choice([0, 1, 10**5, 5 * 10**6, 200 * 10**6]))
        agents.append({"name": f"liquidator{n}", "kind": "liquidator", "numeraire": STABLE, "gas": gas,
                       "close": rng.choice(["max", "optimal"]), "max_rounds": rng.choice([1, 4, 16])})
    if rng.random() < 0.8:
        agents.append({"name": "arbitrageur", "kind": "arbitrageur", "when": rng.choice(["band", "band", "touch"])})
    return agents


def _timeline(rng: random.Random, reserves: list[dict[str, Any]], clock: dict[str, int]) -> list[dict[str, Any]]:
    chosen, block = rng.choice(reserves), rng.randrange(clock["steps"])
    at = {"block": block, "protocol": "market"}
    parameter = {"kind": "set-parameter", "reserve": chosen["asset"]}
    return [rng.choice([
        at | parameter | {"key": "liquidation_threshold_bps", "value": chosen["ltv_bps"]},
        at | parameter | {"key": "rate.slope1", "value": str(RAY)},
        at | {"kind": "freeze", "reserve": chosen["asset"]},
        at | {"kind": "swap-feed", "reserve": chosen["asset"], "feed": rng.choice(reserves)["asset"]},
        at | {"kind": "set-close-factor", "bps": 10_000},
        at | {"kind": "pause"},
    ])]


def _outage(rng: random.Random, names: list[str], clock: dict[str, int]) -> dict[str, Any]:
    """A feed that says nothing for up to half of the run, most prices moving meanwhile."""
    block = rng.randrange(clock["steps"])
    return {"kind": "feed-outage", "block": block, "feed": rng.choice(names), "blocks": rng.randint(1, clock["steps"])}


def _account(rng: random.Random, i: int, decimals: dict[str, int], usd: dict[str, float]) -> dict[str, Any]:
    names = list(usd)
    worth = 10 ** rng.uniform(-5, 5.5) if rng.random() < 0.2 else 10 ** rng.uniform(2, 5)
    collateral = rng.sample(names, rng.randint(1, min(3, len(names))))
    debt = rng.sample(names, rng.randint(1, min(2, len(names))))
    ratio = rng.uniform(0.3, 0.98)
    return {
        "name": f"account{i}", "protocol": "market",
        "supplied": {n: _amount(n, worth / len(collateral) / usd[n], decimals) for n in collateral},
        "borrowed": {n: _amount(n, worth * ratio * 0.8 / len(debt) / usd[n], decimals) for n in debt},
    }


def _near_threshold(rng: random.Random, made: Scenario) -> Scenario:
    """A third of the accounts get the debt that puts their health factor at 1, give or take two scaled units."""
    world = build(made)
    market, accounts = world.protocols[0], list(made.accounts)
    width = len(market.reserves)
    for i, account in enumerate(accounts):
        if rng.random() < 0.33 and len(account.borrowed) == 1:
            (name,) = account.borrowed
            k = [r.asset for r in made.protocols[0].reserves].index(name)
            row, low, high = market.holdings[i * width + k], 1, 2**100
            while high - low > 1:
                row.scaled_debt = (low + high) // 2
                if account_data(market, i, START).health_factor >= 10**18:
                    low = row.scaled_debt
                else:
                    high = row.scaled_debt
            scaled = max(1, low + rng.randint(-2, 2))
            if scaled > 10**6 * 10 ** market.reserves[k].decimals:  # more than the lender can lend
                continue
            accounts[i] = account.model_copy(update={"borrowed": {}, "scaled_borrowed": {name: scaled}})
    return made.replaced(accounts=tuple(accounts))
