"""protocol-sim: DeFi liquidations simulated to the wei, with the loop closed (liquidation, sale, pool, feed).

The public names. Each is imported when it is first used, so that `import protocol_sim` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from protocol_sim.audit import audit
    from protocol_sim.books import Book, read_book, write_book
    from protocol_sim.engine import run, run_paths
    from protocol_sim.errors import BadInput, MissingTool, ProtocolSimError
    from protocol_sim.fork.capture import capture
    from protocol_sim.fork.preflight import Preflight, preflight
    from protocol_sim.fork.replay import Replay, replay
    from protocol_sim.fork.snapshot import Snapshot, load_snapshot
    from protocol_sim.prices.calibrate import calibrate
    from protocol_sim.report import Report, write_html, write_markdown
    from protocol_sim.results import LedgerEntry, Manifest, Paths, Run, Summary, join_paths, load_paths, load_run
    from protocol_sim.risk import Estimate, risk_numbers
    from protocol_sim.scenario import Scenario, ledger, load_scenario, parse_scenario, to_toml
    from protocol_sim.tuning import Tuning, load_tuning, tune
    from protocol_sim.world import generate_book

__version__ = "0.1.0"

_HOMES = {
    "BadInput": "errors",
    "Book": "books",
    "Estimate": "risk",
    "LedgerEntry": "results",
    "Manifest": "results",
    "MissingTool": "errors",
    "Paths": "results",
    "Preflight": "fork.preflight",
    "ProtocolSimError": "errors",
    "Replay": "fork.replay",
    "Report": "report",
    "Run": "results",
    "Scenario": "scenario",
    "Snapshot": "fork.snapshot",
    "Summary": "results",
    "Tuning": "tuning",
    "audit": "audit",
    "calibrate": "prices.calibrate",
    "capture": "fork.capture",
    "generate_book": "world",
    "join_paths": "results",
    "ledger": "scenario",
    "load_paths": "results",
    "load_run": "results",
    "load_scenario": "scenario",
    "load_snapshot": "fork.snapshot",
    "load_tuning": "tuning",
    "parse_scenario": "scenario",
    "preflight": "fork.preflight",
    "read_book": "books",
    "replay": "fork.replay",
    "risk_numbers": "risk",
    "run": "engine",
    "run_paths": "engine",
    "to_toml": "scenario",
    "tune": "tuning",
    "write_book": "books",
    "write_html": "report",
    "write_markdown": "report",
}

__all__ = [
    "BadInput",
    "Book",
    "Estimate",
    "LedgerEntry",
    "Manifest",
    "MissingTool",
    "Paths",
    "Preflight",
    "ProtocolSimError",
    "Replay",
    "Report",
    "Run",
    "Scenario",
    "Snapshot",
    "Summary",
    "Tuning",
    "audit",
    "calibrate",
    "capture",
    "generate_book",
    "join_paths",
    "ledger",
    "load_paths",
    "load_run",
    "load_scenario",
    "load_snapshot",
    "load_tuning",
    "parse_scenario",
    "preflight",
    "read_book",
    "replay",
    "risk_numbers",
    "run",
    "run_paths",
    "to_toml",
    "tune",
    "write_book",
    "write_html",
    "write_markdown",
]


def __getattr__(name: str) -> Any:
    """The public name, imported from where it lives."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
