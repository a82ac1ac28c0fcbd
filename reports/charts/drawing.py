"""What every chart shares: colours, marks, and the way from a Vega-Lite spec to an SVG that fits our pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element, SubElement, tostring

from defusedxml.ElementTree import fromstring
from django.conf import settings

from changzhi_portal.percent import percent_of_rate

_SVG = "http://www.w3.org/2000/svg"
_XLINK_HREF = "{http://www.w3.org/1999/xlink}href"

# Text is measured with this font out of FONT_DIR (small, so three times faster than Noto CJK; every Chinese character
# is one em wide in both) and shown in whatever the reader has of these.
_MEASURED_IN = "FandolFang"
_SHOWN_IN = "Noto Sans CJK SC, Microsoft YaHei, PingFang SC, sans-serif"
# Vega's loader takes a bare path for a file of its own site, so links travel as numbers under a name that cannot exist.
LINK_PREFIX = "https://link.invalid/"

INK = "#1d273b"
BAR = "#31688e"
GRID = "#d7dce2"
GOAL = "#9a3412"


class Mark(NamedTuple):
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


def mark_of(row: Mapping[str, Any]) -> Mark:
    """The mark of a row with `name` and `rate`, and optionally `code`, `label` and `url`."""
    rate = None if row.get("rate") is None else float(row["rate"])
    label = row.get("label") or ("无参评单位" if rate is None else f"{percent_of_rate(row['rate'])}%")
    return Mark(str(row.get("code") or row["name"]), str(row["name"]), rate, label, str(row.get("url") or ""))


def nothing_to_show(title: str) -> str:
    """A chart of no rows: one line that says so."""
    root = Element("svg", {"viewBox": "0 0 440 40", "width": "440", "height": "40"})
    note = SubElement(root, "text", {"x": "4", "y": "25", "font-size": "12px", "fill": INK, "font-family": _SHOWN_IN})
    note.text = "暂无数据"
    _name(root, title, has_links=False)
    return tostring(root, encoding="unicode")


def draw(chart: Any, marks: Sequence[Mark], title: str) -> str:
    """The chart as SVG with our links, titles and fonts in it."""
    import vl_convert  # heavy: loaded when a chart is drawn

    _use_fonts(str(settings.FONT_DIR))
    spec = (
        chart.properties(background="transparent", padding=4)
        .configure(font=_MEASURED_IN)
        .configure_axis(labelFontSize=12, labelColor=INK)
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
    import vl_convert

    vl_convert.register_font_directory(directory)


def _dress(root: Element, marks: Sequence[Mark], title: str) -> None:
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
            _set_link(element, marks[int(link.removeprefix(LINK_PREFIX))])
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


def _set_link(anchor: Element, mark: Mark) -> None:
    """Point an `<a>` that Vega wrote at the mark's page, or make it a plain group when it has none; name it."""
    if mark.url:
        anchor.set("href", mark.url)
    else:
        anchor.tag = "g"
    for shape in list(anchor):
        SubElement(shape, "title").text = mark.description
