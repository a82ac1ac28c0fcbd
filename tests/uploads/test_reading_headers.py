"""Tests of finding the header at any position and in any spelling, without dropping a column silently."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.registers.registry import registers
from tests.uploads.samples import REGISTERS as SAMPLED
from tests.uploads.samples import SAMPLES, needs_samples
from uploads.reading.grid import Grid
from uploads.reading.headers import Matcher, normal_header
from uploads.reading.layout import NO_HEADER, SheetLayout, lay_out
from uploads.reading.refusal import FileRefusedError

pytestmark = pytest.mark.one_database

REGISTERS = {sheet.name: sheet() for sheet in registers()}
HEADER = ["县（市、区）", "街道（乡镇）", "社区名称", "社区代码", "户数", "常住人口"]
ROW = ["沁县", "定昌镇", "北关社区居委会", "140430100001", 2703, 6500]
PROJECT_HEADER = [column.header for column in REGISTERS["projects"].columns]


def laid_out(rows: Sequence[Any], register: str = "communities", **options: Any) -> SheetLayout:
    merged = options.pop("merged", [])
    own = REGISTERS[register]
    others = [other for other in REGISTERS.values() if other is not own]
    (layout,), _ = lay_out([Grid("表", rows, merged)], own, others=others, **options)
    return layout


def mapping(layout: SheetLayout) -> dict[str, int]:
    return {column.field: column.index for column in layout.columns}


# --- Comparing headers ---


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("建筑面积（㎡）", "建筑面积(平方米)"),
        ("建筑面积（㎡）", "建筑面积 (m2)"),
        ("建筑面积（㎡）", "建 筑\n面 积〔平方米〕"),
        ("县（市、区）", "县(市、区)"),
        ("县（市、区）", "县\n（市、区）"),
        ("预算金额（元）", "预算金额（单位：万元）"),
        ("＊姓　名：", "姓名"),
        ("常住人口（人）", "常住人口"),
        ("№", "No."),
    ],
)
def test_spaces_brackets_units_and_stars_make_no_difference(written: str, same: str) -> None:
    assert normal_header(written) == normal_header(same)


def test_brackets_that_mean_something_stay() -> None:
    assert normal_header("社区（村）名称") != normal_header("社区名称")


@needs_samples
def test_every_spelling_of_the_samples_leads_to_its_column() -> None:
    wanted = json.loads((SAMPLES / "header_spellings.json").read_text(encoding="utf-8"))
    for header, spellings in wanted.items():
        owners = [REGISTERS[name] for name in SAMPLED if header in [c.header for c in REGISTERS[name].columns]]
        assert owners, header
        for register in owners:
            matcher = Matcher(register.columns)
            field = next(column.field for column in register.columns if column.header == header)
            found = {spelling: matcher.find((spelling,)) for spelling in spellings}
            assert {match[1] if match else None for match in found.values()} == {field}, (register.name, found)


@pytest.mark.parametrize("register", REGISTERS.values(), ids=REGISTERS)
def test_no_header_of_a_register_is_claimed_by_another_column(register: RegisterSheet) -> None:
    matcher = Matcher(register.columns)
    for column in register.columns:
        for spelling in (column.header, *column.spellings):
            found = matcher.find((spelling,))
            assert found is not None and found[:2] == (1, column.field)


_ALL_HEADERS = [(register, column.field, text) for register in REGISTERS.values() for column in register.columns
                for text in (column.header, *column.spellings)]  # fmt: skip


@given(
    case=st.sampled_from(_ALL_HEADERS),
    gaps=st.lists(st.sampled_from([" ", "\n", "\u3000", "\xa0", ""]), min_size=40, max_size=40),
    brackets=st.sampled_from(["（）", "()", "[]", "【】", "〔〕"]),
    mark=st.sampled_from(["", "*", "：", "（人）", "（万元）"]),
)
def test_a_header_is_known_however_it_is_spaced_and_bracketed(
    case: tuple[RegisterSheet, str, str], gaps: list[str], brackets: str, mark: str
) -> None:
    register, field, text = case
    text = text.replace("（", brackets[0]).replace("）", brackets[1])
    spaced = "".join(sign + gap for sign, gap in zip(text, gaps, strict=False)) + mark
    found = Matcher(register.columns).find((spaced,))
    assert found is not None and found[1] == field


@pytest.mark.parametrize(
    ("written", "field"),
    [
        ("居（村）民委员会（是/否）", "has_committee"),
        ("常住人口（以派出所为准）", "residents"),
        ("户数/户", "households"),
    ],
)
def test_a_remark_or_unit_at_the_end_is_left_aside(written: str, field: str) -> None:
    found = Matcher(REGISTERS["communities"].columns).find((written,))
    assert found is not None and found[1] == field


# --- Position of the header ---


@pytest.mark.parametrize("above", range(15))
def test_the_header_may_begin_in_each_of_the_first_15_rows(above: int) -> None:
    layout = laid_out([*[[f"说明第{n}行"] for n in range(above)], HEADER, ROW])
    assert (layout.first_header_row, layout.last_header_row) == (above + 1, above + 1)
    assert [row.number for row in layout.rows] == [above + 2]


def test_a_header_further_down_is_not_found() -> None:
    with pytest.raises(FileRefusedError) as refusal:
        laid_out([*[["说明"]] * 17, HEADER, ROW])
    assert refusal.value.problem_code == "header_not_found"
    assert "“社区名称”" in str(refusal.value)


@pytest.mark.parametrize("is_merged", [True, False], ids=["merged", "csv"])
def test_a_header_of_two_rows_is_joined(is_merged: bool) -> None:
    rows = [
        ["沁县城乡社区基本情况统计表"],
        ["序号", "县区", "乡镇（街道）", "社区名称", "基本数据", "", "组织体系", "", "备注"],
        ["", "", "", "", "户数", "常住人口", "党组织", "监督委员会", ""],
        [1, "沁县", "定昌镇", "北关", 12, 34, "是", "否", ""],
    ]
    merged = [(1, 0, 2, 0), (1, 1, 2, 1), (1, 4, 1, 5), (1, 6, 1, 7), (1, 8, 2, 8)] if is_merged else []
    layout = laid_out(rows, merged=merged)
    assert (layout.first_header_row, layout.last_header_row) == (2, 3)
    assert mapping(layout) == {
        "county": 1, "town": 2, "community_name": 3, "households": 4, "residents": 5, "has_party": 6,
        "has_supervision": 7, "note": 8,
    }  # fmt: skip
    assert [column.header for column in layout.columns][3:5] == ["基本数据 户数", "基本数据 常住人口"]
    assert layout.unknown == []
    assert layout.title == "沁县城乡社区基本情况统计表"


def test_a_header_of_three_rows_is_joined() -> None:
    rows = [
        ["序号", "社会组织", "", "负责人", "", "登记情况", ""],
        ["", "名称", "类别", "姓名", "电话", "登记备案情况", "日期"],
        ["", "", "", "", "", "", "成立日期"],
        [1, "沁县慈善总会", "公益慈善类", "张伟", "19900000001", "登记", "2008-08-18"],
    ]
    layout = laid_out(rows, "organizations")
    assert mapping(layout) == {
        "name": 1, "category": 2, "leader": 3, "phone": 4, "registration": 5, "established_on": 6,
    }  # fmt: skip
    assert layout.last_header_row == 3
    assert [row.number for row in layout.rows] == [4]


def test_a_row_of_data_is_never_taken_for_a_second_header_row() -> None:
    rows = [
        ["社区名称", "社区代码", "备注", ""],
        ["北关社区", "140430100001", "户数", "常住人口"],
        ["南关", "", "", ""],
    ]
    layout = laid_out(rows)
    assert layout.last_header_row == 1
    assert len(layout.rows) == 2


def test_rows_of_units_and_numbers_below_the_header_are_part_of_it() -> None:
    rows = [HEADER, ["", "", "", "", "（户）", "单位：人"], ["甲", "乙", "丙", 1, 2, 3], ROW]
    layout = laid_out(rows)
    assert layout.last_header_row == 3
    assert [row.number for row in layout.rows] == [4]
    assert list(layout.rows[0].cells.values()) == ROW
    assert layout.unknown == []


def test_merged_cells_without_end_cost_no_time() -> None:
    layout = laid_out([HEADER, ROW], merged=[(0, 0, 1_048_575, 16_383)] * 100_000)
    assert layout.title == ""


def test_among_equal_rows_the_topmost_is_the_header() -> None:
    layout = laid_out([HEADER, ROW, HEADER, ROW])
    assert layout.first_header_row == 1


# --- Matching columns to fields ---


def test_columns_come_in_any_order_and_unknown_ones_are_listed_with_their_cell() -> None:
    rows = [["标题"], ["序号", "常住人口", "联系人", "社区名称", "网格数"], [1, 5, "李", "北关", 3]]
    layout = laid_out(rows)
    assert mapping(layout) == {"residents": 1, "community_name": 3}
    assert layout.unknown == [("C2", "联系人"), ("E2", "网格数")]
    assert layout.rows[0].cells == {"residents": 5, "community_name": "北关"}


def test_the_second_column_of_one_field_is_unknown() -> None:
    layout = laid_out([["社区名称", "户数", "总户数"], ["北关", 1, 2]])
    assert layout.rows[0].cells["households"] == 1
    assert layout.unknown == [("C1", "总户数")]


def test_an_exact_header_goes_before_one_that_only_resembles() -> None:
    layout = laid_out([["社区名称", "户数（2017年）", "户数"], ["北关", 1, 2]])
    assert layout.rows[0].cells["households"] == 2
    assert layout.unknown == [("B1", "户数（2017年）")]


def test_values_below_no_header_are_reported_and_blank_columns_are_not() -> None:
    layout = laid_out([["社区名称", "", "户数", ""], ["北关", "待核", 1, ""], ["南关", "", 2, ""]])
    assert layout.unknown == [("B1", NO_HEADER)]


def test_footers_beside_the_table_are_no_column() -> None:
    layout = laid_out([["社区名称", "户数"], ["北关", 1], ["填表人：王", "", "", "审核人：李"]])
    assert layout.unknown == []


@pytest.mark.parametrize("serial", ["序号", "序 号", "序", "No.", "编号", "行号"])
def test_running_numbers_are_neither_data_nor_unknown(serial: str) -> None:
    layout = laid_out([[serial, "社区名称", "户数"], [1, "北关", 5], [2, "", ""]])
    assert layout.unknown == []
    assert len(layout.rows) == 1


def test_what_an_office_has_taught_goes_before_what_the_portal_guesses() -> None:
    rows = [["社区名称", "户数", "家庭数", "人数"], ["北关", 1, 2, 3]]
    taught = {normal_header("家庭数"): "households", normal_header("人数"): "", "旧列": "no_such_field"}
    layout = laid_out(rows, remembered=taught)
    assert layout.rows[0].cells == {"community_name": "北关", "households": 2}
    assert layout.unknown == [("B1", "户数")]


def test_a_joined_header_can_be_taught() -> None:
    rows = [["社区名称", "人口", "", "户数"], ["", "户籍", "流动", ""], ["北关", 1, 2, 3]]
    merged = [(0, 0, 1, 0), (0, 1, 0, 2), (0, 3, 1, 3)]
    layout = laid_out(rows, merged=merged)
    assert layout.unknown == [("B2", "人口 户籍"), ("C2", "人口 流动")]
    layout = laid_out(rows, merged=merged, remembered={normal_header("人口 户籍"): "residents"})
    assert layout.rows[0].cells == {"community_name": "北关", "residents": 1, "households": 3}


# --- Yuan ---


def money(header: Sequence[str], *above: str, second: Sequence[str] = ()) -> dict[str, Decimal]:
    rows = [[line] for line in above] + [list(header)] + ([list(second)] if second else []) + [["x"] * len(header)]
    return {column.field: column.multiplier for column in laid_out(rows, "projects").columns}


def test_the_unit_of_money_comes_from_the_header_or_the_unit_line() -> None:
    bare = [header.replace("（元）", "") for header in PROJECT_HEADER]
    wan = [header.replace("（元）", "（万元）") for header in PROJECT_HEADER]
    fields = ("budget", "contract_amount", "paid")
    assert [money(wan)[field] for field in fields] == [10_000] * 3
    assert [money(PROJECT_HEADER)[field] for field in fields] == [1] * 3
    assert [money(bare)[field] for field in fields] == [1] * 3
    for line in ("单位：万元", "金额单位:万元", "项目台账（单位：个、万元）", "单 位：千元"):
        assert money(bare, "台账", line)["budget"] == (1_000 if "千" in line else 10_000)
    assert money(wan, "单位：元")["budget"] == 10_000, "the header is nearer than the line"
    assert money(bare, "填报单位：长治市民政局")["budget"] == 1
    assert money(bare, "填报单位：元庄乡人民政府 单位：万元")["budget"] == 10_000, "元 is part of a name"


def test_a_column_of_ten_thousands_of_people_is_not_taken_for_one_of_people() -> None:
    layout = laid_out([["社区名称", "常住人口（万人）", "户数（户）"], ["北关", 0.3, 5]])
    assert [column.field for column in layout.columns] == ["community_name", "households"]
    assert layout.unknown == [("B1", "常住人口（万人）")]


def test_the_unit_of_money_may_stand_in_another_header_row() -> None:
    bare = [header.replace("（元）", "") for header in PROJECT_HEADER]
    units = ["（万元）" if "金额" in header or "拨付" in header else "" for header in bare]
    assert money(bare, second=units)["paid"] == 10_000


def test_only_money_is_multiplied() -> None:
    header = ["社区名称", "设施名称", "设施类型", "建筑面积", "启用日期"]
    (layout,), _ = lay_out([Grid("表", [["单位：万元"], header, ["a"] * 5])], REGISTERS["facilities"], others=[])
    assert {column.multiplier for column in layout.columns} == {1}
