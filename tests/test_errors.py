"""The exception tree is the one that its docstring draws, and every error is one line."""

import inspect

import pytest

from protocol_sim import errors


def test_the_docstring_draws_the_tree() -> None:
    drawn = [line.split()[1] for line in (errors.__doc__ or "").splitlines() if line.startswith(("├──", "└──"))]
    defined = [name for name, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, Exception)]
    assert sorted([*drawn, "ProtocolSimError"]) == sorted(defined)
    for name in drawn:
        assert getattr(errors, name).__bases__ == (errors.ProtocolSimError,)


@pytest.mark.parametrize("found", ["x", 1, None, "two\nlines", ValueError("a\n  b")])
def test_bad_input_is_one_line_with_four_parts(found: object) -> None:
    line = str(errors.BadInput("a.toml", "clock.steps", "an integer", found))
    assert "\n" not in line
    assert line.startswith("a.toml: clock.steps: expected an integer, found ")


def test_bad_input_keeps_its_parts() -> None:
    error = errors.BadInput("a.toml", "clock.steps", "an integer", "x")
    assert (error.where, error.key, error.expected, error.found) == ("a.toml", "clock.steps", "an integer", "x")
