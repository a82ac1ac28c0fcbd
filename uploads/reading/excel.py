"""Sheets of Excel and OpenDocument workbooks through calamine, and what calamine does not tell.

calamine reads fast and skips formatted blanks, but gives "" for a formula that failed and knows no merged cells of
OpenDocument; both are looked up in the file itself, where its bytes hint at any.
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
    """The visible sheets of an .xlsx, .xlsm or .ods file. Raises NotReadableError."""
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
    seen = opendocument.look(archive, limits)
    return _sheets(_opened(path), limits, errors=seen.errors, merged=seen.merged)


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
    """The visible sheets of an .xls file (Excel 97 to 2003, WPS). Raises NotReadableError."""
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
    """The visible worksheets; `errors` and `merged` are by position in the workbook, hidden sheets included."""
    about = workbook.sheets_metadata
    if len(about) > limits.sheets:
        raise NotReadableError("sheets", sheets=len(about), limit=limits.sheets)
    for index, sheet_is in enumerate(about):
        if sheet_is.visible != SheetVisibleEnum.Visible or sheet_is.typ != SheetTypeEnum.WorkSheet:
            continue
        try:
            sheet = workbook.get_sheet_by_index(index)
            ranges = merged.get(index, []) if merged is not None else _merged(sheet)
        except (CalamineError, OSError, ValueError) as error:
            raise NotReadableError("damaged") from error
        if sheet.end and sheet.end[1] >= limits.columns:
            raise NotReadableError("columns", columns=limits.columns)
        yield RawSheet(sheet_is.name, _rows(sheet, errors.get(index, {})), ranges)


def _merged(sheet: CalamineSheet) -> list[MergedRange]:
    return [(*first, *last) for first, last in sheet.merged_cell_ranges or ()]


def _rows(sheet: CalamineSheet, errors: ErrorCells) -> Iterator[Sequence[object]]:
    """The rows from column A on; calamine iterates from row 1, but from the first column that has something."""
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
