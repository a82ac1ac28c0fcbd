"""Line charts of a figure by month."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from reports.charts.drawing import BAR, GOAL, GRID, INK, LINK_PREFIX, Mark, draw, nothing_to_show

_MONTH_LABELS = 7  # the most labels on the axis of months


class _Point(NamedTuple):
    """One month of a trend. `value` is None in a month without a figure."""

    month: datetime.date
    value: float | None
    label: str

    def months_after(self, first: _Point) -> int:
        """Return its position on the axis, in months after `first`."""
        return (self.month.year - first.month.year) * 12 + self.month.month - first.month.month


def trend_svg(
    points: Sequence[Mapping[str, Any]],
    *,
    title: str,
    goal: float,
    is_percent: bool = True,
    width: int = 440,
    height: int = 170,
) -> str:
    """Draw a line over the months, one point each, with a dashed line at `goal`; `<svg>` markup for a template (`|safe`).

    A point has `month` (its first day), `value` (percent, or a mean; None without a figure, where the line is
    interrupted) and `label`. Months without a point keep their position on the axis. The first and the last figure are
    printed, and every point has month and figure as tooltip; the page shows them as a table beside the chart.
    """
    marks = tuple(
        _Point(point["month"], None if point["value"] is None else float(point["value"]), point["label"])
        for point in points
    )
    return _trend(marks, title, goal, is_percent, (width, height))


@lru_cache(maxsize=256)
def _trend(points: tuple[_Point, ...], title: str, goal: float, is_percent: bool, size: tuple[int, int]) -> str:
    """Draw the line chart, cached by its arguments."""
    import altair as alt  # heavy: loaded when a chart is drawn

    known = [point for point in points if point.value is not None]
    if not known:
        return nothing_to_show(title)
    first, last = points[0], points[-1].months_after(points[0])
    data: list[dict[str, Any]] = [
        {"at": point.months_after(first), "value": point.value, "link": f"{LINK_PREFIX}{position}"}
        for position, point in enumerate(points)
    ]
    ends = [
        {"at": point.months_after(first), "value": point.value, "label": point.label}
        for point in dict.fromkeys((known[0], known[-1]))
    ]
    every = max(1, -(-(last + 1) // _MONTH_LABELS))
    names = {str(at): _month_name(first.month, at) for at in range(0, last + 1, every)}
    horizontal = alt.X(
        "at:Q",
        title=None,
        scale=alt.Scale(domain=[-0.4, last + 0.4], nice=False, zero=False),
        axis=alt.Axis(
            values=[int(at) for at in names],
            labelExpr=f"{json.dumps(names)}[datum.value]",
            labelOverlap=False,
            grid=False,
            ticks=True,
            domainColor=INK,
        ),
    )
    end = 100.0 if is_percent else 1.1 * max(goal, *(point.value or 0.0 for point in known))
    labels: dict[str, Any] = {"tickCount": 5}
    if is_percent:
        labels = {"labelExpr": "datum.value + '%'", "values": [0, 25, 50, 75, 100]}
    vertical = alt.Y(
        "value:Q",
        title=None,
        scale=alt.Scale(domain=[0, end], nice=False),
        axis=alt.Axis(**labels, gridColor=GRID, domain=False, ticks=False),
    )
    base = alt.Chart(alt.Data(values=data)).encode(x=horizontal)
    layers: list[Any] = [
        base.mark_line(color=BAR, strokeWidth=2, invalid="break-paths-show-domains").encode(y=vertical)
    ]
    if goal < end:
        rule = alt.Chart(alt.Data(values=[{"value": goal}])).encode(y="value:Q")
        layers.append(rule.mark_rule(color=GOAL, strokeDash=[5, 3], strokeWidth=1.5))
    layers.append(base.mark_point(color=BAR, filled=True, size=34, opacity=1).encode(y=vertical, href="link:N"))
    for label in ends:
        named = alt.Chart(alt.Data(values=[label])).encode(x=horizontal, y=vertical, text="label:N")
        # The first figure is left-aligned: centred, it would overlap the labels of the axis.
        is_first_of_many = last > 0 and label["at"] == ends[0]["at"]
        layers.append(named.mark_text(color=INK, dy=-11, align="left" if is_first_of_many else "center"))
    chart = alt.layer(*layers).properties(width=size[0], height=size[1])
    marks = [Mark("", f"{point.month.year}年{point.month.month}月", point.value, point.label, "") for point in points]
    return draw(chart, marks, title)


def _month_name(first: datetime.date, months_later: int) -> str:
    """Return a month as 2018-06, which fits below a point."""
    index = first.year * 12 + first.month - 1 + months_later
    return f"{index // 12}-{index % 12 + 1:02d}"
