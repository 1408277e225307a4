"""The rig: a history worth capturing, the same every time, and a fork of it."""

import pytest
from eth_utils.crypto import keccak

from protocol_sim.fork.deploy.aave_v3_contracts import contract
from protocol_sim.fork.rigs.render import events, render
from protocol_sim.fork.rigs.start import Size, local_chain

pytestmark = pytest.mark.anvil
UPGRADED = "0x" + keccak(text="Upgraded(address)").hex()
TINY = Size(accounts=100, others=30, blocks=48)


def test_a_history_with_everything_in_it_that_comes_out_the_same() -> None:
    heads = []
    for _ in range(2):
        with local_chain(TINY) as chain:
            heads.append(chain.node.call("eth_getBlockByNumber", "latest", False)["hash"])
            counts = {version: events(chain, version) for version in chain.scene.markets}
            for seen in counts.values():
                assert min(seen[name] for name in ("Supply", "Withdraw", "Borrow", "Repay", "LiquidationCall",
                                                   "UserEModeSet", "ReserveUsedAsCollateralDisabled")) > 0
            assert counts["3.6"]["DeficitCreated"] > 0
            story = chain.story
            assert story.first < story.configured < story.upgraded < story.last
            with chain.fork() as copy:
                assert int(copy.call("eth_blockNumber"), 16) == story.last
                assert copy.url in render(chain, copy.url)
    assert heads[0] == heads[1]


def test_an_upgrade_changes_the_code_of_the_pool_and_not_its_state() -> None:
    with local_chain(TINY) as chain:
        story, code = chain.story, contract("3.6", "Pool")
        pool = chain.scene.markets["3.6"].pool
        logs = chain.node.call("eth_getLogs", {"address": pool, "fromBlock": hex(story.first), "topics": [UPGRADED]})
        assert [int(log["blockNumber"], 16) for log in logs] == [story.upgraded]
        call = {"to": pool, "data": code.call("getReservesList")}
        before, after = (chain.node.call("eth_call", call, hex(story.upgraded - n)) for n in (1, 0))
        assert before == after
