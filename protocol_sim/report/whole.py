"""A text file that is whole or absent, never half-written."""

import os
from pathlib import Path


def write_whole(path: str | Path, text: str) -> Path:
    """Write beside and rename; a file of that name is replaced in one step."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial-{os.getpid()}")
    try:
        partial.write_text(text, encoding="utf-8")
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    return path
