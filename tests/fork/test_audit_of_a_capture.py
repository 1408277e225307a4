"""The audit reads what `protocol-sim capture` writes: terms, feeds, pools, accounts and the chain."""

from pathlib import Path

import pytest

from protocol_sim.audit import Severity, audit, read
from protocol_sim.fork.capture import capture
from protocol_sim.fork.rigs.start import LocalChain

pytestmark = pytest.mark.anvil


def test_a_captured_market_is_audited(rig: LocalChain, tmp_path: Path) -> None:
    pools = {venue.name: venue.address for venue in rig.scene.venues}
    snapshot = capture(rig.node.url, rig.story.last, address=rig.scene.markets["3.6"].pool, pools=pools,
                       out=tmp_path / "snapshot", keep=False)
    (market,) = read(tmp_path / "snapshot")
    assert market.chain == snapshot.block.chain_id
    assert [terms.threshold for terms in market.reserves] == [x.state["threshold"] for x in snapshot.listed]
    assert market.accounts is not None
    assert {holder.name for holder in market.accounts} <= set(snapshot.people.addresses)
    verdict = audit(tmp_path / "snapshot")
    high = verdict.at_least(Severity.HIGH)
    assert {finding.rule for finding in high} == {"caps-depth"}           # the rig's reserves have no caps
    for finding in high:
        assert finding.case is not None
        assert finding.case.run().loss > 0
