"""Text that would go too deep ends in an error, not in the end of the process, whatever others did to the limit."""

import json
import subprocess
import sys

import pytest

from protocol_sim.shallow import DEEPEST, shallow_json

AFTER_WEB3 = """
import sys, web3
from protocol_sim.shallow import shallow_json
before = sys.getrecursionlimit()
for text in ("[" * 100_000, '{"a":' * 100_000):
    try:
        shallow_json(text)
    except ValueError as error:
        print(before, sys.getrecursionlimit(), error.msg)
"""


def test_it_survives_what_importing_web3_does_to_the_limit() -> None:
    done = subprocess.run([sys.executable, "-c", AFTER_WEB3], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    for line in done.stdout.splitlines():
        before, after, words = line.split(" ", 2)
        assert int(before) == int(after) > DEEPEST
        assert words == "nested too deeply"
    assert len(done.stdout.splitlines()) == 2


def test_what_is_not_too_deep_is_read_as_ever() -> None:
    text = "[" * 500 + "1" + "]" * 500
    assert shallow_json(text) == json.loads(text)
    assert shallow_json(b'{"a": [1, 2]}') == {"a": [1, 2]}
    assert shallow_json('{"a": 1, "a": 2}', lambda pairs: pairs) == [("a", 1), ("a", 2)]
    with pytest.raises(json.JSONDecodeError):
        shallow_json("[1,")
