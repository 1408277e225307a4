"""The reference engine: Python integers, every indebted account looked at in every round."""

from collections.abc import Callable, Sequence
from typing import Any

from protocol_sim.agents.view import View
from protocol_sim.engine.block import finish_step, run_block
from protocol_sim.engine.events import Event, Happening
from protocol_sim.engine.proposals import Candidate, Proposal
from protocol_sim.protocols import base as protocols


class Everyone:
    """Finds every account with debt, keeps every event, and asks a user's own agents."""

    def __init__(
        self, world: View, agents: Sequence[tuple[int, Any]] = (), feeds: Sequence[tuple[int, Any]] = ()
    ) -> None:
        self.candidates = [Candidate(protocol=p, account=i) for p, i in _accounts(world)]
        rows = max(1, len(self.candidates) * max(1, len(world.agents)))
        self.proposals = [Proposal() for _ in range(rows)]
        self.order = [Candidate() for _ in range(rows)]
        self.events: list[Event] = []
        self._agents, self._feeds = agents, feeds

    def find(self, w: View) -> int:  # noqa: ARG002
        """Everybody, always: an account without debt is refused as healthy."""
        return len(self.candidates)

    def rules_out(self, w: View, p: int, i: int) -> bool:  # noqa: ARG002
        """Nothing is ruled out."""
        return False

    def note(self, w: View, p: int, i: int, code: int) -> None:
        """Nothing is remembered."""

    def feed_moved(self, w: View, feed: int) -> None:
        """Nothing is remembered."""

    def pool_moved(self, w: View, place: int) -> None:
        """Nothing is remembered."""

    def parameters_changed(self, w: View, p: int) -> None:
        """Nothing is remembered."""

    def record(self, w: View, e: Happening) -> None:
        """Keep the event with its number and time."""
        c = w.clock[0]
        self.events.append(Event(number=c.events, step=c.step, block=c.block, now=c.now, **e._asdict()))

    def custom_proposals(self, w: View, n: int) -> int:
        """Proposals of a user's own agents, in scenario order."""
        for a, agent in self._agents:
            for wanted in agent.propose(w, a):
                if n == len(self.proposals):
                    self.proposals.append(Proposal())
                    self.order.append(Candidate())
                row = self.proposals[n]
                row.profit, row.repaid, row.bid, row.agent = wanted.profit, wanted.repaid, w.agents[a].bid, a
                row.protocol, row.account, row.kc, row.kd = wanted.protocol, wanted.account, wanted.kc, wanted.kd
                n += 1
        return n

    def custom_reports(self, w: View) -> None:
        """Reports of a user's own feeds; they land in the next block."""
        for n, custom in self._feeds:
            answer = custom.look(w, n)
            if answer is not None:
                feed = w.feeds[n]
                feed.pending_answer = feed.pending_pure = answer
                feed.pending_block = w.clock[0].block + max(feed.delay, 1)


def _accounts(world: View) -> list[tuple[int, int]]:
    return [(p, i) for p in range(len(world.protocols)) for i in range(protocols.account_count(world.protocols, p))]


def simulate(
    world: View,
    agents: Sequence[tuple[int, Any]] = (),
    feeds: Sequence[tuple[int, Any]] = (),
    after_step: Callable[[int], None] | None = None,
) -> list[Event]:
    """Run the world through its whole path, in place; returns the events.

    `agents` are (row in `world.agents`, object with `propose(view, row)`), `feeds` (row in `world.feeds`, object with
    `look(view, row)`); `after_step` is told the number of each step that is done.
    """
    f = Everyone(world, agents, feeds)
    for step in range(len(world.path) // len(world.tokens)):
        for _ in range(world.clock[0].blocks_per_step):
            run_block(world, f, step)
        finish_step(world, step)
        if after_step is not None:
            after_step(step)
    return f.events
