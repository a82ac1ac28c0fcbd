"""The formats of files, as `Format` classes of django-import-export that write row by row. Import from here."""

from __future__ import annotations

from exports.formats.base import Head, StreamedFormat
from exports.formats.csv_file import CsvFormat
from exports.formats.json_file import JsonFormat
from exports.formats.xlsx_file import MOST_IN_NAME, XlsxFormat, open_workbook, sheet_name, write_list

FORMATS: dict[str, type[StreamedFormat]] = {each.suffix: each for each in (XlsxFormat, CsvFormat, JsonFormat)}

__all__ = [
    "FORMATS",
    "MOST_IN_NAME",
    "CsvFormat",
    "Head",
    "JsonFormat",
    "StreamedFormat",
    "XlsxFormat",
    "open_workbook",
    "sheet_name",
    "write_list",
]
