"""Engines: `block` is the order of events, one text; `exact` runs it in Python integers, `fast` compiled.

| file | what |
|---|---|
| `block`, `hooks` | the order of events in a block, and the places where an engine puts itself in |
| `events`, `proposals` | what happens, numbered and hashed; what agents want, and in which order |
| `exact` | the reference: Python ints, everybody looked at in every round; takes a user's own agents and feeds |
| `fast`, `layout` | compiled: the same text on tables instead of lists, waking or scanning |
| `wake`, `queues`, `idle` | who may be liquidatable now, and who may have become worth it |
| `shortfall`, `undo` | what a path leaves: bad debt, and the tables as they were before |
| `run`, `outcome`, `positions` | a scenario in, a `Run` out |
| `paths` | a scenario in, many price paths out, one row each |
"""

from protocol_sim.engine.paths import run_paths
from protocol_sim.engine.proposals import Proposal
from protocol_sim.engine.run import run

__all__ = ["Proposal", "run", "run_paths"]
