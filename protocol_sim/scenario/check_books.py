"""What account books must fulfil in their scenario: assets that are reserves, debts with a price, eModes that exist."""

from functools import lru_cache
from typing import TYPE_CHECKING

from protocol_sim.books import Book, read_book
from protocol_sim.books.words import positive
from protocol_sim.errors import BadInput
from protocol_sim.protocols.aave_v3.versions import VERSIONS, accounts_virtually
from protocol_sim.scenario.books import FileBook, GeneratedBook
from protocol_sim.scenario.protocols import AaveV3, Protocol

if TYPE_CHECKING:
    from protocol_sim.scenario.scenario import Scenario


def file_book(scenario: "Scenario", spec: FileBook) -> Book:
    """The book of a file, read once as long as the file stays the same."""
    path = scenario.path(spec.file)
    try:
        stamp = path.stat()
    except OSError:
        return read_book(path)                       # says what is wrong
    return _read(str(path), stamp.st_mtime_ns, stamp.st_size)


@lru_cache(maxsize=4)
def _read(path: str, _changed: int, _size: int) -> Book:
    return read_book(path)


def check_books(scenario: "Scenario") -> None:
    """Raise BadInput for the first thing that does not fit."""
    protocols = {protocol.name: protocol for protocol in scenario.protocols}
    _prices(scenario)
    for spec in scenario.books:
        key = f"books.{spec.name}"
        if spec.protocol not in protocols:
            expected = f"a protocol that is declared ({', '.join(protocols) or 'none is'})"
            raise BadInput(scenario.where, f"{key}.protocol", expected, repr(spec.protocol))
        if isinstance(spec, FileBook):
            _file(scenario, protocols[spec.protocol], file_book(scenario, spec))
        else:
            _generated(scenario, protocols[spec.protocol], key, spec)


def _unpriced(scenario: "Scenario", protocol: Protocol) -> dict[str, str]:
    """Reserves whose feed says 0 at the first block, and that feed."""
    silent = {feed.name for feed in scenario.feeds if (feed.kind == "fixed" and feed.answer == 0)
              or (feed.kind == "rounds" and feed.rounds[0][1] == 0)}
    return {reserve.asset: reserve.feed for reserve in protocol.reserves if reserve.feed in silent}


def _prices(scenario: "Scenario") -> None:
    """No account owes what has no price."""
    unpriced = {protocol.name: _unpriced(scenario, protocol) for protocol in scenario.protocols}
    for account in scenario.accounts:
        for asset in (*account.borrowed, *account.scaled_borrowed):
            feed = unpriced[account.protocol].get(asset)
            if feed is not None:
                key = f"accounts.{account.name}.borrowed.{asset}"
                raise BadInput(scenario.where, key, "a debt with a price", f"feed {feed}, whose answer is 0")


def _file(scenario: "Scenario", protocol: Protocol, book: Book) -> None:
    reserves, owes = [reserve.asset for reserve in protocol.reserves], positive(book.borrowed)
    unpriced = _unpriced(scenario, protocol)
    for k, asset in enumerate(book.assets):
        here = book.asset == k
        if asset not in reserves:
            entry = int(here.argmax())
            expected = f"a reserve of {protocol.name} ({', '.join(reserves)})"
            raise BadInput(book.where, f"{book.row_of(entry)}, asset", expected, repr(asset))
        if asset in unpriced and (here & owes).any():
            entry = int((here & owes).argmax())
            found = f"feed {unpriced[asset]}, whose answer is 0"
            raise BadInput(book.where, f"{book.row_of(entry)}, borrowed", "a debt with a price", found)
    if book.emode.any():
        _modes(protocol, book)


def _modes(protocol: Protocol, book: Book) -> None:
    """eModes that exist, and no debt in them that they do not lend."""
    modes = {emode.id: emode for emode in protocol.emodes} if isinstance(protocol, AaveV3) else {}
    mode_of = book.emode[book.account]
    for mode in sorted(set(book.emode.tolist()) - {0}):
        here = mode_of == mode
        if mode not in modes or not isinstance(protocol, AaveV3):
            expected = f"an eMode of {protocol.name} ({', '.join(map(str, modes)) or 'it has none'})"
            raise BadInput(book.where, f"{book.row_of(int(here.argmax()))}, emode", expected, mode)
        lends = accounts_virtually(VERSIONS[protocol.version])
        lent = modes[mode].borrowable if lends else modes[mode].collateral
        for k, asset in enumerate(book.assets):
            wrong = here & (book.asset == k) & positive(book.borrowed)
            if asset not in lent and wrong.any():
                expected = f"a debt that eMode {mode} lends ({', '.join(lent)})"
                raise BadInput(book.where, f"{book.row_of(int(wrong.argmax()))}, borrowed", expected, asset)


def _generated(scenario: "Scenario", protocol: Protocol, key: str, spec: GeneratedBook) -> None:
    reserves = {reserve.asset: reserve for reserve in protocol.reserves}
    unpriced = _unpriced(scenario, protocol)

    def refuse(name: str, expected: str, found: object) -> None:
        raise BadInput(scenario.where, f"{key}.{name}", expected, found)

    sides = [("collateral", asset) for asset in spec.collateral] + [("debt", asset) for asset in spec.debt]
    for n, loop in enumerate(spec.loopers):
        sides += [(f"loopers.{n}.collateral", loop.collateral), (f"loopers.{n}.debt", loop.debt)]
        if loop.collateral == loop.debt:
            refuse(f"loopers.{n}.debt", "another asset than the collateral", repr(loop.debt))
        if loop.health_median <= loop.health_least:
            refuse(f"loopers.{n}.health_median", f"more than health_least, {loop.health_least}", loop.health_median)
    for name, asset in (*sides, *(("utilisation", asset) for asset in spec.utilisation)):
        if asset not in reserves:
            refuse(name, f"a reserve of {protocol.name} ({', '.join(reserves)})", repr(asset))
        if asset in unpriced:
            refuse(name, "an asset with a price", f"{asset}, whose feed {unpriced[asset]} says 0")
        if name.endswith("collateral"):
            if reserves[asset].liquidation_threshold_bps == 0:
                refuse(name, "an asset that can be collateral", f"{asset}, whose liquidation threshold is 0")
            if getattr(reserves[asset], "debt_ceiling", 0):
                refuse(name, "an asset that is not isolated", f"{asset}, which has a debt ceiling")
    if sum(loop.share for loop in spec.loopers) > 1:
        refuse("loopers", "shares of at most 1 together", sum(loop.share for loop in spec.loopers))
    if spec.health_median <= spec.health_least:
        refuse("health_median", f"more than health_least, {spec.health_least}", spec.health_median)
    for name in ("collateral", "debt"):
        if sum(getattr(spec, name).values()) <= 0:
            refuse(name, "a weight above 0", "none")
    for name in ("collaterals", "debts"):
        if sum(getattr(spec, name)) <= 0:
            refuse(name, "a share above 0", list(getattr(spec, name)))
    for asset in (asset for asset, weight in spec.debt.items() if weight > 0):
        if not [other for other, weight in spec.collateral.items() if weight > 0 and other != asset]:
            refuse("collateral", f"an asset besides {asset}, which is lent", ", ".join(spec.collateral))
