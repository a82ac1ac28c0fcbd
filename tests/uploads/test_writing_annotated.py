"""Tests of the marked workbook: coloured cells, notes, the list of problems, and uploading it again after correction."""

from __future__ import annotations

import csv
import datetime
import io
import json
import random
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from accounts.models import User
from changzhi_portal.refusals import NotAllowedError, NotFoundError, StaleError
from changzhi_portal.registers.problems import Level, cell_address
from communities.models import Facility
from tests.factories import id_number, make_batch
from tests.uploads.samples import SAMPLES, clerk_of, needs_samples, upload
from tests.uploads.workbooks import make_xlsx
from uploads.models import UploadBatch
from uploads.reading.grid import NotReadableError
from uploads.reading.workbook import read_workbook
from uploads.template_stamp import PROBLEM_SHEET
from uploads.writing.annotated import annotated_workbook
from uploads.writing.marked import mark_workbook
from uploads.writing.orders import Orders
from uploads.writing.problem_list import Entry
from uploads.writing.rebuilt import rebuild_workbook
from uploads.writing.styles import COLOURS
from uploads.writing.xml_text import UnusualWorkbookError

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
RED, YELLOW = COLOURS[Level.ERROR], COLOURS[Level.WARNING]
HEADER = ["社区名称", "设施名称", "设施类型", "建筑面积（㎡）", "启用日期"]
GOOD = ["和平社区", "党群服务中心", "综合服务设施", 520, "2016-05-01"]
BAD = ["和平社区", "活动室", "仓库", "约520", "昨天"]
Take = Callable[..., tuple[UploadBatch, openpyxl.Workbook]]


@pytest.fixture
def take(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Take:
    """Return a function that uploads a file and opens the marked workbook."""

    def go(
        path: Path, user: User, register: str = "facilities", **options: Any
    ) -> tuple[UploadBatch, openpyxl.Workbook]:
        answer, _ = upload(capsys, register, path, user, period="2018-06", **options)
        batch = UploadBatch.objects.get(pk=answer["batch"])
        data = annotated_workbook(batch, by=user).read()
        (tmp_path / "back.xlsx").write_bytes(data)
        return batch, openpyxl.load_workbook(io.BytesIO(data))

    return go


def marked(data: bytes, entries: list[Entry]) -> bytes:
    """Return a workbook marked in place."""
    target = io.BytesIO()
    mark_workbook(io.BytesIO(data), target, Orders(entries))
    return target.getvalue()


def marked_cells(book: openpyxl.Workbook) -> dict[str, str]:
    """Return the colour of every coloured cell by sheet!cell."""
    return {
        f"{page.title}!{cell.coordinate}": cell.fill.fgColor.rgb
        for page in book.worksheets
        for row in page.iter_rows()
        for cell in row
        if cell.fill.fgColor.rgb in (RED, YELLOW)
    }


def noted_cells(book: openpyxl.Workbook) -> set[str]:
    return {
        f"{page.title}!{cell.coordinate}"
        for page in book.worksheets
        for row in page.iter_rows()
        for cell in row
        if cell.comment and "填报检查：" in cell.comment.text
    }


def listed(book: openpyxl.Workbook) -> list[list[Any]]:
    return [[cell.value for cell in row] for row in book[PROBLEM_SHEET].iter_rows(min_row=4)]


def test_bad_cells_are_coloured_noted_and_listed_with_a_link(place, clerk, take, tmp_path):
    path = make_xlsx(tmp_path / "设施.xlsx", {"城区": [["服务设施（2018年6月）"], HEADER, GOOD, BAD]})
    _, book = take(path, clerk)
    assert book.sheetnames == [PROBLEM_SHEET, "城区"]
    assert book.active.title == PROBLEM_SHEET
    assert marked_cells(book) == {"城区!C4": RED, "城区!D4": YELLOW, "城区!E4": RED}
    assert noted_cells(book) == {"城区!C4", "城区!D4", "城区!E4"}
    assert "只能填：综合服务设施" in book["城区"]["C4"].comment.text
    assert "bad_choice" not in book["城区"]["C4"].comment.text
    rows = listed(book)
    assert sorted(row[:5] for row in rows) == [
        ["提醒", "城区", "D4", "建筑面积（㎡）", "约520"],
        ["错误", "城区", "C4", "设施类型", "仓库"],
        ["错误", "城区", "E4", "启用日期", "昨天"],
    ]
    links = {row[2].value: row[2].hyperlink.location for row in book[PROBLEM_SHEET].iter_rows(min_row=4)}
    assert links["C4"] == "'城区'!C4"
    assert "错误2个，提醒1个" in book[PROBLEM_SHEET]["A1"].value


def test_the_corrected_workbook_goes_in(place, clerk, take, tmp_path, capsys):
    path = make_xlsx(tmp_path / "设施.xlsx", {"城区": [HEADER, GOOD, BAD]})
    _, book = take(path, clerk)
    page = book["城区"]
    page["C3"], page["D3"], page["E3"] = "活动场所", 520, "2016-05-01"
    book.save(path)
    answer, status = upload(capsys, "facilities", path, clerk, period="2018-06", commit="all")
    assert (status, answer["state"], answer["new"], answer["problems"]) == (0, "committed", 2, [])
    assert Facility.objects.count() == 2


@pytest.mark.parametrize("through_excel", [False, True], ids=["as sent", "saved by a program"])
def test_a_second_round_takes_the_marks_of_the_first_out(through_excel, place, clerk, take, tmp_path):
    path = make_xlsx(tmp_path / "设施.xlsx", {"城区": [HEADER, GOOD, BAD]})
    take(path, clerk)
    path = tmp_path / "back.xlsx"
    if through_excel:
        book = openpyxl.load_workbook(path)
        book["城区"]["C3"] = "活动场所"
        book.save(path)
    _, book = take(path, clerk)
    left = {"城区!D3": YELLOW, "城区!E3": RED} | ({} if through_excel else {"城区!C3": RED})
    assert marked_cells(book) == left
    assert noted_cells(book) == set(left)
    assert book.sheetnames == [PROBLEM_SHEET, "城区"]
    assert len(listed(book)) == len(left)
    assert book["城区"]["D3"].comment.text.count("【提醒】") == 1


def test_the_offices_own_formats_formulas_notes_and_sheets_stay(place, clerk, take, tmp_path):
    path = tmp_path / "自制.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page, other = book.add_worksheet("城区"), book.add_worksheet("封面")
        page.merge_range(0, 0, 0, 4, "服务设施", book.add_format({"bold": True, "font_size": 20}))
        page.write_row(1, 0, HEADER)
        page.write_row(2, 0, GOOD)
        page.write_row(3, 0, BAD[:3])
        page.write_formula(3, 3, "=1000*2.5", book.add_format({"italic": True, "num_format": "0.0"}), 2500)
        page.write(3, 4, "昨天", book.add_format({"border": 2}))
        page.write_comment(3, 4, "请老王核实", {"author": "老王"})
        page.write_comment(1, 0, "列的说明")
        page.data_validation(2, 2, 9, 2, {"validate": "list", "source": ["综合服务设施", "活动场所"]})
        page.conditional_format(2, 3, 9, 3, {"type": "data_bar"})
        page.set_column(1, 1, 33)
        page.insert_image(10, 0, "章.png", {"image_data": io.BytesIO(_PIXEL)})
        page.print_area(0, 0, 3, 4)
        other.write(0, 0, "封面")
        other.activate()
        chart = book.add_chart({"type": "column"})
        chart.add_series({"values": "=城区!$D$3:$D$4"})
        page.insert_chart("H2", chart)
    before = openpyxl.load_workbook(path)
    _, after = take(path, clerk)
    assert after.sheetnames == [PROBLEM_SHEET, "城区", "封面"]
    old, new = before["城区"], after["城区"]
    assert str(new.merged_cells) == str(old.merged_cells)
    assert new["D4"].value == "=1000*2.5"
    assert openpyxl.load_workbook(tmp_path / "back.xlsx", data_only=True)["城区"]["D4"].value == 2500
    assert (new["A1"].font.sz, new["E4"].border.left.style, new["E4"].fill.fgColor.rgb) == (20, "medium", RED)
    assert new.column_dimensions["B"].width == old.column_dimensions["B"].width
    assert new.print_area == old.print_area
    assert len(new.data_validations.dataValidation) == 1
    assert new["E4"].comment.text.startswith("请老王核实")
    assert "日期看不懂" in new["E4"].comment.text
    assert new["A2"].comment.text == "列的说明"
    names = set(zipfile.ZipFile(path).namelist())
    assert names <= set(zipfile.ZipFile(tmp_path / "back.xlsx").namelist())
    assert [page.sheet_view.tabSelected for page in after.worksheets].count(True) == 1


def test_a_mark_under_merged_cells_is_seen_at_their_first_cell(place, clerk, take, tmp_path):
    rows = [HEADER, ["没有的社区", *GOOD[1:]], ["", "活动室", *GOOD[2:]]]
    path = make_xlsx(tmp_path / "设施.xlsx", {"城区": rows}, merged=[(1, 0, 2, 0)])
    _, book = take(path, clerk)
    assert marked_cells(book) == {"城区!A2": RED}
    assert book["城区"]["A2"].comment.text.count("【错误】") == 2


def test_a_missing_cell_is_marked_too(place, clerk, take, tmp_path):
    path = make_xlsx(tmp_path / "设施.xlsx", {"城区": [HEADER, ["和平社区", "", "综合服务设施", 520, "2016-05-01"]]})
    _, book = take(path, clerk)
    assert marked_cells(book) == {"城区!B2": RED}


@pytest.mark.parametrize("ending", ["csv", "xls.html", "xlsm"])
def test_other_formats_come_back_as_xlsx_with_their_own_cells(ending, place, clerk, take, tmp_path, capsys):
    path = tmp_path / f"设施.{ending}"
    rows = [HEADER, GOOD, BAD]
    if ending == "csv":
        with path.open("w", encoding="gbk", newline="") as file:
            csv.writer(file).writerows(rows)
    elif ending == "xlsm":
        make_xlsx(path, {"数据": rows})
        _as_macro_workbook(path)
    else:
        cells = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
        path.write_text(f"<html><body><table>{cells}</table></body></html>", encoding="utf-8")
    _, book = take(path, clerk)
    assert book.sheetnames == [PROBLEM_SHEET, "数据"]
    assert marked_cells(book) == {"数据!C3": RED, "数据!D3": YELLOW, "数据!E3": RED}
    assert noted_cells(book) == set(marked_cells(book))
    assert [cell.value for cell in book["数据"][1]] == HEADER
    page = book["数据"]
    page["C3"], page["D3"], page["E3"] = "活动场所", 520, "2016-05-01"
    book.save(tmp_path / "改好.xlsx")
    answer, _ = upload(capsys, "facilities", tmp_path / "改好.xlsx", clerk, period="2018-06")
    assert (answer["new"], answer["errors"]) == (2, 0)


def _as_macro_workbook(path: Path) -> None:
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    types = parts["[Content_Types].xml"]
    parts["[Content_Types].xml"] = types.replace(
        b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
        b"application/vnd.ms-excel.sheet.macroEnabled.main+xml",
    )
    assert parts["[Content_Types].xml"] != types
    with zipfile.ZipFile(path, "w") as new:
        for name, content in parts.items():
            new.writestr(name, content)


@needs_samples
@pytest.mark.parametrize("name", ["organizations_old_excel.xls", "workers_gbk.csv", "facilities_sheets.xlsx"])
def test_a_messy_file_comes_back_with_the_very_same_problems(name, city, take, tmp_path, capsys):
    register = name.partition("_")[0]
    expected = json.loads((SAMPLES / "messy" / f"{name.rpartition('.')[0]}.expected.json").read_text(encoding="utf-8"))
    user = clerk_of(expected["as_division"])
    batch, _ = take(SAMPLES / "messy" / name, user, register)
    again, _ = upload(capsys, register, tmp_path / "back.xlsx", user, period="2018-06")
    first = {(p["cell"], p["code"]) for p in _problems(batch)}
    assert {(p["cell"], p["code"]) for p in again["problems"]} == first


def _problems(batch: UploadBatch) -> list[dict[str, Any]]:
    return [*batch.problems, *(p for row in batch.staged_rows.all() for p in row.problems)]


def test_it_goes_to_its_uploader_only(place, clerk, officer, take, tmp_path):
    batch, _ = take(make_xlsx(tmp_path / "设施.xlsx", {"城区": [HEADER, BAD]}), clerk)
    with pytest.raises(NotAllowedError):
        annotated_workbook(batch, by=officer)


def test_personal_values_are_masked_in_the_list_but_not_in_the_own_cells(place, clerk, take, tmp_path):
    wrong = id_number()[:-1] + "?"
    path = make_xlsx(
        tmp_path / "社工.xlsx",
        {"Sheet1": [["姓名", "身份证号", "职业水平", "到岗日期"], ["张晓演", wrong, "无", "2017-01-01"]]},
    )
    _, book = take(path, clerk, "workers")
    assert book["Sheet1"]["B2"].value == wrong
    assert all(wrong[6:14] not in str(value) for row in listed(book) for value in row)
    assert wrong[6:14] not in book["Sheet1"]["B2"].comment.text


def test_a_formula_in_a_problem_stays_text(place, clerk, take, tmp_path):
    path = tmp_path / "设施.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("城区")
        page.write_row(0, 0, HEADER)
        page.write_row(1, 0, GOOD)
        page.write_string(1, 2, '=cmd|"/c calc"!A1')
    _, book = take(path, clerk)
    cell = next(row[4] for row in book[PROBLEM_SHEET].iter_rows(min_row=4) if row[2].value == "C2")
    assert (cell.data_type, cell.value) == ("s", '=cmd|"/c calc"!A1')


def test_a_batch_without_problems_or_still_waiting_says_so(place, clerk, take, tmp_path):
    path = make_xlsx(tmp_path / "设施.xlsx", {"城区": [HEADER, GOOD]})
    with pytest.raises(NotFoundError):
        take(path, clerk)
    with pytest.raises(StaleError):
        annotated_workbook(make_batch(clerk), by=clerk)


def test_twenty_thousand_rows_with_five_hundred_problems_are_marked_soon(tmp_path):
    path = make_xlsx(
        tmp_path / "大.xlsx",
        {"数据": [[f"文字{row % 3000}-{column}" for column in range(19)] for row in range(20_000)]},
    )
    entries = [
        Entry(Level.ERROR, "数据", cell_address(40 * number + 2, number % 19), "列", "值", "不对，请改正")
        for number in range(500)
    ]
    started = datetime.datetime.now()
    data = marked(path.read_bytes(), entries)
    assert (datetime.datetime.now() - started).total_seconds() < 10
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        styles = archive.read("xl/styles.xml").decode()
        rows = archive.read("xl/worksheets/sheet1.xml").decode()
    assert styles.count(RED) == 1
    assert rows.count("<c ") == 20_000 * 19


def test_a_workbook_in_foreign_xml_is_rebuilt_instead_of_failing(place, clerk, take, tmp_path):
    path = make_xlsx(tmp_path / "设施.xlsx", {"城区": [HEADER, GOOD, BAD]})
    sound = {name: zipfile.ZipFile(path).read(name) for name in zipfile.ZipFile(path).namelist()}
    draw = random.Random(3)
    entries = [Entry(Level.ERROR, "城区", "C3", "列", "值", "不对")]
    ends = Counter()
    for _ in range(300):
        parts = dict(sound)
        name = draw.choice([name for name in parts if name.endswith((".xml", ".rels"))])
        content = bytearray(parts[name])
        for _ in range(draw.randrange(1, 5)):
            at = draw.randrange(len(content))
            content[at : at + draw.randrange(1, 30)] = bytes(draw.randrange(256) for _ in range(draw.randrange(3)))
        parts[name] = bytes(content)
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for part, data in parts.items():
                archive.writestr(part, data)
        try:
            marked(packed.getvalue(), entries)
            ends["marked"] += 1
        except (UnusualWorkbookError, NotReadableError):
            ends["rebuilt"] += 1
    assert min(ends["marked"], ends["rebuilt"]) > 20


def test_what_is_rebuilt_reads_like_the_original(tmp_path):
    day = datetime.date(2018, 6, 30)
    rows = [
        ["表", "", "", ""],
        ["文字", 1.5, day, "'00123"],
        ["=1+1", 123456789012345678, 0, "长" * 50],
        ["", "", "并", "#REF!"],
    ]
    path = make_xlsx(tmp_path / "甲.xlsx", {"甲": rows, "乙/b"[:1]: [["x"]]}, merged=[(0, 0, 0, 3), (1, 0, 2, 0)])
    grids = read_workbook(path, file_name=path.name)
    with (tmp_path / "又.xlsx").open("wb") as file:
        rebuild_workbook(grids, Orders([Entry(Level.WARNING, None, "", "", "", "整个文件")]), file)
    again = read_workbook(tmp_path / "又.xlsx", file_name="又.xlsx")
    assert again[0].name == PROBLEM_SHEET
    assert [(grid.name, [list(row) for row in grid.rows], sorted(grid.merged)) for grid in again[1:]] == [
        (grid.name, [list(row) for row in grid.rows], sorted(grid.merged)) for grid in grids
    ]


_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000a49444154789c6360000002000100ffff03000006000557bfabd40000000049454e44ae426082"
)


def test_a_hidden_sheet_of_broken_xml_does_not_keep_the_page_busy_for_ever(tmp_path):
    path = make_xlsx(tmp_path / "设施.xlsx", {"城区": [HEADER, BAD], "隐藏": [["a"]]})
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/worksheets/sheet2.xml"] = b"<worksheet><sheetData>" + b"<row" * 50_000 + b"</sheetData></worksheet>"
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    with pytest.raises(UnusualWorkbookError):
        marked(data.getvalue(), [Entry(Level.ERROR, "城区", "C2", "设施类型", "仓库", "不在选项里")])
