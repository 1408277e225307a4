"""The vocabulary of rule text: unsigned 256-bit arithmetic with the rounding in the name.

Everything rests on `mul_add_div`. A product that reverts when it passes 256 bits (`mul_div_*`, as in Solidity's `a * b
/ c`) and one with a 512-bit intermediate (`mul_div_512_*`, as in FullMath.sol) are different operations. Where Solidity
would revert or panic, Python raises `Revert`; compiled code hands the path to the exact engine (`numeric.compiled`).
Units are the caller's: a wad has 18 decimals, a ray 27, bps 4 (10_000 = 100 %). Sources: Aave `WadRayMath.sol`,
`PercentageMath.sol`; Uniswap `FullMath.sol`, `Math.sol`.
"""

from math import isqrt as _isqrt

from protocol_sim.errors import Revert


class Wide(int):
    """A constant that compiled text sees as a wide integer; to Python it is an int like any other."""


ZERO = Wide(0)
WAD, HALF_WAD = Wide(10**18), Wide(10**18 // 2)
RAY, HALF_RAY = Wide(10**27), Wide(10**27 // 2)
WAD_RAY_RATIO = Wide(10**9)
MAX_UINT112, MAX_UINT128, MAX_UINT160, MAX_UINT256 = (Wide(2**n - 1) for n in (112, 128, 160, 256))
BPS, HALF_BPS = 10_000, 5_000
MASK64 = 2**64 - 1
_LIMIT, _RAY, _HALF_RAY = 2**256 - 1, 10**27, 10**27 // 2  # plain ints are faster than `Wide`
_WAD, _HALF_WAD, _RATIO = 10**18, 10**18 // 2, 10**9


# ---- checked ------------------------------------------------------------------------------------------------------
def add(a: int, b: int) -> int:
    """a + b; reverts above 2**256 - 1."""
    c = a + b
    if c > _LIMIT:
        raise Revert("addition overflow")
    return c


def sub(a: int, b: int) -> int:
    """a - b; reverts below 0."""
    if b > a:
        raise Revert("subtraction overflow")
    return a - b


def mul(a: int, b: int) -> int:
    """a * b; reverts above 2**256 - 1."""
    c = a * b
    if c > _LIMIT:
        raise Revert("multiplication overflow")
    return c


def div(a: int, b: int) -> int:
    """a / b rounded down; reverts on b = 0."""
    if b == 0:
        raise Revert("division by zero")
    return a // b


def mul_add_div(a: int, b: int, c: int, d: int) -> int:
    """(a * b + c) / d rounded down; reverts when a * b + c passes 256 bits or d = 0."""
    n = a * b + c
    if n > _LIMIT:
        raise Revert("multiplication overflow")
    if d == 0:
        raise Revert("division by zero")
    return n // d


def mul_div_down(a: int, b: int, d: int) -> int:
    """a * b / d rounded down; the product is checked at 256 bits."""
    n = a * b
    if n > _LIMIT:
        raise Revert("multiplication overflow")
    if d == 0:
        raise Revert("division by zero")
    return n // d


def mul_div_up(a: int, b: int, d: int) -> int:
    """a * b / d rounded up, as (a * b + (d - 1)) / d; product and sum are checked at 256 bits."""
    if d == 0:
        raise Revert("division by zero")
    return mul_add_div(a, b, d - 1, d)


def mul_div_half_up(a: int, b: int, d: int) -> int:
    """a * b / d rounded half up, as (a * b + d / 2) / d; checked at 256 bits."""
    return mul_add_div(a, b, d // 2, d)


def mul_div_512_down(a: int, b: int, d: int) -> int:
    """a * b / d down with a 512-bit product; reverts when the quotient passes 256 bits (`FullMath.sol: mulDiv`)."""
    if d == 0:
        raise Revert("division by zero")
    c = a * b // d
    if c > _LIMIT:
        raise Revert("multiplication overflow")
    return c


def mul_div_512_up(a: int, b: int, d: int) -> int:
    """a * b / d rounded up with a 512-bit product (`FullMath.sol: mulDivRoundingUp`)."""
    if d == 0:
        raise Revert("division by zero")
    c = -(-a * b // d)
    if c > _LIMIT:
        raise Revert("multiplication overflow")
    return c


# ---- Aave's words -------------------------------------------------------------------------------------------------
def ray_mul_half_up(a: int, b: int) -> int:
    """a * b in ray, half up (`WadRayMath.sol: rayMul`)."""
    n = a * b + _HALF_RAY
    if n > _LIMIT:
        raise Revert("multiplication overflow")
    return n // _RAY


def ray_mul_down(a: int, b: int) -> int:
    """a * b in ray, rounded down (`WadRayMath.sol: rayMulFloor`)."""
    return mul_add_div(a, b, 0, _RAY)


def ray_mul_up(a: int, b: int) -> int:
    """a * b in ray, rounded up (`WadRayMath.sol: rayMulCeil`); the sum is checked at 256 bits, which the contract need
    not, since two factors of 128 bits cannot pass them."""
    return mul_add_div(a, b, _RAY - 1, _RAY)


def ray_div_half_up(a: int, b: int) -> int:
    """a / b in ray, half up (`WadRayMath.sol: rayDiv`)."""
    return mul_add_div(a, _RAY, b // 2, b)


def wad_mul_half_up(a: int, b: int) -> int:
    """a * b in wad, half up (`WadRayMath.sol: wadMul`)."""
    return mul_add_div(a, b, _HALF_WAD, _WAD)


def wad_div_half_up(a: int, b: int) -> int:
    """a / b in wad, half up (`WadRayMath.sol: wadDiv`)."""
    return mul_add_div(a, _WAD, b // 2, b)


def percent_mul_half_up(a: int, p: int) -> int:
    """a * p / 10_000 half up, p in bps (`PercentageMath.sol: percentMul`)."""
    return mul_add_div(a, p, HALF_BPS, BPS)


def percent_div_half_up(a: int, p: int) -> int:
    """a * 10_000 / p half up, p in bps (`PercentageMath.sol: percentDiv`)."""
    return mul_add_div(a, BPS, p // 2, p)


def ray_to_wad_half_up(a: int) -> int:
    """Ray to wad, half up (`WadRayMath.sol: rayToWad`)."""
    return mul_add_div(a, 1, _RATIO // 2, _RATIO)


def wad_to_ray(a: int) -> int:
    """Wad to ray; reverts above 256 bits (`WadRayMath.sol: wadToRay`)."""
    return mul(a, _RATIO)


# ---- roots --------------------------------------------------------------------------------------------------------
def isqrt(x: int) -> int:
    """Floor of the square root (`Math.sol: sqrt`)."""
    return _isqrt(x)


def sqrt_mul_down(a: int, b: int) -> int:
    """Floor of sqrt(a * b), the product taken in full (512 bits)."""
    return _isqrt(a * b)


# ---- where Solidity is unchecked, signed or narrow ----------------------------------------------------------------
def wrapping_add(a: int, b: int) -> int:
    """(a + b) mod 2**256."""
    return (a + b) & _LIMIT


def wrapping_sub(a: int, b: int) -> int:
    """(a - b) mod 2**256."""
    return (a - b) & _LIMIT


def wrapping_mul(a: int, b: int) -> int:
    """(a * b) mod 2**256."""
    return (a * b) & _LIMIT


def signed_div(a: int, b: int) -> int:
    """a / b for signed 256-bit integers, truncated towards zero as in Solidity (Python floors)."""
    if b == 0:
        raise Revert("division by zero")
    q = abs(a) // abs(b)
    return q if (a < 0) == (b < 0) else -q


def fits(x: int, bits: int) -> bool:
    """Whether the unsigned x has at most `bits` bits (a narrow cast that would not lose anything)."""
    return x >> bits == 0


def narrow(x: int) -> int:
    """A wide value that is known to be small, as a machine integer; reverts beyond 62 bits."""
    if x >> 62:
        raise Revert("narrow cast")
    return x


def as_float(x: int) -> float:
    """The nearest float, within 2 ulp; for proposals and bounds only."""
    return float(x)


def mul_lt(a: int, b: int, c: int, d: int) -> bool:
    """a * b < c * d for machine integers, with 128-bit products."""
    return a * b < c * d


def mix(h: int, x: int) -> int:
    """One step of the event hash chain: both 64 bits, x is taken modulo 2**64 (FNV-1a on words)."""
    return ((h ^ (x & MASK64)) * 1099511628211) & MASK64
