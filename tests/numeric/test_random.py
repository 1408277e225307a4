"""Counter-based draws: known answers, independence of the keys, moments."""

import math
from itertools import combinations

import numpy as np
import pytest

from protocol_sim.numeric import random as R
from protocol_sim.numeric.portable import normal_inverse

S = R.Stream(seed=1, path=2, component=3, entity=4)


def philox_4x64_10(counter: list[int], key: list[int]) -> list[int]:
    """Salmon et al. 2011, written out: ten rounds of multiply, swap and exclusive or."""
    mask = 2**64 - 1
    c, (k0, k1) = list(counter), key
    for _ in range(10):
        p0, p1 = 0xD2E7470EE14C6C93 * c[0], 0xCA5A826395121157 * c[2]
        c = [(p1 >> 64) ^ c[1] ^ k0, p1 & mask, (p0 >> 64) ^ c[3] ^ k1, p0 & mask]
        k0, k1 = (k0 + 0x9E3779B97F4A7C15) & mask, (k1 + 0xBB67AE8584CAA73B) & mask
    return c


def test_the_paper() -> None:
    # Random123 kat_vectors: philox4x64 10, all zero
    assert philox_4x64_10([0, 0, 0, 0], [0, 0]) == [
        0x16554D9ECA36314C, 0xDB20FE9D672D0FDC, 0xD7E772CEE186176B, 0x7E68B68AEC7BA23B
    ]


def test_words_are_philox_of_key_and_counter() -> None:
    words = [w for block in range(1, 4) for w in philox_4x64_10([block, 0, 3, 4], [1, 2])]
    assert R.bits(S, 12).tolist() == words  # numpy counts up before it draws


def test_numpys_own_generator_agrees() -> None:
    theirs = np.random.Philox(key=np.array([1, 2], np.uint64), counter=np.array([0, 0, 3, 4], np.uint64)).random_raw(9)
    assert R.bits(S, 9).tolist() == theirs.tolist()


@pytest.mark.parametrize("start", [0, 1, 3, 4, 7, 100])
def test_any_part_can_be_made_alone(start: int) -> None:
    assert R.bits(S, 5, start).tolist() == R.bits(S, 200)[start : start + 5].tolist()


def test_a_start_far_out_needs_nothing_before_it() -> None:
    start = 4 * (2**64 - 1) + 2
    words = philox_4x64_10([0, 1, 3, 4], [1, 2])[2:] + philox_4x64_10([1, 1, 3, 4], [1, 2])[:1]
    assert R.bits(S, 3, start).tolist() == words


def test_other_streams_do_not_shift_one() -> None:
    alone = R.uniforms(S, 50)
    for other in (S._replace(entity=5), S._replace(component=9), S._replace(path=0), S._replace(seed=7)):
        R.uniforms(other, 1000)
        assert not set(R.bits(other, 200).tolist()) & set(R.bits(S, 200).tolist())
    assert (R.uniforms(S, 50) == alone).all()


@pytest.mark.parametrize("part", ["seed", "path", "component", "entity"])
@pytest.mark.parametrize("value", [-1, 2**64])
def test_parts_out_of_range_are_refused(part: str, value: int) -> None:
    with pytest.raises(ValueError, match=f"{part} of a random stream"):
        R.bits(S._replace(**{part: value}), 1)


def test_the_largest_parts() -> None:
    top = R.Stream(2**64 - 1, 2**64 - 1, 2**64 - 1, 2**64 - 1)
    assert R.bits(top, 4).tolist() == philox_4x64_10([1, 0, top.component, top.entity], [top.seed, top.path])


def test_uniforms_are_odd_multiples_of_two_to_the_minus_53() -> None:
    for word, u in zip(R.bits(S, 100).tolist(), R.uniforms(S, 100).tolist(), strict=True):
        assert u * 2**53 == (word >> 11) | 1
        assert 0.0 < u < 1.0


def test_normals_are_the_inverse_of_the_uniforms() -> None:
    assert R.normals(S, 64).tolist() == [normal_inverse(u) for u in R.uniforms(S, 64).tolist()]


N = 200_000
LIMIT = 5.0  # standard errors: one fixed seed, so a failure means a defect, not bad luck


def test_moments_of_the_uniforms() -> None:
    u = R.uniforms(S, N)
    assert abs(u.mean() - 0.5) < LIMIT * math.sqrt(1 / 12 / N)
    assert abs(u.var() - 1 / 12) < LIMIT * math.sqrt(1 / 180 / N)
    counts = np.histogram(u, 100, (0, 1))[0]
    chi = ((counts - N / 100) ** 2 / (N / 100)).sum()
    assert abs(chi - 99) < LIMIT * math.sqrt(2 * 99)


def test_moments_of_the_normals() -> None:
    z = R.normals(S, N)
    for power, mean, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
        assert abs((z**power).mean() - mean) < LIMIT * math.sqrt(variance / N)


def test_neighbouring_streams_are_uncorrelated() -> None:
    streams = [S, S._replace(entity=5), S._replace(component=4), S._replace(path=3), S._replace(seed=2)]
    drawn = [R.normals(s, N) for s in streams]
    for a, b in combinations(drawn, 2):
        assert abs((a * b).mean()) < LIMIT / math.sqrt(N)
    assert abs((drawn[0][1:] * drawn[0][:-1]).mean()) < LIMIT / math.sqrt(N)


def test_words_for_names_are_stable() -> None:
    assert R.word("prices") != R.word("agents")
    assert R.word("prices") == 0xBA73862F99EC64A8
