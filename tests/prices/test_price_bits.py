"""The same bits: compiled and reference, as before, on any machine and thread; no path and no asset shifts another."""

import hashlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__
from price_worlds import DRIVEN, GBM, HALF, NAMES, OU, STAKED, world

import protocol_sim as ps
from protocol_sim.errors import BadInput
from protocol_sim.numeric.random import Stream
from protocol_sim.prices.compiled import compiled
from protocol_sim.prices.reference import reference
from protocol_sim.world import Outside, build

ROOT = Path(__file__).parents[2]
GAUSSIAN = {"names": NAMES, "matrix": HALF}
STUDENT = {**GAUSSIAN, "copula": "student-t", "degrees_of_freedom": 4.5}
CRASH = [{"kind": "crash", "step": 5, "steps": 20, "change": -0.45}]


def everything(tmp_path: Path, steps: int, correlation: dict[str, Any] | None) -> ps.Scenario:
    """All kinds in one scenario."""
    history = np.exp(np.cumsum(np.random.default_rng(1).normal(0, 0.01, 400)))
    (tmp_path / "history.csv").write_text("close\n" + "\n".join(f"{price:.6f}" for price in history))
    boot = {"kind": "bootstrap", "start": "5", "file": "history.csv", "column": "close", "mean_block": 12}
    replay = {"kind": "csv", "file": "history.csv", "column": "close", "start": "70"}
    twice = {"kind": "staked", "base": "STAKED", "rates": [[0, 1.0], [9, 1.1]]}
    prices = {**DRIVEN, "STAKED": STAKED, "TWICE": twice, "BOOT": boot, "FIXED": {"kind": "constant", "usd": "1"},
              "SHAKEN": {**GBM, "shocks": [{**CRASH[0], "step": 0}]}}
    if steps <= 400:
        prices["REPLAY"] = replay
    made = world(prices, steps, **({"correlation": correlation} if correlation else {}))
    return ps.parse_scenario(ps.to_toml(made), "everything", tmp_path)


@pytest.fixture(autouse=True)
def _history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`world` reads its scenario with the working directory as its own."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("correlation", [None, GAUSSIAN, STUDENT], ids=["independent", "gaussian", "student-t"])
@pytest.mark.parametrize("steps", [1, 2, 6, 301, 2500])
def test_compiled_and_reference_give_the_same_bits(tmp_path: Path, steps: int, correlation: Any) -> None:
    made = everything(tmp_path, steps, correlation)
    one, other = Outside(made), Outside(made, compiled=False)
    for seed, path in ((1, 0), (2**64 - 1, 2**40), (7, 3)):
        table = one.table(seed, path)
        assert table.dtype == np.int64
        assert table.shape == (steps, len(made.assets))
        assert table.flags.c_contiguous
        assert (table == other.table(seed, path)).all()
        assert (table > 0).all()


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 1001])
@pytest.mark.parametrize("start", [0, 1, 3, 4, 999])
def test_compiled_philox_is_numpys(count: int, start: int) -> None:
    stream = Stream(2**64 - 3, 5, 2**63 + 11, 2**64 - 1)
    theirs = np.random.Philox(
        key=np.array(stream[:2], np.uint64), counter=np.array([0, 0, *stream[2:]], np.uint64)
    ).random_raw(start + count)[start:]
    top = (theirs >> np.uint64(11)) | np.uint64(1)
    assert compiled.uniforms(stream, count, start).tolist() == (top.astype(np.float64) * 2.0**-53).tolist()
    assert compiled.normals(stream, count, start).tolist() == reference.normals(stream, count, start).tolist()


@pytest.mark.parametrize(
    ("steps", "seconds", "usd", "drift", "volatility", "name", "seed", "path", "digest"),
    [
        (5000, 12, "1600", 0.1, 3.5, "WETH", 1, 0, "7c460fba220feb92"),
        (777, 3600, "0.5231", -0.4, 0.9, "CRV", 2**64 - 1, 12345, "1277fee1e9403484"),
    ],
)
def test_gbm_gives_the_prices_that_it_gave_before_there_were_others(
    steps: int, seconds: int, usd: str, drift: float, volatility: float, name: str, seed: int, path: int, digest: str
) -> None:
    price = {"kind": "gbm", "start": usd, "drift_per_year": drift, "volatility_per_year": volatility}
    table = Outside(world({name: price}, steps, seconds)).table(seed, path)
    assert hashlib.sha256(table.tobytes()).hexdigest()[:16] == digest


def test_a_path_alone_is_the_path_of_a_batch_on_any_thread(tmp_path: Path) -> None:
    made = everything(tmp_path, 300, STUDENT)
    outside = Outside(made)
    batch = [outside.table(1, path) for path in range(12)]
    assert (Outside(made).table(1, 7) == batch[7]).all()
    with ThreadPoolExecutor(4) as pool:
        again = list(pool.map(lambda path: outside.table(1, path), reversed(range(12))))
    assert all((a == b).all() for a, b in zip(again, reversed(batch), strict=True))
    assert len({table.tobytes() for table in batch}) == 12
    assert [row.usd for row in build(made, 1, 7).path] == batch[7].ravel().tolist()


def test_another_asset_shifts_nobodys_draws() -> None:
    few = {"GBM": GBM, "OU": OU}
    pair = {"names": ["GBM", "OU"], "matrix": [[1.0, 0.5], [0.5, 1.0]]}
    alone = Outside(world(few, correlation=pair)).table(1, 4)
    many = Outside(world({"NEW": GBM, **few, **DRIVEN, "STAKED": STAKED}, correlation=GAUSSIAN)).table(1, 4)
    assert (many[:, 1:3] == alone).all()
    assert (many[:, 0] != many[:, 1]).any()


def test_shocks_and_correlation_leave_the_draws_of_others_alone() -> None:
    plain = Outside(world({"GBM": GBM, "KOU": DRIVEN["KOU"], "OTHER": GBM})).table(1, 4)
    pair = {"pairs": [["GBM", "KOU", 0.9]]}
    changed = Outside(world({"GBM": GBM, "KOU": DRIVEN["KOU"], "OTHER": {**GBM, "shocks": CRASH}}, correlation=pair))
    table = changed.table(1, 4)
    assert (table[:, 0] == plain[:, 0]).all()
    assert (table[:, 1] != plain[:, 1]).any()
    assert (table[:6, 2] == plain[:6, 2]).all()
    assert abs(table[25:, 2] - plain[25:, 2] * 0.55).max() <= 1


def test_a_price_out_of_range_is_one_line() -> None:
    wild = {"kind": "gbm", "start": "1600", "drift_per_year": 10_000_000.0, "volatility_per_year": 0.1}
    made = world({"GBM": wild}, 500)
    for how in (True, False):
        with pytest.raises(BadInput) as caught:
            Outside(made, how).table(3, 9)
        message = "scenario: assets.GBM.price: expected prices below 46 billion USD, found more at step"
        assert str(caught.value).startswith(message)
        assert str(caught.value).endswith("of path 9, seed 3")


@pytest.mark.parametrize(
    "price",
    [
        {"kind": "constant", "usd": "40000000000", "shocks": [{"kind": "gap", "step": 7, "change": 0.2}]},
        {"kind": "csv", "file": "up.csv", "column": "usd", "start": "30000000000"},
    ],
)
def test_a_given_price_out_of_range_is_one_line(tmp_path: Path, price: dict[str, Any]) -> None:
    (tmp_path / "up.csv").write_text("usd\n" + "1\n" * 7 + "2\n" * 43)
    message = r"assets\.A\.price: expected prices below 46 billion USD, found more at step 7$"
    with pytest.raises(BadInput, match=message):
        Outside(world({"A": price}))


def test_a_price_never_falls_below_one_raw_unit() -> None:
    sunk = {"kind": "gbm", "start": "0.00000003", "drift_per_year": -1_000_000.0, "volatility_per_year": 0.1}
    table = Outside(world({"GBM": sunk}, 500)).table(1, 0)
    assert table[0, 0] == 3
    assert table[-1, 0] == 1


CODE = """
import hashlib, sys
from pathlib import Path
import protocol_sim as ps
from protocol_sim.world import Outside
made = ps.load_scenario(sys.argv[1])
print(*[hashlib.sha256(Outside(made, how).table(5, 6).tobytes()).hexdigest() for how in (True, False)])
"""


def test_the_table_does_not_depend_on_cpu_features(tmp_path: Path) -> None:
    """numpy's and glibc's vector paths switched off: their exp and log differ, ours may not."""
    file = tmp_path / "everything.toml"
    file.write_text(ps.to_toml(everything(tmp_path, 400, STUDENT)))
    off = " ".join(name for name, has in __cpu_features__.items() if has and name in __cpu_dispatch__)
    assert off
    seen = set()
    for extra in (
        {},
        {"NPY_DISABLE_CPU_FEATURES": off, "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX512F,-AVX2,-FMA"},
        {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": "", "PROTOCOL_SIM_CACHE": str(tmp_path / "cache")},
    ):
        done = subprocess.run([sys.executable, "-c", CODE, str(file)], env=os.environ | extra, cwd=ROOT,
                              capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        seen |= set(done.stdout.split())
    assert len(seen) == 1
