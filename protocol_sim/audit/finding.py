"""What a rule says: a finding, or that it was not checked and what it lacks. Numbers are exact fractions."""

from dataclasses import dataclass, field
from enum import IntEnum
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from protocol_sim.audit.case import Case


class Severity(IntEnum):
    """How bad.

    HIGH: the numbers alone prove a loss (bad debt, or borrowers liquidated for nothing), and a counter-example shows
    it. MEDIUM: a loss under conditions that are usual. LOW: a margin that is thin, or a safeguard that is absent.
    INFO: worth knowing.
    """

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3

    @property
    def word(self) -> str:
        """As options and tables write it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Number:
    """An exact figure. `unit`: "%" (1 is 100 %), "bps", "USD", "s", "x", "" or the name of a token."""

    name: str
    value: Fraction
    unit: str = ""

    @property
    def text(self) -> str:
        """For people; rounded towards zero at the last digit shown."""
        return written(self.value, self.unit)

    @property
    def exact(self) -> str:
        """`n` or `n/d`, without the unit's scale."""
        return str(self.value)


def written(value: Fraction, unit: str = "") -> str:
    """A fraction as text with its unit."""
    if unit == "%":
        return f"{_cut(value * 100, 4)} %"
    if unit == "USD":
        return f"{_cut(value, 2)} USD" if abs(value) >= 1 or value == 0 else f"{_cut(value, 8)} USD"
    if unit == "s":
        return _time(value)
    digits = 4 if abs(value) < 1_000 else 0
    return f"{_cut(value, digits)} {unit}".strip()


def _cut(value: Fraction, digits: int) -> str:
    sign, whole = ("−" if value < 0 else ""), abs(value) * 10**digits
    text = f"{whole.numerator // whole.denominator:0{digits + 1}d}"
    if not digits:
        return f"{sign}{int(text):,}"
    left, right = f"{int(text[:-digits]):,}", text[-digits:].rstrip("0")
    return f"{sign}{left}.{right}" if right else f"{sign}{left}"


def _time(seconds: Fraction) -> str:
    for size, word in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if abs(seconds) >= size:
            return f"{_cut(seconds / size, 1)} {word}"
    return f"{_cut(seconds, 0)} s"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, or thin."""

    rule: str
    severity: Severity
    subject: str                                   # asset, pair or eMode
    numbers: tuple[Number, ...]
    reason: str
    source: str
    fix: str
    case: "Case | None" = field(default=None, compare=False)       # of the counter-example; every HIGH has one

    @property
    def id(self) -> str:
        """File name of the counter-example."""
        safe = "".join(c if c.isalnum() else "-" for c in f"{self.rule} {self.subject}".lower())
        return "-".join(part for part in safe.split("-") if part)


@dataclass(frozen=True, slots=True)
class NotChecked:
    """A rule, or a part of one, that could not be examined: never a silent pass."""

    rule: str
    subjects: tuple[str, ...]
    needs: str
