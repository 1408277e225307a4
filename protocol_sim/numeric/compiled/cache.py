"""Where numba keeps compiled code: numba does not see edits in other files, so the directory is named by the whole source."""

import hashlib
import os
import sys
from pathlib import Path

from numba import config


def _digest() -> str:
    import llvmlite
    import numba

    h = hashlib.sha256(f"{sys.version} {numba.__version__} {llvmlite.__version__}".encode())
    root = Path(__file__).resolve().parents[2]
    for path in sorted(root.rglob("*.py")):
        h.update(str(path.relative_to(root)).encode())
        h.update(path.read_bytes())
    return h.hexdigest()[:16]


def directory() -> Path:
    """The cache of this very source text; `PROTOCOL_SIM_CACHE` moves it."""
    base = os.environ.get("PROTOCOL_SIM_CACHE") or os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "protocol-sim")
    return Path(base) / "compiled" / _digest()


config.CACHE_DIR = str(directory())
