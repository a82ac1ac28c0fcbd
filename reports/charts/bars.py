"""Horizontal bar charts with one bar per division."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from changzhi_portal.percent import percent_text
from reports.charts.drawing import BAR, GOAL, GRID, INK, LINK_PREFIX, Mark, draw, mark_of, nothing_to_show

_LABEL_EM = 9  # upper bound of the average width of a label's characters in pixels


class _Axis(NamedTuple):
    """The axis of a bar chart: end of the scale, grid lines (empty: chosen by Vega), number format of the labels."""

    end: float
    values: tuple[float, ...]
    format: str


class _Line(NamedTuple):
    """A dashed line across all bars, with its label."""

    at: float
    name: str


_RATE_AXIS = _Axis(1.0, (0, 0.25, 0.5, 0.75, 1), ".0%")


def rate_by_division_svg(
    rows: Sequence[Mapping[str, Any]],
    *,
    title: str,
    average: float | Decimal | None = None,
    width: int = 440,
) -> str:
    """Draw horizontal bars of rates, one per division in the given order; `<svg>` markup for a template (`|safe`).

    A row has `name`, `percent` (the rate as `changzhi_portal.percent` rounds it, or None if nothing was judged) and
    optionally `url` and `label` (the text beside the bar, by default the rate). `average` draws a dashed line at that
    percentage, labelled with it. `width` is that of the bars alone, in pixels.
    """
    marks = tuple(mark_of(row) for row in rows)
    if average is None:
        return _bars(marks, title, _RATE_AXIS, None, width)
    line = _Line(float(average) / 100, f"平均{percent_text(average)}")
    return _bars(marks, title, _RATE_AXIS, line, width)


def amount_by_division_svg(
    rows: Sequence[Mapping[str, Any]], *, title: str, at_least: float | None = None, width: int = 440
) -> str:
    """Draw horizontal bars of numbers, one per division, with a dashed line at `at_least`, a target's minimum.

    A row has `name`, `value` and `label`, and optionally `url`. Returns `<svg>` markup.
    """
    marks = tuple(
        Mark(str(row["name"]), str(row["name"]), float(row["value"]), row["label"], str(row.get("url") or ""))
        for row in rows
    )
    largest = max([mark.rate or 0.0 for mark in marks] + [float(at_least or 0), 1.0])
    axis = _Axis(largest * 1.1, (), ",d")
    return _bars(marks, title, axis, None if at_least is None else _Line(float(at_least), "下限"), width)


@lru_cache(maxsize=256)
def _bars(marks: tuple[Mark, ...], title: str, axis: _Axis, line: _Line | None, width: int) -> str:
    """Draw the bar chart. Cached, because drawing takes about 70 ms and depends only on the arguments."""
    import altair as alt  # heavy: loaded when a chart is drawn

    if not marks:
        return nothing_to_show(title)
    data = [
        # Names may repeat, so rows are identified by their position.
        {
            "row": str(position),
            "rate": mark.rate or 0.0,
            "label": mark.label,
            "label_at": _label_position(mark, axis, line, width),
            "link": f"{LINK_PREFIX}{position}",
        }
        for position, mark in enumerate(marks)
    ]
    names = {str(position): mark.name for position, mark in enumerate(marks)}
    vertical = alt.Y(
        "row:N",
        sort=list(names),
        title=None,
        axis=alt.Axis(
            labelExpr=f"{json.dumps(names)}[datum.value]",
            ticks=False,
            domainColor=INK,
            labelLimit=200,
            labelPadding=6,
        ),
    )
    ticks: dict[str, Any] = {"values": list(axis.values)} if axis.values else {"tickMinStep": 1}
    horizontal = alt.X(
        "rate:Q",
        title=None,
        scale=alt.Scale(domain=[0, axis.end]),
        axis=alt.Axis(**ticks, format=axis.format, gridColor=GRID, domain=False, ticks=False),
    )
    base = alt.Chart(alt.Data(values=data)).encode(y=vertical)
    layers: list[Any] = [
        base.mark_bar(color=BAR, height={"band": 0.68}).encode(x=horizontal, href="link:N"),
    ]
    if line is not None:
        layers += _dashed_line(line)
    layers.append(base.mark_text(align="left", dx=5, color=INK).encode(x="label_at:Q", text="label:N"))
    chart = alt.layer(*layers).properties(width=width, height=alt.Step(21))
    return draw(chart, marks, title)


def _label_position(mark: Mark, axis: _Axis, line: _Line | None, width: int) -> float:
    """Return where the label of a bar begins: at its end, or after the dashed line if that would cross the label."""
    end = mark.rate or 0.0
    reach = end + (_LABEL_EM * len(mark.label) + 5) / width * axis.end
    return line.at if line is not None and end < line.at < reach else end


def _dashed_line(line: _Line) -> list[Any]:
    """Return the layers of the line and of its label above it."""
    import altair as alt  # heavy: loaded when a chart is drawn

    data = alt.Chart(alt.Data(values=[{"rate": line.at, "label": line.name}])).encode(x="rate:Q")
    return [
        data.mark_rule(color=GOAL, strokeDash=[5, 3], strokeWidth=1.5),
        data.mark_text(color=GOAL, baseline="bottom", y=0, dy=-3).encode(text="label:N"),
    ]
