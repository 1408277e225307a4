"""Figures in one style, as plain plotly dictionaries: colours and fonts are the page's, for light and dark.

Floats are made here and only here, for the eye; tables keep the integers.
"""

from collections.abc import Mapping, Sequence
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
