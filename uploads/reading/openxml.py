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
# A formula without a result; its second group is the element for the result. 0.0 is what Apache POI's streaming writer
# stores that cannot compute (Excel writes 0).
_WITHOUT_RESULT: Final = (
    rb"<(?:\w+:)?c(?:\s([^>]*))?(?<!/)>\s*<(?:\w+:)?f(?:\s[^>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)\s*"
    rb"(<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*(?:%s)?\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_NOT_COMPUTED_CELL: Final = re.compile(_WITHOUT_RESULT % rb"0\.0")
# In a workbook that wants to be computed when it is opened, 0 is what a program stores that cannot compute (XlsxWriter).
_NOT_COMPUTED_OR_ZERO_CELL: Final = re.compile(_WITHOUT_RESULT % rb"0(?:\.0)?")
_TEXT_CELL: Final = re.compile(rb"\bt=[\"']str")
_PREFIXED: Final = re.compile(rb"<\w+:worksheet\b")
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

    `lacks_addresses` tells that a formula without a value has no address, so that `errors` is not complete.
    `is_rich` tells that texts of the part have a part that is struck through or raised.
    The rows from byte `keep` to byte `end` have formats only; `rest` is the XML after the rows. `end` is 0 for a sheet
    written in an unusual way, which is not trimmed.
    """

    errors: ErrorCells = field(default_factory=dict)
    lacks_addresses: bool = False
    is_rich: bool = False
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
    is_computed_on_load = bool(_COMPUTED_ON_LOAD.search(archive.read("xl/workbook.xml")))
    not_computed = _NOT_COMPUTED_OR_ZERO_CELL if is_computed_on_load else _NOT_COMPUTED_CELL
    for name in archive.parts:
        if name.startswith("xl/worksheets/") and name.endswith(".xml"):
            scans[name] = _scan_worksheet(archive.inflate(name), not_computed)
            if scans[name].lacks_addresses:
                scans[name].errors = _Positions(is_computed_on_load).errors_of(archive.inflate(name))
        elif name.endswith("haredStrings.xml"):
            if rich_text.has_signs(archive.inflate(name)):
                scans[name] = SheetScan(is_rich=True)
        elif name.endswith((".xml", ".rels")):
            for _ in archive.inflate(name):
                pass  # only to count the inflated bytes
    return scans


def _scan_worksheet(chunks: Iterable[bytes], not_computed: re.Pattern[bytes]) -> SheetScan:
    sheet_scan = SheetScan()
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
            _note_not_computed(window, sheet_scan, not_computed)
        if _RICH_RUN in window and rich_text.has_signs([window]):
            sheet_scan.is_rich = True
        if rows_end >= 0 and start >= 0:
            sheet_scan.end = base + rows_end
            sheet_scan.keep = (row_end if row_end >= 0 else sheet_scan.end) if last_value >= 0 else start
            sheet_scan.rest = window[rows_end:]
    if len(sheet_scan.rest) >= _MAX_REST:
        sheet_scan.end = 0
    return sheet_scan


def _note_errors(window: bytes, sheet_scan: SheetScan) -> None:
    for cell in _ERROR_CELL.finditer(window):
        value = _VALUE.search(cell[2])
        _note(cell[1], value[1].decode("ascii", "replace") if value else "#VALUE!", sheet_scan)


def _note_not_computed(window: bytes, sheet_scan: SheetScan, not_computed: re.Pattern[bytes]) -> None:
    for cell in not_computed.finditer(window):
        attributes = cell[1] or b""
        if not (cell[2] and _TEXT_CELL.search(attributes)):  # an empty text is a result
            _note(attributes, NOT_COMPUTED, sheet_scan)


def _note(attributes: bytes, text: str, sheet_scan: SheetScan) -> None:
    address = _ADDRESS.search(attributes)
    if address:
        sheet_scan.errors[int(address[2]) - 1, _column(address[1])] = text
    else:
        sheet_scan.lacks_addresses = True


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
                for chunk in rich_text.kept_apart(chunks) if name in scans and scans[name].is_rich else chunks:
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
