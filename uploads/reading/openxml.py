"""Scan of the XML of an .xlsx for formulas without a value and for long tails of blank formatted rows.

Worksheets are searched as a stream of bytes, not parsed: a sheet with formats down to row 1,048,576 has about 400 MB of
XML, which takes a second this way.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from uploads.reading.grid import NOT_COMPUTED, ErrorCells, NotReadableError
from uploads.reading.zipped import Archive

# Longer than any single cell, so that a cell cut at the end of a chunk is complete in the next window.
_OVERLAP: Final = 48 * 1024
_WORTH_TRIMMING: Final = 32 * 1024 * 1024
_MAX_REST: Final = 32 * 1024 * 1024

_ERROR_CELL: Final = re.compile(rb"<(?:\w+:)?c\s([^>]*\bt=[\"']e[\"'][^>]*)(?<!/)>(.*?)</(?:\w+:)?c>", re.DOTALL)
# A formula without a result. An empty text (t="str") is a result.
_NOT_COMPUTED_CELL: Final = re.compile(
    rb"<c\s((?:(?!\bt=[\"']str)[^>])*)(?<!/)>\s*<f(?:\s[^>]*)?(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>"
)
_ADDRESS: Final = re.compile(rb"\br=[\"']([A-Z]{1,3})(\d{1,7})[\"']")
_VALUE: Final = re.compile(rb"<(?:\w+:)?v>([^<]*)<")
_RELATIONSHIP: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_RELATIONSHIP: Final = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"


@dataclass(slots=True)
class SheetScan:
    """Scan result of a worksheet's XML: formulas without a value, and the position of the last value.

    The rows from byte `keep` to byte `end` have formats only; `rest` is the XML after the rows. `end` is 0 for a sheet
    written in an unusual way, which is not trimmed.
    """

    errors: ErrorCells = field(default_factory=dict)
    keep: int = 0
    end: int = 0
    rest: bytes = b""

    @property
    def has_long_blank_tail(self) -> bool:
        """Return whether removing the blank rows saves more time than it costs."""
        return self.end - self.keep > _WORTH_TRIMMING


def scan(archive: Archive) -> dict[str, SheetScan]:
    """Return the scans of the worksheets by part name.

    Every part that will be read is inflated, to check the size limit. Raises NotReadableError.
    """
    scans = {}
    for name in archive.parts:
        if name.startswith("xl/worksheets/") and name.endswith(".xml"):
            scans[name] = _scan_worksheet(archive.inflate(name))
        elif name.endswith((".xml", ".rels")):
            for _ in archive.inflate(name):
                pass  # only to count the inflated bytes
    return scans


def _scan_worksheet(chunks: Iterable[bytes]) -> SheetScan:
    sheet_scan = SheetScan()
    start = last_value = row_end = -1
    window, seen = b"", 0
    for chunk in chunks:
        if sheet_scan.end:
            if len(sheet_scan.rest) < _MAX_REST:
                sheet_scan.rest += chunk
            continue
        window = window[-_OVERLAP:] + chunk
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
            _note_errors(window, sheet_scan.errors)
        if b"<f>" in window or b"<f " in window:
            _note_not_computed(window, sheet_scan.errors)
        if rows_end >= 0 and start >= 0:
            sheet_scan.end = base + rows_end
            sheet_scan.keep = (row_end if row_end >= 0 else sheet_scan.end) if last_value >= 0 else start
            sheet_scan.rest = window[rows_end:]
    if len(sheet_scan.rest) >= _MAX_REST:
        sheet_scan.end = 0
    return sheet_scan


def _note_errors(window: bytes, errors: ErrorCells) -> None:
    for cell in _ERROR_CELL.finditer(window):
        value = _VALUE.search(cell[2])
        _note(cell[1], value[1].decode("ascii", "replace") if value else "#VALUE!", errors)


def _note_not_computed(window: bytes, errors: ErrorCells) -> None:
    for cell in _NOT_COMPUTED_CELL.finditer(window):
        _note(cell[1], NOT_COMPUTED, errors)


def _note(attributes: bytes, text: str, errors: ErrorCells) -> None:
    address = _ADDRESS.search(attributes)
    if address:
        column = 0
        for letter in address[1]:
            column = column * 26 + letter - 64
        errors[int(address[2]) - 1, column - 1] = text


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


def without_blank_tails(archive: Archive, scans: Mapping[str, SheetScan]) -> bytes | None:
    """Return the workbook without long tails of blank rows; None when no sheet has one that is worth trimming."""
    if not any(sheet_scan.has_long_blank_tail for sheet_scan in scans.values()):
        return None
    smaller = io.BytesIO()
    with zipfile.ZipFile(smaller, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as copy:
        for name in archive.parts:
            if not name.endswith((".xml", ".rels")):
                continue
            with copy.open(name, "w") as part:
                sheet_scan = scans.get(name)
                if sheet_scan and sheet_scan.has_long_blank_tail:
                    left = sheet_scan.keep
                    for chunk in archive.inflate(name):
                        part.write(chunk[:left])
                        left -= len(chunk)
                        if left <= 0:
                            break
                    part.write(sheet_scan.rest)
                else:
                    for chunk in archive.inflate(name):
                        part.write(chunk)
    return smaller.getvalue()
