"""Uploaded files while they arrive: larger ones are on the disk only encrypted, and without a name (ADR 0023).

Django's handler keeps files up to 2.5 MB in memory. It would write larger ones in the clear into a folder of the system,
where they stay when the process is killed.
"""

from __future__ import annotations

import io
import os
import tempfile
from typing import IO, Any, cast

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler


class EncryptedFile(io.RawIOBase):
    """A file without a name below FILE_UPLOAD_TEMP_DIR that is written once, then read from its beginning.

    The key is only in this object, so that nobody can read what is left on the disk when the process has died. Nobody
    else can open the file, therefore AES in counter mode is enough, which detects no changes.
    """

    def __init__(self) -> None:
        super().__init__()
        # Without a name, or with one for a moment where the file system knows no such files; the mode is 0600.
        self._file = tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR)  # noqa: SIM115 - `close` does
        self._cipher = Cipher(AES(os.urandom(32)), CTR(os.urandom(16)))
        self._encryptor = self._cipher.encryptor()
        self._decryptor: CipherContext | None = None

    def write(self, data: Any) -> int:
        """Encrypt and append bytes. Raises io.UnsupportedOperation once the file was rewound."""
        if self._decryptor is not None:
            raise io.UnsupportedOperation("The file is written once.")
        self._file.write(self._encryptor.update(data))
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to the beginning. Raises io.UnsupportedOperation for any other place."""
        if offset or whence != io.SEEK_SET:
            raise io.UnsupportedOperation("The file is read from its beginning.")
        self._rewind()
        return 0

    def _rewind(self) -> CipherContext:
        self._file.seek(0)
        self._decryptor = self._cipher.decryptor()
        return self._decryptor

    def readinto(self, buffer: Any) -> int:
        """Read and decrypt what comes next."""
        decryptor = self._decryptor or self._rewind()
        data = decryptor.update(self._file.read(len(buffer)))
        buffer[: len(data)] = data
        return len(data)

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True, though only for its beginning."""
        return True

    def close(self) -> None:
        """Close the file, with which its content is gone."""
        self._file.close()
        super().close()


class EncryptedUploadHandler(FileUploadHandler):
    """Upload handler that keeps files encrypted while they arrive.

    Of a file above UPLOAD_MAX_BYTES no more is kept than shows that it is too large: whoever reads it refuses it then
    (`uploads.storage.read_within_limit`), and the other files of the request are taken in.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin a file."""
        super().new_file(*args, **kwargs)
        self.file = EncryptedFile()
        self.kept = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Keep a chunk, unless the file is known to be too large."""
        if self.kept <= settings.UPLOAD_MAX_BYTES:
            self.file.write(raw_data)
            self.kept += len(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile:
        """Return the file, rewound."""
        self.file.seek(0)
        file = cast(IO[bytes], self.file)
        return UploadedFile(file, self.file_name, self.content_type, file_size, self.charset, self.content_type_extra)

    def upload_interrupted(self) -> None:
        """Let go of a file that did not arrive whole."""
        if hasattr(self, "file"):
            self.file.close()
