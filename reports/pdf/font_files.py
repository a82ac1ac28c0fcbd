"""Fonts in the PDF hold the characters that are printed, and nothing else (ADR 0034).

WeasyPrint keeps an empty place for each of the 65,000 glyphs of a Noto font: 100 kB for a font of which ten digits are
printed. Here OpenType fonts with PostScript outlines (CFF) are cut down to their used glyphs, and those numbered as the text
numbers them. Fonts with TrueType outlines are left to WeasyPrint: an empty glyph costs them next to nothing.

WeasyPrint also reads and holds every font's whole file, 20 to 27 MB each, so that all of it is in memory twice: as pages of
the mapped file, and as a copy. Here it is read when asked for, which only fonts with TrueType outlines do.

`install` replaces two methods of WeasyPrint's fonts; tests/reports/pdf/test_weasyprint_unchanged.py guards it.
"""

from __future__ import annotations

import io
from typing import Any

import pydyf
from fontTools.ttLib import TTFont
from weasyprint.pdf import fonts
from weasyprint.pdf.fonts import Font
from weasyprint.text.ffi import ffi, harfbuzz, harfbuzz_subset
from weasyprint.text.fonts import get_hb_object_data

_create_by_weasyprint = Font.__init__
_subset_by_weasyprint = Font._harfbuzz_subset
_NOTDEF, _NAME_OF_NOTDEF = 0, ".notdef"


def install() -> None:
    """Let WeasyPrint cut fonts by `subset` and hold no whole files, for the life of the process."""
    Font._harfbuzz_subset = subset
    Font.__init__ = _create
    Font.file_content = property(_content, _set_content)


def _create(font: Font, *arguments: Any) -> None:
    fonts.get_hb_object_data = _unread
    try:
        _create_by_weasyprint(font, *arguments)
    finally:
        fonts.get_hb_object_data = get_hb_object_data
    _set_content(font, None)


def _unread(face: Any) -> None:
    """Stand for a font's whole file, which `_content` reads when it is asked for."""


def _content(font: Font) -> bytes:
    content = vars(font)["content"]
    return get_hb_object_data(font.hb_face) if content is None else content


def _set_content(font: Font, content: bytes | None) -> None:
    vars(font)["content"] = content


def subset(font: Font, to_unicode: dict[int, str], hinting: bool) -> None:
    """Set a font's file to one with the glyphs of `to_unicode`, by their numbers in the whole font."""
    if "CFF " in font.tables:
        content = _cut(font.hb_face, sorted({_NOTDEF, *to_unicode}))
        if content is not None:
            font.file_content = content
            return
    _subset_by_weasyprint(font, to_unicode, hinting)


def embed_outlines_only(pdf: pydyf.PDF) -> None:
    """Embed the outlines of these fonts without the tables around them, which a PDF does not read."""
    for found in pdf.objects:
        if isinstance(found, pydyf.Stream) and found.extra.get("Subtype") == "/OpenType":
            found.stream = [TTFont(io.BytesIO(found.stream[0])).reader["CFF "]]
            found.extra["Subtype"] = "/CIDFontType0C"
        elif isinstance(found, pydyf.Dictionary) and found.get("Subtype") == "/CIDFontType0":
            found.pop("CIDToGIDMap", None)  # only fonts with TrueType outlines have it


def _cut(face: Any, glyphs: list[int]) -> bytes | None:
    """Return a font file with only these glyphs; None if it would hold others, or is not one whose glyphs have numbers."""
    made = ffi.gc(harfbuzz_subset.hb_subset_input_create_or_fail(), harfbuzz_subset.hb_subset_input_destroy)
    wanted = harfbuzz_subset.hb_subset_input_glyph_set(made)
    harfbuzz.hb_set_add_sorted_array(wanted, ffi.new("hb_codepoint_t[]", glyphs), len(glyphs))
    harfbuzz_subset.hb_subset_input_set_flags(
        made,
        harfbuzz_subset.HB_SUBSET_FLAGS_DESUBROUTINIZE
        | harfbuzz_subset.HB_SUBSET_FLAGS_NO_HINTING
        | harfbuzz_subset.HB_SUBSET_FLAGS_NOTDEF_OUTLINE
        | harfbuzz_subset.HB_SUBSET_FLAGS_NO_LAYOUT_CLOSURE,  # no glyph that one of these could turn into
    )
    dropped = [
        harfbuzz.hb_tag_from_string(name, -1)
        for name in (b"BASE", b"DSIG", b"GDEF", b"GPOS", b"GSUB", b"VORG", b"vmtx")
    ]
    harfbuzz.hb_set_add_sorted_array(
        harfbuzz_subset.hb_subset_input_set(made, harfbuzz_subset.HB_SUBSET_SETS_DROP_TABLE_TAG),
        ffi.new("hb_codepoint_t[]", sorted(dropped)),
        len(dropped),
    )
    cut = ffi.gc(harfbuzz_subset.hb_subset_or_fail(face, made), harfbuzz.hb_face_destroy)
    font = TTFont(io.BytesIO(get_hb_object_data(cut)), recalcBBoxes=False, recalcTimestamp=False)
    outlines = font["CFF "].cff[0]
    if not hasattr(outlines, "ROS"):
        return None
    names = [_NAME_OF_NOTDEF, *(_name(glyph) for glyph in glyphs[1:])]
    if len(outlines.charset) != len(glyphs):
        # HarfBuzz has kept glyphs that belong to these. Where glyphs are called by their numbers, all are known by name.
        if not set(names) <= set(outlines.charset):
            return None
        names = list(outlines.charset)
    return _numbered(font, names)


def _name(glyph: int) -> str:
    return f"cid{glyph:05d}"


def _numbered(font: TTFont, names: list[str]) -> bytes:
    """Return a font file in which each character has the number of its glyph in the whole font, as in the text."""
    outlines = font["CFF "].cff[0]
    outlines.ROS = ("Adobe", "Identity", 0)
    outlines.charset = names
    outlines.CharStrings.charStrings = {name: number for number, name in enumerate(names)}
    font.setGlyphOrder(names)
    written = io.BytesIO()
    font.save(written)
    return written.getvalue()
