"""Where numba keeps compiled code: a directory named by all the text that is compiled (numba sees one file)."""

import hashlib
import os
import sys
from pathlib import Path

from numba import config

PACKAGES = ("agents", "amms", "engine", "numeric", "oracles", "protocols")  # whose text is compiled


def _digest() -> str:
    import llvmlite
    import numba

    h = hashlib.sha256(f"{sys.version} {numba.__version__} {llvmlite.__version__}".encode())
    root = Path(__file__).resolve().parents[2]
    for path in sorted(path for package in PACKAGES for path in (root / package).rglob("*.py")):
        h.update(str(path.relative_to(root)).encode())
        h.update(path.read_bytes())
    return h.hexdigest()[:16]


def directory() -> Path:
    """The cache of this very source text; `PROTOCOL_SIM_CACHE` moves it."""
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("PROTOCOL_SIM_CACHE") or Path(caches) / "protocol-sim") / "compiled" / _digest()


config.CACHE_DIR = str(directory())
