"""Tests of two columns that could be the same field: the right one is read, or the user is asked; the order never decides."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from hypothesis import assume, given
from hypothesis import strategies as st

from accounts.models import User
from changzhi_portal.registers.registry import register_named, registers
from communities.models import CommunityProfile
from tests.factories import make_period
from tests.uploads.samples import upload
from tests.uploads.workbooks import make_xlsx
from uploads import actions
from uploads.column_mapping import file_columns
from uploads.models import ColumnMapping, UploadBatch
from uploads.reading.column_times import ColumnTime, split_times, time_in
from uploads.reading.grid import Grid
from uploads.reading.headers import normal_header
from uploads.reading.layout import SheetLayout, lay_out
from uploads.reading.refusal import FileRefusedError

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

JUNE = datetime.date(2018, 6, 1)
PAIRS = [  # (not this month's, this month's)
    ("{}（上月）", "{}（本月）"),
    ("上月{}", "本月{}"),
    ("{}（旧）", "{}（新）"),
    ("原{}", "现{}"),
    ("{}（原）", "{}（现）"),
    ("{}（调整前）", "{}（调整后）"),
    ("{}（变更前）", "{}（变更后）"),
    ("调整前{}", "调整后{}"),
    ("{}（2017年）", "{}（2018年）"),
    ("2017年{}", "2018年{}"),
    ("{}（2017）", "{}(2018)"),
    ("{}（2018年5月）", "{}（2018年6月）"),
    ("{}（5月末）", "{}（6月末）"),
    ("下半年{}", "上半年{}"),
    ("{}（2017年上半年）", "{}（2018年上半年）"),
    ("一季度{}", "{}（二季度）"),
    ("{}2018.05", "{}2018.06"),
    ("{}（去年）", "{}（今年）"),
    ("{}（期初数）", "{}（期末数）"),
    ("{}上期", "{}本期"),
    ("{}（上年同期）", "{}"),
    ("{}（上月）", "{}"),
]
UNCLEAR = [
    ("{}（甲口径）", "{}（乙口径）"),
    ("{}（公安）", "{}（民政）"),
    ("{}", "{}"),
    ("{}", "{}（本月）"),
    ("{}（本月）", "{}（新）"),
]


def laid_out(rows: Sequence[Any], register: str = "communities", **options: Any) -> SheetLayout:
    merged = options.pop("merged", [])
    others = [other() for other in registers() if other.name != register]
    (layout,), _ = lay_out(
        [Grid("表", rows, merged)], register_named(register)(), others=others, **({"month": JUNE} | options)
    )
    return layout


def read_from(header: Sequence[str], row: Sequence[Any], field: str, **options: Any) -> Any:
    return laid_out([header, row], **options).rows[0].cells.get(field)


# --- The words say it ---


@pytest.mark.parametrize(("former", "present"), PAIRS)
@pytest.mark.parametrize("name", ["户数", "常住人口"])
def test_this_months_column_is_read_in_either_order(former: str, present: str, name: str) -> None:
    field = {"户数": "households", "常住人口": "residents"}[name]
    headers, values = ["社区名称", former.format(name), present.format(name)], ["北关", 100, 120]
    for order in permutations(range(3)):
        header, row = [headers[place] for place in order], [values[place] for place in order]
        assert read_from(header, row, field) == 120, header


@pytest.mark.parametrize(("former", "present"), PAIRS)
def test_last_months_figure_alone_is_not_this_months(former: str, present: str) -> None:
    layout = laid_out([["社区名称", "户数", former.format("常住人口")], ["北关", 5, 100]])
    assert "residents" not in layout.rows[0].cells
    ((address, _),) = layout.unknown
    assert address == "C1"
    assert "不是本期的“常住人口”" in layout.reasons[address]


def test_headings_above_the_columns_say_it_too() -> None:
    merged = [(0, 0, 1, 0), (0, 1, 0, 2), (0, 3, 0, 4)]
    for last, this in (("上月", "本月"), ("2017年", "2018年"), ("调整前", "调整后"), ("上月数据", "本月数据")):
        rows = [["社区名称", last, "", this, ""], ["", "户数", "常住人口", "户数", "常住人口"], ["北关", 1, 2, 3, 4]]
        assert laid_out(rows, merged=merged).rows[0].cells == {
            "community_name": "北关",
            "households": 3,
            "residents": 4,
        }
    below = [["社区名称", "户数", "", "常住人口", ""], ["", "上月", "本月", "上月", "本月"], ["北关", 1, 2, 3, 4]]
    assert laid_out(below, merged=merged).rows[0].cells == {"community_name": "北关", "households": 2, "residents": 4}


def test_the_month_of_the_title_decides_when_none_was_chosen() -> None:
    rows = [["社区统计表（2017年12月）"], ["社区名称", "户数（2017年）", "户数（2018年）"], ["北关", 1, 2]]
    assert laid_out(rows, month=None, today=JUNE).rows[0].cells["households"] == 1
    assert laid_out(rows[1:], month=None, today=JUNE).rows[0].cells["households"] == 2
    with pytest.raises(FileRefusedError):
        laid_out(rows[1:], month=None)


def test_a_year_in_the_heading_of_the_whole_table_is_no_reason_to_leave_it_out() -> None:
    rows = [["社区名称", "2017年基本情况", ""], ["", "户数", "常住人口"], ["北关", 1, 2]]
    cells = laid_out(rows, merged=[(0, 0, 1, 0), (0, 1, 0, 2)]).rows[0].cells
    assert cells == {"community_name": "北关", "households": 1, "residents": 2}


def test_money_of_one_month_is_not_the_whole() -> None:
    required = ["项目编号", "项目名称", "购买主体", "承接主体", "服务领域", "服务对象", "购买方式", "资金来源", "开始日期",
                "结束日期", "状态", "预算金额"]  # fmt: skip
    for header in ("本月已拨付", "已拨付（本年）", "当月已拨付"):
        layout = laid_out([[*required, header], ["甲"] * 13], "projects")
        assert "paid" not in layout.rows[0].cells
    layout = laid_out([[*required[:-1], "预算（调整前）", "预算（调整后）"], [*["甲"] * 11, 1, 2]], "projects")
    assert layout.rows[0].cells["budget"] == 2


def test_the_total_among_its_parts_is_the_field() -> None:
    rows = [
        ["社区名称", "户数", "常住人口", "", ""],
        ["", "", "合计", "其中", ""],
        ["", "", "", "男", "女"],
        ["北关", 5, 30, 10, 20],
    ]
    merged = [(0, 0, 2, 0), (0, 1, 2, 1), (0, 2, 0, 4), (1, 2, 2, 2), (1, 3, 1, 4)]
    assert laid_out(rows, merged=merged).rows[0].cells["residents"] == 30
    last = [["社区名称", "常住人口", "", ""], ["", "其中：男", "女", "小计"], ["北关", 10, 20, 30]]
    assert laid_out(last, merged=[(0, 0, 1, 0), (0, 1, 0, 3)]).rows[0].cells["residents"] == 30
    flat = [["社区名称", "常住人口合计", "其中：男", "女"], ["北关", 30, 10, 20]]
    assert laid_out(flat).rows[0].cells["residents"] == 30
    parts = [["社区名称", "城镇", "农村", "合计"], ["", "户数", "户数", "户数"], ["北关", 1, 2, 3]]
    assert laid_out(parts).rows[0].cells["households"] == 3


# --- Nothing says it ---


@pytest.mark.parametrize(("one", "other"), UNCLEAR)
def test_two_columns_that_nothing_tells_apart_are_never_chosen_by_their_order(one: str, other: str) -> None:
    for header in ([one, other], [other, one]):
        rows = [["社区名称", *(text.format("常住人口") for text in header)], ["北关", 1, 2]]
        with pytest.raises(FileRefusedError) as refusal:
            laid_out(rows)
        assert refusal.value.problem_code == "missing_column"
        assert "“常住人口”" in str(refusal.value) and "B列和C列" in str(refusal.value)


def test_blank_and_equal_columns_are_no_choice() -> None:
    assert read_from(["社区名称", "户数（甲）", "户数（乙）"], ["北关", "", 5], "households") == 5
    assert read_from(["社区名称", "户数（甲）", "户数（乙）"], ["北关", 5, 5], "households") == 5


_SAID = st.sampled_from(["{}", "{}（本月）", "{}（上月）", "{}（新）", "{}（旧）", "原{}", "现{}", "{}（2017年）", "{}（2018年）",
                         "{}（公安）", "{}（民政数）", "总{}", "{}合计", "{}（调整前）", "{}（调整后）"])  # fmt: skip
_NAMES = st.sampled_from(["户数", "常住人口", "人口数"])


@given(name=_NAMES, one=_SAID, other=_SAID)
def test_the_answer_is_the_same_in_every_order(name: str, one: str, other: str) -> None:
    """Property: whatever two columns say, reversing them changes nothing; and a former figure is never read."""
    headers, values = ["社区名称", one.format(name), other.format(name)], ["北关", 100, 120]
    field = "households" if name == "户数" else "residents"
    answers = set()
    for order in permutations(range(3)):
        rows = [[headers[place] for place in order], [values[place] for place in order]]
        try:
            answers.add(laid_out(rows).rows[0].cells.get(field))
        except FileRefusedError as refusal:
            answers.add(refusal.problem_code)
    assert len(answers) == 1
    (answer,) = answers
    former = ("上月", "旧", "原", "2017", "调整前")
    for text, value in ((one, 100), (other, 120)):
        if any(word in text for word in former):
            assert answer != value


_ALL_COLUMNS = [(register, column) for register in registers() for column in register.columns]


@given(case=st.sampled_from(_ALL_COLUMNS), pair=st.sampled_from(PAIRS), is_swapped=st.booleans())
def test_every_column_of_every_register_is_told_apart(case: Any, pair: tuple[str, str], is_swapped: bool) -> None:
    register, column = case
    assume(not any(sign in pair[1] for sign in "本今半季") or not column.counts_yuan)
    headers = [text.format(column.header) for text in pair]
    others = [each.header for each in register.columns if each.field != column.field]
    order = [1, 0] if is_swapped else [0, 1]
    rows = [
        [*others, *(headers[place] for place in order)],
        [*["x"] * len(others), *(("former", "present")[place] for place in order)],
    ]
    assert read_from(rows[0], rows[1], column.field, register=register.name) == "present"


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("上月", ColumnTime(False)),
        ("上月数据", ColumnTime(False)),
        ("调整后情况", ColumnTime(True)),
        ("2018年6月末", ColumnTime(None, 2018, (6,))),
        ("截至2018年6月30日", ColumnTime(None, 2018, (6,))),
        ("2018年初", ColumnTime(False)),
        ("2017年下半年", ColumnTime(None, 2017, (7, 8, 9, 10, 11, 12), is_of_period=True)),
        ("第二季度", ColumnTime(None, 0, (4, 5, 6), is_of_period=True)),
        ("新型社区", None),
        ("前期工作", None),
        ("原址", None),
        ("基本情况", None),
    ],
)
def test_words_of_time_are_understood(text: str, time: ColumnTime | None) -> None:
    assert time_in(normal_header(text)) == time


def test_a_name_without_a_word_of_time_is_not_taken_apart_wrongly() -> None:
    assert "名称" not in {rest for rest, _ in split_times("社区名称")}


# --- Through the page and the command ---


def test_the_command_reports_an_error_and_the_page_asks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], clerk: User, signed_in: Any
) -> None:
    rows: list[list[Any]] = [
        ["社区名称", "户数", "常住人口（公安）", "常住人口（民政）"],
        ["和平社区居委会", 5, 100, 120],
    ]
    path = make_xlsx(tmp_path / "演示.xlsx", {"社区": rows})
    answer, status = upload(capsys, "communities", path, clerk, period="2018-06", commit="all")
    assert (status, answer["state"]) == (2, "rejected")
    assert not CommunityProfile.objects.exists()
    batch = UploadBatch.objects.get(pk=answer["batch"])
    browser = signed_in(clerk)
    page = browser.get(reverse("uploads:batch", args=[batch.ref])).content.decode()
    assert "文件不能用" not in page and "要对应列" in page
    assert "手工对应各列" in page and "btn-primary" in page
    page = browser.get(reverse("uploads:columns", args=[batch.ref])).content.decode()
    assert page.count("可能是“常住人口”，请选定") == 2
    assert ">100<" in page and ">120<" in page, "the values tell the columns apart"
    columns = file_columns(batch, register_named("communities")())
    line = next(number for number, column in enumerate(columns) if column.header == "常住人口（民政）")
    sent = {f"header-{line}": columns[line].name, f"column-{line}": "residents"}
    assert browser.post(reverse("uploads:columns", args=[batch.ref]), sent).status_code == 302
    actions.check_queued_batch(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.changed) == (UploadBatch.State.CHECKED, 1)
    assert batch.staged_rows.get().values["residents"] == 120
    assert ColumnMapping.objects.get().field == "residents"


def test_another_month_reads_the_other_years_column(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], clerk: User, period: Any
) -> None:

    rows: list[list[Any]] = [["社区名称", "户数（2017年）", "户数（2018年）"], ["和平社区居委会", 5, 7]]
    path = make_xlsx(tmp_path / "演示.xlsx", {"社区": rows})
    answer, _ = upload(capsys, "communities", path, clerk, period="2018-06")
    batch = UploadBatch.objects.get(pk=answer["batch"])
    assert batch.staged_rows.get().values["households"] == 7
    actions.change_month(batch=batch, period=make_period("2017-12"), by=clerk)
    actions.check_queued_batch(batch.pk)
    assert batch.staged_rows.get().values["households"] == 5


def test_a_blank_column_of_the_right_name_does_not_keep_another_from_being_read() -> None:
    assert read_from(["社区名称", "户数", "总户数"], ["北关", "", 5], "households") == 5
    assert read_from(["社区名称", "户数（本月）", "总户数"], ["北关", "", 5], "households") == 5
    assert read_from(["社区名称", "户数（本月）", "户数"], ["北关", 5, ""], "households") == 5


@given(case=st.sampled_from(_ALL_COLUMNS), pair=st.sampled_from(PAIRS), data=st.data())
def test_a_former_version_of_any_column_alone_is_not_read(case: Any, pair: tuple[str, str], data: Any) -> None:
    register, column = case
    spelling = data.draw(st.sampled_from([column.header, *column.spellings]))
    others = [each.header for each in register.columns if each.field != column.field]
    rows = [[*others, pair[0].format(spelling)], [*["x"] * len(others), "former"]]
    try:
        assert read_from(rows[0], rows[1], column.field, register=register.name) is None
    except FileRefusedError as refusal:
        assert refusal.problem_code == "missing_column"
