"""Compiles the sources of an npm package in `contracts/<folder>`, imports included; kept on disk by a hash."""

import functools
import hashlib
import json
import posixpath
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from protocol_sim.errors import MissingTool
from protocol_sim.fork.artifacts import CONTRACTS, Contract, from_artifact
from protocol_sim.fork.solc import SETTINGS, cache_directory, keep, run_solc

IMPORT = re.compile(r"""^\s*import\s[^;]*?['"]([^'"]+)['"]\s*;""", re.MULTILINE)
OUTPUT = ["abi", "evm.bytecode.object", "evm.bytecode.linkReferences"]


class Package:
    """Sources under `contracts/<folder>/node_modules/<root>`; `remappings`: import prefix -> path in node_modules."""

    def __init__(self, folder: str, root: str, remappings: Mapping[str, str]) -> None:
        self._folder, self._root, self._remappings = folder, root, dict(remappings)
        self._modules = CONTRACTS / folder / "node_modules"
        self._made: dict[str, Any] | None = None

    @functools.cache  # noqa: B019  packages live as long as the process
    def contract(self, name: str) -> Contract:
        """A contract of the files that `compile` was given."""
        assert self._made is not None, "compile first"
        return from_artifact(name, self._made[name])

    def compile(self, entries: tuple[str, ...]) -> None:
        """Compile these contracts: paths under the root, `:Name` behind a path where the file has another name."""
        if self._made is not None:
            return
        wanted = {(name or Path(path).stem): f"{self._root}/{path}"
                  for path, _, name in (entry.partition(":") for entry in entries)}
        sources = self._sources(list(wanted.values()))
        settings = {**SETTINGS, "outputSelection": {path: {"*": OUTPUT} for path in wanted.values()},
                    "remappings": [f"{prefix}={path}" for prefix, path in self._remappings.items()]}
        request = {"language": "Solidity", "sources": {path: {"content": text} for path, text in sources.items()},
                   "settings": settings}
        lock = (CONTRACTS / "solc" / "package-lock.json").read_text()
        key = hashlib.sha256(json.dumps([request, lock], sort_keys=True).encode()).hexdigest()[:32]
        kept = cache_directory() / f"{self._folder}-{key}.json"
        if kept.is_file():
            self._made = json.loads(kept.read_text())
            return
        answer = run_solc(request)["contracts"]
        made = {name: answer[path][name] for name, path in wanted.items()}
        keep(kept, made)
        self._made = made

    def _sources(self, waiting: list[str]) -> dict[str, str]:
        """Path in node_modules -> text, imports followed."""
        found: dict[str, str] = {}
        while waiting:
            path = waiting.pop()
            if path in found:
                continue
            file = self._modules / path
            if not file.is_file():
                raise MissingTool(f"contracts/{self._folder}/node_modules/{path} not found: run `make setup-contracts` "
                                  f"(npm ci in contracts/{self._folder}; needs Node 20 or later)")
            found[path] = file.read_text()
            waiting += [self._resolved(path, name) for name in IMPORT.findall(found[path])]
        return found

    def _resolved(self, importer: str, name: str) -> str:
        if name.startswith("."):
            return posixpath.normpath(posixpath.join(posixpath.dirname(importer), name))
        for prefix, path in self._remappings.items():
            if name.startswith(prefix):
                return path + name.removeprefix(prefix)
        return name
