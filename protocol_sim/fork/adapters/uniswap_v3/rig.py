"""Plays Uniswap V3 operations on `amms.concentrated` and reads the real pool's storage, slot by slot."""

import random
from collections.abc import Callable, Sequence
from typing import Any

from protocol_sim.amms.concentrated import oracle, pool, positions
from protocol_sim.amms.concentrated.state import DUE, ERRORS, OK, Pools, Terms, new_pools
from protocol_sim.amms.concentrated.ticks import check_ticks
from protocol_sim.errors import Revert
from protocol_sim.fork.adapters.edges import later
from protocol_sim.fork.adapters.uniswap_v3 import storage
from protocol_sim.fork.adapters.uniswap_v3.calls import encode
from protocol_sim.fork.adapters.uniswap_v3.draws import KINDS, OWNER, USERS, Draws
from protocol_sim.fork.anvil import Node
from protocol_sim.fork.artifacts import Event, EventAbi
from protocol_sim.fork.deploy import uniswap_v3 as deployed
from protocol_sim.fork.reading import Reading
from protocol_sim.fork.rig import Operation, Outcome, Rig
from protocol_sim.fork.solc import artifact, compiled

PAYER, ROUTER, POOL = "payer", "router", "pool"
WALLET = 2**160  # raw units that each user starts with
PAYS = 2**239  # raw units that the payer starts with
OWNERS = {name: n for n, name in enumerate(USERS)}
BRANCHES = (
    "tick crossed", "several ticks crossed", "several words passed", "stopped by its limit", "no liquidity on the way",
    "ends on an initialised tick", "mint in range", "mint out of range", "mint to an old position", "tick cleared",
    "poke", "protocol fee taken", "gift", "observation interpolated or old", "ring of observations grew",
    "clock wrapped at 2**32", "tick spacing 1", "tick spacing 16383", "same block time",
)
NOT_PLAYED = {
    "router routes over several pools, multicall, permit, WETH": "wrappers around the operations above, out of scope",
    "NonfungiblePositionManager": "a wrapper around mint, burn and collect, out of scope",
    "factory.createPool, enableFeeAmount, setOwner": "no arithmetic; `state.new_pools` checks the limits",
}


class UniswapV3(Rig):
    """The rig of `verify anvil uniswap-v3`. An episode plays on one of the pools of `deploy.TIERS`."""

    protocol = "uniswap-v3"
    version = "1.0.1"
    operations = tuple(KINDS)
    branches = BRANCHES
    not_played = NOT_PLAYED

    def __init__(self) -> None:
        self._plays: dict[str, Callable[[dict[str, Any], int], Outcome]] = {
            "initialize": self._initialize,
            "mint": self._mint,
            "burn": self._burn,
            "collect": self._collect,
            "swap": self._swap,
            "flash": self._flash,
            "setFeeProtocol": self._set_fee,
            "collectProtocol": self._collect_protocol,
            "increaseObservationCardinalityNext": self._grow,
            "observe": self._observe,
            "snapshotCumulativesInside": self._inside,
            "router.exactInputSingle": self._exact_input,
            "router.exactOutputSingle": self._exact_output,
        }

    # ---- the chain --------------------------------------------------------------------------------------------------
    def deploy(self, node: Node) -> None:
        """Deploy, fill the wallets, approve the router."""
        self._chain = chain = deployed.deploy(node)
        self._addresses = dict(zip(USERS, node.accounts[1:4], strict=True))
        self._addresses |= {OWNER: node.accounts[0], PAYER: chain.payer, ROUTER: chain.router}
        token = deployed.token_code()
        for address in (chain.token0, chain.token1):
            for who, amount in ((PAYER, PAYS), *((u, WALLET) for u in USERS)):
                node.execute(address, token.call("transfer", self._addresses[who], amount))
            for who in USERS:
                node.execute(address, token.call("approve", chain.router, 2**256 - 1), self._addresses[who])
        self._topics: dict[str, EventAbi] = deployed.core("UniswapV3Pool").events() | compiled("RangePayer").events()
        self._code = {"code": "0x" + compiled_runtime("SlotReader")}

    def restart(self, now: int) -> None:
        """No pool chosen yet; full wallets."""
        self._now, self._tier = now, -1
        self._wallets = {PAYER: [PAYS, PAYS]} | {who: [WALLET, WALLET] for who in USERS}
        left = deployed.SUPPLY - PAYS - 3 * WALLET
        self._wallets[OWNER] = [left, left]
        self._ticks: set[int] = set()
        self._owned: set[tuple[str, int, int]] = set()

    def _choose(self, rng: random.Random) -> None:
        """Pick a pool for this episode."""
        self._tier = rng.randrange(len(deployed.TIERS))
        fee, spacing = deployed.TIERS[self._tier]
        self.book: Pools = new_pools([Terms(fee, spacing, ticks=512, positions=400, observations=64)])
        self._draws = Draws(self.book)
        self._pool = self._chain.pools[self._tier]
        self._names = {address: name for name, address in self._addresses.items()} | {self._pool: POOL}
        reading = Reading(self._chain.reader)
        reading.add(["block time"], self._chain.reader, compiled("PositionReader"), "time")
        for who, address in (*((w, self._addresses[w]) for w in self._wallets), (POOL, self._pool)):
            for n, token in enumerate((self._chain.token0, self._chain.token1)):
                reading.add([f"token{n} of {who}"], token, deployed.token_code(), "balanceOf", address)
        self._reading = reading

    def _cells(self) -> list[storage.Cell]:
        """Every slot that the model or an attempt has touched."""
        cells = storage.singles()
        spacing = self.book.pools[0].tick_spacing
        for tick in sorted(self._ticks):
            cells += storage.tick_cells(tick)
        cells += [storage.word_cell(w) for w in sorted({t // spacing >> 8 for t in self._ticks})]
        for who, lower, upper in sorted(self._owned):
            cells += storage.position_cells(self._addresses[who], lower, upper, who)
        return cells + [storage.observation_cell(i) for i in range(self.book.pools[0].cardinality_next + 2)]

    def fields(self) -> Sequence[str]:
        """Names of what is compared."""
        return self._reading.names + [name for cell in self._cells() for name, _ in cell.parts]

    def state(self) -> list[int]:
        """The model's values in the order of `fields`."""
        book, spacing = self.book, self.book.pools[0].tick_spacing
        values = [self._now, *(a for held in self._wallets.values() for a in held)]
        values += [book.pools[0].balance0, book.pools[0].balance1, *storage.single_values(book)]
        for tick in sorted(self._ticks):
            values += storage.tick_values(book, tick)
        bits = storage.words(book)
        values += [bits.get(w, 0) for w in sorted({t // spacing >> 8 for t in self._ticks})]
        for who, lower, upper in sorted(self._owned):
            values += storage.position_values(book, OWNERS[who], lower, upper)
        for index in range(book.pools[0].cardinality_next + 2):
            values += storage.observation_values(book, index)
        return values

    def read(self, node: Node) -> list[int]:
        """The contracts' values: balances by view, the pool's raw storage through a reader in its place."""
        cells = self._cells()
        call = {"to": self._pool, "data": "0x" + "".join(f"{cell.slot:064x}" for cell in cells)}
        raw = bytes.fromhex(node.call("eth_call", call, "latest", {self._pool: self._code})[2:])
        values = self._reading.read(node)
        for n, cell in enumerate(cells):
            values += cell.split(int.from_bytes(raw[32 * n : 32 * n + 32]))
        return values

    def decode(self, logs: list[dict[str, Any]]) -> tuple[Event, ...]:
        """Events of the pool, and what the payer heard from its views; token transfers are compared as wallets."""
        found: list[Event] = []
        for log in logs:
            if log["address"].lower() in (self._pool, self._chain.payer):
                abi = self._topics[log["topics"][0]]
                args = abi.arguments(log["topics"], bytes.fromhex(log["data"][2:]))
                found.append((POOL, abi.name, tuple(self._names.get(a, a) if isinstance(a, str) else a for a in args)))
        return tuple(found)

    # ---- the model --------------------------------------------------------------------------------------------------
    def propose(self, rng: random.Random) -> Operation:
        """The next operation."""
        if self._tier < 0:
            self._choose(rng)
        at = later(rng, self._now, wrap=2**32)
        name, arguments = self._draws.next(rng, at)
        to, data = encode(self._chain, self._tier, self._addresses, name, arguments, at)
        return Operation(name, self._addresses[arguments["who"]], to, data, at, arguments)

    def play(self, operation: Operation) -> Outcome:
        """Play it on the model."""
        a, before = operation.arguments, self._now
        self._now = operation.at
        if "lower" in a:
            self._owned.add((a["who"], a["lower"], a["upper"])) if a["who"] in OWNERS else None
            if check_ticks(a["lower"], a["upper"]) == OK:
                self._ticks |= {a["lower"], a["upper"]}
        told = self._plays[operation.name](a, operation.at)
        spacing = self.book.pools[0].tick_spacing
        rare = _rare(before == operation.at, "same block time")
        rare += _rare(before < 2**32 <= operation.at, "clock wrapped at 2**32")
        if told.refused is None:
            rare += _rare(spacing == 1, "tick spacing 1") + _rare(spacing == 16_383, "tick spacing 16383")
        return Outcome(told.refused, told.events, told.branches + rare)

    def _move(self, who: str, amount0: int, amount1: int) -> None:
        held = self._wallets[who]
        held[0], held[1] = held[0] + amount0, held[1] + amount1

    def _initialize(self, a: dict[str, Any], now: int) -> Outcome:
        code = pool.initialize(self.book, 0, a["sqrt_price"], now)
        return _told(code, "Initialize", a["sqrt_price"], self.book.pools[0].tick)

    def _mint(self, a: dict[str, Any], now: int) -> Outcome:
        p, who = self.book.pools[0], OWNERS[a["who"]]
        old = positions.find_position(self.book, 0, who, a["lower"], a["upper"]) >= 0
        code, due = positions.mint(self.book, 0, who, a["lower"], a["upper"], a["liquidity"], a["pay0"], a["pay1"], now)
        if code == OK:
            paid0, paid1 = _paid(a["pay0"], due.amount0), _paid(a["pay1"], due.amount1)
            self._move(PAYER, -paid0, -paid1)
        within = a["lower"] <= p.tick < a["upper"]
        rare = ("mint in range" if within else "mint out of range", *_rare(old, "mint to an old position"))
        rare += _rare(code == OK and paid0 + paid1 > due.amount0 + due.amount1, "gift")
        return _told(code, "Mint", PAYER, a["who"], a["lower"], a["upper"], a["liquidity"], *due, branches=rare)

    def _burn(self, a: dict[str, Any], now: int) -> Outcome:
        free = self.book.pools[0].ticks_free
        code, out = positions.burn(self.book, 0, OWNERS[a["who"]], a["lower"], a["upper"], a["liquidity"], now)
        rare = _rare(free != self.book.pools[0].ticks_free, "tick cleared") + _rare(a["liquidity"] == 0, "poke")
        return _told(code, "Burn", a["who"], a["lower"], a["upper"], a["liquidity"], *out, branches=rare)

    def _collect(self, a: dict[str, Any], now: int) -> Outcome:  # noqa: ARG002
        who, wanted = OWNERS[a["who"]], (a["wanted0"], a["wanted1"])
        code, out = positions.collect(self.book, 0, who, a["lower"], a["upper"], *wanted)
        if code == OK:
            self._move(a["to"], *out)
        return _told(code, "Collect", a["who"], a["to"], a["lower"], a["upper"], *out)

    def _swap(self, a: dict[str, Any], now: int) -> Outcome:
        return self._trade(a, PAYER, PAYER, a["exact_in"], a["limit"], a["pay"], now)

    def _trade(
        self, a: dict[str, Any], sender: str, payer: str, exact_in: int, limit: int, pay: int, now: int
    ) -> Outcome:
        p, side = self.book.pools[0], a["zero_for_one"]
        tick, below, fees = p.tick, p.below, p.protocol_fees0 + p.protocol_fees1
        dry = p.liquidity == 0
        code, moved = pool.swap(self.book, 0, side, exact_in, a["amount"], limit, pay, now)
        if code != OK:
            return _told(code, "")
        paid, out = _paid(pay, moved.amount_in), moved.amount_out
        self._move(payer, *((-paid, 0) if side else (0, -paid)))
        self._move(a["to"], *((0, out) if side else (out, 0)))
        amounts = (moved.amount_in, -out) if side else (-out, moved.amount_in)
        word = p.tick_spacing * 256
        rare = _rare(below != p.below, "tick crossed") + _rare(paid > moved.amount_in, "gift")
        rare += _rare(below not in (p.below, self.book.ticks[p.below].before, self.book.ticks[p.below].after),
                      "several ticks crossed")
        rare += _rare(abs(tick // word - p.tick // word) > 1, "several words passed")
        rare += _rare(p.sqrt_price == limit, "stopped by its limit")
        rare += _rare(dry or p.liquidity == 0, "no liquidity on the way")
        rare += _rare(p.sqrt_price in [t.sqrt_price for t in self.book.ticks[2:]], "ends on an initialised tick")
        rare += _rare(p.protocol_fees0 + p.protocol_fees1 > fees, "protocol fee taken")
        return _told(code, "Swap", sender, a["to"], *amounts, *moved[2:], branches=rare)

    def _flash(self, a: dict[str, Any], now: int) -> Outcome:  # noqa: ARG002
        try:
            code, paid = pool.flash(self.book, 0, a["amount0"], a["amount1"], a["pay0"], a["pay1"])
        except Revert:
            return Outcome(("",))
        if code == OK:
            self._move(PAYER, -paid.amount0, -paid.amount1)
        return _told(code, "Flash", PAYER, PAYER, a["amount0"], a["amount1"], *paid)

    def _set_fee(self, a: dict[str, Any], now: int) -> Outcome:  # noqa: ARG002
        p = self.book.pools[0]
        old = p.fee_protocol0, p.fee_protocol1
        if a["who"] != OWNER:
            return Outcome(("" if p.sqrt_price else "LOK",))
        code = pool.set_fee_protocol(self.book, 0, a["share0"], a["share1"])
        return _told(code, "SetFeeProtocol", *old, a["share0"], a["share1"])

    def _collect_protocol(self, a: dict[str, Any], now: int) -> Outcome:  # noqa: ARG002
        if a["who"] != OWNER:
            return Outcome(("" if self.book.pools[0].sqrt_price else "LOK",))
        code, out = pool.collect_protocol(self.book, 0, a["wanted0"], a["wanted1"])
        if code == OK:
            self._move(a["to"], *out)
        return _told(code, "CollectProtocol", OWNER, a["to"], *out)

    def _grow(self, a: dict[str, Any], now: int) -> Outcome:  # noqa: ARG002
        old = self.book.pools[0].cardinality_next
        code = oracle.increase_cardinality(self.book, 0, a["wanted"])
        if code == OK and self.book.pools[0].cardinality_next == old:
            return Outcome()
        rare = ("ring of observations grew",)
        return _told(code, "IncreaseObservationCardinalityNext", old, a["wanted"], branches=rare)

    def _observe(self, a: dict[str, Any], now: int) -> Outcome:
        events: list[Event] = []
        for ago in a["seconds_ago"]:
            code, seen = oracle.observe(self.book, 0, ago, now)
            if code != OK:
                return _told(code, "")
            events.append((POOL, "Observed", (seen.tick, seen.seconds_per_liquidity)))
        return Outcome(None, tuple(events), _rare(max(a["seconds_ago"]) > 0, "observation interpolated or old"))

    def _inside(self, a: dict[str, Any], now: int) -> Outcome:
        code, seen = oracle.inside(self.book, 0, a["lower"], a["upper"], now)
        return _told(code, "Inside", *seen)

    # ---- the router -------------------------------------------------------------------------------------------------
    def _exact_input(self, a: dict[str, Any], now: int) -> Outcome:
        return self._route(a, 1, now)

    def _exact_output(self, a: dict[str, Any], now: int) -> Outcome:
        return self._route(a, 0, now)

    def _route(self, a: dict[str, Any], exact_in: int, now: int) -> Outcome:
        """`SwapRouter.sol`: exactInputSingle, exactOutputSingle; the pool's refusals first, then its own."""
        side, amount = a["zero_for_one"], a["amount"]
        limit = a["limit"] or pool.edge_limit(side)
        code, moved = pool.quote(self.book, 0, side, exact_in, amount, limit)
        if code != OK:
            return _told(code, "")
        if moved.amount_in == 0 and moved.amount_out == 0:
            return Outcome(("",))  # the callback refuses a swap that moves nothing
        if moved.amount_in > self._wallets[a["who"]][1 - side]:
            return Outcome(("STF",))
        if exact_in and moved.amount_out < a["bound"]:
            return Outcome(("Too little received",))
        if not exact_in and not a["limit"] and moved.amount_out != amount:
            return Outcome(("",))
        if not exact_in and moved.amount_in > a["bound"]:
            return Outcome(("Too much requested",))
        return self._trade(a, ROUTER, a["who"], exact_in, limit, DUE, now)


def compiled_runtime(name: str) -> str:
    """The deployed code of `contracts/<name>.sol`, in hex."""
    return str(artifact(name)["evm"]["deployedBytecode"]["object"])


def _paid(pay: int, due: int) -> int:
    return due if pay == DUE else pay


def _told(code: int, event: str, *args: Any, branches: tuple[str, ...] = ()) -> Outcome:
    """The outcome of a call that returned this code."""
    if code != OK:
        return Outcome((ERRORS[code],))
    return Outcome(None, ((POOL, event, args),), branches)


def _rare(happened: bool, name: str) -> tuple[str, ...]:
    return (name,) if happened else ()
