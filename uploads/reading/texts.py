"""Text files: detecting encoding and delimiter, and reading the rows of a .csv (quotation marks: `quotes`)."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator
from typing import Final

from uploads.reading.grid import NotReadableError
from uploads.reading.quotes import quoted_rows

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DELIMITERS: Final = (",", "\t", ";", "|")
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0e-\x19\x1c-\x1f\x7f]")
_FORCED_TEXT: Final = re.compile(r'="(.*)"')
# The delimiter that Excel writes into a first line; Excel does not show this line as a row.
_SEPARATOR_LINE: Final = re.compile(r'sep=([^"\r])\r?\n', re.IGNORECASE)
_SAMPLE_LINES: Final = 40

csv.field_size_limit(1_000_000)


def looks_like_text(head: bytes) -> bool:
    """Return whether the beginning of a file has no bytes that text cannot have."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or _unmarked_utf16(head):
        return True
    return not _CONTROL.search(head.removeprefix(codecs.BOM_UTF8))


def decode(data: bytes, *, is_whole: bool = True) -> str:
    """Decode a file by its byte order mark, else as UTF-8, else as GB18030 (which includes GBK).

    Without `is_whole` the data may end in the middle of a character. Raises NotReadableError.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _decoded(data, encoding, is_whole=is_whole)
    if encoding := _unmarked_utf16(data):
        return _decoded(data, encoding, is_whole=is_whole)
    try:
        return _decoded(data, "utf-8", is_whole=is_whole)
    except NotReadableError:
        return _decoded(data, "gb18030", is_whole=is_whole)


def _decoded(data: bytes, encoding: str, *, is_whole: bool) -> str:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        return decoder.decode(data, is_whole)
    except UnicodeDecodeError as error:
        raise NotReadableError("encoding") from error


def _unmarked_utf16(data: bytes) -> str:
    """Return the name of UTF-16 without a byte order mark, in which every other byte of ASCII is zero; else ""."""
    sample = data[:4096]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd > len(sample) // 40 and not even:
        return "utf-16-le"
    if even > len(sample) // 40 and not odd:
        return "utf-16-be"
    return ""


def delimited_rows(data: bytes, *, is_named_csv: bool) -> Iterator[list[object]]:
    """Yield the rows of a .csv or .txt file delimited by commas, tabs, semicolons or bars.

    A text without any of these is refused, unless the file is named .csv. Raises NotReadableError.
    """
    text = decode(data)
    separator_line = _SEPARATOR_LINE.match(text)
    if separator_line:
        text = text[separator_line.end() :]
    delimiter = separator_line[1] if separator_line else _delimiter_of(text)
    if not delimiter and text.strip() and not is_named_csv:
        raise NotReadableError("format", kind="纯文本文件")
    rows = quoted_rows(text, delimiter or ",", first_line=2 if separator_line else 1)
    has_forced_texts = '="' in text
    try:
        for fields in rows:
            yield [_unforced(field) for field in fields] if has_forced_texts else fields
    except csv.Error as error:
        raise NotReadableError("damaged") from error


def _unforced(field: object) -> object:
    """Return the text of ="0012", which makes Excel keep a number as text."""
    return _FORCED_TEXT.sub(r"\1", field) if type(field) is str and field.startswith('="') else field


def _delimiter_of(text: str) -> str:
    """Return the delimiter that splits the most of the first lines, then into the most columns; "" when none does."""
    sample = "".join(text[:100_000].splitlines(keepends=True)[:_SAMPLE_LINES])
    best, best_score = "", (1, 0)  # a comma in one line does not make a text a table
    for delimiter in _DELIMITERS:
        try:
            widths = [len(fields) for fields in quoted_rows(sample, delimiter)]
        except csv.Error:
            continue
        score = (sum(width > 1 for width in widths), sum(width - 1 for width in widths if width))
        if score > best_score:
            best, best_score = delimiter, score
    return best
