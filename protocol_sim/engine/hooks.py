"""What an engine adds to the order of a block: who is worth looking at, and where events go.

The block text calls these with the engine's own object `f` first. The exact engine's `f` is a Python object with
methods of the same names; compiled engines choose an implementation by the type of `f` (`engine.fast`).
"""

from typing import Any

from protocol_sim.agents.view import View


def find(f: Any, w: View) -> int:
    """Fill `f.candidates` with the accounts that may be acted upon now; returns how many."""
    return int(f.find(w))


def ahead(f: Any, w: View, q: int, found: int) -> None:
    """Row q of `found` candidates comes next; compiled engines ask memory for later ones."""


def note(f: Any, w: View, p: int, i: int, code: int) -> None:
    """Account i of protocol p was looked at, with this result."""
    f.note(w, p, i, code)


def rules_out(f: Any, w: View, p: int, i: int) -> bool:
    """Whether the finder can prove, before anybody decides, that account i of protocol p is healthy."""
    return bool(f.rules_out(w, p, i))


def feed_moved(f: Any, w: View, feed: int) -> None:
    """A feed has a new answer, already written into the protocols it prices."""
    f.feed_moved(w, feed)


def pool_moved(f: Any, w: View, place: int) -> None:
    """Somebody traded in a pool."""
    f.pool_moved(w, place)


def parameters_changed(f: Any, w: View, p: int) -> None:
    """A timeline entry changed protocol p: whatever was known of its accounts is void."""
    f.parameters_changed(w, p)


def add_shortfalls(f: Any, w: View, out: Any) -> None:
    """Bad debt of the world as it stands into the row `out` (`shortfall.Short`); compiled engines only."""
    raise AssertionError


def record(f: Any, w: View, event: Any) -> None:
    """An event has happened (its number is `clock.events`, already counted and hashed)."""
    f.record(w, event)


def custom_proposals(f: Any, w: View, n: int) -> int:
    """Let a user's own agents add proposals after the first n rows of `f.proposals`; returns the new count."""
    return int(f.custom_proposals(w, n))


def custom_reports(f: Any, w: View) -> None:
    """Let a user's own feeds decide on reports, after all others."""
    f.custom_reports(w)
