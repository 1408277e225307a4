"""The simulation: the account as it stood before the first call, the same prices, a liquidator that decides itself.

`python -m protocol_sim.demo.simulation` writes the scenario file from the records and `inferred.json`. A block of the
scenario is a slot of twelve seconds; block 1 is that of the first recorded call. Feeds repeat the inferred answers,
each from its first recorded call on; while the account was safe (13:38:59 to 17:22:47) no call shows the answer and
the hourly closes stand in. The outside price is the feed's. What liquidity the liquidators found is not in the
records: one pool stands for it, brought back to the outside price by arbitrage in every block. Its depth is the
assumption to vary.
"""

from collections.abc import Sequence

from protocol_sim.demo.inferred import Inferred, load_inferred
from protocol_sim.demo.market import BORROWER, CRV, OTHERS, USDC
from protocol_sim.demo.records import FIXTURES, Close, Event, close_before, liquidations, load_closes, load_events
from protocol_sim.demo.replay import USD, replay
from protocol_sim.protocols.aave_v2.state import Market, Reserve
from protocol_sim.scenario import usd_text

FILE = FIXTURES / "scenarios" / "crv-2022-11-22.toml"
SLOT = 12  # s
TAIL = 300  # blocks after the last recorded call, at its price: an hour
POOL_USDC = 10_000_000  # whole USDC on one side of the pool
GAS_USDC = 30  # whole USDC for one liquidation with its trades


def schedule(events: Sequence[Event], closes: tuple[Close, ...], inferred: Inferred) -> list[tuple[int, int]]:
    """(block, wei of ETH per CRV): what the feed answers from that block on; block 0 repeats the first."""
    calls = liquidations(tuple(events))
    first = calls[0].time
    rows = [(0, inferred.regimes[0].crv)]
    quiet_from, quiet_to = calls[inferred.regimes[0].calls - 1].time + SLOT, calls[inferred.regimes[0].calls].time
    hours = [quiet_from, *range((quiet_from // 3600 + 2) * 3600, quiet_to, 3600)]
    for time in hours:
        until = time if time % 3600 == 0 else (time // 3600 + 1) * 3600
        rows.append((block_at(time, first), close_before(closes, until) * inferred.regimes[0].usdc // USD))
    for regime in inferred.regimes[1:]:
        rows.append((block_at(calls[regime.first - 1].time, first), regime.crv))
    return rows


def block_at(time: int, first: int) -> int:
    """The block of the scenario whose time is not before `time`."""
    return -(-(time - first) // SLOT) + 1


def scenario_text(events: Sequence[Event], closes: tuple[Close, ...], inferred: Inferred) -> str:
    """The scenario file."""
    calls = liquidations(tuple(events))
    before = replay(events, inferred.regimes, closes, inferred.rates, calls=0).market
    rows = schedule(events, closes, inferred)
    start, usdc = calls[0].time - SLOT, inferred.regimes[0].usdc
    outside = [(block, crv * USD // usdc) for block, crv in rows]
    crv_side = POOL_USDC * USD * 10**18 // outside[0][1]
    parts = [
        _head(start, block_at(calls[-1].time, calls[0].time) + TAIL),
        _assets(outside),
        _feeds(usdc, rows),
        _protocol(before),
        _accounts(before),
        _trade(crv_side),
        INPUTS,
    ]
    return "\n".join(parts)


def _head(start: int, blocks: int) -> str:
    return f'''name = "crv-2022-11-22"
description = "The CRV short of 22 November 2022 on Aave V2, as it stood before its first liquidation"

[clock]
start = {start}
block_time = {SLOT}
steps = {blocks}
blocks_per_step = 1
'''


def _assets(outside: list[tuple[int, int]]) -> str:
    points = ",\n".join(f'  [{max(block - 1, 0)}, "{usd_text(usd)}"]' for block, usd in outside)
    return f'''[[assets]]
name = "USDC"
decimals = 6
price = {{kind = "constant", usd = "1"}}

[[assets]]
name = "CRV"
decimals = 18

[assets.price]
kind = "points"
at = [
{points},
]
'''


def _feeds(usdc: int, rows: list[tuple[int, int]]) -> str:
    rounds = ",\n".join(f'  [{block}, "{crv}"]' for block, crv in rows)
    return f'''[[feeds]]
name = "USDC-ETH"
kind = "fixed"
answer = "{usdc}"
decimals = 18

[[feeds]]
name = "CRV-ETH"
kind = "rounds"
decimals = 18
rounds = [
{rounds},
]
'''


def _protocol(market: Market) -> str:
    usdc = _reserve("USDC", "USDC-ETH", market.reserves[USDC])
    crv = _reserve("CRV", "CRV-ETH", market.reserves[CRV])
    return f'[[protocols]]\nname = "aave"\nkind = "aave-v2"\n\n{usdc}\n{crv}'


def _reserve(name: str, feed: str, r: Reserve) -> str:
    return f'''[[protocols.reserves]]
asset = "{name}"
feed = "{feed}"
ltv_bps = {r.ltv}
liquidation_threshold_bps = {r.threshold}
liquidation_bonus_bps = {r.bonus}
reserve_factor_bps = {r.reserve_factor}
liquidity_index = "{r.liquidity_index}"
variable_borrow_index = "{r.variable_borrow_index}"
current_liquidity_rate = "{r.liquidity_rate}"
current_variable_borrow_rate = "{r.variable_rate}"
last_update = {r.last_updated}
available_liquidity = "{r.available_liquidity}"
scaled_supply = "{r.scaled_supply}"
scaled_variable_debt = "{r.scaled_debt}"
rate = {{optimal_utilization_ray = "{r.optimal}", base = "{r.base_rate}"}}
'''


def _accounts(market: Market) -> str:
    def scaled(i: int, k: int) -> tuple[int, int]:
        row = market.holdings[i * len(market.reserves) + k]
        return row.scaled_supply, row.scaled_debt

    (supplied, _), (_, borrowed) = scaled(BORROWER, USDC), scaled(BORROWER, CRV)
    (usdc, usdc_debt), (crv, _) = scaled(OTHERS, USDC), scaled(OTHERS, CRV)
    return f'''[[accounts]]
name = "borrower"
protocol = "aave"
scaled_supplied = {{USDC = "{supplied}"}}
scaled_borrowed = {{CRV = "{borrowed}"}}

[[accounts]]
name = "others"
protocol = "aave"
scaled_supplied = {{USDC = "{usdc}", CRV = "{crv}"}}
scaled_borrowed = {{USDC = "{usdc_debt}"}}
'''


def _trade(crv_side: int) -> str:
    return f'''[[pools]]
name = "CRV-USDC"
kind = "constant-product"
tokens = ["USDC", "CRV"]
reserves = ["{POOL_USDC} USDC", "{crv_side}"]

[[agents]]
name = "arbitrageur"
kind = "arbitrageur"

[[agents]]
name = "liquidator"
kind = "liquidator"
numeraire = "USDC"
gas = "{GAS_USDC} USDC"
close = "optimal"
sizes = 16
'''


INPUTS = '''[[inputs]]
key = "clock.start"
status = "observed"
source = "twelve seconds before the first LiquidationCall of fixtures/crv-2022-11-22/events.json"

[[inputs]]
key = "feeds.CRV-ETH.rounds"
status = "inferred"
source = "protocol_sim.demo.infer from 385 seizures; between 13:38:59 and 17:22:47 hourly CRV/USDT closes (observed)"

[[inputs]]
key = "assets.CRV.price.at"
status = "inferred"
source = "the CRV feed over the USDC feed, one USDC being one dollar"

[[inputs]]
key = "feeds.USDC-ETH.answer"
status = "inferred"
source = "protocol_sim.demo.infer from the last seizure; held through the day (assumed)"

[[inputs]]
key = "protocols.aave.reserves.*"
status = "inferred"
source = "state after the replay of 5 supplies and 14 borrows"

[[inputs]]
key = "protocols.aave.reserves.*.rate.base"
status = "inferred"
source = "protocol_sim.demo.infer"

[[inputs]]
key = "protocols.aave.reserves.USDC.liquidation_bonus_bps"
status = "observed"
source = "Aave governance: 4.5 %"

[[inputs]]
key = "protocols.aave.reserves.*.reserve_factor_bps"
status = "assumed"
source = "does not touch the account"

[[inputs]]
key = "accounts.borrower.*"
status = "inferred"
source = "5 supplies and 14 borrows (observed), grown at the inferred rates"
'''


def main() -> None:
    """Write the scenario file."""
    FILE.write_text(scenario_text(load_events(), load_closes(), load_inferred()), encoding="utf-8")


if __name__ == "__main__":
    main()
