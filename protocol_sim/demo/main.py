"""The demo end to end: read, replay, simulate, vary, then write everything at once."""

import json
from pathlib import Path

from protocol_sim.demo.counterfactuals import outcome_of, play, variants
from protocol_sim.demo.headline import headline
from protocol_sim.demo.inferred import load_inferred
from protocol_sim.demo.outcome import Outcome
from protocol_sim.demo.page import every_outcome, make_report
from protocol_sim.demo.records import load_closes, load_events
from protocol_sim.demo.replay import replay
from protocol_sim.demo.runs import replay_run, source_digest
from protocol_sim.demo.simulation import FILE as SCENARIO
from protocol_sim.demo.terminal import Steps, show
from protocol_sim.report import write_html
from protocol_sim.report.whole import write_whole
from protocol_sim.results.files import refuse_foreign
from protocol_sim.scenario import load_scenario


def run_demo(out_dir: Path, quiet: bool = False) -> int:
    """Write the report, the tables, the manifests and the input ledger to `out_dir`.

    Returns 0 if every recorded event is reproduced, 1 if one is not. BadInput without the fixtures (they are part of
    the repository, not of the installed package), or where `out_dir` holds something else.
    """
    steps = Steps(2 + len(variants()), quiet)
    try:
        return _run(Path(out_dir), steps)
    finally:
        steps.close()


def _run(out: Path, tell: Steps) -> int:
    tell("replay")
    events, closes, inferred, scenario = load_events(), load_closes(), load_inferred(), load_scenario(SCENARIO)
    refuse_foreign(out / "replay", source_digest())
    refuse_foreign(out / "simulation", scenario.digest())
    done = replay(events, inferred.regimes, closes, inferred.rates)
    figures = headline(done, inferred.regimes)
    recorded = replay_run(done, figures, inferred)
    runs = play(scenario, tell)
    opening = done.calls[0].before
    outcomes = [outcome_of(name, finished, opening, inferred.regimes) for name, finished in runs]
    simulated = runs[0][1]
    tell("report")
    report = make_report(done, figures, inferred, outcomes, (recorded, simulated), scenario)
    files = [
        str(write_html(report, out / "report.html")),
        str(recorded.save(out / "replay")),
        str(simulated.save(out / "simulation")),
        str(write_whole(out / "outcomes.json", outcomes_json(every_outcome(figures, outcomes)))),
    ]
    tell.close()
    show(figures, outcomes, files)
    return 0 if figures.equal == figures.calls and not done.refusals else 1


def outcomes_json(outcomes: list[Outcome]) -> str:
    """The table of outcomes as integers: raw CRV (18 decimals), raw USDC (6 decimals), as decimal texts."""
    rows = [{key: value if key == "name" else str(value) for key, value in o._asdict().items()} for o in outcomes]
    return json.dumps(rows, indent=1) + "\n"
