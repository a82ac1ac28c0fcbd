"""Reading the zip archive of an .xlsx or .ods file under a limit of inflated bytes.

The sizes that an archive declares are checked first but not trusted; the limit also counts the bytes really inflated.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, Final

from uploads.reading.grid import Limits, NotReadableError

_MAX_PARTS: Final = 10_000
_CHUNK: Final = 1 << 18
_LOCAL_HEADER: Final = struct.Struct("<4s22xHH")
_MEGABYTE: Final = 1024 * 1024


class Archive:
    """An opened archive whose directory has passed the checks.

    `parts` has the parts by name, with slashes; old programs on Windows write backslashes. `has_odd_names` tells whether a
    name had to be changed for that.
    """

    def __init__(self, file: IO[bytes], limits: Limits) -> None:
        """Read the directory.

        Raises NotReadableError for an archive that is damaged or encrypted, has too many parts or declares too many bytes.
        """
        self._file = file
        self._limit = limits.inflated_bytes
        self._left = limits.inflated_bytes
        self._measured: set[str] = set()  # parts that were inflated before, which are not counted again
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
            raise NotReadableError("damaged") from error
        infos = self._zip.infolist()
        if len(infos) > _MAX_PARTS:
            raise NotReadableError("parts")
        self.parts: dict[str, zipfile.ZipInfo] = {_with_slashes(info.filename): info for info in infos}
        self.has_odd_names = any(name != info.filename for name, info in self.parts.items())
        if len(self.parts) != len(infos):
            # Of two parts with the same name, another reader might use the other one.
            raise NotReadableError("damaged")
        if any(info.flag_bits & 1 for info in infos):
            raise NotReadableError("encrypted")
        if sum(info.file_size for info in infos) > self._limit:
            raise self._too_large()

    def inflate(self, name: str) -> Iterator[bytes]:
        """Yield the content of a part in chunks. Raises NotReadableError when it is damaged or the limit is exceeded."""
        info = self.parts[name]
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise NotReadableError("damaged")
        stored = self._stored(info)
        is_new = name not in self._measured
        for chunk in self._deflated(stored) if info.compress_type == zipfile.ZIP_DEFLATED else stored:
            if is_new:
                self._spend(len(chunk))
            yield chunk
        self._measured.add(name)

    def read(self, name: str, *, at_most: int = 16 * _MEGABYTE) -> bytes:
        """Return the whole content of a small part. Raises NotReadableError when it has more than `at_most` bytes."""
        content = bytearray()
        for chunk in self.inflate(name):
            content += chunk
            if len(content) > at_most:
                raise self._too_large()
        return bytes(content)

    def _stored(self, info: zipfile.ZipInfo) -> Iterator[bytes]:
        self._file.seek(info.header_offset)
        header = self._file.read(_LOCAL_HEADER.size)
        if len(header) < _LOCAL_HEADER.size or not header.startswith(b"PK\x03\x04"):
            raise NotReadableError("damaged")
        _, name_length, extra_length = _LOCAL_HEADER.unpack(header)
        position = info.header_offset + _LOCAL_HEADER.size + name_length + extra_length
        left = info.compress_size
        while left:
            self._file.seek(position)
            chunk = self._file.read(min(left, _CHUNK))
            if not chunk:
                raise NotReadableError("damaged")
            position += len(chunk)
            left -= len(chunk)
            yield chunk

    def _deflated(self, stored: Iterator[bytes]) -> Iterator[bytes]:
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        for packed in stored:
            while packed and not inflater.eof:
                try:
                    chunk = inflater.decompress(packed, _CHUNK)
                except zlib.error as error:
                    raise NotReadableError("damaged") from error
                packed = inflater.unconsumed_tail
                yield chunk
        while not inflater.eof:
            # Output that remains in the inflater after the last full chunk.
            chunk = inflater.decompress(b"", _CHUNK)
            if not chunk:
                raise NotReadableError("damaged")
            yield chunk

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise self._too_large()

    def _too_large(self) -> NotReadableError:
        return NotReadableError("inflated", limit=self._limit // _MEGABYTE)


def _with_slashes(name: str) -> str:
    return name.replace("\\", "/").lstrip("/")
