"""What made a run: versions, seed, engine, scenario and lock file. No times, no machine names: it can be compared."""

import hashlib
import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("protocol-sim", "numpy", "pandas", "numba", "pydantic", "pyarrow")
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What has to be the same for a run to be the same."""

    scenario: str                  # its name
    scenario_digest: str           # sha256, hex
    seed: int
    engine: str                    # exact, fast or scan
    command: str                   # that makes the run again
    lock_digest: str               # sha256 of requirements.lock, hex; "unknown" for an installed package
    versions: dict[str, str]       # python and the packages that compute
    path: int = 0                  # price path of the seed


def make_manifest(*, scenario: str, scenario_digest: str, seed: int, engine: str, command: str) -> Manifest:
    """The manifest of a run made here and now."""
    return Manifest(scenario, scenario_digest, seed, engine, command, lock_digest(), versions())


def versions() -> dict[str, str]:
    """The versions of Python and of the packages that compute."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = UNKNOWN
    return found


def lock_digest() -> str:
    """sha256 of the lock file beside the package, where there is one."""
    lock = Path(__file__).parents[2] / "requirements.lock"
    return hashlib.sha256(lock.read_bytes()).hexdigest() if lock.is_file() else UNKNOWN
