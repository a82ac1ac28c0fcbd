"""Charts for pages and print: Vega-Lite specs declared with Altair, drawn to SVG in process by vl-convert.

The same picture goes into the page and into the PDF. There is no chart JavaScript: links are SVG `<a>`, what a pointer
hovers over is named by `<title>`. No inline style (the Content-Security-Policy forbids it). One hue, light to dark, and
every value printed beside its mark, so nothing is lost on a black-and-white printer or to a colour-blind reader.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element, SubElement, tostring

import altair as alt
import vl_convert
from defusedxml.ElementTree import fromstring
from django.conf import settings

from reports.percent import percent_of_rate

_SVG = "http://www.w3.org/2000/svg"
_XLINK_HREF = "{http://www.w3.org/1999/xlink}href"

# Text is measured with this font out of FONT_DIR (small, so three times faster than Noto CJK; every Chinese character
# is one em wide in both) and shown in whatever the reader has of these.
_MEASURED_IN = "FandolFang"
_SHOWN_IN = "Noto Sans CJK SC, Microsoft YaHei, PingFang SC, sans-serif"
# Vega's loader takes a bare path for a file of its own site, so links travel as numbers under a name that cannot exist.
_LINK_PREFIX = "https://link.invalid/"

_INK = "#1d273b"
_BAR = "#31688e"
_GRID = "#d7dce2"
_AVERAGE = "#9a3412"
# From light to dark in equal steps of 20 %; grey values stay apart in print.
_SHADES = ("#eef3f7", "#c6d9e6", "#8fb6cf", "#4f8bb0", "#1f5f8b")
_DARK_SHADES = frozenset(_SHADES[3:])

# Where a county lies among its neighbours: column and row of a schematic grid (no boundaries: those need a 审图号).
# Districts of 2018-11-23 stand where the county they continue stood.
COUNTY_TILES: dict[str, tuple[int, int]] = {
    "140431": (0, 0),  # 沁源县
    "140430": (1, 0),  # 沁县
    "140429": (2, 0),  # 武乡县
    "140426": (3, 0),  # 黎城县
    "140424": (0, 1),  # 屯留县
    "140405": (0, 1),  # 屯留区
    "140423": (1, 1),  # 襄垣县
    "140481": (2, 1),  # 潞城市
    "140406": (2, 1),  # 潞城区
    "140425": (3, 1),  # 平顺县
    "140428": (0, 2),  # 长子县
    "140471": (1, 2),  # 高新区
    "140402": (2, 2),  # 城区
    "140403": (2, 2),  # 潞州区
    "140427": (3, 2),  # 壶关县
    "140421": (1, 3),  # 长治县
    "140404": (1, 3),  # 上党区
    "140411": (2, 3),  # 郊区
}
_LABEL_EM = 9  # pixels a character of a label takes, at most on average
_TILE_COLUMNS = 4
_TILE_CHARACTERS = 8


class _Mark(NamedTuple):
    """One row of a chart as it is drawn. `rate` is what the bar measures, None when nothing was judged."""

    code: str
    name: str
    rate: float | None
    label: str
    url: str

    @property
    def description(self) -> str:
        """What a screen reader says and a pointer shows."""
        return f"{self.name}：{self.label}"


class _Axis(NamedTuple):
    """How far a bar chart's scale reaches, where it has lines (empty: as Vega likes) and how numbers stand there."""

    end: float
    values: tuple[float, ...]
    format: str


class _Line(NamedTuple):
    """A dashed line across all bars, and what it is called."""

    at: float
    name: str


_RATE_AXIS = _Axis(1.0, (0, 0.25, 0.5, 0.75, 1), ".0%")


def rate_by_division_svg(
    rows: Sequence[Mapping[str, Any]],
    *,
    title: str,
    average: float | Decimal | None = None,
    average_name: str = "",
    width: int = 440,
) -> str:
    """Horizontal bars, one a division, in the order given; `<svg>` markup for a template (`|safe`).

    A row has `name`, `rate` (a fraction of 1, or None: nothing judged) and optionally `url` and `label` (the text beside
    the bar, default the rate in percent). `average` draws a dashed line at that fraction, called `average_name`
    (default 平均 and the percentage). `width` is that of the bars alone, in pixels.
    """
    marks = tuple(_mark(row) for row in rows)
    if average is None:
        return _bars(marks, title, _RATE_AXIS, None, width)
    line = _Line(float(average), average_name or f"平均{percent_of_rate(average)}%")
    return _bars(marks, title, _RATE_AXIS, line, width)


def amount_by_division_svg(
    rows: Sequence[Mapping[str, Any]], *, title: str, at_least: float | None = None, width: int = 440
) -> str:
    """Horizontal bars of a count or an amount, one a division; a dashed line at `at_least`, what a target asks for.

    A row has `name`, `value` and `label`, and optionally `url`.
    """
    marks = tuple(
        _Mark(str(row["name"]), str(row["name"]), float(row["value"]), row["label"], str(row.get("url") or ""))
        for row in rows
    )
    largest = max([mark.rate or 0.0 for mark in marks] + [float(at_least or 0), 1.0])
    axis = _Axis(largest * 1.1, (), "d")
    return _bars(marks, title, axis, None if at_least is None else _Line(float(at_least), "下限"), width)


def county_tiles_svg(rows: Sequence[Mapping[str, Any]], *, title: str) -> str:
    """A schematic map of the counties, one tile each, darker with a higher rate; `<svg>` markup for a template.

    A row has `code`, `name`, `rate` (a fraction of 1 or None) and optionally `url` and `label`. Divisions without a
    place on the grid follow in rows below it.
    """
    return _tiles(tuple(_mark(row) for row in rows), title)


def _mark(row: Mapping[str, Any]) -> _Mark:
    rate = None if row.get("rate") is None else float(row["rate"])
    label = row.get("label") or ("无参评单位" if rate is None else f"{percent_of_rate(row['rate'])}%")
    return _Mark(str(row.get("code") or row["name"]), str(row["name"]), rate, label, str(row.get("url") or ""))


@lru_cache(maxsize=256)
def _bars(marks: tuple[_Mark, ...], title: str, axis: _Axis, line: _Line | None, width: int) -> str:
    """The bar chart. Drawing takes some 70 ms and depends on nothing but its arguments, hence the cache."""
    if not marks:
        return _nothing_to_show(title)
    data = [
        # Names may repeat, so rows are told apart by their position.
        {
            "row": str(position),
            "rate": mark.rate or 0.0,
            "label": mark.label,
            "label_at": _label_position(mark, axis, line, width),
            "link": f"{_LINK_PREFIX}{position}",
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
            domainColor=_INK,
            labelLimit=200,
            labelPadding=6,
        ),
    )
    ticks: dict[str, Any] = {"values": list(axis.values)} if axis.values else {"tickMinStep": 1}
    horizontal = alt.X(
        "rate:Q",
        title=None,
        scale=alt.Scale(domain=[0, axis.end]),
        axis=alt.Axis(**ticks, format=axis.format, gridColor=_GRID, domain=False, ticks=False),
    )
    base = alt.Chart(alt.Data(values=data)).encode(y=vertical)
    layers: list[Any] = [
        base.mark_bar(color=_BAR, height={"band": 0.68}).encode(x=horizontal, href="link:N"),
    ]
    if line is not None:
        layers += _dashed_line(line)
    layers.append(base.mark_text(align="left", dx=5, color=_INK).encode(x="label_at:Q", text="label:N"))
    chart = alt.layer(*layers).properties(width=width, height=alt.Step(21))
    return _draw(chart, marks, title)


def _label_position(mark: _Mark, axis: _Axis, line: _Line | None, width: int) -> float:
    """Where the label of a bar begins: at the bar's end, or behind the dashed line if that would strike it through."""
    end = mark.rate or 0.0
    reach = end + (_LABEL_EM * len(mark.label) + 5) / width * axis.end
    return line.at if line is not None and end < line.at < reach else end


def _dashed_line(line: _Line) -> list[alt.Chart]:
    """The line, with its name above it."""
    data = alt.Chart(alt.Data(values=[{"rate": line.at, "label": line.name}])).encode(x="rate:Q")
    return [
        data.mark_rule(color=_AVERAGE, strokeDash=[5, 3], strokeWidth=1.5),
        data.mark_text(color=_AVERAGE, baseline="bottom", y=0, dy=-3).encode(text="label:N"),
    ]


@lru_cache(maxsize=64)
def _tiles(marks: tuple[_Mark, ...], title: str) -> str:
    """The schematic map."""
    if not marks:
        return _nothing_to_show(title)
    data: list[dict[str, Any]] = []
    for position, (mark, (column, row)) in enumerate(zip(marks, _places(marks), strict=True)):
        shade = "#ffffff" if mark.rate is None else _SHADES[min(int(mark.rate * len(_SHADES)), len(_SHADES) - 1)]
        data.append(
            {
                "column": column,
                "row": row,
                "name": _short(mark.name),
                "label": "—" if mark.rate is None else mark.label,
                "shade": shade,
                "ink": "#ffffff" if shade in _DARK_SHADES else _INK,
                "link": f"{_LINK_PREFIX}{position}",
            }
        )
    rows = 1 + max(place["row"] for place in data)
    base = alt.Chart(alt.Data(values=data)).encode(
        x=alt.X("column:O", axis=None, scale=alt.Scale(domain=list(range(_TILE_COLUMNS)), paddingInner=0.04)),
        y=alt.Y("row:O", axis=None, scale=alt.Scale(domain=list(range(rows)), paddingInner=0.06)),
    )
    fill = alt.Color("shade:N", scale=None, legend=None)
    ink = alt.Color("ink:N", scale=None, legend=None)
    chart = alt.layer(
        base.mark_rect(stroke="#5b6b7f", strokeWidth=1, cornerRadius=3).encode(color=fill, href="link:N"),
        base.mark_text(dy=-9, fontSize=13).encode(text="name:N", color=ink),
        base.mark_text(dy=11, fontSize=14, fontWeight="bold").encode(text="label:N", color=ink),
    ).properties(width=alt.Step(112), height=alt.Step(62))
    return _draw(chart, marks, title)


def _short(name: str) -> str:
    """A name that fits a tile: 山西长治高新技术产业园区 → 高新技术产业园区."""
    if len(name) > _TILE_CHARACTERS:
        name = name.removeprefix("山西").removeprefix("长治")
    return name if len(name) <= _TILE_CHARACTERS else f"{name[: _TILE_CHARACTERS - 1]}…"


def _places(marks: Sequence[_Mark]) -> list[tuple[int, int]]:
    """Column and row of each mark; those without a place of their own, or whose place is taken, come below the grid."""
    taken: set[tuple[int, int]] = set()
    places: list[tuple[int, int] | None] = []
    for mark in marks:
        place = COUNTY_TILES.get(mark.code)
        places.append(None if place in taken else place)
        if place is not None:
            taken.add(place)
    below = 1 + max((row for _, row in taken), default=-1)
    number_without = 0
    found: list[tuple[int, int]] = []
    for place in places:
        if place is None:
            place = (number_without % _TILE_COLUMNS, below + number_without // _TILE_COLUMNS)
            number_without += 1
        found.append(place)
    return found


def _nothing_to_show(title: str) -> str:
    """A chart of no rows: one line that says so."""
    root = Element("svg", {"viewBox": "0 0 440 40", "width": "440", "height": "40"})
    note = SubElement(root, "text", {"x": "4", "y": "25", "font-size": "12px", "fill": _INK, "font-family": _SHOWN_IN})
    note.text = "暂无数据"
    _name(root, title, has_links=False)
    return tostring(root, encoding="unicode")


def _draw(chart: Any, marks: Sequence[_Mark], title: str) -> str:
    """The chart as SVG with our links, titles and fonts in it."""
    _use_fonts(str(settings.FONT_DIR))
    spec = (
        chart.properties(background="transparent", padding=4)
        .configure(font=_MEASURED_IN)
        .configure_axis(labelFontSize=12, labelColor=_INK)
        .configure_text(fontSize=12)
        .configure_view(stroke=None)
        .to_dict()
    )
    root = fromstring(vl_convert.vegalite_to_svg(spec))
    _dress(root, marks, title)
    return tostring(root, encoding="unicode")


@lru_cache(maxsize=4)
def _use_fonts(directory: str) -> None:
    """Let vl-convert measure with the fonts in `directory`; once, since it reads them all."""
    vl_convert.register_font_directory(directory)


def _dress(root: Element, marks: Sequence[_Mark], title: str) -> None:
    """Put the title, the real links and their titles in; take out what draws nothing and Vega's English labels."""
    _prune(root)
    for element in list(root.iter()):
        # Plain names under one xmlns, which is how SVG stands inside HTML.
        element.tag = element.tag.removeprefix(f"{{{_SVG}}}")
        for name in ("aria-label", "aria-roledescription", "role", "aria-hidden"):
            element.attrib.pop(name, None)
        if "font-family" in element.attrib:
            element.set("font-family", _SHOWN_IN)
        if element.tag == "text":
            element.set("pointer-events", "none")  # so that a number does not cover the link under it
        link = element.attrib.pop(_XLINK_HREF, None)
        if link is not None:
            _set_link(element, marks[int(link.removeprefix(_LINK_PREFIX))])
    _name(root, title, has_links=any(mark.url for mark in marks))


def _prune(parent: Element) -> None:
    """Take out the paths that Vega writes as places for a background and a foreground, and draws nothing with."""
    for child in list(parent):
        is_place = child.get("class") in {"background", "foreground"}
        if is_place and "stroke" not in child.attrib and "fill" not in child.attrib:
            parent.remove(child)
        else:
            _prune(child)


def _name(root: Element, title: str, *, has_links: bool) -> None:
    """The attributes that make an `<svg>` a named picture; one with links stays open to the keyboard."""
    root.set("xmlns", _SVG)
    root.set("class", "chart")
    root.set("role", "group" if has_links else "img")
    root.set("aria-label", title)
    heading = Element("title")
    heading.text = title
    root.insert(0, heading)


def _set_link(anchor: Element, mark: _Mark) -> None:
    """Point an `<a>` that Vega wrote at the mark's page, or make it a plain group when it has none; name it."""
    if mark.url:
        anchor.set("href", mark.url)
    else:
        anchor.tag = "g"
    for shape in list(anchor):
        SubElement(shape, "title").text = mark.description
