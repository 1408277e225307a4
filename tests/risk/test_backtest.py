"""Backtest of the model on recorded prices: liquidations predicted from paths against those that they brought."""

import csv
from itertools import pairwise
from math import log, sqrt
from pathlib import Path

import pytest

import protocol_sim as ps
from protocol_sim.errors import BadInput
from protocol_sim.risk import backtest_paths
from tests.risk.worlds import pair

DATA = Path(__file__).parents[3] / "shared/data/prices/eth_usdt_hourly_crashes.csv"
DAY = 24
RATIOS = [0.50 + 0.02 * n for n in range(16)]        # debt over collateral: due at 1.25 times this share of the price


def closes() -> list[tuple[str, float]]:
    """(event, hourly close) of recorded crashes, in the order of the file."""
    if not DATA.exists():
        pytest.skip("recorded prices are not beside the repository (../shared/data/prices)")
    with DATA.open(encoding="utf-8") as file:
        return [(row["event"], float(row["close"])) for row in csv.DictReader(file)]


def book(price: float) -> dict[str, tuple[str, str]]:
    return {f"a{n}": ("10", f"{10 * price * ratio:.2f}") for n, ratio in enumerate(RATIOS)}


def test_a_model_of_yesterdays_volatility_is_refused_in_a_crash() -> None:
    """Each day of three crashes: volatility as it was the day before, paths of that day, and what the day brought."""
    rows = closes()
    predicted, realised = [], []
    for start in range(DAY, len(rows) - DAY - 1, DAY):
        if len({event for event, _ in rows[start - DAY : start + DAY + 1]}) > 1:
            continue
        before = [price for _, price in rows[start - DAY : start + 1]]
        moves = [log(b / a) for a, b in pairwise(before)]
        mean = sum(moves) / len(moves)
        volatility = sqrt(sum((move - mean) ** 2 for move in moves) / (len(moves) - 1) * 365 * 24)
        first = rows[start][1]
        model = {"kind": "gbm", "start": f"{first:.2f}", "volatility_per_year": round(volatility, 6)}
        happened = [[n, f"{price:.2f}"] for n, (_, price) in enumerate(rows[start : start + DAY + 1])]
        predicted.append(ps.run_paths(pair(book(first), model, steps=DAY + 1), 60))
        realised.append(ps.run(pair(book(first), {"kind": "points", "at": happened}, steps=DAY + 1), engine="fast"))
    found = backtest_paths(predicted, realised, 0.95, DAY * 3_600)
    assert found.n == 60
    assert len(found.periods) >= 10
    assert found.test.exceedances == sum(
        run.summary.repaid_usd > sorted(int(v) for v in paths.summary["repaid_usd"])[56]
        for paths, run in zip(predicted, realised, strict=True)
    )
    assert found.test.exceedances > 2 * found.test.expected
    assert found.test.rejected()
    worst = max(found.periods, key=lambda period: period.realised)
    assert worst.exceeded
    assert found.frame()["realised"].tolist() == [period.realised for period in found.periods]


def test_a_measure_that_is_not_there_is_refused() -> None:
    scenario = pair(book(2_000), {"kind": "constant", "usd": "2000"}, steps=2)
    with pytest.raises(BadInput, match="risk: measure: expected a column of the summary, found 'losses'"):
        backtest_paths([ps.run_paths(scenario, 2)], [ps.run(scenario)], 0.95, 1, measure="losses")
