"""Pre-flight: the fork agrees on random changes and on a cap that is too low; change files; the command."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from protocol_sim.cli.app import status
from protocol_sim.errors import BadInput
from protocol_sim.fork.anvil import Node
from protocol_sim.fork.capture import capture
from protocol_sim.fork.client import Client
from protocol_sim.fork.deploy.aave_v3_contracts import LAST, contract
from protocol_sim.fork.preflight import Preflight, parse_change, preflight
from protocol_sim.fork.preflight import run as runs
from protocol_sim.fork.preflight.execute import Admin, execute
from protocol_sim.fork.preflight.steps import Call
from protocol_sim.fork.replay import replay
from protocol_sim.fork.rigs.chain import Chain
from protocol_sim.fork.rigs.loopers import RATIO, Loopers, add_loopers, arrive
from protocol_sim.fork.rigs.scene import MAX
from protocol_sim.fork.rigs.start import LocalChain, Size, local_chain
from protocol_sim.fork.snapshot import Snapshot, save_snapshot
from protocol_sim.fork.solc import compiled
from protocol_sim.numeric import WAD

pytestmark = pytest.mark.anvil
ROOT = Path(__file__).parents[2]
ASSETS = ("WETH", "USDC", "WBTC", "DAI", "CRV")


@pytest.fixture(scope="module")
def snapshots(rig: LocalChain) -> dict[str, Snapshot]:
    return {version: capture(rig.node.url, rig.story.upgraded, address=market.pool, keep=False)
            for version, market in rig.scene.markets.items()}


def table(kind: str, **keys: Any) -> str:
    lines = [f"{name} = {json.dumps(value)}" for name, value in keys.items()]
    return "\n".join(["[[changes]]", f'kind = "{kind}"', *lines, ""])


def draw(rng: random.Random, snapshot: Snapshot) -> str:
    """A change of one to three tables that the contracts accept."""
    states = {x.symbol: x.state for x in snapshot.listed}
    tables = []
    for _ in range(rng.randrange(1, 4)):
        asset = rng.choice(ASSETS)
        price, threshold = states[asset]["price"], rng.randrange(5_000, 8_600)
        usd = f"{price * rng.randrange(80, 115) // 100 / 10**8:.8f}"
        tables.append(rng.choice((
            table("collateral", asset=asset, liquidation_threshold_bps=threshold, ltv_bps=threshold - 300,
                  liquidation_bonus_bps=10_400),
            table("emode", id=2, ltv_bps=8_700, liquidation_threshold_bps=rng.randrange(8_710, 9_100)),
            table("emode", id=1, ltv_bps=8_500, liquidation_threshold_bps=rng.randrange(8_710, 9_400),
                  liquidation_bonus_bps=10_150),
            table("feed", asset=asset, answer_usd=usd),
            table("price-cap", asset=asset, cap_usd=usd),
            table("price-cap", asset="WBTC", base="WETH", ratio=f"14.{rng.randrange(10, 99)}"),
            table("rates", asset=asset, optimal_bps=rng.randrange(3_000, 9_000), base_bps=100, slope1_bps=400,
                  slope2_bps=9_000),
            table("caps", asset=asset, supply_cap=rng.randrange(1, 10**6), borrow_cap=rng.randrange(1, 10**6)),
            table("reserve-factor", asset=asset, bps=rng.randrange(0, 5_000)),
            table("pause", asset=asset),
        )))
    return f'name = "drawn"\n{"".join(tables)}'


# ---- the fork agrees ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("version", "wanted"), [("3.6", 16), ("3.0.2", 10)])
def test_the_fork_agrees_on_random_changes(
    rig: LocalChain, snapshots: dict[str, Snapshot], version: str, wanted: int
) -> None:
    snapshot, rng = snapshots[version], random.Random(f"preflight {version}")
    done: list[Preflight] = []
    for _ in range(5 * wanted):
        change = parse_change(draw(rng, snapshot))
        try:
            preflight(snapshot, change)
        except BadInput:  # what the rules refuse (an eMode below its assets, a pause twice) is not executed
            continue
        found = preflight(snapshot, change, anvil=rig.node.url)
        assert found.executed is not None
        assert found.executed.refused == [], found.render()
        assert found.differences == [], found.render()
        assert found.equal == len(found.standings) > 30
        done.append(found)
        if len(done) == wanted:
            break
    assert len(done) == wanted
    assert sum(len(f.becoming) > 0 for f in done) >= 2
    assert sum(len(f.weakened) > 0 for f in done) >= wanted // 2


def test_what_the_model_refuses_the_contracts_refuse(rig: LocalChain, snapshots: dict[str, Snapshot]) -> None:
    snapshot = snapshots["3.6"]
    wrong = table("collateral", asset="WETH", liquidation_threshold_bps=9_900, liquidation_bonus_bps=10_500)
    with pytest.raises(BadInput, match="INVALID_RESERVE_PARAMS"):
        preflight(snapshot, parse_change(f'name = "wrong"\n{wrong}'))
    call = Call("configureReserveAsCollateral", (8_000, 9_900, 10_500), k=0)
    said = execute(rig.node.url, snapshot, [call], snapshot.block.time + 12, [])
    assert len(said.refused) == 1


def test_a_model_that_is_wrong_by_one_is_noticed(
    rig: LocalChain, snapshots: dict[str, Snapshot], monkeypatch: pytest.MonkeyPatch
) -> None:
    look = runs.impact.look

    def wrong(*a: Any) -> Any:
        found = look(*a)
        return found._replace(data={i: d._replace(debt=d.debt + 1) for i, d in found.data.items()})

    monkeypatch.setattr(runs.impact, "look", wrong)
    found = preflight(snapshots["3.6"], parse_change(f'name = "x"\n{table("pause", asset="DAI")}'), anvil=rig.node.url)
    assert not found.ok
    assert {d[1] for d in found.differences} == {"debt"}
    assert "different 1" in found.render()


# ---- a cap that is too low ------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def looped(rig: LocalChain) -> Iterator[tuple[Node, Chain, Loopers, Snapshot]]:
    market = rig.scene.markets[LAST]
    with rig.fork() as node:
        chain = Chain(node, 12)
        loopers = add_loopers(chain, market, rig.scene.admin, 40)
        yield node, chain, loopers, capture(node.url, chain.number, address=market.pool, keep=False)


LOW = f"{RATIO * 9_715 // 10_000 / 10_000:.4f}"  # 2.85 % below


def test_a_cap_too_low_makes_healthy_loopers_liquidatable(looped: Any, rig: LocalChain) -> None:
    node, _, loopers, snapshot = looped
    change = parse_change(f'name = "cap"\n{table("price-cap", asset="wstETH", base="WETH", ratio=LOW)}')
    found = preflight(snapshot, change, anvil=node.url)
    assert found.ok, found.render()
    assert found.equal == len(found.standings) >= 140
    people = snapshot.people.addresses
    healthy = {people[s.i] for s in found.standings if not s.liquidatable_before}
    assert set(loopers.people) <= healthy
    becoming = {people[s.i]: s for s in found.becoming}
    assert 3 <= len(becoming) < 40
    assert set(becoming) == set(loopers.people[: len(becoming)])  # the nearest, and nobody else
    assert all(s.emode == 3 and s.seizable > s.repayable > 0 and not s.refused for s in becoming.values())
    assert found.emodes["3"]["accounts"] == len(becoming)
    assert found.assets["wstETH"]["collateral_usd"] >= found.assets["WETH"]["debt_usd"] > 0
    assert all(-300 < s.distance_bps < 0 for s in becoming.values())
    # the contracts let these be liquidated, and not the next one
    market = rig.scene.markets[LAST]
    call = Call(makes="cap", arguments=(found.snapshot.listed[5].state["price"] * 9_715 // 10_000,), k=5)
    with rig_fork(node, snapshot) as fork:
        Admin(fork, snapshot).execute([call], found.now)
        for n, who in enumerate(loopers.people[: len(becoming) + 1]):
            data = contract(LAST, "Pool").call("liquidationCall", loopers.token, market.tokens[0].underlying, who, MAX,
                                               False)
            answer = accepted(fork, rig.scene.admin, market.pool, data)
            assert answer == (n < len(becoming))


def rig_fork(node: Node, snapshot: Snapshot) -> Any:
    from protocol_sim.fork.anvil import forked
    from protocol_sim.fork.preflight.execute import OPTIONS

    return forked(node.url, snapshot.block.number, *OPTIONS)


def accepted(node: Node, sender: str, to: str, data: str) -> bool:
    from protocol_sim.fork.rpc import RpcError

    try:
        node.call("eth_call", {"from": sender, "to": to, "data": data, "gas": hex(8_000_000)}, "latest")
    except RpcError:
        return False
    return True


def test_loopers_arrive_at_the_end_of_a_rig() -> None:
    with local_chain(Size(accounts=200, others=0, blocks=60)) as small:
        before = small.story.last
        with arrive(small, 0) as nobody:
            assert (nobody, small.story.last) == (None, before)
        with arrive(small, 4) as loopers:
            assert loopers is not None
            assert before < small.story.last == small.chain.number
            found = capture(small.node.url, small.story.last, address=small.scene.markets[LAST].pool, keep=False)
            assert set(loopers.people) <= set(found.people.addresses)


@pytest.mark.parametrize("name", ["cap-too-low", "lower-thresholds"])
def test_the_change_files_at_hand_are_sound(looped: Any, name: str) -> None:
    node, _, _, snapshot = looped
    found = preflight(snapshot, ROOT / "fixtures" / "changes" / f"{name}.toml", anvil=node.url)
    assert found.ok, found.render()
    assert not found.safe


def test_a_cap_far_off_harms_nobody(looped: Any) -> None:
    node, _, _, snapshot = looped
    found = preflight(snapshot, parse_change(f'name = "cap"\n{table("price-cap", asset="wstETH", cap_usd="99999")}'),
                      anvil=node.url)
    assert found.ok
    assert found.safe
    assert not found.weakened


def test_replay_follows_caps_and_feeds_that_are_exchanged(looped: Any, rig: LocalChain) -> None:
    """Under a cap, above it, a lower cap, another source, then that one's own answers."""
    node, _, loopers, snapshot = looped
    market, feed, oracle = rig.scene.markets[LAST], compiled("SettableFeed"), contract(LAST, "AaveOracle")
    price = next(x.state["price"] for x in snapshot.listed if x.symbol == "wstETH")
    with rig_fork(node, snapshot) as fork:
        chain, admin = Chain(fork, 12), rig.scene.admin
        chain.block([(admin, loopers.source, feed.call("setAnswer", price * 105 // 100))])
        chain.block([(admin, loopers.source, feed.call("setAnswer", price * 2))])
        chain.block([(admin, loopers.cap, compiled("CappedFeed").call("setCap", price * 9_715 // 10_000))])
        chain.block([(admin, None, feed.creation(8, "other", price))], 8_000_000)
        other = str(chain.receipts()[0]["contractAddress"]).lower()
        chain.block([(admin, market.oracle, oracle.call("setAssetSources", [market.tokens[2].underlying], [other]))])
        for factor in (11, 12, 9):
            chain.block([(admin, other, feed.call("setAnswer", price * factor))])
        found = replay(fork.url, snapshot=snapshot, end=chain.number,
                       checkpoints=range(snapshot.block.number + 1, chain.number))
    assert found.ok, found.render()
    assert found.parity.equal == {"set_price": 5, "set_price_cap": 1, "swap_feed": 1}
    assert len(found.compared) == 8


# ---- change files ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("text", "key", "expected"), [
    ("name = 3", "name", "text"),
    ('name = "x"', "changes", "a value"),
    ('name = "x"\nchanges = []', "changes", "at least 1 of them"),
    ('name = "x"\n[[changes]]\nkind = "upgrade"', "changes.0.kind", "one of"),
    ('name = "x"\n[[changes]]\nkind = "pause"\nasset = "DAI"\nhalt = true', "changes.DAI.halt", "one of"),
    ('name = "x"\n[[changes]]\nkind = "collateral"\nasset = "DAI"', "changes.DAI", "at least one of"),
    ('name = "x"\n[[changes]]\nkind = "feed"\nasset = "DAI"\nanswer_usd = 1.0', "changes.DAI.answer_usd", ""),
    ('name = "x"\n[[changes]]\nkind = "feed"\nasset = "DAI"\nanswer_usd = "-1"', "changes.DAI", "USD price"),
    ('name = "x"\n[[changes]]\nkind = "feed"\nasset = "DAI"\nanswer_usd = "0"', "changes.DAI", "above 0"),
    ('name = "x"\n[[changes]]\nkind = "price-cap"\nasset = "DAI"\nbase = "WETH"', "changes.DAI", "either cap_usd"),
    ('name = "x"\n[[changes]]\nkind = "emode"\nid = 0\nltv_bps = 1', "changes.0.id", "at least 1"),
    ("name = ", "file", "TOML"),
])
def test_a_wrong_change_file_is_one_line(text: str, key: str, expected: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse_change(text, "c.toml")
    assert (refused.value.where, refused.value.key) == ("c.toml", key)
    assert expected in refused.value.expected
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("tables", "said"), [
    (table("freeze", asset="XYZ"), "changes.XYZ.asset: expected one of WETH, USDC, WBTC, DAI, CRV, found XYZ"),
    (table("emode", id=9, ltv_bps=1), "changes.0.id: expected one of"),
    (table("price-cap", asset="WETH", base="ETH", ratio="1"), "changes.WETH.base"),
])
def test_what_the_market_has_not_is_named(snapshots: dict[str, Snapshot], tables: str, said: str) -> None:
    with pytest.raises(BadInput) as refused:
        preflight(snapshots["3.6"], parse_change(f'name = "x"\n{tables}'))
    assert said in str(refused.value)


# ---- the command ----------------------------------------------------------------------------------------------------
def test_the_command(
    rig: LocalChain, snapshots: dict[str, Snapshot], tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    save_snapshot(snapshots["3.6"], tmp_path / "snap")
    (tmp_path / "harsh.toml").write_text(f'name = "harsh"\n{table("feed", asset="WETH", answer_usd="1500")}')
    (tmp_path / "mild.toml").write_text(f'name = "mild"\n{table("caps", asset="DAI", supply_cap=1)}')
    line = ["preflight", "--snapshot", str(tmp_path / "snap"), "--quiet", "--change"]
    assert status([*line, str(tmp_path / "harsh.toml")]) == 0
    assert status([*line, str(tmp_path / "harsh.toml"), "--strict"]) == 1
    assert status([*line, str(tmp_path / "mild.toml"), "--strict", "--anvil", rig.node.url]) == 0
    said = capsys.readouterr().out
    assert "become liquidatable   0:" in said
    assert f"accounts equal {len(snapshots['3.6'].market().accounts) - 1:,}" in said or "accounts equal" in said
    assert status([*line, str(tmp_path / "harsh.toml"), "--out", str(tmp_path / "out")]) == 0
    summary = json.loads((tmp_path / "out" / "preflight.json").read_text())
    import pandas as pd

    rows = pd.read_parquet(tmp_path / "out" / "accounts.parquet")
    assert len(rows) == summary["accounts"]
    assert (rows.becomes_liquidatable == "True").sum() == summary["becoming_liquidatable"] > 0
    assert all(int(h) < WAD for h in rows[rows.becomes_liquidatable == "True"].health_after)
    assert status([*line, str(tmp_path / "none.toml")]) == 2
    assert "expected a change file, found no such file" in capsys.readouterr().err


def test_a_node_without_the_block_is_refused(snapshots: dict[str, Snapshot], node: Node) -> None:
    change = parse_change(f'name = "x"\n{table("pause", asset="DAI")}')
    with pytest.raises(BadInput, match="a node with block"):
        preflight(snapshots["3.6"], change, anvil=node.url)
    client = Client(node.url)
    assert int(client.call("eth_blockNumber"), 16) == 0
    client.close()
