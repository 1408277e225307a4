"""The model's liquidator beside the chain's: who it would have taken, when, and how that compares.

It watches and does not act: the replayed history goes on as the chain's did. It looks before the first operation of
every block and after every change of prices or parameters inside one; it takes the largest debt against the largest
collateral, sold at the oracle's prices less `slippage_bps`, when that leaves more than the gas. Episodes begin when an
account falls below a health factor of 1 and end when it is above again or somebody has liquidated it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from protocol_sim.fork.replay.logs import Log
from protocol_sim.fork.replay.replica import Replica
from protocol_sim.fork.replay.screen import Screen
from protocol_sim.numeric import WAD
from protocol_sim.protocols.aave_v3 import codes, interface
from protocol_sim.protocols.aave_v3.account import account_data, price_of

BPS = 10_000
USD = 10**8
SIZES = 3  # all that may be repaid, a half, a quarter
OPERATIONS_OF_PRICE = ("AnswerUpdated", "CapUpdated", "AssetSourceUpdated")


@dataclass(frozen=True)
class Liquidator:
    """What a liquidation must pay for; both are assumptions."""

    gas_usd: int = 0  # 8 decimals, of one liquidation
    slippage_bps: int = 0  # of the collateral's value, when it is sold


@dataclass(frozen=True)
class Offer:
    """A liquidation that the model's liquidator sees: raw amounts, USD with 8 decimals."""

    kc: int
    kd: int
    repaid: int
    seized: int
    profit: int
    refused: str = ""  # why there is none

    @property
    def pays(self) -> bool:
        """Whether it would act."""
        return not self.refused and self.profit > 0


@dataclass
class Episode:
    """An account under water."""

    since: int  # block
    offer: Offer | None = None  # the first that paid
    block: int = 0  # of that
    waiting: dict[str, Any] | None = None  # a chain's liquidation before any offer paid


@dataclass
class Watch:
    """`rows` is the table: one row a liquidation of the chain's, one an offer that nobody on the chain took."""

    model: Replica
    liquidator: Liquidator
    rows: list[dict[str, Any]] = field(default_factory=list)
    _open: dict[int, Episode] = field(default_factory=dict)
    _looked: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        self._screen = Screen(self.model)

    # ---- looking ----------------------------------------------------------------------------------------------------
    def look(self, block: int, now: int) -> None:
        """Everybody, as they stand."""
        found = self._screen.run(now)
        under = set(found.unhealthy)
        for i in [i for i in self._open if i not in under]:
            self._close(i, block, "healthy again")
        for i in found.unhealthy:
            episode = self._open.setdefault(i, Episode(block))
            if episode.offer is None and self._may_pay(i, found.debt[i]):
                offer = self.offer(i, now)
                if offer.pays:
                    self._seen(episode, offer, block)

    def _seen(self, episode: Episode, offer: Offer, block: int) -> None:
        episode.offer, episode.block = offer, block
        if episode.waiting is not None:
            row = episode.waiting
            row |= {"verdict": "later", "why": f"pays {block - row['block']} blocks later", **self._told(offer, block)}
            episode.waiting = None

    def _may_pay(self, i: int, debt: float) -> bool:
        """Whether the bonus on all debt could pay the gas: rules out dust and accounts without collateral."""
        m = self.model.market
        bonus = max((*(r.bonus for r in m.reserves), *(c.bonus for c in m.categories))) / BPS - 1
        return m.accounts[i].collateral != 0 and debt * bonus * (1 + 1e-6) + 10 > self.liquidator.gas_usd

    def offer(self, i: int, now: int) -> Offer:
        """The best of a few sizes, by the protocol's own plan."""
        m, best = self.model.market, Offer(-1, -1, 0, 0, 0, "nothing to seize")
        pair = interface.largest_pair(m, i, now)
        if pair.collateral < 0 or pair.debt < 0:
            return best
        amount = interface.debt_of(m, i, pair.debt, now)
        for n in range(SIZES):
            code, plan = interface.plan_liquidation(m, i, pair.collateral, pair.debt, amount >> n, now)
            if code != codes.OK:
                if best.refused:
                    name = codes.NAMES.get(code, str(code))
                    best = Offer(pair.collateral, pair.debt, 0, 0, 0, f"the protocol refuses it: {name}")
                continue
            profit = self._profit(i, pair.collateral, pair.debt, plan.repaid, plan.seized)
            if best.refused or profit > best.profit:
                best = Offer(pair.collateral, pair.debt, plan.repaid, plan.seized, profit)
        return best

    def _profit(self, i: int, kc: int, kd: int, repaid: int, seized: int) -> int:
        earned = self._worth(i, kc, seized) * (BPS - self.liquidator.slippage_bps) // BPS
        return earned - self._worth(i, kd, repaid) - self.liquidator.gas_usd

    def _worth(self, i: int, k: int, amount: int) -> int:
        """At the oracle's price, in base currency."""
        m = self.model.market
        return amount * price_of(self.model.version, m, m.accounts[i].emode, k) // m.reserves[k].unit

    # ---- what the chain did -----------------------------------------------------------------------------------------
    def before(self, segment: Sequence[Log]) -> None:
        """Just before an operation."""
        log = segment[-1]
        if self._looked != (log.block, 0):
            self._looked = (log.block, 0)
            self.look(log.block, log.at)
        if log.name == "LiquidationCall":
            self._liquidated(log)

    def after(self, segment: Sequence[Log]) -> None:
        """When it is done."""
        log = segment[-1]
        if log.name in OPERATIONS_OF_PRICE or log.emitter == "configurator":
            self.look(log.block, log.at)

    def idle(self, block: int, now: int) -> None:
        """A block in which nothing has happened yet."""
        if self._looked != (block, 0):
            self._looked = (block, 0)
            self.look(block, now)

    def _liquidated(self, log: Log) -> None:
        m, (collateral, debt, user, repaid, seized, who, a_tokens) = self.model, log.args
        i, kc, kd = m.who(user), m.names.index(collateral), m.names.index(debt)
        factor = account_data(m.market, i, log.at).health_factor
        row: dict[str, Any] = {
            "block": log.block, "tx": log.tx, "log_index": log.place, "account": user, "liquidator": who,
            "collateral": collateral, "debt": debt, "repaid": repaid, "seized": seized, "atokens": a_tokens,
            "repaid_usd": self._worth(i, kd, repaid), "health_factor": factor,
        }
        if factor < WAD and i not in self._open:
            self.look(log.block, log.at)
        episode = self._open.pop(i, None)
        self.rows.append(row)
        if factor >= WAD or episode is None:
            row |= {"verdict": "missed", "why": "healthy in the model at that block", **self._told(None, 0)}
            return
        if episode.offer is None:
            offer = self.offer(i, log.at)
            why = offer.refused or f"does not pay: {usd(offer.profit)} USD after gas and slippage"
            row |= {"verdict": "missed", "why": why, **self._told(None, 0)}
            self._open[i] = Episode(log.block, waiting=row)
            return
        row |= self._told(episode.offer, episode.block)
        early = log.block - episode.block
        if early:
            why = f"liquidatable since block {episode.since}, pays {early} blocks earlier"
            row |= {"verdict": "earlier", "why": why}
        else:
            row |= {"verdict": "same", "why": self._compared(self.offer(i, log.at), kc, kd, repaid, seized)}

    def _compared(self, offer: Offer, kc: int, kd: int, repaid: int, seized: int) -> str:
        if (offer.kc, offer.kd) != (kc, kd):
            names = self.model.names
            return f"the model takes another pair: {names[offer.kc]} for {names[offer.kd]}"
        return "" if (offer.repaid, offer.seized) == (repaid, seized) else "the model takes another amount"

    # ---- the end of an episode --------------------------------------------------------------------------------------
    def _close(self, i: int, block: int, how: str) -> None:
        episode = self._open.pop(i)
        if episode.offer is not None:
            offer = episode.offer
            self.rows.append({
                "block": 0, "tx": "", "log_index": 0, "account": self.model.people[i], "liquidator": "",
                "collateral": "", "debt": "", "repaid": 0, "seized": 0, "atokens": False, "repaid_usd": 0,
                "health_factor": 0, "verdict": "not on chain", "why": f"{how}, block {block}",
                **self._told(offer, episode.block)})

    def finish(self, block: int) -> list[dict[str, Any]]:
        """The table, what is still open at the last block included."""
        for i in sorted(self._open):
            self._close(i, block, "still open at the end")
        return self.rows

    def _told(self, offer: Offer | None, block: int) -> dict[str, Any]:
        if offer is None:
            return {"model_block": 0, "model_collateral": "", "model_debt": "", "model_repaid": 0, "model_seized": 0,
                    "model_profit_usd": 0}
        names = self.model.names
        return {"model_block": block, "model_collateral": names[offer.kc], "model_debt": names[offer.kd],
                "model_repaid": offer.repaid, "model_seized": offer.seized, "model_profit_usd": offer.profit}


def usd(amount: int) -> str:
    """USD with 8 decimals as text, to the cent, towards zero."""
    cents = abs(amount) * 100 // USD
    return f"{'-' if amount < 0 else ''}{cents // 100:,}.{cents % 100:02d}"
