"""Tick to square root of the price and back, bit by bit (@uniswap/v3-core 1.0.1 `TickMath.sol`). Prices are Q64.96."""

from protocol_sim.numeric import MAX_UINT256, fits, narrow, rule, wrapping_mul
from protocol_sim.numeric.fixed_point import Wide

MIN_SQRT_RATIO = Wide(4295128739)
MAX_SQRT_RATIO = Wide(1461446703485210103287273052203988822378723970342)

Q128 = Wide(1 << 128)
TO_Q96 = 0xFFFF_FFFF  # the bits that a Q128 number loses
FACTORS = tuple(Wide(f) for f in (  # the i-th: 1.0001 to the power -2**i / 2, Q128
    0xFFFCB933BD6FAD37AA2D162D1A594001, 0xFFF97272373D413259A46990580E213A, 0xFFF2E50F5F656932EF12357CF3C7FDCC,
    0xFFE5CACA7E10E4E61C3624EAA0941CD0, 0xFFCB9843D60F6159C9DB58835C926644, 0xFF973B41FA98C081472E6896DFB254C0,
    0xFF2EA16466C96A3843EC78B326B52861, 0xFE5DEE046A99A2A811C461F1969C3053, 0xFCBE86C7900A88AEDCFFC83B479AA3A4,
    0xF987A7253AC413176F2B074CF7815E54, 0xF3392B0822B70005940C7A398E4B70F3, 0xE7159475A2C29B7443B29C7FA6E889D9,
    0xD097F3BDFD2022B8845AD8F792AA5825, 0xA9F746462D870FDF8A65DC1F90E061E5, 0x70D869A156D2A1B890BB3DF62BAF32F7,
    0x31BE135F97D08FD981231505542FCFA6, 0x9AA508B5B7A84E1C677DE54F3E99BC9, 0x5D6AF8DEDB81196699C329225EE604,
    0x2216E584F5FA1EA926041BEDFE98, 0x48A170391F7DC42444E8FA2,
))

SHIFT = 1 << 21  # added to a tick while it is worked out, so that everything stays positive
LOG_UNIT = Wide(255738958999603826347141 << 50)  # from log2 with 14 binary places to log 1.0001 of the square, Q128
_START = (SHIFT << 128) - (128 << 64) * 255738958999603826347141
LOW = Wide(_START - 3402992956809132418596140100660247210)
HIGH = Wide(_START + 291339464771989622907027621153398088495)
Q95 = Wide(1 << 95)


@rule
def sqrt_ratio_at_tick(tick: int) -> int:
    """Square root of 1.0001**tick, rounded up at the end; MIN_TICK <= tick <= MAX_TICK (`getSqrtRatioAtTick`)."""
    bits = abs(tick)
    ratio: int = Q128
    for i in range(20):
        if bits & (1 << i):
            ratio = wrapping_mul(ratio, FACTORS[i]) >> 128  # both at most 2**128: nothing is lost
    if tick > 0:
        ratio = MAX_UINT256 // ratio
    return (ratio + TO_Q96) >> 32


@rule
def tick_at_sqrt_ratio(sqrt_price: int) -> int:
    """The greatest tick whose ratio is not above; MIN_SQRT_RATIO <= price < MAX_SQRT_RATIO (`getTickAtSqrtRatio`)."""
    top = 0  # the price's highest bit
    r = sqrt_price
    for k in range(7, -1, -1):
        if not fits(r, 1 << k):
            top += 1 << k
            r = r >> (1 << k)
    r = wrapping_mul(sqrt_price, Q95) >> (top - 32)  # highest bit moved to 127
    log2 = top + 32  # of the price in Q128
    for _ in range(14):
        r = wrapping_mul(r, r) >> 127
        bit = 0 if fits(r, 128) else 1
        log2 = 2 * log2 + bit
        r = r >> bit
    log = log2 * LOG_UNIT
    low, high = narrow((log + LOW) >> 128) - SHIFT, narrow((log + HIGH) >> 128) - SHIFT
    if low == high or sqrt_ratio_at_tick(high) > sqrt_price:
        return low
    return high
