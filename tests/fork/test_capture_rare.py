"""What the rig's history lacks: stable debt, delegated credit, a sentinel, roles, everybody gone; and broken stores."""

import sqlite3
from pathlib import Path

import pytest

from protocol_sim.errors import BadInput
from protocol_sim.fork.anvil import Node
from protocol_sim.fork.capture import capture
from protocol_sim.fork.deploy.aave_v3 import GRACE
from protocol_sim.fork.deploy.aave_v3_contracts import contract
from protocol_sim.fork.rigs.people import address
from protocol_sim.fork.rigs.scene import approve, mint
from protocol_sim.fork.rigs.start import LocalChain
from protocol_sim.fork.snapshot import Snapshot, load_snapshot, save_snapshot
from protocol_sim.fork.snapshot.scenario import Unsayable
from protocol_sim.fork.verify_fork import verify_fork

pytestmark = pytest.mark.anvil
STABLE, VARIABLE = 1, 2
ANNA, BERT = address(7, "anna"), address(7, "bert")


def everybody(url: str, rig: LocalChain, version: str, **more: object) -> Snapshot:
    return capture(url, address=rig.scene.markets[version].pool, complete=True, keep=False, **more)  # type: ignore[arg-type]


def supplied(node: Node, rig: LocalChain, version: str, who: str) -> None:
    """Ten thousand dollars of DAI."""
    token, market, amount = rig.scene.tokens["DAI"], rig.scene.markets[version], 10**22
    node.execute(token, mint(who, amount))
    node.execute(token, approve(market.pool), who)
    node.execute(market.pool, contract(version, "Pool").call("supply", token, amount, who, 0), who)


def test_stable_debt_is_exact_and_no_scenario_can_say_it(rig: LocalChain, tmp_path: Path) -> None:
    market, pool = rig.scene.markets["3.0.2"], contract("3.0.2", "Pool")
    with rig.fork() as copy:
        supplied(copy, rig, "3.0.2", ANNA)
        borrow = pool.call("borrow", rig.scene.tokens["USDC"], 10**9, STABLE, 0, ANNA)
        copy.execute(market.pool, borrow, ANNA)
        copy.call("anvil_mine", hex(2), hex(100_000))
        snapshot = everybody(copy.url, rig, "3.0.2")
        verdict = verify_fork(snapshot, copy.url)
        assert verdict.ok
        assert verdict.equal == len(snapshot.people.addresses)
        market_now = snapshot.market()
        holding = market_now.holdings[snapshot.people.index(ANNA) * len(snapshot.listed) + 1]
        assert holding.stable_principal == 10**9
        assert market_now.reserves[1].stable_principal == 10**9
        with pytest.raises(Unsayable, match="no stable debt, which a scenario cannot say"):
            _ = snapshot.scenario
        save_snapshot(snapshot, tmp_path / "out")
        assert not (tmp_path / "out" / "scenario.toml").exists()
        assert load_snapshot(tmp_path / "out") == snapshot


@pytest.mark.parametrize("version", ["3.6", "3.0.2"])
def test_delegated_credit_sentinel_and_roles(rig: LocalChain, version: str) -> None:
    market, scene = rig.scene.markets[version], rig.scene
    with rig.fork() as copy:
        supplied(copy, rig, version, ANNA)
        debt = market.tokens[1].variable
        code = contract(version, "VariableDebtToken")
        copy.execute(debt, code.call("approveDelegation", BERT, 5 * 10**8), ANNA)
        borrow = contract(version, "Pool").call("borrow", scene.tokens["USDC"], 2 * 10**8, VARIABLE, 0, ANNA)
        copy.execute(market.pool, borrow, BERT)
        copy.execute(debt, code.call("approveDelegation", ANNA, 7), BERT)
        copy.execute(debt, code.call("approveDelegation", ANNA, 0), BERT)
        sentinel = contract(version, "PoolAddressesProvider").call("setPriceOracleSentinel", market.sentinel)
        copy.execute(market.provider, sentinel)
        manager = contract(version, "ACLManager")
        acl = everybody(copy.url, rig, version).addresses["acl"]
        copy.execute(acl, manager.call("addFlashBorrower", ANNA))
        snapshot = everybody(copy.url, rig, version)
        assert verify_fork(snapshot, copy.url).ok
        left = 3 * 10**8 - (version == "3.6")  # which takes a unit more, as its debt is rounded up
        assert code.answer("borrowAllowance", copy.read(debt, code.call("borrowAllowance", ANNA, BERT))) == (left,)
        one = {"delegator": ANNA, "delegatee": BERT, "reserve": 1, "mode": VARIABLE, "amount": left}
        assert snapshot.allowances == (one,)
        allowances = snapshot.market(delegations=2).allowances
        assert [row.amount for row in allowances] == [left, 0, 0]
        assert (snapshot.settings["sentinel"], snapshot.settings["sentinel_grace"]) == (1, GRACE)
        accounts = snapshot.market().accounts
        assert [n for n, a in enumerate(accounts) if a.flash_borrower] == [snapshot.people.index(ANNA)]
        with pytest.raises(Unsayable, match="no price oracle sentinel"):
            _ = snapshot.scenario


def test_before_anybody_came(rig: LocalChain, tmp_path: Path) -> None:
    """A market without accounts is a snapshot too: its treasury and its umbrella are there, with nothing."""
    pool = rig.scene.markets["3.6"].pool
    snapshot = capture(rig.node.url, rig.story.first - 1, address=pool, keep=False, out=tmp_path / "out")
    assert snapshot.people.owner == []
    assert snapshot.people.addresses == sorted({snapshot.treasury, snapshot.umbrella})
    assert load_snapshot(tmp_path / "out") == snapshot
    assert snapshot.scenario.books == ()


def test_a_store_that_is_none_and_one_that_cannot_be_written(
    rig: LocalChain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool, block = rig.scene.markets["3.6"].pool, rig.story.last
    capture(rig.node.url, block, address=pool, cache=tmp_path)
    (file,) = (tmp_path / "31337").glob("*.sqlite")
    for more in (tmp_path / "31337").glob("*-wal"):
        more.unlink()
    file.write_bytes(b"a diary, no database" * 100)
    with pytest.raises(BadInput, match=r"sqlite: file: expected a store of a capture \(delete it"):
        capture(rig.node.url, block, address=pool, cache=tmp_path)

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr("protocol_sim.fork.capture.store.Store.keep_people", full)
    with pytest.raises(Exception, match=r"capture: the store in .*: database or disk is full") as caught:
        capture(rig.node.url, block, address=pool, cache=tmp_path / "other", out=tmp_path / "out")
    assert type(caught.value).__name__ == "ProtocolSimError"
    assert not (tmp_path / "out").exists()
