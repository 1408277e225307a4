"""Random amounts and times that reach the edges: dust, everything, one more than all, months, the same second."""

import random

MINUTE, DAY = 60, 86_400  # seconds


def amount_up_to(rng: random.Random, top: int) -> int:
    """A raw amount of 0 to top: often near the top, sometimes dust, else of any order of magnitude below."""
    if top <= 1:
        return max(top, 0)
    kind = rng.random()
    if kind < 0.04:
        return rng.randrange(min(4, top))
    if kind < 0.15:
        return top - rng.randrange(min(3, top))
    if kind < 0.6:
        return rng.randrange(top)
    return rng.randrange(1 << rng.randint(max(1, top.bit_length() - 24), top.bit_length())) % (top + 1)


def later(rng: random.Random, now: int, wrap: int | None = None) -> int:
    """The next block's time in seconds; rarely just before `wrap`, when that lies ahead."""
    if wrap is not None and now < wrap - 10 * DAY and rng.random() < 0.002:
        return wrap - rng.randrange(1, 600)
    gap = rng.choice((0, 1, 12, 12, 12, 13, MINUTE, 30 * MINUTE, DAY, rng.randrange(7 * DAY), rng.randrange(200 * DAY)))
    return now + gap
