"""Compiles the Solidity in `contracts/` with npm's solc; results are kept on disk by a hash of source and settings."""

import functools
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from protocol_sim.errors import MissingTool, ProtocolSimError
from protocol_sim.fork.artifacts import CONTRACTS, Contract, from_artifact

SETTINGS: dict[str, Any] = {
    "optimizer": {"enabled": True, "runs": 200},
    "evmVersion": "shanghai",
    "metadata": {"bytecodeHash": "none"},
    "outputSelection": {"*": {"*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"]}},
}


@functools.cache
def compiled(name: str) -> Contract:
    """The contract of `contracts/<name>.sol`."""
    return from_artifact(name, artifact(name))


@functools.cache
def artifact(name: str) -> dict[str, Any]:
    """The compiler's output for `contracts/<name>.sol`: `abi`, `evm.bytecode`, `evm.deployedBytecode`."""
    file = f"{name}.sol"
    source = (CONTRACTS / file).read_text()
    request = {"language": "Solidity", "sources": {file: {"content": source}}, "settings": SETTINGS}
    lock = (CONTRACTS / "solc" / "package-lock.json").read_text()
    key = hashlib.sha256(json.dumps([request, lock]).encode()).hexdigest()[:32]
    kept = cache_directory() / f"{name}-{key}.json"
    if kept.is_file():
        found: dict[str, Any] = json.loads(kept.read_text())
        return found
    made: dict[str, Any] = run_solc(request)["contracts"][file][name]
    keep(kept, made)
    return made


def cache_directory() -> Path:
    """Where compiled contracts are kept: the user's cache directory."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "protocol-sim" / "solc"


def run_solc(request: dict[str, Any]) -> dict[str, Any]:
    """The compiler's answer to a standard JSON request; `ProtocolSimError` with its first error."""
    script = CONTRACTS / "solc" / "node_modules" / "solc" / "solc.js"
    node = shutil.which("node")
    if node is None:
        raise MissingTool("Node not found: install Node 20 or later (it runs solc), then run `make setup-contracts`")
    if not script.is_file():
        raise MissingTool("solc not found: run `make setup-contracts` (npm ci in contracts/solc)")
    command = [node, str(script), "--standard-json"]
    with tempfile.TemporaryFile("w+") as asked, tempfile.TemporaryFile("w+") as told:  # large pipes break solc.js
        json.dump(request, asked)
        asked.seek(0)
        done = subprocess.run(command, stdin=asked, stdout=told, stderr=subprocess.PIPE, text=True, check=False)
        told.seek(0)
        text = told.read()
    text = text[text.find("{") :]
    if done.returncode != 0 or not text:
        raise ProtocolSimError(f"solc failed: {done.stderr.strip()[:200]}")
    answer: dict[str, Any] = json.loads(text)
    errors = [e["formattedMessage"] for e in answer.get("errors", []) if e["severity"] == "error"]
    if errors:
        raise ProtocolSimError(f"solc: {errors[0]}")
    return answer


def keep(path: Path, made: dict[str, Any]) -> None:
    """Write through a temporary file, so that an interruption leaves nothing half-written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as out:
        json.dump(made, out)
    os.replace(out.name, path)
