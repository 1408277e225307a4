"""The demo's report: what happened, what the model makes of it, what would have changed it."""

from protocol_sim.demo.headline import FRONTIER, Headline
from protocol_sim.demo.inferred import Inferred
from protocol_sim.demo.ledger import INFERENCE, replay_ledger
from protocol_sim.demo.market import THRESHOLD
from protocol_sim.demo.outcome import Outcome
from protocol_sim.demo.replay import Call, Replay
from protocol_sim.demo.runs import COMMAND
from protocol_sim.demo.simulation import POOL_USDC
from protocol_sim.demo.words import (
    RAY_DECIMALS,
    USDC_DECIMALS,
    WAD_DECIMALS,
    clock,
    crv,
    moment,
    number,
    percent_a_year,
    usdc,
)
from protocol_sim.report import Figure, KeyFigure, Report, Reproduction, Section, Table, bars, lines
from protocol_sim.report.charts import scaled
from protocol_sim.results import Run
from protocol_sim.scenario import Scenario, ledger

GOVERNANCE = "2,570,639 to 2,656,335"  # CRV of excess debt, as counted in Aave's governance forum
COLUMNS = (
    "cascade", "liquidations", "CRV repaid", "USDC seized", "CRV debt left", "USDC left", "bad debt, USDC",
    "at the highest price", "borrower's loss, USDC", "bonus paid, USDC",
)  # fmt: skip


def make_report(
    done: Replay,
    figures: Headline,
    inferred: Inferred,
    outcomes: list[Outcome],
    runs: tuple[Run, Run],
    scenario: Scenario,
) -> Report:
    """The report of one demo; `runs` are the replay's and the simulation's."""
    return Report(
        title="The CRV cascade of 22 November 2022",
        question="One account had borrowed 92 million CRV against USDC on Aave V2. 385 liquidations later its "
        "collateral was gone and its debt was not. Does the model give the same integers, and what would have changed "
        "the end?",
        answer=_answer(figures),
        key_figures=_key_figures(figures),
        sections=(_replay(done, figures, inferred), _inference(inferred), _what_if(figures, outcomes)),
        ledger=(*replay_ledger(inferred), *ledger(scenario)),
        method=METHOD,
        limits=LIMITS,
        reproduction=Reproduction(
            COMMAND,
            runs[1].manifest.seed,
            (
                ("records and inference", runs[0].manifest.scenario_digest),
                ("replay", runs[0].digest),
                ("scenario", runs[1].manifest.scenario_digest),
                ("simulation", runs[1].digest),
            ),
            runs[0].manifest.versions,
        ),
    )


def outcome_row(outcome: Outcome) -> tuple[str, ...]:
    """An outcome under `COLUMNS`."""
    return (
        outcome.name, str(outcome.liquidations), crv(outcome.repaid), usdc(outcome.seized), crv(outcome.debt),
        usdc(outcome.collateral), usdc(outcome.shortfall), usdc(outcome.shortfall_high), usdc(outcome.loss),
        usdc(outcome.bonus),
    )  # fmt: skip


def _answer(f: Headline) -> str:
    first = f.first_toxic
    return (
        f"{f.equal} of {f.calls} seizures are equal to the raw unit. From call {first.number} "
        f"({clock(first.event.time)} UTC) on, debt stood above {number(FRONTIER, WAD_DECIMALS, 5)} of the "
        f"collateral, where a liquidation at this bonus takes more from the account than it gives: {f.toxic} of "
        f"the calls worsened it. Left were {crv(f.end.principal, 2)} CRV of principal and {crv(f.end.accrued, 2)} "
        f"CRV of interest, {usdc(f.recorded.shortfall)} USDC at the last oracle price.\n\n"
        f"Halted before call {first.number}, it would have ended with {usdc(f.halted.shortfall)} USDC of bad debt at "
        f"the last price, and with {usdc(f.halted.shortfall_high)} USDC at the highest one in between."
    )


def _key_figures(f: Headline) -> tuple[KeyFigure, ...]:
    first = f.first_toxic
    return (
        KeyFigure("seizures equal to the raw unit", f"{f.equal} of {f.calls}", "repayment and seizure, 1e-18 and 1e-6"),
        KeyFigure("first toxic liquidation", str(first.number), f"loan to value {_wad(first.before.ltv)}"),
        KeyFigure("toxic liquidations", str(f.toxic)),
        KeyFigure("principal left, CRV", crv(f.end.principal, 2), f"{usdc(f.principal_value)} USDC at the last price"),
        KeyFigure("interest left, CRV", crv(f.end.accrued, 2), f"{usdc(f.accrued_value)} USDC, at the inferred rate"),
    )


def _replay(done: Replay, f: Headline, inferred: Inferred) -> Section:
    first = f.first_toxic
    text = (
        f"All {len(done.calls)} calls, 5 supplies and 14 borrows go through the model's own operations on one Aave V2 "
        f"state; {f.openings_refused} supplies or borrows were refused. At call {first.number} the collateral was "
        f"{usdc(first.before.collateral, 2)} USDC and the debt {crv(first.before.principal, 2)} CRV of principal: "
        f"{usdc(f.solvent_by)} USDC to the good. To exhaust the collateral at that one price would have left "
        f"{crv(f.left_if_exhausted)} CRV."
    )
    columns = ("calls", "from", "first at, UTC", "USDC per CRV, bonus included", "loan to value at its first call")
    rows = tuple(_regime_row(done.calls[regime.first - 1]) for regime in inferred.regimes)
    return Section("Replay", text, (_ltv_figure(done.calls), Table("Twelve oracle prices", columns, rows)))


def _regime_row(call: Call) -> tuple[str, ...]:
    regime = call.regime
    ratio = regime.ratio.low * 10**RAY_DECIMALS * 10_450 // 10_000
    first = str(regime.first)
    ltv = "collateral all but gone" if call.before.ltv > 10**19 else _wad(call.before.ltv)
    return (str(regime.calls), first, clock(call.event.time), number(ratio, RAY_DECIMALS, 12), ltv)


def _ltv_figure(calls: list[Call]) -> Figure:
    shown = [call for call in calls if call.before.ltv < 2 * 10**18]
    figure = lines(
        "Loan to value before each call",
        [moment(call.event.time) for call in shown],
        {"debt / collateral": scaled([call.before.ltv for call in shown], WAD_DECIMALS)},
        x_title="UTC",
        y_title="debt / collateral",
        markers=True,
        levels={
            f"toxic above {number(FRONTIER, WAD_DECIMALS, 4)} = 1 / (1 + bonus)": FRONTIER / 10**18,
            f"liquidatable above {THRESHOLD / 10_000:g}": THRESHOLD / 10_000,
        },
        note="The quiet hours from 13:39 to 17:22 are cut out; so is the last call, made on 1.38 USDC of collateral.",
    )
    figure.layout["xaxis"]["rangebreaks"] = [{"pattern": "hour", "bounds": [13.66, 17.37]}]
    return figure


def _inference(found: Inferred) -> Section:
    first, last = found.usdc_supply
    rows = (
        ("USDC borrow rate, a year", percent_a_year(found.rates.usdc, 12), percent_a_year(found.usdc_range[0], 12),
         percent_a_year(found.usdc_range[1], 12)),
        ("CRV borrow rate, a year", percent_a_year(found.rates.crv), percent_a_year(found.crv_least, 6),
         "not identified"),
        ("USDC price, wei", str(found.regimes[-1].usdc), "not identified", "but for calls 376 to 385"),
        *(
            (f"CRV price from call {r.first}, wei", str(r.crv), str(r.crv_range[0]), str(r.crv_range[1]))
            for r in found.regimes
        ),
    )  # fmt: skip
    text = (
        f"What the logs do not hold comes from `{INFERENCE}`: {len(found.regimes)} price ratios and two rates, against "
        f"{sum(r.calls for r in found.regimes)} seizures that come out equal. They identify the ratio of the two "
        "prices; the last call took all collateral, which fixes both prices of the last two regimes and the interest "
        f"earned until then (suppliers: {percent_a_year(first)} a year at first, {percent_a_year(last)} at the end). "
        "The CRV rate is only bounded from below, by the need that no call meets a healthy account; the value is the "
        f"least that is enough. Up to {percent_a_year(found.crv_most, 0)} a year the toxic calls are the same ones. "
        f"It leaves a debt within what governance counted ({GOVERNANCE} CRV)."
    )
    columns = ("inferred", "value", "least", "most")
    return Section("What was inferred", text, (Table("Values and what the records leave open", columns, rows),))


def _what_if(f: Headline, outcomes: list[Outcome]) -> Section:
    shown = every_outcome(f, outcomes)
    table = Table("One cascade, and what one change makes of it", COLUMNS, tuple(map(outcome_row, shown)), DEFINITIONS)
    figure = bars(
        "Bad debt and borrower's loss",
        [o.name for o in shown],
        {
            "bad debt at the last price": scaled([o.shortfall for o in shown], USDC_DECIMALS),
            "bad debt at the highest price": scaled([o.shortfall_high for o in shown], USDC_DECIMALS),
            "borrower's loss": scaled([o.loss for o in shown], USDC_DECIMALS),
        },
        y_title="USDC",
    )
    text = (
        "The simulation starts from the account as it stood before the first call and follows the same oracle prices. "
        "The liquidator buys CRV in a constant-product pool, takes the size that pays best after gas, bonus and "
        "slippage, and moves that pool; arbitrage brings it back to the outside price in each block. How deep the pool "
        f"was is assumed ({POOL_USDC:,} USDC a side), so the simulated rows are to be read against one another, not "
        "against the recorded end."
    )
    return Section("Simulation and counterfactuals", text, (table, figure))


def every_outcome(f: Headline, outcomes: list[Outcome]) -> list[Outcome]:
    """The recorded cascade, the same halted, and the simulated ones."""
    return [f.recorded, f.halted, *outcomes]


def _wad(value: int) -> str:
    return number(value, WAD_DECIMALS, 4)


DEFINITIONS = (
    "Halted: no call at or above the toxic frontier. The rows below `simulated` change one thing in it. "
    "Bad debt: the worth of what is owed, interest included, above the collateral that is left. Borrower's loss: "
    "equity at the price of the first call less equity left at the last price; an insolvent borrower has none. "
    "Bonus: what liquidators took beyond the worth of what they repaid, each at its own oracle price. All at the "
    "oracle price of the last recorded call unless said otherwise, one USDC being one dollar."
)
METHOD = (
    "Replay: every event runs through the rules that the command `protocol-sim verify anvil aave-v2` compares "
    "with the real contracts. Nothing is read back from the records between two events. The log does not tell "
    "what a liquidator offered, only what was taken; the last call took everything and is offered without "
    "limit.\n\n"
    "Toxic: a call worsens the account when debt / collateral is above 1 / (1 + bonus), as shown by Warmuz, "
    "Chaudhary and Pinna (arXiv 2212.07306)."
)
LIMITS = (
    "Other users of the two reserves are one account in round numbers; their rates are held, not replayed.",
    "Between 13:38:59 and 17:22:47 UTC no call shows the oracle's answer; the simulation takes hourly closes there.",
    "The feeds of the simulation repeat the recorded answers: what its trades do to the pool does not reach them.",
    "The depth of the pool and the gas of a call are assumed.",
    "Bad debt is also given elsewhere as 1.3 to 1.78 million USD, at other prices and other moments.",
)
