"""Lines flush on both sides for Chinese text, in place of WeasyPrint's own way (ADR 0034).

WeasyPrint justifies a line by widening its spaces. A Chinese line has hardly any, so lines ended up to 22 mm short. Here
the missing room is spread evenly between all characters of the line, by the operator that a PDF has for that (Tc): it is
exact, and readers do not take the room for spaces.

Where a date or an amount that may not be broken has moved to the next line whole, and left this one wide open, the line is
broken anew as if it were a little longer, and then drawn closer.

`install` replaces three private functions of WeasyPrint, so the version is pinned in pyproject.toml, and
tests/reports/pdf/test_weasyprint_unchanged.py fails when the source of what is replaced or relied on has changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from weasyprint.draw import text as drawing
from weasyprint.formatting_structure.boxes import Box, InlineBox, LineBox, TextBox
from weasyprint.layout import inline
from weasyprint.text.ffi import FROM_UNITS, ffi, pango
from weasyprint.text.line_break import Layout

# From this much between two characters, in font sizes, a line is broken anew, this many font sizes longer.
_WIDE_OPEN = 0.1
_LONGER = 1.5
# A line that would need more than this between two characters, in font sizes, stays as it is: a few characters before a long
# word that may not be broken.
_MOST_SPACING = 0.5

_break_by_weasyprint = inline.get_next_linebox
_draw_by_weasyprint = drawing.draw_first_line


class SpacedLayout(Layout):
    """A text without letter spacing, and the spacing that is drawn behind each of its glyphs, at first that of its style.

    Lengths are in CSS pixels.
    """

    def __init__(self, box: TextBox) -> None:
        style_spacing = box.style["letter_spacing"]
        self.spacing = 0.0 if style_spacing == "normal" else float(style_spacing)
        super().__init__(box.style)
        self.set_text(box.text)
        self._bare_width, self.glyphs = self._measure()
        self.natural_width = self.width
        self.deactivate()

    @property
    def width(self) -> float:
        """Return the width with the spacing, also behind the last glyph."""
        return self._bare_width + self.glyphs * self.spacing

    def set_text(self, text: str, justify: bool = False) -> None:
        """Set the text; WeasyPrint calls this again when it draws."""
        super().set_text(text, justify)
        attributes = pango.pango_layout_get_attributes(self.layout)
        if attributes != ffi.NULL:
            none = pango.pango_attr_letter_spacing_new(0)
            none.start_index, none.end_index = 0, len(self.text.encode())
            pango.pango_attr_list_change(attributes, none)
            pango.pango_layout_set_attributes(self.layout, attributes)

    def _measure(self) -> tuple[float, int]:
        """Return the width without spacing, and the number of glyphs."""
        line, _ = self.get_first_line()
        extents = ffi.new("PangoRectangle *")
        pango.pango_layout_line_get_extents(line, ffi.NULL, extents)
        glyphs, run = 0, line.runs[0]
        while run != ffi.NULL:
            string = run.data.glyphs
            glyphs += sum(glyph.glyph != pango.PANGO_GLYPH_EMPTY for glyph in string.glyphs[0 : string.num_glyphs])
            run = run.next
        return extents.width * FROM_UNITS, glyphs


def install() -> None:
    """Let WeasyPrint justify lines by `justify_line` and draw them, for the life of the process."""
    inline.get_next_linebox = get_next_linebox
    inline.justify_line = justify_line
    drawing.draw_first_line = draw_first_line


def get_next_linebox(context: Any, linebox: LineBox, *arguments: Any) -> tuple[LineBox | None, Any]:
    """Return the next line and where its text goes on, as WeasyPrint's function; a wide open line is broken anew."""
    position_y, bottom_space, skip_stack, block, absolute, fixed, *styles = arguments
    line, resume_at = _break_by_weasyprint(context, linebox, *arguments)
    size = linebox.style["font_size"]
    if getattr(line, "widened_by", 0) <= _WIDE_OPEN * size or absolute or fixed or context.excluded_shapes:
        return line, resume_at
    longer = block.copy()
    longer.width += _LONGER * size
    context.is_broken_anew = True  # so that `justify_line` leaves the line to us
    again, resume_again_at = _break_by_weasyprint(
        context, linebox, position_y, bottom_space, skip_stack, longer, absolute, fixed, *styles
    )
    context.is_broken_anew = False
    if again is None or resume_again_at == resume_at:
        return line, resume_at
    justify_line(context, again, block.width - again.width)
    return again, resume_again_at


def justify_line(context: Any, line: LineBox, extra_width: float) -> None:
    """Widen a line by `extra_width` CSS pixels, evenly between its characters.

    Its last character then ends at the edge: the letter spacing that WeasyPrint counts behind it is left out.
    """
    if getattr(context, "is_broken_anew", False):
        return
    boxes = [box for box in _text_boxes(line) if box.text]
    layouts = [SpacedLayout(box) for box in boxes]
    missing = extra_width + sum(box.width for box in boxes) - sum(layout.natural_width for layout in layouts)
    gaps = sum(layout.glyphs for layout in layouts) - 1
    if gaps < 1:
        return
    added = line.widened_by = (missing + layouts[-1].spacing) / gaps
    if added > _MOST_SPACING * line.style["font_size"]:
        return
    moves = {}
    for box, layout in zip(boxes, layouts, strict=True):
        layout.spacing += added
        moves[box] = layout.width - box.width
        box.width, box.pango_layout = layout.width, layout
    _move(line, 0, moves)


def draw_first_line(stream: Any, textbox: TextBox, *arguments: Any) -> Any:
    """Draw a line's text with its spacing, if `justify_line` has given it one; return what WeasyPrint's function does."""
    spacing = getattr(textbox.pango_layout, "spacing", 0)
    if not spacing:
        return _draw_by_weasyprint(stream, textbox, *arguments)
    stream.stream.append(f"{spacing:.4f} Tc")
    emojis = _draw_by_weasyprint(stream, textbox, *arguments)
    stream.stream.append("0 Tc")
    return emojis


def _text_boxes(box: Box) -> Iterator[TextBox]:
    if isinstance(box, TextBox):
        yield box
    elif isinstance(box, LineBox | InlineBox):
        for child in box.children:
            if child.is_in_normal_flow():
                yield from _text_boxes(child)


def _move(box: Box, distance: float, moves: dict[TextBox, float]) -> float:
    """Move a box and what it contains to the right; return how far what follows it is to move.

    `moves` is by how much each text has become wider. Floats and absolutely positioned boxes stay.
    """
    if isinstance(box, TextBox):
        box.position_x += distance
        return distance + moves.get(box, 0)
    if not isinstance(box, LineBox | InlineBox):
        box.translate(distance, 0)
        return distance
    box.position_x += distance
    end = distance
    for child in box.children:
        if child.is_in_normal_flow():
            end = _move(child, end, moves)
    box.width += end - distance
    return end
