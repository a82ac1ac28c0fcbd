"""Tests of workbooks with several sheets, of which each is read, reported or ignored; and of refusals of a whole file."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from changzhi_portal.registers.registry import register_named, registers
from uploads.reading.grid import Grid
from uploads.reading.layout import SheetLayout, WrongSheet, cell_address, lay_out, month_in
from uploads.reading.refusal import FileRefusedError

pytestmark = pytest.mark.one_database

COMMUNITIES: list[list[Any]] = [
    ["县区", "街道（乡镇）", "社区名称", "户数", "常住人口"],
    ["沁县", "定昌镇", "北关", 5, 10],
]
FACILITIES: list[list[Any]] = [
    ["县区", "社区名称", "设施名称", "设施类型", "建筑面积（㎡）", "启用日期", "备注"],
    ["沁县", "北关", "活动室", "活动场所", 200, "2014-05-02", ""],
]
WORKERS: list[list[Any]] = [
    ["姓名", "身份证号", "性别", "县区", "街道（乡镇）", "社区名称", "职业水平", "到岗日期", "联系电话", "备注"],
    ["傅安树", "140430197002070022", "女", "沁县", "定昌镇", "北关", "无", "2016-09-01", "19900006001", ""],
]
ORGANIZATIONS: list[list[Any]] = [
    ["名称", "管理方式", "类别", "县区", "街道（乡镇）", "社区名称", "成立日期", "联系电话", "备注"],
    ["北关书画社", "街道备案", "文体活动类", "沁县", "定昌镇", "北关", "2014-10-03", "", ""],
]
SHEETS = {"communities": COMMUNITIES, "facilities": FACILITIES, "workers": WORKERS, "organizations": ORGANIZATIONS}


def laid_out(register: str, **sheets: Any) -> tuple[list[SheetLayout], list[WrongSheet]]:
    others = [other() for other in registers() if other.name != register]
    return lay_out([Grid(name, rows) for name, rows in sheets.items()], register_named(register)(), others=others)


def refusal_of(register: str, **sheets: Any) -> FileRefusedError:
    with pytest.raises(FileRefusedError) as refusal:
        laid_out(register, **sheets)
    return refusal.value


def test_a_sheet_per_town_is_read_in_order_and_the_notes_are_left_out() -> None:
    layouts, wrong = laid_out(
        "communities", 填表说明=[["填表说明"], ["面积填建筑面积"]], 定昌镇=COMMUNITIES, 空=[[]], 郭村镇=COMMUNITIES
    )
    assert [(layout.name, len(layout.rows)) for layout in layouts] == [("定昌镇", 1), ("郭村镇", 1)]
    assert layouts[0].rows[0].sheet == "定昌镇"
    assert wrong == []


@pytest.mark.parametrize("chosen", SHEETS)
@pytest.mark.parametrize("sent", SHEETS)
def test_each_register_knows_its_own_sheet_from_the_others(chosen: str, sent: str) -> None:
    if chosen == sent:
        layouts, wrong = laid_out(chosen, 表=SHEETS[sent])
        assert (len(layouts), wrong) == (1, [])
        return
    refusal = refusal_of(chosen, 表=SHEETS[sent])
    assert refusal.problem_code == "wrong_register"
    assert f"像是“{register_named(sent).title}”的表" in str(refusal)
    layouts, wrong = laid_out(chosen, 别的=SHEETS[sent], 自己的=SHEETS[chosen])
    assert [layout.name for layout in layouts] == ["自己的"]
    assert [(sheet.sheet, sheet.register) for sheet in wrong] == [("别的", sent)]
    assert "没有读取" in wrong[0].message


def test_a_sheet_of_two_registers_at_once_goes_to_the_chosen_one() -> None:
    both = [[*COMMUNITIES[0], *FACILITIES[0][2:6]], [*COMMUNITIES[1], *FACILITIES[1][2:6]]]
    for register in ("communities", "facilities"):
        layouts, wrong = laid_out(register, 表=both)
        assert (len(layouts[0].rows), wrong) == (1, [])


def test_a_summary_beside_the_records_is_named_and_not_read() -> None:
    summary = [["县区", "街道（乡镇）", "户数", "常住人口"], ["沁县", "定昌镇", 500, 1000]]
    layouts, (wrong,) = laid_out("communities", 汇总=summary, 明细=COMMUNITIES)
    assert [layout.name for layout in layouts] == ["明细"]
    assert wrong.message == "工作表“汇总”没有“社区代码”列，不像明细表，这次没有读取"


def test_an_empty_sheet_beside_a_full_one_is_no_reason_to_refuse() -> None:
    layouts, _ = laid_out("communities", 定昌镇=COMMUNITIES, 郭村镇=COMMUNITIES[:1])
    assert [len(layout.rows) for layout in layouts] == [1, 0]


# --- Refusals of a whole file ---


def test_a_file_without_content_or_without_rows_is_empty() -> None:
    assert refusal_of("communities").problem_code == "empty_sheet"
    for rows in ([], [[], ["", ""]], COMMUNITIES[:1], [COMMUNITIES[0], ["合计"]]):
        assert refusal_of("communities", 表=rows).problem_code == "empty_sheet"


def test_a_missing_required_column_is_named_with_its_sheet() -> None:
    rows = [
        [cell for cell, header in zip(row, FACILITIES[0], strict=True) if "面积" not in header] for row in FACILITIES
    ]
    refusal = refusal_of("facilities", 完整=FACILITIES, 缺列=rows)
    assert refusal.problem_code == "missing_column"
    assert "工作表“缺列”的表头缺少“建筑面积（㎡）”列" in str(refusal)
    assert "或者手工对应" in str(refusal), "the page offers that below, and must not be contradicted"


def test_columns_that_tell_no_record_apart_are_not_enough() -> None:
    refusal = refusal_of("communities", 表=[["县区", "户数", "常住人口"], ["沁县", 5, 10]])
    assert refusal.problem_code == "missing_column"
    assert "“社区代码”" in str(refusal)


def test_a_sheet_about_something_else_has_no_header() -> None:
    refusal = refusal_of("communities", 会议=[["三社联动工作推进会"], ["时间", "2018年7月3日"], ["备注", "各县区"]])
    assert refusal.problem_code == "header_not_found"


# --- Months and addresses ---


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("沁县统计表（2018年6月）", (2018, 6)),
        ("沁县统计表（2018 年 06 月）", (2018, 6)),
        ("２０１８年１２月统计表", (2018, 12)),
        ("统计表2018.6", (2018, 6)),
        ("统计表 2018-06", (2018, 6)),
        ("截至2018/6/30", (2018, 6)),
        ("二〇一八年十一月统计表", (2018, 11)),
        ("附件1\n填报单位：民政局\t填报时间：2018年7月2日\n统计表（2018年6月）", (2018, 6)),
        ("附件1\n填报单位：民政局\t填报时间：2018年7月2日", (2018, 7)),
        ("填报时间\t2018-07-02", (2018, 7)),
        ("长民发〔2017〕138号", None),
        ("2018年度统计表", None),
        ("2018年第二季度", None),
        ("2018年13月", None),
        ("电话0355-2018888", None),
        ("", None),
    ],
)
def test_the_month_of_a_title_goes_before_the_day_of_filling_in(text: str, month: tuple[int, int] | None) -> None:
    assert month_in(text) == (datetime.date(*month, 1) if month else None)


@pytest.mark.parametrize(("row", "column", "address"), [(17, 2, "C17"), (1, 0, "A1"), (5, 25, "Z5"), (5, 26, "AA5")])
def test_addresses_are_those_of_excel(row: int, column: int, address: str) -> None:
    assert cell_address(row, column) == address
