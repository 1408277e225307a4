"""A counter-example of the audit as transactions to the real contracts on a local node.

The contracts are those that `verify anvil` deploys (Aave V2, Aave V3 3.0.2); two of their reserves take the terms, the
rates and the prices of the case. The borrower supplies and borrows at the scenario's first second, then every event of
the scenario's run is sent at its own time: a report becomes an answer of the feed, a liquidation a `liquidationCall` of
the same amount. What the contracts repay and seize, and what they say the account holds at the end, must equal the run
to the raw unit; so the loss that the run shows is the contracts' own. Where nothing was liquidated, because nothing
can be, the call is sent and must be refused. A constant-product pool with the contract's fee is a real Uniswap V2 pair,
in which the liquidator trades after each liquidation, and must get or pay what the run says; any other pool is left
out, and the verdict says so.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from protocol_sim.audit.case import BORROWER, START, Case, Shown, Side
from protocol_sim.engine import run
from protocol_sim.errors import ProtocolSimError
from protocol_sim.fork.anvil import Node, anvil
from protocol_sim.fork.counterexample_pool import Pair, pair_of
from protocol_sim.results import Run
from protocol_sim.world import build

ALICE, BOB, CAROL = range(3)                       # borrower, lender, liquidator
EVERYTHING = 2**256 - 1
GENEROUS = 4                                       # times the price at which the loan is taken out
CATEGORY = 2
TERMS = "configurator.configureReserveAsCollateral"
Step = tuple[str, dict[str, Any], int]             # operation, arguments, time (s)


@dataclass(frozen=True)
class Played:
    """What the contracts did: transactions sent, and what differs from the run (nothing, if all is well)."""

    name: str
    shown: Shown
    what: str                                      # bad debt, borrower's loss
    sent: int
    liquidations: int
    refused: str                                   # what the refused liquidation said, "" if none was to be
    collateral: int                                # raw, the contracts' word at the end
    debt: int
    trades: int                                    # in a real pair
    standing_in: str
    differences: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """The contracts show the loss."""
        return not self.differences and self.shown.loss > 0


def play(name: str, case: Case, shown: Shown) -> Played:
    """Play a case on a fresh node. `shown` is what its scenario came to."""
    with anvil() as node:
        return _Script(node, name, case, shown).play()


def render(played: Played) -> str:
    """One case in a few lines."""
    trades = f", {played.trades} trades in a real pair" if played.trades else ""
    lines = [f"{played.name}: {played.sent} transactions, {played.liquidations} liquidations on the contracts{trades}"]
    if played.refused:
        lines.append(f"  liquidationCall refused: {played.refused}")
    if played.standing_in:
        lines.append(f"  {played.standing_in}")
    lines.append(f"  the account holds {played.collateral} and owes {played.debt} (raw), as in the run: "
                 f"{played.what} {played.shown.text}" if played.ok else "  differs from the run:")
    return "\n".join([*lines, *(f"  {difference}" for difference in played.differences)])


class _Script:
    """One case on one node."""

    def __init__(self, node: Node, name: str, case: Case, shown: Shown) -> None:
        self.node, self.name, self.sent = node, name, 0
        self.v3 = case.kind == "aave-v3"
        self.chain: Any = _chain(node, self.v3)
        self.kc, self.kd = _stand_ins(case, self.v3)
        self.case = _with_decimals(case, self.v3, self.kc, self.kd)
        self.moved = self.case is not case
        self.shown = self.case.run(name) if self.moved else shown
        first = build(self.case.scenario(name)).feeds          # a feed on a pool starts at its price, rounded down
        self.first = {side.asset: int(row.answer) for side, row in zip((self.case.collateral, self.case.debt), first,
                                                                       strict=True)}
        self.differences: list[str] = []
        self.pair: Pair | None = None
        self.trades = 0

    def play(self) -> Played:
        """Set up, play the run's events, compare."""
        if not self.moved:
            self.pair = pair_of(self.node, self.case.scenario(self.name), self.case.collateral.asset)
        for name, arguments, at in self._opening():
            self._must(name, arguments, at)
        result = run(self.case.scenario(self.name))
        liquidations = self._events(result)
        refused, end = "", START + self.case.steps * self.case.step_seconds
        self._must("feed.setAnswer", {"k": self.kd, "answer": self._last(result, self.case.debt)}, end)
        if self.case.collateral.paused:
            refused = self._refusal(end)
        tokens = (self.chain.at.tokens[self.kc].a_token, self.chain.at.tokens[self.kd].variable)
        held = [self._balance(token) for token in tokens]
        assets = (self.case.collateral.asset, self.case.debt.asset)
        for asset, column, found in zip(assets, ("collateral", "debt"), held, strict=True):
            expected = _position(result, asset, column)
            if expected != found:
                self.differences.append(f"{column} at the end: run {expected}, contracts {found}")
        return Played(self.name, self.shown, "bad debt" if self.case.loss == "bad_debt" else "borrower's loss",
                      self.sent, liquidations, refused, held[0], held[1], self.trades, self._stand_in_words(),
                      tuple(self.differences))

    # ---- the opening ------------------------------------------------------------------------------------------------
    def _opening(self) -> Iterator[Step]:
        """Terms, rates, prices, the lender's supply, the borrower's loan; the loan at the scenario's first second."""
        case, kc, kd, before = self.case, self.kc, self.kd, 0
        collateral, debt = case.collateral, case.debt
        for k in (kc, kd):
            if self.v3:
                yield "configurator.setDebtCeiling", {"k": k, "value": 0}, before
        self._rates()
        self._mint()
        yield TERMS, {"k": kd, "ltv": 0, "threshold": 0, "bonus": 0}, before
        own = {"k": kc, "threshold": collateral.threshold, "bonus": collateral.bonus}
        yield TERMS, {**own, "ltv": collateral.threshold}, before
        if self.v3:
            yield "configurator.setLiquidationProtocolFee", {"k": kc, "value": collateral.fee}, before
        if case.emode is not None:
            yield from self._emode(case.emode)
        yield "feed.setAnswer", {"k": kc, "answer": collateral.price * GENEROUS}, before
        yield "feed.setAnswer", {"k": kd, "answer": self.first[debt.asset]}, before
        supply = "supply" if self.v3 else "deposit"
        lent = 2 * case.borrowed if case.lent is None else case.lent
        yield supply, {"i": BOB, "k": kd, "amount": lent, "on_behalf": BOB, "referral": 0}, before
        yield supply, {"i": ALICE, "k": kc, "amount": case.supplied, "on_behalf": ALICE, "referral": 0}, before
        yield "borrow", {"i": ALICE, "k": kd, "amount": case.borrowed, "mode": 2, "on_behalf": ALICE,
                         "referral": 0}, START
        yield "feed.setAnswer", {"k": kc, "answer": self.first[collateral.asset]}, START
        yield TERMS, {**own, "ltv": collateral.ltv}, START
        if collateral.paused:
            yield "configurator.setReservePause", {"k": kc, "value": 1, "grace": 0}, START

    def _emode(self, emode: tuple[int, int, int]) -> Iterator[Step]:
        """The category holds the two assets and nothing else, and the borrower is in it."""
        from protocol_sim.fork.deploy.aave_v3 import LISTINGS, MODES

        for k in range(len(LISTINGS)):
            if any(k in mode.assets for mode in MODES):
                yield "configurator.setAssetEModeCategory", {"k": k, "category": 0}, 0
        ltv, threshold, bonus = emode
        row = {"category": CATEGORY, "ltv": ltv, "threshold": threshold, "bonus": bonus, "source": 0}
        yield "configurator.setEModeCategory", row, 0
        for k in (self.kc, self.kd):
            yield "configurator.setAssetEModeCategory", {"k": k, "category": CATEGORY}, 0
        yield "setUserEMode", {"i": ALICE, "category": CATEGORY}, 0

    def _rates(self) -> None:
        """The debt asset's rate strategy, deployed; the collateral's does not matter: nobody borrows it."""
        from protocol_sim.fork.deploy import aave_v2, aave_v3, aave_v3_contracts

        rates, provider = self.case.debt.rates, self.chain.at.provider
        if self.v3:
            code = aave_v3_contracts.contract(self.chain.version, "DefaultReserveInterestRateStrategy")
            stable: tuple[int, ...] = aave_v3.STABLE_SIDE
            configurator = aave_v3_contracts.contract(self.chain.version, "PoolConfigurator")
        else:
            code, stable = aave_v2.contract("DefaultReserveInterestRateStrategy"), (0, 0)
            configurator = aave_v2.contract("LendingPoolConfigurator")
        strategy = self.node.create(code.creation(provider, *rates, *stable))
        asset = self.chain.at.tokens[self.kd].underlying
        self.node.execute(self.chain.at.configurator,
                          configurator.call("setReserveInterestRateStrategyAddress", asset, strategy))
        self.sent += 2

    def _mint(self) -> None:
        """What the three need beyond their wallets; anybody may mint these tokens."""
        from protocol_sim.fork.deploy import aave_v2

        token = aave_v2.contract("MintableERC20")              # the function is the same in both deployments
        lent = 2 * self.case.borrowed if self.case.lent is None else self.case.lent
        for who, k, amount in ((ALICE, self.kc, self.case.supplied), (BOB, self.kd, lent), (CAROL, self.kd, lent)):
            asset = self.chain.at.tokens[k].underlying
            self.node.execute(asset, token.call("mint", amount), self.chain.account(who))
            self.sent += 1

    # ---- the run's events -------------------------------------------------------------------------------------------
    def _events(self, result: Run) -> int:
        """Reports and liquidations in their order, each at its time; gives how many liquidations there were."""
        rows = result.columns["events"]
        names = {f"{self.case.collateral.asset}-feed": self.kc, f"{self.case.debt.asset}-feed": self.kd}
        done = 0
        for n, kind in enumerate(rows["kind"]):
            if kind == "report":
                answer = {"k": names[rows["subject"][n]], "answer": rows["amount_out"][n]}
                self._must("feed.setAnswer", answer, rows["time"][n])
            elif kind == "liquidation":
                receipt = self._send(*self._liquidation(rows["amount_in"][n], rows["time"][n]))
                done += 1
                self._compare(n, receipt, rows["amount_in"][n], rows["amount_out"][n])
                if self.pair is not None:
                    self.node.next_timestamp(rows["time"][n])
                    self._trade(self.pair, n, rows["amount_in"][n], rows["amount_out"][n], rows["profit"][n])
        return done

    def _compare(self, n: int, receipt: dict[str, Any], repaid: int, seized: int) -> None:
        if receipt["status"] != "0x1":
            self.differences.append(f"event {n}: run liquidated, contracts refused: {self._said(receipt)}")
            return
        for _, event, told in self.chain.decode(receipt["logs"]):
            if event == "LiquidationCall" and told[3:5] != (repaid, seized):
                self.differences.append(f"event {n}: run repaid {repaid} and seized {seized}, contracts {told[3:5]}")

    def _trade(self, pair: Pair, n: int, repaid: int, seized: int, profit: int) -> None:
        """In the real pair: the seizure is sold for the debt asset, or the debt bought with the collateral."""
        self.trades += 1
        if self.case.reads_pool == self.case.debt.asset:       # profit is counted in collateral
            expected, found = seized - profit, pair.purchase(repaid)
        else:
            expected, found = repaid + profit, pair.sale(seized)
        if expected != found:
            self.differences.append(f"event {n}: the run traded {expected} in the pool, the pair {found}")

    def _liquidation(self, amount: int, at: int) -> Step:
        return "liquidationCall", {"i": CAROL, "user": ALICE, "kc": self.kc, "kd": self.kd, "amount": amount,
                                   "receive_a_token": 0}, at

    def _refusal(self, at: int) -> str:
        """What the contracts say to a liquidation of the unhealthy account."""
        receipt = self._send(*self._liquidation(EVERYTHING, at))
        if receipt["status"] == "0x1":
            self.differences.append("the liquidation was to be refused and went through")
            return ""
        return self._said(receipt)

    def _last(self, result: Run, side: Side) -> int:
        rows = result.columns["events"]
        answers = [rows["amount_out"][n] for n, kind in enumerate(rows["kind"])
                   if kind == "report" and rows["subject"][n] == f"{side.asset}-feed"]
        return answers[-1] if answers else self.first[side.asset]

    # ---- sending and reading ----------------------------------------------------------------------------------------
    def _send(self, name: str, arguments: dict[str, Any], at: int) -> dict[str, Any]:
        to, data = self.chain.encode(name, arguments)
        sender = self.chain.account(arguments["i"]) if "i" in arguments else self.node.accounts[0]
        if at:
            self.node.next_timestamp(at)
        self.sent += 1
        return self.node.send(sender, to, data)

    def _must(self, name: str, arguments: dict[str, Any], at: int) -> None:
        receipt = self._send(name, arguments, at)
        if receipt["status"] != "0x1":
            raise ProtocolSimError(f"{self.name}: {name} {arguments} was refused: {self._said(receipt)}")

    def _said(self, receipt: dict[str, Any]) -> str:
        from protocol_sim.fork.artifacts import reason

        data = self.node.refusal(receipt)
        return str(self.chain.said(data)) if self.v3 else reason(data)

    def _balance(self, token: str) -> int:
        from protocol_sim.fork.deploy import aave_v2

        code = aave_v2.contract("MintableERC20")
        answer = code.answer("balanceOf", self.node.read(token, code.call("balanceOf", self.chain.account(ALICE))))
        return int(answer[0])

    def _stand_in_words(self) -> str:
        if not self.moved:
            return "its pool is not deployed" if self.case.pool is not None and self.pair is None else ""
        sides = (self.case.collateral, self.case.debt)
        words = " and ".join(f"{side.asset} with {side.decimals}" for side in sides)
        return f"played with {words} decimals, of which the node's market has reserves"


def _chain(node: Node, v3: bool) -> Any:
    if v3:
        from protocol_sim.fork.adapters.aave_v3.chain import Chain

        return Chain(node, "3.0.2")
    from protocol_sim.fork.adapters.aave_v2.chain import Chain as ChainV2

    return ChainV2(node)


def _listings(v3: bool) -> list[int]:
    """Decimals of the deployed reserves."""
    from protocol_sim.fork.deploy import aave_v2, aave_v3

    return [x.decimals for x in (aave_v3.LISTINGS if v3 else aave_v2.LISTINGS)]


def _stand_ins(case: Case, v3: bool) -> tuple[int, int]:
    """Two reserves, with the right decimals as far as there are such; V2's WETH has no feed of its own."""
    decimals, free = _listings(v3), list(range(0 if v3 else 1, len(_listings(v3))))
    chosen = []
    for side in (case.collateral, case.debt):
        fitting = [k for k in free if decimals[k] == side.decimals] or [k for k in free if decimals[k] == 18]
        chosen.append(fitting[0])
        free.remove(fitting[0])
    return chosen[0], chosen[1]


def _with_decimals(case: Case, v3: bool, kc: int, kd: int) -> Case:
    """The case in the decimals of the reserves that stand in; the same object if they fit."""
    decimals = _listings(v3)
    changed = case
    if case.collateral.decimals != decimals[kc]:
        unit = 10 ** decimals[kc]
        changed = replace(changed, collateral=replace(case.collateral, decimals=decimals[kc]),
                          supplied=case.supplied * unit // case.collateral.unit)
    if case.debt.decimals != decimals[kd]:
        unit = 10 ** decimals[kd]
        lent = None if case.lent is None else case.lent * unit // case.debt.unit
        changed = replace(changed, debt=replace(case.debt, decimals=decimals[kd]), lent=lent,
                          borrowed=case.borrowed * unit // case.debt.unit)
    return changed


def _position(result: Run, asset: str, column: str) -> int:
    rows = result.columns["positions"]
    return sum(rows[column][n] for n, account in enumerate(rows["account"])
               if account == BORROWER and rows["asset"][n] == asset)
