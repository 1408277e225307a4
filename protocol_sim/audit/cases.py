"""Counter-examples by kind: a price that gaps, a pool that is too small, a collateral that nobody can take, …

Each takes the audited numbers and changes nothing but what it must: a threshold that the contracts' own configurator
refuses is lowered to the largest that it takes, and the note says so.
"""

from dataclasses import replace
from fractions import Fraction

from protocol_sim.audit.case import NO_RATES, USD, Case, Move, Side, usd8
from protocol_sim.audit.market import BPS, Market, Mode, Terms
from protocol_sim.numeric import percent_mul_half_up

STAKE = 1_000_000                                  # USD of collateral
ETH = 2_000                                        # USD, where a market in ETH says nothing of it


def accepted(threshold: int, bonus: int) -> int:
    """The largest threshold up to this one that `PoolConfigurator` takes with that bonus (it rounds half up)."""
    while threshold and percent_mul_half_up(threshold, bonus) > BPS:
        threshold -= 1
    return threshold


def sides(market: Market, terms: Terms, mode: Mode, debt: str) -> tuple[Side, Side, tuple[int, int, int] | None, str]:
    """The two reserves, the eMode if there is one, and what had to be changed."""
    scale, owed = (1 if market.in_usd else ETH), market.of(debt)
    threshold = accepted(mode.threshold, mode.bonus)
    note = "" if threshold == mode.threshold else (
        f"The configurator refuses {mode.threshold}; {threshold} is the largest threshold that it takes.")
    ltv, emode = min(mode.ltv, threshold), None
    own = (ltv, threshold, mode.bonus)
    if mode.id:
        emode = own
        under = accepted(min(terms.threshold, threshold - 1), terms.bonus)
        own = (min(terms.ltv, ltv - 1, under), under, terms.bonus if under else 0)
    price, owed_price = (max(1, usd8(t.price * scale)) for t in (terms, owed))
    collateral = Side(terms.asset, terms.decimals, price, *own, terms.fee if terms.threshold else 0)
    return collateral, Side(owed.asset, owed.decimals, owed_price), emode, note


def stake(collateral: Side) -> int:
    """Raw collateral worth `STAKE`."""
    return max(collateral.unit, STAKE * USD * collateral.unit // collateral.price)


def owed(collateral: Side, debt: Side, supplied: int, share: Fraction, up: bool = False) -> int:
    """Raw debt worth `share` of the collateral, at the prices of the start."""
    exact = Fraction(supplied * collateral.price * debt.unit, collateral.unit * debt.price) * share
    return -int(-exact // 1) if up else int(exact // 1)


def gap(market: Market, terms: Terms, mode: Mode, debt: str, fall: Fraction, share: Fraction | None = None) -> Case:
    """Somebody owes `share` of the collateral's worth (default: all that the ltv allows), then its price gaps down."""
    collateral, other, emode, note = sides(market, terms, mode, debt)
    supplied = stake(collateral)
    share = Fraction(mode.ltv, BPS) if share is None else share
    after = max(1, int(collateral.price * (1 - fall) // 1))
    return Case(
        market.kind, collateral, other, supplied, owed(collateral, other, supplied, share),
        (Move(2, after, other.price),), steps=40, emode=emode, step_seconds=12,
        note=f"{terms.asset} gaps from {collateral.price / USD:.6g} to {after / USD:.6g} USD while "
             f"{float(share):.2%} of its worth is owed. {note}".strip(),
    )


def locked(market: Market, terms: Terms, mode: Mode, debt: str) -> Case:
    """Nobody can take the collateral while its price slides to half of what is owed."""
    collateral, other, emode, note = sides(market, terms, mode, debt)
    collateral = replace(collateral, paused=terms.paused)
    supplied, share = stake(collateral), Fraction(max(mode.ltv, 1), BPS)
    after = max(1, int(collateral.price * share / 2 // 1))
    return Case(
        market.kind, collateral, other, supplied, owed(collateral, other, supplied, share),
        (Move(100, after, other.price),), steps=110, emode=emode, step_seconds=600, linear=True,
        note=f"{terms.asset} slides over 16 hours and every liquidation is refused. {note}".strip(),
    )


def underpriced(market: Market, terms: Terms, mode: Mode, debt: str, low: Fraction) -> Case:
    """The feed falls below the market by `low`; nothing else moves."""
    collateral, other, emode, note = sides(market, terms, mode, debt)
    supplied = stake(collateral)
    answer = max(1, int(collateral.price * (1 - low) // 1))
    return Case(
        market.kind, collateral, other, supplied,
        owed(collateral, other, supplied, Fraction(min(mode.ltv, mode.threshold), BPS)),
        (Move(2, collateral.price, other.price, collateral_answer=answer),), steps=40, emode=emode,
        loss="borrower_loss_usd", step_seconds=12,
        note=f"The capped price of {terms.asset} is {float(low):.2%} below the market's, which does not move. {note}"
             .strip(),
    )


def interest(market: Market, terms: Terms, mode: Mode, debt: str, growth: int, days: int) -> Case:
    """Everything is lent, nobody repays: the rate at full utilisation against what the collateral earns."""
    collateral, other, emode, note = sides(market, terms, mode, debt)
    rates = market.of(debt).rates
    given = NO_RATES if rates is None else (rates.optimal, rates.base, rates.slope1, rates.slope2)
    other, supplied, hours = replace(other, rates=given), stake(collateral), 24 * days
    borrowed = owed(collateral, other, supplied, Fraction(mode.ltv, BPS))
    end = int(collateral.price * (1 + Fraction(growth * days, BPS * 365)))
    return Case(
        market.kind, collateral, other, supplied, borrowed, (Move(hours, end, other.price),), steps=hours + 1,
        emode=emode, loss="borrower_loss_usd", step_seconds=3_600, lent=borrowed, linear=True,
        note=f"All {debt} is lent and prices move by the staking yield only. {note}".strip(),
    )


def unpaid(market: Market, terms: Terms, mode: Mode, debt: str) -> Case:
    """The price slides to half of what is owed; whoever liquidates must sell in the one pool there is."""
    return replace(
        locked(market, terms, mode, debt), pool=market.venues.spec(terms.asset, debt), arbitrage=True,
        gas=market.gas or Fraction(0),
        note=f"{terms.asset} slides over 16 hours, the pool follows, and no liquidation pays.",
    )


def drained(
    market: Market, terms: Terms, mode: Mode, debt: str, supplied: int, read: str, steps: int = 800
) -> Case:
    """One position at its threshold, one pool, and a feed that reads that pool: sales move the price that causes them.

    The asset that is read is priced in the other one, which counts as one USD.
    """
    collateral, other, emode, note = sides(market, terms, mode, debt)
    ratio = market.venues.spot(terms.asset, debt) * collateral.unit / other.unit
    quote = debt if read == terms.asset else terms.asset
    if read == collateral.asset:
        collateral, other = replace(collateral, price=max(1, usd8(ratio))), replace(other, price=USD)
    else:
        collateral, other = replace(collateral, price=USD), replace(other, price=max(1, usd8(1 / ratio)))
    threshold = collateral.threshold if emode is None else emode[1]
    share = Fraction(threshold, BPS) * Fraction(1_000_001, 1_000_000)
    borrowed = owed(collateral, other, supplied, share, up=True)
    return Case(
        market.kind, collateral, other, supplied, borrowed, (), steps=steps, emode=emode, step_seconds=12,
        pool=market.venues.spec(terms.asset, debt), reads_pool=read, unit=quote,
        note=f"A position at its threshold is unwound in the one pool there is, which the feed of {read} reads; "
             f"worths are in {quote}. {note}".strip(),
    )
