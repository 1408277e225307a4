"""Scenarios of one pair for the risk and tuning tests: borrowers of USDC against WETH, no interest, no market."""

from typing import Any

import protocol_sim as ps

RAY = 10**27


def pair(
    accounts: dict[str, tuple[str, str]],
    price: dict[str, Any],
    steps: int = 64,
    block_time: int = 3_600,
    threshold: int = 8_000,
    bonus: int = 10_500,
    pools: list[dict[str, Any]] | None = None,
    delay: int = 1,
    **liquidator: Any,
) -> ps.Scenario:
    """`accounts` maps a name to (WETH supplied, USDC borrowed). The feed reports every change; debts do not grow."""
    rate = {"optimal_utilization_ray": str(RAY * 8 // 10)}
    terms = {"ltv_bps": threshold, "liquidation_threshold_bps": threshold, "liquidation_bonus_bps": bonus}
    return ps.Scenario.model_validate({
        "name": "pair", "seed": 1,
        "clock": {"start": 1_700_000_000, "block_time": block_time, "steps": steps},
        "assets": [
            {"name": "WETH", "decimals": 18, "price": price},
            {"name": "USDC", "decimals": 6, "price": {"kind": "constant", "usd": "1"}},
        ],
        "feeds": [
            {"name": "WETH-USD", "kind": "chainlink", "base": "WETH", "deviation_bps": 0, "delay_blocks": delay},
            {"name": "USDC-USD", "kind": "fixed", "answer": 10**8},
        ],
        "protocols": [{"name": "aave", "kind": "aave-v2", "close_factor_bps": 10_000, "reserves": [
            {"asset": "WETH", "feed": "WETH-USD", "rate": rate, **terms},
            {"asset": "USDC", "feed": "USDC-USD", "rate": rate, **terms},
        ]}],
        "accounts": [
            *({"name": name, "protocol": "aave", "supplied": {"WETH": f"{have} WETH"},
               "borrowed": {"USDC": f"{owe} USDC"}} for name, (have, owe) in accounts.items()),
            {"name": "lender", "protocol": "aave", "supplied": {"USDC": "100000000 USDC"}},
        ],
        "pools": pools or [],
        "agents": [{"name": "keeper", "kind": "liquidator", "numeraire": "USDC", **liquidator}],
    })


def gbm(volatility: float, drift: float = 0.0) -> dict[str, Any]:
    """WETH from 2,000 USD."""
    return {"kind": "gbm", "start": "2000", "drift_per_year": drift, "volatility_per_year": volatility}


def as_v3(scenario: ps.Scenario, version: str = "3.6") -> ps.Scenario:
    """The same pair on Aave V3."""
    data = scenario.model_dump(mode="json", exclude_none=True)
    kept = ("asset", "feed", "ltv_bps", "liquidation_threshold_bps", "liquidation_bonus_bps", "rate")
    reserves = [{key: row[key] for key in kept} for row in data["protocols"][0]["reserves"]]
    for row in reserves:
        row["rate"] = {"optimal_utilization_ray": str(RAY * 8 // 10)}
    data["protocols"] = [{"name": "aave", "kind": "aave-v3", "version": version, "reserves": reserves}]
    return ps.Scenario.model_validate(data)
