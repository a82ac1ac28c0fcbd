"""Markup files named .xls, as web systems export them: HTML tables, and the XML format of Excel 2003."""

from __future__ import annotations

import datetime
import io
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from uploads.reading.grid import CellError, Limits, MergedRange, NotReadableError, RawSheet
from uploads.reading.texts import decode

_CHARSET: Final = re.compile(rb"(?:charset|encoding)\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_DECLARATION: Final = re.compile(r"^\s*<\?xml[^>]*\?>")
_SPACES: Final = re.compile(r"[ \t\r\n\f]+")
_SILENT: Final = frozenset({"script", "style", "title", "xml", "head"})
_LINE_BREAKING: Final = frozenset({"br", "p", "div", "li", "h1", "h2", "h3", "h4", "h5", "h6", "caption"})
_SPREADSHEET: Final = "{urn:schemas-microsoft-com:office:spreadsheet}"
_HIDDEN: Final = ("SheetHidden", "SheetVeryHidden")


def _text_of(data: bytes) -> str:
    """Decode the file by the encoding it declares, if that is a Chinese one, else by its content."""
    declared = _CHARSET.search(data[:2048])
    if declared and declared[1].lower() in (b"gb2312", b"gbk", b"gb18030"):
        try:
            return data.decode("gb18030")
        except UnicodeDecodeError:
            return decode(data)  # the declaration is wrong, as happens in files edited by hand
    return decode(data)


def html_sheet(data: bytes, limits: Limits) -> RawSheet:
    """Return all tables of an HTML file, one below the other as Excel shows them; text between them becomes a row."""
    reader = _TableReader(limits)
    reader.feed(_text_of(data))
    reader.close()
    reader.end_line()
    return RawSheet(None, reader.rows, reader.merged)


class _TableReader(HTMLParser):
    """Parser that collects rows and merged ranges.

    A table inside a cell becomes text of that cell, except in the first cell of a row: then the outer table only lays out
    the page, and the inner one is read.
    """

    def __init__(self, limits: Limits) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[object]] = []
        self.merged: list[MergedRange] = []
        self._limits = limits
        self._depth = 0  # of tables
        self._frames = 0  # tables around the current one that only lay out the page
        self._silent = 0
        self._row: list[object] | None = None
        self._spans: dict[int, int] = {}  # column → rows below that a cell still covers
        self._cell: list[str] | None = None
        self._span = (1, 1)
        self._line: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a table, row or cell."""
        if tag in _SILENT:
            self._silent += 1
        elif tag == "table":
            self._open_table()
        elif tag in _LINE_BREAKING:
            self._break()
        elif self._depth == 1 and tag == "tr":
            self._end_row()
            self._row = []
        elif self._depth == 1 and tag in ("td", "th"):
            self._end_cell()
            if self._row is None:
                self._row = []
            values = dict(attrs)
            self._cell = []
            self._span = (_span(values.get("rowspan")), _span(values.get("colspan")))

    def _open_table(self) -> None:
        self.end_line()
        if self._depth == 1 and self._row == [] and self._cell is not None:
            self._frames += 1
            if text := "".join(self._cell).strip():
                self.rows.append([text])
            self._row = self._cell = None
            self._spans = {}
            return
        self._depth += 1
        if self._depth == 1:
            self._spans = {}

    def handle_endtag(self, tag: str) -> None:
        """Close a table, row or cell."""
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag == "table":
            if self._depth == 1:
                self._end_row()
            if self._depth == 1 and self._frames:
                self._frames -= 1
            else:
                self._depth = max(0, self._depth - 1)
        elif tag in _LINE_BREAKING:
            self._break()
        elif self._depth == 1 and tag == "tr":
            self._end_row()
        elif self._depth == 1 and tag in ("td", "th"):
            self._end_cell()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Handle self-closing tags such as <br/>; an empty <td/> is a cell."""
        self.handle_starttag(tag, attrs)
        if tag in _SILENT or tag in ("td", "th", "tr"):
            self.handle_endtag(tag)

    def handle_data(self, data: str) -> None:
        """Add text to the current cell, or to the line between tables."""
        if self._silent:
            return
        if self._cell is not None:
            self._cell.append(_SPACES.sub(" ", data))
        elif not self._depth:
            self._line.append(_SPACES.sub(" ", data))

    def _break(self) -> None:
        if self._cell is None:
            self.end_line()
        elif self._cell:
            self._cell.append("\n")

    def end_line(self) -> None:
        """Add the text between tables as a row."""
        text = "".join(self._line).strip()
        self._line = []
        if text and not self._depth:
            self.rows.append([text])

    def _end_cell(self) -> None:
        if self._cell is None or self._row is None:
            return
        self._cover()
        text = "".join(self._cell).strip(" \n")
        rows, columns = self._span
        at = len(self._row)
        if at + columns > self._limits.columns:
            columns = max(1, self._limits.columns - at)
        if rows > 1 or columns > 1:
            self.merged.append((len(self.rows), at, len(self.rows) + rows - 1, at + columns - 1))
        if rows > 1:
            self._spans.update(dict.fromkeys(range(at, at + columns), rows))
        self._row += [text, *[""] * (columns - 1)]
        self._cell = None

    def _cover(self) -> None:
        """Add blank cells for the columns that are covered by a rowspan of a row above."""
        assert self._row is not None  # noqa: S101
        while self._spans.get(len(self._row)):
            self._row.append("")

    def _end_row(self) -> None:
        if self._row is None:
            return
        self._end_cell()
        self._cover()
        self.rows.append(self._row)
        self._row = None
        self._spans = {column: left - 1 for column, left in self._spans.items() if left > 1}


def _span(text: str | None) -> int:
    return max(1, min(int(text), 1_048_576)) if text and text.isdecimal() and len(text) < 8 else 1


def spreadsheetml_sheets(data: bytes, limits: Limits) -> Iterator[RawSheet]:
    """Yield the visible sheets of a file in Excel 2003's XML format."""
    source = io.BytesIO(_DECLARATION.sub("", _text_of(data).lstrip("\ufeff"), count=1).encode("utf-8", "replace"))
    try:
        for _, element in iterparse(source, events=("end",)):
            if element.tag == _SPREADSHEET + "Worksheet":
                hidden = any(child.tag.endswith("}Visible") and child.text in _HIDDEN for child in element.iter())
                if not hidden:
                    yield _worksheet(element, limits)
                element.clear()
    except (ParseError, DefusedXmlException) as error:
        raise NotReadableError("damaged") from error


def _worksheet(element: Element, limits: Limits) -> RawSheet:
    rows: list[list[object]] = []
    merged: list[MergedRange] = []
    at_row = 0
    for row in element.iterfind(f"{_SPREADSHEET}Table/{_SPREADSHEET}Row"):
        at_row = _index(row, "Index", at_row)
        cells: list[object] = []
        for cell in row.iterfind(f"{_SPREADSHEET}Cell"):
            at_column = _index(cell, "Index", len(cells))
            if at_column >= limits.columns:
                break
            across, down = _index(cell, "MergeAcross", -1) + 1, _index(cell, "MergeDown", -1) + 1
            cells += [""] * (at_column - len(cells))
            cells += [_value(cell.find(_SPREADSHEET + "Data")), *[""] * min(across, limits.columns)]
            if across or down:
                merged.append((at_row, at_column, at_row + down, at_column + across))
        if any(cell != "" for cell in cells):
            if at_row > 2 * limits.rows:
                raise NotReadableError("rows", rows=limits.rows)
            rows += [[] for _ in range(at_row - len(rows))]
            rows.append(cells)
        at_row += 1 + _index(row, "Span", -1) + 1
    return RawSheet(element.get(_SPREADSHEET + "Name"), rows, merged)


def _index(element: Element, name: str, default: int) -> int:
    """Return a 1-based attribute as a 0-based number; `default` where it is missing or no number."""
    text = element.get(_SPREADSHEET + name, "")
    return int(text) - 1 if text.isdecimal() and len(text) < 8 else default


def _value(data: Element | None) -> object:
    if data is None:
        return ""
    text = "".join(data.itertext())
    kind = data.get(_SPREADSHEET + "Type")
    if kind == "Error":
        return CellError(text)
    try:
        if kind == "Number":
            return float(text)
        if kind == "DateTime":
            moment = datetime.datetime.fromisoformat(text)
            return moment.date() if moment.time() == datetime.time() else moment
    except ValueError:
        return text
    if kind == "Boolean":
        return text == "1"
    return text
