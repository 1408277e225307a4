"""JSON-RPC to a node that one does not own: patient, and plain about what gave out.

Raw requests over one kept connection rather than web3.py: the hot reads are batches of thousands (web3.py is 27 times
slower there), and what a fault means is decided in one place. Retried with a growing wait: lost connections, time-outs,
HTTP 429 (as long as `Retry-After` says) and 5xx, broken JSON, rate limits spelled as JSON-RPC errors.
A batch that fails is sent again in halves and later batches stay small; of one that comes back short only what is
missing is asked again; answers are matched by id, whatever their order. Anything else the node says is its answer.
"""

import http.client
import itertools
import json
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from protocol_sim.errors import ProtocolSimError
from protocol_sim.fork.endpoint import endpoint
from protocol_sim.fork.rpc import RpcError

Request = tuple[str, Sequence[Any]]
LIMITED = ("rate limit", "too many requests", "limit exceeded", "request limit", "throttl", "capacity", "compute units")
LIMIT_CODES = (-32005, 429)
LARGEST, GROWTH = 2_000, 8  # requests in a batch; batches that must go well before the next is larger


class NodeError(ProtocolSimError):
    """A node gave out: one line, without its credentials."""


class Busy(Exception):
    """Worth another try; `after` is what the node asks for (s), `split` that a smaller batch might do."""

    def __init__(self, what: str, after: float | None = None, split: bool = True) -> None:
        super().__init__(what)
        self.what, self.after, self.split = what, after, split


class TooMuch(Busy):
    """The batch is too large: a smaller one is tried at once."""


@dataclass(frozen=True)
class Patience:
    """How long to go on. `sleep` is given seconds."""

    attempts: int = 7
    first: float = 0.5  # s
    longest: float = 30.0  # s, also of a Retry-After
    timeout: float = 60.0  # s, of one request
    sleep: Callable[[float], None] = time.sleep


class Client:
    """A node at an address; `name` may be printed. Not safe to share between threads."""

    def __init__(self, url: str, patience: Patience | None = None) -> None:
        self.patience = patience or Patience()
        self._at = endpoint(url)
        self.name = self._at.name
        self.largest = LARGEST
        self._well = 0
        self._ids = itertools.count(1)
        self._connection: http.client.HTTPConnection | None = None

    def __repr__(self) -> str:
        return f"Client({self.name})"

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

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
        headers = {"Content-Type": "application/json"}
        if self._at.authorization:
            headers["Authorization"] = self._at.authorization
        try:
            connection = self._connected()
            connection.request("POST", self._at.target, json.dumps(body), headers)
            response = connection.getresponse()
            text = response.read()
        except TimeoutError:
            self.close()
            raise Busy(f"no answer within {self.patience.timeout:g} s") from None
        except ssl.SSLCertVerificationError:
            self.close()
            raise NodeError(f"{self.name}: its certificate is not trusted") from None
        except socket.gaierror:
            self.close()
            raise Busy("no such host", split=False) from None
        except UnicodeError:
            raise NodeError(f"{self.name}: no name of a host") from None
        except (http.client.HTTPException, OSError) as error:
            self.close()
            raise Busy(f"the connection was lost ({type(error).__name__})") from None
        self._check(response, text)
        try:
            return json.loads(text)
        except ValueError:
            self.close()
            raise Busy("broken JSON") from None

    def _connected(self) -> http.client.HTTPConnection:
        if self._connection is None:
            kind = http.client.HTTPSConnection if self._at.secure else http.client.HTTPConnection
            self._connection = kind(self._at.host, self._at.port, timeout=self.patience.timeout)
        return self._connection

    def _check(self, response: http.client.HTTPResponse, text: bytes) -> None:
        status = response.status
        if status == 429:
            raise Busy("HTTP 429, too many requests", _seconds(response.getheader("Retry-After")))
        if status == 413:
            raise TooMuch("HTTP 413, too large")
        if status >= 500:
            raise Busy(f"HTTP {status}")
        if status in (401, 403):
            raise NodeError(f"{self.name}: HTTP {status}: it does not accept the credentials")
        if status >= 300 and not text.lstrip().startswith((b"{", b"[")):
            raise NodeError(f"{self.name}: HTTP {status}: expected a JSON-RPC node")

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
        return self._at.scrub(" ".join(str(text).split()))[:300]


def _limited(code: Any, message: str) -> bool:
    """Whether an error asks for patience; one about a range or a number of results asks for less, not for later."""
    words = message.lower()
    if "range" in words or "results" in words:
        return False
    return code in LIMIT_CODES or any(word in words for word in LIMITED)


def _seconds(text: str | None) -> float | None:
    """Retry-After in seconds; its form with a date is not understood."""
    try:
        return max(0.0, float(text)) if text is not None else None
    except ValueError:
        return None
