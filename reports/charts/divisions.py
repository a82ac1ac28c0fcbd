"""Bars of divisions as one SVG, for the briefing on paper and on its page: small, with each figure as text beside its bar.

Two columns on paper, one on the screen of a phone, so that thirteen counties take four lines of text. Legible in black and
white: what is not reported is an empty dashed bar, and the average a dashed line. All text is escaped here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.utils.html import escape

from reports.charts.drawing import BAR, GOAL, GRID, INK, SHOWN_IN

WIDE, NARROW = 442.0, 300.0  # points: the text block of a page; the screen of a phone
_COLUMNS, _BETWEEN = 2, 22.0
_PITCH, _BAR, _TOP, _BOTTOM = 13.0, 7.5, 13.0, 3.0
_TEXT = 9.0
_LONGEST_NAME = 9  # characters; a longer name is cut, and whole in the text for those who cannot see
_ROOM_FOR_LABEL = 44.0


class Bar(NamedTuple):
    """A division: `share` is the length of its bar (0 to 1), None where nothing is known; `label` its figure."""

    name: str
    share: float | None
    label: str


class Line(NamedTuple):
    """A dashed line across the bars, with its name."""

    share: float
    label: str


def wide_bars(bars: Sequence[Bar], line: Line | None, text: str) -> str:
    """Return `<svg>` markup as wide as the text block, in two columns if there are more than three bars."""
    return _bars(bars, line, text, WIDE, _COLUMNS if len(bars) > 3 else 1)


def narrow_bars(bars: Sequence[Bar], line: Line | None, text: str) -> str:
    """Return `<svg>` markup of one column for a narrow screen."""
    return _bars(bars, line, text, NARROW, 1)


def _bars(bars: Sequence[Bar], line: Line | None, text: str, width: float, columns: int) -> str:
    rows = -(-len(bars) // columns)
    height = _TOP + rows * _PITCH + _BOTTOM
    room = (width - _BETWEEN * (columns - 1)) / columns
    names = max((min(len(bar.name), _LONGEST_NAME) for bar in bars), default=0) * _TEXT + 5
    drawn = [
        _column(bars[start : start + rows], line, column * (room + _BETWEEN), names, room - names - _ROOM_FOR_LABEL)
        for column, start in enumerate(range(0, len(bars), rows))
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="division-bars" role="img" viewBox="0 0 {width:g} {height:g}"'
        f' width="{width * 4 / 3:.0f}" height="{height * 4 / 3:.0f}" font-family="{SHOWN_IN}" font-size="{_TEXT:g}"'
        f' fill="{INK}"><title>{escape(text)}</title>{"".join(drawn)}</svg>'
    )


def _column(bars: Iterable[Bar], line: Line | None, left: float, names: float, length: float) -> str:
    start = left + names
    marks = []
    top = _TOP
    for bar in bars:
        base, middle = top + _PITCH - 3.6, top + (_PITCH - _BAR) / 2
        name = bar.name if len(bar.name) <= _LONGEST_NAME else f"{bar.name[: _LONGEST_NAME - 1]}…"
        marks.append(f'<text x="{start - 5:.1f}" y="{base:.1f}" text-anchor="end">{escape(name)}</text>')
        if bar.share is None:
            marks.append(
                f'<rect x="{start:.1f}" y="{middle:.1f}" width="{length:.1f}" height="{_BAR:g}" fill="none"'
                f' stroke="{GRID}" stroke-dasharray="2 2"/>'
            )
        elif bar.share > 0:
            marks.append(
                f'<rect x="{start:.1f}" y="{middle:.1f}" width="{length * bar.share:.1f}" height="{_BAR:g}" fill="{BAR}"/>'
            )
        end = start + (length if bar.share is None else length * bar.share)
        marks.append(
            f'<text x="{_label_at(end, start, length, bar, line):.1f}" y="{base:.1f}">{escape(bar.label)}</text>'
        )
        top += _PITCH
    axis = f'<path d="M{start:.1f} {_TOP:g}V{top:g}" stroke="{INK}" stroke-width="0.6"/>'
    return "".join(marks) + axis + (_dashed(line, start + length * line.share, top, left) if line else "")


def _label_at(end: float, start: float, length: float, bar: Bar, line: Line | None) -> float:
    """Return where the figure begins: at the end of its bar, or behind the dashed line if that would cross it."""
    at = start + length * line.share if line else 0
    reach = end + 3 + _TEXT * 0.58 * len(bar.label)
    return at + 3 if line and bar.share is not None and end <= at < reach else end + 3


def _dashed(line: Line, at: float, bottom: float, left: float) -> str:
    middle = max(at, left + _TEXT * 0.35 * len(line.label))
    return (
        f'<path d="M{at:.1f} {_TOP - 2:g}V{bottom:g}" stroke="{GOAL}" stroke-width="0.9" stroke-dasharray="3 2"/>'
        f'<text x="{middle:.1f}" y="{_TOP - 4:g}" text-anchor="middle" font-size="8" fill="{GOAL}">{escape(line.label)}</text>'
    )
