"""What a run leaves behind: `Run` (events, series, positions, summary, manifest, input ledger) and its files.

`Paths` is many price paths of one scenario: a row each, and the events of those asked for.

Imports no engine and no scenario: a run is read, compared and reported without knowing how it was made.
"""

from protocol_sim.results.files import load_run
from protocol_sim.results.ledger import LedgerEntry, Status, counts
from protocol_sim.results.manifest import Manifest, make_manifest
from protocol_sim.results.paths import Paths, join_paths, load_paths
from protocol_sim.results.run import Run
from protocol_sim.results.summary import Summary

__all__ = ["LedgerEntry", "Manifest", "Paths", "Run", "Status", "Summary", "counts", "join_paths", "load_paths",
           "load_run", "make_manifest"]
