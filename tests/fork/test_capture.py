"""Captures of the rig: everybody equal to `getUserAccountData`, whatever the node allows; to disk and back; offline."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from protocol_sim.cli.app import status
from protocol_sim.errors import BadInput
from protocol_sim.fork.artifacts import Contract, abi_type
from protocol_sim.fork.capture import capture
from protocol_sim.fork.capture.pinned import Pinned
from protocol_sim.fork.capture.signatures import VIEWS
from protocol_sim.fork.deploy import uniswap_v2, uniswap_v3
from protocol_sim.fork.deploy.aave_v3_contracts import contract
from protocol_sim.fork.rigs.start import LocalChain
from protocol_sim.fork.snapshot import Snapshot, load_snapshot, save_snapshot
from protocol_sim.fork.snapshot.records import HOLDING
from protocol_sim.fork.solc import compiled
from protocol_sim.fork.verify_fork import verify_fork
from protocol_sim.protocols.aave_v3.account import account_data
from protocol_sim.protocols.aave_v3.state import Market
from protocol_sim.scenario import Scenario
from protocol_sim.world import account_names, build

pytestmark = pytest.mark.anvil
VERSIONS = ("3.6", "3.0.2")
DEAD = "http://127.0.0.1:1"


def captured(rig: LocalChain, version: str, tmp: Path, **more: Any) -> Snapshot:
    pools = {venue.name: venue.address for venue in rig.scene.venues}
    pool = rig.scene.markets[version].pool
    return capture(rig.node.url, rig.story.last, address=pool, pools=pools, cache=tmp, **more)


def chain_says(rig: LocalChain, version: str, addresses: list[str], block: int) -> list[tuple[int, ...]]:
    code, pool = contract(version, "Pool"), rig.scene.markets[version].pool
    calls = [("eth_call", [{"to": pool, "data": code.call("getUserAccountData", a)}, hex(block)]) for a in addresses]
    return [code.answer("getUserAccountData", bytes.fromhex(answer[2:])) for answer in rig.node.batch(calls)]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("complete", [True, False])
def test_every_account_is_equal_to_the_chain(rig: LocalChain, version: str, complete: bool, tmp_path: Path) -> None:
    snapshot = captured(rig, version, tmp_path, complete=complete)
    assert snapshot.version == version
    said = chain_says(rig, version, snapshot.people.addresses, snapshot.block.number)
    market = snapshot.market()
    for i, (collateral, debt, _, threshold, ltv, factor) in enumerate(said):
        d = account_data(market, i, snapshot.block.time)
        assert (d.collateral, d.debt, d.threshold, d.ltv, d.health_factor) == (collateral, debt, threshold, ltv, factor)
    owing = sum(debt > 0 for _, debt, *_ in said)
    assert owing > 20
    assert len(said) - owing <= 5 if not complete else len(said) > owing


@pytest.mark.parametrize("version", VERSIONS)
def test_the_scenario_starts_with_the_same_integers(rig: LocalChain, version: str, tmp_path: Path) -> None:
    snapshot = captured(rig, version, tmp_path)
    if version == "3.0.2":  # its eMode has a price of its own
        with pytest.raises(BadInput, match="price source of an eMode"):
            _ = snapshot.scenario
        snapshot = dataclasses.replace(snapshot, categories=tuple(c | {"price": 0} for c in snapshot.categories))
    save_snapshot(snapshot, tmp_path / "out")
    saved, market = load_snapshot(tmp_path / "out").scenario, snapshot.market()
    assert saved.where == str(tmp_path / "out" / "scenario.toml")
    for scenario in (saved, snapshot.scenario):
        starts_equal(scenario, snapshot, market)


def starts_equal(scenario: Scenario, snapshot: Snapshot, market: Market) -> None:
    made = build(scenario).protocols[0]
    names = list(account_names(scenario, "aave"))
    assert len(names) > 20
    for n, name in enumerate(names):
        wanted = account_data(market, snapshot.people.index(name), snapshot.block.time)
        assert account_data(made, n, snapshot.block.time) == wanted
    for ours, theirs in zip(made.reserves, market.reserves, strict=True):
        ours.pending_ltv = theirs.pending_ltv
        ours.projected_at = theirs.projected_at = -1
        ours.income_now = ours.debt_now = theirs.income_now = theirs.debt_now = 0
        assert ours == theirs


def test_saved_and_loaded_it_is_the_same(rig: LocalChain, tmp_path: Path) -> None:
    snapshot = captured(rig, "3.6", tmp_path / "cache", complete=True, out=tmp_path / "out")
    assert load_snapshot(tmp_path / "out") == snapshot
    assert list(snapshot.accounts.columns[:3]) == ["account", "collateral", "debt"]
    assert len(snapshot.holdings) == len(snapshot.people.owner)
    assert snapshot.reserves.symbol.tolist() == ["WETH", "USDC", "WBTC", "DAI", "CRV"]
    save_snapshot(snapshot, tmp_path / "out")
    (tmp_path / "out" / "holdings.parquet").write_bytes(b"")
    with pytest.raises(BadInput, match=r"holdings.parquet: SHA-256"):
        load_snapshot(tmp_path / "out")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "diary.txt").touch()
    with pytest.raises(BadInput, match=r"diary.txt in it"):
        save_snapshot(snapshot, tmp_path / "full")


def test_a_second_capture_asks_the_node_nothing(rig: LocalChain, tmp_path: Path) -> None:
    first = captured(rig, "3.6", tmp_path, chain_id=31337)
    pools = {venue.name: venue.address for venue in rig.scene.venues}
    again = capture(DEAD, rig.story.last, address=rig.scene.markets["3.6"].pool, pools=pools, cache=tmp_path,
                    chain_id=31337)
    assert again == first


def test_without_the_reader_contract_and_without_block_hashes_it_is_the_same(
    rig: LocalChain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = captured(rig, "3.6", tmp_path / "a", complete=True)

    def poor(pinned: Pinned) -> None:
        pinned.by_hash, pinned.reader = False, False

    monkeypatch.setattr(Pinned, "probe", poor)
    assert captured(rig, "3.6", tmp_path / "b", complete=True) == usual


def test_an_earlier_block_has_its_own_state(rig: LocalChain, tmp_path: Path) -> None:
    market, block = rig.scene.markets["3.6"], rig.story.configured
    before, after = (capture(rig.node.url, block - n, address=market.provider, cache=tmp_path) for n in (1, 0))
    assert (before.listed[2].state["threshold"], after.listed[2].state["threshold"]) == (7500, 7400)


def test_what_is_asked_wrongly_is_said_in_one_line(rig: LocalChain, tmp_path: Path) -> None:
    url, pool = rig.node.url, rig.scene.markets["3.6"].pool
    for wrong, words in (
        ({"protocol": "maker"}, "protocol: expected aave-v3"),
        ({"block": "yesterday"}, "block: expected a number"),
        ({"block": 10**9}, "block: expected a block that"),
        ({"chain_id": 1}, "chain id: expected 1, found 31337"),
        ({"address": "0x12"}, "address: expected of the pool"),
        ({"address": rig.scene.batch}, "address: expected an Aave V3 pool"),
        ({"address": None}, "address: expected the pool's"),
        ({"version": "2.5"}, "version: expected one of 3.0.2"),
        ({"pools": {"x": pool}}, "pool x: expected a Uniswap V2 pair"),
    ):
        arguments: dict[str, Any] = {"block": rig.story.last, "address": pool, "cache": tmp_path} | wrong
        with pytest.raises(BadInput, match=words):
            capture(url, arguments.pop("block"), **arguments)


def test_verify_fork_counts_and_sees_a_single_wei(
    rig: LocalChain, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    snapshot = captured(rig, "3.6", tmp_path / "cache", out=tmp_path / "out")
    with rig.fork() as copy:
        words = ["verify", "fork", "--snapshot", str(tmp_path / "out"), "--rpc", copy.url, "-q"]
        assert status(words) == 0
        count = len(snapshot.people.addresses)
        assert f"accounts equal      {count}\naccounts different  0" in capsys.readouterr().out
        people, debt = snapshot.people, snapshot.people.values[HOLDING.index("scaled_debt")]
        row = next(n for n, k in enumerate(people.reserve) if snapshot.listed[k].symbol == "USDC" and debt[n])
        debt[row] -= 1
        save_snapshot(snapshot, tmp_path / "out")
        assert status(words) == 1
        told = capsys.readouterr().out
        assert f"accounts equal      {count - 1}\naccounts different  1" in told
        assert people.addresses[people.owner[row]] in told
    assert status(["verify", "fork", "--rpc", rig.node.url]) == 2
    assert "--snapshot: expected to stand with --rpc" in capsys.readouterr().err


def test_a_snapshot_of_another_chain_is_refused(rig: LocalChain, tmp_path: Path) -> None:
    snapshot = captured(rig, "3.6", tmp_path)
    other = dataclasses.replace(snapshot, block=dataclasses.replace(snapshot.block, hash="0x" + "12" * 32))
    with pytest.raises(BadInput, match="expected block"):
        verify_fork(other, rig.node.url)
    with pytest.raises(BadInput, match="found chain 31337"):
        verify_fork(dataclasses.replace(snapshot, block=dataclasses.replace(snapshot.block, chain_id=1)), rig.node.url)


def test_the_views_are_those_of_the_contracts_own_abis() -> None:
    known: dict[str, set[str]] = {}
    for version in VERSIONS:
        for name in ("Pool", "PoolAddressesProvider", "PoolConfigurator", "AToken", "VariableDebtToken", "AaveOracle",
                     "MintableERC20", "ACLManager", "PriceOracleSentinel",
                     *(("StableDebtToken", "DefaultReserveInterestRateStrategy") if version == "3.0.2" else
                       ("DefaultReserveInterestRateStrategyV2",))):
            _learn(known, contract(version, name))
    for code in (compiled("SettableFeed"), uniswap_v2.core("UniswapV2Pair"), uniswap_v3.core("UniswapV3Pool")):
        _learn(known, code)
    for name, (signature, answer) in VIEWS.items():
        if name != "aggregator":  # of Chainlink's proxies, which no package has
            assert any(found.startswith(f"{signature} ") for found in known[name]), (name, known[name])
            assert f"{signature} ({answer})" in known[name], (name, known[name])


def _learn(known: dict[str, set[str]], code: Contract) -> None:
    for entry in code.abi:
        if entry["type"] == "function":
            inputs, outputs = (",".join(abi_type(x) for x in entry[key]) for key in ("inputs", "outputs"))
            known.setdefault(entry["name"], set()).add(f"{entry['name']}({inputs}) ({outputs})")
