"""An RPC address taken apart: where to connect, and a name for it that may be printed.

Providers put keys into the user part, the path and the query of an address. Only scheme, host and port are ever shown;
`scrub` takes the rest out of what a node says, since some repeat the address in their errors.
"""

import base64
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from protocol_sim.errors import BadInput

HIDDEN = "…"
PLAIN = "/?%:@!$&'()*+,;=~-._"  # what may stand in a path and query as it is
SHORT = 5  # characters: a path segment up to this length (v2, rpc, eth) is no key


@dataclass(frozen=True, repr=False)
class Endpoint:
    """One address. `name` is what may be shown of it."""

    secure: bool
    host: str
    port: int
    target: str  # path and query
    authorization: str  # header, "" for none
    name: str
    secrets: tuple[str, ...]  # longest first

    def __repr__(self) -> str:
        return f"Endpoint({self.name})"

    def scrub(self, text: str) -> str:
        """A text without anything secret of this address."""
        for secret in self.secrets:
            text = text.replace(secret, HIDDEN)
        return text


def endpoint(url: str) -> Endpoint:
    """BadInput, without the address in it, for anything but http(s)://[user:password@]host[:port][/path][?query]."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise BadInput("RPC address", "port", "a number", "something else") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        scheme = parts.scheme if parts.scheme.isalpha() and len(parts.scheme) < 8 else "something else"
        raise BadInput("RPC address", "scheme", "http://host:port or https://host/…", scheme or "nothing")
    secure = parts.scheme == "https"
    target = quote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), safe=PLAIN)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    authorization = ""
    if user or password:
        authorization = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
    port = port or (443 if secure else 80)
    shown = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    name = f"{parts.scheme}://{shown}:{port}" + (f"/{HIDDEN}" if target != "/" else "")
    return Endpoint(secure, parts.hostname, port, target, authorization, name, _secrets(url, target, authorization))


def _secrets(url: str, target: str, authorization: str) -> tuple[str, ...]:
    parts = urlsplit(url.strip())
    found = {authorization.removeprefix("Basic "), parts.password or "", unquote(parts.password or "")}
    found |= {parts.username or "", unquote(parts.username or ""), (parts.netloc.rpartition("@")[0])}
    for piece in parts.path.split("/"):
        found |= {piece, unquote(piece)} if len(piece) > SHORT else set()
    for pair in parts.query.split("&"):
        value = pair.partition("=")[2] or pair
        found |= {value, unquote(value)}
    if target != "/":
        found |= {target, url.strip()} if len(target) > SHORT else {url.strip()}
    if parts.username or parts.password:
        found.add(url.strip())
    return tuple(sorted((secret for secret in found if secret), key=len, reverse=True))
