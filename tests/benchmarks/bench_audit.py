"""Speed of the audit: a market of the size of Aave V3 on Ethereum, without a book. The aim is under 2 s.

The real configuration snapshot is taken if it lies beside the repository; else a market of 25 reserves in its format.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from protocol_sim.audit import audit

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "aave-reserve-configs"
FEEDS = 'name = "feeds"\ngas_usd = "40"\n[[feeds]]\nassets = ["*"]\ndeviation_bps = 50\nheartbeat = 3600\n'


def written_out() -> dict[str, Any]:
    """25 reserves in one eMode, in the format of a snapshot."""
    ray = 10**27
    row = {"decimals": 18, "ltv": 7_000, "liquidationThreshold": 7_500, "liquidationBonus": 10_500,
           "reserveFactor": 1_000, "isActive": True, "isFrozen": False, "borrowingEnabled": True,
           "usageAsCollateralEnabled": True, "interestRateStrategy": "0x5", "oracleLatestAnswer": 10**9,
           "oracleDecimals": 8, "supplyCap": 5, "borrowCap": 0, "debtCeiling": 0, "eModeCategory": 1,
           "liquidationProtocolFee": 1_000, "isPaused": False, "isSiloed": False, "isBorrowableInIsolation": False,
           "isFlashloanable": True}
    rates = {"optimalUsageRatio": ray // 2, "baseVariableBorrowRate": 0, "variableRateSlope1": ray // 25,
             "variableRateSlope2": ray}
    emode = {"eModeCategory": 1, "ltv": 9_000, "liquidationThreshold": 9_300, "liquidationBonus": 10_100}
    return {"chainId": 1, "eModes": {"1": emode}, "strategies": {"0x5": rates},
            "reserves": {f"0x{n:040x}": {"symbol": f"A{n}", **row} for n in range(25)}}


def rows() -> Iterator[tuple[str, float, str]]:
    """In this process, bare and with feeds, and as a user waits for it."""
    with tempfile.TemporaryDirectory() as folder:
        feeds, made = Path(folder) / "feeds.toml", Path(folder) / "market.json"
        feeds.write_text(FEEDS)
        found = sorted(DATA.glob("AaveV3Ethereum_*.json"))
        if not found:
            made.write_text(json.dumps(written_out()))
        market = found[0] if found else made
        words = "a real market" if found else "25 reserves"
        for name, complement in (("bare", None), ("with feeds and gas", feeds)):
            audit(market, complement)
            begin = time.perf_counter()
            audit(market, complement)
            yield f"audit: {words}, no book, {name}", time.perf_counter() - begin, "s"
        command = [sys.executable, "-m", "protocol_sim", "audit", str(market), "--out", f"{folder}/out", "-q"]
        begin = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        yield f"protocol-sim audit: {words}, no book, all formats written", time.perf_counter() - begin, "s"
