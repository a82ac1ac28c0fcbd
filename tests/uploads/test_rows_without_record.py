"""Tests of rows that are no record: totals, headings, numbering, continuation lines. Through the command, with own files."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from changzhi_portal.registers.registry import register_named
from tests.uploads.samples import SAMPLES, clerk_of, upload
from tests.uploads.workbooks import make_xlsx
from uploads.models import UploadBatch
from uploads.reading.grid import Grid
from uploads.reading.header_search import is_numbering
from uploads.reading.layout import SheetLayout, lay_out
from uploads.reading.rows import is_total

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

Answer = dict[str, Any]
HEADER = ["序号", "社区名称", "户数", "常住人口", "备注"]


def record(name: str, number: float = 1.0) -> list[Any]:
    return [number, name, 5.0, 10.0, ""]


def laid_out(*rows: Sequence[Any], header: Sequence[str] = HEADER) -> SheetLayout:
    (layout,), _ = lay_out(
        [Grid("表", [["襄垣县社区统计表"], header, *rows])], register_named("communities")(), others=[]
    )
    return layout


@pytest.fixture
def send_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str], other_clerk: User) -> Callable[..., Answer]:
    """Return a function that uploads a sheet for the clerk of 襄垣县 and returns the answer."""

    def send(*rows: Sequence[Any], header: Sequence[str] = HEADER) -> Answer:
        path = make_xlsx(tmp_path / "演示.xlsx", {"社区": [["襄垣县社区统计表"], header, *rows]})
        answer, _ = upload(capsys, "communities", path, other_clerk, period="2018-06")
        return answer

    return send


@pytest.mark.parametrize(
    "row",
    [
        ["汇总", "", 1714.0, 4987.0, ""],
        ["", "汇总", 1714.0, 4987.0, ""],
        ["", "古韩镇 汇总", 1714.0, 4987.0, ""],
        ["Total", "", 1714.0, 4987.0, ""],
        ["合计", "", "1714.0000000000002", "932.5500000000001", ""],
        ["续上表", "", "", "", ""],
        ["（续）", "", "", "", ""],
        ["接下页", "", "", "", ""],
        ["（接上页）", "", "", "", ""],
        ["转下页", "", "", "", ""],
        ["续表2", "", "", "", ""],
        ["襄垣县社区统计表（续）", "", "", "", ""],
        ["襄垣县社区统计表（续表一）", "", "", "", ""],
        ["————————————", "", "", "", ""],
        ["——", "——", "——", "——", "——"],
        ["", "-----", "", "", ""],
        ["一", "古韩镇", "", "", ""],
        ["（一）", "古韩镇", "", "", ""],
        ["一、古韩镇", "", "", "", ""],
        ["", "古韩镇：", "", "", ""],
        ["古韩镇（2个村）", "", "", "", ""],
        [1.0, "古韩镇", "", "", ""],
        ["一", "古韩镇", 1714.0, 4987.0, ""],
        ["", "古韩镇", "1714", "4,987", ""],
    ],
)
def test_a_row_that_is_no_record_is_skipped(row: list[Any], place: Any, send_rows: Callable[..., Answer]) -> None:
    answer = send_rows(record("西垴头村"), row, record("栗家岭村"))
    assert (answer["rows"], answer["changed"], answer["skipped"], answer["errors"]) == (2, 2, 1, 0)


@pytest.mark.parametrize(
    "row",
    [
        ["甲", "乙", 1, 2, 3],
        ["（1）", "（2）", "（3）", "（4）", "（5）"],
        ["(1)", "(2)", "(3)", "(4)", "(5)"],
        ["①", "②", "③", "④", "⑤"],
        [1.0, 2.0, 3.0, 4.0, 5.0],
        ["栏次", "1", "2=3+4", "3", "4"],
        ["A", "B", 1, 2, "3"],
        ["", "1", "2", "3=4-2", "4"],
    ],
)
def test_a_row_that_numbers_the_columns_belongs_to_the_header(
    row: list[Any], place: Any, send_rows: Callable[..., Answer]
) -> None:
    answer = send_rows(row, record("西垴头村"), HEADER, row, record("栗家岭村"))
    assert (answer["rows"], answer["changed"], answer["errors"]) == (2, 2, 0)


@pytest.mark.parametrize("row", [[1.0, 3.0, 4.0], ["甲", "甲", "甲"], [1.0, 2.0], ["北关", 1, 2], [2, 3, 4], ["", ""]])
def test_rows_of_figures_are_not_taken_for_numbering(row: list[Any]) -> None:
    assert not is_numbering(row)


def test_a_record_with_small_figures_is_no_repetition_of_the_numbering() -> None:
    layout = laid_out(["1", "2", "3", "4", "5"], ["1", "甲家村", "3", "4", ""])
    assert len(layout.rows) == 1


def test_figures_of_a_town_without_a_community_are_not_left_out_in_silence() -> None:
    header = ["乡镇", "社区名称", "户数", "常住人口"]
    assert len(laid_out(["古韩镇", "", 10.0, 20.0], header=header).rows) == 1


def test_a_header_repeated_with_other_units_is_skipped(place: Any, send_rows: Callable[..., Answer]) -> None:
    answer = send_rows(
        record("西垴头村"),
        ["襄垣县社区统计表（续）"],
        ["序号", "社区名称", "户数（户）", "常住人口（人）", "备注"],
        record("栗家岭村"),
        ["续上表"],
    )
    assert (answer["rows"], answer["changed"], answer["skipped"], answer["errors"]) == (2, 2, 3, 0)


# --- Headings that name a town ---


def test_a_heading_gives_its_town_to_the_rows_below_that_lack_one(place: Any, send_rows: Callable[..., Answer]) -> None:
    header = ["序号", "乡镇", "社区名称", "户数", "常住人口"]
    answer = send_rows(
        ["一", "古韩镇", "", "", ""],
        [1.0, "", "西垴头村", 5.0, 10.0],
        [2.0, "古韩镇", "栗家岭村", 5.0, 10.0],
        header=header,
    )
    assert (answer["rows"], answer["errors"], answer["skipped"]) == (2, 0, 1)
    rows = UploadBatch.objects.get(pk=answer["batch"]).staged_rows.in_file_order()
    assert [row.values["town"] for row in rows] == ["古韩镇", "古韩镇"]


def test_the_heading_tells_communities_of_one_name_apart() -> None:
    layout = laid_out(["古韩镇"], record("西村"), ["王桥镇"], record("西村"), ["襄垣县"], record("东村"))
    assert [dict(row.section) for row in layout.rows] == [{"town": "古韩镇"}, {"town": "王桥镇"}, {"county": "襄垣县"}]
    assert layout.skipped == 3


def test_a_heading_above_a_repeated_header_counts_and_another_block_begins_without_one() -> None:
    swapped = ["社区名称", "常住人口", "户数"]
    rows = [["古韩镇"], record("甲村"), ["王桥镇"], HEADER, record("乙村"), [], swapped, ["丙村", 1.0, 2.0]]
    layouts, _ = lay_out([Grid("表", [HEADER, *rows])], register_named("communities")(), others=[])
    sections = [dict(row.section) for layout in layouts for row in layout.rows]
    assert sections == [{"town": "古韩镇"}, {"town": "王桥镇"}, {}]


@pytest.mark.parametrize("name", ["五马街道办事处", "八义镇", "西流寨开发区", "长北街道办事处"])
def test_a_towns_own_numeral_is_no_numbering(name: str) -> None:
    layout = laid_out([name], record("甲村"))
    assert dict(layout.rows[0].section) == {"town": name}


def test_every_town_of_the_city_is_a_heading_and_no_community_is(settings: Any) -> None:
    with (settings.BASE_DIR / "communities" / "data" / "divisions_2017.csv").open(encoding="utf-8", newline="") as file:
        places = list(csv.DictReader(file))
    communities = [row["name"] for row in places if row["level"] == "village"]
    layout = laid_out(*(["", name] for name in communities))
    assert len(communities) - len(layout.rows) <= 1, "one is called 长治高新技术产业开发区工业园区"
    towns = [row["name"] for row in places if row["level"] == "town"]
    assert len(laid_out(*(["", name] for name in towns), record("甲村")).rows) <= 6


# --- Totals ---


@given(st.floats(0, 1e9, allow_nan=False), st.floats(0, 1e9, allow_nan=False))
def test_a_total_is_one_however_its_sums_are_printed(one: float, other: float) -> None:
    assert is_total(["合计", "", "", repr(one + other) if "e" not in repr(one + other) else "0", f"{other:.17f}"])


def test_digits_after_a_point_do_not_hide_an_id_number() -> None:
    assert not is_total(["合计", "140430197002070022", "932.5500000000001"])
    assert not is_total(["合计", "见.140430197002070022"])


@pytest.mark.skipif(not (SAMPLES / "found").is_dir(), reason="the shared samples are not on this machine")
@pytest.mark.parametrize("name", ["total_short.csv", "total_float.csv"])
def test_a_total_of_long_decimals_is_skipped(name: str, city: Any, capsys: pytest.CaptureFixture[str]) -> None:
    answer, _ = upload(capsys, "facilities", SAMPLES / "found" / name, clerk_of("140423"), period="2018-06")
    assert (answer["rows"], answer["skipped"]) == (2, 1)


def test_the_header_words_that_offices_use(place: Any, send_rows: Callable[..., Answer]) -> None:
    answer = send_rows(
        ["古韩镇", "西垴头村", 5.0, 10.0, 3.0, 20.0],
        header=["所属乡镇", "村（居）名称", "户数", "常住人口", "居民小组数", "居民代表数"],
    )
    assert (answer["changed"], answer["errors"], answer["problems"]) == (1, 0, [])
    values = UploadBatch.objects.get(pk=answer["batch"]).staged_rows.get().values
    assert (values["groups"], values["representatives"]) == (3, 20)
