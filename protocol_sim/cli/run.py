"""`protocol-sim run`: one scenario file, on one price path or on many."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from protocol_sim.cli.progress import progress

if TYPE_CHECKING:
    from protocol_sim.results import Run


class Engine(StrEnum):
    """The engines: one result, three speeds."""

    EXACT = "exact"
    FAST = "fast"
    SCAN = "scan"


ScenarioFile = Annotated[Path, typer.Argument(metavar="SCENARIO", help="A scenario file (TOML).")]
Paths = Annotated[int, typer.Option(min=1, help="Price paths: path 0 is the one that a single run takes.")]
Seed = Annotated[int | None, typer.Option(min=0, help="Instead of the scenario's own.", show_default=False)]
EngineOption = Annotated[Engine, typer.Option(help="exact: the reference; fast, scan: compiled, the same integers.")]
Workers = Annotated[int, typer.Option(min=1, help="Processes that share the paths; the results do not depend on it.")]
Out = Annotated[
    Path | None, typer.Option(help="Directory for Parquet and JSON; absent: the summary only.", show_default=False)
]
PrintDefaults = Annotated[bool, typer.Option("--print-defaults", help="Print the scenario with all defaults.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(run)


def run(
    scenario: ScenarioFile,
    paths: Paths = 1,
    seed: Seed = None,
    engine: EngineOption = Engine.EXACT,
    workers: Workers = 1,
    out: Out = None,
    print_defaults: PrintDefaults = False,
    quiet: Quiet = False,
) -> None:
    """Run a scenario file and print what it came to. Paths that are already in --out are not run again."""
    from protocol_sim.scenario import load_scenario, to_toml

    if print_defaults:
        sys.stdout.write(to_toml(load_scenario(scenario)))
        return
    from protocol_sim.cli.paths import Job, one, several

    job = Job.of(scenario, seed, engine.value)
    with progress(job.name, quiet) as tell:
        if paths == 1:
            text = summary_text(one(job, out, tell))
        else:
            text = several(job, paths, workers, out, tell)
    sys.stdout.write(text + "\n" + (f"written to {out}\n" if out is not None else ""))


def summary_text(result: "Run") -> str:
    """The summary as a short table."""
    from protocol_sim.results.text import summary_rows

    rows = summary_rows(result)
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows)
