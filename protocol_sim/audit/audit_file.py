"""An audit file into a market: one that it writes out, or one that it adds to."""

from dataclasses import replace
from fnmatch import fnmatchcase
from fractions import Fraction
from typing import Any

from protocol_sim.audit.complement import AuditFile, EModeTerms, ReserveTerms
from protocol_sim.audit.entries import of_complement, of_market
from protocol_sim.audit.market import Adapter, Feed, Gap, Market, Mode, Rates, Terms
from protocol_sim.audit.venues import Venues
from protocol_sim.errors import BadInput
from protocol_sim.numeric.units import scaled

RATIO_DECIMALS = 27
USD = 10**8


def written_out(where: str, given: AuditFile) -> Market:
    """The market of `[[reserves]]` and `[[emodes]]`."""
    if given.kind is None:
        raise BadInput(where, "kind", "aave-v2 or aave-v3 for a market written out", "nothing")
    names = [row.asset for row in given.reserves]
    for row in given.reserves:
        if row.paused and given.kind == "aave-v2":
            raise BadInput(where, f"reserves.{row.asset}.paused", "false: Aave V2 pauses whole markets", "true")
    for name in names:
        if names.count(name) > 1:
            raise BadInput(where, f"reserves.{name}", "one reserve an asset", "two")
    for emode in given.emodes:
        for asset in (*emode.collateral, *emode.borrowable):
            if asset not in names:
                raise BadInput(where, f"emodes.{emode.id}", "reserves of the file", repr(asset))
    return Market(
        name=given.name, where=where, kind=given.kind, version="3.0.2" if given.kind == "aave-v3" else "1.0.1",
        reserves=tuple(_terms(row) for row in given.reserves), emodes=tuple(_mode(emode) for emode in given.emodes),
        chain=given.chain_id, sentinel=given.sentinel,
        ledger=of_market(given),
    )


def _terms(row: ReserveTerms) -> Terms:
    rate = row.rate
    rates = None if rate is None else Rates(rate.optimal_utilization_ray, rate.base, rate.slope1, rate.slope2)
    return Terms(
        row.asset, row.decimals, row.price, Fraction(row.price, USD), row.ltv_bps, row.liquidation_threshold_bps,
        row.liquidation_bonus_bps, row.liquidation_protocol_fee_bps, row.reserve_factor_bps, row.supply_cap,
        row.borrow_cap, row.debt_ceiling, row.borrowing_enabled, row.active, row.frozen, row.paused, rates,
    )


def _mode(row: EModeTerms) -> Mode:
    return Mode(row.id, row.label, row.ltv_bps, row.liquidation_threshold_bps, row.liquidation_bonus_bps,
                row.collateral, row.borrowable)


def complement(where: str, market: Market, given: AuditFile) -> Market:
    """The market with what an audit file adds to it."""
    names = [terms.asset for terms in market.reserves]
    for section, asset in (*(("adapters", row.asset) for row in given.adapters),
                           *(("yields", asset) for row in given.yields for asset in (row.asset, row.against))):
        if asset not in names:
            raise BadInput(where, f"{section}.{asset}", f"a reserve of {market.name}", repr(asset))
    for gap in given.gaps:
        for asset in (gap.asset, gap.against):
            if asset not in (*names, "USD"):
                raise BadInput(where, f"gaps.{gap.asset}", f"reserves of {market.name}, or USD", repr(asset))
    if given.base_usd is not None and not market.in_usd:
        usd = Fraction(given.base_usd, USD)
        reserves = tuple(_priced(terms, usd) for terms in market.reserves)
        market = market.replaced(reserves=reserves, in_usd=True)
    changes: dict[str, Any] = {
        "name": given.name, "reaction": given.reaction_days * 86_400,
        "feeds": market.feeds | _feeds(where, market, given),
        "gaps": (*(Gap(g.asset, g.against, g.fall_bps, g.rise_bps, g.window) for g in given.gaps), *market.gaps),
        "adapters": tuple(_adapter(where, row) for row in given.adapters),
        "yields": market.yields | {(row.asset, row.against): row.bps for row in given.yields},
        "ledger": (*market.ledger, *of_complement(given)),
    }
    for name in ("chain_id", "sentinel"):
        if getattr(given, name) is not None:
            changes[name.removesuffix("_id")] = getattr(given, name)
    if given.gas_usd is not None:
        changes["gas"] = Fraction(given.gas_usd, USD)
    if given.pools:
        changes["venues"] = _venues(where, market, given)
    return market.replaced(**changes)


def _priced(terms: Terms, usd: Fraction) -> Terms:
    return replace(terms, price=terms.price * usd)


def _feeds(where: str, market: Market, given: AuditFile) -> dict[str, Feed]:
    found: dict[str, Feed] = {}
    for terms in market.reserves if given.feeds else ():
        rows = [row for row in given.feeds if any(fnmatchcase(terms.asset, glob) for glob in row.assets)]
        if not rows:
            raise BadInput(where, "feeds", "a feed for every reserve", f"none for {terms.asset}")
        found[terms.asset] = Feed(rows[-1].deviation_bps, rows[-1].heartbeat, rows[-1].delay, rows[-1].max_age)
    names = [terms.asset for terms in market.reserves]
    for row in given.feeds:
        for glob in row.assets:
            if not any(fnmatchcase(name, glob) for name in names):
                raise BadInput(where, "feeds", f"assets of {market.name}, or globs", repr(glob))
    return found


def _adapter(where: str, row: Any) -> Adapter:
    ratios = []
    for name in ("ratio", "real_ratio"):
        try:
            ratios.append(Fraction(scaled(getattr(row, name), RATIO_DECIMALS), 10**RATIO_DECIMALS))
        except ValueError as error:
            raise BadInput(where, f"adapters.{row.asset}.{name}", str(error), repr(getattr(row, name))) from None
        if ratios[-1] == 0:
            raise BadInput(where, f"adapters.{row.asset}.{name}", "a rate above 0", repr(getattr(row, name)))
    if row.now < row.since:
        raise BadInput(where, f"adapters.{row.asset}.now", f"a time not before {row.since}", row.now)
    return Adapter(row.asset, ratios[0], row.since, row.growth_bps, ratios[1], row.real_growth_bps, row.now)


def _venues(where: str, market: Market, given: AuditFile) -> Venues:
    decimals = {terms.asset: terms.decimals for terms in market.reserves}
    return Venues.of(where, decimals, {terms.asset: terms.price for terms in market.reserves}, given.pools)
