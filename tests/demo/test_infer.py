"""The inference gives the file of the repository, byte for byte, and its ranges hold its values."""

from pathlib import Path

import pytest

from protocol_sim.demo.infer import edge, infer
from protocol_sim.demo.inferred import FILE, load_inferred, to_json
from protocol_sim.demo.records import BORROW, load_closes, load_events
from protocol_sim.errors import BadInput


def test_the_command_writes_the_file_of_the_repository() -> None:
    assert to_json(infer(load_events(), load_closes())) == FILE.read_text(encoding="utf-8")


def test_ranges_hold_the_values() -> None:
    found = load_inferred()
    low, high = found.usdc_range
    assert low <= found.rates.usdc <= high
    assert (high - low) * 10**9 < low                                # ten digits are identified
    assert found.crv_least <= found.rates.crv <= found.crv_most
    for regime in found.regimes:
        assert regime.crv_range[0] <= regime.crv <= regime.crv_range[1]
        assert regime.ratio.low * regime.usdc <= regime.crv
        assert regime.crv < regime.ratio.high * regime.usdc


def test_reading_gives_back_what_was_written(tmp_path: Path) -> None:
    found = load_inferred()
    (tmp_path / "inferred.json").write_text(to_json(found), encoding="utf-8")
    assert load_inferred(tmp_path / "inferred.json") == found


def test_a_contradiction_in_the_records_is_refused() -> None:
    """With half of a borrow missing, no rate makes the account liquidatable when it was liquidated."""
    events = list(load_events())
    last = max(n for n, event in enumerate(events) if event.kind == BORROW)
    events[last] = events[last]._replace(amount=events[last].amount // 2)
    with pytest.raises(BadInput, match=r"^events: "):
        infer(events, load_closes())


def test_edge_is_the_last_value_inside() -> None:
    assert edge(lambda x: x <= 41, 0, 100, 1) == 41
    assert edge(lambda x: x >= 7, 100, 0, 1) == 7
    with pytest.raises(BadInput):
        edge(lambda x: x >= 0, 0, 100, 1)


@pytest.mark.parametrize("text", ["{", "[]", '{"prices": {}}'])
def test_a_spoilt_file_is_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "inferred.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=r"^.*inferred\.json: \w+: expected .*$"):
        load_inferred(path)
