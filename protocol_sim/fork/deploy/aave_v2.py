"""Aave V2 on a node from the artifacts of @aave/protocol-v2 1.0.1: libraries, pool, configurator, oracles, reserves."""

from dataclasses import dataclass

from protocol_sim.fork.anvil import Node
from protocol_sim.fork.artifacts import Contract, packaged
from protocol_sim.fork.solc import compiled

RAY = 10**27
PERCENT = RAY // 100
NOBODY = "0x" + "00" * 20
WALLET = 10**15  # whole tokens that each user starts with

PATHS = {
    "LendingPool": "protocol/lendingpool", "LendingPoolConfigurator": "protocol/lendingpool",
    "LendingPoolCollateralManager": "protocol/lendingpool",
    "DefaultReserveInterestRateStrategy": "protocol/lendingpool",
    "ReserveLogic": "protocol/libraries/logic", "GenericLogic": "protocol/libraries/logic",
    "ValidationLogic": "protocol/libraries/logic", "LendingPoolAddressesProvider": "protocol/configuration",
    "AToken": "protocol/tokenization", "StableDebtToken": "protocol/tokenization",
    "VariableDebtToken": "protocol/tokenization", "AaveOracle": "misc", "AaveProtocolDataProvider": "misc",
    "PriceOracle": "mocks/oracle", "LendingRateOracle": "mocks/oracle", "MintableERC20": "mocks/tokens",
    "MockFlashLoanReceiver": "mocks/flashloan",
}


def contract(name: str) -> Contract:
    """A contract of @aave/protocol-v2."""
    return packaged("aave-v2", f"@aave/protocol-v2/artifacts/contracts/{PATHS[name]}/{name}.sol/{name}.json")


@dataclass(frozen=True)
class Listing:
    """A reserve as it is listed: rates in ray; `ltv`, `threshold`, `bonus`, `factor` in bps; price in wei of ETH."""

    name: str
    decimals: int
    price: int
    ltv: int
    threshold: int
    bonus: int
    factor: int
    optimal: int
    base: int
    slope1: int
    slope2: int
    stable_slope1: int
    stable_slope2: int
    market_rate: int  # of the lending rate oracle: where stable rates start
    stable: bool


LISTINGS = (
    Listing("WETH", 18, 10**18, 8000, 8250, 10500, 1000, 65 * PERCENT, 0, 8 * PERCENT, 100 * PERCENT,
            10 * PERCENT, 100 * PERCENT, 3 * PERCENT, True),
    Listing("DAI", 18, 55 * 10**13, 7500, 8000, 10500, 1000, 80 * PERCENT, 0, 4 * PERCENT, 75 * PERCENT,
            2 * PERCENT, 75 * PERCENT, 4 * PERCENT, True),
    Listing("USDC", 6, 55 * 10**13, 8000, 8500, 10450, 1000, 90 * PERCENT, 0, 4 * PERCENT, 60 * PERCENT,
            2 * PERCENT, 60 * PERCENT, 4 * PERCENT, True),
    Listing("WBTC", 8, 14 * 10**18, 7000, 7500, 10650, 2000, 65 * PERCENT, 0, 8 * PERCENT, 100 * PERCENT,
            10 * PERCENT, 100 * PERCENT, 3 * PERCENT, True),
    Listing("CRV", 18, 4 * 10**14, 5200, 5800, 10800, 0, 45 * PERCENT, 1 * PERCENT, 7 * PERCENT, 300 * PERCENT,
            0, 0, 0, False),
)


@dataclass(frozen=True)
class Strategy:
    """A rate strategy that governance may switch to; rates in ray."""

    optimal: int
    base: int
    slope1: int
    slope2: int
    stable_slope1: int
    stable_slope2: int


STRATEGIES = (
    Strategy(50 * PERCENT, 2 * PERCENT, 20 * PERCENT, 200 * PERCENT, 5 * PERCENT, 50 * PERCENT),
    Strategy(RAY, 0, 4 * PERCENT, 0, 1, 0),
    Strategy(RAY - 1, 1, 1, 10 * RAY, 0, 3 * RAY),
    Strategy(1, 0, 0, 1, 1, 1),
    Strategy(80 * PERCENT, 10 * RAY, 0, 0, 0, 0),
)


@dataclass(frozen=True)
class Tokens:
    """Addresses of one reserve."""

    underlying: str
    a_token: str
    stable: str
    variable: str
    strategy: str
    feed: str  # "" for WETH, whose price AaveOracle fixes at 1


@dataclass(frozen=True)
class Deployment:
    """Addresses, in lower case. The first account is pool admin and emergency admin."""

    provider: str
    pool: str
    configurator: str
    oracle: str
    rate_oracle: str
    data_provider: str
    receiver: str  # of flash loans
    treasury: str
    reader: str
    tokens: tuple[Tokens, ...]
    strategies: tuple[str, ...]


def deploy(node: Node, treasury: str) -> Deployment:
    """Deploy and list `LISTINGS`; nobody holds anything yet."""
    admin = node.accounts[0]
    provider_code, pool_code, configurator_code = map(
        contract, ("LendingPoolAddressesProvider", "LendingPool", "LendingPoolConfigurator")
    )
    provider = node.create(provider_code.creation("local"))
    for function in ("setPoolAdmin", "setEmergencyAdmin"):
        node.execute(provider, provider_code.call(function, admin))
    pool, configurator = _pool(node, provider)
    manager = node.create(contract("LendingPoolCollateralManager").creation())
    node.execute(provider, provider_code.call("setLendingPoolCollateralManager", manager))
    underlying = [
        node.create(contract("MintableERC20").creation(f"{x.name} token", x.name, x.decimals)) for x in LISTINGS
    ]
    oracle, feeds = _oracle(node, provider, underlying)
    rate_oracle = _rate_oracle(node, provider, underlying)
    tokens = []
    for listing, asset, feed in zip(LISTINGS, underlying, feeds, strict=True):
        strategy = _list(node, listing, asset, provider, pool, configurator, treasury)
        found = pool_code.answer("getReserveData", node.read(pool, pool_code.call("getReserveData", asset)))[0]
        a_token, stable, variable = (a.lower() for a in found[7:10])
        tokens.append(Tokens(asset, a_token, stable, variable, strategy, feed))
    _configure(node, configurator, configurator_code, underlying)
    return Deployment(
        provider, pool, configurator, oracle, rate_oracle,
        node.create(contract("AaveProtocolDataProvider").creation(provider)),
        node.create(contract("MockFlashLoanReceiver").creation(provider)),
        treasury, node.create(compiled("PositionReader").creation()), tuple(tokens),
        tuple(_strategy(node, provider, x) for x in STRATEGIES),
    )


def _pool(node: Node, provider: str) -> tuple[str, str]:
    """Proxies of the pool and its configurator."""
    code = contract("LendingPoolAddressesProvider")
    reserve_logic = node.create(contract("ReserveLogic").creation())
    generic_logic = node.create(contract("GenericLogic").creation())
    validation_logic = node.create(contract("ValidationLogic").creation(GenericLogic=generic_logic))
    pool_code = contract("LendingPool")
    implementation = node.create(pool_code.creation(ReserveLogic=reserve_logic, ValidationLogic=validation_logic))
    node.execute(provider, code.call("setLendingPoolImpl", implementation))
    node.execute(provider, code.call("setLendingPoolConfiguratorImpl", node.create(
        contract("LendingPoolConfigurator").creation())))
    return _address(node, provider, "getLendingPool"), _address(node, provider, "getLendingPoolConfigurator")


def _address(node: Node, provider: str, function: str) -> str:
    code = contract("LendingPoolAddressesProvider")
    return str(code.answer(function, node.read(provider, code.call(function)))[0]).lower()


def _oracle(node: Node, provider: str, underlying: list[str]) -> tuple[str, list[str]]:
    """AaveOracle on settable feeds; its fallback knows no price."""
    feed_code = compiled("SettableFeed")
    feeds = [""] + [node.create(feed_code.creation(18, f"{x.name} / ETH", x.price)) for x in LISTINGS[1:]]
    fallback = node.create(contract("PriceOracle").creation())
    oracle = node.create(contract("AaveOracle").creation(underlying[1:], feeds[1:], fallback, underlying[0]))
    node.execute(provider, contract("LendingPoolAddressesProvider").call("setPriceOracle", oracle))
    return oracle, feeds


def _rate_oracle(node: Node, provider: str, underlying: list[str]) -> str:
    code = contract("LendingRateOracle")
    oracle = node.create(code.creation())
    for listing, asset in zip(LISTINGS, underlying, strict=True):
        node.execute(oracle, code.call("setMarketBorrowRate", asset, listing.market_rate))
    node.execute(provider, contract("LendingPoolAddressesProvider").call("setLendingRateOracle", oracle))
    return oracle


def _list(
    node: Node, x: Listing, asset: str, provider: str, pool: str, configurator: str, treasury: str
) -> str:
    """`initReserve`; the address of the rate strategy."""
    strategy = _strategy(node, provider, x)
    a_token = node.create(contract("AToken").creation(pool, asset, treasury, f"a{x.name}", f"a{x.name}", NOBODY))
    stable, variable = (
        node.create(contract(kind).creation(pool, asset, f"{kind} {x.name}", x.name, NOBODY))
        for kind in ("StableDebtToken", "VariableDebtToken")
    )
    data = contract("LendingPoolConfigurator").call("initReserve", a_token, stable, variable, x.decimals, strategy)
    node.execute(configurator, data)
    return strategy


def _strategy(node: Node, provider: str, x: Listing | Strategy) -> str:
    return node.create(contract("DefaultReserveInterestRateStrategy").creation(
        provider, x.optimal, x.base, x.slope1, x.slope2, x.stable_slope1, x.stable_slope2))


def _configure(node: Node, configurator: str, code: Contract, underlying: list[str]) -> None:
    for x, asset in zip(LISTINGS, underlying, strict=True):
        node.execute(configurator, code.call("configureReserveAsCollateral", asset, x.ltv, x.threshold, x.bonus))
        node.execute(configurator, code.call("enableBorrowingOnReserve", asset, x.stable))
        node.execute(configurator, code.call("setReserveFactor", asset, x.factor))
