"""Lines flush on both sides for Chinese text, in place of WeasyPrint's own way (ADR 0034).

WeasyPrint justifies a line by widening its spaces. A Chinese line has hardly any, so lines ended up to 22 mm short. Here
the missing room is spread evenly between all characters of the line, as letter spacing of the text layout (Pango).

`install` replaces one private function of WeasyPrint, so the version is pinned in pyproject.toml, and
tests/reports/pdf/test_justification.py fails when the source of what is replaced or relied on has changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import copysign
from typing import Any

from weasyprint.formatting_structure.boxes import Box, InlineBox, LineBox, TextBox
from weasyprint.layout import inline
from weasyprint.text.ffi import TO_UNITS, ffi, pango
from weasyprint.text.line_break import Layout, line_size

# A line that would need more than this between two characters, in font sizes, stays as it is: a few characters before a long
# word that may not be broken.
_MOST_SPACING = 0.3
# Measured again until this near, in CSS pixels: 0.003 mm. Twice is enough, as width grows with spacing in proportion.
_NEAR_ENOUGH = 0.01
_MEASUREMENTS = 3
# WeasyPrint writes the distance between two characters in thousandths of the font size and cuts off the fraction.
# Half of one more makes that a rounding, or 28 characters would lose 0.16 mm.
_HALF_A_STEP = 0.0005


class SpacedLayout(Layout):  # type: ignore[misc]  # WeasyPrint has no types
    """A text layout with so much room between its characters, in CSS pixels, whatever its style says."""

    def __init__(self, style: Any, spacing: float) -> None:
        self.spacing = spacing
        super().__init__(style)

    def set_text(self, text: str, justify: bool = False) -> None:
        """Set the text and its spacing; WeasyPrint calls this again when it draws."""
        super().set_text(text, justify)
        attributes = pango.pango_layout_get_attributes(self.layout)
        if attributes == ffi.NULL:
            attributes = ffi.gc(pango.pango_attr_list_new(), pango.pango_attr_list_unref)
        attribute = pango.pango_attr_letter_spacing_new(round(self.spacing * TO_UNITS))
        attribute.start_index, attribute.end_index = 0, len(self.text.encode())
        pango.pango_attr_list_change(attributes, attribute)
        pango.pango_layout_set_attributes(self.layout, attributes)


def install() -> None:
    """Let WeasyPrint justify lines by `justify_line`, for the life of the process."""
    inline.justify_line = justify_line


def justify_line(context: Any, line: LineBox, extra_width: float) -> None:
    """Widen a line by `extra_width` CSS pixels, evenly between its characters.

    Its last character then ends at the edge: the letter spacing that WeasyPrint counts behind it is left out.
    """
    texts = [box for box in _text_boxes(line) if box.text]
    gaps = sum(len(box.text) for box in texts) - 1
    if gaps < 1:
        return
    missing = extra_width + _spacing_of(texts[-1])
    added = missing / gaps
    if added > _MOST_SPACING * line.style["font_size"]:
        return
    wanted = sum(box.width for box in texts) + missing
    for _ in range(_MEASUREMENTS):
        widths = [_width(box, added) for box in texts]
        short = wanted + added - sum(widths)
        if abs(short) < _NEAR_ENOUGH:
            break
        added += short / gaps
    for box, width in zip(texts, widths, strict=True):
        _space(box, added, width)
    _move(line, 0)


def _text_boxes(box: Box) -> Iterator[TextBox]:
    if isinstance(box, TextBox):
        yield box
    elif isinstance(box, LineBox | InlineBox):
        for child in box.children:
            if child.is_in_normal_flow():
                yield from _text_boxes(child)


def _spacing_of(box: TextBox) -> float:
    """Return the letter spacing of a box's style in CSS pixels."""
    spacing = box.style["letter_spacing"]
    return 0 if spacing == "normal" else float(spacing)


def _width(box: TextBox, added: float) -> float:
    """Return a box's width in CSS pixels, with so much more spacing between its characters and behind the last."""
    spacing = _spacing_of(box) + added
    layout = SpacedLayout(box.style, spacing)
    layout.set_text(box.text)
    first_line, _ = layout.get_first_line()
    width, _ = line_size(first_line, {"letter_spacing": spacing})
    return float(width)


def _space(box: TextBox, added: float, width: float) -> None:
    """Give a box the width, and a layout that draws it with so much more spacing."""
    spacing = _spacing_of(box) + added
    layout = SpacedLayout(box.style, spacing + copysign(_HALF_A_STEP * box.style["font_size"], spacing))
    layout.set_text(box.text)
    layout.get_first_line()  # notes the direction of the text, which WeasyPrint asks for
    layout.deactivate()
    box.moved_by, box.width, box.pango_layout = width - box.width, width, layout


def _move(box: Box, distance: float) -> float:
    """Move a box and what it contains to the right; return how far what follows it is to move.

    Floats and absolutely positioned boxes stay.
    """
    if isinstance(box, TextBox):
        box.position_x += distance
        return distance + vars(box).pop("moved_by", 0)
    if not isinstance(box, LineBox | InlineBox):
        box.translate(distance, 0)
        return distance
    box.position_x += distance
    end = distance
    for child in box.children:
        if child.is_in_normal_flow():
            end = _move(child, end)
    box.width += end - distance
    return end
