"""A book drawn from distributions, the same on every machine: counter-based draws, portable exp, log and normal.

Debt in USD: log-normal, with a Pareto tail above the quantile 1 - `tail_share` (joined continuously):
  Q(u) = median exp(sigma z(u)) below it, Q(1 - tail) (tail / (1 - u)) ** (1 / tail_index) above it;
  cut at `debt_most_usd`.
Health factor: least + (median - least) exp(sigma z(u)).
Assets by weight, without repetition and never the same on both sides of an account; value is divided at random.
A looper has one collateral and one debt that move together, in the eMode that has both, if the protocol has one.
Whoever supplies only comes last: so much of each asset that its utilisation is as asked (or lower, where borrowers'
collateral alone is more). Draw i belongs to account i: a longer book begins like a shorter one.

Shapes are assumptions, not measurements. Heavy tails of DeFi debt: Perez et al. 2021, "Liquidations: DeFi on a
Knife-Edge", and Qin et al. 2021, "An Empirical Study of DeFi Liquidations" (few accounts owe most; medians of health
factors below 2); the parameters are the caller's.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from protocol_sim.books.book import UNSAID, Book, Chained, Numbered
from protocol_sim.books.words import LIMIT, Words, nothing, of_floats, positive, to_words, total
from protocol_sim.errors import BadInput
from protocol_sim.numeric.portable import exp_array, log_array, normal_inverse_array
from protocol_sim.numeric.random import Stream, uniforms, word

if TYPE_CHECKING:
    from protocol_sim.scenario.books import GeneratedBook

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
COLLATERALS, DEBTS = 3, 2          # most of an account
SUPPLIER_SIGMA = 1.5               # of the logarithm of what the suppliers have
USD = 1e8
BPS = 10_000.0


@dataclass(frozen=True)
class Asset:
    """What a market says of one asset."""

    name: str
    decimals: int
    usd: int                       # USD, 8 decimals, outside, at the first step
    answer: int                    # of its feed at the first block, in the market's own unit
    threshold: int                 # bps


@dataclass(frozen=True)
class Mode:
    """An eMode: who may stand in it and with which liquidation threshold."""

    id: int
    threshold: int                 # bps
    collateral: frozenset[str]
    borrowable: frozenset[str]


@dataclass(frozen=True)
class Terms:
    """What a generated book needs to know of its market."""

    assets: tuple[Asset, ...]
    modes: tuple[Mode, ...] = ()


def debt_quantile(recipe: "GeneratedBook", u: Floats, median: "Floats | float | None" = None) -> Floats:
    """USD that the account at quantile u owes."""
    middle = recipe.debt_median_usd if median is None else median
    tail, body = recipe.tail_share, u
    if tail > 0:
        body = np.minimum(u, 1.0 - tail)
    size: Floats = middle * exp_array(normal_inverse_array(body) * recipe.debt_sigma)
    if tail > 0:
        stretch = exp_array(log_array(tail / np.minimum(1.0 - u, tail)) * (1.0 / recipe.tail_index))
        size = size * stretch
    return np.minimum(size, recipe.debt_most_usd) if recipe.debt_most_usd > 0 else size


def health_quantile(least: "Floats | float", median: "Floats | float", sigma: "Floats | float", u: Floats) -> Floats:
    """The health factor of the account at quantile u."""
    made: Floats = least + (median - least) * exp_array(normal_inverse_array(u) * sigma)
    return made


def generate(recipe: "GeneratedBook", terms: Terms, where: str = "book") -> Book:
    """The book of a recipe in a market. BadInput for amounts that no contract holds."""
    kind, draw = _kinds(recipe), _Draws(recipe)
    debt, collateral = _assets(recipe, terms, kind, draw)
    modes = np.array([0, *(_mode(terms, loop.collateral, loop.debt) for loop in recipe.loopers)], np.int64)[kind + 1]
    owed = _owed(recipe, terms, kind, draw, debt)                       # tokens, (n, DEBTS)
    held = _held(recipe, terms, kind, draw, debt, collateral, owed, modes)
    unit = np.array([float(10**asset.decimals) for asset in terms.assets])
    slots = np.concatenate([collateral, debt], axis=1)
    amounts = np.concatenate([held, owed], axis=1) * unit[np.maximum(slots, 0)]
    if not (amounts < float(LIMIT)).all():
        raise BadInput(where, f"books.{recipe.name}", "amounts below 2**128 raw units", float(amounts.max()))
    there = (slots >= 0).ravel()
    words = of_floats(np.maximum(amounts.ravel()[there], 1.0))
    is_debt = np.tile(np.arange(COLLATERALS + DEBTS) >= COLLATERALS, recipe.accounts)[there]
    supplied, borrowed = words.copy(), words
    supplied[is_debt] = 0
    borrowed[~is_debt] = 0
    account = np.repeat(np.arange(recipe.accounts, dtype=np.int64), COLLATERALS + DEBTS)[there]
    return _with_suppliers(recipe, terms, modes, account, slots.ravel()[there], supplied, borrowed)


class _Draws:
    """Uniform draws, one an account, by the name of what they decide."""

    def __init__(self, recipe: "GeneratedBook") -> None:
        self._recipe = recipe

    def __call__(self, what: str, count: int | None = None) -> Floats:
        stream = Stream(self._recipe.seed, 0, word(f"book: {what}"), word(self._recipe.name))
        return uniforms(stream, self._recipe.accounts if count is None else count)


def _kinds(recipe: "GeneratedBook") -> Ints:
    """Which looper an account is; -1: none."""
    u, kind, done = _Draws(recipe)("kind"), np.full(recipe.accounts, -1, np.int64), 0.0
    for n, loop in enumerate(recipe.loopers):
        kind[(u >= done) & (u < done + loop.share)] = n
        done += loop.share
    return kind


def _mode(terms: Terms, collateral: str, debt: str) -> int:
    """The eMode that takes the one and lends the other; 0: none."""
    for mode in terms.modes:
        if collateral in mode.collateral and debt in mode.borrowable:
            return mode.id
    return 0


def _assets(recipe: "GeneratedBook", terms: Terms, kind: Ints, draw: _Draws) -> tuple[Ints, Ints]:
    """The assets that each account owes (n, DEBTS) and has as collateral (n, COLLATERALS); -1: none."""
    names, n = [asset.name for asset in terms.assets], recipe.accounts
    debt, collateral = np.full((n, DEBTS), -1, np.int64), np.full((n, COLLATERALS), -1, np.int64)
    lent = np.array([recipe.debt.get(name, 0.0) for name in names])
    backing = np.array([recipe.collateral.get(name, 0.0) for name in names])
    several = {"collaterals": _count(draw("collaterals"), recipe.collaterals),
               "debts": _count(draw("debts"), recipe.debts)}
    taken = np.zeros((n, len(names)), bool)
    plain = kind < 0
    order = [("debt", 0), *(("collateral", k) for k in range(COLLATERALS)), ("debt", 1)]
    for side, nth in order:                          # the second debt last: whoever is left without one has one
        made, weights = (debt, lent) if side == "debt" else (collateral, backing)
        wanted = plain & (several[f"{side}s"] > nth)
        made[:, nth] = np.where(wanted, _pick(draw(f"{side} {nth}"), weights, taken), -1)
        chosen = made[:, nth] >= 0
        taken[chosen, made[chosen, nth]] = True
    for which, loop in enumerate(recipe.loopers):
        collateral[kind == which, 0], debt[kind == which, 0] = names.index(loop.collateral), names.index(loop.debt)
    return debt, collateral


def _count(u: Floats, shares: tuple[float, ...]) -> Ints:
    """1, 2, … with the shares given, whose sum counts as 1."""
    ends = np.cumsum(np.array(shares))
    found: Ints = np.minimum((u[:, None] * ends[-1] >= ends).sum(axis=1), len(shares) - 1) + 1
    return found


def _pick(u: Floats, weights: Floats, taken: "NDArray[np.bool_]") -> Ints:
    """An asset by weight among those not taken; -1 where none is left."""
    ends = np.cumsum(np.where(taken, 0.0, weights), axis=1)
    found = (u[:, None] * ends[:, -1:] >= ends).sum(axis=1)
    return np.where(ends[:, -1] > 0, np.minimum(found, len(weights) - 1), -1)


def _owed(recipe: "GeneratedBook", terms: Terms, kind: Ints, draw: _Draws, debt: Ints) -> Floats:
    """Tokens that each account owes."""
    medians = np.array([recipe.debt_median_usd, *(x.debt_median_usd or recipe.debt_median_usd for x in recipe.loopers)])
    usd = debt_quantile(recipe, draw("debt"), medians[kind + 1])
    price = np.array([float(asset.usd) / USD for asset in terms.assets])
    share = np.where(debt[:, 1] >= 0, draw("debt share"), 1.0)
    return np.stack([usd * share / price[debt[:, 0]],
                     np.where(debt[:, 1] >= 0, usd * (1.0 - share), 0.0) / price[np.maximum(debt[:, 1], 0)]], axis=1)


def _held(
    recipe: "GeneratedBook", terms: Terms, kind: Ints, draw: _Draws, debt: Ints, collateral: Ints, owed: Floats,
    modes: Ints,
) -> Floats:
    """Tokens of collateral that give each account its health factor."""
    answer = np.array([float(asset.answer) for asset in terms.assets])
    plain = np.array([asset.threshold / BPS for asset in terms.assets])
    by_mode = {0: plain} | {mode.id: np.where([a.name in mode.collateral for a in terms.assets], mode.threshold / BPS,
                                              plain) for mode in terms.modes}
    value = owed[:, 0] * answer[debt[:, 0]] + owed[:, 1] * answer[np.maximum(debt[:, 1], 0)]
    least, median, sigma = (
        np.array([getattr(recipe, name), *(getattr(loop, name) for loop in recipe.loopers)])[kind + 1]
        for name in ("health_least", "health_median", "health_sigma")
    )
    health = health_quantile(least, median, sigma, draw("health"))
    shares = np.stack([draw(f"collateral share {k}") for k in range(COLLATERALS)], axis=1)
    parts = np.where(collateral >= 0, shares, 0.0)
    whole = parts[:, 0] + parts[:, 1] + parts[:, 2]
    weighted = np.zeros(recipe.accounts)
    for mode, thresholds in by_mode.items():
        inside = modes == mode
        for k in range(COLLATERALS):
            weighted[inside] += (parts[:, k] / whole * thresholds[np.maximum(collateral[:, k], 0)])[inside]
    total_value = health * value / weighted
    return np.stack([total_value * (parts[:, k] / whole) / answer[np.maximum(collateral[:, k], 0)]
                     for k in range(COLLATERALS)], axis=1)


def _with_suppliers(
    recipe: "GeneratedBook", terms: Terms, modes: Ints, account: Ints, asset: Ints, supplied: Words, borrowed: Words
) -> Book:
    """The book, with those who only supply at its end."""
    count, n = recipe.suppliers, recipe.accounts
    accounts, assets, amounts = [account], [asset], [supplied]
    z = normal_inverse_array(_Draws(recipe)("supplier", count * len(terms.assets)))
    weights = (exp_array(z * SUPPLIER_SIGMA) * 2.0**20).astype(np.int64) + 1
    parts: list[tuple[int, int, int]] = []
    for k, one in enumerate(terms.assets):
        here = asset == k
        lent = total(borrowed[here])
        target = int(float(lent) / recipe.utilisation.get(one.name, recipe.utilisation_of_others)) + 1 if lent else 0
        short = target - total(supplied[here])
        if short > 0:
            mine: list[int] = weights[k * count : (k + 1) * count].tolist()
            shares = [short * w // sum(mine) for w in mine]
            shares[0] += short - sum(shares)
            parts += [(n + s, k, share) for s, share in enumerate(shares)]
    parts.sort()
    names = Chained([Numbered(recipe.name, n), Numbered(f"{recipe.name}-supplier", count)])
    if parts:
        accounts.append(np.array([part[0] for part in parts], np.int64))
        assets.append(np.array([part[1] for part in parts], np.int64))
        amounts.append(to_words([part[2] for part in parts]))
    entries = len(account) + len(parts)
    everything = np.concatenate(amounts)
    owes = np.concatenate([borrowed, nothing(len(parts))])
    assert (positive(everything) | positive(owes)).sum() >= len(account)
    return Book(
        assets=tuple(one.name for one in terms.assets),
        names=names,
        emode=np.concatenate([modes, np.zeros(count, np.int64)]),
        account=np.concatenate(accounts),
        asset=np.concatenate(assets),
        supplied=everything,
        supplied_scaled=np.zeros(entries, bool),
        borrowed=owes,
        borrowed_scaled=np.zeros(entries, bool),
        collateral=np.full(entries, UNSAID, np.int64),
        where=recipe.name,
    )
