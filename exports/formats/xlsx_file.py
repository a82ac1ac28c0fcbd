"""Workbooks, written by XlsxWriter in its mode of constant memory: a finished row goes to the disk at once.

Numbers, days and moments are cells of their type. A text is always a text: never a formula, a link or a number, so that codes keep all their
digits. A whole number with more digits than Excel keeps (15), and a day that Excel does not know, are written as text.
"""

from __future__ import annotations

import datetime
import unicodedata
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import IO, Any, ClassVar, Final

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from exports.formats.base import Head, Row, StreamedFormat, number_text, places_of
from exports.storage import scratch_folder

MOST_IN_NAME: Final = 31  # characters of a sheet's name
_MOST_DIGITS: Final = 15
_MOST_CHARACTERS: Final = 32_767  # in a cell
_CUT: Final = "…（太长，没有写完）"
# Excel counts 1900-02-29 as a day, so earlier days are written as text.
_FIRST_SAFE_DAY: Final = datetime.date(1900, 3, 1)
_MEASURED_ROWS: Final = 200  # by which columns are made wide enough
_WIDTHS: Final = (6, 50)  # the narrowest and the widest column, in characters
_FORBIDDEN: Final = str.maketrans(dict.fromkeys(r"[]:*?/\'", " "))


class XlsxFormat(StreamedFormat):
    """A workbook with one sheet."""

    suffix: ClassVar[str] = "xlsx"
    title: ClassVar[str] = "Excel 表格"
    content_type: ClassVar[str] = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    most_rows: ClassVar[int | None] = 1_048_575

    def write(self, head: Head, rows: Iterable[Row], file: IO[bytes]) -> None:
        """Write one sheet: a header that stays in view and filters, and the rows below it."""
        with open_workbook(file, title=head.title, made_at=head.made_at) as book:
            write_list(book, head.title, head.headers, rows)


def open_workbook(file: IO[bytes], *, title: str, made_at: datetime.datetime, author: str = "") -> xlsxwriter.Workbook:
    """Return a new workbook that writes itself into the file when it is closed; its texts never become formulas or links.

    Sheets are written one after the other, each from its first row to its last. The same content is the same bytes.
    """
    options = {
        "constant_memory": True,
        "tmpdir": str(scratch_folder()),
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book = xlsxwriter.Workbook(file, options)
    book.set_properties({"title": title, "author": author, "created": made_at.replace(tzinfo=None)})
    return book


def sheet_name(title: str) -> str:
    """Return a title as the name of a sheet: without what Excel forbids there, 31 characters at most; "" if nothing is left."""
    return title.translate(_FORBIDDEN).strip()[:MOST_IN_NAME]


def write_list(book: xlsxwriter.Workbook, title: str, headers: Sequence[str], rows: Iterable[Row]) -> Worksheet:
    """Add a sheet: a header that stays in view and filters, and the rows below it, in columns wide enough."""
    sheet = book.add_worksheet(sheet_name(title) or None)
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "vcenter", "bg_color": "#EAF1FB"})
    widths = [_width(header) + 3 for header in headers]  # room for the button of the filter
    for index, header in enumerate(headers):
        sheet.write_string(0, index, header, bold)
    last = _Cells(book, sheet).write(rows, widths)
    for index, width in enumerate(widths):
        sheet.set_column(index, index, min(max(width + 1, _WIDTHS[0]), _WIDTHS[1]))
    sheet.freeze_panes(1, 0)
    if headers:
        sheet.autofilter(0, 0, last, len(headers) - 1)
    return sheet


class _Cells:
    """Writes values as cells of their type."""

    def __init__(self, book: xlsxwriter.Workbook, sheet: Worksheet) -> None:
        self.book, self.sheet = book, sheet
        self.decimals: dict[int, Format] = {}  # by places
        self.text = book.add_format({"num_format": "@"})
        self.day = book.add_format({"num_format": "yyyy-mm-dd"})
        self.moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        self.whole = book.add_format({"num_format": "0"})
        self.by_kind = {
            str: self._text, int: self._whole, Decimal: self._decimal, float: self._float, bool: self._yes_no,
            datetime.date: self._day, datetime.datetime: self._moment,
        }  # fmt: skip

    def write(self, rows: Iterable[Row], widths: list[int]) -> int:
        """Write the rows below the header, make `widths` those of the first ones, and return the number of the last."""
        number = 0
        by_kind = self.by_kind
        for number, row in enumerate(rows, start=1):
            for index, value in enumerate(row):
                if value is not None:
                    by_kind[type(value)](number, index, value)
            if number <= _MEASURED_ROWS:
                widths[:] = [max(width, _width(value)) for width, value in zip(widths, row, strict=True)]
        return number

    def _text(self, row: int, column: int, value: Any) -> None:
        if len(value) > _MOST_CHARACTERS:
            value = value[: _MOST_CHARACTERS - len(_CUT)] + _CUT
        self.sheet.write_string(row, column, value, self.text)

    def _whole(self, row: int, column: int, value: Any) -> None:
        if abs(value) >= 10**_MOST_DIGITS:
            self._text(row, column, str(value))
        else:
            self.sheet.write_number(row, column, value, self.whole)

    def _decimal(self, row: int, column: int, value: Any) -> None:
        if not value.is_finite() or len(value.normalize().as_tuple().digits) > _MOST_DIGITS:
            self._text(row, column, number_text(value))
        else:
            self.sheet.write_number(row, column, float(value), self._places(value))

    def _places(self, value: Decimal) -> Format:
        """Return the format that shows as many places as the number is written with."""
        places = places_of(value)
        if places not in self.decimals:
            self.decimals[places] = self.book.add_format({"num_format": f"0.{'0' * places}" if places else "0"})
        return self.decimals[places]

    def _float(self, row: int, column: int, value: Any) -> None:
        self.sheet.write_number(row, column, value)  # of none of our columns; a dataset of the library may have it

    def _yes_no(self, row: int, column: int, value: Any) -> None:
        self._text(row, column, "是" if value else "否")

    def _day(self, row: int, column: int, value: Any) -> None:
        if value < _FIRST_SAFE_DAY:
            self._text(row, column, value.isoformat())
        else:
            self.sheet.write_datetime(row, column, value, self.day)

    def _moment(self, row: int, column: int, value: Any) -> None:
        self.sheet.write_datetime(row, column, value.replace(tzinfo=None), self.moment)


def _width(value: Any) -> int:
    """Return how many columns of Latin letters a value takes; a Chinese character takes two."""
    if value is None:
        return 0
    if isinstance(value, datetime.datetime):
        return 16
    text = value if isinstance(value, str) else str(value)
    return len(text) + sum(unicodedata.east_asian_width(letter) in "WF" for letter in text[:60])
