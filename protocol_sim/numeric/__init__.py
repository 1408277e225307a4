"""The only arithmetic of the package: checked 256-bit integers, records, rules, units, portable floats, random numbers.

One text of the rules: what is marked `@rule` is written in this vocabulary, runs in Python on plain ints and compiles to
256-bit machine code (`numeric.compiled`, which alone imports the compiler). Floats never decide (see `numeric.portable`).
"""

from protocol_sim.numeric.fixed_point import (
    BPS,
    HALF_BPS,
    HALF_RAY,
    HALF_WAD,
    MAX_UINT112,
    MAX_UINT128,
    MAX_UINT160,
    MAX_UINT256,
    RAY,
    WAD,
    ZERO,
    Wide,
    add,
    as_float,
    div,
    fits,
    isqrt,
    mix,
    mul,
    mul_add_div,
    mul_div_512_down,
    mul_div_512_up,
    mul_div_down,
    mul_div_half_up,
    mul_div_up,
    mul_lt,
    narrow,
    percent_div_half_up,
    percent_mul_half_up,
    ray_div_half_up,
    ray_mul_half_up,
    ray_to_wad_half_up,
    signed_div,
    sqrt_mul_down,
    sub,
    wad_div_half_up,
    wad_mul_half_up,
    wad_to_ray,
    wrapping_add,
    wrapping_mul,
    wrapping_sub,
)
from protocol_sim.numeric.record import U64, U128, U256, Rows, record
from protocol_sim.numeric.rule import rule

__all__ = [
    "BPS", "HALF_BPS", "HALF_RAY", "HALF_WAD", "MAX_UINT112", "MAX_UINT128", "MAX_UINT160", "MAX_UINT256", "RAY", "U64", "U128", "U256",
    "WAD", "ZERO", "Rows", "Wide", "add", "as_float", "div", "fits", "isqrt", "mix", "mul", "mul_add_div", "mul_div_512_down", "mul_div_512_up",
    "mul_div_down", "mul_div_half_up", "mul_div_up", "mul_lt", "narrow", "percent_div_half_up", "percent_mul_half_up",
    "ray_div_half_up", "ray_mul_half_up", "ray_to_wad_half_up", "record", "rule", "signed_div", "sqrt_mul_down", "sub",
    "wad_div_half_up", "wad_mul_half_up", "wad_to_ray", "wrapping_add", "wrapping_mul", "wrapping_sub",
]
