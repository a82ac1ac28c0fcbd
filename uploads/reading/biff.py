"""Scan of the BIFF records of an .xls workbook.

It tells the version and whether the workbook is encrypted, finds the formulas without a value, and lists the bytes that
have to be changed in memory before calamine reads the workbook rightly.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import Final

from uploads.reading import biff_texts, formula_tokens
from uploads.reading.grid import NOT_COMPUTED, ErrorCells, KeptApart

EXCEL_95: Final = 0x0500
EXCEL_97: Final = 0x0600

_HEADER: Final = struct.Struct("<HH")
_CELL: Final = struct.Struct("<HH")
_NUMBER: Final = struct.Struct("<H")
_LONGEST_RECORD: Final = 8224
_END, _FORMULA, _FILE_PASS, _SHEET, _BOOLEAN_OR_ERROR = 0x0A, 0x06, 0x2F, 0x85, 0x205
_BEGIN, _CODE_PAGE, _FORMAT, _CELL_FORMAT, _TEXT_RESULT = 0x809, 0x42, 0x41E, 0xE0, 0x207
_FONT, _TEXTS, _CONTINUED, _TEXT_CELL = 0x31, 0xFC, 0x3C, 0xFD
_OLDER_BEGINS: Final = {0x009: 0x0200, 0x209: 0x0300, 0x409: 0x0400}
_BESIDE_FORMULA: Final = frozenset({0x4BC, 0x221, 0x236})  # shared formula, array, data table: before the text result
_UTF_16: Final = _NUMBER.pack(1200)
# Numbers of formats that calamine takes for East Asian dates or for nothing, also when the workbook describes them;
# Gnumeric numbers a workbook's own formats from 50.
_MISREAD_FORMATS: Final = frozenset([*range(23, 37), *range(50, 164), *range(383, 0x10000)])
_OWN_FORMATS: Final = range(164, 383)  # the numbers of which calamine asks the workbook what they mean
ERROR_TEXTS: Final = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
}
_RESULT_KIND: Final = b"\xff\xff"  # at the end of a result that is no number
_FAILED, _EMPTY = 2, 3
# "Calculate on load", together with the results that programs store which cannot compute: 0 (Apache POI), 4 (JExcelApi).
_CALCULATE_ON_LOAD: Final = 2
_PLACEHOLDERS: Final = frozenset({struct.pack("<d", 0), struct.pack("<d", 4)})
# Matches records that may be such a cell, so that a workbook without any match is not parsed.
_SUSPECT: Final = re.compile(
    rb"\x05\x02\x08\x00"
    rb"|\x02.[\x00\x07\x0f\x17\x1d\x24\x2a]...\xff\xff"
    rb"|\x06\x00.{8}(?:\x03.{5}\xff\xff|(?:\x00{8}|\x00{6}\x10\x40)[\x02\x03\x06\x07\x0a\x0b\x0e\x0f])",
    re.DOTALL,
)


class Book:
    """The workbook stream of an .xls file; `version` is that of its first record, `EXCEL_97` for almost all files.

    `repairs` maps offsets in the stream to the bytes that have to stand there for calamine.
    """

    def __init__(self, stream: bytes) -> None:
        self._stream = stream
        self._sheets: list[int] = []  # offsets of the sheets' records, in the workbook's order
        self.version = 0
        self.is_encrypted = False
        self.code_page = 0
        self.repairs: dict[int, bytes] = {}
        own_formats: dict[int, int] = {}  # offset → number of a format that the workbook itself describes
        cell_formats: list[tuple[int, int]] = []  # offset, number
        self._fonts: list[biff_texts.Font] = []
        self._font_of_format: list[int] = []  # the number of the font of each cell format
        self._texts: list[bytes] = []  # the blocks of the table of shared texts
        in_texts = False
        for kind, at, content in self._records(0):
            if not self.version:
                self.version = _version(kind, content)
            if kind == _FILE_PASS:
                self.is_encrypted = True
            elif kind == _SHEET and len(content) >= 4:
                self._sheets.append(int.from_bytes(content[:4], "little"))
            elif kind == _CODE_PAGE and len(content) >= 2:
                (self.code_page,) = _NUMBER.unpack_from(content)
                if content[:2] != _UTF_16:
                    self.repairs[at] = _UTF_16
            elif kind == _FORMAT and len(content) >= 2:
                own_formats[at] = _NUMBER.unpack_from(content)[0]
            elif kind == _CELL_FORMAT and len(content) >= 4:
                cell_formats.append((at + 2, _NUMBER.unpack_from(content, 2)[0]))
                self._font_of_format.append(_NUMBER.unpack_from(content)[0])
            elif kind == _FONT:
                self._fonts.append(biff_texts.font_of(content))
            in_texts = kind == _TEXTS or (in_texts and kind == _CONTINUED)
            if in_texts and self._has_telling_fonts():
                self._texts.append(content)
        self._renumber(own_formats, cell_formats)

    def _renumber(self, own_formats: dict[int, int], cell_formats: list[tuple[int, int]]) -> None:
        """Give the workbook's own formats numbers that calamine understands, as far as some are free."""
        owned = _MISREAD_FORMATS.intersection(own_formats.values())
        if not owned:
            return
        free = sorted(set(_OWN_FORMATS).difference(own_formats.values()))
        renumbered = dict(zip(sorted(owned), free, strict=False))
        for at, number in [*own_formats.items(), *cell_formats]:
            if number in renumbered:
                self.repairs[at] = _NUMBER.pack(renumbered[number])

    def error_cells(self) -> dict[int, ErrorCells]:
        """Return the cells whose formula failed or was never computed, by the position of their sheet in the workbook."""
        if not _SUSPECT.search(self._stream):
            return {}
        empty: list[ErrorCells] = [{} for _ in self._sheets]
        found = {index: self._errors_of(start, empty[index]) for index, start in enumerate(self._sheets)}
        if any(empty[index].keys() & errors.keys() for index, errors in found.items()):
            # One empty number tells that the program computes nothing, so that no formula has its result.
            for index, errors in found.items():
                errors.update(empty[index])
        return {index: errors for index, errors in found.items() if errors}

    def _has_telling_fonts(self) -> bool:
        return any(font.is_struck or font.script for font in self._fonts)

    def texts_kept_apart(self) -> dict[int, ErrorCells]:
        """Return the cells with a text of which a part is struck through, raised or lowered.

        By the position of their sheet.
        """
        if self.version != EXCEL_97 or not self._texts:
            return {}
        rich = biff_texts.rich_texts(self._texts)
        found: dict[int, ErrorCells] = {}
        known: dict[tuple[int, biff_texts.Font], str | None] = {}  # by the text and the font of its cell
        for index, start in enumerate(self._sheets if rich else ()):
            for kind, _, content in self._records(start):
                if kind != _TEXT_CELL or len(content) < 10:
                    continue
                number = int.from_bytes(content[6:10], "little")
                if number not in rich:
                    continue
                key = number, self._font_of_cell(_NUMBER.unpack_from(content, 4)[0])
                if key not in known:
                    known[key] = biff_texts.text_kept_apart(*rich[number], self._fonts, key[1])
                if (text := known[key]) is not None:
                    found.setdefault(index, {})[_CELL.unpack_from(content)] = KeptApart(text)
        return found

    def _font_of_cell(self, cell_format: int) -> biff_texts.Font:
        if cell_format >= len(self._font_of_format):
            return biff_texts.Font()
        return biff_texts.font_numbered(self._fonts, self._font_of_format[cell_format])

    def _errors_of(self, start: int, empty: ErrorCells) -> ErrorCells:
        """Return the errors of a sheet, and add the formulas with an empty result to `empty`."""
        errors: ErrorCells = {}
        last: tuple[int, int] | None = None  # the cell of the last formula that was never computed
        for kind, _, content in self._records(start):
            if kind == _TEXT_RESULT and last is not None:
                del errors[last]  # LibreOffice stores 0 beside the text
            if kind not in _BESIDE_FORMULA:
                last = None
            if kind == _BOOLEAN_OR_ERROR and len(content) >= 8 and content[7]:
                errors[_CELL.unpack_from(content)] = ERROR_TEXTS.get(content[6], "#VALUE!")
            elif kind == _FORMULA and len(content) >= 16:
                cell = _CELL.unpack_from(content)
                if content[12:14] == _RESULT_KIND and content[6] == _FAILED:
                    errors[cell] = ERROR_TEXTS.get(content[8], "#VALUE!")
                    continue
                if content[12:14] == _RESULT_KIND and content[6] == _EMPTY:
                    empty[cell] = NOT_COMPUTED
                if self._is_not_computed(content):
                    errors[cell] = NOT_COMPUTED
                    last = cell
        return errors

    def _is_not_computed(self, content: bytes) -> bool:
        """Return whether a FORMULA record holds what a program stores that has not computed the formula.

        xlwt stores the result "empty" for every formula. Excel does so for one that gives an empty text, so that
        "empty" tells something only of a formula that gives a number.
        """
        is_empty = content[12:14] == _RESULT_KIND and content[6] == _EMPTY
        if content[14] & _CALCULATE_ON_LOAD and (is_empty or content[6:14] in _PLACEHOLDERS):
            return True
        return is_empty and self.version == EXCEL_97 and formula_tokens.gives_number(content[20:])

    def _records(self, position: int) -> Iterator[tuple[int, int, bytes]]:
        """Yield kind, offset and content of the records from `position` to the next end record or the stream's end."""
        stream = self._stream
        while position + 4 <= len(stream):
            kind, length = _HEADER.unpack_from(stream, position)
            if kind == _END:
                return
            yield kind, position + 4, stream[position + 4 : position + 4 + length]
            position += 4 + length


def _version(kind: int, content: bytes) -> int:
    if kind == _BEGIN and len(content) >= 2:
        return int(_NUMBER.unpack_from(content)[0])
    return _OLDER_BEGINS.get(kind, EXCEL_97)


def padding_as_record(stream: bytes) -> dict[int, bytes]:
    """Return the change that makes one record of the zeros after the last record, as Book.repairs has changes.

    For msoffcrypto-tool, which stops at fewer than 4 bytes that are left at the end.
    """
    position = 0
    while position + 4 <= len(stream):
        kind, length = _HEADER.unpack_from(stream, position)
        left = len(stream) - position - 4
        if not kind and not length:
            return {position: _HEADER.pack(0, left)} if left <= _LONGEST_RECORD else {}
        position += 4 + length
    return {}
