"""`run_paths`: one scenario on many price paths, in threads, resumable. The rows do not depend on how paths are split.

A compiled world is copied for each thread (`Compiled.fork`); compiled code holds no lock of the interpreter, so threads
run side by side. Paths are handed out in small chunks; a row is a pure function of (scenario, seed, path). A path that
compiled code cannot take runs in the exact engine and is marked so. The exact engine, Python throughout, runs in
processes. Rows are written as they come; whatever stops the work, the next call takes up what is there.
"""

import threading
import time
from collections.abc import Callable, Collection, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any, NamedTuple

from protocol_sim.engine.exact import simulate
from protocol_sim.engine.outcome import event_columns, summary
from protocol_sim.engine.positions import positions
from protocol_sim.errors import BadInput
from protocol_sim.results import make_manifest
from protocol_sim.results.columns import Columns
from protocol_sim.results.paths import Paths
from protocol_sim.results.rows import Row, row_of
from protocol_sim.results.shards import Shards
from protocol_sim.scenario import Scenario, ledger
from protocol_sim.world import Outside, build

Progress = Callable[[int, int], None]
ENGINES = ("exact", "fast", "scan")
FIRST_LOG = 4_096                  # events a compiled run has room for before it is repeated with more
CHUNK = 8                          # most paths that a worker takes at a time
CHECKPOINT = 2.0                   # s between two shards
AT_MOST = 4_096                    # rows of a shard before it is written all the same
END = 2**63


class Done(NamedTuple):
    """A finished path; events only if they were asked for."""

    row: Row
    events: Columns | None


@dataclass(frozen=True)
class Job:
    """What all paths have in common."""

    scenario: Scenario
    seed: int
    engine: str
    events_for: frozenset[int]


def run_paths(
    scenario: Scenario,
    paths: int,
    *,
    seed: int | None = None,
    engine: str = "fast",
    workers: int = 1,
    events_for: Collection[int] = (),
    out: str | Path | None = None,
    progress: Progress | None = None,
    first: int = 0,
) -> Paths:
    """Run price paths `first` to `first + paths` - 1 of `seed` (default: the scenario's); one row each.

    `workers`: threads (compiled engines) or processes ("exact"); rows and digest do not depend on it. `events_for`: the
    paths whose full events are kept. `out`: a directory, which holds the rows instead of the memory; paths that are in
    it already are not run again, so an interrupted or killed call is continued by calling again, and several calls with
    different `first` fill one directory. `progress` is told (paths done, paths in all). BadInput for numbers that make
    no sense and for a directory with anything else in it.
    """
    seed = scenario.seed if seed is None else seed
    _check(paths, seed, engine, workers, events_for, first)
    job = Job(scenario, seed, engine, frozenset(events_for))
    manifest = make_manifest(
        scenario=scenario.name, scenario_digest=scenario.digest(), seed=seed, engine=engine,
        command=f"protocol_sim.run_paths(load_scenario({scenario.where!r}), …, seed={seed}, engine={engine!r})",
    )
    inputs = ledger(scenario)
    if out is None:
        kept = _Kept({}, None)
        _collect(job, range(first, first + paths), workers, kept, progress, paths)
        return Paths(kept.rows, manifest, inputs, kept.events)
    shards = Shards.opened(Path(out), manifest, inputs)
    try:
        there = {row.path: row for row in shards.rows(first, first + paths - 1)}
        wanted = [n for n in range(first, first + paths)
                  if n not in there or (n in job.events_for and not shards.has_events(n))]
        kept = _Kept({n: there[n] for n in wanted if n in there}, shards)
        del there
        _collect(job, wanted, workers, kept, progress, paths)
        shards.merge()
    finally:
        shards.close()
    return Paths(Shards(Path(out)), manifest, inputs, span=(first, first + paths - 1))


def _check(paths: int, seed: int, engine: str, workers: int, events_for: Collection[int], first: int) -> None:
    if engine not in ENGINES:
        raise BadInput("run_paths", "engine", "'exact', 'fast' or 'scan'", repr(engine))
    for key, value, least, most in (
        ("paths", paths, 1, END), ("workers", workers, 1, 4_096), ("seed", seed, 0, 2**64), ("first", first, 0, END),
    ):
        if type(value) is not int or not least <= value < most:
            raise BadInput("run_paths", key, f"an integer from {least} to {most - 1}", repr(value))
    for path in events_for:
        if type(path) is not int or not first <= path < first + paths:
            expected = f"paths from {first} to {first + paths - 1}"
            raise BadInput("run_paths", "events_for", expected, repr(path))


class _Kept:
    """Where finished paths go: to a directory every `CHECKPOINT` seconds, or to lists.

    `there` are rows of paths that are run again for their events: they must come out the same.
    """

    def __init__(self, there: dict[int, Row], shards: Shards | None) -> None:
        self.rows: list[Row] = []
        self.events: dict[int, Columns] = {}
        self._there, self._shards = there, shards
        self._written = time.monotonic()

    def add(self, done: Done) -> None:
        """A path is done."""
        row = done.row
        if row.path in self._there:
            before = self._there[row.path]
            if before[:-1] != row[:-1]:
                where = "" if self._shards is None else str(self._shards.directory)
                raise BadInput(where, f"path {row.path}", f"{row}, as it comes out now", before)
        else:
            self.rows.append(row)
        if self._shards is None:
            if done.events is not None:
                self.events[row.path] = done.events
            return
        if done.events is not None:
            self._shards.add_events(row.path, done.events)
        if len(self.rows) >= AT_MOST or time.monotonic() - self._written >= CHECKPOINT:
            self.flush()

    def flush(self) -> None:
        """Write what has come in since the last shard."""
        if self._shards is not None and self.rows:
            self._shards.add_rows(self.rows)
            self.rows = []
            self._written = time.monotonic()


def _collect(
    job: Job, wanted: Sequence[int], workers: int, kept: _Kept, progress: Progress | None, total: int
) -> None:
    """Run the paths wanted; however that ends, what is finished is kept."""
    done = total - len(wanted)
    if progress is not None:
        progress(done, total)
    if not wanted:
        return
    size = max(1, min(CHUNK, len(wanted) // (4 * workers)))
    chunks = [wanted[n : n + size] for n in range(0, len(wanted), size)]
    made = _in_processes(job, chunks, workers) if job.engine == "exact" else _in_threads(job, chunks, workers)
    with closing(made):
        try:
            for one in made:
                kept.add(one)
                done += 1
                if progress is not None:
                    progress(done, total)
        finally:
            kept.flush()


# ---- one path
def _exactly(job: Job, path: int) -> Done:
    """A path in the exact engine."""
    world = build(job.scenario, job.seed, path)
    events = simulate(world)
    columns = event_columns(job.scenario, events) if path in job.events_for else None
    return Done(row_of(path, summary(world, positions(job.scenario, world)), "exact"), columns)


class _Runner:
    """The compiled engine of one thread."""

    def __init__(self, job: Job, outside: Outside, plain: Any, logging: Any) -> None:
        self._job, self._outside = job, outside
        self._begin = outside.table(job.seed, 0)[0]
        self._plain = None if plain is None else plain.fork()
        self._logging = None if logging is None else logging.fork()

    def __call__(self, path: int) -> Done:
        from protocol_sim.engine.fast import HandOver

        logged = path in self._job.events_for
        engine = self._logging if logged else self._plain
        table = self._outside.table(self._job.seed, path)
        if engine is None or (table[0] != self._begin).any():      # a start that the compiled world does not stand at
            return _exactly(self._job, path)
        try:
            engine.run(table)
        except HandOver:
            return _exactly(self._job, path)
        columns = event_columns(self._job.scenario, engine.events) if logged else None
        return Done(row_of(path, engine.totals(), self._job.engine), columns)


# ---- workers
def _in_threads(job: Job, chunks: Sequence[Sequence[int]], workers: int) -> Generator[Done]:
    """Paths as they come from the threads. Closing it, for whatever reason, ends them after their present path."""
    runners = _runners(job, min(workers, len(chunks)))
    todo, lock, stop = iter(chunks), threading.Lock(), threading.Event()
    finished: SimpleQueue[Done | BaseException | None] = SimpleQueue()

    def work(runner: _Runner) -> None:
        try:
            while not stop.is_set():
                with lock:
                    chunk = next(todo, None)
                if chunk is None:
                    break
                for path in chunk:
                    if not stop.is_set():
                        finished.put(runner(path))
        except BaseException as error:  # the caller's thread raises it
            finished.put(error)
        finished.put(None)

    threads = [threading.Thread(target=work, args=(runner,), name="paths") for runner in runners]
    for thread in threads:
        thread.start()
    running = len(threads)
    try:
        while running:
            one = finished.get()
            if isinstance(one, BaseException):
                raise one
            if one is None:
                running -= 1
            else:
                yield one
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _runners(job: Job, workers: int) -> list[_Runner]:
    """One compiled world for all; one more, with a log of events, if events are asked for."""
    from protocol_sim.engine.fast import Compiled

    plain = logging = None
    try:
        world = build(job.scenario, job.seed, tables=True)._replace(samples=[])        # no series
        plain = Compiled(world, scan=job.engine == "scan")
        if job.events_for:
            logging = Compiled(world, scan=job.engine == "scan", log=FIRST_LOG)
    except OverflowError:                            # a number too large for its field: the exact engine decides
        plain = logging = None
    outside = Outside(job.scenario)
    return [_Runner(job, outside, plain, logging) for _ in range(workers)]


def _in_processes(job: Job, chunks: Sequence[Sequence[int]], workers: int) -> Generator[Done]:
    """The exact engine, in this process or in several."""
    workers = min(workers, len(chunks))
    if workers == 1:
        for chunk in chunks:
            for path in chunk:
                yield _exactly(job, path)
        return
    import multiprocessing

    with multiprocessing.get_context("spawn").Pool(workers, _settle_in, (job,)) as pool:
        for several in pool.imap_unordered(_exact_chunk, chunks):
            yield from several


_job: Job | None = None


def _settle_in(job: Job) -> None:
    """A worker process takes the job once, and leaves Ctrl-C to its parent."""
    import signal

    global _job
    _job = job
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _exact_chunk(chunk: Collection[int]) -> list[Done]:
    assert _job is not None
    return [_exactly(_job, path) for path in chunk]
