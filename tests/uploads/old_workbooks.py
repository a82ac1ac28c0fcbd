"""Factories of workbooks of Excel 95, of encrypted ones, and of workbooks whose XML another program wrote."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Callable
from hashlib import md5
from pathlib import Path
from typing import Final

from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4
from cryptography.hazmat.primitives.ciphers import Cipher
from msoffcrypto.format.ooxml import OOXMLFile

from tests.uploads.workbooks import Rows, make_compound_file, make_ods, make_xlsx, record, xls_stream

_PLAIN_RECORDS: Final = frozenset({0x809, 0x2F})
_SALT: Final = bytes(range(16))


def make_xls95(path: Path, name: str, rows: Rows, *, code_page: int | None, encoding: str) -> Path:
    """Write a workbook of Excel 95 with one sheet of texts and numbers; a tuple is a day's serial number, as a date."""
    begin = struct.pack("<HHH", 0x500, 0x05, 0x096C) + b"\xc9\x07"
    book = record(0x809, begin)
    if code_page is not None:
        book += record(0x42, struct.pack("<H", code_page))
    book += record(0x41E, struct.pack("<HB", 164, 10) + b"yyyy-mm-dd")
    for number in (0, 164):
        book += record(0xE0, struct.pack("<HH", 0, number) + b"\x01\x00" + bytes(10))
    label = name.encode(encoding)
    length = len(book) + 4 + 7 + len(label) + 4
    book += record(0x85, struct.pack("<IBBB", length, 0, 0, len(label)) + label) + record(0x0A)
    cells = record(0x809, struct.pack("<HHH", 0x500, 0x10, 0x096C) + b"\xc9\x07")
    for row_number, row in enumerate(rows):
        for column, cell in enumerate(row):
            at = struct.pack("<HHH", row_number, column, int(isinstance(cell, tuple)))
            if isinstance(cell, str):
                text = cell.encode(encoding)
                cells += record(0x204, at + struct.pack("<H", len(text)) + text)
            else:
                cells += record(0x203, at + struct.pack("<d", cell[0] if isinstance(cell, tuple) else cell))
    path.write_bytes(make_compound_file({"Book": book + cells + record(0x0A)}))
    return path


def make_encrypted_xlsx(path: Path, rows: Rows, password: str) -> Path:
    """Write an .xlsx encrypted as Excel does since 2010."""
    plain = io.BytesIO(make_xlsx(path, {"一": rows}).read_bytes())
    encrypted = io.BytesIO()
    OOXMLFile(plain).encrypt(password, encrypted)
    path.write_bytes(encrypted.getvalue())
    return path


def make_encrypted_xls(path: Path, rows: Rows, password: str) -> Path:
    """Write an .xls encrypted as Excel 97 does (RC4, [MS-OFFCRYPTO] 2.3.6)."""
    verifier = bytes(range(16, 32))
    start = _key_stream(password, 64)
    checks = bytes(a ^ b for a, b in zip(verifier + md5(verifier).digest(), start, strict=False))
    stream = xls_stream({"一": rows}, book_records=record(0x2F, struct.pack("<HHH", 1, 1, 1) + _SALT + checks))
    keys = _key_stream(password, len(stream))
    encrypted = bytearray(stream)
    at = 0
    while at < len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        first = at + 4 + (4 if kind == 0x85 else 0)  # the offset of a sheet stays plain
        for position in range(first, at + 4 + length) if kind not in _PLAIN_RECORDS else ():
            encrypted[position] ^= keys[position]
        at += 4 + length
    path.write_bytes(make_compound_file({"Workbook": bytes(encrypted)}))
    return path


def _key_stream(password: str, length: int) -> bytes:
    hashed = md5(password.encode("utf-16-le")).digest()[:5]
    secret = md5((hashed + _SALT) * 16).digest()[:5]
    stream = b""
    for block in range(-(-length // 1024)):
        key = md5(secret + struct.pack("<I", block)).digest()
        stream += Cipher(ARC4(key), mode=None).encryptor().update(bytes(1024))
    return stream


def make_ods_of_xml(path: Path, rows: Rows, change: Callable[[str], str]) -> Path:
    """Write an .ods with one sheet whose XML went through `change`."""
    make_ods(path, {"一": rows})
    return with_part(path, "content.xml", change)


def make_flat_ods(path: Path, rows: Rows, change: Callable[[str], str] = str, *, kind: str = "spreadsheet") -> Path:
    """Write a flat OpenDocument file, with a hidden sheet besides; its XML went through `change`."""
    make_ods(path, {"一": rows, "字典": [["x"]]}, hidden=["字典"])
    with zipfile.ZipFile(path) as archive:
        xml = archive.read("content.xml").decode()
    media_type = f"application/vnd.oasis.opendocument.{kind}"
    xml = xml.replace("<office:document-content ", f'<office:document office:mimetype="{media_type}" ')
    path.write_text(change(xml.replace("</office:document-content>", "</office:document>")), encoding="utf-8")
    return path


def with_part(path: Path, part: str, change: Callable[[str], str]) -> Path:
    """Write a workbook again with one part changed."""
    with zipfile.ZipFile(path) as old:
        parts = {info.filename: old.read(info) for info in old.infolist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in parts.items():
            new.writestr(name, change(content.decode()).encode() if name == part else content)
    return path


def make_mini_compound_file(name: str, stream: bytes) -> bytes:
    """Build a compound file whose only stream has less than 4096 bytes, its sectors of 64 bytes in reverse order."""
    none, end, fat_sector = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    count = -(-len(stream) // 64)
    assert len(stream) < 4096
    padded = stream.ljust(count * 64, b"\0")
    pieces = [padded[at : at + 64] for at in range(0, len(padded), 64)][::-1]
    container = b"".join(pieces)
    sectors = -(-len(container) // 512)
    container = container.ljust(sectors * 512, b"\0")
    # Sectors: the table, the directory, the mini table, then the container of the mini stream in reverse order.
    table = [fat_sector, end, end, *[none] * sectors]
    for position in range(sectors):
        table[2 + sectors - position] = 2 + sectors - position - 1 if position < sectors - 1 else end
    mini = [*[end], *range(count - 1)]
    fat = struct.pack(f"<{len(table)}I", *table).ljust(512, b"\xff")
    mini_fat = struct.pack(f"<{count}I", *mini).ljust(512, b"\xff")
    directory = _entry("Root Entry", 5, 2 + sectors, len(container), child=1)
    directory += _entry(name, 2, count - 1, len(stream))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 2, 1, end, 0) + struct.pack("<109I", 0, *[none] * 108)
    body = b"".join(container[at : at + 512] for at in range(0, len(container), 512)[::-1])
    return header + fat + directory.ljust(512, b"\0") + mini_fat + body


def _entry(name: str, kind: int, start: int, size: int, *, child: int = 0xFFFFFFFF) -> bytes:
    label = name.encode("utf-16-le") + b"\0\0"
    links = struct.pack("<III", 0xFFFFFFFF, 0xFFFFFFFF, child)
    return (
        label.ljust(64, b"\0")
        + struct.pack("<HBB", len(label), kind, 1)
        + links
        + bytes(36)
        + struct.pack("<IQ", start, size)
    )


def indented(xml: str) -> str:
    """Return XML as SheetJS and Gnumeric indent it: a paragraph stays in the line of its cell."""
    return re.sub(r"(</?(?:table|office):[^>]*>)(?=<)", "\\1\n    ", xml).replace("</text:p><", "</text:p>\n  <")


def with_names(path: Path, rows: Rows, odd: Callable[[str], str]) -> Path:
    """Write an .xlsx whose parts have other names."""
    made = make_xlsx(path.with_suffix(".made"), {"一": rows})
    with zipfile.ZipFile(made) as usual, zipfile.ZipFile(path, "w") as archive:
        for info in usual.infolist():
            archive.writestr(odd(info.filename), usual.read(info))
    return path


def with_backslashes(name: str) -> str:
    """Return the name of a part as older .NET programs write it."""
    return name.replace("/", "\\")
