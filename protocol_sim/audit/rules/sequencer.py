"""A rollup without a sequencer sentinel.

While the sequencer of a rollup is down nobody can repay, but feeds jump when it is back, and the first block
liquidates accounts that could not act. Aave's PriceOracleSentinel stops borrowing and, for a grace period,
liquidations above a health factor of 0.95. Source: PriceOracleSentinel.sol; Chainlink's L2 sequencer uptime feeds.
Findings: MEDIUM on a chain with one sequencer and no sentinel.
"""

from collections.abc import Iterator
from fractions import Fraction

from protocol_sim.audit.finding import Finding, NotChecked, Number, Severity
from protocol_sim.audit.market import Market

NAME = "sequencer"
ROLLUPS = {10: "OP Mainnet", 324: "ZKsync Era", 1088: "Metis", 8453: "Base", 42161: "Arbitrum One", 59144: "Linea",
           534352: "Scroll"}


def check(market: Market) -> Iterator[Finding | NotChecked]:
    """One answer a market."""
    if market.chain is None:
        yield NotChecked(NAME, (market.name,), "chain_id")
    elif market.chain in ROLLUPS and market.sentinel is None:
        yield NotChecked(NAME, (market.name,), "sentinel (whether there is one)")
    elif market.chain in ROLLUPS and not market.sentinel:
        yield Finding(
            NAME, Severity.MEDIUM, market.name, (Number("chain", Fraction(market.chain)),),
            f"{ROLLUPS[market.chain]} has one sequencer; after an outage accounts are liquidated before they can act",
            "PriceOracleSentinel.sol", "a PriceOracleSentinel on the chain's sequencer uptime feed",
        )
