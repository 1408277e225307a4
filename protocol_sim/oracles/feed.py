"""The row of a feed, and what every kind of feed does: look at its source, land the report that it decided on.

Answers are unsigned integers with the feed's own decimals; a negative answer is refused where it is read in.
A report carries two answers: what the source showed, and what it would have shown without any liquidator's trade
(`pure_*`), which only serves to tell outside shocks from what liquidations did.
"""

from protocol_sim.numeric import MAX_UINT128, U128, ZERO, record, rule
from protocol_sim.oracles import chainlink

FIXED, CHAINLINK, ROUNDS = 0, 1, 2
NONE = -1


@record
class Feed:
    """One feed. `pending_*` is the report in flight; `first_round` to `end_round` its rows in a recorded history."""

    kind: int = FIXED
    answer: U128 = 0             # quote per base, `one` = 1
    pure_answer: U128 = 0
    one: U128 = 100_000_000      # 10 ** decimals
    updated_at: int = 0          # unix s
    round_id: int = 0
    base: int = 0                # token that is priced
    quote: int = NONE            # token; NONE: USD
    place: int = NONE            # pool that is the source; NONE: outside prices
    deviation: int = 50          # bps of the last answer; a report is due at or above
    heartbeat: int = 3_600       # s since the last answer; a report is due at or above
    delay: int = 1               # blocks from the decision to the chain
    minimum: U128 = 0            # a report below reverts
    maximum: U128 = MAX_UINT128  # a report above reverts
    pending_block: int = 0       # block in which the report in flight lands; 0: there is none
    pending_answer: U128 = 0
    pending_pure: U128 = 0
    next_round: int = 0          # row of the history that comes next
    end_round: int = 0           # row behind the last
    refused: int = 0             # reports that reverted at `minimum` or `maximum`
    silent_until: int = 0        # block; before it the feed decides on no report
    event: int = 0               # number of the event in which the answer last changed
    calm_low: int = 0            # a source within does not deviate; a cache of `chainlink.calm`
    calm_high: int = NONE        # below calm_low: to be worked out


@rule
def watches(feed: Feed) -> bool:
    """Whether the feed looks at a source at all."""
    return feed.kind == CHAINLINK


@rule
def is_quiet(feed: Feed, seen: int, block: int, now: int) -> bool:
    """Whether a look at `seen` would do nothing, whatever else the feed is told."""
    if feed.pending_block > 0 or feed.silent_until > block:
        return True
    return chainlink.reason_of(feed, seen, now) == chainlink.QUIET


@rule
def look(feed: Feed, seen: int, pure: int, block: int, now: int) -> int:
    """Let the feed see its source in block `block`; a code of `chainlink`, QUIET for the other kinds."""
    if feed.kind == CHAINLINK:
        return chainlink.look(feed, seen, pure, block, now)
    return chainlink.QUIET


@rule
def land(feed: Feed, block: int, now: int) -> int:
    """1 if a report landed in this block: the answer, its time and its round are new (`AnswerUpdated`)."""
    if feed.pending_block == 0 or feed.pending_block > block:
        return 0
    feed.answer, feed.pure_answer = feed.pending_answer, feed.pending_pure
    feed.updated_at = now
    feed.round_id += 1
    feed.calm_low, feed.calm_high = 0, NONE
    feed.pending_block, feed.pending_answer, feed.pending_pure = 0, ZERO, ZERO
    return 1
