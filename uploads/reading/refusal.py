"""Why a whole file is refused, and the sentence for the person who sent it (codes: spreadsheets.md, "File")."""

from __future__ import annotations

from changzhi_portal.errors import PortalError


class FileRefused(PortalError):
    """The file as a whole cannot be used.

    `code` is one of unreadable_file, unsupported_format, encrypted_file, too_large, empty_sheet, header_not_found,
    missing_column, wrong_register. `str(error)` says in Chinese what it is and what to do.
    """

    def __init__(self, code: str, message: str, *, cure: str = "") -> None:
        super().__init__(message, cure=cure)
        self.code = code
