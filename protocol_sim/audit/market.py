"""A market as the rules read it: terms of each reserve, eModes, and what stands around it. Plain records, exact.

Prices are fractions of USD, or of the market's base currency where that is not USD and its USD price is not given.
Rates are rays a year, thresholds bps (10_000 = 100 %), bonuses as Aave stores them (10_500 = 5 %), caps whole tokens
(0: none), times seconds.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from protocol_sim.audit.venues import Venues
from protocol_sim.results import LedgerEntry

BPS = 10_000
RAY = 10**27


@dataclass(frozen=True, slots=True)
class Rates:
    """An interest rate strategy, in ray; rates a year."""

    optimal: int
    base: int
    slope1: int
    slope2: int

    @property
    def at_kink(self) -> int:
        """Borrow rate at the optimal utilisation."""
        return self.base + self.slope1

    @property
    def at_full(self) -> int:
        """Borrow rate when everything is lent."""
        return self.base + self.slope1 + self.slope2


@dataclass(frozen=True, slots=True)
class Terms:
    """One reserve."""

    asset: str
    decimals: int
    answer: int                                    # of the feed, raw
    price: Fraction                                # in base currency; in USD if `Market.in_usd`
    ltv: int = 0
    threshold: int = 0
    bonus: int = 0
    fee: int = 0                                   # bps of the bonus, to the treasury
    factor: int = 0
    supply_cap: int = 0
    borrow_cap: int = 0
    ceiling: int = 0                               # of isolated debt, USD with 2 decimals
    borrowing: bool = True
    active: bool = True
    frozen: bool = False
    paused: bool = False
    rates: Rates | None = None

    @property
    def unit(self) -> int:
        """Raw units of a whole token."""
        return int(10**self.decimals)

    @property
    def open(self) -> bool:
        """Takes new borrowers."""
        return self.borrowing and self.active and not self.frozen and not self.paused


@dataclass(frozen=True, slots=True)
class Mode:
    """Terms under which assets serve as collateral: an eMode, or (id 0) a reserve's own."""

    id: int
    label: str
    ltv: int
    threshold: int
    bonus: int
    collateral: tuple[str, ...]
    borrowable: tuple[str, ...]

    @property
    def product(self) -> int:
        """Threshold × (1 + bonus), in bps²: solvent below 10**8."""
        return self.threshold * self.bonus

    def paid(self, fee: int) -> Fraction:
        """What a liquidator gets for one of debt: the bonus less the treasury's share of it (bps)."""
        return 1 + Fraction((self.bonus - BPS) * (BPS - fee), BPS * BPS)


@dataclass(frozen=True, slots=True)
class Feed:
    """How a price reaches the market."""

    deviation: int                                 # bps
    heartbeat: int                                 # s
    delay: int                                     # s from the decision to the answer on chain
    max_age: int | None = None                     # s, what the market tolerates; 0: anything; None: not said


@dataclass(frozen=True, slots=True)
class Gap:
    """The worst move of `asset` in `against` that history shows within `window` seconds."""

    asset: str
    against: str                                   # an asset, or "USD"
    fall: int                                      # bps
    rise: int                                      # bps
    window: int


@dataclass(frozen=True, slots=True)
class Adapter:
    """A price-cap adapter: the exchange rate that it lets through grows by so much a year."""

    asset: str
    ratio: Fraction                                # at `since`
    since: int
    growth: int                                    # bps a year
    real: Fraction                                 # the rate as it is at `now`
    real_growth: int                               # bps a year
    now: int


@dataclass(frozen=True, slots=True)
class Holder:
    """An account of the book: raw amounts by asset."""

    name: str
    supplied: dict[str, int]
    borrowed: dict[str, int]


@dataclass(frozen=True)
class Market:
    """What is audited."""

    name: str
    where: str                                     # the file, for messages
    kind: str                                      # aave-v2 or aave-v3
    version: str
    reserves: tuple[Terms, ...]
    emodes: tuple[Mode, ...] = ()
    close_factor: int = 5_000                      # bps
    in_usd: bool = True
    chain: int | None = None
    sentinel: bool | None = None                   # None: not said
    feeds: dict[str, Feed] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()
    adapters: tuple[Adapter, ...] = ()
    yields: dict[tuple[str, str], int] = field(default_factory=dict)   # bps a year that one earns, in the other
    gas: Fraction | None = None                    # USD for one liquidation, the sale included
    venues: Venues = field(default_factory=Venues)
    accounts: tuple[Holder, ...] | None = None     # None: no book
    reaction: int = 7 * 86_400                     # s that governance needs to act
    ledger: tuple[LedgerEntry, ...] = ()

    def of(self, asset: str) -> Terms:
        """The reserve of an asset."""
        return next(terms for terms in self.reserves if terms.asset == asset)

    def modes(self) -> Iterator[tuple[Terms, Mode]]:
        """Each collateral under its own terms and in each eMode."""
        lent = tuple(terms.asset for terms in self.reserves if terms.open)
        for terms in self.reserves:
            if terms.threshold:
                yield terms, Mode(0, "", terms.ltv, terms.threshold, terms.bonus, (terms.asset,), lent)
            for emode in self.emodes:
                if terms.asset in emode.collateral:
                    borrowable = tuple(asset for asset in emode.borrowable if asset in lent)
                    yield terms, Mode(emode.id, emode.label, emode.ltv, emode.threshold, emode.bonus,
                                      emode.collateral, borrowable)

    def subject(self, terms: Terms, mode: Mode, debt: str = "") -> str:
        """`WETH`, `WETH against USDC`, `wstETH against WETH in eMode 1 (ETH correlated)`."""
        text = terms.asset + (f" against {debt}" if debt else "")
        return f"{text} in eMode {mode.id}" + (f" ({mode.label})" if mode.label else "") if mode.id else text

    def band(self, collateral: str, debt: str) -> Fraction | None:
        """The fall of collateral in debt that the feeds may leave unreported: 1 − (1 − dc) / (1 + dd)."""
        if collateral not in self.feeds or debt not in self.feeds:
            return None
        down, up = self.feeds[collateral].deviation, self.feeds[debt].deviation
        return 1 - Fraction(BPS - down, BPS + up)

    def worst_fall(self, collateral: str, debt: str) -> Fraction | None:
        """The worst historical fall of collateral in debt: of the pair, or from both in USD; None: not known.

        A move measured over less than the feeds' delay says nothing of what happens before they report.
        """
        gaps = [gap for gap in self.gaps if self._spans(gap)]
        for gap in gaps:
            if (gap.asset, gap.against) == (collateral, debt):
                return Fraction(gap.fall, BPS)
            if (gap.asset, gap.against) == (debt, collateral):
                return 1 - Fraction(BPS, BPS + gap.rise)
        in_usd = {gap.asset: gap for gap in gaps if gap.against == "USD"}
        if collateral in in_usd and debt in in_usd:
            return 1 - Fraction(BPS - in_usd[collateral].fall, BPS + in_usd[debt].rise)
        return None

    def _spans(self, gap: Gap) -> bool:
        """Whether a move was measured over at least the time that the feeds take to report it."""
        known = [self.feeds[asset].delay for asset in (gap.asset, gap.against) if asset in self.feeds]
        return gap.window >= max(known, default=0)

    def replaced(self, **fields: Any) -> "Market":
        """A copy with fields replaced."""
        from dataclasses import replace

        return replace(self, **fields)
