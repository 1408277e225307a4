"""One unit of work: some paths of one candidate. A pure function of the job and the unit, whoever computes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from protocol_sim.engine.paths import run_paths
from protocol_sim.scenario import Scenario
from protocol_sim.tuning.measures import Outcome
from protocol_sim.tuning.space import Value


@dataclass(frozen=True)
class Job:
    """What all units have in common."""

    scenario: Scenario
    seed: int


class Unit(NamedTuple):
    """Paths `first` to `first + paths` - 1 of the scenario with some values changed."""

    values: tuple[tuple[str, Value], ...]            # sorted by key
    first: int
    paths: int


def unit(values: Mapping[str, Value], first: int, paths: int) -> Unit:
    """The unit of a setting."""
    return Unit(tuple(sorted(values.items())), first, paths)


def evaluate(job: Job, wanted: Unit) -> list[Outcome]:
    """Run the paths of a unit, in path order. BadInput if the values make no scenario."""
    scenario = job.scenario.changed(dict(wanted.values))
    rows = run_paths(scenario, wanted.paths, seed=job.seed, first=wanted.first).rows()
    return [
        Outcome(row.path, row.bad_debt, row.borrower_loss_usd, row.liquidator_profit, row.repaid_usd,
                row.liquidations, row.event_hash)
        for row in rows
    ]
