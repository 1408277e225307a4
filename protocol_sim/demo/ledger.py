"""The inputs of the replay: what was observed, what was inferred, what was assumed."""

from protocol_sim.demo import market
from protocol_sim.demo.inferred import Inferred
from protocol_sim.demo.prices import BONUS
from protocol_sim.demo.words import percent_a_year, usdc
from protocol_sim.results import LedgerEntry, Status

RECORDS = "fixtures/crv-2022-11-22/events.json"
CLOSES = "fixtures/crv-2022-11-22/outside.json"
INFERENCE = "python -m protocol_sim.demo.infer"


def replay_ledger(inferred: Inferred) -> tuple[LedgerEntry, ...]:
    """One entry an input, under `replay.`."""
    groups: tuple[tuple[Status, list[tuple[str, str, str]]], ...] = (
        ("observed", _observed()),
        ("inferred", _inferred(inferred)),
        ("assumed", _assumed()),
    )
    return tuple(
        LedgerEntry(f"replay.{key}", value, status, source) for status, rows in groups for key, value, source in rows
    )


def _observed() -> list[tuple[str, str, str]]:
    return [
        ("events", "5 supplies, 14 borrows, 385 liquidations", f"{RECORDS}: logs of the pool"),
        ("USDC.liquidation_bonus_bps", str(BONUS), "Aave governance"),
        ("CRV.price.before_first_call", "hourly closes", CLOSES),
    ]


def _inferred(found: Inferred) -> list[tuple[str, str, str]]:
    first, last = found.usdc_supply
    usdc_range = f"{found.rates.usdc} ray, {found.usdc_range[0]} to {found.usdc_range[1]}"
    earned = f"suppliers earn {percent_a_year(first)} to {percent_a_year(last)} a year"
    crv_range = f"{found.rates.crv} ray, at least {found.crv_least}"
    prices = [
        (
            f"prices.from_call_{r.first}",
            f"USDC {r.usdc}, CRV {r.crv} ({r.crv_range[0]} to {r.crv_range[1]}) wei",
            f"{INFERENCE}: {r.calls} seizures",
        )
        for r in found.regimes
    ]
    return [
        *prices,
        ("USDC.base_rate", usdc_range, f"{INFERENCE}: {earned}"),
        ("CRV.base_rate", crv_range, f"{INFERENCE}: no recorded call meets a healthy account; bounded from below only"),
        ("last call's offer", "no limit", "it took all that was left, so more was offered than taken"),
    ]


def _assumed() -> list[tuple[str, str, str]]:
    others = f"{usdc(market.USDC_SUPPLIED)} supplied, {usdc(market.USDC_BORROWED)} borrowed"
    factors = f"USDC {market.USDC_FACTOR}, CRV {market.CRV_FACTOR}"
    governance = "Aave's setting; 90 % would leave over 3.3 million CRV where governance counted at most 2,656,335"
    return [
        ("USDC.price.held", "one price through all regimes", "only the ratio of prices is identified"),
        ("indices", "1 ray at the first event", "only their growth shows in the records"),
        ("rate slopes", "0", "one held rate a reserve: other users are not recorded"),
        ("USDC.ltv_bps", str(market.LTV), "Aave's setting; no recorded borrow is refused at it"),
        ("USDC.liquidation_threshold_bps", str(market.THRESHOLD), governance),
        ("others.USDC", others, "everybody else in the reserve"),
        ("others.CRV", f"{market.CRV_SUPPLIED // 10**18:,} supplied", "enough to lend 92 million"),
        ("reserve_factor_bps", factors, "the treasury's share; the USDC rate is inferred given it"),
    ]
