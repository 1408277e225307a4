"""The application: its areas, and the one place where an error becomes one line and an exit status."""

import os
import sys
from typing import Any

import typer

from protocol_sim.cli import audit, calibrate, capture, demo, preflight, replay, report, rig, run, tune, verify
from protocol_sim.errors import ProtocolSimError, Revert

BAD_INPUT = 2
INTERRUPTED = 130
EPILOG = "Exit status: 0 done, 1 a difference or a finding, 2 bad input or a missing tool, 130 interrupted."

UsageError: Any = typer.BadParameter.__mro__[1]           # typer's own copy of click's; it exports no other way to it

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.callback(epilog=EPILOG)
def root() -> None:
    """DeFi liquidations simulated to the wei, with the loop closed."""


for area in (demo, run, verify, rig, audit, capture, replay, preflight, calibrate, tune, report):
    area.register(app)


def main() -> None:
    """Run the command line and leave with its exit status."""
    sys.exit(status(sys.argv[1:] or ["--help"]))


def status(arguments: list[str]) -> int:
    """Run one command and give its exit status; what was wrong is said in one line on standard error."""
    try:
        code = typer.main.get_command(app).main(arguments, prog_name="protocol-sim", standalone_mode=False)
        sys.stdout.flush()
    except Revert as error:
        return _say(f"protocol-sim: an input is out of any range that the contracts hold: {error}", BAD_INPUT)
    except ProtocolSimError as error:
        return _say(str(error), BAD_INPUT)
    except UsageError as error:
        return _say(f"protocol-sim: {error.format_message()} (--help shows what there is)", BAD_INPUT)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:                          # the reader (head, less) has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:                         # a full disk, a directory that may not be written
        return _say(f"protocol-sim: {error.filename or type(error).__name__}: {error.strerror or error}", BAD_INPUT)
    if code == INTERRUPTED:                          # what typer makes of Ctrl-C inside a command
        return _say("interrupted: nothing half-written is left behind", INTERRUPTED)
    return code if isinstance(code, int) else 0


def _say(line: str, code: int) -> int:
    sys.stderr.write(" ".join(line.split()) + "\n")
    return code
