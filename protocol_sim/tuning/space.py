"""The space of a search: which values may change, how far at one vote, and what must hold.

    [[parameters]]
    key = "protocols.aave.reserves.WETH.liquidation_threshold_bps"   # a dotted key, or a glob: all that it covers
    low = 7_500                    # low, high and step, or: values = [7_500, 8_000]
    high = 8_500
    step = 250
    max_step = 300                 # the largest change in one vote; absent: any

    [[parameters]]
    key = "protocols.aave.reserves.*.ltv_bps"
    add = true                     # the values are added to what each key that is covered holds now
    values = [-500, 0, 500]

    [[constraints]]
    measure = "bad-debt-es"        # see `measures`; amounts of USD as text
    at_most = "50000 USD"          # at_most, at_least or both

What makes no valid scenario (an LTV above the threshold, a threshold times bonus above 1) is never a candidate; a
strict frontier is the constraint `solvency-bps` at most 9_999.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import product
from pathlib import Path
from typing import Any

from protocol_sim.errors import BadInput
from protocol_sim.numeric.units import parse_amount
from protocol_sim.scenario import Scenario
from protocol_sim.scenario.ledger import leaves
from protocol_sim.tuning.measures import MEASURES

Value = int | float | str
Choice = tuple[int, ...]           # one index into the values of each parameter


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing that the search may choose: the keys that move together, their values now, and the choices."""

    key: str
    keys: tuple[str, ...]
    now: tuple[Value, ...]         # of each key, in the scenario as it stands
    values: tuple[Value, ...]
    add: bool = False
    max_step: float | None = None

    def setting(self, index: int) -> dict[str, Value]:
        """What each key is set to."""
        chosen = self.values[index]
        if self.add:
            return {key: _sum(now, chosen) for key, now in zip(self.keys, self.now, strict=True)}
        return dict.fromkeys(self.keys, chosen)

    def step(self, index: int) -> float:
        """The largest change of any key; infinite for texts that differ."""
        setting = self.setting(index)
        return max(_distance(setting[key], now) for key, now in zip(self.keys, self.now, strict=True))


@dataclass(frozen=True, slots=True)
class Constraint:
    """Bounds of a measure, in the measure's own unit."""

    measure: str
    at_most: int | None = None
    at_least: int | None = None

    def violation(self, value: int) -> float:
        """How far outside, relative to the bound; 0: it holds."""
        over = 0 if self.at_most is None else value - self.at_most
        under = 0 if self.at_least is None else self.at_least - value
        bound = self.at_most if over >= under else self.at_least
        return max(over, under, 0) / max(1, abs(bound or 0))


@dataclass(frozen=True, slots=True)
class Space:
    """Parameters and constraints."""

    where: str
    parameters: tuple[Parameter, ...]
    constraints: tuple[Constraint, ...] = ()

    @property
    def size(self) -> int:
        """How many choices there are."""
        count = 1
        for parameter in self.parameters:
            count *= len(parameter.values)
        return count

    def choices(self) -> Iterator[Choice]:
        """All of them, the last parameter fastest."""
        return product(*(range(len(parameter.values)) for parameter in self.parameters))

    def settings(self, choice: Choice) -> dict[str, Value]:
        """Dotted key to value; a later parameter wins where two cover one key."""
        found: dict[str, Value] = {}
        for parameter, index in zip(self.parameters, choice, strict=True):
            found |= parameter.setting(index)
        return found

    def within_one_vote(self, choice: Choice) -> bool:
        """Whether no parameter moves by more than its `max_step`."""
        return all(
            parameter.max_step is None or parameter.step(index) <= parameter.max_step
            for parameter, index in zip(self.parameters, choice, strict=True)
        )

    def plain(self) -> dict[str, Any]:
        """Everything that decides a search, for digests."""
        return {
            "parameters": [[p.key, list(p.keys), list(p.now), list(p.values), p.add, p.max_step]
                           for p in self.parameters],
            "constraints": [[c.measure, c.at_most, c.at_least] for c in self.constraints],
        }


def load_space(path: str | Path, scenario: Scenario) -> Space:
    """Read a space file against a scenario. BadInput names the file, the key, what was expected and what was found."""
    path = Path(path)
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInput(str(path), "file", "a space file", "no such file") from None
    except tomllib.TOMLDecodeError as error:
        raise BadInput(str(path), "file", "TOML", error) from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(str(path), "file", "a readable space file", error) from None
    return parse_space(data, scenario, str(path))


def parse_space(data: Mapping[str, Any], scenario: Scenario, where: str = "space") -> Space:
    """The same from the tables of a file."""
    _known(where, "", data, {"parameters", "constraints"})
    rows = data.get("parameters", [])
    if not isinstance(rows, list) or not rows:
        raise BadInput(where, "parameters", "at least one [[parameters]]", "an empty space")
    inputs = dict(leaves(scenario.model_dump(mode="json")))
    parameters = tuple(_parameter(where, n, row, inputs) for n, row in enumerate(rows))
    constraints = data.get("constraints", [])
    if not isinstance(constraints, list):
        raise BadInput(where, "constraints", "a list of tables", repr(constraints))
    return Space(where, parameters, tuple(_constraint(where, n, row) for n, row in enumerate(constraints)))


def _parameter(where: str, n: int, row: Any, inputs: Mapping[str, Any]) -> Parameter:
    at = f"parameters.{n}"
    if not isinstance(row, dict):
        raise BadInput(where, at, "a table", repr(row))
    _known(where, at, row, {"key", "values", "low", "high", "step", "add", "max_step"})
    key, add, most = row.get("key"), row.get("add", False), row.get("max_step")
    if not isinstance(key, str):
        raise BadInput(where, f"{at}.key", "a dotted key of the scenario", repr(key))
    keys = tuple(name for name in inputs if fnmatchcase(name, key))
    if not keys:
        raise BadInput(where, f"{at}.key", "a key of the scenario that has a value, or a glob over some", repr(key))
    if not isinstance(add, bool):
        raise BadInput(where, f"{at}.add", "true or false", repr(add))
    if most is not None and (isinstance(most, bool) or not isinstance(most, int | float) or most < 0):
        raise BadInput(where, f"{at}.max_step", "a number that is not negative", repr(most))
    values = _values(where, at, row)
    now = tuple(inputs[name] for name in keys)
    if add and not all(_is_number(value) for value in (*values, *now)):
        raise BadInput(where, f"{at}.add", "numbers to add to", repr(next(v for v in now if not _is_number(v))))
    return Parameter(key, keys, now, values, add, most)


def _values(where: str, at: str, row: Mapping[str, Any]) -> tuple[Value, ...]:
    if "values" in row:
        for other in ("low", "high", "step"):
            if other in row:
                raise BadInput(where, f"{at}.{other}", "either values or low, high and step", "both")
        values = row["values"]
        if not isinstance(values, list) or not values:
            raise BadInput(where, f"{at}.values", "a list of at least one value", repr(values))
        for value in values:
            if isinstance(value, bool) or not isinstance(value, int | float | str):
                raise BadInput(where, f"{at}.values", "numbers or texts", repr(value))
        if len(set(values)) < len(values):
            raise BadInput(where, f"{at}.values", "each value once", repr(values))
        return tuple(values)
    for name in ("low", "high", "step"):
        if not _is_number(row.get(name)):
            raise BadInput(where, f"{at}.{name}", "a number (or `values`, a list)", repr(row.get(name)))
    low, high, step = row["low"], row["high"], row["step"]
    if step <= 0:
        raise BadInput(where, f"{at}.step", "more than 0", step)
    if high < low:
        raise BadInput(where, f"{at}.high", f"at least low, which is {low}", high)
    return tuple(low + n * step for n in range(int((high - low) / step + 1e-9) + 1))


def _constraint(where: str, n: int, row: Any) -> Constraint:
    at = f"constraints.{n}"
    if not isinstance(row, dict):
        raise BadInput(where, at, "a table", repr(row))
    _known(where, at, row, {"measure", "at_most", "at_least"})
    measure = row.get("measure")
    if measure not in MEASURES:
        raise BadInput(where, f"{at}.measure", f"one of {', '.join(MEASURES)}", repr(measure))
    if "at_most" not in row and "at_least" not in row:
        raise BadInput(where, at, "at_most or at_least", "neither")
    bounds = {name: _bound(where, f"{at}.{name}", measure, row.get(name)) for name in ("at_most", "at_least")}
    return Constraint(measure, **bounds)


def _bound(where: str, key: str, measure: str, value: Any) -> int | None:
    if value is None:
        return None
    if MEASURES[measure].unit == "USD":
        if not isinstance(value, str):
            raise BadInput(where, key, "an amount such as '50000 USD'", repr(value))
        try:
            return parse_amount(value, "USD", 8)
        except ValueError as error:
            raise BadInput(where, key, str(error), repr(value)) from None
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadInput(where, key, f"an integer ({MEASURES[measure].unit})", repr(value))
    return value


def _known(where: str, at: str, row: Mapping[str, Any], names: set[str]) -> None:
    for name in row:
        if name not in names:
            key = f"{at}.{name}" if at else name
            raise BadInput(where, key, f"one of {', '.join(sorted(names))}", f"the unknown key {name!r}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _sum(now: Value, change: Value) -> Value:
    assert not isinstance(now, str)
    assert not isinstance(change, str)
    return now + change


def _distance(one: Value, other: Value) -> float:
    if isinstance(one, str) or isinstance(other, str):
        return 0.0 if str(one) == str(other) else float("inf")
    return abs(one - other)
