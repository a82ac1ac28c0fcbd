"""Tests of the limits of reading: sizes before and while inflating, memory and time."""

from __future__ import annotations

import io
import os
import pickle
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from tests.factories import make_period
from tests.uploads.workbooks import COMMUNITY_HEADER, make_html, make_ods, make_xlsx
from uploads import actions
from uploads.models import UploadBatch
from uploads.reading import workbook
from uploads.reading.grid import CellError
from uploads.reading.refusal import FileRefusedError
from uploads.reading.workbook import read_workbook

pytestmark = pytest.mark.one_database

MEGABYTE = 1024 * 1024


def refusal_of(path: Path) -> FileRefusedError:
    with pytest.raises(FileRefusedError) as refusal:
        read_workbook(path, file_name=path.name)
    return refusal.value


def with_changed_part(path: Path, part: str, content: bytes) -> Path:
    """Return the workbook with one part's content replaced."""
    with zipfile.ZipFile(path) as old:
        parts = {info.filename: old.read(info) for info in old.infolist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new:
        for name, old_content in parts.items():
            new.writestr(name, content if name == part else old_content)
    return path


def with_blank_rows(path: Path, first: int, last: int) -> Path:
    """Return the workbook with formatted blank rows, as Excel writes them, appended to its first sheet."""
    part = "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(path) as old:
        xml = old.read(part)
    blank = b"".join(
        b'<row r="%d" spans="1:3"><c r="A%d" s="1"/><c r="B%d" s="1"/><c r="C%d" s="1"/></row>' % (n, n, n, n)
        for n in range(first, last + 1)
    )
    return with_changed_part(path, part, xml.replace(b"</sheetData>", blank + b"</sheetData>"))


def test_a_file_above_the_limit_is_not_even_opened(tmp_path: Path, settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = MEGABYTE
    path = tmp_path / "a.xlsx"
    path.write_bytes(bytes(MEGABYTE + 1))
    assert str(refusal_of(path)) == "文件有2MB，超过1MB的上限，请删去图片和无关的工作表，或按乡镇拆成几个文件上传"


def test_an_archive_that_admits_its_size_is_refused(tmp_path: Path, settings: Any) -> None:
    settings.UPLOAD_MAX_INFLATED_BYTES = 5 * MEGABYTE
    path = make_xlsx(tmp_path / "a.xlsx", {"一": [["a"]]})
    with_changed_part(path, "xl/styles.xml", bytes(6 * MEGABYTE))
    assert refusal_of(path).problem_code == "too_large"


@pytest.mark.parametrize("part", ["xl/styles.xml", "xl/worksheets/sheet1.xml"])
def test_an_archive_that_lies_about_its_size_is_refused(part: str, tmp_path: Path, settings: Any) -> None:
    settings.UPLOAD_MAX_INFLATED_BYTES = 5 * MEGABYTE
    path = make_xlsx(tmp_path / "a.xlsx", {"一": [["a"]]})
    with_changed_part(path, part, bytes(6 * MEGABYTE))
    true_size, claimed = (6 * MEGABYTE).to_bytes(4, "little"), (1_000).to_bytes(4, "little")
    content = path.read_bytes()
    assert content.count(true_size) == 2  # in the part's header and in the directory
    path.write_bytes(content.replace(true_size, claimed))
    assert refusal_of(path).problem_code == "too_large"


def test_too_many_rows_sheets_or_columns_are_refused(tmp_path: Path, settings: Any) -> None:
    settings.UPLOAD_MAX_ROWS = 50
    long = make_xlsx(tmp_path / "long.xlsx", {"一": [["a"]] * 30, "二": [["a"]] * 30})
    assert "超过50行" in str(refusal_of(long))
    many = make_xlsx(tmp_path / "many.xlsx", {f"表{n}": [["a"]] for n in range(101)})
    assert "工作簿有101张工作表" in str(refusal_of(many))
    wide = make_xlsx(tmp_path / "wide.xlsx", {"一": [["a"] * 301]})
    assert "超过300列" in str(refusal_of(wide))
    page = tmp_path / "wide.csv"
    page.write_text(",".join(["a"] * 301) + "\n" + ",".join(["b"] * 301))
    assert "超过300列" in str(refusal_of(page))


def test_blank_rows_and_columns_do_not_count(tmp_path: Path, settings: Any) -> None:
    settings.UPLOAD_MAX_ROWS = 50
    blank: list[list[Any]] = [[None] * 400] * 100
    path = make_xlsx(tmp_path / "a.xlsx", {"一": [["a"], *blank]})
    assert len(read_workbook(path, file_name="a.xlsx")[0].rows) == 1
    page = tmp_path / "a.csv"
    page.write_text("a,b\n" + ("," * 400 + "\n") * 100 + "c,d\n")
    assert len(read_workbook(page, file_name="a.csv")[0].rows) == 102


def test_one_cell_in_the_farthest_corner_does_not_kill_the_worker(tmp_path: Path) -> None:
    path = make_xlsx(tmp_path / "a.xlsx", {"一": [["a"]]})
    far = b'<row r="1048576"><c r="KN1048576"><v>1</v></c></row></sheetData>'
    with zipfile.ZipFile(path) as archive:
        xml = archive.read("xl/worksheets/sheet1.xml")
    with_changed_part(path, "xl/worksheets/sheet1.xml", xml.replace(b"</sheetData>", far))
    refusal = refusal_of(path)
    assert refusal.problem_code == "too_large"
    assert "远处多余的内容" in str(refusal)


@pytest.mark.slow
def test_a_million_formatted_blank_rows_are_read_in_time_and_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The child process is killed at its limits, so this passes only if reading stays within 10 s and 500 MB.
    monkeypatch.setattr(workbook, "SECONDS", 10)
    assert workbook.MEMORY_BYTES < 500 * 1024 * 1024
    header, row = COMMUNITY_HEADER, ["沁县", "定昌镇", "和平社区", "140430100001", "城市社区", 12, CellError("#REF!")]
    path = make_xlsx(tmp_path / "a.xlsx", {"一": [header, row, ["", *row[1:]]]}, merged=[(1, 0, 2, 0)])
    with_blank_rows(path, 4, 1_048_576)
    (grid,) = read_workbook(path, file_name="a.xlsx")
    assert [list(cells) for cells in grid.rows] == [header, row, ["", *row[1:]]]
    assert grid.merged == [(1, 0, 2, 0)]


def test_a_million_repeated_blank_rows_of_ods_are_nothing(tmp_path: Path) -> None:
    path = make_ods(tmp_path / "a.ods", {"一": [["a"], ["b"]]}, blank_rows_below=1_048_574)
    assert [list(row) for row in read_workbook(path, file_name="a.ods")[0].rows] == [["a"], ["b"]]


def test_a_file_that_takes_too_long_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "SECONDS", 1)
    path = tmp_path / "a.xls"
    path.write_bytes(make_html([["a"] * 200] * 5_000))
    refusal = refusal_of(path)
    assert (refusal.problem_code, "1秒内没有读完" in str(refusal)) == ("too_large", True)


def test_a_circle_of_the_sectors_that_list_the_sector_table_is_no_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refuse a file of 2 KB that declares 2,000,000 DIFAT sectors, of which the only one refers to itself (ADR 0016)."""
    monkeypatch.setattr(workbook, "SECONDS", 2)
    claimed, none, end, table, list_of_table = 2_000_000, 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFC
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<5H6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<9I", 0, 109 + 127 * claimed, 1, 0, 4096, end, 0, 2, claimed) + bytes(4 * 109)
    root = "Root Entry\0".encode("utf-16-le").ljust(64, b"\0") + struct.pack("<HBB3I", 22, 5, 1, none, none, none)
    root += bytes(36) + struct.pack("<IQ", end, 0)
    sectors = [
        struct.pack("<128I", table, end, list_of_table, *[none] * 125),
        root.ljust(512, b"\0"),
        struct.pack("<128I", *[0] * 127, 2),
    ]
    path = tmp_path / "a.xls"
    path.write_bytes(header + b"".join(sectors))
    assert refusal_of(path).problem_code == "unsupported_format"


def test_an_answer_that_breaks_off_or_holds_code_is_not_believed() -> None:
    whole = pickle.dumps([["a"]], 5) + pickle.dumps(("sheet", "一", [], False), 5)
    for answer in (b"", whole, whole[:-3], pickle.dumps([os.getcwd]) + pickle.dumps(("end",))):
        with pytest.raises(FileRefusedError) as refusal:
            workbook._grids(io.BytesIO(answer))
        assert refusal.value.problem_code == "unreadable_file"
    assert workbook._grids(io.BytesIO(whole + pickle.dumps(("end",))))[0].name == "一"


def test_a_quotation_mark_that_is_never_closed_is_found_at_once(clerk: User) -> None:
    """Read a quote that makes the rest of the file one cell, with thousands of digits in which a number may begin."""
    rows = [f"和平社区,活动室{n},综合服务设施,{n},2016/05/01" for n in range(3_000)]
    rows[5] = rows[5].replace(",5,", ',"5,')
    text = "\n".join(["社区名称,设施名称,设施类型,建筑面积（㎡）,启用日期", *rows])
    batch = checked(clerk, text.encode(), "演示设施.csv")
    assert (batch.state, batch.problem_counts["unpaired_quote"]) == ("checked", 1)


def checked(user: User, data: bytes, name: str) -> UploadBatch:
    batch = actions.receive_file(
        file=[data], file_name=name, register="facilities", by=user, period=make_period(), queue=False
    )
    return actions.check_batch(batch)
