"""What a run leaves behind: `Run` (events, series, positions, summary, manifest, input ledger) and its files.

Imports no engine and no scenario: a run is read, compared and reported without knowing how it was made.
"""

from protocol_sim.results.files import load_run
from protocol_sim.results.ledger import LedgerEntry, Status, counts
from protocol_sim.results.manifest import Manifest, make_manifest
from protocol_sim.results.run import Run
from protocol_sim.results.summary import Summary

__all__ = ["LedgerEntry", "Manifest", "Run", "Status", "Summary", "counts", "load_run", "make_manifest"]
