"""Uniswap V3 on a node: factory, a pool of every tier, SwapRouter, tokens (@uniswap/v3-core, @uniswap/v3-periphery)."""

from dataclasses import dataclass

from protocol_sim.fork.anvil import Node
from protocol_sim.fork.artifacts import Contract, packaged
from protocol_sim.fork.solc import compiled

SUPPLY = 2**240  # raw units of each test token: no operation runs out of them by chance
NOBODY = "0x" + "00" * 20
OWN_TIERS = ((100, 1), (50_000, 16_383))  # fee in pips, tick spacing: enabled by the factory's owner
TIERS = ((500, 10), (3_000, 60), (10_000, 200), *OWN_TIERS)


def core(name: str) -> Contract:
    """A contract of @uniswap/v3-core."""
    return packaged("uniswap-v3", f"@uniswap/v3-core/artifacts/contracts/{name}.sol/{name}.json")


def periphery(name: str) -> Contract:
    """A contract of @uniswap/v3-periphery."""
    return packaged("uniswap-v3", f"@uniswap/v3-periphery/artifacts/contracts/{name}.sol/{name}.json")


def token_code() -> Contract:
    """The test token: OpenZeppelin's plain ERC-20, which v3-periphery depends on."""
    return packaged("uniswap-v3", "@openzeppelin/contracts/build/contracts/ERC20PresetFixedSupply.json")


@dataclass(frozen=True)
class Deployment:
    """Addresses, in lower case; tokens are sorted as the pools sort them."""

    factory: str
    router: str
    pools: tuple[str, ...]  # in the order of TIERS
    token0: str
    token1: str
    payer: str
    reader: str


def deploy(node: Node) -> Deployment:
    """Deploy everything; the first account owns all tokens and the factory."""
    owner, token, factory_code = node.accounts[0], token_code(), core("UniswapV3Factory")
    token0, token1 = sorted(node.create(token.creation("T", "T", SUPPLY, owner)) for _ in range(2))
    factory = node.create(factory_code.creation())
    router = node.create(periphery("SwapRouter").creation(factory, NOBODY))
    for fee, spacing in OWN_TIERS:
        node.execute(factory, factory_code.call("enableFeeAmount", fee, spacing))
    pools = []
    for fee, _ in TIERS:
        node.execute(factory, factory_code.call("createPool", token0, token1, fee))
        (pool,) = factory_code.answer("getPool", node.read(factory, factory_code.call("getPool", token0, token1, fee)))
        pools.append(pool.lower())
    payer = node.create(compiled("RangePayer").creation())
    reader = node.create(compiled("PositionReader").creation())
    return Deployment(factory, router, tuple(pools), token0, token1, payer, reader)
