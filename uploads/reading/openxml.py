"""Scan of the XML of an .xlsx for formulas without a value and for long tails of blank formatted rows.

A cell without an address, which some programs write, stands right of the one before; only a sheet that has such a formula
is parsed.

Worksheets are searched as a stream of bytes, not parsed: a sheet with formats down to row 1,048,576 has about 400 MB of
XML, which takes a second this way.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from xml.etree.ElementTree import ParseError
from xml.parsers import expat

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from uploads.reading import rich_text
from uploads.reading.grid import NOT_COMPUTED, ErrorCells, NotReadableError
from uploads.reading.zipped import Archive

# Longer than any single cell, so that a cell cut at the end of a chunk is complete in the next window.
_OVERLAP: Final = 48 * 1024
_WORTH_TRIMMING: Final = 32 * 1024 * 1024
_MAX_REST: Final = 32 * 1024 * 1024

_ERROR_CELL: Final = re.compile(rb"<(?:\w+:)?c\s([^>]*\bt=[\"']e[\"'][^>]*)(?<!/)>(.*?)</(?:\w+:)?c>", re.DOTALL)
# A formula without a result, or with one that may be none; its second group is the element for the result, its third a zero.
_WITHOUT_RESULT: Final = (
    rb"<(?:\w+:)?c(?:\s([^>]*))?(?<!/)>\s*<(?:\w+:)?f(?:\s[^>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)\s*"
    rb"(<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*(%s)?\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_NOT_COMPUTED_CELL: Final = re.compile(_WITHOUT_RESULT % rb"0\.0")
_NOT_COMPUTED_OR_ZERO_CELL: Final = re.compile(_WITHOUT_RESULT % rb"0(?:\.0)?")
# A formula with a result that only a program which computes can have stored.
_COMPUTED_CELL: Final = re.compile(rb"[f/]>\s*<(?:\w+:)?v>\s*(?!0(?:\.0)?\s*<)[^<\s#]")
# How the streaming writers of Apache POI and NPOI begin a row. They cannot compute, and store 0.0 and 0.
_STREAMED_ROW: Final = b">\n<c"
# The version that XlsxWriter, Excel::Writer::XLSX and their relatives claim to be. They store 0 unless they are told a result.
_WRITTEN_WITHOUT_RESULTS: Final = re.compile(rb"<(?:\w+:)?fileVersion\s[^>]*\brupBuild=[\"']4505[\"']")
_TEXT_CELL: Final = re.compile(rb"\bt=[\"']str")
_PREFIXED: Final = re.compile(rb"<\w+:worksheet\b")
_STYLES: Final = "xl/styles.xml"
_RICH_RUN: Final = b"rPr>"  # of a text that stands in the worksheet itself
_FORMULA_SIGNS: Final = (b"<f>", b"<f ")
_PREFIXED_FORMULA_SIGNS: Final = (b":f>", b":f ")
_COMPUTED_ON_LOAD: Final = re.compile(rb"\bfullCalcOnLoad\s*=\s*[\"'](?:1|true)[\"']")
_ADDRESS: Final = re.compile(rb"\br=[\"']([A-Z]{1,3})(\d{1,7})[\"']")
_CELL_ADDRESS: Final = re.compile(rb"([A-Z]{1,3})\d{1,7}")
_VALUE: Final = re.compile(rb"<(?:\w+:)?v>([^<]*)<")
_RELATIONSHIP: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_RELATIONSHIP: Final = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"


@dataclass(slots=True)
class SheetScan:
    """Scan result of a worksheet's XML: formulas without a value, and the position of the last value.

    `zeros` are formulas with a 0 that is the result only if another formula of the sheet has one that is not 0.
    `lacks_addresses` tells that a formula without a value has no address, so that `errors` is not complete.
    `is_rich` tells that texts of the part have a part that is struck through, raised or lowered.
    The rows from byte `keep` to byte `end` have formats only; `rest` is the XML after the rows. `end` is 0 for a sheet
    written in an unusual way, which is not trimmed.
    """

    errors: ErrorCells = field(default_factory=dict)
    zeros: ErrorCells = field(default_factory=dict)
    lacks_addresses: bool = False
    is_rich: bool = False
    struck_texts: frozenset[int] = frozenset()  # of the shared texts: those in cells that are struck through
    struck_formats: frozenset[int] = frozenset()  # the formats of such cells
    keep: int = 0
    end: int = 0
    rest: bytes = b""

    @property
    def has_long_blank_tail(self) -> bool:
        """Return whether removing the blank rows saves more time than it costs."""
        return self.end - self.keep > _WORTH_TRIMMING


def scan(archive: Archive) -> dict[str, SheetScan]:
    """Return the scans of the worksheets by part name, and that of the shared texts if they are rich.

    Every part that will be read is inflated, to check the size limit. Raises NotReadableError.
    """
    scans = {}
    workbook = archive.read("xl/workbook.xml")
    is_computed_on_load = _COMPUTED_ON_LOAD.search(workbook) is not None
    zeros = _Zeros(is_computed_on_load, are_results=_WRITTEN_WITHOUT_RESULTS.search(workbook) is None)
    struck = rich_text.struck_formats(archive.read(_STYLES)) if _STYLES in archive.parts else frozenset()
    shared = ""
    for name in archive.parts:
        if name.startswith("xl/worksheets/") and name.endswith(".xml"):
            scans[name] = _scan_worksheet(archive.inflate(name), zeros, struck)
            if scans[name].zeros and not _has_results(archive.inflate(name)):
                scans[name].errors.update(scans[name].zeros)
            if scans[name].lacks_addresses:
                scans[name].errors = _Positions(is_computed_on_load).errors_of(archive.inflate(name))
        elif name.endswith("haredStrings.xml"):
            shared = name
            if rich_text.has_signs(archive.inflate(name), is_struck=bool(struck)):
                scans[name] = SheetScan(is_rich=True)
        elif name.endswith((".xml", ".rels")):
            for _ in archive.inflate(name):
                pass  # only to count the inflated bytes
    if struck and shared in scans:
        sheets = [name for name in scans if name != shared]
        found = (rich_text.texts_in_formats(archive.inflate(name), struck, _OVERLAP) for name in sheets)
        scans[shared].struck_texts = frozenset().union(*found)
    return scans


@dataclass(frozen=True, slots=True)
class _Zeros:
    """What a workbook says about the formulas that have the result 0.

    `are_doubtful` tells that it wants to be computed when it is opened, `are_results` that a 0 in such a workbook may be
    computed nevertheless (exceljs, Apache POI with its evaluator).
    """

    are_doubtful: bool
    are_results: bool


def _scan_worksheet(chunks: Iterable[bytes], zeros: _Zeros, struck_formats: frozenset[int]) -> SheetScan:
    sheet_scan = SheetScan(struck_formats=struck_formats)
    start = last_value = row_end = -1
    window, seen = b"", 0
    signs = _FORMULA_SIGNS
    for chunk in chunks:
        if sheet_scan.end:
            if len(sheet_scan.rest) < _MAX_REST:
                sheet_scan.rest += chunk
            continue
        window = window[-_OVERLAP:] + chunk
        if not seen and _PREFIXED.search(chunk):
            signs = _PREFIXED_FORMULA_SIGNS
        seen += len(chunk)
        base = seen - len(window)
        if start < 0 and (position := window.find(b"<sheetData>")) >= 0:
            start = base + position + len(b"<sheetData>")
        rows_end = window.find(b"</sheetData>")
        until = rows_end if rows_end >= 0 else len(window)
        value = max(window.rfind(b"</v>", 0, until), window.rfind(b"</is>", 0, until))
        if value >= 0 and base + value > last_value:
            last_value, row_end = base + value, -1
        if last_value >= 0 and row_end < 0:
            after = window.find(b"</row>", max(0, last_value - base), until)
            row_end = base + after + len(b"</row>") if after >= 0 else -1
        if value >= 0 and (b't="e"' in window or b"t='e'" in window):
            _note_errors(window, sheet_scan)
        if any(sign in window for sign in signs):
            _note_not_computed(window, sheet_scan, zeros)
        if _RICH_RUN in window and (struck_formats or rich_text.has_signs([window])):
            sheet_scan.is_rich = True
        if rows_end >= 0 and start >= 0:
            sheet_scan.end = base + rows_end
            sheet_scan.keep = (row_end if row_end >= 0 else sheet_scan.end) if last_value >= 0 else start
            sheet_scan.rest = window[rows_end:]
    if len(sheet_scan.rest) >= _MAX_REST:
        sheet_scan.end = 0
    return sheet_scan


def _has_results(chunks: Iterable[bytes]) -> bool:
    """Return whether a formula of a worksheet has a result other than 0."""
    window = b""
    for chunk in chunks:
        window = window[-_OVERLAP:] + chunk
        if _COMPUTED_CELL.search(window):
            return True
    return False


def _note_errors(window: bytes, sheet_scan: SheetScan) -> None:
    for cell in _ERROR_CELL.finditer(window):
        value = _VALUE.search(cell[2])
        _note(cell[1], value[1].decode("ascii", "replace") if value else "#VALUE!", sheet_scan, sheet_scan.errors)


def _note_not_computed(window: bytes, sheet_scan: SheetScan, zeros: _Zeros) -> None:
    """Note the formulas without a result.

    A 0 in a streamed row is none. Where a workbook wants to be computed it is none or, from a program that may compute, one
    that another formula of the sheet has to vouch for. So has 0.0, which no program but Apache POI is known to write.
    """
    has_streamed_rows = _STREAMED_ROW in window
    pattern = _NOT_COMPUTED_OR_ZERO_CELL if zeros.are_doubtful or has_streamed_rows else _NOT_COMPUTED_CELL
    for cell in pattern.finditer(window):
        attributes, result, zero = cell[1] or b"", cell[2], cell[3]
        if result and _TEXT_CELL.search(attributes):
            continue  # an empty text is a result
        if not zero or (has_streamed_rows and _is_in_streamed_row(window, cell.start())):
            _note(attributes, NOT_COMPUTED, sheet_scan, sheet_scan.errors)
        elif zeros.are_doubtful or zero != b"0":
            is_none = zeros.are_doubtful and not zeros.are_results
            _note(attributes, NOT_COMPUTED, sheet_scan, sheet_scan.errors if is_none else sheet_scan.zeros)


def _is_in_streamed_row(window: bytes, position: int) -> bool:
    """Return whether a cell's row is streamed; a row that begins before the window counts as such."""
    row = window.rfind(b"<row", 0, position)
    return row < 0 or window.find(_STREAMED_ROW, row, position + len(_STREAMED_ROW)) == window.find(b">", row)


def _note(attributes: bytes, text: str, sheet_scan: SheetScan, cells: ErrorCells) -> None:
    """Note a cell, unless an earlier window, in which more of its row was to be seen, had it already."""
    address = _ADDRESS.search(attributes)
    if not address:
        sheet_scan.lacks_addresses = True
        return
    cell = int(address[2]) - 1, _column(address[1])
    if cell not in sheet_scan.zeros:
        cells[cell] = text


def _column(letters: bytes) -> int:
    """Return the number of a column from 0: 27 for AB."""
    column = 0
    for letter in letters:
        column = column * 26 + letter - 64
    return column - 1


class _Positions:
    """XML handler that counts rows and cells, for a worksheet with formulas whose cells have no address."""

    def __init__(self, is_computed_on_load: bool) -> None:
        self._no_results = ("", "0.0", "0") if is_computed_on_load else ("", "0.0")
        self._errors: ErrorCells = {}
        self._row = self._column = -1
        self._kind = ""
        self._has_formula = False
        self._value: list[str] | None = None  # the text of the cell's value, while inside it
        self._result: str | None = None

    def errors_of(self, chunks: Iterable[bytes]) -> ErrorCells:
        """Return the formulas without a value. Raises NotReadableError for XML that is not well-formed."""
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        try:
            for chunk in chunks:
                parser.Parse(chunk)
        except expat.ExpatError as error:
            raise NotReadableError("damaged") from error
        return self._errors

    def _refuse_doctype(self, *_: object) -> None:
        raise NotReadableError("damaged")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        if name == "row":
            number = attributes.get("r", "")
            self._row = int(number) - 1 if number.isdecimal() and len(number) < 8 else self._row + 1
            self._column = -1
        elif name == "c":
            address = _CELL_ADDRESS.fullmatch(attributes.get("r", "").encode("ascii", "replace"))
            self._column = _column(address[1]) if address else self._column + 1
            self._kind = attributes.get("t", "")
            self._has_formula = False
            self._result = None
        elif name == "f":
            self._has_formula = True
        elif name == "v":
            self._value = []

    def _text(self, text: str) -> None:
        if self._value is not None:
            self._value.append(text)

    def _end(self, name: str) -> None:
        name = name.rpartition(":")[2]
        if name == "v" and self._value is not None:
            self._result = "".join(self._value).strip()
            self._value = None
        elif name == "c" and self._kind == "e":
            self._errors[self._row, self._column] = self._result or "#VALUE!"
        elif name == "c" and self._has_formula and self._lacks_result():
            self._errors[self._row, self._column] = NOT_COMPUTED

    def _lacks_result(self) -> bool:
        return self._result is None or (self._kind != "str" and self._result in self._no_results)


def error_cells(archive: Archive, scans: Mapping[str, SheetScan]) -> dict[int, ErrorCells]:
    """Return the formulas without a value, by the position of their sheet in the workbook. Raises NotReadableError."""
    if not any(sheet_scan.errors for sheet_scan in scans.values()):
        return {}
    try:
        book = fromstring(archive.read("xl/workbook.xml"))
        links = fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    except (ParseError, DefusedXmlException, KeyError) as error:
        raise NotReadableError("damaged") from error
    part_of = {link.get("Id"): _part_name(link.get("Target", "")) for link in links}
    sheets = [element for element in book.iter() if element.tag.endswith("}sheet")]
    errors = {}
    for index, sheet in enumerate(sheets):
        part = part_of.get(sheet.get(_RELATIONSHIP) or sheet.get(_STRICT_RELATIONSHIP))
        if part and part in scans and scans[part].errors:
            errors[index] = scans[part].errors
    return errors


def _part_name(target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join("xl", target))


def repacked(archive: Archive, scans: Mapping[str, SheetScan]) -> bytes | None:
    """Return the workbook without long tails of blank rows, with the usual names of parts, and with rich texts kept apart.

    None when no sheet has a tail that is worth trimming, all names are usual and no text is rich.
    """
    is_needed = any(sheet_scan.has_long_blank_tail or sheet_scan.is_rich for sheet_scan in scans.values())
    if not archive.has_odd_names and not is_needed:
        return None
    copied = io.BytesIO()
    with zipfile.ZipFile(copied, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as copy:
        for name in archive.parts:
            if not name.endswith((".xml", ".rels")):
                continue
            with copy.open(name, "w") as part:
                chunks = _trimmed(archive.inflate(name), scans.get(name))
                found = scans.get(name)
                if found is not None and found.is_rich:
                    chunks = rich_text.parts_kept_apart(chunks, found.struck_texts, found.struck_formats)
                for chunk in chunks:
                    part.write(chunk)
    return copied.getvalue()


def _trimmed(chunks: Iterable[bytes], sheet_scan: SheetScan | None) -> Iterator[bytes]:
    """Yield a part without a long tail of blank rows."""
    if sheet_scan is None or not sheet_scan.has_long_blank_tail:
        yield from chunks
        return
    left = sheet_scan.keep
    for chunk in chunks:
        yield chunk[:left]
        left -= len(chunk)
        if left <= 0:
            break
    yield sheet_scan.rest
