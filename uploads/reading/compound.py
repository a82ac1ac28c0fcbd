"""Parser of OLE compound files, the container of .xls: names of the streams, and the content of one of them.

It covers only what is needed to distinguish an .xls from a Word document or an encrypted workbook and to scan its
records; calamine reads the cells.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from uploads.reading.grid import NotReadableError

# Header fields: sector shift, mini sector shift, first directory sector, mini stream cut-off, first mini FAT sector,
# first DIFAT sector; 109 DIFAT entries follow.
_HEADER: Final = struct.Struct("<30xHH14xI4xII4xI4x")
_ENTRY: Final = struct.Struct("<64sHB49xIQ")
_LAST_REAL_SECTOR: Final = 0xFFFFFFFA
_STREAM: Final = 2
_ROOT: Final = 5
_MINI_SHIFT: Final = 6


@dataclass(frozen=True, slots=True)
class _Entry:
    start: int
    size: int


class CompoundFile:
    """An opened compound file. Its methods raise NotReadableError("damaged") for sector numbers that do not exist."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        if len(data) < 512:
            raise NotReadableError("damaged")
        shift, mini_shift, directory, self._cutoff, mini_fat, difat = _HEADER.unpack_from(data)
        if shift not in (9, 12) or mini_shift != _MINI_SHIFT:
            raise NotReadableError("damaged")
        self._sector_size = 1 << shift
        self._fat = array("I")
        for number in self._fat_sectors(difat):
            self._fat.extend(_numbers(self._sector(number)))
        self._streams: dict[str, _Entry] = {}
        self._root = _Entry(0, 0)
        self._read_directory(directory)
        self._mini_fat = _numbers(self._chain(mini_fat))

    @property
    def names(self) -> set[str]:
        """Return the names of all streams."""
        return set(self._streams)

    def read(self, name: str) -> bytes:
        """Return the content of a stream."""
        entry = self._streams[name]
        if entry.size >= self._cutoff:
            return self._chain(entry.start)[: entry.size]
        container = self._chain(self._root.start)
        size = 1 << _MINI_SHIFT
        pieces = [container[n * size : (n + 1) * size] for n in self._follow(entry.start, self._mini_fat)]
        return b"".join(pieces)[: entry.size]

    def with_changes(self, name: str, changes: Mapping[int, bytes]) -> bytes:
        """Return the file with other bytes in a stream; `changes` maps offsets in the stream to the new bytes."""
        entry = self._streams[name]
        size = self._sector_size
        if entry.size >= self._cutoff:
            starts = [(number + 1) * size for number in self._follow(entry.start, self._fat)]
        else:
            sectors = list(self._follow(self._root.start, self._fat))
            places = [divmod(number << _MINI_SHIFT, size) for number in self._follow(entry.start, self._mini_fat)]
            if any(sector >= len(sectors) for sector, _ in places):
                raise NotReadableError("damaged")
            starts = [(sectors[sector] + 1) * size + rest for sector, rest in places]
            size = 1 << _MINI_SHIFT
        data = bytearray(self._data)
        for offset, content in changes.items():
            for position, byte in enumerate(content, start=offset):
                data[starts[position // size] + position % size] = byte
        return bytes(data)

    def _fat_sectors(self, difat: int) -> Iterator[int]:
        yield from (number for number in _numbers(self._data[76:512]) if number < _LAST_REAL_SECTOR)
        seen = set()
        while difat < _LAST_REAL_SECTOR and difat not in seen:
            seen.add(difat)
            *numbers, difat = _numbers(self._sector(difat))
            yield from (number for number in numbers if number < _LAST_REAL_SECTOR)

    def _read_directory(self, start: int) -> None:
        content = self._chain(start)
        for offset in range(0, len(content) - _ENTRY.size + 1, _ENTRY.size):
            name, length, kind, first, size = _ENTRY.unpack_from(content, offset)
            if kind == _ROOT:
                self._root = _Entry(first, size)
            elif kind == _STREAM and 2 <= length <= 64:
                # Version 3 files may have arbitrary bits in the upper half of the size.
                self._streams[name[: length - 2].decode("utf-16-le", "replace")] = _Entry(first, size & 0xFFFFFFFF)

    def _sector(self, number: int) -> bytes:
        offset = (number + 1) * self._sector_size
        content = self._data[offset : offset + self._sector_size]
        if not content:
            raise NotReadableError("damaged")
        return content

    def _chain(self, start: int) -> bytes:
        return b"".join(self._sector(number) for number in self._follow(start, self._fat))

    def _follow(self, number: int, table: array[int]) -> Iterator[int]:
        """Yield the sector numbers of a chain. A chain longer than its table is circular, and refused as damaged."""
        for _ in range(len(table) + 1):
            if number >= _LAST_REAL_SECTOR:
                return
            if number >= len(table):
                raise NotReadableError("damaged")
            yield number
            number = table[number]
        raise NotReadableError("damaged")


def _numbers(content: bytes) -> array[int]:
    return array("I", struct.unpack(f"<{len(content) // 4}I", content[: len(content) // 4 * 4]))
