"""What to put to a vote, and beside what: no change, and the best candidate that the step limits leave out for now.

The first objective decides, among candidates that are judged on all paths, meet every constraint, move no parameter by
more than its `max_step`, and are no worse than no change in any other objective (an objective with a constraint of its
own is held to that constraint instead). If none is better than no change, no change is the recommendation.
"""

from collections.abc import Sequence

from protocol_sim.risk import (
    Estimate,
    es_estimate,
    mean_difference,
    mean_estimate,
    quantile_difference,
    shortfall_difference,
    var_estimate,
)
from protocol_sim.tuning.candidates import Candidate, vector
from protocol_sim.tuning.measures import Measure, Outcome
from protocol_sim.tuning.pareto import first_front
from protocol_sim.tuning.space import Space


def pareto_front(candidates: Sequence[Candidate], objectives: Sequence[str], paths: int) -> list[Candidate]:
    """Those on all paths that meet every constraint and that no other such candidate dominates; best first objective
    first."""
    able = [candidate for candidate in candidates if candidate.feasible and candidate.paths == paths]
    kept = [able[n] for n in first_front([vector(candidate, objectives) for candidate in able])]
    return sorted(kept, key=lambda candidate: vector(candidate, objectives))


def recommended(
    baseline: Candidate, front: Sequence[Candidate], objectives: Sequence[str], space: Space, limited: bool
) -> Candidate:
    """The candidate to put to a vote, or with `limited` False the one to aim at; the baseline if none is better."""
    free = {constraint.measure for constraint in space.constraints}
    base, best = vector(baseline, objectives), baseline
    for candidate in front:
        if limited and candidate.choice is not None and not space.within_one_vote(candidate.choice):
            continue
        theirs = vector(candidate, objectives)
        held = all(
            one <= before for name, one, before in zip(objectives[1:], theirs[1:], base[1:], strict=True)
            if name not in free
        )
        worth_it = theirs < vector(best, objectives) or (best is baseline and not baseline.feasible)
        if held and worth_it:
            best = candidate
    return best


def estimates(
    measures: Sequence[Measure], outcomes: Sequence[Outcome], level: float, confidence: float, horizon: int, seed: int
) -> list[Estimate]:
    """Each measure that rests on paths, with its interval."""
    found = []
    for measure in measures:
        if measure.column is None:
            continue
        values = [getattr(outcome, measure.column) for outcome in outcomes]
        if measure.name.endswith("-es"):
            found.append(es_estimate(measure.name, values, level, horizon, measure.unit, confidence, seed))
        elif measure.name.endswith("-var"):
            found.append(var_estimate(measure.name, values, level, horizon, measure.unit, confidence))
        else:
            found.append(mean_estimate(measure.name, values, horizon, measure.unit, confidence, seed))
    return found


def differences(
    measures: Sequence[Measure], after: Sequence[Outcome], before: Sequence[Outcome], level: float, confidence: float,
    horizon: int, seed: int,
) -> list[Estimate]:
    """The same, after less before on the same paths."""
    return [
        difference(measure, after, before, level, confidence, horizon, seed)
        for measure in measures if measure.column is not None
    ]


def difference(
    measure: Measure, after: Sequence[Outcome], before: Sequence[Outcome], level: float, confidence: float,
    horizon: int, seed: int,
) -> Estimate:
    """One measure, after less before, path by path."""
    column = measure.column or ""
    one, other = ([getattr(outcome, column) for outcome in outcomes] for outcomes in (after, before))
    if measure.name.endswith("-es"):
        return shortfall_difference(measure.name, one, other, level, horizon, measure.unit, confidence, seed)
    if measure.name.endswith("-var"):
        return quantile_difference(measure.name, one, other, level, horizon, measure.unit, confidence, seed)
    return mean_difference(measure.name, one, other, horizon, measure.unit, confidence, seed)
