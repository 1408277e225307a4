"""A node that misbehaves: an HTTP server before Anvil that does, to each request, what a list of faults says.

A fault is a function of the request's parsed body and the honest reply; it gives a `Reply`, or None to leave it alone.
"""

import http.client
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


@dataclass
class Reply:
    """What goes back: a status and a body; or nothing for a while; or a connection that is cut."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    wait: float = 0.0  # s
    reset: bool = False


Honest = Callable[[Any], Any]
Fault = Callable[[Any, Honest], Reply | None]


@dataclass
class Proxy:
    """`faults` are asked in order; the first that answers wins."""

    url: str
    faults: list[Fault] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)  # of every request that came in
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def methods(self) -> list[str]:
        """Every method asked for, batches taken apart."""
        return [one["method"] for body in self.bodies for one in (body if isinstance(body, list) else [body])]


@contextmanager
def proxy(upstream: str) -> Iterator[Proxy]:
    """A proxy before a node, on a free port."""
    target = urlsplit(upstream)

    def honest(body: Any) -> Any:
        connection = http.client.HTTPConnection(str(target.hostname), target.port, timeout=60)
        connection.request("POST", "/", json.dumps(body), {"Content-Type": "application/json"})
        answer = json.loads(connection.getresponse().read())
        connection.close()
        return answer

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm, wbufsize = True, -1

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            running.bodies.append(body)
            running.paths.append(self.path)
            running.headers.append(dict(self.headers))
            replies = (fault(body, honest) for fault in list(running.faults))
            reply = next((r for r in replies if r is not None), None) or Reply(honest(body))
            time.sleep(reply.wait)
            if reply.reset:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                self.close_connection = True
                return
            raw = json.dumps(reply.body).encode() if reply.raw is None else reply.raw
            try:
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)
                self.wfile.flush()
            except OSError:  # the client has lost its patience
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            pass

    server = Quiet(("127.0.0.1", 0), Handler)
    running = Proxy(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


# ---- faults ---------------------------------------------------------------------------------------------------------
def every(n: int, make: Callable[[Any, Honest], Reply]) -> Fault:
    """Every n-th request goes wrong."""
    seen = 0

    def fault(body: Any, honest: Honest) -> Reply | None:
        nonlocal seen
        seen += 1
        return make(body, honest) if seen % n == 0 else None

    return fault


def busy(retry_after: str | None = None) -> Callable[[Any, Honest], Reply]:
    """HTTP 429."""
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return lambda _body, _honest: Reply({"error": "slow down"}, 429, headers)


def late(seconds: float) -> Callable[[Any, Honest], Reply]:
    """An answer after the client's patience."""
    return lambda body, honest: Reply(honest(body), wait=seconds)


def cut(_body: Any, _honest: Honest) -> Reply:
    """The connection is reset."""
    return Reply(reset=True)


def broken(body: Any, honest: Honest) -> Reply:
    """JSON that ends too early."""
    text = json.dumps(honest(body)).encode()
    return Reply(raw=text[: len(text) // 2])


def short(body: Any, honest: Honest) -> Reply | None:
    """A batch whose second half is missing, the rest in reverse."""
    if not isinstance(body, list) or len(body) < 2:
        return None
    return Reply(honest(body)[: (len(body) + 1) // 2][::-1])


def shuffled(body: Any, honest: Honest) -> Reply | None:
    """A whole batch, backwards."""
    return Reply(honest(body)[::-1]) if isinstance(body, list) else None


def small_batches(most: int) -> Fault:
    """Batches above a size are refused as a whole."""
    error = {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": f"at most {most} requests in a batch"}}
    return lambda body, _honest: Reply(error) if isinstance(body, list) and len(body) > most else None


def refuse(method: str, message: str, when: Callable[[list[Any]], bool] = lambda _params: True,
           code: int = -32000) -> Fault:  # fmt: skip
    """One method is answered with an error, alone or in a batch."""
    def fault(body: Any, honest: Honest) -> Reply | None:
        bodies = body if isinstance(body, list) else [body]
        wrong = {one["id"] for one in bodies if one["method"] == method and when(one["params"])}
        if not wrong:
            return None
        rest = [one for one in bodies if one["id"] not in wrong]
        answers = (honest(rest) if rest else []) + [
            {"jsonrpc": "2.0", "id": n, "error": {"code": code, "message": message}} for n in wrong]
        return Reply(answers if isinstance(body, list) else answers[0])

    return fault


def no_override(body: Any, _honest: Honest) -> Reply | None:
    """`eth_call` takes no state override."""
    if isinstance(body, list) or body["method"] != "eth_call" or len(body["params"]) < 3:
        return None
    return Reply({"jsonrpc": "2.0", "id": body["id"], "error": {"code": -32602, "message": "too many arguments"}})


def by_number_only(body: Any, honest: Honest) -> Reply | None:
    """Blocks are known by number only."""
    return refuse("eth_call", "invalid argument 1: hex string", lambda p: isinstance(p[1], dict), -32602)(body, honest)


def short_ranges(most: int) -> Fault:
    """Logs of at most so many blocks at once."""
    return refuse("eth_getLogs", f"range too large, at most {most} blocks",
                  lambda p: int(p[0]["toBlock"], 16) - int(p[0]["fromBlock"], 16) >= most, -32005)
