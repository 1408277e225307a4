"""A counter-example as plain numbers: one borrower, one lender, two assets, and what prices do.

`scenario` makes the scenario file that `protocol-sim run` plays; `fork.counterexample` makes of the same numbers the
transactions that a local node plays on the real contracts. What it shows is what the run shows: nothing is claimed
that has not been run (`Shown`). V3 markets are played as 3.0.2, where bad debt stays on the account (from 3.3 on the
last liquidation writes it off into the reserve's deficit; thresholds and bonus work the same).
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from protocol_sim.scenario import Scenario
from protocol_sim.scenario.load import validated

RAY = 10**27
USD = 10**8
START = 1_700_000_000
BORROWER, LENDER = "borrower", "lender"
NO_RATES = (RAY * 8 // 10, 0, 0, 0)
Loss = Literal["bad_debt", "borrower_loss_usd"]


@dataclass(frozen=True, slots=True)
class Side:
    """An asset of the case and its reserve; `price` is USD with 8 decimals at the start, bps as Aave has them."""

    asset: str
    decimals: int
    price: int
    ltv: int = 0
    threshold: int = 0
    bonus: int = 0
    fee: int = 0
    paused: bool = False
    rates: tuple[int, int, int, int] = NO_RATES    # ray: optimal, base, two slopes

    @property
    def unit(self) -> int:
        """Raw units of a whole token."""
        return int(10**self.decimals)


@dataclass(frozen=True, slots=True)
class Move:
    """From step `step` on: the outside price and the feed's answer of either asset (USD, 8 decimals)."""

    step: int
    collateral: int
    debt: int
    collateral_answer: int | None = None           # None: as outside
    debt_answer: int | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """What the run came to; `loss` has 8 decimals."""

    loss: int
    liquidations: int
    digest: str
    unit: str                                      # USD, or the asset that the case counts in

    @property
    def text(self) -> str:
        """`1,234.56 USD`."""
        return f"{self.loss // USD:,}.{self.loss % USD // 10**6:02d} {self.unit}"


@dataclass(frozen=True)
class Case:
    """A counter-example. `loss` says which figure of the run's summary is the loss."""

    kind: str
    collateral: Side
    debt: Side
    supplied: int                                  # raw collateral of the borrower
    borrowed: int                                  # raw debt
    moves: tuple[Move, ...]
    steps: int
    loss: Loss = "bad_debt"
    emode: tuple[int, int, int] | None = None      # ltv, threshold, bonus: both assets are in it
    pool: Any = None                               # section of a pool of the two assets; feeds then read it
    reads_pool: str = ""                           # the asset whose feed does
    arbitrage: bool = False                        # somebody brings the pool back to the outside price
    gas: Fraction = Fraction(0)                    # USD
    step_seconds: int = 600
    lent: int | None = None                        # raw debt asset that the lender supplied; None: twice the debt
    linear: bool = False                           # prices move evenly between the points
    unit: str = "USD"                              # what prices are in
    note: str = ""

    def scenario(self, name: str, description: str = "") -> Scenario:
        """The scenario, checked."""
        return validated(self._data(name, description or self.note), f"counter-example {name}")

    def run(self, name: str = "counter-example") -> Shown:
        """Run it on the reference engine."""
        from protocol_sim.engine import run

        result = run(self.scenario(name))
        return Shown(getattr(result.summary, self.loss), result.summary.liquidations, result.digest, self.unit)

    def _data(self, name: str, description: str) -> dict[str, Any]:
        sides = (self.collateral, self.debt)
        market: dict[str, Any] = {"name": "market", "kind": self.kind, "reserves": [self._reserve(s) for s in sides]}
        if self.kind == "aave-v3":
            market["version"] = "3.0.2"
            if self.emode is not None:
                ltv, threshold, bonus = self.emode
                market["emodes"] = [{
                    "id": 1, "ltv_bps": ltv, "liquidation_threshold_bps": threshold, "liquidation_bonus_bps": bonus,
                    "collateral": [side.asset for side in sides], "accounts": [BORROWER]}]
        lent = 2 * self.borrowed if self.lent is None else self.lent
        numeraire = self.collateral.asset if self.reads_pool == self.debt.asset else self.debt.asset
        number = {side.asset: side for side in sides}[numeraire]
        gas = self.gas * USD * number.unit / number.price
        return {
            "name": name, "description": description,
            "clock": {"start": START, "block_time": self.step_seconds, "steps": self.steps},
            "assets": [{"name": s.asset, "decimals": s.decimals, "price": self._price(n)} for n, s in enumerate(sides)],
            "feeds": [self._feed(n, side) for n, side in enumerate(sides)],
            "protocols": [market],
            "accounts": [
                {"name": LENDER, "protocol": "market", "supplied": {self.debt.asset: str(lent)}},
                {"name": BORROWER, "protocol": "market", "supplied": {self.collateral.asset: str(self.supplied)},
                 "borrowed": {self.debt.asset: str(self.borrowed)}},
            ],
            "pools": [] if self.pool is None else [self.pool.model_dump(mode="json", exclude_none=True)],
            "agents": [{"name": "liquidator", "kind": "liquidator", "numeraire": numeraire, "close": "optimal",
                        "sizes": 32, "gas": str(gas.numerator // gas.denominator)},
                       *([{"name": "arbitrageur", "kind": "arbitrageur"}] if self.arbitrage else [])],
            "inputs": [{"key": "*", "status": "assumed", "source": "a counter-example of protocol-sim audit"}],
        }

    def _reserve(self, s: Side) -> dict[str, Any]:
        optimal, base, slope1, slope2 = s.rates
        row: dict[str, Any] = {
            "asset": s.asset, "feed": f"{s.asset}-feed", "ltv_bps": s.ltv, "liquidation_threshold_bps": s.threshold,
            "liquidation_bonus_bps": s.bonus,
            "rate": {"optimal_utilization_ray": str(optimal), "base": str(base), "slope1": str(slope1),
                     "slope2": str(slope2)},
        }
        if self.kind == "aave-v3":
            row |= {"liquidation_protocol_fee_bps": s.fee, "paused": s.paused}
        return row

    def _outside(self, n: int) -> list[tuple[int, int]]:
        first = (self.collateral, self.debt)[n].price
        points = [(0, first)] + [(m.step, (m.collateral, m.debt)[n]) for m in self.moves]
        return [(step, usd) for k, (step, usd) in enumerate(points) if k == 0 or usd != points[k - 1][1] or self.linear]

    def _price(self, n: int) -> dict[str, Any]:
        from protocol_sim.numeric.units import usd_text

        points = self._outside(n)
        if all(usd == points[0][1] for _, usd in points):
            return {"kind": "constant", "usd": usd_text(points[0][1])}
        return {"kind": "points", "at": [[step, usd_text(usd)] for step, usd in points],
                "interpolation": "linear" if self.linear else "hold"}

    def _feed(self, n: int, side: Side) -> dict[str, Any]:
        name = f"{side.asset}-feed"
        if self.reads_pool == side.asset:
            other = (self.debt, self.collateral)[n].asset
            return {"name": name, "kind": "chainlink", "base": side.asset, "quote": other, "deviation_bps": 10,
                    "source": f"pool:{self.pool.name}"}
        if self.linear:
            return {"name": name, "kind": "chainlink", "base": side.asset, "deviation_bps": 10}
        rounds = [[0, str(side.price)]]
        for move in self.moves:
            answer = (move.collateral_answer, move.debt_answer)[n]
            answer = (move.collateral, move.debt)[n] if answer is None else answer
            if str(answer) != rounds[-1][1]:
                rounds.append([move.step + 1, str(answer)])
        return {"name": name, "kind": "rounds", "rounds": rounds} if len(rounds) > 1 else {
            "name": name, "kind": "fixed", "answer": str(side.price)}


def usd8(price: Fraction) -> int:
    """A USD price with 8 decimals, rounded half up."""
    return int(price * USD + Fraction(1, 2))
