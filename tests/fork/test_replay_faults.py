"""Replay through contracts that borrow and liquidate in one call, and behind a node that misbehaves."""

from collections.abc import Callable
from typing import Any

import pytest

from protocol_sim.errors import BadInput
from protocol_sim.fork.adapters.aave_v3.chain import overload
from protocol_sim.fork.anvil import Node
from protocol_sim.fork.client import NodeError, Patience
from protocol_sim.fork.deploy.aave_v3_contracts import contract
from protocol_sim.fork.flash_liquidator import series
from protocol_sim.fork.replay import replay
from protocol_sim.fork.rigs.chain import Chain
from protocol_sim.fork.rigs.check import captured, fall
from protocol_sim.fork.rigs.scene import MAX, approve, mint
from protocol_sim.fork.rigs.start import LocalChain
from tests.fork.proxy import (
    Fault,
    Reply,
    broken,
    busy,
    by_number_only,
    cut,
    every,
    no_override,
    proxy,
    refuse,
    short,
    short_ranges,
    shuffled,
    small_batches,
)

pytestmark = pytest.mark.anvil
QUICK = Patience(timeout=5.0, sleep=lambda _: None)


def number(node: Node) -> int:
    return int(node.call("eth_blockNumber"), 16)


# ---- calls through contracts ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("version", ["3.6", "3.0.2"])
def test_liquidations_inside_flash_loans(rig: LocalChain, version: str) -> None:
    """The loan is taken before, and paid back after, the liquidation that it pays for: rates see it in between."""
    with rig.fork() as node:
        fall(node, rig.scene)
        done, _ = series(node, captured(node.url, rig.scene, version), node.accounts[3], 12)
        found = replay(node.url, start=rig.story.last, end=number(node), address=rig.scene.markets[version].pool,
                       keep=False)
    assert found.ok, found.render()
    assert found.parity.equal["flash_loan"] == found.parity.equal["liquidation_call"] == len(done.jobs) > 4


@pytest.mark.parametrize("version", ["3.6", "3.0.2"])
def test_allowances_roles_and_credit(rig: LocalChain, version: str) -> None:
    """aTokens sent by somebody else, credit drawn by a delegatee, a role given, permissions that change nothing."""
    market, scene = rig.scene.markets[version], rig.scene
    pool, a_token, usdc = contract(version, "Pool"), contract(version, "AToken"), market.tokens[1]
    with rig.fork() as node:
        one, two, chain = node.accounts[4], node.accounts[5], Chain(node, 12)
        amount = 10**10
        chain.block([(scene.admin, usdc.underlying, mint(one, 3 * amount)),
                     (one, usdc.underlying, approve(market.pool)),
                     (one, market.pool, pool.call("supply", usdc.underlying, 2 * amount, one, 7)),
                     (one, usdc.a_token, a_token.call("approve", two, MAX)),
                     (one, market.tokens[0].variable,
                      contract(version, "VariableDebtToken").call("approveDelegation", two, 10**20))])
        chain.block([(two, usdc.a_token, a_token.call("transferFrom", one, two, amount // 2)),
                     (two, market.pool, pool.call("borrow", market.tokens[0].underlying, 10**17, 2, 0, one)),
                     (scene.admin, acl(node, version, market.provider), contract(version, "ACLManager").call(
                         "addFlashBorrower", two)),
                     (two, market.pool, pool.call("setUserUseReserveAsCollateral", usdc.underlying, True))])
        chain.block([(two, usdc.a_token, a_token.call("transferFrom", one, scene.batch, amount // 4)),
                     (two, usdc.a_token, a_token.call("transfer", usdc.a_token, 5)),
                     (two, market.pool, pool.call("withdraw", usdc.underlying, MAX, one))])
        for block in range(chain.number - 2, chain.number + 1):
            assert all(r["status"] == "0x1" for r in chain.receipts(block))
        found = replay(node.url, start=rig.story.last, end=chain.number, address=market.pool, keep=False)
    assert found.ok, found.render()
    equal = found.parity.equal
    assert equal["transfer_atoken"] == 3
    assert equal["approve_delegation"] == equal["set_role"] == equal["borrow"] == equal["withdraw"] == 1
    assert equal["approve"] >= 1


def acl(node: Node, version: str, provider: str) -> str:
    code = contract(version, "PoolAddressesProvider")
    return str(code.answer("getACLManager", node.read(provider, code.call("getACLManager")))[0])


def test_configuration_that_opens_with_other_events(rig: LocalChain) -> None:
    """Freezing (ltv, eModes), a pause with a grace period, rates, an eMode's asset taken away: several logs each."""
    market, version = rig.scene.markets["3.6"], "3.6"
    code, assets, admin = contract(version, "PoolConfigurator"), market.tokens, rig.scene.admin
    three = overload(version, "PoolConfigurator", "setReservePause", 3)
    calls = [
        code.call("setReserveFreeze", assets[2].underlying, True), code.call("setReserveFreeze", assets[2].underlying,
                                                                             False),
        code.call("setReserveLtvzero", assets[2].underlying, False),
        three.call("setReservePause", assets[3].underlying, True, 0),
        three.call("setReservePause", assets[3].underlying, False, 600),
        code.call("disableLiquidationGracePeriod", assets[3].underlying),
        code.call("setAssetCollateralInEMode", assets[2].underlying, 2, False),
        code.call("setReserveInterestRateData", assets[0].underlying, bytes.fromhex(
            "".join(x.to_bytes(32).hex() for x in (7_000, 100, 300, 9_000)))),
        code.call("setDebtCeiling", assets[4].underlying, 0), code.call("updateFlashloanPremium", 7),
        code.call("setEModeCategory", 9, 9_000, 9_200, 10_100, "a new one"),
        code.call("configureReserveAsCollateral", assets[2].underlying, 6_000, 7_000, 10_800),
    ]
    with rig.fork() as node:
        chain = Chain(node, 12)
        chain.block([(admin, market.configurator, data) for data in calls])
        assert [r["status"] for r in chain.receipts()] == ["0x1"] * len(calls)
        chain.block([])
        found = replay(node.url, start=rig.story.last, end=chain.number, address=market.pool, keep=False)
    assert found.ok, found.render()
    assert found.parity.operations == len(calls)
    assert {"set_frozen", "set_zero_ltv", "set_paused", "set_rates", "set_emode_category"} <= set(found.parity.equal)


# ---- a node that misbehaves -----------------------------------------------------------------------------------------
SURVIVED: dict[str, list[Callable[[], Fault]]] = {
    "429": [lambda: every(3, busy())],
    "resets and broken JSON": [lambda: every(5, cut), lambda: every(4, broken)],
    "batches cut short": [lambda: no_override, lambda: every(2, short)],  # type: ignore[list-item]
    "batches backwards": [lambda: shuffled],
    "small batches": [lambda: small_batches(3)],
    "short ranges": [lambda: short_ranges(7)],
    "no block hashes, no override": [lambda: by_number_only, lambda: no_override],
}


@pytest.mark.parametrize("name", SURVIVED)
def test_survived(name: str, rig: LocalChain) -> None:
    pool = rig.scene.markets["3.6"].pool
    asked = {"start": rig.story.upgraded, "end": rig.story.last, "address": pool, "keep": False}
    honest = replay(rig.node.url, **asked)  # type: ignore[arg-type]
    with proxy(rig.node.url) as front:
        front.faults += [make() for make in SURVIVED[name]]
        found = replay(front.url, patience=QUICK, **asked)  # type: ignore[arg-type]
    assert found.ok
    assert found.manifest() == honest.manifest()
    assert found.rows == honest.rows


def test_a_reorganisation_under_it_is_noticed(rig: LocalChain) -> None:
    """The last block's hash is another one at the end."""
    seen = 0

    def reorganised(body: Any, honest: Any) -> Reply | None:
        nonlocal seen
        wanted = not isinstance(body, list) and body["method"] == "eth_getBlockByNumber" and int(
            body["params"][0], 16) == rig.story.last
        seen += wanted
        if not wanted or seen == 1:
            return None
        answer = honest(body)
        return Reply({**answer, "result": {**answer["result"], "hash": "0x" + "ab" * 32}})

    pool = rig.scene.markets["3.6"].pool
    with proxy(rig.node.url) as front:
        front.faults.append(reorganised)
        with pytest.raises(NodeError, match="no longer, part of its chain"):
            replay(front.url, start=rig.story.upgraded, end=rig.story.last, address=pool, keep=False)


def test_another_chain_and_pruned_states_are_said(rig: LocalChain, node: Node) -> None:
    snapshot = captured(rig.node.url, rig.scene, "3.6")
    with pytest.raises(BadInput, match="two blocks in order"):
        replay(node.url, snapshot=snapshot, end=snapshot.block.number)
    node.call("anvil_mine", hex(snapshot.block.number + 5))
    with pytest.raises(NodeError, match="is not, or no longer, part of its chain"):
        replay(node.url, snapshot=snapshot, end=snapshot.block.number + 3)
    pruned = refuse("eth_call", "missing trie node abc (path ) state 0x12 is not available")
    pool = rig.scene.markets["3.6"].pool
    with proxy(rig.node.url) as front:
        front.faults.append(pruned)
        with pytest.raises(NodeError, match="use an archive node or a later block"):
            replay(front.url, start=rig.story.upgraded, end=rig.story.last, address=pool, patience=QUICK, keep=False)
