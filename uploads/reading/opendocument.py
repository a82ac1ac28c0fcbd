"""Merged cells of an .ods file, which calamine does not tell."""

from __future__ import annotations

from typing import Final
from xml.parsers import expat

from uploads.reading.grid import Limits, MergedRange, NotReadable
from uploads.reading.zipped import Archive

_TABLE: Final = "urn:oasis:names:tc:opendocument:xmlns:table:1.0 "
_MAX_RANGES: Final = 200_000


def merged_cells(archive: Archive, limits: Limits) -> dict[int, list[MergedRange]]:
    """The merged ranges by the sheets' position in the document; hidden sheets count. Raises NotReadable."""
    has_spans = False
    for chunk in archive.inflate("content.xml"):
        has_spans = has_spans or b"-spanned=" in chunk
    if not has_spans:
        return {}
    spans = _Spans(limits)
    try:
        for chunk in archive.inflate("content.xml"):
            spans.parser.Parse(chunk)
    except expat.ExpatError as error:
        raise NotReadable("damaged") from error
    return spans.found


class _Spans:
    """Follows rows and columns through the XML; repeated ones count as often as they say."""

    def __init__(self, limits: Limits) -> None:
        self.found: dict[int, list[MergedRange]] = {}
        self._limits = limits
        self._tables = -1
        self._depth = 0  # of tables within tables
        self._row = self._next_row = self._column = 0
        self._count = 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = self._refuse_doctype

    def _refuse_doctype(self, *_: object) -> None:
        raise NotReadable("damaged")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if not name.startswith(_TABLE):
            return
        tag = name[len(_TABLE) :]
        if tag == "table":
            self._depth += 1
            if self._depth == 1:
                self._tables += 1
                self._row = self._next_row = 0
        elif self._depth != 1:
            return
        elif tag == "table-row":
            self._row = self._next_row
            self._next_row += _number(attributes, "number-rows-repeated")
            self._column = 0
        elif tag in ("table-cell", "covered-table-cell"):
            self._note(_number(attributes, "number-rows-spanned"), _number(attributes, "number-columns-spanned"))
            self._column += _number(attributes, "number-columns-repeated")

    def _note(self, rows: int, columns: int) -> None:
        if (rows > 1 or columns > 1) and self._column < self._limits.columns and self._count < _MAX_RANGES:
            self._count += 1
            last = (self._row + rows - 1, self._column + columns - 1)
            self.found.setdefault(self._tables, []).append((self._row, self._column, *last))

    def _end(self, name: str) -> None:
        if name == _TABLE + "table":
            self._depth -= 1


def _number(attributes: dict[str, str], name: str) -> int:
    text = attributes.get(_TABLE + name, "1")
    return int(text) if text.isdecimal() and len(text) < 9 else 1
