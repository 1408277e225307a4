"""A feed that says what it was told: it looks at nothing and changes only when somebody sets it."""

from typing import TYPE_CHECKING

from protocol_sim.numeric import rule

if TYPE_CHECKING:
    from protocol_sim.oracles.feed import Feed


@rule
def set_answer(feed: "Feed", answer: int, now: int) -> None:
    """A new answer at once (a timeline entry, or a test that moves a price); drops a report in flight."""
    feed.answer, feed.pure_answer = answer, answer
    feed.updated_at = now
    feed.round_id += 1
    feed.pending_block = 0
    feed.calm_low, feed.calm_high = 0, -1
