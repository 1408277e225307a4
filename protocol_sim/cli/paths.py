"""Runs of one scenario on its price paths: in this process or in several, each saved as soon as it is done.

Workers only compute; this process alone writes, so that an interruption leaves whole runs or none, and the next call
takes up what is there.
"""

import hashlib
import multiprocessing
import shlex
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from protocol_sim.cli.progress import Progress
from protocol_sim.engine import run as run_engine
from protocol_sim.errors import BadInput
from protocol_sim.results import Run, load_run
from protocol_sim.results.files import refuse_foreign
from protocol_sim.results.text import usd
from protocol_sim.scenario import load_scenario


@dataclass(frozen=True)
class Job:
    """What all paths have in common."""

    file: Path
    name: str
    digest: str                    # of the scenario
    seed: int
    engine: str

    @classmethod
    def of(cls, file: Path, seed: int | None, engine: str) -> "Job":
        """Read the scenario; BadInput if it is wrong."""
        scenario = load_scenario(file)
        return cls(file, scenario.name, scenario.digest(), scenario.seed if seed is None else seed, engine)

    @property
    def command(self) -> str:
        """The command that makes path 0 again."""
        return shlex.join(["protocol-sim", "run", str(self.file), "--seed", str(self.seed), "--engine", self.engine])


def one(job: Job, out: Path | None, tell: Progress) -> Run:
    """Path 0, written to `out` itself."""
    if out is not None:
        refuse_foreign(out, job.digest)             # before the work, not after it
    result = compute(job, 0, tell)
    if out is not None:
        result.save(out)
    return result


def compute(job: Job, path: int, tell: Progress | None = None) -> Run:
    """One path, from the scenario file."""
    result = run_engine(load_scenario(job.file), seed=job.seed, engine=job.engine, path=path, progress=tell)
    result.manifest = replace(result.manifest, command=job.command, path=path)
    return result


def several(job: Job, paths: int, workers: int, out: Path | None, tell: Progress) -> str:
    """Paths 0 to `paths` − 1, each written to a directory of its own in `out`; gives a table."""
    if out is not None and out.exists() and not out.is_dir():
        raise BadInput(str(out), "directory", "a new directory or one with paths", "a file")
    done = {} if out is None else {path: run for path in range(paths) if (run := _earlier(job, out, path))}
    missing = [path for path in range(paths) if path not in done]
    tell(len(done), paths)
    with _computed(job, missing, workers) as runs:
        for path, run in zip(missing, runs, strict=True):
            if out is not None:
                run.save(_directory(out, path))
            done[path] = run
            tell(len(done), paths)
    return _table([done[path] for path in range(paths)])


def _directory(out: Path, path: int) -> Path:
    return out / f"path-{path:05d}"


def _earlier(job: Job, out: Path, path: int) -> Run | None:
    """The run of an earlier call; BadInput if something else stands in its place."""
    directory = _directory(out, path)
    if not directory.exists():
        return None
    run = load_run(directory, scenario_digest=job.digest)
    for key, wanted in (("seed", job.seed), ("path", path)):
        found = getattr(run.manifest, key)
        if found != wanted:
            raise BadInput(str(directory / "manifest.json"), key, str(wanted), found)
    return run if run.manifest.engine == job.engine else None


@contextmanager
def _computed(job: Job, paths: list[int], workers: int) -> Iterator[Iterator[Run]]:
    """The runs in the order of `paths`, while they are being made; leaving early ends the workers."""
    if workers == 1 or len(paths) < 2:
        yield (compute(job, path) for path in paths)
        return
    context = multiprocessing.get_context("spawn")
    with context.Pool(min(workers, len(paths)), _leave_interrupts_to_the_parent) as pool:
        yield pool.imap(partial(compute, job), paths)


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _table(runs: list[Run]) -> str:
    rows = [("path", "liquidations", "failed", "bad debt", "borrowers' loss", "digest")]
    for path, run in enumerate(runs):
        s = run.summary
        counts = (f"{s.liquidations:,}", f"{s.failed:,}", usd(s.bad_debt), usd(s.borrower_loss_usd))
        rows.append((str(path), *counts, run.digest[:12]))
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    lines = ["  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True)) for row in rows]
    debts = sorted(run.summary.bad_debt for run in runs)
    together = hashlib.sha256("\n".join(run.digest for run in runs).encode()).hexdigest()
    return "\n".join([
        *lines,
        "",
        f"bad debt   median {usd(debts[len(debts) // 2])}, worst {usd(debts[-1])}, none on {debts.count(0):,} paths",
        f"digest     {together}",
    ])
