"""`protocol-sim tune`: parameters searched jointly; the recommendation beside no change."""

import shlex
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from protocol_sim.cli.progress import progress


class Search(StrEnum):
    """How the space is gone through."""

    AUTO = "auto"
    GRID = "grid"
    NSGA2 = "nsga2"
    TPE = "tpe"


ScenarioFile = Annotated[
    Path, typer.Argument(metavar="SCENARIO", help="A scenario file (TOML), or a directory with a scenario.toml.")
]
SpaceFile = Annotated[Path, typer.Option("--space", help="What may change, by how much, and what must hold (TOML).")]
Objectives = Annotated[
    list[str] | None,
    typer.Option("--objective", help="A measure; repeat it. The first decides. Absent: borrowing-power, bad-debt-es.",
                 show_default=False),
]
Paths = Annotated[int, typer.Option(min=2, help="Price paths, the same for every candidate.")]
Seed = Annotated[int | None, typer.Option(min=0, help="Instead of the scenario's own.", show_default=False)]
Level = Annotated[float, typer.Option(help="Of Value at Risk and Expected Shortfall.")]
SearchOption = Annotated[Search, typer.Option("--search", help="auto: the grid where --evaluations allow it.")]
Evaluations = Annotated[int, typer.Option(min=1, help="Most candidates.")]
Halving = Annotated[bool, typer.Option(help="Fewer paths for poor candidates.")]
Sensitivity = Annotated[bool, typer.Option(help="Move each assumed input by a tenth.")]
Workers = Annotated[int, typer.Option(min=1, help="Processes (Dask, extra scale); the results do not depend on it.")]
Scheduler = Annotated[
    str | None, typer.Option(metavar="tcp://…", help="A Dask scheduler instead of own processes.", show_default=False)
]
Out = Annotated[Path | None, typer.Option(help="Directory of the search: it goes on from there.", show_default=False)]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(tune)


def tune(
    scenario: ScenarioFile,
    space: SpaceFile,
    objective: Objectives = None,
    paths: Paths = 200,
    seed: Seed = None,
    level: Level = 0.95,
    search: SearchOption = Search.AUTO,
    evaluations: Evaluations = 200,
    halving: Halving = True,
    sensitivity: Sensitivity = True,
    workers: Workers = 1,
    scheduler: Scheduler = None,
    out: Out = None,
    quiet: Quiet = False,
) -> None:
    """Search protocol and policy parameters jointly and recommend a step, beside no change and a closed-form bound."""
    from dataclasses import replace

    from protocol_sim.scenario import load_scenario
    from protocol_sim.tuning import tune as search_space
    from protocol_sim.tuning.text import tuning_text
    from protocol_sim.tuning.tune import OBJECTIVES

    made = load_scenario(scenario / "scenario.toml" if scenario.is_dir() else scenario)
    objectives = tuple(objective or OBJECTIVES)
    with progress(f"tune {made.name}", quiet, "candidates") as tell:
        found = search_space(
            made, space, objectives, paths=paths, seed=seed, level=level, search=search.value, evaluations=evaluations,
            halving=halving, sensitivity=sensitivity, workers=workers, scheduler=scheduler, out=out, progress=tell,
        )
    command = ["protocol-sim", "tune", str(scenario), "--space", str(space)]
    command += [word for name in objectives for word in ("--objective", name)]
    command += ["--paths", str(paths), "--seed", str(found.manifest.seed), "--level", str(level)]
    command += ["--search", search.value, "--evaluations", str(evaluations)]
    command += [] if halving else ["--no-halving"]
    found.manifest = replace(found.manifest, command=shlex.join(command))
    if out is not None:
        found.save(out)
    sys.stdout.write(tuning_text(found) + ("" if out is None else f"written to {out}\n"))
