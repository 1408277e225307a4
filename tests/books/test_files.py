"""Books as files: what is written comes back exactly; each thing that can be wrong is one line with row and column."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markets import generated, market_text

from protocol_sim.books import read_book, write_book
from protocol_sim.books.book import same
from protocol_sim.books.words import LIMIT, of_floats, to_ints, to_words, total
from protocol_sim.errors import BadInput
from protocol_sim.scenario import ledger, load_scenario
from protocol_sim.scenario.check_books import file_book
from protocol_sim.world.books import market_book

WEI = 2**127 + 12345


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_written_and_read_is_the_same(suffix: str, tmp_path: Path) -> None:
    made = generated()
    book = market_book(made, made.protocols[0])
    back = read_book(write_book(book, tmp_path / f"book.{suffix}"))
    again = read_book(write_book(back, tmp_path / f"again.{suffix}"))
    assert same(back, again)
    assert list(back.names) == list(book.names)
    assert sorted(_rows(back)) == sorted(_rows(book))
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def _rows(book) -> list[tuple[object, ...]]:
    names = list(book.names)
    return [
        (names[i], book.assets[k], a, b, f)
        for i, k, a, b, f in zip(book.account.tolist(), book.asset.tolist(), to_ints(book.supplied),
                                 to_ints(book.borrowed), book.collateral.tolist(), strict=True)
    ]


def test_columns_and_order_do_not_matter(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        f"account,asset,scaled_supplied,borrowed,collateral,emode\nx,WETH,{WEI},,true,1\ny,DAI,,7,,\nx,USDC,,5,,1\n"
    )
    (tmp_path / "b.csv").write_text(
        f"emode,borrowed,collateral,asset,account,scaled_supplied\n1,,1,WETH,x,{WEI}\n1,5,,USDC,x,\n0,7,,DAI,y,\n"
    )
    a, b = read_book(tmp_path / "a.csv"), read_book(tmp_path / "b.csv")
    assert _rows(a) == [("x", "WETH", WEI, 0, 1), ("x", "USDC", 0, 5, -1), ("y", "DAI", 0, 7, -1)]
    assert sorted(_rows(a)) == sorted(_rows(b))
    assert a.emode.tolist() == b.emode.tolist() == [1, 0]
    assert a.supplied_scaled.tolist() == [True, False, False]
    assert [a.row_of(n) for n in range(3)] == ["row 2", "row 4", "row 3"]


def test_parquet_takes_whole_numbers_and_flags(tmp_path: Path) -> None:
    table = pa.table({"account": ["x"], "asset": ["WETH"], "supplied": pa.array([7], pa.uint64()),
                      "borrowed": pa.array([2**70], pa.decimal128(38, 0)), "collateral": [True]})
    pq.write_table(table, tmp_path / "b.parquet")
    assert _rows(read_book(tmp_path / "b.parquet")) == [("x", "WETH", 7, 2**70, 1)]
    pq.write_table(pa.table({"account": ["x"], "asset": ["WETH"], "supplied": [0.5]}), tmp_path / "c.parquet")
    with pytest.raises(BadInput, match=r"c\.parquet: column supplied: expected text or whole numbers, found double"):
        read_book(tmp_path / "c.parquet")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "header: expected a column 'account', found nothing"),
        ("account,supplied\nx,1\n", "header: expected a column 'asset', found account, supplied"),
        ("account,asset,suplied\nx,WETH,1\n", "header: expected columns among account, asset,"),
        ("account,asset,asset\nx,WETH,1\n", "header: expected each column once, found 'asset' twice"),
        ("account,asset,supplied\n", "rows: expected at least one account, found none"),
        ("account,asset,supplied\nx,WETH,1\ny,WETH\n", "row 3: expected 3 cells, found 2"),
        ("account,asset,supplied\nx,WETH,1\n,WETH,1\n", "row 3, account: expected a name of an account, found nothing"),
        ("account,asset,supplied\nx,,1\n", "row 2, asset: expected a name of an asset, found nothing"),
        ("account,asset,supplied\nx,WETH,1\nx,DAI,-5\n",
         "row 3, supplied: expected an integer that is not negative, found '-5'"),
        ("account,asset,borrowed\nx,WETH,1.5\n", "row 2, borrowed: expected an integer in decimal digits, found '1.5'"),
        ("account,asset,borrowed\nx,WETH,1e18\n", "row 2, borrowed: expected an integer in decimal digits"),
        ("account,asset,borrowed\nx,WETH,٣\n", "row 2, borrowed: expected an integer in decimal digits"),
        (f"account,asset,scaled_borrowed\nx,WETH,{LIMIT}\n", "row 2, scaled_borrowed: expected less than 2**128"),
        ("account,asset,supplied\nx,WETH,1\ny,WETH,1\nx,WETH,1\n",
         "row 4, asset: expected each asset once an account, found WETH of x twice"),
        ("account,asset,supplied,scaled_supplied\nx,WETH,1,\ny,DAI,1,1\n",
         "row 3, scaled_supplied: expected it or supplied, not both, found both"),
        ("account,asset,borrowed,scaled_borrowed\nx,WETH,1,1\n",
         "row 2, scaled_borrowed: expected it or borrowed, not both, found both"),
        ("account,asset,supplied,collateral\nx,WETH,1,yes\n",
         "row 2, collateral: expected true, false, 1, 0 or nothing, found 'yes'"),
        ("account,asset,borrowed,collateral\nx,WETH,1,1\n",
         "row 2, collateral: expected an asset that the account supplies, found '1'"),
        ("account,asset,borrowed,emode\nx,WETH,1,1\nx,DAI,1,2\n",
         "row 3, emode: expected 1 as in the account's other rows, found '2'"),
        ("account,asset,borrowed,emode\nx,WETH,1,256\n", "row 2, emode: expected a number from 0 to 255"),
    ],
)
def test_what_is_wrong_in_a_file_is_one_line(text: str, line: str, tmp_path: Path) -> None:
    (tmp_path / "book.csv").write_text(text)
    with pytest.raises(BadInput) as caught:
        read_book(tmp_path / "book.csv")
    assert str(caught.value).startswith(f"{tmp_path / 'book.csv'}: {line}")


def test_files_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "b.parquet").write_text("PAR1")
    for name, line in (("none.csv", "file: expected a CSV file, found no such file"),
                       ("none.parquet", "file: expected a Parquet file, found no such file"),
                       ("b.parquet", "file: expected a Parquet table"),
                       ("book.xlsx", r"file: expected a name that ends in \.csv or \.parquet")):
        with pytest.raises(BadInput, match=line):
            read_book(tmp_path / name)


FEED = 'name = "DAI-USD"\nkind = "chainlink"\nbase = "DAI"\ndeviation_bps = 50'


@pytest.mark.parametrize(
    ("kind", "version", "rows", "line"),
    [
        ("aave-v2", "", "x,WETH,5,,\ny,CRV,,7,", "row 3, asset: expected a reserve of aave .*'CRV'"),
        ("aave-v2", "", "x,WETH,5,,1\nx,USDC,,1,1", r"row 2, emode: expected an eMode of aave \(it has none\)"),
        ("aave-v3", "3.6", "x,WETH,5,,2\nx,wstETH,,1,2", r"row 2, emode: expected an eMode of aave \(1\), found 2"),
        ("aave-v3", "3.6", "x,WETH,5,,1\nx,USDC,,1,1",
         r"row 3, borrowed: expected a debt that eMode 1 lends \(WETH, wstETH\), found USDC"),
        ("aave-v3", "3.0.2", "x,WETH,5,,1\nx,DAI,,1,1", "row 3, borrowed: expected a debt that eMode 1 lends"),
    ],
)
def test_a_book_that_does_not_fit_its_market(kind: str, version: str, rows: str, line: str, tmp_path: Path) -> None:
    (tmp_path / "book.csv").write_text(f"account,asset,supplied,borrowed,emode\n{rows}\n")
    _book_scenario(tmp_path, market_text(kind, version))
    with pytest.raises(BadInput, match=line):
        load_scenario(tmp_path / "s.toml")


def _book_scenario(folder: Path, text: str) -> None:
    book = '[[books]]\nname = "b"\nkind = "file"\nprotocol = "aave"\nfile = "book.csv"\n'
    (folder / "s.toml").write_text(text + book)


def test_an_account_with_debt_and_no_price(tmp_path: Path) -> None:
    silent = market_text().replace(FEED, 'name = "DAI-USD"\nkind = "fixed"\nanswer = 0')
    (tmp_path / "book.csv").write_text("account,asset,supplied,borrowed\nx,WETH,5,\nx,USDC,,1\ny,WETH,5,\ny,DAI,,1\n")
    _book_scenario(tmp_path, silent)
    line = r"book\.csv: row 5, borrowed: expected a debt with a price, found feed DAI-USD, whose answer is 0"
    with pytest.raises(BadInput, match=line):
        load_scenario(tmp_path / "s.toml")
    (tmp_path / "s.toml").write_text(silent + '[[accounts]]\nname = "y"\nprotocol = "aave"\nborrowed = {DAI = "1"}\n')
    with pytest.raises(BadInput, match=r"accounts\.y\.borrowed\.DAI: expected a debt with a price"):
        load_scenario(tmp_path / "s.toml")


def test_the_digest_and_the_ledger_cover_the_bytes_of_the_file(tmp_path: Path) -> None:
    _book_scenario(tmp_path, market_text())
    rows = "account,asset,supplied\nx,WETH,{}\n"
    (tmp_path / "book.csv").write_text(rows.format(5))
    before = load_scenario(tmp_path / "s.toml")
    digest = before.digest()
    (entry,) = [entry for entry in ledger(before) if entry.key == "books.b.file"]
    assert entry.value.startswith("book.csv, sha256 ")
    assert file_book(before, before.books[0]) is file_book(before, before.books[0])
    (tmp_path / "book.csv").write_text(rows.format(6))
    after = load_scenario(tmp_path / "s.toml")
    assert after.digest() != digest
    assert to_ints(file_book(after, after.books[0]).supplied) == [6]


@given(st.lists(st.integers(0, LIMIT - 1), max_size=30))
def test_words_are_exact(values: list[int]) -> None:
    words = to_words(values)
    assert to_ints(words) == values
    assert total(words) == sum(values)


@given(st.lists(st.floats(0, 2.0**127), min_size=1, max_size=30))
def test_floats_become_words_exactly(values: list[float]) -> None:
    assert to_ints(of_floats(np.array(values))) == [int(value) for value in values]


def test_words_refuse_what_does_not_fit() -> None:
    for wrong in (-1, LIMIT):
        with pytest.raises(OverflowError):
            to_words([1, wrong])
