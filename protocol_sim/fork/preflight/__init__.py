"""A change of parameters or prices, applied to real accounts before it executes.

`change` is the file that says what changes; `steps` turns it into operations of the model and calls of the contracts;
`impact` holds every account's health in the next block against what it would be without the change; `execute` does the
same on a fork, where the ACL admin's own calls are made, and compares every account; `result` puts it into tables.

"The next block" is the snapshot's block time (at least 2 s) after the snapshot's block: both sides of the comparison
are reckoned at that moment, so that interest is in neither difference. The change is one block's, in the order of the
file. Not modelled: what people do about it, and what selling the seized collateral does to prices (`protocol-sim run`
on the same snapshot answers that).
"""

from protocol_sim.fork.preflight.change import Change, load_change, parse_change
from protocol_sim.fork.preflight.result import Preflight
from protocol_sim.fork.preflight.run import preflight

__all__ = ["Change", "Preflight", "load_change", "parse_change", "preflight"]
