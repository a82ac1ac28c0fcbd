"""Tests of figures that a file of an office could give wrongly without a word, each through a whole upload.

Every file is made here; all people, organizations and figures are invented.
"""

from __future__ import annotations

import csv
import datetime
import re
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from accounts.models import User
from tests.factories import Place, make_period
from tests.uploads.office import codes_of
from tests.uploads.samples import upload
from tests.uploads.workbooks import XlsCell, make_ods, make_xls, make_xlsx, record
from uploads.models import UploadRow
from uploads.reading.month_sheets import other_times

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

NAMES = ("和平社区", "东关社区", "下东社区")
HEADER = ["社区名称", "户数", "常住人口"]
Check = Callable[..., dict[str, Any]]
JUNE = datetime.date(2018, 6, 1)


@pytest.fixture
def check(clerk: User, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Check:
    """Return a function that uploads a file for June 2018: the command's output, and the rows' values as `values`."""

    def check_file(content: Any, register: str = "communities", *, name: str = "演示.xlsx", **options: Any) -> Any:
        path = tmp_path / name
        if isinstance(content, str):
            path.write_text(content, encoding="utf-8")
        elif isinstance(content, dict):
            make_xlsx(path, content, **options)
        elif isinstance(content, list):
            make_xlsx(path, {"表": content}, **options)
        else:
            content(path)
        answer, status = upload(capsys, register, path, clerk, period="2018-06")
        rows = UploadRow.objects.filter(batch=answer["batch"]).order_by("position")
        return answer | {"status": status, "values": [row.values for row in rows]}

    return check_file


def figures(answer: dict[str, Any]) -> list[tuple[Any, Any]]:
    """Return households and residents of each row, None where none was read."""
    return [(row.get("households"), row.get("residents")) for row in answer["values"]]


def cells(answer: dict[str, Any], level: str = "error") -> dict[str, str]:
    """Return the codes of the problems of a level by cell."""
    return {problem["cell"]: problem["code"] for problem in answer["problems"] if problem["level"] == level}


def facility(area: Any, day: Any = "2016-05-01", name: str = "演示站") -> list[Any]:
    return ["和平社区", name, "综合服务设施", area, day]


FACILITY_HEADER = ["社区名称", "设施名称", "设施类型", "建筑面积（㎡）", "启用日期"]


# --- Several things in one cell ---


@pytest.mark.parametrize(
    "written",
    ["286\n720", "286 720", "1 286", "286\t720", "286/720", "286①", "730¹", "286+12", "５②", "①286", "¹ 730", "₂5"],
)
def test_a_cell_with_two_numbers_or_a_footnote_is_no_number(written: str, place: Place, check: Check) -> None:
    answer = check([HEADER, [NAMES[0], written, 720]])
    assert cells(answer) == {"B2": "bad_number"}
    assert figures(answer) == [(None, 720)]


def test_blanks_that_group_thousands_and_raised_digits_of_units_are_none(place: Place, check: Check) -> None:
    answer = check([HEADER, [NAMES[0], "1\xa0286", "3\u202f720"], [NAMES[1], "90\n户", "１２３"]])
    assert (answer["errors"], figures(answer)) == (0, [(1286, 3720), (90, 123)])
    area = check([FACILITY_HEADER, facility("520 m²")], "facilities", name="乙.xlsx")
    assert [row["area"] for row in area["values"]] == ["520.00"]


def test_a_unit_of_another_column_says_that_the_cell_is_in_the_wrong_one(place: Place, check: Check) -> None:
    answer = check(
        [HEADER, [NAMES[0], "286户", "720人"], [NAMES[1], "878人", "332户"], [NAMES[2], "1.2千户", "410口人"]]
    )
    assert cells(answer) == {"B3": "bad_number", "C3": "bad_number"}
    assert "“人”" in answer["problems"][0]["message"]
    assert figures(answer) == [(286, 720), (None, None), (1200, 410)]
    areas = check([FACILITY_HEADER, *(facility(written, name=f"演示站{written}") for written in ("3个", "12万元", "520平米"))],
                  "facilities", name="乙.xlsx")  # fmt: skip
    assert cells(areas) == {"D2": "bad_number", "D3": "bad_number"}


def rich_workbook(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("表")
        struck, raised = book.add_format({"font_strikeout": True}), book.add_format({"font_script": 1})
        bold = book.add_format({"bold": True})
        sheet.write_row(0, 0, HEADER)
        sheet.write(1, 0, NAMES[0])
        sheet.write_rich_string(1, 1, struck, "286", "290")
        sheet.write_rich_string(1, 2, "730", raised, "1")
        sheet.write(2, 0, NAMES[1])
        sheet.write_rich_string(2, 1, bold, "34", "0")
        sheet.write_rich_string(2, 2, "880", struck, "870")


def inline_workbook(path: Path) -> None:
    import openpyxl
    from openpyxl.cell.rich_text import CellRichText, TextBlock
    from openpyxl.cell.text import InlineFont

    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in ([*HEADER], [NAMES[0], None, None], [NAMES[1], None, None]):
        sheet.append(row)
    plain, struck = InlineFont(), InlineFont(strike=True)
    sheet["B2"] = CellRichText(TextBlock(struck, "286"), TextBlock(plain, "290"))
    sheet["C2"] = CellRichText(TextBlock(plain, "730"), TextBlock(InlineFont(vertAlign="superscript"), "1"))
    sheet["B3"] = CellRichText(TextBlock(InlineFont(b=True), "34"), TextBlock(plain, "0"))
    sheet["C3"] = CellRichText(TextBlock(plain, "880"), TextBlock(struck, "870"))
    book.save(path)


def opendocument(path: Path) -> None:
    make_ods(path, {"表": [HEADER, [NAMES[0], "B2", "C2"], [NAMES[1], "B3", "C3"]]})
    spans = {
        "B2": '<text:span text:style-name="T1">286</text:span>290',
        "C2": '730<text:span text:style-name="T2">1</text:span>',
        "B3": '<text:span text:style-name="T3">34</text:span>0',
        "C3": '880<text:span text:style-name="T1">870</text:span>',
    }
    styles = {
        "T1": 'text-line-through-style="solid"',
        "T2": 'text-position="super 58%"',
        "T3": 'text-position="0% 100%"',
    }
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    content = parts["content.xml"].decode()
    for cell, span in spans.items():
        content = content.replace(f"<text:p>{cell}<", f"<text:p>{span}<")
    declared = "".join(
        f'<style:style style:name="{name}" style:family="text"><style:text-properties style:{style}/></style:style>'
        for name, style in styles.items()
    )
    parts["content.xml"] = content.replace(
        "</office:automatic-styles>", f"{declared}</office:automatic-styles>"
    ).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)


def old_workbook(path: Path) -> None:
    """Write an .xls whose fonts 5 and 6 are struck through and raised; the table of texts is continued inside a text."""
    fonts = [(0, 0)] * 4 + [(8, 0), (0, 1)]  # no font has the number 4, so these have 5 and 6
    records = b"".join(
        record(0x31, struct.pack("<HHHHH", 200, flags, 0, 400, script) + bytes(6)) for flags, script in fonts
    )
    texts = [("286290", [(0, 5), (3, 0)]), ("7301", [(3, 6)]), ("340", [(0, 0), (2, 0)]), ("880870", [(3, 5)])]
    table = struct.pack("<II", len(texts), len(texts))
    for text, runs in texts:
        table += struct.pack("<HBH", len(text), 9, len(runs)) + text.encode("utf-16-le")
        table += b"".join(struct.pack("<HH", *run) for run in runs)
    broken = table.index("880870".encode("utf-16-le")) + 4
    records += record(0xFC, table[:broken]) + record(0x3C, b"\x01" + table[broken:])
    cell = [XlsCell(0xFD, struct.pack("<I", number)) for number in range(4)]
    rows: list[list[Any]] = [HEADER, [NAMES[0], cell[0], cell[1]], [NAMES[1], cell[2], cell[3]]]
    make_xls(path, {"表": rows}, book_records=records)


WEB_PAGE = """<html><body><table><tr><td>社区名称</td><td>户数</td><td>常住人口</td></tr>
<tr><td>和平社区</td><td><s>286</s>290</td><td>730<sup>1</sup></td></tr>
<tr><td>东关社区</td><td><b>34</b>0</td><td>880<span style="text-decoration:line-through">870</span></td></tr></table></body></html>"""


@pytest.mark.parametrize("content", [rich_workbook, inline_workbook, opendocument, old_workbook, WEB_PAGE])
def test_what_is_struck_through_or_raised_in_a_cell_never_joins_the_number_beside_it(
    content: Any, place: Place, check: Check
) -> None:
    answer = check(content, name="演示.xls" if isinstance(content, str) else "演示.xlsx")
    assert cells(answer) == {"B2": "bad_number", "C2": "bad_number", "C3": "bad_number"}
    assert [problem["value"] for problem in answer["problems"]] == ["286/290", "730¹", "880/870"]
    assert figures(answer) == [(None, None), (340, None)]


# Each of the following has a struck cell with a new figure behind (86 struck, 90), a raised mark before a figure (¹730), a
# lowered one behind (340₁), and a struck cell with a part in another font that is struck too (880).
def struck_workbook(path: Path, *, in_cells: bool = False) -> None:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("表")
        struck, red = book.add_format({"font_strikeout": True}), book.add_format({"font_color": "red"})
        red_struck = book.add_format({"font_color": "red", "font_strikeout": True})
        raised, lowered = book.add_format({"font_script": 1}), book.add_format({"font_script": 2})
        sheet.write_row(0, 0, HEADER)
        sheet.write_column(1, 0, NAMES[:2])
        sheet.write_rich_string(1, 1, "86", red, "90", struck)
        sheet.write_rich_string(1, 2, raised, "1", red, "730")
        sheet.write_rich_string(2, 1, "340", lowered, "1")
        sheet.write_rich_string(2, 2, "8", red_struck, "80", struck)
        sheet.write_rich_string(3, 3, "12", red, "34")  # in a cell that is not struck through
    if in_cells:
        put_texts_into_cells(path)


def put_texts_into_cells(path: Path) -> None:
    """Write the shared texts of a workbook into its cells, as programs do that stream."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    texts = re.findall(rb"<si>(.*?)</si>", parts["xl/sharedStrings.xml"], re.DOTALL)
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = re.sub(
        rb' t="s"><v>(\d+)</v>', lambda match: b' t="inlineStr"><is>' + texts[int(match[1])] + b"</is>", parts[sheet]
    )
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)


def struck_inline_workbook(path: Path) -> None:
    struck_workbook(path, in_cells=True)


def struck_opendocument(path: Path) -> None:
    make_ods(path, {"表": [HEADER, [NAMES[0], "B2", "C2"], [NAMES[1], "B3", "C3"]]})
    spans = {
        "B2": '86<text:span text:style-name="T1">90</text:span>',
        "C2": '<text:span text:style-name="T2">1</text:span>730',
        "B3": '340<text:span text:style-name="T3">1</text:span>',
        "C3": '8<text:span text:style-name="T4">80</text:span>',
    }
    styles = {
        "T1": 'text-line-through-style="none"',
        "T2": 'text-position="super 58%"',
        "T3": 'text-position="sub 58%"',
        "T4": 'text-line-through-style="solid"',
    }
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    content = parts["content.xml"].decode()
    for cell, span in spans.items():
        own = ' table:style-name="struck"' if cell in {"B2", "C3"} else ""
        pattern = rf"<table:table-cell([^>]*)>(\s*)<text:p>{cell}<"
        content = re.sub(pattern, rf"<table:table-cell\1{own}>\2<text:p>{span}<", content)
    declared = "".join(
        f'<style:style style:name="{name}" style:family="text"><style:text-properties style:{style}/></style:style>'
        for name, style in styles.items()
    )
    declared += (
        '<style:style style:name="struck" style:family="table-cell" style:parent-style-name="Default">'
        '<style:text-properties style:text-line-through-style="solid"/></style:style>'
    )
    parts["content.xml"] = content.replace(
        "</office:automatic-styles>", f"{declared}</office:automatic-styles>"
    ).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)


def struck_old_workbook(path: Path) -> None:
    fonts = [(0, 0)] * 4 + [(8, 0), (0, 1), (0, 2)]  # no font has the number 4, so these have 5, 6 and 7
    records = b"".join(
        record(0x31, struct.pack("<HHHHH", 200, flags, 0, 400, script) + bytes(6)) for flags, script in fonts
    )
    records += b"".join(record(0xE0, struct.pack("<HH", font, 0) + bytes(16)) for font in (0, 5))
    texts = [("8690", [(2, 0)]), ("1730", [(0, 6), (1, 0)]), ("3401", [(3, 7)]), ("880", [(1, 5)])]
    table = struct.pack("<II", len(texts), len(texts))
    for text, runs in texts:
        table += struct.pack("<HBH", len(text), 9, len(runs)) + text.encode("utf-16-le")
        table += b"".join(struct.pack("<HH", *run) for run in runs)
    records += record(0xFC, table)
    cell = [XlsCell(0xFD, struct.pack("<I", number), style=int(number in {0, 3})) for number in range(4)]
    make_xls(path, {"表": [HEADER, [NAMES[0], cell[0], cell[1]], [NAMES[1], cell[2], cell[3]]]}, book_records=records)


def _xml_cell(text: str) -> str:
    return f'<Cell><ss:Data ss:Type="String" xmlns="http://www.w3.org/TR/REC-html40">{text}</ss:Data></Cell>'


XML_OF_2003 = (
    '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"'
    ' xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="表"><Table>'
    f"<Row>{''.join(map(_xml_cell, HEADER))}</Row>"
    f"<Row>{_xml_cell(NAMES[0])}{_xml_cell('<S><Font>86</Font></S><Font>90</Font>')}"
    f"{_xml_cell('<Sup>1</Sup><Font>730</Font>')}</Row>"
    f"<Row>{_xml_cell(NAMES[1])}{_xml_cell('<B>340</B><Sub>1</Sub>')}{_xml_cell('<S>8<B>80</B></S>')}</Row>"
    "</Table></Worksheet></Workbook>"
)
PAGE_WITH_MARKS = """<html><body><table><tr><td>社区名称</td><td>户数</td><td>常住人口</td></tr>
<tr><td>和平社区</td><td><s>86</s>90</td><td><sup>1</sup>730</td></tr>
<tr><td>东关社区</td><td>340<sub>1</sub></td><td><s>8<b>80</b></s></td></tr></table></body></html>"""


@pytest.mark.parametrize(
    "content",
    [
        *(struck_workbook, struck_inline_workbook, struck_opendocument, struck_old_workbook),
        *(XML_OF_2003, PAGE_WITH_MARKS),
    ],
)
def test_a_struck_cells_new_figure_and_small_marks_on_either_side_never_join(
    content: Any, place: Place, check: Check
) -> None:
    answer = check(content, name="演示.xls" if isinstance(content, str) else "演示.xlsx")
    assert cells(answer) == {"B2": "bad_number", "C2": "bad_number", "B3": "bad_number"}
    assert [problem["value"] for problem in answer["problems"][:3]] == ["86/90", "¹730", "340₁"]
    assert figures(answer) == [(None, None), (None, 880)]


def test_a_text_in_a_cell_that_is_not_struck_through_is_whole(place: Place, check: Check) -> None:
    def write(path: Path) -> None:
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet("表")
            struck, red = book.add_format({"font_strikeout": True}), book.add_format({"font_color": "red"})
            sheet.write_row(0, 0, HEADER)
            sheet.write(1, 0, NAMES[0], struck)
            sheet.write_rich_string(1, 1, "8", red, "6")
            sheet.write_rich_string(1, 2, "7", red, "20", red)

    assert figures(check(write)) == [(86, 720)]


# --- Which column is meant ---


@pytest.mark.parametrize(
    ("households", "residents"),
    [
        ("户数（低保）", "常住人口（60岁以上）"),
        ("户数（其中：流动）", "人口（千人）"),
        ("户数【百户】", "常住人口(不含外出)"),
        ("户数（建档立卡）", "常住人口（60周岁以上）"),
        ("户数（租住）", "常住人口（%）"),
        ("户数（一组）", "常住人口（增长率）"),
        ("户数（商户）", "常住人口（少数民族）"),
        ("户数%", "常住人口（租住）"),
        ("户数（第二小组）", "常住人口（人/户）"),
    ],
)
def test_a_remark_that_narrows_a_figure_or_changes_its_unit_is_not_passed_over(
    households: str, residents: str, place: Place, check: Check
) -> None:
    answer = check([["社区名称", "社区党组织", households, residents], [NAMES[0], "是", 12, 36]])
    assert figures(answer) == [(None, None)]
    assert [problem["code"] for problem in answer["problems"]] == ["unknown_column", "unknown_column"]


@pytest.mark.parametrize(
    "heading",
    [
        *("困难家庭", "建档立卡", "党员", "农业", "少数民族", "租户", "计生特殊家庭", "增长率"),
        *("户籍人口情况", "流动人口情况"),
    ],
)
def test_a_part_of_the_households_below_a_heading_is_not_all(heading: str, place: Place, check: Check) -> None:
    rows = [["社区名称", "常住人口", heading, ""], ["", "", "户数", "人数"], [NAMES[0], 720, 12, 30]]
    answer = check(rows, merged=[(0, 2, 0, 3)])
    assert figures(answer) == [(None, 720)] and set(cells(answer, "warning").values()) == {"unknown_column"}


@pytest.mark.parametrize("heading", ["户籍情况", "常住及流动人口情况", "常住、流动人口情况"])
def test_a_heading_that_names_the_subject_narrows_no_households(heading: str, place: Place, check: Check) -> None:
    rows = [["社区名称", heading, "", "社区党组织"], ["", "户数", "常住人口", ""], [NAMES[0], 286, 720, "是"]]
    merged = [(0, 0, 1, 0), (0, 1, 0, 2), (0, 3, 1, 3)]
    assert figures(check(rows, merged=merged)) == [(286, 720)]
    rows[1][2] = "人口数"  # of which people, the heading says
    assert figures(check(rows, merged=merged, name="乙.xlsx")) == [(286, None)]


@pytest.mark.parametrize("remark", ["规划", "设计", "一层", "租用", "缺口", "平方米/人"])
def test_a_part_of_the_area_or_a_planned_one_is_not_the_area(remark: str, place: Place, check: Check) -> None:
    header = [*FACILITY_HEADER[:3], f"建筑面积（{remark}）", "启用日期"]
    assert codes_of(check([header, facility(12)], "facilities")) == ["missing_column"]


def test_the_name_of_a_facility_above_its_area_and_the_unit_per_place_narrow_nothing(
    place: Place, check: Check
) -> None:
    for heading, name in (("老年活动中心", "建筑面积"), ("党员群众服务中心", "建筑面积（平方米/处）")):
        header = [*FACILITY_HEADER[:3], heading, FACILITY_HEADER[4]]
        merged = [(0, column, 1, column) for column in (0, 1, 2, 4)]
        rows = [header, ["", "", "", name, ""], facility(520)]
        answer = check(rows, "facilities", name=f"{heading}.xlsx", merged=merged)
        assert [row["area"] for row in answer["values"]] == ["520.00"], heading


def test_a_heading_that_narrows_a_figure_is_not_passed_over(place: Place, check: Check) -> None:
    rows = [
        ["社区名称", "基本情况", "", "建档立卡贫困户", ""],
        ["", "户数", "人口数", "户数", "人口数"],
        [NAMES[0], 286, 720, 12, 36],
    ]
    merged = [(0, 0, 1, 0), (0, 1, 0, 2), (0, 3, 0, 4)]
    assert figures(check(rows, merged=merged)) == [(286, 720)]
    rows = [["社区名称", "社区党组织", "其中：低保", ""], ["", "", "户数", "人口数"], [NAMES[0], "是", 12, 36]]
    answer = check(rows, merged=[(0, 0, 1, 0), (0, 1, 1, 1), (0, 2, 0, 3)], name="乙.xlsx")
    assert figures(answer) == [(None, None)]


def test_a_column_that_is_itself_a_part_is_read_below_a_heading_that_says_so(place: Place, check: Check) -> None:
    rows = [[*FACILITY_HEADER, "其中："], ["", "", "", "", "", "居民活动面积（㎡）"], [*facility(500), 300]]
    answer = check(rows, "facilities", merged=[(0, column, 1, column) for column in range(5)])
    assert (answer["values"][0]["area"], answer["values"][0]["activity_area"]) == ("500.00", "300.00")


def test_remarks_that_leave_a_figure_whole_are_passed_over(place: Place, check: Check) -> None:
    headers = ["社区名称（必填）", "户数（保留整数）", "常住人口（含流动人口，以公安数据为准）"]
    assert figures(check([headers, [NAMES[0], 286, 720]])) == [(286, 720)]
    for households, residents in (("户数（每月更新）", "常住人口（男女合计）"), ("户数（户/个）", "常住人口（男+女）")):
        answer = check([["社区名称", households, residents], [NAMES[0], 286, 720]], name=f"{residents}.xlsx")
        assert (figures(answer), answer["problems"]) == ([(286, 720)], []), households


def test_areas_in_another_unit_are_not_taken_for_square_metres(place: Place, check: Check) -> None:
    for header in ("建筑面积（公顷）", "建筑面积（千平方米）", "建筑面积（亩）"):
        answer = check(
            [[*FACILITY_HEADER[:3], header, "启用日期"], facility(0.05)], "facilities", name=f"{header}.xlsx"
        )
        assert codes_of(answer) == ["missing_column"], header


def test_an_area_in_mu_above_the_table_is_not_read_as_square_metres(place: Place, check: Check) -> None:
    header = [*FACILITY_HEADER[:3], "建筑面积", *FACILITY_HEADER[4:]]
    for number, line in enumerate(("单位：亩", "单位：个、公顷", "（亩）", "计量单位: 万平方米")):
        answer = check([[line], header, facility(12)], "facilities", name=f"{number}.xlsx")
        assert codes_of(answer) == ["missing_column"] and "没有读取" in answer["problems"][0]["message"], line
    for number, line in enumerate(("填报单位：十亩", "单位：百亩村", "单位：平方米", "单位：㎡、亩")):
        answer = check([[line], header, facility(12)], "facilities", name=f"又{number}.xlsx")
        assert [row["area"] for row in answer["values"]] == ["12.00"], line
    assert check([["单位：亩"], FACILITY_HEADER, facility(12)], "facilities", name="丙.xlsx")["errors"] == 0


def test_people_in_thousands_above_the_table_are_not_read_as_people(place: Place, check: Check) -> None:
    rows = [["单位：千人"], ["社区名称", "户数（户）", "常住人口", "社区党组织"], [NAMES[0], 286, 1, "是"]]
    answer = check(rows)
    assert figures(answer) == [(286, None)] and "千人" in answer["problems"][0]["message"]


def test_money_under_the_heading_of_one_month_is_not_the_whole(place: Place, check: Check) -> None:
    header = ["项目编号", "项目名称", "购买主体", "承接主体", "服务领域", "服务对象", "购买方式", "资金来源", "预算金额（元）", "开始日期",
              "结束日期", "状态", "本月", ""]  # fmt: skip
    row = ["YS-1", "演示项目", "城区民政局", "演示中心", "社区养老", "全体居民", "公开招标", "福彩公益金", 90_000, "2018-01-01",
           "2018-12-31", "履约中", 8_000, 2]  # fmt: skip
    answer = check([header, [*[""] * 12, "已拨付", "次数"], row], "projects", merged=[(0, 12, 0, 13)])
    assert "paid" not in answer["values"][0]


def test_explanations_beside_a_table_are_no_remarks_of_its_records(place: Place, check: Check) -> None:
    rows = [
        [*HEADER, "", "说明"],
        [NAMES[0], 286, 720, "", "1.本表由社区填写"],
        [NAMES[1], 332, 878, "", "2.每月25日前报"],
    ]
    answer = check(rows)
    assert [row.get("note") for row in answer["values"]] == [None, None]
    assert answer["problems"][0]["code"] == "unknown_column" and "隔开" in answer["problems"][0]["message"]
    beside = [[*row[:3], row[4]] for row in rows]
    assert [row.get("note") for row in check(beside, name="乙.xlsx")["values"]] == [
        "1.本表由社区填写",
        "2.每月25日前报",
    ]


def test_headers_of_a_web_form_and_of_footnotes_are_read(place: Place, check: Check) -> None:
    for header in (["1、社区名称（必填）", "2.户数", "*3、常住人口（必填）"], ["社区名称*", "户数①", "常住人口[2]"]):
        answer = check([header, [NAMES[0], 286, 720]], name=f"{header[1]}.xlsx")
        assert figures(answer) == [(286, 720)] and not answer["problems"], header


# --- Which row and which month ---


def test_a_figure_merged_over_several_communities_is_none_of_theirs(place: Place, check: Check) -> None:
    rows = [HEADER, [NAMES[0], 700, 720], [NAMES[1], "", 878], [NAMES[2], 150, 410]]
    answer = check(rows, merged=[(1, 1, 2, 1)])
    assert cells(answer) == {"B2": "bad_number"} and "合并" in answer["problems"][0]["message"]
    assert figures(answer) == [(None, 720), (None, 878), (150, 410)]


def test_a_number_with_commas_that_shifts_a_row_of_a_csv_is_an_error_of_the_row(place: Place, check: Check) -> None:
    answer = check(
        "社区名称,户数,常住人口\n和平社区,290,730\n东关社区,1,332,3,878\n下东社区,150,1,410\n", name="演示.csv"
    )
    assert figures(answer) == [(290, 730), (None, None), (None, None)]
    assert set(cells(answer).values()) == {"unpaired_quote"} and answer["errors"] == 2
    assert "1,286" in answer["problems"][-1]["message"]
    padded = "社区名称,户数,常住人口,,\n和平社区,290,730,,见附件\n"
    assert figures(check(padded, name="乙.csv")) == [(290, 730)]


@pytest.mark.parametrize(
    "row", ["和平社区,286,720,已核实", "和平社区,286,720,见附件2,", "和平社区,286,720,已核实,有新增"]
)
def test_a_remark_behind_the_columns_of_a_csv_shifts_nothing(row: str, place: Place, check: Check) -> None:
    answer = check(f"社区名称,户数,常住人口\n{row}\n东关社区,300,800\n", name="演示.csv")
    assert (answer["errors"], figures(answer)) == (0, [(286, 720), (300, 800)])


@pytest.mark.parametrize(
    "row",
    [
        "和平社区,1,286,720,已核实",
        "和平社区,1,286户,720人,已核实",
        "和平社区,1,286,720,,已核实",
        "和平,东关,286,720,已核实",
    ],
)
def test_a_remark_does_not_hide_a_row_that_a_comma_shifts(row: str, place: Place, check: Check) -> None:
    for number, header in enumerate(("社区名称,户数,常住人口", "社区名称,户数,常住人口,备注")):
        answer = check(f"{header}\n{row}\n", name=f"{number}.csv")
        assert figures(answer) == [(None, None)] and set(cells(answer).values()) == {"unpaired_quote"}


def test_of_one_sheet_per_month_only_the_months_own_is_read(place: Place, check: Check) -> None:
    make_period("2018-06")
    sheets = {
        "4月": [HEADER, [NAMES[0], 284, 715]],
        "5月": [HEADER, [NAMES[0], 286, 720], [NAMES[2], 150, 410]],
        "6月": [HEADER, [NAMES[0], 290, 730], [NAMES[1], 340, 880]],
    }
    answer = check(sheets)
    assert figures(answer) == [(290, 730), (340, 880)]
    assert [problem["sheet"] for problem in answer["problems"]] == ["4月", "5月"]
    assert {problem["code"] for problem in answer["problems"]} == {"wrong_register"}
    del sheets["6月"]
    refused = check(sheets, name="乙.xlsx")
    assert codes_of(refused) == ["header_not_found"] and "没有2018年6月" in refused["problems"][0]["message"]


@pytest.mark.parametrize("names", [("3月完成社区", "6月完成社区"), ("2017年", "2018年"), ("1月更新", "3月更新")])
def test_sheets_of_communities_finished_in_other_months_are_all_read(
    names: tuple[str, str], place: Place, check: Check
) -> None:
    """The records differ, so that it is no series of one table; a total in each is none of them."""
    first, last = names
    total = ["合计", 286, 720]
    answer = check({first: [HEADER, [NAMES[0], 286, 720], total], last: [HEADER, [NAMES[1], 300, 800], total]})
    assert (answer["problems"], figures(answer)) == ([], [(286, 720), (300, 800)])


def test_tables_below_each_other_with_other_communities_are_all_read(place: Place, check: Check) -> None:
    march = [["2018年3月完成社区"], HEADER, [NAMES[0], 286, 720], []]
    answer = check([*march, ["2018年6月完成社区"], HEADER, [NAMES[1], 300, 800]])
    assert figures(answer) == [(286, 720), (300, 800)]


def test_sheets_of_months_whose_names_are_spelled_otherwise_are_a_series(place: Place, check: Check) -> None:
    may = [HEADER, ["和平社区居委会", 286, 720], [NAMES[2], 150, 410]]
    june = [HEADER, [NAMES[0], 290, 730], [NAMES[1], 340, 880]]
    assert figures(check({"5月": may, "6月": june})) == [(290, 730), (340, 880)]
    empty = check({"5月": may, "6月": [HEADER]}, name="乙.xlsx")
    assert codes_of(empty) == ["empty_sheet"]


def test_of_one_table_per_month_below_another_only_the_months_own_is_read(place: Place, check: Check) -> None:
    may = [["2018年5月"], HEADER, [NAMES[0], 286, 720], [NAMES[2], 150, 410], []]
    june = [["2018年6月"], HEADER, [NAMES[0], 290, 730], [NAMES[1], 340, 880], []]
    for number, rows in enumerate(([*may, *june], [*june, *may])):
        answer = check(rows, name=f"{number}.xlsx")
        assert figures(answer) == [(290, 730), (340, 880)]
        assert codes_of(answer) == ["wrong_register"] and "不是本期" in answer["problems"][0]["message"]
    again = [june[0], *june[1:4], june[0], HEADER, [NAMES[2], 150, 410]]
    assert figures(check(again, name="续.xlsx")) == [(290, 730), (340, 880), (150, 410)]


@pytest.mark.parametrize(
    "line",
    [
        ["2018年7月2日", "", ""],
        ["", "", "2018年7月2日"],
        ["", "城区民政局　2018年7月2日", ""],
        ["二〇一八年七月二日", "", ""],
        ["东街街道办事处2018.7.2（盖章）", "", ""],
    ],
)
@pytest.mark.parametrize("below", [[], [["", "", ""]], [["", "", ""], ["社区情况表（二）", "", ""]]])
def test_the_date_below_a_table_is_not_the_month_of_the_next(
    line: list[Any], below: list[Any], place: Place, check: Check
) -> None:
    first = [["2018年6月社区情况表", "", ""], HEADER, [NAMES[0], 286, 720]]
    answer = check([*first, line, *below, HEADER, [NAMES[1], 300, 800]])
    assert (answer["errors"], figures(answer)) == (0, [(286, 720), (300, 800)])


def test_a_date_above_a_table_is_its_month_still(place: Place, check: Check) -> None:
    below = [["城区民政局2018年7月2日"], [], ["2018年5月"], HEADER, [NAMES[0], 280, 700]]
    answer = check([["2018年6月"], HEADER, [NAMES[0], 286, 720], *below])
    assert (figures(answer), cells(answer, "warning")) == ([(286, 720)], {"": "wrong_register"})
    days = [["2018年6月30日"], HEADER, [NAMES[0], 286, 720], [], ["2018年5月31日"], HEADER, [NAMES[0], 200, 700]]
    assert figures(check(days, name="乙.xlsx")) == [(286, 720)]


def test_rows_of_several_months_are_refused(place: Place, check: Check) -> None:
    rows = [["月份", *HEADER], ["5月", NAMES[2], 150, 410], ["6月", NAMES[0], 290, 730]]
    refused = check(rows)
    assert codes_of(refused) == ["header_not_found"] and "2018年6月" in refused["problems"][0]["message"]
    rows[1][0] = "6月份"
    rows[2][0] = 201806
    assert figures(check(rows, name="乙.xlsx")) == [(150, 410), (290, 730)]
    dated = [
        [*rows[0], "数据日期"],
        ["5月", NAMES[2], 150, 410, "2018-05-31"],
        ["6月", NAMES[0], 290, 730, "2018-06-30"],
    ]
    assert figures(check(dated, name="丙.xlsx")) == [(150, 410), (290, 730)]


@pytest.mark.parametrize(
    ("names", "others"),
    [
        (["2018年5月", "2018年6月"], ["2018年5月"]),
        (["201805", "201806"], ["201805"]),
        (["2017年社区", "2018年社区"], ["2017年社区"]),
        (["古韩镇5月", "王桥镇6月"], []),
        (["5月", "6月新增"], []),
        (["5月", "说明"], []),
        (["3号", "4号"], []),
    ],
)
def test_sheets_are_a_series_when_their_names_differ_in_the_time_alone(names: list[str], others: list[str]) -> None:
    assert list(other_times(names, JUNE)) == others


@pytest.mark.parametrize(
    "footer",
    [
        ["制表日期：2018年7月3日"],
        ["填表人：张三 2018年7月3日"],
        ["2018年7月3日", "", "", ""],
        ["制表日期：2018年7月3日", "填表人：张三"],
        ["5月合计", "", 500, 1500],
        ["5月合计", "2个", 500, 1500],
    ],
)
def test_a_footer_or_a_total_below_the_months_is_no_other_month(footer: list[Any], place: Place, check: Check) -> None:
    rows = [["月份", *HEADER], ["2018年6月", NAMES[0], 286, 720], ["2018年6月", NAMES[1], 300, 800], footer]
    assert figures(check(rows)) == [(286, 720), (300, 800)]


def test_months_beside_a_community_in_a_merged_cell_are_several(place: Place, check: Check) -> None:
    rows = [["社区名称", "月份", *HEADER[1:]], [NAMES[0], "5月", 286, 720], ["", "6月", 300, 800]]
    assert codes_of(check(rows, merged=[(1, 0, 2, 0)])) == ["header_not_found"]


def test_a_title_of_another_month_than_the_chosen_one_is_named(place: Place, check: Check) -> None:
    rows = [["城区社区统计表（2018年5月）"], ["填报时间：2018年7月2日"], HEADER, [NAMES[0], 286, 720]]
    answer = check(rows)
    assert codes_of(answer) == ["other_month"] and answer["status"] == 0
    assert "2018年5月" in answer["problems"][0]["message"]
    assert codes_of(check([["2018年6月统计表"], *rows[1:]], name="乙.xlsx")) == []
    dated = [["2018年5月统计表"], [*HEADER, "数据日期"], [NAMES[0], 286, 720, "2018-05-31"]]
    assert codes_of(check(dated, name="丙.xlsx")) == []


def test_organizations_below_a_community_whose_cells_were_merged_are_not_the_countys_in_silence(
    place: Place, check: Check, tmp_path: Path
) -> None:
    header = ["名称", "管理方式", "类别", "县（市、区）", "街道（乡镇）", "社区名称", "成立日期"]

    def row(name: str, street: str, community: str) -> list[str]:
        return [name, "街道备案", "文体活动类", "城区", street, community, "2016-05-01"]

    rows = [
        header,
        row("演示秧歌队", "东街街道", "和平社区"),
        row("演示象棋社", "", ""),
        row("演示合唱团", "", "东关社区"),
    ]

    def saved(path: Path) -> None:
        with path.open("w", encoding="gb18030", newline="") as target:
            csv.writer(target).writerows(rows)

    answer = check(saved, "organizations", name="演示.csv")
    assert cells(answer, "warning") == {"F3": "ambiguous_place"} and answer["errors"] == 0
    rows.append(row("演示书画社", "", "东关社区"))  # communities are written out in each row
    assert cells(check(saved, "organizations", name="乙.csv"), "warning") == {}


def test_totals_of_any_wording_are_no_records(place: Place, check: Check) -> None:
    header = ["名称", "管理方式", "类别", "社区名称", "成立日期", "成员人数"]
    rows = [header, ["演示秧歌队", "街道备案", "文体活动类", "和平社区", "2016-05-01", 20]]
    rows += [[text, "", "", "", "", 20] for text in ("东街街道共1家", "平均", "人均", "合计1个", "本街道共计 1 家")]
    answer = check(rows, "organizations")
    assert (answer["rows"], answer["new"], answer["skipped"], answer["errors"]) == (1, 1, 5, 0)


def test_a_heading_that_says_the_rows_below_are_over_or_planned_is_named(place: Place, check: Check) -> None:
    header = ["名称", "管理方式", "类别", "社区名称", "成立日期"]
    rows = [[f"演示{name}队", "街道备案", "文体活动类", "和平社区", "2016-05-01"] for name in "甲乙丙"]
    answer = check(
        [header, rows[0], ["二、已注销", "", "", "", ""], rows[1], ["", "拟备案组织", "", "", ""], rows[2]],
        "organizations",
    )
    assert (answer["new"], answer["errors"], answer["skipped"]) == (3, 0, 2)
    assert [(problem["code"], problem["cell"]) for problem in answer["problems"]] == [
        ("heading_not_read", "A3"),
        ("heading_not_read", "A5"),
    ]
    for text in ("规划村", "计划生育协会", "待业青年社区", "离退休人员活动室"):
        assert codes_of(check([HEADER, [NAMES[0], 286, 720], [text, "", ""]], name=f"{text}.xlsx")) == ["unknown_place"]


# --- Cells of other programs ---


def test_amounts_in_another_unit_than_the_column_are_doubted(place: Place, check: Check) -> None:
    header = ["项目编号", "项目名称", "购买主体", "承接主体", "服务领域", "服务对象", "购买方式", "资金来源", "预算金额（万元）", "开始日期",
              "结束日期", "状态"]  # fmt: skip

    def project(number: int, budget: Any) -> list[Any]:
        return [f"YS-{number}", f"演示{number}", "城区民政局", "演示中心", "社区养老", "全体居民", "公开招标", "福彩公益金", budget,
                "2018-01-01", "2018-12-31", "履约中"]  # fmt: skip

    answer = check([header, project(1, 12.5), project(2, 120_000), project(3, 0.01), project(4, "9千元")], "projects")
    assert cells(answer, "warning") == {"I3": "outlier", "I4": "outlier"} and answer["errors"] == 0


def test_a_unit_alone_above_the_table_is_that_of_its_money(place: Place, check: Check) -> None:
    header = ["项目编号", "项目名称", "购买主体", "承接主体", "服务领域", "服务对象", "购买方式", "资金来源", "预算金额", "开始日期",
              "结束日期", "状态"]  # fmt: skip
    row = ["YS-1", "演示", "城区民政局", "演示中心", "社区养老", "全体居民", "公开招标", "福彩公益金", 12.5, "2018-01-01", "2018-12-31",
           "履约中"]  # fmt: skip
    answer = check([["购买服务台账", *[""] * 10, "（万元）"], header, row], "projects")
    assert (answer["values"][0]["budget"], answer["problems"]) == ("125000.00", [])
    header[8] = "预算金额（元/年）"
    assert codes_of(check([header, row], "projects", name="乙.xlsx")) == ["missing_column"]


def test_more_households_than_a_community_can_have_are_doubted(place: Place, check: Check) -> None:
    answer = check([HEADER, [NAMES[0], "286,720", 720], [NAMES[1], 286, "332，878"]])
    assert cells(answer, "warning") == {"B2": "outlier", "C3": "outlier"}


PAGE_WITH_FIELDS = """<html><body><form><table><tr><th></th><th>社区名称</th><th>户数</th><th>社区党组织</th><th>群团组织</th><th>类型</th></tr>
<tr><td><input type=checkbox></td><td>和平社区</td><td><input type="text" value="286"></td><td><input type="checkbox" checked></td>
<td><input type=radio name=a checked>是<input type=radio name=a>否</td>
<td><select><option>请选择</option><option selected>城市社区</option><option>农村社区</option></select></td></tr>
<tr><td><input type=checkbox checked></td><td>东关社区</td><td><input value=332></td><td><input type="checkbox"></td>
<td><input type=radio name=b>是<input type=radio name=b checked>否</td>
<td><select><option>请选择</option><option>城市社区</option></select></td></tr></table><input type=submit value=保存></form></body></html>"""


def test_the_fields_of_a_page_that_was_saved_while_it_was_edited_are_its_values(place: Place, check: Check) -> None:
    answer = check(PAGE_WITH_FIELDS, name="演示.xls")
    assert answer["errors"] == 0
    read = [[row.get(name) for name in ("households", "has_party", "has_mass", "kind")] for row in answer["values"]]
    assert read == [[286, True, True, "urban"], [332, False, False, None]]


def test_what_statistics_programs_write_for_nothing_is_blank(place: Place, check: Check) -> None:
    header = "名称,管理方式,类别,社区名称,成立日期,负责人,成员人数,备注"
    rows = [
        f"演示{number}队,街道备案,文体活动类,和平社区,2016-05-01,{word},{word},{word}"
        for number, word in enumerate(("NA", "."))
    ]
    answer = check("\n".join([header, *rows]), "organizations", name="演示.csv")
    assert answer["errors"] == 0
    assert all({"leader", "member_count", "note"}.isdisjoint(row) for row in answer["values"])
    spss = check("社区名称,户数\n和平社区,#NULL!\n", name="乙.csv")
    assert codes_of(spss) == ["bad_formula"] and "缺失值" in spss["problems"][0]["message"]


def test_days_as_people_write_them(place: Place, check: Check) -> None:
    days = {
        "二〇一八年六月一日": "2018-06-01", "2018、6、1": "2018-06-01", "2018.06.05.": "2018-06-05", "2018年6月1日（星期五）": "2018-06-01",
        "二○一八年六月": "2018-06-01", "18年6月": None, "6月底": None, "2018年6月31日": None, "2018年": None, "2018-6-1①": None,
        "20186": None,
    }  # fmt: skip
    rows = [facility(500, written, f"演示站{number}") for number, written in enumerate(days)]
    answer = check([FACILITY_HEADER, *rows, facility(500, 20186, "演示站")], "facilities")
    assert [row.get("opened_on") for row in answer["values"]] == [*days.values(), None]
    assert set(cells(answer).values()) == {"bad_date"} and set(cells(answer, "warning").values()) == {
        "approximate_date"
    }


def test_codes_in_groups_are_read_and_letters_that_no_credit_code_has_are_named(place: Place, check: Check) -> None:
    code = place.communities[0].code
    grouped = (f"{code[:6]}-{code[6:9]}-{code[9:]}", f"{code[:6]}.{code[6:9]}.{code[9:]}", f"{code}。")
    for number, written in enumerate(grouped):
        answer = check([["社区代码", "户数"], [written, 286]], name=f"{number}.xlsx")
        assert (answer["errors"], answer["values"][0]["community_code"]) == (0, code)
    header = ["统一社会信用代码", "名称", "管理方式", "类别", "社区名称", "成立日期"]
    row = ["52140402MJ00O0101N", "演示服务社", "登记", "社区服务类", "和平社区", "2016-01-01"]
    answer = check([header, row], "organizations", name="乙.xlsx")
    assert codes_of(answer) == ["bad_credit_code"] and "第13位的“O”" in answer["problems"][0]["message"]


@pytest.mark.parametrize(
    ("word", "value"),
    [("已建立", True), ("建有", True), ("-1", True), ("☑是", True), ("未成立", False), ("没建", False)],
)
def test_local_words_for_yes_and_no(word: str, value: bool, place: Place, check: Check) -> None:
    answer = check([["社区名称", "社区党组织"], [NAMES[0], word]])
    assert answer["values"][0]["has_party"] is value


def test_of_choices_with_boxes_the_ticked_ones_are_read(place: Place, check: Check) -> None:
    header = [*FACILITY_HEADER, "功能", "产权"]
    rows = [
        [*facility(500, name="演示甲"), "☑党员活动中心 ☐居民议事中心 ☑便民服务中心", "□自有 ■租赁"],
        [*facility(500, name="演示乙"), "☐党员活动中心 ☐居民议事中心", "☑自有 ☑租赁"],
    ]
    answer = check([header, *rows], "facilities")
    assert cells(answer) == {"F3": "bad_choice", "G3": "bad_choice"}
    assert (answer["values"][0]["functions"], answer["values"][0]["tenure"]) == (["party", "convenience"], "leased")


def test_words_that_are_neither_yes_nor_no_are_errors(place: Place, check: Check) -> None:
    words = ("筹建中", "○", "1个")
    answer = check([["社区名称", "社区党组织"], *zip(NAMES, words, strict=True)])
    assert cells(answer) == {"B2": "bad_boolean", "B3": "bad_boolean", "B4": "bad_boolean"}


# --- Sentences ---


def test_a_turned_table_and_a_form_are_refused_with_their_cure(place: Place, check: Check) -> None:
    turned = check([["社区名称", *NAMES], ["户数", 286, 332, 150], ["常住人口", 720, 878, 410]])
    assert codes_of(turned) == ["header_not_found"] and "转置" in turned["problems"][0]["message"]
    code = place.communities[0].code
    form = [
        ["社区登记表"],
        ["社区名称", NAMES[0], "社区代码", code],
        ["户数", 286, "常住人口", 720],
        ["类型", "城市社区", "备注", ""],
    ]
    refused = check({"和平": form, "东关": form}, name="乙.xlsx")
    assert codes_of(refused) == ["header_not_found"] and "登记表" in refused["problems"][0]["message"]


def test_a_name_with_a_remark_gets_its_proposal(place: Place, check: Check) -> None:
    names = ("和平社区（原和平街居委会）", "1.东关社区", "下东社区（12个网格）")
    answer = check([["社区名称", "户数"], *([name, 286] for name in names)])
    assert codes_of(answer) == ["unknown_place"] * 3
    assert all("是否为" in problem["message"] for problem in answer["problems"])
