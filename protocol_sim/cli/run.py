"""`protocol-sim run`: one scenario file, on one price path or on many."""

import shlex
import sys
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from protocol_sim.cli.progress import progress
from protocol_sim.errors import BadInput

if TYPE_CHECKING:
    from protocol_sim.results import Run
    from protocol_sim.scenario import Scenario


class Engine(StrEnum):
    """The engines: one result, three speeds."""

    EXACT = "exact"
    FAST = "fast"
    SCAN = "scan"


ScenarioFile = Annotated[
    Path, typer.Argument(metavar="SCENARIO", help="A scenario file (TOML), or a directory with a scenario.toml.")
]
Paths = Annotated[
    int | None,
    typer.Option(min=1, help="Run many price paths, one row each; absent: path 0 as a whole.", show_default=False),
]
Seed = Annotated[int | None, typer.Option(min=0, help="Instead of the scenario's own.", show_default=False)]
EngineOption = Annotated[
    Engine | None,
    typer.Option(
        help="exact: the reference; fast, scan: compiled, the same integers. Absent: exact, with --paths fast.",
        show_default=False,
    ),
]
Workers = Annotated[int, typer.Option(min=1, help="That share the paths; the results do not depend on it.")]
EventsFor = Annotated[str, typer.Option(metavar="N,N,…", help="Paths whose full events are kept in --out.")]
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
    paths: Paths = None,
    seed: Seed = None,
    engine: EngineOption = None,
    workers: Workers = 1,
    events_for: EventsFor = "",
    out: Out = None,
    print_defaults: PrintDefaults = False,
    quiet: Quiet = False,
) -> None:
    """Run a scenario file and print what it came to. Paths that are already in --out are not run again."""
    from protocol_sim.scenario import load_scenario, to_toml

    made = load_scenario(scenario / "scenario.toml" if scenario.is_dir() else scenario)
    kept, chosen = _numbers(events_for), engine or (Engine.EXACT if paths is None else Engine.FAST)
    if print_defaults:
        text = to_toml(made)
    elif paths is None:
        if workers > 1 or kept:
            raise BadInput("run", "--events-for" if kept else "--workers", "--paths with it", "no --paths")
        text = _one(made, seed, chosen.value, out, quiet)
    else:
        text = _many(made, paths, seed, chosen.value, workers, kept, out, quiet)
    sys.stdout.write(text.rstrip("\n") + "\n")


def _numbers(text: str) -> list[int]:
    """The paths of `--events-for`."""
    parts = [part.strip() for part in text.split(",")] if text.strip() else []
    for part in parts:
        if not (part.isascii() and part.isdecimal()):
            raise BadInput("run", "--events-for", "numbers of paths, such as 3,7", repr(text))
    return [int(part) for part in parts]


def _one(scenario: "Scenario", seed: int | None, engine: str, out: Path | None, quiet: bool) -> str:
    """Path 0, written to `out` itself."""
    from protocol_sim.engine import run as run_engine
    from protocol_sim.results.files import refuse_foreign

    if out is not None:
        refuse_foreign(out, scenario.digest())      # before the work, not after it
    with progress(scenario.name, quiet) as tell:
        result = run_engine(scenario, seed=seed, engine=engine, progress=tell)
    again = ["protocol-sim", "run", scenario.where, "--seed", str(result.manifest.seed), "--engine", engine]
    result.manifest = replace(result.manifest, command=shlex.join(again))
    if out is not None:
        result.save(out)
    return _written(summary_text(result), out)


def _many(
    scenario: "Scenario", paths: int, seed: int | None, engine: str, workers: int, kept: list[int], out: Path | None,
    quiet: bool,
) -> str:
    """Paths 0 to `paths` - 1."""
    from protocol_sim.cli.paths import table
    from protocol_sim.engine import run_paths

    if kept and out is None:
        raise BadInput("run", "--events-for", "--out, a directory to keep them in", "no --out")
    with progress(scenario.name, quiet, "paths") as tell:
        made = run_paths(
            scenario, paths, seed=seed, engine=engine, workers=workers, events_for=kept, out=out, progress=tell
        )
    return _written(table(made), out)


def _written(text: str, out: Path | None) -> str:
    return text if out is None else f"{text}\nwritten to {out}"


def summary_text(result: "Run") -> str:
    """The summary as a short table."""
    from protocol_sim.results.text import summary_rows

    rows = summary_rows(result)
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows)
