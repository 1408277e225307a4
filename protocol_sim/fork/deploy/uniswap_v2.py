"""Uniswap V2 on a node: factory, router, WETH9, one pair of test tokens (@uniswap/v2-core, @uniswap/v2-periphery)."""

from dataclasses import dataclass

from protocol_sim.fork.anvil import Node
from protocol_sim.fork.artifacts import Contract, packaged
from protocol_sim.fork.solc import compiled

SUPPLY = 2**128  # raw units of each test token: enough to pass the pair's 112 bits
NOBODY = "0x" + "00" * 20


def core(name: str) -> Contract:
    """A contract of @uniswap/v2-core."""
    return packaged("uniswap-v2", f"@uniswap/v2-core/build/{name}.json")


def periphery(name: str) -> Contract:
    """A contract of @uniswap/v2-periphery."""
    return packaged("uniswap-v2", f"@uniswap/v2-periphery/build/{name}.json")


@dataclass(frozen=True)
class Deployment:
    """Addresses, in lower case; tokens are sorted as the pair sorts them."""

    factory: str
    router: str
    pair: str
    token0: str
    token1: str
    flasher: str
    reader: str


def deploy(node: Node) -> Deployment:
    """Deploy everything; the first account owns all tokens and is the fee setter."""
    owner = node.accounts[0]
    token = periphery("ERC20")
    factory_code, router_code = core("UniswapV2Factory"), periphery("UniswapV2Router02")
    token0, token1 = sorted(node.create(token.creation(SUPPLY)) for _ in range(2))
    factory = node.create(factory_code.creation(owner))
    weth = node.create(periphery("WETH9").creation())
    router = node.create(router_code.creation(factory, weth))
    node.execute(factory, factory_code.call("createPair", token0, token1))
    (pair,) = factory_code.answer("getPair", node.read(factory, factory_code.call("getPair", token0, token1)))
    flasher = node.create(compiled("FlashPayer").creation())
    reader = node.create(compiled("PositionReader").creation())
    return Deployment(factory, router, pair.lower(), token0, token1, flasher, reader)
