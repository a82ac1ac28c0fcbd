"""Tests with the shared sample workbooks: numbers of records and skipped rows, and the reason of each refusal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from changzhi_portal.registers.registry import register_named, registers
from tests.uploads.samples import SAMPLES, city_files, expected_targets, needs_samples
from uploads.reading.layout import SheetLayout, lay_out
from uploads.reading.refusal import FileRefusedError
from uploads.reading.workbook import read_workbook

pytestmark = [needs_samples, pytest.mark.one_database]
CITY = city_files() if SAMPLES.is_dir() else []
MESSY = sorted((SAMPLES / "messy").glob("*.expected.json"))
REFUSED: dict[str, Any] = (
    json.loads((SAMPLES / "refused" / "expected.json").read_text(encoding="utf-8")) if SAMPLES.is_dir() else {}
)


def laid_out(path: Path, register: str) -> list[SheetLayout]:
    others = [other() for other in registers() if other.name != register]
    layouts, wrong = lay_out(read_workbook(path, file_name=path.name), register_named(register)(), others=others)
    assert wrong == []
    return layouts


@pytest.mark.parametrize(("register", "path"), [(register, path) for register, path, _ in CITY], ids=lambda x: str(x))
def test_a_county_file_has_its_rows(register: str, path: Path) -> None:
    expected = expected_targets()["files"][path.name]
    layouts = laid_out(path, register)
    assert sum(len(layout.rows) for layout in layouts) == expected["rows"]
    assert sum(layout.skipped for layout in layouts) == expected["skipped"]
    assert {header for layout in layouts for _, header in layout.unknown} <= {"联系人"}


@pytest.mark.parametrize("path", MESSY, ids=lambda path: path.name)
def test_a_messy_file_has_its_rows(path: Path) -> None:
    expected = json.loads(path.read_text(encoding="utf-8"))
    layouts = laid_out(path.parent / expected["file"], expected["register"])
    assert sum(len(layout.rows) for layout in layouts) == expected["rows"]
    blanks = range(expected["blank_rows"] + 1)
    assert sum(layout.skipped for layout in layouts) - expected["skipped"] in blanks


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_useless_file_is_refused_for_the_best_reason(name: str) -> None:
    with pytest.raises(FileRefusedError) as refusal:
        laid_out(SAMPLES / "refused" / name, REFUSED[name]["register"])
    assert refusal.value.problem_code == REFUSED[name]["codes"][0]
