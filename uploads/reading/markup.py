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

from uploads.reading.grid import NOT_COMPUTED, CellError, Limits, MergedRange, NotReadableError, RawSheet
from uploads.reading.markup_cells import TELLING, CellMarks, Part, kept_apart, says_something
from uploads.reading.texts import decode

_CHARSET: Final = re.compile(rb"(?:charset|encoding)\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_DECLARATION: Final = re.compile(r"^\s*<\?xml[^>]*\?>")
_SPACES: Final = re.compile(r"[ \t\r\n\f]+")
# Elements that show nothing; LibreOffice writes the note of a cell as <comment> into the cell.
_SILENT: Final = frozenset({"script", "style", "title", "xml", "head", "comment", "template", "noscript"})
_EMPTY_ELEMENTS: Final = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_CELLS: Final = frozenset({"td", "th"})
_HIDING: Final = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|mso-element\s*:\s*comment", re.IGNORECASE)
_SHORTENED: Final = re.compile(r"#+|-?\d(?:\.\d+)?E[+-]?\d+", re.IGNORECASE)  # what Excel shows in a narrow column
_NOTE_CLASS: Final = "msocom"  # as Excel names the marks of its notes
_LINE_BREAKING: Final = frozenset({"br", "p", "div", "li", "h1", "h2", "h3", "h4", "h5", "h6", "caption"})
_WITHOUT_END: Final = frozenset({"p", "li"})  # their end may be left out
_SPREADSHEET: Final = "{urn:schemas-microsoft-com:office:spreadsheet}"
_TYPE: Final = _SPREADSHEET + "Type"
_HIDDEN: Final = ("SheetHidden", "SheetVeryHidden")
_STRIKING: Final = frozenset({"s", "strike", "del"})
_SCRIPTS: Final = {"sup": "raised", "sub": "lowered"}
_PROPERTIES: Final = (b"DocumentProperties", b"CustomDocumentProperties")


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
    """Return all tables of an HTML file, one below the other as Excel shows them.

    Text between them becomes a row. There is a blank row after each table that another one follows, so that the header of
    the second is found. Hidden elements and notes are left out; hidden rows are data, as in workbooks.
    """
    reader = _TableReader(limits)
    reader.feed(_text_of(data))
    reader.close()
    reader.end_line()
    return RawSheet(None, reader.rows, reader.merged)


class _TableReader(HTMLParser):
    """Parser that collects rows and merged ranges.

    A table inside a cell becomes text of that cell, unless the outer table only lays out the page: the inner one is in the
    first cell of a row, or in the first that is not blank of an outer table that has had no row of two filled cells. Then
    the inner table is read.
    """

    def __init__(self, limits: Limits) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[object]] = []
        self.merged: list[MergedRange] = []
        self._limits = limits
        self._depth = 0  # of tables
        self._frames: list[bool] = []  # tables around that only lay out the page: whether each has a full row
        self._table_ends_at = 0  # number of rows when the last table ended
        self._has_full_row = False  # the current table has had a row of two filled cells
        self._silent = 0
        self._hidden: _Hidden | None = None
        self._row: list[object] | None = None
        self._spans: dict[int, int] = {}  # column → rows below that a cell still covers
        self._cell: list[str] | None = None
        self._is_hidden_cell = False
        self._span = (1, 1)
        self._number: str | None = None  # of the cell, as Excel stores it beside what it shows
        self._line: list[str] = []
        self._marks: CellMarks | None = None  # of the current cell, if it has an element that means something

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a table, row or cell."""
        if self._hidden is not None:
            if self._hidden.goes_on_at_start(tag):
                return
            self._hidden = None
        is_hidden = bool(attrs) and _is_hidden(attrs)
        if is_hidden and tag != "tr" and tag not in _CELLS and tag not in _EMPTY_ELEMENTS:
            self._hidden = _Hidden(tag, in_cell=self._cell is not None)
        elif tag in _SILENT:
            self._silent += 1
        elif tag == "body":
            self._silent = 0  # the end of <head> may be left out
        elif tag == "table":
            self._open_table()
        elif tag in TELLING and self._cell is not None and (self._marks is not None or says_something(tag, attrs)):
            self._marks = self._marks or CellMarks()
            self._cell.append(self._marks.start(tag, dict(attrs), is_first=not self._row))
        elif tag in _LINE_BREAKING:
            self._break()
        elif self._depth == 1 and tag == "tr":
            self._end_row()
            self.end_line()
            self._row = []
        elif self._depth == 1 and tag in _CELLS:
            self._end_cell()
            if self._row is None:
                self._row = []
            values = dict(attrs)
            self._cell = []
            self._marks = None
            self._is_hidden_cell = is_hidden
            self._span = (_span(values.get("rowspan")), _span(values.get("colspan")))
            self._number = values.get("x:num") or values.get("data-v")  # Excel, SheetJS

    def _open_table(self) -> None:
        self.end_line()
        if self._only_lays_out():
            self._frames.append(self._has_full_row)
            if text := "".join(self._cell or ()).strip():
                self.rows.append([text])
            self._row = self._cell = None
        else:
            self._depth += 1
        if self._depth == 1:
            self._spans = {}
            self._has_full_row = False
            self._keep_apart()

    def _keep_apart(self) -> None:
        """Add a blank row below the table before, so above the text between the two, which is the second one's title."""
        if not self._table_ends_at:
            return
        has_spans_since = bool(self.merged) and self.merged[-1][0] >= self._table_ends_at
        self.rows.insert(len(self.rows) if has_spans_since else self._table_ends_at, [])

    def _only_lays_out(self) -> bool:
        """Return whether the table around the one that begins here is no table of data."""
        if self._depth != 1 or self._cell is None or self._row is None:
            return False
        return self._row == [] or not (self._has_full_row or any(self._row))

    def handle_endtag(self, tag: str) -> None:
        """Close a table, row or cell."""
        if self._hidden is not None:
            if self._hidden.goes_on_at_end(tag):
                return
            is_own_end, self._hidden = tag == self._hidden.tag, None
            if is_own_end:
                return
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag == "table":
            if self._depth == 1:
                self._end_row()
                self.end_line()
                self._table_ends_at = len(self.rows)
            if self._depth == 1 and self._frames:
                self._has_full_row = self._frames.pop()
            else:
                self._depth = max(0, self._depth - 1)
        elif self._marks is not None and tag in TELLING and self._cell is not None:
            self._cell.append(self._marks.end(tag))
        elif tag in _LINE_BREAKING:
            self._break()
        elif self._depth == 1 and tag == "tr":
            self._end_row()
        elif self._depth == 1 and tag in _CELLS:
            self._end_cell()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Handle self-closing tags such as <br/>; an empty <td/> is a cell."""
        self.handle_starttag(tag, attrs)
        if tag in _SILENT or tag in _CELLS or tag == "tr" or self._hidden is not None:
            self.handle_endtag(tag)

    def handle_data(self, data: str) -> None:
        """Add text to the current cell, or to the line between tables; a caption is such a line, too."""
        if self._silent or self._hidden is not None:
            return
        if self._cell is not None:
            data = _SPACES.sub(" ", data)
            self._cell.append(data if self._marks is None else self._marks.add("".join(self._cell), data))
        elif not self._depth or (self._depth == 1 and self._row is None and not data.isspace()):
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
        if text:
            self.rows.append([text])

    def _end_cell(self) -> None:
        if self._cell is None or self._row is None:
            return
        if self._is_hidden_cell:
            self._cell = None  # it takes no column in the page
            return
        self._cover()
        text = "".join(self._cell).strip(" \n")
        if self._number and _SHORTENED.fullmatch(text):
            text = self._number
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
        self._has_full_row = self._has_full_row or sum(cell != "" for cell in self._row) > 1
        self._row = None
        self._spans = {column: left - 1 for column, left in self._spans.items() if left > 1}


class _Hidden:
    """A hidden element: everything up to its end is left out.

    One whose end is missing ends with its cell.
    """

    def __init__(self, tag: str, *, in_cell: bool) -> None:
        self.tag = tag
        self._in_cell = in_cell
        self._open = 1  # elements of the same tag that are open
        self._tables = 0  # tables inside that are open

    def goes_on_at_start(self, tag: str) -> bool:
        """Return whether a start tag is inside the hidden element, and count it."""
        if self.tag in _WITHOUT_END and (tag == "table" or tag in _LINE_BREAKING):
            return False
        if tag == "table":
            self._tables += 1
        elif self._in_cell and not self._tables and (tag == "tr" or tag in _CELLS):
            return False
        if tag == self.tag:
            self._open += 1
        return True

    def goes_on_at_end(self, tag: str) -> bool:
        """Return whether the hidden element goes on after an end tag."""
        if tag == self.tag:
            self._open -= 1
        if not self._open:
            return False
        if tag == "table" and self._tables:
            self._tables -= 1
            return True
        return not (self._in_cell and not self._tables and (tag in ("tr", "table") or tag in _CELLS))


def _is_hidden(attributes: list[tuple[str, str | None]]) -> bool:
    """Return whether a page does not show an element, or shows it as a note."""
    for name, value in attributes:
        if name == "hidden" or (name == "class" and value and value.startswith(_NOTE_CLASS)):
            return True
        if name == "style" and value and _HIDING.search(value):
            return True
    return False


def _span(text: str | None) -> int:
    return max(1, min(int(text), 1_048_576)) if text and text.isdecimal() and len(text) < 8 else 1


def without_properties(data: bytes) -> bytes:
    """Return a file in Excel 2003's XML format, or its beginning, without its title, author and other properties.

    SheetJS 0.18.5 writes them as they are: names with signs that no name may have, texts with control characters or a bare
    `&`. The sheets behind them are sound.
    """
    for name in _PROPERTIES:
        start = data.find(b"<" + name)
        end = data.find(b"</" + name + b">", start)
        if 0 <= start < end and data.find(b"<Worksheet", 0, end) < 0:
            data = data[:start] + data[end + len(name) + len(b"</>") :]
    return data


def spreadsheetml_sheets(data: bytes, limits: Limits) -> Iterator[RawSheet]:
    """Yield the visible sheets of a file in Excel 2003's XML format."""
    text = _text_of(without_properties(data)).lstrip("\ufeff")
    source = io.BytesIO(_DECLARATION.sub("", text, count=1).encode("utf-8", "replace"))
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
            cells += [_content(cell), *[""] * min(across, limits.columns)]
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


def _content(cell: Element) -> object:
    """Return the value of a cell; a formula without a result as an error. An empty text is a result."""
    data = cell.find(_SPREADSHEET + "Data")
    if cell.get(_SPREADSHEET + "Formula") and (data is None or (not data.text and data.get(_TYPE) != "String")):
        return CellError(NOT_COMPUTED)
    return _value(data)


def _parts(element: Element, *, is_struck: bool = False, script: str = "") -> Iterator[Part]:
    """Yield the parts of a text with fonts of its own."""
    yield Part(element.text or "", is_struck, script)
    for child in element:
        tag = child.tag.rpartition("}")[2].casefold()
        yield from _parts(child, is_struck=is_struck or tag in _STRIKING, script=_SCRIPTS.get(tag, script))
        yield Part(child.tail or "", is_struck, script)


def _value(data: Element | None) -> object:
    if data is None:
        return ""
    text = "".join(data.itertext()) if len(data) == 0 else "".join(kept_apart([*_parts(data)]))
    kind = data.get(_TYPE)
    if kind == "Error":
        return CellError(text)
    try:
        if kind == "Number":
            return float(text)
        if kind == "DateTime":
            moment = datetime.datetime.fromisoformat(text)
            if moment.tzinfo is not None:
                return text  # which day it is in Beijing, the cleaning of a date says
            return moment.date() if moment.time() == datetime.time() else moment
    except ValueError:
        return text
    if kind == "Boolean":
        return text == "1"
    return text
