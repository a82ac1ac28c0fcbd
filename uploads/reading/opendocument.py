"""Scan of the XML of an .ods for what calamine does not report (merged cells, formulas without a value), and its repair.

calamine stops at white space between the elements of a table, which some programs write to indent the XML, and drops tabs
and line breaks inside texts.
"""

from __future__ import annotations

import codecs
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from uploads.reading import rich_text
from uploads.reading.grid import NOT_COMPUTED, ErrorCells, Limits, MergedRange, NotReadableError
from uploads.reading.zipped import Archive

_TABLE: Final = "urn:oasis:names:tc:opendocument:xmlns:table:1.0 "
_VALUE_TYPE: Final = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0 value-type"
_CELLS: Final = frozenset({_TABLE + "table-cell", _TABLE + "covered-table-cell"})
_SIGNS: Final = (b"-spanned=", b'"error"')
_OFFICE: Final = "urn:oasis:names:tc:opendocument:xmlns:office:1.0 "
_VALUES: Final = tuple(f"{_OFFICE}{kind}value" for kind in ("", "date-", "time-", "boolean-", "string-"))
# A cell with a formula that says no value. A text needs none in its attributes.
_FORMULA_SIGN: Final = b":formula="
_NOT_COMPUTED: Final = re.compile(
    rb"<(?=[^<>]*:formula=)(?![^<>]*[:-]value=\"[^\"])(?![^<>]*office:value-type=\"string\")(?:[\w-]+:)?table-cell\b"
)
_LOST: Final = re.compile(rb"<text:(?:tab|line-break)\b")
_OVERLAP: Final = 8192  # bytes; longer than the start tag of a cell
# A paragraph, whose white space matters; a note or comment; white space between elements.
_TIDIED: Final = (
    rb"<text:p\b(?:[^>]*/>|.*?</text:p>)\s*"
    rb"|<office:annotation\b(?:[^>]*/>|.*?</office:annotation>)\s*|<!--.*?-->\s*|>\s+(?=<)"
)
_TO_TIDY: Final = re.compile(_TIDIED, re.DOTALL)
_CELL: Final = rb"<table:(?:covered-)?table-cell\b"
_TO_TIDY_IN_CELLS: Final = re.compile(rb"(?:%s[^>]*>\s*)|%s" % (_CELL, _TIDIED), re.DOTALL)
_CELL_STYLE: Final = re.compile(_CELL + rb'[^>]*\btable:style-name="([^"]*)"')
_TAB: Final = re.compile(rb"<text:tab\b[^>]*>(?:</text:tab>)?")
_LINE_BREAK: Final = re.compile(rb"<text:line-break\b[^>]*>(?:</text:line-break>)?")
_END_OF_STYLES: Final = b"</office:automatic-styles>"
_LONGEST_HEAD: Final = 4 * 1024 * 1024
_ROW_END: Final = b"</table:table-row>"
_MANIFEST: Final = b'<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
SPREADSHEET: Final = b"application/vnd.oasis.opendocument.spreadsheet"
_MOST: Final = 200_000  # merged ranges and failed formulas together


@dataclass(slots=True)
class Scan:
    """Merged cells and formulas without a value, by the position of their sheet, counting hidden sheets.

    `loses_text` tells that calamine would lose tabs, line breaks, or what keeps the parts of a text apart.
    """

    merged: dict[int, list[MergedRange]] = field(default_factory=dict)
    errors: dict[int, ErrorCells] = field(default_factory=dict)
    loses_text: bool = False


def scan(archive: Archive, limits: Limits) -> Scan:
    """Search the content, and parse it only when a byte search finds what calamine does not report.

    Raises NotReadableError.
    """
    before, has_signs, loses_text = b"", False, False
    head: bytes | None = b""  # up to the end of the styles
    for chunk in archive.inflate("content.xml"):
        window = before + chunk
        if head is not None:
            head += chunk
            if _END_OF_STYLES in window or len(head) > _LONGEST_HEAD:
                loses_text = loses_text or bool(rich_text.OdfStyles(head).of_parts)
                head = None
        has_signs = has_signs or any(sign in window for sign in _SIGNS)
        has_signs = has_signs or (_FORMULA_SIGN in window and _NOT_COMPUTED.search(window) is not None)
        loses_text = loses_text or _LOST.search(window) is not None
        before = chunk[-_OVERLAP:]
    if not has_signs:
        return Scan(loses_text=loses_text)
    reader = _Reader(limits)
    try:
        for chunk in archive.inflate("content.xml"):
            reader.parser.Parse(chunk)
    except expat.ExpatError as error:
        raise NotReadableError("damaged") from error
    reader.result.loses_text = loses_text
    return reader.result


def tidied(archive: Archive) -> bytes:
    """Return the document without white space between elements and without notes, and with tabs and breaks as text."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as copy:
        copy.writestr("mimetype", SPREADSHEET, zipfile.ZIP_STORED)
        copy.writestr("META-INF/manifest.xml", _MANIFEST)
        with copy.open("content.xml", "w") as part:
            for piece in _tidy_pieces(archive):
                part.write(piece)
    return packed.getvalue()


def _tidy_pieces(archive: Archive) -> Iterator[bytes]:
    """Yield the content in pieces of whole rows, because no paragraph reaches over the end of a row."""
    rest = b""
    tidier: _Tidier | None = None
    for chunk in archive.inflate("content.xml"):
        rest += chunk
        end = rest.rfind(_ROW_END) + len(_ROW_END)
        if end >= len(_ROW_END):
            # The styles stand before all rows.
            tidier = tidier or _Tidier(rich_text.OdfStyles(rest[:_LONGEST_HEAD]))
            yield tidier.tidied(rest[:end])
            rest = rest[end:]
    yield (tidier or _Tidier(rich_text.OdfStyles())).tidied(rest)


class _Tidier:
    """Tidies pieces of a content, by the styles of the parts of its texts and of its cells."""

    def __init__(self, styles: rich_text.OdfStyles) -> None:
        self._styles = styles
        self._is_struck = False  # whether the current cell is struck through
        self._pattern = _TO_TIDY_IN_CELLS if styles.struck_cells else _TO_TIDY

    def tidied(self, piece: bytes) -> bytes:
        """Return a piece of whole rows as `tidied` says of the document."""
        return self._pattern.sub(self._tidy, piece)

    def _tidy(self, match: re.Match[bytes]) -> bytes:
        found = match[0].rstrip()
        if found == b">":
            return found
        if found.startswith(b"<table:"):
            style = _CELL_STYLE.match(found)
            self._is_struck = style is not None and style[1] in self._styles.struck_cells
            return found
        if not found.startswith(b"<text:p"):
            return b""
        if self._styles.of_parts:
            found = self._styles.paragraph_kept_apart(found, is_struck=self._is_struck)
        return _LINE_BREAK.sub(b"\n", _TAB.sub(b" ", found))


def archive_of(flat: bytes, limits: Limits) -> Archive:
    """Return a flat OpenDocument file (.fods) as the archive of an .ods."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("mimetype", SPREADSHEET)
        archive.writestr("content.xml", flat.removeprefix(codecs.BOM_UTF8))
    return Archive(packed, limits)


class _Reader:
    """XML handler that counts rows and columns; a repeated one counts as often as its attribute says."""

    def __init__(self, limits: Limits) -> None:
        self.result = Scan()
        self._limits = limits
        self._table = -1
        self._depth = 0  # of tables within tables
        self._row = self._next_row = self._column = self._at = 0
        self._count = 0
        self._failed: list[str] | None = None  # the text of a cell with a failed formula, while inside it
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._refuse_doctype

    def _refuse_doctype(self, *_: object) -> None:
        raise NotReadableError("damaged")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == _TABLE + "table":
            self._depth += 1
            if self._depth == 1:
                self._table += 1
                self._row = self._next_row = 0
        elif self._depth != 1:
            return
        elif name == _TABLE + "table-row":
            self._row = self._next_row
            self._next_row += _number(attributes, "number-rows-repeated")
            self._column = 0
        elif name in _CELLS:
            self._note_span(attributes)
            if attributes.get(_VALUE_TYPE) == "error":
                self._failed = []
            elif _TABLE + "formula" in attributes and _lacks_value(attributes):
                self._note_error(NOT_COMPUTED, self._column)
            self._at = self._column
            self._column += _number(attributes, "number-columns-repeated")

    def _note_span(self, attributes: dict[str, str]) -> None:
        rows, columns = _number(attributes, "number-rows-spanned"), _number(attributes, "number-columns-spanned")
        if (rows > 1 or columns > 1) and self._column < self._limits.columns and self._count < _MOST:
            self._count += 1
            area = (self._row, self._column, self._row + rows - 1, self._column + columns - 1)
            self.result.merged.setdefault(self._table, []).append(area)

    def _text(self, text: str) -> None:
        if self._failed is not None:
            self._failed.append(text)

    def _end(self, name: str) -> None:
        if name == _TABLE + "table":
            self._depth -= 1
        elif self._failed is not None and name in _CELLS:
            self._note_error("".join(self._failed).strip() or "#VALUE!", self._at)
            self._failed = None

    def _note_error(self, shown: str, column: int) -> None:
        if self._count < _MOST:
            self._count += 1
            self.result.errors.setdefault(self._table, {})[self._row, column] = shown


def _lacks_value(attributes: dict[str, str]) -> bool:
    """Return whether a cell with a formula has no result; that of a text may be the content of the cell."""
    if attributes.get(_OFFICE + "value-type") == "string":
        return False
    return not any(attributes.get(name) for name in _VALUES)


def _number(attributes: dict[str, str], name: str) -> int:
    text = attributes.get(_TABLE + name, "1")
    return int(text) if text.isdecimal() and len(text) < 9 else 1
