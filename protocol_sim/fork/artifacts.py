"""Compiled contracts of the npm packages in `contracts/`, and the encoding and decoding that their ABIs ask for."""

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak

from protocol_sim.errors import MissingTool

CONTRACTS = Path(__file__).resolve().parents[2] / "contracts"
PANIC = bytes.fromhex("4e487b71")
ERROR = bytes.fromhex("08c379a0")

Event = tuple[str, str, tuple[Any, ...]]  # emitter (its given name), event, arguments in ABI order


@dataclass(frozen=True)
class EventAbi:
    """How to read one kind of log."""

    name: str
    types: tuple[str, ...]
    indexed: tuple[bool, ...]

    def arguments(self, topics: list[str], data: bytes) -> tuple[Any, ...]:
        """The arguments in ABI order; addresses in lower case."""
        hidden = iter(topics[1:])
        plain = iter(decode([t for t, i in zip(self.types, self.indexed, strict=True) if not i], data))
        return tuple(
            decode([t], bytes.fromhex(next(hidden)[2:]))[0] if i else next(plain)
            for t, i in zip(self.types, self.indexed, strict=True)
        )


@dataclass(frozen=True)
class Contract:
    """One compiled contract: its ABI and its creation code, libraries not yet linked."""

    name: str
    abi: tuple[dict[str, Any], ...]
    bytecode: str  # hex without 0x
    links: dict[str, tuple[int, ...]]  # library name -> byte offsets in the creation code

    def creation(self, *args: Any, **libraries: str) -> str:
        """The data of the creating transaction: linked code and encoded constructor arguments."""
        code = self.bytecode
        for library, offsets in self.links.items():
            address = libraries[library].removeprefix("0x").lower()
            for offset in offsets:
                code = code[: 2 * offset] + address + code[2 * offset + 40 :]
        inputs: list[dict[str, Any]] = next((e["inputs"] for e in self.abi if e["type"] == "constructor"), [])
        return "0x" + code + encode([abi_type(i) for i in inputs], args).hex()

    def call(self, function: str, *args: Any) -> str:
        """The data of a call, in hex."""
        selector, inputs, _ = self._function(function)
        return "0x" + (selector + encode(inputs, args)).hex()

    def answer(self, function: str, data: bytes) -> tuple[Any, ...]:
        """The decoded answer of a call."""
        return decode(self._function(function)[2], data)

    def events(self) -> dict[str, EventAbi]:
        """First topic -> how to read the log."""
        found = {}
        for entry in self.abi:
            if entry["type"] == "event":
                types = tuple(abi_type(i) for i in entry["inputs"])
                topic = "0x" + keccak(text=f"{entry['name']}({','.join(types)})").hex()
                found[topic] = EventAbi(entry["name"], types, tuple(i["indexed"] for i in entry["inputs"]))
        return found

    @functools.cache  # noqa: B019  contracts live as long as the process
    def _function(self, name: str) -> tuple[bytes, list[str], list[str]]:
        entry = next(e for e in self.abi if e["type"] == "function" and e["name"] == name)
        inputs = [abi_type(i) for i in entry["inputs"]]
        return keccak(text=f"{name}({','.join(inputs)})")[:4], inputs, [abi_type(o) for o in entry["outputs"]]

    def __hash__(self) -> int:
        return hash(self.name)


def abi_type(entry: dict[str, Any]) -> str:
    """The canonical type of an ABI input or output (tuples spelled out)."""
    kind: str = entry["type"]
    if kind.startswith("tuple"):
        return f"({','.join(abi_type(c) for c in entry['components'])}){kind[5:]}"
    return kind


def packaged(folder: str, path: str) -> Contract:
    """A contract of the npm package tree `contracts/<folder>/node_modules/<path>`."""
    file = CONTRACTS / folder / "node_modules" / path
    if not file.is_file():
        raise MissingTool(
            f"contracts/{folder}/node_modules/{path} not found: "
            f"run `make setup-contracts` (npm ci in contracts/{folder}; needs Node 20 or later)"
        )
    return from_artifact(file.stem, json.loads(file.read_text()))


def from_artifact(name: str, artifact: dict[str, Any]) -> Contract:
    """A contract from a build artifact as Hardhat, Waffle or solc writes it."""
    code = artifact.get("bytecode")
    if isinstance(code, dict) or code is None:
        code = artifact["evm"]["bytecode"]
    links = artifact.get("linkReferences")
    if isinstance(code, dict):
        links = code.get("linkReferences", links)
        code = code["object"]
    offsets = {lib: tuple(r["start"] for r in refs) for file in (links or {}).values() for lib, refs in file.items()}
    return Contract(name, tuple(artifact["abi"]), code.removeprefix("0x"), offsets)


def reason(data: bytes) -> str:
    """What a revert says: its string, `panic 0x..`, `` for an empty one, otherwise the bytes in hex."""
    if not data:
        return ""
    if data[:4] == ERROR:
        return str(decode(["string"], data[4:], strict=False)[0])  # Solidity 0.5 pads with rubbish
    if data[:4] == PANIC:
        return f"panic {hex(decode(['uint256'], data[4:])[0])}"
    return "0x" + data.hex()
