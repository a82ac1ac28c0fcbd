"""Workbooks that are encrypted with the password that Excel tries by itself, so that nobody is asked for one."""

from __future__ import annotations

import io
from typing import Final

import msoffcrypto

from uploads.reading.grid import NotReadableError

# Excel protects a workbook against changes by encrypting it with this password ([MS-OFFCRYPTO] 2.4.2.3 says so).
DEFAULT_PASSWORD: Final = "VelvetSweatshop"  # noqa: S105


def decrypted(data: bytes) -> bytes:
    """Return the content of an encrypted .xls or .xlsx. Raises NotReadableError when it needs another password."""
    plain = io.BytesIO()
    try:
        file = msoffcrypto.OfficeFile(io.BytesIO(data))
        file.load_key(password=DEFAULT_PASSWORD, verify_password=True)
        file.decrypt(plain)
    except Exception as error:  # the library lets errors of every kind through for a damaged file
        raise NotReadableError("encrypted") from error
    return plain.getvalue()
