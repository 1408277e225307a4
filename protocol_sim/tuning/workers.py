"""Who computes units: this process, workers of its own, or a Dask cluster. The same outcomes, in whatever order.

Workers compute and nothing else; the caller keeps what they return, so that nothing is lost with any of them.
"""

import logging
import re
import socket
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, Protocol

from protocol_sim.errors import BadInput, ProtocolSimError
from protocol_sim.tuning.evaluate import Job, Unit, evaluate
from protocol_sim.tuning.measures import Outcome

PATIENCE = 15                                        # s that a scheduler may stay silent at the beginning


class Workers(Protocol):
    """Computes units; `close` lets go of everything."""

    def compute(self, units: Sequence[Unit]) -> Iterator[tuple[Unit, list[Outcome]]]:
        """The units as they are done."""

    def close(self) -> None:
        """End what was started."""


def workers_for(job: Job, workers: int, scheduler: str | None) -> Workers:
    """This process for one worker; else Dask, on this machine or at the scheduler's address."""
    return Inline(job) if workers == 1 and scheduler is None else Cluster(job, workers, scheduler)


class Inline:
    """One after another, here."""

    def __init__(self, job: Job) -> None:
        self._job = job

    def compute(self, units: Sequence[Unit]) -> Iterator[tuple[Unit, list[Outcome]]]:
        """In the order given."""
        for wanted in units:
            yield wanted, evaluate(self._job, wanted)

    def close(self) -> None:
        """Nothing was started."""


class Cluster:
    """Dask distributed (extra `scale`). Processes of one thread each, since each holds one compiled world."""

    def __init__(self, job: Job, workers: int, scheduler: str | None) -> None:
        try:
            import dask
            from distributed import Client, LocalCluster
        except ModuleNotFoundError:
            key = "--workers" if scheduler is None else "--scheduler"
            raise BadInput("tune", key, "the extra `scale` (pip install 'protocol-sim[scale]')", "no dask") from None
        for name in ("distributed", "tornado", "asyncio", *logging.root.manager.loggerDict):
            if name.partition(".")[0] in ("distributed", "tornado", "asyncio"):      # what is wrong is said once, below
                logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        dask.config.set({"distributed.comm.timeouts.connect": f"{PATIENCE}s", "distributed.admin.tick.limit": "1h"})
        self._name = scheduler or "the local workers"
        if scheduler is not None:
            _answers(scheduler)
        self._local: Any = None
        try:
            if scheduler is None:
                self._local = LocalCluster(  # type: ignore[no-untyped-call]
                    n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None,
                    silence_logs=logging.CRITICAL,
                )
            connect: Any = Client
            self._client = connect(self._local or scheduler, timeout=PATIENCE, set_as_default=False)
        except (OSError, ValueError) as error:
            self._end_local()
            found = f"{scheduler} ({_first(error)})"
            raise BadInput("tune", "--scheduler", "a Dask scheduler that answers", found) from None
        self._job = self._client.scatter(job, broadcast=False, hash=False)

    def compute(self, units: Sequence[Unit]) -> Iterator[tuple[Unit, list[Outcome]]]:
        """As they are done. BadInput if the scheduler or all its workers are lost."""
        futures = {self._client.submit(evaluate, self._job, wanted, pure=False): wanted for wanted in units}
        alone = 0
        try:
            while futures:
                done = self._wait(list(futures))
                alone = 0 if done or self._client.scheduler_info()["workers"] else alone + 1
                if alone > PATIENCE:
                    raise self._lost("no worker is left")
                for future in done:
                    yield futures.pop(future), self._result(future)
        finally:
            if futures and self._client.status == "running":
                self._client.cancel(list(futures))

    def _wait(self, futures: list[Any]) -> set[Any]:
        """Those that are done within a second."""
        import distributed

        wait: Any = distributed.wait
        try:
            with self._client.as_current():
                return set(wait(futures, timeout=1, return_when="FIRST_COMPLETED").done)
        except TimeoutError:
            if self._client.status == "running":
                return set()
            raise self._lost("it is gone") from None
        except distributed.CancelledError:
            raise self._lost("it is gone") from None

    def _result(self, future: Any) -> list[Outcome]:
        if future.status == "finished":
            try:
                return [Outcome(*row) for row in future.result(timeout=60)]
            except (OSError, TimeoutError) as silence:
                raise self._lost(_first(silence)) from None
        if future.status == "error":
            error = future.exception()
            if isinstance(error, ProtocolSimError):
                raise error
            raise self._lost(f"{type(error).__name__}: {_first(error)}")
        raise self._lost(f"its work {future.status}")

    def _lost(self, how: str) -> BadInput:
        return BadInput("tune", "--scheduler", f"{self._name} to stay to the end", f"{how}; what is done is kept")

    def close(self) -> None:
        """Let go of the cluster; end it if it is our own."""
        with suppress(OSError, RuntimeError, TimeoutError):            # it may be gone already
            self._client.close(timeout=2)
        self._end_local()

    def _end_local(self) -> None:
        if self._local is not None:
            self._local.close(timeout=10)
            self._local = None


def _answers(address: str) -> None:
    """BadInput unless something listens there; Dask's own attempt would go on for half a minute."""
    parts = re.fullmatch(r"(?:tcp|tls|ws|wss)://(.+):(\d{1,5})", address)
    if parts is None:
        raise BadInput("tune", "--scheduler", "an address such as tcp://127.0.0.1:8786", repr(address))
    try:
        socket.create_connection((parts[1].strip("[]"), int(parts[2])), timeout=PATIENCE).close()
    except (OSError, OverflowError) as error:
        raise BadInput("tune", "--scheduler", "a Dask scheduler that answers", f"{address}: {_first(error)}") from None


def _first(error: object) -> str:
    return str(error).strip().partition("\n")[0][:120] or type(error).__name__
