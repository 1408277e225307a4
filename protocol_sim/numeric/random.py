"""Counter-based random numbers: a draw is a pure function of (seed, path, component, entity, index).

Philox4x64-10 (Salmon et al. 2011; numpy's): the key holds seed and path, the upper half of the counter component and
entity, the lower half the index. So any stream can be made alone; switching one on or lengthening it shifts no other.
"""

from hashlib import blake2b
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from protocol_sim.numeric.portable import normal_inverse_array

WORD = 2**64
_PER_BLOCK = 4  # Philox4x64 gives four words a counter value


class Stream(NamedTuple):
    """The name of one stream; each part is an integer below 2**64 (`word` makes one from a text)."""

    seed: int
    path: int
    component: int
    entity: int = 0


def word(name: str) -> int:
    """A stable 64-bit number for a name: the first eight bytes of its BLAKE2b-64 digest."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "little")


def bits(stream: Stream, count: int, start: int = 0) -> NDArray[np.uint64]:
    """Words `start` to `start + count` of the stream."""
    for part, value in stream._asdict().items():
        if not 0 <= value < WORD:
            raise ValueError(f"{part} of a random stream: expected an integer from 0 to 2**64 - 1, found {value}")
    block, skip = divmod(start, _PER_BLOCK)
    counter = np.array([block % WORD, block // WORD, stream.component, stream.entity], np.uint64)
    key = np.array([stream.seed, stream.path], np.uint64)
    words: NDArray[np.uint64] = np.random.Philox(key=key, counter=counter).random_raw(skip + count)
    return words[skip:]


def uniforms(stream: Stream, count: int, start: int = 0) -> NDArray[np.float64]:
    """Uniform on (0, 1): the odd multiples of 2**-53, never 0 or 1, exact."""
    top = (bits(stream, count, start) >> np.uint64(11)) | np.uint64(1)
    return top.astype(np.float64) * 2.0**-53


def normals(stream: Stream, count: int, start: int = 0) -> NDArray[np.float64]:
    """Standard normal, by the portable inverse of the distribution; one word a draw."""
    return normal_inverse_array(uniforms(stream, count, start))
