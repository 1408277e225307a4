"""A generated book has the distributions that it states: closed forms, intervals, the same bytes on every machine."""

import math
import os
import subprocess
import sys

import numpy as np
import pytest
from markets import GENERATED, generated, market_text

import protocol_sim as ps
from protocol_sim.books.book import same
from protocol_sim.books.generate import debt_quantile, health_quantile
from protocol_sim.books.words import to_ints
from protocol_sim.errors import BadInput
from protocol_sim.numeric.portable import normal_cdf
from protocol_sim.protocols import base as protocols
from protocol_sim.scenario import Scenario, parse_scenario
from protocol_sim.world import build
from protocol_sim.world.books import market_book

N = 20_000


def book_of(scenario: Scenario):
    return market_book(scenario, scenario.protocols[0])


@pytest.fixture(scope="module")
def large():
    """No loopers, one debt: what an account owes is its draw."""
    text = market_text(indices=False) + GENERATED.format(accounts=N).replace("loopers = [", "debts = [1.0]\n#")
    made = parse_scenario(text)
    return made, book_of(made)


def usd_of(scenario: Scenario, book, words) -> np.ndarray:
    """USD of each entry, from the raw amounts."""
    start = [asset.price.start / 1e8 / 10**asset.decimals for asset in scenario.assets]
    raw = to_ints(words)
    return np.array([raw[n] * start[k] for n, k in enumerate(book.asset.tolist())])


def health_of(world, i: int) -> float:
    return protocols.health(world.protocols, 0, i, world.clock[0].now).factor / 1e18


def per_account(book, values: np.ndarray) -> np.ndarray:
    return np.bincount(book.account, values, len(book))


def test_debt_has_the_quantiles_of_a_log_normal_with_a_pareto_tail(large) -> None:
    """At each quantile the share below lies within 4.5 standard errors of a binomial: 1 in 140,000 by chance."""
    scenario, book = large
    recipe = scenario.books[0]
    owed = per_account(book, usd_of(scenario, book, book.borrowed))[:N]
    for u in (0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.97, 0.99, 0.995, 0.999):
        x0, tail = 4_000.0, recipe.tail_share
        z = {0.01: -2.3263478740408408, 0.1: -1.2815515655446004, 0.25: -0.6744897501960817, 0.5: 0.0,
             0.75: 0.6744897501960817, 0.9: 1.2815515655446004, 0.97: 1.8807936081512509}.get(u)
        if z is not None:
            quantile = x0 * math.exp(2.0 * z)
        else:
            join = x0 * math.exp(2.0 * 2.0537489106318225)             # z(0.98)
            quantile = join * (tail / (1.0 - u)) ** (1.0 / recipe.tail_index)
        assert debt_quantile(recipe, np.array([u]))[0] == pytest.approx(quantile, rel=1e-9)
        below = int((owed < quantile).sum())
        assert abs(below - N * u) < 4.5 * math.sqrt(N * u * (1 - u)), u


def test_the_tail_is_pareto(large) -> None:
    """Hill's estimate of the tail index, whose standard error is index / sqrt(k)."""
    scenario, book = large
    owed = np.sort(per_account(book, usd_of(scenario, book, book.borrowed))[:N])
    k = int(N * 0.02 * 0.8)
    hill = 1.0 / np.mean(np.log(owed[-k:] / owed[-k - 1]))
    assert abs(hill - 1.3) < 4.5 * 1.3 / math.sqrt(k)


def test_health_factors_are_what_was_drawn(large) -> None:
    """The contract's own health factor of every account that owes more than 100 USD, against the stated distribution:
    shares below closed-form quantiles, and none at or below the least."""
    scenario, book = large
    world = build(scenario)
    owed = per_account(book, usd_of(scenario, book, book.borrowed))[:N]
    health = np.array([health_of(world, i) for i in range(0, N, 4) if owed[i] > 100])
    count, recipe = len(health), scenario.books[0]
    assert health.min() > recipe.health_least
    for z in (-2.0, -1.0, 0.0, 1.0, 2.0):
        u = normal_cdf(z)
        quantile = 1.03 + (1.2 - 1.03) * math.exp(0.8 * z)
        assert health_quantile(1.03, 1.2, 0.8, np.array([u]))[0] == pytest.approx(quantile, rel=1e-9)
        assert abs(int((health < quantile).sum()) - count * u) < 4.5 * math.sqrt(count * u * (1 - u)), z


def test_shares_of_assets_and_numbers_of_collaterals(large) -> None:
    _, book = large
    borrowers = book.account < N
    supplied = borrowers & (book.supplied[:, 0] > 0)
    held = np.bincount(book.account[supplied], minlength=N)
    # 0.6, 0.3 and 0.1 have one, two and three; one collateral fewer where all others are taken cannot happen here
    for number, share in ((1, 0.6), (2, 0.3), (3, 0.1)):
        assert abs((held[:N] == number).sum() - N * share) < 4.5 * math.sqrt(N * share * (1 - share))
    owed = borrowers & (book.borrowed[:, 0] > 0)
    assert owed.sum() == N
    counts = np.bincount(book.asset[owed], minlength=4)
    for name, share in (("USDC", 3 / 6), ("DAI", 2 / 6), ("WETH", 1 / 6)):
        here = counts[list(book.assets).index(name)]
        assert abs(here - N * share) < 4.5 * math.sqrt(N * share * (1 - share))
    both = set(zip(book.account[owed].tolist(), book.asset[owed].tolist(), strict=True))
    assert not both & set(zip(book.account[supplied].tolist(), book.asset[supplied].tolist(), strict=True))


def test_utilisation_is_as_asked_or_lower_where_collateral_is_more(large) -> None:
    scenario, _ = large
    for reserve in build(scenario).protocols[0].reserves:
        asked = {6: 0.9}.get(reserve.decimals, 0.8)
        used = reserve.scaled_debt / reserve.scaled_supply
        assert used <= asked + 1e-12
    usdc, dai = (build(scenario).protocols[0].reserves[k] for k in (2, 3))
    assert usdc.scaled_debt / usdc.scaled_supply == pytest.approx(0.9, abs=1e-9)
    assert dai.scaled_debt / dai.scaled_supply == pytest.approx(0.8, abs=1e-9)


@pytest.mark.parametrize(("kind", "version", "threshold"), [("aave-v2", "", 8_100), ("aave-v3", "3.6", 9_300)])
def test_loopers_are_correlated_pairs_in_their_emode(kind: str, version: str, threshold: int) -> None:
    made = generated(4_000, kind, version)
    book = book_of(made)
    assets = list(book.assets)
    mine: dict[int, set[tuple[str, bool]]] = {}
    for i, k, s in zip(book.account.tolist(), book.asset.tolist(), to_ints(book.supplied), strict=True):
        if i < 4_000:
            mine.setdefault(i, set()).add((assets[k], s > 0))
    modes = book.emode.tolist()
    loops = [i for i in mine if mine[i] == {("wstETH", True), ("WETH", False)}]
    inside = [i for i in range(4_000) if modes[i]]
    if kind == "aave-v3":
        assert set(inside) <= set(loops)
        assert abs(len(inside) - 800) < 4.5 * math.sqrt(4_000 * 0.2 * 0.8)
        loops = inside
        world = build(made)
        health = [health_of(world, i) for i in loops]
        assert np.median(health) == pytest.approx(1.1, abs=4.5 * 0.5 * 0.09 * 1.2533 / math.sqrt(len(loops)))
        assert min(health) > 1.01
        ltv = threshold / 1e4 / np.median(health)
        assert 0.8 < ltv < 0.9
    else:
        assert not inside
        assert len(loops) >= 700


def test_a_longer_book_begins_like_a_shorter_one_and_the_seed_of_a_run_changes_nothing() -> None:
    short, long = book_of(generated(50)), book_of(generated(80))
    entries = int((short.account < 50).sum())
    for name in ("account", "asset", "supplied", "borrowed"):
        assert (getattr(short, name)[:entries] == getattr(long, name)[:entries]).all()
    made = generated(50)
    assert same(book_of(made.replaced(seed=99)), short)
    other = made.changed({"books.b.seed": 1})
    assert not same(book_of(other), short)
    assert same(book_of(made.changed({"clock.steps": 7})), short)


CODE = """
import sys, hashlib, tempfile
sys.path.insert(0, "tests/books")
from markets import generated
from protocol_sim.books import write_book
from protocol_sim.world.books import market_book
made = generated(3_000, "aave-v3", "3.6")
with tempfile.TemporaryDirectory() as folder:
    path = write_book(market_book(made, made.protocols[0]), folder + "/b.csv")
    print(hashlib.sha256(path.read_bytes()).hexdigest())
"""
PINNED = "a22ce7964c6603f58403716e305af5cb94300f0d5ce7af91cd985465e5483b00"


def _dispatched() -> str:
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

    return " ".join(name for name in __cpu_dispatch__ if __cpu_features__.get(name))


@pytest.mark.parametrize(
    "more",
    [{}, {"NPY_DISABLE_CPU_FEATURES": _dispatched()}, {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX512F,-AVX2,-AVX,-FMA"}],
    ids=["as it is", "numpy without CPU features", "libm without CPU features"],
)
def test_the_same_bytes_on_every_machine(more: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE], env=os.environ | more, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == PINNED


def test_from_python_with_the_markets_own_assets() -> None:
    scenario = parse_scenario(market_text("aave-v3", "3.6"))
    book = ps.generate_book(scenario, "aave", 100, seed=4, suppliers=3, health_median=1.5)
    assert len(book) == 103
    assert book.names[0] == "book-0"
    assert book.names[102] == "book-supplier-2"
    assert same(book, ps.generate_book(scenario, "aave", 100, seed=4, suppliers=3, health_median=1.5))
    with pytest.raises(BadInput, match="protocol: expected a protocol of the scenario"):
        ps.generate_book(scenario, "compound", 100)
    with pytest.raises(BadInput, match=r"books\.book\.accounts: expected at least 1, found 0"):
        ps.generate_book(scenario, "aave", 0)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("accounts = 9", "accounts = 0", "books.b.accounts: expected at least 1, found 0"),
        ("{WETH = 4.0,", "{CRV = 4.0,", "books.b.collateral: expected a reserve of aave (WETH, wstETH, USDC, DAI)"),
        ("debt = {USDC = 3.0,", "debt = {CRV = 3.0,", "books.b.debt: expected a reserve of aave"),
        ("{USDC = 0.9}", "{CRV = 0.9}", "books.b.utilisation: expected a reserve of aave"),
        ("{USDC = 0.9}", "{USDC = 1.5}", "books.b.utilisation.USDC: expected at most 1.0, found 1.5"),
        ("{USDC = 0.9}", "{USDC = 0.0}", "books.b.utilisation.USDC: expected more than 0.0, found 0.0"),
        ("share = 0.2", "share = 1.2", "books.b.loopers.0.share: expected at most 1.0, found 1.2"),
        ('debt = "WETH", share', 'debt = "wstETH", share', "books.b.loopers.0.debt: expected another asset than"),
        ("health_median = 1.2", "health_median = 1.0", "books.b.health_median: expected more than health_least, 1.03"),
        ("health_median = 1.2", "health_median = nan", "books.b.health_median: expected a finite number, found nan"),
        ("health_median = 1.2", "tail_index = 0.0", "books.b.tail_index: expected more than 0.0, found 0.0"),
        ("health_median = 1.2", "debt_median_usd = -1.0", "books.b.debt_median_usd: expected more than 0.0, found"),
        ("health_median = 1.2", "collaterals = [0.0, 0.0]", "books.b.collaterals: expected a share above 0, found"),
        ("health_median = 1.2", "debts = [1.0, 1.0, 1.0]", "books.b.debts: expected at most 2 of them"),
        ('protocol = "aave"\naccounts', 'protocol = "v1"\naccounts', "books.b.protocol: expected a protocol that is"),
        ("{WETH = 4.0, wstETH = 2.0, USDC = 1.0, DAI = 1.0}", "{USDC = 1.0}",
         "books.b.collateral: expected an asset besides USDC, which is lent, found USDC"),
        ("{WETH = 4.0, wstETH = 2.0, USDC = 1.0, DAI = 1.0}", "{WETH = 0.0, USDC = 0.0}",
         "books.b.collateral: expected a weight above 0, found none"),
        ("health_median = 1.2", "colateral = 1", "books.b.colateral: expected one of name, kind, protocol,"),
    ],
)
def test_a_recipe_that_makes_no_sense_is_one_line(old: str, new: str, line: str) -> None:
    text = market_text() + GENERATED.format(accounts=9)
    assert text.count(old) == 1
    with pytest.raises(BadInput) as caught:
        parse_scenario(text.replace(old, new))
    assert str(caught.value).startswith(f"scenario: {line}")


def test_amounts_that_no_contract_holds_are_refused() -> None:
    text = market_text().replace('name = "DAI"\ndecimals = 18\nprice = {kind = "gbm", start = "1"',
                                 'name = "DAI"\ndecimals = 36\nprice = {kind = "gbm", start = "0.000001"')
    made = parse_scenario(text + GENERATED.format(accounts=9))
    with pytest.raises(BadInput, match=r"books\.b: expected amounts below 2\*\*128 raw units"):
        build(made)
