"""Factories of small workbooks in every format. Cells: text, numbers, booleans, dates, CellError, None."""

from __future__ import annotations

import datetime
import struct
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import xlsxwriter

from uploads.reading.grid import CellError

Rows = Sequence[Sequence[Any]]
Range = tuple[int, int, int, int]  # first row, first column, last row, last column, from 0

COMMUNITY_HEADER = ["县（市、区）", "街道（乡镇）", "社区名称", "社区代码", "类型", "户数", "常住人口"]


def make_xlsx(
    path: Path,
    sheets: Mapping[str, Rows],
    *,
    merged: Iterable[Range] = (),
    hidden: Iterable[str] = (),
    hidden_rows: Iterable[int] = (),
) -> Path:
    """Write an .xlsx; `merged` and `hidden_rows` are those of the first sheet."""
    book = xlsxwriter.Workbook(str(path))
    day, framed = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"border": 1})
    for position, (name, rows) in enumerate(sheets.items()):
        sheet = book.add_worksheet(name)
        if position == 0:
            for first_row, first_column, last_row, last_column in merged:
                sheet.merge_range(first_row, first_column, last_row, last_column, "")
            for number in hidden_rows:
                sheet.set_row(number, None, None, {"hidden": True})
        for row_number, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, CellError):
                    sheet.write_formula(row_number, column, "=A1/0", None, str(cell))
                elif isinstance(cell, datetime.date):
                    sheet.write_datetime(row_number, column, cell, day)
                elif isinstance(cell, str) and cell:
                    sheet.write_string(row_number, column, cell)
                elif cell is None:
                    sheet.write_blank(row_number, column, None, framed)
                elif cell != "":
                    sheet.write(row_number, column, cell)
        if name in hidden:
            sheet.hide()
        else:
            sheet.activate()  # the active sheet cannot be hidden
    book.close()
    return path


# --- .xls: records of Excel 97 in an OLE container ---


def make_xls(
    path: Path,
    sheets: Mapping[str, Rows],
    *,
    merged: Iterable[Range] = (),
    hidden: Iterable[str] = (),
    is_encrypted: bool = False,
    stream_name: str = "Workbook",
    book_records: bytes = b"",
) -> Path:
    """Write an .xls with texts, numbers, failed formulas and `XlsCell`; `book_records` precede the list of sheets."""
    stream = xls_stream(sheets, merged=merged, hidden=hidden, is_encrypted=is_encrypted, book_records=book_records)
    path.write_bytes(make_compound_file({stream_name: stream}))
    return path


@dataclass(frozen=True)
class XlsCell:
    """A cell of an .xls as a record of its own: kind, what follows the cell's address and format, and records after it."""

    kind: int
    content: bytes
    after: bytes = b""
    style: int = 0


def xls_formula(result: bytes, *, flags: int = 0, tokens: bytes = b"\x1e\x01\x00", after: bytes = b"") -> XlsCell:
    """Return a cell with a formula, by default =1, and the stored result of 8 bytes."""
    return XlsCell(0x06, result + struct.pack("<HIH", flags, 0, len(tokens)) + tokens, after)


def xls_stream(
    sheets: Mapping[str, Rows],
    *,
    merged: Iterable[Range] = (),
    hidden: Iterable[str] = (),
    is_encrypted: bool = False,
    book_records: bytes = b"",
) -> bytes:
    """Return the workbook stream of an .xls."""
    contents = [_xls_sheet(rows, merged if position == 0 else ()) for position, rows in enumerate(sheets.values())]
    if is_encrypted:
        book_records = record(0x2F, b"\x01\x00\x01\x00\x01\x00" + bytes(48)) + book_records
    globals_length = len(_xls_globals(sheets, [0] * len(contents), hidden, book_records))
    starts, at = [], globals_length
    for content in contents:
        starts.append(at)
        at += len(content)
    return _xls_globals(sheets, starts, hidden, book_records) + b"".join(contents)


def record(kind: int, content: bytes = b"") -> bytes:
    """Return a record of an .xls."""
    return struct.pack("<HH", kind, len(content)) + content


def _xls_globals(sheets: Iterable[str], starts: Sequence[int], hidden: Iterable[str], book_records: bytes) -> bytes:
    records = record(0x809, struct.pack("<HHHHII", 0x600, 0x05, 0x0DBB, 0x7CC, 0, 6))
    records += book_records
    for name, start in zip(sheets, starts, strict=True):
        label = bytes([len(name), 1]) + name.encode("utf-16-le")
        records += record(0x85, struct.pack("<IBB", start, int(name in hidden), 0) + label)
    return records + record(0x0A)


def _xls_sheet(rows: Rows, merged: Iterable[Range]) -> bytes:
    records = record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0x0DBB, 0x7CC, 0, 6))
    for row_number, row in enumerate(rows):
        for column, cell in enumerate(row):
            at = struct.pack("<HHH", row_number, column, 0)
            if isinstance(cell, CellError):
                result = struct.pack("<BBBBHH", 2, 0, {"#DIV/0!": 7, "#REF!": 0x17}[cell], 0, 0, 0xFFFF)
                records += record(0x06, at + result + struct.pack("<HIH", 0, 0, 0))
            elif isinstance(cell, XlsCell):
                at = struct.pack("<HHH", row_number, column, cell.style)
                records += record(cell.kind, at + cell.content) + cell.after
            elif isinstance(cell, str) and cell:
                label = struct.pack("<HB", len(cell), 1) + cell.encode("utf-16-le")
                records += record(0x204, at + label)
            elif isinstance(cell, int | float):
                records += record(0x203, at + struct.pack("<d", cell))
    areas = list(merged)
    if areas:
        packed = b"".join(struct.pack("<HHHH", top, bottom, left, right) for top, left, bottom, right in areas)
        records += record(0xE5, struct.pack("<H", len(areas)) + packed)
    return records + record(0x0A)


def make_compound_file(streams: Mapping[str, bytes]) -> bytes:
    """Build an OLE file with the given streams, each padded to 4096 bytes, the least size outside the mini stream."""
    sector = 512
    padded = {
        name: content + bytes(max(4096, -(-len(content) // sector) * sector) - len(content))
        for name, content in streams.items()
    }
    count = sum(len(content) for content in padded.values()) // sector
    fat_size = -(-(count + 2 + 8) // 128)
    directory_at = fat_size
    fat = [0xFFFFFFFD] * fat_size + [0xFFFFFFFE]
    entries = [_directory_entry("Root Entry", 5, 0xFFFFFFFE, 0, child=1)]
    body = b""
    for position, (name, content) in enumerate(padded.items(), start=1):
        first = len(fat)
        following = position + 1 if position < len(padded) else 0xFFFFFFFF
        entries.append(_directory_entry(name, 2, first, len(content), right=following))
        length = len(content) // sector
        fat += [*range(first + 1, first + length), 0xFFFFFFFE]
        body += content
    directory = b"".join(entries).ljust(sector, b"\x00")
    table = struct.pack(f"<{len(fat)}I", *fat).ljust(fat_size * sector, b"\xff")
    difat = [*range(fat_size)] + [0xFFFFFFFF] * (109 - fat_size)
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, fat_size, directory_at, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    return header + struct.pack("<109I", *difat) + table + directory + body


def _directory_entry(
    name: str, kind: int, start: int, size: int, *, child: int = 0xFFFFFFFF, right: int = 0xFFFFFFFF
) -> bytes:
    label = name.encode("utf-16-le") + b"\x00\x00"
    links = struct.pack("<III", 0xFFFFFFFF, right, child)
    return (
        label.ljust(64, b"\x00")
        + struct.pack("<HBB", len(label), kind, 1)
        + links
        + bytes(36)
        + struct.pack("<IQ", start, size)
    )


# --- .ods ---

_ODS = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document-content '
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" office:version="1.2"><office:automatic-styles>'
    '<style:style style:name="away" style:family="table"><style:table-properties table:display="false"/></style:style>'
    "</office:automatic-styles><office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"
    "</office:document-content>"
)


def make_ods(
    path: Path,
    sheets: Mapping[str, Rows],
    *,
    merged: Iterable[Range] = (),
    hidden: Iterable[str] = (),
    blank_rows_below: int = 0,
    is_encrypted: bool = False,
) -> Path:
    """Write an .ods; blank rows below the data are one repeated row, as LibreOffice writes them."""
    areas = list(merged)
    tables = ""
    for position, (name, rows) in enumerate(sheets.items()):
        style = ' table:style-name="away"' if name in hidden else ""
        tables += f'<table:table table:name="{escape(name)}"{style}>'
        for number, row in enumerate(rows):
            cells = (_ods_cell(number, column, cell, areas if position == 0 else ()) for column, cell in enumerate(row))
            tables += f"<table:table-row>{''.join(cells)}</table:table-row>"
        if blank_rows_below:
            blank = '<table:table-cell table:number-columns-repeated="16"/>'
            tables += f'<table:table-row table:number-rows-repeated="{blank_rows_below}">{blank}</table:table-row>'
        tables += "</table:table>"
    manifest = "<manifest:encryption-data/>" if is_encrypted else ""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            f"{manifest}</manifest:manifest>",
        )
        archive.writestr("content.xml", _ODS.format(tables=tables))
    return path


def _ods_cell(row: int, column: int, cell: Any, merged: Iterable[Range]) -> str:
    tag, span = "table-cell", ""
    for top, left, bottom, right in merged:
        if (row, column) == (top, left):
            span = f' table:number-rows-spanned="{bottom - top + 1}" table:number-columns-spanned="{right - left + 1}"'
        elif top <= row <= bottom and left <= column <= right:
            tag = "covered-table-cell"
    if cell in ("", None):
        return f"<table:{tag}{span}/>"
    if isinstance(cell, CellError):
        kind = ' office:value-type="string" office:string-value="" calcext:value-type="error"'
    elif isinstance(cell, datetime.date):
        kind = f' office:value-type="date" office:date-value="{cell.isoformat()}"'
    elif isinstance(cell, int | float):
        kind = f' office:value-type="float" office:value="{cell}"'
    else:
        kind = ' office:value-type="string"'
    return f"<table:{tag}{span}{kind}><text:p>{escape(str(cell))}</text:p></table:{tag}>"


# --- HTML and XML files named .xls ---


def make_html(rows: Rows, *, before: str = "", charset: str = "utf-8") -> bytes:
    """Write an HTML table, as web systems export it under the name .xls."""
    lines = "".join(f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>\n" for row in rows)
    head = f'<html><head><meta http-equiv="Content-Type" content="text/html; charset={charset}"><title>x</title></head>'
    return f"{head}<body>{before}<table border=1>{lines}</table></body></html>".encode(charset)


def make_spreadsheetml(sheets: Mapping[str, str], *, hidden: Iterable[str] = ()) -> bytes:
    """Write an Excel 2003 XML file; the sheets' rows are given as XML."""
    worksheets = ""
    for name, rows in sheets.items():
        visible = "SheetHidden" if name in hidden else "SheetVisible"
        worksheets += (
            f'<Worksheet ss:Name="{escape(name)}"><Table>{rows}</Table><x:WorksheetOptions>'
            f"<x:Visible>{visible}</x:Visible></x:WorksheetOptions></Worksheet>"
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><?mso-application progid="Excel.Sheet"?>'
        '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
        'xmlns:x="urn:schemas-microsoft-com:office:excel" '
        f'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">{worksheets}</Workbook>'
    ).encode()
