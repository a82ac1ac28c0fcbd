"""CSV as in RFC 4180: UTF-8 with a byte order mark, commas, CRLF (docs/spreadsheets.md §4.10).

Excel and WPS take a cell of a .csv that begins with = + - @ (or their full-width forms), a tab or a return for a formula,
in quotes too, and run it. Such a text gets an apostrophe in front, as OWASP recommends, and so does one that begins with an
apostrophe. So nothing is lost: whoever reads the file takes one apostrophe from the front of each text that has one. Numbers
are left as they are.
"""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Iterable
from decimal import Decimal
from typing import IO, Any, ClassVar, Final

from changzhi_portal.pages.exported import Value
from exports.formats.base import Head, Row, StreamedFormat, number_text

ACTIVE: Final = frozenset("=+-@\t\r\n＝＋－＠'")
MARK: Final = "'"


class CsvFormat(StreamedFormat):
    """A table as text."""

    suffix: ClassVar[str] = "csv"
    title: ClassVar[str] = "CSV 文本"
    content_type: ClassVar[str] = "text/csv; charset=utf-8"

    def write(self, head: Head, rows: Iterable[Row], file: IO[bytes]) -> None:
        """Write a line of headers, then a line for each row."""
        text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=False)
        writer = csv.writer(text)  # its line ends are CRLF
        writer.writerow([_harmless(header) for header in head.headers])
        writer.writerows([_cell(value) for value in row] for row in rows)
        text.flush()
        text.detach()


def _cell(value: Value) -> Any:
    kind = type(value)
    if kind is str:
        return _harmless(value)  # type: ignore[arg-type]
    if value is None or kind is int or kind is float:
        return value
    if kind is bool:
        return "是" if value else "否"
    if isinstance(value, Decimal):
        return number_text(value)
    if isinstance(value, datetime.datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return str(value)  # a day


def _harmless(text: str) -> str:
    """Return a text that no program runs: with an apostrophe in front where it needs one."""
    return f"{MARK}{text}" if text[:1] in ACTIVE else text
