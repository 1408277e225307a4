"""Shared by all tests: one small scenario as text, and Hypothesis profiles."""

import os

import pytest
from hypothesis import settings

settings.register_profile("default", deadline=None, max_examples=100)
settings.register_profile("fuzz", deadline=None, max_examples=5_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

SCENARIO = """\
name = "two-assets"
seed = 7

[clock]
start = 1_669_123_883
block_time = 12
steps = 20
blocks_per_step = 5

[[assets]]
name = "CRV"
decimals = 18
price = {kind = "points", at = [[0, "0.52"], [10, "0.68"]], interpolation = "linear"}
impact = {depth = "2000000 CRV", recovery = 64}

[[assets]]
name = "USDC"
decimals = 6
price = {kind = "constant", usd = "1"}

[[feeds]]
name = "crv-usd"
kind = "chainlink"
base = "CRV"
deviation_bps = 100
heartbeat = 86_400

[[feeds]]
name = "usdc-usd"
kind = "fixed"
answer = 100_000_000

[[protocols]]
name = "aave"
kind = "aave-v2"

[[protocols.reserves]]
asset = "CRV"
feed = "crv-usd"
ltv_bps = 5_200
liquidation_threshold_bps = 5_800
liquidation_bonus_bps = 10_800
reserve_factor_bps = 2_000
scaled_supply = "150000000_000000000000000000"
rate = {optimal_utilization_ray = "450000000000000000000000000", slope1 = "70000000000000000000000000"}

[[protocols.reserves]]
asset = "USDC"
feed = "usdc-usd"
ltv_bps = 8_000
liquidation_threshold_bps = 8_900
liquidation_bonus_bps = 10_450
rate = {optimal_utilization_ray = "900000000000000000000000000"}

[[accounts]]
name = "whale"
protocol = "aave"
supplied = {USDC = "63596139.363797 USDC"}
borrowed = {CRV = "92000000 CRV"}

[[pools]]
name = "crv-usdc"
kind = "constant-product"
tokens = ["CRV", "USDC"]
reserves = ["10000000 CRV", "5200000 USDC"]

[[agents]]
name = "keeper"
kind = "liquidator"
numeraire = "USDC"
gas = "25 USDC"

[[agents]]
name = "arb"
kind = "arbitrageur"

[[timeline]]
block = 50
kind = "set-parameter"
protocol = "aave"
reserve = "USDC"
key = "ltv_bps"
value = 7_500

[[timeline]]
block = 60
kind = "freeze"
protocol = "aave"
reserve = "CRV"

[[inputs]]
key = "accounts.whale.*"
status = "observed"
source = "five deposits and fourteen borrows, 13-22 November 2022"

[[inputs]]
key = "protocols.aave.reserves.CRV.rate.*"
status = "inferred"
source = "from the events"
"""


@pytest.fixture
def scenario_text() -> str:
    """A valid scenario that uses most sections."""
    return SCENARIO
