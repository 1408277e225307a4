"""A run is a fact: the same digest with other hash seeds, one thread or two, and with CPU features switched off."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from protocol_sim import load_scenario, run

ROOT = Path(__file__).parents[1]
GBM = 'price = {kind = "gbm", start = "0.6", drift_per_year = 0.1, volatility_per_year = 3.5}'
OTHER = 'price = {kind = "points"'


def _dispatched() -> str:
    """CPU features that numpy chooses at run time and that this machine has."""
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

    return " ".join(name for name in __cpu_dispatch__ if __cpu_features__.get(name))


GLIBC = "glibc.cpu.hwcaps=-AVX512F,-AVX2,-AVX,-FMA,-FMA4,-ERMS"
ENVIRONMENTS = {
    "hash seed": {"PYTHONHASHSEED": "12345"},
    "one thread": {"NUMBA_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
    "two threads": {"NUMBA_NUM_THREADS": "2", "OMP_NUM_THREADS": "2"},
    "numpy without CPU features": {"NPY_DISABLE_CPU_FEATURES": _dispatched()},
    "libm without CPU features": {"GLIBC_TUNABLES": GLIBC},
}


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lines = (ROOT / "fixtures/scenarios/weth-slide.toml").read_text().splitlines()
    price = GBM.replace('"0.6"', '"1600"')
    path = tmp_path_factory.mktemp("scenario") / "gbm.toml"
    path.write_text("\n".join(price if line.startswith(OTHER) else line for line in lines))
    return path


@pytest.fixture(scope="module")
def digest(scenario: Path) -> str:
    return run(load_scenario(scenario)).digest


CASES = [("exact", words) for words in ENVIRONMENTS] + [("fast", "one thread"), ("fast", "two threads")]


@pytest.mark.parametrize(("engine", "words"), CASES)
def test_the_digest_does_not_depend_on_the_machine(scenario: Path, digest: str, engine: str, words: str) -> None:
    code = "import sys, protocol_sim as ps; print(ps.run(ps.load_scenario(sys.argv[1]), engine=sys.argv[2]).digest)"
    done = subprocess.run(
        [sys.executable, "-c", code, str(scenario), engine],
        env=os.environ | ENVIRONMENTS[words], capture_output=True, text=True, check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == digest


def test_another_seed_is_another_run(scenario: Path, digest: str) -> None:
    assert run(load_scenario(scenario), seed=2).digest != digest
