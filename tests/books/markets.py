"""A market of four assets as scenario text, Aave V2 or V3, for books."""

from protocol_sim.scenario import Scenario, parse_scenario

RAY = 10**27

HEAD = """
name = "books"
seed = 3
[clock]
start = 1_700_000_000
block_time = 600
steps = 60
"""
ASSETS = {"WETH": (18, 1_800), "wstETH": (18, 2_060), "USDC": (6, 1), "DAI": (18, 1)}
TERMS = {"WETH": (8_300, 10_500), "wstETH": (8_100, 10_600), "USDC": (8_000, 10_450), "DAI": (8_000, 10_500)}


def market_text(kind: str = "aave-v2", version: str = "", volatility: float = 6.0, indices: bool = True) -> str:
    """Everything but the accounts."""
    parts = [HEAD]
    for name, (decimals, usd) in ASSETS.items():
        price = f'{{kind = "gbm", start = "{usd}", volatility_per_year = {volatility if usd > 1 else 0.02}}}'
        parts.append(f'[[assets]]\nname = "{name}"\ndecimals = {decimals}\nprice = {price}')
        parts.append(f'[[feeds]]\nname = "{name}-USD"\nkind = "chainlink"\nbase = "{name}"\ndeviation_bps = 50')
    head = f'[[protocols]]\nname = "aave"\nkind = "{kind}"'
    parts.append(head + (f'\nversion = "{version}"' if version else ""))
    for n, (name, (threshold, bonus)) in enumerate(TERMS.items()):
        lines = [
            "[[protocols.reserves]]", f'asset = "{name}"', f'feed = "{name}-USD"', f"ltv_bps = {threshold - 300}",
            f"liquidation_threshold_bps = {threshold}", f"liquidation_bonus_bps = {bonus}",
            f'rate = {{optimal_utilization_ray = "{RAY * 8 // 10}", slope1 = "{RAY // 25}", slope2 = "{RAY}"}}',
        ]
        if indices:
            lines += [f'liquidity_index = "{RAY + 10**25 * n + 12345}"',
                      f'variable_borrow_index = "{RAY + 3 * 10**25 * n + 54321}"']
        parts.append("\n".join(lines))
    if kind == "aave-v3":
        lent = 'borrowable = ["WETH", "wstETH"]' if version != "3.0.2" else ""
        parts.append("[[protocols.emodes]]\nid = 1\nltv_bps = 9_000\nliquidation_threshold_bps = 9_300\n"
                     f'liquidation_bonus_bps = 10_100\ncollateral = ["WETH", "wstETH"]\n{lent}')
    parts.append('[[pools]]\nname = "p"\nkind = "constant-product"\ntokens = ["WETH", "USDC"]\n'
                 'reserves = ["900 WETH", "1620000 USDC"]')
    parts.append('[[agents]]\nname = "keeper"\nkind = "liquidator"\nnumeraire = "USDC"\ngas = "5 USDC"\n'
                 'close = "optimal"\nsizes = 3')
    parts.append('[[agents]]\nname = "arb"\nkind = "arbitrageur"')
    return "\n\n".join(parts) + "\n"


GENERATED = """
[[books]]
name = "b"
kind = "generated"
protocol = "aave"
accounts = {accounts}
suppliers = 7
collateral = {{WETH = 4.0, wstETH = 2.0, USDC = 1.0, DAI = 1.0}}
debt = {{USDC = 3.0, DAI = 2.0, WETH = 1.0}}
health_median = 1.2
loopers = [{{collateral = "wstETH", debt = "WETH", share = 0.2}}]
utilisation = {{USDC = 0.9}}
"""


def generated(accounts: int = 60, kind: str = "aave-v2", version: str = "") -> Scenario:
    """A scenario with a generated book."""
    return parse_scenario(market_text(kind, version) + GENERATED.format(accounts=accounts))
