"""The command line: one file per area, each registering its own subcommands on `cli.app`.

Exit status 0: done; 1: a difference or a finding; 2: bad input or a missing tool, said in one line; 130: interrupted.
"""

from protocol_sim.cli.app import main

__all__ = ["main"]
