"""A run on disk: what is written comes back, and what is not a run of this scenario is refused in one line."""

import hashlib
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol_sim.errors import BadInput
from protocol_sim.results import LedgerEntry, Manifest, Run, Summary, counts, files, load_run, make_manifest
from protocol_sim.results import columns as table

WEI = 2**255 + 1
SUMMARY = Summary(
    blocks=100,
    liquidations=2,
    failed=1,
    arbitrages=0,
    bad_debt=10**30,
    bad_debt_accounts=1,
    repaid_usd=5,
    seized_usd=6,
    liquidator_profit=-7,
    gas_spent=8,
    borrower_loss_usd=1,
    event_hash="ab" * 32,
)


def make_run(scenario_digest: str = "1" * 64, **events: list[object]) -> Run:
    manifest = Manifest("two-assets", scenario_digest, 7, "exact", "protocol-sim run", "unknown", {"python": "3.11"})
    return Run(
        events=events
        or {"block": [1, 2], "kind": ["liquidation", "sale"], "amount": [WEI, -3], "note": [None, "é\t\n"]},
        series={"block": [1], "price": [52_000_000]},
        positions={"account": ["whale"], "debt": [0]},
        summary=SUMMARY,
        manifest=manifest,
        ledger=(LedgerEntry("assets.CRV.decimals", "18", "observed", "the token contract"),),
    )


def test_saved_and_loaded_is_the_same(tmp_path: Path) -> None:
    run = make_run()
    back = load_run(run.save(tmp_path / "out"))
    assert back.columns == run.columns
    assert (back.summary, back.manifest, back.ledger) == (run.summary, run.manifest, run.ledger)
    assert back.digest == run.digest
    assert list(tmp_path.iterdir()) == [tmp_path / "out"]


def test_wide_integers_stay_python_ints_and_counts_are_machine_integers() -> None:
    run = make_run()
    assert run.events["amount"].tolist() == [WEI, -3]
    assert run.events["block"].dtype == "int64"
    assert run.series["price"].dtype == object
    assert type(run.series["price"][0]) is int


TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.lists(st.tuples(st.integers(-(2**256), 2**256), st.none() | TEXT)))
def test_any_table_survives_the_disk(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, str | None]]
) -> None:
    run = make_run(block=[a for a, _ in rows], amount=[a for a, _ in rows], text=[b for _, b in rows])
    path = tmp_path_factory.mktemp("table") / "out"
    back = load_run(run.save(path))
    assert back.columns == run.columns
    assert back.digest == run.digest


def test_digest_sees_one_wei_and_the_kind_of_a_value() -> None:
    digests = {make_run(amount=[value]).digest for value in (1, 2, "1", None, "-", WEI, WEI + 1)}
    assert len(digests) == 7
    assert make_run("2" * 64).digest == make_run("1" * 64).digest


def test_digest_is_of_this_text() -> None:
    text = '["events", "block", "kind", "none"]\n1\t"x"\t-\n["series"]\n'
    tables = {"events": {"block": [1], "kind": ["x"], "none": [None]}, "series": {}}
    assert table.digest(tables) == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("values", [[1.0], [True], [1, "a"], [b"x"]])
def test_only_ints_and_strings_are_results(values: list[object]) -> None:
    with pytest.raises(ValueError, match=r"events\.amount: expected ints or strings"):
        make_run(amount=values)


def test_columns_have_one_length() -> None:
    with pytest.raises(ValueError, match="different lengths"):
        make_run(block=[1, 2], amount=[1])


def test_saving_again_replaces(tmp_path: Path) -> None:
    make_run(amount=[1]).save(tmp_path / "out")
    make_run(amount=[2]).save(tmp_path / "out")
    assert load_run(tmp_path / "out").columns["events"] == {"amount": [2]}


def test_results_of_another_scenario_are_not_overwritten(tmp_path: Path) -> None:
    make_run("1" * 64, amount=[1]).save(tmp_path / "out")
    with pytest.raises(BadInput, match=r"manifest\.json: scenario_digest: expected results of this scenario \(2222"):
        make_run("2" * 64, amount=[2]).save(tmp_path / "out")
    assert load_run(tmp_path / "out").columns["events"] == {"amount": [1]}
    with pytest.raises(BadInput, match="scenario_digest"):
        load_run(tmp_path / "out", scenario_digest="2" * 64)


def test_a_directory_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(BadInput, match=r"holds results only, found thesis\.tex"):
        make_run().save(tmp_path)
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


@pytest.mark.parametrize("moment", ["events.parquet", "summary.json", "manifest.json", "rename"])
@pytest.mark.parametrize("earlier", [False, True])
def test_an_interruption_leaves_the_old_or_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str, earlier: bool
) -> None:
    out = tmp_path / "out"
    if earlier:
        make_run(amount=[1]).save(out)

    def interrupt() -> None:
        raise KeyboardInterrupt

    def writer(real: object) -> object:
        return lambda path, data: interrupt() if path.name == moment else real(path, data)  # type: ignore[operator]

    if moment == "rename":
        renames: list[Path] = []
        real_rename = Path.rename

        def rename(self: Path, target: Path) -> Path:
            renames.append(target)
            if target == out and len(renames) == 1 + earlier:
                interrupt()
            return real_rename(self, target)

        monkeypatch.setattr(Path, "rename", rename)
    monkeypatch.setattr(files, "write_table", writer(files.write_table))
    monkeypatch.setattr(files, "write_json", writer(files.write_json))
    with pytest.raises(KeyboardInterrupt):
        make_run(amount=[2]).save(out)
    assert os.listdir(tmp_path) == (["out"] if earlier else [])
    if earlier:
        assert load_run(out).columns["events"] == {"amount": [1]}


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        ("manifest.json", _truncate, r"manifest\.json: line \d+: expected JSON"),
        ("summary.json", _truncate, r"summary\.json: line \d+: expected JSON"),
        ("ledger.json", _truncate, r"ledger\.json: line \d+: expected JSON"),
        ("events.parquet", _truncate, r"events\.parquet: file: expected a Parquet table"),
        ("series.parquet", Path.unlink, r"series\.parquet: file: expected a file of a results directory, found no"),
        ("manifest.json", Path.unlink, r"manifest\.json: file: expected a file of a results directory"),
        ("summary.json", lambda p: p.write_text("[]"), r"summary\.json: file: expected a JSON object, found list"),
        ("manifest.json", lambda p: p.write_text("{}"), r"manifest\.json: format: expected 1, found None"),
    ],
)
def test_a_damaged_file_is_named_in_one_line(tmp_path: Path, file: str, change: object, message: str) -> None:
    make_run().save(tmp_path / "out")
    change(tmp_path / "out" / file)  # type: ignore[operator]
    with pytest.raises(BadInput, match=message) as caught:
        load_run(tmp_path / "out")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("file", "key", "value", "message"),
    [
        ("summary.json", "liquidations", "2", "liquidations: expected an integer, found '2'"),
        ("summary.json", "liquidations", None, "liquidations: expected an integer, found None"),
        ("summary.json", "profit", 1, "profit: expected one of blocks"),
        ("manifest.json", "digest", "0" * 64, "digest: expected .* as the tables give"),
        ("manifest.json", "seed", 1.5, "seed: expected an integer, found 1.5"),
    ],
)
def test_a_changed_value_is_refused(tmp_path: Path, file: str, key: str, value: object, message: str) -> None:
    make_run().save(tmp_path / "out")
    path = tmp_path / "out" / file
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
    with pytest.raises(BadInput, match=message):
        load_run(tmp_path / "out")


def test_no_such_directory(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="expected a directory with results, found no such directory"):
        load_run(tmp_path / "none")


def test_manifest_names_versions_and_no_machine() -> None:
    manifest = make_manifest(scenario="s", scenario_digest="d", seed=1, engine="exact", command="run s.toml")
    assert set(manifest.versions) == {"python", "protocol-sim", "numpy", "pandas", "numba", "pydantic", "pyarrow"}
    assert len(manifest.lock_digest) == 64
    assert manifest == make_manifest(scenario="s", scenario_digest="d", seed=1, engine="exact", command="run s.toml")


def test_counts_of_the_ledger() -> None:
    assert counts(make_run().ledger) == {"observed": 1, "inferred": 0, "assumed": 0}
