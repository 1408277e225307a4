"""Whatever the numbers: a finding of high severity has a counter-example, and its run loses something (Hypothesis)."""

from collections import Counter
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from protocol_sim.audit import Market, Severity, examine
from protocol_sim.audit.market import Adapter, Feed, Gap, Mode, Rates, Terms
from protocol_sim.audit.venues import Venues
from protocol_sim.scenario import ConstantProductPool

RAY = 10**27
USD = 10**8


@st.composite
def reserves(draw: st.DrawFn, asset: str) -> Terms:
    threshold = draw(st.integers(500, 9_900))
    price = Fraction(draw(st.integers(10**4, 10**13)), USD)
    return Terms(
        asset=asset, decimals=draw(st.sampled_from([6, 8, 18])), answer=int(price * USD), price=price,
        ltv=draw(st.integers(100, threshold)), threshold=threshold, bonus=draw(st.integers(10_001, 12_500)),
        fee=draw(st.sampled_from([0, 1_000, 5_000])), supply_cap=draw(st.sampled_from([0, 1_000, 10**6])),
        paused=draw(st.integers(0, 5)) == 0,
        rates=Rates(RAY * 8 // 10, 0, RAY // 20, draw(st.integers(0, 10)) * RAY),
    )


@st.composite
def markets(draw: st.DrawFn) -> Market:
    """Two reserves, perhaps an eMode, feeds, history, an adapter, a yield and a pool at the market's price."""
    pair = (draw(reserves("AAA")), draw(reserves("BBB")))
    changes: dict[str, Any] = {}
    top = max(terms.threshold for terms in pair)
    if top < 9_950 and draw(st.booleans()):
        threshold = draw(st.integers(top + 1, 9_999))
        ltv = draw(st.integers(max(terms.ltv for terms in pair) + 1, threshold))
        mode = Mode(1, "both", ltv, threshold, draw(st.integers(10_001, 10_600)), ("AAA", "BBB"), ("AAA", "BBB"))
        changes["emodes"] = (mode,)
    if draw(st.booleans()):
        changes["feeds"] = {t.asset: Feed(draw(st.integers(0, 3_000)), 3_600, 24, 0) for t in pair}
    changes["gaps"] = (Gap("AAA", "BBB", draw(st.integers(0, 9_000)), draw(st.integers(0, 9_000)), 3_600),)
    real = Fraction(draw(st.integers(10**6, 2 * 10**6)), 10**6)
    changes["adapters"] = (Adapter("AAA", Fraction(1), 0, 0, real, 0, 0),)
    changes["yields"] = {("AAA", "BBB"): draw(st.integers(0, 500))}
    changes["gas"] = Fraction(draw(st.integers(0, 10_000)))
    if draw(st.booleans()):
        whole = draw(st.integers(10**3, 10**7))
        other = int(whole * pair[0].price / pair[1].price * pair[1].unit // 1)
        if 10**6 < other < 2**111:
            pool = ConstantProductPool(name="pool", kind="constant-product", tokens=("AAA", "BBB"),
                                       reserves=(f"{whole} AAA", str(other)),
                                       fee_bps=draw(st.sampled_from([5, 30, 100])))
            changes["venues"] = Venues.of("pools", {t.asset: t.decimals for t in pair},
                                          {t.asset: t.price for t in pair}, [pool])
    newer = "emodes" in changes or any(terms.paused for terms in pair)
    kind = "aave-v3" if newer else draw(st.sampled_from(["aave-v2", "aave-v3"]))
    return Market("m", "m", kind, "3.0.2", pair, **changes)


EXAMPLES = max(25, settings.default.max_examples // 4)        # more under the profile `fuzz`
FIXED = EXAMPLES == 25                                        # the same markets on each run, but under that profile


@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), phases=(Phase.generate,), derandomize=FIXED)
@given(markets())
def test_high_means_a_loss(market: Market) -> None:
    for finding in examine(market).findings:
        if finding.severity is Severity.HIGH:
            assert finding.case is not None, finding
            assert finding.case.run().loss > 0, finding


@pytest.mark.anvil
def test_and_on_the_contracts_the_same() -> None:
    """One counter-example of each rule, market and mode that turns up (four under the profile `fuzz`)."""
    from protocol_sim.fork.counterexample import play, render

    played: Counter[tuple[str, str, bool]] = Counter()
    most = 1 if FIXED else 4

    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), phases=(Phase.generate,),
              derandomize=FIXED)
    @given(markets())
    def each(market: Market) -> None:
        for finding in examine(market).findings:
            kind = (finding.rule, market.kind, "eMode" in finding.subject)
            if finding.severity is Severity.HIGH and played[kind] < most:
                played[kind] += 1
                assert finding.case is not None
                verdict = play(finding.id, finding.case, finding.case.run(finding.id))
                assert verdict.ok, render(verdict)

    each()
    assert len(played) >= 3
