"""Tests with damaged files of every format: each is read or refused, and none makes reading fail otherwise."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from changzhi_portal.registers.registry import register_named, registers
from tests.uploads import old_workbooks, workbooks
from uploads.reading.layout import lay_out
from uploads.reading.passwords import DEFAULT_PASSWORD
from uploads.reading.refusal import FileRefusedError
from uploads.reading.workbook import read_workbook

pytestmark = pytest.mark.one_database

ROWS: list[list[Any]] = [
    workbooks.COMMUNITY_HEADER,
    *[["沁县", "定昌镇", f"北关{n}", "140430100001", "", n, n * 3] for n in range(40)],
]
CODES = frozenset(
    "unreadable_file unsupported_format encrypted_file too_large empty_sheet header_not_found missing_column".split()
)
FORMATS = ["xlsx", "xls", "xls95", "encrypted", "ods", "fods", "csv", "html", "xml"]


def content_of(kind: str, path: Path) -> bytes:
    if kind == "csv":
        return "\n".join(",".join(map(str, row)) for row in ROWS).encode("gb18030")
    if kind == "html":
        return workbooks.make_html(ROWS)
    if kind == "xml":
        cells = ("".join(f'<Cell><Data ss:Type="String">{cell}</Data></Cell>' for cell in row) for row in ROWS)
        return workbooks.make_spreadsheetml({"一": "".join(f"<Row>{row}</Row>" for row in cells)})
    if kind == "xls95":
        return old_workbooks.make_xls95(path, "一", ROWS, code_page=936, encoding="gbk").read_bytes()
    if kind == "encrypted":
        return old_workbooks.make_encrypted_xls(path, ROWS, DEFAULT_PASSWORD).read_bytes()
    if kind == "fods":
        return old_workbooks.make_flat_ods(path, ROWS).read_bytes()
    maker = {"xlsx": workbooks.make_xlsx, "xls": workbooks.make_xls, "ods": workbooks.make_ods}[kind]
    maker(path, {"一": ROWS}, merged=[(1, 0, 5, 0)])  # type: ignore[operator]
    return path.read_bytes()


def damaged(content: bytes, chance: random.Random) -> bytes:
    at, other, length = (chance.randrange(len(content)) for _ in range(3))
    way = chance.choice(["flip", "cut", "swap", "drop", "grow"])
    if way == "cut":
        return content[:at]
    if way == "swap":
        return content[:at] + content[other : other + length % 300] + content[at:]
    if way == "drop":
        return content[:at] + content[at + length % 300 :]
    if way == "grow":
        return content + chance.randbytes(100)
    changed = bytearray(content)
    for _ in range(chance.choice([1, 5, 40])):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_damaged_file_is_read_or_refused(kind: str, tmp_path: Path) -> None:
    register = register_named("communities")()
    others = [other() for other in registers() if other.name != "communities"]
    whole = content_of(kind, tmp_path / "whole")
    chance = random.Random(kind)
    for number in range(12):
        path = tmp_path / f"{number}.{kind}"
        path.write_bytes(damaged(whole, chance))
        try:
            lay_out(read_workbook(path, file_name=path.name), register, others=others)
        except FileRefusedError as refusal:
            assert "请" in str(refusal)
            assert refusal.problem_code in CODES
