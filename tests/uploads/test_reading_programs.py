"""Tests of files as programs other than Excel write them: each is read rightly, or refused with a sentence that fits it."""

from __future__ import annotations

import datetime
import gzip
import io
import re
import struct
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import User
from communities.models import Division
from tests.factories import Place, make_community
from tests.uploads import old_workbooks, workbooks
from tests.uploads.office import codes_of
from tests.uploads.samples import SAMPLES, clerk_of, needs_samples, upload
from tests.uploads.workbooks import XlsCell, record, xls_formula
from uploads.models import UploadBatch
from uploads.reading import excel, formula_tokens
from uploads.reading.grid import NOT_COMPUTED, CellError, Grid, Limits
from uploads.reading.passwords import DEFAULT_PASSWORD
from uploads.reading.refusal import FileRefusedError
from uploads.reading.workbook import read_workbook
from uploads.writing.annotated import annotated_workbook

pytestmark = pytest.mark.one_database

FOUND = SAMPLES / "found"
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


# --- .xls: code pages and formats ---


@pytest.mark.parametrize("code_page", [1252, 936, 1200, 10008, 0x8001])
def test_an_xls_is_unicode_whatever_its_code_page_record_says(code_page: int, tmp_path: Path) -> None:
    """Read files of JExcelApi and Perl's Spreadsheet::WriteExcel, which put 1252 there."""
    page = record(0x42, struct.pack("<H", code_page))
    (grid,) = read(workbooks.make_xls(tmp_path / "a.xls", {"虒亭镇": ROWS}, book_records=page))
    assert grid.name == "虒亭镇"
    assert [list(row) for row in grid.rows] == ROWS


def test_an_xls_in_the_mini_stream_is_repaired_too(tmp_path: Path) -> None:
    """Change the two bytes in a stream whose sectors have 64 bytes and lie out of order in the file."""
    stream = workbooks.xls_stream({"一": ROWS}, book_records=record(0x42, struct.pack("<H", 1252)))
    path = written(tmp_path / "a.xls", old_workbooks.make_mini_compound_file("Workbook", stream))
    assert rows_of(path) == ROWS


def own_format(number: int, text: str) -> bytes:
    return record(0x41E, struct.pack("<HHB", number, len(text), 1) + text.encode("utf-16-le"))


def cell_formats(*numbers: int) -> bytes:
    return b"".join(record(0xE0, struct.pack("<HHH", 0, number, 1) + bytes(14)) for number in numbers)


@pytest.mark.parametrize("number", [27, 31, 50, 57, 58, 70, 163, 164, 400])
def test_the_formats_of_an_xls_are_what_it_says_they_are(number: int, tmp_path: Path) -> None:
    """Read files of Gnumeric, which numbers a workbook's own formats from 50."""
    book = own_format(number, '0"户"') + own_format(number + 1, "yyyy-mm-dd") + cell_formats(0, number, number + 1)
    rows = [["户数", "日期"], [number_cell(1560, 1), number_cell(43_981, 2)]]
    assert rows_of(workbooks.make_xls(tmp_path / "a.xls", {"一": rows}, book_records=book)) == [
        ["户数", "日期"], [1560, datetime.date(2020, 5, 30)]
    ]  # fmt: skip


def test_an_east_asian_date_that_an_xls_does_not_describe_stays_a_date(tmp_path: Path) -> None:
    rows = [["日期"], [number_cell(43_981, 1)]]
    path = workbooks.make_xls(tmp_path / "a.xls", {"一": rows}, book_records=cell_formats(0, 31))
    assert rows_of(path)[1] == [datetime.date(2020, 5, 30)]


def number_cell(number: float, style: int = 0) -> XlsCell:
    return XlsCell(0x203, struct.pack("<d", number), style=style)


def sheets_of(data: bytes) -> list[list[list[Any]]]:
    """Return the rows of an .xls or .ods, read in this process."""
    limits = Limits(inflated_bytes=1_000_000, rows=1_000, memory_bytes=0, seconds=0)
    source = io.BytesIO(data)
    read_sheets = (
        excel.zipped_sheets(source, source, limits)
        if data[:2] == b"PK"
        else excel.compound_sheets(data, source, limits)
    )
    return [[list(row) for row in sheet.rows] for sheet in read_sheets]


CHINESE = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=30)


@given(st.integers(0, 0xFFFF), st.lists(CHINESE, min_size=1, max_size=60))
@settings(max_examples=40)
def test_no_code_page_record_changes_any_text(code_page: int, texts: list[str]) -> None:
    page = record(0x42, struct.pack("<H", code_page))
    stream = workbooks.xls_stream({"虒亭镇": [[text] for text in texts]}, book_records=page)
    assert sheets_of(workbooks.make_compound_file({"Workbook": stream})) == [[[text] for text in texts]]


@given(
    st.sampled_from(["\n", "\r\n", "\n\t", "  ", "\n        "]),
    st.lists(st.lists(CHINESE, min_size=2, max_size=2), min_size=1, max_size=9),
)
@settings(max_examples=30, deadline=None)
def test_no_indentation_of_an_ods_changes_any_text(blank: str, rows: list[list[str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = workbooks.make_ods(Path(folder) / "a.ods", {"一": rows})
        old_workbooks.with_part(
            path, "content.xml", lambda xml: re.sub(r"(<[^>]*>)(?=<)", lambda tag: tag[1] + blank, xml)
        )
        assert sheets_of(path.read_bytes()) == [rows]


# --- Excel 95 and before ---


@pytest.mark.parametrize(
    ("code_page", "encoding"), [(936, "gbk"), (None, "gbk"), (1252, "gbk"), (950, "big5"), (10008, "gb2312")]
)
def test_a_workbook_of_excel_95_is_read_in_its_encoding(code_page: int | None, encoding: str, tmp_path: Path) -> None:
    rows: list[list[Any]] = [["名", "人口", "日期"], ["古文", 12.5, (43_981,)]]
    path = old_workbooks.make_xls95(tmp_path / "a.xls", "社", rows, code_page=code_page, encoding=encoding)
    (grid,) = read(path)
    assert grid.name == "社"
    assert [list(row) for row in grid.rows] == [rows[0], ["古文", 12.5, datetime.date(2020, 5, 30)]]


def test_a_formula_of_excel_95_that_failed_or_was_not_computed_is_seen(tmp_path: Path) -> None:
    def formula(result: bytes, flags: int) -> bytes:
        return result + struct.pack("<HIH", flags, 0, 3) + b"\x1e\x01\x00"

    rows: list[list[Any]] = [["a", "b", "c"], [1, 2, 3]]
    path = old_workbooks.make_xls95(tmp_path / "a.xls", "s", rows, code_page=936, encoding="gbk")
    cells = [(2, 0, formula(b"\x02\0\x17\0\0\0\xff\xff", 0)), (2, 1, formula(ZERO, CALCULATE_ON_LOAD))]
    records = b"".join(record(0x06, struct.pack("<HHH", row, column, 0) + content) for row, column, content in cells)
    # The stream's last record is the end of the sheet; the file pads it with zeros.
    content = path.read_bytes()
    end = content.rindex(struct.pack("<HHHHd", 0x203, 14, 1, 2, 0)[:8]) + 18
    path.write_bytes(content[:end] + records + b"\x0a\0\0\0" + content[end + len(records) + 4 :])
    assert rows_of(path)[2] == ["#REF!", NOT_COMPUTED]


@pytest.mark.parametrize("start", ["0900 0400", "0902 0600", "0904 0600", "0908 0800", "0908 1000"])
def test_a_workbook_without_a_container_is_an_old_excel_table(start: str, tmp_path: Path) -> None:
    path = written(tmp_path / "a.xls", bytes.fromhex(start) + bytes(4) + "社区名称".encode("gbk") * 9)
    assert_old_format(path, "Excel 97以前的旧式表格")


def assert_old_format(path: Path, kind: str) -> None:
    refusal = refusal_of(path)
    assert refusal.problem_code == "unsupported_format"
    assert f"这是{kind}" in str(refusal)
    assert "另存为" in str(refusal)
    assert refusal.cure.isascii()


# --- Formulas that no program has computed ---

NUMBERS = bytes.fromhex("44 0100 00c0 1e 0300 05")  # C2*3
SUM = bytes.fromhex("25 0100 0300 00c0 00c0 22 01 0400")  # SUM(A2:A4)
QUICK_SUM = bytes.fromhex("25 0100 0300 00c0 00c0 19 10 0000 15")  # the same as Excel writes it, in brackets
CHOICE = bytes.fromhex("44 0100 00c0 19 02 0c00 17 01 00 61 19 08 0700 17 00 00 19 08 0300 22 03 0100")  # IF(A2,"a","")
NUMBER_OR_0 = bytes.fromhex("44 0100 00c0 19 02 0c00 1e 0300 19 08 0700 1e 0000 19 08 0300 22 03 0100")  # IF(A2,3,0)
JOINED = bytes.fromhex("44 0100 00c0 17 02 01 61006200 08")  # A2&"ab"


@pytest.mark.parametrize("tokens", [NUMBERS, SUM, QUICK_SUM, NUMBER_OR_0])
def test_formulas_that_give_a_number_are_told(tokens: bytes) -> None:
    assert formula_tokens.gives_number(struct.pack("<H", len(tokens)) + tokens)


@pytest.mark.parametrize("tokens", [CHOICE, JOINED, b"", b"\x44\x01", b"\x18\x05"])
def test_other_formulas_are_not(tokens: bytes) -> None:
    assert not formula_tokens.gives_number(struct.pack("<H", len(tokens)) + tokens)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_formula_that_is_looked_at_in_time(tokens: bytes) -> None:
    assert formula_tokens.gives_number(tokens) in (True, False)


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        (xls_formula(ZERO, flags=CALCULATE_ON_LOAD), NOT_COMPUTED),  # Apache POI
        (xls_formula(FOUR, flags=CALCULATE_ON_LOAD), NOT_COMPUTED),  # JExcelApi
        (xls_formula(ZERO, flags=3), NOT_COMPUTED),  # Perl's Spreadsheet::WriteExcel
        (xls_formula(EMPTY_RESULT, tokens=NUMBERS), NOT_COMPUTED),  # xlwt
        (xls_formula(EMPTY_RESULT, tokens=CHOICE), ""),  # Excel: an empty text
        (xls_formula(ZERO), 0),
        (xls_formula(FOUR), 4),
        (xls_formula(TWELVE, flags=CALCULATE_ON_LOAD), 12),
        # LibreOffice: 0 beside the text of the result
        (xls_formula(ZERO, after=record(0x207, struct.pack("<HB", 1, 1) + "甲".encode("utf-16-le"))), "甲"),
        (
            xls_formula(
                ZERO, flags=2, after=record(0x4BC) + record(0x207, struct.pack("<HB", 1, 1) + "甲".encode("utf-16-le"))
            ),
            "甲",
        ),
    ],
)
def test_a_formula_of_an_xls_has_its_result_or_is_not_computed(cell: XlsCell, shown: object, tmp_path: Path) -> None:
    rows = [["a", "b", "c"], ["甲", cell, 1]]
    row = rows_of(workbooks.make_xls(tmp_path / "a.xls", {"一": rows}))[1]
    assert row == ["甲", shown, 1]
    assert isinstance(row[1], CellError) == (shown == NOT_COMPUTED)


def test_a_workbook_of_xlwt_has_no_result_at_all(tmp_path: Path) -> None:
    """Take a formula that could give an empty text for not computed beside one that gives a number and has none."""
    choice, number = xls_formula(EMPTY_RESULT, tokens=CHOICE), xls_formula(EMPTY_RESULT, tokens=NUMBERS)
    path = workbooks.make_xls(tmp_path / "a.xls", {"一": [["a", choice]], "二": [["b", number], ["c", choice]]})
    first, second = ([list(row) for row in grid.rows] for grid in read(path))
    assert (first, second) == ([["a", NOT_COMPUTED]], [["b", NOT_COMPUTED], ["c", NOT_COMPUTED]])


def with_sheet_xml(path: Path, cells: str, *, calculation: str = "") -> Path:
    """Write an .xlsx with a header of three columns and one row of these cells; `calculation` is for <calcPr>."""
    workbooks.make_xlsx(path, {"一": [["a", "b", "c"], ["甲", 1, 2]]})
    old_workbooks.with_part(
        path,
        "xl/worksheets/sheet1.xml",
        lambda xml: re.sub(r'<row r="2".*?</row>', f"<row>{cells}</row>", xml),
    )
    return old_workbooks.with_part(
        path, "xl/workbook.xml", lambda xml: re.sub("<calcPr[^>]*>", f"<calcPr {calculation}/>", xml)
    )


A2 = '<c r="A2" t="inlineStr"><is><t>甲</t></is></c>'
C2 = '<c r="C2"><v>2</v></c>'


@pytest.mark.parametrize(
    ("cell", "calculation", "shown"),
    [
        ('<c r="B2"><f>C2*3</f></c>', "", NOT_COMPUTED),
        ('<c r="B2"><f>C2*3</f><v></v></c>', "", NOT_COMPUTED),
        ('<c r="B2"><f>C2*3</f><v/></c>', "", NOT_COMPUTED),
        ('<c r="B2"><f t="shared" si="0"/></c>', "", NOT_COMPUTED),
        ('<c r="B2" t="str"><f>A2</f></c>', "", NOT_COMPUTED),
        ('<c r="B2" t="str"><f>A2</f><v></v></c>', "", ""),
        ('<c r="B2"><f>C2*3</f><v>0</v></c>', "", 0),
        ('<c r="B2"><f>C2*3</f><v>0</v></c>', 'fullCalcOnLoad="1"', NOT_COMPUTED),
        ('<c r="B2"><f>C2*3</f><v>0</v></c>', "fullCalcOnLoad='true'", NOT_COMPUTED),
        ('<c r="B2"><f>C2*3</f><v>0</v></c>', 'fullCalcOnLoad="0"', 0),
        ('<c r="B2"><f>C2*3</f><v>6</v></c>', 'fullCalcOnLoad="1"', 6),
        ('<c r="B2"><v>0</v></c>', 'fullCalcOnLoad="1"', 0),
        ('<c r="B2" t="n"><f>C2*3</f><v>0.0</v></c>', "", NOT_COMPUTED),  # Apache POI's streaming writer
        ('<c r="B2" t="e"><f>C2*3</f><v>#REF!</v></c>', "", "#REF!"),
    ],
)
@pytest.mark.parametrize("has_addresses", [True, False])
def test_a_formula_of_an_xlsx_has_its_result_or_is_not_computed(
    cell: str, calculation: str, shown: object, has_addresses: bool, tmp_path: Path
) -> None:
    cells = A2 + cell + C2
    if not has_addresses:
        cells = re.sub(r'\sr="\w+"', "", cells)
    path = with_sheet_xml(tmp_path / "a.xlsx", cells, calculation=calculation)
    row = rows_of(path)[1]
    assert row == ["甲", shown, 2]
    assert isinstance(row[1], CellError) == (shown in (NOT_COMPUTED, "#REF!"))


def test_cells_with_and_without_addresses_stand_where_they_are(tmp_path: Path) -> None:
    cells = '<c><f>A1</f></c><c r="C2" t="e"><v>#N/A</v></c></row><row r="5"><c/><c t="e"><f>1/0</f><v>#DIV/0!</v></c>'
    assert rows_of(with_sheet_xml(tmp_path / "a.xlsx", cells)) == [
        ["a", "b", "c"], [NOT_COMPUTED, "", "#N/A"], [], [], ["", "#DIV/0!", ""]
    ]  # fmt: skip


def test_formulas_of_an_xlsx_with_prefixes_are_seen(tmp_path: Path) -> None:
    """Read XML as Microsoft's own library for .NET writes it."""
    path = with_sheet_xml(tmp_path / "a.xlsx", A2 + '<c r="B2"><f>C2*3</f></c>' + C2)
    old_workbooks.with_part(
        path,
        "xl/worksheets/sheet1.xml",
        lambda xml: re.sub(r"<(/?)(\w)", r"<\1x:\2", xml).replace("xmlns=", "xmlns:x="),
    )
    assert rows_of(path)[1] == ["甲", NOT_COMPUTED, 2]


@pytest.mark.parametrize(
    ("attributes", "text", "shown"),
    [
        ('table:formula="of:=1"', "", NOT_COMPUTED),
        ('table:formula="of:=1" office:value-type="float"', "", NOT_COMPUTED),
        ('office:value-type="float" table:formula="of:=1"', "<text:p>3</text:p>", NOT_COMPUTED),
        ('table:formula="of:=1&gt;2" office:value-type="float" office:value="3"', "<text:p>3</text:p>", 3),
        ('table:formula="of:=1" office:value-type="string"', "<text:p>乙</text:p>", "乙"),
        ('table:formula="of:=1" office:value-type="string" office:string-value=""', "", ""),
    ],
)
def test_a_formula_of_an_ods_has_its_result_or_is_not_computed(
    attributes: str, text: str, shown: object, tmp_path: Path
) -> None:
    cell = f"<table:table-cell {attributes}>{text}</table:table-cell>"
    path = old_workbooks.make_ods_of_xml(
        tmp_path / "a.ods",
        [["a", "b", "c"], ["甲", "HERE", 2]],
        lambda xml: re.sub(r"<table:table-cell [^>]*><text:p>HERE</text:p></table:table-cell>", cell, xml),
    )
    row = rows_of(path)[1]
    assert row == ["甲", shown, 2]
    assert isinstance(row[1], CellError) == (shown == NOT_COMPUTED)


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ('<Cell ss:Formula="=RC[1]*3"/>', NOT_COMPUTED),
        ('<Cell ss:Formula="=RC[1]*3"><Data ss:Type="Number"></Data></Cell>', NOT_COMPUTED),
        ('<Cell ss:Formula="=RC[1]*3"><Data ss:Type="Number">6</Data></Cell>', 6),
        ('<Cell ss:Formula="=RC[1]"><Data ss:Type="String"></Data></Cell>', ""),
        ("<Cell><Comment><Data>注</Data></Comment></Cell>", ""),
    ],
)
def test_a_formula_of_excel_2003_xml_has_its_result_or_is_not_computed(
    cell: str, shown: object, tmp_path: Path
) -> None:
    number = '<Cell><Data ss:Type="Number">2</Data></Cell>'
    content = workbooks.make_spreadsheetml({"一": f"<Row>{cell}{number}</Row>"})
    assert rows_of(written(tmp_path / "a.xls", content)) == [[shown, 2]]


# --- OpenDocument ---


def indented(xml: str) -> str:
    """Return XML as SheetJS and Gnumeric indent it: a paragraph stays in the line of its cell."""
    return re.sub(r"(</?(?:table|office):[^>]*>)(?=<)", "\\1\n    ", xml).replace("</text:p><", "</text:p>\n  <")


def test_an_indented_ods_is_read(tmp_path: Path) -> None:
    rows = [["社区名称", "户数", "备注"], ["西垴头村", 1606, " a  b "], ["", 3, ""]]
    path = old_workbooks.make_ods_of_xml(tmp_path / "a.ods", rows, indented)
    assert rows_of(path) == rows


def test_merged_cells_and_failed_formulas_of_an_indented_ods_are_seen(tmp_path: Path) -> None:
    rows = [["镇", "户数"], ["古韩镇", CellError("#REF!")], ["", 2]]
    path = workbooks.make_ods(tmp_path / "a.ods", {"一": rows}, merged=[(1, 0, 2, 0)])
    (grid,) = read(old_workbooks.with_part(path, "content.xml", indented))
    assert grid.merged == [(1, 0, 2, 0)]
    assert grid.rows[1][1] == "#REF!"


@pytest.mark.parametrize(
    ("inside", "text"),
    [
        ("张三<text:tab/>李四", "张三 李四"),
        ("张三<text:line-break/>李四", "张三\n李四"),
        ("张三</text:p><text:p>李四", "张三\n李四"),
        ("张三<text:s text:c='2'/>李四", "张三  李四"),
    ],
)
def test_a_tab_or_a_break_in_a_cell_of_an_ods_parts_words(inside: str, text: str, tmp_path: Path) -> None:
    path = old_workbooks.make_ods_of_xml(tmp_path / "a.ods", [["HERE", 1]], lambda xml: xml.replace("HERE", inside))
    assert rows_of(path) == [[text, 1]]


def test_a_note_in_a_cell_of_an_ods_is_not_its_text(tmp_path: Path) -> None:
    note = "<office:annotation><text:p>注</text:p></office:annotation><text:p>甲"
    for change in (str, indented):
        path = old_workbooks.make_ods_of_xml(
            tmp_path / "a.ods", [["HERE", 1]], lambda xml, change=change: change(xml.replace("<text:p>HERE", note))
        )
        assert rows_of(path) == [["甲", 1]]


@pytest.mark.parametrize(("value", "shown"), [("PT36H00M00S", "36:00"), ("PT8H5M", "8:05")])
def test_a_duration_of_an_ods_is_shown_as_hours_and_minutes(value: str, shown: str, tmp_path: Path) -> None:
    cell = f'office:value-type="time" office:time-value="{value}"><text:p>HERE'
    path = old_workbooks.make_ods_of_xml(
        tmp_path / "a.ods", [["HERE", 1]], lambda xml: xml.replace('office:value-type="string"><text:p>HERE', cell)
    )
    assert rows_of(path) == [[shown, 1]]


def test_a_day_that_an_ods_writes_with_a_zone_stays_text(tmp_path: Path) -> None:
    cell = 'office:value-type="date" office:date-value="2018-03-05T00:00:00.000Z"><text:p>HERE'
    path = old_workbooks.make_ods_of_xml(
        tmp_path / "a.ods", [["HERE", 1]], lambda xml: xml.replace('office:value-type="string"><text:p>HERE', cell)
    )
    assert rows_of(path) == [["2018-03-05T00:00:00.000Z", 1]]


@pytest.mark.parametrize("change", [str, indented])
def test_a_flat_opendocument_file_is_read(change: Callable[[str], str], tmp_path: Path) -> None:
    (grid,) = read(old_workbooks.make_flat_ods(tmp_path / "a.fods", ROWS, change))
    assert (grid.name, [list(row) for row in grid.rows]) == ("一", ROWS)


def test_a_flat_letter_is_no_table(tmp_path: Path) -> None:
    assert "文字文档" in str(refusal_of(old_workbooks.make_flat_ods(tmp_path / "a.fods", ROWS, kind="text")))


# --- Other spreadsheets, by their content ---


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ('ID;PCALCOOO32\nP;PGeneral\nC;X1;Y1;K"社区名称"\nE\n'.encode("gbk"), "SYLK表格（.slk）"),
        (b'TABLE\r\n0,1\r\n"EXCEL"\r\nVECTORS\r\n0,3\r\n""\r\n', "数据交换格式表格（.dif）"),
        ("socialcalc:version:1.0\nMIME-Version: 1.0\ncell:A1:t:社区\n".encode(), "EtherCalc表格（.eth）"),
        (b"\x00\x00\x02\x00\x06\x04\x06\x00\x08\x00" + bytes(30), "Lotus 1-2-3表格"),
        (
            gzip.compress(b'<?xml version="1.0"?><gnm:Workbook xmlns:gnm="http://www.gnumeric.org/v10.dtd"/>', mtime=0),
            "Gnumeric表格（.gnumeric）",
        ),
        (
            b'<?xml version="1.0"?><gnm:Workbook xmlns:gnm="http://www.gnumeric.org/v10.dtd"></gnm:Workbook>',
            "Gnumeric表格（.gnumeric）",
        ),
        (
            b'<?xml version="1.0"?><uof:UOF xmlns:uof="http://schemas.uof.org/cn/2003/uof"></uof:UOF>',
            "标文通表格（.uos）",
        ),
        (
            b"\x03\x7e\x0b\x1d"
            + struct.pack("<IHH", 1, 65, 11)
            + bytes(20)
            + b"NAME".ljust(11, b"\0")
            + b"C"
            + bytes(20)
            + b"\r "
            + "甲".encode("gbk").ljust(10)
            + b"\x1a",
            "dBase表格（.dbf）",
        ),
        (b"MIME-Version: 1.0\r\nContent-Type: multipart/related\r\n", "单个文件网页（.mht）"),
    ],
)
def test_other_spreadsheets_are_named(content: bytes, kind: str, tmp_path: Path) -> None:
    assert_old_format(written(tmp_path / "表.xls", content), kind)


def test_a_list_that_begins_with_id_is_a_csv(tmp_path: Path) -> None:
    assert rows_of(written(tmp_path / "a.csv", "ID;P;户数\n1;2;3\n".encode()))[1] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        ({"xl/workbook.bin": b"x"}, "二进制工作簿（.xlsb）"),
        ({"uof.xml": b"<x/>", "content.xml": b"<x/>"}, "标文通表格（.uos）"),
        ({"mimetype": b"application/vnd.sun.xml.calc", "content.xml": b"<x/>"}, "OpenOffice 1.0表格（.sxc）"),
    ],
)
def test_other_spreadsheets_in_archives_are_named(parts: dict[str, bytes], kind: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    assert_old_format(tmp_path / "a.xlsx", kind)


# --- Passwords ---


@pytest.mark.parametrize("make", [old_workbooks.make_encrypted_xlsx, old_workbooks.make_encrypted_xls])
def test_a_workbook_with_the_password_that_excel_tries_is_read(make: Callable[..., Path], tmp_path: Path) -> None:
    assert rows_of(make(tmp_path / "a", ROWS, DEFAULT_PASSWORD)) == ROWS
    assert refusal_of(make(tmp_path / "b", ROWS, "演示口令")).problem_code == "encrypted_file"


def test_an_encrypted_file_that_claims_a_huge_sector_table_is_no_work(tmp_path: Path) -> None:
    """Refuse what would keep olefile busy until the time is over (ADR 0019)."""
    content = bytearray(workbooks.make_compound_file({"EncryptionInfo": b"x", "EncryptedPackage": b"y"}))
    content[72:76] = struct.pack("<I", 2_000_000)
    assert refusal_of(written(tmp_path / "a.xlsx", bytes(content))).problem_code == "unreadable_file"


# --- Web pages ---


def page_rows(body: str, path: Path) -> list[list[Any]]:
    return rows_of(written(path, f"<html><head><meta charset=utf-8><title>t</title></head><body>{body}".encode()))


@pytest.mark.parametrize(
    "cell",
    [
        "甲<comment>注</comment>",
        "甲<span style='display: none'>x<span>y</span>z</span>",
        "甲<div hidden>x</div>",
        "甲<a class=msocomanchor href='#_msocom_1'>[1]</a>",
        "<p style='DISPLAY:NONE'>x<p>甲",
        "甲<span style=display:none>x",
        "<script>x</script>甲<template>x</template>",
        "甲<input type=hidden style='display:none'>",
    ],
)
def test_notes_and_hidden_text_of_a_page_are_not_in_the_cell(cell: str, tmp_path: Path) -> None:
    body = f"<table><tr><td>{cell}</td><td>1</td></tr><tr><td>乙<td>2</tr></table>"
    assert page_rows(body, tmp_path / "a.xls") == [["甲", "1"], ["乙", "2"]]


def test_hidden_cells_and_tables_of_a_page_are_left_out_and_hidden_rows_are_data(tmp_path: Path) -> None:
    body = (
        "<div style='display:none'><table><tr><td>x</td></tr></table></div><table style='display:none'><tr><td>x</table>"
        "<table><tr><th hidden>id<th>名称<th>户数</tr><tr style='display:none'><td style='display:none'>7<td>甲<td>1</tr>"
        "</table>"
    )
    assert page_rows(body, tmp_path / "a.xls") == [["名称", "户数"], ["甲", "1"]]


def test_tables_of_a_page_are_kept_apart_by_a_blank_row(tmp_path: Path) -> None:
    first, second = ("<table><tr><td>a<td>b</tr><tr><td>1<td>2</tr></table>" for _ in range(2))
    rows = [["a", "b"], ["1", "2"]]
    assert page_rows(first + second, tmp_path / "a.xls") == [*rows, [], *rows]
    assert page_rows(f"{first}<h3>小结</h3>{second}", tmp_path / "b.xls") == [*rows, [], ["小结"], *rows]
    assert page_rows(f"{first}<p>填表人：王伟</p>", tmp_path / "c.xls") == [*rows, ["填表人：王伟"]]
    frames = f"<table><tr><td>{first}</td></tr><tr><td></td><td>{second}</td></tr></table>"
    assert page_rows(frames, tmp_path / "d.xls") == [*rows, [], *rows]


def test_a_caption_and_text_beside_an_inner_table_are_rows(tmp_path: Path) -> None:
    table = "<table><caption>单位：万元</caption>\n<tr><td>名称<td>预算</tr>\n<tr><td>甲<td>3</tr>\n</table>"
    rows = [["单位：万元"], ["名称", "预算"], ["甲", "3"]]
    assert page_rows(table, tmp_path / "a.xls") == rows
    assert page_rows(f"<table><tr><td>{table}填表人：王伟</td></tr></table>", tmp_path / "b.xls") == [
        *rows,
        ["填表人：王伟"],
    ]


def test_a_number_that_excel_shows_shortened_in_a_page_is_whole(tmp_path: Path) -> None:
    body = "<table><tr><td x:num='140423100206'>1.40423E+11<td data-v='5'>###<td x:num='1606.4'>1,606<td x:num>7</tr></table>"
    assert page_rows(body, tmp_path / "a.xls") == [["140423100206", "5", "1,606", "7"]]


def test_a_head_without_an_end_hides_nothing(tmp_path: Path) -> None:
    page = "<html><head><title>t</title><body><table><tr><td>甲<td>1</table>"
    assert rows_of(written(tmp_path / "a.xls", page.encode())) == [["甲", "1"]]


def test_a_table_inside_a_row_of_data_is_text(tmp_path: Path) -> None:
    inner = "<table><tr><td>男<td>3</tr><tr><td>女<td>4</tr></table>"
    body = f"<table><tr><td>名称<td>其中</tr><tr><td>甲<td>{inner}</tr><tr><td>乙<td>5</tr></table>"
    (header, first, *rest) = page_rows(body, tmp_path / "a.xls")
    assert (header, first[0], rest) == (["名称", "其中"], "甲", [["乙", "5"]])


# --- Archives ---


def with_names(path: Path, rows: list[list[Any]], odd: Callable[[str], str]) -> Path:
    """Write an .xlsx whose parts have other names."""
    made = workbooks.make_xlsx(path.with_suffix(".made"), {"一": rows})
    with zipfile.ZipFile(made) as usual, zipfile.ZipFile(path, "w") as archive:
        for info in usual.infolist():
            archive.writestr(odd(info.filename), usual.read(info))
    return path


def with_backslashes(name: str) -> str:
    return name.replace("/", "\\")


@pytest.mark.parametrize("odd", [with_backslashes, lambda name: "/" + name])
def test_backslashes_in_the_names_of_parts_are_slashes(odd: Callable[[str], str], tmp_path: Path) -> None:
    rows: list[list[Any]] = [["名称", "户数"], ["甲", CellError("#REF!")]]
    read_rows = rows_of(with_names(tmp_path / "a.xlsx", rows, odd))
    assert read_rows == rows
    assert isinstance(read_rows[1][1], CellError)


def test_struck_through_rows_are_data(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        sheet = book.add_worksheet("一")
        for number, row in enumerate(ROWS):
            sheet.write_row(number, 0, row, book.add_format({"font_strikeout": number == 1}))
    assert rows_of(tmp_path / "a.xlsx") == ROWS


# --- Through the whole upload ---


def community_rows(place: Place) -> list[list[Any]]:
    community = make_community(place.street, "演示社区居委会", residents=100, households=50)
    return [["社区名称", "社区代码", "户数", "常住人口"], [community.name, community.code, 60, 120]]


Maker = Callable[[Path, list[list[Any]]], Path]
READ: dict[str, Maker] = {
    "jexcelapi": lambda path, rows: workbooks.make_xls(
        path, {"社区": rows}, book_records=record(0x42, struct.pack("<H", 1252))
    ),
    "excel95": lambda path, rows: old_workbooks.make_xls95(path, "社区", rows, code_page=936, encoding="gbk"),
    "indented": lambda path, rows: old_workbooks.make_ods_of_xml(path, rows, indented),
    "protected": lambda path, rows: old_workbooks.make_encrypted_xls(path, rows, DEFAULT_PASSWORD),
    "protected-xlsx": lambda path, rows: old_workbooks.make_encrypted_xlsx(path, rows, DEFAULT_PASSWORD),
    "flat": lambda path, rows: old_workbooks.make_flat_ods(path, rows),
    "backslashes": lambda path, rows: with_names(path, rows, with_backslashes),
}


@pytest.mark.django_db
@pytest.mark.parametrize("kind", READ)
def test_an_office_may_send_any_of_them(
    kind: str, place: Place, clerk: User, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = READ[kind](tmp_path / "演示.xls", community_rows(place))
    answer, status = upload(capsys, "communities", path, clerk)
    assert (status, answer["rows"], answer["changed"], answer["problems"]) == (0, 1, 1, [])


@pytest.mark.django_db
@pytest.mark.parametrize("kind", READ)
def test_each_of_them_comes_back_with_its_problems_marked(
    kind: str, place: Place, clerk: User, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    header, row = community_rows(place)
    path = READ[kind](tmp_path / "演示.xls", [header, [*row[:3], "很多"]])
    answer, status = upload(capsys, "communities", path, clerk)
    assert (status, codes_of(answer)) == (1, ["bad_number"])
    book = openpyxl.load_workbook(annotated_workbook(UploadBatch.objects.get(pk=answer["batch"]), by=clerk))
    assert book.worksheets[1]["D2"].comment is not None


@pytest.mark.django_db
def test_a_formula_that_was_not_computed_is_an_error_of_its_row(
    place: Place, clerk: User, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    header, row = community_rows(place)
    path = workbooks.make_xls(tmp_path / "a.xls", {"一": [header, [*row[:3], xls_formula(ZERO, flags=2)]]})
    answer, status = upload(capsys, "communities", path, clerk)
    assert (status, codes_of(answer)) == (1, ["bad_formula"])
    assert answer["problems"][0]["cell"] == "D2"


# The shared samples: name, rows, and the cells that no program has computed or that failed.
SHARED_READ = {
    "04a_unicode_codepage_1252.xls": 2,
    "04b_excel95_gbk.xls": 2,
    "jxl_codepage_1252.xls": 2,
    "11_indented.ods": 2,
    "sheetjs_pretty.ods": 2,
    "gnumeric_formats.xls": 3,
}
SHARED_ERRORS = {"10_errors_without_addresses.xlsx": 4, "poi_formulas.xls": 3, "xlsxwriter_formulas.xlsx": 3}


@needs_samples
@pytest.mark.django_db
@pytest.mark.parametrize("name", [*SHARED_READ, *SHARED_ERRORS, "04d_no_container.xls", "flat.fods"])
def test_a_shared_sample_is_read_rightly(name: str, city: Division, capsys: pytest.CaptureFixture[str]) -> None:
    answer, _ = upload(capsys, "communities", FOUND / name, clerk_of("140423"), period="2018-06")
    codes = codes_of(answer)
    if name in SHARED_READ:
        assert answer["rows"] == SHARED_READ[name]
        assert not {"header_not_found", "bad_number", "bad_date", "unknown_place"}.intersection(codes)
    elif name in SHARED_ERRORS:
        assert codes.count("bad_formula") == SHARED_ERRORS[name]
    elif name == "04d_no_container.xls":
        assert codes == ["unsupported_format"]
        assert "另存为" in answer["problems"][0]["message"]
    else:
        assert answer["rows"] in (2, 3)  # 汇总 is no row
