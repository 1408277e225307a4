"""Scenario files: what is written is what is read, and what is wrong is said in one line."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol_sim.errors import BadInput
from protocol_sim.scenario import (
    Clock,
    Scenario,
    amount_text,
    ledger,
    load_scenario,
    parse_amount,
    parse_scenario,
    parse_usd,
    to_toml,
    usd_text,
)
from protocol_sim.scenario.ledger import item_name
from protocol_sim.scenario.load import validated

RAY = 10**27


def test_everything_is_read_exactly(scenario_text: str) -> None:
    s = parse_scenario(scenario_text)
    assert s.clock == Clock(start=1_669_123_883, block_time=12, steps=20, blocks_per_step=5)
    assert s.clock.blocks == 100
    crv = s.assets[0]
    assert crv.price.kind == "points"
    assert crv.price.at == ((0, 52_000_000), (10, 68_000_000))
    assert s.raw(s.accounts[0].supplied["USDC"], "USDC") == 63_596_139_363_797
    assert s.raw(s.accounts[0].borrowed["CRV"], "CRV") == 92_000_000 * 10**18
    reserve = s.protocols[0].reserves[0]
    assert reserve.scaled_supply == 150_000_000 * 10**18
    assert reserve.liquidity_index == RAY
    assert s.feeds[0].kind == "chainlink"
    assert (s.feeds[0].deviation_bps, s.feeds[0].heartbeat, s.feeds[0].delay_blocks) == (100, 86_400, 1)


def test_defaults_are_visible_and_read_back(scenario_text: str) -> None:
    s = parse_scenario(scenario_text)
    text = to_toml(s)
    for line in ("close_factor_bps = 5000", "delay_blocks = 1", "fee_bps = 30", 'when = "band"'):
        assert line in text
    again = parse_scenario(text)
    assert again == s
    assert again.digest() == s.digest()
    assert to_toml(again) == text


def test_digest_sees_every_value(scenario_text: str) -> None:
    first = parse_scenario(scenario_text)
    assert first.digest() == parse_scenario(scenario_text).digest()
    assert first.replaced(seed=8).digest() != first.digest()
    changed = scenario_text.replace("63596139.363797 USDC", "63596139.363798 USDC")
    assert parse_scenario(changed).digest() != first.digest()


def test_replaced_is_checked_anew(scenario_text: str) -> None:
    s = parse_scenario(scenario_text)
    agents = (s.agents[1].model_copy(update={"pools": ("crv-usdc",)}),)
    with pytest.raises(BadInput, match=r"agents\.arb\.pools: expected a pool that is declared \(none is\)"):
        s.replaced(pools=(), agents=agents)


def test_changed_by_dotted_key_as_the_ledger_names_it(scenario_text: str) -> None:
    s = parse_scenario(scenario_text)
    for entry in ledger(s):
        assert s.changed({entry.key: _at(s.model_dump(mode="json"), entry.key)}).digest() == s.digest()
    other = s.changed({"protocols.aave.reserves.USDC.liquidation_bonus_bps": 10_200, "assets.USDC.price.usd": "0.97"})
    before = {entry.key: entry.value for entry in ledger(s)}
    after = {entry.key: entry.value for entry in ledger(other)}
    assert {key: value for key, value in after.items() if before[key] != value} == {
        "protocols.aave.reserves.USDC.liquidation_bonus_bps": "10200",
        "assets.USDC.price.usd": "0.97",
    }


def _at(data: Any, key: str) -> Any:
    for part in key.split("."):
        data = data[part] if isinstance(data, dict) else data[[item_name(x, n) for n, x in enumerate(data)].index(part)]
    return data


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("protocols.aave.reserves.DAI.ltv_bps", 1, r"reserves\.DAI\.ltv_bps: expected one of CRV, USDC, found 'DAI'"),
        ("protocols.aave.reserves.USDC.ltv", 1, r"reserves\.USDC\.ltv: expected one of asset, .* unknown key 'ltv'"),
        ("protocols.aave.reserves.USDC.ltv_bps", 9_500, r"USDC\.ltv_bps: expected at most the liquidation threshold"),
        ("clock.steps.x", 1, r"clock\.steps\.x: expected a key of the scenario, found nothing inside 'steps'"),
        ("clok.steps", 1, r"clok\.steps: expected a key of the scenario, found no 'clok'"),
        ("pools.x", 1, r"pools\.x: expected one of crv-usdc, found 'x'"),
    ],
)
def test_a_change_that_does_not_fit_is_refused(scenario_text: str, key: str, value: object, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        parse_scenario(scenario_text).changed({key: value})


WRONG = [
    ("decimals = 18", "decimal = 18", "assets.CRV.decimal: expected one of name, decimals, price, shocks, impact"),
    ("decimals = 18", "decimals = '18'", "assets.CRV.decimals: expected an integer, found '18'"),
    ("decimals = 18", "decimals = true", "assets.CRV.decimals: expected an integer, found True"),
    ("decimals = 18", "decimals = 18.0", "assets.CRV.decimals: expected an integer, found 18.0"),
    ("decimals = 18", "decimals = -1", "assets.CRV.decimals: expected at least 0, found -1"),
    ("decimals = 18\n", "", "assets.CRV.decimals: expected a value, found nothing"),
    ('usd = "1"', "usd = 1.0", "assets.USDC.price.usd: expected a USD price as text, such as '0.5231', found 1.0"),
    ('usd = "1"', "usd = 1", "assets.USDC.price.usd: expected a USD price as text, such as '0.5231', found 1"),
    ('usd = "1"', 'usd = "-1"', "assets.USDC.price.usd: expected a USD price as text: a decimal number that is not"),
    ('usd = "1"', 'usd = "0"', "assets.USDC.price.usd: expected more than 0, found '0'"),
    ('usd = "1"', 'usd = "0.123456789"', "assets.USDC.price.usd: expected a USD price as text: at most 8 decimals"),
    ('usd = "1"', 'eur = "1"', "assets.USDC.price.eur: expected one of kind, usd, found the unknown key 'eur'"),
    ('kind = "constant",', 'kind = "steady",', "assets.USDC.price.kind: expected one of 'constant', 'points', 'csv'"),
    ('kind = "constant", ', "", "assets.USDC.price.kind: expected a kind: 'kind' is missing, found nothing"),
    ('[[0, "0.52"]', '[[1, "0.52"]', "assets.CRV.price.at: expected points [step, price] whose steps begin at 0 and"),
    ('"2000000 CRV"', '"2000000 USDC"', "assets.CRV.impact.depth: expected an amount of CRV, found '2000000 USDC'"),
    ('"2000000 CRV"', '"0 CRV"', "assets.CRV.impact.depth: expected more than nothing, found '0 CRV'"),
    ('base = "CRV"', 'base = "CRVV"', "feeds.crv-usd.base: expected an asset that is declared (CRV, USDC), found 'C"),
    ("heartbeat = 86_400", "heartbeat = 0", "feeds.crv-usd.heartbeat: expected at least 1, found 0"),
    ("heartbeat = 86_400", 'source = "pool:x"', "feeds.crv-usd.source: expected a pool that is declared (crv-usdc),"),
    ("heartbeat = 86_400", 'source = "web"', "feeds.crv-usd.source: expected 'outside' or 'pool:NAME', found 'web'"),
    ("answer = 100_000_000", "answer = -1", "feeds.usdc-usd.answer: expected an integer that is not negative, or it"),
    ("answer = 100_000_000", "answer = 1.5", "feeds.usdc-usd.answer: expected an integer that is not negative, or i"),
    ('feed = "crv-usd"\n', "", "protocols.aave.reserves.CRV.feed: expected a value, found nothing"),
    ('feed = "crv-usd"', 'feed = "crv"', "protocols.aave.reserves.CRV.feed: expected a feed that is declared (crv-u"),
    ("ltv_bps = 8_000", "ltv_bps = 8_901", "reserves.USDC.ltv_bps: expected at most the liquidation threshold of 89"),
    ("_bonus_bps = 10_450", "_bonus_bps = 450", "USDC.liquidation_bonus_bps: expected more than 10000 (10500 is a b"),
    ("_bonus_bps = 10_450", "_bonus_bps = 11_237", "expected threshold × bonus of at most 100 %, the threshold bein"),
    ("_threshold_bps = 5_800", "_threshold_bps = 0\n#", "reserves.CRV.ltv_bps: expected at most the liquidation thr"),
    ("scaled_supply = ", "scaled_variable_debt = 9 #", "reserves.CRV.scaled_variable_debt: expected at least the ac"),
    ('protocol = "aave"\nsupplied', 'protocol = "maker"\nsupplied', "accounts.whale.protocol: expected a protocol t"),
    ("63596139.363797 USDC", "-1 USDC", "accounts.whale.supplied.USDC: expected a decimal number that is not negati"),
    ("63596139.363797 USDC", "-1", "accounts.whale.supplied.USDC: expected an amount that is not negative, such as"),
    ("63596139.363797 USDC", "1.1234567 USDC", "accounts.whale.supplied.USDC: expected at most 6 decimals and the u"),
    ("63596139.363797 USDC", "12.5", "accounts.whale.supplied.USDC: expected an amount that is not negative, such a"),
    ("63596139.363797 USDC", "12.5 DAI", "accounts.whale.supplied.USDC: expected an amount of USDC, found '12.5 DAI'"),
    ('{USDC = "63', '{DAI = "63', "accounts.whale.supplied.DAI: expected a reserve of aave that is declared (CRV, U"),
    ('"92000000 CRV"}', '"9 CRV"}\nscaled_borrowed = {CRV = 1}', "accounts.whale.borrowed.CRV: expected it or scale"),
    ('["CRV", "USDC"]', '["CRV", "CRV"]', "pools.crv-usdc.tokens: expected two different assets, found 'CRV' twice"),
    ('["CRV", "USDC"]', '["CRV"]', "pools.crv-usdc.tokens"),
    ('"5200000 USDC"]', '"0 USDC"]', "pools.crv-usdc.reserves: expected more than nothing, found '0 USDC'"),
    ('"25 USDC"', '"25 CRV"', "agents.keeper.gas: expected an amount of USDC, found '25 CRV'"),
    ('name = "arb"', 'name = "keeper"', "agents.keeper: expected a name used once, found it twice"),
    ('name = "arb"', 'name = "an arb"', "agents.an arb.name: expected a name of letters, digits, '_', '+' and '-',"),
    ("block = 50", "block = 100", "timeline.0.block: expected less than the run's 100 blocks, found 100"),
    ('key = "ltv_bps"', 'key = "ltv"', "timeline.0.key: expected one of ltv_bps, liquidation_threshold_bps,"),
    ("value = 7_500", "value = true", "timeline.0.value: expected an integer, found True"),
    ("value = 7_500", "value = 9_000", "timeline.0.ltv_bps: expected at most the liquidation threshold of 8900, fou"),
    ('key = "accounts.whale.*"', 'key = "account.*"', "inputs.0.key: expected a key or glob that covers an input, f"),
    ('status = "observed"', 'status = "certain"', "inputs.0.status: expected 'observed', 'inferred' or 'assumed', f"),
    ("12\nsteps = 20", "1200\nsteps = 2_000_000_000", "clock: expected an end before second 2**40, which is what"),
    ("block_time = 12", "block_time = 4_000_000_000", "clock.block_time: expected less than 2147483648, found 4000"),
    ("seed = 7", "seed = 18446744073709551616", "seed: expected less than 18446744073709551616, found 18446744"),
    ("[[assets]]", "[[assets]]\n[[assets]]", "assets.0.name: expected a value, found nothing"),
    ("steps = 20", "steps = 0", "clock.steps: expected at least 1, found 0"),
    ("[clock]", "[clock", "file: expected TOML, found"),
]


@pytest.mark.parametrize(("right", "wrong", "message"), WRONG, ids=range(len(WRONG)))
def test_bad_input_is_one_line(scenario_text: str, right: str, wrong: str, message: str) -> None:
    assert right in scenario_text
    with pytest.raises(BadInput) as caught:
        parse_scenario(scenario_text.replace(right, wrong, 1), "cascade.toml")
    line = str(caught.value)
    assert line.startswith("cascade.toml: ")
    assert message in line
    assert "\n" not in line
    assert len(line) < 400


def test_a_parameter_may_change_in_two_entries_of_one_block(scenario_text: str) -> None:
    entry = (
        '\n[[timeline]]\nblock = {}\nkind = "set-parameter"\nprotocol = "aave"\n'
        'reserve = "USDC"\nkey = "{}"\nvalue = {}\n'
    )
    pair = entry.format(70, "liquidation_threshold_bps", 7_000) + entry.format(70, "ltv_bps", 6_500)
    assert len(parse_scenario(scenario_text + pair).timeline) == 4
    apart = entry.format(70, "liquidation_threshold_bps", 7_000) + entry.format(71, "ltv_bps", 6_500)
    with pytest.raises(BadInput, match=r"timeline\.2\.ltv_bps: expected at most the liquidation threshold of 7000"):
        parse_scenario(scenario_text + apart)


def test_bonus_at_the_edge_is_accepted_as_the_configurator_rounds(scenario_text: str) -> None:
    # 8900 × 11236 / 10000 = 10000.04, which percentMul rounds to 10000; 11237 gives 10000.93, rounded to 10001.
    parse_scenario(scenario_text.replace("_bonus_bps = 10_450", "_bonus_bps = 11_236"))


JUNK = [-1, 0, 2**300, 1.5, "", "1 X", "-1", True, [], [[]], [1, "a"], {}, {"x": 1}, {"kind": "x"}, [{"name": 1}]]


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every table, list and leaf."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in inner for place in _places(item, (*path, key)))]


@pytest.mark.parametrize("junk", JUNK, ids=repr)
def test_junk_anywhere_is_refused_in_one_line_or_harmless(scenario_text: str, junk: object) -> None:
    refused = 0
    places = _places(tomllib.loads(scenario_text))[1:]
    for *parents, last in places:
        data = tomllib.loads(scenario_text)
        target = data
        for key in parents:
            target = target[key]
        target[last] = junk
        try:
            validated(data, "s.toml")
        except BadInput as error:
            line = str(error)
            assert re.fullmatch(r"s\.toml: \S.*: expected .+, found .+", line), line
            assert len(line) < 500
            refused += 1
    assert refused > len(places) // 2


# ---- files --------------------------------------------------------------------------------------------------------
def test_missing_and_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"none\.toml: file: expected a scenario file, found no such file"):
        load_scenario(tmp_path / "none.toml")
    with pytest.raises(BadInput, match="expected a readable scenario file"):
        load_scenario(tmp_path)
    (tmp_path / "latin.toml").write_bytes(b'name = "\xe9"')
    with pytest.raises(BadInput, match="expected a readable scenario file"):
        load_scenario(tmp_path / "latin.toml")


CSV = 'price = {kind = "csv", file = "prices.csv", column = "close", time_column = "time"}'


def _with_csv(tmp_path: Path, scenario_text: str, rows: str, price: str = CSV) -> Scenario:
    (tmp_path / "prices.csv").write_text(rows)
    text = re.sub(r"price = \{kind = \"points\".*", price, scenario_text)
    (tmp_path / "s.toml").write_text(text)
    return load_scenario(tmp_path / "s.toml")


def test_csv_prices_are_found_beside_the_scenario_and_part_of_the_digest(tmp_path: Path, scenario_text: str) -> None:
    rows = "time,close\n2022-11-22T13:00:00Z,0.52\n1669125600,0.523\n"
    first = _with_csv(tmp_path, scenario_text, rows)
    entry = next(e for e in ledger(first) if e.key == "assets.CRV.price.file")
    assert re.fullmatch(r"prices\.csv, sha256 [0-9a-f]{16}", entry.value)
    digest = first.digest()
    assert _with_csv(tmp_path, scenario_text, rows.replace("0.523", "0.524")).digest() != digest


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("time,open\n1,1\n", r"prices\.csv: header: expected a column 'close', found"),
        ("close\n1\n", r"prices\.csv: header: expected a column 'time', found"),
        ("time,close\n1,\n", r"prices\.csv: row 2, close: expected a USD price: a decimal number"),
        ("time,close\n1,0\n", r"prices\.csv: row 2, close: expected a price above 0 and below 46 billion"),
        ("time,close\n1,1\n1,2\n", r"prices\.csv: row 3: expected a time after 1, found 1"),
        ("time,close\nnoon,1\n", r"prices\.csv: row 2, time: expected unix seconds or ISO 8601, found 'noon'"),
        ("time,close\n", r"prices\.csv: close: expected at least one row, found none"),
    ],
)
def test_a_bad_csv_is_named_with_its_row(tmp_path: Path, scenario_text: str, rows: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        _with_csv(tmp_path, scenario_text, rows)


def test_a_missing_csv(tmp_path: Path, scenario_text: str) -> None:
    with pytest.raises(BadInput, match=r"elsewhere\.csv: file: expected a CSV file, found no such file"):
        _with_csv(tmp_path, scenario_text, "", 'price = {kind = "csv", file = "elsewhere.csv", column = "close"}')


# ---- the input ledger ---------------------------------------------------------------------------------------------
def test_ledger_lists_every_leaf_with_its_status(scenario_text: str) -> None:
    entries = {entry.key: entry for entry in ledger(parse_scenario(scenario_text))}
    assert entries["accounts.whale.supplied.USDC"].status == "observed"
    assert entries["protocols.aave.reserves.CRV.rate.slope2"].status == "inferred"
    assert entries["assets.CRV.decimals"].source == "scenario file"
    delay = entries["feeds.crv-usd.delay_blocks"]
    assert (delay.status, delay.source) == ("assumed", "default")
    assert entries["timeline.0.value"].value == "7500"
    assert entries["pools.crv-usdc.reserves"].value == "10000000 CRV, 5200000 USDC"
    assert entries["assets.CRV.price.at"].value.startswith("2 rows, sha256 ")
    assert "description" not in entries
    assert len(entries) == len(ledger(parse_scenario(scenario_text)))


def test_the_last_entry_that_covers_a_key_counts(scenario_text: str) -> None:
    more = '\n[[inputs]]\nkey = "accounts.whale.borrowed.*"\nstatus = "inferred"\nsource = "interest"\n'
    entries = {entry.key: entry.status for entry in ledger(parse_scenario(scenario_text + more))}
    assert entries["accounts.whale.borrowed.CRV"] == "inferred"
    assert entries["accounts.whale.supplied.USDC"] == "observed"


# ---- texts with a unit --------------------------------------------------------------------------------------------
@given(st.integers(0, 2**256), st.integers(0, 36))
def test_amounts_are_exact_both_ways(value: int, decimals: int) -> None:
    assert parse_amount(amount_text(value, "CRV", decimals), "CRV", decimals) == value
    assert parse_amount(str(value), "CRV", decimals) == value


@given(st.integers(0, 2**128))
def test_prices_are_exact_both_ways(value: int) -> None:
    assert parse_usd(usd_text(value)) == value


NO_AMOUNTS = ["", "1e18 CRV", "1.5", "0x10", "1 2 CRV", "+1 CRV", ".5 CRV", "5. CRV", "½ CRV", "nan CRV", "_1"]


@pytest.mark.parametrize("text", NO_AMOUNTS)
def test_no_other_spelling_of_an_amount(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_amount(text, "CRV", 18)
