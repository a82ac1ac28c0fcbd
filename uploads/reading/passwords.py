"""Workbooks that are encrypted with the password that Excel tries by itself, so that nobody is asked for one."""

from __future__ import annotations

import io
import os
import tempfile
from typing import Final

from uploads.reading.grid import NotReadableError

# Excel protects a workbook against changes by encrypting it with this password.
DEFAULT_PASSWORD: Final = "VelvetSweatshop"  # noqa: S105
_DIFAT_SECTORS: Final = slice(72, 76)  # of the compound file's header: how many sectors list the sectors of its table
_SMALLEST_SECTOR: Final = 512
_MEMORY: Final = "/dev/shm"  # noqa: S108


def decrypted(data: bytes) -> bytes:
    """Return the content of an encrypted .xls or .xlsx. Raises NotReadableError when it needs another password."""
    import msoffcrypto  # heavy with cryptography: loaded for an encrypted workbook only

    if int.from_bytes(data[_DIFAT_SECTORS], "little") * _SMALLEST_SECTOR > len(data):
        raise NotReadableError("damaged")  # olefile, below the library, would follow them all (ADR 0019)
    if os.access(_MEMORY, os.W_OK):
        tempfile.tempdir = (
            _MEMORY  # the library makes a temporary file of the plain workbook, which may hold personal data
        )
    plain = io.BytesIO()
    try:
        file = msoffcrypto.OfficeFile(io.BytesIO(data))
        # An .xls is verified always.
        file.load_key(password=DEFAULT_PASSWORD, **({"verify_password": True} if file.format == "ooxml" else {}))
        file.decrypt(plain)
    except MemoryError:
        raise
    except Exception as error:  # the library lets errors of every kind through for a damaged file
        raise NotReadableError("encrypted") from error
    return plain.getvalue()
