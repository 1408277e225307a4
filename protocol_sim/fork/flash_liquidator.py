"""The flash liquidator: what the model says that it earns, and the contract that earns it (`contracts/FlashLiquidator.sol`).

One call borrows the debt asset from the lending pool, liquidates, sells the seized collateral on one Uniswap pool and
repays with the premium; the rest is the owner's. The prediction is made of the rules alone: `flash_loan` (the loan leaves
the reserve, the premium), `liquidation` and `settlement` (repaid, seized, fee), `amms` (the sale). `execute` writes the
same to the model, so that a series of liquidations is predicted from one snapshot without looking at the chain again.
A reentrant venue, another liquidation in between and tokens that take a fee on transfer are not foreseen.
"""  # noqa: E501

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from protocol_sim.amms import pairs
from protocol_sim.amms.concentrated import family
from protocol_sim.amms.concentrated.pool import initialize, set_fee_protocol
from protocol_sim.amms.concentrated.positions import mint
from protocol_sim.amms.concentrated.state import DUE, OK, Pools, Terms, new_pools
from protocol_sim.amms.constant_product import Pool
from protocol_sim.errors import BadInput
from protocol_sim.fork.anvil import Node
from protocol_sim.fork.snapshot.records import Snapshot, Venue
from protocol_sim.fork.solc import compiled
from protocol_sim.numeric import WAD
from protocol_sim.protocols.aave_v3 import codes
from protocol_sim.protocols.aave_v3.account import account_data
from protocol_sim.protocols.aave_v3.flash_loan import flash_code, flash_settle, flash_take, premium_of
from protocol_sim.protocols.aave_v3.liquidation import liquidation_plan
from protocol_sim.protocols.aave_v3.settlement import liquidation_call
from protocol_sim.protocols.aave_v3.state import Market

NOBODY = -1  # the contract is none of the market's accounts
MAX = 2**256 - 1
NOWHERE = "0x" + "00" * 20


@dataclass(frozen=True)
class Job:
    """One liquidation as the model foresees it; raw amounts of the debt asset but for `seized`."""

    borrower: str
    i: int
    kc: int
    kd: int
    venue: str  # the pool's name, "" where collateral and debt are the same asset
    repaid: int
    seized: int  # raw collateral
    premium: int
    sold_for: int
    profit: int


class FlashModel:
    """A snapshot's market and pools, moved along by the liquidations that are executed."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot, self.market = snapshot, snapshot.market()
        self._symbols = [x.symbol for x in snapshot.listed]
        self._pairs = pairs.Pairs([_pair(v) for v in snapshot.pools if v.kind == "constant-product"])
        ranged = [v for v in snapshot.pools if v.kind == "uniswap-v3"]
        self._ranges = _ranges(ranged, snapshot.block.time)
        self._place = {v.name: n for group in (ranged, [v for v in snapshot.pools if v not in ranged])
                       for n, v in enumerate(group)}

    def venues(self, kc: int, kd: int) -> list[Venue]:
        """Pools that trade these two reserves."""
        pair = {self._symbols[kc], self._symbols[kd]}
        return [v for v in self.snapshot.pools if set(v.tokens) == pair]

    def unhealthy(self, now: int) -> Iterator[tuple[int, int, int]]:
        """(account, collateral reserve, debt reserve) of everybody below 1, in account order."""
        count = range(len(self.market.reserves))
        for i, account in enumerate(self.market.accounts):
            if account.borrowing and account_data(self.market, i, now).health_factor < WAD:
                yield from ((i, kc, kd) for kc in count for kd in count
                            if account.collateral >> kc & 1 and account.borrowing >> kd & 1)

    def foresee(self, i: int, kc: int, kd: int, venue: Venue | None, now: int) -> Job | None:
        """The job in a block at `now`, the liquidation as large as it may be; None if it is refused or loses."""
        trial = self._trial(kc, kd)
        version, r = trial.settings[0].version, trial.reserves[kd]
        code, plan = liquidation_plan(trial, NOBODY, i, kc, kd, MAX, 0, MAX, now)
        if code != codes.OK or flash_code(version, r, plan.repaid, now) != codes.OK:
            return None
        premium = premium_of(version, plan.repaid, trial.settings[0].flash_premium)
        if flash_take(trial, kd, plan.repaid) != codes.OK:
            return None
        code, plan = liquidation_plan(trial, NOBODY, i, kc, kd, MAX, 0, plan.repaid, now)
        if code != codes.OK:
            return None
        sold_for = plan.seized if venue is None else self._sale(venue, kc, plan.seized, None)
        profit = sold_for - plan.repaid - premium
        if sold_for == 0 or profit < 0:
            return None
        name = "" if venue is None else venue.name
        borrower = self.snapshot.people.addresses[i]
        return Job(borrower, i, kc, kd, name, plan.repaid, plan.seized, premium, sold_for, profit)

    def execute(self, job: Job, now: int) -> None:
        """Write what the job does, as the contracts do it: the loan, the liquidation, the sale, the repayment."""
        market, venue = self.market, next((v for v in self.snapshot.pools if v.name == job.venue), None)
        found = [flash_take(market, job.kd, job.repaid)]
        code, done = liquidation_call(market, NOBODY, job.i, job.kc, job.kd, MAX, 0, job.repaid, now)
        sold_for = done.seized if venue is None else self._sale(venue, job.kc, done.seized, now)
        found += [code, flash_settle(market, job.kd, job.repaid, job.premium, MAX, now)[0]]
        if any(found) or sold_for != job.sold_for or done.repaid != job.repaid:
            raise BadInput("flash liquidator", "job", "one foreseen in the state as it is", job)

    def _trial(self, kc: int, kd: int) -> Market:
        """The market with a copy of what `foresee` writes."""
        m = self.market
        rows = [copy.copy(r) if k in (kc, kd) else r for k, r in enumerate(m.reserves)]
        return m._replace(reserves=rows)

    def _sale(self, venue: Venue, kc: int, amount: int, now: int | None) -> int:
        """What `amount` of reserve kc is sold for; written if `now` is given; 0 if the pool does not take all of it."""
        q, side = self._place[venue.name], int(venue.tokens[0] == self._symbols[kc])
        if venue.kind == "constant-product":
            code, got = pairs.sale(self._pairs, q, side, amount) if now is None else pairs.sell(
                self._pairs, q, side, amount, now)
        else:
            code, got = family.sale(self._ranges, q, side, amount) if now is None else family.sell(
                self._ranges, q, side, amount, now)
        return int(got) if code == OK else 0


def _pair(venue: Venue) -> Pool:
    x, y = venue.state["reserve0"], venue.state["reserve1"]
    return Pool(reserve0=x, reserve1=y, balance0=x, balance1=y, timestamp_last=venue.state["timestamp_last"])


def _ranges(venues: Sequence[Venue], now: int) -> Pools:
    made = new_pools([Terms(v.state["fee"], v.state["tick_spacing"], 2 * len(v.ranges), len(v.ranges), 1)
                      for v in venues])
    for q, venue in enumerate(venues):
        state = venue.state
        found = [initialize(made, q, state["sqrt_price"], now),
                 set_fee_protocol(made, q, state["fee_protocol0"], state["fee_protocol1"])]
        found += [mint(made, q, n, *one, DUE, DUE, now)[0] for n, one in enumerate(venue.ranges)]
        if any(code != OK for code in found):
            raise BadInput("snapshot", f"pool {venue.name}", "one that the model can hold", found)
    return made


class FlashLiquidator:
    """The contract on a node; whoever creates it owns it."""

    def __init__(self, node: Node, snapshot: Snapshot, owner: str) -> None:
        self._node, self._snapshot, self.owner = node, snapshot, owner
        receipt = node.send(owner, None, compiled("FlashLiquidator").creation())
        self.address = str(receipt["contractAddress"]).lower()

    def run(self, job: Job, now: int) -> int | None:
        """Do a job in a block at `now`; what the owner's wallet gained (raw debt asset), None if it was refused."""
        snapshot, node = self._snapshot, self._node
        venue = next((v for v in snapshot.pools if v.name == job.venue), None)
        token = snapshot.listed[job.kd].address
        before = self._wallet(token)
        arguments = (snapshot.addresses["pool"], snapshot.listed[job.kc].address, token, job.borrower, job.repaid,
                     venue.address if venue else NOWHERE, bool(venue and venue.kind == "uniswap-v3"), job.profit)
        node.next_timestamp(now)
        receipt = node.send(self.owner, self.address, compiled("FlashLiquidator").call("liquidate", arguments))
        return self._wallet(token) - before if receipt["status"] == "0x1" else None

    def _wallet(self, token: str) -> int:
        from protocol_sim.fork.capture.signatures import calldata

        return int.from_bytes(self._node.read(token, calldata("balanceOf", self.owner)))


@dataclass
class Series:
    """Liquidations in a row: what was foreseen and what the wallet gained."""

    jobs: list[tuple[Job, int | None]]

    @property
    def different(self) -> list[tuple[Job, int | None]]:
        """Those that came out otherwise."""
        return [(job, gained) for job, gained in self.jobs if gained != job.profit]


def series(node: Node, snapshot: Snapshot, owner: str, most: int, *, wait: int = 12) -> tuple[Series, FlashModel]:
    """Up to `most` profitable liquidations on a fork at the snapshot's block, each in a block of its own, `wait`
    seconds apart, on the pools in turn; every one is foreseen by the model before it is sent."""
    model, contract, done = FlashModel(snapshot), FlashLiquidator(node, snapshot, owner), Series([])
    head: dict[str, Any] = node.call("eth_getBlockByNumber", "latest", False)
    now = int(head["timestamp"], 16)
    tried: set[tuple[int, int, int]] = set()
    while len(done.jobs) < most:
        now += wait
        job = next(_jobs(model, now, tried, len(done.jobs)), None)
        if job is None:
            break
        tried.add((job.i, job.kc, job.kd))
        done.jobs.append((job, contract.run(job, now)))
        model.execute(job, now)
    return done, model


def _jobs(model: FlashModel, now: int, tried: set[tuple[int, int, int]], turn: int) -> Iterator[Job]:
    for i, kc, kd in model.unhealthy(now):
        if (i, kc, kd) in tried:
            continue
        venues: list[Venue | None] = [None] if kc == kd else [*model.venues(kc, kd)]
        for n in range(len(venues)):
            job = model.foresee(i, kc, kd, venues[(turn + n) % len(venues)], now)
            if job is not None:
                yield job
