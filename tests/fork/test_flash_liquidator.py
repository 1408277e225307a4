"""The flash liquidator on a fork: every profit is the predicted one to the unit, and the state afterwards is too."""

import dataclasses

import pytest

from protocol_sim.cli.app import status
from protocol_sim.fork.flash_liquidator import FlashLiquidator, FlashModel, series
from protocol_sim.fork.rigs.check import captured, fall
from protocol_sim.fork.rigs.start import LocalChain
from protocol_sim.fork.snapshot import Snapshot

pytestmark = pytest.mark.anvil


def state(snapshot: Snapshot) -> dict[tuple[str, int], tuple[int, ...]]:
    people = snapshot.people
    rows = zip(people.owner, people.reserve, *people.values, strict=True)
    return {(people.addresses[i], k): tuple(values) for i, k, *values in rows}


def modelled(model: FlashModel) -> dict[tuple[str, int], tuple[int, ...]]:
    count, found = len(model.market.reserves), {}
    for row, h in enumerate(model.market.holdings):
        supply, debt = (h.scaled_supply, h.supply_index), (h.scaled_debt, h.debt_index)
        if h.scaled_supply or h.scaled_debt or h.stable_principal:
            (a, x), (b, y) = (pair if pair[0] else (0, 0) for pair in (supply, debt))
            values = (a, b, x, y, h.stable_principal, h.stable_rate, h.stable_updated)
            found[model.snapshot.people.addresses[row // count], row % count] = values
    return found


@pytest.mark.parametrize(("version", "least"), [("3.6", 24), ("3.0.2", 8)])
def test_profits_and_the_state_afterwards_are_equal(rig: LocalChain, version: str, least: int) -> None:
    with rig.fork() as copy:
        fall(copy, rig.scene)
        done, model = series(copy, captured(copy.url, rig.scene, version), copy.accounts[3], 24)
        assert len(done.jobs) >= least
        assert {job.venue.rpartition("-")[2] for job, _ in done.jobs} == {"v2", "v3"}
        assert not done.different
        assert min(job.profit for job, _ in done.jobs) > 0
        after = captured(copy.url, rig.scene, version)
        assert modelled(model) == state(after)
        for ours, theirs in zip(model.market.reserves, after.market().reserves, strict=True):
            ours.projected_at, ours.income_now, ours.debt_now = -1, 0, 0
            assert ours == theirs
        pools = {venue.name: venue.state for venue in after.pools}
        for place, venue in enumerate(v for v in after.pools if v.kind == "uniswap-v3"):
            pool = model._ranges.pools[place]
            assert [pool.sqrt_price, pool.liquidity] == [pools[venue.name][key] for key in ("sqrt_price", "liquidity")]


def test_it_refuses_less_than_it_was_promised_and_strangers(rig: LocalChain) -> None:
    with rig.fork() as copy:
        fall(copy, rig.scene)
        snapshot = captured(copy.url, rig.scene, "3.6")
        model, contract = FlashModel(snapshot), FlashLiquidator(copy, snapshot, copy.accounts[3])
        now = snapshot.block.time + 60
        jobs = (model.foresee(i, kc, kd, venue, now) for i, kc, kd in model.unhealthy(now)
                for venue in model.venues(kc, kd))
        job = next(job for job in jobs if job is not None)
        assert contract.run(dataclasses.replace(job, profit=job.profit + 1), now) is None
        contract.owner = copy.accounts[4]
        assert contract.run(job, now + 1) is None


def test_verify_fork_on_a_rig_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["verify", "fork", "-q"]) == 0
    told = capsys.readouterr().out
    assert told.count("accounts different  0") == 2
    assert told.count("profits different   0") == 2
