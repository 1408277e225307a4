"""The assumptions that a recommendation hangs on: each assumed number of the input ledger moved by a tenth, one at a
time, with the recommendation and with no change, on the same paths.

Moved are the numbers of price processes, impact, feeds, pools, agents and books that nobody has observed; balances and
the clock are not, nor what is being tuned. The elasticity of a measure is its relative change per relative change of
the input (2: a tenth more of the input makes the measure a fifth larger).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from protocol_sim.results import LedgerEntry
from protocol_sim.scenario import Scenario, ledger
from protocol_sim.scenario.ledger import leaves
from protocol_sim.tuning.candidates import Judge
from protocol_sim.tuning.measures import MEASURES, Outcome
from protocol_sim.tuning.space import Value

SECTIONS = ("assets", "books", "feeds", "pools", "agents")
LEFT_OUT = ("decimals", "column", "file", "sizes", "max_rounds", "tokens", "seed")
NUDGE = Fraction(1, 10)
WIDE = 12                          # digits from which on a text is a raw amount


@dataclass(frozen=True, slots=True)
class Elasticity:
    """What a tenth more of one assumed input does; USD or raw amounts as the measure has them."""

    key: str
    value: str                     # as it stands
    nudged: str                    # as it was tried
    measure: str
    recommended: int               # the measure under the recommendation, input as it stands
    moved: int                     # the same with the input moved
    elasticity: float | None       # None: the measure is 0 as it stands
    advantage: int                 # recommended less no change, input as it stands
    advantage_moved: int
    paths: int


def assumed_numbers(scenario: Scenario, tuned: Sequence[str]) -> dict[str, tuple[str, Value]]:
    """Key -> (value as it stands, value moved by a tenth) of every assumption that can be moved."""
    status: dict[str, LedgerEntry] = {entry.key: entry for entry in ledger(scenario)}
    found: dict[str, tuple[str, Value]] = {}
    for key, value in leaves(scenario.model_dump(mode="json", exclude_none=True)):
        section, last = key.partition(".")[0], key.rpartition(".")[2]
        if section not in SECTIONS or last in LEFT_OUT or key in tuned or status[key].status != "assumed":
            continue
        moved = nudged(value)
        if moved is not None:
            found[key] = (str(value), moved)
    return found


def nudged(value: object) -> Value | None:
    """A tenth more, in the value's own form; None for what is no number, for 0, and for what a tenth does not move."""
    more = 1 + NUDGE
    if isinstance(value, bool) or value in (0, 0.0):
        return None
    if isinstance(value, int):
        moved = round(value * more)
        return moved if moved != value else value + 1
    if isinstance(value, float):
        return float(Fraction(str(value)) * more)
    if isinstance(value, str):
        number, _, unit = value.partition(" ")
        digits = number.replace("_", "")
        whole, _, decimals = digits.partition(".")
        if not (whole + decimals).isascii() or not (whole + decimals).isdecimal() or int(whole + decimals) == 0:
            return None
        scaled = len(digits) < WIDE or "." in digits or unit           # a long one is a raw integer, which has no point
        places = len(decimals) + 1 if scaled else 0
        raw = int(Fraction(digits) * more * 10**places)
        text = f"{raw // 10**places}.{raw % 10**places:0{places}d}".rstrip("0").rstrip(".") if places else str(raw)
        return f"{text} {unit}" if unit else text
    return None


def elasticities(
    judge: Judge, scenario: Scenario, chosen: dict[str, Value], names: Sequence[str], level: float, paths: int
) -> tuple[list[Elasticity], dict[str, str]]:
    """The effect of each assumption on each measure that rests on paths; and, by key, why some could not be moved."""
    measures = [MEASURES[name] for name in names if MEASURES[name].column is not None]
    refused: dict[str, str] = {}
    found: list[Elasticity] = []
    if not measures:
        return found, refused
    plain = _pair(judge, chosen, {}, paths)
    for key, (value, moved) in assumed_numbers(scenario, tuple(chosen)).items():
        made = judge.begin(None, {**chosen, key: moved})
        if made.reason or judge.begin(None, {key: moved}).reason:
            refused[key] = made.reason or "refused without the recommendation"
            continue
        pair = _pair(judge, chosen, {key: moved}, paths)
        for measure in measures:
            (one, none), (one_moved, none_moved) = (
                tuple(measure.of(outcomes, level) for outcomes in both) for both in (plain, pair)
            )
            relative = _relative(value, moved)
            elasticity = (one_moved - one) / abs(one) / relative if one and relative else None
            advantage = one - none, one_moved - none_moved
            found.append(Elasticity(
                key, value, str(moved), measure.name, one, one_moved, elasticity, *advantage, paths
            ))
    return found, refused


def _pair(judge: Judge, chosen: dict[str, Value], change: dict[str, Value], paths: int) -> list[list[Outcome]]:
    return [judge.outcomes({**chosen, **change}, paths), judge.outcomes(change, paths)]


def _relative(value: str, moved: Value) -> float:
    before, after = (Fraction(str(text).partition(" ")[0].replace("_", "")) for text in (value, moved))
    return float((after - before) / before)
