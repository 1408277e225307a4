"""The contracts of the rig: two Aave markets on the same tokens and feeds, three pairs and three V3 pools."""

from dataclasses import dataclass
from math import isqrt

from protocol_sim.fork.adapters.aave_v3.chain import overload
from protocol_sim.fork.anvil import Node
from protocol_sim.fork.deploy import uniswap_v2, uniswap_v3
from protocol_sim.fork.deploy.aave_v3 import LISTINGS, NOBODY, Deployer, Deployment
from protocol_sim.fork.deploy.aave_v3_contracts import FIRST, LAST
from protocol_sim.fork.solc import compiled

NAMES = tuple(x.name for x in LISTINGS)
PRICES = {x.name: x.price for x in LISTINGS}  # USD, 8 decimals
UNITS = {x.name: 10**x.decimals for x in LISTINGS}
MAX = 2**256 - 1
DEPTH = 20_000_000  # USD on each side of a pool
PAIRS = (("WETH", "USDC"), ("WBTC", "USDC"), ("WETH", "DAI"))
RANGES = (("WETH", "USDC", 500), ("WBTC", "USDC", 3_000), ("WETH", "DAI", 3_000))  # fee in pips
SPACING = {500: 10, 3_000: 60}
WIDTHS = (200, 40, 10)  # half widths of the positions in tick spacings


@dataclass(frozen=True)
class Venue:
    """A pool; `tokens` are names in the order of token0, token1."""

    name: str
    kind: str  # uniswap-v2 or uniswap-v3
    address: str
    tokens: tuple[str, str]
    fee: int = 3_000  # pips


@dataclass(frozen=True)
class Scene:
    """Addresses, in lower case."""

    markets: dict[str, Deployment]  # by version
    tokens: dict[str, str]
    feeds: dict[str, str]
    venues: tuple[Venue, ...]
    v2_factory: str
    v2_router: str
    v3_factory: str
    v3_router: str
    payer: str  # a RangePayer, full of tokens
    batch: str  # a Batch, full of tokens, which every pool may pull from
    admin: str

    def venue(self, name: str) -> Venue:
        """A pool by its name."""
        return next(v for v in self.venues if v.name == name)


def build(node: Node, versions: tuple[str, ...] = (LAST, FIRST)) -> Scene:
    """Deploy everything from the first account; the node mines at once."""
    roles = {"umbrella": node.accounts[8], "flash borrower": node.accounts[7], "isolated supplier": node.accounts[6]}
    markets: dict[str, Deployment] = {}
    for version in versions:
        first = next(iter(markets.values()), None)
        markets[version] = Deployer(node, version, node.accounts[9], roles).deploy(first)
    one = next(iter(markets.values()))
    tokens = {name: t.underlying for name, t in zip(NAMES, one.tokens, strict=True)}
    feeds = {name: t.feed for name, t in zip(NAMES, one.tokens, strict=True)}
    v2_factory = node.create(uniswap_v2.core("UniswapV2Factory").creation(node.accounts[0]))
    weth9 = node.create(uniswap_v2.periphery("WETH9").creation())
    v2_router = node.create(uniswap_v2.periphery("UniswapV2Router02").creation(v2_factory, weth9))
    v3_factory = node.create(uniswap_v3.core("UniswapV3Factory").creation())
    v3_router = node.create(uniswap_v3.periphery("SwapRouter").creation(v3_factory, NOBODY))
    payer, batch = node.create(compiled("RangePayer").creation()), node.create(compiled("Batch").creation())
    for name, token in tokens.items():
        for holder in (payer, batch, node.accounts[0]):
            node.execute(token, mint(holder, 10**12 * UNITS[name]))
    venues = [_pair(node, v2_factory, tokens, *pair) for pair in PAIRS]
    venues += [_pool(node, v3_factory, payer, tokens, *pool) for pool in RANGES]
    return Scene(markets, tokens, feeds, tuple(venues), v2_factory, v2_router, v3_factory, v3_router, payer, batch,
                 node.accounts[0])


def mint(holder: str, amount: int) -> str:
    """Calldata that gives somebody test tokens."""
    return overload(LAST, "MintableERC20", "mint", 2).call("mint", holder, amount)


def approve(spender: str) -> str:
    """Calldata that lets `spender` pull anything."""
    return uniswap_v2.periphery("ERC20").call("approve", spender, MAX)


def _worth(name: str) -> int:
    """Raw units worth `DEPTH`."""
    return int(DEPTH * 10**8 * UNITS[name] // PRICES[name])


def _ordered(tokens: dict[str, str], a: str, b: str) -> tuple[str, str]:
    return (a, b) if int(tokens[a], 16) < int(tokens[b], 16) else (b, a)


def _pair(node: Node, factory: str, tokens: dict[str, str], a: str, b: str) -> Venue:
    code, names = uniswap_v2.core("UniswapV2Factory"), _ordered(tokens, a, b)
    node.execute(factory, code.call("createPair", tokens[a], tokens[b]))
    found = code.answer("getPair", node.read(factory, code.call("getPair", tokens[a], tokens[b])))[0].lower()
    for name in names:
        node.execute(tokens[name], mint(found, _worth(name)))
    node.execute(found, uniswap_v2.core("UniswapV2Pair").call("mint", node.accounts[0]))
    return Venue(f"{a}-{b}-v2".lower(), "uniswap-v2", found, names)


def _pool(node: Node, factory: str, payer: str, tokens: dict[str, str], a: str, b: str, fee: int) -> Venue:
    code, (x, y) = uniswap_v3.core("UniswapV3Factory"), _ordered(tokens, a, b)
    node.execute(factory, code.call("createPool", tokens[a], tokens[b], fee))
    found = code.answer("getPool", node.read(factory, code.call("getPool", tokens[a], tokens[b], fee)))[0].lower()
    root = isqrt((PRICES[x] * UNITS[y] << 192) // (PRICES[y] * UNITS[x]))
    pool, spacing = uniswap_v3.core("UniswapV3Pool"), SPACING[fee]
    node.execute(found, pool.call("initialize", root))
    tick = pool.answer("slot0", node.read(found, pool.call("slot0")))[1] // spacing * spacing
    liquidity = isqrt(_worth(x) * _worth(y))
    for width in WIDTHS:
        pay = compiled("RangePayer").call("mint", found, payer, tick - width * spacing, tick + width * spacing,
                                          liquidity, MAX, MAX)
        node.execute(payer, pay)
    return Venue(f"{a}-{b}-v3".lower(), "uniswap-v3", found, (x, y), fee)
