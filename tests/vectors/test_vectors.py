"""Recorded vectors: the fixtures are equal, each kind of bad file is refused in one line, a difference is seen."""

import copy
import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest

from protocol_sim.errors import BadInput
from protocol_sim.vectors import play, players, render

FIXTURES = Path(__file__).parents[2] / "fixtures" / "vectors"

GOOD: dict[str, Any] = {
    "format": 1,
    "protocol": "uniswap-v2",
    "source": "made up",
    "units": {},
    "cases": [
        {
            "id": "a",
            "params": {"fee_numerator": "997", "fee_denominator": "1000"},
            "pre": {"reserve_in": "1000000", "reserve_out": "1000000"},
            "op": {"name": "swap_exact_in", "amount_in": "1000"},
            "post": {"amount_out": "996"},
            "events": [],
        }
    ],
}


def written(directory: Path, change: Any = None, name: str = "v.json") -> Path:
    """GOOD with `change(document)` applied."""
    document = copy.deepcopy(GOOD)
    if change is not None:
        change(document)
    (directory / name).write_text(json.dumps(document))
    return directory / name


def in_case(key: str, value: Any, *path: str) -> Any:
    """A change to the first case."""

    def change(document: dict[str, Any]) -> None:
        at = document["cases"][0]
        for step in path:
            at = at[step]
        at[key] = value

    return change


@pytest.mark.parametrize("file", sorted(FIXTURES.glob("*/*.json")), ids=lambda f: f"{f.parent.name}/{f.name}")
def test_fixtures(file: Path) -> None:
    verdict = play([file])
    assert verdict.ok, render(verdict)
    document = json.loads(file.read_text())
    nulls = sum(case["post"] is None for case in document["cases"])
    assert (verdict.equal, verdict.refused) == (len(document["cases"]) - nulls, nulls)
    assert document["protocol"] == file.parent.name


@pytest.mark.parametrize("file", sorted(FIXTURES.glob("*/*.json")), ids=lambda f: f"{f.parent.name}/{f.name}")
def test_one_unit_more_in_any_fixture_is_a_difference(file: Path, tmp_path: Path) -> None:
    document = json.loads(file.read_text())
    cases = [case for case in document["cases"] if case["post"]]
    for case in cases:
        case["post"] = {key: str(int(value) + 1) for key, value in case["post"].items()}
    (tmp_path / "v.json").write_text(json.dumps({**document, "cases": cases}))
    assert play([tmp_path / "v.json"]).different == len(cases) > 0


def test_recorded_mainnet_files_are_equal() -> None:
    data = os.environ.get("PROTOCOL_SIM_DATA")
    files = sorted((Path(data) / "vectors").glob("mainnet-*.json")) if data else []
    if not files:
        pytest.skip("PROTOCOL_SIM_DATA does not name a folder with vectors/mainnet-*.json")
    verdict = play(files)
    assert verdict.ok, render(verdict)
    assert verdict.equal + verdict.refused == sum(len(json.loads(f.read_text())["cases"]) for f in files)


def test_gzip_is_read_too(tmp_path: Path) -> None:
    plain = written(tmp_path)
    packed = tmp_path / "v.json.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert play([plain, packed]).equal == 2


def test_a_difference_shows_both_sides(tmp_path: Path) -> None:
    verdict = play([written(tmp_path, in_case("amount_out", "997", "post"))])
    assert (verdict.ok, verdict.different) == (False, 1)
    assert "recorded: amount_out 997" in render(verdict)
    assert "model:    amount_out 996" in render(verdict)


def test_a_refusal_that_the_model_accepts_is_a_difference(tmp_path: Path) -> None:
    verdict = play([written(tmp_path, in_case("post", None))])
    assert (verdict.refused, verdict.different) == (0, 1)
    assert "recorded: refused" in render(verdict)


def test_a_success_that_the_model_refuses_is_a_difference(tmp_path: Path) -> None:
    verdict = play([written(tmp_path, in_case("amount_in", "0", "op"))])
    assert "model:    refused (UniswapV2Library: INSUFFICIENT_INPUT_AMOUNT)" in render(verdict)


def test_another_reason_is_a_difference(tmp_path: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        in_case("amount_in", "0", "op")(document)
        document["cases"][0].update(post=None, error="UniswapV2: K")

    assert play([written(tmp_path, change)]).different == 1


BAD = [
    ("unknown protocol", lambda d: d.update(protocol="uniswap-v9"), "protocol"),
    ("protocol is no text", lambda d: d.update(protocol=3), "protocol"),
    ("another format", lambda d: d.update(format=2), "format"),
    ("true is not 1", lambda d: d.update(format=True), "format"),
    ("unknown header key", lambda d: d.update(comment="x"), "comment"),
    ("missing header key", lambda d: d.pop("units"), "units"),
    ("no cases", lambda d: d.update(cases=[]), "cases"),
    ("cases are no list", lambda d: d.update(cases={}), "cases"),
    ("a case is no object", lambda d: d.update(cases=[1]), "case"),
    ("two cases of one id", lambda d: d["cases"].append(d["cases"][0]), "id"),
    ("unknown case key", in_case("extra", 1), "extra"),
    ("missing case key", lambda d: d["cases"][0].pop("events"), "events"),
    ("events that nobody compares", in_case("events", [{"name": "Swap"}]), "events"),
    ("unknown operation", in_case("name", "swap_exact_out", "op"), "op.name"),
    ("operation without a name", lambda d: d["cases"][0]["op"].pop("name"), "op.name"),
    ("unknown field in op", in_case("gas", "1", "op"), "op.gas"),
    ("unknown field in pre", in_case("reserve_mid", "1", "pre"), "pre.reserve_mid"),
    ("unknown field in params", in_case("tick", "1", "params"), "params.tick"),
    ("unknown field in post", in_case("fee", "1", "post"), "post"),
    ("missing field", lambda d: d["cases"][0]["pre"].pop("reserve_in"), "pre.reserve_in"),
    ("empty post", in_case("post", {}), "post"),
    ("pre is no object", in_case("pre", []), "pre"),
    ("a JSON number", in_case("amount_in", 1000, "op"), "op.amount_in"),
    ("a fraction", in_case("amount_in", "1000.5", "op"), "op.amount_in"),
    ("a power", in_case("amount_in", "1e3", "op"), "op.amount_in"),
    ("a leading zero", in_case("amount_in", "01000", "op"), "op.amount_in"),
    ("a blank", in_case("amount_in", " 1000", "op"), "op.amount_in"),
    ("other digits", in_case("amount_in", "١٠٠٠", "op"), "op.amount_in"),
    ("a negative number", in_case("amount_in", "-1000", "op"), "op.amount_in"),
    ("beyond 256 bits", in_case("amount_in", str(2**256), "op"), "op.amount_in"),
    ("no integer in post", in_case("amount_out", "x", "post"), "post.amount_out"),
]


@pytest.mark.parametrize(("name", "change", "key"), BAD, ids=[row[0] for row in BAD])
def test_bad_files_are_refused_in_one_line(tmp_path: Path, name: str, change: Any, key: str) -> None:  # noqa: ARG001
    with pytest.raises(BadInput) as caught:
        play([written(tmp_path, change)])
    assert caught.value.key == key
    assert str(caught.value).startswith(str(tmp_path / "v.json"))
    assert "\n" not in str(caught.value)


def test_broken_files(tmp_path: Path) -> None:
    whole = written(tmp_path).read_bytes()
    for name, data in {
        "cut.json": whole[:-20],
        "empty.json": b"",
        "latin.json": b"\xff\xfe",
        "list.json": b"[]",
        "twice.json": whole.replace(b'"format": 1', b'"format": 1, "format": 1'),
        "deep.json": b"[" * 100_000,
        "cut.json.gz": gzip.compress(whole)[:-9],
        "garbled.json.gz": gzip.compress(whole)[:30] + b"garbage" * 9,
        "plain.json.gz": whole,
        "vectors.txt": whole,
    }.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(BadInput) as caught:
            play([tmp_path / name])
        assert "\n" not in str(caught.value)
    with pytest.raises(BadInput):
        play([tmp_path / "missing.json"])
    with pytest.raises(BadInput):
        play([tmp_path])


@pytest.mark.parametrize("decimals", ["78", "99999999999"])
def test_absurd_decimals_are_refused(tmp_path: Path, decimals: str) -> None:
    document = json.loads((FIXTURES / "aave-v2" / "seize.json").read_text())
    document["cases"][0]["params"]["debt_decimals"] = decimals
    (tmp_path / "v.json").write_text(json.dumps(document))
    with pytest.raises(BadInput):
        play([tmp_path / "v.json"])


def test_what_can_be_played() -> None:
    known = players()
    for protocol, operation in (("aave-v1", "seize"), ("aave-v2", "seize"), ("compound-v2", "seize")):
        assert operation in known[protocol]
    assert "swap_exact_in" in known["uniswap-v2"]
