"""Tests of finding the data rows of a sheet: totals, footers and blank rows are no records."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import Any

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from changzhi_portal.registers.registry import register_named
from uploads.reading.grid import CellError, Grid, RefusedCell
from uploads.reading.layout import SheetLayout, lay_out
from uploads.reading.rows import is_total

pytestmark = pytest.mark.one_database

HEADER = ["序号", "县（市、区）", "街道（乡镇）", "社区名称", "户数", "常住人口", "备注"]


def laid_out(*rows: Sequence[Any], merged: Sequence[tuple[int, int, int, int]] = (), register: str = "communities",
             header: Sequence[str] = HEADER) -> SheetLayout:  # fmt: skip
    grid = Grid("表", [["沁县统计表"], header, *rows], list(merged))
    (layout,), _ = lay_out([grid], register_named(register)(), others=[])
    return layout


def record(name: str, **more: Any) -> list[Any]:
    values = {"serial": 1, "county": "沁县", "town": "定昌镇", "households": 5, "residents": 10, "note": ""} | more
    return [values["serial"], values["county"], values["town"], name, values["households"], values["residents"],
            values["note"]]  # fmt: skip


def names(layout: SheetLayout) -> list[object]:
    return [row.cells["community_name"] for row in layout.rows]


# --- Totals ---


@pytest.mark.parametrize(
    "total",
    [
        ["合计", "", "", "", 5000.0, 15000.0, ""],
        ["总 计", "", "", "", 5000.0, 15000.0, ""],
        ["合　计：", "", "", "", "5,000", "1.5万", ""],
        ["小计", "", "", "4个", "—", "—", ""],
        ["小计", "", "", "", "", "", ""],
        ["", "小计", "", "", 5000.0, 15000.0, ""],
        ["", "沁县", "合计", "", 5000.0, 15000.0, ""],
        [9, "沁县", "定昌镇", "小计", 5000.0, 15000.0, ""],
        ["", "沁县", "定昌镇小计", "", 5000.0, 15000.0, ""],
        ["全县合计", "", "", "", 5000.0, 15000.0, ""],
        ["本页小计", "", "", "共12家", 1.0, "", ""],
        ["合计", "", "", "", 5000.0, 15000.0, "不含虚拟社区"],
        ["合计（12个）", "", "", "", 5000.0, "", ""],
        ["", "其中：城市社区", "", "", 2000.0, "4,000", ""],
        ["共计", "/", "/", "/", 5000.0, CellError("#REF!"), ""],
    ],
)
@pytest.mark.parametrize("position", [0, 1, 2], ids=["top", "middle", "bottom"])
def test_totals_are_skipped_wherever_they_stand(total: list[Any], position: int) -> None:
    rows = [record("北关"), record("南关")]
    rows.insert(position, total)
    layout = laid_out(*rows)
    assert names(layout) == ["北关", "南关"]
    assert layout.skipped == 1
    assert [row.number for row in layout.rows] == [number for number in (3, 4, 5) if number != position + 3]


@pytest.mark.parametrize(
    "row",
    [
        record("合计村"),
        record("其中村"),
        record("小计社区居委会"),
        record("上总计村", households="", residents=""),
        ["", "", "", "合计村", 5, 10, ""],
        record("北关", note="合计数见附表"),
        ["", "沁县", "定昌镇", "北关", "合计", "十几", "见说明"],
    ],
)
def test_a_record_that_only_mentions_a_total_is_kept(row: list[Any]) -> None:
    layout = laid_out(row)
    assert len(layout.rows) == 1
    assert layout.skipped == 0


@pytest.mark.parametrize(
    "remark",
    ["网格员共3人", "辖小区共12个", "现有网格共5个", "共2人", "平均", "户均", "其中：低保12户", "小计", "一组合计"],
)
@pytest.mark.parametrize("place", [0, 7], ids=["first", "last"])
def test_a_remark_with_a_count_makes_no_total_of_its_record(remark: str, place: int) -> None:
    """By its name a row is a total, not by what a record says of itself."""
    header = ["社区名称", "户数", "常住人口", "社区代码", "乡镇", "备注"]
    code = 140402001001.0
    at = 0 if place == 0 else len(header) - 1
    rows: list[list[Any]] = [["北关", 5, 10, "", ""], ["", 5, 10, code, ""], ["平均村", "5", "10", "", "定昌镇"]]
    header.insert(at, header.pop())
    for row in rows:
        row.insert(at, remark)
    layout = laid_out(*rows, header=header)
    assert ([row.number for row in layout.rows], layout.skipped) == ([3, 4, 5], 0)


def test_a_remark_with_a_count_keeps_a_facility_a_project_and_a_person() -> None:
    remarked = {"facilities": "活动室共3个", "projects": "项目人员共3人", "organizations": "共2人", "workers": "平均"}
    for register, remark in remarked.items():
        sheet = register_named(register)()
        columns = [column for column in sheet.columns if column.required or column.is_key or column.field == "note"]
        row = [remark if column.field == "note" else "甲" if column.field == "name" else "" for column in columns]
        layout = laid_out(row, register=register, header=[column.header for column in columns])
        assert (len(layout.rows), layout.skipped) == (1, 0), register


def test_a_row_named_as_a_total_is_one_with_any_remark() -> None:
    layout = laid_out(record("北关"), ["共2个", "", "", "", 5, 10, "共2个"], ["", "合计", "", "2个", 5, 10, ""])
    assert (len(layout.rows), layout.skipped) == (1, 2)


def test_an_organization_called_like_a_total_is_kept() -> None:
    assert not is_total(["", "", "沁县民间组织小计", "登记", "社会团体", "公益慈善类", "沁县", 12.0])
    assert not is_total(["合计", "140430197002070022", "女", "沁县"])


def test_no_real_community_is_taken_for_a_total_or_a_footer() -> None:
    with (settings.BASE_DIR / "communities" / "data" / "divisions_2017.csv").open(encoding="utf-8", newline="") as file:
        places = [row["name"] for row in csv.DictReader(file)]
    layout = laid_out(*(record(name) for name in places))
    assert names(layout) == places
    assert layout.skipped == 0


@given(
    st.lists(
        st.tuples(st.booleans(), st.text(alphabet="合总小计共数社区村注说明备：:审核人", min_size=1, max_size=6)),
        max_size=12,
    )
)
def test_rows_are_either_records_or_skipped(rows: list[tuple[bool, str]]) -> None:
    sheet = [record("北关"), *(record(text) if is_full else ["", text] for is_full, text in rows)]
    layout = laid_out(*sheet)
    assert len(layout.rows) + layout.skipped == len(sheet)
    assert layout.rows[0].number == 3


# --- Footers, blanks, repeated headers ---


@pytest.mark.parametrize(
    "footer",
    [
        ["填表人：王伟", "", "", "审核人：李静", "", "填表日期：2018年06月30日", ""],
        ["填表人:", "王伟", "", "审核人:", "李静", "", ""],
        ["", "", "负责人：张三", "", "", "", ""],
        ["单位负责人（签字）：", "", "", "", "", "", ""],
        ["注：本表数据截至月末。", "", "", "", "", "", ""],
        ["注1：甲", "", "", "", "", "", ""],
        ["备注：无", "", "", "", "", "", ""],
        ["说明：1.本表按月填报；", "", "", "", "", "", ""],
        ["说明", "按月填报", "", "", "", "", ""],
        ["联系电话：0355-1234567", "", "", "", "", "", ""],
        ["填报时间：2018年7月2日", "", "", "", "", "", ""],
        ["", "", "", "", "", "2018年7月2日", ""],
        ["本表一式两份，一份报市局。", "", "", "", "", "", ""],
        ["（盖章）", "", "", "", "", "", ""],
        ["统计负责人：李四", "", "", "", "", "", ""],
        ["", "填表人", "张三", "审核人", "李四", "填报日期", "2018年7月2日"],
        ["", "局长：王五", "", "股长：赵六", "", "", ""],
        ["", "数据来源：各乡镇上报", "", "", "", "", ""],
        ["※本表一式两份", "", "", "", "", "", ""],
        ["", "", "", "（此表由民政局汇总）", "", "", ""],
        ["", "", "", "以上数据真实、准确、完整", "", "", ""],
        ["", "", "", "第1页，共3页", "", "", ""],
        ["", "", "", "二〇一八年七月二日", "", "", ""],
        ["", "", "", "一、城市社区", "", "", ""],
    ],
)
def test_footers_are_skipped(footer: list[Any]) -> None:
    layout = laid_out(record("北关"), footer)
    assert names(layout) == ["北关"]
    assert layout.skipped == 1


def test_a_lone_name_is_not_left_out_in_silence_and_a_lone_town_is_a_heading() -> None:
    layout = laid_out(["", "", "", "北关", "", "", ""], ["", "", "定昌镇", "", "", "", ""])
    assert names(layout) == ["北关"]
    assert layout.skipped == 1


def test_a_note_goes_on_until_the_next_record() -> None:
    layout = laid_out(
        record("北关"), ["注：1.户数按户籍"], ["2.人口按常住"], ["", "3.按月"], record("南关"), ["", "孤行"]
    )
    assert names(layout) == ["北关", "南关", ""]
    assert layout.skipped == 3


def test_blank_rows_and_rows_with_a_running_number_only_are_nothing() -> None:
    layout = laid_out(record("北关"), [], ["", "", "", "", "", "", ""], [2, "", "", "", "", "", ""], record("南关"))
    assert names(layout) == ["北关", "南关"]
    assert [row.number for row in layout.rows] == [3, 7]
    assert layout.skipped == 0


def test_zero_is_a_value() -> None:
    layout = laid_out(["", "", "", "", 0.0, 0.0, ""])
    assert layout.rows[0].cells["households"] == 0


def test_the_title_and_header_of_the_next_page_are_skipped() -> None:
    layout = laid_out(record("北关"), ["沁县统计表"], HEADER, record("南关"))
    assert names(layout) == ["北关", "南关"]
    assert layout.skipped == 2


def test_a_short_row_is_filled_up() -> None:
    layout = laid_out(["", "沁县", "", "北关"])
    assert layout.rows[0].cells["residents"] == ""


# --- Values of merged cells and ditto marks ---


@pytest.mark.parametrize("mark", ["〃", "″", '"', "”", "同上", " 〃 ", "同 上"])
def test_a_ditto_mark_repeats_the_value_above(mark: str) -> None:
    layout = laid_out(
        record("北关"),
        record("南关", county=mark, town=mark),
        ["小计", "", "", "", 9, 9, ""],
        record("西苑", county=mark, town=mark, households=mark),
    )
    assert [row.cells["county"] for row in layout.rows] == ["沁县"] * 3
    assert [row.cells["town"] for row in layout.rows] == ["定昌镇"] * 3
    assert layout.rows[2].cells["households"] == 5


def test_a_ditto_mark_below_nothing_stays_for_the_column_to_refuse() -> None:
    layout = laid_out(record("北关", county="〃", town=""), record("南关", town="〃"))
    assert [row.cells["county"] for row in layout.rows] == ["〃", "沁县"]
    assert layout.rows[1].cells["town"] == "〃"


def test_a_row_of_ditto_marks_alone_is_blank() -> None:
    assert len(laid_out(record("北关"), [2, "〃", "〃", "", "", "", ""]).rows) == 1


def test_merged_places_hold_for_all_their_rows_and_blanks_do_not() -> None:
    rows = [
        record("北关"),
        record("南关", county="", town=""),
        record("西苑", county="", town="郭村镇"),
        record("东苑", county="", town=""),
        record("育才", county="", town=""),
    ]
    layout = laid_out(*rows, merged=[(2, 1, 5, 1), (2, 2, 3, 2)])
    assert [row.cells["county"] for row in layout.rows] == ["沁县", "沁县", "沁县", "沁县", ""]
    assert [row.cells["town"] for row in layout.rows] == ["定昌镇", "定昌镇", "郭村镇", "", ""]


def test_a_figure_merged_over_several_records_is_none_of_theirs() -> None:
    layout = laid_out(record("北关"), record("南关", households="", note=""), merged=[(2, 4, 3, 4), (2, 6, 3, 6)])
    first, second = (row.cells["households"] for row in layout.rows)
    assert isinstance(first, RefusedCell) and first == "5"
    assert second == ""


def test_a_figure_of_one_record_in_several_rows_is_its_own() -> None:
    lines = [["", "", "", "", "", "", ""]] * 2
    layout = laid_out(record("北关"), *lines, record("南关"), merged=[(2, 2, 4, 2), (2, 4, 4, 4)])
    assert [row.cells["households"] for row in layout.rows] == [5, 5]


def test_merged_cells_reaching_below_the_data_make_no_records() -> None:
    layout = laid_out(record("北关"), [], ["", "", "", "", "", "", ""], merged=[(2, 1, 4, 1), (2, 2, 900_000, 2)])
    assert names(layout) == ["北关"]


def test_ranges_laid_over_each_other_cost_no_more_than_the_sheet() -> None:
    rows = [record(str(number), county="" if number else "沁县") for number in range(2_000)]
    layout = laid_out(*rows, merged=[(2, 1, 2_001, 1)] * 50_000)
    assert {row.cells["county"] for row in layout.rows} == {"沁县"}
