"""Which rule explains each round of a real feed?

    python -m protocol_sim.oracles.intervals FILE [DEVIATION_BPS [HEARTBEAT_S]]

Counts the intervals between published rounds that satisfy the deviation rule, the heartbeat rule or neither, on the
published answers and times alone. The trigger is off-chain (it sees prices that were never published, and reports take
time to land), so what neither rule explains is reported, not fitted.
"""

import sys
from dataclasses import dataclass
from itertools import pairwise

from protocol_sim.errors import BadInput
from protocol_sim.oracles.chainlink import deviates
from protocol_sim.oracles.rounds import Published, read

EMPTY, DUPLICATE, DEVIATION, HEARTBEAT, NEITHER = "empty row", "duplicated time", "deviation", "heartbeat", "neither"
NEAR = 100     # s before the heartbeat
SHORT = 600    # s


@dataclass(frozen=True)
class Interval:
    """Two consecutive rounds: seconds between them and which rule asks for the second."""

    elapsed: int
    kind: str
    both: bool = False  # deviation, and the heartbeat as well


@dataclass(frozen=True)
class Shares:
    """The count of each kind; intervals that satisfy both rules count as deviation (`both` of them)."""

    rounds: int
    counts: dict[str, int]
    both: int
    near_heartbeat: int   # of any kind, ended within NEAR seconds before the heartbeat
    near_neither: int     # of these, neither
    short: int            # neither, shorter than SHORT
    explained_bps: int    # deviation or heartbeat, of all intervals with two filled rows and two times, rounded down

    @property
    def intervals(self) -> int:
        """Intervals that the share is taken of."""
        return sum(self.counts[kind] for kind in (DEVIATION, HEARTBEAT, NEITHER))


def classify(before: Published, after: Published, deviation: int, heartbeat: int) -> Interval:
    """The kind of one interval; `deviation` in bps, `heartbeat` in seconds."""
    elapsed = after.updated_at - before.updated_at
    if 0 in (before.answer, before.updated_at, after.answer, after.updated_at):
        return Interval(0, EMPTY)
    if elapsed == 0:
        return Interval(0, DUPLICATE)
    late = elapsed >= heartbeat
    if deviates(before.answer, after.answer, deviation):
        return Interval(elapsed, DEVIATION, late)
    return Interval(elapsed, HEARTBEAT if late else NEITHER)


def shares(rounds: list[Published], deviation: int = 50, heartbeat: int = 3_600) -> Shares:
    """Classify every interval of a history in its order."""
    found = [classify(a, b, deviation, heartbeat) for a, b in pairwise(rounds)]
    counts = {kind: sum(i.kind == kind for i in found) for kind in (DEVIATION, HEARTBEAT, NEITHER, DUPLICATE, EMPTY)}
    rest = [i.elapsed for i in found if i.kind == NEITHER]
    explained = counts[DEVIATION] + counts[HEARTBEAT]
    return Shares(
        rounds=len(rounds),
        counts=counts,
        both=sum(i.both for i in found),
        near_heartbeat=sum(heartbeat - NEAR <= i.elapsed < heartbeat for i in found),
        near_neither=sum(heartbeat - NEAR <= e < heartbeat for e in rest),
        short=sum(e < SHORT for e in rest),
        explained_bps=10_000 * explained // max(1, explained + len(rest)),
    )


def render(found: Shares, deviation: int, heartbeat: int) -> str:
    """A few lines of text."""
    total = max(1, found.intervals)
    lines = [f"{found.rounds} rounds, {found.intervals} intervals; deviation {deviation} bps, heartbeat {heartbeat} s"]
    for kind in (DEVIATION, HEARTBEAT, NEITHER):
        lines.append(f"  {kind:<16}{found.counts[kind]:>7}  {100 * found.counts[kind] / total:5.1f} %")
    lines += [
        f"  either rule     {found.explained_bps / 100:>13.1f} %   (both: {found.both})",
        f"  within {NEAR} s before the heartbeat: {found.near_heartbeat}, of them neither: {found.near_neither}",
        f"  neither, shorter than {SHORT} s: {found.short}",
        f"  left out: {found.counts[DUPLICATE]} with a duplicated time, {found.counts[EMPTY]} next to an empty row",
    ]
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Print the shares of one file; 2 on bad input."""
    try:
        if not 1 <= len(arguments) <= 3 or not all(a.isdigit() and int(a) > 0 for a in arguments[1:]):
            found = " ".join(arguments) or "nothing"
            raise BadInput("arguments", "intervals", "FILE [DEVIATION_BPS [HEARTBEAT_S]]", found)
        deviation, heartbeat = (*(int(a) for a in arguments[1:]), *(50, 3_600)[len(arguments) - 1 :])
        print(render(shares(read(arguments[0]), deviation, heartbeat), deviation, heartbeat))
    except BadInput as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
