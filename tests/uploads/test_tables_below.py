"""Tests of files with more than one table in a sheet: each is read by its own header, or named as not read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from changzhi_portal.registers.registry import register_named, registers
from communities.models import Community, CommunityProfile
from tests.uploads.samples import SAMPLES, clerk_of, upload
from tests.uploads.workbooks import make_html, make_xls, make_xlsx
from uploads import actions
from uploads.models import UploadBatch
from uploads.reading.grid import Grid
from uploads.reading.layout import SheetLayout, WrongSheet, lay_out
from uploads.reading.refusal import FileRefusedError
from uploads.rows.corrections import corrected_cells
from uploads.rows.row_cells import cells_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

Rows = Sequence[Sequence[Any]]
Answer = dict[str, Any]
SendSheet = Callable[..., Answer]
HEADER = ["社区名称", "户数", "常住人口"]
FACILITIES: list[list[Any]] = [
    ["社区名称", "设施名称", "设施类型", "建筑面积（㎡）", "启用日期"],
    ["和平社区居委会", "演示活动室", "活动场所", 200.0, "2014-05-02"],
]


@pytest.fixture
def send_sheet(tmp_path: Path, capsys: pytest.CaptureFixture[str], clerk: User) -> SendSheet:
    """Return a function that uploads one sheet of communities for the clerk of 城区 and returns the answer."""

    def send(rows: Rows, *, register: str = "communities", **options: Any) -> Answer:
        answer, status = upload(
            capsys, register, make_xlsx(tmp_path / "演示.xlsx", {"社区": rows}), clerk, period="2018-06", **options
        )
        return answer | {"status": status}

    return send


def laid_out(rows: Rows, register: str = "communities", **options: Any) -> tuple[list[SheetLayout], list[WrongSheet]]:
    others = [other() for other in registers() if other.name != register]
    return lay_out([Grid("表", rows)], register_named(register)(), others=others, **options)


def figures() -> dict[str, tuple[int | None, int | None]]:
    profiles = CommunityProfile.objects.select_related("community")
    return {profile.community.name: (profile.households, profile.residents) for profile in profiles}


def written(answer: Answer) -> tuple[int, int, int]:
    return answer["rows"], answer["changed"], answer["errors"]


# --- A second header of the same register ---


def test_a_second_block_is_read_by_the_order_of_its_own_columns(send_sheet: SendSheet) -> None:
    answer = send_sheet(
        [HEADER, ["和平社区居委会", 1606, 4701], [], ["社区名称", "常住人口", "户数"], ["东关社区居委会", 584, 183]],
        commit="all",
    )
    assert written(answer) == (2, 2, 0)
    assert figures() == {"和平社区居委会": (1606, 4701), "东关社区居委会": (183, 584)}


@pytest.mark.parametrize("gap", [[], [[]], [["城区社区统计表（续）"]], [[], ["第二部分"], []]], ids=range(4))
def test_what_is_between_two_blocks_is_no_record(send_sheet: SendSheet, gap: Rows) -> None:
    answer = send_sheet(
        [["城区社区统计表"], HEADER, ["和平社区居委会", 1606, 4701], *gap,
         ["常住人口（人）", "户数（户）", "社区名称"], [584, 183, "东关社区居委会"]],
        commit="all",
    )  # fmt: skip
    assert written(answer) == (2, 2, 0)
    assert figures()["东关社区居委会"] == (183, 584)


def test_a_block_of_two_header_rows_and_a_unit_of_its_own() -> None:
    header = ["项目编号", "项目名称", "购买主体", "承接主体", "服务领域", "服务对象", "购买方式", "资金来源", "预算金额",
              "开始日期", "结束日期", "状态"]  # fmt: skip
    swapped = [*header[:2], "预算金额", *header[2:8], *header[9:]]
    units = ["", "", "（万元）", *[""] * 9]
    row = ["A", "甲", "乙", "丙", "为老服务", "老年人", "公开招标", "本级财政", 5, "2018-01-01", "2018-12-31", "执行中"]
    moved = [*row[:2], 5, *row[2:8], *row[9:]]
    (first, second), wrong = laid_out([header, row, [], swapped, units, moved], "projects")
    assert wrong == []
    multipliers = [{c.field: c.multiplier for c in layout.columns}["budget"] for layout in (first, second)]
    assert multipliers == [1, 10_000]
    assert [layout.rows[0].cells["budget"] for layout in (first, second)] == [5, 5]
    assert (second.first_header_row, second.last_header_row, second.rows[0].number) == (4, 5, 6)


def test_the_same_header_again_is_one_table_on() -> None:
    (layout,), _ = laid_out([HEADER, ["北关", 1, 2], HEADER, ["南关", 3, 4], ["社区名称", "户数（户）", "常住人口（人）"],
                             ["（1）", "（2）", "（3）"], ["西苑", 5, 6]])  # fmt: skip
    assert [row.cells["households"] for row in layout.rows] == [1, 3, 5]
    assert layout.skipped == 3


_COLUMNS = {"社区名称": "甲村", "户数": 1, "常住人口": 2, "党组织": "是", "备注": "好"}


@given(
    first=st.sampled_from([*permutations(_COLUMNS)]),
    second=st.sampled_from([*permutations(_COLUMNS)]),
    gap=st.sampled_from([[], [[]], [["续表"]], [["", "", ""]]]),
    rows=st.integers(1, 4),
)
def test_any_order_of_columns_above_and_below(
    first: tuple[str, ...], second: tuple[str, ...], gap: Rows, rows: int
) -> None:
    blocks: list[list[list[Any]]] = [
        [list(order), *[[_COLUMNS[name] for name in order]] * rows] for order in (first, second)
    ]
    layouts, wrong = laid_out([*blocks[0], *gap, *blocks[1]])
    assert wrong == []
    cells = [row.cells for layout in layouts for row in layout.rows]
    assert len(cells) == 2 * rows
    assert all(
        (cell["community_name"], cell["households"], cell["residents"], cell["has_party"], cell["note"])
        == ("甲村", 1, 2, "是", "好")
        for cell in cells
    )


def test_a_bad_cell_of_the_second_block_has_its_own_address_and_can_be_corrected(
    send_sheet: SendSheet, clerk: User
) -> None:
    answer = send_sheet(
        [HEADER, ["和平社区居委会", 1606, 4701], [], ["社区名称", "常住人口", "户数"], ["东关社区居委会", "五百", 183]]
    )
    assert [(problem["cell"], problem["column"]) for problem in answer["problems"]] == [("B5", "常住人口")]
    batch = UploadBatch.objects.get(pk=answer["batch"])
    row = batch.staged_rows.get(row_number=5)
    cells = {cell.field: cell.address for cell in cells_of(batch, row, register_named("communities")())}
    assert cells == {"community_name": "A5", "residents": "B5", "households": "C5"}
    actions.correct_row(batch=batch, position=row.position, texts={"residents": "500"}, by=clerk)
    batch.refresh_from_db()
    assert (batch.errors, batch.changed) == (0, 2)
    actions.correct_row(batch=batch, position=1, texts={"residents": "4700"}, by=clerk)
    batch.refresh_from_db()
    marked = [cell.address for cell in corrected_cells(batch, register_named("communities")())]
    assert marked == ["B5", "C2"], "each in the column of its own table"


# --- Tables of other things below ---


def test_a_table_of_another_register_below_is_named_and_not_read(send_sheet: SendSheet) -> None:
    answer = send_sheet([HEADER, ["和平社区居委会", 1606, 4701], [], ["服务设施"], *FACILITIES], commit="all")
    assert written(answer) == (1, 1, 0)
    (problem,) = answer["problems"]
    assert (problem["code"], problem["level"]) == ("wrong_register", "warning")
    assert "第5行起的表像是“服务设施”的表，这次没有读取" in problem["message"]


def test_the_register_may_be_the_lower_table(send_sheet: SendSheet) -> None:
    answer = send_sheet([*FACILITIES, [], HEADER, ["和平社区居委会", 1606, 4701]], commit="all")
    assert written(answer) == (1, 1, 0)
    assert [problem["code"] for problem in answer["problems"]] == ["wrong_register"]


def test_rows_below_the_other_table_belong_to_the_register_again() -> None:
    layouts, wrong = laid_out([HEADER, ["北关", 1, 2], [], *FACILITIES, [], HEADER, ["南关", 3, 4]])
    assert [row.cells["community_name"] for layout in layouts for row in layout.rows] == ["北关", "南关"]
    assert [(sheet.register, sheet.row) for sheet in wrong] == [("facilities", 4)]


def test_a_summary_table_below_on_a_web_page_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], clerk: User
) -> None:
    table = make_html([HEADER, ["和平社区居委会", 1606, 4701]]).decode()
    summary = (
        "<h3>各乡镇小结</h3><table><tr><th>乡镇</th><th>社区数</th></tr><tr><td>东街街道</td><td>1</td></tr></table>"
    )
    path = tmp_path / "演示.xls"
    path.write_text(table.replace("</body>", f"{summary}</body>"), encoding="utf-8")
    answer, status = upload(capsys, "communities", path, clerk, period="2018-06", commit="all")
    assert (status, *written(answer)) == (0, 1, 1, 0)
    (problem,) = answer["problems"]
    assert problem["code"] == "wrong_register" and "不像明细表，这次没有读取" in problem["message"]


def test_an_incomplete_second_header_refuses_the_file_and_says_where() -> None:
    with pytest.raises(FileRefusedError) as refusal:
        laid_out([*FACILITIES, [], ["社区名称", "设施名称", "设施类型", "启用日期"], ["北关", "室", "活动场所", ""]],
                 "facilities")  # fmt: skip
    assert refusal.value.problem_code == "missing_column"
    assert "第4行起的表的表头缺少“建筑面积（㎡）”列" in str(refusal.value)


def test_explanations_below_are_named_once() -> None:
    (layout,), wrong = laid_out([HEADER, ["北关", 1, 2], [], ["社区名称", "填写全称"], ["户数", "按户籍数量"]])
    assert (len(layout.rows), len(wrong)) == (1, 1)


def test_a_title_with_the_unit_of_the_next_block_counts_for_it() -> None:
    header = ["项目编号", "项目名称", "购买主体", "承接主体", "服务领域", "服务对象", "购买方式", "资金来源", "预算金额",
              "开始日期", "结束日期", "状态"]  # fmt: skip
    row = ["A", "甲", "乙", "丙", "为老", "老年人", "招标", "财政", 5, "2018-01-01", "2018-12-31", "执行中"]
    layouts, _ = laid_out([["单位：万元"], header, row, [], ["单位：元"], header, row], "projects")
    assert [{c.field: c.multiplier for c in layout.columns}["budget"] for layout in layouts] == [10_000, 1]


def test_words_of_headers_in_the_data_are_no_header() -> None:
    (layout,), wrong = laid_out([["社区名称", "类型", "备注"], ["北关", "社区", "备注"], ["户数", "村", "见说明"]])
    assert (len(layout.rows), wrong) == (2, [])


# --- Side by side ---


def test_two_tables_side_by_side_are_refused_as_such(tmp_path: Path, capsys: Any, clerk: User) -> None:
    rows: list[list[Any]] = [[*HEADER, "", *HEADER], ["和平社区居委会", 1, 2, "", "东关社区居委会", 3, 4]]
    answer, status = upload(capsys, "communities", make_xls(tmp_path / "演示.xls", {"社区": rows}), clerk)
    assert (status, answer["state"]) == (2, "rejected")
    assert "左右并排的两张表" in answer["problems"][0]["message"]
    assert not UploadBatch.objects.get(pk=answer["batch"]).mapping, "mapping does not help"


@pytest.mark.parametrize("beside", [["序号", "乡镇", "社区数"], ["乡镇", "社区数", "备注"]])
def test_a_longer_summary_at_the_right_is_refused_too(beside: list[str]) -> None:
    rows: list[list[Any]] = [
        [*HEADER, "", *beside],
        ["北关", 1, 2, "", 1, "古韩镇", 2],
        ["", "", "", "", 2, "王桥镇", 3],
    ]
    with pytest.raises(FileRefusedError) as refusal:
        laid_out(rows)
    assert "左右并排的表读不到" in str(refusal.value)


def test_a_blank_column_alone_makes_no_second_table() -> None:
    (layout,), _ = laid_out([[*HEADER, "", "乡镇"], ["北关", 1, 2, "", "古韩镇"], ["南关", 1, 2, "", ""]])
    assert [row.cells["town"] for row in layout.rows] == ["古韩镇", ""]


def test_an_empty_table_at_the_right_is_no_second_one() -> None:
    (layout,), _ = laid_out([[*HEADER, "", *HEADER], ["北关", 1, 2, "", "", "", ""]])
    assert layout.rows[0].cells == {"community_name": "北关", "households": 1, "residents": 2}


# --- Our own sheets ---


def test_our_own_lists_of_choices_are_no_data_when_they_become_visible(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], clerk: User
) -> None:
    choices = [["县（市、区）", "街道（乡镇）", "社区名称"], ["城区", "东街街道办事处", "和平社区居委会"]]
    path = make_xlsx(tmp_path / "演示.xlsx", {"社区": [HEADER, ["和平社区居委会", 1606, 4701]], "字典": choices})
    answer, status = upload(capsys, "communities", path, clerk, period="2018-06")
    assert (status, *written(answer), answer["problems"]) == (0, 1, 1, 0, [])


# --- The shared samples ---

FOUND = SAMPLES / "found"


@pytest.mark.skipif(not FOUND.is_dir(), reason="the shared samples are not on this machine")
@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("second_block_swapped.xlsx", 4),
        ("own_dictionary_visible.xlsx", 2),
        ("html_second_table.xls", 1),
        ("continued_lines.xlsx", 3),
        ("numbering_rows.xlsx", 1),
        ("town_section_rows.xls", 3),
        ("huizong_row.xlsx", 2),
        ("village_name_header.xlsx", 1),
        ("total_below_residents.xlsx", 1),
    ],
)
def test_a_sample_that_was_read_wrongly(
    name: str, rows: int, city: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    answer, _ = upload(capsys, "communities", FOUND / name, clerk_of("140423"), period="2018-06", commit="all")
    assert written(answer) == (rows, rows, 0)
    if name == "second_block_swapped.xlsx":
        assert figures()[Community.objects.get(code__startswith="140423", name__startswith="王桥村").name] == (183, 584)
    if name == "total_below_residents.xlsx":
        assert {residents for _, residents in figures().values()} == {4701}
