"""JSON-RPC over one keep-alive HTTP connection, with batches (web3.py is several times slower on many small calls)."""

import http.client
import itertools
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from protocol_sim.errors import ProtocolSimError


class RpcError(ProtocolSimError):
    """The node answered a request with an error; `data` is its payload, for a revert the returned bytes in hex."""

    def __init__(self, method: str, message: str, data: Any = None) -> None:
        super().__init__(f"{method}: {message}")
        self.method, self.message, self.data = method, message, data


class Rpc:
    """A node at `url` (http). Not safe to share between threads."""

    def __init__(self, url: str, timeout: float = 120.0) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise ProtocolSimError(f"RPC address: expected http://host:port, found {url}")
        self.url = url
        self._path = parts.path or "/"
        self._connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=timeout)
        self._ids = itertools.count(1)

    def call(self, method: str, *params: Any) -> Any:
        """The result of one request; `RpcError` when the node refuses it."""
        return _result(method, self._post(self._request(method, params)))

    def batch(self, requests: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        """The results of many requests sent as one, in the order asked. The node may work on them in any order."""
        if not requests:
            return []
        bodies = [self._request(method, params) for method, params in requests]
        answers = {answer["id"]: answer for answer in self._post(bodies)}
        return [_result(body["method"], answers[body["id"]]) for body in bodies]

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _request(self, method: str, params: Sequence[Any]) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": list(params)}

    def _post(self, body: Any) -> Any:
        self._connection.request("POST", self._path, json.dumps(body), {"Content-Type": "application/json"})
        return json.loads(self._connection.getresponse().read())


def _result(method: str, answer: dict[str, Any]) -> Any:
    error = answer.get("error")
    if error is not None:
        raise RpcError(method, error.get("message", "unknown error"), error.get("data"))
    return answer["result"]
