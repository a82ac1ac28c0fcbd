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

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.uploads import old_workbooks, workbooks
from tests.uploads.old_workbooks import indented, with_backslashes, with_names
from tests.uploads.reading import (
    CALCULATE_ON_LOAD,
    ROWS,
    ZERO,
    assert_old_format,
    read,
    refusal_of,
    rows_of,
    written,
)
from tests.uploads.workbooks import XlsCell, record
from uploads.reading import excel
from uploads.reading.grid import NOT_COMPUTED, CellError, Limits
from uploads.reading.passwords import DEFAULT_PASSWORD

pytestmark = pytest.mark.one_database


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


# --- OpenDocument ---


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
