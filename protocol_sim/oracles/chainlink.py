"""A Chainlink feed: reports at a deviation or a heartbeat, at least one block after it decided to.

The trigger is off-chain; here it is the published rule on the last answer, and one report is in flight at a time. Real
rounds follow it only in part (`intervals` measures how far). On chain the report reverts outside [minimum, maximum],
and the feed keeps its old answer (`OffchainAggregator.sol: transmit`, "median is out of min-max range").
"""

from typing import TYPE_CHECKING

from protocol_sim.numeric import BPS, ZERO, narrow, rule

if TYPE_CHECKING:
    from protocol_sim.oracles.feed import Feed

QUIET = 0          # neither rule asks for a report
DEVIATION = 1      # reports: the source has moved by `deviation` or more
HEARTBEAT = 2      # reports: `heartbeat` seconds have passed
IN_FLIGHT = 3      # an earlier report has not landed yet
OUT_OF_RANGE = 4   # the report reverts
MACHINE = 2**60    # below it, all of `calm` fits machine integers: a deviation is at most 10,000 bps


@rule
def deviates(answer: int, seen: int, deviation: int) -> bool:
    """Whether `seen` is at least `deviation` bps of the answer away from it."""
    away = seen - answer if seen > answer else answer - seen
    return away * BPS >= answer * deviation


@rule
def calm(answer: int, deviation: int) -> tuple[int, int]:
    """The least and the most that a source may show without deviating; (0, -1) if they do not fit machine integers, or
    if every source deviates."""
    weighed = answer * (ZERO + deviation)
    if weighed == 0 or answer >= MACHINE:
        return 0, -1
    room = narrow((weighed - 1) // BPS)
    middle = narrow(answer)
    return max(middle - room, 0), middle + room


@rule
def reason_of(feed: "Feed", seen: int, now: int) -> int:
    """Which of the two rules asks for a report of `seen` now; QUIET: neither."""
    if deviates(feed.answer, seen, feed.deviation):
        return DEVIATION
    return HEARTBEAT if now - feed.updated_at >= feed.heartbeat else QUIET


@rule
def look(feed: "Feed", seen: int, pure: int, block: int, now: int) -> int:
    """Decide on a report of `seen` in block `block`; it lands `delay` blocks later, never in this one."""
    if feed.pending_block > 0:
        return IN_FLIGHT
    if feed.silent_until > block:
        return QUIET
    reason = reason_of(feed, seen, now)
    if reason == QUIET:
        return QUIET
    if seen < feed.minimum or seen > feed.maximum:
        feed.refused += 1
        return OUT_OF_RANGE
    feed.pending_answer, feed.pending_pure = seen, pure
    feed.pending_block = block + max(feed.delay, 1)
    return reason
