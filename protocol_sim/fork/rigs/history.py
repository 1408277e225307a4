"""What happens on the rig's chain, block by block.

Three ages: people arrive; then an ordinary market, with a change of configuration in its middle; then, after an upgrade
of the pool's code, prices fall (CRV to a third at once, which leaves bad debt) and keepers liquidate, some as
themselves, some through a contract. All along feeds report, people supply, withdraw, borrow, repay, move aTokens and
trade on the pools. What the script thinks of a position is rough: some transactions are refused, as on any chain.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from protocol_sim.fork.anvil import Node
from protocol_sim.fork.deploy import uniswap_v2
from protocol_sim.fork.deploy.aave_v3 import LISTINGS
from protocol_sim.fork.deploy.aave_v3_contracts import LAST, contract
from protocol_sim.fork.rigs.chain import Call, Chain
from protocol_sim.fork.rigs.people import Person, address, draw
from protocol_sim.fork.rigs.scene import MAX, NAMES, PRICES, UNITS, Scene, approve, mint
from protocol_sim.fork.solc import compiled

TOGETHER = 40  # supplies in one transaction of the Batch contract
BATCH_GAS = 30_000_000
VARIABLE = 2
KEEPERS = 3
FALL = 2_800  # bps that the volatile assets lose in the second half, about
LIMITS = (4295128740, 1461446703485210103287273052203988822378723970341)  # square root prices that stop no swap


@dataclass
class Story:
    """What the history did, for whoever plays with it; block numbers."""

    first: int = 0  # the first block after the deployment
    configured: int = 0
    upgraded: int = 0
    last: int = 0
    people: dict[str, list[Person]] = field(default_factory=dict)  # by version
    keepers: list[str] = field(default_factory=list)


class History:
    """Plays the story on a chain."""

    def __init__(
        self, chain: Chain, scene: Scene, seed: int, accounts: dict[str, int], upgrades: dict[str, str]
    ) -> None:
        """`accounts`: how many people by version; `upgrades`: the code that a pool gets in mid-range, by version."""
        self.chain, self.scene, self.seed, self.rng = chain, scene, seed, random.Random(seed)
        self.upgrades = upgrades
        self.prices = dict(PRICES)
        people = {version: draw(self.rng, seed, version, count) for version, count in accounts.items()}
        self.story = Story(chain.number + 1, people=people)
        self.story.keepers = [address(seed, f"keeper {n}") for n in range(KEEPERS)]
        self._code = compiled("Batch")
        self._acts: tuple[Callable[[str, Person], list[Call]], ...] = (
            self._supply, self._withdraw, self._borrow, self._repay, self._repay, self._transfer, self._use, self._mode)

    # ---- the three ages ---------------------------------------------------------------------------------------------
    def play(self, blocks: int, tell: Callable[[int, int], None] = lambda _done, _all: None) -> Story:
        """`blocks` blocks after the arrival; at least a hundred show everything."""
        self.arrive()
        start, change, upgrade = self.chain.number, blocks // 4, blocks // 2
        for n in range(blocks):
            calls = self._feeds(FALL * 6 // blocks if n > upgrade else 0, n == upgrade + blocks // 8)
            calls += self._governance(n == change, n == upgrade)
            calls += self._liquidations() + self._trades() + self._people()
            self.chain.block(calls)
            self.story.configured += (n == change) * self.chain.number
            self.story.upgraded += (n == upgrade) * self.chain.number
            tell(n + 1, blocks)
        self.story.last = self.chain.number
        assert self.story.last == start + blocks
        return self.story

    def arrive(self) -> None:
        """Liquidity, keepers with full wallets, then everybody: the Batch contract supplies, they borrow."""
        scene, batch = self.scene, self.scene.batch
        for version, market in scene.markets.items():
            pool = contract(version, "Pool")
            self._by_batch([(token, approve(market.pool)) for token in scene.tokens.values()])
            self._by_batch([(market.pool, pool.call("supply", scene.tokens[x.name],
                                                    200_000_000 * 10**8 * UNITS[x.name] // x.price, batch, 0))
                            for x in LISTINGS if not x.ceiling])
        ready: list[Call] = []
        for keeper in self.story.keepers:
            for name, token in scene.tokens.items():
                ready.append((scene.admin, token, mint(keeper, 10**9 * UNITS[name])))
                ready += [(keeper, token, approve(market.pool)) for market in scene.markets.values()]
        self.chain.block(ready)
        for version, people in self.story.people.items():
            for start in range(0, len(people), TOGETHER):
                self._settle(version, people[start : start + TOGETHER])

    def _settle(self, version: str, people: list[Person]) -> None:
        market, pool, tokens = self.scene.markets[version], contract(version, "Pool"), self.scene.tokens
        self._by_batch([(market.pool, pool.call("supply", tokens[name], amount, person.address, 0))
                        for person in people for name, amount in person.supplied.items()])
        calls: list[Call] = []
        for person in people:
            if person.emode:
                calls.append((person.address, market.pool, pool.call("setUserEMode", person.emode)))
            if "CRV" in person.supplied:
                flag = pool.call("setUserUseReserveAsCollateral", tokens["CRV"], True)
                calls.append((person.address, market.pool, flag))
            calls += [(person.address, market.pool, pool.call("borrow", tokens[name], amount, VARIABLE, 0,
                                                              person.address))
                      for name, amount in person.borrowed.items()]
        self.chain.block(calls)

    def _by_batch(self, calls: list[tuple[str, str]]) -> None:
        self.chain.block([(self.scene.admin, self.scene.batch, self._batched(calls))], BATCH_GAS)

    def _batched(self, calls: list[tuple[str, str]]) -> str:
        return self._code.call("run", [to for to, _ in calls], [bytes.fromhex(data[2:]) for _, data in calls])

    # ---- prices and governance --------------------------------------------------------------------------------------
    def _feeds(self, fall: int, crash: bool) -> list[Call]:
        """One feed in three reports; in the fall the volatile ones lose `fall` bps on average."""
        calls = []
        for name in NAMES:
            crashes = crash and name == "CRV"
            if self.rng.randrange(3) and not crashes:
                continue
            if crashes:
                self.prices[name] //= 3
            if name in ("USDC", "DAI"):
                self.prices[name] = 10**8 + self.rng.randrange(-60_000, 60_001)
            else:
                moved = self.rng.randrange(-70, 71) - fall
                self.prices[name] = self.prices[name] * (10_000 + moved) // 10_000
            answer = compiled("SettableFeed").call("setAnswer", self.prices[name])
            calls.append((self.scene.admin, self.scene.feeds[name], answer))
        return calls

    def _governance(self, configure: bool, upgrade: bool) -> list[Call]:
        calls: list[Call] = []
        for version, market in self.scene.markets.items():
            code, tokens = contract(version, "PoolConfigurator"), self.scene.tokens
            if configure:
                changes = (("configureReserveAsCollateral", tokens["WBTC"], 6900, 7400, 10700),
                           ("setReserveFactor", tokens["USDC"], 1500), ("setSupplyCap", tokens["CRV"], 50_000_000),
                           ("setLiquidationProtocolFee", tokens["DAI"], 800))
                calls += [(self.scene.admin, market.configurator, code.call(*change)) for change in changes]
            if upgrade and version in self.upgrades:
                new = contract(version, "PoolAddressesProvider").call("setPoolImpl", self.upgrades[version])
                calls.append((self.scene.admin, market.provider, new))
        return calls

    # ---- keepers ----------------------------------------------------------------------------------------------------
    def _liquidations(self) -> list[Call]:
        """A few of those that look liquidatable, the worst first; every third through the Batch contract."""
        calls: list[Call] = []
        for version, people in self.story.people.items():
            worst = sorted((p.factor(self.prices), n) for n, p in enumerate(people))[:3]
            for n in [n for factor, n in worst if factor < 0.999]:
                calls.append(self._liquidation(version, people[n]))
        return calls

    def _liquidation(self, version: str, person: Person) -> Call:
        market, rng, scene = self.scene.markets[version], self.rng, self.scene
        debt = max(person.borrowed, key=lambda k: person.borrowed[k] * self.prices[k] // UNITS[k])
        collateral = max(person.supplied, key=lambda k: person.supplied[k] * self.prices[k] // UNITS[k])
        a_token = rng.randrange(5) == 0
        data = contract(version, "Pool").call("liquidationCall", scene.tokens[collateral], scene.tokens[debt],
                                              person.address, MAX, a_token)
        half = version != LAST and person.factor(self.prices) > 0.95
        repaid = person.borrowed[debt] // (2 if half else 1)
        bonus = next(x.bonus for x in LISTINGS if x.name == collateral)
        seized = repaid * self.prices[debt] * UNITS[collateral] * bonus // (
            UNITS[debt] * self.prices[collateral] * 10_000)
        if seized < person.supplied[collateral]:
            person.borrowed[debt] -= repaid
            person.supplied[collateral] -= seized
        else:  # what is left is bad debt: nobody comes back for it
            person.supplied[collateral] = 0
            person.borrowed = dict.fromkeys(person.borrowed, 0)
        if rng.randrange(3) == 0:
            return scene.admin, scene.batch, self._batched([(market.pool, data)])
        return rng.choice(self.story.keepers), market.pool, data

    # ---- trades -----------------------------------------------------------------------------------------------------
    def _trades(self) -> list[Call]:
        """Somebody swaps on a pool in every other block."""
        if self.rng.randrange(2):
            return []
        scene, rng = self.scene, self.rng
        venue = rng.choice(scene.venues)
        side = rng.randrange(2)
        sold = venue.tokens[side]
        amount = rng.randrange(100, 30_000) * 10**8 * UNITS[sold] // self.prices[sold]
        if venue.kind == "uniswap-v3":
            data = compiled("RangePayer").call("swap", venue.address, scene.payer, side == 0, amount, LIMITS[side], MAX)
            return [(scene.admin, scene.payer, data)]
        path = [scene.tokens[sold], scene.tokens[venue.tokens[1 - side]]]
        swap = uniswap_v2.periphery("UniswapV2Router02").call("swapExactTokensForTokens", amount, 0, path, scene.admin,
                                                              2**40)
        return [(scene.admin, path[0], approve(scene.v2_router)), (scene.admin, scene.v2_router, swap)]

    # ---- people -----------------------------------------------------------------------------------------------------
    def _people(self) -> list[Call]:
        """Two to five of them act."""
        calls: list[Call] = []
        for _ in range(self.rng.randrange(2, 6)):
            version = self.rng.choice(list(self.story.people))
            if self.story.people[version]:
                calls += self.rng.choice(self._acts)(version, self.rng.choice(self.story.people[version]))
        return calls

    def _call(self, version: str, person: Person, function: str, *arguments: object) -> Call:
        return person.address, self.scene.markets[version].pool, contract(version, "Pool").call(function, *arguments)

    def _part(self, amount: int) -> int:
        return max(1, amount * self.rng.randrange(10, 300) // 1_000)

    def _paid(self, version: str, person: Person, name: str, amount: int) -> list[Call]:
        token = self.scene.tokens[name]
        return [(person.address, token, mint(person.address, amount)),
                (person.address, token, approve(self.scene.markets[version].pool))]

    def _supply(self, version: str, person: Person) -> list[Call]:
        name = self.rng.choice(list(person.supplied))
        amount = self._part(person.supplied[name])
        person.supplied[name] += amount
        supply = self._call(version, person, "supply", self.scene.tokens[name], amount, person.address, 0)
        return [*self._paid(version, person, name, amount), supply]

    def _withdraw(self, version: str, person: Person) -> list[Call]:
        name = self.rng.choice(list(person.supplied))
        amount = self._part(person.supplied[name]) // 4 + 1
        after = person.supplied[name] - amount
        if after < 0 or person.factor(self.prices) < 1.3:
            return []
        person.supplied[name] = after
        return [self._call(version, person, "withdraw", self.scene.tokens[name], amount, person.address)]

    def _borrow(self, version: str, person: Person) -> list[Call]:
        name = self.rng.choice(list(person.borrowed))
        amount = self._part(person.borrowed[name]) // 3 + 1
        if person.factor(self.prices) < 1.4:
            return []
        person.borrowed[name] += amount
        return [self._call(version, person, "borrow", self.scene.tokens[name], amount, VARIABLE, 0, person.address)]

    def _repay(self, version: str, person: Person) -> list[Call]:
        """A part, or with some luck all of it."""
        name = self.rng.choice(list(person.borrowed))
        everything = self.rng.randrange(4) == 0
        amount = max(0, person.borrowed[name]) if everything else self._part(person.borrowed[name])
        person.borrowed[name] -= amount
        repay = self._call(version, person, "repay", self.scene.tokens[name], MAX if everything else amount, VARIABLE,
                           person.address)
        return [*self._paid(version, person, name, amount + amount // 20 + 1), repay]

    def _transfer(self, version: str, person: Person) -> list[Call]:
        """aTokens to somebody else, at times to somebody new."""
        name = self.rng.choice(list(person.supplied))
        amount = person.supplied[name] // 20
        if amount == 0 or person.factor(self.prices) < 1.3:
            return []
        stranger = address(self.seed, f"stranger {self.chain.number}")
        other = self.rng.choice(self.story.people[version])
        to = stranger if self.rng.randrange(3) == 0 else other.address
        person.supplied[name] -= amount
        token = self.scene.markets[version].tokens[NAMES.index(name)].a_token
        return [(person.address, token, contract(version, "AToken").call("transfer", to, amount))]

    def _use(self, version: str, person: Person) -> list[Call]:
        """A small second supply that does not count as collateral."""
        if person.emode or "CRV" in person.supplied or "DAI" in person.supplied:
            return []
        token, amount = self.scene.tokens["DAI"], 50 * 10**18
        return [*self._paid(version, person, "DAI", amount),
                self._call(version, person, "supply", token, amount, person.address, 0),
                self._call(version, person, "setUserUseReserveAsCollateral", token, False)]

    def _mode(self, version: str, person: Person) -> list[Call]:
        """Into eMode 2 where that fits, or a try to leave one."""
        wanted = 0 if person.emode else 2
        if person.emode or not (set(person.supplied) | set(person.borrowed)) <= {"WETH", "WBTC"}:
            return [self._call(version, person, "setUserEMode", wanted)] if self.rng.randrange(8) == 0 else []
        person.emode = 2
        return [self._call(version, person, "setUserEMode", 2)]


def next_pool(node: Node, scene: Scene, version: str) -> str:
    """Deploy the next revision of a pool's code (`MockPoolInherited` of the same package); its address."""
    market = scene.markets[version]
    borrow = node.create(contract(version, "BorrowLogic").creation())
    code = contract(version, "MockPoolInherited")
    libraries = {name: node.create(contract(version, name).creation()) for name in code.links
                 if name not in ("BorrowLogic", "FlashLoanLogic")}
    flash = node.create(contract(version, "FlashLoanLogic").creation(BorrowLogic=borrow))
    libraries |= {"BorrowLogic": borrow, "FlashLoanLogic": flash}
    strategy = (market.tokens[0].strategy,) if version == LAST else ()
    return node.create(code.creation(market.provider, *strategy, **libraries))

