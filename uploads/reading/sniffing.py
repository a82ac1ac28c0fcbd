"""Detecting the format of a file from its content."""

from __future__ import annotations

import re
import zlib
from enum import Enum
from typing import IO, Final

from uploads.reading.grid import NotReadableError
from uploads.reading.markup import without_properties
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
# First records of a workbook without a compound file around it: Excel 2, 3, 4; and what old web systems write by hand.
_BARE_EXCEL: Final = re.compile(rb"\x09[\x00\x02\x04\x08][\x04\x06\x08\x10]\x00")
_LOTUS: Final = (b"\x00\x00\x02\x00\x04\x04", b"\x00\x00\x02\x00\x06\x04", b"\x00\x00\x1a\x00\x00\x10\x04\x00")
_DBASE: Final = frozenset(b"\x03\x30\x31\x83\x8b\xf5")
_GZIP: Final = b"\x1f\x8b"
# Beginnings of other spreadsheets that are text, with their names in the refusal.
_TEXT_SPREADSHEETS: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    (re.compile(r"ID;P[^\r\n]*[\r\n]+[A-Z]{1,2}(;|[\r\n])"), "SYLK表格（.slk）"),
    (re.compile(r"TABLE\s*[\r\n]+0,\d+[\r\n]+\""), "数据交换格式表格（.dif）"),
    (re.compile(r"socialcalc:version:"), "EtherCalc表格（.eth）"),
    (re.compile(r"MIME-Version:", re.IGNORECASE), "单个文件网页（.mht）"),
)
# The same for XML: a sign in the beginning of the file.
_XML_SPREADSHEETS: Final = (
    ("http://www.gnumeric.org/v10.dtd", "Gnumeric表格（.gnumeric）"),
    ("http://schemas.uof.org/", "标文通表格（.uos）"),
)
_SPREADSHEETML: Final = b"urn:schemas-microsoft-com:office:spreadsheet"
_FLAT_OPENDOCUMENT: Final = re.compile(r"<office:document\b[^>]*")
_HTML: Final = re.compile(r"<(!doctype\s+html|html|table|body|head|meta)\b", re.IGNORECASE)


class Kind(Enum):
    """The kinds of files that can be read."""

    ZIP = "zip"
    COMPOUND = "compound"
    HTML = "html"
    SPREADSHEETML = "spreadsheetml"
    FLAT_OPENDOCUMENT = "flat opendocument"
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
    _refuse_old_spreadsheets(head)
    for magic, name in _FOREIGN:
        if head.startswith(magic) and not (len(magic) == 2 and looks_like_text(head)):
            raise NotReadableError("format", kind=name)
    if head[4:8] == b"ftyp":
        raise NotReadableError("format", kind="视频或图片")
    is_whole = len(head) < _HEAD
    if _SPREADSHEETML in head:
        head = without_properties(head)
    if not looks_like_text(head):
        raise NotReadableError("format", kind="无法识别的文件")
    return _kind_of_text(decode(head, is_whole=is_whole))


def _refuse_old_spreadsheets(head: bytes) -> None:
    """Raise NotReadableError for spreadsheets that Excel or another program can open and save as .xlsx."""
    if _BARE_EXCEL.match(head):
        raise NotReadableError("old_format", kind="Excel 97以前的旧式表格")
    if head.startswith(_LOTUS):
        raise NotReadableError("old_format", kind="Lotus 1-2-3表格")
    if _is_dbase(head):
        raise NotReadableError("old_format", kind="dBase表格（.dbf）")
    if head.startswith(_GZIP):
        try:
            start = zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(head, 4096)
        except zlib.error:
            return
        if b"gnumeric.org" in start:
            raise NotReadableError("old_format", kind="Gnumeric表格（.gnumeric）")


def _is_dbase(head: bytes) -> bool:
    """Return whether a file begins as one of dBase or FoxPro: version, date, and columns that end with a carriage return."""
    if len(head) < 32 or head[0] not in _DBASE or not (1 <= head[2] <= 12 and 1 <= head[3] <= 31):
        return False
    length = int.from_bytes(head[8:10], "little")
    return 65 <= length <= len(head) and b"\r" in head[64:length:32]


def _kind_of_text(text: str) -> Kind:
    start = text.lstrip("\ufeff \t\r\n")
    if start.startswith("<"):
        return _kind_of_markup(text)
    for beginning, name in _TEXT_SPREADSHEETS:
        if beginning.match(start):
            raise NotReadableError("old_format", kind=name)
    return Kind.TEXT


def _kind_of_markup(text: str) -> Kind:
    if _SPREADSHEETML.decode() in text and re.search(r"<(\w+:)?Workbook\b", text):
        return Kind.SPREADSHEETML
    if flat := _FLAT_OPENDOCUMENT.search(text):
        if "opendocument.spreadsheet" in flat[0]:
            return Kind.FLAT_OPENDOCUMENT
        raise NotReadableError("format", kind="文字文档或演示文稿")
    for sign, name in _XML_SPREADSHEETS:
        if sign in text:
            raise NotReadableError("old_format", kind=name)
    if _HTML.search(text):
        return Kind.HTML
    raise NotReadableError("format", kind="XML或网页文件")
