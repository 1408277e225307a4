"""The replay as a `Run`, so that it is saved, digested and read back like any other."""

import hashlib

from protocol_sim.demo.headline import Headline
from protocol_sim.demo.inferred import FILE as INFERRED
from protocol_sim.demo.inferred import Inferred
from protocol_sim.demo.ledger import replay_ledger
from protocol_sim.demo.outcome import worth_down
from protocol_sim.demo.records import FOLDER
from protocol_sim.demo.replay import Call, Replay
from protocol_sim.numeric import mix
from protocol_sim.results import Run, Summary, make_manifest

COMMAND = "protocol-sim demo"
NAME = "crv-2022-11-22-replay"
TO_USD = 100  # raw USDC has 6 decimals, USD values 8


def source_digest() -> str:
    """sha256 over the fixture files that the replay reads."""
    seen = hashlib.sha256()
    for path in (FOLDER / "events.json", FOLDER / "outside.json", INFERRED):
        seen.update(path.read_bytes())
    return seen.hexdigest()


def replay_run(done: Replay, figures: Headline, inferred: Inferred) -> Run:
    """One event a call, one point of the series before each call, the borrower at the end."""
    calls, end = done.calls, done.end
    manifest = make_manifest(scenario=NAME, scenario_digest=source_digest(), seed=0, engine="exact", command=COMMAND)
    return Run(
        events={
            "event": [call.number for call in calls],
            "block": [call.event.block for call in calls],
            "time": [call.event.time for call in calls],
            "code": [call.code for call in calls],
            "tx": [call.event.tx for call in calls],
            "log": [call.event.log for call in calls],
            "repaid": [call.repaid for call in calls],
            "seized": [call.seized for call in calls],
            "repaid_on_chain": [call.event.amount for call in calls],
            "seized_on_chain": [call.event.seized for call in calls],
            "equal": [int(call.equal) for call in calls],
        },
        series={
            "event": [call.number for call in calls],
            "block": [call.event.block for call in calls],
            "time": [call.event.time for call in calls],
            "collateral": [call.before.collateral for call in calls],
            "debt": [call.before.debt for call in calls],
            "principal": [call.before.principal for call in calls],
            "health_factor": [call.before.health for call in calls],
            "ltv": [call.before.ltv for call in calls],
            "toxic": [int(call.before.toxic) for call in calls],
            "price_usdc": [call.regime.usdc for call in calls],
            "price_crv": [call.regime.crv for call in calls],
        },
        positions={
            "account": ["borrower", "borrower"],
            "asset": ["USDC", "CRV"],
            "supplied": [end.collateral, 0],
            "borrowed": [0, end.debt],
            "principal": [0, end.principal],
        },
        summary=_summary(calls, figures),
        manifest=manifest,
        ledger=replay_ledger(inferred),
    )


def _summary(calls: list[Call], figures: Headline) -> Summary:
    repaid = sum(worth_down(call.repaid, call.regime) for call in calls)
    chain = 0
    for call in calls:
        for word in (call.event.block, call.event.log, call.code, call.repaid, call.repaid >> 64, call.seized):
            chain = mix(chain, word)
    return Summary(
        blocks=calls[-1].event.block - calls[0].event.block + 1,
        liquidations=sum(call.code == 0 for call in calls),
        failed=sum(call.code != 0 for call in calls),
        arbitrages=0,
        bad_debt=figures.recorded.shortfall * TO_USD,
        bad_debt_accounts=int(figures.recorded.shortfall > 0),
        repaid_usd=repaid * TO_USD,
        seized_usd=figures.recorded.seized * TO_USD,
        liquidator_profit=figures.recorded.bonus,
        gas_spent=0,
        borrower_loss_usd=figures.recorded.bonus * TO_USD,
        event_hash=f"{chain:016x}",
    )
