"""Caps against depth: can a position of the allowed size be unwound for what it owes?

The largest position in a pair is S of collateral, bounded by the supply cap, by the debt asset's borrow cap and, for
isolated collateral, by the debt ceiling (both over LT); at its threshold it owes B = LT · S · price. Its liquidators,
all together, cannot repay more than the pool gives for all of S: if out(S) < B (exact pool arithmetic, fee included),
at least B − out(S) stays unpaid once it has to be unwound against this depth. For a constant-product pool of reserve
R, without fee, out(S) < LT · S · p is S > R · (1 − LT)/LT. And where the pool makes the price, nothing stops on the
way: after a part s = u · R is sold the account would be healthy again if B − out(s) ≤ LT · (S − s) · spot(s); with
sigma = S/R this is u · (2 · LT · sigma − 1 + LT + u · (LT · sigma − 1)) ≤ 0, which fails for all u up to sigma
exactly when sigma > (1 − LT)/LT. No fall of the market is needed beyond the first. (Clearing with price impact:
Cifuentes, Ferrucci, Shin 2005.)

Without any cap a position of that size can be built by anybody: the CRV position of November 2022.
Findings: HIGH if out(S) < B or nothing bounds S; MEDIUM if S is more than ten times what pays within the bonus. Where
the theorem does not reach (liquidity that ends at some price, a fee that leaves next to nothing of the bonus) out(S)
< B is HIGH only if the run of the counter-example loses, else MEDIUM.
"""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from protocol_sim.audit import cases
from protocol_sim.audit.case import Case
from protocol_sim.audit.finding import Finding, NotChecked, Number, Severity
from protocol_sim.audit.market import BPS, Market, Mode, Terms
from protocol_sim.audit.rules.bonus_slippage import payable
from protocol_sim.audit.venues import LARGEST, largest

NAME = "caps-depth"
REFILLS = 10
LONGEST = 5_000                                    # blocks of a counter-example


def check(market: Market) -> Iterator[Finding | NotChecked]:
    """Every pair with a pool."""
    without: list[str] = []
    for terms, mode in market.modes():
        pairs = [d for d in mode.borrowable if d != terms.asset and market.venues.trades(terms.asset, d)]
        if not pairs and any(d != terms.asset for d in mode.borrowable):
            without.append(market.subject(terms, mode))
        taken = replace(mode, threshold=cases.accepted(mode.threshold, mode.bonus))   # beyond: solvency-frontier
        for debt in pairs:
            yield from _pair(market, terms, taken, debt)
    if without:
        yield NotChecked(NAME, tuple(without), "[[pools]] of the collateral and a debt asset")


def _owed(market: Market, terms: Terms, mode: Mode, debt: str, supplied: int) -> int:
    """Raw debt at the threshold, at the price that the pool makes; rounded up."""
    return -int(-(supplied * market.venues.spot(terms.asset, debt) * mode.threshold / BPS) // 1)


def bound(market: Market, terms: Terms, mode: Mode, debt: str) -> tuple[int, str]:
    """(raw collateral of the largest position, what bounds it); (0, "") if nothing does."""
    other = market.of(debt)
    limits: list[tuple[int, str]] = []
    if terms.supply_cap:
        limits.append((terms.supply_cap * terms.unit, "supply cap"))
    share = Fraction(mode.threshold, BPS)
    if other.borrow_cap:
        worth = other.borrow_cap * other.price / terms.price / share
        limits.append((int(worth * terms.unit // 1), f"borrow cap of {debt}"))
    if terms.ceiling and market.in_usd and not mode.id:
        limits.append((int(Fraction(terms.ceiling, 100) / terms.price / share * terms.unit // 1), "debt ceiling"))
    return min(limits, default=(0, ""))


def losing(market: Market, terms: Terms, mode: Mode, debt: str) -> int:
    """The smallest raw position (dust aside) that the pool cannot unwind for what it owes."""
    def left(size: int) -> int:
        return market.venues.at_most(terms.asset, debt, size) - _owed(market, terms, mode, debt, size)

    return 1 + largest(left, 0, LARGEST)


def _pair(market: Market, terms: Terms, mode: Mode, debt: str) -> Iterator[Finding]:
    size, what = bound(market, terms, mode, debt)
    first = losing(market, terms, mode, debt)
    within = payable(market, terms, mode, debt)[1]
    who, held = _largest_holder(market, terms.asset, debt)
    examined = size or max(2 * first, 2 * within, held)
    if not what:
        what = f"{who}'s; nothing bounds it" if held == examined else "nothing bounds it"
    out, owed = market.venues.at_most(terms.asset, debt, examined), _owed(market, terms, mode, debt, examined)
    if out >= owed and examined <= REFILLS * within:
        return
    case = _case(market, terms, mode, debt, examined) if out < owed else None
    high = case is not None
    other = market.of(debt)
    yield Finding(
        NAME, Severity.HIGH if high else Severity.MEDIUM, market.subject(terms, mode, debt),
        (
            Number(f"largest position ({what})", Fraction(examined, terms.unit), terms.asset),
            Number("owed at the threshold", Fraction(owed, other.unit), debt),
            Number("the pool gives for all of it", Fraction(out, other.unit), debt),
            Number("cannot be unwound from", Fraction(first, terms.unit), terms.asset),
            Number("sells within the bonus at once", Fraction(within, terms.unit), terms.asset),
        ),
        f"the pool gives less for the largest position than it owes at its threshold{'' if size else '; no cap'}"
        if out < owed else f"the largest position is more than {REFILLS} times what pays within the bonus at once",
        "out(S) < LT · S · price, audit/rules/caps_depth.py; Cifuentes et al. 2005",
        f"a cap of at most {first // terms.unit} {terms.asset} against this depth",
        case,
    )


def _largest_holder(market: Market, asset: str, debt: str) -> tuple[str, int]:
    """Of those who owe `debt`: who supplies most of `asset`, and how much, raw."""
    found = [(account.supplied.get(asset, 0), account.name) for account in market.accounts or ()
             if account.borrowed.get(debt)]
    held, name = max(found, default=(0, ""))
    return name, held


def _case(market: Market, terms: Terms, mode: Mode, debt: str, size: int) -> Case | None:
    """What shows the loss, None if nothing does: the pool drained, or a slide in which nobody can sell."""
    stable = abs(terms.price - 1) < Fraction(1, 20) and market.in_usd
    read, proportional = debt if stable else terms.asset, market.venues.proportional(terms.asset, debt)
    blocks = _blocks(market, terms, mode, debt, size) if proportional else 800
    drained = cases.drained(market, terms, mode, debt, size, read, blocks)
    if proportional and 0 < blocks < LONGEST:
        return drained
    slide = cases.unpaid(market, terms, replace(mode, ltv=mode.ltv or mode.threshold), debt)
    for case in (slide,) if proportional else (drained, slide):
        if case.run().loss > 0:
            return case
    return None


def _blocks(market: Market, terms: Terms, mode: Mode, debt: str, size: int) -> int:
    """Enough blocks to sell `size` in parts that pay within the bonus and grow with the pool; 0: none pays."""
    within = payable(market, terms, mode, debt)[1]
    depth = losing(market, terms, mode, debt) * mode.threshold // (BPS - mode.threshold)
    held, blocks = depth, 0
    while within and held < depth + size and blocks < LONGEST:
        held, blocks = held + held * within // depth, blocks + 1
    return min(LONGEST, 8 * blocks + 100) if within else 0    # the liquidator's grid of halves sells less a block
