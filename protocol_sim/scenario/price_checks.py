"""What prices, shocks and correlations need that no section can know alone."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from protocol_sim.errors import BadInput
from protocol_sim.prices import jumps, table
from protocol_sim.prices.correlation import NEGATIVE, eigenvalues
from protocol_sim.prices.process import YEAR
from protocol_sim.scenario.assets import Asset, Correlation
from protocol_sim.scenario.csv_prices import read_prices

if TYPE_CHECKING:
    from protocol_sim.scenario.scenario import Scenario

DRIVEN = ("gbm", "ou", "merton", "kou", "garch", "gjr", "bridge")  # kinds with driving normals


def priced(scenario: "Scenario") -> Iterator[tuple[str, Any]]:
    """(name, price section) of each asset and of each staked asset's basis, which is called NAME.basis."""
    for asset in scenario.assets:
        yield asset.name, asset.price
        if asset.price.kind == "staked":
            yield f"{asset.name}.basis", asset.price.basis


def check_prices(scenario: "Scenario") -> None:
    """Raise BadInput for the first thing that does not fit together."""
    for name, price in priced(scenario):
        asset, _, basis = name.partition(".")
        _price(scenario, f"assets.{asset}.price{'.' + basis if basis else ''}", price)
    for asset_section in scenario.assets:
        for n, shock in enumerate(asset_section.shocks):
            if shock.step >= scenario.clock.steps:
                expected = f"less than the run's {scenario.clock.steps} steps"
                raise BadInput(scenario.where, f"assets.{asset_section.name}.shocks.{n}.step", expected, shock.step)
    bases(scenario)
    _groups(scenario)
    if scenario.correlation is not None:
        correlation_matrix(scenario, scenario.correlation)


def _price(scenario: "Scenario", key: str, price: Any) -> None:
    seconds, where = scenario.clock.seconds, scenario.where
    if price.kind in ("csv", "bootstrap"):
        file = scenario.path(price.file)
        rows = read_prices(file, price.column, price.time_column)
        if price.kind == "bootstrap":
            if len(rows) < 2:
                raise BadInput(str(file), "rows", "at least two, which make one return", len(rows))
            if price.time_column is not None:
                table.evenly(rows, seconds, str(file))
    elif price.kind in ("garch", "gjr"):
        if price.seconds % seconds:
            raise BadInput(where, f"{key}.seconds", f"a multiple of a step's {seconds} s", price.seconds)
    elif price.kind in ("merton", "kou"):
        mean = price.jumps_per_year * seconds / YEAR
        if mean > jumps.MOST:
            found = f"{price.jumps_per_year:g}, which is {mean:g} a step"
            raise BadInput(where, f"{key}.jumps_per_year", f"at most {jumps.MOST:g} a step", found)
    elif price.kind == "bridge" and (price.step or 0) >= scenario.clock.steps:
        raise BadInput(where, f"{key}.step", f"less than the run's {scenario.clock.steps} steps", price.step)


def bases(scenario: "Scenario") -> list[Asset]:
    """Staked assets, each after its base; BadInput for an unknown base or a circle."""
    staked = {asset.name: asset for asset in scenario.assets if asset.price.kind == "staked"}
    names = [asset.name for asset in scenario.assets]
    ordered: list[Asset] = []
    for asset in staked.values():
        chain: list[str] = []
        at = asset.name
        while at in staked and staked[at] not in ordered:
            if at in chain:
                circle = " -> ".join([*chain[chain.index(at):], at])
                raise BadInput(scenario.where, f"assets.{at}.price.base", "an asset that does not rest on it", circle)
            chain.append(at)
            price: Any = staked[at].price
            if price.base not in names:
                expected = f"an asset that is declared ({', '.join(names)})"
                raise BadInput(scenario.where, f"assets.{at}.price.base", expected, repr(price.base))
            at = price.base
        ordered += [staked[name] for name in reversed(chain)]
    return ordered


def _groups(scenario: "Scenario") -> None:
    """Assets that draw rows together draw from records of one length with blocks of one length."""
    seen: dict[str, tuple[str, int, float]] = {}
    for name, price in priced(scenario):
        if price.kind != "bootstrap":
            continue
        rows = read_prices(scenario.path(price.file), price.column, price.time_column)
        this = (name, len(rows), price.mean_block)
        first = seen.setdefault(price.group, this)
        if first[1:] != this[1:]:
            expected = f"{first[1]} rows and mean_block {first[2]:g}, as {first[0]} has, or another group"
            found = f"{this[1]} rows and {this[2]:g}"
            raise BadInput(scenario.where, f"assets.{name}.price.group", expected, found)


def correlation_matrix(scenario: "Scenario", section: Correlation) -> tuple[list[str], list[list[float]]]:
    """Names and matrix; BadInput unless it is a correlation matrix of prices that are driven by normals."""
    kinds = {name: price.kind for name, price in priced(scenario)}
    if section.pairs:
        names, rows = _of_pairs(scenario, section, kinds)
    else:
        names, rows = list(section.names), [list(row) for row in section.matrix]
    for n, name in enumerate(names):
        if kinds.get(name) not in DRIVEN:
            driven = ", ".join(name for name, kind in kinds.items() if kind in DRIVEN) or "none is"
            found = f"{name!r}" + (f", whose kind is {kinds[name]!r}" if name in kinds else "")
            raise BadInput(scenario.where, "correlation.names", f"prices driven by normals ({driven})", found)
        if name in names[:n]:
            raise BadInput(scenario.where, "correlation.names", "each name once", f"{name!r} twice")
    _check_matrix(scenario.where, "correlation.pairs" if section.pairs else "correlation.matrix", names, rows)
    return names, rows


def _of_pairs(scenario: "Scenario", section: Correlation, kinds: dict[str, str]) -> tuple[list[str], list[list[float]]]:
    named = [name for pair in section.pairs for name in pair[:2]]
    names = [name for name in kinds if name in named] + [name for name in named if name not in kinds]
    rows = [[float(i == j) for j in range(len(names))] for i in range(len(names))]
    seen = set()
    for n, (one, other, value) in enumerate(section.pairs):
        key = f"correlation.pairs.{n}"
        if not -1.0 <= value <= 1.0:
            raise BadInput(scenario.where, key, "a correlation from -1 to 1", value)
        if one == other:
            raise BadInput(scenario.where, key, "two different names", f"{one!r} twice")
        if frozenset((one, other)) in seen:
            raise BadInput(scenario.where, key, "each pair once", f"{one!r} and {other!r} again")
        seen.add(frozenset((one, other)))
        i, j = names.index(one), names.index(other)
        rows[i][j] = rows[j][i] = value
    return names, rows


def _check_matrix(where: str, key: str, names: list[str], rows: list[list[float]]) -> None:
    size = len(names)
    if len(rows) != size:
        raise BadInput(where, key, f"{size} rows, one a name", len(rows))
    for i, row in enumerate(rows):
        if len(row) != size:
            raise BadInput(where, f"{key}, row {i + 1}", f"{size} numbers, one a name", len(row))
        if row[i] != 1.0:
            raise BadInput(where, f"{key}, row {i + 1}", f"1 for {names[i]} with itself", row[i])
        for j in range(i):
            if row[j] != rows[j][i]:
                expected = f"one value for {names[j]} with {names[i]}"
                raise BadInput(where, f"{key}, row {i + 1}", expected, f"{rows[j][i]} and {row[j]}")
            if not -1.0 <= row[j] <= 1.0:
                raise BadInput(where, f"{key}, row {i + 1}", "correlations from -1 to 1", row[j])
    for n, value in enumerate(eigenvalues(rows), 1):
        if value < NEGATIVE:
            found = f"not positive semi-definite: eigenvalue {value:.4g} (the {_ordinal(n)} of {size})"
            raise BadInput(where, key, "a correlation matrix", found)


def _ordinal(n: int) -> str:
    ending = "th" if 10 <= n % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"
