"""The simulated cascade, and the same with one thing changed: a halt, the bonus, the close factor, the pool's depth."""

from collections.abc import Callable, Sequence

from protocol_sim.demo.headline import FRONTIER
from protocol_sim.demo.outcome import Outcome, outcome
from protocol_sim.demo.prices import Regime
from protocol_sim.demo.replay import Position
from protocol_sim.engine import run
from protocol_sim.results import Run
from protocol_sim.scenario import ConstantProductPool, Scenario

ACCOUNT, FEED = "borrower", "CRV-ETH"  # their names in the scenario
BONUSES = (10_250, 10_800)  # bps
DEEPER, THINNER = (4, 1), (1, 4)  # times the assumed depth

Variant = tuple[str, Callable[[Scenario], Scenario]]


def variants() -> tuple[Variant, ...]:
    """Names and changes, the unchanged simulation first."""
    return (
        ("simulated", lambda scenario: scenario),
        ("simulated, halted", with_halt),
        *((f"bonus {(bonus - 10_000) / 100:g} %", _bonus(bonus)) for bonus in BONUSES),
        ("close factor 100 %", with_close_factor),
        ("pool 4 × as deep", lambda scenario: with_depth(scenario, *DEEPER)),
        ("pool ¼ as deep", lambda scenario: with_depth(scenario, *THINNER)),
    )


def play(
    scenario: Scenario, tell: Callable[[str], None] | None = None, chosen: Sequence[Variant] | None = None
) -> list[tuple[str, Run]]:
    """Every variant run in the reference engine; `tell` hears each one's name before it starts."""
    runs = []
    for name, change in variants() if chosen is None else chosen:
        if tell is not None:
            tell(name)
        runs.append((name, run(change(scenario))))
    return runs


def outcome_of(name: str, done: Run, opening: Position, regimes: Sequence[Regime]) -> Outcome:
    """What a run came to; `opening` is the account before the first call, the same in all variants."""
    prices = regimes[0]
    trades: list[tuple[int, int, Regime]] = []
    events = done.columns["events"]
    rows = zip(events["kind"], events["subject"], events["amount_in"], events["amount_out"], strict=True)
    for kind, subject, amount_in, amount_out in rows:
        if kind == "report" and subject == FEED:
            prices = prices._replace(crv=amount_out)
        elif kind == "liquidation" and subject == ACCOUNT:
            trades.append((amount_in, amount_out, prices))
    before = (opening.collateral, opening.debt, regimes[0])
    return outcome(name, trades, before, (held(done, "USDC", "collateral"), held(done, "CRV", "debt")), regimes)


def held(done: Run, asset: str, side: str) -> int:
    """Raw `collateral` or `debt` of the account in `asset` at the end."""
    where = done.columns["positions"]
    rows = zip(where["account"], where["asset"], where[side], strict=True)
    return sum(amount for account, name, amount in rows if (account, name) == (ACCOUNT, asset))


def with_halt(scenario: Scenario) -> Scenario:
    """No liquidation at or above the toxic frontier."""
    agents = [a.model_copy(update={"halt_ltv": FRONTIER}) if a.kind == "liquidator" else a for a in scenario.agents]
    return scenario.replaced(agents=tuple(agents))


def with_bonus(scenario: Scenario, bonus: int) -> Scenario:
    """Another liquidation bonus of the collateral, bps above 10,000."""
    market = scenario.protocols[0]
    reserves = [
        r.model_copy(update={"liquidation_bonus_bps": bonus}) if r.liquidation_bonus_bps else r for r in market.reserves
    ]
    return scenario.replaced(protocols=(market.model_copy(update={"reserves": tuple(reserves)}),))


def with_close_factor(scenario: Scenario, bps: int = 10_000) -> Scenario:
    """Another share of the debt that one call may repay."""
    market = scenario.protocols[0]
    return scenario.replaced(protocols=(market.model_copy(update={"close_factor_bps": bps}),))


def with_depth(scenario: Scenario, times: int, over: int) -> Scenario:
    """A pool of `times` / `over` of the reserves."""
    pools = []
    for pool in scenario.pools:
        if not isinstance(pool, ConstantProductPool):
            raise TypeError(f"{pool.name}: the depth of a pair is meant")
        raw = (scenario.raw(text, token) for text, token in zip(pool.reserves, pool.tokens, strict=True))
        pools.append(pool.model_copy(update={"reserves": tuple(str(amount * times // over) for amount in raw)}))
    return scenario.replaced(pools=tuple(pools))


def _bonus(bonus: int) -> Callable[[Scenario], Scenario]:
    return lambda scenario: with_bonus(scenario, bonus)
