"""Shared parts of the charts: colours, marks, and rendering a Vega-Lite spec to SVG for our pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element, SubElement, tostring

from defusedxml.ElementTree import fromstring
from django.conf import settings

from changzhi_portal.percent import percent_text

_SVG = "http://www.w3.org/2000/svg"
_XLINK_HREF = "{http://www.w3.org/1999/xlink}href"

# Text is measured with a font in FONT_DIR that loads three times faster than Noto CJK (a Chinese character is one em wide
# in both), and shown in the first of SHOWN_IN that the reader's machine has.
_MEASURED_IN = "FandolFang"
SHOWN_IN = "Noto Sans CJK SC, Microsoft YaHei, PingFang SC, sans-serif"
# Vega's loader would resolve a relative path, so links are passed as row numbers below a host that cannot exist.
LINK_PREFIX = "https://link.invalid/"

INK = "#1d273b"
BAR = "#31688e"
GRID = "#d7dce2"
GOAL = "#9a3412"


class Mark(NamedTuple):
    """One row of a chart. `rate` is the value of its bar (for a rate a fraction of 1), None when nothing was judged."""

    code: str
    name: str
    rate: float | None
    label: str
    url: str

    @property
    def description(self) -> str:
        """Return the text for screen readers and tooltips."""
        return f"{self.name}：{self.label}"


def mark_of(row: Mapping[str, Any]) -> Mark:
    """Return the mark of a row with `name` and `percent`, and optionally `code`, `label` and `url`."""
    printed = row["percent"]
    rate = None if printed is None else float(printed) / 100
    label = row.get("label") or ("无参评单位" if printed is None else percent_text(printed))
    return Mark(str(row.get("code") or row["name"]), str(row["name"]), rate, label, str(row.get("url") or ""))


def nothing_to_show(title: str) -> str:
    """Return an SVG that says there are no data, in place of a chart without rows."""
    root = Element("svg", {"viewBox": "0 0 440 40", "width": "440", "height": "40"})
    note = SubElement(root, "text", {"x": "4", "y": "25", "font-size": "12px", "fill": INK, "font-family": SHOWN_IN})
    note.text = "暂无数据"
    _name(root, title, has_links=False)
    return tostring(root, encoding="unicode")


def draw(chart: Any, marks: Sequence[Mark], title: str) -> str:
    """Render the chart as SVG with our links, titles and fonts."""
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
    """Register the fonts in `directory` with vl-convert; cached, because it reads all of them."""
    import vl_convert

    vl_convert.register_font_directory(directory)


def _dress(root: Element, marks: Sequence[Mark], title: str) -> None:
    """Insert the title and the real links with their titles; remove empty elements and Vega's English labels."""
    _prune(root)
    for element in list(root.iter()):
        # Names without prefix below one xmlns, as SVG in HTML requires.
        element.tag = element.tag.removeprefix(f"{{{_SVG}}}")
        for name in ("aria-label", "aria-roledescription", "role", "aria-hidden"):
            element.attrib.pop(name, None)
        if "font-family" in element.attrib:
            element.set("font-family", SHOWN_IN)
        if element.tag == "text":
            element.set("pointer-events", "none")  # so that a number does not cover the link under it
        link = element.attrib.pop(_XLINK_HREF, None)
        if link is not None:
            _set_link(element, marks[int(link.removeprefix(LINK_PREFIX))])
    _name(root, title, has_links=any(mark.url for mark in marks))


def _prune(parent: Element) -> None:
    """Remove Vega's placeholder paths for background and foreground, which draw nothing."""
    for child in list(parent):
        is_place = child.get("class") in {"background", "foreground"}
        if is_place and "stroke" not in child.attrib and "fill" not in child.attrib:
            parent.remove(child)
        else:
            _prune(child)


def _name(root: Element, title: str, *, has_links: bool) -> None:
    """Set class, role and label of the `<svg>`: an image, or a group if it has links, so that they can be focused."""
    root.set("xmlns", _SVG)
    root.set("class", "chart")
    root.set("role", "group" if has_links else "img")
    root.set("aria-label", title)
    heading = Element("title")
    heading.text = title
    root.insert(0, heading)


def _set_link(anchor: Element, mark: Mark) -> None:
    """Set the URL of an `<a>` that Vega wrote, or change it to a group if the mark has none; add its title."""
    if mark.url:
        anchor.set("href", mark.url)
    else:
        anchor.tag = "g"
    for shape in list(anchor):
        SubElement(shape, "title").text = mark.description
