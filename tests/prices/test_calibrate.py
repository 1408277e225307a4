"""Calibration: known parameters are found again within the stated errors; what cannot be fitted is said in one line."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from price_worlds import HOUR, Check, levels, outside, toml, world
from scipy import stats

import protocol_sim as ps
from protocol_sim.cli.app import status
from protocol_sim.errors import BadInput, MissingTool
from protocol_sim.prices.calibrate import Fit, jumps, run
from protocol_sim.prices.calibrate.dependence import nearest
from protocol_sim.prices.garch import Garch
from protocol_sim.prices.gbm import Gbm
from protocol_sim.prices.kou import Kou
from protocol_sim.prices.merton import Merton
from protocol_sim.prices.ou import Ou
from protocol_sim.world import Outside

REAL = Path(__file__).parents[3] / "shared/data/prices/eth_usdt_hourly_crashes.csv"
YEAR = 31_536_000
DT = HOUR / YEAR
N = 8_000
TRUTH: dict[str, tuple[Any, dict[str, float]]] = {
    "gbm": (Gbm.of(0.5, 0.8, HOUR), {"drift_per_year": 0.5, "volatility_per_year": 0.8}),
    "ou": (Ou.of(100, 101, 300.0, 0.1, HOUR),
           {"mean": 1616.0, "reversion_per_year": 300.0, "volatility_per_year": 0.1}),
    "merton": (Merton.of(0.5, 0.6, 300.0, -0.02, 0.03, HOUR),
               {"drift_per_year": 0.5, "volatility_per_year": 0.6, "jumps_per_year": 300.0, "jump_mean": -0.02,
                "jump_deviation": 0.03}),
    "kou": (Kou.of(0.5, 0.6, 300.0, 0.4, 0.02, 0.03, HOUR),
            {"drift_per_year": 0.5, "volatility_per_year": 0.6, "jumps_per_year": 300.0, "up_probability": 0.4,
             "up_mean": 0.02, "down_mean": 0.03}),
    "garch": (Garch(1e-4, 2e-6, 0.1, 0.0, 0.85, 4e-5, 1, 0.0),
              {"mean": 1e-4, "omega": 2e-6, "alpha": 0.1, "beta": 0.85}),
    "gjr": (Garch(1e-4, 2e-6, 0.05, 0.08, 0.85, 4e-5, 1, 5.0),
            {"mean": 1e-4, "omega": 2e-6, "alpha": 0.05, "gamma": 0.08, "beta": 0.85, "degrees_of_freedom": 5.0}),
}  # fmt: skip
WIDEST = {"drift_per_year": 1.0, "mean": 1e-4}  # what a record of 333 days says about a drift; others: a third


def recorded(process: str, path: int = 0) -> pd.DataFrame:
    """Hourly prices that follow a process."""
    return pd.DataFrame({"ETH": 1600 * np.exp(levels(TRUTH[process][0], N, path))})


@pytest.fixture(scope="module")
def fits() -> dict[str, Fit]:
    found = {}
    for process in TRUTH:
        innovations = "student-t" if process == "gjr" else "normal"
        found[process] = ps.calibrate(recorded(process), process, seconds=HOUR, innovations=innovations).fits["ETH"]
    return found


@pytest.mark.parametrize("process", TRUTH)
def test_known_parameters_are_found_again(fits: dict[str, Fit], process: str) -> None:
    fit, truth = fits[process], TRUTH[process][1]
    assert fit.estimates.keys() == truth.keys()
    checks = [Check(key, one.value, truth[key], one.error) for key, one in fit.estimates.items()]
    assert outside(checks) == []
    for check in checks:
        assert 0 < check.error <= max(WIDEST.get(check.what, 0.0), abs(check.expected) / 3), check
    assert fit.observations == N


@pytest.mark.parametrize("process", TRUTH)
def test_the_piece_of_a_scenario_is_one(fits: dict[str, Fit], process: str) -> None:
    scenario = world({"ETH": fits[process].price}, 10, HOUR)
    assert Outside(scenario).table(1, 0)[0, 0] == fits[process].start
    for key, one in fits[process].estimates.items():
        value = getattr(scenario.assets[0].price, key)
        assert value == pytest.approx(one.value * (1e8 if (process, key) == ("ou", "mean") else 1), rel=1e-8)


def test_errors_are_those_of_repeated_records() -> None:
    """The spread of estimates over records is the standard error that each record states."""
    for process in ("gbm", "ou"):
        many = [ps.calibrate(recorded(process, path), process, seconds=HOUR).fits["ETH"] for path in range(200)]
        for key in TRUTH[process][1]:
            spread = np.std([fit.estimates[key].value for fit in many])
            stated = np.mean([fit.estimates[key].error for fit in many])
            assert outside([Check(key, spread / stated, 1.0, 1 / np.sqrt(2 * 200))]) == []


# ---- likelihoods against outside judges ------------------------------------------------------------------------------
def returns(process: str) -> np.ndarray:
    return np.diff(np.log(recorded(process)["ETH"].to_numpy()))


def test_gbm_is_the_normal_fit_of_scipy(fits: dict[str, Fit]) -> None:
    mean, deviation = stats.norm.fit(returns("gbm"))
    found = fits["gbm"]
    assert found.estimates["volatility_per_year"].value == pytest.approx(deviation / np.sqrt(DT), rel=1e-12)
    assert found.estimates["drift_per_year"].value == pytest.approx(mean / DT + deviation**2 / DT / 2, rel=1e-9)
    assert found.log_likelihood == pytest.approx(stats.norm(mean, deviation).logpdf(returns("gbm")).sum(), rel=1e-12)


def test_ou_is_the_autoregression_of_scipy(fits: dict[str, Fit]) -> None:
    x = np.log(recorded("ou")["ETH"].to_numpy())
    line = stats.linregress(x[:-1], x[1:])
    found = fits["ou"].estimates
    assert found["reversion_per_year"].value == pytest.approx(-np.log(line.slope) / DT, rel=1e-9)
    assert found["reversion_per_year"].error == pytest.approx(line.stderr / line.slope / DT, rel=1e-3)
    assert found["mean"].value == pytest.approx(np.exp(line.intercept / (1 - line.slope)), rel=1e-9)


def test_densities_of_jumps_are_those_of_simulated_sums() -> None:
    """Merton's sum and Kou's transform against exact convolutions of one jump, and that both integrate to 1."""
    grid = np.linspace(-0.6, 0.6, 24_001)
    theta = np.array([0.001, np.log(0.01), np.log(0.2), -0.02, np.log(0.05)])
    merton = jumps.merton_density(theta, grid)
    weights = stats.poisson.pmf(np.arange(20), 0.2)
    exact = sum(w * stats.norm(0.001 - 0.02 * k, np.sqrt(1e-4 + k * 0.0025)).pdf(grid) for k, w in enumerate(weights))
    assert merton == pytest.approx(exact, rel=1e-10)
    assert merton.sum() * (grid[1] - grid[0]) == pytest.approx(1.0, abs=1e-9)
    few = 1e-4  # jumps a step: two of them are rarer than the tolerance
    theta = np.array([0.001, np.log(0.01), np.log(few), np.log(0.4 / 0.6), np.log(0.03), np.log(0.05)])
    kou = jumps.kou_density(theta, grid)
    up = stats.exponnorm(3.0, loc=0.001, scale=0.01).pdf(grid)  # a normal plus an exponential
    down = stats.exponnorm(5.0, loc=-0.001, scale=0.01).pdf(-grid)
    exact = (1 - few) * stats.norm(0.001, 0.01).pdf(grid) + few * (0.4 * up + 0.6 * down)
    assert kou == pytest.approx(exact, rel=1e-3, abs=1e-6)
    theta[2] = np.log(0.3)
    assert jumps.kou_density(theta, grid).sum() * (grid[1] - grid[0]) == pytest.approx(1.0, abs=1e-4)


def test_jump_fits_beat_a_normal_on_what_jumps_and_nest_it(fits: dict[str, Fit]) -> None:
    for process in ("merton", "kou"):
        plain = ps.calibrate(recorded(process), "gbm", seconds=HOUR).fits["ETH"]
        assert fits[process].log_likelihood > plain.log_likelihood + 100


@pytest.mark.parametrize("process", ["merton", "kou"])
def test_returns_without_jumps_are_refused(process: str) -> None:
    """Nothing is identified then: any number of jumps of no size fits as well."""
    frame = recorded("gbm").iloc[:3000]
    with pytest.raises(BadInput, match=r"ETH: expected returns that jump: a log likelihood \d above that of gbm"):
        ps.calibrate(frame, process, seconds=HOUR)


# ---- several columns -------------------------------------------------------------------------------------------------
MATRIX = [[1.0, 0.7, -0.3], [0.7, 1.0, 0.1], [-0.3, 0.1, 1.0]]


def several(copula: dict[str, Any]) -> pd.DataFrame:
    """Three correlated prices, hourly."""
    gbm = {"kind": "gbm", "start": "1600", "volatility_per_year": 0.8}
    section = {"names": ["A", "B", "C"], "matrix": MATRIX, **copula}
    table = Outside(world(dict.fromkeys("ABC", gbm), 20_001, HOUR, correlation=section)).table(1, 0)
    times = pd.date_range("2024-01-01", periods=len(table), freq="h")
    return pd.DataFrame(table / 1e8, columns=list("ABC"), index=times)


@pytest.mark.parametrize("copula", ["gaussian", "student-t"])
def test_correlations_and_degrees_of_freedom_are_found_again(copula: str) -> None:
    freedom = {"copula": copula, "degrees_of_freedom": 4.0} if copula == "student-t" else {}
    found = ps.calibrate(several(freedom), "gbm", copula=copula)
    assert found.seconds == HOUR
    together = found.dependence
    assert together is not None
    pairs = [(a, b) for a in range(3) for b in range(a)]
    checks = [Check(f"{a} {b}", together.matrix[a][b], MATRIX[a][b], together.errors[a][b]) for a, b in pairs]
    for check in checks:
        assert 0.001 < check.error < 0.02
    if copula == "student-t":
        assert together.degrees_of_freedom is not None
        checks.append(Check("df", together.degrees_of_freedom.value, 4.0, together.degrees_of_freedom.error))
        assert 0.02 < checks[-1].error < 0.25
    assert outside(checks) == []
    head = {"name": "x", "clock": {"start": 1, "steps": 5, "block_time": HOUR}}
    again = ps.parse_scenario(toml(head | found.scenario))
    assert again.correlation is not None
    assert again.correlation.copula == copula
    assert ps.parse_scenario(toml(head) + "\n" + found.toml) == again


def test_what_was_fitted_is_inferred_in_the_ledger() -> None:
    found = ps.calibrate(several({}), {"A": "gbm", "B": "garch", "C": "gbm"})
    head = {"name": "x", "clock": {"start": 1, "steps": 5, "block_time": HOUR}}
    entries = {entry.key: entry for entry in ps.ledger(ps.parse_scenario(toml(head) + "\n" + found.toml))}
    assert entries["assets.B.price.alpha"].status == "inferred"
    assert entries["assets.B.price.alpha"].source == "calibrate: garch, 20000 returns over 3600 s"
    assert entries["correlation.matrix"].source == "calibrate: gaussian copula, 20000 returns over 3600 s"
    assert entries["assets.A.decimals"].status == "assumed"
    with pytest.raises(BadInput, match="calibrate: process: expected one for each of A, B, C, found A, D"):
        ps.calibrate(several({}), {"A": "gbm", "D": "gbm"})


def test_pairwise_estimates_are_made_a_correlation_matrix() -> None:
    wrong = np.array([[1.0, 0.9, 0.0], [0.9, 1.0, 0.9], [0.0, 0.9, 1.0]])
    right = nearest(wrong)
    assert np.linalg.eigvalsh(right)[0] > 0
    assert np.diag(right) == pytest.approx(1.0)
    assert (nearest(np.array(MATRIX)) == MATRIX).all()


# ---- what is wrong ---------------------------------------------------------------------------------------------------
GOOD = 100 + np.cumsum(np.sin(np.arange(40) * 1.7))
TIMES = pd.date_range("2024-01-01", periods=40, freq="h")


def spoiled(**cells: Any) -> pd.DataFrame:
    frame = pd.DataFrame({"ETH": GOOD.copy()}, dtype=object)
    for row, value in cells.items():
        frame.loc[int(row[1:]), "ETH"] = value
    return frame


WRONG: list[tuple[Any, dict[str, Any], str]] = [
    (spoiled(r7=float("nan"), r9=None), {}, "prices: ETH, rows 7, 9 of 40: expected prices above 0, found nan, None"),
    (spoiled(r7="x"), {}, "ETH, row 7 of 40: expected prices above 0, found 'x'"),
    (spoiled(r0=0.0, r39=-1.0, r5=float("inf")), {}, "ETH, rows 0, 5, 39 of 40: expected prices above 0, found 0.0"),
    (spoiled(**{f"r{n}": -1 for n in range(9)}), {},
     "ETH, rows 0, 1, 2, 3, 4 and 4 more of 40: expected prices above 0"),
    (pd.DataFrame({"ETH": [1.0] * 40}), {}, "prices: ETH: expected a price that moves, found 1 in every row"),
    (pd.DataFrame({"ETH": GOOD[:29]}), {}, "prices: rows: expected at least 30, found 29"),
    (pd.DataFrame({"ETH": GOOD}), {"seconds": None},
     "prices: seconds: expected the time between rows, as the index does"),
    (pd.DataFrame({"ETH": GOOD}), {"seconds": 0},
     "prices: seconds: expected a whole number of seconds above 0, found 0"),
    (pd.DataFrame({"ETH": GOOD}, index=TIMES), {"seconds": 60}, "seconds: expected 3600, as the index tells, found 60"),
    (pd.DataFrame({"ETH": GOOD}, index=TIMES.delete(7).insert(39, TIMES[39] + pd.Timedelta("1h"))), {"seconds": None},
     "prices: row 7 of 40: expected rows 3600 s apart, as most are, found 7200 s after 2024-01-01 06:00:00"),
    (pd.DataFrame({"ETH": GOOD}, index=[*TIMES[:5], TIMES[4], *TIMES[6:]]), {"seconds": None},
     "prices: row 5 of 40: expected a time not seen before, found 2024-01-01 04:00:00"),
    (pd.DataFrame({"ETH": GOOD}, index=[TIMES[1], TIMES[0], *TIMES[2:]]), {"seconds": None},
     "prices: row 1 of 40: expected times that increase, found 2024-01-01 00:00:00"),
    (pd.DataFrame({"ETH": GOOD}, index=[*TIMES[:3], pd.NaT, *TIMES[4:]]), {"seconds": None},
     "row 3 of 40: expected a time"),
    (pd.DataFrame({"ETH": GOOD}, index=[str(n) for n in range(40)]), {}, "prices: index: expected times"),
    (pd.DataFrame(GOOD[:, None].repeat(2, 1), columns=["A", "A"]), {}, "prices: columns: expected names used once"),
    (pd.DataFrame({"ETH/USD": GOOD}), {}, "prices: columns: expected names of assets: letters, digits"),
    (GOOD, {}, "prices: frame: expected a DataFrame with a column of prices for each asset, found ndarray"),
    (pd.DataFrame({"ETH": GOOD}), {"process": "heston"}, "calibrate: process: expected one of 'gbm', 'ou'"),
    (pd.DataFrame({"ETH": GOOD}), {"copula": "clayton"}, "calibrate: copula: expected one of 'gaussian', 'student-t'"),
    (pd.DataFrame({"ETH": GOOD}), {"innovations": "skewed"}, "calibrate: innovations: expected one of 'normal'"),
    (pd.DataFrame({"ETH": 1.01 ** np.arange(40.0) * (1 + 1e-4 * np.sin(np.arange(40)))}), {"process": "ou"},
     "prices: ETH: expected prices that return to a mean"),
]  # fmt: skip


@pytest.mark.parametrize(("frame", "arguments", "message"), WRONG, ids=range(len(WRONG)))
def test_wrong_prices_are_one_line(frame: Any, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput) as caught:
        ps.calibrate(frame, **({"seconds": HOUR} | arguments))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "package"),
    [({"process": "gjr"}, "arch"), ({"process": "kou"}, "scipy"), ({"copula": "student-t"}, "scipy")],
)
def test_without_the_extra_it_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, arguments: dict[str, str], package: str
) -> None:
    monkeypatch.setattr(run, "find_spec", lambda _: None)
    with pytest.raises(MissingTool, match=rf"package {package} is not there; pip install 'protocol-sim\[calibrate\]'"):
        ps.calibrate(several({}), **arguments)
    assert ps.calibrate(several({}), "gbm").dependence is not None


# ---- the command -----------------------------------------------------------------------------------------------------
def test_the_command_prints_what_the_function_gives(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame = several({})
    frame.to_csv(tmp_path / "prices.csv", index_label="time")
    assert status(["calibrate", str(tmp_path / "prices.csv"), "--time-column", "time"]) == 0
    read = pd.read_csv(tmp_path / "prices.csv", index_col="time", parse_dates=True)
    assert capsys.readouterr().out == ps.calibrate(read).toml
    frame[["B"]].to_csv(tmp_path / "b.csv", index=False)
    file = str(tmp_path / "b.csv")
    assert status(["calibrate", file, "--seconds", "3600", "--process", "garch", "--column", "B"]) == 0
    assert capsys.readouterr().out == ps.calibrate(read[["B"]], "garch").toml


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        (None, [], "p.csv: file: expected a CSV file, found no such file"),
        ("", [], "p.csv: file: expected a readable CSV file"),
        ("a\n1\n", ["--column", "b"], "p.csv: header: expected a column 'b', found a"),
        ("t,a\nnoon,1\n", ["--time-column", "t"], "p.csv: t: expected unix seconds or ISO 8601"),
        ("a\n" + "1\n2\n" * 10 + "\n" + "1\n2\n" * 10, ["--seconds", "60"], "p.csv: a, row 20 of 41: expected prices"),
    ],
)
def test_a_wrong_file_is_one_line_and_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None, arguments: list[str], message: str
) -> None:
    file = tmp_path / "p.csv"
    if text is not None:
        file.write_text(text)
    assert status(["calibrate", str(file), *arguments]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""


@pytest.mark.skipif(not REAL.exists(), reason="the recorded prices are not beside the repository")
def test_real_crashes_are_wild_and_calm_weeks_are_not() -> None:
    """Hourly ETH: in March 2020 the volatility is above 300 % a year and jumps are found; gaps between the events are
    named."""
    table = pd.read_csv(REAL)
    table.index = pd.DatetimeIndex(table.pop("datetime_utc"))
    with pytest.raises(BadInput, match=r"rows 3600 s apart, as most are, found .* s after 2020-03-14 23:00:00"):
        ps.calibrate(table[["close"]])
    volatility = {}
    for event, rows in table.groupby("event"):
        fit = ps.calibrate(rows[["close"]], "gbm").fits["close"]
        volatility[str(event)] = fit.estimates["volatility_per_year"]
    crash = volatility["2020-03-black-thursday"]
    assert crash.interval[0] > 3.0
    assert max(one.value for one in volatility.values()) == crash.value
    march = table[table.event == "2020-03-black-thursday"][["close"]]
    plain, jumping = (ps.calibrate(march, process).fits["close"] for process in ("gbm", "merton"))
    assert jumping.log_likelihood > plain.log_likelihood + 20
    assert jumping.estimates["volatility_per_year"].value < crash.value / 2
