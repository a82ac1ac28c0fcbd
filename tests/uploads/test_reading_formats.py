"""Tests of file formats: each gives the same cells under any file name, and a file that is no table is refused."""

from __future__ import annotations

import datetime
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from tests.uploads import old_workbooks, workbooks
from uploads.reading.grid import NOT_COMPUTED, CellError, Grid
from uploads.reading.markup import without_properties
from uploads.reading.refusal import FileRefusedError
from uploads.reading.workbook import read_workbook

pytestmark = pytest.mark.one_database

MAKERS: dict[str, Callable[..., Path]] = {
    "xlsx": workbooks.make_xlsx,
    "xls": workbooks.make_xls,
    "ods": workbooks.make_ods,
}
DAY = datetime.date(2018, 6, 30)


def read(path: Path, file_name: str = "") -> list[Grid]:
    return read_workbook(path, file_name=file_name or path.name)


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def refused_code(path: Path, file_name: str = "") -> str:
    with pytest.raises(FileRefusedError) as refusal:
        read(path, file_name)
    sentence = str(refusal.value)
    assert "请" in sentence and "{" not in sentence and "\n" not in sentence
    assert refusal.value.cure.isascii()
    return refusal.value.problem_code


# --- Excel and OpenDocument ---


@pytest.mark.parametrize("kind", MAKERS)
def test_text_numbers_and_blanks_come_from_row_1_and_column_a(kind: str, tmp_path: Path) -> None:
    rows = [[], ["", "社区名称", "户数"], ["", "虒亭", 12.5]]
    (grid,) = read(MAKERS[kind](tmp_path / "a", {"虒亭镇": rows}))
    assert grid.name == "虒亭镇"
    assert [list(row) for row in grid.rows] == rows


@pytest.mark.parametrize("kind", MAKERS)
def test_hidden_sheets_are_not_read(kind: str, tmp_path: Path) -> None:
    sheets = {"一": [["a"]], "字典": [["b"]], "二": [["c"]]}
    assert [grid.name for grid in read(MAKERS[kind](tmp_path / "a", sheets, hidden=["字典"]))] == ["一", "二"]


@pytest.mark.parametrize("kind", MAKERS)
def test_a_failed_formula_is_seen_also_beside_hidden_sheets(kind: str, tmp_path: Path) -> None:
    sheets = {"字典": [[CellError("#DIV/0!")]], "一": [["a", "b"], [1, CellError("#REF!")], [2, 3]]}
    (grid,) = read(MAKERS[kind](tmp_path / "a", sheets, hidden=["字典"]))
    assert grid.rows[1][1] == "#REF!"
    assert isinstance(grid.rows[1][1], CellError)
    assert grid.rows[2][1] == 3


def test_a_formula_that_no_spreadsheet_has_computed_is_no_blank_cell(tmp_path: Path) -> None:
    book = openpyxl.Workbook()  # openpyxl writes formulas without their results
    book.active.append(["社区", "面积", "备注"])
    book.active.append(["甲", "=500+20", None])
    book.active.append(["乙", 520, '=IF(B3>0,"","无")'])
    book.save(tmp_path / "a.xlsx")
    (grid,) = read(tmp_path / "a.xlsx")
    assert [list(row) for row in grid.rows[1:]] == [["甲", NOT_COMPUTED, ""], ["乙", 520, NOT_COMPUTED]]
    assert isinstance(grid.rows[1][1], CellError)


def test_rows_and_columns_of_nothing_but_formulas_without_results_are_not_lost(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["社区", "面积"])
    for cell in ("A2", "B2", "D2", "B1048576"):
        book.active[cell] = "=1+1"
    book.create_sheet("算").append(["=1+1"])
    book.save(tmp_path / "a.xlsx")
    first, second = read(tmp_path / "a.xlsx")
    assert [list(row) for row in first.rows[:2]] == [["社区", "面积"], [NOT_COMPUTED, NOT_COMPUTED, "", NOT_COMPUTED]]
    assert (len(first.rows), list(first.rows[-1])) == (1_048_576, ["", NOT_COMPUTED])
    assert [list(row) for row in second.rows] == [[NOT_COMPUTED]]


def test_a_formula_beyond_the_last_row_of_a_sheet_is_no_work(tmp_path: Path) -> None:
    path = workbooks.make_xlsx(tmp_path / "a.xlsx", {"一": [["社区", "面积"], ["甲", 1]]})
    cell = '<row r="9999999"><c r="B9999999"><f>1+1</f></c></row></sheetData>'
    old_workbooks.with_part(path, "xl/worksheets/sheet1.xml", lambda xml: xml.replace("</sheetData>", cell))
    (grid,) = read(path)
    assert [list(row) for row in grid.rows] == [["社区", "面积"], ["甲", 1]]


def test_a_formula_whose_result_is_empty_text_is_a_blank_cell(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "made.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["社区", "备注"])
        sheet.write(1, 0, "甲")
        sheet.write_formula(1, 1, '=IF(1>0,"","无")', None, "NOTHING")
    # As Excel and WPS write it; openpyxl cannot.
    with zipfile.ZipFile(tmp_path / "made.xlsx") as made, zipfile.ZipFile(tmp_path / "a.xlsx", "w") as saved:
        for name in made.namelist():
            saved.writestr(name, made.read(name).replace(b"NOTHING", b""))
    (grid,) = read(tmp_path / "a.xlsx")
    assert list(grid.rows[1]) == ["甲", ""]


@pytest.mark.parametrize("kind", MAKERS)
def test_merged_cells_are_told(kind: str, tmp_path: Path) -> None:
    rows = [["县", "镇"], ["沁县", "甲"], ["", "乙"], ["", "丙"]]
    (grid,) = read(MAKERS[kind](tmp_path / "a", {"一": rows}, merged=[(1, 0, 3, 0)]))
    assert grid.merged == [(1, 0, 3, 0)]
    assert [row[0] for row in grid.rows] == ["县", "沁县", "", ""]


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_dates_are_days(kind: str, tmp_path: Path) -> None:
    (grid,) = read(MAKERS[kind](tmp_path / "a", {"一": [["a", DAY]]}))
    assert grid.rows[0][1] == DAY


def test_hidden_rows_are_data(tmp_path: Path) -> None:
    (grid,) = read(workbooks.make_xlsx(tmp_path / "a.xlsx", {"一": [["a"], ["b"], ["c"]]}, hidden_rows=[1]))
    assert [row[0] for row in grid.rows] == ["a", "b", "c"]


def test_cells_of_spaces_are_blank_and_rows_of_them_end_no_sheet(tmp_path: Path) -> None:
    rows = [["a", "\u3000 "], [" ", "\xa0"], ["b", "\n"], ["  ", ""]]
    (grid,) = read(workbooks.make_xlsx(tmp_path / "a.xlsx", {"一": rows}))
    assert [list(row) for row in grid.rows] == [["a", ""], [], ["b", ""]]


@pytest.mark.parametrize(
    ("made_as", "named"), [("xlsx", "表.csv"), ("xls", "表.xlsx"), ("ods", "表.xls"), ("xlsx", "表")]
)
def test_content_decides_not_the_name(made_as: str, named: str, tmp_path: Path) -> None:
    path = MAKERS[made_as](tmp_path / "upload", {"一": [["a"]]})
    assert read(path, named)[0].rows[0][0] == "a"


# --- .csv ---


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_csv_is_read_in_every_encoding_with_every_delimiter(encoding: str, delimiter: str, tmp_path: Path) -> None:
    lines = [["附件1"], [], ["社区名称", "户数", "备注"], ["虒亭社区", "1200", "镕、堠"], ["峧沟村", "35", ""]]
    text = "\r\n".join(delimiter.join(line) for line in lines)
    (grid,) = read(written(tmp_path / "a.csv", text.encode(encoding)))
    assert grid.name is None
    assert [[cell for cell in row if cell] for row in grid.rows] == [[cell for cell in line if cell] for line in lines]


def test_rows_of_a_csv_count_as_in_excel(tmp_path: Path) -> None:
    text = 'sep=;\n"县\n（市、区）";户数\n\n"a;b";="140423100204"\n;#DIV/0!\n;;\n'
    (grid,) = read(written(tmp_path / "a.csv", text.encode()))
    assert [list(row) for row in grid.rows] == [
        ["县\n（市、区）", "户数"],
        [],
        ["a;b", "140423100204"],
        ["", "#DIV/0!"],
    ]
    assert isinstance(grid.rows[3][1], CellError)


def test_a_csv_of_one_column_needs_its_name(tmp_path: Path) -> None:
    path = written(tmp_path / "upload", "社区名称\n和平社区\n".encode())
    assert [list(row) for row in read(path, "社区.csv")[0].rows] == [["社区名称"], ["和平社区"]]
    assert refused_code(path, "社区.txt") == "unsupported_format"


# --- HTML and XML files named .xls, as web systems export them ---


def test_an_html_table_called_xls_is_read_with_its_spans(tmp_path: Path) -> None:
    page = (
        "<html><head><style>td {x:y}</style><title>t</title></head><body><h3>统计表（2018年6月）</h3>"
        "<table><tr><th rowspan=2>县</th><th colspan=2>基本&nbsp;数据</th></tr><tr><th>户数<br>（户）<th>人口</tr>"
        "<tr><td>沁县<td>1,200</td><td>&lt;3&gt;</td></tr></table><p>填表人：王伟</body></html>"
    )
    (grid,) = read(written(tmp_path / "a.xls", page.encode("gb18030")))
    assert [list(row) for row in grid.rows] == [
        ["统计表（2018年6月）"],
        ["县", "基本\xa0数据", ""],
        ["", "户数\n（户）", "人口"],
        ["沁县", "1,200", "<3>"],
        ["填表人：王伟"],
    ]
    assert grid.merged == [(1, 0, 2, 0), (1, 1, 1, 2)]
    assert grid.name is None


def test_a_table_that_another_one_only_places_in_the_page_is_read(tmp_path: Path) -> None:
    inner = "<table><tr><td>社区名称<td>户数</tr><tr><td>和平社区<td>12<table><tr><td>户</table></tr></table>"
    page = f"<table><tr><td>统计表{inner}</td></tr><tr><td>填表人：王伟</td></tr></table><table><tr><td>附</table>"
    (grid,) = read(written(tmp_path / "a.xls", page.encode()))
    assert [list(row) for row in grid.rows] == [
        ["统计表"], ["社区名称", "户数"], ["和平社区", "12户"], ["填表人：王伟"], [], ["附"]
    ]  # fmt: skip


@pytest.mark.parametrize("charset", ["utf-8", "gb2312", "gbk"])
def test_html_is_read_in_the_encoding_it_declares(charset: str, tmp_path: Path) -> None:
    path = written(tmp_path / "a.xls", workbooks.make_html([["社区名称", "户数"], ["和平社区", 12]], charset=charset))
    assert [list(row) for row in read(path)[0].rows] == [["社区名称", "户数"], ["和平社区", "12"]]


def test_excel_2003_xml_called_xls_is_read(tmp_path: Path) -> None:
    rows = (
        '<Row><Cell ss:MergeDown="1"><Data ss:Type="String">沁县</Data></Cell>'
        '<Cell ss:Index="3"><Data ss:Type="Number">2.5</Data></Cell></Row>'
        '<Row ss:Index="4"><Cell><Data ss:Type="DateTime">2018-06-30T00:00:00.000</Data></Cell>'
        '<Cell><Data ss:Type="Error">#N/A</Data></Cell><Cell><Data ss:Type="Boolean">1</Data></Cell></Row>'
        '<Row ss:Span="1048570"/>'
    )
    content = workbooks.make_spreadsheetml({"一": rows, "字典": rows}, hidden=["字典"])
    (grid,) = read(written(tmp_path / "a.xls", content))
    assert grid.name == "一"
    assert [list(row) for row in grid.rows] == [["沁县", "", 2.5], [], [], [DAY, "#N/A", True]]
    assert isinstance(grid.rows[3][1], CellError)
    assert grid.merged == [(0, 0, 1, 0)]


PROPERTIES = [
    "<DocumentProperties xmlns='urn:o'><Title>甲 & 乙</Title><Author>\x05</Author></DocumentProperties>",
    "<CustomDocumentProperties xmlns='urn:o'><æ¨¡ dt='float'>1</æ¨¡><模 版本>>\x1a!</模 版本></CustomDocumentProperties>",
]


@pytest.mark.parametrize("properties", [*PROPERTIES, "".join(PROPERTIES)])
def test_properties_that_are_no_xml_do_not_spoil_excel_2003_xml(properties: str, tmp_path: Path) -> None:
    rows = '<Row><Cell><Data ss:Type="String">属性&lt;/DocumentProperties&gt;</Data></Cell></Row>'
    content = workbooks.make_spreadsheetml({"一": rows}).replace(b"<Worksheet", properties.encode() + b"<Worksheet", 1)
    (grid,) = read(written(tmp_path / "a.xls", content))
    assert [list(row) for row in grid.rows] == [["属性</DocumentProperties>"]]


@given(text=st.text(st.characters(codec="utf-8")))
def test_whatever_the_properties_say_only_they_are_left_out(text: str) -> None:
    before, after = b"<Workbook>", b"<Worksheet><DocumentProperties></DocumentProperties></Worksheet>"
    for name in (b"DocumentProperties", b"CustomDocumentProperties"):
        inside = text.encode().replace(b"</" + name, b"").replace(b"<Worksheet", b"")
        whole = before + b"<" + name + b">" + inside + b"</" + name + b">" + after
        assert without_properties(whole) == before + after
        assert without_properties(before + b"<" + name + b">" + inside) == before + b"<" + name + b">" + inside


def test_a_moment_of_excel_2003_xml_with_a_zone_stays_text(tmp_path: Path) -> None:
    rows = '<Row><Cell><Data ss:Type="DateTime">2018-06-29T15:59:17.000Z</Data></Cell></Row>'
    (grid,) = read(written(tmp_path / "a.xls", workbooks.make_spreadsheetml({"一": rows})))
    assert [list(row) for row in grid.rows] == [["2018-06-29T15:59:17.000Z"]]


# --- Refusals ---


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "图片"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "图片"),
        (b"%PDF-1.7\n%\xe2\xe3", "PDF文件"),
        (b"{\\rtf1\\ansi", "Word文档（RTF）"),
        (b"Rar!\x1a\x07\x00", "压缩包"),
        ("各县区：请于25日前报送，谢谢。".encode(), "纯文本文件"),
        ("各县区：请于25日前报送。".encode("gbk"), "纯文本文件"),
        (b"<?xml version='1.0'?><a><b/></a>", "XML或网页文件"),
        (bytes(range(256)), "无法识别的文件"),
        (workbooks.make_compound_file({"WordDocument": b"x"}), "Word文档"),
        (workbooks.make_compound_file({"Contents": b"x"}), "无法识别的文件"),
    ],
)
def test_what_is_no_table_is_named(content: bytes, what: str, tmp_path: Path) -> None:
    path = written(tmp_path / "表.xlsx", content)
    assert refused_code(path) == "unsupported_format"
    with pytest.raises(FileRefusedError, match=f"这是{what}，"):
        read(path)


@pytest.mark.parametrize(
    ("part", "what"),
    [
        ("word/document.xml", "Word文档"),
        ("ppt/a.xml", "演示文稿"),
        ("xl/workbook.bin", "二进制工作簿"),
        ("a.txt", "压缩包"),
    ],
)
def test_other_archives_are_named(part: str, what: str, tmp_path: Path) -> None:
    path = tmp_path / "表.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(part, "x")
    assert refused_code(path) == "unsupported_format"
    with pytest.raises(FileRefusedError, match=what):
        read(path)


@pytest.mark.parametrize("stream", ["Workbook", "Book"])
def test_a_password_is_named(stream: str, tmp_path: Path) -> None:
    rows = {"一": [["a"]]}
    assert refused_code(workbooks.make_xls(tmp_path / "a.xls", rows, is_encrypted=True, stream_name=stream)) == (
        "encrypted_file"
    )
    assert refused_code(workbooks.make_ods(tmp_path / "b.ods", rows, is_encrypted=True)) == "encrypted_file"
    office = workbooks.make_compound_file({"EncryptionInfo": b"x", "EncryptedPackage": b"y"})
    assert refused_code(written(tmp_path / "c.xlsx", office)) == "encrypted_file"


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("share", [0.02, 0.5, 0.97])
def test_half_a_workbook_is_unreadable(kind: str, share: float, tmp_path: Path) -> None:
    content = MAKERS[kind](tmp_path / "whole", {"一": [["a", "b"]] * 200}).read_bytes()
    assert refused_code(written(tmp_path / "part", content[: int(len(content) * share)])) == "unreadable_file"


def test_an_empty_file_is_unreadable(tmp_path: Path) -> None:
    assert refused_code(written(tmp_path / "a.xlsx", b"")) == "unreadable_file"


def test_text_in_no_known_encoding_is_unreadable(tmp_path: Path) -> None:
    assert (
        refused_code(written(tmp_path / "a.csv", "社区名称,户数\n".encode("gbk") + b"\xff\xff,1\n"))
        == "unreadable_file"
    )


@pytest.mark.parametrize("child", ["uploads.reading.child", "uploads.writing.child"])
def test_a_child_starts_without_django_and_the_frame(child: str) -> None:
    script = f"import sys, {child}; print({{'django', 'changzhi_portal'}} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=settings.BASE_DIR, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
