"""The records of the cascade, from the repository: 5 supplies, 14 borrows, 385 liquidations of one account."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from protocol_sim.errors import BadInput
from protocol_sim.shallow import shallow_json

SUPPLY, BORROW, LIQUIDATION = "supply", "borrow", "liquidation"
FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
FOLDER = FIXTURES / "crv-2022-11-22"


class Event(NamedTuple):
    """One log of the chain. Amounts are raw: USDC (6 decimals) supplied and seized, CRV (18) borrowed and repaid."""

    kind: str
    block: int
    time: int  # unix s
    tx: str
    log: int
    amount: int  # supplied, borrowed or repaid
    seized: int  # 0 but for liquidations
    liquidator: str  # "" but for liquidations
    atoken: bool  # the liquidator took aTokens


class Close(NamedTuple):
    """The last trade of an hour on a market outside the chain."""

    time: int  # unix s, the end of the hour
    usd: int  # per CRV, 8 decimals


def load_events() -> tuple[Event, ...]:
    """Every recorded event in the order of the chain; BadInput without the fixture."""
    return tuple(_event(row) for row in read_json(FOLDER / "events.json")["events"])


def liquidations(events: tuple[Event, ...]) -> tuple[Event, ...]:
    """The liquidations among them: number n of the text is item n - 1."""
    return tuple(event for event in events if event.kind == LIQUIDATION)


def load_closes() -> tuple[Close, ...]:
    """Hourly closes of CRV, oldest first."""
    return tuple(Close(time, _usd(text)) for time, text in read_json(FOLDER / "outside.json")["closes"])


def close_before(closes: tuple[Close, ...], time: int) -> int:
    """The latest close not after `time`, USD with 8 decimals; before the first one, the first."""
    known = [close.usd for close in closes if close.time <= time]
    return known[-1] if known else closes[0].usd


def read_json(path: Path) -> Any:
    """A fixture; BadInput says when the repository that holds it is not there."""
    try:
        return shallow_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        expected = "the demo's fixture (run it from a clone of the repository)"
        raise BadInput(str(path), "file", expected, "no such file") from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise BadInput(str(path), "file", "readable JSON", error) from None


def _event(row: dict[str, Any]) -> Event:
    taken = row["kind"] == LIQUIDATION
    return Event(
        row["kind"], row["block"], row["time"], row["tx"], row["log"], int(row["repaid"] if taken else row["amount"]),
        int(row["seized"]) if taken else 0, row.get("liquidator", ""), row.get("atoken", False),
    )  # fmt: skip


def _usd(text: str) -> int:
    whole, _, fraction = text.partition(".")
    return int(whole + fraction.ljust(8, "0"))
