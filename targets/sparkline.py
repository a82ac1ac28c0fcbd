"""A small line of a figure over the months, as the coordinates of an SVG that a template draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from changzhi_portal.display import display_number
from targets.standing import Point

WIDTH, HEIGHT, MARGIN = 120, 28, 3


@dataclass(frozen=True)
class Sparkline:
    """The line: `lines` of points "x,y x,y", interrupted where a month has no figure; the last point; the bound's height."""

    lines: tuple[str, ...]
    last: tuple[float, float] | None
    bound: float
    text: str
    width: int = WIDTH
    height: int = HEIGHT


def sparkline(points: Sequence[Point], *, bound: Decimal, unit: str) -> Sparkline | None:
    """Return the line over the points, oldest first; None with fewer than two figures.

    The scale begins at 0 and ends at the largest figure or the bound. `text` says the same in words.
    """
    known = [point for point in points if point.value is not None]
    if len(known) < 2:
        return None
    values = [point.value or Decimal(0) for point in known]
    top = max([*values, bound, Decimal(1)])
    step = (WIDTH - 2 * MARGIN) / max(len(points) - 1, 1)

    def place(index: int, value: Decimal) -> tuple[float, float]:
        return round(MARGIN + index * step, 1), round(HEIGHT - MARGIN - float(value / top) * (HEIGHT - 2 * MARGIN), 1)

    lines: list[list[str]] = [[]]
    last = None
    for index, point in enumerate(points):
        if point.value is None:
            lines.append([])
            continue
        last = place(index, point.value)
        lines[-1].append(f"{last[0]},{last[1]}")
    first, newest = known[0], known[-1]
    text = (
        f"{first.month.year}年{first.month.month}月至{newest.month.year}年{newest.month.month}月："
        f"从{display_number(first.value)}{unit}到{display_number(newest.value)}{unit}，"
        f"最低{display_number(min(values))}{unit}，最高{display_number(max(values))}{unit}"
    )
    return Sparkline(tuple(" ".join(line) for line in lines if line), last, place(0, bound)[1], text)
