"""Detecting the format of a file from its content."""

from __future__ import annotations

import re
from enum import Enum
from typing import IO, Final

from uploads.reading.grid import NotReadableError
from uploads.reading.texts import decode, looks_like_text

_HEAD: Final = 65_536

# Magic numbers of other files that people upload by mistake, with their names in the refusal.
_FOREIGN: Final[tuple[tuple[bytes, str], ...]] = (
    (b"\x89PNG\r\n\x1a\n", "图片"),
    (b"\xff\xd8\xff", "图片"),
    (b"GIF8", "图片"),
    (b"BM", "图片"),
    (b"II*\x00", "图片"),
    (b"MM\x00*", "图片"),
    (b"%PDF-", "PDF文件"),
    (b"%!PS", "打印文件"),
    (b"{\\rtf", "Word文档（RTF）"),
    (b"Rar!\x1a\x07", "压缩包"),
    (b"7z\xbc\xaf\x27\x1c", "压缩包"),
    (b"\x1f\x8b", "压缩包"),
    (b"MZ", "程序文件"),
    (b"\x7fELF", "程序文件"),
    (b"SQLite format 3\x00", "数据库文件"),
)
_OLD_EXCEL: Final = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00")
_HTML: Final = re.compile(r"<(!doctype\s+html|html|table|body|head|meta)\b", re.IGNORECASE)


class Kind(Enum):
    """The kinds of files that can be read."""

    ZIP = "zip"
    COMPOUND = "compound"
    HTML = "html"
    SPREADSHEETML = "spreadsheetml"
    TEXT = "text"


def kind_of(file: IO[bytes]) -> Kind:
    """Return the kind of a file. Raises NotReadableError for a file that is no spreadsheet."""
    head = file.read(_HEAD)
    file.seek(0)
    if not head:
        raise NotReadableError("empty")
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return Kind.ZIP
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return Kind.COMPOUND
    if head.startswith(_OLD_EXCEL):
        raise NotReadableError("old_format", kind="Excel 95以前的表格")
    for magic, name in _FOREIGN:
        if head.startswith(magic) and not (len(magic) == 2 and looks_like_text(head)):
            raise NotReadableError("format", kind=name)
    if head[4:8] == b"ftyp":
        raise NotReadableError("format", kind="视频或图片")
    if not looks_like_text(head):
        raise NotReadableError("format", kind="无法识别的文件")
    return _kind_of_text(decode(head, is_whole=len(head) < _HEAD))


def _kind_of_text(text: str) -> Kind:
    start = text.lstrip("\ufeff \t\r\n")
    if start.startswith("<"):
        if "urn:schemas-microsoft-com:office:spreadsheet" in text and re.search(r"<(\w+:)?Workbook\b", text):
            return Kind.SPREADSHEETML
        if _HTML.search(text):
            return Kind.HTML
        raise NotReadableError("format", kind="XML或网页文件")
    if re.match(r"MIME-Version:", start, re.IGNORECASE):
        raise NotReadableError("old_format", kind="单个文件网页（.mht）")
    return Kind.TEXT
