"""Uniswap V2 on a node: factory, router, WETH9 and one pair of test tokens (@uniswap/v2-core, @uniswap/v2-periphery)."""

from dataclasses import dataclass

from protocol_sim.errors import ProtocolSimError
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


def create(node: Node, data: str) -> str:
    """Send a creating transaction from the first account; the address."""
    receipt = node.send(node.accounts[0], None, data)
    if receipt["status"] != "0x1":
        raise ProtocolSimError(f"a contract could not be created: {node.refusal(receipt).hex() or 'out of gas'}")
    return str(receipt["contractAddress"]).lower()


def execute(node: Node, to: str, data: str, sender: str | None = None) -> None:
    """Send a transaction that must succeed (from the first account if no sender is named)."""
    receipt = node.send(sender or node.accounts[0], to, data)
    if receipt["status"] != "0x1":
        raise ProtocolSimError(f"a set-up transaction was refused: {node.refusal(receipt)!r}")


def deploy(node: Node) -> Deployment:
    """Deploy everything; the first account owns all tokens and is the fee setter."""
    owner = node.accounts[0]
    token = periphery("ERC20")
    factory_code, router_code = core("UniswapV2Factory"), periphery("UniswapV2Router02")
    token0, token1 = sorted(create(node, token.creation(SUPPLY)) for _ in range(2))
    factory = create(node, factory_code.creation(owner))
    weth = create(node, periphery("WETH9").creation())
    router = create(node, router_code.creation(factory, weth))
    execute(node, factory, factory_code.call("createPair", token0, token1))
    (pair,) = factory_code.answer("getPair", node.read(factory, factory_code.call("getPair", token0, token1)))
    flasher = create(node, compiled("FlashPayer").creation())
    reader = create(node, compiled("PositionReader").creation())
    return Deployment(factory, router, pair.lower(), token0, token1, flasher, reader)
