"""The stationary bootstrap against what Politis and Romano (1994) prove: given the record, its autocovariances shrink
by (1 - 1 / mean block)^lag, and what moved together in the record moves together in every path.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from price_worlds import Check, levels, outside, world

from protocol_sim.errors import BadInput
from protocol_sim.prices.bootstrap import Bootstrap
from protocol_sim.world import Outside

ROWS, BLOCK, PATHS, STEPS = 240, 8.0, 1000, 2000
REAL = Path(__file__).parents[3] / "shared/data/prices/eth_usdt_hourly_crashes.csv"


def record() -> np.ndarray:
    """Two columns of autocorrelated, cross-correlated log returns."""
    rng, e = np.random.default_rng(5), np.zeros((ROWS, 2))
    for n in range(1, ROWS):
        e[n] = 0.8 * e[n - 1] + rng.normal(size=2) @ np.array([[0.01, 0.006], [0.0, 0.008]])
    return e


def circular(a: np.ndarray, b: np.ndarray, k: int) -> float:
    """Covariance of a with b, k rows later, on the circle of the record."""
    return float(((a - a.mean()) * (np.roll(b, -k) - b.mean())).mean())


def test_covariances_are_those_of_the_theorem() -> None:
    e = record()
    processes = [Bootstrap(np.ascontiguousarray(e[:, k]), BLOCK, "history") for k in range(2)]
    paths = [np.array([np.diff(levels(p, STEPS, n)) for n in range(PATHS)]) for p in processes]

    def checks(block: float) -> list[Check]:
        found = []
        for k in range(2):
            means = paths[k].mean(axis=1)
            found.append(Check(f"mean {k}", means.mean(), e[:, k].mean(), means.std() / np.sqrt(PATHS)))
        for a, b in ((0, 0), (1, 1), (0, 1), (1, 0)):
            for k in (0, 1, 4, 10):
                one, other = paths[a] - e[:, a].mean(), paths[b] - e[:, b].mean()
                each = (one[:, : STEPS - k] * other[:, k:]).mean(axis=1)
                expected = (1 - 1 / block) ** k * circular(e[:, a], e[:, b], k)
                found.append(Check(f"{a} and {b}, {k} later", each.mean(), expected, each.std() / np.sqrt(PATHS)))
        return found

    assert outside(checks(BLOCK)) == []
    assert outside(checks(BLOCK * 1.05))
    assert outside(checks(BLOCK / 1.05))


def test_blocks_are_geometric_and_begin_anywhere() -> None:
    returns = np.random.default_rng(1).permutation(ROWS) * 2.0**-20  # each tells its row, sums are exact
    seen = np.diff(levels(Bootstrap(returns, BLOCK, "g"), 200_000))
    rows = np.argsort(returns)[np.rint(seen * 2**20).astype(int)]
    begins = (rows[1:] - rows[:-1]) % ROWS != 1
    chance = (1 - 1 / ROWS) / BLOCK
    n = len(begins)
    checks = [Check("a block begins", begins.mean(), chance, np.sqrt(chance * (1 - chance) / n))]
    assert outside(checks) == []
    assert outside([checks[0]._replace(expected=chance / 1.05)])
    first = rows[1:][begins]
    counts = np.bincount(first, minlength=ROWS)
    chi = ((counts - counts.mean()) ** 2 / counts.mean()).sum()
    assert outside([Check("where", chi, ROWS - 1, np.sqrt(2 * (ROWS - 1)))]) == []
    lengths = np.diff(np.flatnonzero(begins))
    error = np.sqrt((1 - chance) / chance**2 / len(lengths))
    assert outside([Check("length", lengths.mean(), 1 / chance, error)]) == []


def file_of(folder: Path, lines: list[str]) -> Path:
    path = folder / "history.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def priced(column: str, **more: Any) -> dict[str, Any]:
    return {"kind": "bootstrap", "start": "10", "file": "history.csv", "column": column, "mean_block": 5, **more}


def test_a_group_draws_the_same_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    prices = np.exp(np.cumsum(record(), axis=0))
    file_of(tmp_path, ["a,b", *[f"{a:.8f},{a * a:.8f}" for a in prices[:, 0]]])
    made = world({"A": priced("a"), "B": priced("b"), "C": priced("a", group="other"), "D": priced("a")}, 500)
    logs = np.log(Outside(made).table(1, 0) / 10**9)
    assert logs[:, 1] == pytest.approx(2 * logs[:, 0], abs=1e-5)  # b is the square of a
    assert (logs[:, 0] == logs[:, 3]).all()
    assert abs(logs[:, 2] - logs[:, 0]).max() > 0.01


@pytest.mark.parametrize(
    ("lines", "prices", "message"),
    [
        (["a", "1"], [priced("a")], "history.csv: rows: expected at least two, which make one return, found 1"),
        (["t,a", "0,1", "60,2", "180,3"], [priced("a", time_column="t")],
         "history.csv: rows 3 and 4: expected rows 60 s apart, as the steps are, found 120 s"),
        (["t,a", "0,1", "60,2", "60,3"], [priced("a", time_column="t")], "row 4: expected a time after 60, found 60"),
        (["a", "1", "nan"], [priced("a")], "history.csv: row 3, a: expected a USD price"),
        (["a", "1", "", "2"], [priced("a")], "history.csv: row 3: expected a price, found an empty line"),
        (["a,b", "1,1", ",2"], [priced("a")], "history.csv: row 3, a: expected a USD price"),
        (["a", "1", "2"], [priced("a", mean_block=0.5)], "price.mean_block: expected at least 1.0, found 0.5"),
        (["a", "1", "2"], [priced("a"), priced("a", mean_block=6)],
         "assets.P1.price.group: expected 2 rows and mean_block 5, as P0 has, or another group, found 2 rows and 6"),
    ],
)  # fmt: skip
def test_a_wrong_record_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: list[str], prices: list[dict[str, Any]], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    file_of(tmp_path, lines)
    with pytest.raises(BadInput) as caught:
        world({f"P{n}": price for n, price in enumerate(prices)}, 5)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(not REAL.exists(), reason="the recorded prices are not beside the repository")
def test_a_real_crash_is_drawn_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lines = REAL.read_text().splitlines()
    march = [lines[0], *[line for line in lines if line.startswith("2020-03")]]
    file_of(tmp_path, march)
    price = {**priced("close"), "time_column": "datetime_utc", "mean_block": 24, "start": "1000000"}
    closes = np.array([float(line.split(",")[lines[0].split(",").index("close")]) for line in march[1:]])
    returns = np.diff(np.log(closes))
    logs = np.log(Outside(world({"ETH": price}, 800, 3600)).table(1, 0)[:, 0].astype(float))
    seen = np.diff(logs)
    nearest = np.abs(seen[:, None] - returns[None, :]).min(axis=1)
    assert nearest.max() < 1e-6  # the price has 8 decimals
    assert abs(seen.std() / returns.std() - 1) < 0.2
