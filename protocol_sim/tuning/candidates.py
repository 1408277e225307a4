"""Candidates: a choice of the space, judged on the first so many paths. Judging asks the journal before the workers."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from protocol_sim.errors import BadInput
from protocol_sim.scenario import Scenario
from protocol_sim.tuning.evaluate import Unit, unit
from protocol_sim.tuning.journal import Journal
from protocol_sim.tuning.measures import MEASURES, Outcome, solvency
from protocol_sim.tuning.power import Book, borrowing_power
from protocol_sim.tuning.space import Choice, Constraint, Value
from protocol_sim.tuning.workers import Workers

SLICE = 500                        # most paths of a unit: workers share a candidate of more; each builds its world
WINDOW = 32                        # candidates whose units are handed out together


@dataclass(slots=True)
class Candidate:
    """`measures` are on `paths` paths; `reason` says why the values make no scenario, and then there are none."""

    choice: Choice | None                            # None: no change
    values: dict[str, Value]
    paths: int = 0
    measures: dict[str, int] = field(default_factory=dict)
    violation: float = 0.0                           # how far the worst constraint is missed, relative; 0: all hold
    reason: str = ""

    @property
    def feasible(self) -> bool:
        """A scenario that meets every constraint."""
        return not self.reason and self.violation == 0.0


class Judge:
    """What all judgements have in common. `tell` is called after each unit of work."""

    def __init__(
        self, scenario: Scenario, book: Book, names: Sequence[str], constraints: Sequence[Constraint], level: float,
        cuts: Sequence[int], journal: Journal, workers: Workers, tell: Callable[[], None],
    ) -> None:
        self._scenario, self._book, self._level = scenario, book, level
        self._names = list(dict.fromkeys([*names, *(c.measure for c in constraints)]))
        self._constraints, self._cuts = constraints, cuts
        self._journal, self._workers, self._tell = journal, workers, tell

    def begin(self, choice: Choice | None, values: dict[str, Value]) -> Candidate:
        """A candidate with what needs no paths: whether it is a scenario, and the measures of its configuration."""
        made = Candidate(choice, values)
        try:
            scenario = self._scenario.changed(values)
        except BadInput as error:
            made.reason = f"{error.key}: expected {error.expected}, found {error.found}"
            return made
        if "borrowing-power" in self._names:
            made.measures["borrowing-power"] = borrowing_power(self._book, scenario)
        if "solvency-bps" in self._names:
            made.measures["solvency-bps"] = solvency(scenario)
        self._violation(made)
        return made

    def judge(self, candidates: Sequence[Candidate], paths: int) -> None:
        """Measure each candidate that is a scenario on the first `paths` paths, in place."""
        able = [candidate for candidate in candidates if not candidate.reason and candidate.paths < paths]
        for first in range(0, len(able), WINDOW):
            window = able[first : first + WINDOW]
            self._compute([u for candidate in window for u in self.units(candidate.values, paths)])
            for candidate in window:
                outcomes = self.outcomes(candidate.values, paths)
                for name in self._names:
                    if MEASURES[name].column is not None:
                        candidate.measures[name] = MEASURES[name].of(outcomes, self._level)
                candidate.paths = paths
                self._violation(candidate)

    def outcomes(self, values: dict[str, Value], paths: int) -> list[Outcome]:
        """The paths of a setting, computed if they are not there yet."""
        wanted = list(self.units(values, paths))
        self._compute(wanted)
        return [outcome for u in wanted for outcome in self._journal.get(u) or ()]

    def units(self, values: dict[str, Value], paths: int) -> Iterator[Unit]:
        """The first `paths` paths in units that do not depend on who computes them."""
        edges = sorted({0, paths, *(cut for cut in self._cuts if cut < paths)})
        for low, high in pairwise(edges):
            for first in range(low, high, SLICE):
                yield unit(values, first, min(SLICE, high - first))

    def _compute(self, units: Sequence[Unit]) -> None:
        missing = list(dict.fromkeys(u for u in units if u not in self._journal))
        for done, outcomes in self._workers.compute(missing):
            self._journal.put(done, outcomes)
            self._tell()

    def _violation(self, candidate: Candidate) -> None:
        known = [c for c in self._constraints if c.measure in candidate.measures]
        candidate.violation = max((c.violation(candidate.measures[c.measure]) for c in known), default=0.0)


def vector(candidate: Candidate, objectives: Sequence[str]) -> tuple[int, ...]:
    """The objectives with their signs turned so that less is better."""
    return tuple(
        -candidate.measures[name] if MEASURES[name].more_is_better else candidate.measures[name] for name in objectives
    )
