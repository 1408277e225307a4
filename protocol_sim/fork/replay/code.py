"""Whether code on a chain is that of a known contract, libraries and immutables aside."""

import functools

from protocol_sim.fork.artifacts import Contract
from protocol_sim.fork.client import Client
from protocol_sim.fork.deploy.aave_v3_contracts import contract

PUSH1, PUSH20, PUSH32 = 0x60, 0x73, 0x7F
KNOWN = {  # by the emitter's kind: contracts of the package that the model has the rules of
    "pool": ("Pool", "MockPoolInherited"),  # the second is the first with a higher revision
    "configurator": ("PoolConfigurator",),
    "a": ("AToken",),
    "variable": ("VariableDebtToken",),
    "stable": ("StableDebtToken",),
}


def known(client: Client, version: str, kind: str, address: str, block: int) -> str | None:
    """The name of the known contract whose code stands at an address, its libraries' code included."""
    return next((name for name in KNOWN.get(kind, ()) if _is(client, version, name, address, block)), None)


def _is(client: Client, version: str, name: str, address: str, block: int) -> bool:
    libraries = matched(_code(client, address, block), contract(version, name))
    return libraries is not None and all(_is(client, version, *library, block) for library in libraries.items())


def _code(client: Client, address: str, block: int) -> bytes:
    return bytes.fromhex(client.call("eth_getCode", address, hex(block))[2:])


def matched(code: bytes, known_contract: Contract) -> dict[str, str] | None:
    """Library -> address as linked in `code`, None if it is not the contract's run-time code.

    Operands may differ where the creation code has nothing yet: 20 bytes for a linked library (or a library's own
    address), 32 bytes for an immutable.
    """
    if not code:
        return None
    creation, links = _creation(known_contract)
    head = code[:8] if code[0] != PUSH20 else bytes([PUSH20, *[0] * 20]) + code[21:29]  # a library asks who it is
    start = creation.find(head, 1)
    while start >= 0:
        found = _walk(code, creation[start:], {offset - start: name for offset, name in links.items()})
        if found is not None:
            return found
        start = creation.find(head, start + 1)
    return None


def _walk(code: bytes, expected: bytes, links: dict[int, str]) -> dict[str, str] | None:
    found: dict[str, str] = {}
    if len(expected) != len(code):  # creation code ends with all of the run-time code
        return None
    i = 0
    while i < len(code):
        op = code[i]
        if op != expected[i]:
            return None
        width = op - PUSH1 + 1 if PUSH1 <= op <= PUSH32 else 0
        operand, wanted = code[i + 1 : i + 1 + width], expected[i + 1 : i + 1 + width]
        if operand != wanted and not (op in (PUSH20, PUSH32) and not any(wanted)):
            return None
        if i + 1 in links:
            found[links[i + 1]] = "0x" + operand.hex()
        i += 1 + width
    return found


@functools.cache
def _creation(known_contract: Contract) -> tuple[bytes, dict[int, str]]:
    """Creation code with nothing where libraries go, and where they go."""
    text = known_contract.bytecode
    links = {offset: name for name, offsets in known_contract.links.items() for offset in offsets}
    for offset in links:
        text = text[: 2 * offset] + "00" * 20 + text[2 * offset + 40 :]
    return bytes.fromhex(text), links
