"""A feed that replays a recorded history: each round lands in its block, whatever the sources show."""

import csv
from dataclasses import dataclass
from pathlib import Path

from protocol_sim.errors import BadInput
from protocol_sim.numeric import U128, Rows, record, rule
from protocol_sim.oracles.feed import Feed
from protocol_sim.oracles.feed import land as land_report


@record
class Round:
    """One recorded answer, valid from `block` on. Rows of one feed lie together, in order."""

    block: int = 0
    answer: U128 = 0  # the feed's decimals


@rule
def queue(feed: Feed, history: Rows[Round]) -> None:
    """Put the next recorded round in flight, if none is and one is left."""
    if feed.pending_block == 0 and feed.next_round < feed.end_round:
        due = history[feed.next_round]
        feed.next_round += 1
        feed.pending_block = max(due.block, 1)
        feed.pending_answer, feed.pending_pure = due.answer, due.answer


@rule
def land(feed: Feed, history: Rows[Round], block: int, now: int) -> int:
    """How many recorded rounds landed: all that are due by this block, the last one stands."""
    landed = 0
    queue(feed, history)
    while land_report(feed, block, now):
        landed += 1
        queue(feed, history)
    return landed


@dataclass(frozen=True)
class Published:
    """A round as an aggregator published it."""

    round_id: int
    answer: int      # raw; 0 in an empty row
    updated_at: int  # unix s; 0 in an empty row


def read(path: str | Path) -> list[Published]:
    """Rounds of a CSV file with the columns `round`, `answer` (or `answer_1e8`) and `updated_at`; one-line refusals."""
    try:
        with open(path, newline="", encoding="utf-8") as file:
            return _rows(str(path), list(csv.reader(file)))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(str(path), "file", "a readable CSV file", type(error).__name__) from None


def _rows(where: str, lines: list[list[str]]) -> list[Published]:
    header = ",".join(lines[0]) if lines else ""
    if header.replace("answer_1e8", "answer") != "round,answer,updated_at":
        raise BadInput(where, "line 1", "round,answer,updated_at", header or "nothing")
    rounds = []
    for number, cells in enumerate(lines[1:], start=2):
        if len(cells) != 3 or not all(c.isascii() and c.isdigit() for c in cells):
            raise BadInput(where, f"line {number}", "three non-negative integers", ",".join(cells) or "nothing")
        rounds.append(Published(*(int(c) for c in cells)))
    return rounds
