"""Where numba keeps compiled code: a directory named by all the text that is compiled (numba sees one file)."""

import hashlib
import itertools
import os
import sys
from pathlib import Path

from numba import config
from numba.core.bytecode import FunctionIdentity

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

# numba tells functions of one name and signature apart by a number that each process counts from 1, and puts it into
# the symbols of what it writes. Two kernels compiled by two processes then hold different functions under one symbol,
# and a third process that loads both runs the wrong one. So each process counts from a place of its own.
FunctionIdentity._unique_ids = itertools.count(int.from_bytes(os.urandom(6), "little") << 12)
