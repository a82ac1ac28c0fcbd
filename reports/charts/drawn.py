"""Charts of pages as HTML with fluid SVG: bars, the map of the counties, and lines by month (docs/adr/0020).

Positions are in percent and text keeps its size, so the same markup is legible at any width: on a narrow screen names
stand above their bars and the map becomes a list. Each figure is text beside its mark, and its standing is a word as
well as a colour. Nothing is drawn with a script or an inline style, and there is no `id` that could repeat on a page.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any, NamedTuple

from django.template.loader import render_to_string

from changzhi_portal.percent import percent_text
from reports.charts.tiles import places_of, short_name
from reports.standing import Standing

_WHOLE = 100.0
_ROOM_ABOVE = 1.1  # of a scale of numbers, above its largest


class Bar(NamedTuple):
    """One division: `length` in percent of the scale."""

    name: str
    url: str
    length: str
    label: str
    standing: Standing


class Line(NamedTuple):
    """A line across all bars, in percent of the scale, with its name."""

    at: str
    name: str


def rate_bars(rows: Sequence[Mapping[str, Any]], *, title: str, average: Decimal | None) -> str:
    """Return bars of rates with the highest first; a row has `name`, `percent` (or None), `label`, `url`, `standing`.

    `average` draws a line at that percentage, named with it.
    """
    ordered = sorted(rows, key=lambda row: (row["percent"] is None, -(row["percent"] or 0)))
    bars = [_bar(row, row["percent"], _WHOLE) for row in ordered]
    line = None if average is None else Line(f"{average:.1f}%", f"平均{percent_text(average)}")
    return _bars(bars, title, line)


def amount_bars(
    rows: Sequence[Mapping[str, Any]], *, title: str, at_least: float | None, at_most: float | None = None
) -> str:
    """Return bars of numbers with the largest first, and a line at `at_least`, the target's minimum.

    Of a target that only asks for a maximum, `at_least` is None and the line is at `at_most`. A row has `name`, `value` (or
    None), `label`, `url` and `standing`.
    """
    bound, name = (at_most, "上限") if at_least is None and at_most is not None else (at_least or 0.0, "下限")
    end = max([float(row["value"] or 0) for row in rows] + [bound, 1.0]) * _ROOM_ABOVE
    ordered = sorted(rows, key=lambda row: (row["value"] is None, -(row["value"] or 0)))
    bars = [_bar(row, row["value"], end) for row in ordered]
    return _bars(bars, title, Line(_share(bound, end), name))


def county_map(rows: Sequence[Mapping[str, Any]], *, title: str) -> str:
    """Return the schematic map of the counties, a list on narrow screens; a row is that of `rate_bars`, with `code`."""
    tiles = [
        {
            "name": row["name"],
            "short_name": short_name(row["name"]),
            "url": row["url"],
            "figure": percent_text(row["percent"]),
            "standing": row["standing"],
            "column": column,
            "row": line,
        }
        for row, (column, line) in zip(rows, places_of([row["code"] for row in rows]), strict=True)
    ]
    return render_to_string("reports/charts/map.html", {"map_tiles": tiles, "chart_title": title})


def _bar(row: Mapping[str, Any], figure: Any, end: float) -> Bar:
    return Bar(row["name"], row["url"], _share(float(figure or 0), end), row["label"], row["standing"])


def _bars(bars: Sequence[Bar], title: str, line: Line | None) -> str:
    return render_to_string("reports/charts/bars.html", {"bars": bars, "chart_title": title, "line": line})


def _share(figure: float, end: float) -> str:
    """Return a position in percent of the scale."""
    return f"{_WHOLE * figure / end:.1f}%"


# --- Lines by month ---

_LEFT, _RIGHT = 11.0, 97.0  # percent of the width that the points take
_TOP, _BOTTOM = 22.0, 172.0  # pixels
_HEIGHT = 196  # pixels, with the names of the months
_MONTH_LABELS = 7  # the most names of months; a narrow screen hides every other one


class _Dot(NamedTuple):
    """A month's figure where it is drawn."""

    x: str
    y: str
    name: str
    label: str


def trend_lines(
    points: Sequence[Mapping[str, Any]], *, title: str, goal: float, standard: str, is_percent: bool
) -> str:
    """Return a line over the months with a dashed one at `goal`, named `standard`; "" without a figure.

    A point has `month` (its first day), `value` (percent or mean; None without a figure, where the line is interrupted)
    and `label`. Months without a point keep their place. The first and the last figure are printed; the table beside
    the chart has all of them.
    """
    known = [point for point in points if point["value"] is not None]
    if not known:
        return ""
    first = points[0]["month"]
    last = _months_between(first, points[-1]["month"])
    end = _WHOLE if is_percent else _ROOM_ABOVE * max(goal, *(float(point["value"]) for point in known))

    def across(month: datetime.date) -> str:
        return f"{_across(_months_between(first, month), last):.2f}%"

    def down(figure: float) -> str:
        return f"{_BOTTOM - (_BOTTOM - _TOP) * figure / end:.1f}"

    dots = [
        None
        if point["value"] is None
        else _Dot(across(point["month"]), down(float(point["value"])), _month_in_words(point["month"]), point["label"])
        for point in points
    ]
    drawn = [dot for dot in dots if dot is not None]
    steps = [end * quarter / 4 for quarter in range(5)]
    return render_to_string(
        "reports/charts/trend.html",
        {
            "chart_title": title,
            "height": _HEIGHT,
            "grid": [{"y": down(step), "name": f"{step:.0f}%" if is_percent else f"{step:.1f}"} for step in steps],
            "goal": {"y": down(goal), "name": standard} if goal < end else None,
            "segments": [(one, other) for one, other in pairwise(dots) if one and other],
            "dots": drawn,
            "newest": drawn[-1],
            "oldest": drawn[0] if len(drawn) > 1 else None,
            "month_names": _month_names(first, last),
        },
    )


def _months_between(first: datetime.date, month: datetime.date) -> int:
    return (month.year - first.year) * 12 + month.month - first.month


def _across(at: int, last: int) -> float:
    """Return where the month is drawn, in percent of the width; a single month in the middle."""
    return (_LEFT + _RIGHT) / 2 if not last else _LEFT + (_RIGHT - _LEFT) * at / last


def _month_names(first: datetime.date, last: int) -> list[dict[str, Any]]:
    """Return the names below the axis as 2018-06, with their places."""
    every = max(1, -(-(last + 1) // _MONTH_LABELS))
    names = []
    for position, at in enumerate(range(0, last + 1, every)):
        index = first.year * 12 + first.month - 1 + at
        name = f"{index // 12}-{index % 12 + 1:02d}"
        names.append(
            {"x": f"{_across(at, last):.2f}%", "name": name, "is_spare": position % 2 == 1, "is_last": at == last}
        )
    return names


def _month_in_words(month: datetime.date) -> str:
    return f"{month.year}年{month.month}月"
