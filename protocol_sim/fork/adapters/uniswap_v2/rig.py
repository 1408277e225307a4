"""Uniswap V2 under test: one real pair with its factory and router, against `amms.constant_product` and `amms.pair`."""

import copy
import random
from collections.abc import Callable, Sequence
from typing import Any

from protocol_sim.amms import constant_product as v2
from protocol_sim.amms import pair as shell
from protocol_sim.errors import Revert
from protocol_sim.fork.adapters.edges import later
from protocol_sim.fork.adapters.uniswap_v2.draws import FEE_TO, FLASHER, ROUTER, SETTER, USERS, WALLET, Draws
from protocol_sim.fork.anvil import Node
from protocol_sim.fork.artifacts import Event, EventAbi
from protocol_sim.fork.deploy import uniswap_v2 as deployed
from protocol_sim.fork.reading import Reading
from protocol_sim.fork.rig import Operation, Outcome, Rig
from protocol_sim.fork.solc import compiled

SHORTAGE = ("ds-math-sub-underflow",)

BRANCHES = (
    "first mint", "mint with a surplus of one token", "fee minted to feeTo", "kLast cleared", "both outputs at once",
    "swap paid by a donation", "flash swap", "flash swap paid in the token taken", "same block time",
    "clock wraps at 2**32", "burn of everything", "reserves above 2**100",
)
NOT_PLAYED = {
    "pair.permit, approve, transferFrom": "allowances are not modelled",
    "router *ETH*, *WithPermit*, *SupportingFeeOnTransfer*": "wrappers around the operations above, out of scope",
    "factory.createPair, setFeeToSetter": "no arithmetic",
}


class UniswapV2(Rig):
    """The rig of `verify anvil uniswap-v2`."""

    protocol = "uniswap-v2"
    version = "1.0.1"
    branches = BRANCHES
    not_played = NOT_PLAYED

    def __init__(self) -> None:
        self._plays: dict[str, Callable[[dict[str, Any], int], Outcome]] = {
            "token.transfer to the pair": self._deposit,
            "pair.mint": self._mint,
            "pair.burn": self._burn,
            "pair.swap": self._swap,
            "pair.swap (flash)": self._flash,
            "pair.skim": self._skim,
            "pair.sync": self._sync,
            "pair.transfer": self._transfer_lp,
            "factory.setFeeTo": self._set_fee_to,
            "router.swapExactTokensForTokens": self._swap_in,
            "router.swapTokensForExactTokens": self._swap_out,
            "router.addLiquidity": self._add,
            "router.removeLiquidity": self._remove,
        }
        self.operations = tuple(self._plays)
        self.pair = shell.Pair()
        self._now = 0

    # ---- the chain --------------------------------------------------------------------------------------------------
    def deploy(self, node: Node) -> None:
        """Deploy, fill the wallets, approve the router."""
        self._chain = chain = deployed.deploy(node)
        self._addresses = dict(zip(USERS, node.accounts[1:4], strict=True))
        self._addresses |= {FEE_TO: node.accounts[8], SETTER: node.accounts[0], FLASHER: chain.flasher,
                            ROUTER: chain.router, shell.PAIR: chain.pair, shell.NOBODY: deployed.NOBODY}
        token, pair = deployed.periphery("ERC20"), deployed.core("UniswapV2Pair")
        for who in (*USERS, FLASHER):
            for address in (chain.token0, chain.token1):
                node.execute(address, token.call("transfer", self._addresses[who], WALLET))
        for who in USERS:
            for address in (chain.token0, chain.token1, chain.pair):
                node.execute(address, token.call("approve", chain.router, 2**256 - 1), self._addresses[who])
        self._names = {address: name for name, address in self._addresses.items()}
        self._topics: dict[str, EventAbi] = pair.events()
        self._reading = self._views()

    def _views(self) -> Reading:
        chain, pair, token = self._chain, deployed.core("UniswapV2Pair"), deployed.periphery("ERC20")
        reading = Reading(chain.reader)
        reading.add(["block time"], chain.reader, compiled("PositionReader"), "time")
        reading.add(["reserve0", "reserve1", "blockTimestampLast"], chain.pair, pair, "getReserves")
        for name in ("price0CumulativeLast", "price1CumulativeLast", "kLast", "totalSupply"):
            reading.add([name], chain.pair, pair, name)
        reading.add(["feeTo set"], chain.factory, deployed.core("UniswapV2Factory"), "feeTo")
        for who, address in self._addresses.items():
            reading.add([f"LP of {who or 'the zero address'}"], chain.pair, pair, "balanceOf", address)
            reading.add([f"token0 of {who or 'the zero address'}"], chain.token0, token, "balanceOf", address)
            reading.add([f"token1 of {who or 'the zero address'}"], chain.token1, token, "balanceOf", address)
        return reading

    def fields(self) -> Sequence[str]:
        """Names of what is compared."""
        return self._reading.names

    def read(self, node: Node) -> list[int]:
        """The contracts' values."""
        values = self._reading.read(node)
        at = self._reading.names.index("feeTo set")
        values[at] = int(values[at] != 0)
        return values

    def decode(self, logs: list[dict[str, Any]]) -> tuple[Event, ...]:
        """The pair's own events; addresses by name. Transfers of the test tokens are compared as wallets."""
        found: list[Event] = []
        for log in logs:
            if log["address"].lower() == self._chain.pair:
                abi = self._topics[log["topics"][0]]
                args = abi.arguments(log["topics"], bytes.fromhex(log["data"][2:]))
                named = tuple(self._names.get(a, a) if isinstance(a, str) else a for a in args)
                found.append(("pair", abi.name, named))
        return tuple(e for e in found if e[1] != "Approval")

    def _encode(self, name: str, a: dict[str, Any], at: int) -> tuple[str, str]:
        """Where the transaction goes, and its calldata."""
        chain, pair, token = self._chain, deployed.core("UniswapV2Pair"), deployed.periphery("ERC20")
        router = deployed.periphery("UniswapV2Router02")
        tokens, to = (chain.token0, chain.token1), self._addresses.get(a["to"], "")
        if name == "token.transfer to the pair":
            return tokens[a["token"]], token.call("transfer", chain.pair, a["amount"])
        if name in ("pair.mint", "pair.burn", "pair.skim"):
            return chain.pair, pair.call(name.removeprefix("pair."), to)
        if name == "pair.sync":
            return chain.pair, pair.call("sync")
        if name == "pair.swap":
            return chain.pair, pair.call("swap", a["out0"], a["out1"], to, b"")
        if name == "pair.swap (flash)":
            paid = (a["out0"], a["out1"], a["pay0"], a["pay1"])
            return chain.flasher, compiled("FlashPayer").call("flash", chain.pair, *paid)
        if name == "pair.transfer":
            return chain.pair, pair.call("transfer", to, a["amount"])
        if name == "factory.setFeeTo":
            receiver = self._addresses[FEE_TO] if a["on"] else deployed.NOBODY
            return chain.factory, deployed.core("UniswapV2Factory").call("setFeeTo", receiver)
        if name == "router.addLiquidity":
            return chain.router, router.call("addLiquidity", *tokens, a["amount0"], a["amount1"], 0, 0,
                                             self._addresses[a["who"]], at)
        if name == "router.removeLiquidity":
            return chain.router, router.call("removeLiquidity", *tokens, a["amount"], 0, 0, to, at)
        path = list(tokens) if a["zero_for_one"] else [tokens[1], tokens[0]]
        return chain.router, router.call(name.removeprefix("router."), a["amount"], a["limit"], path, to, at)

    # ---- the model --------------------------------------------------------------------------------------------------
    def restart(self, now: int) -> None:
        """A pair without liquidity, full wallets."""
        self._now = now
        self.pair = shell.Pair(v2.Pool(), fee_to=FEE_TO)
        for who in (*USERS, FLASHER):
            self.pair.give(who, WALLET, WALLET)
        left = deployed.SUPPLY - 4 * WALLET
        self.pair.give(SETTER, left, left)
        self._draws = Draws(self.pair, self.operations)

    def state(self) -> list[int]:
        """The model's values in the order of `fields`."""
        pool, pair = self.pair.pool, self.pair
        values = [self._now, pool.reserve0, pool.reserve1, pool.timestamp_last, pool.price0_cumulative,
                  pool.price1_cumulative, pool.k_last, pool.total_supply, pool.fee_on]
        for who in self._addresses:
            held = (pair.wallet0.get(who, 0), pair.wallet1.get(who, 0))
            if who == shell.PAIR:
                held = (pool.balance0, pool.balance1)
            values += [pair.lp.get(who, 0), *held]
        return values

    def play(self, operation: Operation) -> Outcome:
        """Play it on the model."""
        same = ("same block time",) if operation.at == self._now and self.pair.pool.total_supply else ()
        wraps = ("clock wraps at 2**32",) if self._now < 2**32 <= operation.at else ()
        large = ("reserves above 2**100",) if min(self.pair.pool.reserve0, self.pair.pool.reserve1) > 2**100 else ()
        self._now = operation.at
        outcome = self._plays[operation.name](operation.arguments, operation.at)
        return Outcome(outcome.refused, outcome.events, (*outcome.branches, *same, *wraps, *large))

    def propose(self, rng: random.Random) -> Operation:
        """The next operation; about a quarter are meant to be refused."""
        name, arguments = self._draws.next(rng)
        at = later(rng, self._now, wrap=2**32)
        to, data = self._encode(name, arguments, at)
        return Operation(name, self._addresses[arguments["who"]], to, data, at, arguments)

    def _told(self, did: shell.Outcome, sender: str | None = None, *branches: str) -> Outcome:
        """The shell's answer as the harness wants it; `sender` replaces the caller where a contract called the pair."""
        if did.error is not None:
            return Outcome((did.error,))
        events = []
        for name, args in did.events:
            values = [sender if key == "sender" and sender is not None else value for key, value in args.items()]
            events.append(("pair", name, tuple(values)))
        return Outcome(None, tuple(events), branches)

    def _deposit(self, a: dict[str, Any], _: int) -> Outcome:
        try:
            self.pair.deposit(a["who"], *((a["amount"], 0) if a["token"] == 0 else (0, a["amount"])))
        except Revert:
            return Outcome(SHORTAGE)
        return Outcome()

    def _mint(self, a: dict[str, Any], now: int) -> Outcome:
        pool = self.pair.pool
        first, before = pool.total_supply == 0, (pool.reserve0, pool.reserve1, pool.total_supply)
        did = self.pair.mint(a["who"], a["to"], now)
        if did.error is not None:
            return self._told(did)
        uneven = not first and did.amounts.amount0 * before[1] != did.amounts.amount1 * before[0]
        return self._told(did, None, *_rare(first, "first mint"), *_rare(uneven, "mint with a surplus of one token"),
                          *_rare(did.amounts.fee_liquidity > 0, "fee minted to feeTo"))

    def _burn(self, a: dict[str, Any], now: int) -> Outcome:
        k_last = self.pair.pool.k_last
        did = self.pair.burn(a["who"], a["to"], now)
        if did.error is not None:
            return self._told(did)
        pool = self.pair.pool
        return self._told(did, None, *_rare(did.amounts.fee_liquidity > 0, "fee minted to feeTo"),
                          *_rare(k_last > 0 and pool.k_last == 0, "kLast cleared"),
                          *_rare(pool.total_supply == v2.MINIMUM_LIQUIDITY, "burn of everything"))

    def _swap(self, a: dict[str, Any], now: int) -> Outcome:
        pool = self.pair.pool
        donated = pool.balance0 > pool.reserve0 and pool.balance1 > pool.reserve1
        did = self.pair.swap(a["who"], a["out0"], a["out1"], a["to"], now)
        return self._told(did, None, *_rare(a["out0"] > 0 and a["out1"] > 0, "both outputs at once"),
                          *_rare(donated, "swap paid by a donation"))

    def _flash(self, a: dict[str, Any], now: int) -> Outcome:
        did = self.pair.swap(FLASHER, a["out0"], a["out1"], FLASHER, now, a["pay0"], a["pay1"])
        same = (a["out0"] > 0 and a["pay0"] > 0) or (a["out1"] > 0 and a["pay1"] > 0)
        return self._told(did, None, "flash swap", *_rare(same, "flash swap paid in the token taken"))

    def _skim(self, a: dict[str, Any], _: int) -> Outcome:
        return self._told(self.pair.skim(a["to"]))

    def _sync(self, _: dict[str, Any], now: int) -> Outcome:
        return self._told(self.pair.sync(now))

    def _transfer_lp(self, a: dict[str, Any], _: int) -> Outcome:
        try:
            self.pair.transfer_lp(a["who"], a["to"], a["amount"])
        except Revert:
            return Outcome(SHORTAGE)
        return Outcome(None, (("pair", "Transfer", (a["who"], a["to"], a["amount"])),))

    def _set_fee_to(self, a: dict[str, Any], _: int) -> Outcome:
        if a["who"] != SETTER:
            return Outcome(("UniswapV2: FORBIDDEN",))
        self.pair.pool.fee_on = a["on"]
        return Outcome()

    def _swap_in(self, a: dict[str, Any], now: int) -> Outcome:
        did = self.pair.swap_in(a["who"], a["zero_for_one"], a["amount"], a["limit"], a["to"], now)
        return self._told(did, ROUTER)

    def _swap_out(self, a: dict[str, Any], now: int) -> Outcome:
        did = self.pair.swap_out(a["who"], a["zero_for_one"], a["amount"], a["limit"], a["to"], now)
        return self._told(did, ROUTER)

    def _add(self, a: dict[str, Any], now: int) -> Outcome:
        pool, amounts = self.pair.pool, (a["amount0"], a["amount1"])
        if pool.reserve0 or pool.reserve1:
            code, best1 = v2.quote(amounts[0], pool.reserve0, pool.reserve1)
            if code == v2.OK and best1 > amounts[1]:
                code, best0 = v2.quote(amounts[1], pool.reserve1, pool.reserve0)
                amounts = best0, amounts[1]
            else:
                amounts = amounts[0], best1
            if code != v2.OK:
                return Outcome((v2.ERRORS[code],))
        saved = copy.deepcopy(self.pair)
        try:
            self.pair.deposit(a["who"], *amounts)
        except Revert:
            return Outcome(("TransferHelper: TRANSFER_FROM_FAILED",))
        told = self._mint({"who": ROUTER, "to": a["who"]}, now)
        if told.refused is not None:
            self.pair = self._draws.pair = saved
        return told

    def _remove(self, a: dict[str, Any], now: int) -> Outcome:
        saved = copy.deepcopy(self.pair)
        try:
            self.pair.transfer_lp(a["who"], shell.PAIR, a["amount"])
        except Revert:
            return Outcome(SHORTAGE)
        told = self._burn({"who": ROUTER, "to": a["to"]}, now)
        if told.refused is not None:
            self.pair = self._draws.pair = saved
            return told
        return Outcome(None, (("pair", "Transfer", (a["who"], shell.PAIR, a["amount"])), *told.events), told.branches)


def _rare(happened: bool, name: str) -> tuple[str, ...]:
    return (name,) if happened else ()
