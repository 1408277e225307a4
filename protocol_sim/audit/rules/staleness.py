"""Staleness rules against the heartbeat.

A feed that works answers within heartbeat + delay. A market that refuses older answers must allow that much, or it
stops liquidations between two good answers; one that allows more than twice as much, or asks nothing, goes on with
the last answer of a feed that has died. `AaveOracle.sol` asks nothing (V2 and V3): `latestAnswer` counts whatever its
age.
Source: AaveOracle.sol: getAssetPrice.
Findings: MEDIUM if `max_age` < heartbeat + delay, LOW if it is more than twice that or absent (one finding for all
such).
"""

from collections.abc import Iterator
from fractions import Fraction

from protocol_sim.audit.finding import Finding, NotChecked, Number, Severity
from protocol_sim.audit.market import Market

NAME = "staleness"


def check(market: Market) -> Iterator[Finding | NotChecked]:
    """Every feed."""
    unknown = [terms.asset for terms in market.reserves if terms.asset not in market.feeds]
    if unknown:
        yield NotChecked(NAME, tuple(unknown), "[[feeds]] heartbeat and delay")
    late: list[tuple[int, str]] = []
    for asset, feed in market.feeds.items():
        good, age = feed.heartbeat + feed.delay, feed.max_age or 0
        if not feed.heartbeat:
            continue
        if age and age < good:
            yield Finding(
                NAME, Severity.MEDIUM, asset,
                (Number("heartbeat + delay", Fraction(good), "s"), Number("oldest answer taken", Fraction(age), "s")),
                "an answer that is as old as the heartbeat allows is refused: nobody can be liquidated meanwhile",
                "AaveOracle.sol and its wrappers; audit/rules/staleness.py", f"a limit of at least {good} s",
            )
        elif not age or age > 2 * good:
            late.append((good, asset))
    if late:
        good, asset = max(late)
        yield Finding(
            NAME, Severity.LOW, f"{asset} and {len(late) - 1} more" if len(late) > 1 else asset,
            (
                Number("longest heartbeat + delay", Fraction(good), "s"),
                Number("feeds without a limit, or one above twice that", Fraction(len(late))),
            ),
            "the last answer of a feed that has died is taken as today's price", "AaveOracle.sol: getAssetPrice",
            "a limit between once and twice heartbeat + delay, in the feed's adapter",
        )
