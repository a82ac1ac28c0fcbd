"""Scan of the XML of an .ods for merged cells and failed formulas, which calamine does not report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from uploads.reading.grid import ErrorCells, Limits, MergedRange, NotReadableError
from uploads.reading.zipped import Archive

_TABLE: Final = "urn:oasis:names:tc:opendocument:xmlns:table:1.0 "
_VALUE_TYPE: Final = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0 value-type"
_CELLS: Final = frozenset({_TABLE + "table-cell", _TABLE + "covered-table-cell"})
_SIGNS: Final = (b"-spanned=", b'"error"')
_MOST: Final = 200_000  # merged ranges and failed formulas together


@dataclass(slots=True)
class Scan:
    """Merged cells and failed formulas, by the position of their sheet in the document, counting hidden sheets."""

    merged: dict[int, list[MergedRange]] = field(default_factory=dict)
    errors: dict[int, ErrorCells] = field(default_factory=dict)


def scan(archive: Archive, limits: Limits) -> Scan:
    """Search the content, and parse it only when a byte search finds merged cells or errors. Raises NotReadableError."""
    before, has_signs = b"", False
    for chunk in archive.inflate("content.xml"):
        window = before + chunk
        has_signs = has_signs or any(sign in window for sign in _SIGNS)
        before = chunk[-16:]
    if not has_signs:
        return Scan()
    reader = _Reader(limits)
    try:
        for chunk in archive.inflate("content.xml"):
            reader.parser.Parse(chunk)
    except expat.ExpatError as error:
        raise NotReadableError("damaged") from error
    return reader.result


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
            if self._count < _MOST:
                self._count += 1
                shown = "".join(self._failed).strip() or "#VALUE!"
                self.result.errors.setdefault(self._table, {})[self._row, self._at] = shown
            self._failed = None


def _number(attributes: dict[str, str], name: str) -> int:
    text = attributes.get(_TABLE + name, "1")
    return int(text) if text.isdecimal() and len(text) < 9 else 1
