"""Scan of the BIFF records of an .xls workbook: whether it is encrypted, and which cells hold a failed formula."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import Final

from uploads.reading.grid import ErrorCells

_HEADER: Final = struct.Struct("<HH")
_CELL: Final = struct.Struct("<HH")
_END, _FORMULA, _FILE_PASS, _SHEET, _BOOLEAN_OR_ERROR = 0x0A, 0x06, 0x2F, 0x85, 0x205
_TEXTS: Final = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
}
# Matches records that may be such a cell, so that a workbook without any match is not parsed.
_SUSPECT: Final = re.compile(rb"\x05\x02\x08\x00|\x02.[\x00\x07\x0f\x17\x1d\x24\x2a]...\xff\xff", re.DOTALL)


class Book:
    """The workbook stream of an .xls file."""

    def __init__(self, stream: bytes) -> None:
        self._stream = stream
        self._sheets: list[int] = []  # offsets of the sheets' records, in the workbook's order
        self.is_encrypted = False
        for kind, content in self._records(0):
            if kind == _FILE_PASS:
                self.is_encrypted = True
            elif kind == _SHEET and len(content) >= 4:
                self._sheets.append(int.from_bytes(content[:4], "little"))

    def error_cells(self) -> dict[int, ErrorCells]:
        """Return the cells with a failed formula, by the position of their sheet in the workbook."""
        if not _SUSPECT.search(self._stream):
            return {}
        return {index: errors for index, start in enumerate(self._sheets) if (errors := self._errors_of(start))}

    def _errors_of(self, start: int) -> ErrorCells:
        errors: ErrorCells = {}
        for kind, content in self._records(start):
            if kind == _BOOLEAN_OR_ERROR and len(content) >= 8 and content[7]:
                errors[_CELL.unpack_from(content)] = _TEXTS.get(content[6], "#VALUE!")
            elif kind == _FORMULA and len(content) >= 14 and content[6] == 2 and content[12:14] == b"\xff\xff":
                errors[_CELL.unpack_from(content)] = _TEXTS.get(content[8], "#VALUE!")
        return errors

    def _records(self, position: int) -> Iterator[tuple[int, bytes]]:
        """Yield kind and content of the records from `position` to the next end record, or to the end of the stream."""
        stream = self._stream
        while position + 4 <= len(stream):
            kind, length = _HEADER.unpack_from(stream, position)
            if kind == _END:
                return
            yield kind, stream[position + 4 : position + 4 + length]
            position += 4 + length
