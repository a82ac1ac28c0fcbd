"""Sheets of Excel and OpenDocument workbooks, read with calamine and completed with what calamine leaves out.

calamine is fast and skips formatted blanks, but returns "" for a failed formula and no merged cells of OpenDocument.
Both are read from the file itself, if a quick search of its bytes finds any. What calamine would read wrongly is changed in
memory before. Workbooks of Excel 95 are read by `excel95`.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, repeat
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

from uploads.reading import biff, excel95, opendocument, openxml, passwords
from uploads.reading.compound import CompoundFile
from uploads.reading.grid import (
    NOT_COMPUTED,
    CellError,
    ErrorCells,
    KeptApart,
    Limits,
    MergedRange,
    NotReadableError,
    RawSheet,
)
from uploads.reading.zipped import Archive

_MOST_ROWS: Final = 1_048_576  # of a sheet in any program; an address beyond is none
_OLD_OPENDOCUMENT: Final = b"application/vnd.sun.xml.calc"


def zipped_sheets(file: IO[bytes], source: Path | IO[bytes], limits: Limits) -> Iterator[RawSheet]:
    """Return the visible sheets of an .xlsx, .xlsm or .ods file; calamine reads `source`. Raises NotReadableError."""
    archive = Archive(file, limits)
    if "xl/workbook.xml" in archive.parts:
        return _office_open_sheets(archive, source, limits)
    if "content.xml" in archive.parts and "uof.xml" not in archive.parts:
        return _opendocument_sheets(archive, source, limits)
    raise _foreign_archive(set(archive.parts))


def flat_sheets(data: bytes, limits: Limits) -> Iterator[RawSheet]:
    """Return the visible sheets of an OpenDocument file that is a single XML (.fods). Raises NotReadableError."""
    archive = opendocument.archive_of(data, limits)
    scan = opendocument.scan(archive, limits)
    return _sheets(_opened(io.BytesIO(opendocument.tidied(archive))), limits, errors=scan.errors, merged=scan.merged)


def _office_open_sheets(archive: Archive, source: Path | IO[bytes], limits: Limits) -> Iterator[RawSheet]:
    scans = openxml.scan(archive)
    repacked = openxml.repacked(archive, scans)
    workbook = _opened(io.BytesIO(repacked) if repacked else source)
    return _sheets(workbook, limits, errors=openxml.error_cells(archive, scans))


def _opendocument_sheets(archive: Archive, source: Path | IO[bytes], limits: Limits) -> Iterator[RawSheet]:
    if "META-INF/manifest.xml" in archive.parts and b"encryption-data" in archive.read("META-INF/manifest.xml"):
        raise NotReadableError("encrypted")
    kind = archive.read("mimetype") if "mimetype" in archive.parts else opendocument.SPREADSHEET
    if kind.startswith(_OLD_OPENDOCUMENT):
        raise NotReadableError("old_format", kind="OpenOffice 1.0表格（.sxc）")
    if not kind.startswith(opendocument.SPREADSHEET):
        raise NotReadableError("format", kind="文字文档或演示文稿")
    scan = opendocument.scan(archive, limits)
    workbook = None if scan.loses_text or archive.has_odd_names else _opened_if_tidy(source)
    workbook = workbook or _opened(io.BytesIO(opendocument.tidied(archive)))
    return _sheets(workbook, limits, errors=scan.errors, merged=scan.merged)


def _opened_if_tidy(source: Path | IO[bytes]) -> CalamineWorkbook | None:
    """Return the document; None when calamine cannot read it as it is, for instance because its XML is indented."""
    try:
        return _opened(source)
    except NotReadableError:
        return None


def _foreign_archive(names: set[str]) -> NotReadableError:
    if any(name.startswith("word/") for name in names):
        return NotReadableError("format", kind="Word文档")
    if any(name.startswith("ppt/") for name in names):
        return NotReadableError("format", kind="演示文稿")
    if "xl/workbook.bin" in names:
        return NotReadableError("old_format", kind="二进制工作簿（.xlsb）")
    if "uof.xml" in names:
        return NotReadableError("old_format", kind="标文通表格（.uos）")
    if any(name.endswith(".iwa") for name in names):
        return NotReadableError("old_format", kind="苹果Numbers表格")
    return NotReadableError("format", kind="压缩包")


def compound_sheets(data: bytes, source: Path | IO[bytes], limits: Limits) -> Iterator[RawSheet]:
    """Return the visible sheets of an .xls file (Excel 95 to 2003, WPS), or of an encrypted .xlsx.

    An encrypted file is read when it opens with Excel's default password. Raises NotReadableError.
    """
    compound = CompoundFile(data)
    if {"EncryptedPackage", "EncryptionInfo"} & compound.names:
        plain = io.BytesIO(passwords.decrypted(data))
        return zipped_sheets(plain, plain, limits)
    stream = next((name for name in ("Workbook", "Book") if name in compound.names), None)
    if stream is None:
        raise _foreign_compound_file(compound.names)
    content = compound.read(stream)
    book = biff.Book(content)
    if book.is_encrypted:
        data = passwords.decrypted(compound.with_changes(stream, biff.padding_as_record(content)))
        source = io.BytesIO(data)
        compound = CompoundFile(data)
        content = compound.read(stream)
        book = biff.Book(content)
    if book.version == biff.EXCEL_95:
        return excel95.sheets(content, book, limits)
    if book.version == biff.EXCEL_97 and book.repairs:
        source = io.BytesIO(compound.with_changes(stream, book.repairs))
    errors = book.error_cells()
    for index, texts in book.texts_kept_apart().items():
        errors[index] = {**errors.get(index, {}), **texts}
    return _sheets(_opened(source), limits, errors=errors)


def _foreign_compound_file(names: set[str]) -> NotReadableError:
    if "WordDocument" in names:
        return NotReadableError("format", kind="Word文档")
    if "PowerPoint Document" in names:
        return NotReadableError("format", kind="演示文稿")
    return NotReadableError("format", kind="无法识别的文件")


def _opened(source: Path | IO[bytes]) -> CalamineWorkbook:
    if not isinstance(source, Path):
        source.seek(0)
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
        yield RawSheet(properties.name, _rows(sheet, errors.get(index, {}), limits.columns), ranges)


def _merged(sheet: CalamineSheet) -> list[MergedRange]:
    return [(*first, *last) for first, last in sheet.merged_cell_ranges or ()]


def _rows(sheet: CalamineSheet, errors: ErrorCells, columns: int) -> Iterator[Sequence[object]]:
    """Yield the rows from column A on, with the `errors` in the first `columns`.

    calamine's rows begin at row 1, but at the first column that has a value, and end with the last row and column that have
    one; a formula without a value may stand beyond.
    """
    margin: list[object] = [""] * sheet.start[1] if sheet.start else []
    rows: Iterator[Sequence[object]] = sheet.iter_rows() if sheet.start else iter(())
    if not margin and not errors:
        yield from rows
        return
    by_row: dict[int, dict[int, str]] = {}
    for (row_number, column), text in errors.items():
        if row_number < _MOST_ROWS and column < columns:
            by_row.setdefault(row_number, {})[column] = text
    below = max(by_row, default=-1) + 1
    for number, cells in enumerate(chain(rows, repeat(()))):
        if number >= below and cells == ():
            return
        row = [*margin, *cells]
        if failed := by_row.get(number):
            row += [""] * (max(failed) + 1 - len(row))
            for column, text in failed.items():
                if isinstance(text, KeptApart):
                    row[column] = str(text)
                elif row[column] == "" or text == NOT_COMPUTED:
                    row[column] = CellError(text)
        yield row
