"""A small line over twelve months as SVG, for the summary page of a briefing, on paper and on the page alike.

Months keep their place; the line is interrupted where a month has no figure and where the target judged otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from django.utils.html import escape

from periods.models import month_after, parse_month
from reports.charts.drawing import BAR, GRID, INK
from reports.progress import MONTHS_OF_TRENDS
from reports.stored_figures import TrendPoint

_WIDTH, _HEIGHT = 90.0, 20.0  # points
_SIDE, _TOP, _BOTTOM = 3.0, 4.0, 16.0


def sparkline(points: Sequence[TrendPoint], *, month: str, text: str, least_range: float) -> str:
    """Return `<svg>` markup of the points up to `month` (2018-06); "" without two figures.

    `least_range` is what the height shows at least, so that a change of a hundredth does not look like a leap. `text` says
    the same in words.
    """
    last = parse_month(month)
    places = {f"{month_after(last, at + 1 - MONTHS_OF_TRENDS):%Y-%m}": at for at in range(MONTHS_OF_TRENDS)}
    known = [point for point in points if point.value is not None and point.month in places]
    if len(known) < 2:
        return ""
    values = [point.value or 0 for point in known]
    middle, height = (max(values) + min(values)) / 2, max(max(values) - min(values), least_range)
    drawn = {point.month: _place(places[point.month], point.value or 0, middle, height) for point in known}
    lines = [
        (drawn[one.month], drawn[other.month])
        for one, other in pairwise(points)
        if one.month in drawn
        and other.month in drawn
        and not other.starts_anew
        and places[other.month] - places[one.month] == 1
    ]
    joined = {place for line in lines for place in line}
    marks = [f'<path d="M{_SIDE:g} {_BOTTOM + 2:g}H{_WIDTH - _SIDE:g}" stroke="{GRID}" stroke-width="0.6"/>']
    marks += [f'<path d="M{one}L{other}" stroke="{BAR}" stroke-width="1.4" fill="none"/>' for one, other in lines]
    marks += [_dot(place, 1.2, BAR) for place in drawn.values() if place not in joined]
    marks.append(_dot(drawn[known[-1].month], 2.0, INK))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="sparkline" role="img" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}"'
        f' width="{_WIDTH * 4 / 3:g}" height="{_HEIGHT * 4 / 3:.1f}"><title>{escape(text)}</title>{"".join(marks)}</svg>'
    )


def _place(at: int, value: float, middle: float, height: float) -> str:
    across = _SIDE + (_WIDTH - 2 * _SIDE) * at / (MONTHS_OF_TRENDS - 1)
    down = (_TOP + _BOTTOM) / 2 - (value - middle) / height * (_BOTTOM - _TOP)
    return f"{across:.1f} {down:.1f}"


def _dot(place: str, radius: float, colour: str) -> str:
    across, down = place.split()
    return f'<circle cx="{across}" cy="{down}" r="{radius:g}" fill="{colour}"/>'
