"""`protocol-sim run`: one scenario file, one run."""

import shlex
import sys
from dataclasses import replace
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
Seed = Annotated[int | None, typer.Option(min=0, help="Instead of the scenario's own.", show_default=False)]
EngineOption = Annotated[Engine, typer.Option(help="exact: the reference; fast, scan: compiled, the same integers.")]
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
    seed: Seed = None,
    engine: EngineOption = Engine.EXACT,
    out: Out = None,
    print_defaults: PrintDefaults = False,
    quiet: Quiet = False,
) -> None:
    """Run a scenario file and print what it came to."""
    from protocol_sim.scenario import load_scenario, to_toml

    loaded = load_scenario(scenario)
    if print_defaults:
        sys.stdout.write(to_toml(loaded))
        return
    if out is not None:
        from protocol_sim.results.files import refuse_foreign

        refuse_foreign(out, loaded.digest())        # before the work, not after it

    from protocol_sim.engine import run as run_engine

    with progress(loaded.name, quiet) as tell:
        result = run_engine(loaded, seed=seed, engine=engine.value, progress=tell)
    result.manifest = replace(result.manifest, command=_command(scenario, result.manifest.seed, engine))
    sys.stdout.write(summary_text(result) + "\n")
    if out is not None:
        sys.stdout.write(f"written to {result.save(out)}\n")


def _command(scenario: Path, seed: int, engine: Engine) -> str:
    return shlex.join(["protocol-sim", "run", str(scenario), "--seed", str(seed), "--engine", engine.value])


def summary_text(result: "Run") -> str:
    """The summary as a short table."""
    from protocol_sim.results.text import summary_rows

    rows = summary_rows(result)
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows)
