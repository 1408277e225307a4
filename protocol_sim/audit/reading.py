"""What is audited, whatever form it comes in: a snapshot (JSON), a scenario, a directory with one, an audit file."""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from protocol_sim.audit.audit_file import complement, written_out
from protocol_sim.audit.complement import AuditFile
from protocol_sim.audit.configuration import read_configuration
from protocol_sim.audit.market import Market
from protocol_sim.audit.scenarios import of_scenario
from protocol_sim.errors import BadInput
from protocol_sim.scenario import load_scenario
from protocol_sim.scenario.load import one_line
from protocol_sim.shallow import shallow_json


def read(path: str | Path, complement_file: str | Path | None = None) -> tuple[Market, ...]:
    """The markets of a file or directory (a scenario may hold several). BadInput says what is wrong, in one line."""
    markets = _read(Path(path))
    if complement_file is None:
        return markets
    given = _audit_file(Path(complement_file), _toml(Path(complement_file)))
    if given.market is not None or given.reserves:
        raise BadInput(str(complement_file), "market", "neither a market nor [[reserves]] in a complement", "one")
    return _with(str(complement_file), markets, given)


def _read(path: Path) -> tuple[Market, ...]:
    if path.is_dir():
        return _captured(path)
    if path.suffix == ".json":
        return (read_configuration(path),)
    data = _toml(path)
    if "clock" in data or "protocols" in data or "assets" in data:
        return of_scenario(load_scenario(path))
    return _complemented(path, _audit_file(path, data))


def _captured(directory: Path) -> tuple[Market, ...]:
    """What `protocol-sim capture` writes: a scenario, and beside it the block that it was read at."""
    file, head = directory / "scenario.toml", directory / "snapshot.json"
    if not file.is_file():
        raise BadInput(str(file), "file", "a directory with scenario.toml", "none in it")
    chain = None
    if head.is_file():
        try:
            chain = shallow_json(head.read_text(encoding="utf-8"))["block"]["chain_id"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadInput(str(head), "block.chain_id", "a snapshot's block", error) from None
        if not isinstance(chain, int):
            raise BadInput(str(head), "block.chain_id", "an integer", repr(chain))
    return tuple(market.replaced(chain=chain) for market in of_scenario(load_scenario(file)))


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInput(str(path), "file", "a snapshot, a scenario or an audit file", "no such file") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(str(path), "file", "TOML, or a snapshot called .json", error) from None


def _audit_file(path: Path, data: dict[str, Any]) -> AuditFile:
    try:
        return AuditFile.model_validate(data)
    except ValidationError as error:
        raise one_line(str(path), data, error) from None


def _complemented(path: Path, given: AuditFile) -> tuple[Market, ...]:
    where = str(path)
    if (given.market is None) == (not given.reserves):
        found = "nothing" if given.market is None else "both"
        raise BadInput(where, "market", "either a file or [[reserves]]", found)
    if given.market is None:
        markets: tuple[Market, ...] = (written_out(where, given),)
    else:
        target = path.parent / given.market
        if target.resolve() == path.resolve():
            raise BadInput(where, "market", "another file", repr(given.market))
        markets = _read(target)
    return _with(where, markets, given)


def _with(where: str, markets: tuple[Market, ...], given: AuditFile) -> tuple[Market, ...]:
    if len(markets) != 1:
        raise BadInput(where, "market", "one market to complement", f"{len(markets)} of them")
    return (complement(where, markets[0], given),)
