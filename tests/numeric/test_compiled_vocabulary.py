"""The compiled vocabulary against its Python namesakes: equal, or refused by both, at edges and at random.

What Python refuses (`Revert`) compiled code must hand over (raise); it may never give a number instead.
"""

import random
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from numba import njit

from protocol_sim.errors import Revert
from protocol_sim.numeric import U256, fixed_point, record
from protocol_sim.numeric.compiled import Table

NAMES = (
    "add", "sub", "mul", "div", "mul_add_div", "mul_div_down", "mul_div_up", "mul_div_half_up", "mul_div_512_down",
    "mul_div_512_up", "ray_mul_down", "ray_mul_up", "ray_mul_half_up", "ray_div_half_up", "wad_mul_half_up",
    "wad_div_half_up",
    "percent_mul_half_up", "percent_div_half_up", "ray_to_wad_half_up", "wad_to_ray", "isqrt", "sqrt_mul_down",
    "wrapping_add", "wrapping_sub", "wrapping_mul", "narrow",
)  # fmt: skip
EDGES = [0, 1, 2, 10**6, 10**18, 10**27, *(2**n + d for n in (62, 64, 128, 192, 255) for d in (-1, 0, 1)), 2**256 - 1]
HALVES = [10**27 // 2, 10**27 // 2 - 1, 10**18 // 2, 5_000, 4_999, 10**9 // 2]


@record
class Cell:
    """Up to four arguments and the result."""

    a: U256 = 0
    b: U256 = 0
    c: U256 = 0
    d: U256 = 0
    result: U256 = 0


def compiled(fn: Callable[..., int], arguments: int) -> Callable[[Any], None]:
    """`fn` on the fields of row 0, compiled."""
    given = ", ".join(f"row.{name}" for name in "abcd"[:arguments])
    space: dict[str, Any] = {"fn": fn}
    exec(f"def run(table):\n    row = table[0]\n    row.result = fn({given})", space)  # noqa: S102
    return njit(space["run"])  # type: ignore[no-any-return]


def draw(rng: random.Random) -> int:
    if rng.random() < 0.3:
        return rng.choice(EDGES + HALVES)
    return rng.getrandbits(rng.randrange(1, 257))


@pytest.mark.parametrize("name", NAMES)
def test_compiled_is_equal(name: str) -> None:
    fn = getattr(fixed_point, name)
    arguments = fn.__code__.co_argcount
    run, table, rng = compiled(fn, arguments), Table.empty(Cell, 1), random.Random(name)
    refused = 0
    for _ in range(2_000):
        values = [draw(rng) for _ in range(arguments)]
        table.array[:] = Table.of(Cell, [Cell(**dict(zip("abcd", values, strict=False)))]).array
        try:
            expected: int | None = fn(*values)
        except Revert:
            expected = None
        try:
            run(table)
            found = table.column("result")[0]
        except (OverflowError, ZeroDivisionError):
            found, refused = None, refused + 1
        assert found == expected, values
    assert (refused > 0) == (name not in {"isqrt", "sqrt_mul_down", "wrapping_add", "wrapping_sub", "wrapping_mul"})


def test_symbols_of_two_processes_do_not_meet() -> None:
    """Kernels that different processes have written into the cache are loaded into one: see `compiled.cache`."""
    code = (
        "import protocol_sim.numeric.compiled; from numba import njit;"
        "f = njit(lambda x: x + 1); f(1); print(f.overloads[f.signatures[0]].fndesc.mangled_name)"
    )
    command = [sys.executable, "-c", code]
    one, other = (subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(2))
    assert one != other
