"""The change file: TOML with a `name` and `[[changes]]`, each of one `kind`. Unknown keys are errors.

| kind | keys |
|---|---|
| `collateral` | `asset`; any of `ltv_bps`, `liquidation_threshold_bps`, `liquidation_bonus_bps` |
| `emode` | `id`; any of the same three |
| `emode-asset` | `id`, `asset`; any of `collateral`, `borrowable`, `zero_ltv` (flags; 3.0.2: the first alone) |
| `feed` | `asset`, `answer_usd`: another feed, with this answer |
| `price-cap` | `asset`; `cap_usd`, or `base` and `ratio`: at most `ratio` times the price of another asset |
| `rates` | `asset`, `optimal_bps`, `base_bps`, `slope1_bps`, `slope2_bps` |
| `caps` | `asset`; any of `supply_cap`, `borrow_cap` (whole tokens, 0: none) |
| `reserve-factor` | `asset`, `bps` |
| `freeze` | `asset`, `frozen` |
| `pause` | `asset`, `paused` |

What a key leaves out stays as it is. Prices are decimal texts in the base currency of the oracle (USD, 8 decimals).
"""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from protocol_sim.errors import BadInput
from protocol_sim.numeric.units import scaled
from protocol_sim.scenario.base import Section, expect
from protocol_sim.scenario.load import one_line

RATIO_DECIMALS = 18
Bps = Annotated[int, Field(strict=True, ge=0, le=65_535)]
Mode = Annotated[int, Field(strict=True, ge=1, le=255)]
Whole = Annotated[int, Field(strict=True, ge=0)]
Symbol = Annotated[str, Field(strict=True, min_length=1)]
Flag = Annotated[bool, Field(strict=True)]
Decimal = Annotated[str, Field(strict=True)]


def _some(section: Section, *names: str) -> None:
    if all(getattr(section, name) is None for name in names):
        raise expect("at least one of " + ", ".join(names))


def _number(text: str, decimals: int, what: str) -> int:
    try:
        value = scaled(text, decimals)
    except ValueError as error:
        raise expect(f"{what}: {error}") from None
    if value <= 0:
        raise expect(f"{what} above 0")
    return value


class Collateral(Section):
    """`configureReserveAsCollateral`."""

    kind: Literal["collateral"]
    asset: Symbol
    ltv_bps: Bps | None = None
    liquidation_threshold_bps: Bps | None = None
    liquidation_bonus_bps: Bps | None = None

    @model_validator(mode="after")
    def _checked(self) -> "Collateral":
        _some(self, "ltv_bps", "liquidation_threshold_bps", "liquidation_bonus_bps")
        return self


class EMode(Section):
    """`setEModeCategory`."""

    kind: Literal["emode"]
    id: Mode
    ltv_bps: Bps | None = None
    liquidation_threshold_bps: Bps | None = None
    liquidation_bonus_bps: Bps | None = None

    @model_validator(mode="after")
    def _checked(self) -> "EMode":
        _some(self, "ltv_bps", "liquidation_threshold_bps", "liquidation_bonus_bps")
        return self


class EModeAsset(Section):
    """What an asset is in an eMode."""

    kind: Literal["emode-asset"]
    id: Mode
    asset: Symbol
    collateral: Flag | None = None
    borrowable: Flag | None = None
    zero_ltv: Flag | None = None

    @model_validator(mode="after")
    def _checked(self) -> "EModeAsset":
        _some(self, "collateral", "borrowable", "zero_ltv")
        return self


class Feed(Section):
    """Another price source."""

    kind: Literal["feed"]
    asset: Symbol
    answer_usd: Decimal

    @model_validator(mode="after")
    def _checked(self) -> "Feed":
        _number(self.answer_usd, 8, "a USD price as text")
        return self


class PriceCap(Section):
    """The source's answer, but at most a cap."""

    kind: Literal["price-cap"]
    asset: Symbol
    cap_usd: Decimal | None = None
    base: Symbol | None = None
    ratio: Decimal | None = None

    @model_validator(mode="after")
    def _checked(self) -> "PriceCap":
        if (self.cap_usd is None) == (self.base is None) or (self.base is None) != (self.ratio is None):
            raise expect("either cap_usd, or base and ratio")
        if self.cap_usd is not None:
            _number(self.cap_usd, 8, "a USD price as text")
        if self.ratio is not None:
            _number(self.ratio, RATIO_DECIMALS, "a ratio as text")
        return self


class Rates(Section):
    """The interest rate strategy."""

    kind: Literal["rates"]
    asset: Symbol
    optimal_bps: Bps
    base_bps: Bps
    slope1_bps: Bps
    slope2_bps: Annotated[int, Field(strict=True, ge=0, le=100_000)]


class Caps(Section):
    """`setSupplyCap`, `setBorrowCap`."""

    kind: Literal["caps"]
    asset: Symbol
    supply_cap: Whole | None = None
    borrow_cap: Whole | None = None

    @model_validator(mode="after")
    def _checked(self) -> "Caps":
        _some(self, "supply_cap", "borrow_cap")
        return self


class ReserveFactor(Section):
    """`setReserveFactor`."""

    kind: Literal["reserve-factor"]
    asset: Symbol
    bps: Bps


class Freeze(Section):
    """`setReserveFreeze`."""

    kind: Literal["freeze"]
    asset: Symbol
    frozen: Flag = True


class Pause(Section):
    """`setReservePause`."""

    kind: Literal["pause"]
    asset: Symbol
    paused: Flag = True


Any1 = Collateral | EMode | EModeAsset | Feed | PriceCap | Rates | Caps | ReserveFactor | Freeze | Pause
One = Annotated[Any1, Field(discriminator="kind")]


class Change(Section):
    """A whole file: what would execute in one block."""

    name: Symbol
    description: str = ""
    changes: Annotated[tuple[One, ...], Field(min_length=1)]


def load_change(path: str | Path) -> Change:
    """Read and check a change file. BadInput names the file, the key, what was expected and what was found."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BadInput(str(path), "file", "a change file", "no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(str(path), "file", "a readable change file", error) from None
    return parse_change(text, str(path))


def parse_change(text: str, where: str = "change") -> Change:
    """The same from a text."""
    try:
        data: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(where, "file", "TOML", error) from None
    try:
        return Change.model_validate(data)
    except ValidationError as error:
        raise one_line(where, data, error) from None
