"""Aave V3 on a node, 3.0.2 or 3.6: libraries, pool, configurator, roles, oracle, reserves, eModes, sentinel."""

from dataclasses import dataclass

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from protocol_sim.fork.anvil import GENESIS, Node
from protocol_sim.fork.deploy.aave_v3_contracts import LAST, contract
from protocol_sim.fork.solc import compiled

BPS_TO_RAY = 10**23
NOBODY = "0x" + "00" * 20
DOLLAR = 10**8  # base currency
CONFIGURED = GENESIS + 100_000  # s: the block in which reserve 0 gets its factor; reserve k's is k seconds later
UMBRELLA = b"UMBRELLA".ljust(32, b"\0")
ISOLATED_SUPPLIER = keccak(text="ISOLATED_COLLATERAL_SUPPLIER")
GRACE = 3600  # s, of the sentinel


@dataclass(frozen=True)
class Listing:
    """A reserve as it is listed: bps but for `decimals` (count), `price` (8 decimals) and `ceiling` (cents)."""

    name: str
    decimals: int
    price: int
    ltv: int
    threshold: int
    bonus: int
    factor: int
    fee: int
    optimal: int
    base: int
    slope1: int
    slope2: int
    stable: bool = False  # stable borrowing, 3.0.2
    ceiling: int = 0
    in_isolation: bool = False  # borrowable


LISTINGS = (
    Listing("WETH", 18, 2_000 * DOLLAR, 8000, 8250, 10500, 1500, 1000, 8000, 0, 380, 8000, stable=True),
    Listing("USDC", 6, DOLLAR, 7700, 8000, 10450, 1000, 1000, 9000, 0, 350, 6000, stable=True, in_isolation=True),
    Listing("WBTC", 8, 30_000 * DOLLAR, 7000, 7500, 10650, 2000, 1000, 4500, 0, 400, 30000),
    Listing("DAI", 18, DOLLAR, 7500, 7800, 10400, 1000, 0, 9000, 100, 400, 7500, stable=True, in_isolation=True),
    Listing("CRV", 18, DOLLAR // 2, 5200, 5800, 10830, 2000, 2000, 7000, 300, 1400, 30000, ceiling=500_000_00),
)
STABLE_SIDE = (500 * BPS_TO_RAY, 6000 * BPS_TO_RAY, 100 * BPS_TO_RAY, 800 * BPS_TO_RAY, 2000 * BPS_TO_RAY)
"""Of every strategy V1, ray: the two slopes, base offset, excess offset, optimal stable to total debt."""


@dataclass(frozen=True)
class Mode:
    """An eMode: bps, its assets; `price` of its own source in 3.0.2, 0: none."""

    ltv: int
    threshold: int
    bonus: int
    assets: tuple[int, ...]
    price: int = 0


MODES = (Mode(9000, 9300, 10200, (1, 3), DOLLAR), Mode(8800, 9000, 10300, (0, 2)))
"""Ids 1 and 2."""

CURVES = ((8000, 0, 400, 6000), (9900, 0, 100, 100), (100, 1, 1, 90_000), (5000, 2000, 3000, 20_000))
"""Rates that governance may switch to: optimal, base, slope 1, slope 2, in bps."""


@dataclass(frozen=True)
class Tokens:
    """Addresses of one reserve; `stable` is "" in 3.6."""

    underlying: str
    a_token: str
    stable: str
    variable: str
    feed: str
    strategy: str


@dataclass(frozen=True)
class Deployment:
    """Addresses, in lower case. The first account has every role of the admins."""

    version: str
    provider: str
    pool: str
    configurator: str
    oracle: str
    receiver: str  # of flash loans
    simple_receiver: str
    sentinel: str
    sequencer: str
    treasury: str
    reader: str
    tokens: tuple[Tokens, ...]
    mode_feed: str  # the price source of eMode 1, "" in 3.6
    curves: tuple[str, ...]  # strategies of `CURVES`, none in 3.6


class Deployer:
    """Deploys one version on one node; `users` get roles: umbrella, flash borrower, supplier of isolated collateral."""

    def __init__(self, node: Node, version: str, treasury: str, users: dict[str, str]) -> None:
        self._node, self._version, self._treasury, self._users = node, version, treasury, users
        self._admin = node.accounts[0]

    def deploy(self, like: Deployment | None = None) -> Deployment:
        """Everything; nobody holds anything yet. `like`: another market whose tokens and feeds this one shares."""
        node = self._node
        self._from = CONFIGURED if like is None else CONFIGURED + 1_000
        self._provider = self._create("PoolAddressesProvider", "local", self._admin)
        self._roles()
        self._strategy = self._create("DefaultReserveInterestRateStrategyV2", self._provider) if self._last else ""
        self._pools()
        self._on_provider("setPoolDataProvider", self._create("AaveProtocolDataProvider", self._provider))
        feed = compiled("SettableFeed")
        if like is not None:
            underlying, feeds = [t.underlying for t in like.tokens], [t.feed for t in like.tokens]
        else:
            underlying = [self._create("MintableERC20", f"{x.name} token", x.name, x.decimals) for x in LISTINGS]
            feeds = [node.create(feed.creation(8, f"{x.name} / USD", x.price)) for x in LISTINGS]
        mode_feed = "" if self._last else node.create(feed.creation(8, "eMode 1 / USD", MODES[0].price))
        priced = zip(underlying, feeds, strict=True)
        sources = [*priced, *([(mode_feed, mode_feed)] if mode_feed else [])]
        oracle = self._create("AaveOracle", self._provider, [a for a, _ in sources], [f for _, f in sources], NOBODY,
                              NOBODY, DOLLAR)
        self._on_provider("setPriceOracle", oracle)
        self._list(underlying)
        self._configure(underlying, mode_feed)
        sequencer = self._create("SequencerOracle", self._admin)
        return Deployment(
            self._version, self._provider, self._pool, self._configurator, oracle,
            self._create("MockFlashLoanReceiver", self._provider),
            self._create("MockFlashLoanSimpleReceiver", self._provider),
            self._create("PriceOracleSentinel", self._provider, sequencer, GRACE), sequencer, self._treasury,
            node.create(compiled("PositionReader").creation()),
            tuple(self._tokens(asset, f) for asset, f in zip(underlying, feeds, strict=True)), mode_feed,
            () if self._last else tuple(self._curve(*curve) for curve in CURVES),
        )

    @property
    def _last(self) -> bool:
        return self._version == LAST

    def _create(self, name: str, *args: object, **libraries: str) -> str:
        return self._node.create(contract(self._version, name).creation(*args, **libraries))

    def _on_provider(self, function: str, *args: object) -> None:
        self._node.execute(self._provider, contract(self._version, "PoolAddressesProvider").call(function, *args))

    def _configured(self, function: str, *args: object) -> None:
        self._node.execute(self._configurator, contract(self._version, "PoolConfigurator").call(function, *args))

    def _roles(self) -> None:
        """The manager's constructor asks for the admin, so that one goes first."""
        self._on_provider("setACLAdmin", self._admin)
        manager, code = self._create("ACLManager", self._provider), contract(self._version, "ACLManager")
        self._on_provider("setACLManager", manager)
        for role in ("addPoolAdmin", "addEmergencyAdmin", "addRiskAdmin", "addAssetListingAdmin"):
            self._node.execute(manager, code.call(role, self._admin))
        self._node.execute(manager, code.call("addFlashBorrower", self._users["flash borrower"]))
        if self._last:
            self._on_provider("setAddress", UMBRELLA, self._users["umbrella"])
        else:
            self._node.execute(manager, code.call("grantRole", ISOLATED_SUPPLIER, self._users["isolated supplier"]))

    def _pools(self) -> None:
        """Proxies of the pool and its configurator."""
        borrow = self._create("BorrowLogic")
        names = ("LiquidationLogic", "PoolLogic", "SupplyLogic", *(() if self._last else ("BridgeLogic", "EModeLogic")))
        libraries = {name: self._create(name) for name in names}
        libraries |= {"BorrowLogic": borrow, "FlashLoanLogic": self._create("FlashLoanLogic", BorrowLogic=borrow)}
        with_strategy = (self._strategy,) if self._last else ()
        pool = self._create("Pool", self._provider, *with_strategy, **libraries)
        self._on_provider("setPoolImpl", pool)
        self._pool = self._address("getPool")
        logic = self._create("ConfiguratorLogic")
        self._on_provider("setPoolConfiguratorImpl", self._create("PoolConfigurator", ConfiguratorLogic=logic))
        self._configurator = self._address("getPoolConfigurator")

    def _address(self, function: str) -> str:
        code = contract(self._version, "PoolAddressesProvider")
        return str(code.answer(function, self._node.read(self._provider, code.call(function)))[0]).lower()

    def _curve(self, optimal: int, base: int, slope1: int, slope2: int) -> str:
        """A strategy V1."""
        rates = [x * BPS_TO_RAY for x in (optimal, base, slope1, slope2)]
        return self._create("DefaultReserveInterestRateStrategy", self._provider, *rates, *STABLE_SIDE)

    def _list(self, underlying: list[str]) -> None:
        """`initReserves`, one transaction a reserve."""
        if self._last:
            a_token = self._create("AToken", self._pool, NOBODY, self._treasury)
            variable = self._create("VariableDebtToken", self._pool, NOBODY)
        else:
            a_token, stable, variable = (
                self._create(name, self._pool) for name in ("AToken", "StableDebtToken", "VariableDebtToken"))
        for x, asset in zip(LISTINGS, underlying, strict=True):
            names, rates = (f"a{x.name}", f"a{x.name}", f"v{x.name}", f"v{x.name}"), (x.optimal, x.base, x.slope1,
                                                                                       x.slope2)
            if self._last:
                data = encode(["uint16", "uint32", "uint32", "uint32"], rates)
                row: tuple[object, ...] = (a_token, variable, asset, *names, b"", data)
            else:
                row = (a_token, stable, variable, x.decimals, self._curve(*rates), asset, self._treasury, NOBODY,
                       *names, f"s{x.name}", f"s{x.name}", b"")
            self._configured("initReserves", [row])

    def _configure(self, underlying: list[str], mode_feed: str) -> None:
        """What `Model` starts from."""
        for x, asset in zip(LISTINGS, underlying, strict=True):
            self._configured("configureReserveAsCollateral", asset, x.ltv, x.threshold, x.bonus)
            self._configured("setReserveBorrowing", asset, True)
            self._configured("setReserveFlashLoaning", asset, True)
            self._configured("setLiquidationProtocolFee", asset, x.fee)
            self._configured("setDebtCeiling", asset, x.ceiling)
            self._configured("setBorrowableInIsolation", asset, x.in_isolation)
            if not self._last:
                self._configured("setReserveStableRateBorrowing", asset, x.stable)
        for category, mode in enumerate(MODES, 1):
            source = () if self._last else (mode_feed if mode.price else NOBODY,)
            self._configured("setEModeCategory", category, mode.ltv, mode.threshold, mode.bonus, *source, "")
            for k in mode.assets:
                if self._last:
                    self._configured("setAssetCollateralInEMode", underlying[k], category, True)
                    self._configured("setAssetBorrowableInEMode", underlying[k], category, True)
                else:
                    self._configured("setAssetEModeCategory", underlying[k], category)
        if self._last:
            self._configured("updateFlashloanPremium", 9)
        else:
            self._configured("updateFlashloanPremiumTotal", 9)
            self._configured("updateFlashloanPremiumToProtocol", 3000)
        for k, (x, asset) in enumerate(zip(LISTINGS, underlying, strict=True)):  # starts the clock in 3.6
            self._node.next_timestamp(self._from + k)
            self._configured("setReserveFactor", asset, x.factor)

    def _tokens(self, asset: str, feed: str) -> Tokens:
        code = contract(self._version, "Pool")
        found = code.answer("getReserveData", self._node.read(self._pool, code.call("getReserveData", asset)))[0]
        a_token, stable, variable, strategy = (a.lower() for a in found[8:12])
        return Tokens(asset, a_token, "" if self._last else stable, variable, feed, self._strategy or strategy)
