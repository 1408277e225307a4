"""Replay: the rig's whole history equal and explained, random histories of every operation, what must be noticed."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from protocol_sim.cli.app import status
from protocol_sim.errors import BadInput
from protocol_sim.fork.anvil import Node, anvil
from protocol_sim.fork.client import Client
from protocol_sim.fork.replay import Liquidator, Replay, replay
from protocol_sim.fork.replay import stream as streams
from protocol_sim.fork.replay.replica import Replica
from protocol_sim.fork.replay.screen import Screen
from protocol_sim.fork.rigs.start import LocalChain
from protocol_sim.fork.snapshot import load_snapshot
from protocol_sim.fork.verify import make_rig
from protocol_sim.numeric import WAD
from protocol_sim.protocols.aave_v3 import accrual, liquidation, supply
from protocol_sim.protocols.aave_v3.account import account_data

pytestmark = pytest.mark.anvil
VERSIONS = ("3.6", "3.0.2")


def whole(rig: LocalChain, version: str = "3.6", **options: Any) -> Replay:
    """The history from before anybody arrived."""
    start = options.pop("start", rig.story.first - 1)
    return replay(rig.node.url, start=start, end=rig.story.last, address=rig.scene.markets[version].pool, keep=False,
                  **options)


def events(node: Node, rig: LocalChain, version: str, name: str) -> int:
    from protocol_sim.fork.deploy.aave_v3_contracts import contract

    topic = next(t for t, abi in contract(version, "Pool").events().items() if abi.name == name)
    logs = node.call("eth_getLogs", {"fromBlock": hex(rig.story.first), "toBlock": hex(rig.story.last), "topics":
                                     [topic], "address": rig.scene.markets[version].pool})
    return len(logs)


# ---- equal ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("version", VERSIONS)
def test_the_whole_history_is_equal_and_explained(rig: LocalChain, version: str) -> None:
    found = whole(rig, version, checkpoints=(rig.story.configured, rig.story.upgraded))
    p = found.parity
    assert (p.different.total(), p.unexplained.total()) == (0, 0), found.render()
    assert p.explained == p.logs > 500
    assert [c.gaps for c in found.compared] == [[], [], []]
    assert found.compared[-1].accounts >= {"3.6": 100, "3.0.2": 40}[version]
    kinds = {"supply", "withdraw", "borrow", "repay", "liquidation_call", "transfer_atoken", "set_price", "upgrade"}
    assert kinds <= set(p.equal)
    assert found.ok


@pytest.mark.parametrize("version", VERSIONS)
def test_every_liquidation_is_accounted_for(rig: LocalChain, version: str) -> None:
    table = whole(rig, version).liquidations
    on_chain = table[table.tx != ""]
    assert len(on_chain) == events(rig.node, rig, version, "LiquidationCall") > 10
    assert set(on_chain.verdict) <= {"same", "earlier", "later", "missed"}
    assert (on_chain[on_chain.verdict == "same"].model_block == on_chain[on_chain.verdict == "same"].block).all()
    earlier = on_chain[on_chain.verdict == "earlier"]
    assert len(earlier) > 0
    assert (earlier.model_block < earlier.block).all()
    assert (earlier.model_profit_usd > 0).all()
    same = on_chain[(on_chain.verdict == "same") & (on_chain.why == "")]
    assert len(same) > 0
    assert (same.health_factor < WAD).all()


def test_a_liquidator_that_pays_too_much_gas_misses_them_all(rig: LocalChain) -> None:
    found = whole(rig, liquidator=Liquidator(gas_usd=10**6 * 10**8))
    on_chain = found.liquidations[found.liquidations.tx != ""]
    assert set(on_chain.verdict) == {"missed"}
    assert on_chain.why.str.contains("does not pay").any()
    assert found.verdicts()["not on chain"] == 0


def test_the_snapshot_of_a_block_is_where_it_starts(rig: LocalChain, tmp_path: Any) -> None:
    from protocol_sim.fork.capture import capture

    middle = rig.story.configured
    capture(rig.node.url, middle, address=rig.scene.markets["3.6"].provider, out=tmp_path / "snap", keep=False)
    from_disk = replay(rig.node.url, end=rig.story.last, snapshot=load_snapshot(tmp_path / "snap"))
    anew = whole(rig, start=middle)
    assert from_disk.ok
    assert from_disk.rows == anew.rows
    assert from_disk.manifest() == anew.manifest()


@pytest.mark.parametrize("version", VERSIONS)
def test_random_histories_of_every_operation(version: str) -> None:
    """The operations that `verify anvil` plays, refused ones included: stable debt, flash loans, eModes, governance."""
    adapter: Any = make_rig("aave-v3", version)
    with anvil() as node:
        adapter.deploy(node)
        head = node.call("eth_getBlockByNumber", "latest", False)
        adapter.restart(int(head["timestamp"], 16))
        rng, accepted = random.Random(1), 0
        for _ in range(800):
            operation = adapter.propose(rng)
            adapter.play(operation)
            node.next_timestamp(operation.at)
            accepted += node.send(operation.sender, operation.to, operation.data)["status"] == "0x1"
        last = int(node.call("eth_blockNumber"), 16)
        found = replay(node.url, start=int(head["number"], 16), end=last, address=adapter._chain.at.provider,
                       keep=False)
    assert found.ok, found.render()
    assert found.parity.operations > 0.9 * accepted > 300
    kinds = {"flash_loan", "set_emode", "set_collateral", "transfer_atoken", "liquidation_call"}
    assert kinds <= set(found.parity.equal)
    assert len(found.parity.equal) >= 15


# ---- noticed --------------------------------------------------------------------------------------------------------
def one_more(rule: Callable[..., int]) -> Callable[..., int]:
    return lambda *a: rule(*a) + 1


@pytest.mark.parametrize(("module", "name", "operation"), [
    (supply, "scaled_supply_mint", "supply"),
    (supply, "scaled_supply_burn", "withdraw"),
    (accrual, "linear_interest", "supply"),
    (liquidation, "percent_mul_half_up", "liquidation_call"),
])
def test_a_rule_changed_by_one_is_different(
    rig: LocalChain, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, operation: str
) -> None:
    monkeypatch.setattr(module, name, one_more(getattr(module, name)))
    found = whole(rig)
    assert not found.ok
    assert found.parity.different[operation] > 0, found.render()
    first, gaps = found.divergence or (None, [])
    assert first is not None
    assert first.fields
    assert "first divergence" in found.render()
    del gaps


Logs = list[dict[str, Any]]


def changed_logs(monkeypatch: pytest.MonkeyPatch, change: Callable[[Logs], Logs]) -> None:
    get = streams.get_logs
    monkeypatch.setattr(streams, "get_logs", lambda *a: change(sorted(
        get(*a), key=lambda x: (int(x["blockNumber"], 16), int(x["logIndex"], 16)))))


def topic_of(name: str, contract_name: str = "Pool") -> str:
    from protocol_sim.fork.deploy.aave_v3_contracts import contract

    return next(t for t, abi in contract("3.6", contract_name).events().items() if abi.name == name)


@pytest.mark.parametrize(("contract_name", "event"), [("AToken", "Mint"), ("Pool", "ReserveDataUpdated"),
                                                      ("Pool", "Supply"), ("Pool", "LiquidationCall")])
def test_a_dropped_event_is_noticed(
    rig: LocalChain, monkeypatch: pytest.MonkeyPatch, contract_name: str, event: str
) -> None:
    topic, dropped = topic_of(event, contract_name), []

    def drop(logs: Logs) -> Logs:
        if dropped:
            return logs
        at = next(n for n, x in enumerate(logs) if x["topics"][0] == topic)
        dropped.append(logs[at])
        return logs[:at] + logs[at + 1 :]

    changed_logs(monkeypatch, drop)
    found = whole(rig)
    assert dropped
    assert not found.ok
    assert found.parity.different.total() + found.parity.unexplained.total() > 0


@pytest.mark.parametrize("topic", ["0x" + "ab" * 32, None])
def test_an_event_too_many_is_unexplained(rig: LocalChain, monkeypatch: pytest.MonkeyPatch, topic: str | None) -> None:
    """One that no ABI has, and one that the pool has but no operation left."""
    update = topic_of("ReserveDataUpdated")

    def add(logs: Logs) -> Logs:
        at = next(n for n, x in enumerate(logs) if x["topics"][0] == update)
        extra = logs[at] | {"logIndex": hex(10**6)} | ({"topics": [topic]} if topic else {})
        return [*logs, extra]

    changed_logs(monkeypatch, add)
    found = whole(rig)
    assert not found.ok
    assert found.parity.different.total() == 0
    assert found.parity.unexplained == {("pool", topic or "ReserveDataUpdated"): 1}
    row = found.unexplained.iloc[0]
    assert (row.emitter, row["count"]) == ("pool", 1)


EMIT = "0x7f" + "cd" * 32 + "60006000a1" + "00"  # PUSH32 topic, LOG1 of nothing, STOP


def test_what_a_contract_of_the_market_says_unknown_is_unexplained(rig: LocalChain) -> None:
    """The configurator, given other code for one transaction, emits an event that no ABI has."""
    market = rig.scene.markets["3.6"]
    with rig.fork() as node:
        node.call("evm_mine")  # what is set goes into the state of the block before, too
        start = int(node.call("eth_blockNumber"), 16) - 1
        code = node.call("eth_getCode", market.configurator, "latest")
        node.call("anvil_setCode", market.configurator, EMIT)
        assert node.send(node.accounts[0], market.configurator, "0x")["status"] == "0x1"
        node.call("anvil_setCode", market.configurator, code)
        node.call("evm_mine")
        last = int(node.call("eth_blockNumber"), 16)
        found = replay(node.url, start=start, end=last, address=market.provider, keep=False)
    assert found.parity.unexplained == {("configurator", "0x" + "cd" * 32): 1}
    assert not found.ok


def test_an_upgrade_to_unknown_code_is_unexplained(rig: LocalChain) -> None:
    from protocol_sim.fork.capture.reserves import SLOT
    from protocol_sim.fork.deploy.aave_v3_contracts import contract

    market, provider = rig.scene.markets["3.6"], contract("3.6", "PoolAddressesProvider")
    with rig.fork() as node:
        stub = node.create("0x600060005360016000f3")  # creates code of one byte
        before = node.call("eth_getStorageAt", market.pool, SLOT, "latest")
        sent = node.send(rig.scene.admin, market.provider, provider.call("setPoolImpl", stub))
        assert sent["status"] == "0x1"
        node.call("anvil_setStorageAt", market.pool, SLOT, before)
        node.call("evm_mine")
        last = int(node.call("eth_blockNumber"), 16)
        found = replay(node.url, start=rig.story.last, end=last, address=market.provider, keep=False)
    assert found.parity.unexplained == {("pool", "Upgraded"): 1, ("provider", "PoolUpdated"): 1}


def test_an_aave_token_given_underlying_is_unexplained(rig: LocalChain) -> None:
    """3.0.2 counts it as liquidity; no operation moved it."""
    from protocol_sim.fork.rigs.scene import mint

    market = rig.scene.markets["3.0.2"]
    with rig.fork() as node:
        token = market.tokens[1]
        assert node.send(rig.scene.admin, token.underlying, mint(token.a_token, 10**9))["status"] == "0x1"
        last = int(node.call("eth_blockNumber"), 16)
        found = replay(node.url, start=rig.story.last, end=last, address=market.provider, keep=False)
    assert found.parity.unexplained == {("aUSDC", "underlying moved"): 1}
    assert [(g.what, g.field, g.chain - g.model) for g in found.compared[0].gaps] == [
        ("USDC", "available_liquidity", 10**9)]


# ---- the watch ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("version", VERSIONS)
def test_the_screen_rules_out_nobody_whom_the_exact_rule_liquidates(rig: LocalChain, version: str) -> None:
    from protocol_sim.fork.capture import capture

    snapshot = capture(rig.node.url, rig.story.configured, address=rig.scene.markets[version].pool, keep=False)
    client = Client(rig.node.url)
    model, rng, seen = Replica(client, snapshot), random.Random(3), 0
    screen = Screen(model)
    for step in range(30):
        now = snapshot.block.time + 12 * step
        found = set(screen.run(now).unhealthy)
        exact = {i for i in range(len(model.people)) if model.market.accounts[i].borrowing
                 and account_data(model.market, i, now).health_factor < WAD}
        assert found == exact
        seen += len(exact)
        for r in model.market.reserves:
            r.price = max(1, r.price * rng.randrange(940, 1020) // 1000)
    client.close()
    assert seen >= 25


# ---- the command line -----------------------------------------------------------------------------------------------
def test_the_command_writes_tables_and_says_how_it_went(rig: LocalChain, tmp_path: Any, capsys: Any) -> None:
    import json

    import pandas as pd

    market, out = rig.scene.markets["3.6"], tmp_path / "out"
    line = ["replay", "--rpc", rig.node.url, "--from", str(rig.story.configured), "--to", str(rig.story.last),
            "--address", market.pool, "--gas-usd", "1.5", "--slippage-bps", "10", "--quiet"]
    assert status([*line, "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "different 0   unexplained 0" in said
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["liquidator"] == {"gas_usd": 150_000_000, "slippage_bps": 10}
    assert manifest["different"] == manifest["unexplained"] == manifest["state_differences"] == 0
    table = pd.read_parquet(out / "operations.parquet")
    assert table.equal.astype(int).sum() == manifest["operations"] > 100
    assert len(pd.read_parquet(out / "liquidations.parquet")) == sum(manifest["liquidations"].values())
    assert status([*line, "--out", str(out)]) == 2
    assert "a new or an empty directory" in capsys.readouterr().err


def test_a_difference_is_exit_status_one(rig: LocalChain, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr(accrual, "linear_interest", one_more(accrual.linear_interest))
    line = ["replay", "--rpc", rig.node.url, "--from", str(rig.story.configured), "--to", str(rig.story.last),
            "--address", rig.scene.markets["3.6"].pool, "--quiet"]
    assert status(line) == 1
    assert "first divergence: " in capsys.readouterr().out


def test_what_is_wrong_is_said(rig: LocalChain) -> None:
    with pytest.raises(BadInput, match="two blocks in order"):
        whole(rig, start=rig.story.last)
    with pytest.raises(BadInput, match="a block, or a snapshot"):
        replay(rig.node.url, end=3)
    with pytest.raises(BadInput, match="--checkpoint"):
        whole(rig, checkpoints=(1,))
    with pytest.raises(BadInput, match="protocol: expected aave-v3"):
        replay(rig.node.url, start=1, end=2, protocol="maker")
    with pytest.raises(BadInput, match="a block that"):
        replay(rig.node.url, start=1, end=10**6, address=rig.scene.markets["3.6"].pool)
