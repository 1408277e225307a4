"""The course of a search: every choice of a grid, or generations that optuna proposes. Seeded; the same for any number
of workers, because choices are asked for in rounds of a fixed size and answered in the order of asking.

Every candidate sees the same price paths (common random numbers). Poor ones see fewer (successive halving, Jamieson and
Talwalkar 2016): all are judged on the first quarter of the paths; those in the first two Pareto layers of all seen so
far, constraints met with a quarter to spare, are judged on all. Only these can be recommended.
"""

from collections.abc import Callable, Sequence
from typing import Any

from protocol_sim.errors import BadInput
from protocol_sim.tuning.candidates import Candidate, Judge, vector
from protocol_sim.tuning.measures import MEASURES
from protocol_sim.tuning.pareto import layers
from protocol_sim.tuning.space import Choice, Space

SEARCHES = ("grid", "nsga2", "tpe")
ROUND = 20                         # candidates of a generation
LAYERS = 2
SLACK = 0.25                       # relative violation at the first rung that is not held against a candidate
SMALLEST = 64                      # paths from which on halving begins
PATIENCE = 5                       # choices asked for in all, per evaluation: most repeat what is known by then
Seen = Callable[[int, int], None]


def rungs(paths: int, halving: bool) -> tuple[int, ...]:
    """On how many paths candidates are judged, increasing."""
    return (paths // 4, paths) if halving and paths >= SMALLEST else (paths,)


def explore(
    space: Space, judge: Judge, objectives: Sequence[str], kind: str, evaluations: int, seed: int, paths: int,
    halving: bool, tell: Seen,
) -> list[Candidate]:
    """All candidates, in the order in which they were asked for, each once."""
    steps = rungs(paths, halving)
    if kind == "grid":
        if space.size > evaluations:
            expected = f"at most {evaluations} choices for a grid (--evaluations)"
            raise BadInput(space.where, "parameters", expected, space.size)
        found = [judge.begin(choice, space.settings(choice)) for choice in space.choices()]
        _first_rung(judge, found, steps, tell, len(found))
        _climb(judge, found, found, objectives, steps)
        return found
    return _generations(space, judge, objectives, kind, evaluations, seed, steps, tell)


def _generations(
    space: Space, judge: Judge, objectives: Sequence[str], kind: str, evaluations: int, seed: int,
    steps: tuple[int, ...], tell: Seen,
) -> list[Candidate]:
    study, distributions = _study(space, objectives, kind, seed)
    known: dict[Choice, Candidate] = {}
    asked = 0
    while len(known) < min(evaluations, space.size) and asked < PATIENCE * evaluations:
        trials = [study.ask(distributions) for _ in range(ROUND)]
        asked += len(trials)
        choices = [tuple(int(trial.params[name]) for name in distributions) for trial in trials]
        fresh = list(dict.fromkeys(choice for choice in choices if choice not in known))[: evaluations - len(known)]
        known |= {choice: judge.begin(choice, space.settings(choice)) for choice in fresh}
        _first_rung(judge, [known[choice] for choice in fresh], steps, tell, evaluations, len(known) - len(fresh))
        _climb(judge, [known[choice] for choice in fresh], list(known.values()), objectives, steps)
        for trial, choice in zip(trials, choices, strict=True):
            if choice in known:                      # not: beyond the last evaluation
                _answer(study, trial, known[choice], objectives)
    return list(known.values())


def _first_rung(
    judge: Judge, fresh: Sequence[Candidate], steps: tuple[int, ...], tell: Seen, total: int, before: int = 0
) -> None:
    for n in range(0, len(fresh), ROUND):
        judge.judge(fresh[n : n + ROUND], steps[0])
        tell(before + min(n + ROUND, len(fresh)), total)


def _climb(
    judge: Judge, fresh: Sequence[Candidate], seen: Sequence[Candidate], objectives: Sequence[str],
    steps: tuple[int, ...],
) -> None:
    """Judge on all paths those of the fresh candidates that the first rung leaves in the running."""
    if len(steps) == 1:
        return
    able = [candidate for candidate in seen if not candidate.reason and candidate.violation <= SLACK]
    running = layers([vector(candidate, objectives) for candidate in able], LAYERS)
    promoted = {id(able[n]) for n in running}
    judge.judge([candidate for candidate in fresh if id(candidate) in promoted], steps[-1])


def _study(space: Space, objectives: Sequence[str], kind: str, seed: int) -> tuple[Any, dict[str, Any]]:
    import warnings

    try:
        import optuna
    except ModuleNotFoundError:
        raise BadInput("tune", "--search", "the extra `tune` (pip install 'protocol-sim[tune]')", "no optuna") from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    seed32 = (seed * 0x9E3779B97F4A7C15 >> 17) % 2**32
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")             # constraints and ordinal TPE are "experimental" there
        sampler: Any
        if kind == "nsga2":
            sampler = optuna.samplers.NSGAIISampler(seed=seed32, population_size=ROUND, constraints_func=_constraints)
        else:
            sampler = optuna.samplers.TPESampler(seed=seed32, n_startup_trials=ROUND, constraints_func=_constraints)
        study = optuna.create_study(directions=["minimize"] * len(objectives), sampler=sampler)
    last = {f"{n:02d} {p.key}": len(p.values) - 1 for n, p in enumerate(space.parameters)}
    return study, {name: optuna.distributions.IntDistribution(0, most) for name, most in last.items()}


def _constraints(trial: Any) -> tuple[float, ...]:
    return (float(trial.user_attrs["violation"]),)


def _answer(study: Any, trial: Any, candidate: Candidate, objectives: Sequence[str]) -> None:
    """Tell optuna; a choice that is no scenario is far outside and worse than anything."""
    trial.set_user_attr("violation", 1e9 if candidate.reason else candidate.violation)
    values = [1e300] * len(objectives) if candidate.reason else [float(v) for v in vector(candidate, objectives)]
    study.tell(trial, values)


def checked_objectives(objectives: Sequence[str]) -> tuple[str, ...]:
    """BadInput for an unknown objective, none, or one given twice."""
    if not objectives:
        raise BadInput("tune", "--objective", f"one of {', '.join(MEASURES)}", "none")
    for name in objectives:
        if name not in MEASURES:
            raise BadInput("tune", "--objective", f"one of {', '.join(MEASURES)}", repr(name))
    if len(set(objectives)) < len(objectives):
        raise BadInput("tune", "--objective", "each objective once", ", ".join(objectives))
    return tuple(objectives)
