"""Reading files in tests, and what the tests of reading put into them."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest

from uploads.reading.grid import Grid
from uploads.reading.refusal import FileRefusedError
from uploads.reading.workbook import read_workbook

ROWS: list[list[Any]] = [["社区名称", "户数"], ["西垴头村", 1606], ["虒亭村", 534]]
TEXT_RESULT, EMPTY_RESULT = b"\0\0\0\0\0\0\xff\xff", b"\x03\0\0\0\0\0\xff\xff"
ZERO, FOUR, TWELVE = (struct.pack("<d", number) for number in (0, 4, 12))
CALCULATE_ON_LOAD = 2


def read(path: Path) -> list[Grid]:
    return read_workbook(path, file_name=path.name)


def rows_of(path: Path) -> list[list[Any]]:
    (grid,) = read(path)
    return [list(row) for row in grid.rows]


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def refusal_of(path: Path) -> FileRefusedError:
    with pytest.raises(FileRefusedError) as refusal:
        read(path)
    return refusal.value


def assert_old_format(path: Path, kind: str) -> None:
    refusal = refusal_of(path)
    assert refusal.problem_code == "unsupported_format"
    assert f"这是{kind}" in str(refusal)
    assert "另存为" in str(refusal)
    assert refusal.cure.isascii()
