"""JSON-RPC to a node that one does not own: patient, and plain about what gave out.

To an address, raw requests over one kept connection: the hot reads are batches of thousands, in which web3.py is 27
times slower. A user's own `Web3` is taken as it is (`wire`). What a fault means is decided in one place. Retried with a
growing wait: lost connections, time-outs, HTTP 429 (as long as `Retry-After` says) and 5xx, broken JSON, rate limits
spelled as JSON-RPC errors.
A batch that fails is sent again in halves and later batches stay small; of one that comes back short only what is
missing is asked again; answers are matched by id, whatever their order. Anything else the node says is its answer.
"""

import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from protocol_sim.fork.rpc import RpcError
from protocol_sim.fork.wire import Busy, HttpWire, ProviderWire, TooMuch, Wire
from protocol_sim.fork.wire import NodeError as NodeError

if TYPE_CHECKING:
    from web3 import Web3

Request = tuple[str, Sequence[Any]]
LIMITED = ("rate limit", "too many requests", "limit exceeded", "request limit", "throttl", "capacity", "compute units")
LIMIT_CODES = (-32005, 429)
LARGEST, GROWTH = 2_000, 8  # requests in a batch; batches that must go well before the next is larger


@dataclass(frozen=True)
class Patience:
    """How long to go on. `sleep` is given seconds."""

    attempts: int = 7
    first: float = 0.5  # s
    longest: float = 30.0  # s, also of a Retry-After
    timeout: float = 60.0  # s, of one request
    sleep: Callable[[float], None] = time.sleep


class Client:
    """A node at an address, or a user's own `Web3`; `name` may be printed. Not safe to share between threads."""

    def __init__(self, rpc: "str | Web3", patience: Patience | None = None) -> None:
        self.patience = patience or Patience()
        self._wire: Wire = HttpWire(rpc, self.patience.timeout) if isinstance(rpc, str) else ProviderWire(rpc)
        self.name = self._wire.name
        self.largest = LARGEST
        self._well = 0
        self._ids = itertools.count(1)

    def __repr__(self) -> str:
        return f"Client({self.name})"

    def close(self) -> None:
        """Close the connection."""
        self._wire.close()

    # ---- asking -----------------------------------------------------------------------------------------------------
    def call(self, method: str, *params: Any) -> Any:
        """The result of one request; `RpcError` is the node's answer, `NodeError` says that it gave out."""
        def once() -> Any:
            answer = self._post(self._body((method, params)))
            if not isinstance(answer, dict):
                raise Busy("an answer that is no JSON-RPC")
            return self._result(method, answer)

        return self._patiently(once, method)

    def batch(self, requests: Sequence[Request]) -> list[Any]:
        """Results in the order asked; where the node refuses a request its `RpcError` stands in the list."""
        found: list[Any] = []
        while len(found) < len(requests):
            found += self._some(requests[len(found) : len(found) + self.largest])
        return found

    def must(self, requests: Sequence[Request]) -> list[Any]:
        """The same, but the first refusal is raised."""
        found = self.batch(requests)
        for result in found:
            if isinstance(result, RpcError):
                raise result
        return found

    def _some(self, requests: Sequence[Request]) -> list[Any]:
        """A batch, as many tries as it takes; it may do only the first part of what it is given."""
        bodies = {n: self._body(request) for n, request in enumerate(requests)}
        found: dict[int, Any] = {}

        def once() -> None:
            while True:
                size = max(1, min(self.largest, len(bodies)))
                for n in list(bodies)[size:]:
                    del bodies[n]
                try:
                    found.update(self._together([(n, body) for n, body in bodies.items() if n not in found]))
                    break
                except Busy as busy:
                    self._well = 0
                    if busy.split and size > 1:
                        self.largest = size // 2
                    if not isinstance(busy, TooMuch) or size == 1:
                        raise
            if any(n not in found for n in bodies):
                raise Busy("a batch answered in part")

        self._patiently(once, f"a batch of {len(requests)} requests")
        self._well += 1
        if self._well >= GROWTH and self.largest < LARGEST:
            self.largest, self._well = min(LARGEST, 2 * self.largest), 0
        return [found[n] for n in sorted(bodies)]

    def _together(self, numbered: list[tuple[int, dict[str, Any]]]) -> dict[int, Any]:
        """What one HTTP request brings: number -> result or RpcError."""
        if len(numbered) == 1:
            n, body = numbered[0]
            answers = self._post(body)
            answers = [answers] if isinstance(answers, dict) else answers
        else:
            answers = self._post([body for _, body in numbered])
        if isinstance(answers, dict):
            error = answers.get("error")
            code, said = error.get("code") if isinstance(error, dict) else None, self._said(answers)
            raise Busy(f"a rate limit ({said})") if _limited(code, said) else TooMuch(f"a refused batch ({said})")
        if not isinstance(answers, list):
            raise Busy("an answer that is no JSON-RPC")
        places = {body["id"]: (n, body["method"]) for n, body in numbered}
        found: dict[int, Any] = {}
        for answer in answers:
            if isinstance(answer, dict) and answer.get("id") in places:
                n, method = places[answer["id"]]
                try:
                    found[n] = self._result(method, answer)
                except RpcError as refusal:
                    found[n] = refusal
        return found

    # ---- one HTTP request -------------------------------------------------------------------------------------------
    def _patiently(self, once: Callable[[], Any], what: str) -> Any:
        patience, grow = self.patience, wait_exponential(self.patience.first, self.patience.longest)

        def wait(state: RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            asked = error.after if isinstance(error, Busy) else None
            return grow(state) if asked is None else min(asked, patience.longest)

        tries = Retrying(stop=stop_after_attempt(patience.attempts), wait=wait, sleep=patience.sleep,
                         retry=retry_if_exception_type(Busy), reraise=True)
        try:
            return tries(once)
        except Busy as busy:
            raise NodeError(f"{self.name}: gave out on {what} after {patience.attempts} tries: {busy.what}") from None

    def _body(self, request: Request) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "id": next(self._ids), "method": request[0], "params": list(request[1])}

    def _post(self, body: Any) -> Any:
        return self._wire.post(body)

    def _result(self, method: str, answer: dict[str, Any]) -> Any:
        error = answer.get("error")
        if error is None:
            if "result" not in answer:
                raise Busy("an answer without a result")
            return answer["result"]
        message = self._said(answer)
        code = error.get("code") if isinstance(error, dict) else None
        if _limited(code, message):
            raise Busy(f"a rate limit ({message})")
        raise RpcError(method, message, error.get("data") if isinstance(error, dict) else None)

    def _said(self, answer: dict[str, Any]) -> str:
        error = answer.get("error")
        text = error.get("message", "unknown error") if isinstance(error, dict) else str(error)
        return self._wire.scrub(" ".join(str(text).split()))[:300]


def _limited(code: Any, message: str) -> bool:
    """Whether an error asks for patience; one about a range or a number of results asks for less, not for later."""
    words = message.lower()
    if "range" in words or "results" in words:
        return False
    return code in LIMIT_CODES or any(word in words for word in LIMITED)
