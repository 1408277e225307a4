"""A market from a book: the same as from accounts named one by one, in every engine; mixtures; what is refused."""

from pathlib import Path

import pytest
from markets import generated, market_text

from protocol_sim.books import Book, write_book
from protocol_sim.books.words import to_ints
from protocol_sim.engine import run, run_paths
from protocol_sim.engine.layout import to_records, to_tables
from protocol_sim.errors import BadInput
from protocol_sim.scenario import Scenario, load_scenario, parse_scenario
from protocol_sim.world import account_names, build
from protocol_sim.world.books import market_book

MARKETS = [("aave-v2", ""), ("aave-v3", "3.0.2"), ("aave-v3", "3.6")]
BOOK = '\n[[books]]\nname = "b"\nkind = "file"\nprotocol = "aave"\nfile = "book.csv"\n'


def accounts_text(book: Book) -> str:
    """The same accounts, one section each."""
    sides: dict[int, dict[str, list[str]]] = {i: {"supplied": [], "borrowed": []} for i in range(len(book))}
    for i, k, s, b in zip(book.account.tolist(), book.asset.tolist(), to_ints(book.supplied), to_ints(book.borrowed),
                          strict=True):
        for side, amount in (("supplied", s), ("borrowed", b)):
            if amount:
                sides[i][side].append(f'{book.assets[k]} = "{amount}"')
    parts = []
    for i, name in enumerate(book.names):
        lines = [f"{side} = {{{', '.join(cells)}}}" for side, cells in sides[i].items() if cells]
        parts.append("\n".join(["[[accounts]]", f'name = "{name}"', 'protocol = "aave"', *lines]))
    return "\n\n".join(parts) + "\n"


def three_forms(kind: str, version: str, folder: Path) -> tuple[Scenario, Scenario, Scenario]:
    """One set of accounts: generated, as a file, one by one."""
    drawn = generated(60, kind, version)
    book = market_book(drawn, drawn.protocols[0])
    write_book(book, folder / "book.csv")
    (folder / "file.toml").write_text(market_text(kind, version) + BOOK)
    text = market_text(kind, version)
    if book.emode.any():
        inside = ", ".join(f'"{name}"' for name, mode in zip(book.names, book.emode.tolist(), strict=True) if mode)
        text = text.replace("id = 1\n", f"id = 1\naccounts = [{inside}]\n")
    return drawn, load_scenario(folder / "file.toml"), parse_scenario(text + accounts_text(book))


@pytest.mark.parametrize(("kind", "version"), MARKETS)
def test_generated_from_a_file_and_one_by_one_is_the_same(kind: str, version: str, tmp_path: Path) -> None:
    forms = three_forms(kind, version, tmp_path)
    worlds = [build(form) for form in forms]
    for name in worlds[0].protocols[0]._fields:
        for world in worlds[1:]:
            assert getattr(world.protocols[0], name) == getattr(worlds[0].protocols[0], name), name
    assert kind == "aave-v2" or any(row.emode for row in worlds[0].protocols[0].accounts)
    names = [list(account_names(form, "aave")) for form in forms]
    assert names[0] == names[1] == names[2]
    runs = [run(form) for form in forms]
    assert len({one.digest for one in runs}) == 1
    assert runs[0].summary.liquidations > 10
    assert set(runs[0].events.subject[runs[0].events.kind == "liquidation"]) <= set(names[0])


@pytest.mark.parametrize(("kind", "version"), MARKETS[::2])
def test_engines_agree_on_a_book(kind: str, version: str, tmp_path: Path) -> None:
    drawn, filed, named = three_forms(kind, version, tmp_path)
    exact = run(named).digest
    for engine in ("fast", "scan"):
        assert run(filed, engine=engine).digest == exact
        assert run(drawn, engine=engine).digest == exact
    many = run_paths(named, 4, engine="exact")
    assert run_paths(filed, 4, workers=2).digest == many.digest
    assert run_paths(drawn, 4, engine="scan").digest == many.digest


@pytest.mark.parametrize(("kind", "version"), MARKETS)
def test_tables_and_records_are_the_same_world(kind: str, version: str) -> None:
    drawn = generated(30, kind, version)
    records, tables = build(drawn).protocols[0], build(drawn, tables=True).protocols[0]
    back = to_records(to_tables(tables))
    for name in records._fields:
        assert getattr(back, name) == getattr(records, name), name


def test_accounts_and_books_mix(tmp_path: Path) -> None:
    (tmp_path / "book.csv").write_text("account,asset,supplied,borrowed\nz,WETH,4,\na,USDC,5,\nz,USDC,,6\n")
    named = '\n[[accounts]]\nname = "first"\nprotocol = "aave"\nscaled_supplied = {DAI = 9}\n'
    text = market_text(indices=False) + named + BOOK
    lender = '\n[[accounts]]\nname = "lender"\nprotocol = "aave"\nsupplied = {USDC = "9"}\n'
    (tmp_path / "s.toml").write_text(text + lender)
    made = load_scenario(tmp_path / "s.toml")
    assert list(account_names(made, "aave")) == ["first", "lender", "z", "a"]
    market = build(made).protocols[0]
    held = [(i, k, h.scaled_supply, h.scaled_debt) for i in range(5) for k in range(4)
            if (h := market.holdings[4 * i + k]).scaled_supply or h.scaled_debt]
    assert held == [(0, 3, 9, 0), (1, 2, 9, 0), (2, 0, 4, 0), (2, 2, 0, 6), (3, 2, 5, 0)]
    assert [(row.collateral, row.borrowing) for row in market.accounts] == [(8, 0), (4, 0), (1, 4), (4, 0), (0, 0)]
    assert market.settings[0].treasury == 4
    assert market.reserves[2].available_liquidity == 9 + 5 - 6


def test_names_are_used_once(tmp_path: Path) -> None:
    (tmp_path / "book.csv").write_text("account,asset,supplied\nx,WETH,4\n")
    named = '\n[[accounts]]\nname = "x"\nprotocol = "aave"\nsupplied = {DAI = "9"}\n'
    (tmp_path / "s.toml").write_text(market_text() + named + BOOK)
    with pytest.raises(BadInput, match=r"books\.b: expected names used once in aave, found 'x' twice"):
        build(load_scenario(tmp_path / "s.toml"))
    (tmp_path / "s.toml").write_text(market_text() + BOOK + BOOK)
    with pytest.raises(BadInput, match=r"books\.b: expected a name used once, found it twice"):
        load_scenario(tmp_path / "s.toml")


def test_a_flag_in_the_file_decides(tmp_path: Path) -> None:
    (tmp_path / "book.csv").write_text("account,asset,supplied,collateral\nx,WETH,4,false\nx,DAI,4,true\nx,USDC,4,\n")
    for kind, version in MARKETS:
        (tmp_path / "s.toml").write_text(market_text(kind, version) + BOOK)
        assert build(load_scenario(tmp_path / "s.toml")).protocols[0].accounts[0].collateral == 0b1100


def test_an_isolated_asset_stands_alone(tmp_path: Path) -> None:
    text = market_text("aave-v3", "3.6").replace(
        'asset = "DAI"\nfeed = "DAI-USD"', 'asset = "DAI"\ndebt_ceiling = 100_000\nfeed = "DAI-USD"'
    )
    (tmp_path / "book.csv").write_text("account,asset,supplied,collateral\nx,WETH,4,true\nx,DAI,4,true\n")
    (tmp_path / "s.toml").write_text(text + BOOK)
    with pytest.raises(BadInput, match=r"accounts\.x\.collateral: expected an isolated asset alone, found DAI among"):
        build(load_scenario(tmp_path / "s.toml"))
    lender = f"l,USDC,{10**12},,\n"
    (tmp_path / "book.csv").write_text(
        f"account,asset,supplied,borrowed,collateral\nx,DAI,{10**21},,true\nx,USDC,,{123_456_789},\n{lender}"
    )
    market = build(load_scenario(tmp_path / "s.toml")).protocols[0]
    assert market.reserves[3].isolation_debt == 12_345
    assert market.accounts[0].collateral == 8


def test_more_borrowed_than_supplied_and_more_than_the_reserve_says(tmp_path: Path) -> None:
    (tmp_path / "book.csv").write_text("account,asset,supplied,borrowed\nx,WETH,400,\nx,USDC,,6\n")
    (tmp_path / "s.toml").write_text(market_text() + BOOK)
    line = r"reserves\.USDC\.available_liquidity: expected a value where more is borrowed than supplied"
    with pytest.raises(BadInput, match=line):
        build(load_scenario(tmp_path / "s.toml"))
    said = market_text(indices=False).replace('asset = "WETH"\nfeed', 'asset = "WETH"\nscaled_supply = "399"\nfeed')
    (tmp_path / "s.toml").write_text(said + BOOK)
    with pytest.raises(BadInput, match=r"WETH\.scaled_supply: expected at least the accounts' sum of 400, found 399"):
        build(load_scenario(tmp_path / "s.toml"))


def test_an_amount_beyond_two_words_is_refused() -> None:
    named = f'\n[[accounts]]\nname = "x"\nprotocol = "aave"\nscaled_supplied = {{DAI = "{2**128}"}}\n'
    with pytest.raises(BadInput, match=r"accounts\.x\.scaled_supplied\.DAI: expected less than 2\*\*128 raw units"):
        build(parse_scenario(market_text() + named))
