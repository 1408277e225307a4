"""A book of accounts for a market that comes without one: a book file (CSV, Parquet), a scenario, or its directory."""

from pathlib import Path

from protocol_sim.audit.market import Holder, Market
from protocol_sim.audit.scenarios import of_scenario
from protocol_sim.errors import BadInput
from protocol_sim.scenario import load_scenario

TABLES = (".csv", ".parquet")


def with_book(market: Market, path: Path) -> Market:
    """The market with these accounts; assets go by name.

    BadInput if there is none who owes something, or one whose asset is no reserve of the market or has other decimals.
    """
    where = path / "scenario.toml" if path.is_dir() else path
    accounts = _of_table(where) if where.suffix in TABLES else _of_scenario(market, where)
    known = {terms.asset for terms in market.reserves}
    for holder in accounts:
        for asset in (*holder.supplied, *holder.borrowed):
            if asset not in known:
                raise BadInput(str(where), f"accounts.{holder.name}", f"reserves of {market.name}", repr(asset))
    if not accounts:
        raise BadInput(str(where), "accounts", "somebody who owes something", "nobody")
    return market.replaced(accounts=accounts)


def _of_scenario(market: Market, file: Path) -> tuple[Holder, ...]:
    found = of_scenario(load_scenario(file))
    if len(found) != 1:
        raise BadInput(str(file), "protocols", "a scenario of one market", f"{len(found)} of them")
    decimals = {terms.asset: terms.decimals for terms in market.reserves}
    for terms in found[0].reserves:
        if decimals.get(terms.asset, terms.decimals) != terms.decimals:
            expected = f"{decimals[terms.asset]}, as in {market.name}"
            raise BadInput(str(file), f"assets.{terms.asset}.decimals", expected, terms.decimals)
    return found[0].accounts or ()


def _of_table(file: Path) -> tuple[Holder, ...]:
    """Raw amounts; scaled balances need the indices of a scenario. What is supplied counts unless it is flagged off."""
    from protocol_sim.books import read_book
    from protocol_sim.books.words import to_ints

    book = read_book(file)
    names, made = list(book.names), [Holder(name, {}, {}) for name in book.names]
    sides = zip(to_ints(book.supplied), book.supplied_scaled.tolist(), to_ints(book.borrowed),
                book.borrowed_scaled.tolist(), strict=True)
    for n, (supplied, scaled, borrowed, scaled_too) in enumerate(sides):
        i, asset = int(book.account[n]), book.assets[int(book.asset[n])]
        if (supplied and scaled) or (borrowed and scaled_too):
            expected = "amounts (scaled balances need the indices of a scenario)"
            raise BadInput(book.where, f"{book.row_of(n)}: {names[i]}", expected, "a scaled balance")
        if supplied and int(book.collateral[n]) != 0:
            made[i].supplied[asset] = supplied
        if borrowed:
            made[i].borrowed[asset] = borrowed
    return tuple(holder for holder in made if holder.borrowed)
