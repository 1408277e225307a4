"""A user's own agent, feed and objective run in the exact engine."""

import pytest
from worlds import scenario

import protocol_sim as ps
from protocol_sim.agents import liquidator
from protocol_sim.engine import Proposal
from protocol_sim.protocols import base as protocols


class Patient:
    """Liquidates one account only, and only a tenth of what it owes at a time."""

    name, numeraire, gas = "patient", "USD", 0

    def __init__(self, account: int) -> None:
        self.account = account

    def propose(self, view, row):  # type: ignore[no-untyped-def]
        now = view.clock[0].now
        pair = protocols.largest_pair(view.protocols, 0, self.account, now)
        if pair.debt < 0 or pair.collateral < 0:
            return []
        kc, kd = pair.collateral, pair.debt
        tenth = protocols.debt_of(view.protocols, 0, self.account, kd, now) // 10
        plan = liquidator.price_plan(view, row, 0, self.account, kc, kd, tenth)
        if plan.code != liquidator.OK:
            return []
        return [Proposal(agent=row, account=self.account, kc=kc, kd=kd, repaid=plan.repaid, profit=plan.profit)]


class Crash:
    """Says a tenth of what the feed said, from block 5 on."""

    def look(self, view, row):  # type: ignore[no-untyped-def]
        return view.feeds[row].answer // 10 if view.clock[0].block == 5 else None


def test_an_agent_of_ones_own_acts_through_the_same_rules() -> None:
    made = scenario(5)
    taken = ps.run(made).events.query("kind == 'liquidation'")["subject"].iloc[0]
    made = made.replaced(agents=tuple(a for a in made.agents if a.kind == "arbitrageur"))
    alone = ps.run(made)
    with_agent = ps.run(made, agents=[Patient([a.name for a in made.accounts].index(taken))])
    assert alone.summary.liquidations == 0
    done = with_agent.events[with_agent.events["kind"] == "liquidation"]
    assert len(done) > 0
    assert set(done["agent"]) == {"patient"}
    assert set(done["subject"]) == {taken}


def test_a_feed_of_ones_own_moves_the_protocol() -> None:
    made = scenario(5)
    name = made.feeds[1].name
    run = ps.run(made, feeds={name: Crash()})
    reports = run.events[(run.events["kind"] == "report") & (run.events["subject"] == name)]
    assert len(reports) == 1
    assert reports["block"].iloc[0] == 5 + made.feeds[1].delay_blocks
    assert reports["amount_out"].iloc[0] == reports["amount_in"].iloc[0] // 10


def test_an_objective_is_kept_beside_the_run() -> None:
    run = ps.run(scenario(5), objective=lambda r: r.summary.bad_debt + r.summary.borrower_loss_usd)
    assert run.objective == run.summary.bad_debt + run.summary.borrower_loss_usd


def test_compiled_engines_refuse_parts_of_ones_own() -> None:
    with pytest.raises(ps.BadInput, match="'exact' for agents and feeds of your own"):
        ps.run(scenario(5), engine="fast", agents=[Patient(0)])


@pytest.mark.parametrize("engine", ["", "quick"])
def test_an_unknown_engine_is_refused(engine: str) -> None:
    with pytest.raises(ps.BadInput, match="'exact', 'fast' or 'scan'"):
        ps.run(scenario(5), engine=engine)


def test_the_manifest_names_seed_and_path() -> None:
    run = ps.run(scenario(5), seed=9, path=2)
    assert (run.manifest.seed, run.manifest.path) == (9, 2)
    assert run.manifest.command.endswith("seed=9, engine='exact', path=2)")
    assert run.digest != ps.run(scenario(5), seed=9).digest
