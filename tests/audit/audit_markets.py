"""Small markets for the audit's tests, made from Python: WETH against USDC, nothing wrong with either."""

from fractions import Fraction
from typing import Any

from protocol_sim.audit import Finding, Market, NotChecked, Severity
from protocol_sim.audit.market import Feed, Gap, Mode, Rates, Terms
from protocol_sim.audit.rules import RULES
from protocol_sim.audit.venues import Venues
from protocol_sim.scenario import ConcentratedPool, ConstantProductPool, Range

RAY = 10**27
CALM = Rates(RAY * 9 // 10, 0, RAY * 4 // 100, RAY * 6 // 10)
USD = 10**8


def terms(asset: str = "WETH", **changes: Any) -> Terms:
    """A reserve: WETH of 2,000 USD, or anything else of 1 USD with 6 decimals."""
    volatile = asset != "USDC"
    price = changes.pop("usd", 2_000 if volatile else 1)
    given: dict[str, Any] = {
        "asset": asset, "decimals": 18 if volatile else 6, "answer": int(price * USD), "price": Fraction(price),
        "ltv": 7_000, "threshold": 7_500, "bonus": 10_500, "rates": CALM,
    }
    return Terms(**(given | changes))


def market(*reserves: Terms, **changes: Any) -> Market:
    """An Aave V3 market; without reserves: WETH and USDC, of which USDC is no collateral."""
    rows = reserves or (terms(), dollar())
    return Market(**({"name": "m", "where": "m", "kind": "aave-v3", "version": "3.0.2", "reserves": rows} | changes))


def dollar(**changes: Any) -> Terms:
    """USDC that is borrowed and is no collateral."""
    return terms("USDC", **({"ltv": 0, "threshold": 0, "bonus": 0} | changes))


def feeds(deviation: int, dollars: int = 0, **changes: Any) -> dict[str, Feed]:
    """Bands of WETH and USDC in bps."""
    given = {"heartbeat": 3_600, "delay": 24, "max_age": 5_400} | changes
    return {"WETH": Feed(deviation, **given), "USDC": Feed(dollars, **given)}


def fell(bps: int, asset: str = "WETH", against: str = "USDC") -> tuple[Gap, ...]:
    """The worst fall of a pair."""
    return (Gap(asset, against, bps, 0, 3_600),)


def emode(ltv: int = 9_000, threshold: int = 9_300, bonus: int = 10_100) -> tuple[Mode, ...]:
    """An eMode of WETH and USDC."""
    return (Mode(1, "pair", ltv, threshold, bonus, ("WETH",), ("WETH", "USDC")),)


DECIMALS = {"WETH": 18, "USDC": 6}
PRICES = {"WETH": Fraction(2_000), "USDC": Fraction(1)}


def venues(weth: int = 20_000, fee_bps: int = 30) -> Venues:
    """One pair at 2,000 USDC."""
    return Venues.of("pools", DECIMALS, PRICES, [ConstantProductPool(
        name="WETH-USDC", kind="constant-product", tokens=("WETH", "USDC"), fee_bps=fee_bps,
        reserves=(f"{weth} WETH", f"{2_000 * weth} USDC"))])


def concentrated(lower: int, upper: int, liquidity: int) -> Venues:
    """One Uniswap V3 pool at 2,000 USDC, whose price is tick −200,312."""
    return Venues.of("pools", DECIMALS, PRICES, [ConcentratedPool(
        name="WETH-USDC", kind="uniswap-v3", tokens=("WETH", "USDC"), price="2000",
        positions=(Range(lower_tick=lower, upper_tick=upper, liquidity=liquidity),))])


def ask(rule: str, m: Market) -> list[Finding]:
    """What a rule finds."""
    return [said for said in RULES[rule](m) if isinstance(said, Finding)]


def lacks(rule: str, m: Market) -> list[NotChecked]:
    """What a rule could not check."""
    return [said for said in RULES[rule](m) if isinstance(said, NotChecked)]


def severities(rule: str, m: Market) -> list[str]:
    """Of its findings, in order; a high one must show its loss."""
    found = ask(rule, m)
    for finding in found:
        assert (finding.severity is Severity.HIGH) == (finding.case is not None), finding
        if finding.case is not None:
            assert finding.case.run().loss > 0, finding
    return [finding.severity.word for finding in found]
