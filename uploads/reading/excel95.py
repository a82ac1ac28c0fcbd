"""Sheets of workbooks of Excel 5 and 95, read with xlrd.

calamine garbles their texts, which are not Unicode but in the encoding that the workbook's code page record names.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from uploads.reading.biff import ERROR_TEXTS, Book
from uploads.reading.grid import CellError, ErrorCells, Limits, NotReadableError, RawSheet

if TYPE_CHECKING:
    import xlrd
    from xlrd.sheet import Sheet

# Code pages of workbooks whose texts are tried as GB18030 first: none, Western ones (Chinese programs write GBK
# nevertheless), and that of a Chinese Macintosh, which Python does not know.
_PERHAPS_CHINESE: Final = frozenset({0, 1252, 10000, 10008, 0x8000, 0x8001})
_NUMBER, _DATE, _BOOLEAN, _ERROR = 2, 3, 4, 5  # xlrd's kinds of cells


def sheets(stream: bytes, book: Book, limits: Limits) -> Iterator[RawSheet]:
    """Yield the visible worksheets of a workbook stream. Raises NotReadableError."""
    workbook = _opened(stream, "gb18030") if book.code_page in _PERHAPS_CHINESE else None
    workbook = workbook or _opened(stream, None)
    if workbook is None:
        raise NotReadableError("damaged")
    if workbook.nsheets > limits.sheets:
        raise NotReadableError("sheets", sheets=workbook.nsheets, limit=limits.sheets)
    errors = book.error_cells()
    for index, sheet in enumerate(workbook.sheets()):
        if not sheet.visibility:
            yield RawSheet(sheet.name, _rows(sheet, workbook.datemode, errors.get(index, {})))


def _opened(stream: bytes, encoding: str | None) -> xlrd.Book | None:
    """Return the workbook, in the encoding of its own record unless one is given; None when it cannot be read so."""
    import xlrd  # heavy: loaded for such a workbook only

    try:
        with open(os.devnull, "w") as silence:  # xlrd would write its warnings into the child's answer
            return xlrd.open_workbook(
                file_contents=stream, logfile=silence, encoding_override=encoding, ragged_rows=True
            )
    except Exception:  # xlrd lets errors of every kind through for a damaged file
        return None


def _rows(sheet: Sheet, date_mode: int, errors: ErrorCells) -> Iterator[Sequence[object]]:
    for row in range(sheet.nrows):
        kinds, values = sheet.row_types(row), sheet.row_values(row)
        cells = [_cell(kind, value, date_mode) for kind, value in zip(kinds, values, strict=True)]
        for column in range(len(cells)):
            if (row, column) in errors:
                cells[column] = CellError(errors[row, column])
        yield cells


def _cell(kind: int, value: Any, date_mode: int) -> object:
    """Return a cell as `Grid` describes it; `value` is of the type that xlrd has for its kind."""
    if kind == _DATE:
        return _moment(value, date_mode)
    if kind == _BOOLEAN:
        return bool(value)
    if kind == _ERROR:
        return CellError(ERROR_TEXTS.get(value, "#VALUE!"))
    return value


def _moment(value: float, date_mode: int) -> object:
    """Return a serial number with the format of a date as date, time or both; a number that is none as it is."""
    import xlrd  # loaded already

    try:
        moment: datetime.datetime = xlrd.xldate.xldate_as_datetime(value, date_mode)
    except (xlrd.xldate.XLDateError, OverflowError, ValueError):
        return value
    if value < 1:
        return moment.time()
    return moment.date() if moment.time() == datetime.time() else moment
