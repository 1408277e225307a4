"""What is audited, whatever form it comes in: a snapshot (JSON), a scenario, a directory with one, an audit file."""

import json
import tomllib
from fnmatch import fnmatchcase
from fractions import Fraction
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from protocol_sim.audit.complement import AuditFile, EModeTerms, ReserveTerms, Sourced, plain
from protocol_sim.audit.configuration import read_configuration
from protocol_sim.audit.market import Adapter, Feed, Gap, Market, Mode, Rates, Terms
from protocol_sim.audit.scenarios import of_scenario
from protocol_sim.audit.venues import Venues
from protocol_sim.errors import BadInput
from protocol_sim.numeric.units import scaled
from protocol_sim.results import LedgerEntry
from protocol_sim.scenario import load_scenario
from protocol_sim.scenario.load import one_line

RATIO_DECIMALS = 27
USD = 10**8


def read(path: str | Path, complement_file: str | Path | None = None) -> tuple[Market, ...]:
    """The markets of a file or directory (a scenario may hold several). BadInput says what is wrong, in one line."""
    markets = _read(Path(path))
    if complement_file is None:
        return markets
    given = _audit_file(Path(complement_file), _toml(Path(complement_file)))
    if given.market is not None or given.reserves:
        raise BadInput(str(complement_file), "market", "neither a market nor [[reserves]] in a complement", "one")
    return _with(str(complement_file), markets, given)


def _read(path: Path) -> tuple[Market, ...]:
    if path.is_dir():
        return _captured(path)
    if path.suffix == ".json":
        return (read_configuration(path),)
    data = _toml(path)
    if "clock" in data or "protocols" in data or "assets" in data:
        return of_scenario(load_scenario(path))
    return _complemented(path, _audit_file(path, data))


def _captured(directory: Path) -> tuple[Market, ...]:
    """What `protocol-sim capture` writes: a scenario, and beside it the block that it was read at."""
    file, head = directory / "scenario.toml", directory / "snapshot.json"
    if not file.is_file():
        raise BadInput(str(file), "file", "a directory with scenario.toml", "none in it")
    chain = None
    if head.is_file():
        try:
            chain = json.loads(head.read_text(encoding="utf-8"))["block"]["chain_id"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadInput(str(head), "block.chain_id", "a snapshot's block", error) from None
        if not isinstance(chain, int):
            raise BadInput(str(head), "block.chain_id", "an integer", repr(chain))
    return tuple(market.replaced(chain=chain) for market in of_scenario(load_scenario(file)))


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInput(str(path), "file", "a snapshot, a scenario or an audit file", "no such file") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(str(path), "file", "TOML, or a snapshot called .json", error) from None


def _audit_file(path: Path, data: dict[str, Any]) -> AuditFile:
    try:
        return AuditFile.model_validate(data)
    except ValidationError as error:
        raise one_line(str(path), data, error) from None


def _complemented(path: Path, given: AuditFile) -> tuple[Market, ...]:
    where = str(path)
    if (given.market is None) == (not given.reserves):
        found = "nothing" if given.market is None else "both"
        raise BadInput(where, "market", "either a file or [[reserves]]", found)
    if given.market is None:
        markets: tuple[Market, ...] = (_written_out(where, given),)
    else:
        target = path.parent / given.market
        if target.resolve() == path.resolve():
            raise BadInput(where, "market", "another file", repr(given.market))
        markets = _read(target)
    return _with(where, markets, given)


def _with(where: str, markets: tuple[Market, ...], given: AuditFile) -> tuple[Market, ...]:
    if len(markets) != 1:
        raise BadInput(where, "market", "one market to complement", f"{len(markets)} of them")
    return (complement(where, markets[0], given),)


def _written_out(where: str, given: AuditFile) -> Market:
    if given.kind is None:
        raise BadInput(where, "kind", "aave-v2 or aave-v3 for a market written out", "nothing")
    names = [row.asset for row in given.reserves]
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
        ledger=tuple(_entries(given, [*(("reserves", r.asset, r) for r in given.reserves),
                                      *(("emodes", str(e.id), e) for e in given.emodes)])),
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
        "ledger": (*market.ledger, *_entries(given, _added(given))),
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
    from dataclasses import replace

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


def _added(given: AuditFile) -> list[tuple[str, str, Any]]:
    rows: list[tuple[str, str, Any]] = []
    rows += [("feeds", ",".join(row.assets), row) for row in given.feeds]
    rows += [("gaps", f"{row.asset}-{row.against}", row) for row in given.gaps]
    rows += [("adapters", row.asset, row) for row in given.adapters]
    rows += [("yields", f"{row.asset}-{row.against}", row) for row in given.yields]
    rows += [("pools", row.name, row) for row in given.pools]
    return rows


def _entries(given: AuditFile, rows: list[tuple[str, str, Any]]) -> list[LedgerEntry]:
    """Every number with its status; what has none of its own takes the file's."""
    found = [
        LedgerEntry(name, plain(given)[name] if isinstance(plain(given)[name], str) else str(plain(given)[name]),
                    given.status, given.source)
        for name in ("base_usd", "gas_usd", "reaction_days", "sentinel", "chain_id") if name in plain(given)
    ] if not rows or rows[0][0] != "reserves" else []
    for section, name, row in rows:
        own = isinstance(row, Sourced) and bool({"status", "source"} & row.model_fields_set)
        status, source = (row.status, row.source) if own else (given.status, given.source)
        for key, value in plain(row).items():
            if key not in ("asset", "assets", "name", "kind"):
                text = str(value).lower() if isinstance(value, bool) else str(value)
                found.append(LedgerEntry(f"{section}.{name}.{key}", text, status, source))
    return found
