"""An operation as a transaction: where it goes, and its calldata."""

from collections.abc import Mapping
from typing import Any

from protocol_sim.fork.deploy import uniswap_v3 as deployed
from protocol_sim.fork.solc import compiled


def encode(
    chain: deployed.Deployment, tier: int, addresses: Mapping[str, str], name: str, a: Mapping[str, Any], at: int
) -> tuple[str, str]:
    """(address, calldata in hex) of an operation on the pool of a tier; `at` is the router's deadline (seconds)."""
    pool, core, payer = chain.pools[tier], deployed.core("UniswapV3Pool"), compiled("RangePayer")
    to = addresses[a["to"]]
    if name == "initialize":
        return pool, core.call(name, a["sqrt_price"])
    if name == "mint":
        return chain.payer, payer.call(
            name, pool, addresses[a["who"]], a["lower"], a["upper"], a["liquidity"], a["pay0"], a["pay1"])
    if name == "burn":
        return pool, core.call(name, a["lower"], a["upper"], a["liquidity"])
    if name == "collect":
        return pool, core.call(name, to, a["lower"], a["upper"], a["wanted0"], a["wanted1"])
    if name == "swap":
        signed = a["amount"] if a["exact_in"] else -a["amount"]
        return chain.payer, payer.call(name, pool, to, bool(a["zero_for_one"]), signed, a["limit"], a["pay"])
    if name == "flash":
        return chain.payer, payer.call(name, pool, a["amount0"], a["amount1"], a["pay0"], a["pay1"])
    if name == "setFeeProtocol":
        return pool, core.call(name, a["share0"], a["share1"])
    if name == "collectProtocol":
        return pool, core.call(name, to, a["wanted0"], a["wanted1"])
    if name == "increaseObservationCardinalityNext":
        return pool, core.call(name, a["wanted"])
    if name == "observe":
        return chain.payer, payer.call(name, pool, list(a["seconds_ago"]))
    if name == "snapshotCumulativesInside":
        return chain.payer, payer.call("inside", pool, a["lower"], a["upper"])
    path = (chain.token0, chain.token1) if a["zero_for_one"] else (chain.token1, chain.token0)
    params = (*path, deployed.TIERS[tier][0], to, at, a["amount"], a["bound"], a["limit"])
    return chain.router, deployed.periphery("SwapRouter").call(name.removeprefix("router."), params)
