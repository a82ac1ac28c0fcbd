"""Sheets of Excel and OpenDocument workbooks, read with calamine and completed with what calamine leaves out.

calamine is fast and skips formatted blanks, but returns "" for a failed formula and no merged cells of OpenDocument.
Both are read from the file itself, if a quick search of its bytes finds any.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Final

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from uploads.reading import biff, opendocument, openxml
from uploads.reading.compound import CompoundFile
from uploads.reading.grid import CellError, ErrorCells, Limits, MergedRange, NotReadableError, RawSheet
from uploads.reading.zipped import Archive

_ODS_TYPE: Final = b"application/vnd.oasis.opendocument.spreadsheet"


def zipped_sheets(file: IO[bytes], path: Path, limits: Limits) -> Iterator[RawSheet]:
    """Return the visible sheets of an .xlsx, .xlsm or .ods file. Raises NotReadableError."""
    archive = Archive(file, limits)
    if "xl/workbook.xml" in archive.parts:
        return _office_open_sheets(archive, path, limits)
    if "content.xml" in archive.parts:
        return _opendocument_sheets(archive, path, limits)
    raise _foreign_archive(set(archive.parts))


def _office_open_sheets(archive: Archive, path: Path, limits: Limits) -> Iterator[RawSheet]:
    scans = openxml.scan(archive)
    trimmed = openxml.without_blank_tails(archive, scans)
    workbook = _opened(io.BytesIO(trimmed) if trimmed else path)
    return _sheets(workbook, limits, errors=openxml.error_cells(archive, scans))


def _opendocument_sheets(archive: Archive, path: Path, limits: Limits) -> Iterator[RawSheet]:
    if "META-INF/manifest.xml" in archive.parts and b"encryption-data" in archive.read("META-INF/manifest.xml"):
        raise NotReadableError("encrypted")
    if "mimetype" in archive.parts and not archive.read("mimetype").startswith(_ODS_TYPE):
        raise NotReadableError("format", kind="文字文档或演示文稿")
    scan = opendocument.scan(archive, limits)
    return _sheets(_opened(path), limits, errors=scan.errors, merged=scan.merged)


def _foreign_archive(names: set[str]) -> NotReadableError:
    if any(name.startswith("word/") for name in names):
        return NotReadableError("format", kind="Word文档")
    if any(name.startswith("ppt/") for name in names):
        return NotReadableError("format", kind="演示文稿")
    if "xl/workbook.bin" in names:
        return NotReadableError("old_format", kind="二进制工作簿（.xlsb）")
    if any(name.endswith(".iwa") for name in names):
        return NotReadableError("old_format", kind="苹果Numbers表格")
    return NotReadableError("format", kind="压缩包")


def compound_sheets(file: IO[bytes], path: Path, limits: Limits) -> Iterator[RawSheet]:
    """Return the visible sheets of an .xls file (Excel 97 to 2003, WPS). Raises NotReadableError."""
    compound = CompoundFile(file.read())
    if {"EncryptedPackage", "EncryptionInfo"} & compound.names:
        raise NotReadableError("encrypted")
    stream = next((name for name in ("Workbook", "Book") if name in compound.names), None)
    if stream is None:
        raise _foreign_compound_file(compound.names)
    book = biff.Book(compound.read(stream))
    if book.is_encrypted:
        raise NotReadableError("encrypted")
    return _sheets(_opened(path), limits, errors=book.error_cells())


def _foreign_compound_file(names: set[str]) -> NotReadableError:
    if "WordDocument" in names:
        return NotReadableError("format", kind="Word文档")
    if "PowerPoint Document" in names:
        return NotReadableError("format", kind="演示文稿")
    return NotReadableError("format", kind="无法识别的文件")


def _opened(source: Path | IO[bytes]) -> CalamineWorkbook:
    try:
        return CalamineWorkbook.from_object(source)
    except PasswordError as error:
        raise NotReadableError("encrypted") from error
    except (CalamineError, OSError, ValueError) as error:
        raise NotReadableError("damaged") from error


def _sheets(
    workbook: CalamineWorkbook,
    limits: Limits,
    *,
    errors: Mapping[int, ErrorCells],
    merged: Mapping[int, list[MergedRange]] | None = None,
) -> Iterator[RawSheet]:
    """Yield the visible worksheets; `errors` and `merged` are by position in the workbook, counting hidden sheets."""
    metadata = workbook.sheets_metadata
    if len(metadata) > limits.sheets:
        raise NotReadableError("sheets", sheets=len(metadata), limit=limits.sheets)
    for index, properties in enumerate(metadata):
        if properties.visible != SheetVisibleEnum.Visible or properties.typ != SheetTypeEnum.WorkSheet:
            continue
        try:
            sheet = workbook.get_sheet_by_index(index)
            ranges = merged.get(index, []) if merged is not None else _merged(sheet)
        except (CalamineError, OSError, ValueError) as error:
            raise NotReadableError("damaged") from error
        if sheet.end and sheet.end[1] >= limits.columns:
            raise NotReadableError("columns", columns=limits.columns)
        yield RawSheet(properties.name, _rows(sheet, errors.get(index, {})), ranges)


def _merged(sheet: CalamineSheet) -> list[MergedRange]:
    return [(*first, *last) for first, last in sheet.merged_cell_ranges or ()]


def _rows(sheet: CalamineSheet, errors: ErrorCells) -> Iterator[Sequence[object]]:
    """Yield the rows from column A on; calamine's rows begin at row 1, but at the first column that has a value."""
    if sheet.start is None:
        return
    margin: list[object] = [""] * sheet.start[1]
    if not margin and not errors:
        yield from sheet.iter_rows()
        return
    by_row: dict[int, dict[int, str]] = {}
    for (row_number, column), text in errors.items():
        by_row.setdefault(row_number, {})[column] = text
    for number, cells in enumerate(sheet.iter_rows()):
        row = [*margin, *cells]
        for column, text in by_row.get(number, {}).items():
            if column < len(row) and row[column] == "":
                row[column] = CellError(text)
        yield row
