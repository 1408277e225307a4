"""How requests reach a node: HTTP to an address, or the provider of a user's own `Web3`; each fault by one name.

A `Web3` brings what an address cannot say: a session, headers, an IPC socket, a provider of the user's own. Its
middleware is left out: results are wanted as the node wrote them.
"""

import http.client
import inspect
import json
import socket
import ssl
from typing import TYPE_CHECKING, Any, Protocol

from protocol_sim.errors import BadInput, ProtocolSimError
from protocol_sim.fork.endpoint import endpoint
from protocol_sim.shallow import shallow_json

if TYPE_CHECKING:
    from web3 import Web3


class NodeError(ProtocolSimError):
    """A node gave out: one line, without its credentials."""


class Busy(Exception):
    """Worth another try; `after` is what the node asks for (s), `split` that a smaller batch might do."""

    def __init__(self, what: str, after: float | None = None, split: bool = True) -> None:
        super().__init__(what)
        self.what, self.after, self.split = what, after, split


class TooMuch(Busy):
    """The batch is too large: a smaller one is tried at once."""


class Wire(Protocol):
    """Carries one JSON-RPC request, or a list of them; `name` may be printed."""

    name: str

    def post(self, body: Any) -> Any:
        """The answer, decoded. Busy, TooMuch or NodeError where there is none."""

    def scrub(self, text: str) -> str:
        """A text without anything secret of the address."""

    def close(self) -> None:
        """Close what is open."""


class HttpWire:
    """One kept connection to an address; `timeout` in s."""

    def __init__(self, url: str, timeout: float) -> None:
        self._at, self._timeout = endpoint(url), timeout
        self.name, self.scrub = self._at.name, self._at.scrub
        self._connection: http.client.HTTPConnection | None = None

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def post(self, body: Any) -> Any:
        """See `Wire`."""
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
            raise Busy(f"no answer within {self._timeout:g} s") from None
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
        _check(self.name, response.status, response.getheader("Retry-After"), text)
        try:
            return shallow_json(text)
        except ValueError:
            self.close()
            raise Busy("broken JSON") from None

    def _connected(self) -> http.client.HTTPConnection:
        if self._connection is None:
            kind = http.client.HTTPSConnection if self._at.secure else http.client.HTTPConnection
            self._connection = kind(self._at.host, self._at.port, timeout=self._timeout)
        return self._connection


class ProviderWire:
    """The provider of a `Web3`: alone or, where it can, in batches."""

    def __init__(self, web3: "Web3") -> None:
        provider: Any = getattr(web3, "provider", web3)
        ask = getattr(provider, "make_request", None)
        if not callable(ask) or inspect.iscoroutinefunction(ask):
            raise BadInput("RPC address", "rpc", "http(s)://… or a Web3 (not an AsyncWeb3)", type(web3).__name__)
        self._provider, self.name = provider, type(provider).__name__
        uri = getattr(provider, "endpoint_uri", None)
        self._at = endpoint(str(uri)) if uri else None
        if self._at is not None:
            self.name = self._at.name

    def scrub(self, text: str) -> str:
        """A text without anything secret of the provider's address."""
        return text if self._at is None else self._at.scrub(text)

    def close(self) -> None:
        """The provider is its owner's."""

    def post(self, body: Any) -> Any:
        """See `Wire`."""
        if isinstance(body, dict):
            return self._one(body)
        if not hasattr(self._provider, "make_batch_request"):
            return [self._one(each) for each in body]
        try:
            answers = self._provider.make_batch_request([(each["method"], each["params"]) for each in body])
        except NotImplementedError:
            return [self._one(each) for each in body]
        except Exception as error:
            raise self._fault(error) from None
        if not isinstance(answers, list):
            return answers
        if len(answers) != len(body):                    # they come in the order asked, under ids of the provider's own
            raise Busy("a batch answered in part")
        return [{**answer, "id": each["id"]} for answer, each in zip(answers, body, strict=True)]

    def _one(self, body: dict[str, Any]) -> Any:
        try:
            answer = self._provider.make_request(body["method"], body["params"])
        except Exception as error:
            raise self._fault(error) from None
        return {**answer, "id": body["id"]} if isinstance(answer, dict) else answer

    def _fault(self, error: Exception) -> ProtocolSimError | Busy:
        """What a provider's exception means; its words are not repeated, since they may hold the address."""
        response = getattr(error, "response", None)
        if response is not None:
            try:
                _check(self.name, response.status_code, response.headers.get("Retry-After"), b"")
            except (Busy, NodeError) as fault:
                return fault
        return Busy(f"its provider failed ({type(error).__name__})")


def _check(name: str, status: int, after: str | None, text: bytes) -> None:
    if status == 429:
        raise Busy("HTTP 429, too many requests", _seconds(after))
    if status == 413:
        raise TooMuch("HTTP 413, too large")
    if status >= 500:
        raise Busy(f"HTTP {status}")
    if status in (401, 403):
        raise NodeError(f"{name}: HTTP {status}: it does not accept the credentials")
    if status >= 300 and not text.lstrip().startswith((b"{", b"[")):
        raise NodeError(f"{name}: HTTP {status}: expected a JSON-RPC node")


def _seconds(text: str | None) -> float | None:
    """Retry-After in seconds; its form with a date is not understood."""
    try:
        return max(0.0, float(text)) if text is not None else None
    except ValueError:
        return None
