"""What is read, and what is refused in one line: snapshots, scenarios, directories, audit files, books."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from protocol_sim.audit import audit, read
from protocol_sim.audit.book import with_book
from protocol_sim.errors import BadInput
from protocol_sim.results.ledger import STATUSES

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "fixtures"
RAY = 10**27


def reserve(symbol: str, **changes: Any) -> dict[str, Any]:
    """A reserve of a V3 snapshot."""
    return {
        "symbol": symbol, "decimals": 18, "ltv": 8_000, "liquidationThreshold": 8_250, "liquidationBonus": 10_500,
        "reserveFactor": 1_000, "isActive": True, "isFrozen": False, "borrowingEnabled": True,
        "usageAsCollateralEnabled": True, "interestRateStrategy": "0x5", "oracleLatestAnswer": 200_000_000_000,
        "oracleDecimals": 8, "supplyCap": 5, "borrowCap": 0, "debtCeiling": 0, "eModeCategory": 0,
        "liquidationProtocolFee": 1_000, "isPaused": False, "isSiloed": False, "isBorrowableInIsolation": False,
        "isFlashloanable": True,
    } | changes


def snapshot(**changes: Any) -> dict[str, Any]:
    """A V3 snapshot of two reserves."""
    rate = {"optimalUsageRatio": RAY * 8 // 10, "baseVariableBorrowRate": 0, "variableRateSlope1": RAY // 25,
            "variableRateSlope2": RAY, "stableRateSlope1": 0}
    return {
        "chainId": 1, "eModes": {}, "poolConfig": {"priceOracleSentinel": "0x" + "00" * 20},
        "strategies": {"0x5": rate},
        "reserves": {"0xaaaa11": reserve("WETH"), "0xbbbb22": reserve("USDC", decimals=6, oracleLatestAnswer=10**8)},
    } | changes


def written(tmp_path: Path, data: Any) -> Path:
    path = tmp_path / "market.json"
    path.write_text(json.dumps(data))
    return path


def test_a_snapshot_is_read_to_the_integer(tmp_path: Path) -> None:
    (m,) = read(written(tmp_path, snapshot()))
    weth = m.of("WETH")
    assert (m.kind, m.chain, m.sentinel, m.in_usd) == ("aave-v3", 1, False, True)
    assert (weth.answer, weth.price, weth.supply_cap, weth.fee) == (200_000_000_000, 2_000, 5, 1_000)
    assert weth.rates is not None
    assert (weth.rates.at_kink, weth.rates.at_full) == (RAY // 25, RAY // 25 + RAY)


def test_without_emodes_and_caps_it_is_v2_and_in_ether(tmp_path: Path) -> None:
    old = reserve("WETH", oracleDecimals=18, oracleLatestAnswer=10**18)
    for name in ("supplyCap", "borrowCap", "debtCeiling", "eModeCategory", "liquidationProtocolFee", "isPaused",
                 "isSiloed", "isBorrowableInIsolation", "isFlashloanable"):
        del old[name]
    data = snapshot(reserves={"0xaaaa11": old})
    del data["eModes"]
    (m,) = read(written(tmp_path, data))
    assert (m.kind, m.in_usd, m.of("WETH").price) == ("aave-v2", False, 1)
    more = tmp_path / "more.toml"
    more.write_text('name = "more"\nbase_usd = "1800"\n')
    (m,) = read(written(tmp_path, data), more)
    assert (m.in_usd, m.of("WETH").price) == (True, 1_800)


def test_two_reserves_of_one_symbol_are_told_apart(tmp_path: Path) -> None:
    rows = {"0xaaaa11": reserve("USDC"), "0xbbbb22": reserve("USDC")}
    (m,) = read(written(tmp_path, snapshot(reserves=rows)))
    assert [terms.asset for terms in m.reserves] == ["USDC-aaaa", "USDC-bbbb"]


@pytest.mark.parametrize(("change", "line"), [
    ({"extra": 1}, "extra: expected a key of the format, found the unknown key 'extra'"),
    ({"reserves": {}}, "reserves: expected at least one reserve"),
    ({"reserves": {"0x1": reserve("A", colour=1)}}, "reserves.0x1.colour: expected a key of the format"),
    ({"reserves": {"0x1": reserve("A", ltv=65_536)}}, "reserves.0x1.ltv: expected an integer of at most 16 bits"),
    ({"reserves": {"0x1": reserve("A", ltv=-1)}}, "reserves.0x1.ltv: expected an integer of at most 16 bits"),
    ({"reserves": {"0x1": reserve("A", ltv=8_000.0)}}, "reserves.0x1.ltv: expected an integer, found 8000.0"),
    ({"reserves": {"0x1": reserve("A", ltv=True)}}, "reserves.0x1.ltv: expected an integer, found True"),
    ({"reserves": {"0x1": reserve("A", supplyCap=2**36)}}, "reserves.0x1.supplyCap: expected an integer of at most 36"),
    ({"reserves": {"0x1": reserve("A", isFrozen=0)}}, "reserves.0x1.isFrozen: expected true or false, found 0"),
    ({"reserves": {"0x1": reserve("A", oracleDecimals=18)}}, "reserves.0x1.oracleDecimals: expected 8"),
    ({"reserves": {"0x1": reserve("A", oracleLatestAnswer=0)}}, "reserves.0x1.oracleLatestAnswer: expected a price"),
    ({"reserves": {"0x1": reserve("A", eModeCategory=3)}}, "reserves.A.eModeCategory: expected an eMode of the file"),
    ({"reserves": {"0x1": reserve("A", usageAsCollateralEnabled=False)}}, "usageAsCollateralEnabled: expected true"),
    ({"strategies": {}}, "strategies.0x5: expected the rate strategy of WETH, found nothing"),
    ({"chainId": "1"}, "chainId: expected an integer, found '1'"),
    ({"eModes": {"1": {}}}, "eModes.1.eModeCategory: expected a value, found nothing"),
])
def test_a_bad_snapshot_is_one_line(tmp_path: Path, change: dict[str, Any], line: str) -> None:
    with pytest.raises(BadInput) as refused:
        read(written(tmp_path, snapshot(**change)))
    assert line in str(refused.value)
    assert "\n" not in str(refused.value)


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    rows = reserve("A")
    del rows["ltv"]
    with pytest.raises(BadInput, match=r"reserves\.0x1\.ltv: expected a value, found nothing"):
        read(written(tmp_path, snapshot(reserves={"0x1": rows})))


MARKET = """
name = "m"
kind = "aave-v3"
[[reserves]]
asset = "WETH"
decimals = 18
price = "2000"
[[reserves]]
asset = "USDC"
decimals = 6
price = "1"
"""
FEED = '[[feeds]]\nassets = ["{}"]\ndeviation_bps = 50\nheartbeat = 3600\n'


@pytest.mark.parametrize(("text", "line"), [
    (MARKET + FEED.format("WETH"), "feeds: expected a feed for every reserve, found none for USDC"),
    (MARKET + FEED.format("*") + FEED.format("CRV"), "feeds: expected assets of m, or globs, found 'CRV'"),
    (MARKET + "[[gaps]]\nasset = \"CRV\"\nfall_bps = 1\n", "gaps.CRV: expected reserves of m, or USD, found 'CRV'"),
    (MARKET + "[[yields]]\nasset = \"CRV\"\nagainst = \"WETH\"\nbps = 1\n", "yields.CRV: expected a reserve of m"),
    (MARKET.replace("decimals = 18", "decimals = 18\ncolour = 1"), "reserves.WETH.colour: expected one of asset,"),
    (MARKET.replace("decimals = 18", "decimals = 18\nltv_bps = 65536"), "WETH.ltv_bps: expected at most 65535"),
    (MARKET.replace('"2000"', "2000"), "reserves.WETH.price: expected a USD price as text"),
    (MARKET.replace("USDC", "WETH"), "reserves.WETH: expected one reserve an asset, found two"),
    (MARKET.replace('kind = "aave-v3"', ""), "kind: expected aave-v2 or aave-v3"),
    (MARKET.replace("aave-v3", "aave-v2").replace("decimals = 18", "decimals = 18\npaused = true"),
     "reserves.WETH.paused: expected false: Aave V2 pauses whole markets, found true"),
    ('name = "m"\n', "market: expected either a file or [[reserves]], found nothing"),
    ('name = "m"\nmarket = "none.json"\n', "none.json: file: expected a configuration snapshot, found no such file"),
    ('name = "m"\nmarket = "file.toml"\n', "market: expected another file, found 'file.toml'"),
    ("name = ", "file: expected TOML, or a snapshot called .json"),
])
def test_a_bad_audit_file_is_one_line(tmp_path: Path, text: str, line: str) -> None:
    path = tmp_path / "file.toml"
    path.write_text(text)
    with pytest.raises(BadInput) as refused:
        read(path)
    assert line in str(refused.value)
    assert "\n" not in str(refused.value)


def test_no_such_file(tmp_path: Path) -> None:
    for name in ("none.toml", "none.json"):
        with pytest.raises(BadInput, match="no such file"):
            read(tmp_path / name)
    with pytest.raises(BadInput, match=r"a directory with scenario\.toml"):
        read(tmp_path)


def test_a_complement_brings_no_market() -> None:
    with pytest.raises(BadInput, match="neither a market nor"):
        read(FIXTURES / "audit" / "sound.toml", FIXTURES / "audit" / "sound.toml")


def test_a_scenario_and_its_directory_are_the_same_market(tmp_path: Path) -> None:
    scenario = FIXTURES / "scenarios" / "weth-slide.toml"
    (m,) = read(scenario)
    assert (m.kind, m.gas, len(m.accounts or ())) == ("aave-v2", 30, 3)
    assert m.feeds["WETH"].deviation == 50
    assert m.venues.trades("WETH", "USDC")
    shutil.copy(scenario, tmp_path / "scenario.toml")
    (again,) = read(tmp_path)
    assert again.reserves == m.reserves
    assert again.chain is None
    (tmp_path / "snapshot.json").write_text('{"block": {"chain_id": 42161}}')
    assert read(tmp_path)[0].chain == 42_161
    for text in ("{", "[]", '{"block": {"chain_id": "1"}}'):
        (tmp_path / "snapshot.json").write_text(text)
        with pytest.raises(BadInput, match=r"snapshot\.json: block\.chain_id: expected"):
            read(tmp_path)
    assert {n.rule for n in audit(scenario).not_checked} >= {"gap", "sequencer"}


def test_the_fallen_price_of_a_scenario_is_that_of_its_first_step() -> None:
    (m,) = read(FIXTURES / "scenarios" / "weth-slide.toml")
    assert m.of("WETH").price == 1_600
    assert m.of("WETH").answer == 160_000_000_000


def test_a_book_goes_by_the_names_of_assets() -> None:
    (m,) = read(FIXTURES / "audit" / "sound.toml")
    booked = with_book(m, FIXTURES / "scenarios" / "weth-slide.toml")
    verdict = audit(FIXTURES / "audit" / "sound.toml", book=FIXTURES / "scenarios" / "weth-slide.toml")
    assert not verdict.not_checked
    assert ("bonus-slippage", "WETH against USDC") in {(f.rule, f.subject) for f in verdict.findings}
    assert [holder.name for holder in booked.accounts or ()] == ["cautious", "bold", "reckless"]
    with pytest.raises(BadInput, match="expected reserves of sound, found 'CRV'"):
        with_book(m, FIXTURES / "scenarios" / "crv-2022-11-22.toml")


def test_a_book_file_has_amounts(tmp_path: Path) -> None:
    (m,) = read(FIXTURES / "audit" / "sound.toml")
    path = tmp_path / "book.csv"
    path.write_text("account,asset,supplied,borrowed,collateral\n"
                    "a,WETH,7000000000000000000,,\na,USDC,,9000,\nb,WETH,5,,false\nb,USDC,3,1,\nc,WETH,9,,\n")
    booked = with_book(m, path)
    assert booked.accounts is not None
    assert [(h.name, h.supplied, h.borrowed) for h in booked.accounts] == [
        ("a", {"WETH": 7 * 10**18}, {"USDC": 9_000}), ("b", {"USDC": 3}, {"USDC": 1})]
    for text, line in (("a,CRV,1,1,", "expected reserves of sound, found 'CRV'"), ("a,WETH,1,,", "found nobody")):
        path.write_text(f"account,asset,supplied,borrowed,collateral\n{text}\n")
        with pytest.raises(BadInput, match=line):
            with_book(m, path)
    path.write_text("account,asset,scaled_borrowed\na,WETH,1\n")
    with pytest.raises(BadInput, match="row 2: a: expected amounts"):
        with_book(m, path)


def test_a_scenario_s_books_are_its_accounts() -> None:
    (m,) = read(FIXTURES / "scenarios" / "crv-whale.toml")
    assert m.accounts is not None
    assert {"whale", "small-0"} <= {holder.name for holder in m.accounts}


def test_every_number_of_the_ledger_has_a_status() -> None:
    for file in sorted((FIXTURES / "audit").glob("*.toml")):
        if file.name.startswith("complement"):
            continue
        ledger = audit(file).ledger
        assert ledger
        assert all(entry.status in STATUSES and entry.source for entry in ledger)
    entries = {e.key: e for e in audit(FIXTURES / "audit" / "sound.toml").ledger}
    assert entries["gas_usd"].value == "20"
    assert entries["gaps.wstETH-WETH.fall_bps"].value == "650"
    assert entries["reserves.WETH.ltv_bps"].value == "7000"
    adapter = {e.key: e for e in audit(FIXTURES / "audit" / "cap-adapter-low.toml").ledger}["adapters.wstETH.ratio"]
    assert adapter.source.startswith("round numbers")
