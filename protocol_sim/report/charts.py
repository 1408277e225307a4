"""Figures in one style, as plain plotly dictionaries: colours and fonts are the page's, for light and dark.

Floats are made here and only here, for the eye; tables keep the integers.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from protocol_sim.report.content import Figure

Number = int | float | None
# Told apart by colour-blind readers too (after Okabe and Ito 2008), in an order whose neighbours differ in lightness.
COLOURS = ("#2B8CCB", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#999999")


def scaled(values: Sequence[int | None], decimals: int) -> list[float | None]:
    """Integers with `decimals` decimals as floats, for drawing."""
    return [None if value is None else value / 10**decimals for value in values]


def lines(
    title: str,
    x: Sequence[Any],
    series: Mapping[str, Sequence[Number]],
    *,
    x_title: str,
    y_title: str,
    steps: bool = False,
    markers: bool = False,
    levels: Mapping[str, float] | None = None,
    note: str = "",
) -> Figure:
    """Series over a common x; `steps` for values that hold until the next; `levels` are named horizontal lines."""
    data: list[dict[str, Any]] = []
    for n, (name, values) in enumerate(series.items()):
        data.append({
            "type": "scatter",
            "mode": "lines+markers" if markers else "lines",
            "name": name,
            "x": list(x),
            "y": list(values),
            "line": {"color": COLOURS[n % len(COLOURS)], "width": 2, "shape": "hv" if steps else "linear"},
            "marker": {"size": 5},
        })
    return Figure(title, tuple(data), _layout(x_title, y_title, len(data) > 1, levels or {}), note)


def bars(
    title: str,
    names: Sequence[str],
    series: Mapping[str, Sequence[Number]],
    *,
    y_title: str,
    levels: Mapping[str, float] | None = None,
    note: str = "",
) -> Figure:
    """Groups of bars, one group a name."""
    data = tuple(
        {"type": "bar", "name": name, "x": list(names), "y": list(values),
         "marker": {"color": COLOURS[n % len(COLOURS)]}}
        for n, (name, values) in enumerate(series.items())
    )
    return Figure(title, data, _layout("", y_title, len(data) > 1, levels or {}) | {"barmode": "group"}, note)


def points(
    title: str,
    series: Mapping[str, Sequence[tuple[float, float, str]]],
    *,
    x_title: str,
    y_title: str,
    joined: Collection[str] = (),
    note: str = "",
) -> Figure:
    """Series of (x, y, label): marks in a plane; those `joined` also have a line, in the order of x."""
    data: list[dict[str, Any]] = []
    for n, (name, rows) in enumerate(series.items()):
        rows = sorted(rows, key=lambda row: row[0]) if name in joined else rows
        data.append({
            "type": "scatter", "mode": "lines+markers" if name in joined else "markers", "name": name,
            "x": [row[0] for row in rows], "y": [row[1] for row in rows], "text": [row[2] for row in rows],
            "hovertemplate": "%{text}<br>%{x:,}, %{y:,}<extra>%{fullData.name}</extra>",
            "marker": {"color": COLOURS[n % len(COLOURS)], "size": 7 if n == 0 else 10,
                       "symbol": ("circle", "diamond", "star", "square", "x")[n % 5]},
            "line": {"color": COLOURS[n % len(COLOURS)], "width": 1.5},
        })
    layout = _layout(x_title, y_title, True, {}) | {"hovermode": "closest"}
    return Figure(title, tuple(data), layout, note)


def intervals(
    title: str, rows: Sequence[tuple[str, float, float, float]], *, x_title: str, note: str = ""
) -> Figure:
    """Rows of (name, value, low, high): a mark and its interval on a line each, the first on top."""
    turned = list(reversed(rows))
    data = {
        "type": "scatter", "mode": "markers", "x": [value for _, value, _, _ in turned],
        "y": [name for name, _, _, _ in turned], "marker": {"color": COLOURS[0], "size": 9},
        "error_x": {
            "type": "data", "symmetric": False, "thickness": 2, "color": COLOURS[0],
            "array": [high - value for _, value, _, high in turned],
            "arrayminus": [value - low for _, value, low, _ in turned],
        },
    }
    layout = _layout(x_title, "", False, {}) | {"hovermode": "closest"}
    return Figure(title, (data,), layout, note)


def band(
    title: str, x: Sequence[Any], values: Sequence[float], low: Sequence[Number], high: Sequence[Number], *,
    x_title: str, y_title: str, logarithmic: bool = False, note: str = "",
) -> Figure:
    """A line inside the band of its interval; where an end is None the band is open."""
    edge = {"type": "scatter", "mode": "lines", "x": list(x), "line": {"width": 0, "color": COLOURS[0]},
            "hoverinfo": "skip", "showlegend": False}
    fill = {"fill": "tonexty", "fillcolor": "rgba(43, 140, 203, 0.18)"}
    data = (
        {**edge, "name": "low", "y": list(low)},
        {**edge, "name": "interval", "y": list(high), **fill},
        {"type": "scatter", "mode": "lines+markers", "name": "estimate", "x": list(x), "y": list(values),
         "line": {"color": COLOURS[0], "width": 2}, "marker": {"size": 6}},
    )
    layout = _layout(x_title, y_title, False, {})
    layout["xaxis"] = {**layout["xaxis"], **({"type": "log"} if logarithmic else {})}
    return Figure(title, data, layout, note)


def _layout(x_title: str, y_title: str, legend: bool, levels: Mapping[str, float]) -> dict[str, Any]:
    return {
        "xaxis": {"title": {"text": x_title}, "automargin": True},
        "yaxis": {"title": {"text": y_title}, "automargin": True},
        "showlegend": legend,
        "shapes": [
            {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": y, "y1": y,
             "line": {"dash": "dash", "width": 1.5}}
            for y in levels.values()
        ],
        "annotations": [
            {"text": text, "xref": "paper", "x": 0, "y": y, "xanchor": "left", "yanchor": "bottom", "showarrow": False}
            for text, y in levels.items()
        ],
    }
