"""Random scenarios with Uniswap V3 pools, and with an Aave V3 market beside an Aave V2 one, for comparing engines.

Both markets sell into the same pools, so that a liquidation in one moves what the other sees.
"""

import random
from typing import Any

import worlds
from worlds import STABLE, START

from protocol_sim.amms.concentrated.tick_math import tick_at_sqrt_ratio
from protocol_sim.protocols.aave_v3.account import account_data
from protocol_sim.scenario import Scenario
from protocol_sim.world import build

TIERS = ((100, 1), (500, 10), (3_000, 60), (10_000, 200))


def ranges_instead(made: Scenario, share: float = 0.7) -> Scenario:
    """The same scenario with most pairs replaced by V3 pools at the same price, at least one."""
    rng = random.Random(made.seed)
    data = made.model_dump(mode="json", exclude_none=True)
    usd = dollars(made)
    decimals = {a.name: a.decimals for a in made.assets}
    data["pools"] = [
        _ranges(rng, pool, decimals, usd) if n == 0 or rng.random() < share else pool
        for n, pool in enumerate(data["pools"] or [worlds._pool(rng, made.assets[1].name, decimals, usd)])
    ]
    return Scenario.model_validate(data)


def dollars(made: Scenario) -> dict[str, float]:
    """First price of each asset that has a random one, USD."""
    return {a.name: a.price.start / 1e8 for a in made.assets if a.price.kind == "gbm"}


def _ranges(
    rng: random.Random, pair: dict[str, Any], decimals: dict[str, int], usd: dict[str, float]
) -> dict[str, Any]:
    """A V3 pool: one wide position most of the time, narrow ones around the price, some beside it."""
    fee, spacing = rng.choice(TIERS)
    token0, token1 = pair["tokens"]
    pool: dict[str, Any] = {"name": pair["name"], "kind": "uniswap-v3", "tokens": pair["tokens"], "fee_pips": fee}
    pool |= {"tick_spacing": spacing, "fee_protocol": rng.choice([[0, 0], [4, 10], [5, 0]])}
    root = int((usd[token0] * 10 ** decimals[token1] / (usd[token1] * 10 ** decimals[token0])) ** 0.5 * 2**96)
    pool["sqrt_price_x96"] = str(root)
    tick, depth = tick_at_sqrt_ratio(root), 10 ** rng.uniform(3, 7)
    at_price = int(depth * (10 ** decimals[token0] * 10 ** decimals[token1] / (usd[token0] * usd[token1])) ** 0.5)
    positions = []
    if spacing >= 60 and rng.random() < 0.8:  # with narrow ticks a large trade would walk through thousands of words
        wide = 887_272 // spacing * spacing
        positions.append({"lower_tick": -wide, "upper_tick": wide, "liquidity": str(max(1, at_price))})
    for _ in range(rng.randint(1, 6)):
        middle, width = tick + rng.randint(-4_000, 4_000), rng.choice([1, 5, 50]) * spacing * rng.randint(1, 4)
        lower = (middle - width) // spacing * spacing
        liquidity = max(1, int(at_price * 10 ** rng.uniform(-1, 1.3)))
        positions.append({"lower_tick": lower, "upper_tick": lower + 2 * width, "liquidity": str(liquidity)})
    return pool | {"positions": positions}


VERSIONS = ("3.0.2", "3.3", "3.4", "3.5", "3.6")


def scenario(seed: int, accounts: int = 24, steps: int = 40) -> Scenario:
    """The random scenario number `seed`: Aave V2 and Aave V3 beside each other, V3 pools and pairs.

    Versions take turns, 3.0.2 and 3.6 more often than those between.
    """
    rng = random.Random(seed)
    made = ranges_instead(worlds.scenario(seed, accounts=8, steps=steps))
    data = made.model_dump(mode="json", exclude_none=True)
    names = [reserve["asset"] for reserve in data["protocols"][0]["reserves"]]
    usd = {name: price for name, price in dollars(made).items() if name in names}
    decimals = {a.name: a.decimals for a in made.assets}
    version = rng.choice(["3.0.2", "3.0.2", "3.6", "3.6", *VERSIONS[1:-1]])
    if data["clock"]["block_time"] * data["clock"]["blocks_per_step"] >= 86_400:
        for asset in data["assets"]:                    # or most prices would leave the bounds that the wake needs
            if asset["price"]["kind"] == "gbm":
                asset["price"]["volatility_per_year"] = min(asset["price"]["volatility_per_year"], 5.0)
    data["feeds"] += [_usd_feed(feed) for feed in data["feeds"]]
    reserves = [_reserve(rng, name, version) for name in names]
    holders = [_account(rng, i, decimals, usd) for i in range(rng.randint(3, accounts))]
    lender = worlds._account(rng, 0, decimals, usd) | {"name": "lender3", "protocol": "three", "borrowed": {}}
    lender["supplied"] = {n: worlds._amount(n, 10**9 / min(usd[n], 1.0), decimals) for n in names}
    emodes = _emodes(rng, version, names, reserves, holders)
    data["protocols"].append(
        {"name": "three", "kind": "aave-v3", "version": version, "reserves": reserves, "emodes": emodes}
    )
    data["accounts"] += [*holders, lender]
    data["timeline"] += [e | {"feed": e["feed"] + "-usd"} for e in data["timeline"] if e["kind"] == "feed-outage"]
    if rng.random() < 0.4:
        data["timeline"].append(_entry(rng, reserves, data["clock"]["steps"]))
    return _near_threshold(rng, Scenario.model_validate(data))


def _usd_feed(feed: dict[str, Any]) -> dict[str, Any]:
    """The same asset in USD with 8 decimals."""
    own = {key: value for key, value in feed.items() if key != "source"}
    return own | {"name": feed["name"] + "-usd", "quote": "USD", "decimals": 8}


def _reserve(rng: random.Random, name: str, version: str) -> dict[str, Any]:
    reserve = worlds._reserve(rng, name)
    bps = 10**23
    slope1 = rng.randint(100, 2_000)
    reserve["rate"] = {
        "optimal_utilization_ray": str(rng.randint(4_000, 9_000) * bps), "base": str(rng.randint(0, 500) * bps),
        "slope1": str(slope1 * bps), "slope2": str(rng.randint(slope1, 30_000) * bps),
    }
    reserve |= {"feed": name + "-usd", "liquidation_protocol_fee_bps": rng.choice([0, 1_000, 2_000])}
    if rng.random() < 0.2:
        reserve |= {"supply_cap": 10**6, "borrow_cap": 10**5}
    if version != "3.0.2" and rng.random() < 0.2:
        reserve |= {"deficit": str(rng.randint(1, 10**6)), "grace_until": START + rng.choice([1, 5_000])}
    if rng.random() < 0.08:
        reserve |= {"ltv_bps": 0, "liquidation_threshold_bps": 0, "liquidation_bonus_bps": 0}
    elif name != STABLE and rng.random() < 0.1:
        reserve["debt_ceiling"] = rng.randint(1, 10**12)
    return reserve


def _account(rng: random.Random, i: int, decimals: dict[str, int], usd: dict[str, float]) -> dict[str, Any]:
    account = worlds._account(rng, i, decimals, usd) | {"protocol": "three"}
    if rng.random() < 0.1:
        account["collateral"] = rng.sample(sorted(account["supplied"]), 1)
    return account


def _emodes(
    rng: random.Random, version: str, names: list[str], reserves: list[dict[str, Any]], holders: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Up to two categories; a good part of those who may enter do."""
    made: list[dict[str, Any]] = []
    free = set(names)
    for number in rng.sample(range(1, 6), rng.randint(0, 2)):
        own = {r["asset"]: r["liquidation_threshold_bps"] for r in reserves}
        members = rng.sample(sorted(free), min(len(free), rng.randint(1, 3)))
        emode: dict[str, Any] = {"id": number, "ltv_bps": 9_600, "liquidation_threshold_bps": 9_700}
        emode |= {"liquidation_bonus_bps": 10_100, "collateral": members}
        lent = members
        if version == "3.0.2":
            emode["collateral"] = lent = members = [n for n in members if own[n] < 9_600]
            free -= set(members)
        else:
            emode["liquidation_threshold_bps"] = rng.randint(5_000, 9_700)
            emode["ltv_bps"] = emode["liquidation_threshold_bps"] - 100
            emode["borrowable"] = lent = rng.sample(names, rng.randint(1, len(names)))
        taken = {name for other in made for name in other["accounts"]}
        able = [a["name"] for a in holders if set(a["borrowed"]) <= set(lent) and a["name"] not in taken]
        emode["accounts"] = [name for name in able if rng.random() < 0.7]
        made.append(emode)
    return made


def _entry(rng: random.Random, reserves: list[dict[str, Any]], steps: int) -> dict[str, Any]:
    chosen, at = rng.choice(reserves), {"block": rng.randrange(steps), "protocol": "three"}
    asset, slope2 = chosen["asset"], chosen["rate"]["slope2"]
    kinds: list[dict[str, Any]] = [
        {"kind": "set-parameter", "reserve": asset, "key": "rate.slope1", "value": slope2},
        {"kind": "set-parameter", "reserve": asset, "key": "reserve_factor_bps", "value": 3_000},
        {"kind": "freeze", "reserve": asset},
        {"kind": "swap-feed", "reserve": asset, "feed": rng.choice(reserves)["feed"]},
        {"kind": "pause"},
    ]
    if chosen["ltv_bps"]:
        value = chosen["ltv_bps"]
        kinds.append({"kind": "set-parameter", "reserve": asset, "key": "liquidation_threshold_bps", "value": value})
    return at | rng.choice(kinds)


def _near_threshold(rng: random.Random, made: Scenario) -> Scenario:
    """A third of the V3 accounts with one debt get the debt that puts their health factor at 1, give or take two."""
    world = build(made)
    market: Any = world.protocols[1]
    assets, accounts = [r.asset for r in made.protocols[1].reserves], list(made.accounts)
    mine = [n for n, account in enumerate(accounts) if account.protocol == "three"]
    for i, n in enumerate(mine):
        account = accounts[n]
        if rng.random() < 0.4 and len(account.borrowed) == 1:
            (name,) = account.borrowed
            k = assets.index(name)
            scaled = largest_healthy_debt(market, i, k) + rng.randint(-2, 2)
            if 0 < scaled < 10**6 * market.reserves[k].unit:
                accounts[n] = account.model_copy(update={"borrowed": {}, "scaled_borrowed": {name: scaled}})
    return made.replaced(accounts=tuple(accounts))


def largest_healthy_debt(market: Any, i: int, k: int) -> int:
    """The most scaled debt of asset k, instead of what account i owes of it, at which it is healthy; 0: none is."""
    row, low, high = market.holdings[i * len(market.reserves) + k], 0, 2**100
    before = row.scaled_debt
    while high - low > 1:
        row.scaled_debt = (low + high) // 2
        if account_data(market, i, START).health_factor >= 10**18:
            low = row.scaled_debt
        else:
            high = row.scaled_debt
    row.scaled_debt = before
    return low
