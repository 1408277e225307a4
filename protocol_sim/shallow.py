"""JSON from outside: a file of the user's, an answer of a node.

Python's reader goes as deep as the recursion limit lets it, and libraries raise that for the whole process (importing
web3 sets 100,000): then a few kilobytes of `[` overflow the stack, and the process is gone without a word.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

DEEPEST = 2_000  # nested lists and objects; fits the stack of any thread


def shallow_json(text: str | bytes, object_pairs_hook: Callable[[list[tuple[str, Any]]], Any] | None = None) -> Any:
    """What `json.loads` gives; JSONDecodeError also for what is nested too deeply, whatever the recursion limit is."""
    limit = sys.getrecursionlimit()
    try:
        if limit > DEEPEST:
            sys.setrecursionlimit(DEEPEST)
        return json.loads(text, object_pairs_hook=object_pairs_hook)
    except RecursionError:
        raise json.JSONDecodeError("nested too deeply", "", 0) from None
    finally:
        sys.setrecursionlimit(limit)
