"""The accounts of a protocol, from `[[accounts]]` and `[[books]]`, as one book in the order of the file."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from protocol_sim.books.book import UNSAID, Book, Chained, Column, Flags, Numbered, chained
from protocol_sim.books.generate import Asset, Mode, Terms, generate
from protocol_sim.books.words import LIMIT, Words, positive, to_ints, to_words
from protocol_sim.errors import BadInput
from protocol_sim.protocols.aave_v3.versions import VERSIONS, has_liquid_emodes
from protocol_sim.scenario.accounts import Account
from protocol_sim.scenario.books import FileBook, GeneratedBook
from protocol_sim.scenario.check_books import file_book
from protocol_sim.scenario.protocols import AaveV3, Protocol, Reserve
from protocol_sim.scenario.scenario import Scenario
from protocol_sim.world.outside import Outside


def generate_book(scenario: Scenario, protocol: str, accounts: int, **settings: Any) -> Book:
    """A book drawn for a protocol of a scenario: `accounts` that owe something and a few that only supply.

    `settings` are the keys of `[[books]]` with kind "generated" (`collateral`, `debt`, `loopers`, `debt_median_usd`, …;
    by default every reserve that can be collateral, and every other one is lent). Debts are in USD at the first outside
    prices, health factors by the first answers of the feeds. The same settings and seed give the same book on every
    machine. BadInput for what does not fit the protocol.
    """
    found = next((p for p in scenario.protocols if p.name == protocol), None)
    if found is None:
        names = ", ".join(p.name for p in scenario.protocols)
        raise BadInput(scenario.where, "protocol", f"a protocol of the scenario ({names})", repr(protocol))
    able = {r.asset: 1.0 for r in found.reserves if r.liquidation_threshold_bps and not getattr(r, "debt_ceiling", 0)}
    every = {r.asset: 1.0 for r in found.reserves}
    given = {"name": "book", "collateral": able, "debt": {a: w for a, w in every.items() if a not in able} or every}
    from protocol_sim.scenario.load import validated

    spec = {**given, **settings, "kind": "generated", "protocol": protocol, "accounts": accounts}
    data = scenario.model_dump(mode="json", exclude_none=True) | {"books": [spec]}
    made = validated(data, scenario.where, scenario.path(""))
    (recipe,) = made.books
    assert isinstance(recipe, GeneratedBook)
    return generate(recipe, terms(made, found), made.where)


def market_book(scenario: Scenario, protocol: Protocol) -> Book:
    """All accounts of a protocol: those named one by one first, then the books. BadInput for a name used twice."""
    named = [account for account in scenario.accounts if account.protocol == protocol.name]
    specs = [spec for spec in scenario.books if spec.protocol == protocol.name]
    if not specs:
        return _of_accounts(scenario, protocol, named)
    books = [_of_accounts(scenario, protocol, named)]
    for spec in specs:
        if isinstance(spec, FileBook):
            books.append(file_book(scenario, spec))
        else:
            books.append(_generated(spec.model_dump_json(), terms(scenario, protocol), scenario.where))
    if named or any(isinstance(spec, FileBook) for spec in specs):
        seen: set[str] = set()
        for key, book in zip(("accounts", *(f"books.{spec.name}" for spec in specs)), books, strict=True):
            names = set(book.names)
            if seen & names:
                expected = f"names used once in {protocol.name}"
                raise BadInput(scenario.where, key, expected, f"{min(seen & names)!r} twice")
            seen |= names
    return chained(books)


@lru_cache(maxsize=4)
def _generated(recipe: str, market: Terms, where: str) -> Book:
    """Drawn once for a recipe and a market: the world of each path is built from the same one."""
    return generate(GeneratedBook.model_validate_json(recipe), market, where)


def in_scaled_units(
    words: Words, is_scaled: Flags, asset: Column, mints: Sequence[Callable[[int], int]]
) -> Words:
    """Scaled balances: amounts of asset k go through mint k, the contract's own rounding; what is scaled stays."""
    made, raw = words.copy(), positive(words) & ~is_scaled
    for k, mint in enumerate(mints):
        here = np.flatnonzero(raw & (asset == k))
        made[here] = to_words([mint(amount) for amount in to_ints(words[here])])
    return made


def bitmaps(accounts: int, account: Column, asset: Column, used: Flags) -> Column:
    """For each account the bitmap of its assets that are used."""
    made = np.zeros(accounts, np.int64)
    if len(account):
        starts = np.flatnonzero(np.diff(account, prepend=-1))
        made[account[starts]] = np.bitwise_or.reduceat(np.where(used, np.int64(1) << asset, np.int64(0)), starts)
    return made


def whole_reserve(scenario: Scenario, spec: Reserve, supply: int, debt: int) -> tuple[int, int]:
    """Scaled supply and debt of a reserve: what the scenario says, at least the accounts' sums, or those sums."""
    found = []
    for name, held in (("scaled_supply", supply), ("scaled_variable_debt", debt)):
        said = getattr(spec, name)
        if said is not None and held > said:
            key = f"protocols.reserves.{spec.asset}.{name}"
            raise BadInput(scenario.where, key, f"at least the accounts' sum of {held}", said)
        found.append(held if said is None else said)
    return found[0], found[1]


def account_names(scenario: Scenario, protocol: str) -> Sequence[str]:
    """The names of all accounts of a protocol, in the order in which the world counts them."""
    parts: list[Sequence[str]] = [[a.name for a in scenario.accounts if a.protocol == protocol]]
    for spec in scenario.books:
        if spec.protocol == protocol:
            if isinstance(spec, FileBook):
                parts.append(file_book(scenario, spec).names)
            else:
                parts += [Numbered(spec.name, spec.accounts), Numbered(f"{spec.name}-supplier", spec.suppliers)]
    return Chained(parts)


def terms(scenario: Scenario, protocol: Protocol) -> Terms:
    """What a generated book needs to know: first prices, thresholds, eModes."""
    first = Outside(scenario).table(scenario.seed, 0)[0].tolist()
    usd = {asset.name: price for asset, price in zip(scenario.assets, first, strict=True)}
    assets = tuple(
        Asset(r.asset, scenario.asset(r.asset).decimals, usd[r.asset], _answer(scenario, r.feed, usd),
              r.liquidation_threshold_bps)
        for r in protocol.reserves
    )
    modes: tuple[Mode, ...] = ()
    if isinstance(protocol, AaveV3):
        liquid = has_liquid_emodes(VERSIONS[protocol.version])
        modes = tuple(
            Mode(e.id, e.liquidation_threshold_bps, frozenset(e.collateral),
                 frozenset(e.borrowable if liquid else e.collateral))
            for e in protocol.emodes
        )
    return Terms(assets, modes)


def _answer(scenario: Scenario, name: str, usd: dict[str, int]) -> int:
    """A feed's answer at the first block; of one on a pool, the outside ratio, which is where it stands for."""
    feed = next(feed for feed in scenario.feeds if feed.name == name)
    if feed.kind == "fixed":
        return feed.answer
    if feed.kind == "rounds":
        return feed.rounds[0][1]
    return int(usd[feed.base] * 10**feed.decimals // (10**8 if feed.quote == "USD" else usd[feed.quote]))


def _of_accounts(scenario: Scenario, protocol: Protocol, accounts: Sequence[Account]) -> Book:
    """The accounts that a scenario names one by one."""
    assets = [reserve.asset for reserve in protocol.reserves]
    modes = {name: e.id for e in protocol.emodes for name in e.accounts} if isinstance(protocol, AaveV3) else {}
    rows: list[tuple[int, int, int, bool, int, bool, int]] = []
    for i, account in enumerate(accounts):
        for k, asset in enumerate(assets):
            supplied, borrowed = (_side(scenario, account, side, asset) for side in ("supplied", "borrowed"))
            if supplied or borrowed:
                flag = UNSAID if account.collateral is None else int(asset in account.collateral)
                rows.append((i, k, *(supplied or (0, False)), *(borrowed or (0, False)), flag))
    columns = list(zip(*rows, strict=True)) if rows else [()] * 7
    return Book(
        assets=tuple(assets),
        names=[account.name for account in accounts],
        emode=np.array([modes.get(account.name, 0) for account in accounts], np.int64),
        account=np.array(columns[0], np.int64),
        asset=np.array(columns[1], np.int64),
        supplied=to_words(columns[2]),
        supplied_scaled=np.array(columns[3], bool),
        borrowed=to_words(columns[4]),
        borrowed_scaled=np.array(columns[5], bool),
        collateral=np.array(columns[6], np.int64),
        where="accounts",
    )


def _side(scenario: Scenario, account: Account, side: str, asset: str) -> tuple[int, bool] | None:
    """An amount, and whether it is scaled."""
    raw, scaled = getattr(account, side), getattr(account, f"scaled_{side}")
    if asset not in raw and asset not in scaled:
        return None
    value = scenario.raw(raw[asset], asset) if asset in raw else scaled[asset]
    if value >= LIMIT:
        key = f"accounts.{account.name}.{'' if asset in raw else 'scaled_'}{side}.{asset}"
        raise BadInput(scenario.where, key, "less than 2**128 raw units", value)
    return value, asset not in raw
