"""`tune`: a scenario, a space, objectives -> a `Tuning`."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from protocol_sim.errors import BadInput
from protocol_sim.results import make_manifest
from protocol_sim.results.manifest import versions
from protocol_sim.scenario import Scenario, ledger
from protocol_sim.tuning.bounds import power_bound, threshold_bounds
from protocol_sim.tuning.candidates import Candidate, Judge
from protocol_sim.tuning.evaluate import Job
from protocol_sim.tuning.journal import Journal
from protocol_sim.tuning.measures import MEASURES
from protocol_sim.tuning.power import collateral_book
from protocol_sim.tuning.recommend import differences, estimates, pareto_front, recommended
from protocol_sim.tuning.result import Tuning
from protocol_sim.tuning.search import SEARCHES, checked_objectives, explore, rungs
from protocol_sim.tuning.sensitivity import elasticities
from protocol_sim.tuning.space import Space, load_space, parse_space
from protocol_sim.tuning.workers import workers_for
from protocol_sim.world import build

Progress = Callable[[int, int], None]
OBJECTIVES = ("borrowing-power", "bad-debt-es")


def tune(
    scenario: Scenario,
    space: Space | Mapping[str, Any] | str | Path,
    objectives: Sequence[str] = OBJECTIVES,
    *,
    paths: int = 200,
    seed: int | None = None,
    level: float = 0.95,
    confidence: float = 0.95,
    search: str = "auto",
    evaluations: int = 200,
    halving: bool = True,
    sensitivity: bool = True,
    workers: int = 1,
    scheduler: str | None = None,
    out: str | Path | None = None,
    progress: Progress | None = None,
) -> Tuning:
    """Search a space of protocol and policy parameters jointly, on the same price paths for every candidate.

    `space` is a file, its tables, or a `Space`. `search`: "grid" (every choice), "nsga2" or "tpe" (optuna), or "auto":
    the grid if it has at most `evaluations` choices, else nsga2. `out` is a directory for the journal and the result:
    a search that was interrupted or killed goes on from there when it is called again. `workers` above 1 or a
    `scheduler` (tcp://…) use Dask; the digest is the same. `progress` is told (candidates judged, candidates in all).
    BadInput for a space, a constraint or an objective with which there is nothing to search.
    """
    objectives, seed = checked_objectives(objectives), scenario.seed if seed is None else seed
    _check(paths, seed, level, confidence, search, evaluations, workers)
    found = space if isinstance(space, Space) else (
        parse_space(space, scenario) if isinstance(space, Mapping) else load_space(space, scenario)
    )
    kind = search if search != "auto" else "grid" if found.size <= evaluations else "nsga2"
    settings = {"objectives": list(objectives), "paths": paths, "seed": seed, "level": level, "search": kind,
                "evaluations": evaluations, "halving": halving}
    names = _measures(objectives, found)
    book = collateral_book(build(scenario, seed))
    header = {"scenario": scenario.digest(), "seed": seed, "version": versions()["protocol-sim"]}
    where = None if out is None else Path(out)
    with (
        closing(Journal(where, header)) as journal,
        closing(workers_for(Job(scenario, seed), workers, scheduler)) as computing,
    ):
        judge = Judge(
            scenario, book, names, found.constraints, level, rungs(paths, halving)[:-1], journal, computing,
            lambda: None,
        )
        _refuse_hopeless(found, judge, objectives)
        baseline = judge.begin(None, {})
        judge.judge([baseline], paths)
        tell = progress or _nothing
        candidates = explore(found, judge, objectives, kind, evaluations, seed, paths, halving, tell)
        _some_feasible(found, candidates)
        decisive, notes = _decisive(found, candidates, objectives)
        front = pareto_front(candidates, decisive, paths)
        chosen = recommended(baseline, front, decisive, found, limited=True)
        target = recommended(baseline, front, decisive, found, limited=False)
        horizon = scenario.clock.blocks * scenario.clock.block_time
        measures = [MEASURES[name] for name in names]
        before, after = (judge.outcomes(one.values, paths) for one in (baseline, chosen))
        moved, not_moved = (
            elasticities(judge, scenario, chosen.values, names, level, paths) if sensitivity else ([], {})
        )
    after_scenario = scenario.changed(chosen.values)
    result = Tuning(
        objectives=objectives, level=level, confidence=confidence, horizon=horizon, paths=paths, search=kind,
        space=found.plain(), baseline=baseline, recommendation=chosen, target=target, candidates=candidates,
        front=[_index(candidates, one) for one in front],
        before=estimates(measures, before, level, confidence, horizon, seed),
        after=estimates(measures, after, level, confidence, horizon, seed),
        differences=differences(measures, after, before, level, confidence, horizon, seed),
        bounds=threshold_bounds(scenario, after_scenario, level),
        power_bound=power_bound(after_scenario, book, level),
        elasticities=moved, not_moved=not_moved, notes=notes,
        manifest=make_manifest(
            scenario=scenario.name, scenario_digest=scenario.digest(), seed=seed, engine="fast",
            command=f"protocol_sim.tune(load_scenario({scenario.where!r}), {found.where!r}, …)",
        ),
        ledger=ledger(scenario), settings=settings,
    )
    if out is not None:
        result.save(out)
    return result


def _check(
    paths: int, seed: int, level: float, confidence: float, search: str, evaluations: int, workers: int
) -> None:
    for key, value, least in (("paths", paths, 2), ("evaluations", evaluations, 1), ("workers", workers, 1)):
        if type(value) is not int or value < least:
            raise BadInput("tune", key, f"an integer of at least {least}", repr(value))
    if type(seed) is not int or not 0 <= seed < 2**64:
        raise BadInput("tune", "seed", "an integer below 2**64", repr(seed))
    for key, share in (("level", level), ("confidence", confidence)):
        if not 0 < share < 1:
            raise BadInput("tune", key, "a probability between 0 and 1", share)
    if search not in (*SEARCHES, "auto"):
        raise BadInput("tune", "search", f"auto, {', '.join(SEARCHES)}", repr(search))


def _measures(objectives: Sequence[str], space: Space) -> list[str]:
    """What is measured of every candidate."""
    return list(dict.fromkeys([*objectives, *(constraint.measure for constraint in space.constraints)]))


def _refuse_hopeless(space: Space, judge: Judge, objectives: Sequence[str]) -> None:
    """What the configuration alone shows before a path is run: no choice is a scenario, or the only objective that
    there is does not depend on the parameters."""
    if space.size > 10_000:
        return
    begun = [judge.begin(choice, space.settings(choice)) for choice in _sample(space)]
    able = [candidate for candidate in begun if not candidate.reason]
    if not able:
        raise BadInput(space.where, "parameters", "a choice that is a valid scenario", f"none: {begun[0].reason}")
    if not any(candidate.feasible for candidate in able):
        _some_feasible(space, able)
    if all(MEASURES[name].column is None for name in objectives):
        _decisive(space, able, objectives)


def _sample(space: Space) -> list[tuple[int, ...]]:
    """All choices of a small space; of a larger one the ends of each parameter and all choices of one at a time."""
    if space.size <= 256:
        return list(space.choices())
    base = tuple(0 for _ in space.parameters)
    last = tuple(len(parameter.values) - 1 for parameter in space.parameters)
    found = {base, last}
    for n, parameter in enumerate(space.parameters):
        for start in (base, last):
            found |= {(*start[:n], index, *start[n + 1 :]) for index in range(len(parameter.values))}
    return sorted(found)


def _decisive(
    space: Space, candidates: Sequence[Candidate], objectives: Sequence[str]
) -> tuple[tuple[str, ...], list[str]]:
    """Objectives that differ between candidates, and a note for each that does not; BadInput if none does."""
    able = [candidate for candidate in candidates if not candidate.reason]
    decisive, notes = [], []
    for name in objectives:
        values = {candidate.measures[name] for candidate in able}
        if len(values) > 1:
            decisive.append(name)
        elif values:
            notes.append(f"{name} is {values.pop():,} for every candidate: it decides nothing")
    if not decisive and len(able) > 1:
        expected = f"parameters that move {' or '.join(objectives)}"
        raise BadInput(space.where, "parameters", expected, f"the same for all {len(able)} candidates")
    return tuple(decisive) or tuple(objectives), notes


def _some_feasible(space: Space, candidates: Sequence[Candidate]) -> None:
    able = [candidate for candidate in candidates if not candidate.reason]
    if not able:
        reasons = sorted({candidate.reason for candidate in candidates})
        raise BadInput(space.where, "parameters", "a choice that is a valid scenario", f"none: {reasons[0]}")
    if any(candidate.feasible for candidate in able):
        return
    nearest = min(able, key=lambda candidate: candidate.violation)
    missed = max(
        (c for c in space.constraints if c.measure in nearest.measures),
        key=lambda c: c.violation(nearest.measures[c.measure]),
    )
    found = f"none of {len(able):,}; the nearest has {missed.measure} {nearest.measures[missed.measure]:,}"
    bound = f"at most {missed.at_most:,}" if missed.at_most is not None else f"at least {missed.at_least:,}"
    raise BadInput(space.where, "constraints", f"a candidate with {missed.measure} {bound}", found)


def _index(candidates: Sequence[Candidate], one: Candidate) -> int:
    return next(n for n, candidate in enumerate(candidates) if candidate is one)


def _nothing(done: int, total: int) -> None:
    pass

